//! `await f()` and `create_task(f())` tell that `f` gives an awaitable: candidates that cannot are not what is called.

use super::graph::{EdgeKind, Graph};
use super::values::{Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt, Input};
use crate::base::name;
use crate::ir::{CallKind, Expr, Family};
use rustc_hash::{FxHashMap, FxHashSet};

/// Variables and calls that are followed from a return.
const DEEPEST: usize = 6;

/// Drops edges of awaited calls to functions that give nothing awaitable. ECMAScript awaits any value.
pub(super) fn drop_unawaitable(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let mut seen: FxHashMap<(FuncAt, bool), bool> = FxHashMap::default();
    let mut dropped = FxHashSet::default();
    for (at, edge) in graph.edges.iter().enumerate() {
        let summary = &input.summaries[edge.call.file];
        let call = &summary.calls[edge.call.id];
        let awaited = call.awaited || graph.taken.contains(&edge.call);
        let plain = summary.family == Family::Python && awaited && call.kind == CallKind::Call && edge.kind == EdgeKind::Direct;
        // What is awaited is what the called function gives, not what a function gives that it is handed.
        let plain = plain && edge.offset.is_some();
        // A constructor gives an instance; whether that can be awaited is its class's matter.
        if plain && input.func(edge.to).name.as_str() != "__init__" {
            // Where a coroutine function is among the candidates, a plain one must show that it gives an awaitable.
            let doubt = !graph.edges_of(edge.call).any(|other| input.func(other.to).is_async);
            let look = Look { solution, graph, doubt };
            let gives = *seen.entry((edge.to, doubt)).or_insert_with(|| look.gives_awaitable(edge.to, DEEPEST));
            if !gives {
                dropped.insert(at);
            }
        }
    }
    let mut at = 0;
    graph.edges.retain(|_| {
        at += 1;
        !dropped.contains(&(at - 1))
    });
}

/// Calls whose results `async with` enters, or `async for` goes over, as they are or under a name of their own.
pub(super) fn entered(solution: &Solution<'_>) -> FxHashSet<CallAt> {
    let mut found = FxHashSet::default();
    for (file, summary) in solution.input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
        let asynchronous = |call: &&crate::ir::Call| call.awaited && matches!(call.kind, CallKind::With | CallKind::Iterate);
        for call in summary.calls.iter().filter(asynchronous) {
            let given = match summary.exprs[call.callee] {
                Expr::Var(var) => match solution.assigned(file, var) {
                    [one] => *one,
                    _ => continue,
                },
                _ => call.callee,
            };
            if let Expr::Call(id) = summary.exprs[given] {
                found.insert(At { file, id });
            }
        }
    }
    found
}

/// Calls whose results are given to what takes nothing but what can be awaited: as they are, under a name of their own, or in a list.
pub(super) fn taken(input: Input<'_>, solution: &Solution<'_>, graph: &Graph) -> FxHashSet<CallAt> {
    let mut found = FxHashSet::default();
    for external in &graph.externals {
        let file = external.call.file;
        if !input.facts_of(file).awaits_arguments(external.path) {
            continue;
        }
        let summary = &input.summaries[file];
        for arg in &summary.calls[external.call.id].args {
            let mut given = vec![arg.value];
            for _ in 0..DEEPEST {
                let Some(id) = given.pop() else { break };
                match &summary.exprs[id] {
                    Expr::Call(id) => _ = found.insert(At { file, id: *id }),
                    Expr::List(elements) => given.extend(elements.iter().copied()),
                    Expr::Var(var) => {
                        if let [one] = solution.assigned(file, *var) {
                            given.push(*one);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

struct Look<'a, 'b> {
    solution: &'a Solution<'b>,
    graph: &'a Graph,
    /// The answer where nothing is known.
    doubt: bool,
}

impl Look<'_, '_> {
    fn gives_awaitable(&self, func: FuncAt, depth: usize) -> bool {
        let solution = self.solution;
        let function = solution.input.func(func);
        if function.is_async {
            return true;
        }
        if function.is_abstract || depth == 0 || !super::kinds::leaves_results(solution, func) {
            return self.doubt;
        }
        if function.is_generator {
            return false;
        }
        let annotation = function.return_type.map(|id| At { file: func.file, id });
        // `Any` tells nothing.
        if let Some(at) = annotation.filter(|at| !self.is_structural(*at)) {
            return self.is_awaitable_type(at, depth);
        }
        function.returns.iter().any(|id| self.is_awaitable(At { file: func.file, id: *id }, depth - 1))
    }

    fn is_structural(&self, at: ExprAt) -> bool {
        self.solution.static_path(at).is_some_and(|path| self.solution.input.facts_of(at.file).is_structural(path))
    }

    fn is_awaitable_type(&self, at: ExprAt, depth: usize) -> bool {
        let solution = self.solution;
        let file = at.file;
        match &solution.input.summaries[file].exprs[at.id] {
            Expr::Const(_) | Expr::Builtin(_) => false,
            Expr::Index { base, .. } if depth > 0 => self.is_awaitable_type(At { file, id: *base }, depth - 1),
            Expr::Either(parts) if depth > 0 => parts.iter().any(|id| self.is_awaitable_type(At { file, id: *id }, depth - 1)),
            _ => {
                let values = solution.values(at);
                let facts = solution.input.facts_of(file);
                (values.is_empty() && self.doubt)
                    || values.iter().any(|value| match value {
                        Value::Class(class) => solution.find_method(*class, name("__await__")).is_some(),
                        Value::Ext(path) => facts.is_awaitable(*path) || (facts.type_of(*path).is_none() && !facts.is_builtin(*path)),
                        _ => self.doubt,
                    })
            }
        }
    }

    fn is_awaitable(&self, at: ExprAt, depth: usize) -> bool {
        let (solution, graph) = (self.solution, self.graph);
        let file = at.file;
        let input = solution.input;
        if depth == 0 {
            return self.doubt;
        }
        match &input.summaries[file].exprs[at.id] {
            Expr::Await(_) | Expr::Const(_) | Expr::Builtin(_) | Expr::Object(_) | Expr::List(_) => false,
            Expr::Either(parts) => parts.iter().any(|id| self.is_awaitable(At { file, id: *id }, depth - 1)),
            Expr::Var(var) => {
                let assigned = solution.assigned(file, *var);
                (assigned.is_empty() && self.doubt) || assigned.iter().any(|id| self.is_awaitable(At { file, id: *id }, depth - 1))
            }
            Expr::Call(id) => {
                let call = At { file, id: *id };
                let (mut known, mut awaitable) = (false, false);
                for edge in graph.edges_of(call) {
                    known = true;
                    awaitable |= self.gives_awaitable(edge.to, depth - 1);
                }
                for external in graph.externals_of(call) {
                    known = true;
                    let facts = input.facts_of(file);
                    // A library's class makes instances, which seldom can be awaited.
                    let last = external.path.rsplit('.').next().unwrap_or(&external.path);
                    let made = last.starts_with(|first: char| first.is_ascii_uppercase());
                    awaitable |= if made { facts.is_awaitable(external.path) } else { self.doubt && facts.call(external.path).is_none() };
                }
                let callee = At { file, id: input.summaries[file].calls[*id].callee };
                for value in solution.values(callee) {
                    if let Value::Class(class) = value {
                        known = true;
                        awaitable |= solution.find_method(*class, name("__await__")).is_some();
                    }
                }
                (!known && self.doubt) || awaitable
            }
            _ => self.doubt,
        }
    }
}
