//! See rules/await-in-loop.md.

use super::asynchronous::loops::{Rounds, around, calls_in};
use super::asynchronous::told::{self, Said};
use super::asynchronous::waited::Waited;
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::effects::sizes::Size;
use crate::facts::Effect;
use crate::finding::{Confidence, Severity};
use crate::ir::loops::{LoopId, LoopKind};
use crate::ir::{Call, CallKind};
use crate::link::{At, CallAt};
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "await-in-loop",
    group: "async",
    severity: Severity::Info,
    status: Status::Stable,
    page: include_str!("../../rules/await-in-loop.md"),
    check: Check::Uses(check),
};

/// What may be waited for side by side. Of a database, one connection takes one query at a time.
const ASIDE: [Effect; 3] = [Effect::Network, Effect::Subprocess, Effect::Dns];

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let waited = shared.waited();
    let awaitables = shared.awaitables();
    let mut reported: FxHashSet<(crate::base::FileId, LoopId)> = FxHashSet::default();
    for (at, call) in told::calls(program).filter(|(_, call)| call.awaited && call.kind == CallKind::Call && call.looped.is_some()) {
        let summary = &program.input.summaries[at.file];
        let Some(id) = around(program, at).next() else { continue };
        let of = &summary.loops[id];
        let one = waited.own(at).is_some() || awaitables.of_call(at).is_some();
        if !matches!(of.kind, LoopKind::Each | LoopKind::Comprehension) || !one || of.leaves {
            continue;
        }
        let Some(way) = waited.way(at, &ASIDE) else { continue };
        let owner = told::owner(program, at);
        if let Some(reason) = ordered(program, waited, at, call, id).or_else(|| told::is_once(program, owner)) {
            told.clear(rule, program, at, reason);
            continue;
        }
        // A result set asked about one by one is told by another rule.
        let over = of.over.map(|over| program.sizes.trace(At { file: at.file, id: over }, owner).size);
        if matches!(over, Some(Size::Database | Size::Request)) || !reported.insert((at.file, id)) {
            continue;
        }
        let called = told::called(program, at);
        let python = summary.is_python();
        let said = Said {
            severity: rule.severity,
            confidence: match (way.calls.len(), way.always) {
                (1, _) => Confidence::High,
                (_, true) => Confidence::Medium,
                (_, false) => Confidence::Low,
            },
            message: format!("`await {called}(...)` waits for one after another, and no round needs the one before it"),
            why: "each round begins when the one before it has its answer: the times add up".to_owned(),
            help: if python {
                format!(
                    "wait for them side by side: `await asyncio.gather(*({called}(...) for ...))`, with a semaphore where there may be many"
                )
            } else {
                format!(
                    "wait for them side by side: `await Promise.all(items.map((item) => {called}(...)))`, with `p-limit` where there may be many"
                )
            },
            source: if python {
                "https://docs.python.org/3/library/asyncio-task.html#running-tasks-concurrently"
            } else {
                "https://eslint.org/docs/latest/rules/no-await-in-loop"
            }
            .to_owned(),
        };
        told.findings.push(told::finding(rule, program, at, waited.hops(&way), said));
    }
}

/// Why the rounds are to come one after another, if they are.
fn ordered(program: &Program<'_, '_>, waited: &Waited<'_, '_, '_>, at: CallAt, call: &Call, id: LoopId) -> Option<&'static str> {
    let summary = &program.input.summaries[at.file];
    let function = &summary.functions[call.func];
    let of = &summary.loops[id];
    let result = program.solution.result_of(at)?.id;
    let rounds = Rounds::of(program, at.file, id);
    if !rounds.uses(call, result) {
        return Some("the same each time");
    }
    if around(program, at).any(|id| summary.loops[id].exits) {
        return Some("may stop early");
    }
    if around(program, at).any(|id| Rounds::of(program, at.file, id).needs_previous()) {
        return Some("needs the previous one");
    }
    let inside = calls_in(summary, of, at.file);
    let paced = |call: &CallAt| waited.way(*call, &[Effect::Sleep, Effect::Wait]).is_some();
    if inside.iter().any(paced) {
        return Some("paced");
    }
    let locked = |call: &CallAt| waited.limits(*call) || waited.way(*call, &[Effect::Database]).is_some();
    let entered = summary.regions.iter().filter(|region| region.body.start <= call.span.start && call.span.end <= region.body.end);
    if inside.iter().any(locked) || entered.into_iter().any(|region| locked(&At { file: at.file, id: region.entered })) {
        return Some("locked");
    }
    // What is gone over comes in bit by bit, or goes out so.
    let streamed = summary.calls.iter().any(|one| one.kind == CallKind::Iterate && one.awaited && Some(one.callee) == of.over);
    (streamed || function.is_generator).then_some("a stream")
}
