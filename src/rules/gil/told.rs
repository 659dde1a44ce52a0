//! Findings of rules that look at single calls, and how the functions run that make them.

use crate::base::Name;
use crate::contexts::Origin;
use crate::effects::shown_path;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::link::{CallAt, FuncAt};
use crate::rules::{Program, Rule};

/// What a rule says of a call.
pub struct Said<'s> {
    /// The call that has to change.
    pub call: CallAt,
    /// The library's path that it calls.
    pub path: Name,
    /// How the function that makes it comes to run, where that matters.
    pub root: Option<&'s Origin>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// Why, in one or two sentences.
    pub why: String,
    /// What to write instead.
    pub help: String,
    /// Where that is documented.
    pub source: &'static str,
    /// Other places.
    pub labels: Vec<Label>,
    /// The calls from that one to the library, with the functions that they call; empty where it calls the library itself.
    pub steps: Vec<Step>,
}

/// A call of a chain, and the function that it calls; none for the library.
pub type Step = (CallAt, Option<FuncAt>);

impl Said<'_> {
    /// The finding.
    #[must_use]
    pub fn finding(self, rule: &Rule, program: &Program<'_, '_>) -> Finding {
        let input = program.input;
        let call = &input.summaries[self.call.file].calls[self.call.id];
        let from = FuncAt { file: self.call.file, id: call.func };
        let steps = if self.steps.is_empty() { vec![(self.call, None)] } else { self.steps };
        let chain = steps.into_iter().map(|(at, to)| {
            let call = &input.summaries[at.file].calls[at.id];
            let callee = to.map_or_else(|| shown_path(input.facts_of(at.file), self.path), |to| input.func_name(to));
            Hop { file: at.file, span: call.span, caller: input.func_name(FuncAt { file: at.file, id: call.func }), callee }
        });
        let way = if self.root.is_some() { program.contexts.way_to(from) } else { Vec::new() };
        Finding {
            rule: rule.id,
            severity: self.severity,
            confidence: self.confidence,
            message: self.message,
            file: self.call.file,
            span: call.span,
            chain: chain.collect(),
            entry: self.root.map(|root| root.label.clone()).unwrap_or_default(),
            entry_file: self.root.map_or(self.call.file, |root| root.file),
            entry_span: self.root.map_or(call.span, |root| root.span),
            way: way.into_iter().map(|func| input.func_name(func)).collect(),
            why: self.why,
            help: self.help,
            source_url: self.source.to_owned(),
            more_sinks: 0,
            labels: self.labels,
        }
    }
}

/// Why code at a call is let go that runs but once or nowhere: tests, scripts, start-up; none where it is not.
#[must_use]
pub fn once(program: &Program<'_, '_>, call: CallAt, from: FuncAt) -> Option<&'static str> {
    let on = |kind| program.contexts.origin(from, kind).is_some();
    if on(ContextKind::Test) {
        return Some("test");
    }
    if on(ContextKind::Loop) || on(ContextKind::Thread) || on(ContextKind::Process) {
        return None;
    }
    if on(ContextKind::Script) || program.input.summaries[call.file].calls[call.id].main_guard {
        Some("script")
    } else {
        on(ContextKind::Startup).then_some("start-up")
    }
}
