//! What a helper passes on: results that are a parameter, or what a parameter gives when it is called, differ from call to call.

use super::bind::{bound_parameters, indirect};
use super::values::{Constraint, Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt};
use crate::ir::{Call, CallKind, Expr, ExprId, Family};
use rustc_hash::FxHashSet;

/// Names and wrappers that are followed from what is returned to the parameter.
const DEEPEST: usize = 4;

/// What a function returns of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passed {
    /// The parameter itself: `return value`.
    Same(usize),
    /// What it gives when it is called: `return await run(function)`.
    Called(usize),
    /// What another function gives that is called with it: `return hooks[name](value)`.
    Through(CallAt),
}

/// A call of a function that returns what a call of its own gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Through {
    /// The call.
    outer: CallAt,
    /// The function.
    func: FuncAt,
    /// Its parameters that are bound already.
    offset: usize,
    /// The call in it.
    inner: CallAt,
    /// Where what that gives flows to.
    result: u32,
}

impl Solution<'_> {
    /// What a call of the function gives flows to `result`: of its arguments where the function passes these on, not of those
    /// of all other calls.
    pub(super) fn returned_to(&mut self, at: CallAt, call: &Call, func: FuncAt, offset: usize, result: u32) {
        let function = self.input.func(func);
        let passed: Vec<(ExprId, Option<Passed>)> = function.returns.iter().map(|value| (*value, self.passed(func, *value))).collect();
        if passed.iter().all(|(_, passed)| passed.is_none()) {
            return self.returned(func, result);
        }
        let given = bound_parameters(&self.input.summaries[at.file], function, call, offset);
        let from = |position: usize| {
            let argument = given.iter().find(|(_, at)| *at == position).map(|(arg, _)| At { file: at.file, id: *arg });
            argument.or_else(|| function.params[position].default.map(|id| At { file: func.file, id }))
        };
        let annotation = function.return_type.map(|id| At { file: func.file, id });
        // What is declared holds back values of other types for every call.
        let declared = annotation.is_some_and(|annotation| self.tells(annotation));
        if declared || (0..function.params.len()).any(|position| from(position).is_none() && is_passed(&passed, position)) {
            return self.returned(func, result);
        }
        for (value, passed) in passed {
            match passed {
                Some(Passed::Same(position)) => {
                    if let Some(from) = from(position) {
                        self.flow(from, result, false);
                    }
                }
                Some(Passed::Called(position)) => {
                    if let Some(from) = from(position) {
                        let from = self.node(from);
                        self.when(from, Constraint::Inject(result));
                    }
                }
                Some(Passed::Through(inner)) => {
                    let callee = self.input.summaries[inner.file].calls[inner.id].callee;
                    let place = u32::try_from(self.through.len()).unwrap_or(u32::MAX);
                    self.through.push(Through { outer: at, func, offset, inner, result });
                    let callee = self.node(At { file: inner.file, id: callee });
                    self.when(callee, Constraint::Through(place));
                }
                None => self.flow(At { file: func.file, id: value }, result, false),
            }
        }
    }

    /// What a call within a function gives, where it calls `value` with the function's parameters: of the arguments of one call of the
    /// function, not of those of all.
    pub(super) fn pass_through(&mut self, value: Value, place: u32) {
        let Through { outer, func, offset, inner, result } = self.through[place as usize];
        let input = self.input;
        let summary = &input.summaries[inner.file];
        let call = &summary.calls[inner.id];
        let (called, bound) = match value {
            Value::Func(called) => (called, 0),
            Value::Bound(called) => (called, usize::from(self.family == Family::Python)),
            _ => return self.bind_to(inner, value, result),
        };
        let function = input.func(called);
        if function.is_generator || function.return_type.is_some() || indirect(summary, call, function).is_some() {
            return self.bind_to(inner, value, result);
        }
        let given = bound_parameters(summary, function, call, bound);
        let outside = &input.summaries[outer.file];
        let first = bound_parameters(outside, input.func(func), &outside.calls[outer.id], offset);
        let from = |position: usize| {
            let argument = At { file: inner.file, id: given.iter().find(|(_, at)| *at == position)?.0 };
            match self.stands_for(func, argument, 0) {
                Some(own) => first.iter().find(|(_, at)| *at == own).map(|(arg, _)| At { file: outer.file, id: *arg }),
                None => Some(argument),
            }
        };
        let returned = function.returns.iter().map(|value| match self.passed(called, *value) {
            Some(Passed::Same(position)) => (from(position), false),
            Some(Passed::Called(position)) => (from(position), true),
            Some(Passed::Through(_)) | None => (Some(At { file: called.file, id: *value }), false),
        });
        let returned: Vec<_> = returned.collect();
        for (from, is_called) in returned {
            match from {
                Some(from) if is_called => {
                    let from = self.node(from);
                    self.when(from, Constraint::Inject(result));
                }
                Some(from) => self.flow(from, result, false),
                None => {}
            }
        }
    }

    /// Whether a call gives the parameter something of which nothing is known: what others give does not tell all of it.
    #[must_use]
    pub fn is_given_unknown(&self, func: FuncAt, position: usize) -> bool {
        let known = self.given_unknown.get_or_init(|| {
            let mut found = FxHashSet::default();
            for (file, summary) in self.input.summaries.iter_enumerated() {
                for call in summary.calls.iter().filter(|call| call.kind == CallKind::Call && !call.args.is_empty()) {
                    for value in self.values(At { file, id: call.callee }) {
                        let (func, offset) = match *value {
                            Value::Func(func) => (func, 0),
                            Value::Bound(func) => (func, usize::from(summary.family == Family::Python)),
                            _ => continue,
                        };
                        let bound = bound_parameters(summary, self.input.func(func), call, offset).into_iter();
                        let unknown =
                            |arg: ExprId| self.values(At { file, id: arg }).is_empty() && !matches!(summary.exprs[arg], Expr::Const(_));
                        found.extend(bound.filter(|(arg, _)| unknown(*arg)).map(|(_, position)| (func, position)));
                    }
                }
            }
            found
        });
        known.contains(&(func, position))
    }

    fn passed(&self, func: FuncAt, value: ExprId) -> Option<Passed> {
        let value = self.awaited(At { file: func.file, id: value });
        if let Some(position) = self.stands_for(func, value, 0) {
            return Some(Passed::Same(position));
        }
        let summary = &self.input.summaries[func.file];
        let Expr::Call(id) = summary.exprs[value.id] else { return None };
        let call = &summary.calls[id];
        if call.func != func.id {
            return None;
        }
        let at = |id: ExprId| At { file: func.file, id };
        if let Some(position) = self.stands_for(func, at(call.callee), 0) {
            return Some(Passed::Called(position));
        }
        if let Some(path) = self.static_path(at(call.callee)) {
            let boundary = self.facts.boundary(path).filter(|boundary| boundary.returns)?;
            let mut moved = super::bind::argument(call, boundary.which).into_iter();
            return Some(Passed::Called(self.stands_for(func, at(moved.next()?.value), 0)?));
        }
        // What stands under a key may be one of many functions, with a call for each: `hooks[name](value)`.
        let kept = call.kind == CallKind::Call && matches!(summary.exprs[call.callee], Expr::Index { .. });
        let hands_on = kept && call.args.iter().any(|arg| !arg.spread && self.stands_for(func, at(arg.value), 0).is_some());
        hands_on.then_some(Passed::Through(At { file: func.file, id }))
    }

    /// The parameter that an expression of the function is, by names bound once and by wrappers: `partial(function, x)`.
    fn stands_for(&self, func: FuncAt, at: ExprAt, depth: usize) -> Option<usize> {
        let summary = &self.input.summaries[at.file];
        if depth > DEEPEST {
            return None;
        }
        match &summary.exprs[at.id] {
            Expr::Var(var) if summary.vars[*var].func == func.id => {
                let position = summary.functions[func.id].params.iter().position(|param| param.var == Some(*var));
                // `function = cast(Callable, function)` is the same.
                let same =
                    |id: &ExprId| self.wrapped(At { file: at.file, id: *id }).is_some_and(|of| summary.exprs[of.id] == Expr::Var(*var));
                match (position, self.assigned(at.file, *var)) {
                    (Some(position), again) if again.iter().all(same) => {
                        let param = &summary.functions[func.id].params[position];
                        (!param.rest && !param.keywords).then_some(position)
                    }
                    (None, [one]) => self.stands_for(func, At { file: at.file, id: *one }, depth + 1),
                    _ => None,
                }
            }
            Expr::Call(_) => self.stands_for(func, self.wrapped(at)?, depth + 1),
            _ => None,
        }
    }

    /// What a call of a wrapper, `partial(function, x)`, wraps.
    pub(super) fn wrapped(&self, at: ExprAt) -> Option<ExprAt> {
        let summary = &self.input.summaries[at.file];
        let Expr::Call(call) = summary.exprs[at.id] else { return None };
        let call = &summary.calls[call];
        let facts = self.input.facts_of(at.file);
        let which = facts.wraps(self.static_path(At { file: at.file, id: call.callee })?)?;
        match super::bind::argument(call, which)[..] {
            [arg] => Some(At { file: at.file, id: arg.value }),
            _ => None,
        }
    }

    fn awaited(&self, at: ExprAt) -> ExprAt {
        match self.input.summaries[at.file].exprs[at.id] {
            Expr::Await(inner) => At { file: at.file, id: inner },
            _ => at,
        }
    }
}

fn is_passed(passed: &[(ExprId, Option<Passed>)], position: usize) -> bool {
    passed.iter().any(|(_, passed)| matches!(passed, Some(Passed::Same(at) | Passed::Called(at)) if *at == position))
}
