//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), with what GitHub's code scanning reads of it
//! (<https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>).
//!
//! Lines and columns count from 1, columns in UTF-16 code units, the end exclusive. Files below the working folder are relative to
//! `%SRCROOT%`. What comments suppress is in the results, with its reason; what the baseline knows is not. Code scanning computes a
//! `primaryLocationLineHash` of its own beside our fingerprint.

mod document;

use super::fingerprint::{Fingerprints, suppressed};
use super::place::{Unit, file_uri, region, relative_uri};
use super::{HOME, Shown, confidence, count, details, page, page_url, sentence};
use crate::base::{Source, Span};
use crate::config::{absolute, below};
use crate::finding::{Confidence, Finding, Severity, Suppressed};
use crate::rules::{RULES, Rule, Status};
use document::{
    ArtifactLocation, CodeFlow, Configuration, Descriptor, Driver, Help, Invocation, Level, Location, Log, Message, Notification,
    PhysicalLocation, Region, RelatedLocation, ResultProperties, RuleProperties, Run, SarifResult, Suppression, ThreadFlow,
    ThreadFlowLocation, Tool,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What relative URIs are relative to.
const ROOT: &str = "%SRCROOT%";

/// The fingerprint's name, with the version of its meaning.
const FINGERPRINT: &str = "loopwardenFingerprint/v1";

/// What a reader takes.
#[derive(Clone, Copy)]
struct Limits {
    results: usize,
    /// Compressed by gzip.
    bytes: usize,
    /// Of a code flow, and of related locations.
    locations: usize,
}

/// What code scanning takes (<https://docs.github.com/code-security/code-scanning/troubleshooting-sarif>). Of locations it takes more
/// and shows a thousand.
const CODE_SCANNING: Limits = Limits { results: 25_000, bytes: 10 << 20, locations: 1_000 };

/// The log, ended by a line break.
pub(super) fn render(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    within(shown, CODE_SCANNING)
}

/// A finding on its way into the log.
struct Candidate<'a> {
    finding: &'a Finding,
    fingerprint: String,
    suppressed: Option<&'a Suppressed>,
}

/// The log with as many results as the limits allow, the worst and surest first.
fn within(shown: &Shown<'_>, limits: Limits) -> Result<String, serde_json::Error> {
    let fingerprints = Fingerprints::new(shown);
    let told = suppressed(shown);
    let mut all: Vec<Candidate<'_>> = shown
        .findings
        .iter()
        .zip(fingerprints.shown)
        .map(|(finding, fingerprint)| Candidate { finding, fingerprint, suppressed: None })
        .chain(told.into_iter().zip(fingerprints.suppressed).map(|(one, fingerprint)| Candidate {
            finding: &one.finding,
            fingerprint,
            suppressed: Some(one),
        }))
        .collect();
    let found = all.len();
    all.sort_by_key(|one| (one.suppressed.is_some(), Reverse(one.finding.severity), Reverse(one.finding.confidence), one.finding.order()));
    all.truncate(limits.results);
    loop {
        let mut text = serde_json::to_string(&log(shown, &all, found, limits))?;
        text.push('\n');
        let size = compressed(&text, limits.bytes);
        if size <= limits.bytes || all.is_empty() {
            return Ok(text);
        }
        // What remains is in proportion, and a little less: the rules' pages stay whole.
        all.truncate((all.len() * limits.bytes / size * 9 / 10).min(all.len() - 1));
    }
}

/// How long the text is once compressed; its length where that is below the limit already.
fn compressed(text: &str, limit: usize) -> usize {
    /// Header and trailer of a gzip member (RFC 1952).
    const WRAPPER: usize = 18;
    if text.len() + WRAPPER <= limit {
        return text.len();
    }
    miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 6).len() + WRAPPER
}

fn log<'a>(shown: &'a Shown<'_>, kept: &[Candidate<'a>], found: usize, limits: Limits) -> Log<'a> {
    let mut in_order: Vec<&Candidate<'_>> = kept.iter().collect();
    in_order.sort_by_key(|one| one.finding.order());
    let any_suppressed = kept.iter().any(|one| one.suppressed.is_some());
    let mut cut = 0;
    let results = in_order.iter().map(|one| result(shown, one, any_suppressed, limits, &mut cut)).collect();
    let mut notices = Vec::new();
    if kept.len() < found {
        let message = format!(
            "{} of {} are left out, the least severe and sure first: code scanning takes {} and {} MB compressed",
            found - kept.len(),
            count(found, "result"),
            limits.results,
            limits.bytes >> 20,
        );
        notices.push(Notification { level: Level::Warning, message: Message::new(message) });
    }
    if cut > 0 {
        let message = format!("{} shortened to {} locations", count(cut, "chain"), limits.locations);
        notices.push(Notification { level: Level::Note, message: Message::new(message) });
    }
    notices.extend(shown.problems().into_iter().map(|text| Notification { level: Level::Warning, message: Message::new(text) }));
    let root = ArtifactLocation { uri: format!("{}/", file_uri(&shown.folders.working).trim_end_matches('/')), uri_base_id: None };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "loopwarden",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: HOME,
                    rules: RULES.iter().map(descriptor).collect(),
                },
            },
            invocations: [Invocation { execution_successful: shown.analysis.panicked == 0, tool_execution_notifications: notices }],
            original_uri_base_ids: BTreeMap::from([(ROOT, root)]),
            column_kind: "utf16CodeUnits",
            results,
        }],
    }
}

fn level(of: Severity) -> Level {
    match of {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Note,
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    // Links between pages lead from there, not from here.
    let page = RULES
        .iter()
        .fold(page::page(rule), |page, other| page.replace(&format!("]({}.md)", other.id), &format!("]({})", page_url(other.id))));
    let tags = std::iter::once(rule.group).chain((rule.status == Status::Preview).then_some("preview")).collect();
    Descriptor {
        id: rule.id,
        name: pascal(rule.id),
        short_description: Message::new(page::title(rule).to_owned()),
        full_description: Message::new(page::title(rule).to_owned()),
        help: Help { text: format!("{}\n{}", page::title(rule), page_url(rule.id)), markdown: page },
        help_uri: page_url(rule.id),
        default_configuration: Configuration { enabled: rule.status == Status::Stable, level: level(rule.severity) },
        properties: RuleProperties {
            tags,
            // The false alarms of a rule in preview have not been counted, or are too many.
            precision: if rule.status == Status::Stable { "high" } else { "medium" },
            problem_severity: match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

/// `blocking-sleep` as `BlockingSleep`: names are written so in SARIF.
fn pascal(id: &str) -> String {
    let words = id.split('-').map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)));
    words.flatten().collect()
}

/// A file: relative to the root where it lies below it.
fn artifact(shown: &Shown<'_>, source: &Source) -> ArtifactLocation {
    let path = absolute(&shown.folders.working, &source.path);
    match below(&path, &shown.folders.working) {
        Some(relative) => ArtifactLocation { uri: relative_uri(relative), uri_base_id: Some(ROOT) },
        None => ArtifactLocation { uri: file_uri(&path), uri_base_id: None },
    }
}

fn physical(shown: &Shown<'_>, source: &Source, span: Span) -> PhysicalLocation {
    let at = region(source, span, Unit::Utf16);
    PhysicalLocation {
        artifact_location: artifact(shown, source),
        region: Region { start_line: at.line, start_column: at.column, end_line: at.end_line, end_column: at.end_column },
    }
}

fn result<'a>(shown: &'a Shown<'_>, one: &Candidate<'a>, any_suppressed: bool, limits: Limits, cut: &mut usize) -> SarifResult<'a> {
    let finding = one.finding;
    let (source, span) = shown.spot(finding);
    let mut flow = steps(shown, finding);
    if flow.len() > limits.locations {
        *cut += 1;
        // The end tells what blocks, so the middle goes.
        let end = flow.split_off(flow.len() - limits.locations / 2);
        flow.truncate(limits.locations - end.len());
        flow.extend(end);
    }
    let related = related(shown, finding, limits.locations);
    let suppressions = one.suppressed.map(|suppressed| Suppression { kind: "inSource", justification: suppressed.reason.as_deref() });
    let text = format!("{}\n{}", sentence(finding), details(shown, finding).last().map_or("", String::as_str));
    SarifResult {
        rule_id: finding.rule,
        rule_index: RULES.iter().position(|rule| rule.id == finding.rule),
        level: level(finding.severity),
        message: Message::new(text),
        locations: [Location { physical_location: physical(shown, source, span), message: None }],
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, one.fingerprint.clone())]),
        code_flows: if flow.is_empty() { Vec::new() } else { vec![CodeFlow { thread_flows: [ThreadFlow { locations: flow }] }] },
        related_locations: related,
        // All results of a run say whether they are suppressed, or none does (section 3.27.23).
        suppressions: any_suppressed.then(|| suppressions.into_iter().collect()),
        properties: ResultProperties { confidence: confidence(finding.confidence), why: &finding.why, source: &finding.source_url },
    }
}

/// The way from the entry to what blocks.
fn steps(shown: &Shown<'_>, finding: &Finding) -> Vec<ThreadFlowLocation> {
    let mut steps = Vec::new();
    if finding.chain.is_empty() {
        return steps;
    }
    let mut push = |file, span, text: String, importance| {
        let location =
            Location { physical_location: physical(shown, &shown.analysis.sources[file], span), message: Some(Message::new(text)) };
        steps.push(ThreadFlowLocation { location, importance, nesting_level: steps.len(), execution_order: steps.len() + 1 });
    };
    if !finding.entry.is_empty() {
        let sure = if finding.confidence == Confidence::High { "" } else { ", perhaps" };
        push(finding.entry_file, finding.entry_span, format!("on the event loop{sure}: {}", finding.entry), "important");
    }
    for (at, hop) in finding.chain.iter().enumerate() {
        let importance = if at == 0 || at + 1 == finding.chain.len() { "essential" } else { "important" };
        push(hop.file, hop.span, format!("{} calls {}", hop.caller, hop.callee), importance);
    }
    steps
}

/// Places that the message speaks of: the entry, parts of a pattern.
fn related(shown: &Shown<'_>, finding: &Finding, most: usize) -> Vec<RelatedLocation> {
    let entry = (!finding.entry.is_empty()).then(|| (finding.entry_file, finding.entry_span, finding.entry.clone()));
    let labels = finding.labels.iter().map(|label| (label.file, label.span, label.text.clone()));
    let all = entry.into_iter().chain(labels).take(most).enumerate();
    all.map(|(id, (file, span, text))| RelatedLocation {
        id,
        physical_location: physical(shown, &shown.analysis.sources[file], span),
        message: Message::new(text),
    })
    .collect()
}

#[cfg(test)]
mod tests;
