//! The form of a fact file, as written.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What a call does to its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
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
}

/// How long a call usually takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A single metadata call.
    Light,
    /// Reading, writing, waiting.
    #[default]
    Heavy,
}

/// What happens to the GIL during the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
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
#[derive(Clone, Debug, Default, Deserialize)]
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLibrary {
    #[serde(rename = "name")]
    _name: String,
    pub modules: Vec<String>,
    pub source: String,
    #[serde(rename = "checked")]
    _checked: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCall {
    pub paths: Vec<String>,
    pub effect: Effect,
    #[serde(default)]
    pub weight: Weight,
    pub gil: Option<Gil>,
    #[serde(default)]
    pub unless: Vec<String>,
    /// Arguments with which it is light.
    #[serde(default)]
    pub light_when: Vec<String>,
    #[serde(default)]
    pub instead: Instead,
    pub why: Option<String>,
    pub source: Option<String>,
    pub example: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawType {
    pub path: String,
    #[serde(default)]
    pub constructors: Vec<String>,
    #[serde(default)]
    pub bases: Vec<String>,
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    pub enter: Option<String>,
    pub element: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Argument {
    At(usize),
    Word(String),
}

/// One path or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Paths {
    One(String),
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBoundary {
    pub path: Paths,
    pub argument: Option<Argument>,
    pub keyword: Option<String>,
    pub to: ContextKind,
    #[serde(default)]
    pub curried: bool,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    pub decorator: Option<Paths>,
    pub base: Option<Paths>,
    #[serde(default)]
    pub methods: Vec<String>,
    pub call: Option<Paths>,
    pub argument: Option<Argument>,
    pub keyword: Option<String>,
    pub file: Option<Paths>,
    #[serde(default)]
    pub exports: Vec<String>,
    pub label: String,
    #[serde(rename = "async")]
    pub asynchronous: ContextKind,
    #[serde(rename = "sync")]
    pub synchronous: ContextKind,
    #[serde(default = "yes")]
    pub server: bool,
    /// Nothing else runs on that loop meanwhile.
    #[serde(default)]
    pub alone: bool,
    #[serde(default)]
    pub ready: bool,
    #[serde(default)]
    pub first: Vec<String>,
    /// Types of what the function is called with, by position.
    #[serde(default)]
    pub gives: Vec<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawArgument {
    pub path: Paths,
    pub argument: Option<Argument>,
    pub keyword: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPaths {
    pub paths: Vec<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLoopCheck {
    pub paths: Vec<String>,
    pub off: crate::ir::Branch,
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// What a generic type says of its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GenericKind {
    /// `Optional[X]`: an X.
    Transparent,
    /// `list[X]`: holds X.
    Container,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGeneric {
    pub path: String,
    pub kind: GenericKind,
}

/// One fact file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFacts {
    pub(super) library: RawLibrary,
    #[serde(default)]
    pub(super) call: Vec<RawCall>,
    #[serde(default, rename = "type")]
    pub(super) types: Vec<RawType>,
    #[serde(default)]
    pub(super) boundary: Vec<RawBoundary>,
    #[serde(default)]
    pub(super) entry: Vec<RawEntry>,
    #[serde(default)]
    pub(super) calls_argument: Vec<RawArgument>,
    #[serde(default)]
    pub(super) returns_argument: Vec<RawArgument>,
    #[serde(default)]
    pub(super) returns_instance: Vec<RawArgument>,
    #[serde(default)]
    pub(super) generic: Vec<RawGeneric>,
    #[serde(default)]
    pub(super) neutral: Vec<RawPaths>,
    #[serde(default)]
    pub(super) concurrency: Vec<RawPaths>,
    #[serde(default)]
    pub(super) worker_file: Vec<RawPaths>,
    #[serde(default)]
    pub(super) keeps: Vec<RawPaths>,
    #[serde(default)]
    pub(super) unblocks: Vec<RawPaths>,
    #[serde(default)]
    pub(super) serves: Vec<RawPaths>,
    #[serde(default)]
    pub(super) script: Vec<RawPaths>,
    #[serde(default)]
    pub(super) structural: Vec<RawPaths>,
    #[serde(default)]
    pub(super) awaitable: Vec<RawPaths>,
    #[serde(default)]
    pub(super) loop_check: Vec<RawLoopCheck>,
}
