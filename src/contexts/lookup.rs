//! What is asked of contexts.

use super::{Contexts, LONGEST_WAY, NOT_REACHED, Origin};
use crate::base::FileId;
use crate::facts::{ContextKind, Effect};
use crate::link::FuncAt;
use rustc_hash::FxHashMap;

impl Contexts {
    /// Where the function's context of this kind comes from.
    #[must_use]
    pub fn origin(&self, func: FuncAt, kind: ContextKind) -> Option<&Origin> {
        self.by_function.get(&kind)?.get(&func).map(|at| &self.origins[*at])
    }

    /// Whether the function runs anywhere but in a test, as far as is seen.
    #[must_use]
    pub fn is_reached(&self, func: FuncAt) -> bool {
        !self.is_of_test(func)
            && [ContextKind::Loop, ContextKind::Thread, ContextKind::Process].iter().any(|kind| self.origin(func, *kind).is_some())
    }

    /// Why what a function does matters to nobody who is served, where it runs in none of `counts`: `script`, `start-up`,
    /// `not reached`; and what is written in a test: `test`. What tests call besides is the program's own.
    #[must_use]
    pub fn aside(&self, func: FuncAt, counts: &[ContextKind]) -> Option<&'static str> {
        let on = |kind: ContextKind| self.origin(func, kind).is_some();
        if self.is_of_test(func) {
            Some("test")
        } else if counts.iter().any(|kind| on(*kind)) {
            None
        } else if on(ContextKind::Script) {
            Some("script")
        } else if on(ContextKind::Startup) {
            Some("start-up")
        } else {
            Some(NOT_REACHED)
        }
    }

    /// The entry by which the loop itself runs the function.
    #[must_use]
    pub fn loop_root(&self, func: FuncAt) -> Option<&Origin> {
        self.loop_roots.get(&func).map(|at| &self.origins[*at])
    }

    /// The function by which `func` was reached; none for an entry.
    #[must_use]
    pub fn caller_of(&self, func: FuncAt) -> Option<FuncAt> {
        self.callers.get(&func).copied().flatten()
    }

    /// Whether the effect gives way to other work in this file's programs: they have patched the standard library.
    #[must_use]
    pub fn gives_way(&self, file: FileId, effect: Effect) -> bool {
        self.cooperative.get(&file).is_some_and(|effects| effects.contains(&effect))
    }

    /// Whether a fact makes the function an entry.
    #[must_use]
    pub fn is_entry(&self, func: FuncAt) -> bool {
        self.entered.contains(&func)
    }

    /// Whether the function is written in a test: what the program calls it for, a test has put there.
    #[must_use]
    pub fn is_of_test(&self, func: FuncAt) -> bool {
        self.tests.contains(&func)
    }

    /// The functions from the entry to `func`, which is left out.
    #[must_use]
    pub fn way_to(&self, func: FuncAt) -> Vec<FuncAt> {
        let (mut way, mut at) = (Vec::new(), func);
        while let Some(Some(caller)) = self.callers.get(&at) {
            if way.len() >= LONGEST_WAY || way.contains(caller) {
                break;
            }
            way.push(*caller);
            at = *caller;
        }
        way.reverse();
        way
    }

    /// Functions that the loop itself runs, in order of place.
    #[must_use]
    pub fn roots(&self) -> Vec<FuncAt> {
        let mut roots: Vec<_> = self.loop_roots.keys().copied().collect();
        roots.sort();
        roots
    }

    /// Functions that begin in a thread, in order of place, with what makes them do so.
    pub fn thread_roots(&self) -> impl Iterator<Item = (FuncAt, &Origin)> {
        self.thread_roots.iter().map(|(func, at)| (*func, &self.origins[*at]))
    }

    /// How many functions run on a loop.
    #[must_use]
    pub fn on_loop(&self) -> usize {
        self.by_function.get(&ContextKind::Loop).map_or(0, FxHashMap::len)
    }
}
