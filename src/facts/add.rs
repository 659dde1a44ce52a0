//! Ready facts put into the tables.

use super::asked::Asks;
use super::ready::{Mark, Ready, given};
use super::{CallFact, Entry, Example, Facts, Operand};
use crate::base::{Name, name};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Adds to the entries of each path. A repository's own take the place of those that were there before its file.
fn enter(table: &mut FxHashMap<Name, Vec<Arc<Entry>>>, paths: Vec<Name>, entry: &Arc<Entry>, replaced: Option<&mut FxHashSet<Name>>) {
    let mut replaced = replaced;
    for path in paths {
        let entries = table.entry(path).or_default();
        if replaced.as_mut().is_some_and(|replaced| replaced.insert(path)) {
            entries.clear();
        }
        entries.push(entry.clone());
    }
}

impl Facts {
    /// Puts facts into the tables; `source` is where they are documented, `own` says that they are the repository's and win.
    pub(super) fn insert(&mut self, ready: Ready, source: &str, own: bool) {
        let asked_for = ready.asked_for();
        self.members.extend(asked_for.iter().filter_map(|path| path.rsplit('.').next()).map(name));
        self.members.extend(ready.types.iter().flat_map(|raw| raw.members.keys()).map(|member| name(member)));
        self.known.extend(asked_for);
        for call in ready.calls {
            let at = self.details.len();
            if let (Some(code), Some(path)) = (&call.example, call.paths.first()) {
                self.examples.push(Example { path: name(path), code: code.clone() });
            }
            for path in &call.paths {
                self.calls.insert(name(path), Some(at));
                if call.property {
                    self.properties.extend(path.rsplit('.').next().map(name));
                }
            }
            self.details.push(CallFact {
                effect: call.effect,
                weight: call.weight,
                gil: call.gil,
                property: call.property,
                lazy: call.lazy,
                kept: call.kept,
                unless: call.unless,
                light_when: call.light_when,
                again: call.again,
                by_hand: call.by_hand,
                grows: call.grows.as_deref().and_then(|of| given(of).ok()),
                in_memory: call.in_memory.as_deref().and_then(|of| given(of).ok()),
                does: call.does,
                instead: call.instead,
                cases: call.case,
                caution: call.caution,
                why: call.why.unwrap_or_default(),
                source: call.source.unwrap_or_else(|| source.to_owned()),
            });
        }
        for raw in ready.types {
            let path = name(&raw.path);
            for constructor in &raw.constructors {
                self.constructors.insert(name(constructor), path);
            }
            self.constructors.insert(path, path);
            let fact = self.types.entry(path).or_default();
            fact.bases.extend(raw.bases.iter().map(|base| name(base)));
            fact.members.extend(raw.members.iter().map(|(member, of)| (name(member), name(of))));
            fact.shown = raw.shown.or(fact.shown.take());
            fact.tracked |= raw.tracked;
            fact.tracked_by.extend(raw.tracked_by.iter().map(|path| name(path)));
            fact.shared |= raw.shared;
            for (slot, given) in [(&mut fact.enter, raw.enter), (&mut fact.element, raw.element)] {
                let given = given.map(|of| name(&of));
                *slot = if own { given.or(*slot) } else { slot.or(given) };
            }
        }
        for (paths, boundary) in ready.boundaries {
            self.boundaries.extend(paths.into_iter().map(|path| (path, boundary)));
        }
        let (mut decorators, mut bases, mut registrations) = (FxHashSet::default(), FxHashSet::default(), FxHashSet::default());
        let mut files = Vec::new();
        for (mark, entry) in ready.entries {
            match mark {
                Mark::Decorators(paths) => enter(&mut self.decorators, paths, &entry, own.then_some(&mut decorators)),
                Mark::Bases(paths) => enter(&mut self.bases, paths, &entry, own.then_some(&mut bases)),
                Mark::Calls(paths) => enter(&mut self.registrations, paths, &entry, own.then_some(&mut registrations)),
                Mark::Attributes(paths) => self.attributes.extend(paths.into_iter().map(|path| (path, entry.clone()))),
                Mark::Files(matchers) => files.extend(matchers.into_iter().map(|matcher| (matcher, entry.clone()))),
            }
        }
        // The first entry of a function holds.
        let at = if own { 0 } else { self.files.len() };
        self.files.splice(at..at, files);
        for (paths, invoke) in ready.invokes {
            for path in paths {
                self.invokes.entry(path).or_default().push(invoke);
            }
        }
        for (paths, container) in ready.containers {
            for path in paths {
                self.containers.entry(path).or_default().push(container);
            }
        }
        self.wraps.extend(ready.wraps.into_iter().flat_map(|(paths, which)| paths.into_iter().map(move |path| (path, which))));
        for (receivers, provider) in ready.providers {
            self.receives.extend(receivers.into_iter().map(|path| (path, ())));
            self.providers.push(provider);
        }
        self.generics.extend(ready.generics.into_iter().flat_map(|(paths, of)| paths.into_iter().map(move |path| (path, of))));
        self.calls.extend(ready.neutral.into_iter().map(|path| (path, None)));
        let documented = |of: String| if of.is_empty() { source.to_owned() } else { of };
        for (paths, mut one) in ready.promises {
            one.source = documented(one.source);
            self.promises.extend(paths.into_iter().map(|path| (path, one.clone())));
        }
        for (paths, mut one) in ready.drops {
            one.source = documented(one.source);
            self.drops.extend(paths.into_iter().map(|path| (path, one.clone())));
        }
        self.loop_checks.extend(ready.loop_checks);
        self.startup_tests.extend(ready.startup_tests);
        self.plain.extend(ready.plain_labels);
        self.runtimes.retain(|known| ready.runtimes.iter().all(|new| new.name != known.name));
        self.runtimes.extend(ready.runtimes);
        self.runtimes.sort_by(|one, other| one.name.cmp(&other.name));
        self.sizes.extend(ready.sizes);
        self.linear.extend(ready.linear);
        for (path, regex) in ready.regexes {
            // `text.match(pattern)`: what the pattern is tells whose method it is.
            if regex.text.is_some_and(|text| text.operand == Operand::Receiver)
                && let Some(member) = path.rsplit('.').next()
            {
                self.regex_members.insert(name(member), path);
            }
            self.regexes.insert(path, regex);
        }
        self.regex_flags.extend(ready.regex_flags);
        self.cooperative.extend(ready.cooperative);
        self.clients.extend(ready.clients);
        self.tools.extend(ready.tools);
        self.locks.extend(ready.locks.into_iter().flat_map(|(types, lock)| types.into_iter().map(move |path| (path, lock))));
        self.polls.extend(ready.polls);
        self.loop_bound.extend(ready.loop_bound);
        self.own_loops.extend(ready.own_loops);
        self.pools.extend(ready.pools);
        self.starting.extend(ready.starting);
        self.unpicklable.extend(ready.unpicklable);
        let last = |path: &Name| path.rsplit('.').next().map(name);
        self.by_name.extend(ready.by_name.iter().filter_map(|path| Some((last(path)?, *path))));
        self.key_reads.extend(ready.key_reads.iter().filter_map(last));
        self.unlistens.extend(ready.unlistens.iter().filter_map(last));
        for (path, asks, of) in ready.value_tests {
            match asks {
                Asks::Prefix | Asks::Suffix | Asks::Part => self.text_tests.extend(last(&path).map(|method| (method, asks))),
                Asks::Instance | Asks::Type => _ = self.type_tests.insert(path, of),
                Asks::Coroutine | Asks::Awaitable => {
                    self.coroutine_tests.insert(path, asks == Asks::Awaitable);
                    self.coroutine_test_names.extend(last(&path));
                }
            }
        }
        for (table, paths) in self.yes_only().into_iter().zip(ready.plain) {
            table.extend(paths.into_iter().map(|path| (path, ())));
        }
    }

    /// The tables that only say yes.
    fn yes_only(&mut self) -> [&mut FxHashMap<Name, ()>; 30] {
        [
            &mut self.concurrency,
            &mut self.structural,
            &mut self.nominal,
            &mut self.debugging,
            &mut self.bare_bases,
            &mut self.async_forms,
            &mut self.scripts,
            &mut self.serves,
            &mut self.background,
            &mut self.missing,
            &mut self.unblocks,
            &mut self.keeps,
            &mut self.workers,
            &mut self.awaitables,
            &mut self.clocks,
            &mut self.thread_locals,
            &mut self.under_gil,
            &mut self.large,
            &mut self.loop_nesting,
            &mut self.limiters,
            &mut self.gatherers,
            &mut self.awaiting,
            &mut self.counting,
            &mut self.deferring,
            &mut self.settling,
            &mut self.rejecting,
            &mut self.scalars,
            &mut self.plain_decorators,
            &mut self.racing,
            &mut self.replacing,
        ]
    }
}
