//! Tests that code stands under, and how they came out.

use super::{CallId, Const, Expr, ExprId, FuncId, GuardId, ModuleSummary, VarId};

/// How the result of the tested call came out where the guarded code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Branch {
    /// It was true.
    True,
    /// It was false.
    False,
    /// It equalled what it was compared with.
    Equal,
    /// It differed.
    Differs,
    /// The call raised.
    Raised,
}

/// What a test asks of two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `a == b`, `a is b`
    Equals,
    /// ECMAScript `a === b`: `null` is not `undefined`.
    Same,
    /// `a in b`
    Among,
    /// ECMAScript `a instanceof b`
    Instance,
    /// ECMAScript `typeof a == b`
    Kind,
}

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// The result of a call.
    Call(CallId),
    /// A variable, and the first expression that stands behind the test.
    Var(VarId, ExprId),
    /// An attribute or element.
    Place(ExprId),
    /// Two expressions.
    Two(Relation, ExprId, ExprId),
}

/// A test that code stands under: `if get_ident() != owner:`, `if not wait:`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guard {
    /// What is tested.
    pub test: Test,
    /// How it came out.
    pub branch: Branch,
    /// The test that this one stands under.
    pub outer: Option<GuardId>,
}

impl Guard {
    /// The call whose result is tested, and how it came out: `f() is None` is a false `f()`.
    #[must_use]
    pub fn of_call(&self, summary: &ModuleSummary) -> Option<(CallId, Branch)> {
        let (one, other) = match self.test {
            Test::Call(id) => return Some((id, self.branch)),
            Test::Two(Relation::Equals | Relation::Same, one, other) => (one, other),
            Test::Var(..) | Test::Place(_) | Test::Two(..) => return None,
        };
        let (id, other) = match (&summary.exprs[one], &summary.exprs[other]) {
            (Expr::Call(id), _) => (*id, other),
            (_, Expr::Call(id)) => (*id, one),
            _ => return None,
        };
        let equal = self.branch == Branch::True;
        let branch = match (&summary.exprs[other], equal) {
            (Expr::Const(Const::Null | Const::Bool(false)), false) | (Expr::Const(Const::Bool(true)), true) => Branch::True,
            (Expr::Const(Const::Null | Const::Bool(_)), _) => Branch::False,
            (_, true) => Branch::Equal,
            (_, false) => Branch::Differs,
        };
        Some((id, branch))
    }

    /// The first expression that stands behind the test: what is assigned from there on was not there yet.
    #[must_use]
    pub fn behind(&self, summary: &ModuleSummary) -> ExprId {
        let next = |id: ExprId| id + 1;
        match self.test {
            Test::Var(_, behind) => behind,
            Test::Place(id) => next(id),
            Test::Two(_, one, other) => next(one.max(other)),
            Test::Call(id) => {
                let call = &summary.calls[id];
                next(call.args.iter().map(|arg| arg.value).fold(call.callee, ExprId::max))
            }
        }
    }

    /// What the test says of the variable.
    #[must_use]
    pub fn of_var(&self, summary: &ModuleSummary, var: VarId) -> Option<Held> {
        let came_out = match self.branch {
            Branch::True => true,
            Branch::False => false,
            _ => return None,
        };
        let is_var = |id: ExprId| summary.exprs[id] == Expr::Var(var);
        match self.test {
            Test::Var(tested, _) => (tested == var).then_some(Held::Truth(came_out)),
            Test::Two(Relation::Equals | Relation::Same, one, other) if is_var(one) => match summary.exprs[other] {
                Expr::Const(Const::Null) if came_out || summary.family == super::Family::Python => Some(Held::Null(came_out)),
                Expr::Const(Const::Bool(value)) if came_out => Some(Held::Truth(value)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What a variable is known to be where it is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// True, or false.
    Truth(bool),
    /// Nothing (`None`, `null`, `undefined`), or something.
    Null(bool),
}

impl Held {
    /// Whether all that is held here has the truth.
    fn has_truth(self, wanted: bool) -> bool {
        self == Self::Truth(wanted) || (self == Self::Null(true) && !wanted)
    }

    /// Whether all that is held here is nothing, or something.
    fn is_null(self, wanted: bool) -> bool {
        self == Self::Null(wanted) || (self == Self::Truth(true) && !wanted)
    }
}

impl ModuleSummary {
    /// Notes an assignment to a variable that stands in `func`, under `guard`.
    pub fn assigned(&mut self, var: VarId, func: FuncId, guard: Option<GuardId>) {
        let (mut at, mut held) = (guard, None);
        while let Some(id) = at {
            let guard = &self.guards[id];
            held = guard.of_var(self, var);
            if held.is_some() {
                break;
            }
            at = guard.outer;
        }
        let variable = &mut self.vars[var];
        variable.assigned_where = if variable.assigned && variable.assigned_where != held { None } else { held };
        variable.assigned = true;
        variable.outside |= variable.func != func;
    }

    /// Notes that a variable holds what no assignment says: `x += 1`, `let x;`.
    pub fn blur(&mut self, var: VarId) {
        let variable = &mut self.vars[var];
        (variable.assigned, variable.assigned_where, variable.vague) = (true, None, true);
    }

    /// Whether a test of the variable for `wanted` comes out as it would at the start, where it is not `wanted` there.
    #[must_use]
    pub fn keeps(&self, var: VarId, wanted: bool) -> bool {
        !self.vars[var].assigned || self.vars[var].assigned_where.is_some_and(|held| held.has_truth(wanted))
    }

    /// The same for a test for nothing, or something.
    #[must_use]
    pub fn keeps_null(&self, var: VarId, wanted: bool) -> bool {
        !self.vars[var].assigned || self.vars[var].assigned_where.is_some_and(|held| held.is_null(wanted))
    }
}
