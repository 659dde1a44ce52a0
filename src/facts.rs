//! What external APIs do to the thread that calls them: TOML to a table by path.

mod schema;

pub use schema::{ContextKind, Effect, GenericKind, Gil, Instead, RawFacts, Weight};

use crate::base::{Name, name};
use crate::ir::Family;
use globset::{Glob, GlobMatcher};
use include_dir::{Dir, include_dir};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules/facts");

/// A call that blocks or computes.
#[derive(Debug)]
pub struct CallFact {
    /// What it does.
    pub effect: Effect,
    /// How much.
    pub weight: Weight,
    /// The GIL while it runs.
    pub gil: Option<Gil>,
    /// Arguments that make it harmless.
    pub unless: Vec<String>,
    /// Arguments that make it light.
    pub light_when: Vec<String>,
    /// What to write, by runtime.
    pub instead: Instead,
    /// Why it blocks.
    pub why: String,
    /// Where that is documented.
    pub source: String,
}

/// One line of code that makes a call on a fact's first path.
#[derive(Clone, Debug)]
pub struct Example {
    /// The path that the line must reach.
    pub path: Name,
    /// The code.
    pub code: String,
}

/// What is known of an external type.
#[derive(Debug, Default)]
pub struct TypeFact {
    bases: Vec<Name>,
    members: FxHashMap<Name, Name>,
    /// Type of `with x as y`.
    pub enter: Option<Name>,
    /// Type of an element.
    pub element: Option<Name>,
}

/// Which argument a boundary moves, or a registration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The position, the receiver not counted, and the keyword.
    One(usize, Option<Name>),
    /// Every function among the arguments.
    All,
}

/// A call that moves its argument to another context.
#[derive(Debug)]
pub struct Boundary {
    /// Which argument.
    pub which: Which,
    /// Where it runs.
    pub to: ContextKind,
    /// `f(callee)(arguments)`
    pub curried: bool,
}

/// What makes a function an entry.
#[derive(Debug)]
pub struct Entry {
    /// How a person calls it.
    pub label: String,
    /// Context of an async function.
    pub asynchronous: ContextKind,
    /// Context of a plain function.
    pub synchronous: ContextKind,
    /// Others wait for the same loop.
    pub server: bool,
    /// Nothing else runs on that loop meanwhile: one request an instance.
    pub alone: bool,
    /// What the function is called with is finished by then.
    pub ready: bool,
    /// For registrations: types of what the function is called with, by position.
    pub gives: Vec<Name>,
    /// For registrations: constant first arguments for which it holds (events); empty for any.
    pub first: Vec<Name>,
    /// For registrations.
    pub which: Which,
    /// For base classes: names of methods, `*` at the end matches any rest.
    pub methods: Vec<String>,
    /// For files: exported names; empty for the whole file.
    pub exports: Vec<Name>,
}

impl Entry {
    /// Whether a registration with this constant first argument makes the entry.
    #[must_use]
    pub fn takes(&self, first: Option<Name>) -> bool {
        self.first.is_empty() || first.is_some_and(|first| self.first.contains(&first))
    }
}

/// All facts of one language family.
#[derive(Debug, Default)]
pub struct Facts {
    /// `None` for a neutral path.
    calls: FxHashMap<Name, Option<usize>>,
    details: Vec<CallFact>,
    types: FxHashMap<Name, TypeFact>,
    constructors: FxHashMap<Name, Name>,
    boundaries: FxHashMap<Name, Boundary>,
    decorators: FxHashMap<Name, Arc<Entry>>,
    registrations: FxHashMap<Name, Vec<Arc<Entry>>>,
    bases: FxHashMap<Name, Vec<Arc<Entry>>>,
    /// Entries by the file's path.
    pub files: Vec<(GlobMatcher, Arc<Entry>)>,
    invokes: FxHashMap<Name, Vec<Which>>,
    wraps: FxHashMap<Name, Which>,
    makes: FxHashMap<Name, Which>,
    generics: FxHashMap<Name, schema::GenericKind>,
    concurrency: FxHashMap<Name, ()>,
    structural: FxHashMap<Name, ()>,
    scripts: FxHashMap<Name, ()>,
    serves: FxHashMap<Name, ()>,
    unblocks: FxHashMap<Name, ()>,
    keeps: FxHashMap<Name, ()>,
    workers: FxHashMap<Name, ()>,
    awaitables: FxHashMap<Name, ()>,
    loop_checks: FxHashMap<Name, crate::ir::Branch>,
    libraries: Vec<Name>,
    /// Every path of every table.
    known: rustc_hash::FxHashSet<Name>,
    spellings: RefCell<FxHashMap<Name, Rc<[Name]>>>,
    /// Examples of calls, for the tests.
    pub examples: Vec<Example>,
}

/// Facts for both families.
#[derive(Debug, Default)]
pub struct FactBase {
    python: Facts,
    ecma: Facts,
    /// What could not be loaded: file and reason.
    pub problems: Vec<(String, String)>,
}

impl FactBase {
    /// The mark for any member: an element, a key that is not constant.
    #[must_use]
    pub fn any() -> Name {
        static ANY: std::sync::LazyLock<Name> = std::sync::LazyLock::new(|| name("*"));
        *ANY
    }

    /// The facts that the program carries.
    #[must_use]
    pub fn built_in() -> Self {
        let mut base = Self::default();
        for (folder, family) in [("python", Family::Python), ("node", Family::Ecma)] {
            let mut files: Vec<_> = BUILT_IN.get_dir(folder).map(|dir| dir.files().collect()).unwrap_or_default();
            files.sort_by_key(|file| file.path());
            for file in files {
                let path = format!("rules/facts/{}", file.path().display());
                if let Some(text) = file.contents_utf8() {
                    base.add(family, &path, text);
                }
            }
        }
        base
    }

    /// Adds one fact file; errors go to `problems` with their place.
    pub fn add(&mut self, family: Family, path: &str, text: &str) {
        match toml::from_str::<RawFacts>(text) {
            Ok(raw) => {
                let facts = if family == Family::Python { &mut self.python } else { &mut self.ecma };
                if let Err(message) = facts.add(raw) {
                    self.problems.push((path.to_owned(), message));
                }
            }
            Err(error) => self.problems.push((path.to_owned(), error.to_string())),
        }
    }

    /// The facts of one family.
    #[must_use]
    pub fn of(&self, family: Family) -> &Facts {
        if family == Family::Python { &self.python } else { &self.ecma }
    }
}

impl Facts {
    fn add(&mut self, raw: RawFacts) -> Result<(), String> {
        let default_source = raw.library.source.clone();
        self.libraries.extend(raw.library.modules.iter().map(|module| name(module)));
        for call in raw.call {
            let at = self.details.len();
            if let (Some(code), Some(path)) = (&call.example, call.paths.first()) {
                self.examples.push(Example { path: name(path), code: code.clone() });
            }
            for path in &call.paths {
                self.calls.insert(name(path), Some(at));
            }
            self.details.push(CallFact {
                effect: call.effect,
                weight: call.weight,
                gil: call.gil,
                unless: call.unless,
                light_when: call.light_when,
                instead: call.instead,
                why: call.why.unwrap_or_default(),
                source: call.source.unwrap_or_else(|| default_source.clone()),
            });
        }
        for raw in raw.types {
            let path = name(&raw.path);
            for constructor in &raw.constructors {
                self.constructors.insert(name(constructor), path);
            }
            self.constructors.insert(path, path);
            let fact = self.types.entry(path).or_default();
            fact.bases.extend(raw.bases.iter().map(|base| name(base)));
            fact.members.extend(raw.members.iter().map(|(member, of)| (name(member), name(of))));
            fact.enter = fact.enter.or(raw.enter.map(|of| name(&of)));
            fact.element = fact.element.or(raw.element.map(|of| name(&of)));
        }
        for raw in raw.boundary {
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref())?;
            for path in raw.path.iter() {
                self.boundaries.insert(name(path), Boundary { which, to: raw.to, curried: raw.curried });
            }
        }
        for raw in raw.entry {
            let entry = Arc::new(Entry {
                which: which(raw.argument.as_ref(), raw.keyword.as_deref())?,
                label: raw.label,
                asynchronous: raw.asynchronous,
                synchronous: raw.synchronous,
                server: raw.server,
                alone: raw.alone,
                ready: raw.ready,
                gives: raw.gives.iter().map(|text| name(text)).collect(),
                first: raw.first.iter().map(|text| name(text)).collect(),
                methods: raw.methods,
                exports: raw.exports.iter().map(|export| name(export)).collect(),
            });
            match (raw.decorator, raw.base, raw.call, raw.file) {
                (Some(paths), None, None, None) => self.decorators.extend(paths.iter().map(|path| (name(path), entry.clone()))),
                (None, Some(paths), None, None) => {
                    for path in paths.iter() {
                        self.bases.entry(name(path)).or_default().push(entry.clone());
                    }
                }
                (None, None, Some(paths), None) => {
                    for path in paths.iter() {
                        self.registrations.entry(name(path)).or_default().push(entry.clone());
                    }
                }
                (None, None, None, Some(globs)) => {
                    for glob in globs.iter() {
                        let matcher = Glob::new(glob).map_err(|error| error.to_string())?.compile_matcher();
                        self.files.push((matcher, entry.clone()));
                    }
                }
                _ => return Err(format!("entry {:?}: give one of decorator, base, call, file", entry.label)),
            }
        }
        for raw in raw.calls_argument {
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref())?;
            for path in raw.path.iter() {
                self.invokes.entry(name(path)).or_default().push(which);
            }
        }
        for raw in raw.returns_argument {
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref())?;
            self.wraps.extend(raw.path.iter().map(|path| (name(path), which)));
        }
        for raw in raw.returns_instance {
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref())?;
            self.makes.extend(raw.path.iter().map(|path| (name(path), which)));
        }
        self.generics.extend(raw.generic.into_iter().map(|raw| (name(&raw.path), raw.kind)));
        self.calls.extend(raw.neutral.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), None)));
        self.concurrency.extend(raw.concurrency.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.workers.extend(raw.worker_file.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.keeps.extend(raw.keeps.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.unblocks.extend(raw.unblocks.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.serves.extend(raw.serves.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.scripts.extend(raw.script.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.structural.extend(raw.structural.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        self.awaitables.extend(raw.awaitable.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), ())));
        for raw in &raw.loop_check {
            self.loop_checks.extend(raw.paths.iter().map(|path| (name(path), raw.off)));
        }
        let ready: [&FxHashMap<Name, ()>; 8] = [
            &self.concurrency,
            &self.structural,
            &self.scripts,
            &self.serves,
            &self.unblocks,
            &self.keeps,
            &self.workers,
            &self.awaitables,
        ];
        self.known.extend(ready.into_iter().flat_map(|table| table.keys()));
        self.known.extend(self.calls.keys().chain(self.boundaries.keys()).chain(self.decorators.keys()).chain(self.registrations.keys()));
        self.known.extend(self.invokes.keys().chain(self.wraps.keys()).chain(self.makes.keys()).chain(self.loop_checks.keys()));
        Ok(())
    }

    /// Looks `path` up in a table: itself, its type's bases, then `Type.*`.
    fn by_path<'a, T>(&self, table: &'a FxHashMap<Name, T>, path: Name) -> Option<&'a T> {
        if let Some(found) = table.get(&path) {
            return Some(found);
        }
        let spellings = self.spellings.borrow().get(&path).cloned();
        let spellings = spellings.unwrap_or_else(|| {
            let made: Rc<[Name]> = self.spell(path).into();
            self.spellings.borrow_mut().insert(path, made.clone());
            made
        });
        spellings.iter().find_map(|spelling| table.get(spelling))
    }

    /// Other paths under which facts may speak of `path`, the most specific first. The same few are asked for in
    /// every table, so they are kept.
    fn spell(&self, path: Name) -> Vec<Name> {
        let Some((owner, member)) = path.rsplit_once('.') else { return Vec::new() };
        // A name that no fact has made is in no table.
        let mut pending: Vec<Name> = ustr::existing_ustr(owner).into_iter().collect();
        let (mut found, mut spelled, mut seen) = (Vec::new(), String::new(), 0);
        while let Some(owner) = pending.pop() {
            seen += 1;
            if seen > 32 {
                break;
            }
            // A wildcard speaks for what one calls, not for `__enter__` and its like.
            let spoken_for = if member.starts_with("__") { &[member][..] } else { &[member, "*"][..] };
            for member in spoken_for {
                spelled.clear();
                spelled.extend([owner.as_str(), ".", *member]);
                found.extend(ustr::existing_ustr(&spelled).filter(|spelling| self.known.contains(spelling)));
            }
            if let Some(fact) = self.types.get(&owner) {
                pending.extend(fact.bases.iter().rev());
            }
        }
        found
    }

    /// The fact of a call on `path`, if it blocks or computes.
    #[must_use]
    pub fn call(&self, path: Name) -> Option<&CallFact> {
        self.by_path(&self.calls, path).copied().flatten().map(|at| &self.details[at])
    }

    /// Whether a fact says that a call on `path` places its arguments in a context.
    #[must_use]
    pub fn places(&self, path: Name) -> bool {
        self.boundaries.contains_key(&path) || self.decorators.contains_key(&path) || self.registrations.contains_key(&path)
    }

    /// Whether a value of the type `path` can be awaited.
    #[must_use]
    pub fn is_awaitable(&self, path: Name) -> bool {
        self.by_path(&self.awaitables, path).is_some()
    }

    /// Whether a class with the base `path` is met by any class with the same members.
    #[must_use]
    pub fn is_structural(&self, path: Name) -> bool {
        self.structural.contains_key(&path)
    }

    /// Whether a file that uses `path` is a command-line program.
    #[must_use]
    pub fn is_script(&self, path: Name) -> bool {
        self.scripts.contains_key(&path)
    }

    /// Whether a call on `path` runs the file that its first argument names elsewhere.
    #[must_use]
    pub fn starts_worker(&self, path: Name) -> bool {
        self.by_path(&self.workers, path).is_some()
    }

    /// Whether a decorator keeps the results of its function.
    #[must_use]
    pub fn keeps(&self, path: Name) -> bool {
        self.by_path(&self.keeps, path).is_some()
    }

    /// Whether a call on `path`, given false or zero, makes its receiver's calls return at once.
    #[must_use]
    pub fn unblocks(&self, path: Name) -> bool {
        self.by_path(&self.unblocks, path).is_some()
    }

    /// Whether a call on `path` begins to serve: what leads to it is start-up.
    #[must_use]
    pub fn serves(&self, path: Name) -> bool {
        self.by_path(&self.serves, path).is_some()
    }

    /// Whether a path that marks a command-line program ends in `member`.
    #[must_use]
    pub fn ends_script(&self, member: Name) -> bool {
        self.scripts.keys().any(|path| path.rsplit_once('.').is_some_and(|(_, last)| last == member.as_str()))
    }

    /// Whether `path` is a builtin of the language.
    #[must_use]
    pub fn is_builtin(&self, path: Name) -> bool {
        path.starts_with("builtins.")
    }

    /// The boundary at `path`.
    #[must_use]
    pub fn boundary(&self, path: Name) -> Option<&Boundary> {
        self.by_path(&self.boundaries, path)
    }

    /// The entry that a decorator makes.
    #[must_use]
    pub fn decorator(&self, path: Name) -> Option<&Arc<Entry>> {
        self.by_path(&self.decorators, path)
    }

    /// The entries that a registration call makes.
    #[must_use]
    pub fn registrations(&self, path: Name) -> &[Arc<Entry>] {
        self.by_path(&self.registrations, path).map_or(&[], Vec::as_slice)
    }

    /// Entries of a base class.
    #[must_use]
    pub fn base(&self, path: Name) -> &[Arc<Entry>] {
        self.bases.get(&path).map_or(&[], Vec::as_slice)
    }

    /// Bases of an external type.
    #[must_use]
    pub fn type_bases(&self, path: Name) -> &[Name] {
        self.types.get(&path).map_or(&[], |fact| fact.bases.as_slice())
    }

    /// Which arguments a call on `path` runs itself.
    #[must_use]
    pub fn invokes(&self, path: Name) -> &[Which] {
        self.by_path(&self.invokes, path).map_or(&[], Vec::as_slice)
    }

    /// The argument whose value a call on `path` gives back.
    #[must_use]
    pub fn wraps(&self, path: Name) -> Option<Which> {
        self.by_path(&self.wraps, path).copied()
    }

    /// The argument, a class, of which a call on `path` gives an instance: `container.get(Service)`.
    #[must_use]
    pub fn makes(&self, path: Name) -> Option<Which> {
        self.by_path(&self.makes, path).copied()
    }

    /// How a generic type speaks of its argument.
    #[must_use]
    pub fn generic(&self, path: Name) -> Option<schema::GenericKind> {
        self.generics.get(&path).copied()
    }

    /// Whether the call shows that other work waits on the loop.
    #[must_use]
    pub fn is_concurrency(&self, path: Name) -> bool {
        self.by_path(&self.concurrency, path).is_some()
    }

    /// The outcome of a call on `path` that shows that no loop runs here.
    #[must_use]
    pub fn off_loop(&self, path: Name) -> Option<crate::ir::Branch> {
        self.by_path(&self.loop_checks, path).copied()
    }

    /// The type fact of `path`.
    #[must_use]
    pub fn type_of(&self, path: Name) -> Option<&TypeFact> {
        self.types.get(&path)
    }

    /// The type of what a call on `path` returns, or of the attribute `path`.
    #[must_use]
    pub fn result(&self, path: Name) -> Option<Name> {
        if let Some(of) = self.constructors.get(&path) {
            return Some(*of);
        }
        self.member(path)
    }

    /// The type of the member `path` of a known type.
    #[must_use]
    pub fn member(&self, path: Name) -> Option<Name> {
        let (owner, member) = path.rsplit_once('.')?;
        let (member, any) = (ustr::existing_ustr(member)?, FactBase::any());
        let mut pending = vec![ustr::existing_ustr(owner)?];
        let mut seen = 0;
        while let Some(owner) = pending.pop() {
            seen += 1;
            if let Some(fact) = self.types.get(&owner) {
                if let Some(of) = fact.members.get(&member).or_else(|| fact.members.get(&any)) {
                    return Some(*of);
                }
                pending.extend(fact.bases.iter().rev());
            }
            if seen > 32 {
                break;
            }
        }
        None
    }

    /// Whether `path` begins with a library's module; `@aws-sdk/*` speaks for all modules with that start.
    #[must_use]
    pub fn knows(&self, path: &str) -> bool {
        self.libraries.iter().any(|module| match module.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '('])),
        })
    }

    /// Paths of all calls that block or compute, in no order.
    pub fn paths(&self) -> impl Iterator<Item = Name> + '_ {
        self.calls.keys().copied()
    }

    /// How many call facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

fn which(argument: Option<&schema::Argument>, keyword: Option<&str>) -> Result<Which, String> {
    let keyword = keyword.map(name);
    match argument {
        None => Ok(Which::One(if keyword.is_some() { usize::MAX } else { 0 }, keyword)),
        Some(schema::Argument::At(at)) => Ok(Which::One(*at, keyword)),
        Some(schema::Argument::Word(word)) if word == "all" => Ok(Which::All),
        Some(schema::Argument::Word(word)) => Err(format!("argument = {word:?}: a position or \"all\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::FactBase;

    #[test]
    fn built_in_facts_load() {
        assert_eq!(FactBase::built_in().problems, vec![]);
    }
}
