//! See rules/unbounded-fan-out.md.

use super::asynchronous::loops::around;
use super::asynchronous::told::{self, Said};
use super::asynchronous::waited::{Waited, Way};
use super::check::shared::Shared;
use super::cpu::origin::{Origin, Origins};
use super::{Check, Program, Rule, Status, Told};
use crate::effects::sizes::Size;
use crate::facts::{Effect, Results};
use crate::finding::{Confidence, Severity};
use crate::ir::loops::LoopKind;
use crate::ir::{Expr, ExprId};
use crate::link::graph::functions;
use crate::link::{At, CallAt, ExprAt, FuncAt};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-fan-out",
    group: "async",
    severity: Severity::Warning,
    status: Status::Preview,
    page: include_str!("../../rules/unbounded-fan-out.md"),
    check: Check::Uses(check),
};

/// What there are only so many of: connections, sockets, processes.
const SCARCE: [Effect; 4] = [Effect::Database, Effect::Network, Effect::Subprocess, Effect::Dns];

/// Variables that are followed from what is waited for to where it is made.
const DEEPEST: u8 = 4;

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let program = shared.program;
    let waited = shared.waited();
    let origins = shared.origins();
    for external in &program.graph.externals {
        let (call, file) = (external.call, external.call.file);
        if !program.input.facts_of(file).gathers(external.path) {
            continue;
        }
        let summary = &program.input.summaries[file];
        for arg in &summary.calls[call.id].args {
            let Some(many) = many(program, waited, At { file, id: arg.value }, external.from, DEEPEST) else { continue };
            judge(&Judging { rule, program, waited, origins }, told, call, &many);
        }
    }
}

/// What judges.
struct Judging<'j, 'p, 'a, 'b> {
    rule: &'j Rule,
    program: &'p Program<'a, 'b>,
    waited: &'j Waited<'p, 'a, 'b>,
    origins: &'j Origins<'p, 'a, 'b>,
}

/// Calls made for each element of something.
struct Many {
    over: ExprAt,
    /// The function in which what is gone over stands.
    within: FuncAt,
    way: Way,
    limited: bool,
    /// What surrounds the making: a loop over parts of the whole.
    looped: bool,
}

fn many(program: &Program<'_, '_>, waited: &Waited<'_, '_, '_>, at: ExprAt, within: FuncAt, depth: u8) -> Option<Many> {
    let depth = depth.checked_sub(1)?;
    let here = |id: ExprId| At { file: at.file, id };
    let summary = &program.input.summaries[at.file];
    match &summary.exprs[at.id] {
        // `*tasks` in a list
        Expr::Element(inner) => many(program, waited, here(*inner), within, depth),
        Expr::List(items) => items.iter().find_map(|item| match summary.exprs[*item] {
            Expr::Element(inner) => many(program, waited, here(inner), within, depth),
            _ => None,
        }),
        Expr::Var(var) => {
            let assigned = program.solution.assigned(at.file, *var);
            let is_own = summary.vars[*var].func == within.id;
            let [one] = assigned else { return None };
            if is_own { many(program, waited, here(*one), within, depth) } else { None }
        }
        // `[fetch(x) for x in xs]`
        Expr::Many(element) => {
            let Expr::Call(id) = summary.exprs[*element] else { return None };
            let call = At { file: at.file, id };
            let inner = around(program, call).next().map(|id| &summary.loops[id])?;
            if inner.kind != LoopKind::Comprehension {
                return None;
            }
            let (way, limited) = reached(program, waited, call)?;
            let looped = inner.outer.is_some_and(|outer| summary.loops[outer].kind != LoopKind::Comprehension);
            Some(Many { over: here(inner.over?), within, way, limited, looped })
        }
        // `xs.map(fetch)`, `map(fetch, xs)`
        Expr::Call(id) => {
            let call = At { file: at.file, id: *id };
            let facts = program.input.facts_of(at.file);
            let mut externals = program.graph.externals_of(call);
            let maps = externals.any(|one| facts.invokes(one.path).iter().any(|invoke| invoke.results == Some(Results::Elements)));
            let edges: Vec<_> = program.graph.edges_of(call).collect();
            let over = edges.iter().find_map(|edge| program.sizes.gone_over(edge)).map(|(over, _)| over).filter(|_| maps)?;
            let mut limited = waited.limits(call);
            let mut found = None;
            for edge in edges {
                limited |= waited.is_limited(edge.to);
                found = found.or_else(|| waited.calls_of(edge.to).iter().find_map(|call| waited.way(*call, &SCARCE)));
            }
            let looped = summary.calls[*id].looped.is_some();
            Some(Many { over: here(over), within, way: found?, limited, looped })
        }
        _ => None,
    }
}

/// The way from a call to what is scarce, and whether something on it lets only so many in.
fn reached(program: &Program<'_, '_>, waited: &Waited<'_, '_, '_>, call: CallAt) -> Option<(Way, bool)> {
    let summary = &program.input.summaries[call.file];
    let way = waited.way(call, &SCARCE)?;
    // `limit(fetch(x))`: the limiter is called with it, or calls it.
    let given = summary.calls[call.id].args.iter().flat_map(|arg| functions(program.solution, At { file: call.file, id: arg.value }));
    let limited = waited.limits(call) || given.into_iter().any(|func| waited.is_limited(func));
    Some((way, limited))
}

fn judge(judging: &Judging<'_, '_, '_, '_>, told: &mut Told, call: CallAt, many: &Many) {
    let Judging { rule, program, waited, origins } = *judging;
    let owner = told::owner(program, call);
    if let Some(reason) = told::is_once(program, owner) {
        return told.clear(rule, program, call, reason);
    }
    let on_the_way = many.way.calls.iter().any(|(call, to)| {
        let inside = to.is_some_and(|to| waited.is_limited(to));
        inside || waited.limits(*call) || waited.is_limited(told::owner(program, *call))
    });
    if many.limited || on_the_way || waited.is_limited(owner) {
        return told.clear(rule, program, call, "limited");
    }
    // A loop around it goes over parts of the whole, one after another.
    if many.looped {
        return told.clear(rule, program, call, "batches");
    }
    let size = program.sizes.trace(many.over, many.within).size;
    let (confidence, by) = match (size, origins.of(many.within, size)) {
        (Size::Database, _) => (Confidence::High, "a database"),
        (Size::Request, _) | (_, Origin::Request(_) | Origin::Field(_)) => (Confidence::High, "a client"),
        (_, Origin::Stored(what)) => (Confidence::Medium, what),
        (_, Origin::Unknown) => (Confidence::Low, "nothing here"),
        (_, Origin::Bounded | Origin::Head(_)) => {
            return told.clear(rule, program, call, "few");
        }
    };
    // Where it is asked under a test only, most elements may not ask at all.
    let confidence = if many.way.always { confidence } else { Confidence::Low };
    let python = told::is_python(program, call);
    let path = crate::effects::shown_path(program.input.facts_of(many.way.calls.last().map_or(call, |last| last.0).file), many.way.path);
    let said = Said {
        severity: rule.severity,
        confidence,
        message: format!("`{}` starts `{path}` for all elements at once, and {by} says how many there are", told::called(program, call)),
        why: "each one takes a connection, a socket or a process: beyond what the pool or the other side holds, they fail or wait for each other".to_owned(),
        help: if python {
            "let in so many at a time: `async with semaphore:` around each, with `semaphore = asyncio.Semaphore(10)`, or go over batches"
        } else {
            "let in so many at a time: `const limit = pLimit(10)` and `limit(() => ...)` around each, or go over batches"
        }
        .to_owned(),
        source: if python {
            "https://docs.python.org/3/library/asyncio-sync.html#asyncio.Semaphore"
        } else {
            "https://github.com/sindresorhus/p-limit#readme"
        }
        .to_owned(),
    };
    let mut finding = told::finding(rule, program, call, Vec::new(), said);
    let (last, _) = many.way.calls.last().copied().unwrap_or((call, None));
    let span = program.input.summaries[last.file].calls[last.id].span;
    finding.labels.push(crate::finding::Label { file: last.file, span, text: "done for each element".to_owned() });
    told.findings.push(finding);
}
