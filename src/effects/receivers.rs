//! What a chain needs of the objects that its methods are called on.

use super::Step;
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

/// Classes that share a method, at most, for it to be known whose it is.
const FEW_CLASSES: usize = 64;

/// Whether one object may be the receiver all along where methods call others on their own: of what a method shared by several classes
/// calls on itself, each of these has its own.
#[must_use]
pub fn agree(solution: &Solution<'_>, func: FuncAt, steps: &[Step]) -> bool {
    let input = solution.input;
    let mut classes = having(solution, func);
    for step in steps {
        let Some(to) = step.to else { break };
        let summary = &input.summaries[step.call.file];
        let call = &summary.calls[step.call.id];
        let at = called_on(summary, step.call.file, call);
        let is_super = matches!(summary.exprs[at.id], Expr::Super(_));
        match summary.exprs[call.callee] {
            Expr::Attr { name, .. } if call.kind == CallKind::Call && is_own(input, at, step.from) => {
                if let Some(classes) = classes.as_mut().filter(|_| !is_super && input.func(to).name == name) {
                    classes.retain(|class| solution.find_method(*class, name) == Some(to));
                    if classes.is_empty() {
                        return false;
                    }
                }
            }
            _ => classes = having(solution, to),
        }
    }
    true
}

/// The classes whose objects have this function as their method; none where it is no method, or too many have it.
fn having(solution: &Solution<'_>, func: FuncAt) -> Option<Vec<ClassAt>> {
    let function = solution.input.func(func);
    let mut classes = vec![At { file: func.file, id: function.class? }];
    let mut at = 0;
    while let Some(class) = classes.get(at).copied() {
        classes.extend(solution.below(class).iter().copied().filter(|below| !classes.contains(below)).collect::<Vec<_>>());
        at += 1;
        if classes.len() > FEW_CLASSES {
            return None;
        }
    }
    classes.retain(|class| solution.find_method(*class, function.name) == Some(func));
    (!classes.is_empty()).then_some(classes)
}
