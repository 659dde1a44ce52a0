//! Effects that a parameter decides: `def fetch(url, wait=False): if wait: sleep()` sleeps only for callers that ask for it.

use super::patterns::Open;
use super::sizes::Sizes;
use crate::base::{FileId, Name};
use crate::ir::{Branch, CallKind, Const, Expr, ExprId, Family, Guard, GuardId, ModuleSummary, Test, VarId};
use crate::link::graph::{Edge, bound_parameters};
use crate::link::{At, CallAt, ClassAt, ExprAt, FuncAt, Input, Solution, Value};
use smallvec::SmallVec;

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// True, or false.
    Truth(bool),
    /// A text that begins like this, or does not.
    Prefix(Name, bool),
}

impl Wanted {
    /// Whether a constant is what is wanted; none where that is not known.
    fn holds(self, constant: &Const) -> Option<bool> {
        match (self, constant) {
            (Self::Truth(wanted), _) => Some(truth_of(constant) == wanted),
            (Self::Prefix(prefix, wanted), Const::Str(text)) => Some(text.starts_with(prefix.as_str()) == wanted),
            (Self::Prefix(..), _) => None,
        }
    }

    /// Whether the variable is here what it was at the start, as far as this goes.
    fn is_kept(self, summary: &ModuleSummary, var: VarId) -> bool {
        match self {
            Self::Truth(wanted) => summary.keeps(var, wanted),
            Self::Prefix(..) => !summary.vars[var].assigned,
        }
    }
}

/// A parameter's position, and what it must be.
pub type Flag = (usize, Wanted);

/// What must hold of a function's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags {
    /// Of parameters that are tested, in order of position.
    tested: SmallVec<[Flag; 2]>,
    /// Of the receiver: an instance of this class, or of one above or below it.
    own: Option<ClassAt>,
    /// Where the effect is that of a pattern: what bounds the text that it is applied to.
    pub text: Option<Open>,
}

impl Flags {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A function, and what must hold of its parameters.
pub type State = (FuncAt, Flags);

/// Flags kept for one state at most: what lies further out decides less.
const MOST: usize = 3;

/// The parameters that decide whether a call is made, where its function tests them.
#[must_use]
pub fn of_call(input: Input<'_>, call: CallAt) -> Flags {
    let made = &input.summaries[call.file].calls[call.id];
    of_guard(input, At { file: call.file, id: made.func }, made.guard)
}

/// The parameters of a function that decide whether what stands under a test is reached.
#[must_use]
pub fn of_guard(input: Input<'_>, func: FuncAt, guard: Option<GuardId>) -> Flags {
    let summary = &input.summaries[func.file];
    let params = &summary.functions[func.id].params;
    let mut flags = Flags::new();
    let mut guard = guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        if let Some((var, wanted)) = tested(input, func.file, held)
            && wanted.is_kept(summary, var)
            && let Some(position) = params.iter().position(|param| param.var == Some(var))
        {
            add(&mut flags, (position, wanted));
        }
        guard = held.outer;
    }
    flags
}

/// The variable that a test looks at, and what it is where the guarded code runs.
fn tested(input: Input<'_>, file: FileId, guard: &Guard) -> Option<(VarId, Wanted)> {
    let summary = &input.summaries[file];
    let came_out = match guard.branch {
        Branch::True => true,
        Branch::False => false,
        _ => return None,
    };
    match guard.test {
        Test::Var(var) => Some((var, Wanted::Truth(came_out))),
        Test::Call(id) => {
            let call = &summary.calls[id];
            let Expr::Attr { base, name } = summary.exprs[call.callee] else { return None };
            let (Expr::Var(var), [arg]) = (&summary.exprs[base], call.args.as_slice()) else { return None };
            match summary.exprs[arg.value] {
                Expr::Const(Const::Str(prefix)) if input.facts_of(file).is_prefix_test(name) => {
                    Some((*var, Wanted::Prefix(prefix, came_out)))
                }
                _ => None,
            }
        }
    }
}

fn add(flags: &mut Flags, flag: Flag) {
    let tested = &mut flags.tested;
    if tested.len() < MOST && !tested.iter().any(|known| known.0 == flag.0) {
        tested.push(flag);
        tested.sort_unstable();
    }
}

/// The same, with what bounds the text that a pattern is applied to below: none where the caller bounds it.
#[must_use]
pub fn through_text(sizes: &Sizes<'_, '_>, solution: &Solution<'_>, edge: &Edge, below: &Flags) -> Option<Flags> {
    let mut flags = through(solution, edge, below)?;
    if let Some(text) = below.text {
        flags.text = Some(Open::of(sizes.given(edge, text.size()).size)?);
    }
    Some(flags)
}

/// What a caller's state is for a callee's: none where the call gives a parameter the other value, or the receiver is of a
/// class that has nothing to do with the one that is reached below.
#[must_use]
pub fn through(solution: &Solution<'_>, edge: &Edge, below: &Flags) -> Option<Flags> {
    let input = solution.input;
    let mut flags = of_call(input, edge.call);
    flags.own = match own(solution, edge, below.own) {
        Own::Other => return None,
        Own::Is(class) => Some(class),
        Own::Any => None,
    };
    let Some(offset) = edge.offset else { return Some(flags) };
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let callee = input.func(edge.to);
    let bound = if below.tested.is_empty() { Vec::new() } else { bound_parameters(summary, callee, call, usize::from(offset)) };
    for (position, wanted) in &below.tested {
        let given = bound.iter().find(|(_, at)| at == position);
        let Some((value, _)) = given else {
            // Left out: its default holds; what a spread brings is not known.
            let known = !call.args.iter().any(|arg| arg.spread) && *position >= usize::from(offset);
            let default = callee.params.get(*position).and_then(|param| param.default);
            let holds = match default {
                Some(default) => constant(input, edge.to, default).and_then(|constant| wanted.holds(constant)),
                None if summary.family == Family::Ecma => wanted.holds(&Const::Null),
                None => None,
            };
            if known && holds == Some(false) {
                return None;
            }
            continue;
        };
        let is_false = *wanted == Wanted::Truth(false);
        match &summary.exprs[*value] {
            Expr::Const(constant) if wanted.holds(constant) == Some(false) => return None,
            Expr::Function(_) | Expr::Class(_) if is_false => return None,
            // An object literal is true; an empty container is false in Python.
            Expr::Object(_) if is_false && summary.family == Family::Ecma => return None,
            Expr::Var(var) if wanted.is_kept(summary, *var) => {
                if let Some(position) = input.func(edge.from).params.iter().position(|param| param.var == Some(*var)) {
                    add(&mut flags, (position, *wanted));
                }
            }
            _ => {}
        }
    }
    Some(flags)
}

/// What a chain needs of a caller's own receiver.
enum Own {
    /// The call's receiver can't be what is needed below.
    Other,
    /// It must be of this class.
    Is(ClassAt),
    /// Nothing.
    Any,
}

/// What must hold of the caller's own receiver.
fn own(solution: &Solution<'_>, edge: &Edge, needed: Option<ClassAt>) -> Own {
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
    let call = &summary.calls[edge.call.id];
    let at = |id| At { file: edge.call.file, id };
    match (call.kind, &summary.exprs[call.callee]) {
        (CallKind::With | CallKind::Iterate, _) => at(call.callee),
        (_, Expr::Attr { base, .. }) => at(*base),
        // A class that is called makes the receiver of its constructor.
        _ => at(call.callee),
    }
}

/// Whether an expression is the receiver of the method that it stands in.
fn is_own(input: Input<'_>, at: ExprAt, from: FuncAt) -> bool {
    let summary = &input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Var(var) => summary.functions[from.id].params.first().is_some_and(|param| param.var == Some(*var)),
        Expr::This(func) => *func == from.id,
        Expr::Super(_) => true,
        _ => false,
    }
}

fn constant(input: Input<'_>, func: FuncAt, default: ExprId) -> Option<&Const> {
    match &input.summaries[func.file].exprs[default] {
        Expr::Const(constant) => Some(constant),
        _ => None,
    }
}

fn truth_of(constant: &Const) -> bool {
    match constant {
        Const::Null => false,
        Const::Bool(value) => *value,
        Const::Number(value) => *value != 0.0,
        Const::Str(text) => !text.is_empty(),
    }
}
