//! What a library does at the first call only: whether later calls of a chain are first ones too.

use super::origin::{Origin, Origins};
use crate::effects::Step;
use crate::effects::sizes::Sizes;
use crate::ir::Arg;
use crate::link::At;
use crate::rules::Program;

/// Whether what decides that a call is a first one, its first argument, comes from clients: each may ask for another one.
pub fn asked_anew(program: &Program<'_, '_>, sizes: &Sizes<'_, '_>, origins: &Origins<'_, '_, '_>, steps: &[Step]) -> bool {
    let (Some(root), Some(last)) = (steps.first(), steps.last()) else { return false };
    let call = &program.input.summaries[last.call.file].calls[last.call.id];
    let plain = |arg: &&Arg| !arg.spread && arg.name.is_none();
    let Some(first) = call.args.first().filter(plain) else { return false };
    let mut size = sizes.trace(At { file: last.call.file, id: first.value }, last.from).size;
    for step in steps.iter().rev().skip(1) {
        let mut edges = program.graph.edges_of(step.call).filter(|edge| Some(edge.to) == step.to);
        let Some(edge) = edges.next() else { return false };
        size = sizes.given(edge, size).size;
    }
    matches!(origins.of(root.from, size), Origin::Request(_) | Origin::Head(_))
}
