//! See rules/fork-after-threads.md.

use super::check::shared::Shared;
use super::gil::order::{Start, Starts};
use super::gil::pools::{Made, Pools};
use super::gil::told::{Said, Step};
use super::{Check, Program, Rule, Status, Told};
use crate::config::StartMethod;
use crate::effects::exclude;
use crate::facts::{ContextKind, Runs};
use crate::finding::{Confidence, Label, Severity};
use crate::link::{At, CallAt, FuncAt};

pub(super) const RULE: Rule = Rule {
    id: "fork-after-threads",
    group: "gil",
    severity: Severity::Error,
    status: Status::Preview,
    page: include_str!("../../rules/fork-after-threads.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let python = |made: &Made<'_>| program.input.summaries[made.call.file].is_python();
    let threads = Starts::read(program, pools, true, |made| made.pool.runs == Runs::Thread && python(made));
    let processes = |made: &Made<'_>| made.pool.runs == Runs::Process && python(made);
    let forks = Starts::read(program, pools, false, |made| processes(made) && pools.starts_by(program, made).0 == StartMethod::Fork);
    let others = pools.made.iter().filter(|made| processes(made) && pools.starts_by(program, made).0 != StartMethod::Fork);
    for made in others {
        told.clear(rule, program, made.call, "start method");
    }
    for func in forks.functions() {
        for step in forks.of(func) {
            if program.contexts.is_of_test(func) {
                told.clear(rule, program, step.0, "test");
                continue;
            }
            let before = thread_before(program, pools, &threads, func, step.0);
            let in_thread = step.1.is_none().then(|| program.contexts.origin(func, ContextKind::Thread)).flatten();
            let (steps, end) = forks.chain(step);
            let Some(Start { path, made: Some(number), .. }) = end else { continue };
            let made = &pools.made[number];
            let (message, label) = match (before, in_thread) {
                (Some(thread), _) => ("after a thread was started", Some((thread, "a thread is started here".to_owned()))),
                (None, Some(_)) => ("in a thread", None),
                (None, None) => {
                    told.clear(rule, program, step.0, "no thread");
                    continue;
                }
            };
            let (_, explicit) = pools.starts_by(program, made);
            let known = explicit || program.targets[made.call.file].python.is_some();
            let by = if explicit { "by fork" } else { "by fork, the default on Linux before Python 3.14," };
            let span_of = |call: CallAt| program.input.summaries[call.file].calls[call.id].span;
            let mut labels: Vec<Label> =
                label.into_iter().map(|(call, text)| Label { file: call.file, span: span_of(call), text }).collect();
            if made.call != step.0 {
                labels.push(Label { file: made.call.file, span: made.span(program), text: format!("the {} is made here", made.noun()) });
            }
            let help = if made.pool.context.is_some() {
                "give it `mp_context=multiprocessing.get_context(\"spawn\")`, or start the processes before the first thread"
            } else {
                "make it of `multiprocessing.get_context(\"spawn\")`, or start the processes before the first thread"
            };
            let said = Said {
                call: step.0,
                path,
                root: in_thread.filter(|_| before.is_none()).map(|origin| (ContextKind::Thread, origin)),
                severity: RULE.severity,
                confidence: if known { Confidence::High } else { Confidence::Medium },
                message: format!("a {} is started {by} {message}", if made.pool.single { "process" } else { "pool of processes" }),
                why:
                    "a fork copies the thread that calls it and no other: a lock that another thread held stays locked in the child, which \
                      then waits for ever; Python 3.12 and later warn of it"
                        .to_owned(),
                help: help.to_owned(),
                source: "https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods",
                labels,
                steps,
            };
            told.findings.push(said.finding(rule, program));
        }
    }
}

/// The last call before another one that starts a thread which still runs there.
fn thread_before(program: &Program<'_, '_>, pools: &Pools<'_>, threads: &Starts, func: FuncAt, fork: CallAt) -> Option<CallAt> {
    let summary = &program.input.summaries[func.file];
    let here = &summary.calls[fork.id];
    let runs_on = |step: &Step| {
        let call = &summary.calls[step.0.id];
        if call.span.end > here.span.start || exclude(summary, call.guard, here.guard) || call.main_guard != here.main_guard {
            return false;
        }
        // Those of a helper and those started here are told by what was made.
        let made = threads.chain(*step).1.and_then(|start| start.made).map(|number| &pools.made[number]);
        made.is_none_or(|made| !is_over(program, made, func, fork))
    };
    threads.of(func).into_iter().rev().find(runs_on).map(|(call, _)| call)
}

/// Whether a thread, or a pool of threads, is over before a call.
fn is_over(program: &Program<'_, '_>, made: &Made<'_>, func: FuncAt, before: CallAt) -> bool {
    let start = program.input.summaries[before.file].calls[before.id].span.start;
    let joined = made.methods.iter().any(|(call, name)| {
        let at = &program.input.summaries[call.file].calls[call.id];
        let elsewhere = At { file: call.file, id: at.func } != func;
        made.pool.joins.contains(name) && (elsewhere || at.span.end <= start)
    });
    let left = made.entered.iter().any(|call| {
        let summary = &program.input.summaries[call.file];
        let elsewhere = At { file: call.file, id: summary.calls[call.id].func } != func;
        elsewhere || summary.regions.iter().any(|region| region.entered == call.id && region.body.end <= start)
    });
    joined || left
}
