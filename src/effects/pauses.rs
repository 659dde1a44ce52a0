//! Where others get their turn: awaiting what is complete already lets nobody else run.

use crate::base::FileId;
use crate::ir::loops::LoopId;
use crate::link::graph::{EdgeKind, Graph};
use crate::link::{At, CallAt, FuncAt, Input};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions and loops that give the loop back on the way.
#[derive(Debug, Default)]
pub struct Pauses {
    functions: FxHashSet<FuncAt>,
    loops: IndexVec<FileId, IndexVec<LoopId, bool>>,
}

impl Pauses {
    /// Follows awaits to a library, or to what is no call: there a function pauses, and so do those that await it.
    #[must_use]
    pub fn infer(input: Input<'_>, graph: &Graph) -> Self {
        let mut pauses = Self::default();
        let mut waiting: FxHashMap<FuncAt, Vec<CallAt>> = FxHashMap::default();
        let mut pending = Vec::new();
        for (file, summary) in input.summaries.iter_enumerated() {
            pauses.loops.push(summary.loops.iter().map(|one| one.waits).collect());
            for (id, _) in summary.functions.iter_enumerated().filter(|(_, function)| function.waits) {
                pending.push(At { file, id });
            }
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.awaited) {
                let at = At { file, id };
                let own: Vec<FuncAt> = graph.edges_of(at).filter(|edge| edge.kind == EdgeKind::Direct).map(|edge| edge.to).collect();
                // What is awaited is the repository's own: whether it pauses, it says itself.
                let known = !own.is_empty() && own.iter().all(|to| input.func(*to).is_async) && graph.externals_of(at).next().is_none();
                if known {
                    for to in own {
                        waiting.entry(to).or_default().push(at);
                    }
                } else {
                    pauses.mark(input, at);
                    pending.push(At { file, id: call.func });
                }
            }
        }
        while let Some(func) = pending.pop() {
            if pauses.functions.insert(func) {
                for at in waiting.get(&func).into_iter().flatten() {
                    pauses.mark(input, *at);
                    pending.push(At { file: at.file, id: input.summaries[at.file].calls[at.id].func });
                }
            }
        }
        pauses
    }

    /// The loops around a call that pauses pause.
    fn mark(&mut self, input: Input<'_>, at: CallAt) {
        let summary = &input.summaries[at.file];
        let mut around = summary.calls[at.id].looped;
        while let Some(id) = around {
            self.loops[at.file][id] = true;
            around = summary.loops[id].outer;
        }
    }

    /// Whether awaiting the function may let others run.
    #[must_use]
    pub fn function(&self, func: FuncAt) -> bool {
        self.functions.contains(&func)
    }

    /// Whether each round of the loop may let others run.
    #[must_use]
    pub fn round(&self, file: FileId, id: LoopId) -> bool {
        self.loops[file][id]
    }
}
