//! See rules/nested-event-loop.md.

use super::asynchronous::told::{self, Said};
use super::{Check, Program, Rule, Status, Told};
use crate::effects::belief;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Hop, Severity};
use crate::link::graph::{EdgeKind, External};
use crate::link::{At, FuncAt};

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

fn check(rule: &Rule, program: &Program<'_, '_>, told: &mut Told) {
    let facts_of = |external: &External| program.input.facts_of(external.call.file);
    let nests = |external: &External| facts_of(external).nests_loops(external.path);
    let allowed = program.graph.externals.iter().any(nests);
    for external in program.graph.externals.iter().filter(|external| facts_of(external).runs_loop(external.path)) {
        let (call, from) = (external.call, external.from);
        let Some(origin) = program.contexts.origin(from, ContextKind::Loop) else {
            told.clear(rule, program, call, told::is_once(program, from).unwrap_or("not reached"));
            continue;
        };
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
        let Some(hops) = hops(program, from) else { continue };
        let direct = hops.is_empty();
        let mut chain = hops;
        chain.push(told::hop(program, call, shown.clone()));
        let distance = u32::try_from(chain.len()).unwrap_or(u32::MAX);
        // Tests on the way are not asked: who is called only without a loop may be among them.
        let far = if chain.len() > FAR { Confidence::Low } else { Confidence::Medium };
        let most = if direct { Confidence::High } else { far.min(belief::sure(distance, 1)) };
        // A coroutine runs on a loop, whatever leads to it.
        let confidence = if direct { most } else { most.min(origin.confidence) };
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

/// The calls from the last coroutine function on the way to a function; none where a call of the way is not found.
fn hops(program: &Program<'_, '_>, from: FuncAt) -> Option<Vec<Hop>> {
    let mut way = program.contexts.way_to(from);
    way.push(from);
    let root = way.iter().rposition(|func| program.input.func(*func).is_async).unwrap_or(0);
    // Nothing that the loop runs leads there.
    if !program.input.func(way[root]).is_async && program.contexts.loop_root(way[root]).is_none() {
        return None;
    }
    let mut hops = Vec::new();
    for pair in way[root..].windows(2) {
        let summary = &program.input.summaries[pair[0].file];
        let ids = summary.calls.iter_enumerated().filter(|(_, call)| call.func == pair[0].id);
        let edges = ids.flat_map(|(id, _)| program.graph.edges_of(At { file: pair[0].file, id }));
        let mut leading = edges.filter(|edge| edge.to == pair[1] && edge.kind == EdgeKind::Direct);
        let edge = leading.next()?;
        hops.push(told::hop(program, edge.call, program.input.func_name(pair[1])));
    }
    Some(hops)
}
