//! See rules/async-in-name-only.md.

use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::cpu::origin::{Origin, Origins};
use super::{Check, Program, Rule, Status, Told};
use crate::facts::{ContextKind, Operand};
use crate::finding::{Confidence, Severity};
use crate::link::At;
use crate::link::graph::External;

pub(super) const RULE: Rule = Rule {
    id: "async-in-name-only",
    group: "async",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/async-in-name-only.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let origins = shared.origins();
    for external in &program.graph.externals {
        let (call, facts) = (external.call, program.input.facts_of(external.call.file));
        let Some(fact) = facts.promise(external.path) else { continue };
        let Some(computes) = &fact.computes else { continue };
        let Some(origin) = program.contexts.origin(external.from, ContextKind::Loop) else {
            told.clear(rule, program, call, told::is_once(program, external.from).unwrap_or("not reached"));
            continue;
        };
        let sized = facts.call(external.path).is_some_and(|fact| fact.grows.is_some());
        let input = sized.then(|| input(program, origins, external));
        if matches!(input, Some(Origin::Bounded | Origin::Head(_))) {
            told.clear(rule, program, call, "argument");
            continue;
        }
        // `try { bcrypt = require("@node-rs/bcrypt") } catch { bcrypt = require("bcryptjs") }`
        let also = |path| program.input.facts_of(call.file).promise(path).is_some_and(|fact| fact.computes.is_some());
        let doubted = program.graph.externals_of(call).any(|other| !also(other.path));
        let confidence = if doubted || input == Some(Origin::Unknown) { Confidence::Low } else { origin.confidence };
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
