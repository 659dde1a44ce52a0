//! What a fact's conditions ask of the parameters that the call hands on, and whether any caller in the run gives that.

use super::flags::{self, Flags};
use super::given::{Answer, Asker, Run};
use super::wanted::{Equality, Known, Literal, Wanted};
use super::{Effects, Witness, met};
use crate::base::name;
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
pub fn of_fact(run: Run<'_>, call: CallAt, fact: Option<&CallFact>) -> Option<Flags> {
    let mut flags = flags::of_call(run, call)?;
    let input = run.solution.input;
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
    Some(flags)
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
    fn may_ask(&self, run: Run<'_>, func: FuncAt, asked: &Flags, entered: &dyn Fn(FuncAt) -> bool, seen: &mut FxHashSet<FuncAt>) -> bool {
        let Some(callers) = self.0.get(&func).filter(|_| asked.asks() && !entered(func)) else { return true };
        // Whoever imports a public function may leave out what it need not be given.
        if !is_private(run, func) && asked.leaves_out(run.solution.input.func(func)) {
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

/// Whether the function's name says that only its own module calls it.
fn is_private(run: Run<'_>, func: FuncAt) -> bool {
    let function = run.solution.input.func(func);
    let own = function.name.starts_with(['_', '#', '<']) && !function.name.starts_with("__");
    own || function.parent.is_some_and(|parent| parent != crate::ir::MODULE_BODY)
}

impl Effects {
    /// Whether no caller in the run gives the function's parameters what a way to the effect asks of them.
    #[must_use]
    pub fn is_unmet(
        &self,
        run: Run<'_>,
        graph: &Graph,
        callers: &Callers<'_>,
        func: FuncAt,
        way: &Witness,
        entered: &dyn Fn(FuncAt) -> bool,
    ) -> bool {
        let input = run.solution.input;
        let unmet =
            |asked: Option<Flags>| asked.is_some_and(|asked| !callers.may_ask(run, func, &asked, entered, &mut FxHashSet::default()));
        let Some((next, _)) = &way.next else {
            return unmet(of_fact(run, way.call, self.fact(input, way.call, way.path)));
        };
        let edges = graph.edges_of(way.call).filter(|edge| edge.to == *next && edge.kind == EdgeKind::Direct);
        let effects = self.of(*next);
        let mut ways = edges.flat_map(|edge| {
            let weights = effects.iter().flat_map(|effect| [Weight::Heavy, Weight::Light].map(|weight| (*effect, weight)));
            let states = weights.filter_map(|channel| self.states.get(&(channel, *next)));
            states.flatten().filter_map(|flags| flags::through(run, edge, flags)).collect::<Vec<_>>()
        });
        let first = ways.next();
        first.is_some() && first.into_iter().chain(ways).all(|asked| unmet(Some(asked)))
    }
}

/// Whether the call stands where an exception is handled that tells that something is not there in this version.
#[must_use]
pub fn is_way_out(input: crate::link::Input<'_>, call: CallAt) -> bool {
    let summary = &input.summaries[call.file];
    let span = summary.calls[call.id].span;
    let around = summary.handled.iter().filter(|(_, block)| block.start <= span.start && span.end <= block.end);
    around.into_iter().any(|(caught, _)| tells_missing(input, At { file: call.file, id: *caught }))
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
