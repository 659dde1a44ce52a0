//! See rules/floating-promise.md.

use super::asynchronous::done;
use super::asynchronous::given::Awaitables;
use super::asynchronous::rejected::{Rejected, Rejects, chain_head, elements, handles};
use super::asynchronous::returned::Returned;
use super::asynchronous::settled::{has_callback, is_deferred, is_handled, keeps_promise, settles};
use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::Gives;
use crate::finding::{Confidence, Severity};
use crate::ir::Expr;
use crate::link::{At, CallAt, FuncAt, promise_of};

pub(super) const RULE: Rule = Rule {
    id: "floating-promise",
    group: "async",
    severity: Severity::Warning,
    status: Status::Preview,
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
        if program.graph.in_browser(owner) {
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
        if floats.func.is_some_and(|func| is_handled(program, func)) {
            told.clear(rule, program, at, "caught");
            continue;
        }
        let surely = match floats.func {
            Some(func) => rejected.of(func),
            None => rejected.of_gathered(at).unwrap_or(Rejects::Shown),
        };
        let rejects = surely > Rejects::Never;
        // A plain function that ends in a handled promise gives one by the way, and so does `Promise.all` of such.
        let is_async = floats.func.map_or_else(|| rejected.are_of_async(at), |func| program.input.func(func).is_async);
        if !is_async && !rejects {
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
            (None, Some(_)) => told::called(program, chain_head(program, at)),
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
