//! See rules/nested-event-loop.md.

use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::effects::flags::{self, Flags};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Hop, Severity};
use crate::link::graph::{Edge, EdgeKind, External};
use crate::link::{CallAt, FuncAt};
use rustc_hash::FxHashMap;

pub(super) const RULE: Rule = Rule {
    id: "nested-event-loop",
    group: "async",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/nested-event-loop.md"),
    check: Check::Uses(check),
};

/// Calls of a chain beyond which it is doubted.
const FAR: usize = 4;

/// Calls of a chain, at most.
const FARTHEST: usize = 8;

/// Functions looked at above one call, at most.
const MOST: usize = 400;

/// A function above the call that runs a loop, what must hold of its parameters for it to come to that, and whether plain functions
/// below it test something before.
struct Above<'b> {
    func: FuncAt,
    flags: Flags,
    tested: bool,
    /// The call that leads there, and the place of its callee in the walk; none for the call's own function.
    by: Option<(&'b Edge, usize)>,
    hops: usize,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let facts_of = |external: &External| program.input.facts_of(external.call.file);
    let nests = |external: &External| facts_of(external).nests_loops(external.path);
    let running: Vec<&External> = program.graph.externals.iter().filter(|external| facts_of(external).runs_loop(external.path)).collect();
    if running.is_empty() {
        return;
    }
    let allowed = program.graph.externals.iter().any(nests);
    let callers = callers(program);
    for external in running {
        let (call, from) = (external.call, external.from);
        if program.contexts.origin(from, ContextKind::Loop).is_none() {
            told.clear(rule, program, call, told::is_once(program, from).unwrap_or("not reached"));
            continue;
        }
        // What is awaited gave something to await: another of the candidates is meant.
        if program.input.summaries[call.file].calls[call.id].awaited {
            continue;
        }
        if program.graph.off_loop.contains(&call) || program.input.summaries[call.file].calls[call.id].main_guard {
            told.clear(rule, program, call, "loop check");
            continue;
        }
        if allowed {
            told.clear(rule, program, call, "loops may nest");
            continue;
        }
        let shown = crate::effects::shown_path(program.input.facts_of(call.file), external.path);
        let Some((root, hops, doubted)) = way(program, &callers, external) else {
            told.clear(rule, program, call, "ruled out");
            continue;
        };
        let direct = hops.is_empty();
        let mut chain = hops;
        chain.push(told::hop(program, call, shown.clone()));
        // A coroutine runs on a loop, whatever leads to it.
        let known = program.contexts.origin(root, ContextKind::Loop).is_some_and(|origin| origin.confidence == Confidence::High);
        let confidence = match (direct, doubted) {
            (true, false) => Confidence::High,
            (true, true) => Confidence::Medium,
            // What raises at once is seen at once. Of those read in real code that no known entry leads to, none was true.
            (false, false) if known && chain.len() <= FAR => Confidence::Medium,
            (false, _) => Confidence::Low,
        };
        let through = if direct { format!("`{shown}`") } else { format!("`{}` reaches `{shown}`, which", chain[0].callee) };
        let said = Said {
            severity: rule.severity,
            confidence,
            message: format!("{through} runs a loop of its own where one runs already: it raises `RuntimeError`"),
            why: "one thread runs one event loop at a time".to_owned(),
            help: if direct {
                "await the coroutine itself".to_owned()
            } else {
                format!(
                    "await the coroutine all the way up, or call `{}` in a thread: `await asyncio.to_thread({})`",
                    chain[0].callee, chain[0].callee
                )
            },
            source: "https://docs.python.org/3/library/asyncio-runner.html#asyncio.run".to_owned(),
        };
        let first = chain[0].clone();
        let mut finding = told::finding(rule, program, call, chain, said);
        // Where the loop's own function makes the call that leads there.
        (finding.file, finding.span) = (first.file, first.span);
        told.findings.push(finding);
    }
}

/// Plain calls by the function that they run, in the caller's own thread.
fn callers<'b>(program: &Program<'_, 'b>) -> FxHashMap<FuncAt, Vec<&'b Edge>> {
    let mut callers: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
    for edge in &program.graph.edges {
        let plain = edge.kind == EdgeKind::Direct && !edge.by_name && edge.from != edge.to;
        if plain && !program.input.func(edge.to).is_async && !program.input.summaries[edge.call.file].calls[edge.call.id].awaited {
            callers.entry(edge.to).or_default().push(edge);
        }
    }
    callers
}

/// The nearest function that the loop runs from which plain calls lead to `external` with what they give, the calls from there on,
/// and whether that is doubted: its own parameters decide, or a test in a plain function, which may keep the loop out.
fn way(program: &Program<'_, '_>, callers: &FxHashMap<FuncAt, Vec<&Edge>>, external: &External) -> Option<(FuncAt, Vec<Hop>, bool)> {
    let run = program.effects.run(program.solution, program.sizes);
    let flags = flags::of_call(run, external.call)?;
    let tests = |call: CallAt| program.input.summaries[call.file].calls[call.id].guard.is_some();
    let mut walk = vec![Above { func: external.from, flags, tested: false, by: None, hops: 0 }];
    let mut at = 0;
    while at < walk.len() {
        let (func, hops) = (walk[at].func, walk[at].hops);
        if is_root(program, func) {
            let doubted = walk[at].tested || walk[at].by.is_none() && walk[at].flags.asks();
            return Some((func, hops_from(program, &walk, at), doubted));
        }
        let tested = walk[at].tested || tests(walk[at].by.map_or(external.call, |(edge, _)| edge.call));
        for edge in callers.get(&func).into_iter().flatten().filter(|_| hops + 1 < FARTHEST) {
            // What the loop does not run does not lead there.
            if walk.len() >= MOST || program.contexts.origin(edge.from, ContextKind::Loop).is_none() {
                continue;
            }
            let Some(flags) = flags::through(run, edge, &walk[at].flags) else { continue };
            if !walk.iter().any(|met| met.func == edge.from && met.flags.is_within(&flags)) {
                walk.push(Above { func: edge.from, flags, tested, by: Some((edge, at)), hops: hops + 1 });
            }
        }
        at += 1;
    }
    None
}

/// Whether the loop runs the function itself: a coroutine, or what a fact makes a callback of it.
fn is_root(program: &Program<'_, '_>, func: FuncAt) -> bool {
    program.input.func(func).is_async || program.contexts.is_entry(func) && program.contexts.loop_root(func).is_some()
}

fn hops_from(program: &Program<'_, '_>, walk: &[Above<'_>], at: usize) -> Vec<Hop> {
    let steps = std::iter::successors(walk[at].by, |(_, below)| walk[*below].by);
    steps.map(|(edge, _)| told::hop(program, edge.call, program.input.func_name(edge.to))).collect()
}
