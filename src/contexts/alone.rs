//! Coroutines that run on a loop of their own: `asyncio.run(main())`. Nothing else waits there, unless they begin it themselves.

use super::Spread;
use crate::base::FileId;
use crate::facts::{ContextKind, Facts};
use crate::ir::loops::{Loop, LoopKind};
use crate::ir::{Arg, CallId, CallKind, Const, Expr, ExprId, Function, MODULE_BODY, Target};
use crate::link::graph::{Edge, EdgeKind, External, bound_parameters, functions, is_parameter};
use crate::link::{At, CallAt, ExprAt, FuncAt};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Calls from a coroutine to what begins other work on its loop, at most: in a large program much lies further down.
const BUSY_HOPS: usize = 3;

/// Functions that hand a coroutine on to the one that runs it, at most.
const HANDED: usize = 3;

/// The method that runs a coroutine or a generator to where it gives way, as the language defines it.
const STEP: &str = "send";

/// Calls around a coroutine, and functions that make it: `react(lambda reactor: ensureDeferred(main()))`.
const DEEPEST: usize = 3;

/// Functions that begin other work on their loop.
pub(super) struct Busy {
    /// Servers, callbacks, or tasks beside what may go on for as long as the program does.
    pub(super) lasting: BTreeSet<FuncAt>,
    /// These, or any tasks: those of a job wait for each other, and nobody else for them.
    pub(super) shared: BTreeSet<FuncAt>,
}

impl Spread<'_, '_> {
    /// Functions that begin other work on their loop.
    pub(super) fn busy(&self) -> Busy {
        let follows = |edge: &Edge| !edge.by_name && !matches!(edge.kind, EdgeKind::Moved(_));
        let lasts = |facts: &Facts, path| {
            let registers = || facts.registrations(path).iter().any(|entry| entry.synchronous == ContextKind::Loop);
            facts.serves(path) || registers()
        };
        let mut lasting = self.leading_to(BUSY_HOPS, lasts, follows);
        let mut shared = self.leading_to(BUSY_HOPS, Facts::is_concurrency, follows);
        let consumers = self.callers_of(self.consumers(), BUSY_HOPS + 1, |edge| !edge.by_name);
        shared.extend(&lasting);
        lasting.extend(shared.intersection(&consumers));
        Busy { lasting, shared }
    }

    /// Functions that may go on for as long as the program does: they await time and again, until some test fails.
    fn consumers(&self) -> Vec<FuncAt> {
        let mut found = Vec::new();
        for (file, summary) in self.input.summaries.iter_enumerated() {
            // `while pending:` ends when a container is empty.
            let goes_on = |one: &Loop| {
                one.kind == LoopKind::While && !one.leaves && !one.over.is_some_and(|over| matches!(summary.exprs[over], Expr::Var(_)))
            };
            let waits = |one: &Loop| one.waits || one.calls.clone().any(|id| summary.calls[CallId::from_raw(id)].awaited);
            let loops = summary.loops.iter().filter(|one| goes_on(one) && waits(one)).map(|one| one.func);
            // `async for message in connection`
            let streams = summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Iterate && call.awaited);
            let streams = streams.filter(|(id, _)| self.graph.edges_of(At { file, id: *id }).next().is_none()).map(|(_, call)| call.func);
            found.extend(loops.chain(streams).map(|id| At { file, id }));
        }
        found
    }

    /// Calls whose coroutine is given to what runs it on a loop of its own, or to a function that does; and the calls that run it.
    pub(super) fn driven(&self) -> FxHashSet<CallAt> {
        let input = self.input;
        let mut driven = FxHashSet::default();
        let mut takes: FxHashSet<(FuncAt, usize)> = FxHashSet::default();
        for external in &self.graph.externals {
            let given = self.run_alone(external);
            if !given.is_empty() {
                driven.insert(external.call);
            }
            for arg in given {
                let at = At { file: external.call.file, id: arg.value };
                match is_parameter(input, at, external.from).or_else(|| self.kept_from(at, external.from)) {
                    Some(parameter) => _ = takes.insert(parameter),
                    None => self.drive(at, DEEPEST, &mut driven),
                }
            }
        }
        for _ in 0..HANDED {
            let before = takes.len();
            for edge in self.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
                let Some(offset) = edge.offset.filter(|_| takes.iter().any(|(func, _)| *func == edge.to)) else { continue };
                driven.insert(edge.call);
                let summary = &input.summaries[edge.call.file];
                let bound = bound_parameters(summary, input.func(edge.to), &summary.calls[edge.call.id], usize::from(offset));
                for (value, _) in bound.into_iter().filter(|(_, position)| takes.contains(&(edge.to, *position))).collect::<Vec<_>>() {
                    let at = At { file: edge.call.file, id: value };
                    match is_parameter(input, at, edge.from) {
                        Some(parameter) => _ = takes.insert(parameter),
                        None => self.drive(at, DEEPEST, &mut driven),
                    }
                }
            }
            if takes.len() == before {
                break;
            }
        }
        driven
    }

    /// What a call has a loop of its own run, by itself or where it hands that on: `asyncio.run(main())`, `pool.submit(asyncio.run, main())`.
    fn run_alone(&self, external: &External) -> &[Arg] {
        let file = external.call.file;
        let facts = self.input.facts_of(file);
        let args = &self.input.summaries[file].calls[external.call.id].args;
        if facts.runs_alone(external.path) {
            return args;
        }
        if facts.boundary(external.path).is_none() && facts.invokes(external.path).is_empty() {
            return &[];
        }
        let runs = |arg: &Arg| self.solution.external_path(At { file, id: arg.value }).is_some_and(|path| facts.runs_alone(path));
        args.iter().position(runs).map_or(&[], |at| &args[at + 1..])
    }

    /// The parameter of its constructor that an attribute of a method's own object is.
    fn kept_from(&self, at: ExprAt, from: FuncAt) -> Option<(FuncAt, usize)> {
        let summary = &self.input.summaries[at.file];
        let Expr::Attr { name: kept, .. } = summary.exprs[at.id] else { return None };
        let class = self.input.func(from).class?;
        let mut assigned = summary.assigns.iter().filter_map(|assign| match assign.target {
            Target::Attr { name, base } if name == kept => Some((base, assign.value)),
            _ => None,
        });
        assigned.find_map(|(base, value)| {
            let Expr::Var(receiver) = summary.exprs[base] else { return None };
            let func = At { file: at.file, id: summary.vars[receiver].func };
            let own = summary.functions[func.id].class == Some(class);
            is_parameter(self.input, At { file: at.file, id: value }, func).filter(|_| own)
        })
    }

    /// Notes the call that makes the coroutine which an expression is.
    fn drive(&self, at: ExprAt, depth: usize, driven: &mut FxHashSet<CallAt>) {
        let summary = &self.input.summaries[at.file];
        let within = |id: ExprId| At { file: at.file, id };
        if depth == 0 {
            return;
        }
        match &summary.exprs[at.id] {
            Expr::Call(id) => {
                let call = At { file: at.file, id: *id };
                driven.insert(call);
                // `wait_for(main(), 3)`, `ensureDeferred(main())`; several at once wait for each other.
                let facts = self.input.facts_of(at.file);
                let mut libraries = self.graph.externals_of(call).peekable();
                // `create_task(main())` is one all the same.
                let is_one = |external: &External| !facts.is_concurrency(external.path) || facts.goes_on(external.path);
                if libraries.peek().is_some() && libraries.all(is_one) {
                    summary.calls[*id].args.iter().for_each(|arg| self.drive(within(arg.value), depth - 1, driven));
                }
            }
            Expr::Var(var) => {
                if let [only] = self.solution.assigned(at.file, *var) {
                    self.drive(within(*only), depth - 1, driven);
                }
            }
            _ => {
                for func in functions(self.solution, at) {
                    for returned in &self.input.func(func).returns {
                        self.drive(At { file: func.file, id: *returned }, depth - 1, driven);
                    }
                }
            }
        }
    }

    /// Files of Python whose coroutines the program itself steps, where no loop is: `coroutine.send(None)` in a plain function that is
    /// given one there.
    pub(super) fn stepped(&self) -> FxHashSet<FileId> {
        let input = self.input;
        let mut takes: FxHashSet<(FuncAt, usize)> = FxHashSet::default();
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
            for call in &summary.calls {
                let Expr::Attr { base, name } = summary.exprs[call.callee] else { continue };
                let from = At { file, id: call.func };
                let begins = matches!(call.args.as_slice(), [arg] if summary.exprs[arg.value] == Expr::Const(Const::Null));
                if begins && name.as_str() == STEP && !input.func(from).is_async {
                    takes.extend(is_parameter(input, At { file, id: base }, from));
                }
            }
        }
        let mut found = FxHashSet::default();
        for edge in self.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && edge.call.file == edge.to.file) {
            let Some(offset) = edge.offset.filter(|_| takes.iter().any(|(func, _)| *func == edge.to)) else { continue };
            let summary = &input.summaries[edge.call.file];
            let bound = bound_parameters(summary, input.func(edge.to), &summary.calls[edge.call.id], usize::from(offset));
            let is_coroutine = |value: ExprId| match summary.exprs[value] {
                Expr::Call(id) => self.graph.edges_of(At { file: edge.call.file, id }).any(|made| input.func(made.to).is_async),
                _ => false,
            };
            if bound.into_iter().any(|(value, position)| takes.contains(&(edge.to, position)) && is_coroutine(value)) {
                found.insert(edge.call.file);
            }
        }
        found
    }

    /// Whether a call makes or begins a coroutine that a loop of its own runs, and nothing else waits there.
    pub(super) fn is_alone(&self, edge: &Edge, driven: &FxHashSet<CallAt>, busy: &BTreeSet<FuncAt>) -> bool {
        let runs = matches!(edge.kind, EdgeKind::Direct | EdgeKind::Moved(ContextKind::Loop));
        runs && driven.contains(&edge.call) && self.input.func(edge.to).is_async && !busy.contains(&edge.to)
    }

    /// Whether others are meant to await the function, on loops that are not seen here: a public method that a library's class asks
    /// for, or a public function that stands beside its plain form (`aload` and `load`).
    pub(super) fn is_offered(&self, func: FuncAt) -> bool {
        let input = self.input;
        let (summary, function) = (&input.summaries[func.file], input.func(func));
        let name = function.name.as_str();
        let nested = function.parent.is_some_and(|parent| parent != MODULE_BODY) && function.class.is_none();
        if !function.is_async || name.starts_with(['_', '<']) || nested {
            return false;
        }
        let facts = input.facts_of(func.file);
        let plain: Vec<&str> = facts.plain_forms(name).collect();
        let is_plain = |other: &Function| other.class == function.class && !other.is_async && plain.contains(&other.name.as_str());
        let asked_for = |class| {
            let lineage = self.solution.lineage(At { file: func.file, id: class });
            lineage.1.iter().any(|base| !facts.is_bare_base(*base))
        };
        summary.functions.iter().any(is_plain) || function.class.is_some_and(asked_for)
    }
}
