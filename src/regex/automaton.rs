//! The automaton without empty moves: its states are characters of the pattern just taken, with what a condition may ask of them.

use super::alphabet::{Alphabet, END, START, Symbols};
use super::budget::Meter;
use super::nfa::{Nfa, State, StateId, Truth};
use super::walk::Walk;
use crate::base::Span;
use rustc_hash::FxHashMap;

/// A state's number.
pub(super) type At = u32;

/// Ways from one state to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) to: At,
    /// The symbols that lead there, by their number.
    label: u16,
    /// Those that lead there in two ways or more.
    twice: u16,
}

/// The automaton without empty moves.
#[derive(Clone, Debug, Default)]
pub(super) struct Automaton {
    pub(super) edges: Vec<Vec<Edge>>,
    /// The sets of symbols of edges, each once: there are few, and many edges.
    labels: Vec<Symbols>,
    /// The symbols, or the end, before which the pattern has matched here.
    pub(super) accept: Vec<Symbols>,
    /// The same for the bodies of looks.
    pub(super) inner: Vec<Symbols>,
    pub(super) truth: Truth,
    /// The place in the pattern of each state's character; none where a match has not begun.
    pub(super) spans: Vec<Option<Span>>,
}

/// The state before the first character.
pub(super) const INITIAL: At = 0;

/// What state the automaton is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Before the first character.
    Initial,
    /// Behind characters that no match has begun at.
    Scan,
    /// Behind the character of this state.
    Char(StateId),
}

impl Automaton {
    /// Whether a match has not yet begun in this state.
    pub(super) fn scans(&self, at: At) -> bool {
        self.spans[at as usize].is_none()
    }

    /// The symbols of an edge.
    pub(super) fn label(&self, edge: Edge) -> Symbols {
        self.labels.get(usize::from(edge.label)).copied().unwrap_or_default()
    }

    /// The symbols of an edge that lead there in two ways or more.
    pub(super) fn twice(&self, edge: Edge) -> Symbols {
        self.labels.get(usize::from(edge.twice)).copied().unwrap_or_default()
    }

    /// The part in which ways can be given up and others tried: once the pattern has matched whatever comes, nothing before is tried
    /// again. With `again`, a match begins anew behind the last.
    pub(super) fn core(&self, alphabet: &Alphabet, again: bool) -> Self {
        let everything = alphabet.characters.or(Symbols::one(END));
        let over = |at: At| self.truth.certain && everything.without(self.accept[at as usize]).is_empty() && !(again && self.scans(at));
        let mut core = Self { edges: Vec::new(), ..self.clone() };
        for (at, edges) in (0..).zip(&self.edges) {
            let kept = if over(at) { Vec::new() } else { edges.iter().copied().filter(|edge| !over(edge.to)).collect() };
            core.edges.push(kept);
        }
        core
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }
}

/// Removes empty moves; with `scan`, a match may begin at every place. None if the budget is over or it grows too large.
pub(super) fn build(nfa: &Nfa, alphabet: &Alphabet, scan: bool, meter: &mut Meter) -> Option<Automaton> {
    let kinds = kinds(nfa, alphabet);
    let start = kinds.iter().position(|kind| kind.has(START)).unwrap_or(0);
    let mut builder = Builder {
        nfa,
        kinds,
        automaton: Automaton { truth: nfa.truth, ..Automaton::default() },
        known: FxHashMap::default(),
        queue: Vec::new(),
        total: 0,
        labels: FxHashMap::default(),
    };
    builder.state(Place::Initial, start);
    let mut done = 0;
    let mut walk = Walk::new(nfa);
    while let Some((place, kind)) = builder.queue.get(done).copied() {
        let from = done;
        done += 1;
        let entry = match place {
            Place::Initial | Place::Scan => nfa.entry,
            Place::Char(state) => match &nfa.states[state] {
                State::Char { next, .. } => *next,
                _ => continue,
            },
        };
        walk.run(entry, builder.kinds[kind], meter)?;
        if !meter.spend(walk.found.len() as u64 * 2) {
            return None;
        }
        builder.add(from, &walk)?;
        if scan && !matches!(place, Place::Char(_)) {
            for (kind, set) in builder.kinds.clone().into_iter().enumerate() {
                let label = set.and(alphabet.characters);
                if !label.is_empty() {
                    let to = builder.state(Place::Scan, kind);
                    builder.edge(from, to, label, Symbols::NONE)?;
                }
            }
        }
    }
    Some(builder.automaton)
}

/// The most edges that are built.
const MOST_EDGES: usize = 400_000;

/// What conditions can tell of the character before a place: a partition of the symbols and the start.
fn kinds(nfa: &Nfa, alphabet: &Alphabet) -> Vec<Symbols> {
    let mut kinds = vec![alphabet.characters.or(Symbols::one(START))];
    for state in &nfa.states {
        let set = match state {
            State::Behind(set, _) => *set,
            State::Boundary { word, .. } => *word,
            _ => continue,
        };
        kinds = kinds.into_iter().flat_map(|kind| [kind.and(set), kind.without(set)]).filter(|kind| !kind.is_empty()).collect();
    }
    kinds
}

struct Builder<'a> {
    nfa: &'a Nfa,
    kinds: Vec<Symbols>,
    automaton: Automaton,
    known: FxHashMap<(Place, usize), At>,
    queue: Vec<(Place, usize)>,
    total: usize,
    labels: FxHashMap<Symbols, u16>,
}

impl Builder<'_> {
    fn state(&mut self, place: Place, kind: usize) -> At {
        if let Some(known) = self.known.get(&(place, kind)) {
            return *known;
        }
        let at = At::try_from(self.queue.len()).unwrap_or(At::MAX);
        self.known.insert((place, kind), at);
        self.queue.push((place, kind));
        self.automaton.edges.push(Vec::new());
        self.automaton.accept.push(Symbols::NONE);
        self.automaton.inner.push(Symbols::NONE);
        self.automaton.spans.push(match place {
            Place::Char(state) => match &self.nfa.states[state] {
                State::Char { span, .. } => Some(*span),
                _ => None,
            },
            _ => None,
        });
        at
    }

    fn label(&mut self, symbols: Symbols) -> Option<u16> {
        if let Some(known) = self.labels.get(&symbols) {
            return Some(*known);
        }
        let number = u16::try_from(self.automaton.labels.len()).ok()?;
        self.automaton.labels.push(symbols);
        self.labels.insert(symbols, number);
        Some(number)
    }

    fn edge(&mut self, from: usize, to: At, label: Symbols, twice: Symbols) -> Option<()> {
        let (label, twice) = (self.label(label)?, self.label(twice)?);
        self.automaton.edges[from].push(Edge { to, label, twice });
        Some(())
    }

    fn add(&mut self, from: usize, walk: &Walk<'_>) -> Option<()> {
        self.automaton.accept[from] = walk.accept;
        self.automaton.inner[from] = walk.inner;
        for (target, label, twice) in &walk.found {
            for kind in 0..self.kinds.len() {
                let set = self.kinds[kind];
                let label = label.and(set);
                if !label.is_empty() {
                    let to = self.state(Place::Char(*target), kind);
                    self.edge(from, to, label, twice.and(set))?;
                }
            }
        }
        self.total += self.automaton.edges[from].len();
        (self.total <= MOST_EDGES && self.automaton.len() * 4 <= MOST_EDGES).then_some(())
    }
}
