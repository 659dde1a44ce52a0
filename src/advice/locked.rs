//! What stands in a `with` block: calls made while a lock of threads is held, where an await would let others run on the loop and wait
//! for it, and awaits, which bind the block to the loop.

use super::Advisor;
use crate::base::{FileId, Span};
use crate::facts::Effect;
use crate::ir::{Call, CallKind, Expr, FuncId};
use crate::link::{At, CallAt};

impl Advisor<'_, '_> {
    /// Whether a `with` that waits for other threads surrounds the call in its function.
    pub(super) fn is_locked(&self, at: CallAt) -> bool {
        let input = self.solution.input;
        let summary = &input.summaries[at.file];
        let call = &summary.calls[at.id];
        let before =
            |with: &Call| with.kind == CallKind::With && !with.awaited && with.func == call.func && with.span.start < call.span.start;
        let waits = |id| {
            let facts = input.facts_of(at.file);
            let entered = self.graph.externals_of(At { file: at.file, id });
            entered.into_iter().any(|external| facts.call(external.path).is_some_and(|fact| fact.effect == Effect::Wait))
        };
        summary.calls.iter_enumerated().any(|(id, with)| before(with) && self.is_inside(at.file, with, call) && waits(id))
    }

    /// Whether the block of the `with` that the call is, or that enters what it gives, awaits or yields: no plain function can take it.
    pub(super) fn awaits_inside(&self, at: CallAt) -> bool {
        let summary = &self.solution.input.summaries[at.file];
        let own = summary.calls[at.id].span;
        let enters = |with: &Call| {
            with.kind == CallKind::With && (with.span == own || matches!(summary.exprs[with.callee], Expr::Call(id) if id == at.id))
        };
        // Of a plain generator's yields the places are not known.
        let yields = summary.functions[summary.calls[at.id].func].is_generator;
        summary.regions.iter().filter(|region| enters(&summary.calls[region.entered])).any(|region| {
            let func = summary.calls[region.entered].func;
            let within = |(of, place): &(FuncId, Span)| *of == func && region.body.start <= place.start && place.end <= region.body.end;
            yields || summary.awaits.iter().any(within)
        })
    }

    /// Whether the call stands in the block of the `with` above it.
    fn is_inside(&self, file: FileId, with: &Call, call: &Call) -> bool {
        let source = &self.solution.input.sources[file];
        let (first, last) = (source.line_column(with.span.start).0, source.line_column(call.span.start).0);
        surrounds(source.line_text(first), (first + 1..=last).map(|line| source.line_text(line)))
    }
}

/// Whether all lines below a head are deeper than it.
fn surrounds<'t>(head: &str, below: impl Iterator<Item = &'t str>) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(head);
    below.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['#', ')'])).all(|line| depth(line) > own)
}

#[cfg(test)]
mod tests {
    use super::surrounds;

    #[test]
    fn a_block_ends_where_a_line_is_not_deeper() {
        assert!(surrounds("with lock:", ["    a()", "", "# said", "    b()"].into_iter()));
        assert!(!surrounds("    with lock:", ["        a()", "    b()"].into_iter()));
    }
}
