//! See rules/blocking-sleep.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-sleep",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-sleep.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Sleep], verb: "sleeps" }),
};
