//! What a fact file may say of calls that give something to await, and of calls that drop it.

use super::schema::{Argument, Effect, Language};
use super::{Facts, Which};
use crate::base::Name;
use schemars::JsonSchema;
use serde::Deserialize;

/// What a call gives to be awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gives {
    /// It runs only when it is awaited.
    Coroutine,
    /// It runs already; the loop alone does not keep it from being collected.
    Task,
    /// It runs already, and is kept until it is done.
    Promise,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Promise")]
pub(super) struct RawPromise {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls.
    pub paths: Vec<String>,
    /// What they give.
    pub gives: Gives,
    /// What one waits for who awaits it.
    pub waits: Option<Effect>,
    /// Arguments with which it gives nothing to await: `callback`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// It computes on the loop all the same: what it does there, and how long. `computes = "hashes in JavaScript, 50 to 300 ms"`.
    pub computes: Option<String>,
    /// For `computes`: what to write instead.
    pub instead: Option<String>,
    /// Where it is documented; the library's source where it is left out.
    pub source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DropsPromise")]
pub(super) struct RawDrops {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls.
    pub paths: Vec<String>,
    /// Which argument; the first where neither this nor `keyword` is given.
    pub argument: Option<Argument>,
    /// Its keyword.
    pub keyword: Option<String>,
    /// It is harmless where the function catches all that it awaits.
    #[serde(default)]
    pub unless_caught: bool,
    /// It is doubted where the function catches all that it awaits: to run side by side may be what is meant.
    #[serde(default)]
    pub doubted_where_caught: bool,
    /// It is harmless where the program takes care of all rejections that nobody else does, and doubted everywhere, since a library may.
    #[serde(default)]
    pub unless_taken: bool,
    /// What the call does with what an asynchronous function gives: `takes every promise for true`.
    pub does: String,
    /// What to write instead.
    pub instead: String,
    /// Where it is documented; the library's source where it is left out.
    pub source: Option<String>,
}

/// What is known of a call that gives something to await.
#[derive(Clone, Debug)]
pub struct Promised {
    /// What it gives.
    pub gives: Gives,
    /// What one waits for.
    pub waits: Option<Effect>,
    /// Arguments with which it gives nothing to await.
    pub unless: Vec<String>,
    /// What it computes on the loop.
    pub computes: Option<String>,
    /// What to write instead of what computes.
    pub instead: String,
    /// Where that is documented.
    pub source: String,
}

/// What is known of a call that drops what an asynchronous function gives.
#[derive(Clone, Debug)]
pub struct Dropping {
    /// The function's place among the arguments.
    pub which: Which,
    /// It is harmless where the function catches all that it awaits.
    pub unless_caught: bool,
    /// It is doubted where the function catches all that it awaits.
    pub doubted_where_caught: bool,
    /// It is harmless where the program takes care of all rejections that nobody else does, and doubted everywhere.
    pub unless_taken: bool,
    /// What the call does with the promise.
    pub does: String,
    /// What to write instead.
    pub instead: String,
    /// Where that is documented.
    pub source: String,
}

/// In which releases of a package a handler's rejection is taken care of by nobody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejections {
    /// The package whose release decides; always where it is left out.
    pub package: Option<String>,
    /// The first major release that takes care of it.
    pub below: Option<u32>,
    /// Modules that take care of it, once loaded.
    #[serde(default)]
    pub unless: Vec<String>,
    /// What becomes of the request.
    pub so: String,
}

/// What takes care of rejections that nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakesRejections {
    /// Calls by which it ends the process all the same.
    #[serde(default)]
    pub unless: Vec<String>,
}

impl Facts {
    /// What a call on `path` gives to be awaited.
    #[must_use]
    pub fn promise(&self, path: Name) -> Option<&Promised> {
        self.by_path(&self.promises, path)
    }

    /// What a call on `path` does with the promise of a function that it is given.
    #[must_use]
    pub fn drops(&self, path: Name) -> Option<&Dropping> {
        self.by_path(&self.drops, path)
    }

    /// What the builtin method of this name does with the promise of a function that it is given.
    #[must_use]
    pub fn drops_by_name(&self, member: Name) -> Option<&Dropping> {
        let named = |path: &Name| self.is_builtin(*path) && path.rsplit('.').next() == Some(member.as_str());
        self.drops.iter().filter(|(path, _)| named(path)).min_by_key(|(path, _)| **path).map(|(_, dropping)| dropping)
    }

    /// Whether a call on `path` lets loops run within each other.
    #[must_use]
    pub fn nests_loops(&self, path: Name) -> bool {
        self.by_path(&self.loop_nesting, path).is_some()
    }

    /// Whether what has this path lets only so many in at a time.
    #[must_use]
    pub fn limits(&self, path: Name) -> bool {
        self.by_path(&self.limiters, path).is_some()
    }

    /// Whether a call on `path` waits at once for all that it is given.
    #[must_use]
    pub fn gathers(&self, path: Name) -> bool {
        self.by_path(&self.gatherers, path).is_some()
    }

    /// Whether a call on `path` takes nothing but what can be awaited.
    #[must_use]
    pub fn awaits_arguments(&self, path: Name) -> bool {
        self.by_path(&self.awaiting, path).is_some()
    }

    /// Whether a call on `path` gives numbers one after another.
    #[must_use]
    pub fn counts(&self, path: Name) -> bool {
        self.by_path(&self.counting, path).is_some()
    }

    /// Whether what a call on `path` gives runs the function that it is given at another time, or not at all.
    #[must_use]
    pub fn defers(&self, path: Name) -> bool {
        self.by_path(&self.deferring, path).is_some()
    }

    /// Whether a call on `path` gives a promise that is settled already, or is never rejected.
    #[must_use]
    pub fn settles(&self, path: Name) -> bool {
        self.by_path(&self.settling, path).is_some()
    }

    /// Whether a call on `path` gives what is settled first of all that it is given.
    #[must_use]
    pub fn races(&self, path: Name) -> bool {
        self.by_path(&self.racing, path).is_some()
    }

    /// Whether a call on `path` puts its third argument under a name into the first.
    #[must_use]
    pub fn replaces(&self, path: Name) -> bool {
        self.by_path(&self.replacing, path).is_some()
    }

    /// Whether a call on `path` gives a promise that is rejected.
    #[must_use]
    pub fn rejects(&self, path: Name) -> bool {
        self.by_path(&self.rejecting, path).is_some()
    }

    /// Whether a decorator leaves what a call of its function gives as it is.
    #[must_use]
    pub fn leaves_results(&self, path: Name) -> bool {
        self.by_path(&self.plain_decorators, path).is_some()
    }
}
