//! See rules/blocking-stdin.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-stdin",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-stdin.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Stdin], verb: "waits for standard input" }),
};
