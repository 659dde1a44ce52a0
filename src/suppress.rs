//! What is done with findings after analysis. It never changes a finding that is not suppressed itself.

pub mod baseline;
pub mod changed;
mod ignores;
mod insert;
mod unused;

pub use ignores::Ignores;
pub use insert::insert;
pub use unused::add_unused;

use crate::base::{FileId, Source};
use crate::config::Settings;
use crate::finding::{Cleared, Finding, Suppressed};
use crate::rules::by_id;
use oxc_index::IndexVec;

/// Gives findings the configured severity, and lets go those whose rule is off where they stand.
pub fn configured(settings: &Settings, sources: &IndexVec<FileId, Source>, findings: &mut Vec<Finding>, cleared: &mut Vec<Cleared>) {
    findings.retain_mut(|finding| {
        let Some(rule) = by_id(finding.rule) else { return true };
        let severity = settings.severity(&sources[finding.file].path, rule.kind(), finding.severity);
        match severity {
            Some(severity) => finding.severity = severity,
            None => {
                cleared.push(Cleared { rule: finding.rule, file: finding.file, span: finding.span, reason: "configuration".to_owned() });
            }
        }
        severity.is_some()
    });
    cleared.sort_by_key(|one| (one.file, one.span, one.rule));
}

/// Leaves out what would not be reported either if no comment suppressed it.
pub fn reported(settings: &Settings, sources: &IndexVec<FileId, Source>, suppressed: &mut Vec<Suppressed>) {
    suppressed.retain_mut(|Suppressed { finding, .. }| {
        let Some(rule) = by_id(finding.rule) else { return true };
        let severity = settings.severity(&sources[finding.file].path, rule.kind(), finding.severity);
        finding.severity = severity.unwrap_or(finding.severity);
        severity.is_some()
    });
}
