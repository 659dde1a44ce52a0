//! What external APIs do to the thread that calls them: TOML to a table by path.

mod add;
mod asked;
mod client;
mod elements;
mod file;
mod generic;
mod library;
mod lookup;
mod measure;
mod pattern;
mod pool;
mod promise;
mod ready;
mod remedy;
mod schema;
mod threads;
mod tool;

pub use asked::Asks;
pub use elements::{ElementsOf, Handling, Results};
pub use file::RawFacts;
pub use generic::GenericKind;
pub use library::Library;
pub use measure::Bounded;
pub use pattern::Applies;
pub use pool::{Pickles, Pool, Runs, Starting};
pub use promise::{Dropping, Gives, Promised, Rejections, TakesRejections};
pub use remedy::{Case, Caution, Idiom, Instead, Other, Remedy, Runtime, Words};
pub use schema::{ContextKind, Effect, Gil, Language, Registered, Weight};
pub use threads::OwnLoop;

use crate::base::written::{Fault, Written};
use crate::base::{Name, name};
use crate::ir::{Call, ExprId, Family};
use globset::GlobMatcher;
use include_dir::{Dir, include_dir};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules/facts");

/// A call that blocks or computes.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
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
    /// The value whose size decides how long it takes.
    pub grows: Option<Given>,
    /// The value that it works through where an argument of `unless` holds.
    pub in_memory: Option<Given>,
    /// It goes once more over values that were made on the same thread at about the same cost.
    pub again: bool,
    /// What it reads is written by hand.
    pub by_hand: bool,
    /// What it does, where the rule's words are too wide.
    pub does: Option<String>,
    /// What to write, by runtime.
    pub instead: Instead,
    /// What holds in place of these for some arguments.
    pub cases: Vec<Case>,
    /// What one has to know before following the advice.
    pub caution: Caution,
    /// Why it blocks.
    pub why: String,
    /// Where that is documented.
    pub source: String,
    /// Reading the attribute is the call.
    pub property: bool,
    /// The work is done as its result is iterated.
    pub lazy: bool,
    /// The library keeps what it gives: the first call with the same argument does the work.
    pub kept: bool,
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
    /// How messages call it.
    pub shown: Option<String>,
    /// Each one made is told apart, with what is put into it.
    pub tracked: bool,
    /// Constructors whose objects are told apart, where those of others are not.
    pub tracked_by: Vec<Name>,
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
    /// Which of its parameters gets the element.
    pub position: usize,
    /// What becomes of its results.
    pub results: Option<Results>,
}

/// A value that a call is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// What it is called on.
    Receiver,
    /// The positional argument, from 0.
    Argument(usize),
}

/// A value that a call is given by position or by keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its position.
    pub operand: Operand,
    /// Its keyword.
    pub keyword: Option<Name>,
}

impl Given {
    /// The argument of a call that this is.
    #[must_use]
    pub fn of(self, call: &Call) -> Option<ExprId> {
        let named = call.args.iter().find(|arg| arg.name.is_some() && arg.name == self.keyword);
        let placed = || match self.operand {
            Operand::Argument(at) => call.args.iter().take_while(|arg| !arg.spread).filter(|arg| arg.name.is_none()).nth(at),
            Operand::Receiver => None,
        };
        named.or_else(placed).map(|arg| arg.value)
    }
}

impl From<Operand> for Given {
    fn from(operand: Operand) -> Self {
        Self { operand, keyword: None }
    }
}

/// What a call does with a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regex {
    /// How it applies it.
    pub does: Applies,
    /// The pattern.
    pub pattern: Given,
    /// Its flags.
    pub flags: Option<Given>,
    /// The text that it is applied to.
    pub text: Option<Given>,
    /// What it puts in place of each match.
    pub puts: Option<Given>,
    /// An engine that takes linear time, in a few words.
    pub instead: Option<Name>,
}

/// A call whose time grows with a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linear {
    /// The container.
    pub of: Given,
    /// Arguments with which it does; always where it is empty.
    pub when: Vec<String>,
    /// What to write instead, in a few words.
    pub instead: String,
}

/// How large what a call gives may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sized {
    /// As large as the first of these that is given.
    Of(Vec<Given>),
    /// No larger than the constant that the first of these is.
    Most(Vec<Given>),
    /// As large as what bounds it.
    By(Bounded),
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
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct Boundary {
    /// Which argument.
    pub which: Which,
    /// Where it runs.
    pub to: ContextKind,
    /// `f(callee)(arguments)`
    pub curried: bool,
    /// It takes coroutines and coroutine functions too, and has the loop run these.
    pub coroutines: bool,
    /// Which pool it is given to, where that is no receiver.
    pub pool: Option<PoolOf>,
    /// It runs once for every element of its further arguments.
    pub each: bool,
    /// What the argument returns is what the call gives, awaited.
    pub returns: bool,
    /// It sends the function's text to a browser.
    pub client: bool,
}

/// The pool that a call gives work to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolOf {
    /// The one that all share.
    Shared,
    /// An argument; the one that all share where it is nothing.
    Argument(Given),
}

/// What a lock of threads or processes is taken and given back by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// The method that takes it; a `with` does too.
    pub acquire: Name,
    /// The method that gives it back.
    pub release: Name,
    /// The thread that holds it may take it once more.
    pub reentrant: bool,
}

/// Which parameters of an entry hold what a client sent, the receiver not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FromClient {
    /// Every one that the framework does not inject.
    #[default]
    All,
    /// Those at these positions.
    At(Vec<usize>),
}

impl FromClient {
    /// Whether the parameter at a position is one of them.
    #[must_use]
    pub fn holds(&self, position: usize) -> bool {
        match self {
            Self::All => true,
            Self::At(positions) => positions.contains(&position),
        }
    }
}

/// What makes a function an entry.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
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
    /// It serves only where the function does that registers it.
    pub follows: bool,
    /// Nothing awaits it: an async function can't take its place.
    pub plain: bool,
    /// A promise that it gives is awaited by nobody.
    pub rejections: Option<Rejections>,
    /// What is registered is called with rejections that nobody else takes care of.
    pub takes_rejections: Option<TakesRejections>,
    /// What the function is called with is finished by then.
    pub ready: bool,
    /// What the function is called with comes from the program itself, not from a client.
    pub internal: bool,
    /// It interrupts the main thread, the loop's own where one runs there.
    pub interrupts: bool,
    /// What the function is called with stands in the head of a request.
    pub head: bool,
    /// For registrations: constant first arguments for which it holds (events); empty for any.
    pub first: Vec<Name>,
    /// The types of parameters hold for functions with no more of them than this.
    pub most: Option<usize>,
    /// Types of what the function is called with.
    pub parameters: Vec<Name>,
    /// Declared types of parameters that hold a single value of a request.
    pub single: Vec<Name>,
    /// For those of servers: which parameters hold what a client sent.
    pub from_client: FromClient,
    /// For registrations.
    pub which: Which,
    /// For registrations: what of the argument is registered.
    pub registers: Registered,
    /// Conditions of which one must hold: `keyword=constant`, or an exported constant of the file.
    pub when: Vec<String>,
    /// Conditions of which none may hold.
    pub unless: Vec<String>,
    /// For base classes and registered objects: names of methods, `*` at the end matches any rest.
    pub methods: Vec<String>,
    /// For files: exported names; empty for the whole file.
    pub exports: Vec<Name>,
    /// Calls of which one has to stand in a file of the same folder; empty for none.
    pub beside: Vec<Name>,
}

impl Entry {
    /// Whether the entry speaks of a registration with this constant first argument.
    #[must_use]
    pub fn takes(&self, first: Option<Name>) -> bool {
        self.first.is_empty() || first.is_some_and(|first| self.first.contains(&first))
    }

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
    decorators: FxHashMap<Name, Vec<Arc<Entry>>>,
    /// Entries by the attribute that a function is assigned to.
    attributes: FxHashMap<Name, Arc<Entry>>,
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
    /// Names of methods that test how a text begins, how it ends, or what it has in it.
    text_tests: FxHashMap<Name, Asks>,
    /// Functions that test the type of their first argument: it is named, or the second argument.
    type_tests: FxHashMap<Name, Option<Name>>,
    /// Functions that test whether their first argument is a coroutine function; whether they look at what calls an instance, too.
    coroutine_tests: FxHashMap<Name, bool>,
    /// The last names of these.
    coroutine_test_names: rustc_hash::FxHashSet<Name>,
    /// Names of methods that read what is held under a key.
    key_reads: rustc_hash::FxHashSet<Name>,
    /// Methods that forget the functions that they are given.
    unlistens: rustc_hash::FxHashSet<Name>,
    /// Methods of builtin types by their name.
    by_name: FxHashMap<Name, Name>,
    /// Last names of attributes whose reading is a call.
    properties: rustc_hash::FxHashSet<Name>,
    wraps: FxHashMap<Name, Which>,
    generics: FxHashMap<Name, (GenericKind, Option<Name>)>,
    concurrency: FxHashMap<Name, ()>,
    structural: FxHashMap<Name, ()>,
    nominal: FxHashMap<Name, ()>,
    debugging: FxHashMap<Name, ()>,
    bare_bases: FxHashMap<Name, ()>,
    async_forms: FxHashMap<Name, ()>,
    scripts: FxHashMap<Name, ()>,
    serves: FxHashMap<Name, ()>,
    background: FxHashMap<Name, ()>,
    own_loops: FxHashMap<Name, OwnLoop>,
    missing: FxHashMap<Name, ()>,
    unblocks: FxHashMap<Name, ()>,
    keeps: FxHashMap<Name, ()>,
    workers: FxHashMap<Name, ()>,
    awaitables: FxHashMap<Name, ()>,
    clocks: FxHashMap<Name, ()>,
    loop_checks: FxHashMap<Name, crate::ir::Branch>,
    startup_tests: rustc_hash::FxHashSet<(Name, Name)>,
    promises: FxHashMap<Name, Promised>,
    drops: FxHashMap<Name, Dropping>,
    loop_nesting: FxHashMap<Name, ()>,
    limiters: FxHashMap<Name, ()>,
    gatherers: FxHashMap<Name, ()>,
    awaiting: FxHashMap<Name, ()>,
    counting: FxHashMap<Name, ()>,
    deferring: FxHashMap<Name, ()>,
    settling: FxHashMap<Name, ()>,
    rejecting: FxHashMap<Name, ()>,
    scalars: FxHashMap<Name, ()>,
    plain_decorators: FxHashMap<Name, ()>,
    racing: FxHashMap<Name, ()>,
    replacing: FxHashMap<Name, ()>,
    /// With what other threads write, where that is said.
    loop_bound: FxHashMap<Name, Option<Name>>,
    locks: FxHashMap<Name, Lock>,
    polls: FxHashMap<Name, threads::Polls>,
    thread_locals: FxHashMap<Name, ()>,
    under_gil: FxHashMap<Name, ()>,
    large: FxHashMap<Name, ()>,
    /// Labels of entries that nothing awaits.
    plain: rustc_hash::FxHashSet<String>,
    /// Runtimes, in order of their names.
    pub runtimes: Vec<Runtime>,
    sizes: FxHashMap<Name, Sized>,
    linear: FxHashMap<Name, Linear>,
    regexes: FxHashMap<Name, Regex>,
    /// Paths of methods of texts that apply a pattern that they are given, by their name.
    regex_members: FxHashMap<Name, Name>,
    regex_flags: FxHashMap<Name, char>,
    cooperative: FxHashMap<Name, Vec<Effect>>,
    pools: FxHashMap<Name, Pool>,
    starting: FxHashMap<Name, Starting>,
    /// Types that can't be pickled; true for those that a process may be given as it is started.
    unpicklable: FxHashMap<Name, bool>,
    clients: client::Clients,
    tools: tool::Tools,
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
        let ready = raw.by_family(family).and_then(|[python, ecma]| Ok([ready::Ready::of(python)?, ready::Ready::of(ecma)?]));
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

#[cfg(test)]
mod tests {
    use super::FactBase;

    #[test]
    fn built_in_facts_load() {
        assert_eq!(FactBase::built_in().problems, vec![]);
    }
}
