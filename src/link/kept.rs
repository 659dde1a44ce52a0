//! Functions whose decorator keeps what they give: `@functools.cache`.

use super::graph::{Edge, Graph, functions};
use super::{At, CallAt, ExprAt, FuncAt, Input, Solution};
use crate::ir::{CallKind, Expr, Family};
use rustc_hash::FxHashSet;

/// Names between a call and what keeps, at most: `from a import cached`, `cached = cache(load)`.
const NAMES: usize = 4;

/// What keeps results.
#[derive(Debug, Default)]
pub struct Keepers {
    /// Functions, by their decorator.
    functions: FxHashSet<FuncAt>,
    /// Calls of what a decorator gave: `cached(x)`, where `cached = functools.cache(load)`.
    calls: FxHashSet<CallAt>,
}

impl Keepers {
    /// Whether the call of this function gives what an earlier one with the same arguments gave.
    #[must_use]
    pub fn keep(&self, call: CallAt, function: FuncAt) -> bool {
        self.functions.contains(&function) || self.calls.contains(&call)
    }
}

/// What keeps results in the run.
pub(super) fn results(solution: &Solution<'_>, graph: &Graph) -> Keepers {
    let input = solution.input;
    let mut keepers = Keepers::default();
    let mut kept: FxHashSet<CallAt> = FxHashSet::default();
    for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
        for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| matches!(call.kind, CallKind::Decorate | CallKind::Call)) {
            // `@cache` and `@lru_cache(maxsize=1)`
            let made = match summary.exprs[call.callee] {
                Expr::Call(made) => Some(At { file, id: made }),
                _ => None,
            };
            let mut paths = std::iter::once(At { file, id }).chain(made).flat_map(|call| graph.externals_of(call));
            if paths.any(|external| input.facts_of(file).keeps(external.path)) {
                match call.kind {
                    CallKind::Decorate => {
                        keepers.functions.extend(call.args.iter().flat_map(|arg| functions(solution, At { file, id: arg.value })));
                    }
                    _ => _ = kept.insert(At { file, id }),
                }
            }
        }
    }
    if !kept.is_empty() {
        let calls = graph.edges.iter().map(|edge| edge.call).filter(|call| {
            let callee = input.summaries[call.file].calls[call.id].callee;
            is_made_by(solution, At { file: call.file, id: callee }, &kept, NAMES)
        });
        keepers.calls = calls.collect();
    }
    keepers
}

/// Whether an expression names what one of these calls gives, and nothing else.
fn is_made_by(solution: &Solution<'_>, at: ExprAt, makers: &FxHashSet<CallAt>, names: usize) -> bool {
    let (file, summary) = (at.file, &solution.input.summaries[at.file]);
    let bound = match &summary.exprs[at.id] {
        Expr::Call(id) => return makers.contains(&At { file, id: *id }),
        Expr::Var(var) => solution.assigned(file, *var).iter().map(|id| At { file, id: *id }).collect(),
        Expr::Imported { module, name } => solution.imported(file, *module, *name).unwrap_or_default(),
        _ => return false,
    };
    matches!(bound.as_slice(), [one] if names > 0 && is_made_by(solution, *one, makers, names - 1))
}

/// Whether a call of a function that keeps its results always asks for the same one: it has no parameters besides its
/// receiver, or is given constants alone.
pub(super) fn always_same(input: Input<'_>, edge: &Edge) -> bool {
    let function = input.func(edge.to);
    let receivers = usize::from(function.kind.has_receiver());
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let constant = |arg: &crate::ir::Arg| !arg.spread && matches!(summary.exprs[arg.value], Expr::Const(_));
    function.params.len() <= receivers || (call.kind == CallKind::Call && call.args.iter().all(constant))
}
