//! See rules/blocking-stdin.md.

use super::{Reaches, Rule};
use crate::facts::Effect;
use crate::finding::Severity;

pub(super) const RULE: Rule =
    Rule { id: "blocking-stdin", group: "event-loop", severity: Severity::Error, check: Reaches { effects: &[Effect::Stdin], verb: "waits for standard input" } };
