//! See rules/endless-default-executor-task.md.

use super::check::shared::Shared;
use super::gil::told::Said;
use super::{Check, Program, Rule, Status, Told};
use crate::base::Span;
use crate::effects::shown_path;
use crate::facts::ContextKind;
use crate::finding::{Confidence, Label, Severity};
use crate::link::FuncAt;
use crate::link::graph::EdgeKind;

pub(super) const RULE: Rule = Rule {
    id: "endless-default-executor-task",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/endless-default-executor-task.md"),
    check: Check::Uses(check),
};

/// Calls that are followed from the task to the loop.
const DEEPEST: usize = 3;

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    for task in pools.tasks.iter().filter(|task| task.shared) {
        let moved = program.graph.edges_of(task.call).filter(|edge| matches!(edge.kind, EdgeKind::Moved(_)));
        let functions: Vec<FuncAt> = moved.map(|edge| edge.to).collect();
        // Where it may be one of several, all of them have to be endless.
        let endless: Option<Vec<_>> = functions.iter().map(|func| endless(program, *func, DEEPEST)).collect();
        let Some((func, (at, span))) = endless.and_then(|all| Some((*functions.first()?, *all.first()?))) else {
            told.clear(rule, program, task.call, "ends");
            continue;
        };
        if program.contexts.is_of_test(task.from) {
            told.clear(rule, program, task.call, "test");
            continue;
        }
        let (name, shown) = (program.input.func_name(func), shown_path(program.input.facts_of(task.call.file), task.path));
        let said = Said {
            call: task.call,
            path: task.path,
            root: program.contexts.origin(task.from, ContextKind::Loop).map(|origin| (ContextKind::Loop, origin)),
            severity: RULE.severity,
            confidence: if functions.len() == 1 { Confidence::High } else { Confidence::Medium },
            message: format!("`{name}` never ends, and keeps one of the threads that `{shown}` shares with all others"),
            why: "these threads are few and meant for short work; one that never ends is lost to it, and the program waits for it when it ends".to_owned(),
            help: format!("give it a thread of its own: `threading.Thread(target={}, daemon=True).start()`", program.input.func(func).name),
            source: "https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_default_executor",
            labels: vec![Label { file: at.file, span, text: "nothing leaves this loop".to_owned() }],
            steps: Vec::new(),
        };
        told.findings.push(said.finding(rule, program));
    }
}

/// The endless loop that a function runs into, itself or in what it calls.
fn endless(program: &Program<'_, '_>, func: FuncAt, depth: usize) -> Option<(FuncAt, Span)> {
    let summary = &program.input.summaries[func.file];
    let function = program.input.func(func);
    if function.is_async || function.is_generator {
        return None;
    }
    if let Some(found) = summary.loops.iter().find(|one| one.func == func.id && one.endless && one.guard.is_none()) {
        return Some((func, found.span));
    }
    let deeper = depth.checked_sub(1)?;
    let mut calls =
        summary.calls.iter_enumerated().filter(|(_, call)| call.func == func.id && call.guard.is_none() && call.looped.is_none());
    calls.find_map(|(id, _)| {
        let mut edges = program.graph.edges_of(crate::link::At { file: func.file, id }).filter(|edge| edge.kind == EdgeKind::Direct);
        let only = edges.next().filter(|edge| !edge.by_name)?;
        if edges.next().is_some() { None } else { endless(program, only.to, deeper) }
    })
}
