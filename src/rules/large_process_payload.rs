//! See rules/large-process-payload.md.

use super::check::shared::Shared;
use super::gil::pools::Task;
use super::gil::told::Said;
use super::{Check, Program, Rule, Status, Told};
use crate::effects::shown_path;
use crate::effects::sizes::{Size, given_over};
use crate::facts::{Runs, Which};
use crate::finding::{Confidence, Label, Severity};
use crate::ir::loops::{Loop, LoopKind};
use crate::ir::{Expr, ExprId, Target, VarId};
use crate::link::At;

pub(super) const RULE: Rule = Rule {
    id: "large-process-payload",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/large-process-payload.md"),
    check: Check::Uses(check),
};

/// What is sent again and again.
struct Payload {
    given: ExprId,
    /// What it is, in words.
    what: String,
    confidence: Confidence,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let pickled = |task: &&Task| matches!(task.runs, Some(Runs::Process | Runs::Interpreter));
    for task in pools.tasks.iter().filter(pickled) {
        let payload = match payload(program, task) {
            Some(_) if program.contexts.is_of_test(task.from) => Err("test"),
            found => found.ok_or("argument"),
        };
        let payload = match payload {
            Ok(payload) => payload,
            Err(reason) => {
                told.clear(rule, program, task.call, reason);
                continue;
            }
        };
        let file = task.call.file;
        let shown = shown_path(program.input.facts_of(file), task.path);
        let makers = task.pools.iter().map(|number| &pools.made[*number]);
        let labels = makers.map(|made| Label { file: made.call.file, span: made.span(program), text: "the pool is made here".to_owned() });
        let name = written(program, At { file, id: payload.given });
        let said = Said {
            call: task.call,
            path: task.path,
            root: None,
            severity: RULE.severity,
            confidence: payload.confidence,
            message: format!("`{shown}` sends {} to the workers with every task", payload.what),
            why: "it is pickled here, sent through a pipe and unpickled there for every task anew, by one thread of this process; that often takes \
                  longer than the work itself"
                .to_owned(),
            help: format!(
                "give {name} to each worker once, as it starts (`initializer=`, `initargs=`), and send its part or its place by each task; or \
                 send a path, and read it in the worker"
            ),
            source: "https://docs.python.org/3/library/multiprocessing.html#programming-guidelines",
            labels: labels.collect(),
            steps: Vec::new(),
        };
        told.findings.push(said.finding(rule, program));
    }
}

/// What a task brings each time that is large and always the same.
fn payload(program: &Program<'_, '_>, task: &Task) -> Option<Payload> {
    let file = task.call.file;
    let summary = &program.input.summaries[file];
    let call = &summary.calls[task.call.id];
    let boundary = program.input.facts_of(file).boundary(task.path)?;
    let Which::One(..) = boundary.which else { return None };
    let function = crate::link::argument(call, boundary.which).first().map(|arg| arg.value)?;
    if task.each {
        // What a function is bound to goes with every piece of the work.
        let given = given_over(program.solution, program.graph, task.call, &|id| id == function)?;
        let Expr::Call(inner) = summary.exprs[function] else { return None };
        let bound = summary.calls[inner].args.iter().map(|arg| arg.value);
        return bound.filter(|id| *id != given.function).find_map(|id| large(program, task, id, None));
    }
    let round = call.looped.map(|id| &summary.loops[id]).filter(|one| one.kind != LoopKind::While)?;
    let given = call.args.iter().map(|arg| arg.value).filter(|id| *id != function);
    let parts = given.flat_map(|id| match &summary.exprs[id] {
        Expr::List(parts) => parts.clone(),
        _ => vec![id],
    });
    let mut parts = parts.collect::<Vec<_>>().into_iter();
    parts.find_map(|id| large(program, task, id, Some(round)))
}

/// A value that is large, and the same in all rounds of a loop.
fn large(program: &Program<'_, '_>, task: &Task, id: ExprId, round: Option<&Loop>) -> Option<Payload> {
    let file = task.call.file;
    let (summary, facts) = (&program.input.summaries[file], program.input.facts_of(file));
    let at = At { file, id };
    if !is_kept(program, at, round) {
        return None;
    }
    if let Some(over) = round.and_then(|round| round.over)
        && summary.same(over, id)
    {
        let trace = program.sizes.trace(at, task.from);
        let what = format!("all of {}, of which each round takes one,", written(program, at));
        return trace.size.is_open().then_some(Payload { given: id, what, confidence: Confidence::High });
    }
    if program.solution.is_cut(at) {
        return None;
    }
    let types = program.solution.values(at).iter().map(|value| program.solution.type_of(*value));
    let types: Option<Vec<_>> = types.map(|of| of.filter(|of| facts.is_large(*of))).collect();
    if let Some(of) = types.and_then(|types| types.first().copied()) {
        let shown = facts.type_of(of).and_then(|fact| fact.shown.clone()).unwrap_or_else(|| of.to_string());
        return Some(Payload { given: id, what: format!("{}, a `{shown}`,", written(program, at)), confidence: Confidence::High });
    }
    let trace = program.sizes.trace(at, task.from);
    let whole = trace.part_of.is_empty() && trace.capped.is_none() && !trace.keyed;
    (whole && matches!(trace.size, Size::File | Size::Database)).then(|| {
        let of = if trace.size == Size::File { "a file" } else { "a database" };
        Payload { given: id, what: format!("{}, what {of} holds,", written(program, at)), confidence: Confidence::Medium }
    })
}

/// Whether an expression is a name that no round of a loop assigns to.
fn is_kept(program: &Program<'_, '_>, at: At<ExprId>, round: Option<&Loop>) -> bool {
    let summary = &program.input.summaries[at.file];
    match summary.exprs[at.id] {
        Expr::Var(var) => round.is_none_or(|round| !is_assigned_in(program, at, var, round)),
        Expr::Attr { base, .. } => is_kept(program, At { file: at.file, id: base }, round),
        Expr::This(_) => true,
        _ => false,
    }
}

fn is_assigned_in(program: &Program<'_, '_>, at: At<ExprId>, var: VarId, round: &Loop) -> bool {
    let summary = &program.input.summaries[at.file];
    let inside = summary.assigns.iter().enumerate().any(|(number, assign)| {
        matches!(assign.target, Target::Var(to) if to == var) && u32::try_from(number).is_ok_and(|number| round.assigns.contains(&number))
    });
    let element = |id: &ExprId| matches!(summary.exprs[*id], Expr::Element(of) if Some(of) == round.over);
    inside || program.solution.assigned(at.file, var).iter().any(element)
}

/// An expression as written, in code marks where it is short.
fn written(program: &Program<'_, '_>, at: At<ExprId>) -> String {
    let summary = &program.input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Var(var) => format!("`{}`", summary.vars[*var].name),
        Expr::Attr { base, name } if matches!(summary.exprs[*base], Expr::Var(_)) => {
            let base = written(program, At { file: at.file, id: *base });
            format!("{}.{name}`", base.trim_end_matches('`'))
        }
        _ => "it".to_owned(),
    }
}
