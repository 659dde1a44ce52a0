//! See rules/cpu-recursion-on-loop.md.

use super::cpu::judged::{Judged, Verdict};
use super::cpu_loop_on_loop::{help, source};
use super::{Check, Program, Rule, Status};
use crate::effects::costs::Work;
use crate::finding::{Confidence, Severity};

pub(super) const RULE: Rule = Rule {
    id: "cpu-recursion-on-loop",
    group: "cpu",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/cpu-recursion-on-loop.md"),
    check: Check::Costs(judge),
};

fn judge(program: &Program<'_, '_>, judged: &Judged<'_>) -> Option<Verdict> {
    if judged.term.work != Work::Recursion || judged.open() == 0 {
        return None;
    }
    let (file, span) = judged.term.end;
    let summary = &program.input.summaries[file];
    let name = summary.func_name(summary.func_at(span.start));
    Some(Verdict {
        severity: RULE.severity,
        confidence: if judged.requested() > 0 { judged.sure } else { judged.sure.min(Confidence::Medium) },
        message: format!("`{name}` calls itself more than once and keeps no results, on the event loop: its calls multiply"),
        why: judged.bounds(program),
        help: format!(
            "keep results ({}), go on from the smallest in a loop, or {}",
            if summary.is_python() { "`functools.cache`" } else { "a `Map`" },
            help(summary.is_python())
        ),
        source: source(summary.is_python()),
    })
}
