//! Whether the promise of a function may be rejected, as far as its own source tells.

use super::given::Awaitables;
use crate::base::{FileId, Span};
use crate::facts::{Effect, Gives, Results};
use crate::ir::{Call, CallId, CallKind, Const, Expr, ExprId, ModuleSummary, VarId};
use crate::link::graph::{Outcome, functions};
use crate::link::{At, CallAt, ExprAt, FuncAt, promise_of};
use crate::rules::Program;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Coroutines that are looked into, one awaited in another.
const DEEPEST: u8 = 6;

/// Whether a call at the end of a chain of `then`, `catch` and `finally` leaves no rejection.
#[must_use]
pub fn handles(summary: &ModuleSummary, call: &Call) -> bool {
    let Expr::Attr { name, .. } = &summary.exprs[call.callee] else { return false };
    let Some(base) = promise_of(summary, call) else { return false };
    let takes = |at: usize| call.args.get(at).is_some_and(|arg| arg.spread || summary.exprs[arg.value] != Expr::Const(Const::Null));
    match (name.as_str(), &summary.exprs[base]) {
        ("catch", _) => takes(0),
        ("then", _) => takes(1),
        // `finally` passes a rejection on.
        (_, Expr::Call(id)) => handles(summary, &summary.calls[*id]),
        _ => false,
    }
}

/// The call at the head of a chain of `then`s.
#[must_use]
pub fn chain_head(program: &Program<'_, '_>, at: CallAt) -> CallAt {
    let summary = &program.input.summaries[at.file];
    let mut head = at;
    while let Some(Expr::Call(id)) = promise_of(summary, &summary.calls[head.id]).map(|base| &summary.exprs[base]) {
        head = At { file: at.file, id: *id };
    }
    head
}

/// What makes each element of an array: the callback of `items.map(async (item) => ...)`.
#[must_use]
pub fn elements(program: &Program<'_, '_>, at: CallAt) -> Option<Vec<FuncAt>> {
    let facts = program.input.facts_of(at.file);
    let mut maps = program.graph.externals_of(at).flat_map(|external| facts.invokes(external.path));
    if !maps.any(|invoke| invoke.results == Some(Results::Elements)) {
        return None;
    }
    let call = &program.input.summaries[at.file].calls[at.id];
    call.args.first().map(|arg| functions(program.solution, At { file: at.file, id: arg.value }))
}

/// Whether a promise is rejected if something fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejects {
    /// All that may fail is caught.
    Never,
    /// It awaits something of which nothing is known.
    Perhaps,
    /// It awaits a library's work, or throws.
    Shown,
}

/// Answers for one run; what was found of a function is kept.
pub struct Rejected<'r, 'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    awaitables: &'r Awaitables<'p, 'a, 'b>,
    /// Where each function gives way.
    awaits: FxHashMap<FuncAt, Vec<Span>>,
    /// Awaited calls by where they end: an `await` ends with its call.
    awaited: FxHashMap<(FileId, u32), CallId>,
    known: RefCell<FxHashMap<(FuncAt, u8), Rejects>>,
    /// Statements that throw, by function.
    throws: FxHashMap<FuncAt, Vec<Span>>,
}

impl<'r, 'p, 'a, 'b> Rejected<'r, 'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>, awaitables: &'r Awaitables<'p, 'a, 'b>) -> Self {
        let (mut awaits, mut awaited) = (FxHashMap::<FuncAt, Vec<Span>>::default(), FxHashMap::default());
        let mut throws: FxHashMap<FuncAt, Vec<Span>> = FxHashMap::default();
        for (file, summary) in program.input.summaries.iter_enumerated() {
            for (id, place) in &summary.throws {
                throws.entry(At { file, id: *id }).or_default().push(*place);
            }
            for (id, place) in &summary.awaits {
                awaits.entry(At { file, id: *id }).or_default().push(*place);
            }
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.awaited) {
                awaited.entry((file, call.span.end)).or_insert(id);
            }
        }
        Self { program, awaitables, awaits, awaited, known: RefCell::default(), throws }
    }

    /// Whether what a function gives may be rejected: it awaits something outside every `try` that catches. What it throws itself before it
    /// awaits anything is not asked for.
    #[must_use]
    pub fn of(&self, func: FuncAt) -> Rejects {
        self.rejects(func, DEEPEST)
    }

    fn rejects(&self, func: FuncAt, depth: u8) -> Rejects {
        let Some(less) = depth.checked_sub(1) else { return Rejects::Perhaps };
        if let Some(known) = self.known.borrow().get(&(func, depth)) {
            return *known;
        }
        let rejects = self.look_into(func, less);
        self.known.borrow_mut().insert((func, depth), rejects);
        rejects
    }

    fn look_into(&self, func: FuncAt, depth: u8) -> Rejects {
        let summary = &self.program.input.summaries[func.file];
        let function = &summary.functions[func.id];
        let here = |id| At { file: func.file, id };
        if !function.is_async {
            return self.passed_on(func, depth);
        }
        let within = |body: &&Span| function.span.start <= body.start && body.end <= function.span.end;
        let caught: Vec<Span> = summary.caught.iter().filter(within).copied().collect();
        let is_open = |place: &&Span| !caught.iter().any(|body| body.start <= place.start && place.end <= body.end);
        let places = self.awaits.get(&func).map_or(&[][..], Vec::as_slice);
        let awaited = places.iter().filter(is_open).map(|place| {
            let call = self.awaited.get(&(func.file, place.end)).filter(|id| place.start <= summary.calls[**id].span.start);
            call.map_or(Rejects::Perhaps, |id| self.call_rejects(here(*id), depth))
        });
        // `return f()` gives the caller what f gives, and so does a variable that holds it.
        let one = |id: &ExprId| match summary.exprs[*id] {
            Expr::Call(id) if self.awaitables.of_call(here(id)).is_some() => self.call_rejects(here(id), depth),
            _ => Rejects::Never,
        };
        let returned = function.returns.iter().map(|id| match summary.exprs[*id] {
            Expr::Var(var) => self.program.solution.assigned(func.file, var).iter().map(one).max().unwrap_or(Rejects::Never),
            _ => one(id),
        });
        let throws = self.throws.get(&func).map_or(&[][..], Vec::as_slice).iter().any(|place| is_open(&place));
        match awaited.chain(returned).max().unwrap_or(Rejects::Never) {
            Rejects::Perhaps if throws => Rejects::Shown,
            found => found,
        }
    }

    /// What a plain function gives, by what it returns.
    fn passed_on(&self, func: FuncAt, depth: u8) -> Rejects {
        let summary = &self.program.input.summaries[func.file];
        let one = |id: &ExprId| match summary.exprs[*id] {
            Expr::Call(id) => self.call_rejects(At { file: func.file, id }, depth),
            _ => Rejects::Perhaps,
        };
        let returned = summary.functions[func.id].returns.iter().map(|id| match summary.exprs[*id] {
            // What was put into a variable; a parameter is nothing of the function's own.
            Expr::Var(var) => self.program.solution.assigned(func.file, var).iter().map(one).max().unwrap_or(Rejects::Perhaps),
            _ => one(id),
        });
        // A declaration says nothing of it.
        returned.max().unwrap_or(Rejects::Perhaps)
    }

    /// Whether the function that a constructor is given takes one parameter at most, or does nothing with the second.
    fn only_resolves(&self, at: CallAt) -> bool {
        let first = self.program.input.summaries[at.file].calls[at.id].args.first();
        let given = first.map(|arg| functions(self.program.solution, At { file: at.file, id: arg.value })).unwrap_or_default();
        let one = |func: &FuncAt| match self.program.input.func(*func).params.as_slice() {
            [] => true,
            [first] => !first.rest,
            [_, second] => !second.rest && second.var.is_some_and(|var| !self.is_read(func.file, var)),
            _ => false,
        };
        !given.is_empty() && given.iter().all(one)
    }

    fn is_read(&self, file: FileId, var: VarId) -> bool {
        self.program.input.summaries[file].exprs.contains(&Expr::Var(var))
    }

    /// The surest rejection among promises that a library waits for at once, and of one that the program made itself; none where it is
    /// neither.
    #[must_use]
    pub fn of_gathered(&self, at: CallAt) -> Option<Rejects> {
        let Some(given) = self.gathered(at) else { return self.of_executor(at) };
        match self.members(given, DEEPEST) {
            // Of an array that functions of the run make, these tell; else it is a library's promise like any other.
            Some(Rejects::Perhaps) | None if self.is_written(given) && self.made_by(at).is_none() => None,
            // A container that is filled elsewhere may hold what is caught already, or what only resolves.
            None => Some(Rejects::Perhaps),
            known => known,
        }
    }

    /// Whether what a chain of `then`s begins with is a variable's promise that nothing but its own executor settles, without rejecting
    /// it: a callback may throw all the same.
    fn of_executor(&self, at: CallAt) -> Option<Rejects> {
        let head = chain_head(self.program, at);
        let summary = &self.program.input.summaries[at.file];
        let Expr::Var(var) = summary.exprs[promise_of(summary, &summary.calls[head.id])?] else { return None };
        let [one] = self.program.solution.assigned(at.file, var) else { return None };
        let Expr::Call(id) = summary.exprs[*one] else { return None };
        let made = At { file: at.file, id };
        (summary.calls[id].kind == CallKind::New && !summary.vars[var].vague && self.only_resolves(made)).then_some(Rejects::Perhaps)
    }

    /// The functions that make the elements of what `Promise.all` and its like are given: `Promise.all(items.map(f))`.
    fn made_by(&self, at: CallAt) -> Option<Vec<FuncAt>> {
        let given = self.gathered(at)?;
        match self.program.input.summaries[given.file].exprs[given.id] {
            Expr::Call(id) => elements(self.program, At { file: given.file, id }).filter(|made| !made.is_empty()),
            _ => None,
        }
    }

    /// Whether the calls that make the promises of an array stand in it, or one call makes it.
    fn is_written(&self, given: ExprAt) -> bool {
        let summary = &self.program.input.summaries[given.file];
        let is_call = |id: &ExprId| matches!(summary.exprs[*id], Expr::Call(_));
        match &summary.exprs[given.id] {
            Expr::List(items) => items.iter().all(is_call),
            _ => is_call(&given.id),
        }
    }

    /// Whether asynchronous functions make what such a call waits for.
    #[must_use]
    pub fn are_of_async(&self, at: CallAt) -> bool {
        self.made_by(at).into_iter().flatten().any(|func| self.program.input.func(func).is_async)
    }

    /// What a call is given that waits for all of it at once, and is rejected with what they are: `Promise.all(promises)`.
    fn gathered(&self, at: CallAt) -> Option<ExprAt> {
        let head = chain_head(self.program, at);
        let facts = self.program.input.facts_of(at.file);
        let mut externals = self.program.graph.externals_of(head);
        if !externals.any(|external| facts.gathers(external.path) && !facts.settles(external.path)) {
            return None;
        }
        let given = self.program.input.summaries[at.file].calls[head.id].args.first()?;
        Some(At { file: at.file, id: given.value })
    }

    /// The surest rejection among the promises of an array.
    fn members(&self, at: ExprAt, depth: u8) -> Option<Rejects> {
        let summary = &self.program.input.summaries[at.file];
        let here = |id| At { file: at.file, id };
        match &summary.exprs[at.id] {
            Expr::List(items) => {
                let each = items.iter().map(|item| match summary.exprs[*item] {
                    Expr::Call(id) => Some(self.call_rejects(here(id), depth)),
                    Expr::Element(of) => self.members(At { file: at.file, id: of }, depth.checked_sub(1)?),
                    _ => None,
                });
                each.collect::<Option<Vec<_>>>()?.into_iter().max()
            }
            Expr::Call(id) => {
                let made = elements(self.program, here(*id)).filter(|made| !made.is_empty())?;
                made.into_iter().map(|func| self.rejects(func, depth)).max()
            }
            Expr::Var(var) => match self.program.solution.assigned(at.file, *var) {
                // Others may be added to a list later.
                [one] if !summary.vars[*var].vague && matches!(summary.exprs[*one], Expr::Call(_)) => {
                    self.members(At { file: at.file, id: *one }, depth.checked_sub(1)?)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn call_rejects(&self, at: CallAt, depth: u8) -> Rejects {
        let summary = &self.program.input.summaries[at.file];
        if handles(summary, &summary.calls[at.id]) {
            return Rejects::Never;
        }
        if depth > 0
            && let Some(given) = self.gathered(at)
        {
            match self.members(given, depth - 1) {
                Some(Rejects::Never) => return Rejects::Never,
                // A container that is filled elsewhere may hold what is caught already, or what only resolves.
                None if !self.is_written(given) => return Rejects::Perhaps,
                // Where that is not known of some, it is a library's promise like any other.
                _ => {}
            }
        }
        match self.awaitables.of_call(at) {
            Some(one) => match (one.func, one.path) {
                (Some(func), _) if one.gives != Gives::Task => self.rejects(func, depth),
                // `new Promise((resolve) => ...)` can't reject it.
                (_, Some(_)) if summary.calls[at.id].kind == CallKind::New && self.only_resolves(at) => Rejects::Never,
                (_, Some(path)) => {
                    let facts = self.program.input.facts_of(at.file);
                    if facts.settles(path) {
                        return Rejects::Never;
                    }
                    let fact = facts.promise(path);
                    if fact.is_none_or(|fact| fact.waits != Some(Effect::Sleep)) { Rejects::Shown } else { Rejects::Never }
                }
                _ => Rejects::Perhaps,
            },
            None if self.program.graph.externals_of(at).any(|external| self.program.input.facts_of(at.file).settles(external.path)) => {
                Rejects::Never
            }
            // What a container holds may be anything.
            None if self
                .program
                .graph
                .externals_of(at)
                .any(|external| !self.program.input.facts_of(at.file).containers(external.path).is_empty()) =>
            {
                Rejects::Perhaps
            }
            // What a library does may fail, whichever it is.
            None if self.program.graph.outcomes[at.file][at.id] == Outcome::Known
                && self.program.graph.externals_of(at).next().is_some() =>
            {
                Rejects::Shown
            }
            None => Rejects::Perhaps,
        }
    }
}
