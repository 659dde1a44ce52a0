//! Functions that are given to functions: which of these run them, move them elsewhere or keep them for later.

use super::graph::{
    Edge, EdgeKind, External, Graph, Takes, Wrapping, argument, bound_parameters, destination, functions, is_parameter, moved, offset,
};
use super::kinds::Kinds;
use super::values::{Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt, calls, closures, wrap};
use crate::facts::ContextKind;
use crate::ir::{Arg, CallKind, Expr, Family};
use rustc_hash::FxHashMap;

/// What functions do with the functions that they are given, and whether something that is written inside calls one of their
/// variables, or a helper does what they are given.
pub(super) fn takes(solution: &Solution<'_>, graph: &Graph) -> (Takes, FxHashMap<FuncAt, Kinds>) {
    let mut called: FxHashMap<FuncAt, Kinds> = FxHashMap::default();
    let input = solution.input;
    let mut known = Takes::default();
    let allowed = |call: CallAt, id: crate::ir::ExprId| graph.kinds.allowed(solution, call, At { file: call.file, id });
    let within = closures::run_within(solution, graph);
    for (file, summary) in input.summaries.iter_enumerated() {
        for (id, call) in summary.calls.iter_enumerated() {
            let from = At { file, id: call.func };
            if let Some((owner, position)) = is_parameter(input, At { file, id: call.callee }, from)
                && owner == from
                && !calls::is_nameless(input, owner)
                && matches!(call.kind, CallKind::Call | CallKind::New)
            {
                let kinds = allowed(At { file, id }, call.callee);
                known.entry((owner, position)).or_default().put(kinds, EdgeKind::Direct, |_| true);
            }
            // A function written in this one that it runs, or has run, calls what this one was given: `items.map((item) => run(item))`.
            if let Some((owner, position)) = calls::left_to_callers(solution, At { file, id })
                && owner != from
            {
                let kinds = allowed(At { file, id }, call.callee);
                for kind in within.get(&from).into_iter().flatten() {
                    // What is moved may drive a coroutine there: `submit(lambda: asyncio.run(work()))`.
                    let kinds = if matches!(kind, EdgeKind::Moved(_)) && !call.awaited { kinds.at_once() } else { kinds };
                    known.entry((owner, position)).or_default().put(kinds, *kind, |_| true);
                }
            }
            if let Expr::Var(var) = summary.exprs[call.callee]
                && summary.vars[var].func != call.func
                && summary.vars[var].func != crate::ir::MODULE_BODY
            {
                let owner = At { file, id: summary.vars[var].func };
                let by = called.entry(owner).or_default();
                *by = by.or(allowed(At { file, id }, call.callee));
            }
        }
    }
    let mut elsewhere = FxHashMap::default();
    for external in &graph.externals {
        if let Some(boundary) = input.facts_of(external.call.file).boundary(external.path) {
            let args = moved(solution, external, boundary.which).into_iter();
            let run = args.flat_map(|arg| functions(solution, At { file: external.call.file, id: arg.value }));
            let to = destination(solution, external, boundary);
            elsewhere.extend(run.map(|func| (func, to)));
        }
    }
    for external in &graph.externals {
        let call = &input.summaries[external.call.file].calls[external.call.id];
        let facts = input.facts_of(external.call.file);
        let mut mark = |args: Vec<&Arg>, kind| {
            for arg in args {
                let given = wrap::given(solution, At { file: external.call.file, id: arg.value });
                if let Some(at) = is_parameter(input, given, external.from) {
                    // `to_thread(lambda: ctx.run(f))` moves f, whatever the lambda does with it.
                    let elsewhere = elsewhere.get(&external.from).filter(|_| at.0 != external.from);
                    let kinds = allowed(external.call, arg.value);
                    known.entry(at).or_default().put(kinds, elsewhere.map_or(kind, |to| EdgeKind::Moved(*to)), |_| true);
                }
            }
        };
        if let Some(boundary) = facts.boundary(external.path) {
            mark(moved(solution, external, boundary.which), EdgeKind::Moved(destination(solution, external, boundary)));
        }
        for invoke in facts.invokes(external.path) {
            mark(argument(call, invoke.which), EdgeKind::Direct);
        }
    }
    // Passing on: at most as many rounds as helpers are nested.
    for _ in 0..8 {
        let mut grown = Vec::new();
        for edge in &graph.edges {
            let call = &input.summaries[edge.call.file].calls[edge.call.id];
            for (arg, position) in bound_parameters(&input.summaries[edge.call.file], input.func(edge.to), call, offset(solution, edge)) {
                if let Some(taken) = known.get(&(edge.to, position))
                    && let Some(at) = is_parameter(input, At { file: edge.call.file, id: arg }, edge.from)
                {
                    grown.push((at, *taken, allowed(edge.call, arg)));
                }
            }
        }
        let mut changed = false;
        for (at, taken, allowed) in grown {
            let known = known.entry(at).or_default();
            for (kinds, kind) in taken.each() {
                let moves = matches!(kind, EdgeKind::Moved(_));
                if !moves {
                    let by = called.entry(at.0).or_default();
                    *by = by.or(kinds.and(allowed));
                }
                let may = |before: Option<EdgeKind>| before.is_none_or(|before| before == EdgeKind::Direct && moves);
                changed |= known.put(kinds.and(allowed), kind, may);
            }
        }
        if !changed {
            break;
        }
    }
    (known, called)
}

/// Whether a library calls the functions that it is given some time, as far as is known: it does nothing else with them.
pub(super) fn calls_later(solution: &Solution<'_>, external: &External) -> bool {
    let summary = &solution.input.summaries[external.call.file];
    let facts = solution.input.facts_of(external.call.file);
    let path = external.path;
    summary.family == Family::Ecma
        && summary.calls[external.call.id].kind != CallKind::Decorate
        && facts.boundary(path).is_none()
        && facts.invokes(path).is_empty()
        && facts.registrations(path).is_empty()
        && facts.containers(path).is_empty()
        && facts.wraps(path).is_none()
        && !path.rsplit('.').next().is_some_and(|member| facts.unlistens(member))
}

/// Adds the edges of functions given as arguments.
pub(super) fn pass_functions(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let (mut added, mut handed) = (Vec::new(), Vec::new());
    for edge in &graph.edges {
        let call = &input.summaries[edge.call.file].calls[edge.call.id];
        for (arg, position) in bound_parameters(&input.summaries[edge.call.file], input.func(edge.to), call, offset(solution, edge)) {
            let at = At { file: edge.call.file, id: arg };
            // What a parameter brings is told where the argument is given.
            if is_parameter(input, at, edge.from).is_some() {
                continue;
            }
            if let Some(taken) = graph.takes.get(&(edge.to, position)) {
                let allowed = graph.kinds.allowed(solution, edge.call, at);
                if taken.of(allowed.at_once()).any(|kind| kind == EdgeKind::Direct)
                    && !taken.each().any(|(_, kind)| matches!(kind, EdgeKind::Moved(_)))
                {
                    handed.extend(of_libraries(solution, edge.call, edge.from, at));
                }
                let run = functions(solution, at);
                added.extend(run.into_iter().filter_map(|to| {
                    let mut kinds = taken.of(graph.kinds.fitting(solution, allowed, to, at));
                    let first = kinds.next()?;
                    // Where it may be of several kinds, it is meant to be moved.
                    let kind = kinds.find(|kind| matches!(kind, EdgeKind::Moved(_))).filter(|_| first == EdgeKind::Direct).unwrap_or(first);
                    Some(Edge { to, kind, offset: None, ..*edge })
                }));
            }
        }
    }
    for external in &graph.externals {
        let file = external.call.file;
        let call = &input.summaries[file].calls[external.call.id];
        let facts = input.facts_of(file);
        let mut give = |args: Vec<&Arg>, kind| {
            for arg in args {
                if is_parameter(input, At { file, id: arg.value }, external.from).is_some() {
                    continue;
                }
                let at = At { file, id: arg.value };
                if kind == EdgeKind::Direct {
                    handed.extend(of_libraries(solution, external.call, external.from, at));
                }
                let run = functions(solution, at).into_iter().filter(|to| graph.kinds.allows(solution, external.call, at, *to));
                added.extend(run.map(|to| Edge {
                    call: external.call,
                    from: external.from,
                    to,
                    kind,
                    offset: None,
                    once: false,
                    by_name: false,
                    wrapping: Wrapping::None,
                }));
            }
        };
        if let Some(boundary) = facts.boundary(external.path) {
            give(moved(solution, external, boundary.which), EdgeKind::Moved(destination(solution, external, boundary)));
        } else if !facts.invokes(external.path).is_empty() {
            for invoke in facts.invokes(external.path) {
                give(argument(call, invoke.which), EdgeKind::Direct);
            }
        } else if calls_later(solution, external) {
            give(call.args.iter().collect(), EdgeKind::Later);
        }
    }
    // A loop runs coroutines: a generator given to it is none.
    added.retain(|edge: &Edge| edge.kind != EdgeKind::Moved(ContextKind::Loop) || !input.func(edge.to).is_generator);
    graph.edges.extend(added);
    handed.sort_by_key(|external: &External| (external.call, external.path));
    handed.dedup_by_key(|external| (external.call, external.path));
    graph.handed = handed;
}

/// The functions of libraries that an argument may be and of which facts tell what they do.
fn of_libraries<'a>(solution: &'a Solution<'_>, call: CallAt, from: FuncAt, at: ExprAt) -> impl Iterator<Item = External> + 'a {
    let facts = solution.input.facts_of(call.file);
    solution.values(at).iter().filter_map(move |value| match value {
        Value::Ext(path) if facts.call(*path).is_some() => Some(External { call, from, path: *path }),
        _ => None,
    })
}
