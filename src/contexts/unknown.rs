//! Libraries that are called on a loop and of which nothing is known: what to write facts of next.

use super::Contexts;
use crate::base::{FileId, Name, name};
use crate::facts::{ContextKind, FactBase, Facts};
use crate::ir::{Expr, Family, ModuleSummary};
use crate::link::CallAt;
use crate::link::graph::Graph;
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

type Summaries = IndexVec<FileId, ModuleSummary>;

/// Calls into libraries made by functions that run on a loop.
#[derive(Debug, Default)]
pub struct Known {
    /// Into a library with facts.
    pub calls: usize,
    /// Into others: language, library, calls; the most called first.
    pub unknown: Vec<(Family, String, usize)>,
}

/// Counts the calls, each once for each library that it may go to. Calls that are not written (iteration, property reads) count too.
#[must_use]
pub fn known(summaries: &Summaries, facts: &FactBase, graph: &Graph, contexts: &Contexts) -> Known {
    let specifiers = specifiers(summaries);
    let mut library_of: FxHashMap<(Family, Name), Option<String>> = FxHashMap::default();
    let mut seen: FxHashSet<(CallAt, Option<String>)> = FxHashSet::default();
    let mut known = Known::default();
    let mut unknown: FxHashMap<(Family, String), usize> = FxHashMap::default();
    for external in &graph.externals {
        if contexts.origin(external.from, ContextKind::Loop).is_none() {
            continue;
        }
        let family = summaries[external.call.file].family;
        // What the language brings would hide how little is known of the libraries.
        if facts.of(family).is_builtin(external.path) {
            continue;
        }
        let library = library_of.entry((family, external.path)).or_insert_with(|| {
            let facts = facts.of(family);
            if facts.knows(&external.path) { None } else { Some(library(&external.path, family, facts, &specifiers)) }
        });
        if !seen.insert((external.call, library.clone())) {
            continue;
        }
        match library {
            None => known.calls += 1,
            Some(library) => *unknown.entry((family, library.clone())).or_default() += 1,
        }
    }
    // A relative import that leads to no file is no library.
    unknown.retain(|(_, library), _| !library.starts_with('.'));
    known.unknown = unknown.into_iter().map(|((family, library), calls)| (family, library, calls)).collect();
    known.unknown.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| (one.0, &one.1).cmp(&(other.0, &other.1))));
    known
}

/// The modules that ECMAScript files import, as written: where a library's name ends (`socket.io`) is not seen in a path.
fn specifiers(summaries: &Summaries) -> FxHashSet<Name> {
    let ecma = summaries.iter().filter(|summary| summary.family == Family::Ecma);
    ecma.flat_map(|summary: &ModuleSummary| summary.exprs.iter())
        .filter_map(|expr| match expr {
            Expr::Module(module) | Expr::Imported { module, .. } => Some(*module),
            _ => None,
        })
        .collect()
}

/// The library of a path, as it is installed (npm) or imported (Python: with its second part where the first is shared by several).
fn library(path: &str, family: Family, facts: &Facts, specifiers: &FxHashSet<Name>) -> String {
    // What a call gives belongs to the library of what is called.
    let path = path.split_once('(').map_or(path, |(called, _)| called);
    if family == Family::Python {
        let mut parts = path.split('.');
        let first = parts.next().unwrap_or(path);
        return match parts.next() {
            Some(second) if facts.shares(first) => format!("{first}.{second}"),
            _ => first.to_owned(),
        };
    }
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let module = ends.rev().map(|end| &path[..end]).find(|module| specifiers.contains(&name(module))).unwrap_or(path);
    let parts = if module.starts_with('@') { 2 } else { 1 };
    module.split('/').take(parts).collect::<Vec<_>>().join("/")
}
