//! See rules/quadratic-work.md.

use super::cpu::judged::{Judged, Verdict, is_python, operation, shown};
use super::{Check, Program, Rule, Status};
use crate::effects::costs::Work;
use crate::finding::{Confidence, Severity};

pub(super) const RULE: Rule = Rule {
    id: "quadratic-work",
    group: "cpu",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/quadratic-work.md"),
    check: Check::Costs(judge),
};

fn judge(program: &Program<'_, '_>, judged: &Judged<'_>) -> Option<Verdict> {
    let work = judged.term.work;
    if !matches!(work, Work::Operation(..) | Work::Copy) || judged.open() < 2 {
        return None;
    }
    let (requested, stored) = (judged.requested(), judged.stored());
    let confidence = match (requested, stored) {
        (1.., _) if judged.unknown() + judged.files() == 0 && requested > judged.heads() => judged.sure,
        (1.., 1..) if judged.unknown() + judged.files() == 0 => judged.sure.min(Confidence::Medium),
        (0, 2..) => judged.sure.min(Confidence::Medium),
        _ => Confidence::Low,
    };
    let (file, span) = judged.term.end;
    let (what, help) = match work {
        Work::Operation(at, path) => {
            let linear = program.input.facts_of(at.file).linear(path);
            (operation(program, at, &path), linear.map(|linear| linear.instead.clone()).unwrap_or_default())
        }
        _ => (shown(program, file, span), "add to one object or array in place of copying it in each round".to_owned()),
    };
    Some(Verdict {
        severity: RULE.severity,
        confidence,
        message: if work == Work::Copy {
            format!("`{what}` copies all that it has gathered in each round, on the event loop")
        } else {
            format!("`{what}` goes through the whole container in each round of a loop, on the event loop")
        },
        why: judged.bounds(program),
        help,
        source: if is_python(program, file) {
            "https://wiki.python.org/moin/TimeComplexity"
        } else {
            "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Set#performance"
        },
    })
}
