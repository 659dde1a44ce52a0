//! Findings on asynchronous code.

use crate::base::Span;
use crate::contexts::{NOT_REACHED, Origin, SERVING};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::ir::Expr;
use crate::link::{At, CallAt, FuncAt};
use crate::rules::check::draft::{Draft, Root};
use crate::rules::{Program, Rule};

/// What a rule says of a place.
pub struct Said {
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// The mechanism.
    pub why: String,
    /// What to write.
    pub help: String,
    /// Where that is documented.
    pub source: String,
}

/// The function whose body makes a call.
#[must_use]
pub fn owner(program: &Program<'_, '_>, call: CallAt) -> FuncAt {
    crate::effects::owner(program.input, call)
}

/// Whether the function is written in a test.
#[must_use]
pub fn is_test(program: &Program<'_, '_>, func: FuncAt) -> bool {
    program.contexts.is_of_test(func)
}

/// Whether the function belongs to a command-line program, a module's body or a test: what it does, it does once.
#[must_use]
pub fn is_once(program: &Program<'_, '_>, func: FuncAt) -> Option<&'static str> {
    let lone = |origin: &Origin| origin.entry.is_none() && origin.confidence == Confidence::Low && !origin.unserved;
    match program.contexts.aside(func, &SERVING) {
        // A loop of a command-line program, where nothing else runs.
        None if program.contexts.origin(func, ContextKind::Loop).is_some_and(lone) => Some("script"),
        reason => reason.filter(|reason| *reason != NOT_REACHED),
    }
}

/// A call as one hop.
#[must_use]
pub fn hop(program: &Program<'_, '_>, call: CallAt, callee: String) -> Hop {
    let span = program.input.summaries[call.file].calls[call.id].span;
    Hop { file: call.file, span, caller: program.input.func_name(owner(program, call)), callee }
}

/// What a call calls, as a person writes it: `self.save`, `requests.get`; the method's name alone behind another call.
#[must_use]
pub fn called(program: &Program<'_, '_>, call: CallAt) -> String {
    let summary = &program.input.summaries[call.file];
    let of = &summary.calls[call.id];
    let mut at = of.callee;
    while let Expr::Attr { base, .. } = summary.exprs[at] {
        at = base;
    }
    let named = !matches!(summary.exprs[at], Expr::Call(_) | Expr::Await(_) | Expr::Either(_));
    let text = program.input.sources[call.file].text.get(of.span.start as usize..of.span.end as usize).unwrap_or("");
    let head = text.split('(').next().unwrap_or(text).trim();
    if named && !head.is_empty() && head.len() <= 50 && !head.trim_start_matches("new ").contains(['\n', ' ']) {
        return head.to_owned();
    }
    match &summary.exprs[of.callee] {
        Expr::Function(_) => "the function called here".to_owned(),
        Expr::Attr { name, .. } => name.to_string(),
        _ => "the call".to_owned(),
    }
}

/// Whether the call is written in a Python file.
#[must_use]
pub fn is_python(program: &Program<'_, '_>, call: CallAt) -> bool {
    program.input.summaries[call.file].is_python()
}

/// A finding at a call: `chain` begins with it, and may be empty.
#[must_use]
pub fn finding(rule: &Rule, program: &Program<'_, '_>, call: CallAt, chain: Vec<Hop>, said: Said) -> Finding {
    let span = program.input.summaries[call.file].calls[call.id].span;
    at(rule, program, owner(program, call), span, chain, said)
}

/// A finding at any place of a function.
#[must_use]
pub fn at(rule: &Rule, program: &Program<'_, '_>, func: FuncAt, span: Span, chain: Vec<Hop>, said: Said) -> Finding {
    let origin: Option<&Origin> = program.contexts.origin(func, ContextKind::Loop);
    // The first line tells the place: what a function written in the call holds is no part of it.
    let text = program.input.sources[func.file].text.get(span.start as usize..span.end as usize).unwrap_or("");
    let first = text.lines().next().map_or(0, str::len);
    let span = Span::new(span.start as usize, span.start as usize + first);
    let draft = Draft {
        severity: said.severity,
        confidence: said.confidence,
        message: said.message,
        why: said.why,
        help: said.help,
        source: said.source,
        place: (func.file, span),
        chain,
        root: origin.map(|origin| Root::on_loop(program, func, origin)),
        labels: Vec::new(),
    };
    draft.finding(rule)
}

/// The place of a function's name, to be told beside a finding.
#[must_use]
pub fn defined(program: &Program<'_, '_>, func: FuncAt, text: &str) -> Label {
    Label { file: func.file, span: program.input.func(func).name_span, text: text.to_owned() }
}

/// The calls in the body of a file's functions, with their place in the run.
pub fn calls<'p>(program: &'p Program<'_, '_>) -> impl Iterator<Item = (CallAt, &'p crate::ir::Call)> {
    program
        .input
        .summaries
        .iter_enumerated()
        .flat_map(|(file, summary)| summary.calls.iter_enumerated().map(move |(id, call)| (At { file, id }, call)))
}
