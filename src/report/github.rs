//! Annotations in the log of GitHub Actions: workflow commands, as
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands> describes them.
//!
//! What is escaped is what `@actions/core` escapes: `%`, carriage return and line feed everywhere, `:` and `,` in properties.
//! Columns may only be told of a range in one line, else the runner drops the annotation's place. GitHub names no unit for columns:
//! they count from 1 in UTF-16 code units, as in code scanning, the end exclusive.

use super::place::{Unit, region};
use super::{Shown, sentence};
use crate::finding::Severity;
use std::fmt::Write as _;

/// All findings, one command each.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    for finding in &shown.findings {
        let (source, span) = shown.spot(finding);
        let at = region(source, span, Unit::Utf16);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        _ = write!(out, "::{command} file={},line={},endLine={}", property(&source.path), at.line, at.end_line);
        if at.line == at.end_line {
            _ = write!(out, ",col={},endColumn={}", at.column, at.end_column);
        }
        let message = format!("{}\nhelp: {}", sentence(finding), finding.help);
        _ = writeln!(out, ",title={}::{}", property(&format!("loopwarden {}", finding.rule)), data(&message));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
