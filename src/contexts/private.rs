//! Private coroutines that nothing mentions: left over, or run by what is not seen here. So are methods of abstract classes that no
//! class below gets: others come before them in the order of lookup.

use super::Spread;
use crate::base::Name;
use crate::ir::{Const, Expr, Family};
use crate::link::{At, ClassAt, FuncAt};
use rustc_hash::FxHashSet;

/// The shortest beginning of a name that a text may be completed to: `getattr(self, f"_on_{event}")`.
const BEGINNING: usize = 3;

impl Spread<'_, '_> {
    /// Async functions of Python with private names that nothing calls, names or puts in the place of another.
    pub(super) fn unused(&self, called: &FxHashSet<FuncAt>) -> FxHashSet<FuncAt> {
        let input = self.input;
        let (mut candidates, mut hidden) = (Vec::new(), FxHashSet::default());
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
            for (id, function) in summary.functions.iter_enumerated() {
                let func = At { file, id };
                let private = function.name.starts_with('_') && !function.name.starts_with("__");
                if function.is_async && private && function.decorators.is_empty() && !called.contains(&func) && !self.overrides(func) {
                    candidates.push(func);
                } else if function.is_async && !called.contains(&func) && self.is_hidden(func) {
                    hidden.insert(func);
                }
            }
        }
        if candidates.is_empty() {
            return hidden;
        }
        let named = self.named();
        candidates.retain(|func| {
            let name = input.func(*func).name;
            let text = &input.sources[func.file].text;
            !named.contains(&name) && !beginnings(name.as_str()).any(|start| text.contains(&format!("{start}{{")) || quoted(text, start))
        });
        hidden.extend(candidates);
        hidden
    }

    /// Whether the method's class has no instances of its own, and those of the classes below have another method of that name.
    fn is_hidden(&self, func: FuncAt) -> bool {
        let function = self.input.func(func);
        let Some(class) = function.class.map(|id| At { file: func.file, id }).filter(|class| self.is_abstract(*class)) else {
            return false;
        };
        let mut pending = self.solution.below(class).to_vec();
        let mut seen: FxHashSet<ClassAt> = pending.iter().copied().collect();
        let mut is_made = false;
        while let Some(below) = pending.pop() {
            if !self.is_abstract(below) {
                is_made = true;
                if self.solution.find_method(below, function.name) == Some(func) {
                    return false;
                }
            }
            pending.extend(self.solution.below(below).iter().copied().filter(|class| seen.insert(*class)));
        }
        is_made
    }

    /// Whether some method of the class is only declared, as its decorator says: what is written without a body alone may do nothing.
    fn is_abstract(&self, class: ClassAt) -> bool {
        self.solution.lineage(class).0.iter().any(|at| {
            let summary = &self.input.summaries[at.file];
            summary.classes[at.id].methods.iter().any(|(name, id)| {
                let declared = summary.functions[*id].is_abstract && !summary.functions[*id].decorators.is_empty();
                declared && self.solution.find_method(class, *name) == Some(At { file: at.file, id: *id })
            })
        })
    }

    /// Whether a class above has a member of the name, or may have one: a library's.
    fn overrides(&self, func: FuncAt) -> bool {
        let function = self.input.func(func);
        let Some(class) = function.class else { return false };
        let facts = self.input.facts_of(func.file);
        let lineage = self.solution.lineage(At { file: func.file, id: class });
        let has = |at: &At<crate::ir::ClassId>| {
            let class = &self.input.summaries[at.file].classes[at.id];
            class.methods.iter().any(|(member, _)| *member == function.name)
        };
        lineage.0.iter().skip(1).any(has) || lineage.1.iter().any(|base| !facts.is_bare_base(*base))
    }

    /// Names that expressions of the run read, and texts in it.
    fn named(&self) -> FxHashSet<Name> {
        let mut named = FxHashSet::default();
        for summary in self.input.summaries.iter().filter(|summary| summary.family == Family::Python) {
            named.extend(summary.exprs.iter().filter_map(|expr| match expr {
                Expr::Attr { name, .. } | Expr::Imported { name, .. } | Expr::Global(name) | Expr::Const(Const::Str(name)) => Some(*name),
                Expr::Var(var) => Some(summary.vars[*var].name),
                _ => None,
            }));
        }
        named
    }
}

/// The beginnings of a name that end with an underscore.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('_').map(|(at, _)| &name[..=at]).filter(|start| start.len() >= BEGINNING)
}

/// Whether the text is a whole literal of the source.
fn quoted(source: &str, text: &str) -> bool {
    source.contains(&format!("\"{text}\"")) || source.contains(&format!("'{text}'"))
}
