//! The order of the analysis: automata, what is ambiguous in them, texts, and the matcher's word on each.

use super::alphabet::Alphabet;
use super::attack::{Candidate, Claim, Writer, of_chain, of_knot};
use super::automaton::{self, Automaton};
use super::budget::{Budget, Meter};
use super::components::Components;
use super::confirm::{Bench, rank};
use super::machine::Machine;
use super::nfa::{self, Limits};
use super::pattern::{Node, Pattern};
use super::{Apply, Growth, Verdict, Why, exponential, places, polynomial, program};

/// How repeats are expanded: as far as they can be, then less and less.
const LIMITS: [Limits; 3] = [
    Limits { optional: 10, copies: 300, required: u32::MAX },
    Limits { optional: 3, copies: 40, required: u32::MAX },
    Limits { optional: 1, copies: 4, required: u32::MAX },
];
/// Two ways a round, so many rounds: what must be repeated more often can take as long as what is repeated without end.
const ROUNDS: u32 = 10;

/// A repeat of at most so many rounds makes no polynomial: the square of it is some milliseconds.
const HARMLESS: u32 = 1_000;

pub(super) fn run(pattern: &Pattern, apply: Apply, budget: Budget) -> Verdict {
    let mut meter = Meter::new(budget);
    let mut best = Verdict { growth: Growth::Safe, attack: None, places: Vec::new(), measured: Vec::new(), spent: 0 };
    let why = decide(pattern, apply, &mut meter, &mut best);
    if let (Some(why), Growth::Safe) = (why, &best.growth) {
        best.growth = Growth::Unknown { why };
    }
    best.spent = meter.spent();
    best
}

/// Looks through all automata of a pattern; says what was left undone, if anything was.
fn decide(pattern: &Pattern, apply: Apply, meter: &mut Meter, best: &mut Verdict) -> Option<Why> {
    let Some(alphabet) = Alphabet::new(pattern) else { return Some(Why::TooLarge) };
    let whole = apply == Apply::Whole;
    let Some(program) = program::compile(pattern, &alphabet, whole) else { return Some(Why::TooLarge) };
    let mut behind = Vec::new();
    pattern.root.visit(&mut |node| {
        if let Node::Look(look) = node
            && !look.ahead
        {
            behind.push(&look.body);
        }
    });
    let parts = std::iter::once((&pattern.root, false)).chain(behind.into_iter().map(|body| (body, true)));
    let mut bench = Bench { machine: Machine::new(&program), alphabet: &alphabet, apply };
    let mut undone = None;
    'parts: for (part, reversed) in parts {
        let again = if nfa::shortens(pattern, ROUNDS) { &[u32::MAX, ROUNDS][..] } else { &[u32::MAX] };
        for required in again {
            let search = Search { pattern, alphabet: &alphabet, part, reversed, apply, required: *required };
            undone = search.run(&mut bench, meter, best).or(undone);
            if best.growth == Growth::Exponential {
                break 'parts;
            }
        }
    }
    shorten(&mut bench, meter, best);
    undone
}

/// Makes the text simpler where it is as bad then: without what stands before the first repeat (the automaton reads a character before
/// it scans), with the shortest text of which what is repeated is a repeat.
fn shorten(bench: &mut Bench<'_>, meter: &mut Meter, best: &mut Verdict) {
    let Some(attack) = best.attack.clone() else { return };
    let mut without = attack.clone();
    if let Some(first) = without.pumps.first_mut() {
        first.prefix.clear();
    }
    let mut roots = without.clone();
    for pump in &mut roots.pumps {
        pump.pump.truncate(root(&pump.pump));
    }
    for shorter in [roots, without] {
        if shorter == attack {
            return;
        }
        let measured = match best.growth {
            Growth::Polynomial { degree } => {
                bench.degree(&shorter, degree, meter).filter(|(found, _)| *found == degree).map(|(_, samples)| samples)
            }
            _ => bench.exponential(&shorter, false, meter),
        };
        if let Some(measured) = measured {
            (best.attack, best.measured) = (Some(shorter), measured);
            return;
        }
    }
}

/// The length of the shortest text of which a text is a repeat.
fn root(text: &[u32]) -> usize {
    let divides = |length: &usize| text.len().is_multiple_of(*length) && text.chunks(*length).all(|chunk| chunk == &text[..*length]);
    (1..text.len()).find(divides).unwrap_or(text.len())
}

/// The search through one automaton: the pattern's, or that of a look behind.
struct Search<'a> {
    pattern: &'a Pattern,
    alphabet: &'a Alphabet,
    part: &'a Node,
    reversed: bool,
    apply: Apply,
    /// See `Limits`.
    required: u32,
}

impl Search<'_> {
    fn automaton(&self, meter: &mut Meter) -> Result<Automaton, Why> {
        let scan = self.reversed || matches!(self.apply, Apply::Search | Apply::All);
        let whole = !self.reversed && self.apply == Apply::Whole;
        let (mut why, mut states) = (Why::TooLarge, 0);
        for limits in LIMITS {
            let limits = Limits { required: self.required, ..limits };
            let Some(nfa) = nfa::build(self.pattern, self.part, self.alphabet, limits, self.reversed, whole) else { continue };
            if nfa.states.len() == std::mem::replace(&mut states, nfa.states.len()) {
                continue;
            }
            let share = meter.left() / 4;
            match meter.part(share, |meter| automaton::build(&nfa, self.alphabet, scan, meter)) {
                (Some(automaton), _) => return Ok(automaton),
                (None, true) => why = Why::OverBudget,
                (None, false) => {}
            }
        }
        Err(why)
    }

    fn run(&self, bench: &mut Bench<'_>, meter: &mut Meter, best: &mut Verdict) -> Option<Why> {
        let automaton = match self.automaton(meter) {
            Ok(automaton) => automaton,
            Err(why) => return Some(why),
        };
        // A look behind that has matched is asked anew at the next place.
        let core = if self.reversed { automaton.clone() } else { automaton.core(self.alphabet, self.apply == Apply::All) };
        let components = Components::new(&core);
        let writer = Writer {
            automaton: &automaton,
            alphabet: self.alphabet,
            reversed: self.reversed,
            ends_early: self.apply != Apply::All && !self.reversed,
        };
        let (knots, mut complete) = exponential::knots(&core, &components, meter);
        for knot in &knots {
            let Some(candidate) = of_knot(&automaton, knot, meter) else { continue };
            self.confirm(&writer, &candidate, bench, meter, best);
            if best.growth == Growth::Exponential {
                return None;
            }
        }
        let share = meter.left() / 2;
        let ((pairs, all), _) =
            meter.part(share, |meter| polynomial::pairs(&core, &components, |number| self.endless(&core, &components, number), meter));
        complete &= all;
        for chain in polynomial::chains(&core, &components, &pairs) {
            let degree = u32::try_from(chain.len()).unwrap_or(u32::MAX).saturating_add(1);
            // Of the same degree, only a text with fewer pumps is worth a run.
            let simple = best.attack.as_ref().is_none_or(|attack| attack.pumps.len() == 1);
            if degree < rank(&best.growth) || (degree == rank(&best.growth) && simple) {
                continue;
            }
            let chain: Vec<_> = chain.into_iter().map(|at| &pairs[at]).collect();
            let Some(candidate) = of_chain(&automaton, &chain, meter) else { continue };
            self.confirm(&writer, &candidate, bench, meter, best);
        }
        (!complete || meter.left() == 0).then_some(Why::OverBudget)
    }

    /// Whether what a component repeats can be repeated so often that a square of it hurts; others stand in the automaton as endless.
    fn endless(&self, automaton: &Automaton, components: &Components, number: u32) -> bool {
        let mut repeats = Vec::new();
        self.pattern.root.visit(&mut |node| {
            if let Node::Repeat(repeat) = node
                && repeat.max.is_none_or(|max| max > HARMLESS)
            {
                repeats.push(repeat.span);
            }
        });
        components.members[number as usize].iter().any(|at| {
            automaton.spans[*at as usize]
                .is_none_or(|span| repeats.iter().any(|around| around.start <= span.start && span.end <= around.end))
        })
    }

    /// Tries the texts of a candidate until one grows as claimed.
    fn confirm(&self, writer: &Writer<'_>, candidate: &Candidate, bench: &mut Bench<'_>, meter: &mut Meter, best: &mut Verdict) {
        for (attack, proven) in writer.attacks(candidate, meter) {
            let found = match candidate.claim {
                Claim::Exponential => bench.exponential(&attack, proven, meter).map(|samples| (Growth::Exponential, samples)),
                Claim::Degree(claim) => {
                    bench.degree(&attack, claim, meter).map(|(degree, samples)| (Growth::Polynomial { degree }, samples))
                }
            };
            let Some((growth, measured)) = found else { continue };
            let simpler = best.attack.as_ref().is_none_or(|known| attack.simpler(known));
            if rank(&growth) > rank(&best.growth) || (growth == best.growth && simpler) {
                let places = places::of(self.pattern, writer.automaton, candidate);
                *best = Verdict { growth, attack: Some(attack), places, measured, spent: 0 };
            }
            let claimed = match candidate.claim {
                Claim::Exponential => u32::MAX,
                Claim::Degree(degree) => degree,
            };
            if rank(&best.growth) >= claimed {
                return;
            }
        }
    }
}
