//! The alphabet of a pattern: characters that no set of it tells apart are one symbol.

use super::pattern::{Pattern, SetId};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// One symbol of an alphabet.
pub(super) type Symbol = u8;

/// The symbol behind the last character of the input.
pub(super) const END: Symbol = 255;
/// The symbol before the first character of the input.
pub(super) const START: Symbol = 254;
/// How many symbols may stand for characters.
const MOST: usize = 254;

/// A set of symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Symbols([u64; 4]);

impl Symbols {
    pub(super) const NONE: Self = Self([0; 4]);
    /// All characters, the end and the start.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn one(symbol: Symbol) -> Self {
        let mut set = Self::NONE;
        set.insert(symbol);
        set
    }

    pub(super) fn insert(&mut self, symbol: Symbol) {
        self.0[usize::from(symbol >> 6)] |= 1 << (symbol & 63);
    }

    pub(super) fn has(&self, symbol: Symbol) -> bool {
        self.0[usize::from(symbol >> 6)] & (1 << (symbol & 63)) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        (0..4).any(|at| self.0[at] & other.0[at] != 0)
    }
}

/// Symbols of characters and back.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// First characters of stretches of one symbol, in order.
    stretches: Vec<(char, Symbol)>,
    /// The symbols of each set of the pattern.
    sets: oxc_index::IndexVec<SetId, Symbols>,
    /// A character of each symbol, the plainest.
    letters: Vec<char>,
    /// Symbols from the most ordinary to the rarest.
    order: Vec<Symbol>,
    /// All characters.
    pub(super) characters: Symbols,
}

impl Alphabet {
    /// The coarsest alphabet that tells the sets of a pattern apart; none if it has too many symbols.
    pub(super) fn new(pattern: &Pattern) -> Option<Self> {
        let width = pattern.sets.0.len().div_ceil(64);
        let mut edges: Vec<(u32, SetId)> = Vec::new();
        for (id, set) in pattern.sets.0.iter_enumerated() {
            for range in set.iter() {
                edges.push((u32::from(range.start()), id));
                edges.push((u32::from(range.end()) + 1, id));
            }
        }
        edges.sort_unstable();
        let mut inside = vec![0_u64; width];
        let mut known: FxHashMap<Vec<u64>, usize> = FxHashMap::default();
        let mut members: Vec<Vec<u64>> = Vec::new();
        let mut stretches: Vec<(u32, usize)> = Vec::new();
        let mut at = 0;
        let mut from = 0;
        loop {
            while let Some((_, id)) = edges.get(at).filter(|(edge, _)| *edge == from) {
                let set = id.index();
                inside[set / 64] ^= 1 << (set % 64);
                at += 1;
            }
            if from > u32::from(char::MAX) {
                break;
            }
            let symbol = *known.entry(inside.clone()).or_insert_with(|| {
                members.push(inside.clone());
                members.len() - 1
            });
            stretches.push((from, symbol));
            match edges.get(at) {
                Some((edge, _)) => from = *edge,
                None => break,
            }
        }
        if members.len() > MOST {
            return None;
        }
        let mut sets = oxc_index::IndexVec::from_vec(vec![Symbols::NONE; pattern.sets.0.len()]);
        let mut characters = Symbols::NONE;
        for (symbol, member) in (0..).zip(&members) {
            characters.insert(symbol);
            for id in pattern.sets.0.indices() {
                if member[id.index() / 64] & (1 << (id.index() % 64)) != 0 {
                    sets[id].insert(symbol);
                }
            }
        }
        let (letters, order) = plainest(&stretches, members.len());
        // An edge may lie beside the surrogates, where `char` has a hole: the stretch begins behind it.
        let start = |from: u32| char::from_u32(from).unwrap_or('\u{E000}');
        let stretches = stretches.into_iter().map(|(from, symbol)| (start(from), Symbol::try_from(symbol).unwrap_or(0))).collect();
        Some(Self { stretches, sets, letters, order, characters })
    }

    /// The symbols of a set of the pattern.
    pub(super) fn symbols(&self, set: SetId) -> Symbols {
        self.sets[set]
    }

    /// The symbol of a character.
    pub(super) fn symbol(&self, letter: char) -> Symbol {
        let after = self.stretches.partition_point(|(from, _)| *from <= letter);
        self.stretches.get(after.wrapping_sub(1)).map_or(0, |(_, symbol)| *symbol)
    }

    /// A character of the symbol, the plainest that there is.
    pub(super) fn letter(&self, symbol: Symbol) -> char {
        self.letters.get(usize::from(symbol)).copied().unwrap_or('a')
    }

    /// Symbols from the most ordinary, which most letters and digits belong to, to the rarest.
    pub(super) fn order(&self) -> &[Symbol] {
        &self.order
    }

    /// A symbol of a set of characters: the most ordinary with rank 0, then rarer ones, the rarest where there are not so many.
    pub(super) fn pick(&self, set: Symbols, rank: usize) -> Option<Symbol> {
        let mut last = None;
        for symbol in self.order.iter().copied().filter(|symbol| set.has(*symbol)).take(rank + 1) {
            last = Some(symbol);
        }
        last
    }
}

/// How plain a character is to read and paste; more is plainer.
fn plainness(letter: char) -> u32 {
    match letter {
        'a'..='z' => 6,
        '0'..='9' | 'A'..='Z' => 5,
        '!'..='~' => 4,
        ' ' => 3,
        '\n' | '\t' => 2,
        _ if !letter.is_control() && u32::from(letter) < 0x000F_0000 => 1,
        _ => 0,
    }
}

/// The plainest character of each symbol, and the symbols with the most ASCII characters first.
fn plainest(stretches: &[(u32, usize)], count: usize) -> (Vec<char>, Vec<Symbol>) {
    let mut best: Vec<Option<char>> = vec![None; count];
    let mut weight = vec![0_u32; count];
    for (at, (from, symbol)) in stretches.iter().enumerate() {
        let until = stretches.get(at + 1).map_or(u32::from(char::MAX) + 1, |(next, _)| *next);
        // Beyond ASCII, characters of one stretch are as plain as its first.
        let last = until.min((*from).max(0x80) + 1);
        for letter in (*from..last).filter_map(char::from_u32) {
            let plain = plainness(letter);
            // A symbol of many strange letters is no more ordinary for it.
            weight[*symbol] += if letter.is_ascii() { plain } else { 0 };
            if best[*symbol].is_none_or(|best| plainness(best) < plain) {
                best[*symbol] = Some(letter);
            }
        }
        if best[*symbol].is_none() {
            best[*symbol] = (*from..until).find_map(char::from_u32);
        }
    }
    let mut order: Vec<Symbol> = (0..count).filter_map(|symbol| Symbol::try_from(symbol).ok()).collect();
    order.sort_by_key(|symbol| (Reverse(weight[usize::from(*symbol)]), *symbol));
    (best.into_iter().map(|letter| letter.unwrap_or('a')).collect(), order)
}

#[cfg(test)]
mod tests {
    use super::super::Flavor;
    use super::super::charset::{range, single};
    use super::super::pattern::{Node, Sets};
    use super::*;

    #[test]
    fn characters_that_no_set_tells_apart_are_one_symbol() {
        let mut sets = Sets::default();
        let (letters, b) = (sets.intern(range(0x61, 0x7A)), sets.intern(single(0x62)));
        let pattern = Pattern { flavor: Flavor::Ecma, root: Node::Empty, sets, groups: 0 };
        let alphabet = Alphabet::new(&pattern).unwrap();
        assert_eq!(alphabet.symbol('a'), alphabet.symbol('z'));
        assert_ne!(alphabet.symbol('a'), alphabet.symbol('b'));
        assert_eq!(alphabet.symbol('!'), alphabet.symbol(char::MAX));
        assert!(alphabet.symbols(letters).has(alphabet.symbol('b')));
        assert_eq!(alphabet.symbols(b), Symbols::one(alphabet.symbol('b')));
        assert_eq!(alphabet.order().len(), 3);
        assert_eq!(alphabet.letter(alphabet.symbol('a')), 'a');
    }
}
