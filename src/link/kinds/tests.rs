//! What a test asks of what it is given: by a fact, through helpers of the repository, or kept under a name.

use super::places::{Attributes, Place, Root, is_open};
use super::{CALLED, Kinds, Shown, Tests};
use crate::base::{FileId, Name};
use crate::ir::{Branch, CallId, CallKind, Const, Expr, ExprId, Guard, ModuleSummary, Test, VarId, loops::LoopId};
use crate::link::graph::{bound_parameters, functions};
use crate::link::values::{Solution, Value};
use crate::link::{At, CallAt, ExprAt, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Names and helpers that are followed from one test.
const DEEPEST: usize = 5;

/// What an expression tells where it is true.
#[derive(Clone, Debug)]
struct Tells {
    /// Of what.
    place: Place,
    /// What that is then; no kind where it says nothing of functions.
    kinds: Kinds,
    /// Where what is asked about is written, and the loop around.
    at: ExprId,
    looped: Option<LoopId>,
}

/// What a helper tells of a parameter.
#[derive(Clone, Copy, Debug)]
struct Helper {
    position: usize,
    kinds: Kinds,
}

/// Reads the tests of the run.
pub(super) fn read(solution: &Solution<'_>) -> Tests {
    let mut reader = Reader { solution, attributes: None, helpers: FxHashMap::default(), marks: FxHashSet::default() };
    let mut tests = Tests::default();
    let input = solution.input;
    if !is_asked_for(solution) {
        return tests;
    }
    for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        for (id, guard) in summary.guards.iter_enumerated() {
            if let Some(shown) = reader.shown(file, summary, guard) {
                tests.shown.insert(At { file, id }, shown);
                tests.files.insert(file);
            }
        }
    }
    tests.attributes = reader.attributes.take().unwrap_or_default();
    let marks = std::mem::take(&mut reader.marks);
    for at in marks.iter().flat_map(|mark| tests.attributes.assigned(*mark)) {
        tests.any_marked |= solution.is_cut(*at);
        tests.marked.extend(functions(solution, *at));
    }
    tests
}

/// Whether the run names a function that such tests call.
fn is_asked_for(solution: &Solution<'_>) -> bool {
    let input = solution.input;
    input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()).any(|(file, summary)| {
        let facts = input.facts_of(file);
        summary
            .exprs
            .iter()
            .any(|expr| matches!(expr, Expr::Attr { name, .. } | Expr::Imported { name, .. } if facts.names_coroutine_test(*name)))
    })
}

struct Reader<'a, 'b> {
    solution: &'a Solution<'b>,
    attributes: Option<Attributes>,
    /// What is known of functions that are called in tests.
    helpers: FxHashMap<FuncAt, Option<Helper>>,
    /// Attributes that tests ask for.
    marks: FxHashSet<Name>,
}

impl Reader<'_, '_> {
    fn shown(&mut self, file: FileId, summary: &ModuleSummary, guard: &Guard) -> Option<Shown> {
        let came_out = match guard.branch {
            Branch::True => true,
            Branch::False => false,
            _ => return None,
        };
        let tells = match guard.test {
            Test::Call(id) => self.call(At { file, id }, 0)?,
            Test::Var(var, _) => self.variable(file, summary, var, 0)?,
            Test::Place(id) => self.tells(At { file, id }, 0)?,
            Test::Two(..) => return None,
        };
        let kinds = match (came_out, tells.kinds) {
            (true, kinds) => kinds,
            // What carries another mark may carry this one, too.
            (false, Kinds::MARKED) => return None,
            (false, kinds) => kinds.other(),
        };
        (!tells.kinds.is_none()).then_some(Shown { place: tells.place, kinds, behind: tells.at + 1, looped: tells.looped })
    }

    /// What an expression tells where it is true: a test, one of several (`or`), or the name that it is kept under.
    fn tells(&mut self, at: ExprAt, depth: usize) -> Option<Tells> {
        let summary = &self.solution.input.summaries[at.file];
        if depth > DEEPEST {
            return None;
        }
        match &summary.exprs[at.id] {
            Expr::Call(id) => self.call(At { file: at.file, id: *id }, depth + 1),
            Expr::Var(var) => self.variable(at.file, summary, *var, depth + 1),
            Expr::Either(parts) => {
                let parts: SmallVec<[Tells; 2]> =
                    parts.iter().map(|id| self.tells(At { file: at.file, id: *id }, depth + 1)).collect::<Option<_>>()?;
                together(parts)
            }
            Expr::Attr { name, .. } => {
                let solution = self.solution;
                let place = self.attributes().place(solution, at)?;
                let Root::Own(id) = place.root else { return None };
                let class = At { file: at.file, id };
                if place.path.as_slice() != [*name] {
                    return None;
                }
                let (value, method) = self.attributes().only(solution, class, *name)?;
                let tells = self.tells(At { file: at.file, id: value }, depth + 1)?;
                // What is kept under the name was so when the function was put where it is.
                let steady = match (tells.place.root, tells.place.path.as_slice()) {
                    (Root::Own(own), [kept]) if own == id => {
                        self.attributes().is_its_own(solution, class, *kept)
                            && self.attributes().of(class, Some(*kept)).all(|(value, by)| *by == method && *value < tells.at)
                    }
                    (Root::Var(var), []) => summary.vars[var].func == method && solution.assigned(at.file, var).is_empty(),
                    _ => false,
                };
                steady.then_some(tells)
            }
            _ => None,
        }
    }

    fn variable(&mut self, file: FileId, summary: &ModuleSummary, var: VarId, depth: usize) -> Option<Tells> {
        match self.solution.assigned(file, var) {
            [one] if !is_open(summary, var) => self.tells(At { file, id: *one }, depth + 1),
            _ => None,
        }
    }

    /// What the result of a call tells.
    fn call(&mut self, at: CallAt, depth: usize) -> Option<Tells> {
        let solution = self.solution;
        let summary = &solution.input.summaries[at.file];
        let call = &summary.calls[at.id];
        if call.kind != CallKind::Call || depth > DEEPEST {
            return None;
        }
        let callee = At { file: at.file, id: call.callee };
        let facts = solution.input.facts_of(at.file);
        let first = || call.args.first().filter(|arg| !arg.spread && arg.name.is_none());
        let (arg, kinds) = match solution.values(callee) {
            [Value::Ext(path)] => match facts.coroutine_test(*path) {
                Some(true) => (first()?.value, Kinds::COROUTINE.or(Kinds::AWAITED)),
                Some(false) => (first()?.value, Kinds::COROUTINE),
                // Whatever is a function can be called.
                None if facts.type_test(*path)?.is_some_and(|of| of.as_str() == "Function") => (first()?.value, Kinds::NONE),
                None => return None,
            },
            [Value::Func(helper) | Value::Bound(helper)] if !solution.is_cut(callee) => {
                let offset = usize::from(matches!(solution.values(callee), [Value::Bound(_)]));
                let told = self.helper(*helper, depth)?;
                let bound = bound_parameters(summary, solution.input.func(*helper), call, offset);
                (bound.into_iter().find(|(_, position)| *position == told.position)?.0, told.kinds)
            }
            _ => return None,
        };
        let mut place = self.attributes().place(solution, At { file: at.file, id: arg })?;
        let mut kinds = kinds;
        if place.path.last().is_some_and(|last| last.as_str() == CALLED) {
            place.path.pop();
            // A function's own is none.
            kinds = if kinds.is_none() { kinds } else { Kinds::AWAITED };
        }
        Some(Tells { place, kinds, at: arg, looped: call.looped })
    }

    /// What a function of the repository tells of a parameter by what it returns.
    fn helper(&mut self, func: FuncAt, depth: usize) -> Option<Helper> {
        if let Some(known) = self.helpers.get(&func) {
            return *known;
        }
        // One that calls itself tells nothing.
        self.helpers.insert(func, None);
        let told = self.look_into(func, depth).or_else(|| self.mark(func));
        self.helpers.insert(func, told);
        told
    }

    fn look_into(&mut self, func: FuncAt, depth: usize) -> Option<Helper> {
        let function = self.solution.input.func(func);
        if function.is_async || function.is_generator || function.gives_nothing || !function.decorators.is_empty() {
            return None;
        }
        let parts: SmallVec<[Tells; 2]> =
            function.returns.iter().map(|id| self.tells(At { file: func.file, id: *id }, depth + 1)).collect::<Option<_>>()?;
        let told = together(parts)?;
        let Root::Var(var) = told.place.root else { return None };
        let position = function.params.iter().position(|param| param.var == Some(var) && !param.rest && !param.keywords)?;
        let summary = &self.solution.input.summaries[func.file];
        let same = |id: &ExprId| self.unwraps(At { file: func.file, id: *id }, var, 0);
        let unwrapped = !summary.vars[var].vague && !summary.vars[var].outside && self.solution.assigned(func.file, var).iter().all(same);
        (told.place.path.is_empty() && unwrapped).then_some(Helper { position, kinds: told.kinds })
    }

    /// Whether an expression is a variable, or what that wraps: `f = f.func`. A function has no such attribute.
    fn unwraps(&self, at: ExprAt, var: VarId, depth: usize) -> bool {
        let solution = self.solution;
        let summary = &solution.input.summaries[at.file];
        let within = |id: ExprId| self.unwraps(At { file: at.file, id }, var, depth + 1);
        match &summary.exprs[at.id] {
            _ if depth > DEEPEST => false,
            Expr::Var(same) => *same == var,
            Expr::Attr { base, .. } => within(*base),
            Expr::Call(id) => {
                let call = &summary.calls[*id];
                let ([arg], [Value::Func(helper)]) = (call.args.as_slice(), solution.values(At { file: at.file, id: call.callee })) else {
                    return solution.wrapped(at).is_some_and(|inner| within(inner.id));
                };
                let function = solution.input.func(*helper);
                let Some(param) = function.params.first().and_then(|param| param.var) else { return false };
                let passes = |id: &ExprId| self.unwraps(At { file: helper.file, id: *id }, param, depth + 1);
                let kept = solution.assigned(helper.file, param).iter().all(passes);
                within(arg.value) && kept && !function.returns.is_empty() && function.returns.iter().all(passes)
            }
            _ => false,
        }
    }

    /// A helper that only asks for an attribute which the program puts on functions: `return "mark" in getattr(f, "__dict__", {})`.
    fn mark(&mut self, func: FuncAt) -> Option<Helper> {
        let solution = self.solution;
        let function = solution.input.func(func);
        let ([param], [result]) = (function.params.as_slice(), function.returns.as_slice()) else { return None };
        let var = param.var.filter(|var| !solution.input.summaries[func.file].vars[*var].assigned)?;
        let summary = &solution.input.summaries[func.file];
        let Expr::Call(asked) = summary.exprs[*result] else { return None };
        let asked = &summary.calls[asked];
        let text = |id: ExprId| match summary.exprs[id] {
            Expr::Const(Const::Str(text)) => Some(text),
            _ => None,
        };
        let reads = |id: ExprId| match &summary.exprs[id] {
            Expr::Call(id) => reads_of(summary, *id, var),
            Expr::Attr { base, .. } => summary.exprs[*base] == Expr::Var(var),
            _ => false,
        };
        let mark = match (asked.kind, &summary.exprs[asked.callee]) {
            // `"mark" in f.__dict__`
            (CallKind::Operator, Expr::Attr { base, .. }) if reads(*base) => text(asked.args.first()?.value)?,
            // `getattr(f, "mark", False)`
            (CallKind::Call, _) if asked.args.first().is_some_and(|arg| summary.exprs[arg.value] == Expr::Var(var)) => {
                text(asked.args.get(1)?.value)?
            }
            _ => return None,
        };
        // Nothing is known of marks that are put on in another way.
        if self.attributes().assigned(mark).is_empty() {
            return None;
        }
        self.marks.insert(mark);
        Some(Helper { position: 0, kinds: Kinds::MARKED })
    }

    fn attributes(&mut self) -> &Attributes {
        let solution = self.solution;
        self.attributes.get_or_insert_with(|| Attributes::read(solution))
    }
}

/// Whether a call is given the variable before anything else.
fn reads_of(summary: &ModuleSummary, id: CallId, var: VarId) -> bool {
    summary.calls[id].args.first().is_some_and(|arg| summary.exprs[arg.value] == Expr::Var(var))
}

/// What several expressions tell of one place, if one of them is true; what is asked of that place's attributes tells nothing of a
/// function, which has none.
fn together(parts: SmallVec<[Tells; 2]>) -> Option<Tells> {
    let mut parts = parts.into_iter();
    let mut told = parts.next()?;
    for part in parts {
        if part.place.root != told.place.root {
            return None;
        }
        let (one, other) = (told.place.path.as_slice(), part.place.path.as_slice());
        if one == other {
            told.kinds = told.kinds.or(part.kinds);
        } else if one.starts_with(other) {
            told = Tells { at: told.at.max(part.at), ..part };
        } else if !other.starts_with(one) {
            return None;
        }
        told.at = told.at.max(part.at);
    }
    (!told.kinds.is_none()).then_some(told)
}
