//! What a fact file may say of locks, of waiting for a flag, and of what belongs to the loop's own thread.

use super::schema::Language;
use schemars::JsonSchema;
use serde::Deserialize;

/// Locks that threads or processes take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Lock")]
pub(super) struct RawLock {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The types.
    pub types: Vec<String>,
    /// The method that takes it; a `with` does too.
    pub acquire: String,
    /// The method that gives it back.
    pub release: String,
    /// The thread that holds it may take it once more.
    #[serde(default)]
    pub reentrant: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Calls that only ask whether something has come about, and what waits for it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Polls")]
pub(super) struct RawPolls {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The calls.
    pub paths: Vec<String>,
    /// What waits for it: code in the call's own words, as in `instead` of a call.
    pub instead: String,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Calls that work only in the loop's own thread.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LoopBound")]
pub(super) struct RawLoopBound {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The calls.
    pub paths: Vec<String>,
    /// What another thread writes instead: code in the call's own words, as in `instead` of a call.
    pub instead: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
