//! Calls: arguments to parameters, returns to results.

use super::values::{Constraint, Owner, Solution, Value};
use super::{At, CallAt, ClassAt, ExprAt, FuncAt};
use crate::base::{Name, name};
use crate::facts::Which;
use crate::ir::{Arg, Call, CallKind, Const, Expr, ExprId, Family, FuncKind, ModuleSummary};

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
        let input = self.input;
        let call = &input.summaries[at.file].calls[at.id];
        // A result that nothing reads has a node all the same, so that arguments are bound.
        let result = self.result_node(at).unwrap_or_else(|| self.field(Owner::Exports(at.file), name("<dropped>")));
        match (call.kind, value) {
            (CallKind::Decorate, _) => {}
            (CallKind::With, Value::Inst(class)) => {
                let entered = ["__enter__", "__aenter__"].iter().find_map(|enter| self.find_method(class, name(enter)));
                match entered {
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
            (CallKind::With | CallKind::Iterate, _) => {}
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
            (_, Value::Inst(class)) => {
                if let Some(func) = self.find_method(class, name("__call__")) {
                    self.bind_function(at, call, func, 1, result);
                }
            }
            (_, Value::Ext(path)) => self.bind_external(at, call, path, result),
            _ => {}
        }
    }

    fn bind_external(&mut self, at: CallAt, call: &Call, path: Name, result: u32) {
        self.give(at, call, path);
        if let Some(which) = self.facts.wraps(path) {
            for arg in argument(call, which) {
                self.flow(At { file: at.file, id: arg.value }, result, false);
            }
            return;
        }
        if let Some(which) = self.facts.makes(path) {
            for arg in argument(call, which) {
                let class = self.node(At { file: at.file, id: arg.value });
                self.when(class, Constraint::Instantiate(result));
            }
            return;
        }
        let of = self.facts.result(path).unwrap_or_else(|| {
            let last = path.rsplit('.').next().unwrap_or(&path);
            let is_class = call.kind == CallKind::New || last.starts_with(|first: char| first.is_ascii_uppercase());
            if is_class || self.facts.type_of(path).is_some() { path } else { name(&format!("{path}()")) }
        });
        self.add(result, Value::ExtInst(of));
    }

    /// A registered function is called with what its entry says: a socket, a plugin's instance.
    fn give(&mut self, at: CallAt, call: &Call, path: Name) {
        let facts = self.facts;
        let first = first_text(&self.input.summaries[at.file], call);
        for entry in facts.registrations(path).iter().filter(|entry| !entry.gives.is_empty() && entry.takes(first)) {
            for arg in argument(call, entry.which) {
                let taker = self.property(At { file: at.file, id: arg.value }, entry.which);
                for (position, of) in entry.gives.iter().enumerate() {
                    self.when(taker, Constraint::Give(position, *of));
                }
            }
        }
    }

    /// The node of an argument, or of its property that a keyword names: `{ plugin: { register } }`.
    fn property(&mut self, at: ExprAt, which: Which) -> u32 {
        let mut node = self.node(at);
        let Which::One(_, Some(keyword)) = which else { return node };
        if self.family == Family::Ecma {
            let mut place = String::new();
            for part in keyword.split('.') {
                place = format!("{place}<{part}>");
                let next = self.field(Owner::Object(at), name(&place));
                self.when(node, Constraint::Load(name(part), next));
                node = next;
            }
        }
        node
    }

    /// The parameter of `value` at `position` is an instance of the library's type.
    pub(super) fn given(&mut self, value: Value, position: usize, of: Name) {
        let (Value::Func(func) | Value::Bound(func)) = value else { return };
        let offset = usize::from(matches!(value, Value::Bound(_)) && self.family == Family::Python);
        if let Some(var) = self.input.func(func).params.get(position + offset).and_then(|param| param.var) {
            let to = self.var_node(func.file, var);
            self.add(to, Value::ExtInst(of));
        }
    }

    fn bind_function(&mut self, at: CallAt, call: &Call, func: FuncAt, offset: usize, result: u32) {
        if self.input.func(func).is_generator {
            self.add(result, Value::Generator(func));
        } else {
            self.returned(func, result);
        }
        self.bind_arguments(at, call, func, offset);
    }

    fn bind_arguments(&mut self, at: CallAt, call: &Call, func: FuncAt, offset: usize) {
        for (arg, position) in bound_parameters(self.input.func(func), call, offset) {
            let Some(var) = self.input.func(func).params[position].var else { continue };
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

/// Which argument goes to which parameter; `offset` parameters are already bound.
#[must_use]
pub fn bound_parameters(function: &crate::ir::Function, call: &Call, offset: usize) -> Vec<(ExprId, usize)> {
    let mut bound = Vec::new();
    let offset = if matches!(function.kind, FuncKind::Static) { 0 } else { offset };
    let mut position = offset;
    for arg in &call.args {
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
