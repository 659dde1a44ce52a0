//! Effects that a parameter decides: `def fetch(url, wait=False): if wait: sleep()` sleeps only for callers that ask for it.

use crate::ir::{Branch, Const, Expr, ExprId, Family, Test};
use crate::link::graph::{Edge, bound_parameters};
use crate::link::{CallAt, FuncAt, Input};
use smallvec::SmallVec;

/// A parameter's position, and whether it must be true or false.
pub type Flag = (usize, bool);

/// What must hold of a function's parameters, in order of position.
pub type Flags = SmallVec<[Flag; 2]>;

/// A function, and what must hold of its parameters.
pub type State = (FuncAt, Flags);

/// Flags kept for one state at most: what lies further out decides less.
const MOST: usize = 3;

/// The parameters that decide whether a call is made, where its function tests them.
#[must_use]
pub fn of_call(input: Input<'_>, call: CallAt) -> Flags {
    let summary = &input.summaries[call.file];
    let made = &summary.calls[call.id];
    let params = &summary.functions[made.func].params;
    let mut flags = Flags::new();
    let mut guard = made.guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        if let Test::Var(var) = held.test
            && !summary.vars[var].assigned
            && let Some(position) = params.iter().position(|param| param.var == Some(var))
        {
            match held.branch {
                Branch::True => add(&mut flags, (position, true)),
                Branch::False => add(&mut flags, (position, false)),
                _ => {}
            }
        }
        guard = held.outer;
    }
    flags
}

fn add(flags: &mut Flags, flag: Flag) {
    if flags.len() < MOST && !flags.iter().any(|known| known.0 == flag.0) {
        flags.push(flag);
        flags.sort_unstable();
    }
}

/// What a caller's state is for a callee's: none where the call gives a parameter the other value.
#[must_use]
pub fn through(input: Input<'_>, edge: &Edge, below: &Flags) -> Option<Flags> {
    let mut flags = of_call(input, edge.call);
    let Some(offset) = edge.offset else { return Some(flags) };
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let callee = input.func(edge.to);
    let bound = if below.is_empty() { Vec::new() } else { bound_parameters(summary, callee, call, usize::from(offset)) };
    for (position, wanted) in below {
        let given = bound.iter().find(|(_, at)| at == position);
        let Some((value, _)) = given else {
            // Left out: its default holds; what a spread brings is not known.
            let known = !call.args.iter().any(|arg| arg.spread) && *position >= usize::from(offset);
            let default = callee.params.get(*position).and_then(|param| param.default);
            let value = match default {
                Some(default) => truth(input, edge.to, default),
                None => (summary.family == Family::Ecma).then_some(false),
            };
            if known && value == Some(!wanted) {
                return None;
            }
            continue;
        };
        match &summary.exprs[*value] {
            Expr::Const(constant) if truth_of(constant) != *wanted => return None,
            Expr::Function(_) | Expr::Class(_) if !wanted => return None,
            // An object literal is true; an empty container is false in Python.
            Expr::Object(_) if !wanted && summary.family == Family::Ecma => return None,
            Expr::Var(var) if !summary.vars[*var].assigned => {
                if let Some(position) = input.func(edge.from).params.iter().position(|param| param.var == Some(*var)) {
                    add(&mut flags, (position, *wanted));
                }
            }
            _ => {}
        }
    }
    Some(flags)
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
