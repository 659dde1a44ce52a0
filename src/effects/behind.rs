//! All library calls that a call leads to, each by its surest way; `Effects` tells one way of each kind alone.

use super::sizes::Sizes;
use super::{Avoided, Channel, Effects, Sink, Witness, belief, conditions, fact_of, flags, is_once, spread};
use crate::base::Name;
use crate::facts::Weight;
use crate::finding::Confidence;
use crate::link::graph::{Edge, EdgeKind, Graph};
use crate::link::{CallAt, FuncAt, Solution};
use rustc_hash::{FxHashMap, FxHashSet};

/// A library's call that another call leads to, or is.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    /// The library's call.
    pub sink: CallAt,
    /// The function that makes it.
    pub from: FuncAt,
    /// The library path.
    pub path: Name,
    /// What it does, as the first call sees it.
    pub channel: Channel,
    /// How sure the way is at most.
    pub sure: Confidence,
}

impl Effects {
    /// For each of the calls what it leads to, as if the avoided calls did nothing. The same call of a library may be told more
    /// than once.
    ///
    /// Each library call is spread by itself, through the functions alone that the calls lead to.
    #[must_use]
    pub fn behind<'a>(
        &self,
        (solution, sizes, graph): (&Solution<'a>, &Sizes<'a, '_>, &Graph),
        calls: &FxHashSet<CallAt>,
        avoided: &Avoided,
    ) -> FxHashMap<CallAt, Vec<Behind>> {
        let (input, run) = (solution.input, self.run(solution, sizes));
        let is_open =
            |edge: &&Edge| edge.kind == EdgeKind::Direct && !input.func(edge.to).is_async && !self.assumed.nonblocking.contains(&edge.from);
        let mut ways: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        graph.edges.iter().filter(is_open).for_each(|edge| ways.entry(edge.from).or_default().push(edge));
        let mut first: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        let edges = calls.iter().flat_map(|call| graph.edges_of(*call)).filter(is_open);
        edges.for_each(|edge| first.entry(edge.to).or_default().push(edge));
        let mut within: FxHashSet<FuncAt> = first.keys().copied().collect();
        let mut left: Vec<FuncAt> = within.iter().copied().collect();
        while let Some(func) = left.pop() {
            left.extend(ways.get(&func).into_iter().flatten().map(|edge| edge.to).filter(|to| within.insert(*to)));
        }
        let mut callers: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        let inner = graph.edges.iter().filter(|edge| is_open(edge) && within.contains(&edge.from));
        inner.for_each(|edge| callers.entry(edge.to).or_default().push(edge));
        let mut behind: FxHashMap<CallAt, Vec<Behind>> = FxHashMap::default();
        let is_met = |sink: &&Sink| sink.harmless.is_none() && !avoided.contains(&(sink.call, sink.channel.0));
        for sink in self.sinks.iter().filter(is_met) {
            let (effect, weight) = sink.channel;
            let mut push = |call: CallAt, weight: Weight, sure: Confidence| {
                let one = Behind { sink: sink.call, from: sink.from, path: sink.path, channel: (effect, weight), sure };
                behind.entry(call).or_default().push(one);
            };
            if calls.contains(&sink.call) {
                push(sink.call, weight, Confidence::High);
            }
            if !within.contains(&sink.from) {
                continue;
            }
            let fact = fact_of(input, sink.call, sink.path).filter(|_| !graph.is_handed(sink.call, sink.path));
            let Some(flags) = conditions::of_fact(run, sink.call, sink.path, fact) else { continue };
            let (call, path) = (sink.call, sink.path);
            let witness = Witness { call, next: None, weight, path, distance: 1, tests: 0, by_name: false, widest: 1 };
            let mut lighter = vec![((sink.from, flags.growing(sink.grown)), witness)];
            for weight in [Weight::Heavy, Weight::Light].into_iter().filter(|one| weight == Weight::Heavy || *one == Weight::Light) {
                let found = std::mem::take(&mut lighter);
                let open = |edge: &Edge| !avoided.contains(&(edge.call, effect));
                for (state, witness) in spread(run, &callers, &self.widths, open, (effect, weight), found, &mut lighter) {
                    for edge in first.get(&state.0).into_iter().flatten().filter(|edge| open(edge)) {
                        if flags::through(run, edge, &state.1).is_some() {
                            let by_name = witness.by_name || edge.by_name;
                            let sure = if by_name { Confidence::Low } else { belief::sure(witness.distance + 1, 1) };
                            push(edge.call, if is_once(edge, effect) { Weight::Light } else { weight }, sure);
                        }
                    }
                }
            }
        }
        behind
    }
}
