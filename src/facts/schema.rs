//! The form of a fact file, as written.

use crate::base::written::Placed;
use crate::ir::Family;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a call does to its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Sleeps.
    Sleep,
    /// Waits for a peer.
    Network,
    /// Resolves a name.
    Dns,
    /// Reads or writes files.
    File,
    /// Starts or waits for a process.
    Subprocess,
    /// Waits for a database.
    Database,
    /// Waits for another thread or process.
    Wait,
    /// Waits for a person.
    Stdin,
    /// Loads code or certificates.
    Load,
    /// Computes.
    Cpu,
}

impl Effect {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Sleep,
        Self::Network,
        Self::Dns,
        Self::File,
        Self::Subprocess,
        Self::Database,
        Self::Wait,
        Self::Stdin,
        Self::Load,
        Self::Cpu,
    ];

    /// Its word in fact files and comments.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Network => "network",
            Self::Dns => "dns",
            Self::File => "file",
            Self::Subprocess => "subprocess",
            Self::Database => "database",
            Self::Wait => "wait",
            Self::Stdin => "stdin",
            Self::Load => "load",
            Self::Cpu => "cpu",
        }
    }
}

/// How long a call usually takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A single metadata call.
    Light,
    /// Reading, writing, waiting.
    #[default]
    Heavy,
}

/// What happens to the GIL during the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gil {
    /// A thread helps.
    Released,
    /// A thread keeps the loop alive but saves no time.
    Preempted,
    /// A thread does not help.
    Held,
}

/// Where a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContextKind {
    /// On an event loop.
    Loop,
    /// In a worker thread.
    Thread,
    /// In a worker process.
    Process,
    /// Before serving begins.
    Startup,
    /// In a command-line program.
    Script,
    /// In a test.
    Test,
}

/// What to write instead, by runtime.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Under asyncio.
    pub asyncio: Option<String>,
    /// Under trio.
    pub trio: Option<String>,
    /// Under anyio.
    pub anyio: Option<String>,
    /// Under Node.js.
    pub node: Option<String>,
}

/// The language that facts speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python
    Python,
    /// JavaScript and TypeScript
    Node,
}

impl Language {
    /// The family of its files.
    #[must_use]
    pub fn family(self) -> Family {
        if self == Self::Python { Family::Python } else { Family::Ecma }
    }
}

/// The library that the facts are of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Library")]
pub(super) struct RawLibrary {
    /// Its name.
    pub name: String,
    /// The modules that it is imported as.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Where it is documented.
    pub source: String,
    /// When its paths were checked, against which version.
    #[serde(default)]
    pub checked: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Call")]
pub(super) struct RawCall {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// What one writes after an import: `requests.get`; `Type.*` for all members of a type.
    pub paths: Vec<String>,
    /// What the call does to its thread.
    pub effect: Effect,
    /// How long it usually takes.
    #[serde(default)]
    pub weight: Weight,
    /// What happens to the GIL during the call.
    pub gil: Option<Gil>,
    /// Arguments with which it is harmless: `block=False`, `arg0=io.BytesIO`, `callback`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Arguments with which it is light.
    #[serde(default)]
    pub light_when: Vec<String>,
    /// Code to write instead, by runtime.
    #[serde(default)]
    pub instead: Instead,
    /// Why it blocks, where that needs a sentence.
    pub why: Option<String>,
    /// Where it is documented; the library's source where it is left out.
    pub source: Option<String>,
    /// One line of code that makes the call on the first path.
    pub example: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Type")]
pub(super) struct RawType {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The type's path.
    pub path: String,
    /// Calls that give one, besides the class itself.
    #[serde(default)]
    pub constructors: Vec<String>,
    /// Types whose members it has too.
    #[serde(default)]
    pub bases: Vec<String>,
    /// What its members are or return; `*` for any.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// What `with x as y` gives.
    pub enter: Option<String>,
    /// What iterating gives.
    pub element: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Which argument is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Argument {
    /// Its position, from 0, the receiver not counted.
    At(usize),
    /// `all`: every function among the arguments.
    Word(String),
}

/// One path or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Paths {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Paths {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
        .iter()
        .map(String::as_str)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Boundary")]
pub(super) struct RawBoundary {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The call.
    pub path: Paths,
    /// Which argument moves; the first where neither this nor `keyword` is given.
    pub argument: Option<Argument>,
    /// Its keyword.
    pub keyword: Option<String>,
    /// Where it runs.
    pub to: ContextKind,
    /// `f(callee)(arguments)`
    #[serde(default)]
    pub curried: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry")]
pub(super) struct RawEntry {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The decorator that makes it one. One of `decorator`, `base`, `call`, `file` is given.
    pub decorator: Option<Paths>,
    /// The base class whose `methods` are entries.
    pub base: Option<Paths>,
    /// For `base`: names of methods; `*` at the end matches any rest.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The call that registers it.
    pub call: Option<Paths>,
    /// For `call`: which argument is registered.
    pub argument: Option<Argument>,
    /// For `call`: its keyword.
    pub keyword: Option<String>,
    /// Globs of files whose exports are entries.
    pub file: Option<Paths>,
    /// For `file`: exported names; all where it is empty.
    #[serde(default)]
    pub exports: Vec<String>,
    /// How a person calls it: `FastAPI route`.
    pub label: String,
    /// Where an async function runs.
    #[serde(rename = "async")]
    pub asynchronous: ContextKind,
    /// Where a plain function runs.
    #[serde(rename = "sync")]
    pub synchronous: ContextKind,
    /// Others wait for the same loop.
    #[serde(default = "yes")]
    pub server: bool,
    /// What the function is called with is finished by then.
    #[serde(default)]
    pub ready: bool,
    /// For `call`: constant first arguments for which it holds.
    #[serde(default)]
    pub first: Vec<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallArgument")]
pub(super) struct RawArgument {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The call.
    pub path: Paths,
    /// Which argument; the first where neither this nor `keyword` is given.
    pub argument: Option<Argument>,
    /// Its keyword.
    pub keyword: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PathList")]
pub(super) struct RawPaths {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The paths.
    pub paths: Vec<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LoopCheck")]
pub(super) struct RawLoopCheck {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The paths.
    pub paths: Vec<String>,
    /// How the call comes out where no loop runs.
    pub off: crate::ir::Branch,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// What a generic type says of its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GenericKind {
    /// `Optional[X]`: an X.
    Transparent,
    /// `list[X]`: holds X.
    Container,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Generic")]
pub(super) struct RawGeneric {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The type's path.
    pub path: String,
    /// What it says of its argument.
    pub kind: GenericKind,
}

/// One fact file, or the `facts` table of a configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Facts")]
pub struct RawFacts {
    /// For tables that do not say it themselves; a built-in file has it from its folder.
    pub(super) language: Option<Language>,
    /// The library that the facts are of.
    pub(super) library: Option<RawLibrary>,
    /// Calls that block or compute.
    #[serde(default)]
    pub(super) call: Vec<Placed<RawCall>>,
    /// Types, so that receivers are known.
    #[serde(default, rename = "type")]
    pub(super) types: Vec<Placed<RawType>>,
    /// Calls that move an argument to another context.
    #[serde(default)]
    pub(super) boundary: Vec<Placed<RawBoundary>>,
    /// What makes a function an entry, and where it then runs.
    #[serde(default)]
    pub(super) entry: Vec<Placed<RawEntry>>,
    /// Calls that run an argument themselves.
    #[serde(default)]
    pub(super) calls_argument: Vec<Placed<RawArgument>>,
    /// Calls that give an argument back.
    #[serde(default)]
    pub(super) returns_argument: Vec<Placed<RawArgument>>,
    /// Generic types.
    #[serde(default)]
    pub(super) generic: Vec<Placed<RawGeneric>>,
    /// Calls that look as if they blocked and do not.
    #[serde(default)]
    pub(super) neutral: Vec<Placed<RawPaths>>,
    /// Calls that show that other work waits on the loop.
    #[serde(default)]
    pub(super) concurrency: Vec<Placed<RawPaths>>,
    /// Calls that run the file named by their first argument elsewhere.
    #[serde(default)]
    pub(super) worker_file: Vec<Placed<RawPaths>>,
    /// Decorators that keep the results of their function.
    #[serde(default)]
    pub(super) keeps: Vec<Placed<RawPaths>>,
    /// Calls that, given false or zero, make their receiver return at once.
    #[serde(default)]
    pub(super) unblocks: Vec<Placed<RawPaths>>,
    /// Calls that begin to serve: what leads there is start-up.
    #[serde(default)]
    pub(super) serves: Vec<Placed<RawPaths>>,
    /// Paths whose use makes a file a command-line program.
    #[serde(default)]
    pub(super) script: Vec<Placed<RawPaths>>,
    /// Base classes that any class with the same members meets.
    #[serde(default)]
    pub(super) structural: Vec<Placed<RawPaths>>,
    /// Types whose values can be awaited.
    #[serde(default)]
    pub(super) awaitable: Vec<Placed<RawPaths>>,
    /// Calls that tell whether a loop runs.
    #[serde(default)]
    pub(super) loop_check: Vec<Placed<RawLoopCheck>>,
}

/// A table of facts that may say for which language it holds.
pub(super) trait Spoken {
    /// The language, if it says so.
    fn language(&self) -> Option<Language>;
}

macro_rules! spoken {
    ($($table:ty),*) => {
        $(impl Spoken for $table {
            fn language(&self) -> Option<Language> {
                self.language
            }
        })*
    };
}

spoken!(RawCall, RawType, RawBoundary, RawEntry, RawArgument, RawGeneric, RawPaths, RawLoopCheck);

/// Gives the names of all tables to another macro.
macro_rules! every_table {
    ($macro:ident) => {
        $macro!(
            call,
            types,
            boundary,
            entry,
            calls_argument,
            returns_argument,
            generic,
            neutral,
            concurrency,
            worker_file,
            keeps,
            unblocks,
            serves,
            script,
            structural,
            awaitable,
            loop_check
        )
    };
}

/// What is wrong with a table, and where it stands.
pub(super) type Misfit = (Option<Range<usize>>, String);

impl RawFacts {
    /// How many tables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        macro_rules! sum {
            ($($table:ident),*) => {
                [$(self.$table.len()),*].iter().sum()
            };
        }
        every_table!(sum)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tables of each family: Python's, then ECMAScript's. `default` is the family of those that do not say.
    pub(super) fn by_family(self, default: Option<Family>) -> Result<[Self; 2], Misfit> {
        let default = self.language.map(Language::family).or(default);
        let mut halves = [Self::default(), Self::default()];
        macro_rules! share {
            ($($table:ident),*) => {
                $(for one in self.$table {
                    let Some(family) = one.value().language().map(Language::family).or(default) else {
                        let said = "it is not said for which language this holds: add `language = \"python\"` or `language = \"node\"`";
                        return Err((Some(one.place()), said.to_owned()));
                    };
                    halves[usize::from(family == Family::Ecma)].$table.push(one);
                })*
            };
        }
        every_table!(share);
        Ok(halves)
    }
}
