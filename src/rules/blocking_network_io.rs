//! See rules/blocking-network-io.md.

use super::{Check, Reaches, Rule, Status};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule = Rule {
    id: "blocking-network-io",
    group: "event-loop",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/blocking-network-io.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Network, Effect::Dns], verb: "waits for the network" }),
};
