//! Which case of a fact a call is: what becomes of what it gives, and what it is given.

use super::Advisor;
use crate::effects::{constant_text, holds};
use crate::facts::{CallFact, Case};
use crate::ir::{Call, CallKind, Expr, ExprId, ModuleSummary, Target, VarId};
use crate::link::{At, CallAt};

/// Variables and calls that an argument is followed through.
const DEPTH: usize = 3;

impl Advisor<'_, '_> {
    /// The first case that fits.
    pub(super) fn case<'f>(&self, call: CallAt, fact: &'f CallFact) -> Option<&'f Case> {
        fact.cases.iter().find(|case| self.fits(call, &case.when))
    }

    fn fits(&self, at: CallAt, when: &str) -> bool {
        let summary = &self.solution.input.summaries[at.file];
        let call = &summary.calls[at.id];
        match when {
            "entered" => return entered(summary, at).is_some(),
            "passed on" => return passed_on(summary, at),
            "called on" => {
                let on = |callee: ExprId| matches!(summary.exprs[callee], Expr::Attr { base, .. } if is_call(summary, base, at));
                return summary.calls.iter().any(|other| other.kind == CallKind::Call && on(other.callee));
            }
            _ => {}
        }
        match when.split_once('=') {
            Some(("inside", name)) => {
                let around = |outer: &&Call| outer.args.iter().any(|arg| is_call(summary, arg.value, at));
                summary.calls.iter().filter(around).any(|outer| match &summary.exprs[outer.callee] {
                    Expr::Var(var) => summary.vars[*var].name.as_str() == name,
                    Expr::Global(global) => global.as_str() == name,
                    Expr::Attr { name: member, .. } => member.as_str() == name,
                    _ => false,
                })
            }
            Some((key, wanted)) => {
                let end = wanted.strip_prefix('*').filter(|end| !end.is_empty());
                let position = key.strip_prefix("arg").and_then(|position| position.parse::<usize>().ok());
                let ends = |end: &str, position| {
                    let given = call.args.iter().filter(|arg| arg.name.is_none()).nth(position);
                    given.is_some_and(|arg| self.ends(At { file: at.file, id: arg.value }, end, DEPTH))
                };
                holds(self.solution, self.graph, at, call, when) || end.zip(position).is_some_and(|(end, position)| ends(end, position))
            }
            None => holds(self.solution, self.graph, at, call, when),
        }
    }

    /// Whether the text is known to end so: a path that a call joins ends like the call's last argument.
    fn ends(&self, at: crate::link::ExprAt, end: &str, depth: usize) -> bool {
        let summary = &self.solution.input.summaries[at.file];
        let below = |id| depth > 0 && self.ends(At { file: at.file, id }, end, depth - 1);
        match &summary.exprs[at.id] {
            Expr::Var(var) => {
                let assigned = self.solution.assigned(at.file, *var);
                !assigned.is_empty() && assigned.iter().all(|id| below(*id))
            }
            Expr::Call(id) => summary.calls[*id].args.last().is_some_and(|arg| below(arg.value)),
            constant => constant_text(constant).is_some_and(|text| text.ends_with(end)),
        }
    }
}

fn is_call(summary: &ModuleSummary, id: ExprId, at: CallAt) -> bool {
    matches!(summary.exprs[id], Expr::Call(id) if id == at.id)
}

/// The `with` that enters what the call gives.
pub(super) fn entered(summary: &ModuleSummary, at: CallAt) -> Option<crate::ir::CallId> {
    let enters = |with: &Call| with.kind == CallKind::With && is_call(summary, with.callee, at);
    summary.calls.iter_enumerated().find(|(_, with)| enters(with)).map(|(id, _)| id)
}

/// Whether some other call is given what the call gives, under its own name or as it is.
fn passed_on(summary: &ModuleSummary, at: CallAt) -> bool {
    let with = entered(summary, at);
    let is_result = |id: ExprId| matches!(summary.exprs[id], Expr::Call(id) if id == at.id || Some(id) == with);
    let bound = summary.assigns.iter().find_map(|assign| match assign.target {
        Target::Var(var) if is_result(assign.value) => Some(var),
        _ => None,
    });
    let opened = summary.calls[at.id].span.start;
    // A name may be bound again: what stands below that is given something else.
    let again = bound.and_then(|var| next_binding(summary, var, opened)).unwrap_or(u32::MAX);
    summary.calls.iter().any(|call| {
        let in_reach = (opened..again).contains(&call.span.start);
        call.args.iter().any(|arg| match summary.exprs[arg.value] {
            Expr::Var(var) => in_reach && bound == Some(var),
            _ => is_result(arg.value),
        })
    })
}

/// Where a call's result is bound to the variable next.
fn next_binding(summary: &ModuleSummary, var: VarId, after: u32) -> Option<u32> {
    let starts = summary.assigns.iter().filter_map(|assign| match (&assign.target, &summary.exprs[assign.value]) {
        (Target::Var(bound), Expr::Call(id)) if *bound == var => Some(summary.calls[*id].span.start),
        _ => None,
    });
    starts.filter(|start| *start > after).min()
}
