//! See rules/loop-touched-from-thread.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::threads::below::{Below, Met};
use super::{Check, Program, Rule, Status, Told};
use crate::advice::Advisor;
use crate::base::{FileId, Name};
use crate::contexts::Origin;
use crate::effects::shown_path;
use crate::facts::{ContextKind, Entry};
use crate::finding::{Confidence, Hop, Severity};
use crate::ir::{Branch, Expr, ExprId, Test, VarId};
use crate::link::graph::External;
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::sync::Arc;

pub(super) const RULE: Rule = Rule {
    id: "loop-touched-from-thread",
    group: "gil",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/loop-touched-from-thread.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading";

/// Functions from the thread's first to the one that touches the loop, with which the way is believed as it is.
const FEW: u32 = 3;

/// With up to so many it is believed half.
const SOME: u32 = 4;

/// A call of the loop's own thread that another makes.
struct Touch<'b> {
    root: FuncAt,
    origin: &'b Origin,
    way: Vec<FuncAt>,
    call: CallAt,
    from: FuncAt,
    path: Name,
    confidence: Confidence,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let input = program.input;
    let bound = |external: &&External| input.facts_of(external.call.file).is_loop_bound(external.path);
    let callers: FxHashSet<FuncAt> = program.graph.externals.iter().filter(bound).map(|external| external.from).collect();
    let mut roots: Vec<(FuncAt, &Origin)> = program.contexts.thread_roots().filter(|(func, _)| is_python(program, *func)).collect();
    roots.dedup_by_key(|(func, _)| *func);
    if callers.is_empty() || roots.is_empty() {
        return;
    }
    let below = shared.below();
    let mut found: FxHashMap<CallAt, Vec<Touch<'_>>> = FxHashMap::default();
    for (root, origin) in roots {
        // What the loop calls itself too, a callback of either kind of future, is no proven thread's.
        let either = program.contexts.loop_root(root).is_some();
        if either || input.func(root).is_async || program.contexts.is_of_test(root) {
            continue;
        }
        let Some(walk) = below.walk(root, |call| !shows_loop(program, call)) else { continue };
        if !walk.iter().any(|met| callers.contains(&met.func)) {
            continue;
        }
        let owns = walk.iter().any(|met| has_own_loop(program, below, met.func));
        for met in walk.iter().filter(|met| callers.contains(&met.func)) {
            for external in below.externals(met.func).iter().copied().filter(|external| bound(external)) {
                if owns {
                    told.clear(rule, program, external.call, "own loop");
                } else if shows_loop(program, external.call) || is_aware(program, below, external) {
                    told.clear(rule, program, external.call, "loop check");
                } else {
                    found.entry(external.call).or_default().push(touch(program, root, origin, met, &walk, external));
                }
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let advisor = shared.advisor();
    for mut ways in found.into_values() {
        ways.sort_by_key(|one| (Reverse(one.confidence), one.way.len(), one.root));
        if let Some(one) = ways.first() {
            told.findings.push(draft(program, advisor, one).finding(rule));
        }
    }
}

fn is_python(program: &Program<'_, '_>, func: FuncAt) -> bool {
    program.input.summaries[func.file].is_python()
}

/// Whether the function makes a loop, or runs one: what it touches then is that one, as far as is seen.
fn has_own_loop(program: &Program<'_, '_>, below: &Below<'_>, func: FuncAt) -> bool {
    let facts = program.input.facts_of(func.file);
    below.externals(func).iter().any(|external| facts.owns_loop(external.path))
}

/// Whether the call stands under a test for a running loop, or for the thread, whatever it came out as.
fn shows_loop(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let mut guard = summary.calls[at.id].guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        let asks = match held.test {
            Test::Call(id) => is_check(program, CallAt { file: at.file, id }),
            Test::Two(_, one, other) => [one, other].into_iter().any(|id| is_checked(program, at.file, id)),
            Test::Var(var, _) => is_kept_check(program, at.file, var),
            Test::Place(_) => false,
        };
        if asks {
            return true;
        }
        guard = held.outer;
    }
    false
}

/// Whether a call asks for the running loop or for the thread: a library's, or a function of the run that makes such a call itself.
fn is_check(program: &Program<'_, '_>, at: CallAt) -> bool {
    let asks = |external: &External| program.input.facts_of(external.call.file).off_loop(external.path).is_some();
    let own = |func: FuncAt| {
        let summary = &program.input.summaries[func.file];
        let calls = summary.calls.iter_enumerated().filter(|(_, call)| call.func == func.id);
        calls.map(|(id, _)| At { file: func.file, id }).any(|at| program.graph.externals_of(at).any(asks))
    };
    program.graph.externals_of(at).any(asks) || program.graph.edges_of(at).any(|edge| own(edge.to))
}

fn is_checked(program: &Program<'_, '_>, file: FileId, id: ExprId) -> bool {
    match program.input.summaries[file].exprs[id] {
        Expr::Call(id) => is_check(program, At { file, id }),
        Expr::Var(var) => is_kept_check(program, file, var),
        _ => false,
    }
}

/// Whether a variable holds what such a call gave.
fn is_kept_check(program: &Program<'_, '_>, file: FileId, var: VarId) -> bool {
    let summary = &program.input.summaries[file];
    program.solution.assigned(file, var).iter().any(|id| match summary.exprs[*id] {
        Expr::Call(id) => is_check(program, At { file, id }),
        _ => false,
    })
}

/// Whether the function asks before, in a way that raises where no loop runs, so that it does not come to the call in a thread; or knows
/// both ways, one for the loop's thread and one for others.
fn is_aware(program: &Program<'_, '_>, below: &Below<'_>, external: &External) -> bool {
    let summary = &program.input.summaries[external.call.file];
    let facts = program.input.facts_of(external.call.file);
    let place = summary.calls[external.call.id].span;
    below.externals(external.from).iter().any(|other| {
        let asks = facts.off_loop(other.path) == Some(Branch::Raised) && summary.calls[other.call.id].span.end <= place.end;
        let loops = |entry: &Arc<Entry>| entry.synchronous == ContextKind::Loop;
        let given = facts.boundary(other.path).is_some_and(|boundary| boundary.to == ContextKind::Loop)
            || facts.registrations(other.path).iter().any(loops);
        asks || (given && !facts.is_loop_bound(other.path) && !facts.owns_loop(other.path))
    })
}

fn touch<'b>(program: &Program<'_, 'b>, root: FuncAt, origin: &'b Origin, met: &Met, walk: &[Met], external: &External) -> Touch<'b> {
    // What may be called here is no more than one of several.
    let several = program.graph.externals_of(external.call).count() > 1 || program.graph.edges_of(external.call).next().is_some();
    let sure = if several { Confidence::Medium } else { Confidence::High };
    let both = program.contexts.origin(met.func, ContextKind::Loop).is_some();
    // A function that the loop calls too is called by the thread in other cases perhaps than those that lead here.
    let sure = if both && met.hops > 1 { sure.min(Confidence::Medium) } else { sure };
    // Of long ways read in real code, none was true.
    let far = match met.hops {
        0..=FEW => Confidence::High,
        _ if met.hops <= SOME => Confidence::Medium,
        _ => Confidence::Low,
    };
    // The loop sees it late. Read in real code, what was set so was asked for often, or not awaited where signals are handled so.
    let interrupts = if interrupts(origin) { Confidence::Low } else { Confidence::High };
    let confidence = match met.sure().min(sure).min(far).min(interrupts) {
        // Of those that were believed half, read in real code, one in nine was true.
        Confidence::High => Confidence::High,
        _ => Confidence::Low,
    };
    let way = met.way(walk);
    Touch { root, origin, way, call: external.call, from: met.func, path: external.path, confidence }
}

/// Whether the first function interrupts the loop's own thread: a signal handler.
fn interrupts(origin: &Origin) -> bool {
    origin.entry.as_ref().is_some_and(|entry| entry.interrupts)
}

fn draft<'p>(program: &'p Program<'_, '_>, advisor: &Advisor<'_, '_>, one: &Touch<'p>) -> Draft<'p> {
    let facts = program.input.facts_of(one.call.file);
    let span = program.input.summaries[one.call.file].calls[one.call.id].span;
    let shown = shown_path(facts, one.path);
    let caller = program.input.func_name(one.from);
    let instead = facts.from_other_thread(one.path).map(|template| advisor.in_words(&template, one.call, one.path));
    let interrupts = interrupts(one.origin);
    let (severity, message, why, otherwise) = if interrupts {
        (
            Severity::Warning,
            format!("`{caller}` interrupts the program and calls `{shown}`, which does not wake the event loop"),
            "what waits for it goes on when something else wakes the loop",
            "register the handler with `loop.add_signal_handler(...)`, or wake the loop with `loop.call_soon_threadsafe(...)`",
        )
    } else {
        (
            RULE.severity,
            format!("`{caller}` runs in a thread and calls `{shown}`, which only the loop's own thread may"),
            "the loop is not woken, and what it keeps may be changed while it reads it; in debug mode it raises",
            "let the loop do it: hand it over with `loop.call_soon_threadsafe(...)`",
        )
    };
    let help = instead
        .filter(|_| !interrupts)
        .map_or_else(|| otherwise.to_owned(), |code| format!("write {code}; `loop` is the program's loop, kept where it runs"));
    Draft {
        severity,
        confidence: one.confidence,
        message,
        why: why.to_owned(),
        help,
        source: SOURCE.to_owned(),
        place: (one.call.file, span),
        chain: vec![Hop { file: one.call.file, span, caller, callee: shown }],
        root: Some(Root {
            on: ContextKind::Thread,
            origin: one.origin,
            way: one.way.iter().map(|func| program.input.func_name(*func)).collect(),
        }),
        labels: Vec::new(),
    }
}
