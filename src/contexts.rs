//! Where functions run, top-down from entries.

mod alone;
mod conditions;
mod cooperative;
mod entries;
mod handlers;
mod lookup;
mod once;
mod origin;
mod private;
mod programs;
pub mod unknown;
mod unreached;
mod unserved;
mod workers;

pub use origin::Origin;

use crate::base::{FileId, Name, Span};
use crate::facts::{ContextKind, Effect, Facts};
use crate::finding::Confidence;
use crate::ir::{Family, MODULE_BODY};
use crate::link::graph::{Edge, EdgeKind, Graph};
use crate::link::{At, CallAt, FuncAt, Input, Solution};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeSet, VecDeque};

/// Plain calls from a function that starts the program to the one that begins to serve, at most: further out stand
/// functions that may start a server among much else.
const START_HOPS: usize = 3;

/// Callers told between an entry and the function that stalls, at most.
const LONGEST_WAY: usize = 32;

/// Calls from an entry to a function that is believed to run there, at most, if one of them may run more functions than `NARROW`: in
/// longer ways values of many callers meet. Of those read in real code, most were false.
const BELIEVED_WAY: usize = 8;

/// Functions that a call may run for a long way through it to be believed, at most.
const NARROW: usize = 4;

/// The reason of functions of which no entry is known.
pub const NOT_REACHED: &str = "not reached";

/// Where functions serve somebody.
pub const SERVING: [ContextKind; 3] = [ContextKind::Loop, ContextKind::Thread, ContextKind::Process];

/// Contexts of all functions.
#[derive(Debug, Default)]
pub struct Contexts {
    /// Entries met.
    pub origins: Vec<Origin>,
    by_function: FxHashMap<ContextKind, FxHashMap<FuncAt, usize>>,
    /// Functions that the loop itself calls.
    loop_roots: FxHashMap<FuncAt, usize>,
    /// Functions that begin in a thread: handed to one, or called by a library from one of its own.
    thread_roots: Vec<(FuncAt, usize)>,
    /// By which function each function on a loop was reached; none for the entry itself.
    callers: FxHashMap<FuncAt, Option<FuncAt>>,
    /// Functions that facts make entries.
    entered: FxHashSet<FuncAt>,
    /// Functions written in tests.
    tests: FxHashSet<FuncAt>,
    /// Effects that stall nobody, in files that only programs with a patched standard library load.
    cooperative: FxHashMap<FileId, Vec<Effect>>,
}

/// Where a call of a function leads.
#[derive(Clone, Copy)]
struct Out {
    to: FuncAt,
    kind: EdgeKind,
    once: bool,
    background: bool,
    /// The call may run many others.
    wide: bool,
}

/// A function reached: whether the loop itself runs it, by which caller, from which origin; how many calls away, and whether one of these
/// is wide.
type Step = (FuncAt, bool, Option<FuncAt>, usize, (usize, bool));

/// A function reached, its caller, whether that keeps it for later, the origin.
type Reached = (FuncAt, FuncAt, bool, usize);

struct Spread<'a, 'b> {
    input: Input<'a>,
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    contexts: Contexts,
    out: FxHashMap<FuncAt, Vec<Out>>,
    entries: Vec<(FuncAt, ContextKind, usize)>,
    /// Origins that serve only if the function does that registers what they run.
    following: FxHashMap<usize, FuncAt>,
    script_loops: Vec<(FuncAt, FuncAt, usize)>,
    scripts: IndexVec<FileId, bool>,
    /// Calls of coroutines that run on when the function that makes them has returned: `create_task(poll())`.
    background: FxHashSet<CallAt>,
    /// Coroutines that only command-line programs lead to.
    of_scripts: FxHashSet<FuncAt>,
    /// Coroutines of programs that nothing shows to run while others are served.
    unserved: FxHashSet<FuncAt>,
    /// Files of projects that install commands.
    installed: FxHashSet<FileId>,
    /// Functions written in tests, and how sure it is that what runs on a loop leads through them.
    tests: FxHashMap<FuncAt, Option<Confidence>>,
    /// Files whose coroutines the program steps itself.
    stepped: FxHashSet<FileId>,
    /// Origins that are no entries: coroutines of which nothing is known.
    unknown: FxHashSet<usize>,
    /// Reached by a call made once: function, caller, whether it is a callback, origin.
    lazy: Vec<Reached>,
    /// The same for what is many calls away from an entry.
    far: Vec<Reached>,
}

/// Spreads contexts from entries.
#[must_use]
pub fn spread(solution: &Solution<'_>, graph: &Graph) -> Contexts {
    let mut out: FxHashMap<FuncAt, Vec<Out>> = FxHashMap::default();
    let input = solution.input;
    let background = once::background(input, graph);
    let wide = wide(graph);
    for edge in &graph.edges {
        // What `if __name__ == "__main__"` calls is a script, not start-up: see `by_place`.
        // A name alone does not tell where a function runs.
        if !input.summaries[edge.call.file].calls[edge.call.id].main_guard && !edge.by_name {
            let (background, wide) = (background.contains(&edge.call), wide.contains(&edge.call));
            out.entry(edge.from).or_default().push(Out { to: edge.to, kind: edge.kind, once: edge.once, background, wide });
        }
    }
    let mut spread = Spread {
        input,
        solution,
        graph,
        contexts: Contexts::default(),
        out,
        entries: Vec::new(),
        following: FxHashMap::default(),
        script_loops: Vec::new(),
        scripts: IndexVec::new(),
        background,
        of_scripts: FxHashSet::default(),
        unserved: FxHashSet::default(),
        installed: installed(input),
        tests: FxHashMap::default(),
        stepped: FxHashSet::default(),
        unknown: FxHashSet::default(),
        lazy: Vec::new(),
        far: Vec::new(),
    };
    let programs = spread.programs();
    spread.scripts = input.summaries.indices().map(|file| programs.contains(&file)).collect();
    spread.stepped = spread.stepped();
    spread.by_facts();
    spread.by_place();
    spread.run();
    spread.contexts.cooperative = spread.patched();
    spread.contexts
}

/// Files of projects that install commands, but for those that are started as what the project is for.
fn installed(input: Input<'_>) -> FxHashSet<FileId> {
    let installs = |file: &FileId| {
        let path = input.sources[*file].path.as_str();
        input.modules.installs_commands(input.summaries[*file].family, path) && !input.modules.is_started(*file)
    };
    input.summaries.indices().filter(installs).collect()
}

impl Spread<'_, '_> {
    fn origin(&mut self, label: &str, file: FileId, span: Span, confidence: Confidence) -> usize {
        self.contexts.origins.push(Origin {
            label: label.to_owned(),
            file,
            span,
            confidence,
            entry: None,
            clients: false,
            head: false,
            unserved: false,
            of_command: self.installed.contains(&file),
            lone: false,
        });
        self.contexts.origins.len() - 1
    }

    fn run(&mut self) {
        // Known entries first, the surest first, so that every function keeps its best origin.
        let mut entries = std::mem::take(&mut self.entries);
        // A listener or timer of a command-line program: nothing shows that others wait there.
        for (_, kind, origin) in &entries {
            let origin = &mut self.contexts.origins[*origin];
            if *kind == ContextKind::Loop && origin.confidence == Confidence::Medium && self.scripts[origin.file] {
                origin.confidence = Confidence::Low;
            }
        }
        entries.sort_by_key(|(func, _, origin)| (std::cmp::Reverse(self.contexts.origins[*origin].confidence), *func, *origin));
        self.contexts.thread_roots =
            entries.iter().filter(|(_, kind, _)| *kind == ContextKind::Thread).map(|(func, _, origin)| (*func, *origin)).collect();
        self.contexts.thread_roots.sort_unstable();
        let is_test = |(_, kind, _): &&(FuncAt, ContextKind, usize)| *kind == ContextKind::Test;
        let tests: FxHashSet<FuncAt> = entries.iter().filter(is_test).map(|(func, ..)| *func).collect();
        // What a test decorates may be a function of the program.
        let own = entries.iter().filter(is_test).filter(|(func, _, origin)| self.contexts.origins[*origin].file == func.file);
        self.tests = own.map(|(func, ..)| (*func, None)).collect();
        // A function comes after the one that it is written in.
        for func in self.functions().collect::<Vec<_>>() {
            let around = self.input.func(func).parent.map(|id| At { file: func.file, id });
            if around.is_some_and(|around| around.id != MODULE_BODY && self.tests.contains_key(&around)) {
                self.tests.insert(func, None);
            }
        }
        self.contexts.tests = self.tests.keys().copied().collect();
        entries.retain(|(func, kind, _)| *kind != ContextKind::Loop || !tests.contains(func));
        let confidence = |spread: &Self, entry: &(FuncAt, ContextKind, usize)| spread.contexts.origins[entry.2].confidence;
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let alike = rest.iter().take_while(|entry| confidence(self, entry) == confidence(self, first)).count();
            let after = rest.split_off(alike);
            let mut kinds: Vec<_> = rest.iter().map(|(_, kind, _)| *kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            for kind in kinds {
                let from = rest.iter().filter(|(_, of, _)| *of == kind).map(|(func, _, origin)| (*func, *origin)).collect();
                self.reach_all(from, kind, kind == ContextKind::Loop);
            }
            // What a server's own function registers serves as that does.
            for (_, _, id) in &after {
                if self.following.get(id).is_some_and(|by| self.is_served(*by, Confidence::High)) {
                    let origin = &mut self.contexts.origins[*id];
                    origin.lone = false;
                    if origin.entry.as_ref().is_some_and(|entry| entry.server) {
                        origin.confidence = Confidence::High;
                    }
                }
            }
            let (served, left): (Vec<_>, Vec<_>) = after.into_iter().partition(|entry| confidence(self, entry) == Confidence::High);
            rest = served;
            rest.extend(left);
        }
        // Other work on the same loop shows in what the program starts.
        let concurrent = self.leading_to(usize::MAX, Facts::is_concurrency, |_| true);
        for (from, to, origin) in std::mem::take(&mut self.script_loops) {
            if self.contexts.origin(to, ContextKind::Loop).is_none() && !tests.contains(&from) {
                if concurrent.contains(&to) {
                    self.contexts.origins[origin].confidence = Confidence::Medium;
                    self.contexts.origins[origin].of_command = false;
                }
                self.reach(to, ContextKind::Loop, origin, true);
            }
        }
        self.reach_lazily();
        // What only tests call is as open to others as what nobody calls.
        let calls = self.graph.edges.iter().filter(|edge| edge.from != edge.to && !self.tests.contains_key(&edge.from));
        let called: FxHashSet<FuncAt> = calls.map(|edge| edge.to).collect();
        self.settle_once(&called);
        // Coroutines that nothing here calls first: what they call is theirs.
        let mut unused = self.unused(&called);
        unused.extend(self.functions().filter(|func| self.stepped.contains(&func.file)));
        self.set_aside();
        // The surer ones keep what both call.
        for confidence in [Confidence::Medium, Confidence::Low] {
            self.reach_unknown(confidence, &unused, |func| !called.contains(&func));
            self.reach_lazily();
            self.reach_unknown(confidence, &unused, |_| true);
            self.reach_lazily();
        }
        self.reach_far();
    }

    /// All functions.
    fn functions(&self) -> impl Iterator<Item = FuncAt> {
        let every = self.input.summaries.iter_enumerated();
        every.flat_map(|(file, summary)| summary.functions.indices().map(move |id| At { file, id }))
    }

    /// Functions from which a library call is reached in at most `hops` calls, by the edges that `follows` takes.
    fn leading_to(&self, hops: usize, wanted: impl Fn(&Facts, Name) -> bool, follows: impl Fn(&Edge) -> bool) -> BTreeSet<FuncAt> {
        let shows = self.graph.externals.iter().filter(|external| wanted(self.input.facts_of(external.call.file), external.path));
        self.callers_of(shows.map(|external| external.from).collect(), hops, follows)
    }

    /// Some functions, and those from which these are reached in at most `hops` calls, by the edges that `follows` takes.
    fn callers_of(&self, of: Vec<FuncAt>, hops: usize, follows: impl Fn(&Edge) -> bool) -> BTreeSet<FuncAt> {
        let mut callers: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
        for edge in self.graph.edges.iter().filter(|edge| follows(edge)) {
            callers.entry(edge.to).or_default().push(edge.from);
        }
        let mut pending: VecDeque<(FuncAt, usize)> = of.into_iter().map(|func| (func, 0)).collect();
        let mut found = BTreeSet::new();
        while let Some((func, far)) = pending.pop_front() {
            if found.insert(func) && far < hops {
                pending.extend(callers.get(&func).into_iter().flatten().map(|caller| (*caller, far + 1)));
            }
        }
        found
    }

    fn reach(&mut self, func: FuncAt, kind: ContextKind, origin: usize, root: bool) {
        self.reach_all(vec![(func, origin)], kind, root);
    }

    /// Spreads a context from several entries, equally sure, each function from the nearest.
    fn reach_all(&mut self, from: Vec<(FuncAt, usize)>, kind: ContextKind, root: bool) {
        let mut lazy: Vec<Reached> = Vec::new();
        let mut queue: VecDeque<Step> = from.into_iter().map(|(func, origin)| (func, root, None, origin, (0, false))).collect();
        while let Some((func, root, caller, origin, (calls, wide))) = queue.pop_front() {
            let function = self.input.func(func);
            let root = kind == ContextKind::Loop && (root || function.is_async);
            let confidence = self.contexts.origins[origin].confidence;
            let better = |known: Option<&usize>, origins: &[Origin]| known.is_none_or(|at| origins[*at].confidence < confidence);
            let known = self.contexts.by_function.get(&kind).and_then(|known| known.get(&func));
            let by_root = self.contexts.loop_roots.get(&func);
            let (news, root_news) = (better(known, &self.contexts.origins), root && better(by_root, &self.contexts.origins));
            // What stands for the program's own in a test leads on to the program, and is nobody's concern itself.
            let test = self.tests.get_mut(&func).filter(|_| kind == ContextKind::Loop);
            let of_test = test.is_some();
            let leads_on = test.map_or(news || root_news, |known| {
                let news = known.is_none_or(|known| known < confidence);
                if news {
                    *known = Some(confidence);
                }
                news
            });
            if !leads_on {
                continue;
            }
            if let Some(caller) = caller.filter(|_| wide && calls > BELIEVED_WAY && kind == ContextKind::Loop)
                && confidence > Confidence::Low
                && !self.unknown.contains(&origin)
            {
                self.far.push((func, caller, root, origin));
                continue;
            }
            // What steps its coroutines itself needs no loop, whatever shares its base classes.
            let sure = kind == ContextKind::Loop && confidence > Confidence::Low && self.unknown.contains(&origin);
            if sure && function.is_async && self.stepped.contains(&func.file) {
                continue;
            }
            // Where no entry is known, a coroutine speaks for itself.
            let (origin, caller) = if function.is_async && caller.is_some() && !of_test && self.unknown.contains(&origin) {
                (self.unknown_entry(func, confidence, self.contexts.origins[origin].unserved), None)
            } else {
                (origin, caller)
            };
            if news && !of_test {
                self.contexts.by_function.entry(kind).or_default().insert(func, origin);
            }
            if root_news && !of_test {
                self.contexts.loop_roots.insert(func, origin);
            }
            if kind == ContextKind::Loop {
                self.contexts.callers.insert(func, caller);
            }
            for next in self.out.get(&func).into_iter().flatten() {
                // What is made once and kept stalls the loop once: others seldom wait for that.
                if next.once && kind == ContextKind::Loop && self.contexts.origins[origin].confidence > Confidence::Low {
                    lazy.push((next.to, func, next.kind == EdgeKind::Later, origin));
                    continue;
                }
                // A coroutine runs on a loop, whoever made it. It belongs to the start-up or the script that awaits it;
                // in ECMAScript a plain call runs it too.
                let goes_along = match kind {
                    ContextKind::Loop | ContextKind::Test => true,
                    ContextKind::Startup | ContextKind::Script => {
                        !next.background && (function.is_async || self.input.summaries[func.file].family == Family::Ecma)
                    }
                    // A worker of Node has a loop of its own.
                    ContextKind::Process => self.input.summaries[func.file].family == Family::Ecma,
                    ContextKind::Thread => false,
                };
                if self.input.func(next.to).is_async && !goes_along {
                    continue;
                }
                let way = (calls + 1, wide || next.wide);
                match next.kind {
                    EdgeKind::Direct => queue.push_back((next.to, false, Some(func), origin, way)),
                    EdgeKind::Later => queue.push_back((next.to, kind == ContextKind::Loop, Some(func), origin, way)),
                    EdgeKind::OffLoop if kind != ContextKind::Loop => queue.push_back((next.to, false, Some(func), origin, way)),
                    EdgeKind::Moved(_) | EdgeKind::OffLoop => {}
                }
            }
        }
        let once = self.doubted(lazy, "once");
        self.lazy.extend(once);
    }
}

/// Calls that may run more than a few functions.
fn wide(graph: &Graph) -> FxHashSet<CallAt> {
    let calls = graph.edges.chunk_by(|one, other| one.call == other.call);
    let wide = calls.filter(|edges| {
        let mut targets: Vec<FuncAt> = edges.iter().map(|edge| edge.to).collect();
        targets.dedup();
        targets.len() > NARROW
    });
    wide.map(|edges| edges[0].call).collect()
}
