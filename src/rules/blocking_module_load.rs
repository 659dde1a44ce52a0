//! See rules/blocking-module-load.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-module-load",
    group: "event-loop",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-module-load.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Load], verb: "loads a module" }),
};
