//! What a fact file may say of calls that test a value, of what a framework gives for a token, and of what is cooperative.

use super::schema::{Effect, Language};
use schemars::JsonSchema;
use serde::Deserialize;

/// What a call tells of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// A method: whether the text that it is called on begins with its argument.
    Prefix,
    /// A method: whether the text that it is called on ends with its argument.
    Suffix,
    /// A method: whether the text that it is called on has its argument in it.
    Part,
    /// A function: whether its first argument is an instance of its second.
    Instance,
    /// A function: whether its first argument is of the builtin type named by `of`.
    Type,
    /// A function: whether its first argument is a coroutine function.
    Coroutine,
    /// A function: whether a call of its first argument gives a coroutine, be that a function or an instance.
    Awaitable,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ValueTest")]
pub(super) struct RawValueTest {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The paths.
    pub paths: Vec<String>,
    /// What they tell.
    pub asks: Asks,
    /// The type, where they tell one: `Array`, or `Function` for what can be called.
    pub of: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Object literals that say what a framework gives for a token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Provider")]
pub(super) struct RawProvider {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Decorators, given a token, of what receives it.
    pub by: Vec<String>,
    /// The key of the token.
    pub token: String,
    /// The key of a class, of which an instance is given.
    pub class: String,
    /// The key of what is given.
    pub value: String,
    /// The key of a function that makes what is given.
    pub factory: String,
    /// The key of another token, or a class.
    pub existing: String,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StartupTest")]
pub(super) struct RawStartupTest {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The key that is read: `scope["type"]`.
    pub key: String,
    /// What stands there at start-up.
    pub equals: Vec<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cooperative")]
pub(super) struct RawCooperative {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The paths.
    pub paths: Vec<String>,
    /// The effects that no longer stall anyone.
    pub effects: Vec<Effect>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
