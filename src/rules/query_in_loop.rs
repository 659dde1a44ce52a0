//! See rules/query-in-loop.md.

use super::asynchronous::loops::{Rounds, around};
use super::asynchronous::statements;
use super::asynchronous::told::{self, Said};
use super::asynchronous::waited::{Waited, Way};
use super::check::shared::Shared;
use super::cpu::judged::shown;
use super::{Check, Program, Rule, Status, Told};
use crate::base::{FileId, Span};
use crate::effects::sizes::Size;
use crate::facts::{Effect, Gives};
use crate::finding::{Confidence, Finding, Severity};
use crate::ir::loops::LoopKind;
use crate::ir::{CallKind, ExprId};
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::FxHashMap;

pub(super) const RULE: Rule = Rule {
    id: "query-in-loop",
    group: "async",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/query-in-loop.md"),
    check: Check::Uses(check),
};

/// What is asked once for each element, and could be asked for all of them.
const ASKED: [Effect; 2] = [Effect::Database, Effect::Network];

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let waited = shared.waited();
    let mut found: FxHashMap<(FileId, Span), usize> = FxHashMap::default();
    for (at, call) in told::calls(program) {
        if call.looped.is_none() || !matches!(call.kind, CallKind::Call | CallKind::New) {
            continue;
        }
        // What fails for an element is rare: most rounds ask nothing.
        let handled = &program.input.summaries[at.file].handled;
        if handled.iter().any(|one| one.block.contains(call.span.start)) {
            told.clear(rule, program, at, "handles an exception");
            continue;
        }
        let Some((way, over, head)) = of_loop(program, waited, at) else { continue };
        let makes = || shared.awaitables().of_call(at).is_some_and(|one| one.gives == Gives::Coroutine);
        let only_makes = !call.awaited && makes();
        let some = is_of_some(program, at) || only_makes || is_tried_alone(program, at, head.1);
        let asked = Asked { waited, at, way, over, head, some };
        tell(rule, program, told, &mut found, &asked);
    }
    for edge in &program.graph.edges {
        let Some((over, _)) = program.sizes.gone_over(edge) else { continue };
        let owner = told::owner(program, edge.call);
        let Some(over) = open(program, At { file: edge.call.file, id: over }, owner) else { continue };
        let asked = waited.calls_of(edge.to).iter().find_map(|at| Some((*at, waited.way(*at, &ASKED)?)));
        let Some((at, way)) = asked else { continue };
        let head = (edge.call.file, program.input.summaries[edge.call.file].calls[edge.call.id].span);
        let some = is_tried_alone(program, at, program.input.func(edge.to).span);
        tell(rule, program, told, &mut found, &Asked { waited, at, way, over, head, some });
    }
}

/// A query, and the result set that it is made for each element of.
struct Asked<'w, 'p, 'a, 'b> {
    waited: &'w Waited<'p, 'a, 'b>,
    at: CallAt,
    way: Way,
    over: Size,
    head: (FileId, Span),
    /// A test in the loop decides for which elements; what fails for one element is caught, so that each is a piece of work of its own; or
    /// coroutines are made there, and something else waits for them, side by side perhaps.
    some: bool,
}

/// Whether a call stands under a test that the loop around it does not stand under: it may be made for few elements, or for none.
fn is_of_some(program: &Program<'_, '_>, at: CallAt) -> bool {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    call.guard != call.looped.and_then(|id| summary.loops[id].guard)
}

/// Whether a round catches what fails in it and goes on: each element is claimed, done and told of by itself, in its own transaction as a
/// rule, and one statement for all would let one bad element undo the others. `around` is the loop's head, or the function called for each.
fn is_tried_alone(program: &Program<'_, '_>, at: CallAt, around: Span) -> bool {
    let summary = &program.input.summaries[at.file];
    let call = &summary.calls[at.id];
    summary.caught.iter().any(|body| body.start >= around.start && body.contains(call.span.start))
}

/// What decides how many elements there are, where that is a database or a client.
fn open(program: &Program<'_, '_>, over: crate::link::ExprAt, func: FuncAt) -> Option<Size> {
    if let crate::ir::Expr::Call(id) = program.input.summaries[over.file].exprs[over.id] {
        let facts = program.input.facts_of(over.file);
        // Pages, not elements.
        if program.graph.externals_of(At { file: over.file, id }).any(|external| facts.counts(external.path)) {
            return None;
        }
    }
    let size = program.sizes.trace(over, func).size;
    matches!(size, Size::Database | Size::Request).then_some(size)
}

fn of_loop(program: &Program<'_, '_>, waited: &Waited<'_, '_, '_>, at: CallAt) -> Option<(Way, Size, (FileId, Span))> {
    let summary = &program.input.summaries[at.file];
    let owner = told::owner(program, at);
    let result: ExprId = program.solution.result_of(at)?.id;
    let id = around(program, at).find(|id| {
        let of = &summary.loops[*id];
        // What leaves in its first round asks once.
        matches!(of.kind, LoopKind::Each | LoopKind::Comprehension) && !of.leaves
    })?;
    let of = &summary.loops[id];
    let way = waited.way(at, &ASKED)?;
    let size = open(program, At { file: at.file, id: of.over? }, owner)?;
    // The loop goes over what the query itself gives in each round.
    if of.over == Some(result) || !Rounds::of(program, at.file, id).uses(&summary.calls[at.id], result) {
        return None;
    }
    Some((way, size, (at.file, of.span)))
}

fn tell(
    rule: &Rule,
    program: &Program<'_, '_>,
    told: &mut Told,
    found: &mut FxHashMap<(FileId, Span), usize>,
    asked: &Asked<'_, '_, '_, '_>,
) {
    let owner = told::owner(program, asked.at);
    if let Some(reason) = told::is_once(program, owner) {
        return told.clear(rule, program, asked.at, reason);
    }
    // A helper may be given the statement by the one before it.
    let last = asked.way.calls.last().map_or(asked.at, |last| last.0);
    let mut handing = asked.way.calls.iter().filter(|(call, _)| *call != last);
    if statements::is_single(program, last) || handing.any(|(call, _)| statements::hands_on(program, *call)) {
        return told.clear(rule, program, asked.at, "schema statement");
    }
    if let Some(first) = found.get(&asked.head) {
        told.findings[*first].more_sinks += 1;
        return;
    }
    found.insert(asked.head, told.findings.len());
    told.findings.push(finding(rule, program, asked, owner));
}

fn finding(rule: &Rule, program: &Program<'_, '_>, asked: &Asked<'_, '_, '_, '_>, owner: FuncAt) -> Finding {
    let chain = asked.waited.hops(&asked.way);
    let shown_path =
        crate::effects::shown_path(program.input.facts_of(asked.way.calls.last().map_or(asked.at, |last| last.0).file), asked.way.path);
    let head = shown(program, asked.head.0, asked.head.1);
    let (what, of) = match asked.way.effect {
        Effect::Database => ("a query", "a database's answer"),
        _ => ("a request", "a database's answer"),
    };
    let of = if asked.over == Size::Request { "what a client sent" } else { of };
    let reached = program.contexts.is_reached(owner);
    let confidence = match (asked.over, asked.way.always) {
        // Of what nobody is seen to call, few in real code were worth it: schemas, repairs, maintenance.
        _ if asked.some || !reached => Confidence::Low,
        (Size::Database, true) => Confidence::High,
        _ => Confidence::Medium,
    };
    let through = if chain.len() > 1 { format!("`{}` reaches `{shown_path}`: ", chain[0].callee) } else { format!("`{shown_path}`: ") };
    let python = program.input.summaries[asked.at.file].is_python();
    let said = Said {
        severity: rule.severity,
        confidence,
        message: format!("{through}{what} for each element of {of}"),
        why: format!("`{head}` goes round once for each element, and waits for {what} each time: the time grows with their number"),
        help: match (asked.way.effect, python) {
            (Effect::Database, true) => "ask once for all of them: in SQL a join, `WHERE id IN (...)`, `selectinload`, `executemany`; in Redis `mget` or a pipeline",
            (Effect::Database, false) => "ask once for all of them: in SQL a join, `WHERE id IN (...)`; in MongoDB `$in`, `insertMany`; in Redis `mGet` or a pipeline",
            (_, true) => "ask for all of them in one request where the service takes that; else side by side with a limit: `asyncio.Semaphore(10)` and `asyncio.gather`",
            (_, false) => "ask for all of them in one request where the service takes that; else side by side with a limit: `p-limit` and `Promise.all`",
        }
        .to_owned(),
        source: "https://docs.sqlalchemy.org/en/20/glossary.html#term-N-plus-one-problem".to_owned(),
    };
    let mut finding = told::finding(rule, program, asked.at, chain, said);
    finding.labels.push(crate::finding::Label { file: asked.head.0, span: asked.head.1, text: format!("over {of}") });
    finding
}
