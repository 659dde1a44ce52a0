//! Promises that nobody has to wait for: what gives them keeps them, settles them, or gives none this time.

use super::given::Awaitables;
use super::rejected::{chain_head, handles};
use crate::ir::{Expr, ExprId, Target};
use crate::link::graph::functions;
use crate::link::{At, CallAt, FuncAt, promise_of};
use crate::rules::Program;

/// Whether the callee is what `debounce` and its like give: a call of that gives nothing, or what an earlier one gave.
#[must_use]
pub fn is_deferred(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let Expr::Var(var) = summary.exprs[summary.calls[at.id].callee] else { return false };
    let facts = program.input.facts_of(at.file);
    program.solution.assigned(at.file, var).iter().any(|id| match summary.exprs[*id] {
        Expr::Call(id) => program.graph.externals_of(At { file: at.file, id }).any(|external| facts.defers(external.path)),
        _ => false,
    })
}

/// Whether a library's call is given a function behind its other arguments: it calls that, in place of giving a promise.
#[must_use]
pub fn has_callback(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    let last = call.args.last().filter(|_| call.args.len() > 1 && promise_of(summary, call).is_none());
    let given = last.map(|last| functions(program.solution, At { file: at.file, id: last.value })).unwrap_or_default();
    !given.is_empty() && !given.iter().any(|func| program.input.func(*func).is_async)
}

/// Whether a plain function puts the promise that it gives where others find it, `return (this.tail = this.tail.then(step))`.
#[must_use]
pub fn keeps_promise(program: &Program<'_, '_>, func: FuncAt) -> bool {
    let summary = &program.input.summaries[func.file];
    let function = &summary.functions[func.id];
    let kept = |target: &Target| match target {
        Target::Var(var) => summary.vars[*var].func != func.id,
        Target::Attr { .. } => true,
        Target::Index { .. } => false,
    };
    let keeps = |id: &ExprId| summary.assigns.iter().any(|assign| assign.value == *id && kept(&assign.target));
    let settled = |id: &ExprId| match summary.exprs[*id] {
        Expr::Call(id) => {
            let facts = program.input.facts_of(func.file);
            program.graph.externals_of(At { file: func.file, id }).any(|external| facts.settles(external.path))
        }
        _ => false,
    };
    !function.is_async && function.returns.iter().any(keeps) && function.returns.iter().all(|id| keeps(id) || settled(id))
}

/// Whether a plain function has given the promise that it returns a handler: `promise.then(show).catch(log); return promise;`.
#[must_use]
pub fn is_handled(program: &Program<'_, '_>, func: FuncAt) -> bool {
    let summary = &program.input.summaries[func.file];
    let function = &summary.functions[func.id];
    let handled = |id: &ExprId| {
        let Expr::Var(var) = summary.exprs[*id] else { return false };
        let mut own =
            summary.calls.iter_enumerated().filter(|(_, call)| call.func == func.id && call.guard.is_none() && call.looped.is_none());
        own.any(|(id, call)| {
            let head = || &summary.calls[chain_head(program, At { file: func.file, id }).id];
            handles(summary, call) && promise_of(summary, head()).is_some_and(|base| summary.exprs[base] == Expr::Var(var))
        })
    };
    !function.is_async && !function.returns.is_empty() && function.returns.iter().all(handled)
}

/// Whether what floats is settled by what is written: `Promise.reject(error)`, which is meant to be seen by no handler, a chain that
/// begins with a value (`Promise.resolve().then(plain)`), or one that has caught what came before: `f().catch(log).then(plain)`.
#[must_use]
pub fn settles(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let mut head = at;
    while let Some(base) = promise_of(summary, &summary.calls[head.id]) {
        let call = &summary.calls[head.id];
        let plain = call.args.iter().all(|arg| {
            let given = functions(program.solution, At { file: at.file, id: arg.value });
            !given.is_empty() && given.iter().all(|func| awaitables.of(*func).is_none())
        });
        match summary.exprs[base] {
            Expr::Call(id) if plain && handles(summary, &summary.calls[id]) => return true,
            Expr::Call(id) if plain => head = At { file: at.file, id },
            _ => return false,
        }
    }
    let facts = program.input.facts_of(head.file);
    program.graph.externals_of(head).any(|external| facts.settles(external.path) || facts.rejects(external.path))
}
