//! What external APIs do to the thread that calls them: TOML to a table by path.

mod lookup;
mod schema;

pub use schema::{ContextKind, Effect, ElementsOf, GenericKind, Gil, Handling, Instead, RawFacts, Results, Weight};

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
    /// Reading the attribute is the call.
    pub property: bool,
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
    /// Each one made is told apart, with what is put into it.
    pub tracked: bool,
    /// All of them together hold what the program puts into any.
    pub shared: bool,
}

/// Which argument a boundary moves, or a registration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The position, the receiver not counted, and the keyword.
    One(usize, Option<Name>),
    /// Every function among the arguments.
    All,
}

/// An argument that a call runs itself.
#[derive(Debug, Clone, Copy)]
pub struct Invoke {
    /// Which argument.
    pub which: Which,
    /// Where what it is called with comes from.
    pub elements_of: Option<ElementsOf>,
    /// What becomes of its results.
    pub results: Option<Results>,
}

/// What a call does with the elements of a container, and the position of the argument it speaks of.
#[derive(Debug, Clone, Copy)]
pub struct Container {
    /// What it does.
    pub does: Handling,
    /// The argument that is added, merged or copied; the key of `puts`, `gets`, `listens` and `emits`.
    pub argument: usize,
    /// The argument that is the container, if it is not the receiver.
    pub of: Option<usize>,
}

/// Keys of object literals that say what a framework gives for a token.
#[derive(Debug)]
pub struct Provider {
    /// The key of the token.
    pub token: Name,
    /// The key of a class, of which an instance is given.
    pub class: Name,
    /// The key of what is given.
    pub value: Name,
    /// The key of a function that makes what is given.
    pub factory: Name,
    /// The key of another token, or a class.
    pub existing: Name,
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
    /// What the function is called with is finished by then.
    pub ready: bool,
    /// For registrations: constant first arguments for which it holds (events); empty for any.
    pub first: Vec<Name>,
    /// Types of what the function is called with.
    pub parameters: Vec<Name>,
    /// For registrations.
    pub which: Which,
    /// For base classes: names of methods, `*` at the end matches any rest.
    pub methods: Vec<String>,
    /// For files: exported names; empty for the whole file.
    pub exports: Vec<Name>,
}

impl Entry {
    /// Whether the entry speaks of a method of this name.
    #[must_use]
    pub fn takes_method(&self, method: &str) -> bool {
        self.methods.iter().any(|pattern| pattern.strip_suffix('*').map_or(pattern == method, |start| method.starts_with(start)))
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
    invokes: FxHashMap<Name, Vec<Invoke>>,
    containers: FxHashMap<Name, Vec<Container>>,
    /// What object literals give for tokens, and the decorators of what receives it.
    pub providers: Vec<Provider>,
    receives: FxHashMap<Name, ()>,
    /// Last names of everything that facts speak of.
    members: rustc_hash::FxHashSet<Name>,
    /// Methods of builtin types by their name.
    by_name: FxHashMap<Name, Name>,
    /// Last names of attributes whose reading is a call.
    properties: rustc_hash::FxHashSet<Name>,
    wraps: FxHashMap<Name, Which>,
    generics: FxHashMap<Name, (GenericKind, Option<Name>)>,
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
                if call.property {
                    self.properties.extend(path.rsplit('.').next().map(name));
                }
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
                property: call.property,
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
            fact.tracked |= raw.tracked;
            fact.shared |= raw.shared;
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
                ready: raw.ready,
                first: raw.first.iter().map(|text| name(text)).collect(),
                parameters: raw.parameters.iter().map(|of| name(of)).collect(),
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
            let invoke = Invoke { which, elements_of: raw.elements_of, results: raw.results };
            for path in raw.path.iter() {
                self.invokes.entry(name(path)).or_default().push(invoke);
            }
        }
        for raw in raw.provider {
            self.receives.extend(raw.by.iter().map(|path| (name(path), ())));
            self.providers.push(Provider {
                token: name(&raw.token),
                class: name(&raw.class),
                value: name(&raw.value),
                factory: name(&raw.factory),
                existing: name(&raw.existing),
            });
        }
        for raw in raw.container {
            for path in raw.path.iter() {
                self.containers.entry(name(path)).or_default().push(Container { does: raw.does, argument: raw.argument, of: raw.of });
            }
        }
        for raw in raw.returns_argument {
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref())?;
            self.wraps.extend(raw.path.iter().map(|path| (name(path), which)));
        }
        for raw in raw.generic {
            let of = raw.of.as_deref().map(name);
            self.generics.extend(raw.path.iter().map(|path| (name(path), (raw.kind, of))));
        }
        self.calls.extend(raw.neutral.iter().flat_map(|raw| &raw.paths).map(|path| (name(path), None)));
        let by_name = raw.by_name.iter().flat_map(|raw| &raw.paths);
        self.by_name.extend(by_name.filter_map(|path| Some((name(path.rsplit_once('.')?.1), name(path)))));
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
        self.known.extend(self.invokes.keys().chain(self.wraps.keys()).chain(self.loop_checks.keys()).chain(self.containers.keys()));
        let types = self.types.values().flat_map(|fact| fact.members.keys().copied());
        self.members.extend(types.chain(self.known.iter().filter_map(|path| path.rsplit('.').next().and_then(ustr::existing_ustr))));
        Ok(())
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
