//! A backtracking matcher that counts its steps, as the engines of Node and `CPython` take them.

use super::alphabet::{Alphabet, Symbol, Symbols};
use super::program::{Check, Op, Place, Program, Register, UNSET};
use super::{Apply, Flavor};

/// A text as the matcher reads it.
#[derive(Debug, Default)]
pub(super) struct Text {
    letters: Vec<char>,
    symbols: Vec<Symbol>,
}

impl Text {
    pub(super) fn push(&mut self, letter: char, alphabet: &Alphabet) {
        self.letters.push(letter);
        self.symbols.push(alphabet.symbol(letter));
    }

    fn has(&self, at: u32, set: Symbols) -> bool {
        self.symbols.get(at as usize).is_some_and(|symbol| set.has(*symbol))
    }

    fn has_before(&self, at: u32, set: Symbols) -> bool {
        at > 0 && self.has(at - 1, set)
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }
}

/// What a run cost; `cut` if it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) steps: u64,
    pub(super) cut: bool,
    pub(super) matched: bool,
}

/// Where to go back to.
#[derive(Clone, Copy, Debug)]
enum Back {
    /// Goes on at this instruction and place.
    To(Place, u32),
    /// A register's value before.
    Register(Register, u32),
}

/// A matcher with its memory.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    program: &'a Program,
    registers: Vec<u32>,
    stack: Vec<Back>,
    steps: u64,
    limit: u64,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        Self { program, registers: vec![UNSET; program.registers as usize], stack: Vec::new(), steps: 0, limit: 0 }
    }

    /// Applies the pattern to a text, with at most `limit` steps.
    pub(super) fn run(&mut self, text: &Text, apply: Apply, limit: u64) -> Run {
        (self.steps, self.limit) = (0, limit);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let (mut start, mut matched) = (0, false);
        while start <= length && self.steps < self.limit {
            let end = self.attempt(text, start);
            matched |= end.is_some();
            match (apply, end) {
                (Apply::Match | Apply::Whole, _) | (Apply::Search, Some(_)) => break,
                (Apply::All, Some(end)) => start = end.max(start + 1),
                (Apply::Search | Apply::All, None) => start += 1,
            }
        }
        Run { steps: self.steps, cut: self.steps >= self.limit, matched }
    }

    fn set(&mut self, register: Register, value: u32) {
        let slot = &mut self.registers[register as usize];
        self.stack.push(Back::Register(register, *slot));
        *slot = value;
    }

    /// Goes back to the last place where there was a choice.
    fn back(&mut self) -> Option<(Place, u32)> {
        loop {
            match self.stack.pop()? {
                Back::To(place, at) => return Some((place, at)),
                Back::Register(register, value) => self.registers[register as usize] = value,
            }
            self.steps += 1;
        }
    }

    /// Tries a match that begins here; gives its end.
    fn attempt(&mut self, text: &Text, start: u32) -> Option<u32> {
        self.registers.fill(UNSET);
        self.stack.clear();
        let program = self.program;
        let (mut place, mut at): (Place, u32) = (0, start);
        loop {
            self.steps += 1;
            if self.steps >= self.limit {
                return None;
            }
            let next = match &program.ops[place as usize] {
                Op::Char(set, false) if text.has(at, *set) => Some((place + 1, at + 1)),
                Op::Char(set, true) if text.has_before(at, *set) => Some((place + 1, at - 1)),
                Op::Char(..) => None,
                Op::Split(first, second) => {
                    self.stack.push(Back::To(*second, at));
                    Some((*first, at))
                }
                Op::Jump(to) => Some((*to, at)),
                Op::Save(register) => {
                    self.set(*register, at);
                    Some((place + 1, at))
                }
                Op::Set(register, value) => {
                    if self.registers[*register as usize] != *value {
                        self.set(*register, *value);
                    }
                    Some((place + 1, at))
                }
                Op::Assert(check) => holds(*check, text, at).then_some((place + 1, at)),
                Op::Count { count, min, max, body, exit, lazy } => {
                    let done = self.registers[*count as usize];
                    if done < *min || (done < *max && !lazy) {
                        if done >= *min {
                            self.stack.push(Back::To(*exit, at));
                        }
                        self.set(*count, done + 1);
                        Some((*body, at))
                    } else if done < *max {
                        // The count is raised only where the body is tried after all.
                        self.stack.push(Back::Register(*count, done));
                        self.stack.push(Back::To(*body, at));
                        self.stack.push(Back::Register(*count, done + 1));
                        Some((*exit, at))
                    } else {
                        Some((*exit, at))
                    }
                }
                Op::Round { mark, count, exit } => self.round(*mark, *count, *exit, place, at),
                Op::Hold { height, place: register, otherwise } => {
                    let depth = u32::try_from(self.stack.len()).unwrap_or(u32::MAX);
                    self.set(*register, at);
                    self.set(*height, depth);
                    if let Some(otherwise) = otherwise {
                        self.stack.push(Back::To(*otherwise, at));
                    }
                    Some((place + 1, at))
                }
                Op::Release { height, place: register } => {
                    let depth = self.registers[*height as usize] as usize;
                    let at = register.map_or(at, |register| self.registers[register as usize]);
                    self.give_up(depth);
                    Some((place + 1, at))
                }
                Op::Deny { height } => {
                    let depth = self.registers[*height as usize] as usize;
                    self.unwind(depth);
                    None
                }
                Op::Reference { groups, ignore_case, backwards } => {
                    self.reference(text, groups, (*ignore_case, *backwards), at).map(|at| (place + 1, at))
                }
                Op::Taken(group, otherwise) => {
                    let taken = self.registers.get(*group as usize * 2 + 1).is_some_and(|end| *end != UNSET);
                    Some((if taken { place + 1 } else { *otherwise }, at))
                }
                Op::Accept => return Some(at),
            };
            (place, at) = match next {
                Some(next) => next,
                None => self.back()?,
            };
        }
    }

    fn round(&self, mark: Register, count: Option<(Register, u32)>, exit: Option<Place>, place: Place, at: u32) -> Option<(Place, u32)> {
        let took = self.registers[mark as usize] != at;
        let asked = count.is_some_and(|(count, min)| self.registers[count as usize] <= min);
        if took || asked { Some((place + 1, at)) } else { exit.map(|exit| (exit, at)) }
    }

    /// Forgets choices above a height; what registers held stays noted, for a choice below may come back.
    fn give_up(&mut self, height: usize) {
        let mut kept = height;
        for at in height..self.stack.len() {
            self.steps += 1;
            if let Back::Register(..) = self.stack[at] {
                self.stack.swap(kept, at);
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }

    /// Forgets all that happened above a height.
    fn unwind(&mut self, height: usize) {
        while self.stack.len() > height {
            self.steps += 1;
            if let Some(Back::Register(register, value)) = self.stack.pop() {
                self.registers[register as usize] = value;
            }
        }
    }

    fn reference(&mut self, text: &Text, groups: &[u32], how: (bool, bool), at: u32) -> Option<u32> {
        let (ignore_case, backwards) = how;
        let ends = |group: &u32| {
            let start = self.registers.get(*group as usize * 2).copied().filter(|start| *start != UNSET)?;
            let end = self.registers.get(*group as usize * 2 + 1).copied().filter(|end| *end != UNSET && *end >= start)?;
            Some((start, end))
        };
        let Some((start, end)) = groups.iter().find_map(ends) else {
            // In JavaScript a group that took no part is empty.
            return (self.program.flavor == Flavor::Ecma).then_some(at);
        };
        let length = end - start;
        let from = if backwards { at.checked_sub(length)? } else { at };
        for offset in 0..length {
            self.steps += 1;
            let one = text.letters.get((start + offset) as usize)?;
            let other = text.letters.get((from + offset) as usize)?;
            let equal = one == other || (ignore_case && one.to_lowercase().eq(other.to_lowercase()));
            if !equal {
                return None;
            }
        }
        Some(if backwards { from } else { from + length })
    }
}

fn holds(check: Check, text: &Text, at: u32) -> bool {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    match check {
        Check::Start => at == 0,
        Check::LineStart(newline) => at == 0 || text.has_before(at, newline),
        Check::End => at == length,
        Check::LineEnd(newline) => at == length || text.has(at, newline),
        Check::LastLine(newline) => at == length || (at + 1 == length && text.has(at, newline)),
        Check::Boundary(word, negative) => (text.has_before(at, word) != text.has(at, word)) != negative,
    }
}
