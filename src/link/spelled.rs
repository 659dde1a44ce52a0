//! What an expression spells without the values of the analysis: classes, modules, library paths.

use super::modules::Resolved;
use super::values::Solution;
use super::{At, ClassAt, ExprAt};
use crate::base::{FileId, Name, name};
use crate::facts::Handling;
use crate::ir::{Export, Expr, Family};

impl Solution<'_> {
    /// The classes that an expression names, without running the analysis.
    pub(super) fn static_classes(&self, at: ExprAt, depth: usize) -> Vec<ClassAt> {
        if depth > 12 {
            return Vec::new();
        }
        let file = at.file;
        let summary = &self.input.summaries[file];
        match &summary.exprs[at.id] {
            Expr::Class(id) => vec![At { file, id: *id }],
            Expr::Var(var) => self.static_var(file, *var, depth),
            Expr::Imported { module, name } => match self.resolve(file, *module) {
                Resolved::File(to) => self.static_member(to, *name, depth + 1),
                _ => Vec::new(),
            },
            Expr::Index { base, .. } => self.static_classes(At { file, id: *base }, depth + 1),
            Expr::Either(parts) => parts.iter().flat_map(|part| self.static_classes(At { file, id: *part }, depth + 1)).collect(),
            Expr::Attr { base, name } => match self.static_module(At { file, id: *base }, depth + 1) {
                Some(to) => self.static_member(to, *name, depth + 1),
                None => self.static_inner(At { file, id: *base }, *name, depth + 1),
            },
            Expr::Global(global) => {
                let stars = summary.star_imports.iter().filter_map(|module| match self.resolve(file, *module) {
                    Resolved::File(to) if to != file => Some(to),
                    _ => None,
                });
                stars.flat_map(|to| self.static_member(to, *global, depth + 1)).take(1).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Classes written in the body of a class: `Outer.Inner`.
    fn static_inner(&self, outer: ExprAt, member: Name, depth: usize) -> Vec<ClassAt> {
        let outer = self.static_classes(outer, depth + 1);
        let inner = outer.into_iter().flat_map(|class| {
            let fields = &self.input.summaries[class.file].classes[class.id].fields;
            let named = fields.iter().filter(move |(field, _)| *field == member);
            named.flat_map(move |(_, value)| self.static_classes(At { file: class.file, id: *value }, depth + 1))
        });
        inner.collect()
    }

    fn static_var(&self, file: FileId, var: crate::ir::VarId, depth: usize) -> Vec<ClassAt> {
        let summary = &self.input.summaries[file];
        let values = self.assigned(file, var);
        values
            .iter()
            .filter(|id| !matches!(summary.exprs[**id], Expr::Var(same) if same == var))
            .flat_map(|id| self.static_classes(At { file, id: *id }, depth + 1))
            .collect()
    }

    fn static_member(&self, file: FileId, member: Name, depth: usize) -> Vec<ClassAt> {
        if depth > 12 {
            return Vec::new();
        }
        if let Some(value) = self.exports[file].get(&member) {
            return self.static_classes(At { file, id: *value }, depth + 1);
        }
        if self.input.summaries[file].family == Family::Python {
            if let Some(var) = self.globals[file].get(&member) {
                return self.static_var(file, *var, depth);
            }
            for module in &self.input.summaries[file].star_imports {
                if let Resolved::File(to) = self.resolve(file, *module)
                    && to != file
                    && self.has_member(to, member, 0)
                {
                    return self.static_member(to, member, depth + 1);
                }
            }
        }
        for export in &self.input.summaries[file].exports {
            if let Export::Star { module } = export
                && let Resolved::File(to) = self.resolve(file, *module)
                && to != file
            {
                let found = self.static_member(to, member, depth + 1);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    fn static_module(&self, at: ExprAt, depth: usize) -> Option<FileId> {
        if depth > 12 {
            return None;
        }
        let file = at.file;
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Module(module) => match self.resolve(file, *module) {
                Resolved::File(to) => Some(to),
                _ => None,
            },
            Expr::Var(var) => {
                let values = self.assigned(file, *var);
                values.iter().find_map(|id| self.static_module(At { file, id: *id }, depth + 1))
            }
            Expr::Imported { module, name } => match self.resolve(file, *module) {
                Resolved::File(to) => match self.submodule(to, name) {
                    Some(Resolved::File(sub)) => Some(sub),
                    _ => None,
                },
                Resolved::Folder(path) => match self.input.modules.python_in(&path, name) {
                    Some(Resolved::File(sub)) => Some(sub),
                    _ => None,
                },
                Resolved::External(_) => None,
            },
            Expr::Attr { base, name } => {
                let base = self.static_module(At { file, id: *base }, depth + 1)?;
                match self.submodule(base, name) {
                    Some(Resolved::File(sub)) => Some(sub),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The object literal that an expression names: by variables bound once, imports and members of modules.
    pub(super) fn static_object(&self, at: ExprAt, depth: usize) -> Option<ExprAt> {
        if depth > 8 {
            return None;
        }
        let file = at.file;
        let of_file = |to: FileId, member: &Name| match self.exports[to].get(member) {
            Some(value) => self.static_object(At { file: to, id: *value }, depth + 1),
            None => match self.assigned(to, *self.globals[to].get(member)?) {
                [one] => self.static_object(At { file: to, id: *one }, depth + 1),
                _ => None,
            },
        };
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Object(_) => Some(at),
            Expr::Var(var) => match self.assigned(file, *var) {
                [one] => self.static_object(At { file, id: *one }, depth + 1),
                _ => None,
            },
            Expr::Imported { module, name } => match self.resolve(file, *module) {
                Resolved::File(to) => of_file(to, name),
                _ => None,
            },
            Expr::Attr { base, name } => of_file(self.static_module(At { file, id: *base }, depth + 1)?, name),
            // `Object.freeze({...})`
            Expr::Call(id) => {
                let call = &self.input.summaries[file].calls[*id];
                let path = self.static_path(At { file, id: call.callee })?;
                let containers = self.input.facts_of(file).containers(path);
                let keeps = containers.iter().any(|container| container.does == Handling::Keeps && container.of == Some(0));
                call.args.first().filter(|_| keeps).and_then(|first| self.static_object(At { file, id: first.value }, depth + 1))
            }
            _ => None,
        }
    }

    /// The classes of the run that an expression names.
    #[must_use]
    pub fn classes_named(&self, at: ExprAt) -> Vec<ClassAt> {
        self.static_classes(at, 0)
    }

    /// Whether an expression names a class of the run or something of a library.
    #[must_use]
    pub fn is_named(&self, at: ExprAt) -> bool {
        self.static_path(at).is_some() || !self.static_classes(at, 0).is_empty()
    }

    /// The file of the run that a module name leads to.
    #[must_use]
    pub fn imported_from(&self, file: FileId, module: Name) -> Option<FileId> {
        match self.resolve(file, module) {
            Resolved::File(to) => Some(to),
            _ => None,
        }
    }

    /// What an imported name is bound to in the file of the run that it comes from: each expression, if all are known.
    #[must_use]
    pub fn imported(&self, file: FileId, module: Name, member: Name) -> Option<Vec<ExprAt>> {
        self.member_values(self.imported_from(file, module)?, member)
    }

    /// What a name is bound to in a file: each expression, if all are known.
    #[must_use]
    pub fn member_values(&self, to: FileId, member: Name) -> Option<Vec<ExprAt>> {
        if self.input.summaries[to].family == Family::Ecma {
            // What is exported again under the same name, later or in a function, may be another.
            let mut values = self.input.summaries[to].exports.iter().filter_map(|export| match export {
                Export::Named { name, value } if *name == member => Some(At { file: to, id: *value }),
                _ => None,
            });
            return values.next().filter(|_| values.next().is_none()).map(|value| vec![value]);
        }
        let var = *self.globals[to].get(&member)?;
        let values = self.assigned(to, var);
        (!self.input.summaries[to].vars[var].vague).then(|| values.iter().map(|id| At { file: to, id: *id }).collect())
    }

    /// The external path that an expression spells, without the values of variables.
    #[must_use]
    pub fn external_path(&self, at: ExprAt) -> Option<Name> {
        self.static_path(at)
    }

    /// The external path that an expression spells, following imports in its file.
    pub(super) fn static_path(&self, at: ExprAt) -> Option<Name> {
        self.static_path_within(at, 0)
    }

    /// The external paths that a name may stand for, where the run binds it: each of `try: from a import X; except: from b import X`.
    pub(super) fn static_paths(&self, at: ExprAt) -> Vec<Name> {
        let bound: Vec<ExprAt> = match &self.input.summaries[at.file].exprs[at.id] {
            Expr::Var(var) => self.assigned(at.file, *var).iter().map(|id| At { file: at.file, id: *id }).collect(),
            Expr::Imported { module, name } => match self.resolve(at.file, *module) {
                Resolved::File(to) => match self.globals[to].get(name) {
                    Some(var) => self.assigned(to, *var).iter().map(|id| At { file: to, id: *id }).collect(),
                    None => Vec::new(),
                },
                _ => vec![at],
            },
            _ => vec![at],
        };
        bound.into_iter().filter_map(|at| self.static_path(at)).collect()
    }

    fn static_path_within(&self, at: ExprAt, depth: usize) -> Option<Name> {
        if depth > 8 {
            return None;
        }
        let file = at.file;
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Module(module) => match self.resolve(file, *module) {
                Resolved::External(path) => Some(path),
                _ => None,
            },
            Expr::Imported { module, name: member } => match self.resolve(file, *module) {
                Resolved::External(path) if member.as_str() == "default" && self.input.summaries[file].family == Family::Ecma => Some(path),
                Resolved::External(path) => Some(name(&format!("{path}.{member}"))),
                _ => None,
            },
            Expr::Attr { base, name: member } => {
                let base = self.static_path_within(At { file, id: *base }, depth + 1)?;
                Some(name(&format!("{base}.{member}")))
            }
            Expr::Index { base, .. } => self.static_path_within(At { file, id: *base }, depth + 1),
            Expr::Global(global) => Some(self.builtin(file, global)),
            Expr::Var(var) => self.assigned(file, *var).iter().find_map(|id| self.static_path_within(At { file, id: *id }, depth + 1)),
            _ => None,
        }
    }
}
