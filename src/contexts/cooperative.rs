//! Programs that patch the standard library, so that waiting gives way to their other work.
//!
//! A patch in a module's body holds for the process that loads the module. So the patched programs are the modules that
//! patch and those that import one of them, with all that these import; what another module loads too is not counted in,
//! for nothing is patched there. Tests load everything and say nothing.

use super::Spread;
use crate::base::{FileId, name};
use crate::facts::{ContextKind, Effect};
use crate::ir::{CallKind, MODULE_BODY};
use crate::link::At;
use crate::link::modules::Resolved;
use rustc_hash::{FxHashMap, FxHashSet};

/// Files by file.
type Files = FxHashMap<FileId, Vec<FileId>>;

impl Spread<'_, '_> {
    /// The files that only patched programs load, with the effects that give way there.
    pub(super) fn patched(&self) -> FxHashMap<FileId, Vec<Effect>> {
        let input = self.input;
        let mut patches: FxHashMap<FileId, Vec<Effect>> = FxHashMap::default();
        for external in &self.graph.externals {
            let file = external.call.file;
            let call = &input.summaries[file].calls[external.call.id];
            let effects = input.facts_of(file).cooperative(external.path);
            // What is patched under a test may as well not be patched.
            if !effects.is_empty() && call.kind == CallKind::Call && external.from.id == MODULE_BODY && call.guard.is_none() {
                patches.entry(file).or_default().extend(effects);
            }
        }
        if patches.is_empty() {
            return patches;
        }
        let (imports, importers, any) = self.imports();
        let program = |effect: Effect| {
            let patching = patches.iter().filter(|(_, effects)| effects.contains(&effect)).map(|(file, _)| *file);
            let programs = closure(patching, &importers);
            let loaded = closure(programs.iter().copied(), &imports);
            let others = input.summaries.indices().filter(|file| !loaded.contains(file) && !self.is_test(*file));
            let elsewhere = closure(others, &any);
            loaded.into_iter().filter(move |file| !elsewhere.contains(file)).collect::<Vec<_>>()
        };
        let mut found: FxHashMap<FileId, Vec<Effect>> = FxHashMap::default();
        for effect in Effect::ALL {
            for file in program(effect) {
                found.entry(file).or_default().push(effect);
            }
        }
        found
    }

    /// By file: the files that its body imports, those whose bodies import it, and those that it imports anywhere. Tests import nothing.
    fn imports(&self) -> (Files, Files, Files) {
        let (mut imports, mut importers, mut any) = (Files::default(), Files::default(), Files::default());
        for (file, summary) in self.input.summaries.iter_enumerated().filter(|(file, _)| !self.is_test(*file)) {
            let path = &self.input.sources[file].path;
            for (module, by_body) in &summary.imports {
                // A module's packages are loaded before it.
                let dots = module.rfind("..").map_or(0, |at| at + 2);
                let packages = module.match_indices('.').filter(|(at, _)| *at > 0 && *at >= dots).map(|(at, _)| name(&module[..at]));
                for part in packages.chain([*module]) {
                    let Resolved::File(to) = self.input.modules.python(path, part) else { continue };
                    if to == file {
                        continue;
                    }
                    any.entry(file).or_default().push(to);
                    if *by_body {
                        imports.entry(file).or_default().push(to);
                        importers.entry(to).or_default().push(file);
                    }
                }
            }
        }
        (imports, importers, any)
    }

    fn is_test(&self, file: FileId) -> bool {
        self.contexts.origin(At { file, id: MODULE_BODY }, ContextKind::Test).is_some()
    }
}

/// The files given, and all that `next` leads to from them.
fn closure(from: impl Iterator<Item = FileId>, next: &Files) -> FxHashSet<FileId> {
    let mut pending: Vec<FileId> = from.collect();
    let mut found = FxHashSet::default();
    while let Some(file) = pending.pop() {
        if found.insert(file) {
            pending.extend(next.get(&file).into_iter().flatten());
        }
    }
    found
}
