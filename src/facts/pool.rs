//! What a fact file may say of pools: what starts threads or processes and gives them work.

use super::Given;
use super::file::Misfit;
use super::ready::given;
use super::schema::Language;
use crate::base::written::Placed;
use crate::base::{Name, name};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where the work runs that a pool is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    /// In threads of the same interpreter.
    Thread,
    /// In processes.
    Process,
    /// In threads with an interpreter, and a GIL, of their own.
    Interpreter,
}

/// When a function and its arguments are pickled on their way to where they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pickles {
    /// Never.
    #[default]
    Never,
    /// Always.
    Always,
    /// Where the process is not forked.
    Unforked,
}

/// What starts threads or processes and gives them work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Where the work runs.
    pub runs: Runs,
    /// It is no pool: one thread or process of its own.
    pub single: bool,
    /// When the function and its arguments are pickled.
    pub pickles: Pickles,
    /// How many workers it has.
    pub workers: Option<Given>,
    /// What each worker runs first.
    pub initializer: Option<Given>,
    /// What says how processes are started.
    pub context: Option<Given>,
    /// Methods that start the threads or processes; they start as it is made where there are none.
    pub starts: Vec<Name>,
    /// Methods that end it.
    pub closers: Vec<Name>,
    /// Methods that wait until it has ended.
    pub joins: Vec<Name>,
    /// What it holds is given back only where it is ended.
    pub must_close: bool,
    /// The version of the language from which it exists.
    pub since: Option<(u8, u8)>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pool")]
pub(super) struct RawPool {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Its types, or the calls that make one.
    pub paths: Vec<String>,
    /// Where the work runs.
    pub runs: Runs,
    /// It is no pool: one thread or process of its own.
    #[serde(default)]
    pub single: bool,
    /// When the function and its arguments are pickled.
    #[serde(default)]
    pub pickles: Pickles,
    /// The argument that says how many workers it has: `arg0 or max_workers`.
    pub workers: Option<String>,
    /// The argument that each worker runs first.
    pub initializer: Option<String>,
    /// The argument that says how processes are started.
    pub context: Option<String>,
    /// Methods that start the threads or processes; they start as it is made where there are none.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Methods that end it.
    #[serde(default)]
    pub closers: Vec<String>,
    /// Methods that wait until it has ended.
    #[serde(default)]
    pub joins: Vec<String>,
    /// What it holds is given back only where it is ended.
    #[serde(default)]
    pub must_close: bool,
    /// The version of the language from which it exists: `3.14`.
    pub since: Option<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StartMethodCall")]
pub(super) struct RawStarting {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Calls that choose how processes are started.
    pub paths: Vec<String>,
    /// The argument that names the method: `arg0 or method`.
    pub method: String,
    /// It holds for the whole program, not for what the call gives.
    #[serde(default)]
    pub whole: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// A call that chooses how processes are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starting {
    /// What names the method.
    pub method: Given,
    /// It holds for the whole program.
    pub whole: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Unpicklable")]
pub(super) struct RawUnpicklable {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Types.
    pub paths: Vec<String>,
    /// A process may be given one as it is started, and no later.
    #[serde(default)]
    pub at_start: bool,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Pools by their paths.
pub(super) fn pools(tables: Vec<Placed<RawPool>>) -> Result<Vec<(Name, Pool)>, Misfit> {
    let mut pools = Vec::new();
    for one in tables {
        let (at, raw) = (one.place(), one.into_value());
        let place = |text: &Option<String>| text.as_deref().map(given).transpose().map_err(|message| (Some(at.clone()), message));
        let since = raw.since.as_deref().map(|text| version(text).ok_or_else(|| (Some(at.clone()), format!("since = {text:?}: \"3.14\""))));
        let names = |list: &[String]| list.iter().map(|one| name(one)).collect();
        let pool = Pool {
            runs: raw.runs,
            single: raw.single,
            pickles: raw.pickles,
            workers: place(&raw.workers)?,
            initializer: place(&raw.initializer)?,
            context: place(&raw.context)?,
            starts: names(&raw.starts),
            closers: names(&raw.closers),
            joins: names(&raw.joins),
            must_close: raw.must_close,
            since: since.transpose()?,
        };
        pools.extend(raw.paths.iter().map(|path| (name(path), pool.clone())));
    }
    Ok(pools)
}

fn version(text: &str) -> Option<(u8, u8)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Calls that choose a start method, by their paths.
pub(super) fn starting(tables: Vec<Placed<RawStarting>>) -> Result<Vec<(Name, Starting)>, Misfit> {
    let mut starting = Vec::new();
    for one in tables {
        let (at, raw) = (one.place(), one.into_value());
        let method = given(&raw.method).map_err(|message| (Some(at), message))?;
        starting.extend(raw.paths.iter().map(|path| (name(path), Starting { method, whole: raw.whole })));
    }
    Ok(starting)
}
