//! The order in which a member is looked up: a class's bases, linearised by C3 as Python does.
//!
//! Source: <https://docs.python.org/3/howto/mro.html>

use super::values::{Lineage, Solution};
use super::{At, ClassAt};
use crate::base::Name;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Deepest class hierarchy that is followed.
const DEEPEST: usize = 32;

impl Solution<'_> {
    /// Classes in the order in which a member is looked up, and the library's bases met.
    pub fn lineage(&self, class: ClassAt) -> Rc<Lineage> {
        self.lineage_within(class, 0)
    }

    /// Classes of the run that have the class among their own bases.
    #[must_use]
    pub fn below(&self, class: ClassAt) -> &[ClassAt] {
        self.subclasses.get(&class).map_or(&[], Vec::as_slice)
    }

    /// Classes that stand in for the class where a member of it is only declared: those below it, and for a protocol
    /// those that have all its methods; none where there are more than are followed.
    pub(super) fn stand_ins(&mut self, class: ClassAt) -> Rc<[ClassAt]> {
        if let Some(known) = self.stand_ins.get(&class) {
            return known.clone();
        }
        let mut found = self.subclasses.get(&class).cloned().unwrap_or_default();
        if self.lineage(class).1.iter().any(|path| self.facts.is_structural(*path)) {
            found.extend(self.implementers(class));
        }
        found.sort();
        found.dedup();
        let found: Rc<[ClassAt]> = found.into();
        self.stand_ins.insert(class, found.clone());
        found
    }

    fn own_method(&self, class: ClassAt, wanted: Name) -> Option<&crate::ir::Function> {
        let summary = &self.input.summaries[class.file];
        summary.classes[class.id].methods.iter().rfind(|(name, _)| *name == wanted).map(|(_, id)| &summary.functions[*id])
    }

    /// Classes that have every method that the protocol declares.
    fn implementers(&mut self, protocol: ClassAt) -> Vec<ClassAt> {
        let input = self.input;
        if self.by_method.is_empty() {
            for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == self.family) {
                for (id, class) in summary.classes.iter_enumerated() {
                    for (name, _) in &class.methods {
                        self.by_method.entry(*name).or_default().push(At { file, id });
                    }
                }
            }
        }
        let methods: Vec<Name> = input.summaries[protocol.file].classes[protocol.id].methods.iter().map(|(name, _)| *name).collect();
        let having = |name: &Name| self.by_method.get(name).map_or(&[][..], Vec::as_slice);
        let Some(rarest) = methods.iter().min_by_key(|name| having(name).len()) else { return Vec::new() };
        // A method stands in if it is awaited like the protocol's and can be called with as many arguments.
        let has = |class: &ClassAt, wanted: &Name| match (self.own_method(*class, *wanted), self.own_method(protocol, *wanted)) {
            (Some(one), Some(other)) => {
                let required = one.params.iter().filter(|param| param.default.is_none() && !param.rest && !param.keywords).count();
                let open = one.params.iter().any(|param| param.rest);
                let declared = other.params.iter().filter(|param| !param.rest && !param.keywords).count();
                // Who declares that any arguments are taken gives some: what takes none is not meant.
                let any = other.params.iter().any(|param| param.rest || param.keywords);
                let receives = !any || one.params.len() > usize::from(one.kind.has_receiver());
                one.is_async == other.is_async && required <= declared && (open || one.params.len() >= declared) && receives
            }
            _ => false,
        };
        let candidates = having(rarest).iter().filter(|class| **class != protocol);
        candidates.filter(|class| methods.iter().all(|name| has(class, name))).copied().collect()
    }

    fn lineage_within(&self, class: ClassAt, depth: usize) -> Rc<Lineage> {
        if let Some(known) = self.lineages.borrow().get(&class) {
            return known.clone();
        }
        // Where the hierarchy comes back to the class, the class stands alone.
        self.lineages.borrow_mut().insert(class, Rc::new((vec![class], Vec::new())));
        let (mut of_bases, mut direct, mut external): (Vec<Vec<ClassAt>>, Vec<ClassAt>, Vec<Name>) = Default::default();
        for base in &self.input.summaries[class.file].classes[class.id].bases {
            let base = At { file: class.file, id: *base };
            if let Some(path) = self.static_path(base) {
                // Facts may know the class under another path: `require("events")`.
                external.extend(self.input.facts_of(class.file).constructed(path).filter(|of| *of != path));
                external.push(path);
            }
            for base in self.static_classes(base, 0).into_iter().filter(|base| *base != class && depth < DEEPEST) {
                let above = self.lineage_within(base, depth + 1);
                external.extend(above.1.iter().copied());
                of_bases.push(above.0.clone());
                direct.push(base);
            }
        }
        let mut seen = FxHashSet::default();
        external.retain(|path| seen.insert(*path));
        let mut classes = vec![class];
        of_bases.push(direct);
        merge(&mut classes, of_bases);
        let lineage = Rc::new((classes, external));
        self.lineages.borrow_mut().insert(class, lineage.clone());
        lineage
    }
}

/// Takes heads that stand in no other list's tail; where there is none the hierarchy is invalid, and the first head is taken.
fn merge(classes: &mut Vec<ClassAt>, mut lists: Vec<Vec<ClassAt>>) {
    loop {
        lists.retain(|list| !list.is_empty());
        let heads = lists.iter().map(|list| list[0]);
        let free = heads.clone().find(|head| !lists.iter().any(|list| list[1..].contains(head)));
        let Some(next) = free.or_else(|| heads.clone().next()) else { return };
        if !classes.contains(&next) {
            classes.push(next);
        }
        for list in &mut lists {
            list.retain(|class| *class != next);
        }
    }
}
