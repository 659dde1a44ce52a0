//! Findings of rules that look at single calls, and how the functions run that make them.

use crate::base::Name;
use crate::contexts::{NOT_REACHED, Origin, SERVING};
use crate::effects::shown_path;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::link::{CallAt, FuncAt};
use crate::rules::check::draft::{Draft, Root};
use crate::rules::{Program, Rule};

/// What a rule says of a call.
pub struct Said<'s> {
    /// The call that has to change.
    pub call: CallAt,
    /// The library's path that it calls.
    pub path: Name,
    /// How the function that makes it comes to run, where that matters.
    pub root: Option<(ContextKind, &'s Origin)>,
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
        let root = self.root.map(|(on, origin)| match on {
            ContextKind::Loop => Root::on_loop(program, from, origin),
            _ => Root::new(on, origin),
        });
        let draft = Draft {
            severity: self.severity,
            confidence: self.confidence,
            message: self.message,
            why: self.why,
            help: self.help,
            source: self.source.to_owned(),
            place: (self.call.file, call.span),
            chain: chain.collect(),
            root,
            labels: self.labels,
        };
        draft.finding(rule)
    }
}

/// Why code at a call is let go that runs but once or nowhere: tests, scripts, start-up; none where it is not.
#[must_use]
pub fn once(program: &Program<'_, '_>, call: CallAt, from: FuncAt) -> Option<&'static str> {
    let guarded = program.input.summaries[call.file].calls[call.id].main_guard;
    match program.contexts.aside(from, &SERVING) {
        Some("start-up" | NOT_REACHED) if guarded => Some("script"),
        reason => reason.filter(|reason| *reason != NOT_REACHED),
    }
}
