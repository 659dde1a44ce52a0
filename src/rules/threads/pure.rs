//! Whether a function computes in Python and does nothing else.

use super::below::Below;
use crate::effects::fact_of;
use crate::facts::{Effect, Gil};
use crate::ir::{CallId, CallKind};
use crate::link::graph::{EdgeKind, Outcome};
use crate::link::{At, FuncAt};
use crate::rules::Program;

/// What a function does on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// It computes under the GIL, all the time.
    Computes,
    /// As far as is seen: it calls what is not known.
    Perhaps,
    /// It waits, or lets go of the GIL, or may: it calls a library of which nothing is known.
    More,
}

/// What a function does, with all that it leads to on its thread.
#[must_use]
pub fn does(program: &Program<'_, '_>, below: &Below<'_>, func: FuncAt) -> Does {
    let Some(walk) = below.walk(func, |_| true) else { return Does::More };
    walk.iter().map(|met| own(program, below, met.func)).max().unwrap_or(Does::More)
}

fn own(program: &Program<'_, '_>, below: &Below<'_>, func: FuncAt) -> Does {
    let input = program.input;
    let facts = input.facts_of(func.file);
    let summary = &input.summaries[func.file];
    if input.func(func).is_generator {
        return Does::Perhaps;
    }
    for external in below.externals(func) {
        let computes = match fact_of(input, external.call, external.path) {
            Some(fact) => matches!(fact.effect, Effect::Cpu | Effect::Regex) && matches!(fact.gil, Some(Gil::Held | Gil::Preempted)),
            None => facts.is_neutral(external.path) || facts.is_under_gil(external.path),
        };
        // An attempt at raising, entering or iterating what a library gave asks no more of it than was asked already.
        if !computes && (summary.calls[external.call.id].kind.is_written() || fact_of(input, external.call, external.path).is_some()) {
            return Does::More;
        }
    }
    let mut found = Does::Computes;
    for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.func == func.id) {
        let at = At { file: func.file, id };
        if program.graph.edges_of(at).any(|edge| matches!(edge.kind, EdgeKind::Moved(_)) || input.func(edge.to).is_async) {
            return Does::More;
        }
        if call.kind.is_written() && call.kind != CallKind::Decorate && is_unknown(program, func, id) {
            found = Does::Perhaps;
        }
    }
    found
}

fn is_unknown(program: &Program<'_, '_>, func: FuncAt, id: CallId) -> bool {
    matches!(program.graph.outcomes[func.file][id], Outcome::Unresolved(_) | Outcome::UnknownReceiver)
}
