//! A pattern to an automaton with empty moves; repeats with counts are expanded up to a limit.

use super::Flavor;
use super::alphabet::{Alphabet, END, START, Symbols};
use super::pattern::{Assert, Look, Node, Pattern, Repeat};
use crate::base::Span;

oxc_index::define_index_type! {
    /// A state of the automaton with empty moves.
    pub(super) struct StateId = u32;
}

/// One state; each but the accepting ones leads to others without taking a character, save `Char`.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Takes one character.
    Char {
        set: Symbols,
        span: Span,
        next: StateId,
    },
    Split(Vec<StateId>),
    /// Passes behind one of these.
    Behind(Symbols, StateId),
    /// Passes before one of these.
    Before(Symbols, StateId),
    /// Passes where one neighbour is of the set and the other is not; or the contrary.
    Boundary {
        word: Symbols,
        negative: bool,
        next: StateId,
    },
    /// The head of a repeat whose body may match nothing.
    Head {
        repeat: u32,
        body: StateId,
        exit: StateId,
    },
    /// The end of that body.
    Again {
        repeat: u32,
        head: StateId,
        exit: StateId,
    },
    /// The pattern has matched.
    Accept,
    /// The body of a look has matched.
    Inner,
}

/// How far repeats are expanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Optional copies of a body; with more it counts as repeated without end.
    pub(super) optional: u32,
    /// Characters in all copies of one body.
    pub(super) copies: u64,
    /// Copies that must stand, of a body that can match in more ways than one; with more it counts as repeated without end.
    pub(super) required: u32,
}

/// The most states that are built.
const MOST: usize = 40_000;
/// How deep references are followed into groups that hold references.
const REFERENCES: u32 = 2;

/// An automaton with empty moves.
#[derive(Debug)]
pub(super) struct Nfa {
    pub(super) states: oxc_index::IndexVec<StateId, State>,
    pub(super) entry: StateId,
    pub(super) flavor: Flavor,
    pub(super) truth: Truth,
}

/// How closely an automaton follows its pattern.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Truth {
    /// Every text that is accepted is a match: no look or reference was taken for more than it is.
    pub(super) certain: bool,
    /// No repeat with an end was taken for one without.
    pub(super) expanded: bool,
}

/// Builds the automaton of a part of a pattern; reversed, it reads what lies before a place from there to the start.
/// None if it grows too large.
pub(super) fn build(pattern: &Pattern, part: &Node, alphabet: &Alphabet, limits: Limits, reversed: bool, whole: bool) -> Option<Nfa> {
    let mut groups = vec![None; pattern.groups as usize + 1];
    pattern.root.visit(&mut |node| {
        if let Node::Group(number, body) = node
            && let Some(slot) = groups.get_mut(*number as usize)
        {
            *slot = Some(&**body);
        }
    });
    let mut builder = Builder {
        states: oxc_index::IndexVec::new(),
        alphabet,
        groups,
        limits,
        reversed,
        repeats: 0,
        references: 0,
        full: false,
        truth: Truth { certain: true, expanded: true },
    };
    let accept = builder.push(State::Accept);
    let last = if whole { builder.push(State::Before(Symbols::one(END), accept)) } else { accept };
    let entry = builder.part(part, last);
    (!builder.full).then_some(Nfa { states: builder.states, entry, flavor: pattern.flavor, truth: builder.truth })
}

struct Builder<'a> {
    states: oxc_index::IndexVec<StateId, State>,
    alphabet: &'a Alphabet,
    groups: Vec<Option<&'a Node>>,
    limits: Limits,
    reversed: bool,
    repeats: u32,
    references: u32,
    full: bool,
    truth: Truth,
}

impl<'a> Builder<'a> {
    fn push(&mut self, state: State) -> StateId {
        self.full |= self.states.len() >= MOST;
        // Once full, what is built is thrown away: it must only come to an end.
        if self.full {
            return StateId::from_usize(0);
        }
        self.states.push(state)
    }

    /// The states of a part that go on at `next`; gives the first.
    fn part(&mut self, node: &'a Node, next: StateId) -> StateId {
        if self.full {
            return next;
        }
        match node {
            Node::Empty => next,
            Node::Char(set, span) => self.push(State::Char { set: self.alphabet.symbols(*set), span: *span, next }),
            Node::Concat(parts) if self.reversed => parts.iter().fold(next, |next, part| self.part(part, next)),
            Node::Concat(parts) => parts.iter().rev().fold(next, |next, part| self.part(part, next)),
            Node::Alternate(parts) => {
                let arms = parts.iter().map(|part| self.part(part, next)).collect();
                self.push(State::Split(arms))
            }
            Node::Repeat(repeat) => self.repeat(repeat, next),
            Node::Group(_, body) => self.part(body, next),
            Node::Atomic(body) => {
                self.truth.certain = false;
                self.part(body, next)
            }
            Node::Look(look) => self.look(look, next),
            Node::Reference(reference) => {
                self.truth.certain = false;
                if self.references >= REFERENCES {
                    return next;
                }
                self.references += 1;
                let bodies: Vec<&Node> =
                    reference.groups.iter().filter_map(|number| self.groups.get(*number as usize).copied().flatten()).collect();
                let mut arms: Vec<StateId> = bodies.into_iter().map(|body| self.part(body, next)).collect();
                self.references -= 1;
                if arms.len() == 1 { arms.swap_remove(0) } else { self.push(State::Split(arms)) }
            }
            Node::Assert(assert) => self.assert(*assert, next),
            Node::Conditional(_, arms) => {
                self.truth.certain = false;
                let arms = vec![self.part(&arms.0, next), self.part(&arms.1, next)];
                self.push(State::Split(arms))
            }
        }
    }

    fn assert(&mut self, assert: Assert, next: StateId) -> StateId {
        let alphabet = self.alphabet;
        let symbols = |set| alphabet.symbols(set);
        let (ahead, set) = match assert {
            Assert::Start => (false, Symbols::one(START)),
            Assert::LineStart(newline) => (false, symbols(newline).or(Symbols::one(START))),
            Assert::End => (true, Symbols::one(END)),
            Assert::LineEnd(newline) => (true, symbols(newline).or(Symbols::one(END))),
            Assert::LastLine(newline) if self.reversed => {
                self.truth.certain = false;
                (true, symbols(newline).or(Symbols::one(END)))
            }
            // That the character is the last can't be asked of one symbol: it is taken, and then is the end. Behind `$`, little else
            // stands than the end of the pattern.
            Assert::LastLine(newline) => {
                let end = self.push(State::Before(Symbols::one(END), next));
                let last = self.push(State::Char { set: symbols(newline), span: Span::default(), next: end });
                return self.push(State::Split(vec![end, last]));
            }
            Assert::Boundary(word, negative) => {
                let word = symbols(word);
                return self.push(State::Boundary { word, negative, next });
            }
        };
        self.pass(ahead, set, next)
    }

    /// A condition on the neighbour ahead or behind, as the pattern reads; `set` may hold both ends.
    fn pass(&mut self, ahead: bool, set: Symbols, next: StateId) -> StateId {
        if ahead == self.reversed {
            self.push(State::Behind(self.turned(set), next))
        } else {
            self.push(State::Before(self.turned(set), next))
        }
    }

    /// Read backwards, the start is the end.
    fn turned(&self, set: Symbols) -> Symbols {
        if !self.reversed {
            return set;
        }
        let ends = Symbols::one(START).or(Symbols::one(END));
        let mut turned = set.without(ends);
        if set.has(START) {
            turned.insert(END);
        }
        if set.has(END) {
            turned.insert(START);
        }
        turned
    }

    fn look(&mut self, look: &'a Look, next: StateId) -> StateId {
        if let Some(set) = self.one_step(&look.body) {
            let far = Symbols::one(if look.ahead { START } else { END });
            let set = if look.negative { Symbols::ALL.without(set).without(far) } else { set };
            return self.pass(look.ahead, set, next);
        }
        self.truth.certain = false;
        // What is read the other way is an automaton of its own.
        if look.ahead == self.reversed {
            return next;
        }
        let inner = self.push(State::Inner);
        let body = self.part(&look.body, inner);
        let split = self.push(State::Split(vec![body, next]));
        if look.negative || look.body.nullable() {
            return split;
        }
        let first = self.first(&look.body);
        self.pass(look.ahead, first, split)
    }

    /// The neighbours with which the body of a look matches, if that is all it asks.
    fn one_step(&self, body: &Node) -> Option<Symbols> {
        match body {
            Node::Char(set, _) => Some(self.alphabet.symbols(*set)),
            Node::Alternate(parts) => parts.iter().try_fold(Symbols::NONE, |all, part| Some(all.or(self.one_step(part)?))),
            Node::Group(_, body) | Node::Atomic(body) => self.one_step(body),
            Node::Repeat(repeat) if repeat.min == 1 => self.one_step(&repeat.body),
            Node::Assert(Assert::Start) => Some(Symbols::one(START)),
            Node::Assert(Assert::End) => Some(Symbols::one(END)),
            Node::Assert(Assert::LineStart(set)) => Some(self.alphabet.symbols(*set).or(Symbols::one(START))),
            Node::Assert(Assert::LineEnd(set)) => Some(self.alphabet.symbols(*set).or(Symbols::one(END))),
            _ => None,
        }
    }

    /// The symbols that a match may begin with (reversed: end with).
    fn first(&self, node: &Node) -> Symbols {
        match node {
            Node::Char(set, _) => self.alphabet.symbols(*set),
            Node::Concat(parts) => {
                let mut all = Symbols::NONE;
                let mut ordered: Vec<&Node> = parts.iter().collect();
                if self.reversed {
                    ordered.reverse();
                }
                for part in ordered {
                    all = all.or(self.first(part));
                    if !part.nullable() {
                        break;
                    }
                }
                all
            }
            Node::Alternate(parts) => parts.iter().fold(Symbols::NONE, |all, part| all.or(self.first(part))),
            Node::Repeat(repeat) => self.first(&repeat.body),
            Node::Group(_, body) | Node::Atomic(body) => self.first(body),
            Node::Conditional(_, arms) => self.first(&arms.0).or(self.first(&arms.1)),
            Node::Empty => Symbols::NONE,
            Node::Look(_) | Node::Reference(_) | Node::Assert(_) => Symbols::ALL,
        }
    }

    fn repeat(&mut self, repeat: &'a Repeat, next: StateId) -> StateId {
        let size = self.size(&repeat.body).max(1);
        if repeat.max == Some(0) {
            return next;
        }
        let copies = self.required(repeat, size);
        let optional = repeat.max.map(|max| max - repeat.min).filter(|more| copies == repeat.min && self.expands(*more, size));
        self.truth.expanded &= copies == repeat.min && (repeat.max.is_none() || optional.is_some());
        let (mut entry, mut left) = (next, copies);
        match optional {
            Some(more) => {
                for _ in 0..more {
                    let body = self.part(&repeat.body, entry);
                    entry = self.push(State::Split(vec![body, next]));
                }
            }
            // The last copy that must stand is the body that is repeated.
            None if copies > 0 && !repeat.body.nullable() => {
                let end = self.push(State::Split(Vec::new()));
                entry = self.part(&repeat.body, end);
                if let Some(state) = self.states.get_mut(end) {
                    *state = State::Split(vec![entry, next]);
                }
                left -= 1;
            }
            None => entry = self.endless(repeat, next),
        }
        for _ in 0..left {
            entry = self.part(&repeat.body, entry);
        }
        entry
    }

    /// How many of the copies that must stand are built.
    fn required(&self, repeat: &Repeat, size: u64) -> u32 {
        let fit = u32::try_from(self.limits.copies / size.max(1)).unwrap_or(u32::MAX).max(1);
        let ways = repeat.min > self.limits.required && branches(&repeat.body);
        repeat.min.min(if ways { 1 } else { fit })
    }

    fn expands(&self, more: u32, size: u64) -> bool {
        more <= 1 || (more <= self.limits.optional && u64::from(more) * size <= self.limits.copies)
    }

    fn endless(&mut self, repeat: &'a Repeat, next: StateId) -> StateId {
        let nullable = repeat.body.nullable();
        let number = self.repeats;
        self.repeats += u32::from(nullable);
        let head = self.push(State::Split(Vec::new()));
        let end = if nullable { self.push(State::Again { repeat: number, head, exit: next }) } else { head };
        let body = self.part(&repeat.body, end);
        if let Some(state) = self.states.get_mut(head) {
            *state = if nullable { State::Head { repeat: number, body, exit: next } } else { State::Split(vec![body, next]) };
        }
        head
    }

    /// How many characters a part has once it is expanded.
    fn size(&self, node: &Node) -> u64 {
        match node {
            Node::Char(..) => 1,
            Node::Repeat(repeat) => {
                let size = self.size(&repeat.body);
                let copies = u64::from(self.required(repeat, size));
                let more = repeat.max.map_or(1, |max| {
                    let more = max - repeat.min;
                    if self.expands(more, size.max(1)) { u64::from(more) } else { 1 }
                });
                size.saturating_mul(copies + more)
            }
            Node::Reference(_) => 1,
            _ => node.children().into_iter().fold(0, |sum: u64, child| sum.saturating_add(self.size(child))),
        }
    }
}

/// Whether a part has alternatives or repeats.
fn branches(node: &Node) -> bool {
    match node {
        Node::Alternate(_) | Node::Repeat(_) | Node::Conditional(..) => true,
        _ => node.children().into_iter().any(branches),
    }
}

/// Whether a pattern has a repeat that is built shorter with this limit.
pub(super) fn shortens(pattern: &Pattern, required: u32) -> bool {
    let mut found = false;
    pattern.root.visit(&mut |node| {
        found |= matches!(node, Node::Repeat(repeat) if repeat.min > required && branches(&repeat.body));
    });
    found
}
