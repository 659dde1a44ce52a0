//! Declared types: what an annotation names holds other instances back.

use super::values::{Solution, Value};
use super::{At, ClassAt, ExprAt};
use crate::base::{FileId, Name, name};
use crate::facts::GenericKind;
use crate::ir::{Const, Expr, Family};
use smallvec::SmallVec;

/// What a node may hold instances of.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    classes: SmallVec<[ClassAt; 2]>,
    /// Libraries whose types are meant: of those of one library it is not always known which comes from which.
    libraries: SmallVec<[Name; 1]>,
}

impl Declared {
    pub(super) fn merge(&mut self, other: Self) {
        self.classes.extend(other.classes);
        self.libraries.extend(other.libraries);
    }

    /// Whether it names more than plain values.
    fn tells(&self) -> bool {
        !self.classes.is_empty() || self.libraries.iter().any(|library| library.as_str() != "builtins")
    }

    fn allows(&self, path: Name) -> bool {
        let root = library(path);
        self.libraries.iter().any(|known| known.as_str() == root)
    }
}

/// The first part of a type's path.
fn library(path: Name) -> &'static str {
    path.as_str().split('.').next().unwrap_or_default()
}

impl Solution<'_> {
    pub(super) fn fits(&self, node: u32, value: Value) -> bool {
        let Some(declared) = self.declared.get(&node) else { return true };
        match value {
            Value::Inst(class) => {
                let lineage = self.lineage(class);
                let below = |of: &ClassAt| lineage.0.contains(of) || self.lineage(*of).0.contains(&class);
                // What stands above a class that a library makes is not seen here.
                let foreign = || lineage.1.iter().any(|base| !self.facts.is_bare_base(*base));
                declared.classes.iter().any(below) || (!declared.libraries.is_empty() && foreign())
            }
            // Plain values are of no class: `declare_plain`.
            Value::ExtInst(path) => declared.allows(path) || (declared.classes.is_empty() && self.facts.is_builtin(path)),
            Value::Object(_) if declared.classes.is_empty() => {
                self.type_of(value).is_none_or(|path| declared.allows(path) || self.facts.is_builtin(path))
            }
            _ => true,
        }
    }

    /// Lets `node` hold only instances of the classes that the annotation names, where all of it is known.
    pub(super) fn declare(&mut self, node: u32, annotation: ExprAt) {
        if let Some(declared) = self.declaration(annotation, 0).filter(Declared::tells) {
            self.hold(node, declared);
        }
    }

    /// Whether an annotation names all that may be there.
    pub(super) fn tells(&self, annotation: ExprAt) -> bool {
        self.declaration(annotation, 0).is_some_and(|declared| declared.tells())
    }

    /// Lets a parameter that is declared as text or a number hold no object of a library or of the run.
    pub(super) fn declare_plain(&mut self, node: u32, annotation: ExprAt) {
        if self.is_plain(annotation, 0) == Some(true) {
            self.hold(node, Declared::default());
        }
    }

    /// Whether an annotation names plain values alone; nothing where it names none, but `None`.
    fn is_plain(&self, at: ExprAt, depth: usize) -> Option<bool> {
        let file = at.file;
        if depth > 8 {
            return Some(false);
        }
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Const(Const::Null) => None,
            Expr::Either(parts) => {
                let found: Vec<bool> = parts.iter().filter_map(|part| self.is_plain(At { file, id: *part }, depth + 1)).collect();
                (!found.is_empty()).then(|| found.iter().all(|plain| *plain))
            }
            Expr::Index { base, key } => {
                let kind = self.static_path(At { file, id: *base }).and_then(|path| self.input.facts_of(file).generic(path));
                match kind {
                    Some((GenericKind::Transparent, _)) => self.is_plain(At { file, id: *key }, depth + 1),
                    _ => Some(false),
                }
            }
            Expr::Builtin(builtin) => Some(self.facts.is_scalar(self.builtin(file, builtin))),
            _ => Some(self.static_path(at).is_some_and(|path| self.facts.is_scalar(path))),
        }
    }

    /// The library's types that an annotation names, `None` left out; none where some of it is of another kind.
    #[must_use]
    pub fn declared_types(&self, at: ExprAt) -> Option<Vec<Name>> {
        let mut types = Vec::new();
        self.name_types(at, 0, &mut types).then_some(types)
    }

    fn name_types(&self, at: ExprAt, depth: usize, types: &mut Vec<Name>) -> bool {
        let file = at.file;
        let mut part = |id: &crate::ir::ExprId| depth < 8 && self.name_types(At { file, id: *id }, depth + 1, types);
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Const(Const::Null) => true,
            Expr::Either(parts) => parts.iter().all(part),
            Expr::Index { base, key } => {
                let generic = self.static_path(At { file, id: *base }).and_then(|path| self.input.facts_of(file).generic(path));
                match (generic, &self.input.summaries[file].exprs[*key]) {
                    // What stands beside a type tells more of it: `Annotated[str, Form()]`.
                    (Some((GenericKind::Transparent, _)), Expr::List(parts)) => {
                        let more = |id: &crate::ir::ExprId| {
                            matches!(self.input.summaries[file].exprs[*id], Expr::Call(_) | Expr::Const(Const::Str(_)))
                        };
                        parts.iter().filter(|id| !more(id)).all(part)
                    }
                    (Some((GenericKind::Transparent, _)), _) => part(key),
                    _ => false,
                }
            }
            _ => match self.values(at) {
                [Value::Ext(path)] => {
                    types.push(*path);
                    true
                }
                _ => false,
            },
        }
    }

    fn declaration(&self, at: ExprAt, depth: usize) -> Option<Declared> {
        let file = at.file;
        if depth > 8 {
            return None;
        }
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Const(Const::Null) => Some(Declared::default()),
            Expr::Either(parts) => {
                let mut all = Declared::default();
                for part in parts {
                    all.merge(self.declaration(At { file, id: *part }, depth + 1)?);
                }
                Some(all)
            }
            Expr::Index { base, key } => {
                let kind = self.static_path(At { file, id: *base }).map(|path| self.input.facts_of(file).generic(path));
                match kind {
                    Some(Some((GenericKind::Transparent, _))) => self.declaration(At { file, id: *key }, depth + 1),
                    Some(_) => None,
                    None => self.declaration(At { file, id: *base }, depth + 1),
                }
            }
            _ => {
                let classes = self.static_classes(at, 0);
                let libraries = self.declared_libraries(at)?;
                if !classes.is_empty() {
                    return classes.iter().all(|class| self.is_nominal(*class)).then(|| Declared { classes: classes.into(), libraries });
                }
                (!libraries.is_empty()).then(|| Declared { classes: SmallVec::new(), libraries })
            }
        }
    }

    /// Whether an instance of the class, or of one below it, is what a declaration means.
    fn is_nominal(&self, class: ClassAt) -> bool {
        let summary = &self.input.summaries[class.file];
        let structural = |path: &Name| self.input.facts_of(class.file).is_structural(*path);
        let bodies = &summary.classes[class.id].methods;
        // An interface says what members there are, not which class it is.
        let interface = summary.family == Family::Ecma && bodies.iter().all(|(_, id)| summary.functions[*id].is_abstract);
        !interface && !self.lineage(class).1.iter().any(structural)
    }

    /// The libraries of the types that a name may stand for; none where one of them says little of its instances, or is not known.
    fn declared_libraries(&self, at: ExprAt) -> Option<SmallVec<[Name; 1]>> {
        let mut found = SmallVec::new();
        if self.family == Family::Ecma {
            return Some(found);
        }
        let facts = self.input.facts_of(at.file);
        for path in self.static_paths(at) {
            if self.is_protocol(at.file, path) || !(facts.is_builtin(path) || facts.knows(library(path)) || facts.shares(library(path))) {
                return None;
            }
            let made = facts.result(path).unwrap_or(path);
            found.extend([path, made].map(|path| name(library(path))));
        }
        Some(found)
    }

    /// Whether a library's type says which members there are: any class may have them.
    fn is_protocol(&self, file: FileId, path: Name) -> bool {
        let facts = self.input.facts_of(file);
        let module = path.as_str().rsplit_once('.').map(|(module, _)| name(module));
        facts.is_structural(path) || module.is_some_and(|module| facts.is_structural(module))
    }
}
