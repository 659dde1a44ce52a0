//! Functions that a helper writes around what it is given, and runs, has run or registers itself: `items.map((item) => run(item))`,
//! `app.get(path, async (request) => run(request))`. What it gives back to its callers is no matter of these: see `wrap`.

use super::calls::{self, Through};
use super::graph::{EdgeKind, Graph, argument, destination, functions, moved};
use super::handed::calls_later;
use super::values::Solution;
use super::{At, FuncAt};
use crate::ir::CallKind;
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions that run where the one around them runs, or are moved by it, with how.
pub(super) fn run_within(solution: &Solution<'_>, graph: &Graph) -> FxHashMap<FuncAt, Vec<EdgeKind>> {
    let input = solution.input;
    let mut found: FxHashMap<FuncAt, Vec<EdgeKind>> = FxHashMap::default();
    let is_within = |func: FuncAt, around: FuncAt| func.file == around.file && input.func(func).parent == Some(around.id);
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && is_within(edge.to, edge.from)) {
        found.entry(edge.to).or_default().push(EdgeKind::Direct);
    }
    for external in &graph.externals {
        let file = external.call.file;
        let facts = input.facts_of(file);
        let call = &input.summaries[file].calls[external.call.id];
        let mut run: Vec<_> =
            facts.invokes(external.path).iter().flat_map(|one| argument(call, one.which)).map(|arg| (arg, EdgeKind::Direct)).collect();
        if let Some(boundary) = facts.boundary(external.path) {
            let kind = EdgeKind::Moved(destination(solution, external, boundary));
            run.extend(moved(solution, external, boundary.which).into_iter().map(|arg| (arg, kind)));
        }
        for (arg, kind) in run {
            for func in functions(solution, At { file, id: arg.value }).into_iter().filter(|func| is_within(*func, external.from)) {
                found.entry(func).or_default().push(kind);
            }
        }
    }
    found
}

/// Adds what the functions run that a helper hands to a library for what it is given: each is made for one caller.
pub(super) fn follow_registered(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let mut registered: FxHashSet<FuncAt> = FxHashSet::default();
    for external in &graph.externals {
        let file = external.call.file;
        let facts = input.facts_of(file);
        let call = &input.summaries[file].calls[external.call.id];
        let is_handed = if call.kind == CallKind::Decorate {
            !facts.decorator(external.path.strip_suffix("()").map_or(external.path, crate::base::name)).is_empty()
        } else {
            !facts.registrations(external.path).is_empty() || calls_later(solution, external)
        };
        if is_handed {
            let given = call.args.iter().flat_map(|arg| functions(solution, At { file, id: arg.value }));
            registered.extend(given.filter(|func| func.file == file && input.func(*func).parent == Some(external.from.id)));
        }
    }
    if registered.is_empty() {
        return;
    }
    for (file, summary) in input.summaries.iter_enumerated() {
        for (id, call) in summary.calls.iter_enumerated() {
            let at = At { file, id };
            if registered.contains(&At { file, id: call.func })
                && let Some((owner, _)) = calls::left_to_callers(solution, at)
                && owner.id != call.func
            {
                calls::resolve(solution, graph, at, Through::Values);
                graph.registered.insert(at);
            }
        }
    }
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
    graph.externals.sort_by_key(|external| external.call);
}
