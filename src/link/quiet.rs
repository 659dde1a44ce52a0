//! Receivers that do not block: futures that are done when their callback runs, sockets set not to block.

use super::bind::{argument, bound_parameters};
use super::graph::{Graph, functions, is_parameter};
use super::values::Solution;
use super::{At, CallAt, ClassAt, FuncAt, Input};
use crate::base::{FileId, Name};
use crate::ir::{Const, Expr, ExprId, VarId};
use rustc_hash::FxHashSet;

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

/// Calls on a receiver that the program has set not to block.
pub(super) fn nonblocking(solution: &Solution<'_>, graph: &Graph) -> FxHashSet<CallAt> {
    let input = solution.input;
    let mut set = FxHashSet::default();
    for external in graph.externals.iter().filter(|external| input.facts_of(external.call.file).unblocks(external.path)) {
        let summary = &input.summaries[external.call.file];
        let off = |id: ExprId| {
            matches!(summary.exprs[id], Expr::Const(Const::Bool(false))) || matches!(summary.exprs[id], Expr::Const(Const::Number(0.0)))
        };
        if summary.calls[external.call.id].args.first().is_some_and(|arg| off(arg.value)) {
            set.extend(receiver(input, external.call));
        }
    }
    if set.is_empty() {
        return FxHashSet::default();
    }
    let quiet = |call: CallAt| match receiver(input, call) {
        Some(Receiver::Attr(class, name)) => solution.lineage(class).0.iter().any(|base| set.contains(&Receiver::Attr(*base, name))),
        Some(variable) => set.contains(&variable),
        None => false,
    };
    graph.externals.iter().map(|external| external.call).filter(|call| quiet(*call)).collect()
}

/// The variable, or the attribute of `self`, whose method a call is.
fn receiver(input: Input<'_>, call: CallAt) -> Option<Receiver> {
    let summary = &input.summaries[call.file];
    let Expr::Attr { base, .. } = &summary.exprs[summary.calls[call.id].callee] else { return None };
    match &summary.exprs[*base] {
        Expr::Var(var) => Some(Receiver::Var(call.file, *var)),
        Expr::Attr { base, name } => {
            let owner = match summary.exprs[*base] {
                Expr::Var(var) => summary.vars[var].func,
                Expr::This(owner) => owner,
                _ => return None,
            };
            let class = summary.functions[owner].class?;
            Some(Receiver::Attr(At { file: call.file, id: class }, *name))
        }
        _ => None,
    }
}
