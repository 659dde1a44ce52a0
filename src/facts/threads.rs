//! What a fact file may say of locks, of waiting for a flag, of loops of one's own, and of what belongs to the loop's own thread.

use super::Facts;
use super::schema::Language;
use crate::base::Name;
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

/// What is known of a call that only asks whether something has come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polls {
    /// It is asked with `not` before it.
    pub negated: bool,
    /// What waits for it.
    pub instead: Name,
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
    /// They are asked with `not` before them: `while not event.is_set()`. Asked the other way, nothing waits for it.
    #[serde(default)]
    pub negated: bool,
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

/// What a call has to do with a loop of its caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DoesWithLoop")]
pub enum OwnLoop {
    /// It makes one for the calling thread, and does not run it.
    Makes,
    /// It runs one until what it is given has ended; where a loop runs already it raises.
    Runs,
    /// As `runs`, but other work may run on that loop: one that a waiting thread lends.
    Borrows,
}

/// Calls that make or run a loop of the calling thread's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnLoop")]
pub(super) struct RawOwnLoop {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The calls.
    pub paths: Vec<String>,
    /// What they do.
    pub does: OwnLoop,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

impl Facts {
    /// Whether a call on `path` makes or runs a loop of the calling thread's own.
    #[must_use]
    pub fn owns_loop(&self, path: Name) -> bool {
        self.own_loop(path).is_some_and(|does| does != OwnLoop::Borrows)
    }

    /// Whether a call on `path` runs what it is given on a loop on which nothing else waits.
    #[must_use]
    pub fn runs_alone(&self, path: Name) -> bool {
        self.own_loop(path) == Some(OwnLoop::Runs)
    }

    /// Whether a call on `path` runs a loop, and raises where one runs already.
    #[must_use]
    pub fn runs_loop(&self, path: Name) -> bool {
        self.own_loop(path).is_some_and(|does| does != OwnLoop::Makes)
    }

    /// What a call on `path` has to do with a loop of its caller's own.
    #[must_use]
    pub fn own_loop(&self, path: Name) -> Option<OwnLoop> {
        self.by_path(&self.own_loops, path).copied()
    }
}
