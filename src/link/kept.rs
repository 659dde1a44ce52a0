//! Functions whose decorator keeps what they give: `@functools.cache`.

use super::graph::{Edge, Graph, functions};
use super::{At, FuncAt, Input, Solution};
use crate::ir::{CallKind, Expr, Family};
use rustc_hash::FxHashSet;

/// Functions whose decorator keeps their results.
pub(super) fn results(solution: &Solution<'_>, graph: &Graph) -> FxHashSet<FuncAt> {
    let input = solution.input;
    let mut found = FxHashSet::default();
    for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
        for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Decorate) {
            // `@cache` and `@lru_cache(maxsize=1)`
            let made = match summary.exprs[call.callee] {
                Expr::Call(made) => Some(At { file, id: made }),
                _ => None,
            };
            let mut paths = std::iter::once(At { file, id }).chain(made).flat_map(|call| graph.externals_of(call));
            if paths.any(|external| input.facts_of(file).keeps(external.path)) {
                found.extend(call.args.iter().flat_map(|arg| functions(solution, At { file, id: arg.value })));
            }
        }
    }
    found
}

/// Whether a call of a function that keeps its results always asks for the same one: it has no parameters besides its
/// receiver, or is given constants alone.
pub(super) fn always_same(input: Input<'_>, edge: &Edge) -> bool {
    let function = input.func(edge.to);
    let receivers = usize::from(function.kind.has_receiver());
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let constant = |arg: &crate::ir::Arg| !arg.spread && matches!(summary.exprs[arg.value], Expr::Const(_));
    function.params.len() <= receivers || (call.kind == CallKind::Call && call.args.iter().all(constant))
}
