//! Loops that only wait, and functions that call themselves more than once.

use crate::ir::loops::{Loop, LoopKind};
use crate::ir::{Branch, CallId, Expr, GuardId, ModuleSummary, Target};
use crate::link::graph::{Edge, Graph, bound_parameters};
use crate::link::{At, FuncAt, Input, Solution, Value};
use rustc_hash::FxHashSet;

/// Whether the loop does nothing but ask whether it may end: its body is empty, or it only reads the clock.
#[must_use]
pub fn waits(input: Input<'_>, graph: &Graph, func: FuncAt, one: &Loop) -> bool {
    let summary = &input.summaries[func.file];
    if !matches!(one.kind, LoopKind::While | LoopKind::Count) || one.leaves || !one.assigns.is_empty() {
        return false;
    }
    // `for (let i = 0; i < n; i++) {}` ends by itself: what it counts up stands among its expressions.
    if one.exprs.is_empty() {
        return one.kind == LoopKind::While || one.test.is_empty();
    }
    let facts = input.facts_of(func.file);
    let mut asks = false;
    let idle = (one.calls.start..one.calls.end).all(|id| {
        let id = CallId::from_raw(id);
        let at = At { file: func.file, id };
        let clock = graph.externals_of(at).any(|external| facts.is_clock(external.path));
        asks |= clock && one.span.contains(summary.calls[id].span.start);
        (clock || !summary.calls[id].kind.is_written()) && graph.edges_of(at).next().is_none()
    });
    asks && idle
}

/// Where a function calls itself twice or more on the way through, on what it computes from its parameters, and keeps no
/// results: the first such call, and the parameter that grows smaller.
#[must_use]
pub fn recursion(solution: &Solution<'_>, func: FuncAt, itself: &[&Edge]) -> Option<(CallId, usize)> {
    let input = solution.input;
    let summary = &input.summaries[func.file];
    let function = input.func(func);
    let facts = input.facts_of(func.file);
    let cached = function.decorators.iter().flat_map(|id| solution.values(At { file: func.file, id: *id })).any(|value| match value {
        Value::Ext(path) | Value::ExtInst(path) => facts.keeps(path.strip_suffix("()").map_or(*path, crate::base::name)),
        _ => false,
    });
    if cached {
        return None;
    }
    let within = |id: u32| summary.assigns.get(id as usize);
    // What is put under a key is found again: the results are kept.
    let keeps = (0..summary.assigns.len()).any(|at| {
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        within(id).is_some_and(|assign| match assign.target {
            Target::Index { .. } => match summary.exprs[assign.value] {
                Expr::Call(call) => summary.calls[call].func == func.id,
                Expr::Var(var) => summary.vars[var].func == func.id,
                _ => false,
            },
            _ => false,
        })
    });
    if keeps {
        return None;
    }
    let mut computed: Vec<(CallId, usize)> = Vec::new();
    for edge in itself.iter().filter(|edge| !edge.once) {
        let call = &summary.calls[edge.call.id];
        let bound = bound_parameters(summary, function, call, usize::from(edge.offset?));
        let shrinks = bound.iter().find(|(value, _)| matches!(summary.exprs[*value], Expr::Unknown));
        let part =
            bound.iter().any(|(value, _)| matches!(summary.exprs[*value], Expr::Attr { .. } | Expr::Index { .. } | Expr::Element(_)));
        // What walks down a tree sees each part once.
        if let (Some((_, position)), false) = (shrinks, part) {
            computed.push((edge.call.id, *position));
        }
    }
    computed.sort_unstable();
    computed.dedup_by_key(|(call, _)| *call);
    let pair = computed.iter().enumerate().any(|(at, (one, _))| {
        computed[at + 1..].iter().any(|(other, _)| !exclude(summary, summary.calls[*one].guard, summary.calls[*other].guard))
    });
    if pair { computed.first().copied() } else { None }
}

/// Whether two places stand under opposite outcomes of one test.
fn exclude(summary: &ModuleSummary, one: Option<GuardId>, other: Option<GuardId>) -> bool {
    let chain = |guard: Option<GuardId>| std::iter::successors(guard, |id| summary.guards[*id].outer);
    let above: FxHashSet<GuardId> = chain(one).collect();
    chain(other).filter(|id| !above.contains(id)).any(|id| {
        let guard = &summary.guards[id];
        above.iter().any(|known| {
            let known = &summary.guards[*known];
            let both = (known.branch, guard.branch);
            known.test == guard.test && matches!(both, (Branch::True, Branch::False) | (Branch::False, Branch::True))
        })
    })
}
