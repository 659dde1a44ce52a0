//! What a call gives to be awaited, known by what it resolves to: functions of the run, or a fact on a library's.

use crate::base::{FileId, Name};
use crate::facts::Gives;
use crate::ir::{CallKind, Expr, ExprId, FuncKind, VarId};
use crate::link::graph::{Indirect, indirect};
use crate::link::{At, CallAt, ExprAt, FuncAt, Value, promise_of};
use crate::rules::Program;
use rustc_hash::FxHashMap;

/// Variables, calls and branches that are followed from one value.
const DEEPEST: u8 = 8;

/// Functions that pass on what another gives, one after another, at most.
const ROUNDS: usize = 8;

/// Something to await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaitable {
    /// What it is.
    pub gives: Gives,
    /// The function of the run that gives it; none where a library does.
    pub func: Option<FuncAt>,
    /// The library's path; none where a function of the run gives it.
    pub path: Option<Name>,
}

/// Answers for one run; what was found of a function is kept.
pub struct Awaitables<'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    /// For each decorated function, the calls that decorate it.
    decorated: FxHashMap<FuncAt, Vec<CallAt>>,
    /// What a call of each function gives; functions that give nothing to await are left out.
    known: FxHashMap<FuncAt, Gives>,
}

impl<'p, 'a, 'b> Awaitables<'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>) -> Self {
        let mut decorated: FxHashMap<FuncAt, Vec<CallAt>> = FxHashMap::default();
        for (file, summary) in program.input.summaries.iter_enumerated() {
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Decorate) {
                for arg in &call.args {
                    if let Expr::Function(func) = summary.exprs[arg.value] {
                        decorated.entry(At { file, id: func }).or_default().push(At { file, id });
                    }
                }
            }
        }
        let mut awaitables = Self { program, decorated, known: FxHashMap::default() };
        awaitables.learn();
        awaitables
    }

    /// Learns what functions give: coroutine functions, then those that return what one of these gives, and so on.
    fn learn(&mut self) {
        let input = self.program.input;
        let every = input.summaries.iter_enumerated();
        let mut open: Vec<FuncAt> = every
            .flat_map(|(file, summary)| summary.functions.indices().map(move |id| At { file, id }))
            .filter(|func| self.may_give(*func))
            .collect();
        for _ in 0..ROUNDS {
            let found: Vec<(FuncAt, Gives)> = open.iter().filter_map(|func| Some((*func, self.look_into(*func)?))).collect();
            if found.is_empty() {
                break;
            }
            self.known.extend(found);
            open.retain(|func| !self.known.contains_key(func));
        }
    }

    /// Whether a call of the function may give something to await at all.
    fn may_give(&self, func: FuncAt) -> bool {
        let function = self.program.input.func(func);
        let callable = !matches!(function.kind, FuncKind::Module | FuncKind::Getter | FuncKind::Setter);
        let typed = function.return_type.is_some() && !self.program.input.summaries[func.file].is_python();
        let passes = typed || (!function.gives_nothing && !function.returns.is_empty());
        callable && !function.is_generator && (function.is_async || passes)
    }

    /// What a call gives to be awaited; nothing where one of the functions that it may run gives none, or is not known.
    #[must_use]
    pub fn of_call(&self, at: CallAt) -> Option<Awaitable> {
        self.call(at, DEEPEST)
    }

    /// Whether the path is one of its type's own makers, and what it is asked of is an instance: that has no such maker.
    fn is_static(&self, callee: ExprAt, path: Name) -> bool {
        let Expr::Attr { base, .. } = self.program.input.summaries[callee.file].exprs[callee.id] else { return false };
        let made = self.program.input.facts_of(callee.file).constructed(path);
        let own = made.is_some_and(|of| path.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('.')));
        let values = self.program.solution.values(At { file: callee.file, id: base });
        own && values.iter().any(|value| match value {
            Value::Inst(_) => true,
            // What a promise of the library's was given under that name: `Object.assign(promise, { resolve })`.
            Value::ExtInst(of) => Some(*of) == made,
            _ => false,
        })
    }

    fn call(&self, at: CallAt, depth: u8) -> Option<Awaitable> {
        let (solution, depth) = (self.program.solution, depth.checked_sub(1)?);
        let summary = &self.program.input.summaries[at.file];
        let call = &summary.calls[at.id];
        if !matches!(call.kind, CallKind::Call | CallKind::New) {
            return None;
        }
        // What `then`, `catch` and `finally` give is a promise, of whatever value.
        if let Some(base) = promise_of(summary, call) {
            return self.expr(At { file: at.file, id: base }, depth);
        }
        let callee = At { file: at.file, id: call.callee };
        if solution.is_cut(callee) {
            return None;
        }
        let mut found: Option<Awaitable> = None;
        for value in solution.values(callee) {
            let one = match *value {
                Value::Func(func) | Value::Bound(func) if call.kind == CallKind::Call => {
                    if indirect(summary, call, self.program.input.func(func)) == Some(Indirect::Bind) {
                        return None;
                    }
                    Awaitable { gives: self.of(func)?, func: Some(func), path: None }
                }
                // `class Gate extends Promise`: its instances have no `Promise.resolve`, but what the constructor gives them.
                Value::Ext(path) if self.is_static(callee, path) => return None,
                // What is called is an instance: what a promise gave, as far as that is known.
                Value::ExtInst(path) if self.program.input.facts_of(at.file).type_of(path).is_some() => return None,
                Value::Ext(path) | Value::ExtInst(path) => {
                    let fact = self.program.input.facts_of(at.file).promise(path)?;
                    let met = |condition: &String| crate::effects::holds(solution, self.program.graph, at, call, condition);
                    if fact.unless.iter().any(met) {
                        return None;
                    }
                    Awaitable { gives: fact.gives, func: None, path: Some(path) }
                }
                _ => return None,
            };
            if found.is_some_and(|found| found.gives != one.gives) {
                return None;
            }
            // A function of the run says more than a library's path.
            found = found.filter(|found| found.func.is_some()).or(Some(one));
        }
        found
    }

    /// What a call of a function gives to be awaited.
    #[must_use]
    pub fn of(&self, func: FuncAt) -> Option<Gives> {
        self.known.get(&func).copied()
    }

    fn look_into(&self, func: FuncAt) -> Option<Gives> {
        let input = self.program.input;
        let (function, python) = (input.func(func), input.summaries[func.file].is_python());
        if !self.keeps_result(func) {
            return None;
        }
        if function.is_async {
            return Some(if python { Gives::Coroutine } else { Gives::Promise });
        }
        if let (Some(of), false) = (function.return_type, python) {
            return self.is_promise_type(At { file: func.file, id: of }).then_some(Gives::Promise);
        }
        if function.gives_nothing {
            return None;
        }
        let mut found = None;
        for id in &function.returns {
            let gives = self.expr(At { file: func.file, id: *id }, DEEPEST)?.gives;
            if found.is_some_and(|found| found != gives) {
                return None;
            }
            found = Some(gives);
        }
        found
    }

    /// Whether the decorators of a function leave what a call of it gives: each is a fact, or puts coroutine functions around it.
    fn keeps_result(&self, func: FuncAt) -> bool {
        let Some(calls) = self.decorated.get(&func) else { return true };
        let input = self.program.input;
        // TypeScript's decorators of methods and classes mark them; few put another function in their place.
        let marks = !input.summaries[func.file].is_python();
        calls.iter().all(|call| {
            let facts = input.facts_of(call.file);
            let mut externals = self.program.graph.externals_of(*call).peekable();
            let library = externals.peek().is_some() && externals.all(|one| facts.leaves_results(bare(one.path)));
            let around = self.program.graph.wrappers.get(&func).filter(|around| !around.is_empty());
            let wrapped = around.is_some_and(|around| around.iter().all(|one| input.func(*one).is_async));
            marks || library || wrapped
        })
    }

    fn is_promise_type(&self, at: ExprAt) -> bool {
        let base = match self.program.input.summaries[at.file].exprs[at.id] {
            Expr::Index { base, .. } => At { file: at.file, id: base },
            _ => at,
        };
        let facts = self.program.input.facts_of(at.file);
        self.program.solution.values(base).iter().any(|value| match value {
            Value::Ext(path) => facts.promise(*path).is_some_and(|one| one.gives == Gives::Promise),
            _ => false,
        })
    }

    /// What an expression is, to be awaited.
    #[must_use]
    pub fn of_expr(&self, at: ExprAt) -> Option<Awaitable> {
        self.expr(at, DEEPEST)
    }

    fn expr(&self, at: ExprAt, depth: u8) -> Option<Awaitable> {
        let depth = depth.checked_sub(1)?;
        let here = |id| At { file: at.file, id };
        let all = |parts: &[crate::ir::ExprId]| {
            let mut found: Option<Awaitable> = None;
            for part in parts {
                let one = self.expr(here(*part), depth)?;
                if found.is_some_and(|found| found.gives != one.gives) {
                    return None;
                }
                found = found.or(Some(one));
            }
            found
        };
        match &self.program.input.summaries[at.file].exprs[at.id] {
            Expr::Call(id) => self.call(At { file: at.file, id: *id }, depth),
            Expr::Var(var) => {
                let summary = &self.program.input.summaries[at.file];
                let owner = &summary.functions[summary.vars[*var].func];
                // What callers give is not asked for.
                let is_parameter = owner.params.iter().any(|param| param.var == Some(*var));
                if is_parameter || summary.vars[*var].vague {
                    return None;
                }
                let found = all(self.program.solution.assigned(at.file, *var))?;
                // A task that its maker keeps besides, nobody else has to.
                let kept = found.gives == Gives::Task && is_kept(self.program, at.file, *var);
                (!kept).then_some(found)
            }
            Expr::Either(parts) => all(parts),
            _ => None,
        }
    }
}

/// Whether a variable is read for anything but to be returned, or to be given what is to run when it is done.
#[must_use]
pub fn is_kept(program: &Program<'_, '_>, file: FileId, var: VarId) -> bool {
    let summary = &program.input.summaries[file];
    let facts = program.input.facts_of(file);
    let passing = |id: ExprId| {
        let returned = || summary.functions.iter().any(|function| function.returns.contains(&id));
        let called = || {
            summary.calls.iter_enumerated().any(|(call, one)| {
                let receiver = matches!(summary.exprs[one.callee], Expr::Attr { base, .. } if base == id);
                let mut externals = program.graph.externals_of(At { file, id: call });
                receiver && one.dropped && externals.any(|external| facts.registrations(external.path).iter().any(|entry| entry.ready))
            })
        };
        returned() || called()
    };
    summary.exprs.iter_enumerated().any(|(id, expr)| *expr == Expr::Var(var) && !passing(id))
}

/// A path without the mark of a call's result: what `@app.get("/")` decorates with is made by `app.get`.
fn bare(path: Name) -> Name {
    path.strip_suffix("()").map_or(path, crate::base::name)
}
