//! See rules/async-in-name-only.md.

use super::asynchronous::told::{self, Said};
use super::cpu::origin::{Origin, Origins};
use super::{Check, Program, Rule, Status, Told, heavy_call_on_loop};
use crate::facts::{ContextKind, Operand};
use crate::finding::{Confidence, Finding, Severity};
use crate::link::graph::External;
use crate::link::{At, FuncAt};
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "async-in-name-only",
    group: "async",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/async-in-name-only.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, program: &Program<'_, '_>, told: &mut Told) {
    let origins = Origins::new(program);
    for external in &program.graph.externals {
        let (call, facts) = (external.call, program.input.facts_of(external.call.file));
        let Some(fact) = facts.promise(external.path) else { continue };
        let Some(computes) = &fact.computes else { continue };
        let Some(origin) = program.contexts.origin(external.from, ContextKind::Loop) else {
            told.clear(rule, program, call, told::is_once(program, external.from).unwrap_or("not reached"));
            continue;
        };
        let sized = facts.call(external.path).is_some_and(|fact| fact.grows.is_some());
        let input = sized.then(|| input(program, &origins, external));
        if matches!(input, Some(Origin::Bounded | Origin::Head(_))) {
            told.clear(rule, program, call, "argument");
            continue;
        }
        let confidence = if input == Some(Origin::Unknown) { Confidence::Low } else { origin.confidence };
        let shown = crate::effects::shown_path(facts, external.path);
        let said = Said {
            severity: rule.severity,
            confidence,
            message: format!("`{shown}` is asynchronous in name only: it {computes} on the event loop"),
            why: "a promise does not move work elsewhere: what computes in JavaScript or Python computes on the loop's own thread"
                .to_owned(),
            help: fact.instead.clone(),
            source: fact.source.clone(),
        };
        let hop = told::hop(program, call, shown);
        told.findings.push(told::finding(rule, program, call, vec![hop], said));
    }
    let heavy: Vec<Finding> = told.findings.iter().filter(|one| one.rule == heavy_call_on_loop::RULE.id).cloned().collect();
    let mut seen: FxHashSet<FuncAt> = FxHashSet::default();
    for finding in heavy.iter().filter(|one| one.severity >= Severity::Error) {
        let summary = &program.input.summaries[finding.file];
        let id = summary.calls.iter().find(|call| call.span == finding.span).map(|call| call.func);
        let Some(func) = id.map(|id| At { file: finding.file, id }) else { continue };
        let function = program.input.func(func);
        let awaits = summary.awaits.iter().any(|(of, _)| *of == func.id) || function.is_generator;
        if !function.is_async || awaits || !seen.insert(func) {
            continue;
        }
        let python = summary.is_python();
        let last = finding.chain.last().map_or("", |hop| hop.callee.as_str());
        let said = Said {
            severity: rule.severity,
            confidence: finding.confidence,
            message: format!("`{}` is asynchronous in name only: it computes (`{last}`) and awaits nothing", function.name),
            why: "who awaits it gives the loop to nobody: it runs from its first line to its last without a pause".to_owned(),
            help: if python {
                format!("make `{}` a plain `def`, so that callers and frameworks hand it to a thread or a process", function.name)
            } else {
                format!("compute in a worker thread and await that in `{}`", function.name)
            },
            source: finding.source_url.clone(),
        };
        told.findings.push(told::at(rule, program, func, function.name_span, Vec::new(), said));
    }
}

/// Where what a call is given comes from, whose size decides how long it takes.
fn input(program: &Program<'_, '_>, origins: &Origins<'_, '_, '_>, external: &External) -> Origin {
    let file = external.call.file;
    let operand =
        program.input.facts_of(file).call(external.path).and_then(|fact| fact.grows).map_or(Operand::Argument(0), |given| given.operand);
    match program.sizes.operand(external.call, operand) {
        Some(id) => origins.of(external.from, program.sizes.trace(At { file, id }, external.from).size),
        None => Origin::Unknown,
    }
}
