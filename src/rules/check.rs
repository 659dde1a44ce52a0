//! How the rules are run, and what several of them share.

pub mod draft;
pub mod reaches;
pub mod shared;

use super::{Check, Program, RULES, Rule, Told, catastrophic_regex, cpu, rule_of};
use crate::effects::costs;
use crate::facts::{ContextKind, Effect, Weight};
use crate::finding::{Cleared, Finding};
use crate::link::graph::EdgeKind;
use crate::link::{CallAt, FuncAt};
use reaches::{Asking, best_of_each_sink, ways};
use rustc_hash::FxHashSet;
use shared::Shared;

/// Runs every rule that follows effects or costs, and those of the others that `runs`: what these find rests on nothing else.
#[must_use]
pub fn check(program: &Program<'_, '_>, runs: impl Fn(&Rule) -> bool) -> (Vec<Finding>, Vec<Cleared>) {
    let shared = Shared::new(program);
    let mut told = followed(&shared);
    told.findings.extend(costly(&shared));
    for rule in RULES {
        if let Check::Uses(check) = rule.check
            && runs(rule)
        {
            check(rule, &shared, &mut told);
        }
    }
    told.sorted()
}

/// What the rules find that follow effects: all that another inference of effects changes.
#[must_use]
pub fn check_effects(program: &Program<'_, '_>) -> Vec<Finding> {
    followed(&Shared::new(program)).sorted().0
}

fn followed(shared: &Shared<'_, '_, '_>) -> Told {
    let program = shared.program;
    let (calls, mut let_go) = ways(program);
    let mut findings = Vec::new();
    let mut reported: FxHashSet<(CallAt, Effect)> = FxHashSet::default();
    for (rule, reaches) in RULES.iter().filter_map(|rule| Some((rule, rule.check.reaches()?))) {
        let mut of_rule = Vec::new();
        for func in program.contexts.roots() {
            let reached = calls.get(&func).map_or(&[][..], Vec::as_slice);
            of_rule.extend(reaches.findings(Asking { rule, shared }, func, reached, &mut reported, &mut let_go));
        }
        // A pool's end is changed where it stands, whoever leads there: the best way tells it.
        findings.extend(if reaches.effects.contains(&Effect::Drain) { best_of_each_sink(of_rule) } else { of_rule });
    }
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Patterns)) {
        for func in program.contexts.roots() {
            let of_patterns = calls.get(&func).into_iter().flatten().filter(|one| one.channel.0 == Effect::Regex);
            let of_patterns: Vec<_> = of_patterns.collect();
            reported.extend(of_patterns.iter().map(|one| (one.witness.call, Effect::Regex)));
            findings.extend(catastrophic_regex::findings(rule, program, shared.origins(), func, &of_patterns));
        }
    }
    Told { findings, cleared: clear(program, &let_go, &reported) }
}

/// What rules say that rest on costs.
fn costly(shared: &Shared<'_, '_, '_>) -> Vec<Finding> {
    let program = shared.program;
    let runs = |func| program.contexts.origin(func, ContextKind::Loop).is_some();
    let costs = costs::infer(
        program.effects.run(program.solution, program.sizes),
        program.solution,
        program.graph,
        program.sizes,
        shared.pauses(),
        runs,
    );
    let rules = RULES.iter().filter_map(|rule| match rule.check {
        Check::Costs(judge) => Some((rule, judge)),
        _ => None,
    });
    rules.flat_map(|(rule, judge)| cpu::judged::findings(rule, program, shared.origins(), &costs, judge)).collect()
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
        if program.contexts.is_of_test(from) {
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
