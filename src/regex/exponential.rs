//! Exponential ambiguity: a state that leads back to itself with one text in two ways.

use super::alphabet::Symbols;
use super::automaton::{At, Automaton};
use super::budget::Meter;
use super::components::{Components, way};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

/// A state and a text that leads from it to itself in two ways.
#[derive(Clone, Debug)]
pub(super) struct Knot {
    pub(super) at: At,
    pub(super) pump: Vec<Symbols>,
    /// States on both ways.
    pub(super) states: Vec<At>,
}

/// How many knots of one component are looked at.
const KNOTS: usize = 6;

/// Knots of all components, the shortest texts of each first; says whether everything was looked at.
pub(super) fn knots(automaton: &Automaton, components: &Components, meter: &mut Meter) -> (Vec<Knot>, bool) {
    let (mut knots, mut complete) = (Vec::new(), true);
    for (members, cyclic) in components.members.iter().zip(&components.cyclic) {
        // Where no match has begun, all ways are one.
        if !cyclic || members.first().is_none_or(|first| automaton.scans(*first)) {
            continue;
        }
        let share = meter.left() / 4;
        let (found, over) = meter.part(share, |meter| Search::run(automaton, components, members, meter));
        complete &= !over;
        knots.extend(found);
    }
    (knots, complete)
}

type Pair = (At, At);

/// A breadth-first search over pairs of states that the same text leads to.
struct Search<'a> {
    automaton: &'a Automaton,
    components: &'a Components,
    /// The pair before, and the symbols of the step.
    before: FxHashMap<Pair, (Pair, Symbols)>,
    queue: VecDeque<Pair>,
    ends: Vec<(At, Pair, Symbols)>,
}

impl<'a> Search<'a> {
    fn run(automaton: &'a Automaton, components: &'a Components, members: &[At], meter: &mut Meter) -> Vec<Knot> {
        let mut search = Self { automaton, components, before: FxHashMap::default(), queue: VecDeque::new(), ends: Vec::new() };
        let mut knots = Vec::new();
        for at in members {
            if !search.diverge(*at, &mut knots, meter) || knots.len() >= KNOTS {
                break;
            }
        }
        while knots.len() + search.ends.len() < KNOTS {
            let Some(pair) = search.queue.pop_front() else { break };
            if !search.expand(pair, meter) {
                break;
            }
        }
        for (end, pair, symbols) in std::mem::take(&mut search.ends) {
            knots.extend(search.knot(end, pair, symbols, meter));
        }
        knots
    }

    /// The two first steps out of one state.
    fn diverge(&mut self, at: At, knots: &mut Vec<Knot>, meter: &mut Meter) -> bool {
        let component = self.components.of(at);
        let edges = &self.automaton.edges[at as usize];
        let inside = |to: At| self.components.of(to) == component;
        for (number, one) in edges.iter().enumerate().filter(|(_, edge)| inside(edge.to)) {
            let twice = self.automaton.twice(*one);
            if !twice.is_empty()
                && knots.len() < KNOTS
                && let Some(rest) = way(self.automaton, one.to, at, inside, meter)
            {
                let pump = std::iter::once(twice).chain(rest).collect();
                knots.push(Knot { at, pump, states: vec![at, one.to] });
            }
            for other in edges[number + 1..].iter().filter(|edge| inside(edge.to)) {
                if !meter.spend(1) {
                    return false;
                }
                let symbols = self.automaton.label(*one).and(self.automaton.label(*other));
                if !symbols.is_empty() {
                    self.reach(ordered(one.to, other.to), (at, at), symbols);
                }
            }
        }
        true
    }

    fn reach(&mut self, pair: Pair, from: Pair, symbols: Symbols) {
        if let Entry::Vacant(slot) = self.before.entry(pair) {
            slot.insert((from, symbols));
            self.queue.push_back(pair);
        }
    }

    fn expand(&mut self, pair: Pair, meter: &mut Meter) -> bool {
        let component = self.components.of(pair.0);
        let (automaton, components) = (self.automaton, self.components);
        for one in &automaton.edges[pair.0 as usize] {
            if components.of(one.to) != component {
                continue;
            }
            for other in &automaton.edges[pair.1 as usize] {
                if !meter.spend(1) {
                    return false;
                }
                if components.of(other.to) != component {
                    continue;
                }
                let symbols = self.automaton.label(*one).and(self.automaton.label(*other));
                if symbols.is_empty() {
                    continue;
                }
                if one.to == other.to {
                    if !self.ends.iter().any(|(end, ..)| *end == one.to) {
                        self.ends.push((one.to, pair, symbols));
                    }
                    continue;
                }
                self.reach(ordered(one.to, other.to), pair, symbols);
            }
        }
        true
    }

    /// The text from where two ways part to where they meet, and back.
    fn knot(&self, end: At, pair: Pair, symbols: Symbols, meter: &mut Meter) -> Option<Knot> {
        let (mut steps, mut states, mut back) = (vec![symbols], vec![end], pair);
        while back.0 != back.1 {
            states.extend([back.0, back.1]);
            let (previous, symbols) = self.before.get(&back)?;
            steps.push(*symbols);
            back = *previous;
        }
        steps.reverse();
        let component = self.components.of(end);
        steps.extend(way(self.automaton, end, back.0, |at| self.components.of(at) == component, meter)?);
        states.push(back.0);
        Some(Knot { at: back.0, pump: steps, states })
    }
}

fn ordered(one: At, other: At) -> Pair {
    if one <= other { (one, other) } else { (other, one) }
}
