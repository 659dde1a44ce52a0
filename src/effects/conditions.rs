//! What a fact's conditions ask of the parameters that the call hands on, and whether any caller in the run gives that.

use super::flags::{self, Flags};
use super::given::{Answer, Asker, Run};
use super::wanted::{Equality, Known, Literal, Wanted};
use super::{Effects, Witness, attributes, met, writes};
use crate::base::{Name, name};
use crate::facts::{CallFact, Weight};
use crate::ir::{Const, Expr, Family};
use crate::link::graph::{Edge, EdgeKind, Graph};
use crate::link::{At, CallAt, ExprAt, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};

/// Callers above callers that are asked.
const DEEPEST: usize = 8;

/// What must hold for the call to do what its fact says: the tests that it stands under, and that none of the fact's conditions is met.
/// None where that can't be.
#[must_use]
pub fn of_fact(run: Run<'_>, call: CallAt, path: Name, fact: Option<&CallFact>) -> Option<Flags> {
    let mut flags = flags::of_call(run, call)?;
    let input = run.solution.input;
    if let Some(flag) = flags::gives_result(run, call) {
        flags::add(&mut flags, flag);
    }
    let summary = &input.summaries[call.file];
    let made = &summary.calls[call.id];
    let asker = Asker { run, func: At { file: call.file, id: made.func }, before: made.span.start };
    for (key, text) in fact.into_iter().flat_map(|fact| &fact.unless).filter_map(|condition| condition.split_once('=')) {
        // A dotted one is a library's constant or type.
        let Some(wanted) = excluded(text, summary.family).filter(|_| !text.contains('.')) else { continue };
        let Some(at) = met::argument(made, key).filter(|arg| !arg.spread).map(|arg| At { file: call.file, id: arg.value }) else {
            continue;
        };
        // What is written there is judged with the fact.
        if !matches!(summary.exprs[at.id], Expr::Var(_)) {
            continue;
        }
        if flags::is_excluded(run, asker.func, made.guard, at, wanted) {
            return None;
        }
        match asker.ask(at, wanted) {
            Answer::Never => return None,
            Answer::Perhaps => {}
            Answer::When(flag) => flags::add(&mut flags, flag),
        }
    }
    match receiver(asker, call, path) {
        Answer::Never => return None,
        Answer::Perhaps => {}
        Answer::When(flag) => flags::add(&mut flags, flag),
    }
    Some(flags)
}

/// What a call of a library's method asks of a parameter that it is called on, where that may hold objects of several types: those of
/// this type are given by some callers only.
fn receiver(asker: Asker<'_>, call: CallAt, path: Name) -> Answer {
    let solution = asker.run.solution;
    let summary = &solution.input.summaries[call.file];
    let Expr::Attr { base, name: method } = summary.exprs[summary.calls[call.id].callee] else { return Answer::Perhaps };
    let of = path.strip_suffix(method.as_str()).and_then(|of| of.strip_suffix('.'));
    let (Expr::Var(var), Some(of)) = (&summary.exprs[base], of) else { return Answer::Perhaps };
    let at = At { file: call.file, id: base };
    let is_parameter = summary.functions[summary.vars[*var].func].params.iter().any(|param| param.var == Some(*var));
    if !is_parameter || solution.values(at).len() < 2 || solution.is_cut(at) {
        return Answer::Perhaps;
    }
    asker.ask(at, Wanted::Made(name(of)))
}

/// What a value must be for a condition not to hold.
fn excluded(text: &str, family: Family) -> Option<Wanted> {
    if let Some(end) = text.strip_prefix('*') {
        return (!end.is_empty()).then(|| Wanted::Suffix(name(end), false));
    }
    if let Some(start) = text.strip_suffix('*') {
        return Some(Wanted::Prefix(name(start), false));
    }
    let constant = match text.to_ascii_lowercase().as_str() {
        "true" => Const::Bool(true),
        "false" => Const::Bool(false),
        "none" => Const::Null,
        _ => text.parse().map_or_else(|_| Const::Str(name(text)), Const::Number),
    };
    let equality = if family == Family::Python { Equality::Plain } else { Equality::Strict };
    Some(Wanted::Is(Known { literal: Literal::of(&constant)?, member: None }, equality, false))
}

/// Who calls each function.
pub struct Callers<'a>(FxHashMap<FuncAt, Vec<&'a Edge>>);

impl<'a> Callers<'a> {
    /// Reads the callers off the graph.
    #[must_use]
    pub fn read(graph: &'a Graph) -> Self {
        let mut callers: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        for edge in graph.edges.iter().filter(|edge| edge.from != edge.to) {
            callers.entry(edge.to).or_default().push(edge);
        }
        Self(callers)
    }

    /// Whether someone may call the function so that its parameters are what is asked. Where no caller is known, anyone may;
    /// `entered` tells of functions that others call besides.
    fn may_ask(&self, run: Run<'_>, func: FuncAt, asked: &Flags, entered: Entered<'_>, seen: &mut FxHashSet<FuncAt>) -> bool {
        // What a function around was given, this one can't be given otherwise, whoever calls it.
        let makers = Entered { reached_by: &Some, ..entered };
        let made = |(up, flags): (u8, Flags)| {
            flags::outer(run.solution.input, func, up)
                .is_none_or(|outer| self.may_ask(run, outer, &flags, makers, &mut FxHashSet::default()))
        };
        if seen.is_empty() && !(asked.around().all(made) && self.may_be_made_so(run, func, asked, entered)) {
            return false;
        }
        let Some(callers) = self.0.get(&func).filter(|_| asked.asks() && !(entered.from_outside)(func)) else { return true };
        // Whoever imports a public function may leave out what it need not be given; one that is told to run by its callers here
        // runs as they call it.
        let told = (entered.reached_by)(func).is_some();
        if !told && !is_private(run, func) && asked.leaves_out(run.solution.input.func(func)) {
            return true;
        }
        if seen.len() >= DEEPEST || !seen.insert(func) {
            return seen.len() >= DEEPEST;
        }
        callers.iter().any(|edge| match edge.kind {
            EdgeKind::Direct | EdgeKind::OffLoop | EdgeKind::Moved(_) | EdgeKind::Later => {
                !flags::gives_empty(run, edge, asked)
                    && flags::through(run, edge, asked).is_some_and(|above| self.may_ask(run, edge.from, &above, entered, seen))
            }
        })
    }
}

impl Callers<'_> {
    /// Whether an object that someone makes may have the attributes that are asked of the receiver, as far as its constructor is given
    /// them by callers.
    fn may_be_made_so(&self, run: Run<'_>, func: FuncAt, asked: &Flags, entered: Entered<'_>) -> bool {
        let Some(class) = run.solution.input.func(func).class.map(|id| At { file: func.file, id }) else { return true };
        let made_elsewhere = Entered { reached_by: &|_| None, ..entered };
        asked.of_receiver().all(|(named, wanted)| {
            let Some(ways) = attributes::made_by(run, class, named, wanted) else { return true };
            ways.into_iter().any(|(constructor, flag)| {
                let mut flags = Flags::new();
                flags::add(&mut flags, flag);
                // Whoever makes an object may give what the class is open for.
                flag.key.is_some() || self.may_ask(run, constructor, &flags, made_elsewhere, &mut FxHashSet::from_iter([func]))
            })
        })
    }
}

/// Where functions run, for who asks what their callers give.
#[derive(Clone, Copy)]
pub struct Entered<'a> {
    /// Whether others than the run's own code call the function.
    pub from_outside: &'a dyn Fn(FuncAt) -> bool,
    /// Whether it runs on a loop.
    pub on_loop: &'a dyn Fn(FuncAt) -> bool,
    /// The function by which it was reached there.
    pub reached_by: &'a dyn Fn(FuncAt) -> Option<FuncAt>,
}

impl Callers<'_> {
    /// Functions on a loop, the outermost first, of which each calls the next, and the last calls `func`, so that its parameters are
    /// what is asked; empty where that is up to whoever calls `func`, none where no such callers are seen.
    fn way_to(&self, run: Run<'_>, func: FuncAt, asked: &Flags, entered: Entered<'_>, seen: &mut FxHashSet<FuncAt>) -> Option<Vec<FuncAt>> {
        let Some(callers) = self.0.get(&func).filter(|_| asked.asks() && !(entered.from_outside)(func)) else { return Some(Vec::new()) };
        if seen.len() >= DEEPEST || !seen.insert(func) {
            return None;
        }
        let first = (entered.reached_by)(func);
        let known = callers.iter().filter(|edge| Some(edge.from) == first);
        let others = callers.iter().filter(|edge| Some(edge.from) != first && (entered.on_loop)(edge.from));
        for edge in known.chain(others).filter(|edge| matches!(edge.kind, EdgeKind::Direct | EdgeKind::Later)) {
            if let Some(above) = flags::through(run, edge, asked).filter(|_| !flags::gives_empty(run, edge, asked))
                && let Some(mut way) = self.way_to(run, edge.from, &above, entered, seen)
            {
                way.push(edge.from);
                return Some(way);
            }
        }
        None
    }
}

/// Whether the function's name, or that of the class that it makes objects of, says that only its own module calls it.
fn is_private(run: Run<'_>, func: FuncAt) -> bool {
    let function = run.solution.input.func(func);
    let class = function.class.filter(|_| writes::is_constructor(&run.solution.input.summaries[func.file], func.id));
    let named = class.map_or(function.name, |class| run.solution.input.summaries[func.file].classes[class].name);
    let own = named.starts_with(['_', '#', '<']) && !named.starts_with("__");
    own || function.parent.is_some_and(|parent| parent != crate::ir::MODULE_BODY)
}

impl Effects {
    /// Who calls the function so that its parameters are what a way to the effect asks of them: functions on a loop, the outermost
    /// first; empty where whoever calls it decides, or where none is seen to. None where no caller in the run gives that.
    #[must_use]
    pub fn met_by(
        &self,
        run: Run<'_>,
        graph: &Graph,
        callers: &Callers<'_>,
        func: FuncAt,
        way: &Witness,
        entered: Entered<'_>,
    ) -> Option<Vec<FuncAt>> {
        let asked = self.asked(run, graph, way);
        let may = |asked: &&Flags| callers.may_ask(run, func, asked, entered, &mut FxHashSet::default());
        if asked.is_empty() {
            return Some(Vec::new());
        }
        let met: Vec<&Flags> = asked.iter().filter(may).collect();
        // Where the function is where its context begins, nobody is said to call it so.
        let told = met.iter().filter(|_| (entered.reached_by)(func).is_some());
        let way = told.into_iter().find_map(|asked| callers.way_to(run, func, asked, entered, &mut FxHashSet::default()));
        (!met.is_empty()).then_some(way.unwrap_or_default())
    }

    /// What a way to the effect may ask of the parameters of the function where it begins; empty where that is not known.
    fn asked(&self, run: Run<'_>, graph: &Graph, way: &Witness) -> Vec<Flags> {
        let input = run.solution.input;
        let Some((next, _)) = &way.next else {
            let fact = self.fact(input, way.call, way.path).filter(|_| !graph.is_handed(way.call, way.path));
            return of_fact(run, way.call, way.path, fact).into_iter().collect();
        };
        let edges = graph.edges_of(way.call).filter(|edge| edge.to == *next && edge.kind == EdgeKind::Direct);
        let effects = self.of(*next);
        let ways = edges.flat_map(|edge| {
            let weights = effects.iter().flat_map(|effect| [Weight::Heavy, Weight::Light].map(|weight| (*effect, weight)));
            let states = weights.filter_map(|channel| self.states.get(&(channel, *next)));
            states.flatten().filter_map(|flags| flags::through(run, edge, flags)).collect::<Vec<_>>()
        });
        ways.collect()
    }
}

/// Whether the call stands where an exception is handled that tells that something is not there in this version.
#[must_use]
pub(super) fn is_way_out(input: crate::link::Input<'_>, call: CallAt) -> bool {
    let summary = &input.summaries[call.file];
    let span = summary.calls[call.id].span;
    let around = summary.handled.iter().filter(|one| one.block.start <= span.start && span.end <= one.block.end);
    around.into_iter().any(|one| tells_missing(input, At { file: call.file, id: one.caught }))
}

fn tells_missing(input: crate::link::Input<'_>, caught: ExprAt) -> bool {
    match &input.summaries[caught.file].exprs[caught.id] {
        Expr::Global(class) => input.facts_of(caught.file).tells_missing(name(&format!("builtins.{class}"))),
        Expr::List(parts) | Expr::Either(parts) => {
            !parts.is_empty() && parts.iter().all(|part| tells_missing(input, At { file: caught.file, id: *part }))
        }
        _ => false,
    }
}
