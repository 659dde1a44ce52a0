//! See rules/cpu-loop-on-loop.md.

use super::cpu::judged::{Judged, Verdict, is_python};
use super::{Check, Program, Rule, Status};
use crate::effects::costs::Work;
use crate::finding::{Confidence, Severity};

/// Rounds of a constant number of which a person waits, whatever stands in the loop: about 20 ms of Python, 5 ms of JavaScript.
const MANY: f64 = 1_000_000.0;

pub(super) const RULE: Rule = Rule {
    id: "cpu-loop-on-loop",
    group: "cpu",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/cpu-loop-on-loop.md"),
    check: Check::Costs(judge),
};

fn judge(program: &Program<'_, '_>, judged: &Judged<'_>) -> Option<Verdict> {
    let term = judged.term;
    if term.work != Work::Body {
        return None;
    }
    let nested = judged.open();
    let (requested, stored) = (judged.requested(), judged.stored());
    let confidence = if term.constant >= MANY || (requested > judged.heads() && requested + stored >= 2) {
        judged.sure
    } else if requested >= 1 && stored >= 1 {
        judged.sure.min(Confidence::Medium)
    } else if nested >= 3 || requested >= 2 || requested + judged.files() >= 2 {
        Confidence::Low
    } else {
        return None;
    };
    let rounds = match nested {
        0 => "a loop".to_owned(),
        1 => "a loop over an open collection".to_owned(),
        more => format!("{more} loops within each other"),
    };
    let times = if term.constant >= MANY { format!(" goes round {:.0} times or more and", term.constant) } else { String::new() };
    let verb = if nested > 1 { "run" } else { "runs" };
    let message = if times.is_empty() {
        format!("{rounds} {verb} on the event loop without a pause")
    } else {
        format!("{rounds}{times} never lets the event loop go on meanwhile")
    };
    Some(Verdict {
        severity: RULE.severity,
        confidence,
        message,
        why: if judged.origins.is_empty() { "the number of rounds is written in the source".to_owned() } else { judged.bounds(program) },
        help: help(is_python(program, term.end.0)).to_owned(),
        source: source(is_python(program, term.end.0)),
    })
}

/// Where it is documented that a loop stands still meanwhile.
pub(super) fn source(python: bool) -> &'static str {
    if python {
        "https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code"
    } else {
        "https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop"
    }
}

/// What helps against computing on a loop.
pub(super) fn help(python: bool) -> &'static str {
    if python {
        "limit the input, give the loop back with `await asyncio.sleep(0)` every few hundred rounds, or compute in a process \
         (`ProcessPoolExecutor`): in a thread it would hold the GIL"
    } else {
        "limit the input, give the loop back with `await new Promise(setImmediate)` every few hundred rounds, or compute in a \
         worker thread"
    }
}
