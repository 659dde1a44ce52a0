//! Calls under a test that shows start-up: `if scope["type"] == "lifespan":` in what a server calls for every connection.

use super::{At, CallAt, Input};
use crate::ir::{Branch, Const, Expr, Guard, ModuleSummary, Relation, Test};
use rustc_hash::FxHashSet;

/// All calls of the run that stand under such a test.
pub(super) fn calls(input: Input<'_>) -> FxHashSet<CallAt> {
    let mut found = FxHashSet::default();
    for (file, summary) in input.summaries.iter_enumerated() {
        let facts = input.facts_of(file);
        let shows = |guard: &Guard| asked(summary, guard).is_some_and(|(key, text)| facts.shows_startup(key, text));
        let tests: FxHashSet<_> = summary.guards.iter_enumerated().filter(|(_, guard)| shows(guard)).map(|(id, _)| id).collect();
        if tests.is_empty() {
            continue;
        }
        for (id, call) in summary.calls.iter_enumerated() {
            let mut guards = std::iter::successors(call.guard, |id| summary.guards[*id].outer);
            if guards.any(|guard| tests.contains(&guard)) {
                found.insert(At { file, id });
            }
        }
    }
    found
}

/// The key and the text of `x["key"] == "text"`, where that came out true.
fn asked(summary: &ModuleSummary, guard: &Guard) -> Option<(crate::base::Name, crate::base::Name)> {
    let (Test::Two(Relation::Equals | Relation::Same, one, other), Branch::True) = (guard.test, guard.branch) else { return None };
    let (Expr::Index { key, .. }, Expr::Const(Const::Str(text))) = (&summary.exprs[one], &summary.exprs[other]) else { return None };
    Some((summary.exprs[*key].key()?, *text))
}
