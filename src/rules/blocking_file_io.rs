//! See rules/blocking-file-io.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-file-io",
    group: "event-loop",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-file-io.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::File], verb: "reads or writes files" }),
};
