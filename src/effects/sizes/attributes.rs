//! Sizes of what objects keep, and of what their classes and parameters declare.

use super::{Kept, Size, Sizes, Traced, bounded};
use crate::base::{FileId, Name};
use crate::facts::Sized as Spoken;
use crate::ir::{ClassId, Expr, ExprId, ModuleSummary, Param, Target};
use crate::link::{At, ClassAt, ExprAt, FuncAt, Solution, Value};
use smallvec::SmallVec;

impl Sizes<'_, '_> {
    pub(super) fn attribute(&self, at: ExprAt, base: ExprId, member: Name, func: FuncAt, (depth, calls): (u8, u8)) -> Traced {
        let input = self.solution.input;
        let facts = input.facts_of(at.file);
        for value in self.solution.values(at) {
            if let Value::Ext(path) | Value::ExtInst(path) = value
                && let Some(Spoken::By(by)) = facts.size(*path)
            {
                return Traced::of(bounded(*by));
            }
        }
        for value in self.solution.values(At { file: at.file, id: base }) {
            if let Value::Ext(path) | Value::ExtInst(path) = value
                && let Some(path) = ustr::existing_ustr(&format!("{path}.{member}"))
                && let Some(sized) = facts.size(path)
            {
                return match sized {
                    Spoken::By(by) => Traced::of(bounded(*by)),
                    Spoken::Of(_) | Spoken::Most(_) => self.walk(At { file: at.file, id: base }, func, depth, calls),
                };
            }
        }
        // What an application keeps for all is no part of the request by which one comes to it.
        let kept = |value: &Value| matches!(value, Value::ExtInst(path) if facts.type_of(*path).is_some_and(|of| of.shared));
        let reached = matches!(input.summaries[at.file].exprs[base], Expr::Attr { .. });
        if reached && self.solution.values(At { file: at.file, id: base }).iter().any(kept) {
            return self.by_value(at, depth);
        }
        if let Some(most) = self.declared_by_class(At { file: at.file, id: base }, member, depth) {
            return Traced::of(most);
        }
        // What an object keeps is its own; what a receiver keeps, its class says.
        if let Some(class) = own(&input.summaries[at.file], base) {
            let class = At { file: at.file, id: class };
            return self.kept(class, member, func, depth).unwrap_or_else(|| self.by_value(at, depth));
        }
        let mut traced = self.walk(At { file: at.file, id: base }, func, depth, calls);
        // A member of an object that was made of data, or of what was parsed: the whole was made with it.
        let of = |value: &Value| match value {
            Value::Ext(path) | Value::ExtInst(path) if facts.type_of(*path).is_none() => facts.member(*path),
            Value::Ext(path) | Value::ExtInst(path) => Some(*path),
            _ => None,
        };
        let members: SmallVec<[Name; 2]> = self.solution.values(at).iter().filter_map(of).collect();
        let is_made = |value: &Value| matches!(value, Value::Inst(_)) || of(value).is_some_and(|of| members.contains(&of));
        traced.keyed |= self.solution.values(At { file: at.file, id: base }).iter().any(is_made);
        if traced.size.is_open() && traced.size != Size::Unknown { traced } else { self.by_value(at, depth) }
    }

    /// What methods of the class keep in an attribute of its objects, as far as callers decide how large it is.
    pub(super) fn kept(&self, class: ClassAt, member: Name, func: FuncAt, depth: u8) -> Option<Traced> {
        let traced = self.kept.get(&(class, member))?.iter().map(|(from, value)| {
            let size = self.walk(At { file: class.file, id: *value }, *from, depth, 0).size;
            Traced::of(match size {
                Size::Param(position) if *from != func => Size::ParamOf(*from, position),
                size => size,
            })
        });
        let decides = |size| matches!(size, Size::Param(_) | Size::ParamOf(..) | Size::Head | Size::Request);
        traced.filter(|traced| decides(traced.size)).reduce(Traced::or)
    }

    /// The most that a parameter declares to hold: `x: str = Query(max_length=100)`, `x: Annotated[str, MaxLen(100)]`.
    pub(super) fn declared(&self, file: FileId, param: &Param, func: FuncAt, depth: u8) -> Option<Size> {
        [param.default, param.annotation].into_iter().flatten().find_map(|id| self.most(At { file, id }, func, depth))
    }

    /// The same of an attribute whose class is known: `x: list[str] = Field(max_length=100)`.
    pub(super) fn declared_by_class(&self, base: ExprAt, member: Name, depth: u8) -> Option<Size> {
        self.solution.values(base).iter().find_map(|value| {
            let Value::Inst(class) = value else { return None };
            let lineage = self.solution.lineage(*class);
            let mut classes = std::iter::once(class).chain(&lineage.0);
            classes.find_map(|class| {
                let body = &self.solution.input.summaries[class.file].classes[class.id];
                let func = At { file: class.file, id: body.parent };
                let mut named = body.fields.iter().chain(&body.types).filter(|(named, _)| *named == member);
                named.find_map(|(_, id)| self.most(At { file: class.file, id: *id }, func, depth))
            })
        })
    }

    /// The constant that a declaration gives as the most.
    pub(super) fn most(&self, at: ExprAt, func: FuncAt, depth: u8) -> Option<Size> {
        let summary = &self.solution.input.summaries[at.file];
        match &summary.exprs[at.id] {
            Expr::Index { key, .. } => match &summary.exprs[*key] {
                Expr::List(parts) => parts.iter().find_map(|part| self.most(At { file: at.file, id: *part }, func, depth.checked_sub(1)?)),
                _ => None,
            },
            Expr::Call(id) => {
                let call = At { file: at.file, id: *id };
                let mut spoken = self.graph.externals_of(call).filter_map(|external| self.spoken(call, external.path));
                let of = spoken.find_map(|spoken| if let Spoken::Most(of) = spoken { Some(of) } else { None })?;
                let given = of.iter().find_map(|of| self.operand(call, *of))?;
                let size = self.walk(At { file: at.file, id: given }, func, depth, 0).size;
                matches!(size, Size::Constant(_)).then_some(size)
            }
            _ => None,
        }
    }

    /// What is known of a value by what it may be: a literal in another place, a class.
    pub(super) fn by_value(&self, at: ExprAt, depth: u8) -> Traced {
        let mut found: Option<Size> = None;
        for value in self.solution.values(at) {
            let size = match value {
                Value::Object(written) if *written != at && depth > 0 => {
                    let module = At { file: written.file, id: crate::ir::MODULE_BODY };
                    match &self.solution.input.summaries[written.file].exprs[written.id] {
                        // What is put into it later is not seen.
                        Expr::List(items) if items.is_empty() => Size::Unknown,
                        Expr::Object(fields) if fields.is_empty() => Size::Unknown,
                        Expr::List(_) | Expr::Object(_) => self.walk(*written, module, depth - 1, 0).size,
                        _ => Size::Unknown,
                    }
                }
                Value::Class(_) | Value::Func(_) | Value::Bound(_) => Size::Program,
                _ => Size::Unknown,
            };
            found = Some(found.map_or(size, |found| found.larger(size)));
        }
        Traced::of(found.unwrap_or(Size::Unknown))
    }
}

/// The class whose object the expression is in a method of its own: `self`, `this`.
fn own(summary: &ModuleSummary, base: ExprId) -> Option<ClassId> {
    match summary.exprs[base] {
        Expr::This(func) => summary.functions[func].class,
        Expr::Super(class) => Some(class),
        Expr::Var(var) => {
            let function = &summary.functions[summary.vars[var].func];
            let receives = summary.is_python() && function.kind.has_receiver();
            function.class.filter(|_| receives && function.params.first().is_some_and(|param| param.var == Some(var)))
        }
        _ => None,
    }
}

/// What methods assign to attributes of their own object, with the method.
pub(super) fn kept(solution: &Solution<'_>) -> Kept {
    let mut kept = Kept::default();
    for (file, summary) in solution.input.summaries.iter_enumerated() {
        for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
            let Target::Attr { base, name } = assign.target else { continue };
            let func = match summary.exprs[base] {
                Expr::This(func) => func,
                Expr::Var(var) => summary.vars[var].func,
                _ => continue,
            };
            if let Some(id) = own(summary, base) {
                kept.entry((At { file, id }, name)).or_default().push((At { file, id: func }, assign.value));
            }
        }
    }
    kept
}
