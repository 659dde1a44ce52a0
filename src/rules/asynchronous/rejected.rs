//! Whether the promise of a function may be rejected, as far as its own source tells.

use super::given::Awaitables;
use crate::base::{FileId, Span};
use crate::facts::{Effect, Gives};
use crate::ir::{Call, CallId, Const, Expr, ModuleSummary};
use crate::link::{At, CallAt, FuncAt, promise_of};
use crate::rules::Program;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Coroutines that are looked into, one awaited in another.
const DEEPEST: u8 = 4;

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

/// Answers for one run; what was found of a function is kept.
pub struct Rejected<'r, 'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    awaitables: &'r Awaitables<'p, 'a, 'b>,
    /// Where each function gives way.
    awaits: FxHashMap<FuncAt, Vec<Span>>,
    /// Awaited calls by where they end: an `await` ends with its call.
    awaited: FxHashMap<(FileId, u32), CallId>,
    known: RefCell<FxHashMap<(FuncAt, u8), bool>>,
}

impl<'r, 'p, 'a, 'b> Rejected<'r, 'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>, awaitables: &'r Awaitables<'p, 'a, 'b>) -> Self {
        let (mut awaits, mut awaited) = (FxHashMap::<FuncAt, Vec<Span>>::default(), FxHashMap::default());
        for (file, summary) in program.input.summaries.iter_enumerated() {
            for (id, place) in &summary.awaits {
                awaits.entry(At { file, id: *id }).or_default().push(*place);
            }
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.awaited) {
                awaited.entry((file, call.span.end)).or_insert(id);
            }
        }
        Self { program, awaitables, awaits, awaited, known: RefCell::default() }
    }

    /// Whether what a function gives may be rejected: it awaits something outside every `try` that catches. What it throws itself
    /// before it awaits anything is not asked for.
    #[must_use]
    pub fn may(&self, func: FuncAt) -> bool {
        self.rejects(func, DEEPEST)
    }

    fn rejects(&self, func: FuncAt, depth: u8) -> bool {
        let Some(less) = depth.checked_sub(1) else { return true };
        if let Some(known) = self.known.borrow().get(&(func, depth)) {
            return *known;
        }
        let rejects = self.look_into(func, less);
        self.known.borrow_mut().insert((func, depth), rejects);
        rejects
    }

    fn look_into(&self, func: FuncAt, depth: u8) -> bool {
        let summary = &self.program.input.summaries[func.file];
        let function = &summary.functions[func.id];
        let here = |id| At { file: func.file, id };
        if !function.is_async {
            // A declaration says nothing of it.
            return function.returns.is_empty()
                || function.returns.iter().any(|id| match summary.exprs[*id] {
                    Expr::Call(id) => self.call_rejects(here(id), depth),
                    _ => true,
                });
        }
        let within = |body: &&Span| function.span.start <= body.start && body.end <= function.span.end;
        let caught: Vec<Span> = summary.caught.iter().filter(within).copied().collect();
        let places = self.awaits.get(&func).map_or(&[][..], Vec::as_slice);
        let mut open = places.iter().filter(|place| !caught.iter().any(|body| body.start <= place.start && place.end <= body.end));
        let open_rejects = open.any(|place| {
            let call = self.awaited.get(&(func.file, place.end)).filter(|id| place.start <= summary.calls[**id].span.start);
            call.is_none_or(|id| self.call_rejects(here(*id), depth))
        });
        // `return f()` gives the caller what f gives.
        open_rejects
            || function.returns.iter().any(|id| match summary.exprs[*id] {
                Expr::Call(id) => self.awaitables.of_call(here(id)).is_some() && self.call_rejects(here(id), depth),
                _ => false,
            })
    }

    fn call_rejects(&self, at: CallAt, depth: u8) -> bool {
        let summary = &self.program.input.summaries[at.file];
        if handles(summary, &summary.calls[at.id]) {
            return false;
        }
        match self.awaitables.of_call(at) {
            Some(one) => match (one.func, one.path) {
                (Some(func), _) if one.gives != Gives::Task => self.rejects(func, depth),
                (_, Some(path)) => {
                    let fact = self.program.input.facts_of(at.file).promise(path);
                    fact.is_none_or(|fact| fact.waits != Some(Effect::Sleep))
                }
                _ => true,
            },
            None => true,
        }
    }
}
