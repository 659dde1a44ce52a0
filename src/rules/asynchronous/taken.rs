//! Whether the program takes care of rejections that nobody else does: a rejection does not end its process then.

use super::told;
use crate::facts::TakesRejections;
use crate::link::graph::{External, argument, functions};
use crate::link::{At, FuncAt, first_text};
use crate::rules::Program;

/// Whether a function of the program is called with all rejections that nobody takes care of, and does not end the process itself.
#[must_use]
pub fn taken(program: &Program<'_, '_>) -> bool {
    program.graph.externals.iter().any(|external| takes(program, external))
}

fn takes(program: &Program<'_, '_>, external: &External) -> bool {
    let file = external.call.file;
    let (facts, summary) = (program.input.facts_of(file), &program.input.summaries[file]);
    let call = &summary.calls[external.call.id];
    facts.registrations(external.path).iter().filter(|entry| entry.takes(first_text(summary, call))).any(|entry| {
        let Some(takes) = &entry.takes_rejections else { return false };
        let given = argument(call, entry.which).into_iter();
        let mut run = given.flat_map(|arg| functions(program.solution, At { file, id: arg.value }));
        !told::is_test(program, external.from) && !run.any(|func| ends(program, func, takes))
    })
}

/// Whether the function throws, or makes a call that ends the process.
fn ends(program: &Program<'_, '_>, func: FuncAt, takes: &TakesRejections) -> bool {
    let summary = &program.input.summaries[func.file];
    let ends = |external: &External| takes.unless.iter().any(|path| *path == *external.path);
    let mut calls = summary.calls.iter_enumerated().filter(|(_, call)| call.func == func.id);
    summary.throws.iter().any(|(of, _)| *of == func.id)
        || calls.any(|(id, _)| program.graph.externals_of(At { file: func.file, id }).any(ends))
}
