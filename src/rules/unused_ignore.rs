//! See rules/unused-ignore.md. The findings are made in `suppress`, when it is known what each comment did.

use super::{Check, Rule, Status};
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unused-ignore",
    group: "comments",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/unused-ignore.md"),
    check: Check::Comments,
};
