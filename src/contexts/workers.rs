//! Files that a worker runs.

use super::Spread;
use crate::base::{FileId, Span};
use crate::ir::{Arg, CallKind, Expr, Family};
use crate::link::{At, ExprAt};

impl Spread<'_, '_> {
    /// Files whose path is given to what starts a worker, with the place where.
    pub(super) fn worker_files(&self) -> Vec<(FileId, Span)> {
        let mut found = Vec::new();
        for external in &self.graph.externals {
            let (file, summary) = (external.call.file, &self.input.summaries[external.call.file]);
            let call = &summary.calls[external.call.id];
            if self.input.facts_of(file).starts_worker(external.path) {
                found.extend(call.args.first().and_then(|arg| self.file_named(At { file, id: arg.value }, 0)).map(|to| (to, call.span)));
            }
        }
        // `new Pool(require.resolve("./task"))`, whatever `Pool` is: a module's path given away is run elsewhere.
        for (file, summary) in self.input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Ecma) {
            for call in summary.calls.iter().filter(|call| call.kind == CallKind::New) {
                let Some(Expr::Call(inner)) = call.args.first().map(|arg| &summary.exprs[arg.value]) else { continue };
                let names_file = |arg: &Arg| match &summary.exprs[arg.value] {
                    Expr::Global(global) => global.as_str() == "__dirname",
                    Expr::Attr { name, .. } => name.as_str() == "url",
                    _ => false,
                };
                let made = &summary.calls[*inner];
                // `new Pool(path.join(__dirname, "task.js"))`, `new Pool(new URL("task.js", import.meta.url))`
                let beside = made.args.iter().any(names_file);
                let resolves = matches!(&summary.exprs[summary.calls[*inner].callee], Expr::Attr { base, name }
                    if name.as_str() == "resolve" && matches!(&summary.exprs[*base], Expr::Global(global) if global.as_str() == "require"));
                if resolves || beside {
                    found.extend(self.file_named(At { file, id: call.args[0].value }, 0).map(|to| (to, call.span)));
                }
            }
        }
        found.sort();
        found.dedup_by_key(|(file, _)| *file);
        found
    }

    /// The file of the run that a constant path names, through `path.join(__dirname, "x")` and `new URL("x", base)`.
    fn file_named(&self, at: ExprAt, depth: usize) -> Option<FileId> {
        let summary = &self.input.summaries[at.file];
        match &summary.exprs[at.id] {
            Expr::Const(crate::ir::Const::Str(text)) => {
                let relative = if text.starts_with('.') { *text } else { crate::base::name(&format!("./{text}")) };
                match self.input.modules.ecma(&self.input.sources[at.file].path, relative) {
                    crate::link::modules::Resolved::File(file) => Some(file),
                    _ => None,
                }
            }
            Expr::Object(fields) if depth < 3 => {
                fields.iter().find_map(|(_, value)| self.file_named(At { file: at.file, id: *value }, depth + 1))
            }
            Expr::Call(call) if depth < 3 => {
                summary.calls[*call].args.iter().find_map(|arg| self.file_named(At { file: at.file, id: arg.value }, depth + 1))
            }
            _ => None,
        }
    }
}
