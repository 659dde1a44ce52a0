//! Decorators written in the repository: who calls the decorated function runs the function that the decorator gives back.

use super::graph::{Edge, EdgeKind, Graph, functions};
use super::kinds::Kinds;
use super::values::Solution;
use super::{At, FuncAt};
use crate::facts::ContextKind;
use crate::ir::{CallKind, Family};
use rustc_hash::FxHashMap;

/// For each decorated function, what its decorators put around it.
pub(super) fn wrappers(solution: &Solution<'_>) -> FxHashMap<FuncAt, Vec<FuncAt>> {
    let input = solution.input;
    let mut found: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
    for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
        for call in summary.calls.iter().filter(|call| call.kind == CallKind::Decorate) {
            let decorated: Vec<FuncAt> = call.args.iter().flat_map(|arg| functions(solution, At { file, id: arg.value })).collect();
            let decorators = functions(solution, At { file, id: call.callee });
            for decorator in decorators.into_iter().filter(|decorator| !decorated.contains(decorator)) {
                let given = input.func(decorator).returns.iter().flat_map(|id| functions(solution, At { file: decorator.file, id: *id }));
                // Only a function written in the decorator is around this one: others are given back as they came.
                let around: Vec<FuncAt> =
                    given.filter(|func| func.file == decorator.file && input.func(*func).parent == Some(decorator.id)).collect();
                for func in &decorated {
                    // Of a wrapper for coroutine functions and one for the others, the decorator gives the one that fits.
                    let is_async = input.func(*func).is_async;
                    let fitting = around.iter().any(|wrapper| input.func(*wrapper).is_async == is_async);
                    let fits = |wrapper: &FuncAt| wrapper != func && (!fitting || input.func(*wrapper).is_async == is_async);
                    found.entry(*func).or_default().extend(around.iter().copied().filter(fits));
                }
            }
        }
    }
    found.retain(|_, around| {
        around.sort();
        around.dedup();
        !around.is_empty()
    });
    found
}

/// Calls of a decorated function run its wrappers too.
pub(super) fn follow(graph: &mut Graph) {
    let mut added = Vec::new();
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
        let around = graph.wrappers.get(&edge.to).map_or(&[][..], Vec::as_slice);
        added.extend(around.iter().filter(|wrapper| **wrapper != edge.from).map(|wrapper| Edge { to: *wrapper, offset: None, ..*edge }));
    }
    graph.edges.extend(added);
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
}

/// Where the wrapper of a decorator moves the function elsewhere and never calls it itself, callers of the decorated function do
/// not run it where they are.
pub(super) fn move_wrapped(solution: &Solution<'_>, graph: &mut Graph, called: &FxHashMap<FuncAt, Kinds>) {
    let input = solution.input;
    let wrapped = graph.wrappers.keys().filter_map(|func| {
        let [decorator] = input.func(*func).decorators.as_slice() else { return None };
        let makers = functions(solution, At { file: func.file, id: *decorator });
        let [maker] = makers.as_slice() else { return None };
        let kinds = Kinds::undecorated(input.func(*func));
        let mut taken = graph.takes.get(&(*maker, 0))?.of(kinds);
        let Some(EdgeKind::Moved(to)) = taken.next() else { return None };
        let is_called = called.get(maker).is_some_and(|called| !called.and(kinds).is_none());
        (!is_called && taken.all(|kind| kind == EdgeKind::Moved(to))).then_some((*func, to))
    });
    let moved: FxHashMap<FuncAt, ContextKind> = wrapped.collect();
    for edge in graph.edges.iter_mut().filter(|edge| edge.kind == EdgeKind::Direct) {
        if let Some(to) = moved.get(&edge.to) {
            edge.kind = EdgeKind::Moved(*to);
        }
    }
}
