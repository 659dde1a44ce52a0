//! The form of a fact file, as written.

use super::remedy::{Case, Caution, Instead};
use crate::ir::Family;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    /// Waits until all work is done that a pool was given.
    Drain,
    /// Computes.
    Cpu,
    /// Applies a regular expression that takes long on some texts. No fact says so of a call: its pattern is looked at.
    #[serde(skip)]
    Regex,
}

impl Effect {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Sleep,
        Self::Network,
        Self::Dns,
        Self::File,
        Self::Subprocess,
        Self::Database,
        Self::Wait,
        Self::Stdin,
        Self::Load,
        Self::Drain,
        Self::Cpu,
        Self::Regex,
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
            Self::Drain => "drain",
            Self::Cpu => "cpu",
            Self::Regex => "regex",
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

impl ContextKind {
    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Loop => "event loop",
            Self::Thread => "worker thread",
            Self::Process => "worker process",
            Self::Startup => "start-up",
            Self::Script => "script",
            Self::Test => "test",
        }
    }
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
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own in the file")]
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
    /// Arguments with which it is harmless: `block=False`, `arg0=io.BytesIO`, `callback`, `without arg0 path` (neither is given); `made arg0=io.BytesIO` of the call that made the
    /// receiver, where its type is told apart.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Arguments with which it is light.
    #[serde(default)]
    pub light_when: Vec<String>,
    /// For `cpu`: the value whose size decides how long it takes: `receiver`, `arg0`, `arg0 or data` with its keyword. Heavy is then
    /// what takes more than about 12 ms for a megabyte. Left out where the time is the same for any input, and where a megabyte takes no more than a few milliseconds.
    pub grows: Option<String>,
    /// Where an argument of `unless` makes it harmless since what it works on is in memory: that value. It computes then, as long as the
    /// value is large.
    pub in_memory: Option<String>,
    /// For `grows`: it goes once more over values that were made on the same thread at about the same cost, so that a request's
    /// are no news: writing JSON, copying, sorting.
    #[serde(default)]
    pub again: bool,
    /// For `grows`: what it reads is written by hand (settings, manifests, templates), and seldom large where it comes from a file.
    #[serde(default)]
    pub by_hand: bool,
    /// What such a call does, where the rule's words are too wide: `loads certificates`.
    pub does: Option<String>,
    /// What to write instead, by runtime: code, or `{ say = "words" }`.
    #[serde(default)]
    pub instead: Instead,
    /// What holds in place of `does` and `instead` for some arguments; the first that fits.
    #[serde(default)]
    pub case: Vec<Case>,
    /// What one has to know before following the advice.
    #[serde(default)]
    pub caution: Caution,
    /// Why it blocks, where that needs a sentence.
    pub why: Option<String>,
    /// Where it is documented; the library's source where it is left out.
    pub source: Option<String>,
    /// One line of code that makes the call on the first path.
    pub example: Option<String>,
    /// Reading the attribute is the call.
    #[serde(default)]
    pub property: bool,
    /// The work is done as what it gives is iterated: a thread has to take all of it.
    #[serde(default)]
    pub lazy: bool,
    /// The library keeps what it gives: the first call with the same argument does the work, later ones find it done.
    #[serde(default)]
    pub kept: bool,
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
    /// How messages call it, where the path would say too much: one type stands for several.
    pub shown: Option<String>,
    /// Each one made is told apart, with what is put into it: containers, emitters.
    #[serde(default)]
    pub tracked: bool,
    /// Constructors whose objects are told apart, where those of others are not.
    #[serde(default)]
    pub tracked_by: Vec<String>,
    /// All of them together hold what the program puts into any: an application's state.
    #[serde(default)]
    pub shared: bool,
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

/// Which parameters hold what a client sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RawFromClient {
    /// Those at these positions, from 0, the receiver not counted.
    At(Vec<usize>),
    /// `all`
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
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own in the file")]
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
    /// It takes coroutines and coroutine functions too, and has the loop run these.
    #[serde(default)]
    pub coroutines: bool,
    /// The pool that it is given to, where that is no receiver: `shared` for the one that all share, or the argument that is the
    /// pool (`arg0 or executor`), where that is nothing again the one that all share.
    pub pool: Option<String>,
    /// It runs once for every element of its further arguments.
    #[serde(default)]
    pub each: bool,
    /// What the argument returns is what the call gives, awaited.
    #[serde(default)]
    pub returns: bool,
    /// It sends the function's text to a browser: with what is written in it, it is no code of the program's own.
    #[serde(default)]
    pub client: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// What a call registers of its argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Registered {
    /// The argument itself.
    #[default]
    Argument,
    /// What the argument, a function, returns.
    Result,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry")]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own in the file")]
pub(super) struct RawEntry {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The decorator that makes it one. One of `decorator`, `base`, `call`, `attribute`, `file` is given.
    pub decorator: Option<Paths>,
    /// The base class whose `methods` are entries.
    pub base: Option<Paths>,
    /// For `base`: names of methods; `*` at the end matches any rest. For `call`: the entries are these methods of what is registered.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The call that registers it.
    pub call: Option<Paths>,
    /// For `call`: which argument is registered.
    pub argument: Option<Argument>,
    /// For `call`: its keyword.
    pub keyword: Option<String>,
    /// For `call`: what of the argument is registered.
    #[serde(default)]
    pub registers: Registered,
    /// The attribute that it is assigned to.
    pub attribute: Option<Paths>,
    /// Globs of files whose exports are entries.
    pub file: Option<Paths>,
    /// For `file`: exported names; all where it is empty.
    #[serde(default)]
    pub exports: Vec<String>,
    /// It holds only where a file of the same folder makes one of these calls: `Client.loop_start`.
    #[serde(default)]
    pub beside: Vec<String>,
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
    /// For `call`: it serves only where the function does that registers it. Programs that serve nobody have events, and clients sockets.
    #[serde(default)]
    pub follows: bool,
    /// Nothing awaits it: an async function can't take its place.
    #[serde(default)]
    pub plain: bool,
    /// What the function is called with is finished by then.
    #[serde(default)]
    pub ready: bool,
    /// What the function is called with comes from the program itself, not from a client.
    #[serde(default)]
    pub internal: bool,
    /// It interrupts the main thread, the loop's own where one runs there: the loop does not see what it did before it wakes.
    #[serde(default)]
    pub interrupts: bool,
    /// What the function is called with stands in the head of a request, a few kilobytes: parts of its path.
    #[serde(default)]
    pub head: bool,
    /// It holds only with one of these: `keyword=constant` of the call or of the decorator's own call; for `file`, an exported constant.
    #[serde(default)]
    pub when: Vec<String>,
    /// It does not hold with any of these, written as for `when`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// For `call`: constant first arguments for which it holds.
    #[serde(default)]
    pub first: Vec<String>,
    /// Nothing else runs on that loop meanwhile.
    #[serde(default)]
    pub alone: bool,
    /// A promise that it gives is awaited by nobody: what becomes of a rejection.
    pub rejections: Option<super::Rejections>,
    /// What is registered is called with rejections that nobody else takes care of: they do not end the process.
    pub takes_rejections: Option<super::TakesRejections>,
    /// Types of what the framework calls the function with, the receiver not counted.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// The types hold for functions with no more parameters than this: an error handler has one more.
    pub most: Option<usize>,
    /// Declared types of parameters that hold a single value of a request, besides what stands in its head: a form field.
    #[serde(default)]
    pub single: Vec<String>,
    /// For those of servers: which parameters hold what a client sent, the receiver not counted: positions, or `all`, which
    /// holds where it is left out.
    pub from_client: Option<RawFromClient>,
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
