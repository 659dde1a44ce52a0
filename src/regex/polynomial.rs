//! Polynomial ambiguity: two repeats that can take the same text, one behind the other, and chains of such pairs.

use super::alphabet::Symbols;
use super::automaton::{At, Automaton};
use super::budget::Meter;
use super::components::Components;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Two states, in components one of which leads to the other, and a text that leads from the first to itself, from the first to the
/// second, and from the second to itself.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) first: At,
    pub(super) second: At,
    pub(super) pump: Vec<Symbols>,
}

/// What a single search for a pair may cost.
const ONE_SEARCH: u64 = 30_000;

/// One pair for each two components that have one, both `endless`; says whether everything was looked at.
pub(super) fn pairs(automaton: &Automaton, components: &Components, endless: impl Fn(u32) -> bool, meter: &mut Meter) -> (Vec<Pair>, bool) {
    let cyclic = (0..).zip(&components.cyclic).filter(|(number, cyclic)| **cyclic && endless(*number));
    let cyclic: Vec<u32> = cyclic.map(|(number, _)| number).collect();
    let reach = Reach::new(automaton, components, &cyclic);
    let labels: FxHashMap<u32, Symbols> = cyclic.iter().map(|number| (*number, inner_labels(automaton, components, *number))).collect();
    let (mut pairs, mut complete) = (Vec::new(), true);
    for from in cyclic.iter().rev() {
        for to in cyclic.iter().rev() {
            if from == to || !reach.live(*from, *to) || !labels[from].meets(&labels[to]) {
                continue;
            }
            let share = ONE_SEARCH.max(meter.left() / 16);
            let (found, over) = meter.part(share, |meter| Search { automaton, components, reach: &reach, from: *from, to: *to }.run(meter));
            complete &= !over || found.is_some();
            pairs.extend(found);
        }
    }
    (pairs, complete)
}

fn inner_labels(automaton: &Automaton, components: &Components, number: u32) -> Symbols {
    let inside = components.members[number as usize].iter().flat_map(|at| &automaton.edges[*at as usize]);
    inside.filter(|edge| components.of(edge.to) == number).fold(Symbols::NONE, |all, edge| all.or(edge.label))
}

/// Which cyclic components each component leads to.
struct Reach {
    place: FxHashMap<u32, usize>,
    sets: Vec<Vec<u64>>,
}

impl Reach {
    fn new(automaton: &Automaton, components: &Components, cyclic: &[u32]) -> Self {
        let place: FxHashMap<u32, usize> = cyclic.iter().enumerate().map(|(at, number)| (*number, at)).collect();
        let mut sets: Vec<Vec<u64>> = Vec::with_capacity(components.members.len());
        // Those that a component leads to have lower numbers and are done.
        for (number, members) in (0..).zip(&components.members) {
            let mut set = vec![0; cyclic.len().div_ceil(64)];
            let mut next: Vec<u32> =
                members.iter().flat_map(|at| &automaton.edges[*at as usize]).map(|edge| components.of(edge.to)).collect();
            next.sort_unstable();
            next.dedup();
            for to in next.into_iter().filter(|to| *to != number) {
                for (word, more) in set.iter_mut().zip(&sets[to as usize]) {
                    *word |= more;
                }
                if let Some(at) = place.get(&to) {
                    set[at / 64] |= 1 << (at % 64);
                }
            }
            sets.push(set);
        }
        Self { place, sets }
    }

    fn live(&self, from: u32, to: u32) -> bool {
        self.place.get(&to).is_some_and(|at| self.sets[from as usize][at / 64] & (1 << (at % 64)) != 0)
    }
}

type Triple = (At, At, At);

struct Search<'a> {
    automaton: &'a Automaton,
    components: &'a Components,
    reach: &'a Reach,
    from: u32,
    to: u32,
}

impl Search<'_> {
    fn run(&self, meter: &mut Meter) -> Option<Pair> {
        let firsts = &self.components.members[self.from as usize];
        let seconds = &self.components.members[self.to as usize];
        for first in firsts.iter().filter(|at| self.leaves(**at)) {
            for second in seconds {
                let (found, _) = meter.part(ONE_SEARCH, |meter| self.pump(*first, *second, meter));
                if let Some(pump) = found {
                    return Some(Pair { first: *first, second: *second, pump });
                }
                if meter.left() == 0 {
                    return None;
                }
            }
        }
        None
    }

    /// The way from the first component to the second leaves it somewhere: the text is turned so that it begins there.
    fn leaves(&self, at: At) -> bool {
        self.automaton.edges[at as usize].iter().any(|edge| self.components.of(edge.to) != self.from && self.between(edge.to))
    }

    fn between(&self, at: At) -> bool {
        let number = self.components.of(at);
        number == self.to || self.reach.live(number, self.to)
    }

    fn pump(&self, first: At, second: At, meter: &mut Meter) -> Option<Vec<Symbols>> {
        let (begin, end): (Triple, Triple) = ((first, first, second), (first, second, second));
        let mut before: FxHashMap<Triple, (Triple, Symbols)> = FxHashMap::default();
        let mut queue = VecDeque::from([begin]);
        while let Some(triple) = queue.pop_front() {
            for one in self.edges(triple.0) {
                if self.components.of(one.to) != self.from {
                    continue;
                }
                for other in self.edges(triple.2) {
                    if !meter.spend(1) {
                        return None;
                    }
                    if self.components.of(other.to) != self.to {
                        continue;
                    }
                    let outer = one.label.and(other.label);
                    if outer.is_empty() {
                        continue;
                    }
                    for middle in self.edges(triple.1) {
                        if !meter.spend(1) {
                            return None;
                        }
                        let symbols = outer.and(middle.label);
                        let next = (one.to, middle.to, other.to);
                        if symbols.is_empty() || !self.between(middle.to) || before.contains_key(&next) {
                            continue;
                        }
                        // The first step leaves the component.
                        if triple == begin && self.components.of(middle.to) == self.from {
                            continue;
                        }
                        before.insert(next, (triple, symbols));
                        if next == end {
                            return back(&before, begin, end);
                        }
                        queue.push_back(next);
                    }
                }
            }
        }
        None
    }

    fn edges(&self, at: At) -> &[super::automaton::Edge] {
        &self.automaton.edges[at as usize]
    }
}

fn back(before: &FxHashMap<Triple, (Triple, Symbols)>, begin: Triple, end: Triple) -> Option<Vec<Symbols>> {
    let (mut steps, mut at) = (Vec::new(), end);
    loop {
        let (previous, symbols) = before.get(&at)?;
        steps.push(*symbols);
        at = *previous;
        if at == begin {
            steps.reverse();
            return Some(steps);
        }
    }
}

/// How many chains are tried.
const CHAINS: usize = 12;

/// Chains of pairs, each of which leads to the next; the longest first, and at last single pairs.
pub(super) fn chains(automaton: &Automaton, components: &Components, pairs: &[Pair]) -> Vec<Vec<usize>> {
    let cyclic: Vec<u32> = (0..).zip(&components.cyclic).filter(|(_, cyclic)| **cyclic).map(|(number, _)| number).collect();
    let reach = Reach::new(automaton, components, &cyclic);
    let ends = |pair: &Pair| (components.of(pair.first), components.of(pair.second));
    let follows = |one: &Pair, other: &Pair| {
        let (end, start) = (ends(one).1, ends(other).0);
        end == start || reach.live(end, start)
    };
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(ends(&pairs[*at])));
    // The longest chain that ends with each pair, then the longest that begins with it.
    let mut behind: Vec<(u32, Option<usize>)> = vec![(1, None); pairs.len()];
    for (number, at) in order.iter().enumerate() {
        for earlier in &order[..number] {
            if follows(&pairs[*earlier], &pairs[*at]) && behind[*earlier].0 + 1 > behind[*at].0 {
                behind[*at] = (behind[*earlier].0 + 1, Some(*earlier));
            }
        }
    }
    let mut ahead: Vec<(u32, Option<usize>)> = vec![(1, None); pairs.len()];
    for (number, at) in order.iter().enumerate().rev() {
        for later in &order[number + 1..] {
            if follows(&pairs[*at], &pairs[*later]) && ahead[*later].0 + 1 > ahead[*at].0 {
                ahead[*at] = (ahead[*later].0 + 1, Some(*later));
            }
        }
    }
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for at in &order {
        let mut chain = vec![*at];
        while let Some(earlier) = behind[chain[0]].1 {
            chain.insert(0, earlier);
        }
        let mut last = *at;
        while let Some(later) = ahead[last].1 {
            chain.push(later);
            last = later;
        }
        if !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.len()));
    chains.truncate(CHAINS);
    for at in order {
        if chains.len() < CHAINS * 2 && !chains.contains(&vec![at]) {
            chains.push(vec![at]);
        }
    }
    chains
}
