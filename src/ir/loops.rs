//! Loops: what goes round, over what, and what stands inside.

use super::{Expr, ExprId, FuncId, GuardId, ModuleSummary};
use crate::base::Span;
use oxc_index::define_index_type;
use std::ops::Range;

define_index_type! { /// A loop of one module.
pub struct LoopId = u32; }

/// What makes a loop go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// Another element: `for x in xs`, `for (const x of xs)`.
    Each,
    /// The same in a comprehension.
    Comprehension,
    /// A count that has not reached its limit: `for (let i = 0; i < n; i++)`.
    Count,
    /// A test.
    While,
}

/// A loop.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct Loop {
    /// What makes it go on.
    pub kind: LoopKind,
    /// What is gone over; for a count its limit.
    pub over: Option<ExprId>,
    /// The head, without the body, in bytes.
    pub span: Span,
    /// The function whose body it stands in.
    pub func: FuncId,
    /// The loop around it, in the same function.
    pub outer: Option<LoopId>,
    /// The innermost test that it stands under.
    pub guard: Option<GuardId>,
    /// It stands under `if __name__ == "__main__"` or `require.main === module`.
    pub main_guard: bool,
    /// It awaits something that is no call: each round lets others run.
    pub waits: bool,
    /// Its body ends by leaving it: it goes round once at most.
    pub leaves: bool,
    /// Its test or body changes a variable or a member by what it was: `--end`, `n += 1`. Told of ECMAScript only.
    pub steps: bool,
    /// It may be left from within, by `break` or `return`, before all is gone over.
    pub exits: bool,
    /// Its test is always true and nothing in its body leaves it: no `break`, `return` or `raise`. Told of Python only.
    pub endless: bool,
    /// The expressions of its test, by number.
    pub test: Range<u32>,
    /// The expressions of its body, those of functions written there too.
    pub exprs: Range<u32>,
    /// The assignments made in its body.
    pub assigns: Range<u32>,
    /// The calls made in its test and its body.
    pub calls: Range<u32>,
}

/// Where a number of an arena is now: what is added from here on comes after.
fn mark(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl ModuleSummary {
    /// Whether two expressions are the same name, or the same member of it.
    #[must_use]
    pub fn same(&self, one: ExprId, other: ExprId) -> bool {
        match (&self.exprs[one], &self.exprs[other]) {
            (Expr::Var(one), Expr::Var(other)) => one == other,
            (Expr::This(one), Expr::This(other)) => one == other,
            (Expr::Attr { base: one, name: first }, Expr::Attr { base: other, name: second }) => first == second && self.same(*one, *other),
            _ => false,
        }
    }

    /// Begins a loop whose test, if it has one, began at expression `test` and call `calls`. `within` says where it stands.
    pub fn open_loop(&mut self, kind: LoopKind, over: Option<ExprId>, span: Span, within: Within, test: Marks) -> LoopId {
        let here = self.marks();
        let assigns = mark(self.assigns.len());
        self.loops.push(Loop {
            kind,
            over,
            span,
            func: within.func,
            outer: within.outer,
            guard: within.guard,
            main_guard: within.main_guard,
            waits: false,
            leaves: false,
            steps: false,
            exits: false,
            endless: false,
            test: test.exprs..here.exprs,
            exprs: here.exprs..here.exprs,
            assigns: assigns..assigns,
            calls: test.calls..here.calls,
        })
    }

    /// Ends the test of a loop that has one: the body begins.
    pub fn end_test(&mut self, id: LoopId) {
        let here = self.marks();
        let open = &mut self.loops[id];
        open.test.end = here.exprs;
        open.exprs = here.exprs..here.exprs;
    }

    /// Ends a loop: all that was added since stands in it.
    pub fn close_loop(&mut self, id: LoopId) {
        let here = self.marks();
        let assigns = mark(self.assigns.len());
        let ended = &mut self.loops[id];
        (ended.exprs.end, ended.assigns.end, ended.calls.end) = (here.exprs, assigns, here.calls);
    }

    /// Where expressions and calls that come now will stand.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks { exprs: mark(self.exprs.len()), calls: mark(self.calls.len()) }
    }

    /// Notes that a function awaits something that is no call, in a loop and so in all loops around it.
    pub fn waits(&mut self, func: FuncId, within: Option<LoopId>) {
        self.functions[func].waits = true;
        let mut at = within;
        while let Some(id) = at {
            self.loops[id].waits = true;
            at = self.loops[id].outer;
        }
    }

    /// Notes that a loop may be left from within: by `break`, or by a `return`, which leaves those around it too.
    pub fn exits(&mut self, within: Option<LoopId>, returns: bool) {
        let mut at = within;
        while let Some(id) = at {
            self.loops[id].exits = true;
            at = self.loops[id].outer.filter(|_| returns);
        }
    }
}

/// How many expressions and calls there were.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    exprs: u32,
    calls: u32,
}

/// Where a loop stands.
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// The function.
    pub func: FuncId,
    /// The loop around it.
    pub outer: Option<LoopId>,
    /// The innermost test.
    pub guard: Option<GuardId>,
    /// Under `if __name__ == "__main__"` or the like.
    pub main_guard: bool,
}
