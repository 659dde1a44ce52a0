//! Loops that only wait, and functions that call themselves more than once.

use crate::ir::loops::{Loop, LoopKind};
use crate::ir::{Branch, CallId, Expr, ExprId, GuardId, ModuleSummary, Target};
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
    let facts = input.facts_of(func.file);
    let mut asks = false;
    let idle = (one.calls.start..one.calls.end).all(|id| {
        let id = CallId::from_raw(id);
        let at = At { file: func.file, id };
        let clock = graph.externals_of(at).any(|external| facts.is_clock(external.path));
        asks |= clock && one.span.contains(summary.calls[id].span.start);
        (clock || !summary.calls[id].kind.is_written()) && graph.edges_of(at).next().is_none()
    });
    // `for (let i = 0; i < n; i++) {}` ends by itself: what it counts up stands among its expressions. A call in the test may
    // do what the loop is for: `while (queue.take()) {}`, and so may a step there: `while (text[--end] === "/");`.
    let written = (one.calls.start..one.calls.end).any(|id| summary.calls[CallId::from_raw(id)].kind.is_written());
    let empty = one.exprs.is_empty() && !written && !one.steps && (one.kind == LoopKind::While || one.test.is_empty());
    empty || (asks && idle)
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
    // What is put under a key is found again: the results are kept.
    let own = |id: ExprId| match summary.exprs[id] {
        Expr::Var(var) => summary.vars[var].func == func.id,
        Expr::Call(call) => summary.calls[call].func == func.id,
        _ => false,
    };
    let keeps = summary.assigns.iter().any(|assign| match assign.target {
        Target::Index { base, key } => own(base) || own(key) || own(assign.value),
        _ => false,
    });
    if keeps {
        return None;
    }
    let mut computed: Vec<(CallId, usize)> = Vec::new();
    for edge in itself.iter().filter(|edge| !edge.once) {
        let call = &summary.calls[edge.call.id];
        let bound = bound_parameters(summary, function, call, usize::from(edge.offset?));
        let shrinks = bound.iter().find(|(value, _)| matches!(summary.exprs[*value], Expr::Unknown));
        let passed_on = |id: ExprId| match summary.exprs[id] {
            Expr::Unknown | Expr::Const(_) => true,
            Expr::Var(var) => function.params.iter().any(|param| param.var == Some(var)) && !summary.vars[var].assigned,
            _ => false,
        };
        // What walks down a tree is given a part of it, and sees each part once.
        let walks = bound.iter().any(|(value, _)| !passed_on(*value));
        if let (Some((_, position)), false) = (shrinks, walks) {
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
#[must_use]
pub fn exclude(summary: &ModuleSummary, one: Option<GuardId>, other: Option<GuardId>) -> bool {
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
