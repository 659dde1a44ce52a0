//! What a fact file may say of sizes, and of time that grows with them.

use super::schema::Language;
use schemars::JsonSchema;
use serde::Deserialize;

/// Where a size comes from that the program itself does not bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bounded {
    /// It is as large as the program makes it: an enumeration, a configuration's list.
    Program,
    /// Nothing that is known: what the program keeps with a request.
    Unknown,
    /// What a file holds.
    File,
    /// What a database holds.
    Database,
    /// The head of a client's request, a few kilobytes: its path, query, headers.
    Head,
    /// What a client sent.
    Request,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Size")]
pub(super) struct RawSize {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls, or attributes.
    pub paths: Vec<String>,
    /// Whose size it has: `receiver`, `arg0`, `arg0 or data` with its keyword; the first of them that is given. One of this, `most`
    /// and `by` is said.
    #[serde(default)]
    pub of: Vec<String>,
    /// The argument whose constant it is at most: `arg0`, `keyword max_length`; the first of them that is given. For what declares
    /// a parameter or an attribute, it bounds what that holds.
    #[serde(default)]
    pub most: Vec<String>,
    /// What bounds it.
    pub by: Option<Bounded>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Linear")]
pub(super) struct RawLinear {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls.
    pub paths: Vec<String>,
    /// With whose size the time grows: `receiver`, `arg0`, `arg0 or data` with its keyword.
    pub of: String,
    /// Arguments with which it does: `arg0=0`; always where it is empty.
    #[serde(default)]
    pub when: Vec<String>,
    /// What to write instead, in a few words.
    pub instead: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
