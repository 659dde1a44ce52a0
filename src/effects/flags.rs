//! Effects that a parameter decides: `def fetch(url, wait=False): if wait: sleep()` sleeps only for callers that ask for it.

use crate::ir::{Branch, Const, Expr, ExprId, Family, Test};
use crate::link::graph::{Edge, bound_parameters};
use crate::link::{CallAt, FuncAt, Input};

/// A parameter's position, and whether it must be true or false.
pub type Flag = (usize, bool);

/// A function, and what must hold of one of its parameters.
pub type State = (FuncAt, Option<Flag>);

/// The parameter that decides whether a call is made, if its function tests one.
#[must_use]
pub fn of_call(input: Input<'_>, call: CallAt) -> Option<Flag> {
    let summary = &input.summaries[call.file];
    let made = &summary.calls[call.id];
    let params = &summary.functions[made.func].params;
    let mut guard = made.guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        if let Test::Var(var) = held.test
            && !summary.vars[var].assigned
            && let Some(position) = params.iter().position(|param| param.var == Some(var))
        {
            match held.branch {
                Branch::True => return Some((position, true)),
                Branch::False => return Some((position, false)),
                _ => {}
            }
        }
        guard = held.outer;
    }
    None
}

/// What a caller's state is for a callee's: none where the call gives the parameter the other value.
#[must_use]
pub fn through(input: Input<'_>, edge: &Edge, below: Option<Flag>) -> Option<Option<Flag>> {
    let site = || of_call(input, edge.call);
    let Some((position, wanted)) = below else { return Some(site()) };
    let Some(offset) = edge.offset else { return Some(site()) };
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let callee = input.func(edge.to);
    let given = bound_parameters(callee, call, usize::from(offset)).into_iter().find(|(_, at)| *at == position);
    let (value, family) = match given {
        Some((value, _)) => (value, summary.family),
        None if call.args.iter().any(|arg| arg.spread) || position < usize::from(offset) => return Some(site()),
        None => match callee.params.get(position).and_then(|param| param.default) {
            Some(default) => return if truth(input, edge.to, default) == Some(!wanted) { None } else { Some(site()) },
            None if summary.family == Family::Ecma => return if wanted { None } else { Some(site()) },
            None => return Some(site()),
        },
    };
    match &summary.exprs[value] {
        Expr::Const(constant) => (truth_of(constant) == wanted).then(site),
        Expr::Var(var) => {
            let own = input.func(edge.from).params.iter().position(|param| param.var == Some(*var) && !summary.vars[*var].assigned);
            Some(own.map(|position| (position, wanted)).or_else(site))
        }
        // An object literal or a function is true in either language; an empty container is false in Python alone.
        Expr::Function(_) | Expr::Class(_) if !wanted => None,
        Expr::Object(_) if !wanted && family == Family::Ecma => None,
        _ => Some(site()),
    }
}

fn truth(input: Input<'_>, func: FuncAt, default: ExprId) -> Option<bool> {
    match &input.summaries[func.file].exprs[default] {
        Expr::Const(constant) => Some(truth_of(constant)),
        _ => None,
    }
}

fn truth_of(constant: &Const) -> bool {
    match constant {
        Const::Null => false,
        Const::Bool(value) => *value,
        Const::Number(value) => *value != 0.0,
        Const::Str(text) => !text.is_empty(),
    }
}
