//! Whether the value of an expression may be what a test below asks for, and what that asks of the function's own parameters.

use super::flags::{Flag, MOST_OUT, outer};
use super::shape::Shape;
use super::sizes::Sizes;
use super::wanted::{Known, Literal, Wanted};
use super::writes::Writes;
use crate::base::{FileId, Name};
use crate::ir::{CallId, Expr, ExprId, Family, FuncKind, MODULE_BODY, ModuleSummary, VarId};
use crate::link::{At, CallAt, ExprAt, FuncAt, Input, Solution, Value};

/// Names and alternatives that are followed from one expression.
pub(super) const DEEPEST: usize = 6;

/// Values of one variable that are asked.
pub(super) const MOST_VALUES: usize = 4;

/// In place of a parameter's position: what a method is called on.
pub const RECEIVER: usize = usize::MAX;

/// In place of a parameter's position: what the function gives. It is wanted true where it is awaited.
pub const RESULT: usize = usize::MAX - 1;

/// In place of a parameter's position: that the function is not run as the wrapper of a decorated one, which its callers run themselves.
pub const UNWRAPPED: usize = usize::MAX - 2;

/// Whether a value may be what is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// It can't.
    Never,
    /// It may.
    Perhaps,
    /// It is only where the function's parameter is.
    When(Flag),
}

/// The run, and what is written where in it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The values.
    pub solution: &'a Solution<'a>,
    /// What is written where.
    pub writes: &'a Writes,
    /// How large values are.
    pub sizes: &'a Sizes<'a, 'a>,
}

/// Where a value is asked for: the function that asks, and the call that depends on it.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The run.
    pub run: Run<'a>,
    /// The function.
    pub func: FuncAt,
    /// Where the call begins, in bytes.
    pub before: u32,
}

impl Asker<'_> {
    /// Whether the value of the expression may be what is wanted.
    #[must_use]
    pub fn ask(self, at: ExprAt, wanted: Wanted) -> Answer {
        let Wanted::Has(key, held) = wanted else { return self.within(at, wanted, 0) };
        match self.key(at, key, wanted, 0) {
            // `"/" in name`: a text holds what is part of it.
            Answer::Perhaps => self.within(at, Wanted::Part(key, held), 0),
            told => told,
        }
    }

    /// Whether the value of the variable may be what is wanted, where it is tested; the first expression behind the test is given.
    #[must_use]
    pub fn ask_variable(self, file: FileId, var: VarId, behind: ExprId, wanted: Wanted) -> Answer {
        self.variable(file, var, behind, wanted, 0)
    }

    /// Whether what the value has as its attribute may be what is wanted.
    #[must_use]
    pub fn ask_attribute(self, at: ExprAt, name: Name, wanted: Wanted) -> Answer {
        self.attribute(at, name, wanted, 0)
    }

    /// Whether what the value holds under the key may be what is wanted.
    #[must_use]
    pub fn ask_key(self, at: ExprAt, key: Name, wanted: Wanted) -> Answer {
        self.key(at, key, wanted, 0)
    }

    pub(super) fn within(self, at: ExprAt, wanted: Wanted, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[at.file];
        if depth > DEEPEST {
            return Answer::Perhaps;
        }
        let part = |id: &ExprId| At { file: at.file, id: *id };
        match &summary.exprs[at.id] {
            Expr::Var(var) => self.variable(at.file, *var, at.id, wanted, depth),
            Expr::Either(parts) if parts.len() <= MOST_VALUES => combine(parts.iter().map(|id| self.within(part(id), wanted, depth + 1))),
            Expr::Imported { module, name } => match self.run.solution.imported(at.file, *module, *name) {
                Some(values) if self.is_untouched(at.file, *module, *name) && (1..=MOST_VALUES).contains(&values.len()) => {
                    combine(values.into_iter().map(|value| self.within(value, wanted, depth + 1)))
                }
                _ => Answer::Perhaps,
            },
            Expr::Attr { base, name } => match constant(self.run, at, depth) {
                None if self.is_never_kept(part(base), *name, wanted, depth) => Answer::Never,
                Some(known) => of_member(self.run, known, wanted, summary.family),
                None if self.is_settled(part(base), *name) => {
                    Answer::When(Flag { position: RECEIVER, key: Some(*name), attribute: true, wanted, up: 0 })
                }
                None if summary.family == Family::Ecma => self.key(part(base), *name, wanted, depth + 1),
                None => self.attribute(part(base), *name, wanted, depth),
            },
            Expr::Index { base, key } => match summary.exprs[*key].key() {
                Some(key) => self.key(part(base), key, wanted, depth + 1),
                None => Answer::Perhaps,
            },
            Expr::Call(id) => match self.key_read(At { file: at.file, id: *id }, wanted, depth) {
                Some(answer) => answer,
                None if matches!(wanted, Wanted::Runs(_)) && wanted.holds(self.run, at).is_none() => {
                    self.given_by_call(At { file: at.file, id: *id }, wanted, depth)
                }
                None => match self.leaf(at, wanted) {
                    Answer::Perhaps => self.result(At { file: at.file, id: *id }, false, wanted, depth),
                    told => told,
                },
            },
            Expr::Await(inner) => match summary.exprs[*inner] {
                Expr::Call(id) => self.result(At { file: at.file, id }, true, wanted, depth),
                _ => Answer::Perhaps,
            },
            _ => self.leaf(at, wanted),
        }
    }

    /// Whether the attribute is the receiver's own, and what the constructor made it.
    fn is_settled(self, base: ExprAt, name: Name) -> bool {
        is_own(self.run.solution.input, base, self.func) && !self.run.writes.is_unsettled(name)
    }

    fn leaf(self, at: ExprAt, wanted: Wanted) -> Answer {
        if wanted.holds(self.run, at) == Some(false) { Answer::Never } else { Answer::Perhaps }
    }

    fn nothing(self, file: FileId, wanted: Wanted) -> Answer {
        let family = self.run.solution.input.summaries[file].family;
        if wanted.of_nothing(self.run, family) == Some(false) { Answer::Never } else { Answer::Perhaps }
    }

    pub(super) fn is_untouched(self, file: FileId, module: Name, name: Name) -> bool {
        self.run.solution.imported_from(file, module).is_some_and(|from| !self.run.writes.is_open(from, name))
    }

    /// The position of the function's parameter that binds the variable.
    pub(super) fn position(self, file: FileId, var: VarId) -> Option<usize> {
        let params = &self.run.solution.input.func(self.func).params;
        (file == self.func.file).then(|| params.iter().position(|param| param.var == Some(var))).flatten()
    }

    /// The values that a variable is given besides its first, if all that it may be is known.
    pub(super) fn given(self, file: FileId, var: VarId) -> Option<Vec<ExprAt>> {
        let summary = &self.run.solution.input.summaries[file];
        let variable = &summary.vars[var];
        let is_parameter = summary.functions[variable.func].params.iter().any(|param| param.var == Some(var));
        let own = self.position(file, var).is_some();
        let outside = variable.func == MODULE_BODY && self.run.writes.is_open(file, variable.name);
        let values = self.run.solution.assigned(file, var);
        if variable.vague || outside || (is_parameter && !own) || values.len() > MOST_VALUES || (values.is_empty() && !own) {
            return None;
        }
        Some(values.iter().map(|id| At { file, id: *id }).collect())
    }

    /// Whether the variable has the value only after the place where it is read: `x = f(x)`.
    fn is_given_later(self, value: ExprAt, var: VarId, read: ExprId) -> bool {
        let summary = &self.run.solution.input.summaries[value.file];
        // What is declared holds before it is written, and another function assigns at any time.
        let declared = matches!(summary.exprs[value.id], Expr::Function(_) | Expr::Class(_));
        if value.id <= read || declared || summary.vars[var].outside || summary.vars[var].func != self.func.id {
            return false;
        }
        let within = |range: &std::ops::Range<u32>, id: ExprId| range.contains(&id.raw());
        let again = |id: ExprId| move |one: &crate::ir::loops::Loop| within(&one.exprs, id) || within(&one.test, id);
        !summary.loops.iter().any(|one| again(read)(one) && again(value.id)(one))
    }

    /// Asks for a variable of a function around, which is bound once there: what it is when this one runs is what it was made.
    fn around(self, file: FileId, var: VarId) -> Option<(Self, u8)> {
        let input = self.run.solution.input;
        let variable = &input.summaries[file].vars[var];
        let fixed = !variable.vague && !variable.outside && self.run.solution.assigned(file, var).len() <= 1;
        let owner = At { file, id: variable.func };
        let stands = file == self.func.file && owner != self.func && variable.func != MODULE_BODY && fixed;
        let up = (1..=MOST_OUT).find(|up| stands && outer(input, self.func, *up) == Some(owner))?;
        // Whoever is handed what it holds may write there before this function runs.
        Some((Self { func: owner, before: u32::MAX, ..self }, up))
    }

    pub(super) fn variable(self, file: FileId, var: VarId, read: ExprId, wanted: Wanted, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[file];
        let position = self.position(file, var);
        let first = position.map(|position| self.parameter(position, wanted));
        if let Some(first) = first
            && wanted.is_kept(summary, var)
        {
            return first;
        }
        if position.is_none()
            && let Some((around, up)) = self.around(file, var)
        {
            return shifted(around.variable(file, var, read, wanted, depth + 1), up);
        }
        let Some(values) = self.given(file, var) else { return Answer::Perhaps };
        let before = values.into_iter().filter(|value| position.is_none() || !self.is_given_later(*value, var, read));
        let values = before.map(|value| self.reassigned(value, var, wanted, depth + 1));
        combine(first.into_iter().chain(values))
    }

    /// What is assigned to a variable; its value before is asked for already.
    fn reassigned(self, value: ExprAt, var: VarId, wanted: Wanted, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[value.file];
        let is_same = |id: &ExprId| summary.exprs[*id] == Expr::Var(var);
        match &summary.exprs[value.id] {
            Expr::Var(same) if *same == var => Answer::Never,
            Expr::Either(parts) if parts.len() <= MOST_VALUES => {
                let others = parts.iter().filter(|id| !is_same(id)).map(|id| At { file: value.file, id: *id });
                combine(others.map(|part| self.within(part, wanted, depth)))
            }
            _ => self.within(value, wanted, depth),
        }
    }

    fn parameter(self, position: usize, wanted: Wanted) -> Answer {
        let param = &self.run.solution.input.func(self.func).params[position];
        if param.rest || param.keywords {
            return Answer::Perhaps;
        }
        let summary = &self.run.solution.input.summaries[self.func.file];
        // `x: str = None`, `x?: string`
        let optional = summary.family == Family::Ecma
            || param.default.is_some_and(|default| matches!(summary.exprs[default], Expr::Const(crate::ir::Const::Null)));
        let declared = || !optional || wanted.of_nothing(self.run, summary.family) == Some(false);
        match param.annotation {
            Some(annotation) if self.excludes(At { file: self.func.file, id: annotation }, wanted, 0) && declared() => Answer::Never,
            _ => Answer::When(Flag { position, key: None, attribute: false, wanted, up: 0 }),
        }
    }

    /// Whether no value of the declared type is of the type that is wanted, or nothing where that is.
    pub(super) fn excludes(self, annotation: ExprAt, wanted: Wanted, depth: usize) -> bool {
        let nothing = matches!(wanted, Wanted::Is(Known { literal: Literal::Null, .. }, _, true));
        if depth > DEEPEST || !(nothing || matches!(wanted, Wanted::Instance(..) | Wanted::Type(..) | Wanted::Kind(..))) {
            return false;
        }
        let summary = &self.run.solution.input.summaries[annotation.file];
        let shape = match &summary.exprs[annotation.id] {
            Expr::Either(parts) => {
                return !parts.is_empty()
                    && parts.iter().all(|part| self.excludes(At { file: annotation.file, id: *part }, wanted, depth + 1));
            }
            Expr::Const(crate::ir::Const::Null) => return wanted.of_nothing(self.run, summary.family) == Some(false),
            Expr::Index { base, .. } => return self.excludes(At { file: annotation.file, id: *base }, wanted, depth + 1),
            Expr::Builtin(named) | Expr::Global(named) => Shape::declared(named.as_str(), summary.family),
            // A class of the run, by its name: `x: Settings` is not nothing.
            _ if nothing && summary.family == Family::Python => return !self.run.solution.classes_named(annotation).is_empty(),
            _ => None,
        };
        shape.is_some_and(|shape| wanted.of_shape(self.run, &shape) == Some(false))
    }

    fn key(self, base: ExprAt, key: Name, wanted: Wanted, depth: usize) -> Answer {
        let summary = &self.run.solution.input.summaries[base.file];
        if depth > DEEPEST {
            return Answer::Perhaps;
        }
        match &summary.exprs[base.id] {
            Expr::Var(var) => self.key_of_variable(base.file, *var, key, wanted, depth),
            Expr::Object(fields) => {
                if fields.iter().any(|(named, _)| named.is_none()) {
                    return Answer::Perhaps;
                }
                match (fields.iter().rfind(|(named, _)| *named == Some(key)), wanted) {
                    (Some(_), Wanted::Has(_, held)) => {
                        if held {
                            Answer::Perhaps
                        } else {
                            Answer::Never
                        }
                    }
                    // A getter's result is not followed.
                    (Some((_, value)), _) if is_accessor(summary, *value) => Answer::Perhaps,
                    (Some((_, value)), _) => self.within(At { file: base.file, id: *value }, wanted, depth + 1),
                    (None, _) => self.nothing(base.file, wanted),
                }
            }
            Expr::Either(parts) if parts.len() <= MOST_VALUES => {
                combine(parts.iter().map(|id| self.key(At { file: base.file, id: *id }, key, wanted, depth + 1)))
            }
            Expr::Const(crate::ir::Const::Null) => self.nothing(base.file, wanted),
            // `key in "text"`
            Expr::Const(crate::ir::Const::Str(_)) => match wanted {
                Wanted::Has(part, held) => self.leaf(base, Wanted::Part(part, held)),
                _ => Answer::Perhaps,
            },
            _ => Answer::Perhaps,
        }
    }

    fn key_of_variable(self, file: FileId, var: VarId, key: Name, wanted: Wanted, depth: usize) -> Answer {
        if self.run.writes.may_change(file, var, key, self.before) {
            return Answer::Perhaps;
        }
        // An object that the function around makes, others may have been handed since.
        let given = |(around, _): &(Self, u8)| depth < DEEPEST && around.position(file, var).is_some();
        if let Some((around, up)) = self.around(file, var).filter(given) {
            return shifted(around.key_of_variable(file, var, key, wanted, depth + 1), up);
        }
        let summary = &self.run.solution.input.summaries[file];
        let position = self.position(file, var);
        let first = position.map(|position| Answer::When(Flag { position, key: Some(key), attribute: false, wanted, up: 0 }));
        let outer = summary.vars[var].func;
        // What a module or an outer function holds, others reach as well.
        if position.is_none() && (file != self.func.file || outer != self.func.id) {
            return Answer::Perhaps;
        }
        let Some(values) = self.given(file, var) else { return Answer::Perhaps };
        let is_same = |at: &ExprAt| summary.exprs[at.id] == Expr::Var(var);
        let values = values.into_iter().flat_map(|value| match &summary.exprs[value.id] {
            Expr::Either(parts) => parts.iter().map(|id| At { file, id: *id }).filter(|part| !is_same(part)).collect(),
            _ => vec![value],
        });
        combine(first.into_iter().chain(values.map(|value| self.key(value, key, wanted, depth + 1))))
    }

    /// `kwargs.get("key", default)`
    fn key_read(self, at: CallAt, wanted: Wanted, depth: usize) -> Option<Answer> {
        let summary = &self.run.solution.input.summaries[at.file];
        let call = &summary.calls[at.id];
        let Expr::Attr { base, name } = &summary.exprs[call.callee] else { return None };
        self.run.solution.input.facts_of(at.file).reads_key(*name).then_some(())?;
        let (first, default) = match call.args.as_slice() {
            [first] => (first, None),
            [first, default] => (first, Some(default)),
            _ => return None,
        };
        let key = summary.exprs[first.value].key().filter(|_| call.args.iter().all(|arg| !arg.spread && arg.name.is_none()))?;
        let asker = Self { before: call.span.start, ..self };
        let held = asker.key(At { file: at.file, id: *base }, key, wanted, depth + 1);
        // The default only stands in where the key is missing: then nothing is held, which the callers tell.
        Some(match default.map(|default| asker.within(At { file: at.file, id: default.value }, wanted, depth + 1)) {
            None => held,
            Some(Answer::Never) => held,
            Some(_) => Answer::Perhaps,
        })
    }
}

/// An answer of a function that stands so many functions out.
fn shifted(answer: Answer, up: u8) -> Answer {
    match answer {
        Answer::When(flag) if flag.position == RECEIVER || flag.up + up > MOST_OUT => Answer::Perhaps,
        Answer::When(flag) => Answer::When(Flag { up: flag.up + up, ..flag }),
        _ => answer,
    }
}

/// What several values that one expression may have answer together.
pub(super) fn combine(answers: impl Iterator<Item = Answer>) -> Answer {
    let mut found = Answer::Never;
    for answer in answers {
        match (found, answer) {
            (_, Answer::Never) => {}
            (Answer::Never, _) => found = answer,
            (one, other) if one == other => {}
            _ => return Answer::Perhaps,
        }
    }
    found
}

/// What a class attribute equals and what not; whether it counts as true, an enumeration decides.
fn of_member(run: Run<'_>, known: Known, wanted: Wanted, family: Family) -> Answer {
    let mut shape = Shape::constant(known.literal.constant(), family);
    shape.member = known.member;
    let decided = matches!(wanted, Wanted::Is(..) | Wanted::Among(..));
    if decided && wanted.of_shape(run, &shape) == Some(false) { Answer::Never } else { Answer::Perhaps }
}

/// The constant that an expression is or names: a literal, a variable or class attribute that is bound once.
#[must_use]
pub fn constant(run: Run<'_>, at: ExprAt, depth: usize) -> Option<Known> {
    let summary = &run.solution.input.summaries[at.file];
    if depth > DEEPEST {
        return None;
    }
    match &summary.exprs[at.id] {
        Expr::Const(constant) => Some(Known { literal: Literal::of(constant)?, member: None }),
        Expr::Var(var) => {
            let variable = &summary.vars[*var];
            let open = variable.func != MODULE_BODY || variable.vague || run.writes.is_open(at.file, variable.name);
            match run.solution.assigned(at.file, *var) {
                [one] if !open => constant(run, At { file: at.file, id: *one }, depth + 1),
                _ => None,
            }
        }
        Expr::Imported { module, name } => {
            let from = run.solution.imported_from(at.file, *module).filter(|from| !run.writes.is_open(*from, *name));
            match run.solution.imported(at.file, *module, *name).filter(|_| from.is_some())?.as_slice() {
                [one] => constant(run, *one, depth + 1),
                _ => None,
            }
        }
        // A class that a variable may hold is not told from those below it.
        Expr::Attr { base, name } if is_bound_once(run.solution, At { file: at.file, id: *base }) => {
            let [Value::Class(class)] = run.solution.values(At { file: at.file, id: *base }) else { return None };
            let fields = &run.solution.input.summaries[class.file].classes[class.id].fields;
            let mut named = fields.iter().filter(|(field, _)| field == name);
            match (named.next(), named.next()) {
                (Some((_, value)), None) if !run.writes.is_replaced(*class, *name) => {
                    let known = constant(run, At { file: class.file, id: *value }, depth + 1)?;
                    Some(Known { member: Some((*class, *name)), ..known })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an expression is a name that is bound once, or a member of something else.
#[must_use]
pub fn is_bound_once(solution: &Solution<'_>, at: ExprAt) -> bool {
    let summary = &solution.input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Var(var) => !summary.vars[*var].vague && solution.assigned(at.file, *var).len() == 1,
        Expr::Attr { .. } | Expr::Global(_) => true,
        _ => false,
    }
}

/// Whether an expression is the receiver of the method that it stands in.
pub(super) fn is_own(input: Input<'_>, at: ExprAt, from: FuncAt) -> bool {
    let summary = &input.summaries[at.file];
    match &summary.exprs[at.id] {
        Expr::Var(var) => {
            let function = input.func(from);
            let receives = at.file == from.file && summary.family == Family::Python && function.kind.has_receiver();
            receives && function.params.first().is_some_and(|param| param.var == Some(*var)) && !summary.vars[*var].assigned
        }
        Expr::This(func) => at.file == from.file && *func == from.id,
        Expr::Super(_) => true,
        _ => false,
    }
}

fn is_accessor(summary: &ModuleSummary, value: ExprId) -> bool {
    match &summary.exprs[value] {
        Expr::Function(id) => matches!(summary.functions[*id].kind, FuncKind::Getter | FuncKind::Setter),
        _ => false,
    }
}

/// The library's function that alone a call may run.
#[must_use]
pub fn callee_path(solution: &Solution<'_>, file: FileId, id: CallId) -> Option<Name> {
    let call = &solution.input.summaries[file].calls[id];
    match solution.values(At { file, id: call.callee }) {
        [Value::Ext(path)] => Some(*path),
        _ => None,
    }
}
