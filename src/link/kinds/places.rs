//! Places that hold functions, told apart: variables, attributes of the receiver, attributes of these.

use crate::base::{FileId, Name};
use crate::facts::Handling;
use crate::ir::{ClassId, Const, Expr, ExprId, FuncId, FuncKind, ModuleSummary, Target, VarId};
use crate::link::values::Solution;
use crate::link::{At, ClassAt, ExprAt};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Names, attributes and wrappers that are followed from one expression.
const DEEPEST: usize = 6;

/// Where a place begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// A variable.
    Var(VarId),
    /// The receiver in the methods of a class.
    Own(ClassId),
}

/// What an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) root: Root,
    /// The attributes on the way.
    pub(super) path: SmallVec<[Name; 2]>,
}

/// A value that a method puts into an attribute of its receiver, and the method.
type Put = (ExprId, FuncId);

/// Who assigns attributes.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// What the methods of a class put into attributes of their receiver.
    own: FxHashMap<(ClassAt, Name), SmallVec<[Put; 1]>>,
    /// The classes that do, by the attribute.
    classes: FxHashMap<Name, SmallVec<[ClassAt; 1]>>,
    /// Whose attributes others assign, by the attribute.
    others: FxHashMap<Name, Vec<ExprAt>>,
}

impl Attributes {
    /// Reads the assignments of the run's Python files.
    pub(super) fn read(solution: &Solution<'_>) -> Self {
        let mut read = Self::default();
        for (file, summary) in solution.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
            for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
                let Target::Attr { base, name } = assign.target else { continue };
                match own(summary, base) {
                    Some((class, method)) => read.put(At { file, id: class }, name, (assign.value, method)),
                    None => read.others.entry(name).or_default().push(At { file, id: base }),
                }
            }
        }
        read
    }

    fn put(&mut self, class: ClassAt, name: Name, put: Put) {
        self.own.entry((class, name)).or_default().push(put);
        let classes = self.classes.entry(name).or_default();
        if !classes.contains(&class) {
            classes.push(class);
        }
    }

    /// What the methods of a class put into an attribute of their receiver.
    pub(super) fn of(&self, class: ClassAt, name: Option<Name>) -> impl Iterator<Item = &Put> {
        name.and_then(|name| self.own.get(&(class, name))).into_iter().flatten()
    }

    /// Whose attribute of this name something else than a method of its class assigns.
    pub(super) fn assigned(&self, name: Name) -> &[ExprAt] {
        self.others.get(&name).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing but the methods of the class itself assigns the attribute.
    pub(super) fn is_its_own(&self, solution: &Solution<'_>, class: ClassAt, name: Name) -> bool {
        let related = |other: &ClassAt| solution.lineage(*other).0.contains(&class) || solution.lineage(class).0.contains(other);
        let mut others = self.classes.get(&name).into_iter().flatten().filter(|other| **other != class);
        !self.others.contains_key(&name) && !others.any(related)
    }

    /// The only value that is ever put into an attribute, and the method that does.
    pub(super) fn only(&self, solution: &Solution<'_>, class: ClassAt, name: Name) -> Option<Put> {
        match self.own.get(&(class, name))?.as_slice() {
            [one] if self.is_its_own(solution, class, name) => Some(*one),
            _ => None,
        }
    }

    /// The place that an expression reads.
    pub(super) fn place(&self, solution: &Solution<'_>, at: ExprAt) -> Option<Place> {
        self.place_within(solution, at, 0)
    }

    fn place_within(&self, solution: &Solution<'_>, at: ExprAt, depth: usize) -> Option<Place> {
        let summary = &solution.input.summaries[at.file];
        let within = |id: ExprId| self.place_within(solution, At { file: at.file, id }, depth + 1);
        if depth > DEEPEST {
            return None;
        }
        match &summary.exprs[at.id] {
            Expr::Var(var) => {
                let same = match solution.assigned(at.file, *var) {
                    [one] if !is_open(summary, *var) => within(*one).filter(|place| is_steady(solution, at.file, place)),
                    _ => None,
                };
                Some(same.unwrap_or_else(|| Place { root: Root::Var(*var), path: SmallVec::new() }))
            }
            Expr::Attr { base, name } => {
                if let Some((class, _)) = own(summary, *base) {
                    let kept = self.only(solution, At { file: at.file, id: class }, *name).and_then(|(value, _)| within(value));
                    // The parameter that is kept in the attribute, and nothing else.
                    let kept = kept.filter(|place| place.path.is_empty() && is_steady(solution, at.file, place));
                    return Some(kept.unwrap_or_else(|| Place { root: Root::Own(class), path: SmallVec::from_elem(*name, 1) }));
                }
                let mut place = within(*base)?;
                place.path.push(*name);
                Some(place)
            }
            Expr::Call(_) => {
                if let Some(inner) = solution.wrapped(at) {
                    return within(inner.id);
                }
                let (base, name) = read(solution, at)?;
                let mut place = within(base)?;
                place.path.push(name);
                Some(place)
            }
            _ => None,
        }
    }
}

/// `getattr(x, "name", None)`
fn read(solution: &Solution<'_>, at: ExprAt) -> Option<(ExprId, Name)> {
    let summary = &solution.input.summaries[at.file];
    let Expr::Call(call) = summary.exprs[at.id] else { return None };
    let call = &summary.calls[call];
    let path = match solution.values(At { file: at.file, id: call.callee }) {
        [crate::link::Value::Ext(path)] => *path,
        _ => return None,
    };
    let facts = solution.input.facts_of(at.file);
    let container = facts.containers(path).iter().find(|container| container.does == Handling::Reads)?;
    let (base, name) = (call.args.get(container.of?)?, call.args.get(container.argument)?);
    match &summary.exprs[name.value] {
        Expr::Const(Const::Str(name)) => Some((base.value, *name)),
        _ => None,
    }
}

/// Whether a variable may hold what no assignment says.
pub(super) fn is_open(summary: &ModuleSummary, var: VarId) -> bool {
    let variable = &summary.vars[var];
    variable.vague || variable.outside || is_parameter(summary, var)
}

/// Whether a variable is a parameter.
pub(super) fn is_parameter(summary: &ModuleSummary, var: VarId) -> bool {
    summary.functions[summary.vars[var].func].params.iter().any(|param| param.var == Some(var))
}

/// Whether a place holds the same as long as its function runs.
fn is_steady(solution: &Solution<'_>, file: FileId, place: &Place) -> bool {
    let summary = &solution.input.summaries[file];
    match place.root {
        Root::Var(var) => {
            let variable = &summary.vars[var];
            let values = solution.assigned(file, var).len() + usize::from(is_parameter(summary, var));
            !variable.vague && !variable.outside && values == 1
        }
        Root::Own(_) => true,
    }
}

/// The class whose instance an expression is, as the receiver of one of its methods, and the method.
fn own(summary: &ModuleSummary, base: ExprId) -> Option<(ClassId, FuncId)> {
    let Expr::Var(var) = summary.exprs[base] else { return None };
    let method = summary.vars[var].func;
    let function = &summary.functions[method];
    let receives = function.kind.has_receiver() && function.kind != FuncKind::ClassMethod;
    let is_first = function.params.first().is_some_and(|param| param.var == Some(var));
    (receives && is_first && !summary.vars[var].assigned).then_some((function.class?, method))
}
