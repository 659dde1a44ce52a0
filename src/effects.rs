//! What running a function may do, bottom-up through the call graph, with a shortest witness.

pub mod assumed;
mod attributes;
pub mod behind;
pub mod belief;
pub mod conditions;
mod coroutines;
pub mod costs;
mod debugging;
mod dispatch;
pub mod flags;
mod given;
pub mod grown;
mod met;
pub mod patterns;
pub mod pauses;
pub mod receivers;
mod results;
mod shape;
pub mod sizes;
mod spins;
mod wanted;
mod writes;

use crate::base::Name;
use crate::facts::{CallFact, Effect, Facts, Weight};
use crate::finding::{Confidence, Hop};
use crate::link::graph::{Edge, EdgeKind, External, Graph};
use crate::link::{At, CallAt, FuncAt, Input, Solution};
use assumed::Assumed;
use belief::Widths;
use flags::{Flags, State};
use given::Run;
use grown::{Grown, Time};
pub(crate) use met::{constant_text, holds};
use patterns::Patterns;
use rustc_hash::{FxHashMap, FxHashSet};
use sizes::Sizes;
use smallvec::SmallVec;
pub use spins::exclude;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use writes::Writes;

/// An effect with its weight: light file calls are told apart from heavy ones.
pub type Channel = (Effect, Weight);

/// The next hop towards the fact.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The call that leads there.
    pub call: CallAt,
    /// The function called, or none where the call itself is the fact.
    pub next: Option<State>,
    /// The weight there: what runs only once weighs little for those above.
    pub weight: Weight,
    /// The library path, where the call itself is the fact.
    pub path: Name,
    /// Hops to the fact; 1 for a direct call.
    pub distance: u32,
    /// Tests that its calls stand under.
    pub tests: u32,
    /// Some hop was found by its name alone.
    pub by_name: bool,
    /// Functions that the call of a hop may run, at most: what the ways are chosen by.
    pub widest: u8,
}

impl Witness {
    /// How sure the way is, whoever begins it.
    #[must_use]
    pub fn sure(&self) -> Confidence {
        if self.by_name { Confidence::Low } else { belief::sure(self.distance, self.widest) }
    }

    /// What a way is chosen by: the surest first; then the one of the fewest hops and tests, which is the most likely to be taken.
    #[must_use]
    pub fn order(&self) -> (bool, Reverse<Confidence>, u32) {
        (self.by_name, Reverse(self.sure()), self.distance + self.tests)
    }
}

/// One step of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The call.
    pub call: CallAt,
    /// The function that makes it.
    pub from: FuncAt,
    /// The function called; none for the fact at the end.
    pub to: Option<FuncAt>,
}

impl Step {
    /// The step as told; `path` is that of the fact at the chain's end.
    #[must_use]
    pub fn hop(self, input: Input<'_>, path: Name) -> Hop {
        Hop {
            file: self.call.file,
            span: input.summaries[self.call.file].calls[self.call.id].span,
            caller: input.func_name(self.from),
            callee: self.to.map_or_else(|| shown_path(input.facts_of(self.call.file), path), |to| input.func_name(to)),
        }
    }
}

/// A call that is a fact.
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    /// The call.
    pub call: CallAt,
    /// The function whose body makes it.
    pub from: FuncAt,
    /// The library path.
    pub path: Name,
    /// What it does.
    pub channel: Channel,
    /// What decides how long it takes, where that is its input.
    pub grown: Option<Grown>,
    /// Why it is harmless, if it is: `argument`, `loop check`, `assumed`, `bounded text`.
    pub harmless: Option<&'static str>,
}

/// Effects of all functions.
#[derive(Debug, Default)]
pub struct Effects {
    /// Every call that is a fact, harmless ones too, in order of place.
    pub sinks: Vec<Sink>,
    by_function: FxHashMap<Channel, FxHashMap<State, Witness>>,
    /// The effects that each function has at all.
    any: FxHashMap<FuncAt, SmallVec<[Effect; 2]>>,
    /// What comments say of functions.
    pub assumed: Assumed,
    /// The states in which each function has the effect, the shortest way first.
    states: FxHashMap<(Channel, FuncAt), SmallVec<[Flags; 1]>>,
    /// What may change what a test has asked for.
    writes: Writes,
    widths: Widths,
}

/// The fact behind a library path, in the file's language.
#[must_use]
pub fn fact_of(input: Input<'_>, call: CallAt, path: Name) -> Option<&CallFact> {
    input.facts_of(call.file).call(path)
}

/// Conditions that are told apart for one function: beyond them, what its parameters are is not asked.
const MOST_STATES: usize = 12;

/// Calls that effects are not to spread through.
pub type Avoided = FxHashSet<(CallAt, Effect)>;

/// Infers effects to their fixpoint.
#[must_use]
pub fn infer<'a>(sizes: &Sizes<'a, '_>, solution: &Solution<'a>, graph: &Graph, patterns: &Patterns) -> Effects {
    infer_without(sizes, solution, graph, patterns, &Avoided::default())
}

/// Library functions that are given to functions which call them. How long they compute their arguments decide, which are not seen.
fn handed(input: Input<'_>, graph: &Graph, assumed: &Assumed) -> Vec<Sink> {
    let sinks = graph.handed.iter().filter_map(|one| {
        let fact = fact_of(input, one.call, one.path).filter(|fact| !matches!(fact.effect, Effect::Cpu | Effect::Regex))?;
        let harmless = assumed.nonblocking.contains(&one.from).then_some("assumed");
        let harmless = harmless.or_else(|| graph.off_loop.contains(&one.call).then_some("loop check"));
        let once = input.summaries[one.call.file].calls[one.call.id].once || graph.started.contains(&one.call);
        let channel = (fact.effect, if once { Weight::Light } else { fact.weight });
        Some(Sink { call: one.call, from: one.from, path: one.path, channel, grown: None, harmless })
    });
    sinks.collect()
}

/// Infers effects to their fixpoint, as if the avoided calls did nothing.
#[must_use]
pub fn infer_without<'a>(sizes: &Sizes<'a, '_>, solution: &Solution<'a>, graph: &Graph, patterns: &Patterns, avoided: &Avoided) -> Effects {
    let input = solution.input;
    let writes = Writes::read(solution, graph);
    let widths = Widths::read(input, graph);
    let run = Run { solution, writes: &writes, sizes };
    let mut effects = Effects { assumed: Assumed::read(input), ..Effects::default() };
    let assumed_harmless = |assumed: &Assumed, from: FuncAt| assumed.nonblocking.contains(&from).then_some("assumed");
    for external in &graph.externals {
        let call = &input.summaries[external.call.file].calls[external.call.id];
        // An awaited call of a library gave an awaitable: it did not block.
        if writes.is_awaited(input, external.call) || gives_way(input, graph, external.call) {
            continue;
        }
        // A pattern's application is judged by its pattern.
        let applies = input.facts_of(external.call.file).regex(external.path).is_some_and(|one| one.text.is_some());
        if let Some(fact) = fact_of(input, external.call, external.path).filter(|fact| fact.effect != Effect::Cpu || !applies) {
            let (grown, small) = match Time::of(sizes, external, fact) {
                Time::Fixed => (None, false),
                Time::Small => (None, true),
                Time::Grows(grown) => (Some(grown), false),
            };
            let met = |condition: &String| holds(solution, graph, external.call, call, condition);
            let excused = fact.unless.iter().any(met);
            let in_memory = if excused { Time::in_memory(sizes, external, fact) } else { None };
            let argument = (small || excused && in_memory.is_none()).then_some("argument");
            let harmless = argument.or_else(|| graph.off_loop.contains(&external.call).then_some("loop check"));
            let harmless = harmless.or_else(|| assumed_harmless(&effects.assumed, external.from));
            let light = call.once || graph.started.contains(&external.call) || fact.light_when.iter().any(met);
            // Of what grows, the input says how much it is.
            let grown = grown.or(in_memory);
            let weight = if grown.is_some() { Weight::Heavy } else { fact.weight };
            let effect = if in_memory.is_some() { Effect::Cpu } else { fact.effect };
            let channel = (effect, if light { Weight::Light } else { weight });
            let (call, from, path) = (external.call, external.from, external.path);
            effects.sinks.push(Sink { call, from, path, channel, grown, harmless });
        }
    }
    effects.sinks.extend(handed(input, graph, &effects.assumed));
    for one in &patterns.applications {
        let grown = patterns.text(sizes, input, one);
        let harmless = grown.is_none().then_some("bounded text").or_else(|| graph.off_loop.contains(&one.call).then_some("loop check"));
        let harmless = harmless.or_else(|| assumed_harmless(&effects.assumed, one.from));
        let channel = (Effect::Regex, patterns.weight(one));
        effects.sinks.push(Sink { call: one.call, from: one.from, path: one.path, channel, grown, harmless });
    }
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
        if let Some(path) = effects.assumed.blocking.get(&edge.to).copied()
            && let Some(fact) = effects.assumed.fact(path)
        {
            let channel = (fact.effect, fact.weight);
            let harmless = assumed_harmless(&effects.assumed, edge.from);
            effects.sinks.push(Sink { call: edge.call, from: edge.from, path, channel, grown: None, harmless });
        }
    }
    let asked = |sink: &Sink| {
        let fact = fact_of(input, sink.call, sink.path).filter(|_| !graph.is_handed(sink.call, sink.path));
        conditions::of_fact(run, sink.call, sink.path, fact)
    };
    for sink in effects.sinks.iter_mut().filter(|sink| sink.harmless.is_none()) {
        sink.harmless = asked(sink).is_none().then_some("ruled out");
    }
    effects.sinks.sort_by_key(|sink| sink.call);
    for sink in effects.sinks.iter_mut().filter(|sink| avoided.contains(&(sink.call, sink.channel.0))) {
        sink.harmless = Some("ignored");
    }
    let mut callers: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
        // An async function runs on the loop by itself: the stall is its own.
        if !input.func(edge.to).is_async && !effects.assumed.nonblocking.contains(&edge.from) {
            callers.entry(edge.to).or_default().push(edge);
        }
    }
    for effect in Effect::ALL {
        // What is reached through a call made only once goes on as light.
        let mut lighter = Vec::new();
        for weight in [Weight::Heavy, Weight::Light] {
            let mut found = std::mem::take(&mut lighter);
            for sink in effects.sinks.iter().filter(|sink| sink.channel == (effect, weight) && sink.harmless.is_none()) {
                let witness = Witness {
                    call: sink.call,
                    next: None,
                    weight,
                    path: sink.path,
                    distance: 1,
                    tests: tests_of(input, sink.call),
                    by_name: false,
                    widest: widths.of(sink.call),
                };
                found.extend(asked(sink).map(|flags| ((sink.from, flags.growing(sink.grown)), witness)));
            }
            let open = |edge: &Edge| !avoided.contains(&(edge.call, effect));
            let known = spread(run, &callers, &widths, open, (effect, weight), found, &mut lighter);
            for (state, _) in &known {
                let any = effects.any.entry(state.0).or_default();
                if any.last() != Some(&effect) {
                    any.push(effect);
                }
                effects.states.entry(((effect, weight), state.0)).or_default().push(state.1.clone());
            }
            if !known.is_empty() {
                effects.by_function.insert((effect, weight), known.into_iter().collect());
            }
        }
    }
    (effects.writes, effects.widths) = (writes, widths);
    effects
}

/// The tests that a call stands under.
#[must_use]
pub fn tests_of(input: Input<'_>, call: CallAt) -> u32 {
    let summary = &input.summaries[call.file];
    let mut tests = 0;
    let mut guard = summary.calls[call.id].guard;
    while let Some(id) = guard {
        tests += 1;
        guard = summary.guards[id].outer;
    }
    tests
}

/// Whether what a call leads to is done once. A pattern's weight is its growth, however often it is applied.
fn is_once(edge: &Edge, effect: Effect) -> bool {
    edge.once && effect != Effect::Regex
}

/// Spreads an effect to callers, the nearest first; gives each state once, in the order in which it was reached.
fn spread(
    run: Run<'_>,
    callers: &FxHashMap<FuncAt, Vec<&Edge>>,
    widths: &Widths,
    open: impl Fn(&Edge) -> bool,
    (effect, weight): Channel,
    mut found: Vec<(State, Witness)>,
    lighter: &mut Vec<(State, Witness)>,
) -> Vec<(State, Witness)> {
    let place = |witness: &Witness, at: usize| Reverse((witness.order(), at));
    let mut queue: BinaryHeap<_> = found.iter().enumerate().map(|(at, (_, witness))| place(witness, at)).collect();
    let mut known: FxHashMap<FuncAt, SmallVec<[Flags; 1]>> = FxHashMap::default();
    let mut order = Vec::new();
    while let Some(Reverse((.., at))) = queue.pop() {
        let mut state = found[at].0.clone();
        // What always holds, holds under a condition too, and was found on a way no longer.
        let states = known.entry(state.0).or_default();
        if states.len() >= MOST_STATES {
            state.1 = state.1.untested();
        }
        if states.iter().any(|known| known.is_within(&state.1)) {
            continue;
        }
        states.push(state.1.clone());
        found[at].0 = state.clone();
        order.push(at);
        for edge in callers.get(&state.0).into_iter().flatten().filter(|edge| open(edge)) {
            let Some(flags) = flags::through(run, edge, &state.1) else { continue };
            let below = &found[at].1;
            let next = Witness {
                call: edge.call,
                next: Some(state.clone()),
                weight,
                path: crate::base::name(""),
                distance: below.distance + 1,
                tests: below.tests + tests_of(run.solution.input, edge.call),
                by_name: below.by_name || edge.by_name,
                widest: below.widest.max(widths.of(edge.call)),
            };
            if is_once(edge, effect) && weight == Weight::Heavy {
                lighter.push(((edge.from, flags), next));
            } else {
                queue.push(place(&next, found.len()));
                found.push(((edge.from, flags), next));
            }
        }
    }
    order.into_iter().map(|at| found[at].clone()).collect()
}

impl Effects {
    /// What tells whether a call's arguments are what a test asks for.
    #[must_use]
    pub fn run<'a>(&'a self, solution: &'a Solution<'a>, sizes: &'a Sizes<'a, 'a>) -> Run<'a> {
        Run { solution, writes: &self.writes, sizes }
    }

    /// The shortest way from a function to the effect, whatever its parameters are.
    #[must_use]
    pub fn witness(&self, func: FuncAt, channel: Channel) -> Option<Witness> {
        let states = self.states.get(&(channel, func))?;
        self.at(&(func, states.first()?.clone()), channel)
    }

    /// The fact behind the path at a chain's end: the library's, or what a comment assumes.
    #[must_use]
    pub fn fact<'a>(&'a self, input: Input<'a>, call: CallAt, path: Name) -> Option<&'a CallFact> {
        self.assumed.fact(path).or_else(|| fact_of(input, call, path))
    }

    /// The effects that the function has, in order.
    #[must_use]
    pub fn of(&self, func: FuncAt) -> &[Effect] {
        self.any.get(&func).map_or(&[], SmallVec::as_slice)
    }

    fn at(&self, state: &State, channel: Channel) -> Option<Witness> {
        self.by_function.get(&channel)?.get(state).cloned()
    }

    /// The shortest ways that a call of a function has to the effect, with the arguments that it gives: one for each input that
    /// decides how long it takes, as the caller sees it.
    #[must_use]
    pub fn reached<'a>(
        &self,
        solution: &Solution<'a>,
        sizes: &Sizes<'a, '_>,
        edge: &Edge,
        channel: Channel,
    ) -> SmallVec<[(Witness, Option<Grown>); 1]> {
        let run = Run { solution, writes: &self.writes, sizes };
        let from = match (channel.1, is_once(edge, channel.0)) {
            (Weight::Heavy, true) => return SmallVec::new(),
            (Weight::Light, true) => &[Weight::Heavy, Weight::Light][..],
            (weight, false) => &[weight][..],
        };
        let mut ways: SmallVec<[(Witness, Option<Grown>); 1]> = SmallVec::new();
        for weight in from {
            for flags in self.states.get(&((channel.0, *weight), edge.to)).into_iter().flatten() {
                let Some(grown) = flags::through(run, edge, flags).map(|above| above.grown()) else { continue };
                let state = (edge.to, flags.clone());
                let Some(below) = self.at(&state, (channel.0, *weight)) else { continue };
                let witness = Witness {
                    call: edge.call,
                    next: Some(state),
                    weight: *weight,
                    path: crate::base::name(""),
                    distance: below.distance + 1,
                    tests: below.tests + tests_of(solution.input, edge.call),
                    by_name: below.by_name || edge.by_name,
                    widest: below.widest.max(self.widths.of(edge.call)),
                };
                match ways.iter_mut().find(|way| way.1 == grown) {
                    Some(way) if witness.order() < way.0.order() => way.0 = witness,
                    Some(_) => {}
                    None => ways.push((witness, grown)),
                }
                if grown.is_none() {
                    break;
                }
            }
        }
        ways
    }

    /// The steps that begin with a witness, and the path of the fact at their end.
    #[must_use]
    pub fn steps(&self, from: FuncAt, first: Witness, channel: Channel) -> (Vec<Step>, Name) {
        let (mut steps, mut at, mut witness) = (Vec::new(), from, first);
        loop {
            let to = witness.next.as_ref().map(|(next, _)| *next);
            steps.push(Step { call: witness.call, from: at, to });
            let Some(next) = witness.next else { return (steps, witness.path) };
            at = next.0;
            match self.at(&next, (channel.0, witness.weight)) {
                Some(further) if steps.len() < 64 => witness = further,
                _ => return (steps, witness.path),
            }
        }
    }

    /// Whether some call on the way gives a container that is empty where something true is asked for: that may be filled before it is
    /// tested, and mostly is not.
    #[must_use]
    pub fn is_left_empty(&self, run: Run<'_>, graph: &Graph, first: &Witness, channel: Channel) -> bool {
        let mut witness = first.clone();
        for _ in 0..64 {
            let Some(next) = witness.next else { return false };
            if graph.edges_of(witness.call).any(|edge| edge.to == next.0 && flags::gives_empty(run, edge, &next.1)) {
                return true;
            }
            match self.at(&next, (channel.0, witness.weight)) {
                Some(further) => witness = further,
                None => return false,
            }
        }
        false
    }

    /// Whether the call is made only where something is missing in this version, or while the program is being debugged.
    #[must_use]
    pub fn is_unlikely(&self, call: CallAt) -> bool {
        self.widths.of(call) == u8::MAX
    }

    /// How sure a chain is at most. Where a call may run several functions, it counts which part of them has the effect too.
    #[must_use]
    pub fn sure(&self, graph: &Graph, steps: &[Step], effect: Effect) -> Confidence {
        let one_of = |step: &Step| {
            let edges = graph.edges_of(step.call).filter(|edge| edge.kind == EdgeKind::Direct);
            let mut targets: SmallVec<[FuncAt; 8]> = edges.map(|edge| edge.to).collect();
            targets.sort_unstable();
            targets.dedup();
            let having = targets.iter().filter(|func| self.of(**func).contains(&effect)).count();
            u8::try_from(targets.len().div_ceil(having.max(1))).unwrap_or(u8::MAX)
        };
        let widest = steps.iter().filter(|step| step.to.is_some()).map(one_of).max().unwrap_or(1);
        belief::sure(u32::try_from(steps.len()).unwrap_or(u32::MAX), widest)
    }

    /// The facts met at one call.
    pub fn sinks_of(&self, call: CallAt) -> impl Iterator<Item = &Sink> {
        let from = self.sinks.partition_point(|sink| sink.call < call);
        self.sinks[from..].iter().take_while(move |sink| sink.call == call)
    }

    /// How many functions have each effect.
    #[must_use]
    pub fn counts(&self) -> Vec<(Channel, usize)> {
        let mut counts: Vec<_> = self.by_function.iter().map(|(channel, known)| (*channel, known.len())).collect();
        counts.sort();
        counts
    }
}

/// A library path as a person writes it.
#[must_use]
pub fn shown_path(facts: &Facts, path: Name) -> String {
    if let Some(shown) = facts.shown(path) {
        return shown;
    }
    let path = path.as_str();
    if let Some(function) = assumed::function_of(path) {
        return function.to_owned();
    }
    path.strip_prefix("builtins.").or_else(|| path.strip_prefix("globalThis.")).unwrap_or(path).to_owned()
}

/// Whether what the call gives is entered or gone over asynchronously, and another candidate is there that may give such.
fn gives_way(input: Input<'_>, graph: &Graph, at: CallAt) -> bool {
    let plain = |external: &External| fact_of(input, at, external.path).is_none();
    graph.entered.contains(&at) && (graph.externals_of(at).any(plain) || graph.edges_of(at).next().is_some())
}

/// The function at a place of the run.
#[must_use]
pub fn owner(input: Input<'_>, call: CallAt) -> FuncAt {
    At { file: call.file, id: input.summaries[call.file].calls[call.id].func }
}
