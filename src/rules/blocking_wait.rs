//! See rules/blocking-wait.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-wait",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-wait.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Wait], verb: "waits for another thread or process" }),
};
