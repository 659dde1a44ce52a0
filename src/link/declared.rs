//! Declared types: what an annotation names holds other instances back.

use super::values::{Solution, Value};
use super::{At, ClassAt, ExprAt};
use crate::base::Name;
use crate::facts::GenericKind;
use crate::ir::{Const, Expr, Family};

impl Solution<'_> {
    pub(super) fn fits(&self, node: u32, value: Value) -> bool {
        let Some(declared) = self.declared.get(&node) else { return true };
        match value {
            Value::Inst(class) => {
                let lineage = self.lineage(class);
                declared.iter().any(|of| lineage.0.contains(of) || self.lineage(*of).0.contains(&class))
            }
            // Plain values are of no class: `declare_plain`.
            Value::ExtInst(path) => declared.is_empty() && self.facts.is_builtin(path),
            Value::Object(_) if declared.is_empty() => self.type_of(value).is_none_or(|path| self.facts.is_builtin(path)),
            _ => true,
        }
    }

    /// Lets `node` hold only instances of the classes that the annotation names, where all of it is known.
    pub(super) fn declare(&mut self, node: u32, annotation: ExprAt) {
        if let Some(classes) = self.declared_classes(annotation, 0)
            && !classes.is_empty()
        {
            self.hold(node, classes);
        }
    }

    /// Lets a parameter that is declared as text or a number hold no object of a library or of the run.
    pub(super) fn declare_plain(&mut self, node: u32, annotation: ExprAt) {
        if self.is_plain(annotation, 0) == Some(true) {
            self.hold(node, Vec::new());
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

    fn declared_classes(&self, at: ExprAt, depth: usize) -> Option<Vec<ClassAt>> {
        let file = at.file;
        if depth > 8 {
            return None;
        }
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Const(Const::Null) => Some(Vec::new()),
            Expr::Either(parts) => {
                let mut classes = Vec::new();
                for part in parts {
                    classes.extend(self.declared_classes(At { file, id: *part }, depth + 1)?);
                }
                Some(classes)
            }
            Expr::Index { base, key } => {
                let kind = self.static_path(At { file, id: *base }).map(|path| self.input.facts_of(file).generic(path));
                match kind {
                    Some(Some((GenericKind::Transparent, _))) => self.declared_classes(At { file, id: *key }, depth + 1),
                    Some(_) => None,
                    None => self.declared_classes(At { file, id: *base }, depth + 1),
                }
            }
            _ => {
                let classes = self.static_classes(at, 0);
                let nominal = |class: &ClassAt| {
                    let summary = &self.input.summaries[class.file];
                    let structural = |path: &Name| self.input.facts_of(class.file).is_structural(*path);
                    let bodies = &summary.classes[class.id].methods;
                    // An interface says what members there are, not which class it is.
                    let interface = summary.family == Family::Ecma && bodies.iter().all(|(_, id)| summary.functions[*id].is_abstract);
                    !interface && !self.lineage(*class).1.iter().any(structural)
                };
                (!classes.is_empty() && classes.iter().all(nominal)).then_some(classes)
            }
        }
    }
}
