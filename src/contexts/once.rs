//! Coroutines that run once: all that lead to them are start-up or command-line programs.

use super::Spread;
use crate::base::Name;
use crate::facts::{ContextKind, Facts};
use crate::finding::Confidence;
use crate::ir::{CallKind, Expr, Family};
use crate::link::graph::{Edge, EdgeKind, Graph, Outcome};
use crate::link::{At, CallAt, FuncAt, Input, is_rare};
use rustc_hash::{FxHashMap, FxHashSet};

/// Functions of one name that a call on an unknown receiver may mean, at most.
const NAMESAKES: usize = 16;

/// Calls whose result is given to a call that runs it when that has returned: `poll()` of `create_task(poll())`.
pub(super) fn background(input: Input<'_>, graph: &Graph) -> FxHashSet<CallAt> {
    arguments_of(input, graph, Facts::goes_on).collect()
}

/// Calls that are arguments of a library's call.
fn arguments_of<'b>(input: Input<'b>, graph: &'b Graph, wanted: impl Fn(&Facts, Name) -> bool + 'b) -> impl Iterator<Item = CallAt> + 'b {
    let given = graph.externals.iter().filter(move |external| wanted(input.facts_of(external.call.file), external.path));
    given.flat_map(move |external| {
        let summary = &input.summaries[external.call.file];
        let calls = summary.calls[external.call.id].args.iter().filter_map(|arg| match summary.exprs[arg.value] {
            Expr::Call(id) => Some(At { file: external.call.file, id }),
            _ => None,
        });
        calls.collect::<Vec<_>>()
    })
}

impl Spread<'_, '_> {
    /// Coroutines that the server is given to run before it serves, with the call that makes them: `run_app(create())`.
    pub(super) fn served(&self) -> Vec<(FuncAt, CallAt)> {
        let calls = arguments_of(self.input, self.graph, Facts::serves);
        let made = calls.flat_map(|call| self.graph.edges_of(call).filter(|edge| edge.kind == EdgeKind::Direct));
        made.filter(|edge| self.input.func(edge.to).is_async).map(|edge| (edge.to, edge.call)).collect()
    }

    /// Calls of methods on receivers of which nothing is known, to the coroutines of that name that nothing else calls. They don't
    /// tell that one of these is called, but who calls it if anybody does.
    fn by_names(&self, called: &FxHashSet<FuncAt>) -> Vec<Edge> {
        self.named_so(|func| self.input.func(func).is_async && !called.contains(&func))
    }

    /// Calls of methods on receivers of which nothing is known, to those of `candidates` that have this name.
    pub(super) fn named_so(&self, candidates: impl Fn(FuncAt) -> bool) -> Vec<Edge> {
        let input = self.input;
        let mut of_name: FxHashMap<(Family, Name), Vec<FuncAt>> = FxHashMap::default();
        for func in self.functions().filter(|func| is_rare(input, *func) && candidates(*func)) {
            of_name.entry((input.summaries[func.file].family, input.func(func).name)).or_default().push(func);
        }
        let mut found = Vec::new();
        for (file, summary) in input.summaries.iter_enumerated() {
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Call) {
                let Expr::Attr { name, .. } = summary.exprs[call.callee] else { continue };
                if !matches!(self.graph.outcomes[file][id], Outcome::UnknownReceiver | Outcome::Unresolved(_)) {
                    continue;
                }
                let from = At { file, id: call.func };
                found.extend(
                    of_name
                        .get(&(summary.family, name))
                        .into_iter()
                        .filter(|run| run.len() <= NAMESAKES)
                        .flatten()
                        .map(|to| Edge { by_name: true, ..Edge::direct(At { file, id }, from, *to) }),
                );
            }
        }
        found
    }

    /// Settles coroutines that no entry reaches, where every way to them begins in start-up or a command-line program.
    pub(super) fn settle_once(&mut self, called: &FxHashSet<FuncAt>) {
        let named = self.by_names(called);
        let mut callees: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        for edge in self.graph.edges.iter().chain(&named).filter(|edge| edge.from != edge.to) {
            callees.entry(edge.from).or_default().push(edge);
        }
        let mut called = called.clone();
        let calls = named.iter().filter(|edge| edge.from != edge.to && !self.tests.contains_key(&edge.from));
        called.extend(calls.map(|edge| edge.to));
        let every: Vec<FuncAt> = self.functions().collect();
        let is_any = |func: &FuncAt, kinds: &[ContextKind]| kinds.iter().any(|kind| self.contexts.origin(*func, *kind).is_some());
        let once = |func: &FuncAt| is_any(func, &[ContextKind::Startup, ContextKind::Script]) || self.tests.contains_key(func);
        let others = [ContextKind::Loop, ContextKind::Thread, ContextKind::Process];
        // A program's function that nobody is seen to call is what the program runs.
        let run = |func: &FuncAt| self.scripts[func.file] && !called.contains(func) && !is_any(func, &others);
        // Who calls these is not known.
        let unknown = |func: &&FuncAt| !called.contains(func) && !once(func) && !is_any(func, &others) && !run(func);
        let (driven, busy) = (self.driven(), self.busy());
        // What runs on a loop of its own is nobody's neighbour, whoever begins it.
        let alone_there = |edge: &Edge| self.is_alone(edge, &driven, &busy.shared);
        // In a thread of its own, tasks of a job that ends wait for each other alone.
        let outside = every.iter().filter(|func| unknown(func) || is_any(func, &[ContextKind::Loop])).copied().collect();
        let moved_away = |edge: &Edge| matches!(edge.kind, EdgeKind::Moved(to) if to != ContextKind::Loop);
        let outside = closure(&callees, outside, |edge| !moved_away(edge) && !alone_there(edge));
        let in_worker = |func: &FuncAt| is_any(func, &[ContextKind::Thread, ContextKind::Process]) && !outside.contains(func);
        let alone = |edge: &Edge| alone_there(edge) || in_worker(&edge.from) && self.is_alone(edge, &driven, &busy.lasting);
        let runs_now = |edge: &Edge| !moved_away(edge) && !self.background.contains(&edge.call);
        let from = |kind| every.iter().filter(|func| is_any(func, &[kind])).copied().collect::<Vec<_>>();
        // `if __name__ == "__main__"` is the command-line program's, whatever the module's body is.
        let of_main = |edge: &Edge| self.input.summaries[edge.call.file].calls[edge.call.id].main_guard;
        let mains = self.graph.edges.iter().filter(|edge| of_main(edge) && runs_now(edge) && !edge.by_name).map(|edge| edge.to);
        let programs = mains.chain(every.iter().filter(|func| run(func)).copied());
        let mut scripts = closure(&callees, from(ContextKind::Script).into_iter().chain(programs).collect(), runs_now);
        let startup = closure(&callees, from(ContextKind::Startup), |edge| runs_now(edge) && !edge.by_name && !of_main(edge));
        let alone_in = self.graph.edges.iter().chain(&named).filter(|edge| alone(edge)).map(|edge| edge.to).collect();
        let lonely = closure(&callees, alone_in, runs_now);
        let offered = lonely.iter().filter(|func| !scripts.contains(func) && !startup.contains(func) && self.is_offered(**func));
        // Nor is it known of these, or they are called time and again.
        let open = every.iter().filter(|func| unknown(func) || is_any(func, &others));
        let open = closure(&callees, open.chain(offered).copied().collect(), |edge| !alone(edge));
        scripts.extend(lonely);
        let known = [ContextKind::Loop, ContextKind::Startup];
        let unsettled = |func: &&FuncAt| !is_any(func, &known) && !self.tests.contains_key(*func);
        let settled = every.iter().filter(|func| self.input.func(**func).is_async && !open.contains(func)).filter(unsettled);
        let (of_scripts, started): (Vec<FuncAt>, Vec<FuncAt>) =
            settled.filter(|func| scripts.contains(func) || startup.contains(func)).partition(|func| scripts.contains(func));
        self.of_scripts.extend(of_scripts);
        for func in started {
            let origin = self.origin("start-up", func.file, self.input.func(func).name_span, Confidence::High);
            self.reach(func, ContextKind::Startup, origin, false);
        }
    }
}

/// All functions that calls lead to from some, by the edges that `follows` takes.
pub(super) fn closure(callees: &FxHashMap<FuncAt, Vec<&Edge>>, from: Vec<FuncAt>, follows: impl Fn(&Edge) -> bool) -> FxHashSet<FuncAt> {
    let (mut found, mut pending) = (FxHashSet::default(), from);
    while let Some(func) = pending.pop() {
        if found.insert(func) {
            pending.extend(callees.get(&func).into_iter().flatten().filter(|edge| follows(edge)).map(|edge| edge.to));
        }
    }
    found
}
