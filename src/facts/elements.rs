//! What a fact file may say of calls that run a function they are given, or handle the elements of a container.

use super::schema::{Argument, Language, Paths};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where a function given as an argument gets what it is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ElementsOf {
    /// An argument, by position.
    Argument(usize),
    /// `"receiver"`: what the method is called on.
    Receiver(Receiver),
}

/// The word `receiver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Receiver {
    /// What the method is called on.
    Receiver,
}

/// What becomes of the results of a function given as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Results {
    /// They are the elements of what the call gives: `map`.
    Elements,
    /// The call gives them: `reduce`.
    Result,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Invoke")]
pub(super) struct RawInvoke {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The call.
    pub path: Paths,
    /// Which argument it runs; the first where neither this nor `keyword` is given.
    pub argument: Option<Argument>,
    /// Its keyword.
    pub keyword: Option<String>,
    /// Where what it is called with comes from.
    pub elements_of: Option<ElementsOf>,
    /// Which of its parameters gets the element: 1 for `reduce`.
    #[serde(default)]
    pub position: usize,
    /// What becomes of its results.
    pub results: Option<Results>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// What a call does with the elements of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Handling {
    /// The argument becomes an element: `append`.
    Adds,
    /// The argument's elements become elements: `extend`.
    Extends,
    /// The argument after the key is kept under it: `Map.set`.
    Puts,
    /// What the arguments hold under each key is kept under that key: `update`, `Object.assign`.
    Merges,
    /// Gives what is kept under the key, or the argument after it: `get`.
    Gets,
    /// Gives the attribute that the argument names: `getattr`.
    Reads,
    /// Gives an element: `pop`.
    Takes,
    /// Gives the container itself, or one that holds the same under the same keys: `copy`.
    Keeps,
    /// Gives pairs of key and element: `items`.
    Pairs,
    /// Holds the second of each pair that the container holds: `new Map(pairs)`.
    Unpairs,
    /// The container's prototype comes before the argument's: `util.inherits`.
    Inherits,
    /// Gives a new one that holds what the container holds: `values`, `list(x)`.
    Copies,
    /// Gives one of its own type that, awaited, is the container: `Promise.resolve`.
    Promises,
    /// Gives what the function or class given to it makes: `Depends(f)`.
    Injects,
    /// Keeps the function under the event: `on`.
    Listens,
    /// Runs the functions kept under the event: `emit`.
    Emits,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Container")]
pub(super) struct RawContainer {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The call.
    pub path: Paths,
    /// What it does.
    pub does: Handling,
    /// The argument that is added, merged or copied; the key of `puts`, `gets`, `listens` and `emits`.
    #[serde(default)]
    pub argument: usize,
    /// The argument that is the container; the receiver where it is left out, what the call makes where there is none.
    pub of: Option<usize>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
