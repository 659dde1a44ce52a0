//! What calls hand to threads.

use crate::base::Name;
use crate::effects::sizes::{GivenOver, given_over};
use crate::facts::ContextKind;
use crate::ir::{CallKind, ExprId};
use crate::link::graph::{Edge, EdgeKind, destination, functions};
use crate::link::{At, CallAt, FuncAt, Value};
use crate::rules::Program;

/// A library's function that a call hands to a thread or a process.
pub struct HandedLibrary {
    /// The call.
    pub call: CallAt,
    /// The function whose body makes it.
    pub from: FuncAt,
    /// What is handed over.
    pub path: Name,
    /// With what it is called there.
    pub given: GivenOver,
}

/// Functions of the run that calls hand to threads: Python's, since other languages share no lock among theirs.
pub fn own<'b>(program: &Program<'_, 'b>) -> impl Iterator<Item = &'b Edge> {
    let input = program.input;
    program.graph.edges.iter().filter(move |edge| {
        let call = &input.summaries[edge.call.file].calls[edge.call.id];
        edge.kind == EdgeKind::Moved(ContextKind::Thread)
            && call.kind == CallKind::Call
            && input.summaries[edge.call.file].is_python()
            && !input.func(edge.to).is_async
    })
}

/// Functions of libraries that calls hand to threads, or to processes.
#[must_use]
pub fn of_libraries(program: &Program<'_, '_>, to: ContextKind) -> Vec<HandedLibrary> {
    let (input, solution) = (program.input, program.solution);
    let mut found = Vec::new();
    for external in &program.graph.externals {
        let file = external.call.file;
        let summary = &input.summaries[file];
        let facts = input.facts_of(file);
        if !summary.is_python() || summary.calls[external.call.id].kind != CallKind::Call {
            continue;
        }
        let Some(boundary) = facts.boundary(external.path).filter(|boundary| !boundary.curried) else { continue };
        if destination(solution, external, boundary) != to {
            continue;
        }
        let path_of = |id: ExprId| {
            solution.values(At { file, id }).iter().find_map(|value| match value {
                Value::Ext(path) if facts.call(*path).is_some() => Some(*path),
                _ => None,
            })
        };
        let places = |id: ExprId| {
            let crate::facts::Which::One(at, _) = boundary.which else { return false };
            let placed = summary.calls[external.call.id].args.iter().filter(|arg| arg.name.is_none()).nth(at);
            placed.is_some_and(|arg| arg.value == id) && path_of(id).is_some()
        };
        let Some(given) = given_over(solution, program.graph, external.call, &places) else { continue };
        if let Some(path) = path_of(given.function) {
            found.push(HandedLibrary { call: external.call, from: external.from, path, given });
        }
    }
    found
}

/// Where a call that hands a function over takes it, among its positional arguments.
#[must_use]
pub fn position(program: &Program<'_, '_>, edge: &Edge) -> Option<usize> {
    let runs = |id: ExprId| functions(program.solution, At { file: edge.call.file, id }).contains(&edge.to);
    given_over(program.solution, program.graph, edge.call, &runs).map(|given| given.position)
}
