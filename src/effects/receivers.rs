//! What a chain needs of the objects that its methods are called on.

use super::given::is_own;
use crate::base::FileId;
use crate::ir::{Call, CallKind, Expr, ModuleSummary};
use crate::link::graph::Edge;
use crate::link::{At, ClassAt, ExprAt, FuncAt, Input, Solution, Value};

/// What a chain needs of a caller's own receiver.
pub(super) enum Own {
    /// The call's receiver can't be what is needed below.
    Other,
    /// It must be of this class.
    Is(ClassAt),
    /// Nothing.
    Any,
}

/// What must hold of the caller's own receiver.
pub(super) fn own(solution: &Solution<'_>, edge: &Edge, needed: Option<ClassAt>) -> Own {
    let input = solution.input;
    let class_of = |func: FuncAt| input.func(func).class.map(|id| At { file: func.file, id });
    let (above, reached) = (class_of(edge.from), class_of(edge.to));
    let is_below = |one: ClassAt, other: ClassAt| one != other && solution.lineage(one).0.contains(&other);
    let related = |one: ClassAt, other: ClassAt| solution.lineage(one).0.contains(&other) || solution.lineage(other).0.contains(&one);
    let at = receiver(input, edge);
    if let (true, Some(above)) = (is_own(input, at, edge.from), above) {
        // `self.f()` that a class below answers: the receiver is of that class, all the way up.
        let down = reached.filter(|reached| is_below(*reached, above));
        return match (needed, down) {
            (Some(needed), Some(down)) if !related(needed, down) => Own::Other,
            (Some(needed), Some(down)) => Own::Is(if is_below(needed, down) { needed } else { down }),
            (None, Some(down)) => Own::Is(down),
            (Some(needed), None) if !related(needed, above) => Own::Other,
            (Some(needed), None) if is_below(needed, above) => Own::Is(needed),
            (_, None) => Own::Any,
        };
    }
    let Some(needed) = needed.filter(|_| !solution.is_cut(at)) else { return Own::Any };
    let mut classes = solution.values(at).iter().filter_map(|value| match value {
        Value::Inst(class) | Value::Class(class) => Some(*class),
        _ => None,
    });
    let first = classes.next();
    let fits = first.is_none_or(|first| related(first, needed) || classes.any(|class| related(class, needed)));
    if fits { Own::Any } else { Own::Other }
}

/// What a method is called on, a property read of, a `with` or loop made over.
fn receiver(input: Input<'_>, edge: &Edge) -> ExprAt {
    let summary = &input.summaries[edge.call.file];
    called_on(summary, edge.call.file, &summary.calls[edge.call.id])
}

pub(super) fn called_on(summary: &ModuleSummary, file: FileId, call: &Call) -> ExprAt {
    let at = |id| At { file, id };
    match (call.kind, &summary.exprs[call.callee]) {
        (CallKind::With | CallKind::Iterate, _) => at(call.callee),
        (_, Expr::Attr { base, .. }) => at(*base),
        // A class that is called makes the receiver of its constructor.
        _ => at(call.callee),
    }
}
