//! See rules/blocking-subprocess.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-subprocess",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-subprocess.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Subprocess], verb: "starts or waits for a process" }),
};
