//! The rules: one line each; a rule's prose is `rules/<id>.md`.

mod async_callback_ignored;
mod async_function_offloaded;
mod async_in_name_only;
pub mod asynchronous;
mod await_in_loop;
mod blocking_database_call;
mod blocking_file_io;
mod blocking_module_load;
mod blocking_network_io;
mod blocking_sleep;
mod blocking_stdin;
mod blocking_subprocess;
mod blocking_wait;
mod busy_wait;
mod called_before_offload;
mod catastrophic_regex;
pub mod cpu;
mod cpu_bound_thread;
mod cpu_loop_on_loop;
mod cpu_recursion_on_loop;
mod dangling_task;
mod endless_default_executor_task;
mod executor_exit_on_loop;
mod executor_per_call;
mod floating_promise;
mod fork_after_threads;
pub mod gil;
mod gil_held_offload;
mod heavy_call_on_loop;
mod large_process_payload;
mod loop_touched_from_thread;
mod missing_main_guard;
mod nested_event_loop;
mod nested_pools;
mod polling_thread;
mod processes_for_io;
mod quadratic_work;
mod query_in_loop;
mod thread_local_in_async;
mod thread_lock_across_await;
pub mod threads;
mod unawaited_coroutine;
mod unbounded_fan_out;
mod unclosed_pool;
mod unhandled_handler_rejection;
mod unpicklable_process_target;
mod unused_ignore;

use crate::advice::{Advisor, Asked};
use crate::base::{FileId, Name};
use crate::config::{RuleKind, Target};
use crate::contexts::{Contexts, Origin as Root};
use crate::effects::conditions::{Callers, is_way_out};
use crate::effects::grown::Grown;
use crate::effects::patterns::Patterns;
use crate::effects::pauses::Pauses;
use crate::effects::sizes::Sizes;
use crate::effects::{Channel, Effects, Witness, costs, shown_path};
use crate::facts::{ContextKind, Effect, Weight};
use crate::finding::{Cleared, Confidence, Finding, Hop, Severity};
use crate::link::graph::{Edge, EdgeKind, Graph};
use crate::link::{CallAt, FuncAt, Input, Solution};
use cpu::origin::{Origin, Origins};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Kebab-case, stable.
    pub id: &'static str,
    /// Its group.
    pub group: &'static str,
    /// How bad a finding is, before weights.
    pub severity: Severity,
    /// Whether it is reported without being asked for.
    pub status: Status,
    /// Its page.
    pub page: &'static str,
    /// What it looks for.
    pub check: Check,
}

impl Rule {
    /// Whether `asked` names this rule or its group.
    #[must_use]
    pub fn is(&self, asked: &str) -> bool {
        self.id == asked || self.group == asked
    }

    /// What the configuration needs to know of it.
    #[must_use]
    pub fn kind(&self) -> RuleKind {
        RuleKind { id: self.id, group: self.group, severity: self.severity, preview: self.status == Status::Preview }
    }
}

/// Whether a rule is reported without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Stable,
    /// Its false alarms on real code have not been counted, or are too many: who names it, or asks for `preview`, gets it.
    Preview,
}

/// How a rule finds what it reports.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// By the effects that are reached on a loop.
    Reaches(Reaches),
    /// By the regular expressions that are applied on a loop.
    Patterns,
    /// By what it costs to run the functions of a loop.
    Costs(fn(&Program<'_, '_>, &cpu::judged::Judged<'_>) -> Option<cpu::judged::Verdict>),
    /// By what functions, values and calls are used for.
    Uses(fn(&Rule, &Program<'_, '_>, &mut Told)),
    /// By what pools, threads and processes are used for.
    Pools(fn(&Rule, &Program<'_, '_>, &gil::pools::Pools<'_>, &mut Told)),
    /// By what comments did, once all other rules have run.
    Comments,
}

impl Check {
    fn reaches(self) -> Option<Reaches> {
        match self {
            Self::Reaches(reaches) => Some(reaches),
            Self::Patterns | Self::Costs(_) | Self::Uses(_) | Self::Pools(_) | Self::Comments => None,
        }
    }
}

/// On a loop, an effect is reached without crossing a boundary.
#[derive(Clone, Copy, Debug)]
pub struct Reaches {
    /// The effects.
    pub effects: &'static [Effect],
    /// What such a call does.
    pub verb: &'static str,
}

/// All rules.
pub const RULES: &[Rule] = &[
    blocking_sleep::RULE,
    blocking_network_io::RULE,
    blocking_database_call::RULE,
    blocking_subprocess::RULE,
    blocking_file_io::RULE,
    blocking_wait::RULE,
    blocking_stdin::RULE,
    blocking_module_load::RULE,
    catastrophic_regex::RULE,
    cpu_loop_on_loop::RULE,
    cpu_recursion_on_loop::RULE,
    heavy_call_on_loop::RULE,
    quadratic_work::RULE,
    busy_wait::RULE,
    unawaited_coroutine::RULE,
    dangling_task::RULE,
    floating_promise::RULE,
    async_callback_ignored::RULE,
    nested_event_loop::RULE,
    called_before_offload::RULE,
    async_function_offloaded::RULE,
    unhandled_handler_rejection::RULE,
    query_in_loop::RULE,
    await_in_loop::RULE,
    unbounded_fan_out::RULE,
    async_in_name_only::RULE,
    gil_held_offload::RULE,
    cpu_bound_thread::RULE,
    thread_lock_across_await::RULE,
    loop_touched_from_thread::RULE,
    thread_local_in_async::RULE,
    polling_thread::RULE,
    executor_per_call::RULE,
    executor_exit_on_loop::RULE,
    unclosed_pool::RULE,
    unpicklable_process_target::RULE,
    fork_after_threads::RULE,
    missing_main_guard::RULE,
    nested_pools::RULE,
    endless_default_executor_task::RULE,
    processes_for_io::RULE,
    large_process_payload::RULE,
    unused_ignore::RULE,
];

/// All rules as the configuration sees them.
#[must_use]
pub fn kinds() -> Vec<RuleKind> {
    RULES.iter().map(Rule::kind).collect()
}

/// The rule with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// What rules read: the finished analysis.
pub struct Program<'a, 'b> {
    /// Sources, summaries, facts.
    pub input: Input<'a>,
    /// Values.
    pub solution: &'b Solution<'a>,
    /// Calls.
    pub graph: &'b Graph,
    /// Effects.
    pub effects: &'b Effects,
    /// Contexts.
    pub contexts: &'b Contexts,
    /// Sizes of values.
    pub sizes: &'b Sizes<'a, 'b>,
    /// Regular expressions that take long.
    pub patterns: &'b Patterns,
    /// What each file runs on.
    pub targets: &'b IndexVec<FileId, Target>,
}

impl Program<'_, '_> {
    /// Whether a call of a function leads to an effect, with the arguments that it gives.
    #[must_use]
    pub fn reaches(&self, edge: &Edge, channel: Channel) -> bool {
        !self.effects.reached(self.solution, self.sizes, edge, channel).is_empty()
    }
}

/// What rules tell: findings, and what they looked at and let go.
#[derive(Debug, Default)]
pub struct Told {
    /// Findings.
    pub findings: Vec<Finding>,
    /// What was let go.
    pub cleared: Vec<Cleared>,
}

impl Told {
    /// A rule looked at a call and let it go.
    pub fn clear(&mut self, rule: &Rule, program: &Program<'_, '_>, call: CallAt, reason: &str) {
        let span = program.input.summaries[call.file].calls[call.id].span;
        self.cleared.push(Cleared { rule: rule.id, file: call.file, span, reason: reason.to_owned() });
    }

    fn sorted(mut self) -> (Vec<Finding>, Vec<Cleared>) {
        self.findings.sort_by_key(Finding::order);
        self.cleared.sort_by_key(|one| (one.file, one.span, one.rule));
        self.cleared.dedup();
        (self.findings, self.cleared)
    }
}

/// Runs every rule.
#[must_use]
pub fn check(program: &Program<'_, '_>) -> (Vec<Finding>, Vec<Cleared>) {
    let mut calls: FxHashMap<FuncAt, Vec<Reached>> = FxHashMap::default();
    let mut let_go = Vec::new();
    for sink in program.effects.sinks.iter().filter(|sink| sink.harmless.is_none()) {
        let witness =
            Witness { call: sink.call, next: None, weight: sink.channel.1, path: sink.path, distance: 1, by_name: false, widest: 1 };
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
    let advisor = Advisor::new(program.solution, program.graph);
    let callers = Callers::read(program.graph);
    let origins = Origins::new(program);
    let mut findings = Vec::new();
    let mut reported: FxHashSet<(CallAt, Effect)> = FxHashSet::default();
    for (rule, reaches) in RULES.iter().filter_map(|rule| Some((rule, rule.check.reaches()?))) {
        let mut of_rule = Vec::new();
        for func in program.contexts.roots() {
            let reached = calls.get(&func).map_or(&[][..], Vec::as_slice);
            let asked = Asking { rule, program, advisor: &advisor, origins: &origins, callers: &callers };
            of_rule.extend(reaches.findings(asked, func, reached, &mut reported, &mut let_go));
        }
        // A pool's end is changed where it stands, whoever leads there: the best way tells it.
        findings.extend(if reaches.effects.contains(&Effect::Drain) { best_of_each_sink(of_rule) } else { of_rule });
    }
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Patterns)) {
        for func in program.contexts.roots() {
            let of_patterns = calls.get(&func).into_iter().flatten().filter(|one| one.channel.0 == Effect::Regex);
            let of_patterns: Vec<&Reached> = of_patterns.collect();
            reported.extend(of_patterns.iter().map(|one| (one.witness.call, Effect::Regex)));
            findings.extend(catastrophic_regex::findings(rule, program, &origins, func, &of_patterns));
        }
    }
    findings.extend(costly(program, &origins));
    let mut told = Told { findings, cleared: clear(program, &let_go, &reported) };
    let pools = gil::pools::Pools::read(program);
    for rule in RULES {
        match rule.check {
            Check::Uses(check) => check(rule, program, &mut told),
            Check::Pools(check) => check(rule, program, &pools, &mut told),
            _ => {}
        }
    }
    told.sorted()
}

/// The worst, surest and shortest of the findings that end at the same call.
fn best_of_each_sink(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_cached_key(|one| (Reverse(one.severity), Reverse(one.confidence), one.chain.len(), one.file, one.span));
    let mut seen = FxHashSet::default();
    findings.retain(|one| one.chain.last().is_none_or(|hop| seen.insert((hop.file, hop.span))));
    findings
}

/// What rules say that rest on costs.
fn costly(program: &Program<'_, '_>, origins: &Origins<'_, '_, '_>) -> Vec<Finding> {
    let pauses = Pauses::infer(program.input, program.graph);
    let runs = |func| program.contexts.origin(func, ContextKind::Loop).is_some();
    let costs =
        costs::infer(program.effects.run(program.solution, program.sizes), program.solution, program.graph, program.sizes, &pauses, runs);
    let rules = RULES.iter().filter_map(|rule| match rule.check {
        Check::Costs(judge) => Some((rule, judge)),
        _ => None,
    });
    rules.flat_map(|(rule, judge)| cpu::judged::findings(rule, program, origins, &costs, judge)).collect()
}

struct Reached {
    witness: Witness,
    channel: Channel,
    /// What decides how long it takes, in the function that makes the call.
    grown: Option<Grown>,
}

/// What a rule that follows effects asks.
#[derive(Clone, Copy)]
struct Asking<'p, 'a, 'b> {
    rule: &'p Rule,
    program: &'p Program<'a, 'b>,
    advisor: &'p Advisor<'a, 'b>,
    origins: &'p Origins<'p, 'a, 'b>,
    callers: &'p Callers<'p>,
}

/// A way to an effect, with what is made of it.
struct Weighed<'r> {
    one: &'r Reached,
    severity: Severity,
    confidence: Confidence,
    /// Where the input comes from that decides how long it takes.
    input: Option<Origin>,
}

impl Asking<'_, '_, '_> {
    /// Whether no caller here gives the function what the way to the effect asks of its parameters.
    fn is_unmet(&self, func: FuncAt, one: &Reached) -> bool {
        let Program { effects, solution, sizes, graph, contexts, .. } = self.program;
        effects.is_unmet(effects.run(solution, sizes), graph, self.callers, func, &one.witness, &|func| contexts.is_entry(func))
    }

    /// How bad one way to an effect is; none where what is given is small.
    fn weigh<'r>(&self, func: FuncAt, root: &Root, one: &'r Reached) -> Option<Weighed<'r>> {
        let light = one.channel.1 == Weight::Light;
        let severity = if light { Severity::Info } else { self.rule.severity };
        let input = one.grown.map(|grown| self.origins.of(func, grown.input.size()));
        let (severity, most) = match (one.grown, &input) {
            (Some(grown), Some(input)) => heavy_call_on_loop::weigh(grown.work, light, input)?,
            _ => (severity, Confidence::High),
        };
        let confidence = if one.witness.by_name { Confidence::Low } else { root.confidence.min(most) };
        Some(Weighed { one, severity, confidence, input })
    }
}

impl Reaches {
    fn findings(
        self,
        asking: Asking<'_, '_, '_>,
        func: FuncAt,
        reached: &[Reached],
        reported: &mut FxHashSet<(CallAt, Effect)>,
        let_go: &mut Vec<(CallAt, Effect, &'static str)>,
    ) -> Vec<Finding> {
        let Asking { rule, program, advisor, .. } = asking;
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
                let order = (Reverse(way.severity), Reverse(way.confidence), Reverse(witness.sure()), witness.distance);
                (witness.by_name, order, witness.next.clone(), witness.path)
            });
            let Some(weighed) = ways.first() else { continue };
            let best = weighed.one;
            let (steps, path) = program.effects.steps(func, best.witness.clone(), best.channel);
            let Some(sink) = steps.last().map(|step| step.call) else { continue };
            let chain: Vec<Hop> = steps.iter().map(|step| step.hop(program.input, path)).collect();
            let Some(fact) = program.effects.fact(program.input, sink, path) else { continue };
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
            // Where the library keeps what it gives, the first call alone stalls.
            let kept = fact.kept && !(origin.confidence == Confidence::High && asking.origins.asked_anew(&steps));
            let way_out = || steps.iter().any(|step| is_way_out(program.input, step.call));
            let doubted = kept || best.witness.by_name || way_out() || asking.is_unmet(func, best);
            let sure = if doubted { Confidence::Low } else { program.effects.sure(program.graph, &steps, best.channel.0) };
            let confidence = weighed.confidence.min(sure);
            let shown = shown_path(program.input.facts_of(sink.file), path);
            let assumed = program.effects.assumed.fact(path).is_some();
            let own = if best.channel.0 == Effect::Cpu && best.grown.is_some() { heavy_call_on_loop::VERB } else { self.verb };
            let does = advisor.does(sink, fact).unwrap_or(own);
            let verb = if assumed { "is assumed to block" } else { does };
            let through = if chain.len() > 1 { format!("`{}` reaches `{shown}`, which", chain[0].callee) } else { format!("`{shown}`") };
            findings.push(Finding {
                rule: rule.id,
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
                source_url: fact.source.clone(),
                entry: origin.label.clone(),
                entry_file: origin.file,
                entry_span: origin.span,
                way: program.contexts.way_to(func).into_iter().map(|func| program.input.func_name(func)).collect(),
                more_sinks: ways.len() - 1,
                labels: Vec::new(),
                file: call.file,
                span: chain[0].span,
                chain,
            });
        }
        findings
    }
}

/// The rule that reports an effect.
#[must_use]
pub fn rule_of(effect: Effect) -> Option<&'static str> {
    let reports = |rule: &&Rule| match rule.check {
        Check::Reaches(reaches) => reaches.effects.contains(&effect),
        Check::Patterns => effect == Effect::Regex,
        Check::Costs(_) | Check::Uses(_) | Check::Pools(_) | Check::Comments => false,
    };
    RULES.iter().find(reports).map(|rule| rule.id)
}

/// What was looked at and let go, with the reason.
fn clear(program: &Program<'_, '_>, let_go: &[(CallAt, Effect, &'static str)], reported: &FxHashSet<(CallAt, Effect)>) -> Vec<Cleared> {
    let input = program.input;
    let mut cleared = Vec::new();
    let mut push = |call: CallAt, effect: Effect, reason: &str| {
        if let Some(rule) = rule_of(effect)
            && !reported.contains(&(call, effect))
        {
            let span = input.summaries[call.file].calls[call.id].span;
            cleared.push(Cleared { rule, file: call.file, span, reason: reason.to_owned() });
        }
    };
    for (call, effect, reason) in let_go {
        push(*call, *effect, reason);
    }
    let reason_at = |call: CallAt, from: FuncAt, effect| {
        let on = |kind| program.contexts.origin(from, kind).is_some();
        let guarded = input.summaries[call.file].calls[call.id].main_guard;
        if on(ContextKind::Test) {
            Some("test")
        } else if on(ContextKind::Loop) {
            program.contexts.gives_way(from.file, effect).then_some("monkey patch")
        } else if on(ContextKind::Thread) || on(ContextKind::Process) {
            Some("worker thread")
        } else if on(ContextKind::Script) || guarded {
            Some("script")
        } else if on(ContextKind::Startup) {
            Some("start-up")
        } else {
            Some("not reached")
        }
    };
    for sink in &program.effects.sinks {
        if let Some(reason) = sink.harmless.or_else(|| reason_at(sink.call, sink.from, sink.channel.0)) {
            push(sink.call, sink.channel.0, reason);
        }
    }
    for edge in program.graph.edges.iter().filter(|edge| matches!(edge.kind, EdgeKind::Direct | EdgeKind::OffLoop)) {
        for effect in program.effects.of(edge.to).iter().copied() {
            let reaches = [Weight::Light, Weight::Heavy].iter().any(|weight| program.reaches(edge, (effect, *weight)));
            let assumed = program.effects.assumed.nonblocking.contains(&edge.from).then_some("assumed");
            let checked = (edge.kind == EdgeKind::OffLoop).then_some("loop check").or(assumed);
            if reaches && let Some(reason) = checked.or_else(|| reason_at(edge.call, edge.from, effect)) {
                push(edge.call, effect, reason);
            }
        }
    }
    cleared
}
