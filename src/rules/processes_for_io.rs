//! See rules/processes-for-io.md.

use super::check::shared::Shared;
use super::gil::pools::{Made, Task};
use super::gil::told::Said;
use super::threads::below::Below;
use super::threads::handed::{self, HandedLibrary};
use super::{Check, Program, Rule, Status, Told};
use crate::effects::{fact_of, shown_path};
use crate::facts::{ContextKind, Effect, Runs};
use crate::finding::{Confidence, Label, Severity};
use crate::ir::loops::LoopId;
use crate::ir::{CallKind, ModuleSummary};
use crate::link::graph::{EdgeKind, Outcome};
use crate::link::{At, FuncAt};

pub(super) const RULE: Rule = Rule {
    id: "processes-for-io",
    group: "gil",
    severity: Severity::Info,
    status: Status::Stable,
    page: include_str!("../../rules/processes-for-io.md"),
    check: Check::Uses(check),
};

/// What tasks do.
struct Waits {
    /// What they wait for.
    effect: Effect,
    /// Some call of theirs is not known.
    doubted: bool,
    /// The function given, in words.
    name: String,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let of_processes = |made: &Made<'_>| !made.pool.single && made.pool.runs == Runs::Process;
    if !pools.made.iter().any(of_processes) {
        return;
    }
    let below = shared.below();
    let libraries = handed::of_libraries(program, ContextKind::Process);
    for (number, made) in pools.made.iter().enumerate().filter(|(_, made)| of_processes(made)) {
        let tasks: Vec<&Task> = pools.tasks.iter().filter(|task| task.pools.contains(&number)).collect();
        let all: Result<Vec<Waits>, &'static str> = tasks.iter().map(|task| waits(program, below, &libraries, task)).collect();
        let reason = match &all {
            Err(reason) => Some(*reason),
            Ok(all) if all.is_empty() || made.lost => Some("tasks not seen"),
            Ok(_) if program.contexts.is_of_test(made.from) => Some("test"),
            Ok(_) => None,
        };
        if let Some(reason) = reason {
            told.clear(rule, program, made.call, reason);
            continue;
        }
        let all = all.unwrap_or_default();
        let (Some(first), Some(task)) = (all.first(), tasks.first()) else { continue };
        let shown = shown_path(program.input.facts_of(made.call.file), made.path);
        let confidence = match (all.iter().any(|one| one.doubted), made.kept) {
            (true, _) => Confidence::Low,
            // Who else holds it may give it other work.
            (false, true) => Confidence::Medium,
            (false, false) => Confidence::High,
        };
        let given = &program.input.summaries[task.call.file].calls[task.call.id];
        let said = Said {
            call: made.call,
            path: made.path,
            root: None,
            severity: RULE.severity,
            confidence,
            message: format!("`{}` only waits ({}): `{shown}` starts processes for what threads do as well", first.name, first.effect.word()),
            why: "what waits lets go of the GIL; each process costs tens of megabytes and its imports, and all that goes in and out is pickled"
                .to_owned(),
            help: if made.pool.must_close {
                "use threads: `multiprocessing.pool.ThreadPool` has the same methods".to_owned()
            } else {
                "use a `ThreadPoolExecutor` in its place: its methods are the same".to_owned()
            },
            source: "https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor",
            labels: vec![Label { file: task.call.file, span: given.span, text: "given work here".to_owned() }],
            steps: Vec::new(),
        };
        told.findings.push(said.finding(rule, program));
    }
}

/// What all functions wait for that a task may be; an error where one does more.
fn waits(program: &Program<'_, '_>, below: &Below<'_>, libraries: &[HandedLibrary], task: &Task) -> Result<Waits, &'static str> {
    let moved: Vec<FuncAt> =
        program.graph.edges_of(task.call).filter(|edge| matches!(edge.kind, EdgeKind::Moved(_))).map(|edge| edge.to).collect();
    if let Some(library) = libraries.iter().find(|library| library.call == task.call && moved.is_empty()) {
        let facts = program.input.facts_of(task.call.file);
        let fact = facts.call(library.path).filter(|fact| is_io(fact.effect)).ok_or("computes")?;
        return Ok(Waits { effect: fact.effect, doubted: false, name: shown_path(facts, library.path) });
    }
    let mut found: Option<Waits> = None;
    for func in moved {
        let (effect, doubted) = of_function(program, below, func)?;
        let doubted = doubted || found.as_ref().is_some_and(|found| found.doubted);
        found = Some(Waits { effect, doubted, name: program.input.func_name(func) });
    }
    found.ok_or("tasks not seen")
}

fn is_io(effect: Effect) -> bool {
    matches!(effect, Effect::Sleep | Effect::Network | Effect::Dns | Effect::Database | Effect::File | Effect::Subprocess)
}

/// What a function waits for, with all that it leads to, and whether some call is not known.
fn of_function(program: &Program<'_, '_>, below: &Below<'_>, func: FuncAt) -> Result<(Effect, bool), &'static str> {
    let (input, mut found, mut doubted) = (program.input, None, false);
    if input.func(func).is_async {
        return Err("tasks not seen");
    }
    for met in below.walk(func, |_| true).ok_or("tasks not seen")? {
        let summary = &input.summaries[met.func.file];
        let facts = input.facts_of(met.func.file);
        let mut waiting = Vec::new();
        for external in below.externals(met.func) {
            match fact_of(input, external.call, external.path) {
                Some(fact) if is_io(fact.effect) => {
                    waiting.push(external.call.id);
                    found = found.or(Some(fact.effect));
                }
                Some(fact) if matches!(fact.effect, Effect::Wait | Effect::Drain) => waiting.push(external.call.id),
                Some(_) => return Err("computes"),
                None if facts.is_neutral(external.path) || facts.is_under_gil(external.path) => {}
                None => doubted |= summary.calls[external.call.id].kind.is_written(),
            }
        }
        for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.func == met.func.id) {
            let at = At { file: met.func.file, id };
            if program.graph.edges_of(at).any(|edge| matches!(edge.kind, EdgeKind::Moved(_)) || input.func(edge.to).is_async) {
                return Err("tasks not seen");
            }
            let unknown = matches!(program.graph.outcomes[met.func.file][id], Outcome::Unresolved(_) | Outcome::UnknownReceiver);
            doubted |= unknown && call.kind.is_written() && call.kind != CallKind::Decorate;
            // What is called for each element may wait as well.
            if program.graph.edges_of(at).next().is_some() {
                waiting.push(id);
            }
        }
        let inner = |loop_id: LoopId| summary.loops[loop_id].outer.is_some();
        let computes = |id: LoopId| !waiting.iter().any(|call| stands_in(summary, *call, id));
        let nested = summary.loops.iter_enumerated().filter(|(_, one)| one.func == met.func.id);
        if nested.map(|(id, _)| id).any(|id| inner(id) && computes(id)) {
            return Err("computes");
        }
    }
    found.map(|effect| (effect, doubted)).ok_or("computes")
}

/// Whether a call stands in a loop, or in one inside it.
fn stands_in(summary: &ModuleSummary, call: crate::ir::CallId, id: LoopId) -> bool {
    std::iter::successors(summary.calls[call].looped, |inner| summary.loops[*inner].outer).any(|inner| inner == id)
}
