//! Conditions of entries: on the call that makes the entry, on constants that a file exports.

use super::Spread;
use crate::base::FileId;
use crate::effects::{constant_text, holds};
use crate::facts::Entry;
use crate::ir::{CallKind, Export, Expr};
use crate::link::{At, CallAt};

impl Spread<'_, '_> {
    /// Whether a file of the same folder makes one of the calls that the entry asks for.
    pub(super) fn stands_beside(&self, entry: &Entry, file: FileId) -> bool {
        let folder = |file: FileId| self.input.sources[file].path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let asked = |path: &crate::base::Name| entry.beside.contains(path);
        entry.beside.is_empty()
            || self.graph.externals.iter().any(|external| asked(&external.path) && folder(external.call.file) == folder(file))
    }

    /// Whether the entry's conditions hold for the call, or for the call that gave the decorator: `@get("/", threads=True)`.
    pub(super) fn holds_at(&self, entry: &Entry, at: CallAt) -> bool {
        let summary = &self.input.summaries[at.file];
        let call = &summary.calls[at.id];
        let (at, call) = match summary.exprs[call.callee] {
            Expr::Call(inner) if call.kind == CallKind::Decorate => (At { file: at.file, id: inner }, &summary.calls[inner]),
            _ => (at, call),
        };
        self.stands_beside(entry, at.file) && permits(entry, |condition| holds(self.solution, self.graph, at, call, condition))
    }

    /// Whether the entry's conditions hold for what the file exports: `export const dynamic = "..."`.
    pub(super) fn holds_in(&self, entry: &Entry, file: FileId) -> bool {
        let summary = &self.input.summaries[file];
        let exports = |key: &str, wanted: &str| {
            summary.exports.iter().any(|export| match export {
                Export::Named { name, value } if name.as_str() == key => self.constant(file, *value).is_some_and(|text| text == wanted),
                _ => false,
            })
        };
        permits(entry, |condition| condition.split_once('=').is_some_and(|(key, wanted)| exports(key, wanted)))
    }

    /// The text of a constant, or of the one constant that a variable holds.
    fn constant(&self, file: FileId, id: crate::ir::ExprId) -> Option<String> {
        let summary = &self.input.summaries[file];
        match &summary.exprs[id] {
            Expr::Var(var) => {
                let mut values = summary.assigns.iter().filter(|assign| !assign.is_type && assign.target == crate::ir::Target::Var(*var));
                let only = values.next().filter(|_| values.next().is_none())?;
                constant_text(&summary.exprs[only.value])
            }
            expr => constant_text(expr),
        }
    }
}

fn permits(entry: &Entry, holds: impl Fn(&str) -> bool) -> bool {
    (entry.when.is_empty() || entry.when.iter().any(|condition| holds(condition))) && !entry.unless.iter().any(|condition| holds(condition))
}
