//! See rules/nested-pools.md.

use super::check::shared::Shared;
use super::gil::pools::Pools;
use super::gil::told::Said;
use super::{Check, Program, Rule, Status, Told};
use crate::effects::shown_path;
use crate::facts::Runs;
use crate::finding::{Confidence, Label, Severity};
use crate::ir::Branch;
use crate::link::graph::EdgeKind;
use crate::link::{CallAt, FuncAt};
use rustc_hash::FxHashMap;

pub(super) const RULE: Rule = Rule {
    id: "nested-pools",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/nested-pools.md"),
    check: Check::Uses(check),
};

/// Where the worker comes from that runs a function: the call that gives the task.
#[derive(Clone, Copy)]
struct Worker {
    given: CallAt,
    /// The function that gives it.
    from: FuncAt,
    /// It is the only one of its pool.
    alone: bool,
    /// It is a daemon, which may have no children.
    daemon: bool,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    for runs in [Runs::Thread, Runs::Process, Runs::Interpreter] {
        let workers = workers(program, pools, runs);
        for made in pools.made.iter().filter(|made| !made.pool.single) {
            let Some(worker) = workers.get(&made.from) else { continue };
            let call = &program.input.summaries[made.call.file].calls[made.call.id];
            let reason = if program.contexts.is_of_test(made.from) {
                Some("test")
            } else if made.kept || made.lost || call.once {
                Some("kept")
            } else if Pools::workers(program, made) == Some(1) || worker.alone {
                Some("one worker")
            } else if worker.from == made.from {
                Some("recursion")
            } else if asks_for_loop(program, made.from) {
                Some("loop check")
            } else {
                (made.pool.runs != runs).then_some("another kind")
            };
            if let Some(reason) = reason {
                told.clear(rule, program, made.call, reason);
                continue;
            }
            let given = &program.input.summaries[worker.given.file].calls[worker.given.id];
            let shown = shown_path(program.input.facts_of(made.call.file), made.path);
            let of = if runs == Runs::Thread { "threads" } else { "processes" };
            let why = if worker.daemon && runs == Runs::Process {
                "the workers of that pool are daemons, which may have no children: it ends with an `AssertionError`".to_owned()
            } else {
                format!(
                    "each worker of the outer pool starts as many {of} again: their number is multiplied, and they share the same cores"
                )
            };
            let said = Said {
                call: made.call,
                path: made.path,
                root: None,
                severity: RULE.severity,
                confidence: Confidence::High,
                message: format!("`{shown}` makes a {} in a worker of another one", made.noun()),
                why,
                help: "give all work to the outer pool, in smaller tasks, or do it one after another in the worker".to_owned(),
                source: "https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.daemon",
                labels: vec![Label { file: worker.given.file, span: given.span, text: format!("given to a pool of {of} here") }],
                steps: Vec::new(),
            };
            told.findings.push(said.finding(rule, program));
        }
    }
}

/// Whether a function asks for the loop that runs where it does: in a worker there is none, and what it does then is another matter.
fn asks_for_loop(program: &Program<'_, '_>, func: FuncAt) -> bool {
    let facts = program.input.facts_of(func.file);
    let mut asked = program.graph.externals.iter().filter(|external| external.from == func);
    asked.any(|external| facts.off_loop(external.path).is_some_and(|shown| shown != Branch::Differs))
}

/// The functions that workers of pools of a kind run, with what they call.
fn workers(program: &Program<'_, '_>, pools: &Pools<'_>, runs: Runs) -> FxHashMap<FuncAt, Worker> {
    let mut out: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
    for edge in program.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && !edge.by_name) {
        out.entry(edge.from).or_default().push(edge.to);
    }
    let mut found: FxHashMap<FuncAt, Worker> = FxHashMap::default();
    let mut pending: Vec<(FuncAt, Worker)> = Vec::new();
    for task in pools.tasks.iter().filter(|task| task.runs == Some(runs)) {
        let alone = !task.pools.is_empty() && task.pools.iter().all(|made| Pools::workers(program, &pools.made[*made]) == Some(1));
        let daemon = !task.pools.is_empty() && task.pools.iter().all(|made| pools.made[*made].pool.must_close);
        let moved = program.graph.edges_of(task.call).filter(|edge| matches!(edge.kind, EdgeKind::Moved(_)));
        pending.extend(moved.map(|edge| (edge.to, Worker { given: task.call, from: task.from, alone, daemon })));
    }
    pending.sort_by_key(|(func, worker)| std::cmp::Reverse((*func, worker.given)));
    while let Some((func, worker)) = pending.pop() {
        if found.contains_key(&func) {
            continue;
        }
        found.insert(func, worker);
        pending.extend(out.get(&func).into_iter().flatten().map(|next| (*next, worker)));
    }
    found
}
