//! See rules/thread-lock-across-await.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::advice::Advisor;
use crate::base::{FileId, Name, Span};
use crate::effects::pauses::Pauses;
use crate::effects::shown_path;
use crate::facts::{ContextKind, Lock};
use crate::finding::{Confidence, Hop, Label, Severity};
use crate::ir::{Call, CallId, CallKind, Expr, ExprId, FuncId, ModuleSummary};
use crate::link::graph::EdgeKind;
use crate::link::{At, CallAt, Value};
use crate::rules::cpu::judged::shown;

pub(super) const RULE: Rule = Rule {
    id: "thread-lock-across-await",
    group: "gil",
    severity: Severity::Error,
    status: Status::Preview,
    page: include_str!("../../rules/thread-lock-across-await.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading";

/// Awaits of one region that are pointed at.
const POINTED: usize = 3;

/// Where a lock is held.
struct Held {
    taken: CallAt,
    /// What is locked, as an expression.
    lock: ExprId,
    kind: (Name, Lock),
    /// It may be a lock of another kind.
    doubted: bool,
    body: Span,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        if summary.awaits.is_empty() {
            continue;
        }
        for held in by_with(program, file).into_iter().chain(by_calls(program, file)) {
            let func = summary.calls[held.taken.id].func;
            let within = |(of, place): &&(FuncId, Span)| *of == func && held.body.start <= place.start && place.end <= held.body.end;
            let awaits: Vec<Span> = summary.awaits.iter().filter(within).map(|(_, place)| *place).collect();
            if awaits.is_empty() {
                continue;
            }
            if let Some(reason) = program.contexts.aside(At { file, id: func }, &[ContextKind::Loop]) {
                told.clear(rule, program, held.taken, reason);
                continue;
            }
            let pauses = shared.pauses();
            let pausing: Vec<Span> = awaits.into_iter().filter(|place| may_pause(program, pauses, file, func, *place)).collect();
            if pausing.is_empty() {
                told.clear(rule, program, held.taken, "no pause");
                continue;
            }
            let advisor = shared.advisor();
            if let Some(draft) = draft(program, advisor, &held, &pausing) {
                told.findings.push(draft.finding(rule));
            }
        }
    }
}

/// What kind of lock an expression is, and whether it may be something else.
fn lock_of(program: &Program<'_, '_>, file: FileId, id: ExprId) -> Option<(Name, Lock, bool)> {
    let facts = program.input.facts_of(file);
    let values = program.solution.values(At { file, id });
    let locks = values.iter().filter_map(|value| match value {
        Value::ExtInst(path) => facts.lock(*path).map(|lock| (*path, lock)),
        _ => None,
    });
    let locks: Vec<_> = locks.collect();
    // Where several kinds come together, the one that others can't enter twice is the worse.
    let (path, lock) = locks.iter().min_by_key(|(path, lock)| (lock.reentrant, *path))?;
    Some((*path, *lock, locks.len() < values.len()))
}

fn by_with(program: &Program<'_, '_>, file: FileId) -> Vec<Held> {
    let summary = &program.input.summaries[file];
    let regions = summary.regions.iter().filter_map(|region| {
        let call = &summary.calls[region.entered];
        if call.awaited {
            return None;
        }
        let (path, lock, doubted) = lock_of(program, file, call.callee)?;
        let taken = At { file, id: region.entered };
        Some(Held { taken, lock: call.callee, kind: (path, lock), doubted, body: region.body })
    });
    regions.collect()
}

/// From a call that takes a lock to the first behind it, in the same function, that gives the same one back.
fn by_calls(program: &Program<'_, '_>, file: FileId) -> Vec<Held> {
    let summary = &program.input.summaries[file];
    let facts = program.input.facts_of(file);
    let mut found = Vec::new();
    for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Call && !call.awaited) {
        let Some((base, named)) = method(summary, call) else { continue };
        if !facts.names_lock_method(named) {
            continue;
        }
        let Some((path, lock, doubted)) = lock_of(program, file, base).filter(|(_, lock, _)| lock.acquire == named) else { continue };
        let taken = At { file, id };
        // Who only tries, keeps nobody waiting.
        if program.effects.sinks_of(taken).any(|sink| sink.harmless == Some("argument")) {
            continue;
        }
        let gives_back = |other: &&Call| {
            other.func == call.func
                && other.span.start >= call.span.end
                && method_of(summary, other) == Some(lock.release)
                && method(summary, other).is_some_and(|(of, _)| same(summary, of, base))
        };
        let Some(back) = summary.calls.iter().filter(gives_back).min_by_key(|other| other.span.start) else { continue };
        let body = Span { start: call.span.end, end: back.span.start };
        found.push(Held { taken, lock: base, kind: (path, lock), doubted, body });
    }
    found
}

fn method(summary: &ModuleSummary, call: &Call) -> Option<(ExprId, Name)> {
    match &summary.exprs[call.callee] {
        Expr::Attr { base, name } => Some((*base, *name)),
        _ => None,
    }
}

fn method_of(summary: &ModuleSummary, call: &Call) -> Option<Name> {
    method(summary, call).map(|(_, name)| name)
}

/// Whether two expressions are written alike: a variable, or an attribute of such.
fn same(summary: &ModuleSummary, one: ExprId, other: ExprId) -> bool {
    match (&summary.exprs[one], &summary.exprs[other]) {
        (Expr::Var(one), Expr::Var(other)) => one == other,
        (Expr::Attr { base: one, name: first }, Expr::Attr { base: other, name: second }) => first == second && same(summary, *one, *other),
        _ => false,
    }
}

/// Whether others may run during an await: not where all that is awaited are functions of the run that never pause.
fn may_pause(program: &Program<'_, '_>, pauses: &Pauses, file: FileId, func: FuncId, place: Span) -> bool {
    let summary = &program.input.summaries[file];
    let awaited =
        |(_, call): &(CallId, &Call)| call.func == func && call.awaited && place.start <= call.span.start && call.span.end <= place.end;
    let Some((id, _)) = summary.calls.iter_enumerated().filter(awaited).max_by_key(|(_, call)| call.span.end - call.span.start) else {
        return true;
    };
    let at = At { file, id };
    let mut own = program.graph.edges_of(at).filter(|edge| edge.kind == EdgeKind::Direct).peekable();
    own.peek().is_none()
        || program.graph.externals_of(at).next().is_some()
        || own.any(|edge| !program.input.func(edge.to).is_async || pauses.function(edge.to))
}

fn draft<'p>(program: &'p Program<'_, '_>, advisor: &Advisor<'_, '_>, held: &Held, awaits: &[Span]) -> Option<Draft<'p>> {
    let file = held.taken.file;
    let summary = &program.input.summaries[file];
    let call = &summary.calls[held.taken.id];
    let func = At { file, id: call.func };
    let origin = program.contexts.origin(func, ContextKind::Loop)?;
    let (path, lock) = held.kind;
    let kind = shown_path(program.input.facts_of(file), path);
    let name = written(program, summary, held);
    let enter = crate::base::name(&format!("{path}.__enter__"));
    let asynchronous = advisor.remedy(held.taken, func, origin.file, enter);
    let why = if lock.reentrant {
        "the loop's own thread holds it, so it lets every other task of the loop in during the await, and keeps threads waiting as long"
    } else {
        "another task that takes it meanwhile blocks the loop's only thread, so the one that holds it never goes on: a deadlock; and threads wait as long as the await takes"
    };
    let aside = "if threads take it, copy under the lock what is needed, and await after it";
    let sure = if held.doubted { Confidence::Medium } else { Confidence::High };
    let text = |place: &Span| Label { file, span: *place, text: "the lock is held here while others run".to_owned() };
    Some(Draft {
        severity: RULE.severity,
        confidence: origin.confidence.min(sure),
        message: format!("`{}` holds `{name}`, a `{kind}`, across an await", program.input.func_name(func)),
        why: why.to_owned(),
        help: asynchronous.map_or_else(|| aside.to_owned(), |words| format!("{words}; {aside}")),
        source: SOURCE.to_owned(),
        place: (file, call.span),
        chain: vec![Hop { file, span: call.span, caller: program.input.func_name(func), callee: kind }],
        root: Some(Root::on_loop(program, func, origin)),
        labels: awaits.iter().take(POINTED).map(text).collect(),
    })
}

/// The lock as it is written.
fn written(program: &Program<'_, '_>, summary: &ModuleSummary, held: &Held) -> String {
    fn spelled(summary: &ModuleSummary, id: ExprId) -> Option<String> {
        match &summary.exprs[id] {
            Expr::Var(var) => Some(summary.vars[*var].name.to_string()),
            Expr::Attr { base, name } => Some(format!("{}.{name}", spelled(summary, *base)?)),
            _ => None,
        }
    }
    let call = &summary.calls[held.taken.id];
    spelled(summary, held.lock).unwrap_or_else(|| shown(program, held.taken.file, call.span))
}
