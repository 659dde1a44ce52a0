//! A fact file as a whole: its tables, and for which language each holds.

use super::asked::{RawCooperative, RawProvider, RawStartupTest, RawValueTest};
use super::client::RawClient;
use super::elements::{RawContainer, RawInvoke};
use super::generic::RawGeneric;
use super::measure::{RawLinear, RawSize};
use super::pattern::{RawRegex, RawRegexFlag};
use super::pool::{RawPool, RawStarting, RawUnpicklable};
use super::promise::{RawDrops, RawPromise};
use super::remedy::Runtime;
use super::schema::{Language, RawArgument, RawBoundary, RawCall, RawEntry, RawLibrary, RawLoopCheck, RawPaths, RawType};
use super::threads::{RawLock, RawLoopBound, RawOwnLoop, RawPolls};
use super::tool::RawTool;
use crate::base::written::Placed;
use crate::ir::Family;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;

/// One fact file, or the `facts` table of a configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Facts")]
pub struct RawFacts {
    /// For tables that do not say it themselves; a built-in file has it from its folder.
    pub(super) language: Option<Language>,
    /// The library that the facts are of.
    pub(super) library: Option<RawLibrary>,
    /// Calls that block or compute.
    #[serde(default)]
    pub(super) call: Vec<Placed<RawCall>>,
    /// Types, so that receivers are known.
    #[serde(default, rename = "type")]
    pub(super) types: Vec<Placed<RawType>>,
    /// Calls that move an argument to another context.
    #[serde(default)]
    pub(super) boundary: Vec<Placed<RawBoundary>>,
    /// What makes a function an entry, and where it then runs.
    #[serde(default)]
    pub(super) entry: Vec<Placed<RawEntry>>,
    /// Calls that run an argument themselves.
    #[serde(default)]
    pub(super) calls_argument: Vec<Placed<RawInvoke>>,
    /// Calls that handle the elements of containers.
    #[serde(default)]
    pub(super) container: Vec<Placed<RawContainer>>,
    /// Object literals that say what a framework gives for a token.
    #[serde(default)]
    pub(super) provider: Vec<Placed<RawProvider>>,
    /// Calls that give an argument back.
    #[serde(default)]
    pub(super) returns_argument: Vec<Placed<RawArgument>>,
    /// Generic types.
    #[serde(default)]
    pub(super) generic: Vec<Placed<RawGeneric>>,
    /// Calls that look as if they blocked and do not.
    #[serde(default)]
    pub(super) neutral: Vec<Placed<RawPaths>>,
    /// Methods of builtin types whose name tells the type, where nothing else is known.
    #[serde(default)]
    pub(super) by_name: Vec<Placed<RawPaths>>,
    /// Calls that tell something of a value: how a text begins, of which type it is.
    #[serde(default)]
    pub(super) value_test: Vec<Placed<RawValueTest>>,
    /// Methods that give what is held under the key that is their first argument, or their second.
    #[serde(default)]
    pub(super) key_read: Vec<Placed<RawPaths>>,
    /// Methods that forget the functions that they are given: by their names, whatever they are called on.
    #[serde(default)]
    pub(super) unlisten: Vec<Placed<RawPaths>>,
    /// Calls that show that other work waits on the loop.
    #[serde(default)]
    pub(super) concurrency: Vec<Placed<RawPaths>>,
    /// Calls that run the file named by their first argument elsewhere.
    #[serde(default)]
    pub(super) worker_file: Vec<Placed<RawPaths>>,
    /// Decorators that keep the results of their function.
    #[serde(default)]
    pub(super) keeps: Vec<Placed<RawPaths>>,
    /// Calls that, given false or zero, make their receiver return at once, and attributes that do; exceptions that only such a receiver
    /// raises.
    #[serde(default)]
    pub(super) unblocks: Vec<Placed<RawPaths>>,
    /// Calls that begin to serve: what leads there is start-up.
    #[serde(default)]
    pub(super) serves: Vec<Placed<RawPaths>>,
    /// Calls whose argument goes on running on the loop when they have returned: `create_task(poll())`.
    #[serde(default)]
    pub(super) background: Vec<Placed<RawPaths>>,
    /// Calls that make a loop of the calling thread's own, or run what they are given on one and return when that has ended:
    /// `asyncio.run(main())`.
    #[serde(default)]
    pub(super) own_loop: Vec<Placed<RawOwnLoop>>,
    /// Exceptions that tell that something is not there in this version: what handles them is a way out.
    #[serde(default)]
    pub(super) missing: Vec<Placed<RawPaths>>,
    /// Paths whose use makes a file a command-line program.
    #[serde(default)]
    pub(super) script: Vec<Placed<RawPaths>>,
    /// Base classes that any class with the same members meets.
    #[serde(default)]
    pub(super) structural: Vec<Placed<RawPaths>>,
    /// Classes of which the tables name every type below: an object of another known type is none of theirs.
    #[serde(default)]
    pub(super) nominal: Vec<Placed<RawPaths>>,
    /// Names of variables, attributes and options that are true only while the program is being debugged.
    #[serde(default)]
    pub(super) debugging: Vec<Placed<RawPaths>>,
    /// Base classes that ask for no methods of their own: what a class below them offers, no library calls.
    #[serde(default)]
    pub(super) bare_base: Vec<Placed<RawPaths>>,
    /// How an asynchronous function is called beside its plain form, with `*` for the plain form's name.
    #[serde(default)]
    pub(super) async_form: Vec<Placed<RawPaths>>,
    /// Types whose values can be awaited.
    #[serde(default)]
    pub(super) awaitable: Vec<Placed<RawPaths>>,
    /// Calls that tell whether a loop runs.
    #[serde(default)]
    pub(super) loop_check: Vec<Placed<RawLoopCheck>>,
    /// Tests that show that the branch is start-up.
    #[serde(default)]
    pub(super) startup_test: Vec<Placed<RawStartupTest>>,
    /// Calls that tell the time.
    #[serde(default)]
    pub(super) clock: Vec<Placed<RawPaths>>,
    /// Calls that work only in the loop's own thread.
    #[serde(default)]
    pub(super) loop_bound: Vec<Placed<RawLoopBound>>,
    /// Calls that give something to await.
    #[serde(default)]
    pub(super) promise: Vec<Placed<RawPromise>>,
    /// Calls that drop what an asynchronous function gives that they are given.
    #[serde(default)]
    pub(super) drops_promise: Vec<Placed<RawDrops>>,
    /// Calls that let loops run within each other.
    #[serde(default)]
    pub(super) nests_loops: Vec<Placed<RawPaths>>,
    /// Types that are entered, and calls that are made, by so many at a time: semaphores, locks, limited queues.
    #[serde(default)]
    pub(super) limiter: Vec<Placed<RawPaths>>,
    /// Calls that wait at once for all that they are given: `gather`, `Promise.all`.
    #[serde(default)]
    pub(super) gathers: Vec<Placed<RawPaths>>,
    /// Calls that take nothing but what can be awaited, one or several: `create_task`, `wait_for`.
    #[serde(default)]
    pub(super) awaits: Vec<Placed<RawPaths>>,
    /// Calls that give numbers one after another: `range`.
    #[serde(default)]
    pub(super) counts: Vec<Placed<RawPaths>>,
    /// Calls that give a promise which is settled already, or is never rejected: `Promise.resolve`, `Promise.allSettled`.
    #[serde(default)]
    pub(super) settles: Vec<Placed<RawPaths>>,
    /// Types of plain values: what is declared so is no library's object.
    #[serde(default)]
    pub(super) scalar: Vec<Placed<RawPaths>>,
    /// Calls that give a promise which is rejected: who drops it means it to be seen by no handler.
    #[serde(default)]
    pub(super) rejects: Vec<Placed<RawPaths>>,
    /// Calls that give a function which runs their argument at another time, or not at all: `debounce`.
    #[serde(default)]
    pub(super) defers: Vec<Placed<RawPaths>>,
    /// Decorators that leave what a call of their function gives as it is: a route's.
    #[serde(default)]
    pub(super) plain_decorator: Vec<Placed<RawPaths>>,
    /// Calls that give what is settled first of all that they are given: `Promise.race`.
    #[serde(default)]
    pub(super) races: Vec<Placed<RawPaths>>,
    /// Calls that put their third argument under a name into the first: `setattr`.
    #[serde(default)]
    pub(super) replaces: Vec<Placed<RawPaths>>,
    /// Locks of threads and processes.
    #[serde(default)]
    pub(super) lock: Vec<Placed<RawLock>>,
    /// Calls that ask whether something has come about.
    #[serde(default)]
    pub(super) polls: Vec<Placed<RawPolls>>,
    /// Types that keep a value of its own for each thread.
    #[serde(default)]
    pub(super) thread_local: Vec<Placed<RawPaths>>,
    /// Calls that compute in Python, or in C without letting go of the GIL, and do nothing else.
    #[serde(default)]
    pub(super) under_gil: Vec<Placed<RawPaths>>,
    /// Types whose values are large as a rule.
    #[serde(default)]
    pub(super) large: Vec<Placed<RawPaths>>,
    /// Runtimes, and how each hands work to a thread.
    #[serde(default)]
    pub(super) runtime: Vec<Placed<Runtime>>,
    /// How large what a call gives, or what an attribute is, may be.
    #[serde(default)]
    pub(super) size: Vec<Placed<RawSize>>,
    /// Calls whose time grows with a container.
    #[serde(default)]
    pub(super) linear: Vec<Placed<RawLinear>>,
    /// Calls that compile or apply a regular expression.
    #[serde(default)]
    pub(super) regex: Vec<Placed<RawRegex>>,
    /// Constants that are flags of regular expressions.
    #[serde(default)]
    pub(super) regex_flag: Vec<Placed<RawRegexFlag>>,
    /// Calls after which the standard library gives way to other work of the program: `monkey.patch_all`.
    #[serde(default)]
    pub(super) cooperative: Vec<Placed<RawCooperative>>,
    /// What starts threads or processes and gives them work.
    #[serde(default)]
    pub(super) pool: Vec<Placed<RawPool>>,
    /// Calls that choose how processes are started.
    #[serde(default)]
    pub(super) start_method: Vec<Placed<RawStarting>>,
    /// Types whose values can't be pickled.
    #[serde(default)]
    pub(super) unpicklable: Vec<Placed<RawUnpicklable>>,
    /// What tells code that runs in a browser.
    #[serde(default)]
    pub(super) client: Vec<Placed<RawClient>>,
    /// What shows that a package is a tool of development.
    #[serde(default)]
    pub(super) tool: Vec<Placed<RawTool>>,
}

/// A table of facts that may say for which language it holds.
pub(super) trait Spoken {
    /// The language, if it says so.
    fn language(&self) -> Option<Language>;
}

macro_rules! spoken {
    ($($table:ty),*) => {
        $(impl Spoken for $table {
            fn language(&self) -> Option<Language> {
                self.language
            }
        })*
    };
}

spoken!(
    RawCall,
    RawType,
    RawBoundary,
    RawEntry,
    RawInvoke,
    RawContainer,
    RawProvider,
    RawArgument,
    RawGeneric,
    RawPaths,
    RawLoopCheck,
    RawStartupTest,
    Runtime,
    RawSize,
    RawLinear,
    RawRegex,
    RawRegexFlag,
    RawCooperative,
    RawValueTest,
    RawPromise,
    RawDrops,
    RawLock,
    RawPolls,
    RawLoopBound,
    RawOwnLoop,
    RawPool,
    RawStarting,
    RawUnpicklable,
    RawClient,
    RawTool
);

/// Gives the names of all tables to another macro.
macro_rules! every_table {
    ($macro:ident) => {
        $macro!(
            call,
            types,
            boundary,
            entry,
            calls_argument,
            container,
            provider,
            returns_argument,
            generic,
            neutral,
            concurrency,
            by_name,
            value_test,
            key_read,
            unlisten,
            worker_file,
            keeps,
            unblocks,
            serves,
            background,
            own_loop,
            missing,
            script,
            structural,
            nominal,
            debugging,
            bare_base,
            async_form,
            awaitable,
            loop_check,
            startup_test,
            loop_bound,
            promise,
            drops_promise,
            nests_loops,
            limiter,
            gathers,
            awaits,
            counts,
            defers,
            settles,
            rejects,
            scalar,
            plain_decorator,
            races,
            replaces,
            lock,
            polls,
            thread_local,
            under_gil,
            large,
            runtime,
            size,
            clock,
            linear,
            regex,
            regex_flag,
            cooperative,
            pool,
            start_method,
            unpicklable,
            client,
            tool
        )
    };
}

/// What is wrong with a table, and where it stands.
pub(super) type Misfit = (Option<Range<usize>>, String);

impl RawFacts {
    /// How many tables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        macro_rules! sum {
            ($($table:ident),*) => {
                [$(self.$table.len()),*].iter().sum()
            };
        }
        every_table!(sum)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tables of each family: Python's, then ECMAScript's. `default` is the family of those that do not say.
    pub(super) fn by_family(self, default: Option<Family>) -> Result<[Self; 2], Misfit> {
        let default = self.language.map(Language::family).or(default);
        let mut halves = [Self::default(), Self::default()];
        macro_rules! share {
            ($($table:ident),*) => {
                $(for one in self.$table {
                    let Some(family) = one.value().language().map(Language::family).or(default) else {
                        let said = "it is not said for which language this holds: add `language = \"python\"` or `language = \"node\"`";
                        return Err((Some(one.place()), said.to_owned()));
                    };
                    halves[usize::from(family == Family::Ecma)].$table.push(one);
                })*
            };
        }
        every_table!(share);
        Ok(halves)
    }
}
