//! Rules that follow effects: on a loop, an effect is reached without crossing a boundary.

use super::draft::{Draft, Root};
use super::shared::Shared;
use crate::advice::Asked;
use crate::base::Name;
use crate::contexts::Origin as Entry;
use crate::effects::belief;
use crate::effects::conditions::Entered;
use crate::effects::grown::Grown;
use crate::effects::receivers;
use crate::effects::{Channel, Step, Witness, shown_path};
use crate::facts::{ContextKind, Effect, Weight};
use crate::finding::{Confidence, Finding, Hop, Severity};
use crate::link::graph::EdgeKind;
use crate::link::{CallAt, FuncAt};
use crate::rules::cpu::origin::Origin;
use crate::rules::{Program, Reaches, Rule, heavy_call_on_loop};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// A call that leads to an effect and is let go, with the reason.
pub(super) type LetGo = (CallAt, Effect, &'static str);

/// For each function the ways from it to effects, and the calls that were let go on the way.
pub(super) fn ways(program: &Program<'_, '_>) -> (FxHashMap<FuncAt, Vec<Reached>>, Vec<LetGo>) {
    let mut calls: FxHashMap<FuncAt, Vec<Reached>> = FxHashMap::default();
    let mut let_go = Vec::new();
    for sink in program.effects.sinks.iter().filter(|sink| sink.harmless.is_none()) {
        let witness = Witness {
            call: sink.call,
            next: None,
            weight: sink.channel.1,
            path: sink.path,
            distance: 1,
            tests: 0,
            by_name: false,
            widest: 1,
        };
        calls.entry(sink.from).or_default().push(Reached { witness, channel: sink.channel, grown: sink.grown });
    }
    for edge in &program.graph.edges {
        for effect in program.effects.of(edge.to).iter().copied() {
            for weight in [Weight::Light, Weight::Heavy] {
                let channel = (effect, weight);
                let ways = program.effects.reached(program.solution, program.sizes, edge, channel);
                if ways.is_empty() {
                    continue;
                }
                match edge.kind {
                    EdgeKind::Direct if program.effects.assumed.nonblocking.contains(&edge.from) => {}
                    EdgeKind::Direct if !program.input.func(edge.to).is_async => {
                        let ways = ways.into_iter().map(|(witness, grown)| Reached { witness, channel, grown });
                        calls.entry(edge.from).or_default().extend(ways);
                    }
                    EdgeKind::Moved(ContextKind::Thread | ContextKind::Process) => let_go.push((edge.call, effect, "offloaded")),
                    _ => {}
                }
            }
        }
    }
    (calls, let_go)
}

/// A way to an effect.
pub struct Reached {
    /// Its first step.
    pub witness: Witness,
    /// The effect, and how much of it.
    pub channel: Channel,
    /// What decides how long it takes, in the function that makes the call.
    pub grown: Option<Grown>,
}

/// What a rule that follows effects asks.
#[derive(Clone, Copy)]
pub(super) struct Asking<'s, 'p, 'a, 'b> {
    pub rule: &'s Rule,
    pub shared: &'s Shared<'p, 'a, 'b>,
}

/// A way to an effect, with what is made of it.
struct Weighed<'r> {
    one: &'r Reached,
    severity: Severity,
    confidence: Confidence,
    /// Where the input comes from that decides how long it takes.
    input: Option<Origin>,
}

impl Asking<'_, '_, '_, '_> {
    /// Who calls the function so that it gives what the way to the effect asks of its parameters; none where no caller here does.
    fn met_by(&self, func: FuncAt, one: &Reached) -> Option<Vec<FuncAt>> {
        let Program { effects, solution, sizes, graph, contexts, .. } = self.shared.program;
        let entered = Entered {
            from_outside: &|func| contexts.is_entry(func),
            on_loop: &|func| contexts.origin(func, ContextKind::Loop).is_some(),
            reached_by: &|func| contexts.caller_of(func),
        };
        effects.met_by(effects.run(solution, sizes), graph, self.shared.callers(), func, &one.witness, entered)
    }

    /// How bad one way to an effect is; none where what is given is small.
    fn weigh<'r>(&self, func: FuncAt, root: &Entry, one: &'r Reached) -> Option<Weighed<'r>> {
        let light = one.channel.1 == Weight::Light;
        let severity = if light { Severity::Info } else { self.rule.severity };
        let input = one.grown.map(|grown| self.shared.origins().of(func, grown.input.size()));
        let (severity, most) = match (one.grown, &input) {
            (Some(grown), Some(input)) => heavy_call_on_loop::weigh(grown.work, light, input)?,
            _ => (severity, Confidence::High),
        };
        let entered = if one.channel.0 == Effect::Cpu { root.while_computing() } else { root.confidence };
        let confidence = if one.witness.by_name { Confidence::Low } else { entered.min(most) };
        Some(Weighed { one, severity, confidence, input })
    }
}

impl Reaches {
    pub(super) fn findings(
        self,
        asking: Asking<'_, '_, '_, '_>,
        func: FuncAt,
        reached: &[Reached],
        reported: &mut FxHashSet<(CallAt, Effect)>,
        let_go: &mut Vec<(CallAt, Effect, &'static str)>,
    ) -> Vec<Finding> {
        let Asking { rule, shared } = asking;
        let (program, advisor) = (shared.program, shared.advisor());
        let Some(origin) = program.contexts.loop_root(func) else { return Vec::new() };
        let mut by_call: FxHashMap<CallAt, Vec<Weighed<'_>>> = FxHashMap::default();
        let stalls = |effect| self.effects.contains(&effect) && !program.contexts.gives_way(func.file, effect);
        for one in reached.iter().filter(|one| stalls(one.channel.0)) {
            match asking.weigh(func, origin, one) {
                Some(weighed) => by_call.entry(one.witness.call).or_default().push(weighed),
                None => let_go.push((one.witness.call, one.channel.0, "argument")),
            }
        }
        let mut calls: Vec<_> = by_call.into_iter().collect();
        calls.sort_by_key(|(call, _)| *call);
        let mut findings: Vec<Finding> = Vec::new();
        let mut opened: Vec<(Name, usize)> = Vec::new();
        for (call, mut ways) in calls {
            // The worst first, then the surest and the shortest chain.
            ways.sort_by_cached_key(|way| {
                let witness = &way.one.witness;
                (witness.by_name, Reverse(way.severity), Reverse(way.confidence), witness.order(), witness.next.clone(), witness.path)
            });
            let Some(weighed) = ways.first() else { continue };
            let best = weighed.one;
            let (steps, path) = program.effects.steps(func, best.witness.clone(), best.channel);
            let Some(sink) = steps.last().map(|step| step.call) else { continue };
            let chain: Vec<Hop> = steps.iter().map(|step| step.hop(program.input, path)).collect();
            let Some(fact) = program.effects.fact(program.input, sink, path) else { continue };
            if best.channel.0 == Effect::Wait && shared.pools().runs_nothing(program, sink) {
                let_go.extend(ways.iter().map(|way| (call, way.one.channel.0, "nothing to wait for")));
                continue;
            }
            for one in &ways {
                reported.insert((call, one.one.channel.0));
            }
            // What is done with a file is told with its opening, where that stands in the same function.
            let of_file = best.channel.0 == Effect::File && chain.len() == 1;
            let owner = path.rsplit_once('.').map(|(owner, _)| owner);
            if of_file && let Some((_, first)) = opened.iter().find(|(of, _)| Some(of.as_str()) == owner) {
                findings[*first].more_sinks += 1;
                continue;
            }
            if of_file && let Some(of) = program.input.facts_of(call.file).result(path) {
                opened.push((of, findings.len()));
            }
            // Where the library keeps what it gives, or a decorator on the way does, the first call alone stalls.
            let is_kept = |step: &Step| step.to.is_some_and(|to| program.graph.keepers.keep(step.call, to));
            let keeper = steps.iter().position(is_kept).map(|at| (&steps[..=at], true)).or(fact.kept.then_some((&steps[..], false)));
            let kept = keeper.is_some_and(|(asks, any)| origin.confidence < Confidence::High || !shared.origins().asked_anew(asks, any));
            let unlikely = || steps.iter().any(|step| program.effects.is_unlikely(step.call));
            let met = asking.met_by(func, best);
            let run = program.effects.run(program.solution, program.sizes);
            let empty = || program.effects.is_left_empty(run, program.graph, &best.witness, best.channel);
            let tested = || steps.iter().any(|step| step.to.is_some_and(|to| program.contexts.is_of_test(to)));
            let twin = || may_be_loops_own(program, sink, path);
            let far = || origin.is_far(steps.len(), best.channel.0);
            let other = || !receivers::agree(program.solution, func, &steps);
            let doubted = far() || other() || kept || best.witness.by_name || unlikely() || met.is_none() || empty() || tested() || twin();
            let root = Root::through(program, func, origin, &met.unwrap_or_default());
            let sure = if doubted { Confidence::Low } else { program.effects.sure(program.graph, &steps, best.channel.0) };
            let by_others = if std::ptr::eq(root.origin, origin) { Confidence::High } else { root.origin.confidence };
            let confidence = belief::together(weighed.confidence.min(by_others), sure);
            let shown = shown_path(program.input.facts_of(sink.file), path);
            let assumed = program.effects.assumed.fact(path).is_some();
            let own = if best.channel.0 == Effect::Cpu && best.grown.is_some() { heavy_call_on_loop::VERB } else { self.verb };
            let does = advisor.does(sink, fact).unwrap_or(own);
            let verb = if assumed { "is assumed to block" } else { does };
            let through = if chain.len() > 1 { format!("`{}` reaches `{shown}`, which", chain[0].callee) } else { format!("`{shown}`") };
            let draft = Draft {
                severity: weighed.severity,
                confidence,
                message: format!("{through} {verb} on the event loop"),
                why: heavy_call_on_loop::because(
                    weighed.input.as_ref(),
                    if fact.why.is_empty() {
                        format!("`{shown}` {does} and returns only then; nothing else runs on the loop meanwhile")
                    } else {
                        fact.why.clone()
                    },
                ),
                help: advisor.help(Asked {
                    steps: &steps,
                    path,
                    shown: &shown,
                    fact,
                    origin,
                    alone: ways.len() == 1,
                    is_entry: program.contexts.caller_of(func).is_none(),
                }) + heavy_call_on_loop::limit(weighed.input.as_ref()),
                source: fact.source.clone(),
                place: (call.file, chain[0].span),
                chain,
                root: Some(root),
                labels: Vec::new(),
            };
            findings.push(Finding { more_sinks: ways.len() - 1, ..draft.finding(rule) });
        }
        findings
    }
}

/// Whether what the method belongs to may be a class of the same name that can be awaited: a future of the loop's own, which it is on a loop.
fn may_be_loops_own(program: &Program<'_, '_>, call: CallAt, path: Name) -> bool {
    let facts = program.input.facts_of(call.file);
    let Some((own, method)) = path.as_str().rsplit_once('.') else { return false };
    program.graph.externals_of(call).any(|external| {
        let owner = external.path.as_str().rsplit_once('.').filter(|(_, other)| *other == method);
        let twin = |owner: &str| owner != own && last(owner) == last(own) && facts.is_awaitable(crate::base::name(owner));
        owner.is_some_and(|(owner, _)| twin(owner))
    })
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The worst, surest and shortest of the findings that end at the same call.
pub(super) fn best_of_each_sink(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_cached_key(|one| (Reverse(one.severity), Reverse(one.confidence), one.chain.len(), one.file, one.span));
    let mut seen = FxHashSet::default();
    findings.retain(|one| one.chain.last().is_none_or(|hop| seen.insert((hop.file, hop.span))));
    findings
}
