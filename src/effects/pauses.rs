//! Where others get their turn: awaiting what is complete already lets nobody else run.

use crate::base::{FileId, Name};
use crate::ir::Expr;
use crate::ir::loops::LoopId;

use crate::link::graph::{EdgeKind, Graph};
use crate::link::{At, CallAt, FuncAt, Input, is_rare};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// Methods of one name, at most, that a call of it is believed to be of.
const NAMESAKES: usize = 8;

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
        Self::with(input, graph, None)
    }

    /// The same, where a method of a value of which nothing is known is one of those of its name in the run.
    #[must_use]
    pub fn by_name(input: Input<'_>, graph: &Graph) -> Self {
        let mut methods: FxHashMap<Name, Vec<FuncAt>> = FxHashMap::default();
        for (file, summary) in input.summaries.iter_enumerated() {
            for (id, function) in summary.functions.iter_enumerated().filter(|(_, function)| function.class.is_some()) {
                if is_rare(input, At { file, id }) {
                    methods.entry(function.name).or_default().push(At { file, id });
                }
            }
        }
        methods.retain(|_, of| of.len() <= NAMESAKES);
        Self::with(input, graph, Some(&methods))
    }

    fn with(input: Input<'_>, graph: &Graph, methods: Option<&FxHashMap<Name, Vec<FuncAt>>>) -> Self {
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
                let mut own: Vec<FuncAt> = graph.edges_of(at).filter(|edge| edge.kind == EdgeKind::Direct).map(|edge| edge.to).collect();
                if let (true, Expr::Attr { name, .. }) = (own.is_empty(), &summary.exprs[call.callee]) {
                    own.extend(methods.and_then(|methods| methods.get(name)).into_iter().flatten());
                }
                // What is awaited is the repository's own: whether it pauses, it says itself.
                // A library's type that a value may have besides, of which no fact says that it has the method, hardly is what is meant.
                let facts = input.facts_of(file);
                let other = |path| methods.is_none() || facts.promise(path).is_some() || facts.call(path).is_some();
                let known = !own.is_empty()
                    && own.iter().all(|to| input.func(*to).is_async)
                    && !graph.externals_of(at).any(|external| other(external.path));
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
