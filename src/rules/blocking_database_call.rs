//! See rules/blocking-database-call.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-database-call",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-database-call.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Database], verb: "waits for a database" }),
};
