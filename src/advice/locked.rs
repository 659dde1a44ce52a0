//! Whether a call stands where a lock of threads is held: to await there would let others run on the loop and wait for it.

use super::Advisor;
use crate::facts::Effect;
use crate::ir::{Call, CallKind};
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
        let source = &input.sources[at.file];
        let (last, _) = source.line_column(call.span.start);
        let surrounds = |with: &Call| {
            let (first, _) = source.line_column(with.span.start);
            let lines = (first + 1..=last).map(|line| source.line_text(line));
            surrounds(source.line_text(first), lines)
        };
        summary.calls.iter_enumerated().any(|(id, with)| before(with) && surrounds(with) && waits(id))
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
