//! Findings to bytes: one file a format. Lines and columns exist only here.

pub mod concise;
pub mod fault;
mod fingerprint;
pub mod format;
pub mod full;
mod github;
mod gitlab;
pub mod json;
mod jsonl;
mod junit;
mod markdown;
pub mod page;
pub mod place;
mod rdjson;
mod sarif;
mod sonar;

use crate::base::{FileId, Source, Span};
use crate::config::Settings;
use crate::discover::{Discovery, MAX_BYTES, Unusable};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Severity};
pub use crate::finding::{confidence_word as confidence, severity_word as severity};
use crate::pipeline::Analysis;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write as _;
use std::time::Duration;

/// Where the program is published.
pub const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// The published page of a rule.
#[must_use]
pub fn page_url(rule: &str) -> String {
    format!("{HOME}/blob/main/docs/rules/{rule}.md")
}

/// Longer source lines are cut: a snippet is to be read at a glance.
const WIDTH: usize = 120;

/// Files with syntax errors that are named.
const SHOWN: usize = 5;

/// What is shown of a run.
pub struct Shown<'a> {
    /// The run.
    pub analysis: &'a Analysis,
    /// What was read.
    pub discovery: &'a Discovery,
    /// Where it was run.
    pub folders: Folders,
    /// Findings that passed the filters, in order of place.
    pub findings: Vec<&'a Finding>,
    /// Those that have the least severity and confidence: what the baseline knows is among them.
    passed: Vec<&'a Finding>,
    least: Least,
    /// Findings kept back for their severity.
    pub below_severity: usize,
    /// Findings kept back for their confidence.
    pub below_confidence: usize,
    /// What the baseline knows.
    pub baseline: Option<Known>,
    /// Findings kept back for they touch no file that was named.
    pub elsewhere: usize,
    /// Findings kept back for no change caused them.
    pub unchanged: usize,
    /// Where a change touches a finding, by `Shown::key`.
    pub anchors: FxHashMap<usize, (FileId, Span)>,
}

/// What a baseline is to a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Findings that it knows.
    pub findings: usize,
    /// Its entries that are fixed.
    pub fixed: usize,
    /// Its entries that are fixed in part: the call leads to something else yet.
    pub lessened: usize,
    /// Its entries that do not say what else their call leads to.
    pub silent: usize,
}

/// The least that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Least {
    /// Severity.
    pub severity: Severity,
    /// Confidence.
    pub confidence: Confidence,
}

/// The folders that paths are told from, absolute.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The working folder: shown paths are relative to it.
    pub working: String,
    /// The folder that the run's files belong to: paths in fingerprints are relative to it.
    pub root: String,
}

impl Folders {
    /// Those of a run with these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self { working: settings.absolute(""), root: settings.root().to_owned() }
    }
}

impl Default for Folders {
    fn default() -> Self {
        Self { working: "/".to_owned(), root: "/".to_owned() }
    }
}

impl<'a> Shown<'a> {
    /// Filters findings.
    #[must_use]
    pub fn new(analysis: &'a Analysis, discovery: &'a Discovery, least: Least) -> Self {
        let (mut findings, mut below_severity, mut below_confidence) = (Vec::new(), 0, 0);
        for finding in &analysis.findings {
            if finding.confidence < least.confidence {
                below_confidence += 1;
            } else if finding.severity < least.severity {
                below_severity += 1;
            } else {
                findings.push(finding);
            }
        }
        let anchors = FxHashMap::default();
        let passed = findings.clone();
        let folders = Folders::default();
        Self {
            analysis,
            discovery,
            folders,
            findings,
            passed,
            least,
            below_severity,
            below_confidence,
            baseline: None,
            elsewhere: 0,
            unchanged: 0,
            anchors,
        }
    }

    /// What tells one finding of a run from all others, as long as the run is there.
    #[must_use]
    pub fn key(finding: &Finding) -> usize {
        std::ptr::from_ref(finding).addr()
    }

    /// The place where a change touches a finding, for a comment on the change: its own or another of its chain. `None`
    /// where no change was asked for.
    #[must_use]
    pub fn anchor(&self, finding: &Finding) -> Option<(FileId, Span)> {
        self.anchors.get(&Self::key(finding)).copied()
    }

    /// A place as `path:line:column`.
    #[must_use]
    pub fn place(&self, file: FileId, span: Span) -> String {
        let source = &self.analysis.sources[file];
        let (line, column) = source.line_column(span.start);
        format!("{}:{line}:{column}", source.path)
    }

    /// How the first function of a chain comes to run on the loop, in words; `None` where a rule asks for no context.
    #[must_use]
    pub fn whence(&self, finding: &Finding) -> Option<String> {
        if finding.entry.is_empty() {
            return None;
        }
        let entry = self.place(finding.entry_file, finding.entry_span);
        let way = if finding.way.is_empty() { String::new() } else { format!(", through {}", finding.way.join(" -> ")) };
        let place = match finding.on {
            ContextKind::Loop => "on the event loop".to_owned(),
            ContextKind::Startup => "at start-up".to_owned(),
            other => format!("in a {}", other.word()),
        };
        Some(format!("{place}: {} at {entry}{way} ({} confidence)", finding.entry, confidence(finding.confidence)))
    }

    /// The place where a server shows a finding, for formats that have one: the change that caused it, else its own.
    fn spot(&self, finding: &Finding) -> (&'a Source, Span) {
        let (file, span) = self.anchor(finding).unwrap_or((finding.file, finding.span));
        (&self.analysis.sources[file], span)
    }

    /// Distinct calls at the end of the chains.
    #[must_use]
    pub fn causes(&self) -> usize {
        let sinks: FxHashSet<_> = self.findings.iter().map(|finding| cause(finding)).collect();
        sinks.len()
    }

    /// One line: findings, causes, files, functions on a loop, share of calls resolved, time.
    #[must_use]
    pub fn summary(&self, time: Option<Duration>) -> String {
        let counts = &self.analysis.counts;
        let mut line = format!(
            "{} from {} in {}; {} of {} run on an event loop; {}% of {} resolved",
            count(self.findings.len(), "finding"),
            count(self.causes(), "cause"),
            count(self.analysis.sources.len(), "file"),
            counts.loop_functions,
            count(counts.functions, "function"),
            counts.percent_resolved(),
            count(counts.calls, "call"),
        );
        if let Some(time) = time {
            _ = write!(line, "; {:.1} s", time.as_secs_f64());
        }
        let mut hidden = Vec::new();
        if self.below_severity > 0 {
            hidden.push(format!("{} of lower severity (--min-severity info)", self.below_severity));
        }
        if self.below_confidence > 0 {
            hidden.push(format!("{} of lower confidence (--min-confidence low)", self.below_confidence));
        }
        if !hidden.is_empty() {
            _ = write!(line, "\nhidden: {}", hidden.join(", "));
        }
        if !self.analysis.suppressed.is_empty() {
            _ = write!(line, "\nignored by comments: {}", count(self.analysis.suppressed.len(), "finding"));
        }
        if self.unchanged > 0 {
            _ = write!(line, "\nnot of this change: {}", count(self.unchanged, "finding"));
        }
        if self.elsewhere > 0 {
            _ = write!(line, "\nelsewhere: {} (--scope all)", count(self.elsewhere, "finding"));
        }
        if let Some(Known { findings, fixed, lessened, silent }) = self.baseline {
            _ = write!(line, "\nbaseline: {} known", count(findings, "finding"));
            match (fixed, lessened) {
                (0, 0) => {}
                (fixed, 0) => _ = write!(line, "; {fixed} of its entries fixed: `loopwarden baseline prune`"),
                (0, lessened) => _ = write!(line, "; {lessened} of its entries fixed in part: `loopwarden baseline prune`"),
                _ => _ = write!(line, "; {fixed} of its entries fixed, {lessened} in part: `loopwarden baseline prune`"),
            }
            if silent > 0 {
                _ = write!(line, "; {silent} of its entries do not say what else their calls reach: `loopwarden baseline update`");
            }
        }
        line
    }

    /// What could not be read, one line each: unusable files, then the share lost to syntax errors.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.problems_with(self.discovery.problems.iter())
    }

    /// The same with one line for all files that are too large.
    #[must_use]
    pub fn problems_in_short(&self) -> Vec<String> {
        let large = self.discovery.problems.iter().filter_map(|problem| Some((problem.large?, &problem.path)));
        let number = large.clone().count();
        let mut lines: Vec<String> = large.max().map(|largest| too_large(number, largest)).into_iter().collect();
        lines.extend(self.problems_with(self.discovery.problems.iter().filter(|problem| problem.large.is_none())));
        lines
    }

    fn problems_with<'b>(&self, unusable: impl Iterator<Item = &'b Unusable>) -> Vec<String> {
        let mut lines: Vec<String> = unusable.map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
        let broken: Vec<_> = self.analysis.summaries.iter_enumerated().filter(|(_, summary)| !summary.problems.is_empty()).collect();
        for (file, summary) in broken.iter().take(SHOWN) {
            for problem in summary.problems.iter().take(1) {
                lines.push(format!("{}: {}", self.place(*file, problem.span.unwrap_or_default()), problem.message));
            }
        }
        if broken.len() > SHOWN {
            lines.push(format!("{} more files with syntax errors; the rest of each was analysed", broken.len() - SHOWN));
        }
        lines
    }
}

fn too_large(number: usize, (bytes, path): (u64, &String)) -> String {
    let (are, them) = if number == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "{} over {} MB {are} not read, the largest {path} ({}.{} MB); `--show-files` lists {them}, `exclude` in the configuration leaves {them} out",
        count(number, "file"),
        MAX_BYTES / 1_000_000,
        bytes / 1_000_000,
        bytes % 1_000_000 / 100_000,
    )
}

/// The message with the chain's names: what a format without a place for chains says in one line.
#[must_use]
pub fn sentence(finding: &Finding) -> String {
    let via = concise::via(finding);
    if via.is_empty() { finding.message.clone() } else { format!("{} (via {via})", finding.message) }
}

/// What follows the message in formats that take plain text: the chain hop by hop, where, why, help. One line each.
#[must_use]
pub fn details(shown: &Shown<'_>, finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, hop) in finding.chain.iter().enumerate() {
        lines.push(format!("{}. {} {} calls {}", at + 1, shown.place(hop.file, hop.span), hop.caller, hop.callee));
    }
    lines.extend(shown.whence(finding).map(|whence| format!("where: {whence}")));
    lines.push(format!("why: {}", finding.why));
    lines.push(format!("help: {}", finding.help));
    lines
}

/// What makes two findings one cause: the rule and the last call of the chain, or the place where there is none.
#[must_use]
pub fn cause(finding: &Finding) -> (&'static str, FileId, Span) {
    finding.chain.last().map_or((finding.rule, finding.file, finding.span), |hop| (finding.rule, hop.file, hop.span))
}

/// `1 finding`, `2 findings`, `1,234 files`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(1_234_567, "file"), "1,234,567 files");
        assert_eq!(count(100, "file"), "100 files");
    }
}
