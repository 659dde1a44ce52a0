//! The call graph by dotted names, as call graph tools exchange it: `{"caller": ["callee", ...]}`.
//!
//! Here a parameter's call runs what the parameter may be, whoever gave it; `graph` tells it at the place that gives it.

use super::calls::{self, Through};
use super::graph::{EdgeKind, Graph, functions, is_parameter};
use super::values::Solution;
use super::{At, CallAt, FuncAt, Input};
use crate::base::Name;
use crate::ir::{CallKind, FuncId, MODULE_BODY};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Callers by name, each with the names of what it calls; what has no body here calls nothing.
pub type Named = BTreeMap<String, BTreeSet<String>>;

/// Names every function and what it calls. Modules are named from the folders `roots`, given as paths are shown.
#[must_use]
pub fn named(solution: &Solution<'_>, graph: &Graph, roots: &[String]) -> Named {
    let input = solution.input;
    let names = Names::new(input, roots);
    let decorated = Decorated::new(solution);
    let mut graph_by_name = Named::new();
    for (file, summary) in input.summaries.iter_enumerated() {
        for id in summary.functions.indices() {
            graph_by_name.entry(names.of(At { file, id })).or_default();
        }
        for (id, call) in summary.calls.iter_enumerated() {
            let (run, libraries) = callees(solution, graph, &decorated, At { file, id });
            let own = run.into_iter().map(|func| names.of(func));
            let called: Vec<String> = own.chain(libraries.into_iter().map(library_name)).collect();
            for callee in &called {
                graph_by_name.entry(callee.clone()).or_default();
            }
            graph_by_name.entry(names.of(At { file, id: call.func })).or_default().extend(called);
        }
    }
    graph_by_name
}

/// The functions of the run and the library paths that a call runs.
fn callees(solution: &Solution<'_>, graph: &Graph, decorated: &Decorated, at: CallAt) -> (BTreeSet<FuncAt>, BTreeSet<Name>) {
    let input = solution.input;
    let call = &input.summaries[at.file].calls[at.id];
    let callee = At { file: at.file, id: call.callee };
    let mut own = Graph::default();
    calls::resolve(solution, &mut own, at, Through::Values);
    let direct = own.edges.iter().map(|edge| edge.to);
    let mut run: BTreeSet<FuncAt> = direct.flat_map(|func| decorated.outermost(func)).collect();
    match call.kind {
        CallKind::Read => run.extend(graph.edges_of(at).map(|edge| edge.to)),
        CallKind::With | CallKind::Iterate | CallKind::Operator => own.externals.clear(),
        CallKind::Decorate => run.extend(functions(solution, callee)),
        // Calling a generator function only makes the generator, yet names it.
        CallKind::Call | CallKind::New => {
            run.extend(functions(solution, callee).into_iter().filter(|func| input.func(*func).is_generator));
        }
        CallKind::Raise => {}
    }
    if let Some((owner, 0)) = is_parameter(input, callee, At { file: at.file, id: call.func })
        && let Some(given) = decorated.given.get(&owner)
    {
        run.clone_from(given);
    }
    // What a library's function does with its arguments, it does here.
    if !own.externals.is_empty() {
        run.extend(graph.edges_of(at).filter(|edge| edge.kind == EdgeKind::Direct && edge.offset.is_none()).map(|edge| edge.to));
    }
    if call.kind == CallKind::Decorate {
        // `@staticmethod` and its like run nothing.
        own.externals.retain(|external| !external.path.starts_with("builtins."));
    }
    // A class without a constructor of its own runs that of its library's base.
    let makes = solution.values(callee).iter().any(|value| matches!(value, super::Value::Class(_)));
    let path = |path: Name| if makes && !path.starts_with("builtins.") { crate::base::name(&format!("{path}.__init__")) } else { path };
    (run, own.externals.iter().map(|external| path(external.path)).collect())
}

/// `<builtin>.print`, `requests.get`
fn library_name(path: Name) -> String {
    match path.strip_prefix("builtins.").or_else(|| path.strip_prefix("globalThis.")) {
        Some(builtin) => format!("<builtin>.{builtin}"),
        None => path.to_string(),
    }
}

/// Decorators of the repository: what each is given, and what stands around a decorated function.
#[derive(Default)]
struct Decorated {
    given: FxHashMap<FuncAt, BTreeSet<FuncAt>>,
    around: FxHashMap<FuncAt, Vec<FuncAt>>,
}

impl Decorated {
    fn new(solution: &Solution<'_>) -> Self {
        let input = solution.input;
        let mut known = Self::default();
        for (file, summary) in input.summaries.iter_enumerated() {
            // The innermost decorator comes last and is applied first.
            for call in summary.calls.iter().rev().filter(|call| call.kind == CallKind::Decorate) {
                let functions_of = |id| functions(solution, At { file, id });
                for func in call.args.iter().flat_map(|arg| functions_of(arg.value)) {
                    let inner = known.outermost(func);
                    let mut outer = Vec::new();
                    for decorator in functions_of(call.callee) {
                        known.given.entry(decorator).or_default().extend(&inner);
                        let returns = input.func(decorator).returns.iter();
                        outer.extend(returns.flat_map(|id| functions(solution, At { file: decorator.file, id: *id })));
                    }
                    if !outer.is_empty() {
                        known.around.insert(func, outer);
                    }
                }
            }
        }
        known
    }

    /// What a call of the function runs first.
    fn outermost(&self, func: FuncAt) -> Vec<FuncAt> {
        self.around.get(&func).cloned().unwrap_or_else(|| vec![func])
    }
}

struct Names<'a> {
    input: Input<'a>,
    modules: Vec<String>,
    /// Positions, from 1, of nameless functions among those of the same parent.
    lambdas: FxHashMap<FuncAt, usize>,
}

impl<'a> Names<'a> {
    fn new(input: Input<'a>, roots: &[String]) -> Self {
        let modules = input.sources.indices().map(|file| {
            let path = input.module_path(file);
            let inside = roots.iter().filter(|root| !root.is_empty()).filter_map(|root| {
                let root = root.trim_matches('/').replace('/', ".");
                path.strip_prefix(root.as_str())?.strip_prefix('.').map(str::to_owned)
            });
            inside.min_by_key(String::len).unwrap_or(path)
        });
        let mut lambdas = FxHashMap::default();
        for (file, summary) in input.summaries.iter_enumerated() {
            let mut counts: FxHashMap<(Option<FuncId>, Option<crate::ir::ClassId>), usize> = FxHashMap::default();
            let mut nameless: Vec<FuncId> =
                summary.functions.indices().skip(1).filter(|id| calls::is_nameless(input, At { file, id: *id })).collect();
            nameless.sort_by_key(|id| summary.functions[*id].span);
            for id in nameless {
                let function = &summary.functions[id];
                let count = counts.entry((function.parent, function.class)).or_default();
                *count += 1;
                lambdas.insert(At { file, id }, *count);
            }
        }
        Self { input, modules: modules.collect(), lambdas }
    }

    /// `pkg.mod.Class.method`, `mod.outer.inner`, `mod.f.<lambda1>`; a module's body is the module.
    fn of(&self, func: FuncAt) -> String {
        let summary = &self.input.summaries[func.file];
        let function = &summary.functions[func.id];
        if func.id == MODULE_BODY {
            return self.modules[func.file.index()].clone();
        }
        let own = self.lambdas.get(&func).map_or_else(|| function.name.to_string(), |at| format!("<lambda{at}>"));
        match (function.class, function.parent) {
            (Some(class), _) => format!("{}.{own}", self.class(func.file, class)),
            (None, Some(parent)) => format!("{}.{own}", self.of(At { file: func.file, id: parent })),
            (None, None) => format!("{}.{own}", self.modules[func.file.index()]),
        }
    }

    fn class(&self, file: crate::base::FileId, id: crate::ir::ClassId) -> String {
        let class = &self.input.summaries[file].classes[id];
        let around = match class.outer {
            Some(outer) => self.class(file, outer),
            None => self.of(At { file, id: class.parent }),
        };
        format!("{around}.{}", class.name)
    }
}
