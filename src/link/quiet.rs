//! Receivers that do not block: futures that are done when their callback runs, sockets set not to block.

use super::bind::{argument, bound_parameters};
use super::graph::{EdgeKind, Graph, functions, is_parameter};
use super::values::{Solution, Value};
use super::{At, CallAt, ClassAt, ExprAt, FuncAt, Input};
use crate::base::{FileId, Name, Span};
use crate::ir::{Const, Expr, ExprId, Target, VarId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Functions whose first parameter is a finished future: they are given to a registration that says so.
pub(super) fn done_callbacks(solution: &Solution<'_>, graph: &Graph) -> FxHashSet<FuncAt> {
    let input = solution.input;
    let (mut found, mut takers) = (FxHashSet::default(), FxHashSet::default());
    for external in &graph.externals {
        let file = external.call.file;
        let call = &input.summaries[file].calls[external.call.id];
        for entry in input.facts_of(file).registrations(external.path).iter().filter(|entry| entry.ready) {
            for arg in argument(call, entry.which) {
                let at = At { file, id: arg.value };
                found.extend(functions(solution, at));
                takers.extend(is_parameter(input, at, external.from));
            }
        }
    }
    // Helpers that pass their callback on.
    for edge in &graph.edges {
        let call = &input.summaries[edge.call.file].calls[edge.call.id];
        let Some(offset) = edge.offset else { continue };
        for (arg, position) in bound_parameters(&input.summaries[edge.call.file], input.func(edge.to), call, usize::from(offset)) {
            if takers.contains(&(edge.to, position)) {
                found.extend(functions(solution, At { file: edge.call.file, id: arg }));
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Receiver {
    Var(FileId, VarId),
    Attr(ClassAt, Name),
}

/// Functions that hand a receiver on, at most: `f(s)`, then `g(s)`.
const HANDED: usize = 3;

/// Calls on a receiver that the program has set not to block, and those whose `try` handles what only such a receiver raises.
pub(super) fn nonblocking(solution: &Solution<'_>, graph: &Graph) -> FxHashSet<CallAt> {
    let input = solution.input;
    let mut set = FxHashSet::default();
    let off = |file: FileId, id: ExprId| matches!(input.summaries[file].exprs[id], Expr::Const(Const::Bool(false) | Const::Number(0.0)));
    for external in graph.externals.iter().filter(|external| input.facts_of(external.call.file).unblocks(external.path)) {
        let first = input.summaries[external.call.file].calls[external.call.id].args.first();
        if first.is_some_and(|arg| off(external.call.file, arg.value)) {
            set.extend(receiver(input, external.call));
        }
    }
    for (file, summary) in input.summaries.iter_enumerated() {
        for assign in &summary.assigns {
            let Target::Attr { base, name } = assign.target else { continue };
            if !off(file, assign.value) || !input.facts_of(file).ends_unblocking(name) {
                continue;
            }
            let unblocks = |value: &Value| {
                let of = solution.type_of(*value);
                of.is_some_and(|path| input.facts_of(file).unblocks(crate::base::name(&format!("{path}.{name}"))))
            };
            if solution.values(At { file, id: base }).iter().any(unblocks) {
                set.extend(holder(input, At { file, id: base }));
            }
        }
    }
    for _ in 0..HANDED {
        let given = given(solution, graph, &set);
        if given.is_subset(&set) {
            break;
        }
        set.extend(given);
    }
    let quiet = |call: CallAt| match receiver(input, call) {
        Some(Receiver::Attr(class, name)) => solution.lineage(class).0.iter().any(|base| set.contains(&Receiver::Attr(*base, name))),
        Some(variable) => set.contains(&variable),
        None => false,
    };
    let tried = tried(solution);
    let handled = |call: CallAt| {
        let span = input.summaries[call.file].calls[call.id].span;
        tried.get(&call.file).is_some_and(|bodies| bodies.iter().any(|body| body.contains(span.start)))
    };
    graph.externals.iter().map(|external| external.call).filter(|call| quiet(*call) || handled(*call)).collect()
}

/// Parameters that each call gives a receiver which was set not to block.
fn given(solution: &Solution<'_>, graph: &Graph, set: &FxHashSet<Receiver>) -> FxHashSet<Receiver> {
    let input = solution.input;
    let mut given: FxHashMap<Receiver, bool> = FxHashMap::default();
    for edge in graph.edges.iter().filter(|edge| edge.kind != EdgeKind::Later) {
        let (summary, function) = (&input.summaries[edge.call.file], input.func(edge.to));
        let Some(offset) = edge.offset else { continue };
        for (value, position) in bound_parameters(summary, function, &summary.calls[edge.call.id], usize::from(offset)) {
            let Some(var) = function.params[position].var else { continue };
            let is_set = holder(input, At { file: edge.call.file, id: value }).is_some_and(|held| set.contains(&held));
            given.entry(Receiver::Var(edge.to.file, var)).and_modify(|every| *every &= is_set).or_insert(is_set);
        }
    }
    given.into_iter().filter(|(_, every)| *every).map(|(receiver, _)| receiver).collect()
}

/// The bodies of `try` that handle what only a call raises which does not wait: `except BlockingIOError`.
fn tried(solution: &Solution<'_>) -> FxHashMap<FileId, Vec<Span>> {
    let input = solution.input;
    let mut found: FxHashMap<FileId, Vec<Span>> = FxHashMap::default();
    for (file, summary) in input.summaries.iter_enumerated() {
        let facts = input.facts_of(file);
        let tells = |id: ExprId| match &summary.exprs[id] {
            Expr::Global(class) => facts.unblocks(crate::base::name(&format!("builtins.{class}"))),
            _ => solution.values(At { file, id }).iter().any(|value| matches!(value, Value::Ext(path) if facts.unblocks(*path))),
        };
        for handled in &summary.handled {
            let tells = match &summary.exprs[handled.caught] {
                Expr::List(parts) | Expr::Either(parts) => parts.iter().any(|part| tells(*part)),
                _ => tells(handled.caught),
            };
            if tells {
                found.entry(file).or_default().push(handled.tried);
            }
        }
    }
    found
}

/// The variable, or the attribute of `self`, whose method a call is.
fn receiver(input: Input<'_>, call: CallAt) -> Option<Receiver> {
    let summary = &input.summaries[call.file];
    let Expr::Attr { base, .. } = &summary.exprs[summary.calls[call.id].callee] else { return None };
    holder(input, At { file: call.file, id: *base })
}

/// The variable, or the attribute of `self`, that an expression reads.
fn holder(input: Input<'_>, at: ExprAt) -> Option<Receiver> {
    let summary = &input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Var(var) => Some(Receiver::Var(at.file, *var)),
        Expr::Attr { base, name } => {
            let owner = match summary.exprs[*base] {
                Expr::Var(var) => summary.vars[var].func,
                Expr::This(owner) => owner,
                _ => return None,
            };
            let class = summary.functions[owner].class?;
            Some(Receiver::Attr(At { file: at.file, id: class }, *name))
        }
        _ => None,
    }
}
