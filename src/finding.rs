//! What a check gives: findings with their chain, and what was considered and let go.

use crate::base::{FileId, Span};
use crate::facts::ContextKind;

/// How bad it is if true.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth mending.
    Warning,
    /// Stalls the loop.
    Error,
}

/// How sure the tool is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Resolved by name alone, or nothing shows that others wait.
    Low,
    /// No known entry reaches it, or one hop is a likely one.
    Medium,
    /// Known entry, resolved chain.
    High,
}

/// One hop of a chain: a call made at `span`, to `callee`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// The file of the call.
    pub file: FileId,
    /// The call, in bytes.
    pub span: Span,
    /// The function that makes the call.
    pub caller: String,
    /// What is called: a function's name, or the library path of the last hop (`requests.get`).
    pub callee: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// The file of the primary place.
    pub file: FileId,
    /// The primary place, in bytes.
    pub span: Span,
    /// The chain; its first hop is the primary place, its last hop reaches the fact. Empty where a rule follows no calls.
    pub chain: Vec<Hop>,
    /// Where the entry runs the function, if there is one.
    pub on: ContextKind,
    /// How the function comes to run there: `FastAPI route`, `async function`. Empty where a rule asks for no context.
    pub entry: String,
    /// Where that entry is registered or defined.
    pub entry_file: FileId,
    /// Its place, in bytes.
    pub entry_span: Span,
    /// Functions from the entry to the first of the chain, which is left out; empty where that is the entry.
    pub way: Vec<String>,
    /// Why the last hop blocks (the fact's note).
    pub why: String,
    /// What to write instead.
    pub help: String,
    /// Where the fact is documented.
    pub source_url: String,
    /// Further sinks of the same rule below the same call.
    pub more_sinks: usize,
    /// Other places that the message speaks of: parts of a pattern.
    pub labels: Vec<Label>,
}

/// What is said of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// The place, in bytes.
    pub span: Span,
    /// A few words.
    pub text: String,
}

impl Finding {
    /// What findings are ordered by: place, then rule.
    #[must_use]
    pub fn order(&self) -> (FileId, Span, &'static str) {
        (self.file, self.span, self.rule)
    }
}

/// A finding that a comment suppresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The reason that the comment gives.
    pub reason: Option<String>,
}

/// A place that a rule looked at and let go.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleared {
    /// The rule's id.
    pub rule: &'static str,
    /// The file.
    pub file: FileId,
    /// The call.
    pub span: Span,
    /// `offloaded`, `start-up`, `script`, `test`, `worker thread`, `not reached`, `monkey patch`, `argument`, `assumed`, `bounded text`,
    /// `ignored`, `configuration`.
    pub reason: String,
}

/// The severity as written.
#[must_use]
pub fn severity_word(of: Severity) -> &'static str {
    match of {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// The confidence as written.
#[must_use]
pub fn confidence_word(of: Confidence) -> &'static str {
    match of {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}
