//! The handler that need not be async: its framework runs plain functions in threads.

use super::{Advisor, Asked};
use crate::facts::{ContextKind, Gil};
use crate::link::graph::EdgeKind;

impl Advisor<'_, '_> {
    /// `; or make `f` a plain `def`: ...`, where an entry awaits nothing and a thread would help.
    pub(super) fn plain(&self, asked: Asked<'_>) -> Option<String> {
        let (first, entry) = (asked.steps.first()?, asked.origin.entry.as_ref()?);
        let in_thread = entry.synchronous == ContextKind::Thread && entry.asynchronous == ContextKind::Loop;
        let (input, func) = (self.solution.input, first.from);
        let summary = &input.summaries[func.file];
        let function = input.func(func);
        let gives_way = function.is_generator || summary.awaits.iter().any(|(of, _)| *of == func.id);
        // Who awaits it elsewhere, or what works with the loop there, wants a coroutine.
        let awaited = || self.graph.edges.iter().any(|edge| edge.to == func && edge.kind == EdgeKind::Direct);
        let fits = asked.is_entry && in_thread && function.is_async && !gives_way && asked.fact.gil != Some(Gil::Held);
        if !fits || self.bound.contains(&func) || awaited() {
            return None;
        }
        Some(format!("; or make `{}` a plain `def`, as it awaits nothing: a {} that is one runs in a thread", function.name, entry.label))
    }
}
