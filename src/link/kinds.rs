//! Tests that tell whether a function is a coroutine function, and what they say of the functions that stand behind them:
//! what `if iscoroutinefunction(f):` leads to is given no plain function, and the other branch no coroutine function.

mod places;
mod tests;

use super::graph::functions;
use super::values::{Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt};
use crate::base::{FileId, Name, name};
use crate::ir::{Expr, ExprId, Function, GuardId, ModuleSummary, loops::LoopId};
use places::{Attributes, Place, Root};
use rustc_hash::{FxHashMap, FxHashSet};

/// What calls an instance.
const CALLED: &str = "__call__";

/// A set of kinds of what can be called, as such tests tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// Every kind.
    pub const ALL: Self = Self(0xFF);
    /// No kind.
    const NONE: Self = Self(0);
    /// Coroutine functions.
    const COROUTINE: Self = Self(0b0001_0001);
    /// Functions that are none.
    const PLAIN: Self = Self(0b0010_0010);
    /// Instances that a coroutine function calls.
    const AWAITED: Self = Self(0b0100_0100);
    /// Other instances.
    const INSTANCE: Self = Self(0b1000_1000);
    /// Those that carry an attribute which some test asks for.
    const MARKED: Self = Self(0xF0);

    /// What a function is to its innermost decorator.
    #[must_use]
    pub fn undecorated(function: &Function) -> Self {
        // An async generator is no coroutine function.
        if function.is_async && !function.is_generator { Self::COROUTINE } else { Self::PLAIN }
    }

    /// Those whose call does its work itself, and gives no coroutine.
    #[must_use]
    pub fn at_once(self) -> Self {
        self.and(Self::PLAIN.or(Self::INSTANCE))
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn other(self) -> Self {
        Self(!self.0)
    }

    /// Whether no kind is left.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// What is kept for each kind.
#[derive(Clone, Copy, Debug)]
pub struct ByKind<T>([Option<T>; 8]);

impl<T> Default for ByKind<T> {
    fn default() -> Self {
        Self([const { None }; 8])
    }
}

impl<T: Copy> ByKind<T> {
    /// What is kept for some of the kinds.
    pub fn of(&self, kinds: Kinds) -> impl Iterator<Item = T> + '_ {
        self.0.iter().enumerate().filter(move |(at, _)| kinds.0 & (1 << at) != 0).filter_map(|(_, kept)| *kept)
    }

    /// Puts something in the place of what is kept for each of the kinds, where that may be.
    pub fn put(&mut self, kinds: Kinds, value: T, may: impl Fn(Option<T>) -> bool) -> bool {
        let mut changed = false;
        for (_, kept) in self.0.iter_mut().enumerate().filter(|(at, _)| kinds.0 & (1 << at) != 0) {
            if may(*kept) {
                (*kept, changed) = (Some(value), true);
            }
        }
        changed
    }

    /// What is kept, and for which kind.
    pub fn each(&self) -> impl Iterator<Item = (Kinds, T)> + '_ {
        self.0.iter().enumerate().filter_map(|(at, kept)| Some((Kinds(1 << at), (*kept)?)))
    }
}

/// What a test shows where it came out so.
#[derive(Clone, Debug)]
struct Shown {
    /// Of what.
    place: Place,
    /// What that may be.
    kinds: Kinds,
    /// The first expression that stands behind the test.
    behind: ExprId,
    /// The loop that the test stands in.
    looped: Option<LoopId>,
}

/// All such tests of the run.
#[derive(Debug, Default)]
pub struct Tests {
    shown: FxHashMap<At<GuardId>, Shown>,
    /// Files that have some.
    files: FxHashSet<FileId>,
    /// Functions that carry an attribute which some test asks for.
    marked: FxHashSet<FuncAt>,
    /// What carries one is not wholly known.
    any_marked: bool,
    attributes: Attributes,
}

impl Tests {
    /// Reads the tests of the run.
    #[must_use]
    pub fn read(solution: &Solution<'_>) -> Self {
        tests::read(solution)
    }

    /// Whether the test that a guard stands for is one of these.
    #[must_use]
    pub fn is_known(&self, guard: At<GuardId>) -> bool {
        self.shown.contains_key(&guard)
    }

    /// What an expression may be where a call is made, by the tests that this stands under.
    #[must_use]
    pub fn allowed(&self, solution: &Solution<'_>, call: CallAt, at: ExprAt) -> Kinds {
        if !self.files.contains(&call.file) || at.file != call.file {
            return Kinds::ALL;
        }
        let summary = &solution.input.summaries[call.file];
        let mut place = None;
        let mut kinds = Kinds::ALL;
        let (mut guard, mut func) = (summary.calls[call.id].guard, summary.calls[call.id].func);
        loop {
            for id in guards(summary, guard) {
                if let Some(shown) = self.shown.get(&At { file: call.file, id }) {
                    let named = place.get_or_insert_with(|| self.attributes.place(solution, at));
                    if named.as_ref() == Some(&shown.place) && self.holds(solution, shown, call, at.id) {
                        kinds = kinds.and(shown.kinds);
                    }
                }
            }
            // A function runs where it is made or later: the tests that it is written under have come out so.
            guard = summary.functions[func].guard;
            match summary.functions[func].parent {
                Some(outer) => func = outer,
                None => return kinds,
            }
        }
    }

    /// Whether a function may be what an expression is where a call is made.
    #[must_use]
    pub fn allows(&self, solution: &Solution<'_>, call: CallAt, at: ExprAt, func: FuncAt) -> bool {
        let allowed = self.allowed(solution, call, at);
        allowed == Kinds::ALL || !allowed.and(self.kinds_of(solution, func, at)).is_none()
    }

    /// Of some kinds those that a function is of: several where that is not known.
    #[must_use]
    pub fn fitting(&self, solution: &Solution<'_>, kinds: Kinds, func: FuncAt, at: ExprAt) -> Kinds {
        kinds.and(self.kinds_of(solution, func, at))
    }

    /// Whether nothing has been put into the place since.
    fn holds(&self, solution: &Solution<'_>, shown: &Shown, call: CallAt, used: ExprId) -> bool {
        let summary = &solution.input.summaries[call.file];
        let made = &summary.calls[call.id];
        match shown.place.root {
            Root::Var(var) => {
                let variable = &summary.vars[var];
                let later = |value: ExprId| {
                    value >= used
                        && variable.func == made.func
                        && !variable.outside
                        && (made.looped.is_none() || made.looped == shown.looped)
                };
                let mut assigned = solution.assigned(call.file, var).iter();
                !variable.vague && assigned.all(|value| *value < shown.behind || later(*value))
            }
            Root::Own(class) => {
                let mut assigned = self.attributes.of(At { file: call.file, id: class }, shown.place.path.first().copied());
                assigned.all(|(value, _)| *value < shown.behind || *value >= used)
            }
        }
    }

    /// Of which kinds a function may be that a value at the place runs.
    fn kinds_of(&self, solution: &Solution<'_>, func: FuncAt, at: ExprAt) -> Kinds {
        let function = solution.input.func(func);
        let is_itself = |value: &Value| matches!(value, Value::Func(itself) | Value::Bound(itself) if *itself == func);
        let of_instance = function.class.is_some() && function.name.as_str() == CALLED && !solution.values(at).iter().any(is_itself);
        let (yes, no) = if of_instance { (Kinds::AWAITED, Kinds::INSTANCE) } else { (Kinds::COROUTINE, Kinds::PLAIN) };
        let kinds = match is_coroutine(solution, func) {
            Some(true) => yes,
            Some(false) => no,
            None => yes.or(no),
        };
        match (self.any_marked, self.marked.contains(&func)) {
            (true, _) => kinds,
            (false, true) => kinds.and(Kinds::MARKED),
            (false, false) => kinds.and(Kinds::MARKED.other()),
        }
    }
}

/// Whether what a function's name holds, behind all decorators, is a coroutine function; none where that is not known.
#[must_use]
pub fn is_coroutine(solution: &Solution<'_>, func: FuncAt) -> Option<bool> {
    let function = solution.input.func(func);
    let mut decorators = function.decorators.iter().rev().map(|id| At { file: func.file, id: *id });
    decorators.try_fold(Kinds::undecorated(function) == Kinds::COROUTINE, |is, decorator| decorated(solution, decorator, func, is))
}

/// Whether a call of a function gives what its body returns, as far as facts speak of its decorators.
pub(super) fn leaves_results(solution: &Solution<'_>, func: FuncAt) -> bool {
    let facts = solution.input.facts_of(func.file);
    let summary = &solution.input.summaries[func.file];
    solution.input.func(func).decorators.iter().all(|id| {
        let named = match summary.exprs[*id] {
            Expr::Call(call) => summary.calls[call].callee,
            _ => *id,
        };
        solution.static_path(At { file: func.file, id: named }).is_some_and(|path| facts.leaves_results(path))
    })
}

/// Whether what a decorator makes of a function is a coroutine function; none where that is not known.
fn decorated(solution: &Solution<'_>, decorator: ExprAt, func: FuncAt, is_coroutine: bool) -> Option<bool> {
    let input = solution.input;
    let facts = input.facts_of(decorator.file);
    // Of what is not known, few make something else of a coroutine function; what moves a function makes another kind of it.
    let unknown = || is_coroutine.then_some(true);
    let of_library = |path: Name| match path.strip_suffix("()").map_or(path, name) {
        path if facts.boundary(path).is_some() => None,
        path if facts.leaves_results(path) => Some(is_coroutine),
        _ => unknown(),
    };
    if let Some(path) = solution.static_path(decorator) {
        return of_library(path);
    }
    let mut wrapper = None;
    for value in solution.values(decorator) {
        match value {
            Value::Func(maker) | Value::Bound(maker) => {
                let gives = input.func(*maker).returns.iter().flat_map(|id| functions(solution, At { file: maker.file, id: *id }));
                for given in gives {
                    let around = given.file == maker.file && input.func(given).parent == Some(maker.id);
                    match wrapper {
                        _ if !around && given == func => wrapper = Some(is_coroutine),
                        // Of a wrapper for coroutine functions and one for the others, the decorator gives the one that fits.
                        _ if around && input.func(given).is_async == is_coroutine => wrapper = Some(is_coroutine),
                        None if around => wrapper = Some(!is_coroutine),
                        _ => {}
                    }
                }
            }
            Value::Ext(path) | Value::ExtInst(path) => wrapper = Some(of_library(*path)?),
            _ => return unknown(),
        }
    }
    wrapper.or_else(unknown)
}

/// The tests that something stands under, innermost first.
fn guards(summary: &ModuleSummary, guard: Option<GuardId>) -> impl Iterator<Item = GuardId> + '_ {
    std::iter::successors(guard, |id| summary.guards[*id].outer)
}
