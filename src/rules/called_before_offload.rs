//! See rules/called-before-offload.md.

use super::asynchronous::given::Awaitables;
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Severity};
use crate::ir::{CallKind, Expr};
use crate::link::graph::argument;
use crate::link::{At, CallAt, FuncAt, Value};

pub(super) const RULE: Rule = Rule {
    id: "called-before-offload",
    group: "async",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/called-before-offload.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    for external in &program.graph.externals {
        let file = external.call.file;
        let (facts, summary) = (program.input.facts_of(file), &program.input.summaries[file]);
        let Some(boundary) = facts.boundary(external.path) else { continue };
        let call = &summary.calls[external.call.id];
        if !matches!(boundary.to, ContextKind::Thread | ContextKind::Process)
            || boundary.curried
            || boundary.coroutines
            || call.kind == CallKind::Decorate
        {
            continue;
        }
        for arg in argument(call, boundary.which).into_iter().filter(|arg| !arg.spread) {
            let Expr::Call(id) = summary.exprs[arg.value] else { continue };
            let inner = At { file, id };
            match gives(program, awaitables, inner) {
                Some(what) => {
                    let outer = crate::effects::shown_path(facts, external.path);
                    let what = Before { inner, outer, what, to: boundary.to };
                    report(rule, program, told, external.call, &what);
                }
                None => told.clear(rule, program, external.call, "gives a function"),
            }
        }
    }
}

/// A call that is made too early.
struct Before {
    inner: CallAt,
    outer: String,
    /// What it gives, in words.
    what: &'static str,
    to: ContextKind,
}

/// What a call gives that is certainly no function, in words.
fn gives(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, at: CallAt) -> Option<&'static str> {
    let input = program.input;
    let (facts, call) = (input.facts_of(at.file), &input.summaries[at.file].calls[at.id]);
    if awaitables.of_call(at).is_some() {
        return Some("a coroutine");
    }
    let callee = At { file: at.file, id: call.callee };
    let values = program.solution.values(callee);
    if values.is_empty() || program.solution.is_cut(callee) || call.kind != CallKind::Call {
        return None;
    }
    let mut what = None;
    for value in values {
        let one = match *value {
            Value::Func(func) | Value::Bound(func) => of_function(program, func)?,
            // What blocks gives data, when it has run.
            Value::Ext(path) | Value::ExtInst(path) => facts.call(path).map(|_| "what it has worked out")?,
            _ => return None,
        };
        what = what.or(Some(one));
    }
    what
}

fn of_function(program: &Program<'_, '_>, func: FuncAt) -> Option<&'static str> {
    let function = program.input.func(func);
    if function.is_generator || function.is_abstract || !function.decorators.is_empty() || function.is_async {
        return None;
    }
    if function.returns.is_empty() {
        return Some("nothing");
    }
    let plain = |id: &crate::ir::ExprId| {
        let at = At { file: func.file, id: *id };
        let written = matches!(
            program.input.summaries[func.file].exprs[*id],
            Expr::Const(_) | Expr::Builtin(_) | Expr::Object(_) | Expr::List(_) | Expr::Many(_)
        );
        let values = program.solution.values(at);
        let builtin = |value: &Value| matches!(value, Value::ExtInst(path) if program.input.facts_of(func.file).is_builtin(*path));
        written || (!values.is_empty() && !program.solution.is_cut(at) && values.iter().all(builtin))
    };
    function.returns.iter().all(plain).then_some("what it has worked out")
}

fn report(rule: &Rule, program: &Program<'_, '_>, told: &mut Told, at: CallAt, before: &Before) {
    let inner = told::called(program, before.inner);
    let place = if before.to == ContextKind::Thread { "the thread" } else { "the process" };
    let call = &program.input.summaries[before.inner.file].calls[before.inner.id];
    let given = if call.args.is_empty() { String::new() } else { ", ...".to_owned() };
    let said = Said {
        severity: rule.severity,
        confidence: Confidence::High,
        message: format!("`{inner}(...)` runs here, before `{}` is called: {place} is given {}", before.outer, before.what),
        why: "arguments are evaluated where the call stands: the work is done on this side, and what is handed over can't be called"
            .to_owned(),
        help: if before.what == "a coroutine" {
            format!("`await {inner}(...)`: a coroutine runs on the loop, no thread has to be asked")
        } else {
            format!("hand over the function and its arguments: `{}({inner}{given})`", told::called(program, at))
        },
        source: "https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread".to_owned(),
    };
    let finding = told::finding(rule, program, at, Vec::new(), said);
    told.findings.push(finding);
}
