//! The Reviewdog Diagnostic Format, as `proto/rdf/reviewdog.proto` of <https://github.com/reviewdog/reviewdog> defines it: `rdjson` is
//! one `DiagnosticResult`, `rdjsonl` one `Diagnostic` a line. Lines and columns count from 1, columns in bytes of UTF-8; the end is
//! exclusive.

use super::place::{Unit, region};
use super::{HOME, Shown, details, page_url};
use crate::finding::{Finding, Severity};
use serde::Serialize;

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Source,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    /// In `rdjson` the whole result has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    code: Code<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    url: String,
}

const SOURCE: Source = Source { name: "loopwarden", url: HOME };

fn diagnostic<'a>(shown: &'a Shown<'_>, finding: &'a Finding, source: Option<Source>) -> Diagnostic<'a> {
    let (file, span) = shown.spot(finding);
    let at = region(file, span, Unit::Bytes);
    let range = Range { start: Position { line: at.line, column: at.column }, end: Position { line: at.end_line, column: at.end_column } };
    Diagnostic {
        message: format!("{}\n{}", finding.message, details(shown, finding).join("\n")),
        location: Location { path: &file.path, range },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        source,
        code: Code { value: finding.rule, url: page_url(finding.rule) },
    }
}

/// One document, ended by a line break.
pub(super) fn document(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let diagnostics = shown.findings.iter().map(|finding| diagnostic(shown, finding, None)).collect();
    let mut text = serde_json::to_string_pretty(&DiagnosticResult { source: SOURCE, diagnostics })?;
    text.push('\n');
    Ok(text)
}

/// One diagnostic a line.
pub(super) fn lines(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for finding in &shown.findings {
        out.push_str(&serde_json::to_string(&diagnostic(shown, finding, Some(SOURCE)))?);
        out.push('\n');
    }
    Ok(out)
}
