//! See rules/dangling-task.md.

use super::asynchronous::given::{Awaitable, is_kept};
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::base::Span;
use crate::facts::{ContextKind, Gives};
use crate::finding::{Confidence, Severity};
use crate::ir::{Arg, Expr, ExprId, MODULE_BODY, ModuleSummary, Target, VarId};
use crate::link::graph::External;
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "dangling-task",
    group: "async",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/dangling-task.md"),
    check: Check::Uses(check),
};

/// The method that runs when an object is collected, as the language defines it.
const FINALIZER: &str = "__del__";

/// How a task is kept.
const KEPT: &str =
    "put it into `task`, then `TASKS.add(task)` and `task.add_done_callback(TASKS.discard)`, with `TASKS = set()` at the top of the module";

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    let task = |at| awaitables.of_call(at).filter(|one| one.gives == Gives::Task);
    let mut dropped: Vec<(CallAt, Awaitable)> = Vec::new();
    for (at, call) in told::calls(program).filter(|(at, call)| call.dropped && told::is_python(program, *at)) {
        // What is only given a callback is kept by nobody either.
        let receiver = receiver_call(program, at).filter(|_| only_calls_back(program, at));
        let candidate = receiver.unwrap_or(at);
        if call.awaited {
            continue;
        }
        if let Some(one) = task(candidate) {
            dropped.push((candidate, one));
        }
    }
    let callers = |func: FuncAt| dropped.iter().filter(|(_, one)| one.func == Some(func)).count();
    let mut told_of: FxHashSet<FuncAt> = FxHashSet::default();
    for (at, one) in &dropped {
        match one.func {
            // Where several drop it, who gives it is to keep it.
            Some(func) if callers(func) > 1 => {
                if told_of.insert(func) {
                    report_maker(rule, program, told, func, callers(func));
                }
            }
            _ => report(rule, shared, told, *at, *one, None),
        }
    }
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
            let (Target::Var(var), Expr::Call(id)) = (&assign.target, &summary.exprs[assign.value]) else { continue };
            let at = At { file, id: *id };
            if summary.vars[*var].func == MODULE_BODY || task(at).is_none() {
                continue;
            }
            if is_kept(program, file, *var) || is_returned(summary, *var) || is_stored(summary, assign.value) {
                told.clear(rule, program, at, "kept");
            } else if let Some(one) = task(at) {
                report(rule, shared, told, at, one, Some(&summary.vars[*var].name));
            }
        }
    }
}

/// Whether a function returns a variable: its callers have it then.
fn is_returned(summary: &ModuleSummary, var: VarId) -> bool {
    summary.functions.iter().flat_map(|function| &function.returns).any(|id| summary.exprs[*id] == Expr::Var(var))
}

/// Whether a value is put into an attribute or a container as well: `self.task = task = create_task(f())`.
fn is_stored(summary: &ModuleSummary, value: ExprId) -> bool {
    summary.assigns.iter().any(|assign| assign.value == value && !matches!(assign.target, Target::Var(_)))
}

/// The call whose result another one is a method of.
fn receiver_call(program: &Program<'_, '_>, at: CallAt) -> Option<CallAt> {
    let summary = &program.input.summaries[at.file];
    match summary.exprs[summary.calls[at.id].callee] {
        Expr::Attr { base, .. } => match summary.exprs[base] {
            Expr::Call(id) => Some(At { file: at.file, id }),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a call only registers what is to run when its receiver is done.
fn only_calls_back(program: &Program<'_, '_>, at: CallAt) -> bool {
    let facts = program.input.facts_of(at.file);
    program.graph.externals_of(at).any(|external| facts.registrations(external.path).iter().any(|entry| entry.ready))
}

/// Whether the task is of a coroutine that never gives way, nor does what it awaits: it is done in one step, for which the loop holds it.
fn ends_at_once(shared: &Shared<'_, '_, '_>, at: CallAt) -> bool {
    let program = shared.program;
    let summary = &program.input.summaries[at.file];
    let given = summary.calls[at.id].args.iter().filter_map(|arg| match summary.exprs[arg.value] {
        Expr::Call(id) => Some(At { file: at.file, id }),
        _ => None,
    });
    let mut run = given.flat_map(|call| program.graph.edges_of(call)).map(|edge| edge.to).peekable();
    run.peek().is_some()
        && run.all(|func| {
            let function = program.input.func(func);
            function.is_async && !function.is_abstract && !function.is_generator && !shared.pauses_by_name().function(func)
        })
}

/// Whether the function awaits something after the call, or runs the loop itself: its frame, and what its variables hold, lives on as long.
fn lives_on(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let facts = program.input.facts_of(at.file);
    let call = &summary.calls[at.id];
    let later = |place: Span| place.start > call.span.end;
    let runs = |id| program.graph.externals_of(At { file: at.file, id }).any(|external| facts.runs_loop(external.path));
    summary.awaits.iter().any(|(func, place)| *func == call.func && later(*place))
        || summary.calls.iter_enumerated().any(|(id, other)| other.func == call.func && later(other.span) && runs(id))
}

/// Whether what is to be made a task is no coroutine, and is read elsewhere too: `ensure_future(task)` gives back what it is given.
fn is_one_already(shared: &Shared<'_, '_, '_>, at: CallAt) -> bool {
    let (program, awaitables) = (shared.program, shared.awaitables());
    let summary = &program.input.summaries[at.file];
    let coroutine = |id: ExprId| awaitables.of_expr(At { file: at.file, id }).is_some_and(|one| one.gives == Gives::Coroutine);
    let kept = |arg: &Arg| match summary.exprs[arg.value] {
        Expr::Var(var) => {
            let made = program.solution.assigned(at.file, var);
            let read = summary.exprs.iter_enumerated().any(|(id, expr)| *expr == Expr::Var(var) && id != arg.value);
            read && !made.is_empty() && !made.iter().any(|id| coroutine(*id))
        }
        _ => false,
    };
    summary.calls[at.id].args.iter().any(kept)
}

/// Whether the task waits for what a thread or a process does: that one's executor leads back to it until it is done.
fn is_elsewhere(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let facts = program.input.facts_of(at.file);
    let moves = |external: &External| {
        let boundary = facts.boundary(external.path);
        boundary.is_some_and(|boundary| matches!(boundary.to, ContextKind::Thread | ContextKind::Process))
    };
    summary.calls[at.id].args.iter().any(|arg| match summary.exprs[arg.value] {
        Expr::Call(id) => program.graph.externals_of(At { file: at.file, id }).any(moves),
        _ => false,
    })
}

fn report(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told, at: CallAt, one: Awaitable, held: Option<&str>) {
    let program = shared.program;
    let owner = told::owner(program, at);
    if told::is_test(program, owner) {
        return told.clear(rule, program, at, "test");
    }
    // Nobody is left to wait for it, or to keep it.
    if program.input.func(owner).name.as_str() == FINALIZER {
        return told.clear(rule, program, at, "finalizer");
    }
    if ends_at_once(shared, at) {
        return told.clear(rule, program, at, "never waits");
    }
    if is_one_already(shared, at) {
        return told.clear(rule, program, at, "kept");
    }
    if is_elsewhere(program, at) {
        return told.clear(rule, program, at, "kept by the executor");
    }
    let called = told::called(program, at);
    let path = one.path.map(|path| crate::effects::shown_path(program.input.facts_of(at.file), path));
    let gives = one.func.map_or_else(|| path.unwrap_or_else(|| called.clone()), |func| program.input.func_name(func));
    let message = match held {
        Some(name) => {
            format!("the task of `{called}()` is held by `{name}` alone, which nothing reads: it may be collected before it is done")
        }
        None => format!("nothing keeps the task of `{called}()`: it may be collected before it is done"),
    };
    let entry = program.contexts.origin(owner, ContextKind::Loop).map_or(at.file, |origin| origin.file);
    let kept = shared.advisor().kept_task(at, owner, entry);
    let said = Said {
        severity: rule.severity,
        confidence: match held {
            Some(_) if lives_on(program, at) => Confidence::Low,
            Some(_) => Confidence::Medium,
            None => Confidence::High,
        },
        message,
        why: "the loop holds its tasks by weak references only, and what a dropped task raises is only logged".to_owned(),
        // An attribute of the object lives no longer than the object does, and may be none that its class allows.
        help: kept.map_or_else(|| format!("keep it while it runs: {KEPT}"), |code| format!("write {code}")),
        source: "https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task".to_owned(),
    };
    let mut finding = told::finding(rule, program, at, vec![told::hop(program, at, gives)], said);
    finding.labels.extend(one.func.map(|func| told::defined(program, func, "gives the task to its callers")));
    told.findings.push(finding);
}

/// A function whose task several callers drop.
fn report_maker(rule: &Rule, program: &Program<'_, '_>, told: &mut Told, func: FuncAt, callers: usize) {
    let name = program.input.func(func).name;
    let said = Said {
        severity: rule.severity,
        confidence: Confidence::High,
        message: format!(
            "`{name}` gives a task that it does not keep, and {callers} of its callers drop it: it may be collected before it is done"
        ),
        why: "the loop holds its tasks by weak references only, and what a dropped task raises is only logged".to_owned(),
        help: format!("keep it in `{name}` while it runs: {KEPT}"),
        source: "https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task".to_owned(),
    };
    told.findings.push(told::at(rule, program, func, program.input.func(func).name_span, Vec::new(), said));
}
