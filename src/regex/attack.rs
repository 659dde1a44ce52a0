//! From what is ambiguous in an automaton to texts that may make the matcher try it all.

use super::alphabet::{Alphabet, Symbol, Symbols};
use super::automaton::{At, Automaton, INITIAL};
use super::budget::Meter;
use super::components::way;
use super::exponential::Knot;
use super::polynomial::Pair;
use super::suffix::{Avoid, Suffixes, choose};
use super::{Attack, Pump, charset};

/// What is claimed of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Exponential,
    /// The degree of the polynomial.
    Degree(u32),
}

/// An ambiguity with the ways to it, before characters are chosen.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) claim: Claim,
    /// A way and what is repeated behind it, in turn.
    pieces: Vec<(Vec<Symbols>, Vec<Symbols>)>,
    /// The state behind the last, whose match must fail.
    last: Vec<At>,
    /// States of each repeat that takes part, for its place in the pattern; whether it begins what the next ones can take as well.
    pub(super) places: Vec<(Vec<At>, bool)>,
}

/// Symbols of a text: a way and what is repeated behind it, in turn.
type Pieces = Vec<(Vec<Symbol>, Vec<Symbol>)>;

pub(super) fn of_knot(automaton: &Automaton, knot: &Knot, meter: &mut Meter) -> Option<Candidate> {
    let to = way(automaton, INITIAL, knot.at, |_| true, meter)?;
    Some(Candidate {
        claim: Claim::Exponential,
        pieces: vec![(to, knot.pump.clone())],
        last: vec![knot.at],
        places: vec![(knot.states.clone(), true)],
    })
}

pub(super) fn of_chain(automaton: &Automaton, chain: &[&Pair], meter: &mut Meter) -> Option<Candidate> {
    let mut pieces: Vec<(Vec<Symbols>, Vec<Symbols>)> = Vec::new();
    let (mut from, mut places, mut last) = (INITIAL, Vec::new(), INITIAL);
    for (number, pair) in chain.iter().enumerate() {
        let to = way(automaton, from, pair.first, |_| true, meter)?;
        let shared = pieces.last().filter(|_| to.is_empty()).and_then(|(_, pump)| shared(pump, &pair.pump));
        match (shared, pieces.last_mut()) {
            (Some(shared), Some((_, pump))) => *pump = shared,
            _ => pieces.push((to, pair.pump.clone())),
        }
        if number == 0 || from != pair.first {
            places.push((vec![pair.first], true));
        }
        places.push((vec![pair.second], false));
        (from, last) = (pair.second, pair.first);
    }
    let degree = u32::try_from(chain.len()).unwrap_or(u32::MAX).saturating_add(1);
    let last = if automaton.scans(last) { vec![from] } else { vec![last, from] };
    Some(Candidate { claim: Claim::Degree(degree), pieces, last, places })
}

/// A text that both of two repeated texts can be.
fn shared(one: &[Symbols], other: &[Symbols]) -> Option<Vec<Symbols>> {
    let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    if short.is_empty() || long.len() % short.len() != 0 {
        return None;
    }
    let both = long.iter().zip(short.iter().cycle()).map(|(one, other)| Some(one.and(*other)).filter(|both| !both.is_empty()));
    both.collect()
}

/// In how many ways characters are chosen where there is a choice.
const STYLES: usize = 8;
/// Texts of each kind of suffix.
const TEXTS: usize = 6;
/// How often what is repeated stands in the texts that suffixes are looked for behind.
const ROUNDS: usize = 3;

pub(super) struct Writer<'a> {
    pub(super) automaton: &'a Automaton,
    pub(super) alphabet: &'a Alphabet,
    /// The automaton reads backwards.
    pub(super) reversed: bool,
    /// The end of a match may lie anywhere, and one ends the search.
    pub(super) ends_early: bool,
}

impl Writer<'_> {
    /// Texts for a candidate, the likeliest first; with each, whether the automaton alone proves what is claimed of it.
    pub(super) fn attacks(&self, candidate: &Candidate, meter: &mut Meter) -> Vec<(Attack, bool)> {
        let mut known: Vec<Pieces> = Vec::new();
        for style in 0..STYLES {
            let pieces: Option<Pieces> = candidate
                .pieces
                .iter()
                .map(|(way, pump)| Some((choose(self.alphabet, way, style)?, choose(self.alphabet, pump, style)?)))
                .collect();
            known.extend(pieces.filter(|pieces| !known.contains(pieces)));
        }
        let suffixes = Suffixes { automaton: self.automaton, alphabet: self.alphabet };
        let (mut failing, mut local, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for pieces in &known {
            let add = |attacks: &mut Vec<Attack>, found: Vec<Vec<Symbol>>| {
                attacks.extend(found.iter().map(|suffix| self.attack(pieces, suffix)));
            };
            if self.ends_early && failing.len() < TEXTS {
                let rounds = pieces.iter().flat_map(|(way, pump)| way.iter().chain(pump.iter().cycle().take(pump.len() * ROUNDS)));
                let text: Vec<Symbol> = rounds.copied().collect();
                if let Some(states) = suffixes.after(&text, meter) {
                    add(&mut failing, suffixes.failing(states, Avoid::Match, true, 2, meter));
                }
            }
            if local.len() < TEXTS {
                let pump = pieces.last().map(|(_, pump)| pump.repeat(ROUNDS)).unwrap_or_default();
                if let Some(states) = suffixes.within(&candidate.last, &pump, meter) {
                    add(&mut local, suffixes.failing(states, Avoid::Any, false, 2, meter));
                }
            }
            if plain.len() < TEXTS {
                let order = self.alphabet.order();
                let ends = order.last().into_iter().chain(order.first()).map(|symbol| vec![*symbol]);
                add(&mut plain, std::iter::once(Vec::new()).chain(ends).collect());
            }
        }
        let mut attacks: Vec<(Attack, bool)> = Vec::new();
        let truth = self.automaton.truth;
        for (list, fails) in [(failing, true), (local, false), (plain, false)] {
            for attack in list.into_iter().take(TEXTS) {
                if !attacks.iter().any(|(known, _)| *known == attack) {
                    // What is exponential in an automaton that is the pattern to the letter, and fails, is so in the pattern.
                    attacks.push((attack, fails && truth.certain && truth.expanded));
                }
            }
        }
        attacks
    }

    fn attack(&self, pieces: &Pieces, suffix: &[Symbol]) -> Attack {
        let write = |symbols: &[Symbol]| -> Vec<u32> {
            let letters = symbols.iter().map(|symbol| charset::code_point(self.alphabet.letter(*symbol)));
            if self.reversed { letters.rev().collect() } else { letters.collect() }
        };
        if !self.reversed {
            let pumps = pieces.iter().map(|(way, pump)| Pump { prefix: write(way), pump: write(pump) }).collect();
            return Attack { pumps, suffix: write(suffix) };
        }
        let mut pumps = Vec::new();
        let mut prefix = write(suffix);
        for (way, pump) in pieces.iter().rev() {
            pumps.push(Pump { prefix: std::mem::replace(&mut prefix, write(way)), pump: write(pump) });
        }
        Attack { pumps, suffix: prefix }
    }
}
