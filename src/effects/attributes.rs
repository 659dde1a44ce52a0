//! What an attribute of an object may be: what is assigned to it, what its constructor is given, what its class says.

use super::flags::Flag;
use super::given::{Answer, Asker, DEEPEST, MOST_VALUES, Run, UNWRAPPED, combine, is_bound_once, is_own};
use super::shape::is_whole;
use super::wanted::{Known, Literal, Wanted};
use super::writes::{Kept, is_constructor};
use crate::base::{Name, name};
use crate::ir::{CallKind, Const, Expr, Family};
use crate::link::{At, CallAt, ClassAt, ExprAt, FuncAt, Solution, Value};

impl Asker<'_> {
    /// Whether nothing that is assigned to an attribute of the receiver, by whomever, is what is wanted.
    pub(super) fn is_never_kept(self, base: ExprAt, named: Name, wanted: Wanted, depth: usize) -> bool {
        let (run, input) = (self.run, self.run.solution.input);
        // Whether it counts as true, and what it equals, changes by itself: containers, counters. What holds nothing here is there for
        // whoever uses the class to fill, and in a public attribute they may keep anything that is something.
        let nothing = matches!(wanted, Wanted::Is(Known { literal: Literal::Null, .. }, _, true));
        let own = named.starts_with('_') && matches!(wanted, Wanted::Instance(..) | Wanted::Type(..));
        if !(nothing || own) || depth >= DEEPEST || input.summaries[base.file].family != Family::Python || !is_own(input, base, self.func) {
            return false;
        }
        let Some(class) = input.func(self.func).class.map(|id| At { file: self.func.file, id }) else { return false };
        let Some(kept) = run.writes.kept(named) else { return false };
        let lineage = run.solution.lineage(class);
        let above = &lineage.0;
        // An object that nothing makes so may have it from elsewhere.
        let makes = |one: &Kept| {
            one.func.is_some_and(|func| {
                let of = input.func(func).class.map(|id| At { file: func.file, id });
                is_constructor(&input.summaries[func.file], func.id)
                    && is_own(input, one.base, func)
                    && of.is_some_and(|of| above.contains(&of))
            })
        };
        let never = |at: ExprAt, func| Asker { run, func, before: u32::MAX }.within(at, wanted, depth + 1) == Answer::Never;
        let of_class = above.iter().flat_map(|class| {
            let fields = &input.summaries[class.file].classes[class.id].fields;
            fields.iter().filter(|(field, _)| *field == named).map(|(_, value)| At { file: class.file, id: *value })
        });
        kept.iter().any(makes)
            && kept.iter().filter(|one| may_be_of(run.solution, one, class)).all(|one| one.func.is_some_and(|func| never(one.value, func)))
            && of_class.into_iter().all(|value| never(value, self.func))
    }

    /// Whether what an object has as its attribute may be what is wanted. Python only.
    pub(super) fn attribute(self, base: ExprAt, named: Name, wanted: Wanted, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[base.file];
        if depth > DEEPEST || is_own(self.run.solution.input, base, self.func) {
            return Answer::Perhaps;
        }
        match &summary.exprs[base.id] {
            Expr::Var(var) => {
                let position = self.position(base.file, *var);
                let first = position.map(|position| Answer::When(Flag { position, key: Some(named), attribute: true, wanted, up: 0 }));
                let Some(values) = self.given(base.file, *var) else { return Answer::Perhaps };
                let values = values.into_iter().map(|value| self.attribute(value, named, wanted, depth + 1));
                combine(first.into_iter().chain(values))
            }
            Expr::Either(parts) if parts.len() <= MOST_VALUES => {
                combine(parts.iter().map(|id| self.attribute(At { file: base.file, id: *id }, named, wanted, depth + 1)))
            }
            Expr::Imported { module, name } => match self.run.solution.imported(base.file, *module, *name) {
                Some(values) if self.is_untouched(base.file, *module, *name) && (1..=MOST_VALUES).contains(&values.len()) => {
                    combine(values.into_iter().map(|value| self.attribute(value, named, wanted, depth + 1)))
                }
                _ => Answer::Perhaps,
            },
            Expr::Call(id) => self.made(At { file: base.file, id: *id }, named, wanted, depth).unwrap_or(Answer::Perhaps),
            _ => Answer::Perhaps,
        }
    }

    /// What a class without a constructor of its own makes: a field is what the call gives by its name, else what the class says.
    fn made(self, at: CallAt, named: Name, wanted: Wanted, depth: usize) -> Option<Answer> {
        let (solution, input) = (self.run.solution, self.run.solution.input);
        let summary = &input.summaries[at.file];
        let call = &summary.calls[at.id];
        let callee = At { file: at.file, id: call.callee };
        let [Value::Class(class)] = solution.values(callee) else { return None };
        let bound = call.kind == CallKind::Call && is_bound_once(solution, callee) && !solution.is_cut(callee);
        let has = |method: &str| solution.find_method(*class, name(method)).is_some();
        if !bound || !is_whole(solution, *class) || has("__init__") || has("__new__") || has(named.as_str()) {
            return None;
        }
        let lineage = solution.lineage(*class);
        let (above, libraries) = &*lineage;
        if self.run.writes.kept(named)?.iter().any(|one| may_be_of(solution, one, *class)) {
            return None;
        }
        if call.args.iter().any(|arg| arg.spread || arg.name.is_none()) {
            return None;
        }
        if let Some(arg) = call.args.iter().find(|arg| arg.name == Some(named)) {
            return Some(self.within(At { file: at.file, id: arg.value }, wanted, depth + 1));
        }
        let of_class = above.iter().find_map(|class| {
            let fields = &input.summaries[class.file].classes[class.id].fields;
            Some((*class, fields.iter().rfind(|(field, _)| *field == named)?.1))
        });
        let (of, default) = of_class?;
        let constant = match &input.summaries[of.file].exprs[default] {
            // What a library's class is made of may come from elsewhere, from the environment for one: no object of the program does.
            Expr::Const(Const::Null) => libraries.is_empty() || is_of_program(solution, of, named),
            Expr::Const(_) => libraries.is_empty(),
            _ => false,
        };
        constant.then(|| self.within(At { file: of.file, id: default }, wanted, depth + 1))
    }
}

/// The constructors that make a private attribute of the class's objects what is wanted, each with what it must be given for that; none where
/// the attribute may be that whatever they are given.
pub(super) fn made_by(run: Run<'_>, class: ClassAt, named: Name, wanted: Wanted) -> Option<Vec<(FuncAt, Flag)>> {
    let (solution, input) = (run.solution, run.solution.input);
    let lineage = solution.lineage(class);
    let field = |of: &ClassAt| input.summaries[of.file].classes[of.id].fields.iter().any(|(field, _)| *field == named);
    // What is public, others may assign, and some do so by names that they read elsewhere.
    let private = named.starts_with(['_', '#']) && !run.writes.is_unsettled(named);
    let kept = run.writes.kept(named).filter(|_| private)?;
    let mut ways = Vec::new();
    let mut of_class = kept.iter().filter(|one| may_be_of(solution, one, class)).peekable();
    if of_class.peek().is_none() || lineage.0.iter().any(field) {
        return None;
    }
    for one in of_class {
        let func = one.func.filter(|func| is_own(input, one.base, *func))?;
        match (Asker { run, func, before: u32::MAX }).within(one.value, wanted, 0) {
            Answer::Never => {}
            Answer::When(flag) if flag.position < UNWRAPPED && flag.up == 0 => ways.push((func, flag)),
            _ => return None,
        }
    }
    Some(ways)
}

/// Whether what is assigned may be kept in an instance of the class, of one above or below it.
fn may_be_of(solution: &Solution<'_>, one: &Kept, class: ClassAt) -> bool {
    let values = solution.values(one.base);
    let is_related = |of: ClassAt| solution.lineage(class).0.contains(&of) || solution.lineage(of).0.contains(&class);
    let is_other = |value: &Value| matches!(value, Value::Inst(of) | Value::Class(of) if !is_related(*of));
    values.is_empty() || solution.is_cut(one.base) || !values.iter().all(is_other)
}

/// Whether the field is declared to be of a class of the program, or nothing.
fn is_of_program(solution: &Solution<'_>, class: ClassAt, named: Name) -> bool {
    let types = &solution.input.summaries[class.file].classes[class.id].types;
    let declared = types.iter().rfind(|(field, _)| *field == named);
    declared.is_some_and(|(_, of)| names_class(solution, At { file: class.file, id: *of }, 0))
}

fn names_class(solution: &Solution<'_>, of: ExprAt, depth: usize) -> bool {
    let part = |id: &crate::ir::ExprId| depth < DEEPEST && names_class(solution, At { file: of.file, id: *id }, depth + 1);
    match &solution.input.summaries[of.file].exprs[of.id] {
        Expr::Either(parts) | Expr::List(parts) => parts.iter().any(part),
        Expr::Index { key, .. } => part(key),
        _ => !solution.classes_named(of).is_empty(),
    }
}
