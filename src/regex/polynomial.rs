//! Polynomial ambiguity: two repeats that can take the same text, one behind the other, and chains of such pairs.

use super::alphabet::Symbols;
use super::automaton::{At, Automaton};
use super::budget::Meter;
use super::components::Components;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// Two states, in components one of which leads to the other, and a text that leads from the first to itself, from the first to the
/// second, and from the second to itself.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) first: At,
    pub(super) second: At,
    pub(super) pump: Vec<Symbols>,
}

/// Components from which on not every two are looked at.
const MANY: usize = 40;
/// What a single search for a pair may cost.
const ONE_SEARCH: u64 = 30_000;

/// One pair for each two components that have one, both `endless`; says whether everything was looked at.
pub(super) fn pairs(automaton: &Automaton, components: &Components, endless: impl Fn(u32) -> bool, meter: &mut Meter) -> (Vec<Pair>, bool) {
    let cyclic = (0..).zip(&components.cyclic).filter(|(number, cyclic)| **cyclic && endless(*number));
    let cyclic: Vec<u32> = cyclic.map(|(number, _)| number).collect();
    let reach = Reach::new(automaton, components, &cyclic);
    let labels: FxHashMap<u32, Symbols> = cyclic.iter().map(|number| (*number, inner_labels(automaton, components, *number))).collect();
    let (mut pairs, mut complete): (Vec<Pair>, bool) = (Vec::new(), true);
    // Components that each leads to through pairs: of many, a chain through what stands between does for a pair with its end.
    let many = cyclic.len() > MANY;
    let mut through: FxHashMap<u32, FxHashSet<u32>> = FxHashMap::default();
    for from in &cyclic {
        let mut known: FxHashSet<u32> = FxHashSet::default();
        for to in cyclic.iter().rev() {
            if from == to || (many && known.contains(to)) || !reach.live(*from, *to) || !labels[from].meets(&labels[to]) {
                continue;
            }
            if !meter.spend(cyclic.len() as u64) {
                return (pairs, false);
            }
            let share = ONE_SEARCH.max(meter.left() / 16);
            let search = Search { automaton, components, reach: &reach, from: *from, to: *to };
            let ((found, all), _) = meter.part(share, |meter| search.run(meter));
            complete &= all || found.is_some();
            if let Some(pair) = found {
                known.insert(*to);
                known.extend(through.get(to).into_iter().flatten());
                pairs.push(pair);
            }
        }
        through.insert(*from, known);
    }
    (pairs, complete)
}

fn inner_labels(automaton: &Automaton, components: &Components, number: u32) -> Symbols {
    let inside = components.members[number as usize].iter().flat_map(|at| &automaton.edges[*at as usize]);
    inside.filter(|edge| components.of(edge.to) == number).fold(Symbols::NONE, |all, edge| all.or(automaton.label(*edge)))
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
    /// A pair, and whether everything was looked at.
    fn run(&self, meter: &mut Meter) -> (Option<Pair>, bool) {
        let mut complete = true;
        let firsts = &self.components.members[self.from as usize];
        let seconds = &self.components.members[self.to as usize];
        for first in firsts.iter().filter(|at| self.leaves(**at)) {
            for second in seconds {
                let (found, over) = meter.part(ONE_SEARCH, |meter| self.pump(*first, *second, meter));
                if let Some(pump) = found {
                    return (Some(Pair { first: *first, second: *second, pump }), complete);
                }
                complete &= !over;
                if meter.left() == 0 {
                    return (None, false);
                }
            }
        }
        (None, complete)
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
                let label = self.automaton.label(*one);
                for other in self.edges(triple.2) {
                    if !meter.spend(1) {
                        return None;
                    }
                    if self.components.of(other.to) != self.to {
                        continue;
                    }
                    let outer = label.and(self.automaton.label(*other));
                    if outer.is_empty() {
                        continue;
                    }
                    for middle in self.edges(triple.1) {
                        if !meter.spend(1) {
                            return None;
                        }
                        let symbols = outer.and(self.automaton.label(*middle));
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

/// How many chains of several pairs are tried.
const CHAINS: usize = 12;

/// The longest chain of pairs from a component, or up to it: its length and the pair that begins or ends it.
type Longest = (u32, Option<usize>);

/// Chains of pairs, each of which leads to the next; the longest first, and at last single pairs.
pub(super) fn chains(automaton: &Automaton, components: &Components, pairs: &[Pair]) -> Vec<Vec<usize>> {
    let ends = |pair: &Pair| (components.of(pair.first), components.of(pair.second));
    let count = components.members.len();
    let (mut starting, mut ending) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (number, pair) in pairs.iter().enumerate() {
        starting[ends(pair).0 as usize].push(number);
        ending[ends(pair).1 as usize].push(number);
    }
    // Ahead of each component, those with lower numbers are done; behind it, those with higher ones.
    let (mut ahead, mut behind): (Vec<Longest>, Vec<Longest>) = (vec![(0, None); count], vec![(0, None); count]);
    for (number, members) in components.members.iter().enumerate() {
        for pair in &starting[number] {
            let length = ahead[ends(&pairs[*pair]).1 as usize].0 + 1;
            if length > ahead[number].0 {
                ahead[number] = (length, Some(*pair));
            }
        }
        for edge in members.iter().flat_map(|at| &automaton.edges[*at as usize]) {
            let next = ahead[components.of(edge.to) as usize];
            if next.0 > ahead[number].0 {
                ahead[number] = next;
            }
        }
    }
    for (number, members) in components.members.iter().enumerate().rev() {
        for pair in &ending[number] {
            let length = behind[ends(&pairs[*pair]).0 as usize].0 + 1;
            if length > behind[number].0 {
                behind[number] = (length, Some(*pair));
            }
        }
        let here = behind[number];
        for edge in members.iter().flat_map(|at| &automaton.edges[*at as usize]) {
            let next = &mut behind[components.of(edge.to) as usize];
            if here.0 > next.0 {
                *next = here;
            }
        }
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|at| {
        let (first, second) = ends(&pairs[*at]);
        (Reverse(behind[first as usize].0 + ahead[second as usize].0), Reverse(first), Reverse(second))
    });
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for at in order.iter().take(CHAINS * 4) {
        let mut chain = vec![*at];
        let mut back = behind[ends(&pairs[*at]).0 as usize].1;
        while let Some(pair) = back {
            chain.push(pair);
            back = behind[ends(&pairs[pair]).0 as usize].1;
        }
        chain.reverse();
        let mut on = ahead[ends(&pairs[*at]).1 as usize].1;
        while let Some(pair) = on {
            chain.push(pair);
            on = ahead[ends(&pairs[pair]).1 as usize].1;
        }
        if chain.len() > 1 && chains.len() < CHAINS && !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    order.sort_by_key(|at| Reverse(ends(&pairs[*at])));
    chains.extend(order.into_iter().map(|at| vec![at]));
    chains
}
