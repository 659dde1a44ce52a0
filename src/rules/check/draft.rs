//! What a rule says of a place, made a finding.

use crate::base::{FileId, Span};
use crate::contexts::Origin;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::link::FuncAt;
use crate::rules::{Program, Rule};

/// How the first function of a finding comes to run where it does.
pub struct Root<'p> {
    /// Where it runs.
    pub on: ContextKind,
    /// The entry.
    pub origin: &'p Origin,
    /// Functions from the entry to the first of the chain, which is left out.
    pub way: Vec<String>,
}

impl<'p> Root<'p> {
    /// The function that the entry itself runs there.
    #[must_use]
    pub fn new(on: ContextKind, origin: &'p Origin) -> Self {
        Self { on, origin, way: Vec::new() }
    }

    /// Of a function on a loop, with the functions that lead to it.
    #[must_use]
    pub fn on_loop(program: &Program<'_, '_>, func: FuncAt, origin: &'p Origin) -> Self {
        let way = program.contexts.way_to(func).into_iter().map(|func| program.input.func_name(func));
        Self { on: ContextKind::Loop, origin, way: way.collect() }
    }

    /// The same by callers that are known to be the ones, the outermost first.
    #[must_use]
    pub fn through(program: &'p Program<'_, '_>, func: FuncAt, origin: &'p Origin, callers: &[FuncAt]) -> Self {
        let outermost = callers.first().and_then(|first| Some((*first, program.contexts.origin(*first, ContextKind::Loop)?)));
        let Some((first, origin)) = outermost else { return Self::on_loop(program, func, origin) };
        let mut way = program.contexts.way_to(first);
        way.retain(|func| !callers.contains(func));
        way.extend(callers);
        Self { on: ContextKind::Loop, origin, way: way.into_iter().map(|func| program.input.func_name(func)).collect() }
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
    /// How the first function comes to run, where that matters.
    pub root: Option<Root<'p>>,
    /// Other places.
    pub labels: Vec<Label>,
}

impl Draft<'_> {
    /// The finding.
    #[must_use]
    pub fn finding(self, rule: &Rule) -> Finding {
        let (file, span) = self.place;
        let (on, entry, entry_file, entry_span, way) = match self.root {
            Some(Root { on, origin, way }) => (on, origin.label.clone(), origin.file, origin.span, way),
            None => (ContextKind::Loop, String::new(), file, span, Vec::new()),
        };
        Finding {
            rule: rule.id,
            severity: self.severity,
            confidence: self.confidence,
            message: self.message,
            file,
            span,
            chain: self.chain,
            on,
            entry,
            entry_file,
            entry_span,
            way,
            why: self.why,
            help: self.help,
            source_url: self.source,
            more_sinks: 0,
            labels: self.labels,
        }
    }
}
