//! What external APIs do to the thread that calls them: TOML to a table by path.

mod add;
mod library;
mod schema;

pub use library::Library;
pub use schema::{ContextKind, Effect, GenericKind, Gil, Instead, Language, RawFacts, Weight};

use crate::base::written::{Fault, Written};
use crate::base::{Name, name};
use crate::ir::Family;
use globset::GlobMatcher;
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
#[derive(Debug, Clone, Copy)]
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
    /// For registrations.
    pub which: Which,
    /// For base classes: names of methods, `*` at the end matches any rest.
    pub methods: Vec<String>,
    /// For files: exported names; empty for the whole file.
    pub exports: Vec<Name>,
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
    /// What each file says, in the order in which files were added.
    pub libraries: Vec<Library>,
    /// What could not be loaded.
    pub problems: Vec<Fault>,
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

    /// Adds one built-in fact file; errors go to `problems` with their place.
    pub fn add(&mut self, family: Family, path: &str, text: &str) {
        let written = Written { path: path.to_owned(), text: text.to_owned() };
        match toml::from_str::<RawFacts>(text) {
            Ok(raw) if raw.library.is_none() => {
                self.problems.push(written.fault(None, "the table `[library]` is missing", None));
            }
            Ok(raw) => self.take(raw, Some(family), &written, false),
            Err(error) => self.problems.push(written.misread(&error)),
        }
    }

    /// Adds a repository's own fact file. Its facts win over built-in ones for the same path.
    pub fn add_file(&mut self, written: &Written) {
        match toml::from_str::<RawFacts>(&written.text) {
            Ok(raw) => self.take(raw, None, written, true),
            Err(error) => self.problems.push(written.misread(&error)),
        }
    }

    /// Adds the facts of a configuration, which win over built-in ones for the same path.
    pub fn add_own(&mut self, raw: RawFacts, written: &Written) {
        self.take(raw, None, written, true);
    }

    /// All of a file's facts, or none and a problem.
    fn take(&mut self, raw: RawFacts, family: Option<Family>, written: &Written, own: bool) {
        let library = raw.library.as_ref();
        let about = library.map(|library| (library.name.clone(), library.source.clone(), library.checked.clone()));
        let about = about.unwrap_or_else(|| (written.path.clone(), written.path.clone(), String::new()));
        let modules =
            raw.library.as_ref().map_or(&[][..], |library| &library.modules).iter().map(|module| name(module)).collect::<Vec<_>>();
        let ready = raw.by_family(family).and_then(|[python, ecma]| Ok([add::Ready::of(python)?, add::Ready::of(ecma)?]));
        match ready {
            Err((span, message)) => self.problems.push(written.fault(span, message, None)),
            Ok(ready) => {
                let tables = [(Family::Python, &mut self.python), (Family::Ecma, &mut self.ecma)];
                for (ready, (of, facts)) in ready.into_iter().zip(tables) {
                    if ready.is_empty() && family != Some(of) {
                        continue;
                    }
                    self.libraries.push(Library::of(&ready, of, &written.path, about.clone(), modules.clone(), own));
                    facts.libraries.extend(&modules);
                    facts.insert(ready, &about.1, own);
                }
            }
        }
    }

    /// The facts of one family.
    #[must_use]
    pub fn of(&self, family: Family) -> &Facts {
        if family == Family::Python { &self.python } else { &self.ecma }
    }
}

impl Facts {
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

    /// Whether a fact says that a call on `path` does not block.
    #[must_use]
    pub fn is_neutral(&self, path: Name) -> bool {
        self.by_path(&self.calls, path).is_some_and(Option::is_none)
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

    /// The longest library module that `path` begins with.
    #[must_use]
    pub fn knows(&self, path: &str) -> bool {
        self.libraries.iter().any(|module| path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
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

#[cfg(test)]
mod tests {
    use super::FactBase;

    #[test]
    fn built_in_facts_load() {
        assert_eq!(FactBase::built_in().problems, vec![]);
    }
}
