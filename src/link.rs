//! Names to definitions, receivers to types, call sites to callees: the call graph.

mod access;
mod awaits;
mod bind;
mod calls;
mod clients;
mod closures;
mod constrain;
mod containers;
mod declared;
pub mod graph;
mod handed;
mod injected;
mod kept;
pub mod kinds;
mod lineage;
pub mod modules;
pub mod names;
mod passed;
mod quiet;
pub mod reads;
mod spelled;
mod started;
mod values;
mod wrap;

use crate::base::{FileId, Name, Source};
use crate::facts::{FactBase, Facts};
use crate::ir::{CallId, ClassId, ExprId, FuncId, ModuleSummary};
use modules::Modules;
use oxc_index::IndexVec;

pub use bind::{argument, first_text};
pub use calls::is_rare;
pub use values::{Solution, Value, promise_of, solve};

/// A function, class, call or expression of the whole run: its file and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At<T> {
    /// The file.
    pub file: FileId,
    /// The index in the file's summary.
    pub id: T,
}

/// A function of the run.
pub type FuncAt = At<FuncId>;
/// A class of the run.
pub type ClassAt = At<ClassId>;
/// A call site of the run.
pub type CallAt = At<CallId>;
/// An expression of the run.
pub type ExprAt = At<ExprId>;

/// Everything that linking reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files' texts.
    pub sources: &'a IndexVec<FileId, Source>,
    /// What they say.
    pub summaries: &'a IndexVec<FileId, ModuleSummary>,
    /// What is known of libraries.
    pub facts: &'a FactBase,
    /// Where imports lead.
    pub modules: &'a Modules,
}

impl<'a> Input<'a> {
    /// The facts for a file's family.
    #[must_use]
    pub fn facts_of(self, file: FileId) -> &'a Facts {
        self.facts.of(self.summaries[file].family)
    }

    /// A function by its place.
    #[must_use]
    pub fn func(self, at: FuncAt) -> &'a crate::ir::Function {
        &self.summaries[at.file].functions[at.id]
    }

    /// The dotted name of a function inside its file: `Class.method`, `outer.inner`.
    #[must_use]
    pub fn func_name(self, at: FuncAt) -> String {
        self.summaries[at.file].func_name(at.id)
    }

    /// The file's path in dots, without its extension; a package's `__init__` is the package.
    #[must_use]
    pub fn module_path(self, file: FileId) -> String {
        let path = self.sources[file].path.as_str();
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        stem.trim_end_matches("/__init__").trim_start_matches('/').replace('/', ".")
    }

    /// Names under which facts may speak of a definition of this repository: every dotted tail of its path.
    pub fn fact_names(self, file: FileId, member: &str) -> impl Iterator<Item = Name> + use<> {
        let full = format!("{}.{member}", self.module_path(file));
        let least = member.matches('.').count() + 2;
        let starts: Vec<usize> = std::iter::once(0).chain(full.match_indices('.').map(|(at, _)| at + 1)).collect();
        let keep = starts.len().saturating_sub(least - 1);
        starts.into_iter().take(keep).filter_map(move |at| ustr::existing_ustr(&full[at..])).collect::<Vec<_>>().into_iter()
    }
}
