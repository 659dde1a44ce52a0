//! What a call may give: nothing that is asked for, if no function that it runs returns that, and nothing at all where the tests that
//! it stands under rule it out.

use super::flags::{Tested, tested};
use super::given::{Answer, Asker, DEEPEST, MOST_VALUES, callee_path};
use super::wanted::Wanted;
use crate::ir::{CallKind, Family};
use crate::link::graph::argument;
use crate::link::{At, CallAt, ExprAt, FuncAt, Value};

/// Tests around a call that are asked, the innermost first.
const MOST_TESTS: usize = 2;

impl Asker<'_> {
    /// Whether what a call gives may be what is wanted: only where it is made at all, and some function that it runs returns that.
    pub(super) fn result(self, at: CallAt, awaited: bool, wanted: Wanted, depth: usize) -> Answer {
        if depth >= DEEPEST {
            return Answer::Perhaps;
        }
        if self.never_gives(at, awaited, wanted, depth + 1) { Answer::Never } else { self.made_where(at, depth + 1) }
    }

    /// What the innermost test around a call that tells something asks of the function's parameters: `x = f() if path else None`
    /// is something only where `path` is.
    fn made_where(self, at: CallAt, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[at.file];
        let call = &summary.calls[at.id];
        if at.file != self.func.file || call.func != self.func.id {
            return Answer::Perhaps;
        }
        let asker = Self { before: call.span.start, ..self };
        let guards = std::iter::successors(call.guard, |id| summary.guards[*id].outer).map(|id| &summary.guards[id]);
        let answers = guards.take(MOST_TESTS).map(|held| match tested(self.run, at.file, held) {
            Some((Tested::Value(value), wanted)) => asker.within(value, wanted, depth),
            Some((Tested::Var(var), wanted)) => asker.variable(at.file, var, held.behind(summary), wanted, depth),
            None => Answer::Perhaps,
        });
        answers.into_iter().find(|answer| *answer != Answer::Perhaps).unwrap_or(Answer::Perhaps)
    }

    /// Whether every function that the call may run is known, and none returns what is wanted.
    fn never_gives(self, at: CallAt, awaited: bool, wanted: Wanted, depth: usize) -> bool {
        let (solution, input) = (self.run.solution, self.run.solution.input);
        let call = &input.summaries[at.file].calls[at.id];
        // What lies on one thread is handed to another: `await asyncio.to_thread(function)`.
        let moved = callee_path(solution, at.file, at.id).and_then(|path| input.facts_of(at.file).boundary(path));
        let (callee, coroutine) = match moved {
            Some(boundary) if boundary.returns && awaited => match argument(call, boundary.which).as_slice() {
                [one] if !one.spread => (At { file: at.file, id: one.value }, false),
                _ => return false,
            },
            Some(_) => return false,
            None => (At { file: at.file, id: call.callee }, awaited),
        };
        let values = solution.values(callee);
        let known = call.kind == CallKind::Call && !values.is_empty() && values.len() <= MOST_VALUES && !solution.is_cut(callee);
        known
            && values.iter().all(|value| match value {
                Value::Func(func) | Value::Bound(func) => self.never_returns(*func, coroutine, wanted, depth),
                _ => false,
            })
    }

    fn never_returns(self, func: FuncAt, coroutine: bool, wanted: Wanted, depth: usize) -> bool {
        let input = self.run.solution.input;
        let function = input.func(func);
        let plain = input.summaries[func.file].family == Family::Python
            && function.decorators.is_empty()
            && function.is_async == coroutine
            && !(function.is_generator || function.is_abstract || function.returns.is_empty());
        let nothing = function.gives_nothing && wanted.of_nothing(self.run, Family::Python) != Some(false);
        let asker = Self { func, before: u32::MAX, ..self };
        let never = |at: ExprAt| asker.within(at, wanted, depth) == Answer::Never;
        plain && !nothing && function.returns.iter().all(|id| never(At { file: func.file, id: *id }))
    }
}
