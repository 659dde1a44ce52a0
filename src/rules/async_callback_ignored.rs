//! See rules/async-callback-ignored.md.

use super::asynchronous::given::Awaitables;
use super::asynchronous::rejected::{Rejected, Rejects};
use super::asynchronous::taken::taken;
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::{ContextKind, Dropping, Gives};
use crate::finding::{Confidence, Severity};
use crate::ir::{CallKind, Expr, ExprId, Target};
use crate::link::graph::{Outcome, argument, functions};
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "async-callback-ignored",
    group: "async",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/async-callback-ignored.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    let rejected = Rejected::new(program, awaitables);
    let taken = taken(program);
    for (at, call) in told::calls(program).filter(|(_, call)| matches!(call.kind, CallKind::Call | CallKind::New)) {
        let Some((dropping, confidence)) = dropping(program, at) else { continue };
        // The page's own loop runs it.
        if program.graph.sent.contains(&told::owner(program, at)) {
            told.clear(rule, program, at, "browser");
            continue;
        }
        if taken && dropping.unless_taken {
            told.clear(rule, program, at, "taken");
            continue;
        }
        if call.kind == CallKind::New && is_raced(program, at) {
            told.clear(rule, program, at, "raced");
            continue;
        }
        let wanted = if told::is_python(program, at) { Gives::Coroutine } else { Gives::Promise };
        for arg in argument(call, dropping.which) {
            let value = At { file: at.file, id: arg.value };
            let mut run = functions(program.solution, value);
            let before = run.len();
            run.retain(|func| program.graph.kinds.allows(program.solution, at, value, *func));
            if run.is_empty() && before > 0 {
                told.clear(rule, program, at, "asked");
            }
            if run.is_empty() || !run.iter().all(|func| awaitables.of(*func) == Some(wanted)) {
                continue;
            }
            let Some(func) = run.first().copied() else { continue };
            let confidence = match run.iter().map(|func| rejected.of(*func)).max() {
                Some(Rejects::Never | Rejects::Perhaps) if dropping.doubted_where_caught => Confidence::Low,
                _ if !dropping.unless_caught => confidence,
                // A library may take care of it: of those read in real code, half were true.
                Some(Rejects::Shown) if dropping.unless_taken => Confidence::Low,
                Some(Rejects::Shown) => confidence,
                Some(Rejects::Perhaps) => Confidence::Low,
                Some(Rejects::Never) | None => {
                    told.clear(rule, program, at, "caught");
                    continue;
                }
            };
            report(rule, program, told, at, func, &Found { dropping, confidence });
        }
    }
    plain_entries(rule, program, awaitables, told);
}

/// Whether what the call makes is held by a variable that only races read: another promise is waited for beside it, so that nobody waits for
/// this one for ever.
fn is_raced(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let facts = program.input.facts_of(at.file);
    let held = summary.assigns.iter().find_map(|assign| match (&assign.target, &summary.exprs[assign.value]) {
        (Target::Var(var), Expr::Call(id)) if *id == at.id => Some(*var),
        _ => None,
    });
    let Some(var) = held else { return false };
    let races = |id| program.graph.externals_of(At { file: at.file, id }).any(|external| facts.races(external.path));
    let calls = summary.calls.iter_enumerated().filter(|(id, call)| !call.args.is_empty() && races(*id));
    let runners: Vec<ExprId> = calls
        .flat_map(|(_, call)| &call.args)
        .flat_map(|arg| match &summary.exprs[arg.value] {
            Expr::List(items) => items.clone(),
            _ => Vec::new(),
        })
        .collect();
    let mut reads = summary.exprs.iter_enumerated().filter(|(_, expr)| **expr == Expr::Var(var)).map(|(id, _)| id).peekable();
    reads.peek().is_some() && reads.all(|id| runners.contains(&id))
}

struct Found<'f> {
    dropping: &'f Dropping,
    confidence: Confidence,
}

/// What a call does with the promise of a function given to it; by the method's name, where nothing is known of its receiver.
fn dropping<'p>(program: &'p Program<'_, '_>, at: CallAt) -> Option<(&'p Dropping, Confidence)> {
    let facts = program.input.facts_of(at.file);
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    // A class is called by `new`: what has its path may be an instance.
    let is_class = |path: &str| path.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_uppercase()));
    let mut externals = program.graph.externals_of(at).filter(|external| !is_class(&external.path) || call.kind == CallKind::New);
    if let Some(found) = externals.find_map(|external| facts.drops(external.path)) {
        let by_name = program.graph.outcomes[at.file][at.id] == Outcome::ByName;
        return Some((found, if by_name { Confidence::Medium } else { Confidence::High }));
    }
    let unknown = program.solution.values(At { file: at.file, id: call.callee }).is_empty();
    let written = call.args.first().is_some_and(|arg| matches!(summary.exprs[arg.value], Expr::Function(_)));
    match &summary.exprs[call.callee] {
        Expr::Attr { name, .. } if unknown && written => Some((facts.drops_by_name(*name)?, Confidence::Medium)),
        _ => None,
    }
}

fn report(rule: &Rule, program: &Program<'_, '_>, told: &mut Told, at: CallAt, func: FuncAt, found: &Found<'_>) {
    let called = told::called(program, at);
    let function = program.input.func(func);
    let shown = if function.name.starts_with('<') { "an asynchronous function".to_owned() } else { format!("`{}`", function.name) };
    let said = Said {
        // What is lost is a rejection alone.
        severity: if found.dropping.unless_caught { Severity::Warning } else { rule.severity },
        confidence: found.confidence,
        message: format!("`{called}` is given {shown} and {}", found.dropping.does),
        why: "an asynchronous function returns at its first `await`: what it is called by gets a promise, not the result".to_owned(),
        help: found.dropping.instead.clone(),
        source: found.dropping.source.clone(),
    };
    let mut finding = told::finding(rule, program, at, Vec::new(), said);
    finding.labels.push(told::defined(program, func, "asynchronous"));
    told.findings.push(finding);
}

/// Functions that a framework calls plainly, which are coroutine functions all the same.
fn plain_entries(rule: &Rule, program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, told: &mut Told) {
    // What stands around a function stands around its inner decorators too, which call the function alone.
    let around: FxHashSet<FuncAt> = program.graph.wrappers.values().flatten().copied().collect();
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for (id, function) in summary.functions.iter_enumerated().filter(|(_, function)| function.is_async && !function.is_generator) {
            let func = At { file, id };
            let origin = program.contexts.origin(func, ContextKind::Loop);
            let Some(origin) = origin.filter(|_| program.contexts.caller_of(func).is_none() && !around.contains(&func)) else { continue };
            // Its decorators may put a plain function in its place.
            if !origin.entry.as_ref().is_some_and(|entry| entry.plain) || awaitables.of(func) != Some(Gives::Coroutine) {
                continue;
            }
            let said = Said {
                severity: rule.severity,
                confidence: Confidence::High,
                message: format!(
                    "`{}` is a coroutine function, and the {} calls it plainly: its body never runs",
                    function.name, origin.label
                ),
                why: "calling a coroutine function runs nothing; who calls it here awaits nothing".to_owned(),
                help: format!("make `{}` a plain `def` that starts a task, and keep the task", function.name),
                source: "https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines".to_owned(),
            };
            let mut finding = told::at(rule, program, func, function.name_span, Vec::new(), said);
            finding.labels.push(crate::finding::Label { file: origin.file, span: origin.span, text: "registered here".to_owned() });
            told.findings.push(finding);
        }
    }
}
