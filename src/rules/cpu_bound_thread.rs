//! See rules/cpu-bound-thread.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::cpu::judged::chain;
use super::cpu::origin::{Origin, Origins};
use super::threads::handed;
use super::threads::pure::{self, Does};
use super::{Check, Program, Rule, Status, Told};
use crate::advice::Advisor;
use crate::effects::Step;
use crate::effects::costs::{self, Costs, Term, Work};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Hop, Severity};
use crate::ir::loops::LoopKind;
use crate::link::FuncAt;
use crate::link::graph::Edge;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

pub(super) const RULE: Rule = Rule {
    id: "cpu-bound-thread",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/cpu-bound-thread.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/threading.html#gil-and-performance-considerations";

/// Rounds of a constant number that are worth a thread by themselves.
const MANY: f64 = 1_000_000.0;

/// The same where a call is made for each of several elements.
const MANY_EACH: f64 = 10_000.0;

/// A term that is worth telling.
struct Way<'t> {
    edge: &'t Edge,
    term: &'t Term,
    confidence: Confidence,
    fans_out: bool,
    why: String,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let edges: Vec<&Edge> = handed::own(program).filter(|edge| !program.targets[edge.call.file].free_threaded).collect();
    if edges.is_empty() {
        return;
    }
    let below = shared.below();
    let mut threads: FxHashSet<FuncAt> = FxHashSet::default();
    for edge in &edges {
        if !threads.contains(&edge.to) {
            threads.extend(below.walk(edge.to, |_| true).into_iter().flatten().map(|met| met.func));
        }
    }
    let pauses = shared.pauses();
    let run = program.effects.run(program.solution, program.sizes);
    let costs = costs::infer(run, program.solution, program.graph, program.sizes, pauses, |func| threads.contains(&func));
    let origins = shared.origins();
    let mut found: FxHashMap<_, Vec<Way<'_>>> = FxHashMap::default();
    for edge in edges {
        let heavy: Vec<Way<'_>> = costs.of(edge.to).iter().filter_map(|term| judge(program, origins, edge, term)).collect();
        if heavy.is_empty() {
            continue;
        }
        let off = program.contexts.aside(edge.from, &[ContextKind::Loop]);
        // Threads that compute side by side are no faster on any program; one of them alone is kept from nothing but a loop.
        if off.is_some_and(|reason| reason == "test" || !fans_out(program, edge)) {
            told.clear(rule, program, edge.call, off.unwrap_or_default());
            continue;
        }
        match pure::does(program, below, edge.to) {
            Does::More => told.clear(rule, program, edge.call, "waits"),
            Does::Computes => found.entry(edge.call).or_default().extend(heavy),
            Does::Perhaps => {
                let doubted = heavy.into_iter().map(|way| Way { confidence: Confidence::Low, ..way });
                found.entry(edge.call).or_default().extend(doubted);
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let advisor = shared.advisor();
    for mut ways in found.into_values() {
        ways.sort_by_key(|way| (Reverse(way.confidence), way.edge.to));
        if let Some(way) = ways.first() {
            told.findings.push(draft(program, advisor, &costs, way).finding(rule));
        }
    }
}

/// Whether the call hands the function over several times: for each element, or in a loop.
fn fans_out(program: &Program<'_, '_>, edge: &Edge) -> bool {
    let facts = program.input.facts_of(edge.call.file);
    let each = program.graph.externals_of(edge.call).any(|external| facts.boundary(external.path).is_some_and(|one| one.each));
    let summary = &program.input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    // What is awaited at once is one at a time.
    each || (!call.awaited && call.looped.is_some_and(|id| summary.loops[id].kind != LoopKind::While))
}

fn judge<'t>(program: &Program<'_, '_>, origins: &Origins<'_, '_, '_>, edge: &'t Edge, term: &'t Term) -> Option<Way<'t>> {
    if term.work == Work::Waiting {
        return None;
    }
    let on_loop = program.contexts.origin(edge.from, ContextKind::Loop).is_some();
    let mut told: Vec<String> = Vec::new();
    let (mut open, mut requested) = (0, 0);
    for round in &term.rounds {
        let size = program.sizes.given(edge, round.size).size;
        let origin = if on_loop { origins.of(edge.from, size) } else { origin_of(size) };
        let head = super::cpu::judged::shown(program, round.file, round.span);
        let by = match &origin {
            Origin::Bounded => continue,
            Origin::Head(how) | Origin::Field(how) | Origin::Request(how) => {
                requested += 1;
                format!("`{head}`: {how} decides how often")
            }
            Origin::Stored(what) => format!("`{head}`: {what} decides how often"),
            Origin::Unknown => format!("`{head}`: nothing bounds it here"),
        };
        open += 1;
        if !told.contains(&by) {
            told.push(by);
        }
    }
    let fans_out = fans_out(program, edge);
    let most = if term.constant >= MANY || (open >= 2 && requested >= 1) {
        Confidence::High
    } else if open >= 2 || term.work == Work::Recursion || (fans_out && (open >= 1 || term.constant >= MANY_EACH)) {
        Confidence::Medium
    } else {
        return None;
    };
    if told.is_empty() {
        told.push(if term.constant >= MANY_EACH {
            format!("it goes round {:.0} times or more, as the source says", term.constant)
        } else {
            "its calls multiply".to_owned()
        });
    }
    Some(Way { edge, term, confidence: most.min(term.sure()), fans_out, why: told.join("; ") })
}

/// What bounds a size in a function that no loop reaches.
fn origin_of(size: crate::effects::sizes::Size) -> Origin {
    use crate::effects::sizes::Size;
    match size {
        Size::Constant(_) | Size::Program => Origin::Bounded,
        Size::File => Origin::Stored("a file"),
        Size::Database => Origin::Stored("a database"),
        Size::Unknown | Size::Param(_) | Size::ParamOf(..) | Size::Head | Size::Request => Origin::Unknown,
    }
}

fn draft<'p>(program: &'p Program<'_, '_>, advisor: &Advisor<'_, '_>, costs: &Costs, way: &Way<'_>) -> Draft<'p> {
    let edge = way.edge;
    let (input, contexts) = (program.input, program.contexts);
    let on_loop = contexts.origin(edge.from, ContextKind::Loop);
    let kinds = [ContextKind::Script, ContextKind::Startup, ContextKind::Thread, ContextKind::Process];
    let elsewhere = || kinds.iter().find_map(|kind| Some(Root::new(*kind, contexts.origin(edge.from, *kind)?)));
    let root = on_loop.map(|origin| Root::on_loop(program, edge.from, origin)).or_else(elsewhere);
    let first = Hop {
        file: edge.call.file,
        span: input.summaries[edge.call.file].calls[edge.call.id].span,
        caller: input.func_name(edge.from),
        callee: input.func_name(edge.to),
    };
    let place = (first.file, first.span);
    let name = first.callee.clone();
    let chain = std::iter::once(first).chain(chain(program, costs, edge.to, way.term)).collect();
    let gains = match (way.fans_out, on_loop.is_some()) {
        (true, true) => "its threads take turns, no faster than one, and the event loop waits for its turn among them",
        (true, false) => "its threads take turns, no faster than one after another",
        (false, _) => "the event loop waits for its turn among its rounds, and nothing is gained",
    };
    let steps = [Step { call: edge.call, from: edge.from, to: Some(edge.to) }];
    let position = handed::position(program, edge);
    let process = position.filter(|_| on_loop.is_some() && !way.fans_out);
    let process = process.and_then(|at| advisor.in_process(&steps, root.as_ref()?.origin.file, edge.call, at));
    let interpreter = if program.targets[edge.call.file].python >= Some((3, 14)) {
        ", or an `InterpreterPoolExecutor`, which needs no process"
    } else {
        ""
    };
    let help = match process {
        Some(code) => format!("compute in a process: {code}{interpreter}"),
        None => format!("compute in processes: the same calls of a `ProcessPoolExecutor` made once{interpreter}"),
    };
    Draft {
        severity: RULE.severity,
        confidence: on_loop.map_or(Confidence::Medium, |origin| origin.confidence).min(way.confidence),
        message: format!("`{name}` computes in Python in a thread: {gains}"),
        why: format!("class preempted: only one thread runs Python at a time, and gives way every 5 ms; {}", way.why),
        help,
        source: SOURCE.to_owned(),
        place,
        chain,
        root,
        labels: Vec::new(),
    }
}
