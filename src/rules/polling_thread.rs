//! See rules/polling-thread.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::cpu::judged::shown;
use super::{Check, Program, Rule, Status, Told};
use crate::effects::fact_of;
use crate::facts::{ContextKind, Effect};
use crate::finding::{Confidence, Severity};
use crate::ir::loops::{Loop, LoopId, LoopKind};
use crate::ir::{CallId, Expr, ExprId, ModuleSummary};
use crate::link::{At, CallAt, FuncAt, Input, Value};

pub(super) const RULE: Rule = Rule {
    id: "polling-thread",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/polling-thread.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/threading.html#event-objects";

/// What a loop asks in each round.
enum Asks {
    /// A variable or an attribute.
    Flag,
    /// A call for which something else waits: code.
    Call(CallAt),
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for (id, one) in summary.loops.iter_enumerated().filter(|(_, one)| one.kind == LoopKind::While && !one.main_guard) {
            let func = At { file, id: one.func };
            let on = |kind| program.contexts.origin(func, kind);
            let Some(origin) = on(ContextKind::Thread) else { continue };
            // Where a loop runs it too, that is told by other rules.
            if program.contexts.is_of_test(func) || on(ContextKind::Loop).is_some() {
                continue;
            }
            let Some((asks, sleeps)) = polls(program, func, id, one) else { continue };
            let advisor = shared.advisor();
            let head = shown(program, file, one.span);
            let facts = program.input.facts_of(file);
            let help = match asks {
                Asks::Call(at) => {
                    let paths = program.graph.externals_of(at).map(|external| external.path);
                    let mut codes = paths.filter_map(|path| Some(advisor.in_words(&facts.waits_instead(path)?.instead, at, path)));
                    codes.next().map_or_else(String::new, |code| format!("wait for it: {code}"))
                }
                Asks::Flag => "make a `threading.Event` of it that is set where the loop is to end, and wait: `event.wait()`, with a timeout where something else may end it".to_owned(),
            };
            let how = if sleeps { "sleeps and asks again" } else { "asks without a pause" };
            let why = if sleeps {
                "it wakes for nothing, and comes too late by as much as it sleeps"
            } else {
                "it keeps a core busy and takes the GIL from the threads that do something"
            };
            let draft = Draft {
                severity: rule.severity,
                confidence: origin.confidence.min(Confidence::High),
                message: format!("`{head}` {how} in a thread until something has come about"),
                why: why.to_owned(),
                help,
                source: SOURCE.to_owned(),
                place: (file, one.span),
                chain: Vec::new(),
                root: Some(Root::new(ContextKind::Thread, origin)),
                labels: Vec::new(),
            };
            told.findings.push(draft.finding(rule));
        }
    }
}

/// Whether the loop does nothing but ask, sleeping in between or not; what it asks.
fn polls(program: &Program<'_, '_>, func: FuncAt, id: LoopId, one: &Loop) -> Option<(Asks, bool)> {
    let input = program.input;
    let summary = &input.summaries[func.file];
    let facts = input.facts_of(func.file);
    if one.leaves {
        return None;
    }
    let (mut sleeps, mut asked, mut clock) = (false, None, false);
    for call in (one.calls.start..one.calls.end).map(CallId::from_raw) {
        let at = At { file: func.file, id: call };
        let made = &summary.calls[call];
        if !made.kind.is_written() {
            continue;
        }
        if program.graph.edges_of(at).next().is_some() || made.func != func.id {
            return None;
        }
        let mut known = false;
        for external in program.graph.externals_of(at) {
            let sleep = fact_of(input, at, external.path).is_some_and(|fact| fact.effect == Effect::Sleep);
            let in_test = one.span.contains(made.span.start);
            let polls = facts.waits_instead(external.path).is_some_and(|polls| polls.negated == is_negated(input, at));
            clock |= facts.is_clock(external.path) && in_test;
            sleeps |= sleep && made.looped == Some(id);
            if polls && in_test {
                asked = Some(at);
            }
            known |= sleep || (polls && in_test) || facts.is_clock(external.path);
        }
        if !known {
            return None;
        }
    }
    // What the body assigns besides is no flag of others: a count, the time.
    if let Some(at) = asked {
        return (sleeps || one.assigns.is_empty()).then_some((Asks::Call(at), sleeps));
    }
    let called = |id: ExprId| (one.calls.start..one.calls.end).any(|call| summary.calls[CallId::from_raw(call)].callee == id);
    // A test of the clock may be over by itself.
    // Of what is there to be done no event can be made.
    let holds = |value: &Value| matches!(value, Value::Object(_));
    let filled = |id| program.solution.values(At { file: func.file, id }).iter().any(holds);
    let is_flag = |id| !called(id) && is_flag(summary, func, one, id) && !filled(id);
    let flag = !clock && (one.test.start..one.test.end).map(ExprId::from_raw).any(is_flag);
    let only = sleeps || (one.exprs.is_empty() && one.assigns.is_empty());
    (flag && only).then_some((Asks::Flag, sleeps))
}

/// Whether `not` stands before a call.
fn is_negated(input: Input<'_>, at: CallAt) -> bool {
    let place = input.summaries[at.file].calls[at.id].span;
    let before = input.sources[at.file].text.get(..place.start as usize).unwrap_or("").trim_end();
    before.strip_suffix("not").is_some_and(|rest| rest.ends_with([' ', '(', '\n']))
}

/// Whether a part of a test is a value that others set: an attribute, or a variable of the module or of a function around, that the loop
/// itself does not assign.
fn is_flag(summary: &ModuleSummary, func: FuncAt, one: &Loop, id: ExprId) -> bool {
    let assigned = summary.assigns.get(one.assigns.start as usize..one.assigns.end as usize).unwrap_or_default();
    match &summary.exprs[id] {
        Expr::Attr { name, .. } => {
            !assigned.iter().any(|assign| matches!(&assign.target, crate::ir::Target::Attr { name: of, .. } if of == name))
        }
        Expr::Var(var) => summary.vars[*var].func != func.id && summary.vars[*var].assigned,
        _ => false,
    }
}
