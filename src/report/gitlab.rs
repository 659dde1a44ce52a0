//! GitLab's Code Quality report, as <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format> describes it:
//! an array of findings with description, check, fingerprint, severity and lines. It knows no columns.

use super::fingerprint::Fingerprints;
use super::place::{Unit, region};
use super::{Shown, sentence};
use crate::finding::Severity;
use serde::Serialize;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The report, ended by a line break.
pub(super) fn render(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let issues = shown.findings.iter().zip(Fingerprints::new(shown).shown).map(|(finding, fingerprint)| {
        let (source, span) = shown.spot(finding);
        let at = region(source, span, Unit::Characters);
        Issue {
            // It is shown on one line.
            description: format!("{}; {}", sentence(finding), finding.help).replace('\n', " "),
            check_name: finding.rule,
            fingerprint,
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            location: Location { path: &source.path, lines: Lines { begin: at.line, end: at.end_line } },
        }
    });
    let mut text = serde_json::to_string_pretty(&issues.collect::<Vec<_>>())?;
    text.push('\n');
    Ok(text)
}
