//! The whole result as one JSON document; its form is versioned by `version`.

use super::fingerprint::Fingerprints;
use super::{Shown, confidence, severity};
use crate::base::{FileId, Span};
use crate::facts::ContextKind;
use crate::finding::Finding;
use serde::Serialize;

/// Raised when a field changes its meaning or goes; new fields do not raise it.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    summary: Summary,
    findings: Vec<Reported<'a>>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    findings: usize,
    causes: usize,
    files: usize,
    functions: usize,
    functions_on_loop: usize,
    calls: usize,
    calls_resolved: usize,
    calls_unknown_receiver: usize,
    hidden_by_severity: usize,
    hidden_by_confidence: usize,
    /// What comments suppress.
    ignored: usize,
    /// What the baseline knows.
    known: usize,
    /// What touches no file that was named.
    elsewhere: usize,
    /// What no change caused.
    unchanged: usize,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct ReportedHop<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    caller: &'a str,
    callee: &'a str,
}

#[derive(Serialize)]
struct ReportedLabel<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Context<'a> {
    kind: ContextKind,
    entry: &'a str,
    place: Place<'a>,
    /// Functions from the entry to the first of the chain, which is left out.
    through: &'a [String],
}

/// One finding, as in the document's `findings`.
#[derive(Serialize)]
pub(super) struct Reported<'a> {
    rule: &'a str,
    /// What names it in every run: stable under edits elsewhere, as the baseline's entries are.
    fingerprint: String,
    severity: &'a str,
    confidence: &'a str,
    message: &'a str,
    place: Place<'a>,
    /// Where the change that was asked for touches it: a changed line of the chain, for a comment on the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<Place<'a>>,
    /// Null where a rule asks for no context.
    context: Option<Context<'a>>,
    chain: Vec<ReportedHop<'a>>,
    more_sinks: usize,
    /// What else the message speaks of: parts of a pattern.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<ReportedLabel<'a>>,
    why: &'a str,
    help: &'a str,
    source: &'a str,
}

fn place<'a>(shown: &Shown<'a>, file: FileId, span: Span) -> Place<'a> {
    let source = &shown.analysis.sources[file];
    let ((line, column), (end_line, end_column)) = (source.line_column(span.start), source.line_column(span.end));
    Place { path: &source.path, line, column, end_line, end_column }
}

/// All findings that are shown.
pub(super) fn all<'a>(shown: &Shown<'a>) -> impl Iterator<Item = Reported<'a>> {
    let fingerprints = Fingerprints::new(shown).shown;
    shown.findings.iter().zip(fingerprints).map(|(finding, fingerprint)| reported(shown, finding, fingerprint))
}

fn reported<'a>(shown: &Shown<'a>, finding: &'a Finding, fingerprint: String) -> Reported<'a> {
    let chain =
        finding.chain.iter().map(|hop| ReportedHop { place: place(shown, hop.file, hop.span), caller: &hop.caller, callee: &hop.callee });
    let context = (!finding.entry.is_empty()).then(|| Context {
        kind: finding.on,
        entry: &finding.entry,
        place: place(shown, finding.entry_file, finding.entry_span),
        through: &finding.way,
    });
    Reported {
        rule: finding.rule,
        fingerprint,
        severity: severity(finding.severity),
        confidence: confidence(finding.confidence),
        message: &finding.message,
        place: place(shown, finding.file, finding.span),
        anchor: shown.anchor(finding).map(|(file, span)| place(shown, file, span)),
        context,
        chain: chain.collect(),
        more_sinks: finding.more_sinks,
        labels: finding
            .labels
            .iter()
            .map(|label| ReportedLabel { place: place(shown, label.file, label.span), text: &label.text })
            .collect(),
        why: &finding.why,
        help: &finding.help,
        source: &finding.source_url,
    }
}

/// The document, ended by a line break.
///
/// # Errors
/// None is expected: every part is a plain value. serde's error is passed on.
pub fn render(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let counts = &shown.analysis.counts;
    let document = Document {
        version: VERSION,
        tool: Tool { name: "loopwarden", version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            findings: shown.findings.len(),
            causes: shown.causes(),
            files: shown.analysis.sources.len(),
            functions: counts.functions,
            functions_on_loop: counts.loop_functions,
            calls: counts.calls,
            calls_resolved: counts.resolved,
            calls_unknown_receiver: counts.unknown_receiver,
            hidden_by_severity: shown.below_severity,
            hidden_by_confidence: shown.below_confidence,
            ignored: shown.analysis.suppressed.len(),
            known: shown.baseline.map_or(0, |known| known.findings),
            elsewhere: shown.elsewhere,
            unchanged: shown.unchanged,
        },
        findings: all(shown).collect(),
        problems: shown.problems(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
