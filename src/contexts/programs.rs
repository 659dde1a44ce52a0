//! Files that are programs of their own: no server runs in them.

use super::Spread;
use crate::base::FileId;
use crate::facts::Facts;
use crate::ir::{Export, Expr, Family, MODULE_BODY};
use crate::link::At;
use crate::link::modules::Resolved;
use rustc_hash::FxHashSet;

impl Spread<'_, '_> {
    /// All files that are programs.
    pub(super) fn programs(&self) -> FxHashSet<FileId> {
        let run = self.run_by_packages();
        self.input.summaries.indices().filter(|file| run.contains(file) || self.is_program(*file)).collect()
    }

    /// A shebang, or something that only command-line programs use.
    fn is_program(&self, file: FileId) -> bool {
        let summary = &self.input.summaries[file];
        let facts = self.input.facts_of(file);
        let uses = |id| match &summary.exprs[id] {
            Expr::Attr { name, .. } if !facts.ends_script(*name) => false,
            Expr::Module(_) | Expr::Imported { .. } | Expr::Attr { .. } => {
                self.solution.external_path(At { file, id }).is_some_and(|path| facts.is_script(path))
            }
            _ => false,
        };
        summary.is_script || self.input.modules.is_bin(file) || (summary.family == Family::Ecma && summary.exprs.indices().any(uses))
    }

    /// Files that scripts of a package run, that no other file imports, and that start no server.
    fn run_by_packages(&self) -> FxHashSet<FileId> {
        let input = self.input;
        let mut run: FxHashSet<FileId> = input.summaries.indices().filter(|file| input.modules.is_run_once(*file)).collect();
        if run.is_empty() {
            return run;
        }
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Ecma) {
            let written = summary.exprs.iter().filter_map(|expr| match expr {
                Expr::Module(module) | Expr::Imported { module, .. } => Some(*module),
                _ => None,
            });
            let again = summary.exports.iter().filter_map(|export| match export {
                Export::Star { module } => Some(*module),
                Export::Named { .. } => None,
            });
            for module in written.chain(again) {
                if let Resolved::File(to) = input.modules.ecma(&input.sources[file].path, module)
                    && to != file
                {
                    run.remove(&to);
                }
            }
        }
        for func in self.leading_to(usize::MAX, Facts::serves, |_| true) {
            if func.id == MODULE_BODY {
                run.remove(&func.file);
            }
        }
        run
    }
}
