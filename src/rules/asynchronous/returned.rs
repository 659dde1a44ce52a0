//! Where returning a promise helps: somebody takes what the function gives, and nothing in it is left to do.

use super::told;
use crate::ir::CallKind;
use crate::link::graph::EdgeKind;
use crate::link::{CallAt, FuncAt};
use crate::rules::Program;
use rustc_hash::FxHashSet;

/// Answers for one run.
pub struct Returned<'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    /// Functions of which some known call takes the result.
    taken: FxHashSet<FuncAt>,
}

impl<'p, 'a, 'b> Returned<'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>) -> Self {
        // A function that is given as an argument is called by a library: what that does with the result is not known.
        let named = program.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && edge.offset.is_some());
        let taken = named.filter(|edge| {
            let call = &program.input.summaries[edge.call.file].calls[edge.call.id];
            call.kind == CallKind::Call && !call.dropped
        });
        Self { program, taken: taken.map(|edge| edge.to).collect() }
    }

    /// Whether the call may be returned as it stands: in no loop, and with no call behind it that would be left out then.
    #[must_use]
    pub fn may(&self, at: CallAt) -> bool {
        let calls = &self.program.input.summaries[at.file].calls;
        let call = &calls[at.id];
        let last = || !calls.iter().any(|other| other.func == call.func && other.span.start >= call.span.end);
        self.taken.contains(&told::owner(self.program, at)) && call.looped.is_none() && last()
    }
}
