//! What a call waits for, itself or through functions of the run: a database, a peer, a process.

use super::told;
use crate::base::Name;
use crate::facts::{Effect, Gives};
use crate::finding::Hop;
use crate::ir::{Expr, Held};
use crate::link::graph::{Edge, EdgeKind, bound_parameters};
use crate::link::{At, CallAt, FuncAt};
use crate::rules::Program;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Functions of the run that are followed, one calling another.
const DEEPEST: usize = 4;

/// Functions that one call may run, at most: with more of them, who is meant is not known.
const WIDEST: usize = 2;

/// The way to what is waited for.
#[derive(Clone, Debug)]
pub struct Way {
    /// What is waited for.
    pub effect: Effect,
    /// The library's path.
    pub path: Name,
    /// The calls that lead there, and the last.
    pub calls: Vec<(CallAt, Option<FuncAt>)>,
    /// Every call stands under no test.
    pub always: bool,
}

/// Answers for one run.
pub struct Waited<'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    by_func: FxHashMap<FuncAt, Vec<CallAt>>,
    /// Functions that lead to each effect at all.
    leading: FxHashMap<Effect, FxHashSet<FuncAt>>,
}

/// Whether the call surely runs the function, each time.
fn certain(edge: &Edge) -> bool {
    edge.kind == EdgeKind::Direct && !edge.by_name && !edge.once
}

impl<'p, 'a, 'b> Waited<'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>) -> Self {
        let mut by_func: FxHashMap<FuncAt, Vec<CallAt>> = FxHashMap::default();
        for (at, _) in told::calls(program) {
            by_func.entry(told::owner(program, at)).or_default().push(at);
        }
        let mut waited = Self { program, by_func, leading: FxHashMap::default() };
        waited.lead();
        waited
    }

    /// Follows every call that waits to those that lead there.
    fn lead(&mut self) {
        let mut callers: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
        for edge in self.program.graph.edges.iter().filter(|edge| certain(edge)) {
            callers.entry(edge.to).or_default().push(edge.from);
        }
        let mut pending: Vec<(Effect, FuncAt)> = Vec::new();
        for external in &self.program.graph.externals {
            pending.extend(self.own(external.call).map(|(effect, _)| (effect, external.from)));
        }
        while let Some((effect, func)) = pending.pop() {
            if self.leading.entry(effect).or_default().insert(func) {
                pending.extend(callers.get(&func).into_iter().flatten().map(|caller| (effect, *caller)));
            }
        }
    }

    /// Whether a call may lead to one of the effects at all.
    fn may(&self, at: CallAt, wanted: &[Effect]) -> bool {
        self.own(at).is_some_and(|(effect, _)| wanted.contains(&effect))
            || self.program.graph.edges_of(at).any(|edge| certain(edge) && self.leads(edge.to, wanted))
    }

    fn leads(&self, func: FuncAt, wanted: &[Effect]) -> bool {
        wanted.iter().any(|effect| self.leading.get(effect).is_some_and(|funcs| funcs.contains(&func)))
    }

    /// The calls in a function's own body.
    #[must_use]
    pub fn calls_of(&self, func: FuncAt) -> &[CallAt] {
        self.by_func.get(&func).map_or(&[], Vec::as_slice)
    }

    /// What the call itself waits for, by a fact.
    #[must_use]
    pub fn own(&self, at: CallAt) -> Option<(Effect, Name)> {
        let input = self.program.input;
        let (facts, call) = (input.facts_of(at.file), &input.summaries[at.file].calls[at.id]);
        let mut externals = self.program.graph.externals_of(at);
        externals.find_map(|external| {
            let path = external.path;
            if let Some(promise) = facts.promise(path) {
                // A builder of queries asks only when it is awaited.
                let asks = call.awaited || promise.gives != Gives::Coroutine || input.summaries[at.file].is_python();
                return promise.waits.filter(|_| asks).map(|effect| (effect, path));
            }
            // What is awaited did not block, whatever the fact is of.
            let blocks = facts.call(path).filter(|_| !call.awaited && !call.once);
            blocks.map(|fact| (fact.effect, path))
        })
    }

    /// The shortest way from a call to one of the effects.
    #[must_use]
    pub fn way(&self, at: CallAt, wanted: &[Effect]) -> Option<Way> {
        let graph = self.program.graph;
        let guarded = |call: CallAt| self.program.input.summaries[call.file].calls[call.id].guard.is_some();
        let mut queue: VecDeque<Way> = VecDeque::new();
        let mut seen: FxHashSet<FuncAt> = FxHashSet::default();
        let begin = Way { effect: Effect::Cpu, path: crate::base::name(""), calls: vec![(at, None)], always: true };
        queue.push_back(begin);
        while let Some(way) = queue.pop_front() {
            let Some((call, _)) = way.calls.last().copied() else { continue };
            if let Some((effect, path)) = self.own(call).filter(|(effect, _)| wanted.contains(effect)) {
                return Some(Way { effect, path, ..way });
            }
            if way.calls.len() > DEEPEST {
                continue;
            }
            let edges: Vec<&Edge> = graph.edges_of(call).filter(|edge| certain(edge)).collect();
            if edges.len() > WIDEST {
                continue;
            }
            for edge in edges {
                if !self.leads(edge.to, wanted) || !seen.insert(edge.to) {
                    continue;
                }
                for next in self.calls_of(edge.to) {
                    if !self.may(*next, wanted) || self.ruled_out(edge, *next) {
                        continue;
                    }
                    let mut calls = way.calls.clone();
                    if let Some(last) = calls.last_mut() {
                        last.1 = Some(edge.to);
                    }
                    calls.push((*next, None));
                    queue.push_back(Way { calls, always: way.always && !guarded(*next), ..way.clone() });
                }
            }
        }
        None
    }

    /// Whether a call stands where a parameter was not given, and the edge's call gives it.
    fn ruled_out(&self, edge: &Edge, next: CallAt) -> bool {
        let input = self.program.input;
        let (summary, function) = (&input.summaries[edge.to.file], input.func(edge.to));
        let (caller, call) = (&input.summaries[edge.call.file], &input.summaries[edge.call.file].calls[edge.call.id]);
        let Some(offset) = edge.offset else { return false };
        let bound = bound_parameters(caller, function, call, usize::from(offset));
        let guards = std::iter::successors(summary.calls[next.id].guard, |id| summary.guards[*id].outer);
        guards.into_iter().any(|id| {
            bound.iter().any(|(value, position)| {
                let var = function.params.get(*position).and_then(|param| param.var);
                let held = var.and_then(|var| summary.guards[id].of_var(summary, var));
                let given = !matches!(caller.exprs[*value], Expr::Const(_));
                given && matches!(held, Some(Held::Null(true) | Held::Truth(false)))
            })
        })
    }

    /// The way in hops.
    #[must_use]
    pub fn hops(&self, way: &Way) -> Vec<Hop> {
        let hops = way.calls.iter().map(|(call, to)| {
            let shown = crate::effects::shown_path(self.program.input.facts_of(call.file), way.path);
            told::hop(self.program, *call, to.map_or(shown, |to| self.program.input.func_name(to)))
        });
        hops.collect()
    }

    /// Whether a function lets only so many in at a time: it enters a semaphore or a lock, or calls a limited queue.
    #[must_use]
    pub fn is_limited(&self, func: FuncAt) -> bool {
        self.calls_of(func).iter().any(|call| self.limits(*call))
    }

    /// Whether a call enters a limiter, or is made by one.
    #[must_use]
    pub fn limits(&self, at: CallAt) -> bool {
        let input = self.program.input;
        let (facts, call) = (input.facts_of(at.file), &input.summaries[at.file].calls[at.id]);
        let values = self.program.solution.values(At { file: at.file, id: call.callee }).iter();
        let by_value = values.into_iter().any(|value| match value {
            crate::link::Value::Ext(path) | crate::link::Value::ExtInst(path) => facts.limits(*path),
            _ => false,
        });
        by_value || self.program.graph.externals_of(at).any(|external| facts.limits(external.path))
    }
}
