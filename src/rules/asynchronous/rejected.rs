//! Whether the promise of a function may be rejected, as far as its own source tells.

use super::given::Awaitables;
use crate::facts::{Effect, Gives};
use crate::ir::{Call, Const, Expr, ModuleSummary};
use crate::link::{At, CallAt, FuncAt, promise_of};
use crate::rules::Program;

/// Coroutines that are looked into, one awaited in another.
const DEEPEST: u8 = 4;

/// The innermost call of a chain of `then`, `catch` and `finally` that takes care of a rejection.
#[must_use]
pub fn handles(summary: &ModuleSummary, call: &Call) -> bool {
    let Expr::Attr { name, .. } = &summary.exprs[call.callee] else { return false };
    let Some(base) = promise_of(summary, call) else { return false };
    let takes = |at: usize| call.args.get(at).is_some_and(|arg| arg.spread || summary.exprs[arg.value] != Expr::Const(Const::Null));
    match (name.as_str(), &summary.exprs[base]) {
        ("catch", _) => takes(0),
        ("then", _) => takes(1),
        // `finally` passes a rejection on.
        (_, Expr::Call(id)) => handles(summary, &summary.calls[*id]),
        _ => false,
    }
}

/// Whether what a function gives may be rejected: it awaits something outside every `try` that catches. What it throws itself
/// before it awaits anything is not asked for.
#[must_use]
pub fn may_reject(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, func: FuncAt) -> bool {
    rejects(program, awaitables, func, DEEPEST)
}

fn rejects(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, func: FuncAt, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    let summary = &program.input.summaries[func.file];
    let function = &summary.functions[func.id];
    let of_call = |id: crate::ir::CallId| call_rejects(program, awaitables, At { file: func.file, id }, depth);
    if !function.is_async {
        // A declaration says nothing of it.
        return function.returns.is_empty() || function.returns.iter().any(|id| match summary.exprs[*id] {
            Expr::Call(id) => of_call(id),
            _ => true,
        });
    }
    let own = summary.awaits.iter().filter(|(of, _)| *of == func.id).map(|(_, place)| *place);
    let open = own.filter(|place| {
        let around = |body: &&crate::base::Span| function.span.start <= body.start && body.start <= place.start && place.end <= body.end;
        !summary.caught.iter().any(|body| around(&body))
    });
    let awaited = |place: crate::base::Span| {
        let mut ids = summary.calls.iter_enumerated();
        ids.find(|(_, call)| call.awaited && place.start <= call.span.start && call.span.end == place.end).map(|(id, _)| id)
    };
    let mut open = open.peekable();
    if open.any(|place| awaited(place).is_none_or(of_call)) {
        return true;
    }
    // `return f()` gives the caller what f gives.
    function.returns.iter().any(|id| match summary.exprs[*id] {
        Expr::Call(id) => awaitables.of_call(At { file: func.file, id }).is_some() && of_call(id),
        _ => false,
    })
}

fn call_rejects(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, at: CallAt, depth: u8) -> bool {
    let summary = &program.input.summaries[at.file];
    if handles(summary, &summary.calls[at.id]) {
        return false;
    }
    match awaitables.of_call(at) {
        Some(one) => match (one.func, one.path) {
            (Some(func), _) if one.gives != Gives::Task => rejects(program, awaitables, func, depth),
            (_, Some(path)) => {
                let fact = program.input.facts_of(at.file).promise(path);
                fact.is_none_or(|fact| fact.waits != Some(Effect::Sleep))
            }
            _ => true,
        },
        None => true,
    }
}
