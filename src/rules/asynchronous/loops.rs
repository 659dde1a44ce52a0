//! What one round of a loop has to do with the next, and with what is gone over.

use crate::base::FileId;
use crate::ir::loops::{Loop, LoopId};
use crate::ir::{Call, Expr, ExprId, ModuleSummary, Target, VarId};
use crate::link::{At, CallAt};
use crate::rules::Program;
use rustc_hash::FxHashSet;

/// A loop, read for what depends on what.
pub struct Rounds<'p> {
    summary: &'p ModuleSummary,
    /// The loop.
    pub of: &'p Loop,
    /// Variables that hold the element of a round, or what is made from it.
    derived: FxHashSet<VarId>,
}

impl<'p> Rounds<'p> {
    /// Reads a loop.
    #[must_use]
    pub fn of(program: &'p Program<'_, '_>, file: FileId, id: LoopId) -> Self {
        let summary = &program.input.summaries[file];
        let of = &summary.loops[id];
        let mut rounds = Self { summary, of, derived: FxHashSet::default() };
        let assigns = &summary.assigns[of.assigns.start as usize..of.assigns.end as usize];
        // Assignments come in order: one pass follows what is made from what.
        let mut from = of.exprs.start;
        for assign in assigns.iter().filter(|assign| !assign.is_type) {
            let to = assign.value.raw();
            let element = matches!(summary.exprs[assign.value], Expr::Element(over) if Some(over) == of.over);
            let made = (from..=to).any(|id| rounds.is_derived(id));
            if let (Target::Var(var), true) = (&assign.target, element || made) {
                rounds.derived.insert(*var);
            }
            from = from.max(to.saturating_add(1));
        }
        rounds
    }

    fn is_derived(&self, id: u32) -> bool {
        let expr = &self.summary.exprs[ExprId::from_raw(id)];
        matches!(expr, Expr::Var(var) if self.derived.contains(var)) || matches!(expr, Expr::Element(over) if Some(*over) == self.of.over)
    }

    /// Whether a call in the loop is given the round's element, or what is made from it.
    #[must_use]
    pub fn uses(&self, call: &Call, result: ExprId) -> bool {
        let first = leftmost(self.summary, call.callee).raw();
        (first..=result.raw()).any(|id| self.is_derived(id))
    }

    /// Whether a round reads what an earlier one has assigned: a variable is read before it is assigned.
    #[must_use]
    pub fn needs_previous(&self) -> bool {
        let assigns = &self.summary.assigns[self.of.assigns.start as usize..self.of.assigns.end as usize];
        let mut seen: FxHashSet<VarId> = FxHashSet::default();
        assigns.iter().filter(|assign| !assign.is_type).any(|assign| {
            let Target::Var(var) = assign.target else { return false };
            let before = self.of.test.start..assign.value.raw().saturating_add(1);
            seen.insert(var) && before.into_iter().any(|id| self.summary.exprs[ExprId::from_raw(id)] == Expr::Var(var))
        })
    }
}

/// The first expression of those that a value is written with.
fn leftmost(summary: &ModuleSummary, id: ExprId) -> ExprId {
    let mut at = id;
    for _ in 0..64 {
        at = match &summary.exprs[at] {
            Expr::Attr { base, .. } | Expr::Index { base, .. } | Expr::Element(base) | Expr::Await(base) | Expr::Many(base) => *base,
            Expr::Call(call) => summary.calls[*call].callee,
            _ => return at,
        };
    }
    at
}

/// The loops around a call in its own function, the innermost first.
pub fn around<'p>(program: &'p Program<'_, '_>, at: CallAt) -> impl Iterator<Item = LoopId> + 'p {
    let summary = &program.input.summaries[at.file];
    std::iter::successors(summary.calls[at.id].looped, |id| summary.loops[*id].outer)
}

/// The calls made in the body of a loop, those of functions written there not among them.
#[must_use]
pub fn calls_in(summary: &ModuleSummary, of: &Loop, file: FileId) -> Vec<CallAt> {
    let ids = of.calls.clone().map(crate::ir::CallId::from_raw);
    ids.filter(|id| summary.calls[*id].func == of.func).map(|id| At { file, id }).collect()
}
