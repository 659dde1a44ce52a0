//! Decorators written in the repository: who calls the decorated function runs the function that the decorator gives back.

use super::graph::{Edge, EdgeKind, Graph, Wrapping, argument, functions};
use super::kinds::Kinds;
use super::values::Solution;
use super::{At, ExprAt, FuncAt, Input};
use crate::facts::ContextKind;
use crate::ir::{CallKind, Expr, Family};
use rustc_hash::{FxHashMap, FxHashSet};

/// Wrappers around a function that is handed on, one in another, at most.
const MOST_WRAPPERS: usize = 3;

/// What is put around decorated functions.
pub(super) type Wrappers = FxHashMap<FuncAt, Vec<FuncAt>>;

/// Decorated functions, each with a wrapper that its decorator makes, whether for this one or for those of another kind.
pub(super) type Offered = FxHashSet<(FuncAt, FuncAt)>;

/// For each decorated function, what its decorators put around it, and what they might have.
pub(super) fn wrappers(solution: &Solution<'_>) -> (Wrappers, Offered) {
    let input = solution.input;
    let mut found = Wrappers::default();
    let mut offered = Offered::default();
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
                    offered.extend(around.iter().map(|wrapper| (*func, *wrapper)));
                }
            }
        }
    }
    found.retain(|_, around| {
        around.sort();
        around.dedup();
        !around.is_empty()
    });
    (found, offered)
}

/// Marks the calls by which a wrapper runs the function that its decorator was given, which may be any that is decorated so:
/// whoever calls one of them has an edge to that one. A wrapper for functions of another kind does not run it.
pub(super) fn mark_inner(input: Input<'_>, graph: &mut Graph, offered: &Offered) {
    let wrappers = &graph.wrappers;
    graph.edges.retain_mut(|edge| {
        let Some(wrapper) = around_call(input, edge, offered) else { return true };
        let fits = wrappers.get(&edge.to).is_some_and(|around| around.contains(&wrapper));
        if fits {
            edge.wrapping = Wrapping::Within;
        }
        fits
    });
}

/// The wrapper in which an edge leads to the function that the decorator around it holds in a variable.
fn around_call(input: Input<'_>, edge: &Edge, offered: &Offered) -> Option<FuncAt> {
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    if edge.kind != EdgeKind::Direct || edge.from.file != edge.call.file {
        return None;
    }
    let mut at = edge.from.id;
    while let Some(outer) = summary.functions[at].parent {
        let wrapper = At { file: edge.from.file, id: at };
        if offered.contains(&(edge.to, wrapper)) {
            let holds = |id: crate::ir::ExprId| matches!(summary.exprs[id], Expr::Var(var) if summary.vars[var].func == outer);
            let held = holds(call.callee) || call.args.iter().any(|arg| holds(arg.value));
            return held.then_some(wrapper);
        }
        at = outer;
    }
    None
}

/// Calls of a decorated function run its wrappers too.
pub(super) fn follow(graph: &mut Graph) {
    let mut added = Vec::new();
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
        let around = graph.wrappers.get(&edge.to).map_or(&[][..], Vec::as_slice);
        let outside = around.iter().filter(|wrapper| **wrapper != edge.from);
        added.extend(outside.map(|wrapper| Edge { to: *wrapper, offset: None, wrapping: Wrapping::Around, ..*edge }));
    }
    graph.edges.extend(added);
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
}

/// What a library's wrapper is given, in its place: `f` of `partial(f, x)`.
pub(super) fn given(solution: &Solution<'_>, mut at: ExprAt) -> ExprAt {
    let summary = &solution.input.summaries[at.file];
    for _ in 0..MOST_WRAPPERS {
        let next = match summary.exprs[at.id] {
            Expr::Call(id) => {
                let call = &summary.calls[id];
                let path = solution.external_path(At { file: at.file, id: call.callee });
                let which = path.and_then(|path| solution.input.facts_of(at.file).wraps(path));
                which.and_then(|which| argument(call, which).first().map(|arg| arg.value))
            }
            // `f = partial(f, x)`: it is the parameter's all the same.
            Expr::Var(var) if summary.functions[summary.vars[var].func].params.iter().any(|param| param.var == Some(var)) => None,
            Expr::Var(var) => match solution.assigned(at.file, var) {
                [one] if matches!(summary.exprs[*one], Expr::Call(_)) => Some(*one),
                _ => None,
            },
            _ => None,
        };
        let Some(id) = next else { break };
        at.id = id;
    }
    at
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
