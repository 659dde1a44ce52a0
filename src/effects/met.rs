//! Whether the conditions of a fact are met at a call: by its arguments, by what made its receiver, by what it stands under.

use crate::ir::{Arg, Branch, Call, CallKind, Const, Expr, ExprId, ModuleSummary};
use crate::link::graph::Graph;
use crate::link::{At, CallAt, Input, Solution, Value};

/// Whether an `unless` condition of a fact holds at the call.
#[must_use]
pub(crate) fn holds(solution: &Solution<'_>, graph: &Graph, at: CallAt, call: &Call, condition: &str) -> bool {
    let input = solution.input;
    let summary = &input.summaries[at.file];
    if condition == "callback" {
        return call.args.last().is_some_and(|arg| matches!(summary.exprs[arg.value], Expr::Function(_)));
    }
    if condition == "done callback" {
        return is_done(graph, input, at, call);
    }
    if condition == "nonblocking" {
        return graph.nonblocking.contains(&CallAt { file: at.file, id: at.id });
    }
    if condition == "work awaited" {
        return awaits_work(solution, graph, at);
    }
    if let Some(condition) = condition.strip_prefix("made ") {
        return made_with(solution, graph, at, call, condition);
    }
    // `without arg0 path_or_buf`: the call has none of these arguments.
    if let Some(keys) = condition.strip_prefix("without ") {
        return !call.args.iter().any(|arg| arg.spread) && !keys.split_whitespace().any(|key| argument(call, key).is_some());
    }
    if let Some(test) = condition.strip_prefix("after ") {
        return stands_after(summary, call, test);
    }
    let Some((key, wanted)) = condition.split_once('=') else { return false };
    let fits = |text: &str| match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text.eq_ignore_ascii_case(wanted),
    };
    let is_text = |id| constant_text(&summary.exprs[id]).is_some_and(|text| fits(&text));
    // A dotted one is a library's constant, or the type of what is given; `*.read()` what a method gave.
    let is_path = |id| {
        let values = solution.values(At { file: at.file, id }).iter();
        values.into_iter().any(|value| matches!(value, Value::Ext(path) | Value::ExtInst(path) if fits(path)))
    };
    let is = |arg: &Arg| {
        if wanted.contains('.') && (!wanted.starts_with('*') || wanted.ends_with("()")) { is_path(arg.value) } else { is_text(arg.value) }
    };
    if position(key).is_some() {
        return argument(call, key).is_some_and(is);
    }
    call.args.iter().any(|arg| match arg.name {
        Some(named) => named.as_str() == key && is(arg),
        None => match &summary.exprs[arg.value] {
            Expr::Object(fields) => fields.iter().any(|(field, value)| {
                field.is_some_and(|field| field.as_str() == key)
                    && constant_text(&summary.exprs[*value]).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
            }),
            _ => false,
        },
    })
}

/// The place that a condition's `argN` names.
fn position(key: &str) -> Option<usize> {
    key.strip_prefix("arg")?.parse().ok()
}

/// The argument that a condition names, by its place (`arg0`) or its keyword. Behind one that is spread no place is known.
pub(super) fn argument<'c>(call: &'c Call, key: &str) -> Option<&'c Arg> {
    match position(key) {
        Some(position) => call.args.iter().take_while(|arg| !arg.spread).filter(|arg| arg.name.is_none()).nth(position),
        None => call.args.iter().find(|arg| arg.name.is_some_and(|named| named.as_str() == key)),
    }
}

/// Whether the condition holds of each call that made what the method is called on.
fn made_with(solution: &Solution<'_>, graph: &Graph, at: CallAt, call: &Call, condition: &str) -> bool {
    let base = match solution.input.summaries[at.file].exprs[call.callee] {
        _ if matches!(call.kind, CallKind::With | CallKind::Iterate) => call.callee,
        Expr::Attr { base, .. } => base,
        _ => return false,
    };
    let makes = |value: &Value| {
        let Value::Object(made) = value else { return None };
        let summary = &solution.input.summaries[made.file];
        let Expr::Call(id) = summary.exprs[made.id] else { return None };
        Some((At { file: made.file, id }, &summary.calls[id]))
    };
    let mut made = solution.values(At { file: at.file, id: base }).iter().filter_map(makes).peekable();
    made.peek().is_some() && made.all(|(at, call)| holds(solution, graph, at, call, condition))
}

/// Whether the receiver is the finished future that a callback is called with.
fn is_done(graph: &Graph, input: Input<'_>, at: CallAt, call: &Call) -> bool {
    let summary = &input.summaries[at.file];
    let Expr::Attr { base, .. } = &summary.exprs[call.callee] else { return false };
    let Expr::Var(var) = summary.exprs[*base] else { return false };
    let owner = summary.vars[var].func;
    graph.ready.contains(&At { file: at.file, id: owner }) && summary.functions[owner].params.iter().any(|param| param.var == Some(var))
}

/// Whether the body of the `with` that the call enters only awaits what it gives to the pool: nothing is left to do at its end.
fn awaits_work(solution: &Solution<'_>, graph: &Graph, at: CallAt) -> bool {
    let summary = &solution.input.summaries[at.file];
    let Some(region) = summary.regions.iter().find(|region| region.entered == at.id) else { return false };
    let pool = solution.values(At { file: at.file, id: summary.calls[at.id].callee });
    let facts = solution.input.facts_of(at.file);
    let within = |span: crate::base::Span| region.body.start <= span.start && span.end <= region.body.end;
    let func = summary.calls[at.id].func;
    let awaits = summary.awaits.iter().any(|(of, span)| *of == func && within(*span));
    let gives = |(id, call): (crate::ir::CallId, &Call)| {
        let Expr::Attr { base, .. } = summary.exprs[call.callee] else { return false };
        let of_pool = solution.values(At { file: at.file, id: base }).iter().any(|value| pool.contains(value));
        of_pool && graph.externals_of(At { file: at.file, id }).any(|external| facts.boundary(external.path).is_some())
    };
    awaits && !summary.calls.iter_enumerated().any(|(id, call)| within(call.span) && gives((id, call)))
}

/// Whether the call stands where `receiver.test()` was true, or, for `not test`, false, of the same variable or attribute.
fn stands_after(summary: &ModuleSummary, call: &Call, test: &str) -> bool {
    let receiver = |callee| match &summary.exprs[callee] {
        Expr::Attr { base, name } => Some((*base, *name)),
        _ => None,
    };
    let Some((own, _)) = receiver(call.callee) else { return false };
    let (test, wanted) = test.strip_prefix("not ").map_or((test, Branch::True), |test| (test, Branch::False));
    let mut guard = call.guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        let (branch, tested) = match held.of_call(summary) {
            Some((test, branch)) => (branch, receiver(summary.calls[test].callee)),
            None => (held.branch, None),
        };
        if branch == wanted && tested.is_some_and(|(base, name)| name.as_str() == test && is_same(summary, base, own)) {
            return true;
        }
        guard = held.outer;
    }
    false
}

/// Whether two expressions read the same variable, or the same attribute of the same one.
fn is_same(summary: &ModuleSummary, one: ExprId, other: ExprId) -> bool {
    match (&summary.exprs[one], &summary.exprs[other]) {
        (Expr::Var(one), Expr::Var(other)) => one == other,
        (Expr::Attr { base: one, name }, Expr::Attr { base: other, name: same }) => name == same && is_same(summary, *one, *other),
        (Expr::This(one), Expr::This(other)) => one == other,
        _ => false,
    }
}

pub(crate) fn constant_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Const(Const::Bool(value)) => Some(value.to_string()),
        Expr::Const(Const::Number(value)) => Some(value.to_string()),
        Expr::Const(Const::Str(text)) => Some(text.to_string()),
        Expr::Const(Const::Null) => Some("none".to_owned()),
        _ => None,
    }
}
