//! How a text must end so that the match fails: then all ways are tried.

use super::alphabet::{Alphabet, END, Symbol, Symbols};
use super::automaton::{At, Automaton, INITIAL};
use super::budget::Meter;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// Sets of states that are looked at in one search.
const SETS: usize = 400;
/// Longest suffix that is looked for.
const LONGEST: usize = 12;

/// What may not happen on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Avoid {
    /// That the pattern matches.
    Match,
    /// That the pattern or a look's body matches.
    Any,
}

pub(super) struct Suffixes<'a> {
    pub(super) automaton: &'a Automaton,
    pub(super) alphabet: &'a Alphabet,
}

impl Suffixes<'_> {
    /// The states after a text, from the start; none if the pattern has matched on the way, or the budget is over.
    pub(super) fn after(&self, text: &[Symbol], meter: &mut Meter) -> Option<Vec<At>> {
        let mut states = vec![INITIAL];
        for symbol in text {
            if self.matches(&states, *symbol, Avoid::Match) {
                return None;
            }
            states = self.step(&states, *symbol, true, meter)?;
        }
        Some(states)
    }

    /// The states after a text from some states, of a match that has begun.
    pub(super) fn within(&self, from: &[At], text: &[Symbol], meter: &mut Meter) -> Option<Vec<At>> {
        let mut states = from.to_vec();
        for symbol in text {
            states = self.step(&states, *symbol, false, meter)?;
        }
        Some(states)
    }

    fn matches(&self, states: &[At], next: Symbol, avoid: Avoid) -> bool {
        states.iter().any(|at| {
            let at = *at as usize;
            self.automaton.accept[at].has(next) || (avoid == Avoid::Any && self.automaton.inner[at].has(next))
        })
    }

    fn step(&self, states: &[At], symbol: Symbol, scans: bool, meter: &mut Meter) -> Option<Vec<At>> {
        let mut next = Vec::new();
        for at in states {
            let edges = &self.automaton.edges[*at as usize];
            if !meter.spend(edges.len() as u64) {
                return None;
            }
            let led = edges.iter().filter(|edge| self.automaton.label(**edge).has(symbol) && (scans || !self.automaton.scans(edge.to)));
            next.extend(led.map(|edge| edge.to));
        }
        next.sort_unstable();
        next.dedup();
        Some(next)
    }

    /// The shortest texts after which nothing has matched, `most` of them.
    pub(super) fn failing(&self, from: Vec<At>, avoid: Avoid, scans: bool, most: usize, meter: &mut Meter) -> Vec<Vec<Symbol>> {
        let (mut found, mut known) = (Vec::new(), FxHashSet::default());
        known.insert(from.clone());
        let mut queue = VecDeque::from([(from, Vec::new())]);
        while let Some((states, text)) = queue.pop_front() {
            if !self.matches(&states, END, avoid) {
                found.push(text.clone());
                if found.len() >= most {
                    break;
                }
            }
            if text.len() >= LONGEST || known.len() >= SETS {
                continue;
            }
            for symbol in self.alphabet.order() {
                if self.matches(&states, *symbol, avoid) {
                    continue;
                }
                let Some(next) = self.step(&states, *symbol, scans, meter) else { return found };
                if known.insert(next.clone()) {
                    let mut longer = text.clone();
                    longer.push(*symbol);
                    queue.push_back((next, longer));
                }
            }
        }
        found
    }
}

/// The symbols of a way: where there is a choice, the most ordinary one with style 0, rarer ones with the next, the rarest at last.
pub(super) fn choose(alphabet: &Alphabet, way: &[Symbols], style: usize) -> Option<Vec<Symbol>> {
    way.iter().map(|set| alphabet.pick(*set, style)).collect()
}
