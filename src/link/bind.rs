//! Calls: arguments to parameters, returns to results.

use super::values::{Constraint, Owner, Solution, Value};
use super::{At, CallAt, ClassAt, FuncAt};
use crate::base::{Name, name};
use crate::facts::Which;
use crate::ir::{Arg, Call, CallKind, Const, Expr, ExprId, Family, FuncKind, MODULE_BODY, ModuleSummary};

/// The argument that `which` speaks of.
#[must_use]
pub fn argument(call: &Call, which: Which) -> Vec<&Arg> {
    match which {
        Which::All => call.args.iter().collect(),
        Which::One(at, keyword) => {
            let named = call.args.iter().find(|arg| arg.name.is_some() && arg.name == keyword);
            let placed = || call.args.iter().take_while(|arg| !arg.spread).filter(|arg| arg.name.is_none()).nth(at);
            named.or_else(placed).into_iter().collect()
        }
    }
}

/// The text of a call's first argument, where it is constant: an event's name.
#[must_use]
pub fn first_text(summary: &ModuleSummary, call: &Call) -> Option<Name> {
    match summary.exprs[call.args.first()?.value] {
        Expr::Const(Const::Str(text)) => Some(text),
        _ => None,
    }
}

impl Solution<'_> {
    /// A call's callee may be `value`.
    pub(super) fn bind(&mut self, at: CallAt, value: Value) {
        // A result that nothing reads has a node all the same, so that arguments are bound.
        let result =
            self.result_node(at).unwrap_or_else(|| self.field(Owner::Func(At { file: at.file, id: MODULE_BODY }), name("<dropped>")));
        self.bind_to(at, value, result);
    }

    /// The same, where what the value gives flows to `result`.
    pub(super) fn bind_to(&mut self, at: CallAt, value: Value, result: u32) {
        let input = self.input;
        let call = &input.summaries[at.file].calls[at.id];
        match (call.kind, value) {
            (CallKind::Read | CallKind::Raise, _) => {}
            // What a decorator keeps, it keeps for others to call. What it gives back: see `wrap`.
            (CallKind::Decorate, Value::Func(func)) => self.bind_arguments(at, call, func, 0),
            (CallKind::Decorate, Value::Bound(func)) if input.summaries[func.file].family == Family::Python => {
                self.bind_arguments(at, call, func, 1);
            }
            (CallKind::Decorate, Value::Ext(path) | Value::ExtInst(path)) => {
                self.give_decorated(at, call, path);
                self.put_in_place(at, call, path);
            }
            (CallKind::Decorate, _) => {}
            (CallKind::With, Value::Inst(class)) => {
                let (own, other) = if call.awaited { ("__aenter__", "__enter__") } else { ("__enter__", "__aenter__") };
                let entered = self.find_method(class, name(own));
                match entered {
                    // It can't be entered so: another candidate is what is meant.
                    None if self.find_method(class, name(other)).is_some() => {}
                    Some(enter) if !input.func(enter).returns.is_empty() || input.func(enter).return_type.is_some() => {
                        self.returned(enter, result);
                    }
                    _ => self.add(result, value),
                }
            }
            (CallKind::With, Value::Generator(func)) => self.returned(func, result),
            (CallKind::With, Value::ExtInst(path)) => {
                let entered = self.facts.type_of(path).and_then(|fact| fact.enter).unwrap_or(path);
                self.add(result, Value::ExtInst(entered));
            }
            // A library's object that is told apart: a pool.
            (CallKind::With, Value::Object(_)) => {
                if let Some(of) = self.type_of(value) {
                    let entered = self.facts.type_of(of).and_then(|fact| fact.enter);
                    self.add(result, entered.map_or(value, Value::ExtInst));
                }
            }
            (CallKind::With | CallKind::Iterate, _) => {}
            (CallKind::New, Value::Func(func)) => {
                self.add(result, Value::New(func));
                let this = self.this_node(func);
                self.add(this, Value::New(func));
                self.bind_function(at, call, func, 0, result);
            }
            (_, Value::Func(func)) => self.bind_function(at, call, func, 0, result),
            (_, Value::Bound(func)) => {
                let offset = usize::from(input.summaries[func.file].family == Family::Python);
                self.bind_function(at, call, func, offset, result);
            }
            (_, Value::Class(class)) => {
                self.add(result, Value::Inst(class));
                if let Some(constructor) = self.constructor(class) {
                    let offset = usize::from(input.summaries[class.file].family == Family::Python);
                    self.bind_arguments(at, call, constructor, offset);
                }
            }
            // `super(x)` calls the constructor above.
            (_, Value::Inst(class)) if matches!(input.summaries[at.file].exprs[call.callee], Expr::Super(_)) => {
                if let Some(constructor) = self.constructor(class) {
                    self.bind_arguments(at, call, constructor, 0);
                }
            }
            (_, Value::New(func)) if matches!(input.summaries[at.file].exprs[call.callee], Expr::Super(_)) => {
                self.bind_arguments(at, call, func, 0);
            }
            (_, Value::Inst(class)) => {
                if let Some(func) = self.find_method(class, name("__call__")) {
                    self.bind_function(at, call, func, 1, result);
                }
            }
            (_, Value::Ext(path)) => self.bind_external(at, call, path, result),
            // What a factory gave makes instances itself: `sessionmaker(engine)()`.
            (_, Value::ExtInst(path)) => {
                if let Some(which) = self.facts.wraps(path) {
                    for arg in argument(call, which) {
                        self.flow(At { file: at.file, id: arg.value }, result, false);
                    }
                } else if let Some(of) = self.facts.called(path) {
                    self.add(result, Value::ExtInst(of));
                }
            }
            _ => {}
        }
    }

    fn bind_external(&mut self, at: CallAt, call: &Call, path: Name, result: u32) {
        if let Some(which) = self.facts.wraps(path) {
            let is_option = |arg: &Arg| matches!(self.input.summaries[at.file].exprs[arg.value], Expr::Const(_));
            let given: Vec<&Arg> = argument(call, which).into_iter().filter(|arg| !is_option(arg)).collect();
            // `lru_cache(f)` is what `lru_cache(maxsize=3)` gives when that is called with it.
            if !given.is_empty() || self.facts.wraps(name(&format!("{path}()"))).is_none() {
                for arg in given {
                    self.flow(At { file: at.file, id: arg.value }, result, false);
                }
                return;
            }
        }
        self.give_registered(at, call, path);
        if self.handle(at, call, path, result) {
            return;
        }
        self.give_callbacks(at, call, path);
        if let Some(boundary) = self.facts.boundary(path).filter(|boundary| boundary.returns) {
            for arg in argument(call, boundary.which) {
                let moved = self.node(At { file: at.file, id: arg.value });
                self.when(moved, Constraint::Inject(result));
            }
        }
        let of = if call.kind == CallKind::New { self.facts.result(path).unwrap_or(path) } else { self.made_by(path) };
        match self.expr_of(result) {
            Some(made) if self.facts.is_tracked(of, path) => {
                self.tracked.insert(made, of);
                self.add(result, Value::Object(made));
            }
            _ => self.add(result, Value::ExtInst(of)),
        }
    }

    /// The type of what a call on a library's path gives.
    pub(super) fn made_by(&self, path: Name) -> Name {
        self.facts.result(path).unwrap_or_else(|| {
            let last = path.rsplit('.').next().unwrap_or(&path);
            let is_class = last.starts_with(|first: char| first.is_ascii_uppercase());
            if is_class || self.facts.type_of(path).is_some() { path } else { name(&format!("{path}()")) }
        })
    }

    fn bind_function(&mut self, at: CallAt, call: &Call, func: FuncAt, offset: usize, result: u32) {
        let function = self.input.func(func);
        if indirect(&self.input.summaries[at.file], call, function) == Some(Indirect::Bind) {
            self.add(result, Value::Func(func));
        } else if function.is_generator {
            self.add(result, Value::Generator(func));
        } else {
            self.returned_to(at, call, func, offset, result);
        }
        self.bind_arguments(at, call, func, offset);
    }

    fn bind_arguments(&mut self, at: CallAt, call: &Call, func: FuncAt, offset: usize) {
        let (summary, function) = (&self.input.summaries[at.file], self.input.func(func));
        if indirect(summary, call, function) == Some(Indirect::Apply) {
            if let Some(given) = call.args.get(1).map(|arg| At { file: at.file, id: arg.value }) {
                let from = self.node(given);
                for (position, param) in function.params.iter().enumerate() {
                    if let Some(var) = param.var {
                        let to = self.var_node(func.file, var);
                        self.when(from, Constraint::Subscript(name(&position.to_string()), to));
                    }
                }
            }
            return;
        }
        for (arg, position) in bound_parameters(summary, function, call, offset) {
            let Some(var) = function.params[position].var else { continue };
            let to = self.var_node(func.file, var);
            self.flow(At { file: at.file, id: arg }, to, false);
        }
    }

    /// The method that a lookup on the class finds.
    #[must_use]
    pub fn find_method(&self, class: ClassAt, member: Name) -> Option<FuncAt> {
        self.lineage(class).0.iter().find_map(|at| {
            let methods = &self.input.summaries[at.file].classes[at.id].methods;
            methods.iter().rfind(|(named, _)| *named == member).map(|(_, id)| At { file: at.file, id: *id })
        })
    }

    /// What runs when the class is called.
    #[must_use]
    pub fn constructor(&self, class: ClassAt) -> Option<FuncAt> {
        let member = if self.input.summaries[class.file].family == Family::Python { "__init__" } else { "constructor" };
        self.find_method(class, name(member))
    }
}

/// A call by `f.call(this, x)` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indirect {
    /// `f.call(this, x)`
    Call,
    /// `f.apply(this, [x])`
    Apply,
    /// `f.bind(this, x)`: no call yet.
    Bind,
}

/// Whether a call of the function is made by `call`, `apply` or `bind`.
#[must_use]
pub fn indirect(summary: &ModuleSummary, call: &Call, function: &crate::ir::Function) -> Option<Indirect> {
    let Expr::Attr { name, .. } = &summary.exprs[call.callee] else { return None };
    if summary.family != Family::Ecma || *name == function.name {
        return None;
    }
    match name.as_str() {
        "call" => Some(Indirect::Call),
        "apply" => Some(Indirect::Apply),
        "bind" => Some(Indirect::Bind),
        _ => None,
    }
}

/// Which argument goes to which parameter; `offset` parameters are already bound. `summary` is that of the call.
#[must_use]
pub fn bound_parameters(summary: &ModuleSummary, function: &crate::ir::Function, call: &Call, offset: usize) -> Vec<(ExprId, usize)> {
    let mut bound = Vec::new();
    let offset = if matches!(function.kind, FuncKind::Static) { 0 } else { offset };
    // The first argument of `f.call(this, x)` is no parameter's.
    let skipped = match indirect(summary, call, function) {
        Some(Indirect::Apply) => return bound,
        Some(_) => 1,
        None => 0,
    };
    let mut position = offset;
    for arg in call.args.iter().skip(skipped) {
        if arg.spread {
            break;
        }
        if let Some(named) = arg.name {
            if let Some(at) = function.params.iter().position(|param| param.name == named) {
                bound.push((arg.value, at));
            }
        } else {
            let rest = function.params.get(position).is_none_or(|param| param.rest || param.keywords);
            if !rest {
                bound.push((arg.value, position));
            }
            position += 1;
        }
    }
    bound
}
