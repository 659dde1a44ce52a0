//! Functions that one leads to on its own thread.

use crate::effects::belief::{self, Widths};
use crate::finding::Confidence;
use crate::link::graph::{Edge, EdgeKind, External};
use crate::link::{CallAt, FuncAt};
use crate::rules::Program;
use rustc_hash::{FxHashMap, FxHashSet};

/// Functions that are looked at below one, at most.
const MOST: usize = 400;

/// Calls by the function that makes them.
pub struct Below<'b> {
    edges: FxHashMap<FuncAt, Vec<&'b Edge>>,
    externals: FxHashMap<FuncAt, Vec<&'b External>>,
    widths: Widths,
}

/// A function that is reached.
#[derive(Clone, Copy, Debug)]
pub struct Met {
    /// The function.
    pub func: FuncAt,
    /// The one that calls it, by its place in the walk; none for the first.
    pub by: Option<usize>,
    /// Functions from the first to it, itself counted.
    pub hops: u32,
    /// Functions that a call on the way may run, at most.
    pub widest: u8,
}

impl<'b> Below<'b> {
    /// Reads the calls of the run.
    #[must_use]
    pub fn new(program: &Program<'_, 'b>) -> Self {
        let mut edges: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        for edge in &program.graph.edges {
            let here = matches!(edge.kind, EdgeKind::Direct | EdgeKind::OffLoop);
            // A coroutine runs on a loop, whoever makes it; a name alone tells nothing.
            if here && !edge.by_name && !program.input.func(edge.to).is_async {
                edges.entry(edge.from).or_default().push(edge);
            }
        }
        let mut externals: FxHashMap<FuncAt, Vec<&External>> = FxHashMap::default();
        for external in &program.graph.externals {
            externals.entry(external.from).or_default().push(external);
        }
        Self { edges, externals, widths: Widths::read(program.graph) }
    }

    /// Calls of a function to libraries.
    #[must_use]
    pub fn externals(&self, func: FuncAt) -> &[&'b External] {
        self.externals.get(&func).map_or(&[], Vec::as_slice)
    }

    /// Calls of a function to functions of the run.
    #[must_use]
    pub fn edges(&self, func: FuncAt) -> &[&'b Edge] {
        self.edges.get(&func).map_or(&[], Vec::as_slice)
    }

    /// The functions that one leads to, itself first, the nearest first; none where they are too many. A call that `follows` refuses
    /// is not followed.
    #[must_use]
    pub fn walk(&self, first: FuncAt, follows: impl Fn(CallAt) -> bool) -> Option<Vec<Met>> {
        let mut walk = vec![Met { func: first, by: None, hops: 1, widest: 1 }];
        let mut seen: FxHashSet<FuncAt> = FxHashSet::default();
        seen.insert(first);
        let mut at = 0;
        while at < walk.len() {
            let met = walk[at];
            for edge in self.edges(met.func).iter().filter(|edge| follows(edge.call)) {
                if seen.insert(edge.to) {
                    let widest = met.widest.max(self.widths.of(edge.call));
                    walk.push(Met { func: edge.to, by: Some(at), hops: met.hops + 1, widest });
                }
            }
            at += 1;
            if walk.len() > MOST {
                return None;
            }
        }
        Some(walk)
    }
}

impl Met {
    /// How sure the way is.
    #[must_use]
    pub fn sure(&self) -> Confidence {
        belief::sure(self.hops, self.widest)
    }

    /// The functions that lead to it, the first of the walk first; itself left out.
    #[must_use]
    pub fn way(&self, walk: &[Self]) -> Vec<FuncAt> {
        let mut way = Vec::new();
        let mut at = self.by;
        while let Some(place) = at {
            way.push(walk[place].func);
            at = walk[place].by;
        }
        way.reverse();
        way
    }
}
