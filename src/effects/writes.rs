//! What the program writes besides assigning to variables: members, attributes, what others may write from outside.

use super::coroutines;
use crate::base::{FileId, Name};
use crate::ir::{CallKind, Expr, ExprId, Family, FuncId, FuncKind, ModuleSummary, Target, VarId};
use crate::link::graph::{Graph, functions};
use crate::link::{At, CallAt, ClassAt, ExprAt, FuncAt, Input, Solution, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Assignments to attributes of one name that are told.
const MOST_KEPT: usize = 8;

/// The methods that make an instance what it is.
const CONSTRUCTORS: [&str; 4] = ["__init__", "__new__", "__post_init__", "constructor"];

/// What is assigned to an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Of what.
    pub base: ExprAt,
    /// What.
    pub value: ExprAt,
    /// The function whose variable or receiver the holder is.
    pub func: Option<FuncAt>,
}

/// What may change a variable's value, or what it holds, besides assignments to it.
#[derive(Debug, Default)]
pub struct Writes {
    /// Variables of modules that are assigned from outside: `config.DEBUG = True`.
    outside: FxHashSet<(FileId, Name)>,
    /// Attributes of classes that are assigned from outside.
    classes: FxHashSet<(ClassAt, Name)>,
    /// Variables whose members are written, and the member; none for any.
    members: FxHashSet<(FileId, VarId, Option<Name>)>,
    /// Where a variable's value is first handed on: others may write its members from there.
    handed: FxHashMap<(FileId, VarId), u32>,
    /// Functions that are given some of their arguments before they are called: `partial(f, x)`, `f.bind(this, x)`.
    early: FxHashSet<FuncAt>,
    /// Attributes, by their names, that are not what the receiver's constructor made them: others assign them, they are containers
    /// or counters, or a getter gives them.
    unsettled: FxHashSet<Name>,
    /// What is assigned to attributes, by their names.
    attributes: FxHashMap<Name, Vec<Kept>>,
    /// Functions of Python that give a coroutine: coroutine functions, and plain ones that return what one of these gives.
    coroutines: FxHashSet<FuncAt>,
    /// Calls that give what is awaited by the call that is given it.
    taken: FxHashSet<CallAt>,
    /// Variables whose members are written, whichever.
    filled: FxHashSet<(FileId, VarId)>,
}

impl Writes {
    /// Reads all writes of the run.
    #[must_use]
    pub fn read(solution: &Solution<'_>, graph: &Graph) -> Self {
        let mut writes = Self::default();
        for external in &graph.externals {
            let call = &solution.input.summaries[external.call.file].calls[external.call.id];
            if call.args.len() > 1 && solution.input.facts_of(external.call.file).wraps(external.path).is_some() {
                writes.early.extend(functions(solution, At { file: external.call.file, id: call.args[0].value }));
            }
        }
        for (file, summary) in solution.input.summaries.iter_enumerated() {
            let getters = summary.functions.iter().filter(|function| function.kind == FuncKind::Getter);
            writes.unsettled.extend(getters.map(|function| function.name));
            for assign in &summary.assigns {
                writes.assign(solution, file, assign);
            }
            writes.calls(solution, file, summary);
        }
        writes.coroutines = coroutines::givers(solution);
        writes.taken.clone_from(&graph.taken);
        writes.filled = writes.members.iter().map(|(file, var, _)| (*file, *var)).collect();
        writes
    }

    /// Whether a call of the function may give a coroutine.
    #[must_use]
    pub fn gives_coroutine(&self, func: FuncAt) -> bool {
        self.coroutines.contains(&func)
    }

    /// Whether what the call gives is awaited there, or by the call that is given it.
    #[must_use]
    pub fn is_awaited(&self, input: Input<'_>, call: CallAt) -> bool {
        input.summaries[call.file].calls[call.id].awaited || self.taken.contains(&call)
    }

    /// Whether what the variable holds is what it was made, at the place: nothing is put into it, and nobody else was given it before.
    #[must_use]
    pub fn is_as_made(&self, file: FileId, var: VarId, before: u32) -> bool {
        !self.filled.contains(&(file, var)) && self.handed.get(&(file, var)).is_none_or(|start| *start >= before)
    }

    fn assign(&mut self, solution: &Solution<'_>, file: FileId, assign: &crate::ir::Assign) {
        let summary = &solution.input.summaries[file];
        if let Expr::Var(var) = summary.exprs[assign.value]
            && !assign.is_type
        {
            // Under another name anything may be written.
            self.hand(file, var, 0);
        }
        let (base, member) = match &assign.target {
            Target::Attr { base, name } => (*base, Some(*name)),
            Target::Index { base, key } => (*base, summary.exprs[*key].key()),
            Target::Var(_) => return,
        };
        if let Expr::Var(var) = summary.exprs[base] {
            self.members.insert((file, var, member));
        }
        if let Target::Attr { name, .. } = &assign.target
            && !assign.is_type
            && !(is_constructed(summary, base) && is_settled(&summary.exprs[assign.value]))
        {
            self.unsettled.insert(*name);
        }
        if let (Target::Attr { name, .. }, false) = (&assign.target, assign.is_type) {
            let func = holder(summary, base).map(|func| At { file, id: func });
            let kept = self.attributes.entry(*name).or_default();
            // One more tells that there are too many.
            if kept.len() <= MOST_KEPT {
                kept.push(Kept { base: At { file, id: base }, value: At { file, id: assign.value }, func });
            }
        }
        if let Target::Attr { name, .. } = &assign.target {
            for value in solution.values(At { file, id: base }) {
                match value {
                    Value::Module(of) => _ = self.outside.insert((*of, *name)),
                    Value::Class(of) => _ = self.classes.insert((*of, *name)),
                    _ => {}
                }
            }
        }
    }

    fn calls(&mut self, solution: &Solution<'_>, file: FileId, summary: &ModuleSummary) {
        let facts = solution.input.facts_of(file);
        for call in summary.calls.iter().filter(|call| call.kind.is_written()) {
            let start = call.span.start;
            if let (Expr::Attr { base, name }, Family::Ecma, true) = (&summary.exprs[call.callee], summary.family, call.args.len() > 1)
                && name.as_str() == "bind"
            {
                self.early.extend(functions(solution, At { file, id: *base }));
            }
            // `**kwargs` and `...args` hand on what is held, not the holder.
            for arg in call.args.iter().filter(|arg| !arg.spread) {
                if let Expr::Var(var) = summary.exprs[arg.value] {
                    self.hand(file, var, start);
                }
            }
            if let (Expr::Attr { base, name }, Family::Python) = (&summary.exprs[call.callee], summary.family)
                && let Expr::Var(var) = summary.exprs[*base]
                && (!facts.reads_key(*name) || call.args.len() > 2)
            {
                self.hand(file, var, start);
            }
        }
        // `self.count += 1`
        for call in summary.calls.iter().filter(|call| call.kind == CallKind::Operator) {
            if let Expr::Attr { base, .. } = &summary.exprs[call.callee]
                && let Expr::Attr { name, .. } = &summary.exprs[*base]
            {
                self.unsettled.insert(*name);
            }
        }
        for expr in &summary.exprs {
            let held = |id: &ExprId| match summary.exprs[*id] {
                Expr::Var(var) => Some(var),
                _ => None,
            };
            let kept: Vec<VarId> = match expr {
                Expr::Object(fields) => fields.iter().filter_map(|(_, value)| held(value)).collect(),
                Expr::List(items) => items.iter().filter_map(held).collect(),
                _ => continue,
            };
            for var in kept {
                self.hand(file, var, 0);
            }
        }
    }

    fn hand(&mut self, file: FileId, var: VarId, start: u32) {
        let first = self.handed.entry((file, var)).or_insert(start);
        *first = start.min(*first);
    }

    /// Whether a call of the function gives it all its arguments.
    #[must_use]
    pub fn is_whole(&self, solution: &Solution<'_>, callee: ExprAt, func: FuncAt) -> bool {
        let summary = &solution.input.summaries[callee.file];
        let is_defined = |at: ExprAt| matches!(solution.input.summaries[at.file].exprs[at.id], Expr::Function(_));
        let plain = match summary.exprs[callee.id] {
            Expr::Var(var) => match solution.assigned(callee.file, var) {
                [one] => match summary.exprs[*one] {
                    Expr::Imported { module, name } => {
                        solution.imported(callee.file, module, name).is_some_and(|values| values.into_iter().all(is_defined))
                    }
                    _ => is_defined(At { file: callee.file, id: *one }),
                },
                _ => false,
            },
            Expr::Attr { base, name } => match solution.values(At { file: callee.file, id: base }) {
                [Value::Module(of)] => solution.member_values(*of, name).is_some_and(|values| values.into_iter().all(is_defined)),
                _ => false,
            },
            _ => false,
        };
        plain || !self.early.contains(&func)
    }

    /// Whether a variable of a module is assigned from outside.
    pub(super) fn is_open(&self, file: FileId, name: Name) -> bool {
        self.outside.contains(&(file, name))
    }

    /// Whether an attribute of a class is assigned from outside.
    pub(super) fn is_replaced(&self, class: ClassAt, name: Name) -> bool {
        self.classes.contains(&(class, name))
    }

    /// Whether an attribute of this name may be something else than what the receiver's constructor made it.
    pub(super) fn is_unsettled(&self, name: Name) -> bool {
        self.unsettled.contains(&name)
    }

    /// All that is assigned to attributes of this name; none where that is more than is followed.
    pub(super) fn kept(&self, name: Name) -> Option<&[Kept]> {
        let kept = self.attributes.get(&name).map_or(&[][..], Vec::as_slice);
        (kept.len() <= MOST_KEPT).then_some(kept)
    }

    /// Whether what the variable holds under the key may be written before the place.
    pub(super) fn may_change(&self, file: FileId, var: VarId, key: Name, before: u32) -> bool {
        self.members.contains(&(file, var, Some(key)))
            || self.members.contains(&(file, var, None))
            || self.handed.get(&(file, var)).is_some_and(|start| *start < before)
    }
}

/// The function whose variable or receiver the expression is.
fn holder(summary: &ModuleSummary, base: ExprId) -> Option<FuncId> {
    match summary.exprs[base] {
        Expr::Var(var) => Some(summary.vars[var].func),
        Expr::This(func) => Some(func),
        _ => None,
    }
}

/// Whether the function makes an instance what it is.
pub(super) fn is_constructor(summary: &ModuleSummary, func: FuncId) -> bool {
    CONSTRUCTORS.contains(&summary.functions[func].name.as_str())
}

/// Whether the expression is what a constructor makes.
fn is_constructed(summary: &ModuleSummary, base: ExprId) -> bool {
    holder(summary, base).is_some_and(|func| is_constructor(summary, func))
}

/// Whether what is assigned does not change by itself, as containers and counters do.
fn is_settled(value: &Expr) -> bool {
    !matches!(value, Expr::List(_) | Expr::Object(_) | Expr::Builtin(_) | Expr::Const(crate::ir::Const::Number(_)))
}
