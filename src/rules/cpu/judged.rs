//! Terms of costs as findings: what goes round how often, told from the entry to the innermost place.

use super::origin::{Origin, Origins};
use crate::base::{FileId, Span};
use crate::contexts::Origin as Entry;
use crate::effects::costs::{Costs, Round, Term};
use crate::finding::{Confidence, Finding, Hop, Severity};
use crate::ir::{Call, CallKind};
use crate::link::{CallAt, FuncAt};
use crate::rules::check::draft::{Draft, Root};
use crate::rules::{Program, Rule};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Longest source text that is shown of a loop's head, in characters.
const WIDEST: usize = 60;

/// A term whose sizes are known to come from somewhere.
pub struct Judged<'t> {
    /// The function that the loop runs.
    pub root: FuncAt,
    /// The term.
    pub term: &'t Term,
    /// Where each of its sizes comes from, the outermost first.
    pub origins: Vec<Origin>,
    /// How sure it is that the root runs on a loop where others wait while it computes.
    pub sure: Confidence,
    /// How sure it is that the root runs on a loop.
    pub entered: Confidence,
}

/// What a rule says of a term.
pub struct Verdict {
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
    /// What bounds the sizes, or that nothing does.
    pub why: String,
    /// What to write instead.
    pub help: String,
    /// Where that is documented.
    pub source: &'static str,
}

/// The worst and surest first, then the shortest chain.
type Order = (Reverse<Severity>, Reverse<Confidence>, usize);

/// Terms of all functions that the loop runs, as one rule judges them: one finding for each outermost place.
pub fn findings(
    rule: &Rule,
    program: &Program<'_, '_>,
    origins: &Origins<'_, '_, '_>,
    costs: &Costs,
    judge: fn(&Program<'_, '_>, &Judged<'_>) -> Option<Verdict>,
) -> Vec<Finding> {
    let mut best: FxHashMap<(FileId, Span), (Order, Finding)> = FxHashMap::default();
    for root in program.contexts.roots() {
        let Some(entry) = program.contexts.loop_root(root) else { continue };
        for term in costs.of(root) {
            let from = term.rounds.iter().map(|round| origins.of(root, round.size)).collect();
            let sure = entry.while_computing().min(term.sure());
            let judged = Judged { root, term, origins: from, sure, entered: entry.confidence.min(term.sure()) };
            let Some(verdict) = judge(program, &judged) else { continue };
            let finding = finding(rule, program, costs, entry, &judged, verdict);
            let place = outermost(&finding, term);
            let order = (Reverse(finding.severity), Reverse(finding.confidence), finding.chain.len());
            match best.entry(place) {
                std::collections::hash_map::Entry::Occupied(mut known) if order < known.get().0 => _ = known.insert((order, finding)),
                std::collections::hash_map::Entry::Occupied(_) => {}
                std::collections::hash_map::Entry::Vacant(free) => _ = free.insert((order, finding)),
            }
        }
    }
    let mut findings: Vec<_> = best.into_values().map(|(_, finding)| finding).collect();
    findings.sort_by_key(Finding::order);
    findings
}

/// What makes two findings one: the loop that all others stand in.
fn outermost(finding: &Finding, term: &Term) -> (FileId, Span) {
    term.rounds.first().map_or((finding.file, finding.span), |round| (round.file, round.span))
}

fn finding(rule: &Rule, program: &Program<'_, '_>, costs: &Costs, entry: &Entry, judged: &Judged<'_>, verdict: Verdict) -> Finding {
    let chain = chain(program, costs, judged.root, judged.term);
    Draft {
        severity: verdict.severity,
        confidence: verdict.confidence,
        message: verdict.message,
        why: verdict.why,
        help: verdict.help,
        source: verdict.source.to_owned(),
        place: chain.first().map_or(judged.term.end, |hop| (hop.file, hop.span)),
        chain,
        root: Some(Root::on_loop(program, judged.root, entry)),
        labels: Vec::new(),
    }
    .finding(rule)
}

/// The calls from the root to the innermost place of a term, with the loops that each stands in.
#[must_use]
pub fn chain(program: &Program<'_, '_>, costs: &Costs, root: FuncAt, term: &Term) -> Vec<Hop> {
    let calls = costs.chain(root, term);
    let mut chain: Vec<Hop> = Vec::new();
    let mut told: Vec<Round> = Vec::new();
    for (at, call) in calls.steps.iter().map(|(at, call)| (*at, Some(*call))).chain(std::iter::once((calls.last, None))) {
        let within = program.input.func(at).span;
        for round in &term.rounds {
            let inside = round.file == at.file && within.start <= round.span.start && round.span.end <= within.end;
            let before = call.is_none_or(|(call, _)| round.span.start <= program.input.summaries[call.file].calls[call.id].span.end);
            if inside && before && !told.contains(round) {
                told.push(*round);
                let callee = shown(program, round.file, round.span);
                chain.push(Hop { file: round.file, span: round.span, caller: program.input.func_name(at), callee });
            }
        }
        if let Some((call, to)) = call {
            let span = program.input.summaries[call.file].calls[call.id].span;
            let hop = Hop { file: call.file, span, caller: program.input.func_name(at), callee: program.input.func_name(to) };
            // A call that is a loop itself is told once.
            if chain.last().is_none_or(|last| last.file != hop.file || last.span.start != hop.span.start) {
                chain.push(hop);
            }
        }
    }
    let (file, span) = term.end;
    if chain.last().is_none_or(|last| last.file != file || last.span != span) {
        let caller = program.input.func_name(calls.last);
        chain.push(Hop { file, span, caller, callee: shown(program, file, span) });
    }
    chain
}

/// Source text in one line, cut where it is long.
#[must_use]
pub fn shown(program: &Program<'_, '_>, file: FileId, span: Span) -> String {
    let text = program.input.sources[file].text.get(span.start as usize..span.end as usize).unwrap_or("");
    let line = text.lines().next().unwrap_or("").trim_end_matches(['{', ' ', ':']);
    if line.chars().count() <= WIDEST { line.to_owned() } else { line.chars().take(WIDEST - 3).chain("...".chars()).collect() }
}

/// Whether the call is written in a Python file.
#[must_use]
pub fn is_python(program: &Program<'_, '_>, file: FileId) -> bool {
    program.input.summaries[file].is_python()
}

/// What an operation's call looks like to a person: `x in y` is one too.
#[must_use]
pub fn operation(program: &Program<'_, '_>, at: CallAt, path: &str) -> String {
    let call: &Call = &program.input.summaries[at.file].calls[at.id];
    if call.kind == CallKind::Operator {
        return shown(program, at.file, call.span);
    }
    crate::effects::shown_path(program.input.facts_of(at.file), crate::base::name(path))
}

impl Judged<'_> {
    /// Sizes that a client decides.
    #[must_use]
    pub fn requested(&self) -> usize {
        self.origins.iter().filter(|origin| matches!(origin, Origin::Head(_) | Origin::Field(_) | Origin::Request(_))).count()
    }

    /// Sizes that a client decides within the head of a request: a thousand names or so.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.origins.iter().filter(|origin| matches!(origin, Origin::Head(_))).count()
    }

    /// Sizes that a database decides.
    #[must_use]
    pub fn stored(&self) -> usize {
        self.origins.iter().filter(|origin| matches!(origin, Origin::Stored(_))).count() - self.files()
    }

    /// Sizes that a file or a folder decides: settings, manifests and a few names far more often than data.
    #[must_use]
    pub fn files(&self) -> usize {
        self.origins.iter().filter(|origin| matches!(origin, Origin::Stored("a file"))).count()
    }

    /// Sizes that neither the program nor a constant bounds.
    #[must_use]
    pub fn open(&self) -> usize {
        self.origins.iter().filter(|origin| **origin != Origin::Bounded).count()
    }

    /// Sizes that nothing is known of.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.origins.iter().filter(|origin| matches!(origin, Origin::Unknown)).count()
    }

    /// What bounds the sizes, in a sentence.
    #[must_use]
    pub fn bounds(&self, program: &Program<'_, '_>) -> String {
        let mut parts = Vec::new();
        for (round, origin) in self.term.rounds.iter().zip(&self.origins) {
            let head = shown(program, round.file, round.span);
            let by = match origin {
                Origin::Head(how) | Origin::Field(how) | Origin::Request(how) => format!("{how} decides how often"),
                Origin::Stored(what) => format!("{what} decides how often"),
                Origin::Unknown => "nothing bounds it here".to_owned(),
                Origin::Bounded => "the source says how often".to_owned(),
            };
            let told = format!("`{head}`: {by}");
            if !parts.contains(&told) {
                parts.push(told);
            }
        }
        parts.join("; ")
    }
}
