//! See rules/executor-exit-on-loop.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "executor-exit-on-loop",
    group: "gil",
    severity: Severity::Error,
    status: Status::Preview,
    page: include_str!("../../rules/executor-exit-on-loop.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Drain], verb: "waits until all of its work is done" }),
};
