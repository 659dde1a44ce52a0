//! One call site: what its callee's values make it run.

use super::bind::{Indirect, indirect};
use super::graph::{Edge, External, Graph, Outcome, Reason, is_parameter};
use super::values::{Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt, Input};
use crate::base::Name;
use crate::ir::{Branch, CallKind, Expr, Family, FuncKind, Relation, Test};
use rustc_hash::FxHashMap;

/// The methods that run a generator to where it yields, as the languages define them.
const STEPS: [&str; 5] = ["__next__", "__anext__", "next", "send", "asend"];

/// The names under which facts speak of a function of this run: the repository is the library itself.
fn known_as(input: Input<'_>, func: FuncAt) -> impl Iterator<Item = Name> + '_ {
    let facts = input.facts_of(func.file);
    let name = input.func_name(func);
    input.fact_names(func.file, &name).filter(move |path| facts.places(*path))
}

/// `self.f()` in a method `m` does not run the `f` of a subclass that has its own `m`.
fn overridden_here(solution: &Solution<'_>, callee: ExprAt, to: FuncAt) -> bool {
    let input = solution.input;
    let summary = &input.summaries[callee.file];
    let Expr::Attr { base, .. } = &summary.exprs[callee.id] else { return false };
    let method = match summary.exprs[*base] {
        Expr::Var(var) => {
            let owner = summary.vars[var].func;
            let is_self = summary.functions[owner].params.first().is_some_and(|param| param.var == Some(var));
            is_self.then_some(owner)
        }
        Expr::This(owner) => Some(owner),
        _ => None,
    };
    let Some((method, own)) = method.and_then(|owner| Some((owner, summary.functions[owner].class?))) else { return false };
    let Some(other) = input.func(to).class else { return false };
    let (own, other) = (At { file: callee.file, id: own }, At { file: to.file, id: other });
    let below = own != other && solution.lineage(other).0.contains(&own);
    below && solution.find_method(other, summary.functions[method].name) != Some(At { file: callee.file, id: method })
}

/// Who tells what a call of a parameter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Through {
    /// The place that gives the argument: see `Graph::takes`. Values of all callers do not mix.
    Callers,
    /// The values that the parameter has from all callers.
    Values,
}

/// Notes what a call runs, by the values of its callee.
pub(super) fn resolve(solution: &Solution<'_>, graph: &mut Graph, at: CallAt, through: Through) -> Outcome {
    let input = solution.input;
    let call = &input.summaries[at.file].calls[at.id];
    let from = At { file: at.file, id: call.func };
    let callee = At { file: at.file, id: call.callee };
    let direct = |to: FuncAt| Edge::direct(at, from, to);
    if through == Through::Callers && left_to_callers(solution, at).is_some() {
        // Who calls decides what runs: see `takes`.
        return if solution.values(callee).is_empty() { Outcome::Unresolved(Reason::Parameter) } else { Outcome::Known };
    }
    let values = solution.values(callee);
    let shown = Shown::of(solution, at, callee);
    let typed = |value: &Value| !matches!(value, Value::Ext(path) | Value::ExtInst(path) if path.contains("()"));
    let outcome = match values {
        _ if !call.kind.is_written() => Outcome::Implied,
        [] => Outcome::Unresolved(reason(solution, at)),
        _ if values.iter().any(typed) => Outcome::Known,
        _ => Outcome::UnknownReceiver,
    };
    for value in values {
        match (call.kind, *value) {
            (CallKind::Decorate, Value::Ext(path) | Value::ExtInst(path)) => graph.externals.push(External { call: at, from, path }),
            (CallKind::Decorate, Value::Func(func) | Value::Bound(func)) if through == Through::Callers => {
                graph.externals.extend(known_as(input, func).map(|path| External { call: at, from, path }));
            }
            (CallKind::Decorate, _) => {}
            (CallKind::Raise, Value::Class(class)) => graph.edges.extend(solution.constructor(class).map(direct)),
            (CallKind::Raise, _) => {}
            (CallKind::Read, Value::Ext(path) | Value::ExtInst(path))
                if input.facts_of(at.file).call(path).is_some_and(|fact| fact.property) && of_library(solution, callee, path) =>
            {
                graph.externals.push(External { call: at, from, path });
            }
            (CallKind::Read, _) => {}
            (CallKind::With, Value::Inst(class)) => {
                for member in ["__enter__", "__exit__", "__aenter__", "__aexit__"] {
                    let is_async = member.starts_with("__a");
                    if is_async == call.awaited {
                        graph.edges.extend(solution.find_method(class, crate::base::name(member)).map(direct));
                    }
                }
            }
            (CallKind::With, Value::ExtInst(path) | Value::Ext(path)) if !call.awaited => {
                for member in ["__enter__", "__exit__"] {
                    graph.externals.push(External { call: at, from, path: crate::base::name(&format!("{path}.{member}")) });
                }
            }
            (CallKind::With, Value::Object(_)) if !call.awaited => {
                if let Some(of) = solution.type_of(*value) {
                    for member in ["__enter__", "__exit__"] {
                        graph.externals.push(External { call: at, from, path: crate::base::name(&format!("{of}.{member}")) });
                    }
                }
            }
            // `async for` runs async generators, `for` the others; a JavaScript `for await` takes both.
            (CallKind::With | CallKind::Iterate, Value::Generator(func))
                if input.func(func).is_async == call.awaited || input.summaries[at.file].family == Family::Ecma =>
            {
                graph.edges.push(direct(func));
            }
            (CallKind::Iterate, Value::Inst(class)) => {
                let methods = if call.awaited { ["__aiter__", "__anext__"] } else { ["__iter__", "__next__"] };
                graph.edges.extend(methods.iter().filter_map(|method| solution.find_method(class, crate::base::name(method))).map(direct));
            }
            (CallKind::Iterate, Value::ExtInst(path)) if !call.awaited => {
                graph.externals.push(External { call: at, from, path: crate::base::name(&format!("{path}.__iter__")) });
            }
            // A library's object that is told apart: a file over bytes in memory.
            (CallKind::Iterate, Value::Object(made))
                if !call.awaited && matches!(input.summaries[made.file].exprs[made.id], Expr::Call(_)) =>
            {
                if let Some(of) = solution.type_of(*value) {
                    graph.externals.push(External { call: at, from, path: crate::base::name(&format!("{of}.__iter__")) });
                }
            }
            (CallKind::With | CallKind::Iterate, _) => {}
            (_, Value::Func(func) | Value::Bound(func)) if !overridden_here(solution, callee, func) => {
                let kept = indirect(&input.summaries[at.file], call, input.func(func)) == Some(Indirect::Bind);
                if !kept && !input.func(func).is_generator {
                    graph.edges.push(direct(func));
                }
                if through == Through::Callers {
                    graph.externals.extend(known_as(input, func).map(|path| External { call: at, from, path }));
                }
            }
            (_, Value::Class(class)) => {
                if let Some(constructor) = solution.constructor(class) {
                    graph.edges.push(direct(constructor));
                } else {
                    let lineage = solution.lineage(class);
                    graph.externals.extend(lineage.1.iter().map(|path| External { call: at, from, path: *path }));
                }
            }
            // `super(...)` runs the base's constructor.
            (_, Value::Inst(class)) if matches!(input.summaries[at.file].exprs[call.callee], Expr::Super(_)) => {
                graph.edges.extend(solution.constructor(class).map(direct));
            }
            (_, Value::Inst(class)) => graph.edges.extend(solution.find_method(class, crate::base::name("__call__")).map(direct)),
            (_, Value::New(func)) if matches!(input.summaries[at.file].exprs[call.callee], Expr::Super(_)) => {
                graph.edges.push(direct(func));
            }
            // A test has shown that the receiver is of the run's own class, which answers itself, or of another type than this one.
            (CallKind::Call, Value::ExtInst(path) | Value::Ext(path))
                if shown.as_ref().is_some_and(|shown| shown.excludes(solution, path)) => {}
            // An instance that is called makes no other: `http.Server` is a class that takes handlers.
            (CallKind::Call, Value::ExtInst(path)) if makes_entries(solution, at, path) => {}
            // What a factory gave is called: its fact is that of the factory's result.
            (_, Value::ExtInst(path) | Value::Ext(path)) => {
                graph.externals.push(External { call: at, from, path });
            }
            _ => {}
        }
    }
    graph.edges.extend(stepped(solution, at).map(direct));
    // Listeners run in the call that emits their event.
    graph.edges.extend(solution.listeners(at).iter().filter_map(|listener| match listener {
        Value::Func(func) | Value::Bound(func) => Some(direct(*func)),
        _ => None,
    }));
    outcome
}

/// Whether the attribute is read of a library's object: of one of the run's own, it is what was put there.
fn of_library(solution: &Solution<'_>, callee: ExprAt, path: Name) -> bool {
    let Expr::Attr { base, .. } = solution.input.summaries[callee.file].exprs[callee.id] else { return true };
    let owner = path.rsplit_once('.').map(|(owner, _)| crate::base::name(owner));
    let facts = solution.input.facts_of(callee.file);
    let is_library = |value: &Value| match value {
        Value::Inst(class) => {
            let bases = &solution.lineage(*class).1;
            bases.iter().any(|base| Some(*base) == owner || owner.is_some_and(|owner| facts.type_bases(*base).contains(&owner)))
        }
        Value::Ext(_) | Value::ExtInst(_) | Value::Object(_) => true,
        _ => false,
    };
    solution.values(At { file: callee.file, id: base }).iter().any(is_library)
}

/// The generators that the call runs to where they yield: `rows.__anext__()`, `rows.send(None)`, `rows.next()`.
fn stepped<'s>(solution: &'s Solution<'_>, at: CallAt) -> impl Iterator<Item = FuncAt> + use<'s> {
    let summary = &solution.input.summaries[at.file];
    let of = match summary.exprs[summary.calls[at.id].callee] {
        Expr::Attr { base, name } if STEPS.contains(&name.as_str()) => solution.values(At { file: at.file, id: base }),
        _ => &[],
    };
    of.iter().filter_map(|value| match value {
        Value::Generator(func) => Some(*func),
        _ => None,
    })
}

/// Whether the path is that of a library's class whose constructor is given handlers.
fn makes_entries(solution: &Solution<'_>, at: CallAt, path: Name) -> bool {
    let facts = solution.input.facts_of(at.file);
    facts.type_of(path).is_some() && !facts.registrations(path).is_empty()
}

/// What a test that a call stands under shows of its receiver: `if isinstance(x, Own): x.run()`.
struct Shown {
    /// The classes of which the receiver is one.
    of: Vec<ExprAt>,
    /// The method that is called.
    method: Name,
    /// The receiver is still what was tested.
    kept: bool,
}

impl Shown {
    fn of(solution: &Solution<'_>, at: CallAt, callee: ExprAt) -> Option<Self> {
        let input = solution.input;
        let summary = &input.summaries[at.file];
        let facts = input.facts_of(at.file);
        let Expr::Attr { base, name } = &summary.exprs[callee.id] else { return None };
        let Expr::Var(var) = summary.exprs[*base] else { return None };
        let guards = std::iter::successors(summary.calls[at.id].guard, |id| summary.guards[*id].outer).map(|id| &summary.guards[id]);
        let (of, held) = guards.filter(|guard| guard.branch == Branch::True).find_map(|guard| match guard.test {
            Test::Call(id) => {
                let test = &summary.calls[id];
                let path = solution.external_path(At { file: at.file, id: test.callee })?;
                let [one, of] = &test.args[..] else { return None };
                let asks = facts.type_test(path) == Some(None) && summary.exprs[one.value] == Expr::Var(var);
                asks.then_some((of.value, guard))
            }
            Test::Two(Relation::Instance, one, of) if summary.exprs[one] == Expr::Var(var) => Some((of, guard)),
            _ => None,
        })?;
        let parts = match &summary.exprs[of] {
            Expr::List(parts) | Expr::Either(parts) => parts.clone(),
            _ => vec![of],
        };
        let variable = &summary.vars[var];
        let before = |value: &crate::ir::ExprId| *value < held.behind(summary);
        let kept = !variable.vague && !variable.outside && solution.assigned(at.file, var).iter().all(before);
        let of: Vec<ExprAt> = parts.into_iter().map(|id| At { file: at.file, id }).collect();
        (!of.is_empty()).then_some(Self { of, method: *name, kept })
    }

    /// Whether the receiver is no object whose method the library's path is: each class is one of the run's own that has the method
    /// itself, or one that no object of the library's type is of.
    fn excludes(&self, solution: &Solution<'_>, path: Name) -> bool {
        let receiver = path.strip_suffix(self.method.as_str()).and_then(|of| of.strip_suffix('.')).map(crate::base::name);
        self.of.iter().all(|part| {
            let classes = solution.static_classes(*part, 0);
            if !classes.is_empty() {
                return classes.iter().all(|class| solution.find_method(*class, self.method).is_some());
            }
            let facts = solution.input.facts_of(part.file);
            let is_other = |class: Name| receiver.is_some_and(|receiver| facts.is_never_a(receiver, class));
            self.kept && solution.external_path(*part).is_some_and(is_other)
        })
    }
}

/// The parameter that a call calls, if whoever gives it decides what runs: the function that has it, and its position.
pub(super) fn left_to_callers(solution: &Solution<'_>, at: CallAt) -> Option<(FuncAt, usize)> {
    let call = &solution.input.summaries[at.file].calls[at.id];
    let from = At { file: at.file, id: call.func };
    let callee = At { file: at.file, id: call.callee };
    let parameter = is_parameter(solution.input, callee, from)?;
    let is_told = matches!(call.kind, CallKind::With | CallKind::Iterate) || told_by_values(solution, callee, parameter, from);
    (!is_told).then_some(parameter)
}

/// Whether the values of a parameter tell what its call runs: a nameless function is used in one place, and a function that
/// another one makes has no callers that give its maker's parameters.
fn told_by_values(solution: &Solution<'_>, callee: ExprAt, (owner, position): (FuncAt, usize), from: FuncAt) -> bool {
    let only = || owner != from && solution.values(callee).len() == 1 && !solution.is_cut(callee);
    is_nameless(solution.input, owner) || (only() && !solution.is_given_unknown(owner, position))
}

/// Whether a function has no name: what it is called by does not tell where it is used.
pub(super) fn is_nameless(input: Input<'_>, func: FuncAt) -> bool {
    input.func(func).name.starts_with('<')
}

/// Why nothing is known of a call's callee.
fn reason(solution: &Solution<'_>, at: CallAt) -> Reason {
    let summary = &solution.input.summaries[at.file];
    let call = &summary.calls[at.id];
    let callee = At { file: at.file, id: call.callee };
    let broken = |problem: &crate::ir::Problem| problem.span.is_some_and(|span| span.contains(call.span.start));
    if solution.is_cut(callee) {
        return Reason::Targets;
    }
    if summary.problems.iter().any(broken) {
        return Reason::Parse;
    }
    match summary.exprs[call.callee] {
        Expr::Attr { base, .. } => {
            let base = At { file: at.file, id: base };
            match solution.values(base) {
                _ if solution.is_cut(base) => Reason::Targets,
                [] => Reason::Receiver,
                _ => Reason::Member,
            }
        }
        _ => Reason::Dynamic,
    }
}

/// Shortest method name that may stand for a method by itself.
const SHORTEST_NAME: usize = 4;

/// Whether a function's name is one that calls of others will hardly have.
#[must_use]
pub fn is_rare(input: Input<'_>, func: FuncAt) -> bool {
    let named = input.func(func).name;
    named.len() >= SHORTEST_NAME && !named.starts_with("__") && !input.facts_of(func.file).names_member(named)
}

/// What a method's name tells by itself.
pub(super) struct ByName {
    /// For each name of a function the only method that has it; none where it is no method, has namesakes, or is common.
    methods: FxHashMap<(Family, Name), Option<FuncAt>>,
}

impl ByName {
    pub(super) fn new(input: Input<'_>) -> Self {
        let mut methods: FxHashMap<(Family, Name), Option<FuncAt>> = FxHashMap::default();
        for (file, summary) in input.summaries.iter_enumerated() {
            for (id, function) in summary.functions.iter_enumerated() {
                let method =
                    function.class.is_some() && !function.is_abstract && matches!(function.kind, FuncKind::Method | FuncKind::Static);
                let only = (method && is_rare(input, At { file, id }) && !function.is_generator).then_some(At { file, id });
                methods.entry((summary.family, function.name)).and_modify(|known| *known = None).or_insert(only);
            }
        }
        Self { methods }
    }

    /// Follows an unresolved call of a method to the only one of this name, or to the builtin's that has it.
    pub(super) fn resolve(&self, input: Input<'_>, graph: &mut Graph, at: CallAt, outcome: Outcome) -> Outcome {
        let summary = &input.summaries[at.file];
        let call = &summary.calls[at.id];
        let Expr::Attr { name, .. } = summary.exprs[call.callee] else { return outcome };
        let (Outcome::Unresolved(Reason::Receiver), CallKind::Call) = (outcome, call.kind) else { return outcome };
        let from = At { file: at.file, id: call.func };
        match self.methods.get(&(summary.family, name)) {
            Some(Some(to)) => {
                graph.edges.push(Edge { by_name: true, ..Edge::direct(at, from, *to) });
                Outcome::ByName
            }
            known => {
                let facts = input.facts_of(at.file);
                // A program's own `listen` calls that of a server.
                match facts.by_name(name).filter(|path| known.is_none() || facts.serves(*path)) {
                    Some(path) => {
                        graph.externals.push(External { call: at, from, path });
                        Outcome::ByName
                    }
                    None => outcome,
                }
            }
        }
    }
}
