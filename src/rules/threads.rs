//! What the rules on threads share: what is handed to one, what lies below it, and how a finding is told.

pub mod below;
pub mod handed;
pub mod pure;

use crate::base::{FileId, Span};
use crate::contexts::Origin;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::link::FuncAt;
use crate::rules::{Program, Rule};

/// Whether the entry of a rule's findings is that of a thread, not of a loop.
#[must_use]
pub fn begins_in_thread(rule: &str) -> bool {
    [super::loop_touched_from_thread::RULE, super::polling_thread::RULE].iter().any(|of| of.id == rule)
}

/// Why a function that would matter on a loop does not; none where it runs on one.
#[must_use]
pub fn off_loop(program: &Program<'_, '_>, func: FuncAt) -> Option<&'static str> {
    let on = |kind| program.contexts.origin(func, kind).is_some();
    if on(ContextKind::Test) {
        Some("test")
    } else if on(ContextKind::Loop) {
        None
    } else if on(ContextKind::Script) {
        Some("script")
    } else if on(ContextKind::Startup) {
        Some("start-up")
    } else {
        Some("not reached")
    }
}

/// A finding in the making.
pub struct Draft<'p> {
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// Why it is bad.
    pub why: String,
    /// What to write.
    pub help: String,
    /// Where that is documented.
    pub source: String,
    /// The primary place.
    pub place: (FileId, Span),
    /// Calls from there.
    pub chain: Vec<Hop>,
    /// The entry by which the first function runs where it does, if there is one.
    pub origin: Option<&'p Origin>,
    /// Functions from the entry to the first of the chain.
    pub way: Vec<String>,
    /// Other places.
    pub labels: Vec<Label>,
}

impl Draft<'_> {
    /// The finding.
    #[must_use]
    pub fn finding(self, rule: &Rule) -> Finding {
        let (file, span) = self.place;
        Finding {
            rule: rule.id,
            severity: self.severity,
            confidence: self.confidence,
            message: self.message,
            file,
            span,
            chain: self.chain,
            entry: self.origin.map_or_else(String::new, |origin| origin.label.clone()),
            entry_file: self.origin.map_or(file, |origin| origin.file),
            entry_span: self.origin.map_or(span, |origin| origin.span),
            way: self.way,
            why: self.why,
            help: self.help,
            source_url: self.source,
            more_sinks: 0,
            labels: self.labels,
        }
    }
}

/// The names of the functions from a loop's entry to one that it reaches.
#[must_use]
pub fn way_to(program: &Program<'_, '_>, func: FuncAt) -> Vec<String> {
    program.contexts.way_to(func).into_iter().map(|func| program.input.func_name(func)).collect()
}
