//! The call graph: what each call site runs, moves, registers.

pub use super::bind::{Indirect, argument, bound_parameters, indirect};
use super::calls::{self, Through};
use super::kinds::{ByKind, Tests};
use super::values::{Solution, Value};
use super::{At, CallAt, ExprAt, FuncAt, Input};
use crate::base::{FileId, Name};
use crate::facts::{Boundary, ContextKind, PoolOf, Runs, Which};
use crate::ir::{Arg, Branch, CallId, CallKind, Expr, Family, GuardId, Test};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// How a call leads to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// It runs in the call.
    Direct,
    /// It is kept and runs later on the same thread.
    Later,
    /// It runs in another context.
    Moved(ContextKind),
    /// It runs in the call, which is made only where no loop runs.
    OffLoop,
}

/// From a call to a function.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// The call.
    pub call: CallAt,
    /// The function whose body makes it.
    pub from: FuncAt,
    /// The function that runs.
    pub to: FuncAt,
    /// How.
    pub kind: EdgeKind,
    /// Parameters bound before the call's own arguments; none where the function is an argument itself.
    pub offset: Option<u8>,
    /// It runs once: the result is kept.
    pub once: bool,
    /// The callee was found by its name alone.
    pub by_name: bool,
    /// What decorators have to do with it.
    pub wrapping: Wrapping,
}

impl Edge {
    /// A call that runs a function of the run, of which no more is known.
    #[must_use]
    pub fn direct(call: CallAt, from: FuncAt, to: FuncAt) -> Self {
        Self { call, from, to, kind: EdgeKind::Direct, offset: None, once: false, by_name: false, wrapping: Wrapping::None }
    }
}

/// What decorators written in the repository have to do with an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing.
    None,
    /// It leads to a wrapper of the function that is called, to which another edge of the call leads.
    Around,
    /// A wrapper calls the function that its decorator was given: whoever calls the decorated function has an edge to that itself.
    Within,
}

/// From a call to a library.
#[derive(Clone, Copy, Debug)]
pub struct External {
    /// The call.
    pub call: CallAt,
    /// The function whose body makes it.
    pub from: FuncAt,
    /// The library's path.
    pub path: Name,
}

/// How a call site was resolved, for the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To a definition, a builtin or an external path.
    Known,
    /// To an external path through what a library's call gave, whose type is unknown: `client().get`.
    UnknownReceiver,
    /// To the one method of this name in the run, or the builtin's: nothing else is known of it.
    ByName,
    /// To nothing.
    Unresolved(Reason),
    /// No call that is written: iteration, entering a `with`, an attribute read, a raised class.
    Implied,
}

/// Why a call is unresolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A method of a value of which nothing is known.
    Receiver,
    /// What the receiver may be has no such member.
    Member,
    /// A parameter that is given no function here.
    Parameter,
    /// The callee is computed: an element, the result of an expression.
    Dynamic,
    /// More candidates than are followed.
    Targets,
    /// It stands in source that could not be parsed.
    Parse,
}

impl Reason {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Receiver, Self::Member, Self::Parameter, Self::Dynamic, Self::Targets, Self::Parse];

    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Receiver => "unknown receiver",
            Self::Member => "no such member",
            Self::Parameter => "parameter nobody gives",
            Self::Dynamic => "dynamic",
            Self::Targets => "too many targets",
            Self::Parse => "parse error",
        }
    }
}

/// What functions do with the functions that they are given, by the parameter.
pub type Takes = FxHashMap<(FuncAt, usize), ByKind<EdgeKind>>;

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// Calls to functions of the run, in order of their place.
    pub edges: Vec<Edge>,
    /// Calls to libraries, in order of their place.
    pub externals: Vec<External>,
    /// Library functions that are given to functions which call them, each with the call that gives it: `map(requests.get, urls)`.
    pub handed: Vec<External>,
    /// Outcome of each call site.
    pub outcomes: IndexVec<FileId, IndexVec<CallId, Outcome>>,
    /// Functions that take functions: which parameter they run or move, and what kind of function where they ask.
    pub takes: Takes,
    /// Tests that tell what kind of function something is.
    pub kinds: Tests,
    /// For each decorated function, what decorators of the repository put around it.
    pub wrappers: FxHashMap<FuncAt, Vec<FuncAt>>,
    /// Functions whose first parameter is a finished future.
    pub ready: FxHashSet<FuncAt>,
    /// Calls that give what is entered or gone over asynchronously.
    pub entered: FxHashSet<CallAt>,
    /// Calls that give what is awaited by the call that is given it.
    pub taken: FxHashSet<CallAt>,
    /// Functions that keep what they give.
    pub keepers: super::kept::Keepers,
    /// Calls on a receiver that was set not to block.
    pub nonblocking: FxHashSet<CallAt>,
    /// Calls made only where a test has shown that no loop runs.
    pub off_loop: FxHashSet<CallAt>,
    /// Calls that only start-up makes, as the tests around them tell.
    pub started: FxHashSet<CallAt>,
    /// Calls by which a function that a helper registers runs what the helper was given: each runs in one that is made for it.
    pub registered: FxHashSet<CallAt>,
    /// Files that run in a browser.
    pub clients: FxHashSet<FileId>,
    /// Functions whose text is sent to a browser, and those written in them.
    pub sent: FxHashSet<FuncAt>,
}

impl Graph {
    /// Whether a function runs in a browser.
    #[must_use]
    pub fn in_browser(&self, func: FuncAt) -> bool {
        self.clients.contains(&func.file) || self.sent.contains(&func)
    }

    /// Whether a call only gives the library's function to one that calls it: the call's arguments are not the function's.
    #[must_use]
    pub fn is_handed(&self, call: CallAt, path: Name) -> bool {
        self.handed.binary_search_by_key(&(call, path), |one| (one.call, one.path)).is_ok()
    }

    /// Edges of one call.
    pub fn edges_of(&self, call: CallAt) -> impl Iterator<Item = &Edge> {
        let from = self.edges.partition_point(|edge| edge.call < call);
        self.edges[from..].iter().take_while(move |edge| edge.call == call)
    }

    /// Library paths of one call.
    pub fn externals_of(&self, call: CallAt) -> impl Iterator<Item = &External> {
        let from = self.externals.partition_point(|external| external.call < call);
        self.externals[from..].iter().take_while(move |external| external.call == call)
    }
}

/// Reads the graph off the values.
#[must_use]
pub fn build(solution: &Solution<'_>) -> Graph {
    let input = solution.input;
    let mut graph = Graph::default();
    let by_name = calls::ByName::new(input);
    for (file, summary) in input.summaries.iter_enumerated() {
        let mut outcomes = IndexVec::with_capacity(summary.calls.len());
        for id in summary.calls.indices() {
            let at = At { file, id };
            let outcome = calls::resolve(solution, &mut graph, at, Through::Callers);
            outcomes.push(by_name.resolve(input, &mut graph, at, outcome));
        }
        graph.outcomes.push(outcomes);
    }
    super::closures::follow_registered(solution, &mut graph);
    run_properties(solution, &mut graph);
    for at in 0..graph.edges.len() {
        let edge = graph.edges[at];
        // `raise Error` makes one without arguments.
        if matches!(input.summaries[edge.call.file].calls[edge.call.id].kind, CallKind::Call | CallKind::New | CallKind::Raise) {
            graph.edges[at].offset = u8::try_from(offset(solution, &edge)).ok();
        }
    }
    follow_promises(solution, &mut graph);
    graph.kinds = Tests::read(solution);
    leave_out_other_kinds(solution, &mut graph);
    let called;
    (graph.takes, called) = super::handed::takes(solution, &graph);
    super::handed::pass_functions(solution, &mut graph);
    super::closures::follow_made(solution, &mut graph);
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
    move_decorated(solution, &mut graph);
    graph.taken = super::awaits::taken(input, solution, &graph);
    super::awaits::drop_unawaitable(solution, &mut graph);
    graph.entered = super::awaits::entered(solution);
    let offered;
    (graph.wrappers, offered) = super::wrap::wrappers(solution);
    super::wrap::mark_inner(input, &mut graph, &offered);
    super::wrap::follow(&mut graph);
    super::wrap::move_wrapped(solution, &mut graph, &called);
    graph.keepers = super::kept::results(solution, &graph);
    graph.started = super::started::calls(input);
    graph.clients = super::clients::files(input);
    graph.sent = super::clients::sent(solution, &graph);
    for edge in &mut graph.edges {
        let call = &input.summaries[edge.call.file].calls[edge.call.id];
        edge.once = call.once
            || graph.started.contains(&edge.call)
            || (graph.keepers.keep(edge.call, edge.to) && super::kept::always_same(input, edge));
    }
    graph.ready = super::quiet::done_callbacks(solution, &graph);
    graph.nonblocking = super::quiet::nonblocking(solution, &graph);
    graph.off_loop = off_loop(input, &graph);
    let off_loop = std::mem::take(&mut graph.off_loop);
    for edge in graph.edges.iter_mut().filter(|edge| edge.kind == EdgeKind::Direct && off_loop.contains(&edge.call)) {
        edge.kind = EdgeKind::OffLoop;
    }
    graph.off_loop = off_loop;
    graph.edges.sort_by_key(|edge| (edge.call, edge.to));
    prefer_moved(&mut graph.edges);
    graph.edges.dedup_by_key(|edge| (edge.call, edge.to, matches!(edge.kind, EdgeKind::Moved(_)), edge.kind == EdgeKind::Later));
    graph
}

/// Drops what a call does not run, as the tests around it show: a plain function where a coroutine function is called.
fn leave_out_other_kinds(solution: &Solution<'_>, graph: &mut Graph) {
    let kinds = &graph.kinds;
    graph.edges.retain(|edge| {
        let call = &solution.input.summaries[edge.call.file].calls[edge.call.id];
        call.kind != CallKind::Call || kinds.allows(solution, edge.call, At { file: edge.call.file, id: call.callee }, edge.to)
    });
}

/// Reading a property runs it: where it is read, or where what is read is called.
fn run_properties(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let mut getters = solution.getters.clone();
    getters.sort_unstable();
    getters.dedup();
    for read in getters.chunk_by(|one, other| one.0.file == other.0.file) {
        let file = read[0].0.file;
        let calls = &input.summaries[file].calls;
        let by_callee: FxHashMap<crate::ir::ExprId, CallId> = calls.iter_enumerated().map(|(id, call)| (call.callee, id)).collect();
        for (at, getter) in read {
            if let Some(id) = by_callee.get(&at.id) {
                let from = At { file, id: calls[*id].func };
                let call = At { file, id: *id };
                graph.edges.push(Edge::direct(call, from, *getter));
            }
        }
    }
}

/// Calls of a function whose decorator moves it run it there: `@sync_to_async`.
fn move_decorated(solution: &Solution<'_>, graph: &mut Graph) {
    let input = solution.input;
    let mut moved: FxHashMap<FuncAt, ContextKind> = FxHashMap::default();
    for external in &graph.externals {
        let call = &input.summaries[external.call.file].calls[external.call.id];
        let path = external.path.strip_suffix("()").map_or(external.path, crate::base::name);
        if call.kind == CallKind::Decorate
            && let Some(boundary) = input.facts_of(external.call.file).boundary(path)
        {
            for arg in &call.args {
                moved.extend(
                    functions(solution, At { file: external.call.file, id: arg.value }).into_iter().map(|func| (func, boundary.to)),
                );
            }
        }
    }
    for edge in graph.edges.iter_mut().filter(|edge| edge.kind == EdgeKind::Direct) {
        if let Some(to) = moved.get(&edge.to) {
            edge.kind = EdgeKind::Moved(*to);
        }
    }
}

/// Functions that give the running loop, or nothing where none runs: they catch what a loop check raises.
fn loop_getters(input: Input<'_>, graph: &Graph) -> FxHashSet<FuncAt> {
    let mut found = FxHashSet::default();
    for external in &graph.externals {
        let summary = &input.summaries[external.call.file];
        let function = &summary.functions[external.from.id];
        let raises = input.facts_of(external.call.file).off_loop(external.path) == Some(Branch::Raised);
        let caught =
            raises && summary.guards.iter().any(|guard| guard.test == Test::Call(external.call.id) && guard.branch == Branch::Raised);
        let gives = |id: &crate::ir::ExprId| matches!(summary.exprs[*id], Expr::Call(call) if call == external.call.id);
        let only = |id: &crate::ir::ExprId| gives(id) || matches!(summary.exprs[*id], Expr::Const(crate::ir::Const::Null));
        if caught && function.returns.iter().any(gives) && function.returns.iter().all(only) {
            found.insert(external.from);
        }
    }
    found
}

fn off_loop(input: Input<'_>, graph: &Graph) -> FxHashSet<CallAt> {
    let mut found = FxHashSet::default();
    let getters = loop_getters(input, graph);
    for (file, summary) in input.summaries.iter_enumerated() {
        let facts = input.facts_of(file);
        let mut off: IndexVec<GuardId, bool> = IndexVec::with_capacity(summary.guards.len());
        for guard in &summary.guards {
            let Some((id, branch)) = guard.of_call(summary) else {
                off.push(guard.outer.is_some_and(|outer| off[outer]));
                continue;
            };
            let test = At { file, id };
            let shows = graph.externals_of(test).any(|external| facts.off_loop(external.path) == Some(branch))
                || (branch == Branch::False && graph.edges_of(test).any(|edge| getters.contains(&edge.to)));
            off.push(shows || guard.outer.is_some_and(|outer| off[outer]));
        }
        let calls = summary.calls.iter_enumerated().filter(|(_, call)| call.guard.is_some_and(|guard| off[guard]));
        found.extend(calls.map(|(id, _)| At { file, id }));
    }
    found
}

/// Callbacks of promises run later, on the same thread.
fn follow_promises(solution: &Solution<'_>, graph: &mut Graph) {
    for (file, summary) in solution.input.summaries.iter_enumerated() {
        for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| super::promise_of(summary, call).is_some()) {
            let from = At { file, id: call.func };
            for arg in &call.args {
                let run = functions(solution, At { file, id: arg.value });
                graph.edges.extend(run.into_iter().map(|to| Edge {
                    call: At { file, id },
                    from,
                    to,
                    kind: EdgeKind::Later,
                    offset: None,
                    once: false,
                    by_name: false,
                    wrapping: Wrapping::None,
                }));
            }
        }
    }
}

/// Where one candidate runs the argument itself and another moves it, the call is meant to move it.
fn prefer_moved(edges: &mut Vec<Edge>) {
    let moved: FxHashSet<(CallAt, FuncAt)> =
        edges.iter().filter(|edge| matches!(edge.kind, EdgeKind::Moved(_))).map(|edge| (edge.call, edge.to)).collect();
    edges.retain(|edge| matches!(edge.kind, EdgeKind::Moved(_)) || !moved.contains(&(edge.call, edge.to)));
}

/// The functions that a value runs when it is called.
pub fn functions(solution: &Solution<'_>, at: ExprAt) -> Vec<FuncAt> {
    let run = solution.values(at).iter().filter_map(|value| match value {
        Value::Func(func) | Value::Bound(func) | Value::Generator(func) => Some(*func),
        Value::Inst(class) if solution.input.summaries[class.file].family == Family::Python => {
            solution.find_method(*class, crate::base::name("__call__"))
        }
        _ => None,
    });
    run.collect()
}

/// The parameter that an expression names: the function that has it and its position.
#[must_use]
pub fn is_parameter(input: Input<'_>, at: ExprAt, from: FuncAt) -> Option<(FuncAt, usize)> {
    let summary = &input.summaries[at.file];
    let Expr::Var(var) = summary.exprs[at.id] else { return None };
    let owner = At { file: at.file, id: summary.vars[var].func };
    let position = summary.functions[owner.id].params.iter().position(|param| param.var == Some(var))?;
    // `self` and annotated instances are receivers, not callbacks.
    (owner == from || summary.functions[from.id].parent == Some(owner.id)).then_some((owner, position))
}

pub(super) fn offset(solution: &Solution<'_>, edge: &Edge) -> usize {
    let input = solution.input;
    let call = &input.summaries[edge.call.file].calls[edge.call.id];
    let bound = solution
        .values(At { file: edge.call.file, id: call.callee })
        .iter()
        .any(|value| matches!(value, Value::Bound(_) | Value::Class(_) | Value::Inst(_)));
    usize::from(bound && input.summaries[edge.to.file].family == Family::Python)
}

/// Where a boundary moves its argument: to where the pool runs that it is given.
#[must_use]
pub fn destination(solution: &Solution<'_>, external: &External, boundary: &Boundary) -> ContextKind {
    let Some(PoolOf::Argument(given)) = boundary.pool else { return boundary.to };
    let file = external.call.file;
    let call = &solution.input.summaries[file].calls[external.call.id];
    let Some(pool) = given.of(call) else { return boundary.to };
    let facts = solution.input.facts_of(file);
    let runs = solution.values(At { file, id: pool }).iter().filter_map(|value| Some(facts.pool(solution.type_of(*value)?)?.runs));
    let mut elsewhere = runs.map(|runs| matches!(runs, Runs::Process | Runs::Interpreter)).peekable();
    // Where one of several may be a pool of threads, threads it is.
    if elsewhere.peek().is_some() && elsewhere.all(|elsewhere| elsewhere) { ContextKind::Process } else { boundary.to }
}

/// The arguments that a boundary moves: with `ctx.run, f` what `ctx.run` would run moves too.
pub(super) fn moved<'a>(solution: &Solution<'a>, external: &External, which: Which) -> Vec<&'a Arg> {
    let file = external.call.file;
    let call = &solution.input.summaries[file].calls[external.call.id];
    let mut found = argument(call, which);
    let (Which::One(at, _), Some(first)) = (which, found.first().copied()) else { return found };
    let given: Vec<&Arg> = call.args.iter().take_while(|arg| !arg.spread).filter(|arg| arg.name.is_none()).collect();
    if given.get(at).is_none_or(|arg| arg.value != first.value) {
        return found;
    }
    for value in solution.values(At { file, id: first.value }) {
        let Value::Ext(path) = value else { continue };
        for invoke in solution.input.facts_of(file).invokes(*path) {
            if let Which::One(inner, _) = invoke.which {
                found.extend(at.checked_add(inner).and_then(|at| given.get(at + 1)));
            }
        }
    }
    found
}
