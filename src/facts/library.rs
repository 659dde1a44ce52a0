//! What one fact file holds, for a person who asks.

use super::ready::{Mark, Ready};
use crate::base::Name;
use crate::ir::Family;

/// One fact file's facts of one family.
#[derive(Clone, Debug)]
pub struct Library {
    /// Its name; the file's path where it gives none.
    pub name: String,
    /// The family of the files that it speaks of.
    pub family: Family,
    /// The file.
    pub file: String,
    /// Where the library is documented.
    pub source: String,
    /// When it was checked, against which version; empty where it is not said.
    pub checked: String,
    /// The modules that it is imported as.
    pub modules: Vec<Name>,
    /// The repository's own, not built in.
    pub own: bool,
    /// Paths of calls that block or compute.
    pub calls: usize,
    /// Types.
    pub types: usize,
    /// Entries, counted by their marks.
    pub entries: usize,
    /// Boundaries.
    pub boundaries: usize,
    /// Neutral paths.
    pub neutral: usize,
    /// Whatever else.
    pub others: usize,
    /// Labels of entries that files make by where they stand.
    pub file_entries: Vec<String>,
    /// Every path that the facts speak of, in order.
    pub paths: Vec<Name>,
}

impl Library {
    /// `about`: name, source, checked.
    pub(super) fn of(ready: &Ready, family: Family, file: &str, about: (String, String, String), modules: Vec<Name>, own: bool) -> Self {
        let (name, source, checked) = about;
        let marks = |mark: &Mark| match mark {
            Mark::Decorators(paths) | Mark::Bases(paths) | Mark::Calls(paths) | Mark::Attributes(paths) => paths.len(),
            Mark::Files(globs) => globs.len(),
        };
        let by_file = ready.entries.iter().filter(|(mark, _)| matches!(mark, Mark::Files(_)));
        Self {
            name,
            family,
            file: file.to_owned(),
            source,
            checked,
            modules,
            own,
            calls: ready.calls.iter().map(|call| call.paths.len()).sum(),
            types: ready.types.len(),
            entries: ready.entries.iter().map(|(mark, _)| marks(mark)).sum(),
            boundaries: ready.boundaries.iter().map(|(paths, _)| paths.len()).sum(),
            neutral: ready.neutral.len(),
            others: ready.others(),
            file_entries: by_file.map(|(_, entry)| entry.label.clone()).collect(),
            paths: ready.paths(),
        }
    }
}
