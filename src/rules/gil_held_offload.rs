//! See rules/gil-held-offload.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::cpu::origin::{Origin, Origins};
use super::threads::handed::{self, HandedLibrary};
use super::threads::pure::{self, Does};
use super::{Check, Program, Rule, Status, Told};
use crate::advice::Advisor;
use crate::base::Name;
use crate::effects::grown::{Grown, Input, Time, Work};
use crate::effects::{Step, shown_path};
use crate::facts::{CallFact, ContextKind, Effect, Gil, Operand, Weight};
use crate::finding::{Confidence, Severity};
use crate::ir::Expr;
use crate::link::graph::Edge;
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

pub(super) const RULE: Rule = Rule {
    id: "gil-held-offload",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/gil-held-offload.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread";

/// A call that holds the GIL, on the way from where it is handed over.
struct Way<'b> {
    call: CallAt,
    from: FuncAt,
    steps: Vec<Step>,
    path: Name,
    fact: &'b CallFact,
    severity: Severity,
    confidence: Confidence,
    input: Option<Origin>,
    position: Option<usize>,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let origins = shared.origins();
    let mut found: FxHashMap<CallAt, Vec<Way<'_>>> = FxHashMap::default();
    for edge in handed::own(program).filter(|edge| !program.targets[edge.call.file].free_threaded) {
        let ways = held(program, edge);
        if ways.is_empty() {
            continue;
        }
        if let Some(reason) = program.contexts.aside(edge.from, &[ContextKind::Loop]) {
            told.clear(rule, program, edge.call, reason);
            continue;
        }
        let below = shared.below();
        let alone = pure::does(program, below, edge.to) == Does::Computes;
        let position = handed::position(program, edge);
        for (steps, path, fact, grown) in ways {
            if let Some((severity, sure, input)) = judge(rule, program, told, origins, edge.call, edge.from, grown, alone) {
                let confidence = sure.min(program.effects.sure(program.graph, &steps[1..], Effect::Cpu));
                let (call, from) = (edge.call, edge.from);
                let way = Way { call, from, steps, path, fact, severity, confidence, input, position };
                found.entry(edge.call).or_default().push(way);
            }
        }
    }
    let libraries = handed::of_libraries(program, ContextKind::Thread).into_iter();
    for library in libraries.filter(|library| !program.targets[library.call.file].free_threaded) {
        let facts = program.input.facts_of(library.call.file);
        let Some(fact) = facts.call(library.path).filter(|fact| fact.effect == Effect::Cpu && fact.gil == Some(Gil::Held)) else {
            continue;
        };
        if let Some(reason) = program.contexts.aside(library.from, &[ContextKind::Loop]) {
            told.clear(rule, program, library.call, reason);
            continue;
        }
        let grown = match grows(program, &library, fact) {
            Time::Fixed => None,
            Time::Grows(grown) => Some(grown),
            Time::Small => {
                told.clear(rule, program, library.call, "argument");
                continue;
            }
        };
        if let Some((severity, confidence, input)) = judge(rule, program, told, origins, library.call, library.from, grown, true) {
            let steps = vec![Step { call: library.call, from: library.from, to: None }];
            let (call, from, path, position) = (library.call, library.from, library.path, Some(library.given.position));
            found.entry(library.call).or_default().push(Way { call, from, steps, path, fact, severity, confidence, input, position });
        }
    }
    if found.is_empty() {
        return;
    }
    let advisor = shared.advisor();
    for mut ways in found.into_values() {
        ways.sort_by_key(|way| (Reverse(way.severity), Reverse(way.confidence), way.steps.len(), way.path));
        if let Some(draft) = ways.first().and_then(|way| draft(program, advisor, way)) {
            told.findings.push(draft.finding(rule));
        }
    }
}

type Held<'b> = (Vec<Step>, Name, &'b CallFact, Option<Grown>);

/// The calls that hold the GIL below a function that is handed over, with what decides how long each takes.
fn held<'b>(program: &Program<'_, 'b>, edge: &Edge) -> Vec<Held<'b>> {
    let mut found = Vec::new();
    for channel in [(Effect::Cpu, Weight::Heavy), (Effect::Cpu, Weight::Light)] {
        for (witness, grown) in program.effects.reached(program.solution, program.sizes, edge, channel) {
            if witness.by_name {
                continue;
            }
            let (steps, path) = program.effects.steps(edge.from, witness, channel);
            let fact = steps.last().and_then(|last| program.effects.fact(program.input, last.call, path));
            if let Some(fact) = fact.filter(|fact| fact.gil == Some(Gil::Held)) {
                found.push((steps, path, fact, grown));
            }
        }
    }
    found
}

/// What decides how long a library's function takes that is handed over itself.
fn grows(program: &Program<'_, '_>, library: &HandedLibrary, fact: &CallFact) -> Time {
    let file = library.call.file;
    let Some(operand) = fact.grows else { return Time::Fixed };
    let summary = &program.input.summaries[file];
    let id = match operand.operand {
        Operand::Argument(at) => library.given.arguments.get(at).copied(),
        Operand::Receiver => match summary.exprs[library.given.function] {
            Expr::Attr { base, .. } => Some(base),
            _ => None,
        },
    };
    let Some(id) = id else { return Time::Grows(Grown { input: Input::Unknown, work: Work::of(fact) }) };
    Grown::of(&program.sizes.trace(At { file, id }, library.from), Work::of(fact)).map_or(Time::Small, Time::Grows)
}

/// How bad it is, how sure, and what decides how long the call takes; none where that is little. `alone` says that nothing else is done
/// in the thread: who hands it over expects it to take long.
#[allow(clippy::too_many_arguments, reason = "each says something of its own")]
fn judge(
    rule: &Rule,
    program: &Program<'_, '_>,
    told: &mut Told,
    origins: &Origins<'_, '_, '_>,
    call: CallAt,
    from: FuncAt,
    grown: Option<Grown>,
    alone: bool,
) -> Option<(Severity, Confidence, Option<Origin>)> {
    let root = program.contexts.origin(from, ContextKind::Loop)?;
    let input = grown.map(|grown| origins.of(from, grown.input.size()));
    let heavy = grown.is_none_or(|grown| grown.work == Work::Heavy);
    let (severity, most) = match &input {
        Some(Origin::Bounded | Origin::Head(_)) => {
            told.clear(rule, program, call, "argument");
            return None;
        }
        Some(Origin::Request(_) | Origin::Field(_)) => (rule.severity, Confidence::High),
        // Files are settings far more often than data, and reading them is what the thread is for.
        Some(Origin::Stored(_)) if heavy && alone => (rule.severity, Confidence::Medium),
        None | Some(Origin::Unknown) if alone => (rule.severity, Confidence::Medium),
        Some(Origin::Stored(_) | Origin::Unknown) | None => {
            told.clear(rule, program, call, "waits");
            return None;
        }
    };
    Some((severity, root.confidence.min(most), input))
}

fn draft<'p>(program: &'p Program<'_, '_>, advisor: &Advisor<'_, '_>, way: &Way<'_>) -> Option<Draft<'p>> {
    let origin = program.contexts.origin(way.from, ContextKind::Loop)?;
    let shown = shown_path(program.input.facts_of(way.steps.last()?.call.file), way.path);
    let mut chain: Vec<_> = way.steps.iter().map(|step| step.hop(program.input, way.path)).collect();
    chain.truncate(way.steps.len());
    let message = match chain.as_slice() {
        [first, _, ..] => {
            format!("`{}` reaches `{shown}`, which holds the GIL: the event loop stands still although it runs in a thread", first.callee)
        }
        _ => format!("`{shown}` holds the GIL: the event loop stands still although it runs in a thread"),
    };
    let much = match &way.input {
        Some(Origin::Request(how) | Origin::Field(how)) => format!("{how} decides how long; "),
        Some(Origin::Stored(what)) => format!("{what} decides how long; "),
        _ => String::new(),
    };
    let takes = if way.fact.why.is_empty() { String::new() } else { format!("; {}", way.fact.why) };
    let process = way.position.and_then(|at| advisor.in_process(&way.steps, origin.file, way.call, at));
    let interpreter =
        if program.targets[way.call.file].python >= Some((3, 14)) { ", or an `InterpreterPoolExecutor` in its place" } else { "" };
    let hand = process.map_or_else(|| "hand it to a process".to_owned(), |code| format!("hand it to a process: {code}{interpreter}"));
    let bound = match &way.input {
        Some(Origin::Request(_) | Origin::Field(_)) => "; or limit how much a request may bring, and call it without a thread",
        _ => "; or, where the input is small, call it without a thread",
    };
    Some(Draft {
        severity: way.severity,
        confidence: way.confidence,
        message,
        why: format!("{much}class held: no other thread runs Python until the call is over, the loop's neither{takes}"),
        help: format!("{hand}{bound}"),
        source: SOURCE.to_owned(),
        place: (way.call.file, chain.first()?.span),
        chain,
        root: Some(Root::on_loop(program, way.from, origin)),
        labels: Vec::new(),
    })
}
