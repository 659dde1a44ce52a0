//! What is done with findings after analysis. It never changes a finding that is not suppressed itself.

use crate::base::{FileId, Source};
use crate::config::Settings;
use crate::finding::{Cleared, Finding};
use crate::rules::by_id;
use oxc_index::IndexVec;

/// Gives findings the configured severity, and lets go those whose rule is off where they stand.
pub fn configured(settings: &Settings, sources: &IndexVec<FileId, Source>, findings: &mut Vec<Finding>, cleared: &mut Vec<Cleared>) {
    findings.retain_mut(|finding| {
        let (Some(rule), Some(first)) = (by_id(finding.rule), finding.chain.first()) else { return true };
        let severity = settings.severity(&sources[first.file].path, rule.kind(), finding.severity);
        match severity {
            Some(severity) => finding.severity = severity,
            None => cleared.push(Cleared { rule: finding.rule, file: first.file, span: first.span, reason: "configuration".to_owned() }),
        }
        severity.is_some()
    });
    cleared.sort_by_key(|one| (one.file, one.span, one.rule));
}
