//! See rules/catastrophic-regex.md.

use super::check::draft::{Draft, Root};
use super::check::reaches::Reached;
use super::cpu::origin::{Origin, Origins};
use super::cpu::rewrite;
use super::{Check, Program, Rule, Status};
use crate::base::Name;
use crate::contexts::Origin as Entry;
use crate::effects::grown::Input;
use crate::effects::patterns::Pattern;
use crate::effects::shown_path;
use crate::finding::{Confidence, Finding, Hop, Label, Severity};
use crate::link::{CallAt, FuncAt};
use crate::regex::{Flavor, Growth};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

pub(super) const RULE: Rule = Rule {
    id: "catastrophic-regex",
    group: "cpu",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/catastrophic-regex.md"),
    check: Check::Patterns,
};

/// Longest part of a pattern that a message shows, in characters.
const SHOWN: usize = 60;

/// Calls to a pattern whose time grows with a power, at most, for it to be believed.
const NEAR: usize = 2;

/// Steps that take an engine some seconds.
const LONG: u64 = 1_000_000_000;

/// One way from a function on the loop to a pattern, judged.
struct Way<'b> {
    severity: Severity,
    confidence: Confidence,
    by_name: bool,
    chain: Vec<Hop>,
    end: CallAt,
    path: Name,
    origin: Origin,
    pattern: &'b Pattern,
}

/// Findings of one function that the loop itself runs: one for each of its calls that leads to a pattern.
pub(super) fn findings(
    rule: &Rule,
    program: &Program<'_, '_>,
    origins: &Origins<'_, '_, '_>,
    func: FuncAt,
    reached: &[&Reached],
) -> Vec<Finding> {
    let Some(root) = program.contexts.loop_root(func) else { return Vec::new() };
    let mut by_call: FxHashMap<CallAt, Vec<Way<'_>>> = FxHashMap::default();
    for one in reached {
        let Some(text) = one.grown.map(|grown| grown.input) else { continue };
        by_call.entry(one.witness.call).or_default().extend(judged(program, origins, func, one, text, root));
    }
    let mut calls: Vec<_> = by_call.into_iter().collect();
    calls.sort_by_key(|(call, _)| *call);
    let found = calls.into_iter().filter_map(|(call, mut ways)| {
        ways.sort_by_key(|way| (Reverse((way.severity, way.confidence)), way.by_name, way.chain.len(), way.end));
        // One pattern may be reached with several texts.
        let mut ends: Vec<CallAt> = ways.iter().map(|way| way.end).collect();
        ends.sort_unstable();
        ends.dedup();
        let way = ways.into_iter().next()?;
        let draft = Draft {
            severity: way.severity,
            confidence: way.confidence,
            message: message(program, &way),
            why: why(&way),
            help: help(program, &way),
            source: "https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS".to_owned(),
            place: (call.file, way.chain.first()?.span),
            labels: labels(way.pattern),
            chain: way.chain,
            root: Some(Root::on_loop(program, func, root)),
        };
        Some(Finding { more_sinks: ends.len() - 1, ..draft.finding(rule) })
    });
    found.collect()
}

/// How bad a way is, and how sure: by the pattern's growth, and by who bounds the text.
fn judged<'b>(
    program: &Program<'_, 'b>,
    origins: &Origins<'_, '_, '_>,
    func: FuncAt,
    one: &Reached,
    text: Input,
    root: &Entry,
) -> Option<Way<'b>> {
    let (steps, path) = program.effects.steps(func, one.witness.clone(), one.channel);
    let end = steps.last()?.call;
    let chain = steps.iter().map(|step| step.hop(program.input, path)).collect();
    let pattern = program.patterns.of(end)?;
    let origin = origins.of(func, text.size());
    let entry = root.confidence;
    let confidence = match (&origin, pattern.is_exponential()) {
        (Origin::Bounded, _) => return None,
        (Origin::Request(_) | Origin::Field(_) | Origin::Head(_), true) => entry,
        // A text has to be long for a power of its length to hurt. On longer ways something bounds it mostly: of those read in real code,
        // one in six was worth a change.
        (Origin::Request(_) | Origin::Field(_), false) if steps.len() <= NEAR => entry.min(Confidence::Medium),
        (Origin::Request(_) | Origin::Field(_), false) => Confidence::Low,
        (Origin::Unknown | Origin::Stored(_), true) => entry.min(Confidence::Medium),
        // A few kilobytes are not enough for a power of the length to hurt.
        (Origin::Unknown | Origin::Stored(_) | Origin::Head(_), false) => Confidence::Low,
    };
    let severity = if pattern.is_exponential() { Severity::Error } else { Severity::Warning };
    // What Python reads of a file as text has `\n` for every line's end.
    let returns = pattern.verdict.attack.as_ref().is_some_and(|attack| attack.source(pattern.flavor, "1").contains("\\r"));
    let translated = returns && origin == Origin::Stored("a file") && program.input.summaries[end.file].is_python();
    let far = root.is_far(steps.len(), one.channel.0);
    let confidence = if translated || far { Confidence::Low } else { confidence.min(one.witness.sure()) };
    Some(Way { severity, confidence, by_name: one.witness.by_name, chain, end, path, origin, pattern })
}

fn message(program: &Program<'_, '_>, way: &Way<'_>) -> String {
    let time = match way.pattern.verdict.growth {
        Growth::Polynomial { degree: 2 } => "quadratic time".to_owned(),
        Growth::Polynomial { degree: 3 } => "cubic time".to_owned(),
        Growth::Polynomial { degree } => format!("time of power {degree}"),
        _ => "exponential time".to_owned(),
    };
    let applied = format!("`{}` with `{}`", shown_path(program.input.facts_of(way.end.file), way.path), shortened(way.pattern));
    match way.chain.as_slice() {
        [first, _, ..] => format!("`{}` reaches {applied}, which can take {time} on the event loop", first.callee),
        _ => format!("{applied} can take {time} on the event loop"),
    }
}

fn why(way: &Way<'_>) -> String {
    let verdict = &way.pattern.verdict;
    let text = match &way.origin {
        Origin::Request(whence) | Origin::Field(whence) | Origin::Head(whence) => format!("the text comes from {whence}"),
        Origin::Stored(whence) => format!("the text comes from {whence}"),
        Origin::Unknown | Origin::Bounded => "nothing bounds the text here".to_owned(),
    };
    let Some(attack) = &verdict.attack else { return text };
    let written = attack.source(way.pattern.flavor, &verdict.repeats_for(LONG).to_string());
    let grows = match verdict.growth {
        Growth::Polynomial { degree } => format!("steps grow with the text's length to the power of {degree}"),
        _ => "each repeat more multiplies them".to_owned(),
    };
    format!("{text}; on `{written}` the engine takes more than a billion steps, and nothing else runs on the loop meanwhile: {grows}")
}

fn help(program: &Program<'_, '_>, way: &Way<'_>) -> String {
    let mut ways = Vec::new();
    let parts = way
        .pattern
        .verdict
        .places
        .iter()
        .filter_map(|place| way.pattern.written.text.get(place.span.start as usize..place.span.end as usize));
    let parts: Vec<&str> = parts.collect();
    ways.extend(rewrite::hint(&parts, way.pattern.is_exponential()));
    let length = match way.pattern.flavor {
        Flavor::Python => "if len(text) > 200: raise ValueError",
        Flavor::Ecma => "if (text.length > 200) throw new Error()",
    };
    // Linear engines know no look-around.
    let looks = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| way.pattern.written.text.contains(look));
    if !way.pattern.is_exponential() || (looks && ways.is_empty()) {
        ways.push(format!("bound the text first (`{length}`)"));
    }
    let engine = program.input.facts_of(way.end.file).regex(way.path).and_then(|regex| regex.instead);
    if !looks {
        let linear = |engine| format!("use a linear engine: {engine}");
        ways.push(engine.map_or_else(|| "use an engine that takes linear time".to_owned(), linear));
    }
    let alone = if way.pattern.flavor == Flavor::Python { "; a thread does not help, the match holds the GIL" } else { "" };
    format!("{}{alone}", ways.join(", or "))
}

/// The parts of the pattern that the ambiguity lies in, where they are written.
fn labels(pattern: &Pattern) -> Vec<Label> {
    let places = pattern.verdict.places.iter();
    places.map(|place| Label { file: pattern.file, span: pattern.written.span(place.span), text: place.role.to_owned() }).collect()
}

/// The pattern on one line; of a long one, what stands around its first place.
fn shortened(pattern: &Pattern) -> String {
    let text = &pattern.written.text;
    let letters: Vec<char> = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if letters.len() <= SHOWN {
        return letters.into_iter().collect();
    }
    let place = pattern.verdict.places.first().map(|place| place.span).unwrap_or_default();
    let count = |end: u32| text.get(..end as usize).map_or(0, |before| before.chars().count());
    let (from, to) = (count(place.start), count(place.end));
    let spare = SHOWN.saturating_sub(to - from) / 2;
    let from = from.saturating_sub(spare).min(letters.len() - SHOWN);
    let to = (from + SHOWN).min(letters.len());
    let (before, behind) = (if from > 0 { "…" } else { "" }, if to < letters.len() { "…" } else { "" });
    format!("{before}{}{behind}", letters[from..to].iter().collect::<String>())
}
