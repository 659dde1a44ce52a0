//! See rules/unawaited-coroutine.md.

use super::asynchronous::given::Awaitable;
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::Gives;
use crate::finding::{Confidence, Severity};
use crate::ir::{Expr, MODULE_BODY, ModuleSummary, Target, VarId};
use crate::link::graph::functions;
use crate::link::{At, CallAt};

pub(super) const RULE: Rule = Rule {
    id: "unawaited-coroutine",
    group: "async",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/unawaited-coroutine.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    let replaced = replaces_methods(program);
    let coroutine = |at| awaitables.of_call(at).filter(|one| one.gives == Gives::Coroutine);
    for (at, call) in told::calls(program).filter(|(at, _)| told::is_python(program, *at)) {
        if call.dropped && !call.awaited {
            let Some(one) = coroutine(at) else { continue };
            let callee = At { file: at.file, id: call.callee };
            // `if iscoroutinefunction(f): await f()`, and `f()` where it is none.
            if one.func.is_some_and(|func| !program.graph.kinds.allows(program.solution, at, callee, func)) {
                told.clear(rule, program, at, "asked");
            } else {
                report(rule, program, told, at, &Found { one, replaced, held: "" });
            }
        } else if call.awaited && coroutine(at).is_some() {
            told.clear(rule, program, at, "awaited");
        }
    }
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
            let (Target::Var(var), Expr::Call(id)) = (&assign.target, &summary.exprs[assign.value]) else { continue };
            let at = At { file, id: *id };
            if summary.vars[*var].func == MODULE_BODY {
                continue;
            }
            if let Some(one) = coroutine(at).filter(|_| is_unread(summary, *var)) {
                let held = format!(" and `{}`, which holds it, is never read", summary.vars[*var].name);
                report(rule, program, told, at, &Found { one, replaced, held: &held });
            }
        }
    }
}

/// Whether nothing in the file reads a variable.
fn is_unread(summary: &ModuleSummary, var: VarId) -> bool {
    !summary.exprs.iter().any(|expr| *expr == Expr::Var(var))
}

/// Whether the program puts functions into classes or objects under names that it computes: what a method is then, nothing tells.
fn replaces_methods(program: &Program<'_, '_>) -> bool {
    program.graph.externals.iter().any(|external| {
        let file = external.call.file;
        let call = &program.input.summaries[file].calls[external.call.id];
        let [_, name, value] = call.args.as_slice() else { return false };
        let computed = !matches!(program.input.summaries[file].exprs[name.value], Expr::Const(_));
        computed
            && program.input.facts_of(file).replaces(external.path)
            && !functions(program.solution, At { file, id: value.value }).is_empty()
            && !told::is_test(program, external.from)
    })
}

/// Whether Python itself calls a method of this name: `__exit__`.
fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

/// A coroutine that nothing awaits.
struct Found<'h> {
    one: Awaitable,
    /// Methods may have been replaced.
    replaced: bool,
    /// What is said of the variable that holds it.
    held: &'h str,
}

fn report(rule: &Rule, program: &Program<'_, '_>, told: &mut Told, at: CallAt, found: &Found<'_>) {
    let (one, held) = (found.one, found.held);
    let called = told::called(program, at);
    let makes = match (one.func, one.path) {
        (Some(func), _) => program.input.func_name(func),
        (None, Some(path)) => crate::effects::shown_path(program.input.facts_of(at.file), path),
        (None, None) => called.clone(),
    };
    let owner = told::owner(program, at);
    let within = program.input.func(owner).is_async;
    let said = Said {
        severity: rule.severity,
        confidence: match one.func {
            Some(func) if found.replaced && program.input.func(func).class.is_some() => Confidence::Low,
            _ => Confidence::High,
        },
        message: format!("`{called}()` makes a coroutine that nothing awaits{held}: its body never runs"),
        why: match one.func {
            Some(_) => format!("`{makes}` is a coroutine function: calling it runs nothing until what it gives is awaited"),
            None => format!("`{makes}` gives a coroutine: it runs nothing until it is awaited"),
        },
        help: if within {
            format!("write `await {called}(...)`, or keep a task of it: `task = asyncio.create_task({called}(...))`")
        } else if is_special(&program.input.func(owner).name) {
            // `with` does not await what `__exit__` gives, and takes it for true: every exception would be swallowed.
            let name = &program.input.func(owner).name;
            format!(
                "Python calls `{name}` plainly: await it where the object is used instead, in `__aenter__` and `__aexit__` (`async with`) or in a coroutine of its own"
            )
        } else {
            let name = &program.input.func(owner).name;
            let shown = if name.starts_with('<') { "this function".to_owned() } else { format!("`{name}`") };
            format!("make {shown} an `async def` and await it there, or hand it to the loop that is to run it")
        },
        source: "https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines".to_owned(),
    };
    let mut finding = told::finding(rule, program, at, vec![told::hop(program, at, makes)], said);
    finding.labels.extend(one.func.map(|func| told::defined(program, func, "an `async def`, or gives what one makes")));
    told.findings.push(finding);
}
