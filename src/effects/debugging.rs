//! Calls that are made only while someone looks for faults in the program: under `if self.debug:`, `if (!options.debugDir) return`.
//! Where the program itself turns that on, they are calls as others are.

use crate::base::Name;
use crate::ir::{Branch, Const, Expr, ExprId, ModuleSummary, Target, Test};
use crate::link::{At, CallAt, Input};
use rustc_hash::FxHashSet;

/// All such calls of the run.
#[must_use]
pub(super) fn calls(input: Input<'_>) -> Vec<CallAt> {
    let on = turned_on(input);
    let mut found = Vec::new();
    for (file, summary) in input.summaries.iter_enumerated() {
        let facts = input.facts_of(file);
        let asks = |named: Name| facts.tells_debugging(named) && !on.contains(&named);
        // A test stands behind those around it.
        let mut debugging: Vec<bool> = Vec::with_capacity(summary.guards.len());
        for guard in &summary.guards {
            let own = guard.branch == Branch::True && tested(summary, guard.test).is_some_and(asks);
            debugging.push(own || guard.outer.is_some_and(|outer| debugging[outer.index()]));
        }
        if debugging.contains(&true) {
            let calls = summary.calls.iter_enumerated().filter(|(_, call)| call.guard.is_some_and(|guard| debugging[guard.index()]));
            found.extend(calls.map(|(id, _)| At { file, id }));
        }
    }
    found
}

/// The name of what a test asks whether it is true.
fn tested(summary: &ModuleSummary, test: Test) -> Option<Name> {
    match test {
        Test::Var(var, _) => Some(summary.vars[var].name),
        Test::Place(place) => match &summary.exprs[place] {
            Expr::Attr { name, .. } => Some(*name),
            Expr::Index { key, .. } => summary.exprs[*key].key(),
            _ => None,
        },
        Test::Call(_) | Test::Two(..) => None,
    }
}

/// Names under which the program says that it is being debugged: `Client(debug=True)`, `{debug: true}`, `options.debug = true`.
fn turned_on(input: Input<'_>) -> FxHashSet<Name> {
    let mut found = FxHashSet::default();
    for (file, summary) in input.summaries.iter_enumerated() {
        let facts = input.facts_of(file);
        let is_on = |value: ExprId| matches!(summary.exprs[value], Expr::Const(Const::Bool(true)));
        let mut note = |named: Option<Name>, value: ExprId| {
            found.extend(named.filter(|named| is_on(value) && facts.tells_debugging(*named)));
        };
        for arg in summary.calls.iter().flat_map(|call| &call.args) {
            note(arg.name, arg.value);
        }
        for expr in &summary.exprs {
            if let Expr::Object(fields) = expr {
                for (named, value) in fields {
                    note(*named, *value);
                }
            }
        }
        for assign in &summary.assigns {
            let named = match assign.target {
                Target::Var(var) => summary.vars[var].name,
                Target::Attr { name, .. } => name,
                Target::Index { .. } => continue,
            };
            note(Some(named), assign.value);
        }
    }
    found
}
