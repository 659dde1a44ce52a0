//! See rules/unhandled-handler-rejection.md.

use super::asynchronous::rejected::{Rejected, Rejects};
use super::asynchronous::taken::taken;
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::{Entry, Rejections};
use crate::finding::{Confidence, Severity};
use crate::ir::{CallKind, Expr, ExprId};
use crate::link::graph::{argument, functions};
use crate::link::{At, CallAt, FuncAt, first_text};
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "unhandled-handler-rejection",
    group: "async",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/unhandled-handler-rejection.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    let rejected = Rejected::new(program, awaitables);
    let wrapped = wrapped(program);
    let taken = taken(program);
    let mut reported: FxHashSet<(CallAt, FuncAt)> = FxHashSet::default();
    for external in &program.graph.externals {
        let file = external.call.file;
        let (facts, summary) = (program.input.facts_of(file), &program.input.summaries[file]);
        let call = &summary.calls[external.call.id];
        if call.kind == CallKind::Decorate {
            continue;
        }
        for entry in facts.registrations(external.path).iter().filter(|entry| entry.takes(first_text(summary, call))) {
            let Some(rejections) = &entry.rejections else { continue };
            if let Some(reason) = taken_care_of(program, external.call, rejections) {
                told.clear(rule, program, external.call, reason);
                continue;
            }
            for arg in argument(call, entry.which) {
                for func in given(program, external.call, arg.value) {
                    let function = program.input.func(func);
                    if !function.is_async || function.is_generator || !reported.insert((external.call, func)) {
                        continue;
                    }
                    if wrapped.contains(&func) {
                        told.clear(rule, program, external.call, "wrapped");
                    } else if rejected.of(func) == Rejects::Never {
                        told.clear(rule, program, external.call, "caught");
                    } else if told::is_test(program, told::owner(program, external.call)) {
                        told.clear(rule, program, external.call, "test");
                    } else {
                        let so = if taken { rejections.so.clone() } else { format!("{}, and Node ends the process", rejections.so) };
                        // Of those read in real code that await nothing known to fail, none was true.
                        let sure = if rejected.of(func) == Rejects::Shown { Confidence::High } else { Confidence::Low };
                        report(rule, program, told, external.call, func, (entry, rejections, &so, sure));
                    }
                }
            }
        }
    }
}

/// Functions that an argument hands to the framework as they are: what a wrapper makes of one is the wrapper's.
fn given(program: &Program<'_, '_>, call: CallAt, value: ExprId) -> Vec<FuncAt> {
    let summary = &program.input.summaries[call.file];
    match &summary.exprs[value] {
        Expr::List(items) => items.iter().flat_map(|item| given(program, call, *item)).collect(),
        Expr::Call(id) if program.graph.externals_of(At { file: call.file, id: *id }).next().is_some() => Vec::new(),
        _ => functions(program.solution, At { file: call.file, id: value }),
    }
}

/// Functions that are given to a library's call that gives them back: it may have put something around them.
fn wrapped(program: &Program<'_, '_>) -> FxHashSet<FuncAt> {
    let mut found = FxHashSet::default();
    for external in &program.graph.externals {
        let file = external.call.file;
        if let Some(which) = program.input.facts_of(file).wraps(external.path) {
            let call = &program.input.summaries[file].calls[external.call.id];
            let args = argument(call, which).into_iter();
            found.extend(args.flat_map(|arg| functions(program.solution, At { file, id: arg.value })));
        }
    }
    found
}

/// Why a rejection is taken care of, or nothing is known of the release.
fn taken_care_of(program: &Program<'_, '_>, call: CallAt, rejections: &Rejections) -> Option<&'static str> {
    let input = program.input;
    let loads = |expr: &Expr| match expr {
        Expr::Module(module) | Expr::Imported { module, .. } => rejections.unless.iter().any(|one| one == module.as_str()),
        _ => false,
    };
    let patched = || input.summaries.iter().any(|summary| summary.exprs.iter().any(loads));
    if let (Some(package), Some(below)) = (&rejections.package, rejections.below) {
        match input.modules.major(&input.sources[call.file].path, package) {
            Some(major) if major < below => {}
            Some(_) => return Some("release"),
            None => return Some("release unknown"),
        }
    }
    (!rejections.unless.is_empty() && patched()).then_some("patched")
}

/// A finding of a handler, by the entry that makes it one, what is known of its rejections, what comes of one, and how sure that is.
fn report(
    rule: &Rule,
    program: &Program<'_, '_>,
    told: &mut Told,
    at: CallAt,
    func: FuncAt,
    (entry, rejections, so, confidence): (&Entry, &Rejections, &str, Confidence),
) {
    let label = &entry.label;
    let name = &program.input.func(func).name;
    let shown = if name.starts_with('<') { "an asynchronous function".to_owned() } else { format!("`{name}`") };
    let said = Said {
        severity: rule.severity,
        confidence,
        message: format!("{shown} is a handler whose rejection nobody takes care of: {so}"),
        why: format!("the {label} is called, and the promise that it gives is dropped"),
        help: if rejections.package.is_some() {
            "catch it: `try { ... } catch (error) { next(error) }`, or wrap the handler once: `(req, res, next) => handler(req, res, next).catch(next)`"
        } else {
            "put the body into `try { ... } catch (error) { ... }` and answer the request there"
        }
        .to_owned(),
        source: "https://expressjs.com/en/guide/error-handling.html".to_owned(),
    };
    let mut finding = told::finding(rule, program, at, Vec::new(), said);
    finding.labels.push(told::defined(program, func, "the handler"));
    told.findings.push(finding);
}
