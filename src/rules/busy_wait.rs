//! See rules/busy-wait.md.

use super::cpu::judged::{Judged, Verdict, is_python, shown};
use super::cpu_loop_on_loop::source;
use super::{Check, Program, Rule, Status};
use crate::effects::costs::Work;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "busy-wait",
    group: "cpu",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/busy-wait.md"),
    check: Check::Costs(judge),
};

fn judge(program: &Program<'_, '_>, judged: &Judged<'_>) -> Option<Verdict> {
    if judged.term.work != Work::Waiting {
        return None;
    }
    let (file, span) = judged.term.end;
    let head = shown(program, file, span);
    Some(Verdict {
        severity: RULE.severity,
        confidence: judged.entered,
        message: format!("`{head}` only waits, and holds the event loop until it is over"),
        why: "what it waits for can't happen on this loop: nothing else runs there meanwhile".to_owned(),
        help: if is_python(program, file) {
            "await what is waited for: `await event.wait()`, `await asyncio.sleep(seconds)`".to_owned()
        } else {
            "await what is waited for: an event, or `await setTimeout(ms)` of `node:timers/promises`".to_owned()
        },
        source: source(is_python(program, file)),
    })
}
