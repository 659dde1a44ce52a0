//! See rules/executor-per-call.md.

use super::check::shared::Shared;
use super::gil::pools::{Made, Pools};
use super::gil::told::{Said, once};
use super::{Check, Program, Rule, Status, Told};
use crate::contexts::Origin;
use crate::effects::shown_path;
use crate::facts::{ContextKind, Runs};
use crate::finding::{Confidence, Severity};
use crate::ir::Expr;
use crate::ir::loops::LoopKind;
use crate::link::FuncAt;
use crate::link::graph::EdgeKind;
use rustc_hash::FxHashMap;

pub(super) const RULE: Rule = Rule {
    id: "executor-per-call",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/executor-per-call.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let requests = requests(program);
    for made in &pools.made {
        match judge(program, &requests, made) {
            Ok(said) => told.findings.push(said.finding(rule, program)),
            Err(reason) => told.clear(rule, program, made.call, reason),
        }
    }
}

fn judge<'p>(program: &'p Program<'_, '_>, requests: &FxHashMap<FuncAt, &'p Origin>, made: &Made<'_>) -> Result<Said<'p>, &'static str> {
    let summary = &program.input.summaries[made.call.file];
    let call = &summary.calls[made.call.id];
    if made.kept || made.lost || call.once || program.graph.started.contains(&made.call) {
        return Err("kept");
    }
    // A thread is started in microseconds.
    if made.pool.single && made.pool.runs == Runs::Thread && summary.is_python() {
        return Err("thread");
    }
    // One worker keeps state that no other thread or process is to touch.
    if Pools::workers(program, made) == Some(1) {
        return Err("one worker");
    }
    if let Some(reason) = once(program, made.call, made.from) {
        return Err(reason);
    }
    let origin = |kind| program.contexts.origin(made.from, kind);
    let on_loop = origin(ContextKind::Loop).map(|root| (ContextKind::Loop, root));
    let handled = requests.get(&made.from).map(|root| (ContextKind::Thread, *root));
    let round = call.looped.map(|at| &summary.loops[at]).filter(|round| matches!(round.kind, LoopKind::Each | LoopKind::Count));
    let round = round.filter(|_| !made.pool.single);
    let (when, root): (String, Option<(ContextKind, &Origin)>) = match (on_loop.or(handled), round) {
        (_, Some(_)) => ("in each round of a loop".to_owned(), on_loop.or(handled)),
        (Some(root), None) => (format!("each time `{}` runs", program.input.func_name(made.from)), Some(root)),
        (None, None) => return Err("not reached"),
    };
    let shown = shown_path(program.input.facts_of(made.call.file), made.path);
    let confidence = match (root, round) {
        (None, _) => Confidence::Medium,
        (Some((_, root)), Some(_)) => root.confidence.max(Confidence::Medium),
        (Some((_, root)), None) => root.confidence,
    };
    let starts = match (made.pool.single, made.pool.runs) {
        (false, Runs::Thread) if round.is_some() && !made.entered.is_empty() => {
            "its threads are started anew in each round, and ended with it"
        }
        (false, Runs::Thread) => {
            "its threads are started anew and ended again, work of several calls adds up to ever more threads, and no call waits its turn"
        }
        (false, _) => "its workers are started anew, import what they need and are ended again: that costs far more than most tasks take",
        (true, Runs::Thread) => {
            "a worker is an engine and an event loop of its own: starting one takes tens of milliseconds, and nothing limits how many there are"
        }
        (true, _) => {
            "a new process is started and imports what it needs: that takes tens of milliseconds, and nothing limits how many there are"
        }
    };
    let help = if summary.is_python() {
        let written = written(program, made);
        let bound = if made.pool.runs == Runs::Thread && program.input.func(made.from).is_async {
            ", or hand single calls to `asyncio.to_thread`, whose threads are kept"
        } else {
            ""
        };
        if made.pool.single {
            "make a `ProcessPoolExecutor` once, where the program starts, and give it the function: `await loop.run_in_executor(pool, ...)`"
                .to_owned()
        } else {
            format!("make it once, where the program starts (`pool = {written}`), and use that one here{bound}")
        }
    } else {
        "make a pool of workers once, where the program starts, and give it tasks (`piscina`, `workerpool`)".to_owned()
    };
    Ok(Said {
        call: made.call,
        path: made.path,
        root,
        severity: RULE.severity,
        confidence,
        message: format!("`{shown}` makes a {} {when}", made.noun()),
        why: starts.to_owned(),
        help,
        source: if summary.is_python() {
            "https://docs.python.org/3/library/concurrent.futures.html"
        } else {
            "https://nodejs.org/api/worker_threads.html#worker-threads"
        },
        labels: Vec::new(),
        steps: Vec::new(),
    })
}

/// Functions that threads run for a server's handlers, with the handler's entry: plain handlers, and what handlers hand to a
/// thread, with what these call.
fn requests<'p>(program: &'p Program<'_, '_>) -> FxHashMap<FuncAt, &'p Origin> {
    let serves = |root: &&Origin| root.entry.as_ref().is_some_and(|entry| entry.server && !entry.internal);
    let mut out: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
    let mut pending: Vec<(FuncAt, &Origin)> = Vec::new();
    for edge in program.graph.edges.iter().filter(|edge| !edge.by_name && !edge.once) {
        match edge.kind {
            EdgeKind::Direct => out.entry(edge.from).or_default().push(edge.to),
            EdgeKind::Moved(ContextKind::Thread) => {
                pending.extend(program.contexts.origin(edge.from, ContextKind::Loop).filter(serves).map(|root| (edge.to, root)));
            }
            _ => {}
        }
    }
    for file in program.input.summaries.indices() {
        for id in program.input.summaries[file].functions.indices() {
            let func = FuncAt { file, id };
            pending.extend(program.contexts.origin(func, ContextKind::Thread).filter(serves).map(|root| (func, root)));
        }
    }
    let mut found = FxHashMap::default();
    let mut at = 0;
    while let Some((func, root)) = pending.get(at).copied() {
        at += 1;
        if found.contains_key(&func) {
            continue;
        }
        found.insert(func, root);
        pending.extend(out.get(&func).into_iter().flatten().map(|next| (*next, root)));
    }
    found
}

/// The call that makes a pool as it is written, where that is short and means the same anywhere.
fn written(program: &Program<'_, '_>, made: &Made<'_>) -> String {
    let summary = &program.input.summaries[made.call.file];
    let call = &summary.calls[made.call.id];
    let plain = call.args.iter().all(|arg| matches!(summary.exprs[arg.value], Expr::Const(_)));
    let span = made.span(program);
    let text = program.input.sources[made.call.file].text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let short = text.len() <= 60 && !text.contains('\n');
    match text.split_once('(') {
        Some((callee, _)) if short && !plain => format!("{callee}(...)"),
        _ if short => text.to_owned(),
        _ => "...".to_owned(),
    }
}
