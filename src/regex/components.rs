//! Strongly connected components, and shortest ways.

use super::alphabet::Symbols;
use super::automaton::{At, Automaton};
use super::budget::Meter;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Components of an automaton; a component's number is greater than those of all that it leads to.
#[derive(Debug)]
pub(super) struct Components {
    of: Vec<u32>,
    /// States of each, in order.
    pub(super) members: Vec<Vec<At>>,
    /// Whether a way leads from the component back into it.
    pub(super) cyclic: Vec<bool>,
}

impl Components {
    pub(super) fn new(automaton: &Automaton) -> Self {
        let mut search = Search {
            index: vec![u32::MAX; automaton.len()],
            low: vec![0; automaton.len()],
            of: vec![u32::MAX; automaton.len()],
            open: Vec::new(),
            members: Vec::new(),
            next: 0,
        };
        for at in (0..).take(automaton.len()) {
            if search.index[at as usize] == u32::MAX {
                search.from(automaton, at);
            }
        }
        let cyclic = search
            .members
            .iter()
            .map(|members| members.len() > 1 || members.iter().any(|at| automaton.edges[*at as usize].iter().any(|edge| edge.to == *at)));
        let cyclic = cyclic.collect();
        Self { of: search.of, members: search.members, cyclic }
    }

    pub(super) fn of(&self, at: At) -> u32 {
        self.of[at as usize]
    }
}

/// Tarjan's search, with a stack of its own.
struct Search {
    index: Vec<u32>,
    low: Vec<u32>,
    of: Vec<u32>,
    open: Vec<At>,
    members: Vec<Vec<At>>,
    next: u32,
}

impl Search {
    fn enter(&mut self, at: At, stack: &mut Vec<(At, usize)>) {
        self.index[at as usize] = self.next;
        self.low[at as usize] = self.next;
        self.next += 1;
        self.open.push(at);
        stack.push((at, 0));
    }

    fn from(&mut self, automaton: &Automaton, root: At) {
        let mut stack = Vec::new();
        self.enter(root, &mut stack);
        while let Some((at, done)) = stack.last_mut() {
            let here = *at as usize;
            if let Some(edge) = automaton.edges[here].get(*done) {
                *done += 1;
                let to = edge.to as usize;
                if self.index[to] == u32::MAX {
                    self.enter(edge.to, &mut stack);
                } else if self.of[to] == u32::MAX {
                    self.low[here] = self.low[here].min(self.index[to]);
                }
                continue;
            }
            stack.pop();
            if let Some((above, _)) = stack.last() {
                let above = *above as usize;
                self.low[above] = self.low[above].min(self.low[here]);
            }
            if self.low[here] == self.index[here] {
                let number = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
                let mut members = Vec::new();
                while let Some(member) = self.open.pop() {
                    self.of[member as usize] = number;
                    members.push(member);
                    if member as usize == here {
                        break;
                    }
                }
                members.sort_unstable();
                self.members.push(members);
            }
        }
    }
}

/// A shortest way between states, as the symbols that each step may take; none if there is none, or the budget is over.
pub(super) fn way(automaton: &Automaton, from: At, to: At, within: impl Fn(At) -> bool, meter: &mut Meter) -> Option<Vec<Symbols>> {
    if from == to {
        return Some(Vec::new());
    }
    step_way(automaton, from, to, within, meter)
}

/// The same with at least one step.
pub(super) fn step_way(automaton: &Automaton, from: At, to: At, within: impl Fn(At) -> bool, meter: &mut Meter) -> Option<Vec<Symbols>> {
    let mut before: FxHashMap<At, (At, Symbols)> = FxHashMap::default();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        for edge in &automaton.edges[at as usize] {
            if !meter.spend(1) {
                return None;
            }
            if !within(edge.to) || before.contains_key(&edge.to) {
                continue;
            }
            before.insert(edge.to, (at, automaton.label(*edge)));
            if edge.to == to {
                let mut steps = Vec::new();
                let mut back = to;
                loop {
                    let (previous, label) = before.get(&back)?;
                    steps.push(*label);
                    back = *previous;
                    if back == from {
                        steps.reverse();
                        return Some(steps);
                    }
                }
            }
            queue.push_back(edge.to);
        }
    }
    None
}
