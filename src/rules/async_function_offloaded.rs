//! See rules/async-function-offloaded.md.

use super::asynchronous::told::{self, Said};
use super::check::shared::Shared;
use super::{Check, Program, Rule, Status, Told};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Severity};
use crate::ir::{CallKind, Expr, ExprId, ModuleSummary, Test};
use crate::link::graph::{Edge, EdgeKind};
use crate::link::kinds::is_coroutine;
use crate::link::{At, CallAt, FuncAt};
use std::collections::BTreeMap;

pub(super) const RULE: Rule = Rule {
    id: "async-function-offloaded",
    group: "async",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/async-function-offloaded.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let mut moved: BTreeMap<CallAt, Vec<&Edge>> = BTreeMap::new();
    for edge in program.graph.edges.iter().filter(|edge| edge.offset.is_none()) {
        if matches!(edge.kind, EdgeKind::Moved(ContextKind::Thread | ContextKind::Process)) {
            moved.entry(edge.call).or_default().push(edge);
        }
    }
    for (at, edges) in moved {
        let summary = &program.input.summaries[at.file];
        let call = &summary.calls[at.id];
        let facts = program.input.facts_of(at.file);
        let takes_both = || program.graph.externals_of(at).any(|one| facts.boundary(one.path).is_some_and(|boundary| boundary.coroutines));
        if !summary.is_python() || call.kind != CallKind::Call || takes_both() {
            continue;
        }
        let runs_nothing =
            |edge: &&Edge| is_coroutine(program.solution, edge.to) == Some(true) && !program.graph.wrappers.contains_key(&edge.to);
        if !edges.iter().all(runs_nothing) {
            if edges.iter().any(|edge| !program.input.func(edge.to).is_async) {
                told.clear(rule, program, at, "a plain function");
            }
            continue;
        }
        let Some(func) = edges.first().map(|edge| edge.to) else { continue };
        if asked_about(program, at) || edges.iter().any(|edge| program.input.func(edge.to).span.contains(call.span.start)) {
            told.clear(rule, program, at, "asked");
            continue;
        }
        // Written as a value, or handed on by a helper that is called with it.
        let written = call.args.iter().any(|arg| !matches!(summary.exprs[arg.value], Expr::Call(_)));
        if written {
            report(rule, program, told, at, func, edges.len());
        }
    }
}

/// Whether the call stands under a test that asks about what it is given, in a way of which nothing is known: `if fits(handler)`.
/// Where a test tells coroutine functions from others, the graph has only those that it lets through.
fn asked_about(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    let given = |id: ExprId| call.args.iter().any(|arg| is_same(summary, arg.value, id));
    // `iscoroutinefunction(handler.__call__)` asks about the handler.
    let asked = |id: ExprId| match &summary.exprs[id] {
        Expr::Attr { base, .. } => given(id) || given(*base),
        _ => given(id),
    };
    let asks = |id: &crate::ir::CallId| summary.calls[*id].args.iter().any(|arg| asked(arg.value));
    let mut guards = std::iter::successors(call.guard, |id| summary.guards[*id].outer);
    guards.any(|id| match summary.guards[id].test {
        _ if program.graph.kinds.is_known(At { file: at.file, id }) => false,
        Test::Call(id) => asks(&id),
        Test::Var(var, _) => program.solution.assigned(at.file, var).iter().any(|id| match &summary.exprs[*id] {
            Expr::Call(id) => asks(id),
            _ => false,
        }),
        _ => false,
    })
}

/// Whether two expressions are written alike: a variable, or an attribute of what is.
fn is_same(summary: &ModuleSummary, one: ExprId, other: ExprId) -> bool {
    match (&summary.exprs[one], &summary.exprs[other]) {
        (Expr::Attr { base: one, name }, Expr::Attr { base: other, name: same }) => name == same && is_same(summary, *one, *other),
        (one, other) => one == other,
    }
}

fn report(rule: &Rule, program: &Program<'_, '_>, told: &mut Told, at: CallAt, func: FuncAt, candidates: usize) {
    let called = told::called(program, at);
    let name = program.input.func(func).name;
    let on_loop = program.input.func(told::owner(program, at)).is_async;
    let said = Said {
        severity: rule.severity,
        confidence: if candidates == 1 { Confidence::High } else { Confidence::Medium },
        message: format!("`{called}` is given `{name}`, a coroutine function: the thread makes a coroutine and runs nothing of it"),
        why: "a thread calls what it is given; calling a coroutine function gives a coroutine, and no loop awaits it there".to_owned(),
        help: if on_loop {
            format!("`await {name}(...)`, or make `{name}` a plain `def` if it blocks")
        } else {
            format!("give the thread a plain function that runs it: `lambda: asyncio.run({name}(...))`")
        },
        source: "https://docs.python.org/3/library/asyncio-task.html#coroutines".to_owned(),
    };
    let mut finding = told::finding(rule, program, at, Vec::new(), said);
    finding.labels.push(told::defined(program, func, "a coroutine function"));
    told.findings.push(finding);
}
