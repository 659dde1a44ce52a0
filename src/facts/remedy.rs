//! What is written instead of a call, and how each runtime hands work over.

use super::schema::Language;
use schemars::JsonSchema;
use serde::Deserialize;

/// What to write instead under one runtime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Remedy {
    /// Code to paste. `{receiver}` and `{arguments}` stand for those of the call, `{name}` for what a `with` binds, `{method}` for the
    /// path's last name and `{method-Sync}` for it without that end; what follows `  # ` or `  // ` is said beside it.
    Code(String),
    /// What to do, where code alone would not do.
    Words(Words),
    /// Another library, client or object: no line that takes the place of the call.
    Other(Other),
}

/// A remedy in words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// A sentence without its full stop, code in it between backquotes; `{receiver}` and `{arguments}` as in code.
    pub say: String,
}

/// A remedy that asks for more than the line: the object has to be made another way, or comes from another library.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// What to use, code in it between backquotes: "`httpx.AsyncClient`".
    #[serde(rename = "use")]
    pub what: String,
}

/// Whose way of writing it is: the keys of `instead`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Idiom {
    /// `await` under asyncio.
    Asyncio,
    /// `await` under trio.
    Trio,
    /// `await` under anyio.
    Anyio,
    /// Deferreds, which `await` takes too.
    Twisted,
    /// Promises.
    Node,
}

/// What to write instead, by runtime.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Under asyncio.
    pub asyncio: Option<Remedy>,
    /// Under trio.
    pub trio: Option<Remedy>,
    /// Under anyio.
    pub anyio: Option<Remedy>,
    /// Under Twisted with its own reactor.
    pub twisted: Option<Remedy>,
    /// Under Node.js.
    pub node: Option<Remedy>,
}

impl Instead {
    /// What is written under the runtime.
    #[must_use]
    pub fn under(&self, idiom: Idiom) -> Option<&Remedy> {
        match idiom {
            Idiom::Asyncio => self.asyncio.as_ref(),
            Idiom::Trio => self.trio.as_ref(),
            Idiom::Anyio => self.anyio.as_ref(),
            Idiom::Twisted => self.twisted.as_ref(),
            Idiom::Node => self.node.as_ref(),
        }
    }
}

/// What holds in place of the fact's own words, for some arguments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The condition, as in `unless`; besides, `entered` (a `with` enters what the call gives), `passed on` (another call is given
    /// it), `called on` (a method of it is called at once) and `inside=name` (the call is an argument of `name`). `arg0=*.json` holds for a joined path that ends so, too.
    pub when: String,
    /// What such a call does: `loads certificates`.
    pub does: Option<String>,
    /// What to write instead, by runtime.
    #[serde(default)]
    pub instead: Instead,
    /// The call alone does not help in a thread: what uses its result has to go there with it.
    #[serde(default)]
    pub together: bool,
}

/// What one has to know before following the advice.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caution {
    /// Of the code written instead: `it needs an async engine`.
    pub instead: Option<String>,
    /// Of a thread: `the connection has to be made there too`.
    pub thread: Option<String>,
}

/// A runtime, or a framework with its own way to hand work to a thread.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Its name.
    pub name: String,
    /// Modules whose import shows it.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Names of runtimes that it goes before where a file shows both.
    #[serde(default)]
    pub over: Vec<String>,
    /// It is taken where nothing shows another.
    #[serde(default)]
    pub default: bool,
    /// Which code of `instead` fits.
    pub writes: Idiom,
    /// A variable, or attribute of the instance, that has to be in reach; `{receiver}` in the code stands for it.
    pub receiver: Option<String>,
    /// Code that runs a function in a thread and waits for it: `{call}` is `function, arguments`; `{function}`, `{arguments}`.
    pub thread: Option<String>,
    /// The version of the language since which that is there: `3.9`. Before, what `start` gives is awaited.
    pub thread_since: Option<String>,
    /// The same without waiting, for functions that are not async.
    pub start: Option<String>,
    /// The same in a process.
    pub process: Option<String>,
    /// Code that starts a task of a coroutine and keeps it, and what it does besides: `{arguments}` is the coroutine.
    pub task: Option<String>,
    /// Keyword arguments go through.
    #[serde(default)]
    pub keywords: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
