//! Pools, threads and processes as values: where each is made, what it is given, who ends it, who keeps it.

use crate::base::{FileId, Name, Span};
use crate::config::StartMethod;
use crate::facts::{Handling, Pool, PoolOf, Runs};
use crate::ir::{CallKind, Const, Expr, MODULE_BODY, Target};
use crate::link::graph::EdgeKind;
use crate::link::kinds::is_coroutine;
use crate::link::{At, CallAt, ExprAt, FuncAt, Value};
use crate::rules::Program;
use rustc_hash::{FxHashMap, FxHashSet};

/// A pool, a thread or a process, where it is made.
#[derive(Debug)]
pub struct Made<'p> {
    /// The call that makes it.
    pub call: CallAt,
    /// The function that makes the call.
    pub from: FuncAt,
    /// The call's path.
    pub path: Name,
    /// What is known of its type.
    pub pool: &'p Pool,
    /// It outlives the call of the function: an attribute, a global, a container or something unknown holds it, or it is given back.
    pub kept: bool,
    /// It may be more than is followed here: what is done with it is not all known.
    pub lost: bool,
    /// The `with` statements that enter it.
    pub entered: Vec<CallAt>,
    /// Calls of its methods.
    pub methods: Vec<(CallAt, Name)>,
}

/// Work that is given to a pool.
#[derive(Debug)]
pub struct Task {
    /// The call that gives it.
    pub call: CallAt,
    /// The function that makes the call.
    pub from: FuncAt,
    /// The pools that it may be given to, by their number.
    pub pools: Vec<usize>,
    /// It goes to the pool that all share.
    pub shared: bool,
    /// Every element of its further arguments is given, not these themselves.
    pub each: bool,
    /// What is known of the pool, where it is made elsewhere too.
    pub runs: Option<Runs>,
    /// The library's path.
    pub path: Name,
}

/// All of one run.
#[derive(Debug, Default)]
pub struct Pools<'p> {
    /// In order of place.
    pub made: Vec<Made<'p>>,
    /// In order of place.
    pub tasks: Vec<Task>,
    by_object: FxHashMap<ExprAt, usize>,
    /// The start method that the program chooses for all, where it names one.
    whole: Option<StartMethod>,
}

/// The start method of that name.
fn method_of(text: &str) -> Option<StartMethod> {
    [StartMethod::Fork, StartMethod::Spawn, StartMethod::Forkserver].into_iter().find(|method| method.word() == text)
}

impl<'p> Pools<'p> {
    /// Reads them off the values.
    #[must_use]
    pub fn read(program: &'p Program<'_, '_>) -> Self {
        let mut pools = Self::default();
        let input = program.input;
        let mut seen = FxHashSet::default();
        for external in &program.graph.externals {
            let call = &input.summaries[external.call.file].calls[external.call.id];
            let facts = input.facts_of(external.call.file);
            if let Some(starting) = facts.starting(external.path).filter(|starting| starting.whole)
                && let Some(id) = starting.method.of(call)
            {
                pools.whole = pools.whole.or(named(program, At { file: external.call.file, id }));
            }
            if !matches!(call.kind, CallKind::Call | CallKind::New) {
                continue;
            }
            if let Some(pool) = facts.makes(external.path)
                && seen.insert(external.call)
            {
                let object = program.solution.result_of(external.call);
                if let Some(object) = object {
                    pools.by_object.insert(object, pools.made.len());
                }
                let lost = object.is_some_and(|object| program.solution.type_of(Value::Object(object)).is_none());
                let (call, from, path) = (external.call, external.from, external.path);
                pools.made.push(Made { call, from, path, pool, kept: false, lost, entered: Vec::new(), methods: Vec::new() });
            }
        }
        for file in input.summaries.indices() {
            pools.follow(program, file);
        }
        pools.give(program);
        pools
    }

    /// The pools that an expression may be, by their number.
    #[must_use]
    pub fn at(&self, program: &Program<'_, '_>, at: ExprAt) -> Vec<usize> {
        let values = program.solution.values(at).iter();
        values.filter_map(|value| if let Value::Object(made) = value { self.by_object.get(made).copied() } else { None }).collect()
    }

    /// What a file does with pools.
    fn follow(&mut self, program: &Program<'_, '_>, file: FileId) {
        let summary = &program.input.summaries[file];
        let mut kept: Vec<usize> = Vec::new();
        let at = |id| At { file, id };
        for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
            let held = self.at(program, at(assign.value));
            if held.is_empty() {
                continue;
            }
            match assign.target {
                Target::Attr { .. } | Target::Index { .. } => kept.extend(held),
                Target::Var(var) => {
                    let variable = &summary.vars[var];
                    let outlives = |made: &usize| variable.func == MODULE_BODY && self.made[*made].from.id != MODULE_BODY;
                    kept.extend(held.into_iter().filter(|made| variable.outside || outlives(made)));
                }
            }
        }
        for function in &summary.functions {
            kept.extend(function.returns.iter().flat_map(|id| self.at(program, at(*id))));
        }
        for expr in &summary.exprs {
            match expr {
                Expr::List(parts) => kept.extend(parts.iter().flat_map(|id| self.at(program, at(*id)))),
                Expr::Object(parts) => kept.extend(parts.iter().flat_map(|(_, id)| self.at(program, at(*id)))),
                Expr::Many(part) => kept.extend(self.at(program, at(*part))),
                _ => {}
            }
        }
        for export in &summary.exports {
            if let crate::ir::Export::Named { value, .. } = export {
                kept.extend(self.at(program, at(*value)));
            }
        }
        for (id, call) in summary.calls.iter_enumerated() {
            let here = At { file, id };
            if call.kind == CallKind::With {
                for made in self.at(program, at(call.callee)) {
                    self.made[made].entered.push(here);
                }
                continue;
            }
            if let Expr::Attr { base, name } = summary.exprs[call.callee] {
                for made in self.at(program, at(base)) {
                    self.made[made].methods.push((here, name));
                }
            }
            for arg in &call.args {
                let held = self.at(program, at(arg.value));
                if !held.is_empty() && Self::gives_away(program, here) {
                    kept.extend(held);
                }
            }
        }
        for made in kept {
            self.made[made].kept = true;
        }
    }

    /// Whether what is given to a call may be kept by what is not seen.
    fn gives_away(program: &Program<'_, '_>, call: CallAt) -> bool {
        let facts = program.input.facts_of(call.file);
        let known = program.graph.edges_of(call).any(|edge| edge.kind == EdgeKind::Direct && !edge.by_name);
        let mut externals = program.graph.externals_of(call).peekable();
        let holds = |path| {
            let puts = |does| matches!(does, Handling::Adds | Handling::Extends | Handling::Puts | Handling::Merges | Handling::Listens);
            facts.containers(path).iter().any(|one| puts(one.does)) || facts.boundary(path).is_none_or(|boundary| boundary.pool.is_none())
        };
        if externals.peek().is_some() { externals.any(|external| holds(external.path)) } else { !known }
    }

    /// What is given to pools.
    fn give(&mut self, program: &Program<'_, '_>) {
        let input = program.input;
        let mut seen = FxHashSet::default();
        for external in &program.graph.externals {
            let summary = &input.summaries[external.call.file];
            let call = &summary.calls[external.call.id];
            let facts = input.facts_of(external.call.file);
            let Some(boundary) = facts.boundary(external.path).filter(|_| seen.insert(external.call)) else { continue };
            let at = |id| At { file: external.call.file, id };
            let nothing = |id| matches!(summary.exprs[id], Expr::Const(Const::Null));
            let (given, shared) = match boundary.pool {
                Some(PoolOf::Shared) => (None, true),
                Some(PoolOf::Argument(given)) => {
                    let given = given.of(call);
                    (given.filter(|id| !nothing(*id)), given.is_some_and(nothing))
                }
                None => match summary.exprs[call.callee] {
                    Expr::Attr { base, .. } => (Some(base), false),
                    _ => (None, false),
                },
            };
            let pools = given.map(|id| self.at(program, at(id))).unwrap_or_default();
            let types = given.into_iter().flat_map(|id| program.solution.values(at(id)));
            let mut runs: Vec<Runs> = types.filter_map(|value| Some(facts.pool(program.solution.type_of(*value)?)?.runs)).collect();
            runs.sort_unstable();
            runs.dedup();
            let runs = if let [one] = runs[..] { Some(one) } else { None };
            if pools.is_empty() && runs.is_none() && !shared {
                continue;
            }
            let (call, from, path) = (external.call, external.from, external.path);
            self.tasks.push(Task { call, from, pools, shared, each: boundary.each, runs, path });
        }
    }

    /// Whether a call waits for the end of pools that are given coroutine functions alone: their threads only make coroutines.
    #[must_use]
    pub fn runs_nothing(&self, program: &Program<'_, '_>, call: CallAt) -> bool {
        let joins = |made: &Made<'_>| made.methods.iter().any(|(at, method)| *at == call && made.pool.joins.contains(method));
        let joined: Vec<usize> = (0..self.made.len()).filter(|made| joins(&self.made[*made])).collect();
        let makes_coroutines = |task: &Task| {
            let mut run = program.graph.edges_of(task.call).filter(|edge| matches!(edge.kind, EdgeKind::Moved(_))).peekable();
            run.peek().is_some() && run.all(|edge| is_coroutine(program.solution, edge.to) == Some(true))
        };
        let is_idle = |made: &usize| {
            let mut given = self.tasks.iter().filter(|task| task.pools.contains(made)).peekable();
            given.peek().is_some() && given.all(makes_coroutines) && !self.made[*made].lost
        };
        !joined.is_empty() && joined.iter().all(is_idle)
    }

    /// How many workers a pool has, where the source says so.
    #[must_use]
    pub fn workers(program: &Program<'_, '_>, made: &Made<'_>) -> Option<u32> {
        let summary = &program.input.summaries[made.call.file];
        let given = made.pool.workers?.of(&summary.calls[made.call.id])?;
        match summary.exprs[given] {
            Expr::Const(Const::Number(number)) if number.fract() == 0.0 => format!("{number}").parse().ok(),
            _ => None,
        }
    }

    /// How a process is started that is made by a call, and whether the program says so itself.
    #[must_use]
    pub fn starts_by(&self, program: &Program<'_, '_>, made: &Made<'_>) -> (StartMethod, bool) {
        let summary = &program.input.summaries[made.call.file];
        let call = &summary.calls[made.call.id];
        let context = made.pool.context.and_then(|given| given.of(call)).or(match summary.exprs[call.callee] {
            Expr::Attr { base, .. } => Some(base),
            _ => None,
        });
        let said = context.and_then(|id| Self::chosen(program, At { file: made.call.file, id }));
        let target = program.targets[made.call.file];
        said.or(self.whole).map_or_else(|| (target.starts_by(), target.start_method.is_some()), |method| (method, true))
    }

    /// The start method that what an expression holds was made with.
    fn chosen(program: &Program<'_, '_>, at: ExprAt) -> Option<StartMethod> {
        program.solution.values(at).iter().find_map(|value| {
            let Value::Object(made) = value else { return None };
            let Expr::Call(id) = program.input.summaries[made.file].exprs[made.id] else { return None };
            let call = At { file: made.file, id };
            let facts = program.input.facts_of(made.file);
            let starting = program.graph.externals_of(call).find_map(|external| facts.starting(external.path))?;
            let method = starting.method.of(&program.input.summaries[call.file].calls[call.id])?;
            named(program, At { file: call.file, id: method })
        })
    }
}

/// The start method that a constant names, also through a variable that is assigned once.
fn named(program: &Program<'_, '_>, at: ExprAt) -> Option<StartMethod> {
    match &program.input.summaries[at.file].exprs[at.id] {
        Expr::Const(Const::Str(text)) => method_of(text),
        Expr::Var(var) => match program.solution.assigned(at.file, *var) {
            [only] if *only != at.id => named(program, At { file: at.file, id: *only }),
            _ => None,
        },
        _ => None,
    }
}

impl Made<'_> {
    /// Whether a method that ends it is called, or a `with` leaves it.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        !self.entered.is_empty() || self.methods.iter().any(|(_, name)| self.pool.closers.contains(name))
    }

    /// What it is, in words.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match (self.pool.single, self.pool.runs) {
            (true, Runs::Thread) => "thread",
            (true, Runs::Process) => "process",
            (true, Runs::Interpreter) => "interpreter",
            (false, Runs::Thread) => "pool of threads",
            (false, Runs::Process) => "pool of processes",
            (false, Runs::Interpreter) => "pool of interpreters",
        }
    }

    /// Calls that start its threads or processes: that which makes it, or some of its methods.
    #[must_use]
    pub fn starts(&self) -> Vec<CallAt> {
        if self.pool.starts.is_empty() {
            return vec![self.call];
        }
        self.methods.iter().filter(|(_, name)| self.pool.starts.contains(name)).map(|(call, _)| *call).collect()
    }

    /// Whether giving it work by a call that is no method of its own starts it: `loop.run_in_executor(pool, f)`.
    #[must_use]
    pub fn is_started_by(&self, call: CallAt) -> bool {
        !self.pool.starts.is_empty() && !self.methods.iter().any(|(method, _)| *method == call)
    }

    /// Where the call stands that makes it, in bytes.
    #[must_use]
    pub fn span(&self, program: &Program<'_, '_>) -> Span {
        program.input.summaries[self.call.file].calls[self.call.id].span
    }
}
