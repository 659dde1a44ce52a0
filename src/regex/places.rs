//! Where in the pattern the repeats stand that an ambiguity lies in.

use super::Place;
use super::attack::{Candidate, Claim};
use super::automaton::{At, Automaton};
use super::pattern::{Node, Pattern};
use crate::base::Span;

/// The places of a candidate's repeats, the primary one first.
pub(super) fn of(pattern: &Pattern, automaton: &Automaton, candidate: &Candidate) -> Vec<Place> {
    let mut repeats = Vec::new();
    pattern.root.visit(&mut |node| {
        if let Node::Repeat(repeat) = node
            && repeat.max.is_none_or(|max| max > 1)
        {
            repeats.push(repeat.span);
        }
    });
    let mut places: Vec<Place> = Vec::new();
    let mut scans = false;
    for (states, begins) in &candidate.places {
        let Some(inside) = hull(automaton, states) else {
            scans = true;
            continue;
        };
        let mut around: Vec<Span> = repeats.iter().copied().filter(|span| span.start <= inside.start && inside.end <= span.end).collect();
        around.sort_by_key(|span| span.end - span.start);
        around.dedup();
        // One character in two ways: through its own repeat and through the one around it.
        let single = candidate.claim == Claim::Exponential && one_character(automaton, states);
        let span = around.get(usize::from(single)).or(around.first()).copied().unwrap_or(inside);
        let role = match candidate.claim {
            Claim::Exponential => "this repeat can take the same text in more than one way",
            Claim::Degree(_) if *begins => "what this repeat takes",
            Claim::Degree(_) if places.is_empty() && scans => "this is tried anew from every place of the text",
            Claim::Degree(_) => "this one can take as well",
        };
        if !places.iter().any(|place| place.span == span) {
            places.push(Place { span, role });
        }
    }
    places
}

/// Whether all states are the same character of the pattern.
fn one_character(automaton: &Automaton, states: &[At]) -> bool {
    let mut spans: Vec<Span> = states.iter().filter_map(|at| automaton.spans[*at as usize]).collect();
    spans.dedup();
    spans.len() == 1
}

/// From the first to the last character of some states.
fn hull(automaton: &Automaton, states: &[At]) -> Option<Span> {
    let spans = states.iter().filter_map(|at| automaton.spans[*at as usize]);
    spans.reduce(|one, other| Span { start: one.start.min(other.start), end: one.end.max(other.end) })
}
