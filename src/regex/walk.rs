//! Walks over empty moves: which characters may come next, and in how many ways.

use super::Flavor;
use super::alphabet::{START, Symbols};
use super::budget::Meter;
use super::nfa::{Nfa, State, StateId};
use rustc_hash::FxHashMap;

/// A place of a walk: the state, repeats begun on the way whose body has matched nothing yet, conditions on the next symbol.
type Step = (StateId, u64, Symbols);

/// What one walk found.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    nfa: &'a Nfa,
    round: u32,
    /// For each state passed without conditions: on which round, and how often.
    plain: oxc_index::IndexVec<StateId, (u32, u8)>,
    /// How often the others were passed.
    passed: FxHashMap<Step, u8>,
    stack: Vec<Step>,
    /// Where each state's character is in `found`, with the round.
    slots: oxc_index::IndexVec<StateId, (u32, u32)>,
    /// Characters that may come next, their symbols, and those that lead there in two ways.
    pub(super) found: Vec<(StateId, Symbols, Symbols)>,
    /// Next symbols before which the pattern has matched.
    pub(super) accept: Symbols,
    /// Next symbols before which the body of a look has matched.
    pub(super) inner: Symbols,
}

/// What a step costs that has conditions, beside one that has none.
const CONDITIONS: u64 = 6;

impl<'a> Walk<'a> {
    pub(super) fn new(nfa: &'a Nfa) -> Self {
        let states = nfa.states.len();
        Self {
            nfa,
            round: 0,
            plain: oxc_index::IndexVec::from_vec(vec![(0, 0); states]),
            passed: FxHashMap::default(),
            stack: Vec::new(),
            slots: oxc_index::IndexVec::from_vec(vec![(0, 0); states]),
            found: Vec::new(),
            accept: Symbols::NONE,
            inner: Symbols::NONE,
        }
    }

    /// Walks from a state, behind a character of the kind; none if the budget is over.
    pub(super) fn run(&mut self, entry: StateId, kind: Symbols, meter: &mut Meter) -> Option<()> {
        self.round += 1;
        self.passed.clear();
        self.found.clear();
        (self.accept, self.inner) = (Symbols::NONE, Symbols::NONE);
        self.stack.push((entry, 0, Symbols::ALL));
        while let Some(step) = self.stack.pop() {
            let (at, begun, next) = step;
            let free = begun == 0 && next == Symbols::ALL;
            if !meter.spend(if free { 1 } else { CONDITIONS }) {
                self.stack.clear();
                return None;
            }
            let passed = if free {
                let (round, passed) = &mut self.plain[at];
                if *round != self.round {
                    (*round, *passed) = (self.round, 0);
                }
                passed
            } else {
                self.passed.entry(step).or_default()
            };
            // A second way is what matters; a third tells nothing new.
            if *passed < 2 {
                *passed += 1;
                self.step(at, begun, next, kind);
            }
        }
        Some(())
    }

    fn step(&mut self, at: StateId, begun: u64, next: Symbols, kind: Symbols) {
        match &self.nfa.states[at] {
            State::Char { set, .. } => {
                let label = set.and(next);
                if label.is_empty() {
                    return;
                }
                let (round, slot) = &mut self.slots[at];
                if *round != self.round {
                    (*round, *slot) = (self.round, u32::try_from(self.found.len()).unwrap_or(u32::MAX));
                    self.found.push((at, Symbols::NONE, Symbols::NONE));
                }
                let (_, known, twice) = &mut self.found[*slot as usize];
                *twice = twice.or(known.and(label));
                *known = known.or(label);
            }
            // What stands first is walked first: the last pushed.
            State::Split(arms) => self.stack.extend(arms.iter().rev().map(|arm| (*arm, begun, next))),
            State::Behind(set, to) => {
                if set.meets(&kind) {
                    self.stack.push((*to, begun, next));
                }
            }
            State::Before(set, to) => self.constrain(*to, begun, next.and(*set)),
            State::Boundary { word, negative, next: to } => {
                let changed = if word.meets(&kind) == *negative { *word } else { Symbols::ALL.without(*word) };
                self.constrain(*to, begun, next.and(changed));
            }
            State::Head { repeat, body, exit } => {
                self.stack.push((*exit, begun, next));
                // Beyond 64 such repeats, a body that matched nothing is followed once too often; the count of passes ends it.
                self.stack.push((*body, begun | bit(*repeat), next));
            }
            State::Again { repeat, head, exit } => {
                if begun & bit(*repeat) == 0 {
                    self.stack.push((*head, begun, next));
                } else if self.nfa.flavor == Flavor::Python {
                    // JavaScript gives up a round that matched nothing; Python goes on behind the repeat, a second time.
                    self.stack.push((*exit, begun & !bit(*repeat), next));
                }
            }
            State::Accept => self.accept = self.accept.or(next),
            State::Inner => self.inner = self.inner.or(next),
        }
    }

    fn constrain(&mut self, to: StateId, begun: u64, next: Symbols) {
        if !next.without(Symbols::one(START)).is_empty() {
            self.stack.push((to, begun, next));
        }
    }
}

fn bit(repeat: u32) -> u64 {
    1_u64.checked_shl(repeat).unwrap_or(0)
}
