//! SonarQube's generic issues, as
//! <https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/importing-external-issues/generic-issue-import-format> describes
//! them since 10.3: `rules`, and `issues` that name them. Lines count from 1, columns from 0, in UTF-16 code units as Java counts; the end
//! is exclusive. Severity belongs to the rule there, so an issue has none of its own.

use super::place::{Unit, region};
use super::{Shown, page, sentence};
use crate::base::{Source, Span};
use crate::finding::{Finding, Severity};
use crate::rules::{RULES, Rule};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Report<'a> {
    rules: Vec<Described>,
    issues: Vec<Issue<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    id: &'static str,
    name: &'static str,
    description: String,
    engine_id: &'static str,
    clean_code_attribute: &'static str,
    /// Of servers in the standard mode; the others read `impacts`.
    #[serde(rename = "type")]
    kind: &'static str,
    severity: &'static str,
    impacts: [Impact; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Impact {
    software_quality: &'static str,
    severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    rule_id: &'a str,
    primary_location: Location<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secondary_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    message: String,
    file_path: &'a str,
    text_range: TextRange,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TextRange {
    start_line: usize,
    end_line: usize,
    start_column: usize,
    end_column: usize,
}

fn described(rule: &Rule) -> Described {
    let (kind, quality, attribute) =
        if rule.group == "comments" { ("CODE_SMELL", "MAINTAINABILITY", "CLEAR") } else { ("BUG", "RELIABILITY", "EFFICIENT") };
    let (severity, impact) = match rule.severity {
        Severity::Error => ("CRITICAL", "HIGH"),
        Severity::Warning => ("MAJOR", "MEDIUM"),
        Severity::Info => ("MINOR", "LOW"),
    };
    Described {
        id: rule.id,
        name: rule.id,
        description: format!("{} {}", page::title(rule), super::page_url(rule.id)),
        engine_id: "loopwarden",
        clean_code_attribute: attribute,
        kind,
        severity,
        impacts: [Impact { software_quality: quality, severity: impact }],
    }
}

fn location(source: &Source, span: Span, message: String) -> Location<'_> {
    let at = region(source, span, Unit::Utf16);
    let text_range = TextRange { start_line: at.line, end_line: at.end_line, start_column: at.column - 1, end_column: at.end_column - 1 };
    Location { message, file_path: &source.path, text_range }
}

fn issue<'a>(shown: &'a Shown<'_>, finding: &'a Finding) -> Issue<'a> {
    let hops = finding
        .chain
        .iter()
        .skip(1)
        .map(|hop| location(&shown.analysis.sources[hop.file], hop.span, format!("{} calls {}", hop.caller, hop.callee)));
    let labels = finding.labels.iter().map(|label| location(&shown.analysis.sources[label.file], label.span, label.text.clone()));
    let message = format!("{}; {}", sentence(finding), finding.help);
    let (source, span) = shown.spot(finding);
    Issue { rule_id: finding.rule, primary_location: location(source, span, message), secondary_locations: hops.chain(labels).collect() }
}

/// The report, ended by a line break.
pub(super) fn render(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let used: BTreeSet<&str> = shown.findings.iter().map(|finding| finding.rule).collect();
    let rules = RULES.iter().filter(|rule| used.contains(rule.id)).map(described).collect();
    let issues = shown.findings.iter().map(|finding| issue(shown, finding)).collect();
    let mut text = serde_json::to_string_pretty(&Report { rules, issues })?;
    text.push('\n');
    Ok(text)
}
