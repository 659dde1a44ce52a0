//! See rules/thread-local-in-async.md.

use super::check::draft::{Draft, Root};
use super::check::shared::Shared;
use super::threads::below::Below;
use super::{Check, Program, Rule, Status, Told};
use crate::base::{FileId, Name, Span};
use crate::facts::ContextKind;
use crate::finding::{Confidence, Label, Severity};
use crate::ir::{Expr, ExprId, FuncId, ModuleSummary};
use crate::link::{At, FuncAt, Value};
use rustc_hash::{FxHashMap, FxHashSet};

pub(super) const RULE: Rule = Rule {
    id: "thread-local-in-async",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/thread-local-in-async.md"),
    check: Check::Uses(check),
};

const SOURCE: &str = "https://docs.python.org/3/library/contextvars.html";

/// Calls from the async function to the one that reads or writes.
const DEEPEST: usize = 3;

/// What a function does with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Writes,
    Awaits,
    Reads,
}

/// Which attribute of a thread's own values each function writes or reads itself.
type Uses = FxHashMap<FuncAt, Vec<(Name, Use, Span)>>;

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let uses = uses(program);
    if uses.is_empty() {
        return;
    }
    let below = shared.below();
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for (id, _) in summary.functions.iter_enumerated().filter(|(_, function)| function.is_async) {
            let func = At { file, id };
            let Some((name, written, read, awaited)) = crossing(program, below, &uses, func) else { continue };
            if program.contexts.aside(func, &[ContextKind::Loop]).is_some() {
                continue;
            }
            let Some(origin) = program.contexts.origin(func, ContextKind::Loop) else { continue };
            let label = |span: Span, text: &str| Label { file, span, text: text.to_owned() };
            let draft = Draft {
                severity: rule.severity,
                // Of the two kinds read in real code, those of known entries were true.
                confidence: if origin.confidence == Confidence::High { Confidence::High } else { Confidence::Low },
                message: format!(
                    "`{}` keeps `{name}` in a thread's own values across an await: every task of the loop has the same",
                    program.input.func_name(func)
                ),
                why: "all tasks of a loop run in one thread, so another task that runs during the await reads this one's value, or writes its own over it".to_owned(),
                help: format!(
                    "keep it in a `contextvars.ContextVar`, which each task has its own of: `{name} = ContextVar(\"{name}\")`, `{name}.set(...)`, `{name}.get()`"
                ),
                source: SOURCE.to_owned(),
                place: (file, written),
                chain: Vec::new(),
                root: Some(Root::on_loop(program, func, origin)),
                labels: vec![label(awaited, "others run here"), label(read, "and this reads what may be theirs")],
            };
            told.findings.push(draft.finding(rule));
        }
    }
}

fn uses(program: &Program<'_, '_>) -> Uses {
    let mut uses = Uses::default();
    let python = || program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python());
    let names_one = |(file, summary): (FileId, &ModuleSummary)| {
        let facts = program.input.facts_of(file);
        summary.exprs.iter().any(|expr| match expr {
            Expr::Attr { name, .. } | Expr::Imported { name, .. } => facts.names_thread_local(*name),
            _ => false,
        })
    };
    // Seldom does a program have one, and reads are many.
    if !python().any(names_one) {
        return uses;
    }
    let mut written = FxHashSet::default();
    for (file, summary) in python() {
        for store in summary.stores.iter().filter(|store| is_local(program, file, store.base)) {
            written.insert(store.name);
            uses.entry(At { file, id: store.func }).or_default().push((store.name, Use::Writes, store.span));
        }
    }
    for (file, summary) in python() {
        for read in &summary.reads {
            if let Expr::Attr { base, name } = summary.exprs[read.attr]
                && written.contains(&name)
                && is_local(program, file, base)
            {
                uses.entry(At { file, id: read.func }).or_default().push((name, Use::Reads, read.span));
            }
        }
    }
    uses
}

/// Whether an expression is an object with values of each thread's own.
fn is_local(program: &Program<'_, '_>, file: FileId, id: ExprId) -> bool {
    let facts = program.input.facts_of(file);
    program.solution.values(At { file, id }).iter().any(|value| match value {
        Value::ExtInst(path) => facts.is_thread_local(*path),
        Value::Inst(class) => program.solution.lineage(*class).1.iter().any(|path| facts.is_thread_local(*path)),
        _ => false,
    })
}

/// An attribute that an async function writes, then awaits, then reads, itself or by what it calls; the places of writing, of reading
/// and of the await before that.
fn crossing(program: &Program<'_, '_>, below: &Below<'_>, uses: &Uses, func: FuncAt) -> Option<(Name, Span, Span, Span)> {
    let summary = &program.input.summaries[func.file];
    let mut met: Vec<(Name, Use, Span)> = uses.get(&func).cloned().unwrap_or_default();
    for edge in below.edges(func) {
        let span = summary.calls[edge.call.id].span;
        for met_below in below_of(below, uses, edge.to) {
            met.push((met_below.0, met_below.1, span));
        }
    }
    if !met.iter().any(|(_, does, _)| *does == Use::Writes) || !met.iter().any(|(_, does, _)| *does == Use::Reads) {
        return None;
    }
    let awaits = summary.awaits.iter().filter(|(of, _): &&(FuncId, Span)| *of == func.id);
    met.extend(awaits.map(|(_, span)| (crate::base::name(""), Use::Awaits, *span)));
    // An await ends where what it awaits has been called.
    met.sort_by_key(|(_, does, span)| (if *does == Use::Awaits { span.end } else { span.start }, *does));
    let mut written: FxHashMap<Name, (Span, Option<Span>)> = FxHashMap::default();
    for (name, does, span) in met {
        match does {
            Use::Writes => _ = written.insert(name, (span, None)),
            Use::Awaits => written.values_mut().for_each(|(_, awaited)| *awaited = Some(span)),
            Use::Reads => {
                if let Some((place, Some(awaited))) = written.get(&name) {
                    return Some((name, *place, span, *awaited));
                }
            }
        }
    }
    None
}

/// What a plain function does with such attributes, with what it calls.
fn below_of(below: &Below<'_>, uses: &Uses, func: FuncAt) -> Vec<(Name, Use)> {
    let (mut found, mut pending, mut depth) = (Vec::new(), vec![func], 0);
    while !pending.is_empty() && depth < DEEPEST {
        for at in &pending {
            found.extend(uses.get(at).into_iter().flatten().map(|(name, does, _)| (*name, *does)));
        }
        pending = pending.iter().flat_map(|at| below.edges(*at)).map(|edge| edge.to).collect();
        depth += 1;
    }
    found.sort();
    found.dedup();
    // Who writes before it reads, reads its own.
    let writes: Vec<Name> = found.iter().filter(|(_, does)| *does == Use::Writes).map(|(name, _)| *name).collect();
    found.retain(|(name, does)| *does != Use::Reads || !writes.contains(name));
    found
}
