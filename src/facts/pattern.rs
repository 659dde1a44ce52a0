//! The form of facts about regular expressions, as written.

use super::schema::Language;
use schemars::JsonSchema;
use serde::Deserialize;

/// How a call applies a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Applies {
    /// Not at all: it gives an object that does.
    Makes,
    /// Anywhere in the text, once.
    Search,
    /// Anywhere, again behind each match.
    All,
    /// Again behind each match where the pattern has the flag `g`, else once.
    Global,
    /// At the start.
    Match,
    /// To the whole text.
    Whole,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Regex")]
pub(super) struct RawRegex {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls that compile or apply a regular expression of an engine that backtracks.
    pub paths: Vec<String>,
    /// What they do with it.
    pub does: Applies,
    /// Where the pattern is given: `receiver`, `arg0`, `arg0 or pattern` with its keyword.
    pub pattern: String,
    /// Where flags are given.
    pub flags: Option<String>,
    /// Where the text is given.
    pub text: Option<String>,
    /// Where that is given which is put in place of each match.
    pub puts: Option<String>,
    /// An engine that takes linear time, in a few words.
    pub instead: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegexFlag")]
pub(super) struct RawRegexFlag {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Constants.
    pub paths: Vec<String>,
    /// The letter that says the same inside a pattern.
    pub letter: char,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}
