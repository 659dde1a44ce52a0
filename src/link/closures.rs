//! Functions that a helper writes around what it is given, and runs, has run or registers itself: `items.map((item) => run(item))`,
//! `app.get(path, async (request) => run(request))`. One that it gives back runs what the call was given that made it:
//! `const load = kept(read)`. What decorators give back is told by `wrap`.

use super::calls::{self, Through};
use super::graph::{Edge, EdgeKind, Graph, argument, bound_parameters, destination, functions, moved, offset};
use super::handed::calls_later;
use super::values::Solution;
use super::{At, CallAt, ExprAt, FuncAt};
use crate::ir::{CallKind, Expr};
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
        } else if calls_later(solution, external) {
            run.extend(call.args.iter().map(|arg| (arg, EdgeKind::Later)));
        }
        for (arg, kind) in run {
            for func in functions(solution, At { file, id: arg.value }).into_iter().filter(|func| is_within(*func, external.from)) {
                found.entry(func).or_default().push(kind);
            }
        }
    }
    found
}

/// Adds what the functions run that a helper registers for what it is given: each is made for one caller, and run as what it is
/// registered for, wherever that is done.
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
            !facts.registrations(external.path).is_empty()
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

/// Names that are followed from a called function to the call that made it, at most.
const DEEPEST: usize = 4;

/// Adds what functions run that a helper has given back: what it was given when it made them, where the source shows that call.
pub(super) fn follow_made(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let mut asks: FxHashMap<FuncAt, Vec<(CallAt, usize)>> = FxHashMap::default();
    for (file, summary) in input.summaries.iter_enumerated() {
        for id in summary.calls.indices() {
            let (at, from) = (At { file, id }, At { file, id: summary.calls[id].func });
            // What is made once and kept is the first caller's matter alone.
            if let Some((owner, position)) = calls::left_to_callers(solution, at)
                && owner != from
                && !summary.calls[id].once
                && !graph.registered.contains(&at)
            {
                asks.entry(from).or_default().push((at, position));
            }
        }
    }
    if asks.is_empty() {
        return;
    }
    let owner_of = |func: FuncAt| input.func(func).parent.map(|id| At { file: func.file, id });
    let owners: FxHashSet<FuncAt> = asks.keys().filter_map(|func| owner_of(*func)).collect();
    let direct = |edge: &&Edge| edge.kind == EdgeKind::Direct && edge.offset.is_some() && !edge.by_name;
    let making: FxHashMap<(CallAt, FuncAt), usize> = graph
        .edges
        .iter()
        .filter(direct)
        .filter(|edge| owners.contains(&edge.to))
        .map(|edge| ((edge.call, edge.to), offset(solution, edge)))
        .collect();
    let mut added = Vec::new();
    for edge in graph.edges.iter().filter(direct) {
        let (Some(asked), Some(owner)) = (asks.get(&edge.to), owner_of(edge.to)) else { continue };
        let callee = At { file: edge.call.file, id: input.summaries[edge.call.file].calls[edge.call.id].callee };
        let Some(maker) = maker(solution, callee, DEEPEST) else { continue };
        let Some(bound) = making.get(&(maker, owner)) else { continue };
        let summary = &input.summaries[maker.file];
        for (arg, position) in bound_parameters(summary, input.func(owner), &summary.calls[maker.id], *bound) {
            for (call, _) in asked.iter().filter(|(_, asked)| *asked == position) {
                let inner = At { file: call.file, id: input.summaries[call.file].calls[call.id].callee };
                let run = functions(solution, At { file: maker.file, id: arg }).into_iter();
                let run = run.filter(|to| graph.kinds.allows(solution, *call, inner, *to));
                added.extend(run.map(|to| Edge { to, offset: None, ..*edge }));
            }
        }
    }
    graph.edges.extend(added);
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
}

/// The call that gave what an expression holds, by names that are bound once.
fn maker(solution: &Solution<'_>, at: ExprAt, deepest: usize) -> Option<CallAt> {
    let deepest = deepest.checked_sub(1)?;
    let summary = &solution.input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Call(id) => Some(At { file: at.file, id: *id }),
        Expr::Var(var) => match solution.assigned(at.file, *var) {
            [one] if *one != at.id => maker(solution, At { file: at.file, id: *one }, deepest),
            _ => None,
        },
        Expr::Imported { module, name } => match solution.imported(at.file, *module, *name)?.as_slice() {
            [one] => maker(solution, *one, deepest),
            _ => None,
        },
        _ => None,
    }
}
