//! See rules/floating-promise.md.

use super::asynchronous::done;
use super::asynchronous::given::Awaitables;
use super::asynchronous::rejected::{Rejected, Rejects, handles};
use super::asynchronous::returned::Returned;
use super::asynchronous::settled::{has_callback, is_deferred, keeps_promise, settles};
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::{Gives, Results};
use crate::finding::{Confidence, Severity};
use crate::ir::Expr;
use crate::link::graph::functions;
use crate::link::{At, CallAt, FuncAt, promise_of};

pub(super) const RULE: Rule = Rule {
    id: "floating-promise",
    group: "async",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/floating-promise.md"),
    check: Check::Uses(check),
};

/// Values of a receiver that may be more than these, at least: what a registry gives.
const MANY: usize = 4;

/// What is right wherever the promise floats.
const ENDED: &str = "end it with `.catch(handler)`; `void` before it says that it may float";

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let awaitables = shared.awaitables();
    let (rejected, returned) = (Rejected::new(program, awaitables), Returned::new(program));
    for (at, call) in told::calls(program).filter(|(_, call)| call.dropped && !call.awaited) {
        let summary = &program.input.summaries[at.file];
        if summary.is_python() {
            continue;
        }
        let Some(floats) = floating(program, awaitables, at) else { continue };
        let owner = told::owner(program, at);
        // A browser goes on after a rejection.
        if program.graph.clients.contains(&at.file) {
            told.clear(rule, program, at, "browser");
            continue;
        }
        if handles(summary, call) {
            told.clear(rule, program, at, "caught");
            continue;
        }
        if floats.func.is_some_and(|func| keeps_promise(program, func)) {
            told.clear(rule, program, at, "kept by the function");
            continue;
        }
        let surely = match floats.func {
            Some(func) => rejected.of(func),
            None => gathered(program, &rejected, at).unwrap_or(Rejects::Shown),
        };
        let rejects = surely > Rejects::Never;
        // A plain function that ends in a handled promise gives one by the way.
        if floats.func.is_some_and(|func| !program.input.func(func).is_async) && !rejects {
            told.clear(rule, program, at, "caught");
            continue;
        }
        let once = told::is_once(program, owner);
        // The test's runner waits for the callback.
        if once == Some("test") && done::tells(program, at, floats.func) {
            told.clear(rule, program, at, "done callback");
            continue;
        }
        let called = match (&floats.each, promise_of(summary, call)) {
            (Some(each), _) => each.clone(),
            (None, Some(_)) => chain_head(program, at),
            (None, None) => told::called(program, at),
        };
        let what = if floats.each.is_some() { "the promises" } else { "the promise" };
        let why = match (rejects, once) {
            (false, _) => "its function catches what it awaits; what comes after this line does not wait for it all the same".to_owned(),
            (true, Some("test")) => "the test is over before it is done, unless it waits in another way, and its failure belongs to no test".to_owned(),
            (true, Some(_)) => "a rejection ends the program: here, where it starts, that may be meant".to_owned(),
            (true, None) => {
                "a rejection reaches no handler: Node ends the process on it unless something listens for `unhandledRejection`, and what comes after this line does not wait".to_owned()
            }
        };
        let inside = program.input.func(owner).is_async;
        let said = Said {
            severity: if rejects && once.is_none_or(|why| why == "test") { rule.severity } else { Severity::Info },
            // A test may wait for the same in another way: for a gate, a count, a time.
            confidence: match surely {
                _ if once == Some("test") || settles(program, awaitables, at) => Confidence::Low,
                Rejects::Perhaps => Confidence::Low,
                _ => Confidence::High,
            },
            message: format!(
                "{what} of `{called}` {} neither awaited, returned nor caught",
                if floats.each.is_some() { "are" } else { "is" }
            ),
            why,
            help: match (&floats.each, inside, once) {
                (Some(_), ..) => "`await Promise.all(...)` of them".to_owned(),
                (None, true, _) => format!("`await` it, or {ENDED}"),
                (None, false, Some("test")) if program.input.func(owner).params.is_empty() => {
                    format!("make the function `async` and `await` it, or {ENDED}")
                }
                (None, false, _) if returned.may(at) => format!("return it, or {ENDED}"),
                (None, false, _) => ENDED.to_owned(),
            },
            source: "https://typescript-eslint.io/rules/no-floating-promises/".to_owned(),
        };
        let gives = floats.func.map_or(called, |func| program.input.func_name(func));
        let mut finding = told::finding(rule, program, at, vec![told::hop(program, at, gives)], said);
        finding.labels.extend(floats.func.map(|func| told::defined(program, func, "gives a promise")));
        told.findings.push(finding);
    }
}

/// What floats.
struct Floats {
    func: Option<FuncAt>,
    /// The call that gives an array of promises, as a person writes it.
    each: Option<String>,
}

fn floating(program: &Program<'_, '_>, awaitables: &Awaitables<'_, '_, '_>, at: CallAt) -> Option<Floats> {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    // `super(...)` in a class that is a promise makes `this`.
    if matches!(summary.exprs[call.callee], Expr::Super(_)) {
        return None;
    }
    // Of what one of many has, those of which nothing is known may have another.
    if let Expr::Attr { base, .. } = summary.exprs[call.callee] {
        let base = At { file: at.file, id: base };
        if program.solution.is_cut(base) && program.solution.values(base).len() > MANY {
            return None;
        }
    }
    if let Some(one) = awaitables.of_call(at) {
        let gives = one.gives == Gives::Promise && !is_deferred(program, at) && (one.func.is_some() || !has_callback(program, at));
        return gives.then_some(Floats { func: one.func, each: None });
    }
    let callback = elements(program, at)?;
    let all = !callback.is_empty() && callback.iter().all(|func| awaitables.of(*func) == Some(Gives::Promise));
    let func = callback.first().copied();
    all.then(|| Floats { func, each: Some(format!("{}()", told::called(program, at))) })
}

/// What makes each element of an array: the callback of `items.map(async (item) => ...)`.
fn elements(program: &Program<'_, '_>, at: CallAt) -> Option<Vec<FuncAt>> {
    let facts = program.input.facts_of(at.file);
    let mut maps = program.graph.externals_of(at).flat_map(|external| facts.invokes(external.path));
    if !maps.any(|invoke| invoke.results == Some(Results::Elements)) {
        return None;
    }
    let call = &program.input.summaries[at.file].calls[at.id];
    call.args.first().map(|arg| functions(program.solution, At { file: at.file, id: arg.value }))
}

/// The surest rejection among promises that a library waits for at once: `Promise.all(items.map(async ...))`.
fn gathered(program: &Program<'_, '_>, rejected: &Rejected<'_, '_, '_, '_>, at: CallAt) -> Option<Rejects> {
    let summary = &program.input.summaries[at.file];
    let mut head = at;
    while let Some(Expr::Call(id)) = promise_of(summary, &summary.calls[head.id]).map(|base| &summary.exprs[base]) {
        head = At { file: at.file, id: *id };
    }
    let facts = program.input.facts_of(at.file);
    if !program.graph.externals_of(head).any(|external| facts.gathers(external.path)) {
        return None;
    }
    let Expr::Call(id) = summary.exprs[summary.calls[head.id].args.first()?.value] else { return None };
    let made = elements(program, At { file: at.file, id }).filter(|made| !made.is_empty())?;
    made.into_iter().map(|func| rejected.of(func)).max()
}

/// The call at the head of a chain of `then`s.
fn chain_head(program: &Program<'_, '_>, at: CallAt) -> String {
    let summary = &program.input.summaries[at.file];
    let mut head = at;
    while let Some(base) = promise_of(summary, &summary.calls[head.id]) {
        match summary.exprs[base] {
            Expr::Call(id) => head = At { file: at.file, id },
            _ => break,
        }
    }
    told::called(program, head)
}
