//! A pattern to the program of a backtracking matcher.

use super::Flavor;
use super::alphabet::{Alphabet, Symbols};
use super::pattern::{Assert, Look, Node, Pattern, Repeat};

/// A place in a program.
pub(super) type Place = u32;
/// A register: capture ends, counts, places in the text.
pub(super) type Register = u32;

/// What a register holds that was not set.
pub(super) const UNSET: u32 = u32::MAX;

/// One instruction.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Takes one character; backwards in a look behind.
    Char(Symbols, bool),
    /// Goes on at the first, and at the second if that fails.
    Split(Place, Place),
    Jump(Place),
    /// Notes the place in the text.
    Save(Register),
    Set(Register, u32),
    Assert(Check),
    /// The head of a counted repeat.
    Count {
        count: Register,
        min: u32,
        max: u32,
        body: Place,
        exit: Place,
        lazy: bool,
    },
    /// The end of a round: if it took nothing and was not asked for by the minimum, it fails, or goes on behind the repeat.
    Round {
        mark: Register,
        count: Option<(Register, u32)>,
        exit: Option<Place>,
    },
    /// Begins what is not tried again: notes how much there is to go back to, and the place in the text.
    Hold {
        height: Register,
        place: Register,
        otherwise: Option<Place>,
    },
    /// Its end: what could be tried again is given up; a look goes back to its place.
    Release {
        height: Register,
        place: Option<Register>,
    },
    /// A negative look has matched.
    Deny {
        height: Register,
    },
    Reference {
        groups: Vec<u32>,
        ignore_case: bool,
        backwards: bool,
    },
    /// Goes on if the group took part, else elsewhere.
    Taken(u32, Place),
    Accept,
}

/// A condition on a place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    Start,
    LineStart(Symbols),
    End,
    LineEnd(Symbols),
    LastLine(Symbols),
    Boundary(Symbols, bool),
}

/// A program; registers 2n and 2n+1 are the ends of group n.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) registers: u32,
    pub(super) flavor: Flavor,
}

/// The longest program.
const MOST: usize = 60_000;

/// The program of a pattern; `whole` asks that the match ends with the text. None if it grows too long.
pub(super) fn compile(pattern: &Pattern, alphabet: &Alphabet, whole: bool) -> Option<Program> {
    let registers = pattern.groups.checked_mul(2)?.checked_add(2)?;
    let mut compiler = Compiler { ops: Vec::new(), registers, flavor: pattern.flavor, alphabet, backwards: false };
    compiler.part(&pattern.root);
    if whole {
        compiler.ops.push(Op::Assert(Check::End));
    }
    compiler.ops.push(Op::Accept);
    (compiler.ops.len() <= MOST).then_some(Program { ops: compiler.ops, registers: compiler.registers, flavor: pattern.flavor })
}

struct Compiler<'a> {
    ops: Vec<Op>,
    registers: u32,
    flavor: Flavor,
    alphabet: &'a Alphabet,
    backwards: bool,
}

impl Compiler<'_> {
    fn here(&self) -> Place {
        Place::try_from(self.ops.len()).unwrap_or(Place::MAX)
    }

    fn push(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn register(&mut self) -> Register {
        self.registers += 1;
        self.registers - 1
    }

    fn part(&mut self, node: &Node) {
        if self.ops.len() > MOST {
            return;
        }
        match node {
            Node::Empty => {}
            Node::Char(set, _) => _ = self.push(Op::Char(self.alphabet.symbols(*set), self.backwards)),
            Node::Concat(parts) if self.backwards => parts.iter().rev().for_each(|part| self.part(part)),
            Node::Concat(parts) => parts.iter().for_each(|part| self.part(part)),
            Node::Alternate(parts) => self.alternate(parts),
            Node::Repeat(repeat) => self.repeat(repeat),
            Node::Group(number, body) => {
                let (first, second) = if self.backwards { (number * 2 + 1, number * 2) } else { (number * 2, number * 2 + 1) };
                self.push(Op::Save(first));
                self.part(body);
                self.push(Op::Save(second));
            }
            Node::Atomic(body) => {
                let (height, place) = (self.register(), self.register());
                self.push(Op::Hold { height, place, otherwise: None });
                self.part(body);
                self.push(Op::Release { height, place: None });
            }
            Node::Look(look) => self.look(look),
            Node::Reference(reference) => {
                let (groups, ignore_case) = (reference.groups.clone(), reference.ignore_case);
                self.push(Op::Reference { groups, ignore_case, backwards: self.backwards });
            }
            Node::Assert(assert) => {
                let symbols = |set| self.alphabet.symbols(set);
                let check = match *assert {
                    Assert::Start => Check::Start,
                    Assert::LineStart(set) => Check::LineStart(symbols(set)),
                    Assert::End => Check::End,
                    Assert::LineEnd(set) => Check::LineEnd(symbols(set)),
                    Assert::LastLine(set) => Check::LastLine(symbols(set)),
                    Assert::Boundary(set, negative) => Check::Boundary(symbols(set), negative),
                };
                self.push(Op::Assert(check));
            }
            Node::Conditional(group, arms) => {
                let taken = self.push(Op::Taken(*group, 0));
                self.part(&arms.0);
                let jump = self.push(Op::Jump(0));
                self.ops[taken] = Op::Taken(*group, self.here());
                self.part(&arms.1);
                self.ops[jump] = Op::Jump(self.here());
            }
        }
    }

    fn alternate(&mut self, parts: &[Node]) {
        let mut jumps = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if at + 1 == parts.len() {
                self.part(part);
                break;
            }
            let split = self.push(Op::Split(0, 0));
            let first = self.here();
            self.part(part);
            jumps.push(self.push(Op::Jump(0)));
            self.ops[split] = Op::Split(first, self.here());
        }
        let end = self.here();
        for jump in jumps {
            self.ops[jump] = Op::Jump(end);
        }
    }

    fn look(&mut self, look: &Look) {
        let (height, place) = (self.register(), self.register());
        let hold = self.push(Op::Hold { height, place, otherwise: None });
        let before = std::mem::replace(&mut self.backwards, !look.ahead);
        self.part(&look.body);
        self.backwards = before;
        if look.negative {
            self.push(Op::Deny { height });
            self.ops[hold] = Op::Hold { height, place, otherwise: Some(self.here()) };
        } else {
            self.push(Op::Release { height, place: Some(place) });
        }
    }

    fn repeat(&mut self, repeat: &Repeat) {
        let nullable = repeat.body.nullable();
        let ordered = |body, exit| if repeat.lazy { Op::Split(exit, body) } else { Op::Split(body, exit) };
        match (repeat.min, repeat.max) {
            (0, Some(0)) => {}
            (1, Some(1)) => self.round(repeat, None, None),
            (0, Some(1)) if !nullable => {
                let split = self.push(Op::Jump(0));
                let body = self.here();
                self.round(repeat, None, None);
                self.ops[split] = ordered(body, self.here());
            }
            (1, None) if !nullable => {
                let body = self.here();
                self.round(repeat, None, None);
                let exit = self.here() + 1;
                self.push(ordered(body, exit));
            }
            (0, None) => {
                let head = self.push(Op::Jump(0));
                let mark = nullable.then(|| self.register());
                let body = self.here();
                self.round(repeat, mark, None);
                self.push(Op::Jump(Place::try_from(head).unwrap_or(Place::MAX)));
                self.ops[head] = ordered(body, self.here());
                self.close_round(head, mark);
            }
            (min, max) => {
                let count = self.register();
                self.push(Op::Set(count, 0));
                let head = self.push(Op::Jump(0));
                let mark = nullable.then(|| self.register());
                let body = self.here();
                self.round(repeat, mark, Some((count, min)));
                self.push(Op::Jump(Place::try_from(head).unwrap_or(Place::MAX)));
                let max = max.unwrap_or(u32::MAX);
                self.ops[head] = Op::Count { count, min, max, body, exit: self.here(), lazy: repeat.lazy };
                self.close_round(head, mark);
            }
        }
    }

    fn round(&mut self, repeat: &Repeat, mark: Option<Register>, count: Option<(Register, u32)>) {
        if let Some(mark) = mark {
            self.push(Op::Save(mark));
        }
        if self.flavor == Flavor::Ecma {
            // Each round forgets what groups in it captured before.
            repeat.body.visit(&mut |node| {
                if let Node::Group(number, _) = node {
                    self.ops.push(Op::Set(number * 2, UNSET));
                    self.ops.push(Op::Set(number * 2 + 1, UNSET));
                }
            });
        }
        self.part(&repeat.body);
        if let Some(mark) = mark {
            self.push(Op::Round { mark, count, exit: None });
        }
    }

    /// Python goes on behind a repeat whose round took nothing: the exit is known only now.
    fn close_round(&mut self, head: usize, mark: Option<Register>) {
        let (Some(mark), Flavor::Python) = (mark, self.flavor) else { return };
        let end = self.here();
        for op in &mut self.ops[head..] {
            if let Op::Round { mark: of, exit, .. } = op
                && *of == mark
            {
                *exit = Some(end);
            }
        }
    }
}
