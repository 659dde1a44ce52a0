//! Functions that say by a callback when they are done: `it("saves", (done) => { ... })`.

use crate::base::Span;
use crate::ir::{Call, CallKind, Expr, ExprId, FuncId, ModuleSummary, VarId};
use crate::link::{CallAt, FuncAt, promise_of};
use crate::rules::Program;

/// Whether what a call starts tells by itself when it is done: it, a function written around it, or one given to it calls a parameter
/// of a function that it stands in. `func` is the function whose promise it is.
#[must_use]
pub fn tells(program: &Program<'_, '_>, at: CallAt, func: Option<FuncAt>) -> bool {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    let written = func.filter(|func| func.file == at.file && is_inside(summary, func.id, call.func));
    let body = written.map(|func| summary.functions[func.id].span);
    let within = |inner: &Call| {
        let holds = |outer: Span| outer.start <= inner.span.start && inner.span.end <= outer.end;
        holds(call.span) || body.is_some_and(holds)
    };
    let mut callbacks =
        summary.calls.iter().filter(|inner| inner.kind == CallKind::Call && within(inner)).flat_map(|inner| called_back(summary, inner));
    callbacks.any(|id| match summary.exprs[id] {
        Expr::Var(var) => is_parameter_around(summary, var, call.func),
        _ => false,
    })
}

/// What a call calls, and what is called with what a promise gives: `save().then(done)`.
fn called_back(summary: &ModuleSummary, call: &Call) -> Vec<ExprId> {
    let given = promise_of(summary, call).into_iter().flat_map(|_| call.args.iter().map(|arg| arg.value));
    std::iter::once(call.callee).chain(given).collect()
}

fn around(summary: &ModuleSummary, func: FuncId) -> impl Iterator<Item = FuncId> {
    std::iter::successors(Some(func), |id| summary.functions[*id].parent)
}

fn is_inside(summary: &ModuleSummary, func: FuncId, outer: FuncId) -> bool {
    around(summary, func).any(|id| id == outer)
}

fn is_parameter_around(summary: &ModuleSummary, var: VarId, func: FuncId) -> bool {
    around(summary, func).any(|id| summary.functions[id].params.iter().any(|param| param.var == Some(var)))
}
