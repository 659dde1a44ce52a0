//! Raw facts made ready to be put into the tables.

use super::asked::Asks;
use super::client::Clients;
use super::file::Misfit;
use super::schema::{Argument, Effect, RawArgument, RawCall, RawFromClient, RawType};
use super::threads::{Polls, RawPolls};
use super::tool::Tools;
use super::{
    Boundary, Container, Dropping, Entry, FromClient, GenericKind, Given, Invoke, Linear, Lock, Operand, OwnLoop, Pool, PoolOf, Promised,
    Provider, RawFacts, Regex, Runtime, Sized, Starting, Which,
};
use crate::base::written::Placed;
use crate::base::{Name, name};
use crate::ir::Branch;
use globset::{Glob, GlobMatcher};
use std::sync::Arc;

/// What makes a function the entry: paths, or files.
pub(super) enum Mark {
    Decorators(Vec<Name>),
    Bases(Vec<Name>),
    Calls(Vec<Name>),
    Attributes(Vec<Name>),
    Files(Vec<GlobMatcher>),
}

/// What a generic type says of its argument, and the type whose methods it has.
type Generic = (GenericKind, Option<Name>);

/// One file's facts of one family, checked: putting them into the tables can't fail any more.
pub(super) struct Ready {
    pub calls: Vec<RawCall>,
    pub types: Vec<RawType>,
    pub boundaries: Vec<(Vec<Name>, Boundary)>,
    pub entries: Vec<(Mark, Arc<Entry>)>,
    pub neutral: Vec<Name>,
    pub invokes: Vec<(Vec<Name>, Invoke)>,
    pub containers: Vec<(Vec<Name>, Container)>,
    /// What receives, and the keys.
    pub providers: Vec<(Vec<Name>, Provider)>,
    pub wraps: Vec<(Vec<Name>, Which)>,
    pub generics: Vec<(Vec<Name>, Generic)>,
    pub loop_checks: Vec<(Name, Branch)>,
    pub startup_tests: Vec<(Name, Name)>,
    pub sizes: Vec<(Name, Sized)>,
    pub linear: Vec<(Name, Linear)>,
    pub regexes: Vec<(Name, Regex)>,
    pub regex_flags: Vec<(Name, char)>,
    pub cooperative: Vec<(Name, Vec<Effect>)>,
    pub pools: Vec<(Name, Pool)>,
    pub starting: Vec<(Name, Starting)>,
    pub unpicklable: Vec<(Name, bool)>,
    pub by_name: Vec<Name>,
    pub value_tests: Vec<(Name, Asks, Option<Name>)>,
    pub key_reads: Vec<Name>,
    /// Methods that forget the functions that they are given.
    pub unlistens: Vec<Name>,
    /// Labels of entries that nothing awaits.
    pub plain_labels: Vec<String>,
    pub runtimes: Vec<Runtime>,
    /// Tables that only say yes, in the order of `Facts::yes_only`.
    pub plain: [Vec<Name>; 30],
    pub locks: Vec<(Vec<Name>, Lock)>,
    pub polls: Vec<(Name, Polls)>,
    /// Calls of the loop's own thread, with what other threads write.
    pub loop_bound: Vec<(Name, Option<Name>)>,
    pub own_loops: Vec<(Name, OwnLoop)>,
    pub promises: Vec<(Vec<Name>, Promised)>,
    pub drops: Vec<(Vec<Name>, Dropping)>,
    pub clients: Clients,
    pub tools: Tools,
}

impl Ready {
    /// Checks what the form of the file can't: arguments, globs, entries with one mark.
    pub(super) fn of(raw: RawFacts) -> Result<Self, Misfit> {
        let (clients, tools) = (Clients::of(&raw), Tools::of(&raw));
        let mut boundaries = Vec::new();
        for one in raw.boundary {
            let place = one.place();
            let raw = one.into_value();
            let misfit = |message| (Some(place.clone()), message);
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref()).map_err(misfit)?;
            let pool = match raw.pool.as_deref() {
                None => None,
                Some("shared") => Some(PoolOf::Shared),
                Some(text) => Some(PoolOf::Argument(given(text).map_err(misfit)?)),
            };
            boundaries.push((
                raw.path.iter().map(name).collect(),
                Boundary {
                    which,
                    to: raw.to,
                    curried: raw.curried,
                    coroutines: raw.coroutines,
                    pool,
                    each: raw.each,
                    returns: raw.returns,
                    client: raw.client,
                },
            ));
        }
        let (mut entries, mut plain_labels) = (Vec::new(), Vec::new());
        for one in raw.entry {
            let at = Some(one.place());
            let raw = one.into_value();
            if raw.plain {
                plain_labels.push(raw.label.clone());
            }
            let entry = Arc::new(Entry {
                which: which(raw.argument.as_ref(), raw.keyword.as_deref()).map_err(|message| (at.clone(), message))?,
                registers: raw.registers,
                when: raw.when,
                unless: raw.unless,
                label: raw.label,
                asynchronous: raw.asynchronous,
                synchronous: raw.synchronous,
                server: raw.server,
                ready: raw.ready,
                internal: raw.internal,
                interrupts: raw.interrupts,
                head: raw.head,
                alone: raw.alone,
                follows: raw.follows,
                rejections: raw.rejections,
                takes_rejections: raw.takes_rejections,
                plain: raw.plain,
                most: raw.most,
                from_client: from_client(raw.from_client).map_err(|message| (at.clone(), message))?,
                parameters: raw.parameters.iter().map(|of| name(of)).collect(),
                single: raw.single.iter().map(|of| name(of)).collect(),
                first: raw.first.iter().map(|text| name(text)).collect(),
                methods: raw.methods,
                exports: raw.exports.iter().map(|export| name(export)).collect(),
                beside: raw.beside.iter().map(|path| name(path)).collect(),
            });
            let mark = match (raw.decorator, raw.base, raw.call, raw.attribute, raw.file) {
                (Some(paths), None, None, None, None) => Mark::Decorators(paths.iter().map(name).collect()),
                (None, Some(paths), None, None, None) => Mark::Bases(paths.iter().map(name).collect()),
                (None, None, Some(paths), None, None) => Mark::Calls(paths.iter().map(name).collect()),
                (None, None, None, Some(paths), None) => Mark::Attributes(paths.iter().map(name).collect()),
                (None, None, None, None, Some(globs)) => {
                    let matchers = globs.iter().map(|glob| Glob::new(glob).map(|glob| glob.compile_matcher()));
                    Mark::Files(matchers.collect::<Result<_, _>>().map_err(|error| (at, error.to_string()))?)
                }
                _ => return Err((at, format!("entry {:?}: give one of decorator, base, call, attribute, file", entry.label))),
            };
            entries.push((mark, entry));
        }
        let mut invokes = Vec::new();
        for one in raw.calls_argument {
            let place = one.place();
            let raw = one.into_value();
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref()).map_err(|message| (Some(place), message))?;
            let invoke = Invoke { which, elements_of: raw.elements_of, position: raw.position, results: raw.results };
            invokes.push((raw.path.iter().map(name).collect(), invoke));
        }
        let containers = raw.container.iter().map(|one| {
            let raw = one.value();
            (raw.path.iter().map(name).collect(), Container { does: raw.does, argument: raw.argument, of: raw.of })
        });
        let containers = containers.collect();
        let providers = raw.provider.iter().map(|one| {
            let raw = one.value();
            let provider = Provider {
                token: name(&raw.token),
                class: name(&raw.class),
                value: name(&raw.value),
                factory: name(&raw.factory),
                existing: name(&raw.existing),
            };
            (raw.by.iter().map(|path| name(path)).collect(), provider)
        });
        let providers = providers.collect();
        let generics = raw.generic.iter().map(|one| {
            let raw = one.value();
            (raw.path.iter().map(name).collect(), (raw.kind, raw.of.as_deref().map(name)))
        });
        let generics = generics.collect();
        let (mut sizes, mut linear) = (Vec::new(), Vec::new());
        for one in raw.size {
            let (at, raw) = (Some(one.place()), one.into_value());
            let all = |of: &[String]| of.iter().map(|of| given(of)).collect::<Result<Vec<_>, _>>();
            let (of, most) = all(&raw.of).and_then(|of| Ok((of, all(&raw.most)?))).map_err(|message| (at.clone(), message))?;
            let spoken = match (raw.by, of.is_empty(), most.is_empty()) {
                (Some(by), true, true) => Sized::By(by),
                (None, false, true) => Sized::Of(of),
                (None, true, false) => Sized::Most(most),
                _ => return Err((at, "size: give one of `of`, `most` and `by`".to_owned())),
            };
            sizes.extend(raw.paths.iter().map(|path| (name(path), spoken.clone())));
        }
        for one in raw.linear {
            let (at, raw) = (Some(one.place()), one.into_value());
            let of = given(&raw.of).map_err(|message| (at, message))?;
            let one = Linear { of, when: raw.when, instead: raw.instead.unwrap_or_default() };
            linear.extend(raw.paths.iter().map(|path| (name(path), one.clone())));
        }
        let (mut promises, mut drops) = (Vec::new(), Vec::new());
        for one in raw.promise {
            let raw = one.into_value();
            let (gives, waits, unless, computes) = (raw.gives, raw.waits, raw.unless, raw.computes);
            let (instead, source) = (raw.instead.unwrap_or_default(), raw.source.unwrap_or_default());
            promises
                .push((raw.paths.iter().map(|path| name(path)).collect(), Promised { gives, waits, unless, computes, instead, source }));
        }
        for one in raw.drops_promise {
            let (at, raw) = (Some(one.place()), one.into_value());
            let which = which(raw.argument.as_ref(), raw.keyword.as_deref()).map_err(|message| (at, message))?;
            let source = raw.source.unwrap_or_default();
            let (unless_caught, doubted_where_caught, unless_taken) = (raw.unless_caught, raw.doubted_where_caught, raw.unless_taken);
            let (does, instead) = (raw.does, raw.instead);
            let dropping = Dropping { which, unless_caught, doubted_where_caught, unless_taken, does, instead, source };
            drops.push((raw.paths.iter().map(|path| name(path)).collect(), dropping));
        }
        let mut regexes = Vec::new();
        for one in raw.regex {
            let (at, raw) = (Some(one.place()), one.into_value());
            let place = |text: &String| given(text).map_err(|message| (at.clone(), message));
            let regex = Regex {
                does: raw.does,
                pattern: place(&raw.pattern)?,
                flags: raw.flags.as_ref().map(place).transpose()?,
                text: raw.text.as_ref().map(place).transpose()?,
                puts: raw.puts.as_ref().map(place).transpose()?,
                instead: raw.instead.as_deref().map(name),
            };
            regexes.extend(raw.paths.iter().map(|path| (name(path), regex)));
        }
        let (pools, starting) = (super::pool::pools(raw.pool)?, super::pool::starting(raw.start_method)?);
        let unpicklable = raw.unpicklable.iter().flat_map(|one| one.value().paths.iter().map(|path| (name(path), one.value().at_start)));
        let unpicklable = unpicklable.collect();
        let flags = raw.regex_flag.iter().flat_map(|raw| raw.value().paths.iter().map(|path| (name(path), raw.value().letter)));
        let regex_flags = flags.collect();
        let paths = |tables: Vec<Placed<super::schema::RawPaths>>| -> Vec<Name> {
            tables.iter().flat_map(|raw| &raw.value().paths).map(|path| name(path)).collect()
        };
        Ok(Self {
            calls: calls(raw.call)?,
            types: raw.types.into_iter().map(Placed::into_value).collect(),
            boundaries,
            entries,
            neutral: paths(raw.neutral),
            invokes,
            containers,
            providers,
            wraps: arguments(raw.returns_argument)?,
            generics,
            loop_checks: raw.loop_check.iter().flat_map(|raw| raw.value().paths.iter().map(|path| (name(path), raw.value().off))).collect(),
            startup_tests: raw
                .startup_test
                .iter()
                .flat_map(|raw| raw.value().equals.iter().map(|text| (name(&raw.value().key), name(text))))
                .collect(),
            sizes,
            linear,
            regexes,
            regex_flags,
            cooperative: raw
                .cooperative
                .iter()
                .flat_map(|raw| raw.value().paths.iter().map(|path| (name(path), raw.value().effects.clone())))
                .collect(),
            pools,
            starting,
            unpicklable,
            by_name: paths(raw.by_name),
            value_tests: raw
                .value_test
                .iter()
                .flat_map(|raw| {
                    let raw = raw.value();
                    raw.paths.iter().map(|path| (name(path), raw.asks, raw.of.as_deref().map(name)))
                })
                .collect(),
            key_reads: paths(raw.key_read),
            unlistens: paths(raw.unlisten),
            plain_labels,
            runtimes: raw.runtime.into_iter().map(Placed::into_value).collect(),
            plain: [
                paths(raw.concurrency),
                paths(raw.structural),
                paths(raw.nominal),
                paths(raw.debugging),
                paths(raw.bare_base),
                paths(raw.async_form),
                paths(raw.script),
                paths(raw.serves),
                paths(raw.background),
                paths(raw.missing),
                paths(raw.unblocks),
                paths(raw.keeps),
                paths(raw.worker_file),
                paths(raw.awaitable),
                paths(raw.clock),
                paths(raw.thread_local),
                paths(raw.under_gil),
                paths(raw.large),
                paths(raw.nests_loops),
                paths(raw.limiter),
                paths(raw.gathers),
                paths(raw.awaits),
                paths(raw.counts),
                paths(raw.defers),
                paths(raw.settles),
                paths(raw.rejects),
                paths(raw.scalar),
                paths(raw.plain_decorator),
                paths(raw.races),
                paths(raw.replaces),
            ],
            promises,
            drops,
            clients,
            tools,
            locks: raw
                .lock
                .into_iter()
                .map(|one| {
                    let raw = one.into_value();
                    let lock = Lock { acquire: name(&raw.acquire), release: name(&raw.release), reentrant: raw.reentrant };
                    (raw.types.iter().map(|path| name(path)).collect(), lock)
                })
                .collect(),
            polls: polls(&raw.polls),
            own_loops: raw.own_loop.iter().flat_map(|raw| raw.value().paths.iter().map(|path| (name(path), raw.value().does))).collect(),
            loop_bound: raw
                .loop_bound
                .iter()
                .flat_map(|raw| raw.value().paths.iter().map(|path| (name(path), raw.value().instead.as_deref().map(name))))
                .collect(),
        })
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        let facts = [self.calls.len(), self.types.len(), self.boundaries.len(), self.entries.len(), self.neutral.len(), self.others()];
        facts.iter().all(|count| *count == 0)
    }

    /// How many facts there are beside calls, types, boundaries, entries and neutral paths.
    pub(super) fn others(&self) -> usize {
        let plain: usize = self.plain.iter().map(Vec::len).sum();
        plain
            + self.invokes.len()
            + self.containers.len()
            + self.providers.len()
            + self.wraps.len()
            + self.generics.len()
            + self.loop_checks.len()
            + self.startup_tests.len()
            + self.sizes.len()
            + self.linear.len()
            + self.regexes.len()
            + self.regex_flags.len()
            + self.cooperative.len()
            + self.pools.len()
            + self.starting.len()
            + self.unpicklable.len()
            + self.by_name.len()
            + self.value_tests.len()
            + self.key_reads.len()
            + self.unlistens.len()
            + self.runtimes.len()
            + self.promises.len()
            + self.drops.len()
            + self.locks.len()
            + self.polls.len()
            + self.loop_bound.len()
            + self.own_loops.len()
            + self.clients.len()
            + self.tools.len()
    }

    /// Every path that the facts speak of.
    pub(super) fn paths(&self) -> Vec<Name> {
        let mut paths = self.asked_for();
        for raw in &self.types {
            paths.push(name(&raw.path));
            paths.extend(raw.constructors.iter().map(|path| name(path)));
        }
        for (mark, _) in &self.entries {
            if let Mark::Bases(of) = mark {
                paths.extend(of);
            }
        }
        paths.extend(self.providers.iter().flat_map(|(receivers, _)| receivers));
        paths.extend(self.generics.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.locks.iter().flat_map(|(types, _)| types));
        paths.extend(
            self.by_name.iter().chain(&self.key_reads).chain(&self.unlistens).chain(self.value_tests.iter().map(|(path, ..)| path)),
        );
        paths.sort();
        paths.dedup();
        paths
    }

    /// The paths of calls and decorators: those that a receiver's type may have to be spelled for.
    pub(super) fn asked_for(&self) -> Vec<Name> {
        let mut paths: Vec<Name> = self.calls.iter().flat_map(|call| &call.paths).map(|path| name(path)).collect();
        paths.extend(self.boundaries.iter().flat_map(|(paths, _)| paths));
        for (mark, _) in &self.entries {
            match mark {
                Mark::Decorators(of) | Mark::Calls(of) | Mark::Attributes(of) => paths.extend(of),
                Mark::Bases(_) | Mark::Files(_) => {}
            }
        }
        paths.extend(self.neutral.iter().chain(self.plain.iter().flatten()));
        paths.extend(self.invokes.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.containers.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.wraps.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.promises.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.drops.iter().flat_map(|(paths, _)| paths));
        paths.extend(self.loop_checks.iter().map(|(path, _)| path));
        paths.extend(self.sizes.iter().map(|(path, _)| path));
        paths.extend(self.linear.iter().map(|(path, _)| path));
        paths.extend(self.regexes.iter().map(|(path, _)| path));
        paths.extend(self.regex_flags.iter().map(|(path, _)| path));
        paths.extend(self.cooperative.iter().map(|(path, _)| path));
        paths.extend(self.polls.iter().map(|(path, _)| path));
        paths.extend(self.loop_bound.iter().map(|(path, _)| path));
        paths.extend(self.own_loops.iter().map(|(path, _)| path));
        paths.extend(self.pools.iter().map(|(path, _)| path));
        paths.extend(self.starting.iter().map(|(path, _)| path));
        paths.extend(self.unpicklable.iter().map(|(path, _)| path));
        paths
    }
}

fn polls(tables: &[Placed<RawPolls>]) -> Vec<(Name, Polls)> {
    let of = |raw: &RawPolls| Polls { negated: raw.negated, instead: name(&raw.instead) };
    tables.iter().flat_map(|raw| raw.value().paths.iter().map(move |path| (name(path), of(raw.value())))).collect()
}

fn arguments(tables: Vec<Placed<RawArgument>>) -> Result<Vec<(Vec<Name>, Which)>, Misfit> {
    let ready = tables.into_iter().map(|one| {
        let raw = one.value();
        let which = which(raw.argument.as_ref(), raw.keyword.as_deref()).map_err(|message| (Some(one.place()), message))?;
        Ok((raw.path.iter().map(name).collect(), which))
    });
    ready.collect()
}

fn from_client(raw: Option<RawFromClient>) -> Result<FromClient, String> {
    match raw {
        None => Ok(FromClient::All),
        Some(RawFromClient::At(positions)) => Ok(FromClient::At(positions)),
        Some(RawFromClient::Word(word)) if word == "all" => Ok(FromClient::All),
        Some(RawFromClient::Word(word)) => Err(format!("from_client = {word:?}: positions or \"all\"")),
    }
}

/// Calls, of which only those that compute may grow.
fn calls(tables: Vec<Placed<RawCall>>) -> Result<Vec<RawCall>, Misfit> {
    let ready = tables.into_iter().map(|one| {
        let (at, raw) = (one.place(), one.into_value());
        match (raw.grows.as_deref().map(given), raw.in_memory.as_deref().map(given)) {
            (Some(Err(message)), _) | (_, Some(Err(message))) => Err((Some(at), message)),
            (Some(Ok(_)), _) if raw.effect != Effect::Cpu => Err((Some(at), "`grows` is said of calls whose effect is `cpu`".to_owned())),
            _ => Ok(raw),
        }
    });
    ready.collect()
}

fn operand(text: &str) -> Result<Operand, String> {
    let position = text.strip_prefix("arg").and_then(|at| at.parse().ok()).map(Operand::Argument);
    let operand = if text == "receiver" { Some(Operand::Receiver) } else { position };
    operand.ok_or_else(|| format!("{text:?}: `receiver`, `arg0`, `arg1`, ..."))
}

/// `arg1 or string`: an operand, and its keyword; `keyword string`: what is given by keyword only.
pub(super) fn given(text: &str) -> Result<Given, String> {
    if let Some(keyword) = text.strip_prefix("keyword ") {
        return Ok(Given { operand: Operand::Argument(usize::MAX), keyword: Some(name(keyword.trim())) });
    }
    let (place, keyword) = text.split_once(" or ").map_or((text, None), |(place, keyword)| (place, Some(name(keyword.trim()))));
    Ok(Given { operand: operand(place.trim())?, keyword })
}

fn which(argument: Option<&Argument>, keyword: Option<&str>) -> Result<Which, String> {
    let keyword = keyword.map(name);
    match argument {
        None => Ok(Which::One(if keyword.is_some() { usize::MAX } else { 0 }, keyword)),
        Some(Argument::At(at)) => Ok(Which::One(*at, keyword)),
        Some(Argument::Word(word)) if word == "all" => Ok(Which::All),
        Some(Argument::Word(word)) => Err(format!("argument = {word:?}: a position or \"all\"")),
    }
}
