//! Coroutines that no entry reaches, and what entries reach that is to be doubted: by calls made once, by long ways.

use super::{Origin, Reached, Spread};
use crate::facts::ContextKind;
use crate::finding::Confidence;
use crate::ir::Family;
use crate::link::{At, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};

impl Spread<'_, '_> {
    /// Coroutines that no entry reaches may be awaited by a server elsewhere.
    pub(super) fn reach_unknown(&mut self, confidence: Confidence, unused: &FxHashSet<FuncAt>, takes: impl Fn(FuncAt) -> bool) {
        for (file, summary) in self.input.summaries.iter_enumerated() {
            let is_script = self.scripts[file];
            for (id, function) in summary.functions.iter_enumerated() {
                let func = At { file, id };
                // What tests call is the program's own all the same, and others may await it.
                let placed = [ContextKind::Loop, ContextKind::Startup].iter().any(|kind| self.contexts.origin(func, *kind).is_some());
                let excluded = placed || self.tests.contains_key(&func);
                if !function.is_async || excluded || !takes(func) {
                    continue;
                }
                let offloaded = [ContextKind::Thread, ContextKind::Process].iter().any(|kind| self.contexts.origin(func, *kind).is_some());
                let script = is_script || self.contexts.origin(func, ContextKind::Script).is_some() || self.of_scripts.contains(&func);
                let known = !script && !offloaded && !self.graph.in_browser(func) && !unused.contains(&func);
                let unserved = known && self.unserved.contains(&func);
                if (known && !unserved) != (confidence == Confidence::Medium) {
                    continue;
                }
                let origin = self.unknown_entry(func, confidence, unserved);
                self.reach(func, ContextKind::Loop, origin, true);
            }
        }
    }

    pub(super) fn unknown_entry(&mut self, func: FuncAt, confidence: Confidence, unserved: bool) -> usize {
        let origin = self.origin("async function", func.file, self.input.func(func).name_span, confidence);
        self.contexts.origins[origin].unserved = unserved;
        self.unknown.insert(origin);
        origin
    }

    /// What calls made once lead to.
    pub(super) fn reach_lazily(&mut self) {
        while let Some((func, caller, root, origin)) = self.lazy.pop() {
            if self.contexts.origin(func, ContextKind::Loop).is_none() {
                self.reach(func, ContextKind::Loop, origin, root);
                self.contexts.callers.insert(func, Some(caller));
            }
        }
    }

    /// What is far from every entry. A coroutine of Python speaks for itself there.
    pub(super) fn reach_far(&mut self) {
        let (coroutines, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.far).into_iter().partition(|(func, ..)| {
            self.input.func(*func).is_async && self.input.summaries[func.file].family == Family::Python && !self.scripts[func.file]
        });
        for (func, ..) in coroutines {
            if self.contexts.origin(func, ContextKind::Loop).is_none() {
                let origin = self.unknown_entry(func, Confidence::Medium, false);
                self.reach(func, ContextKind::Loop, origin, true);
            }
        }
        self.lazy = self.doubted(others, "many calls away");
        self.reach_lazily();
    }

    /// Functions reached from entries, as reached from the same at low confidence, with the reason.
    pub(super) fn doubted(&mut self, reached: Vec<Reached>, why: &str) -> Vec<Reached> {
        let mut made: FxHashMap<usize, usize> = FxHashMap::default();
        let mut doubted = Vec::with_capacity(reached.len());
        for (func, caller, root, origin) in reached {
            let low = made.get(&origin).copied().unwrap_or_else(|| {
                let Origin { label, file, span, entry, .. } = self.contexts.origins[origin].clone();
                let low = self.origin(&format!("{label}, {why}"), file, span, Confidence::Low);
                self.contexts.origins[low].entry = entry;
                low
            });
            made.insert(origin, low);
            doubted.push((func, caller, root, low));
        }
        doubted
    }
}
