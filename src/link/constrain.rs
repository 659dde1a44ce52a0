//! Constraints: what each expression, assignment, parameter and call of a summary says of values.

use super::values::{Constraint, Owner, Solution, Value, promise_of};
use super::{At, ClassAt, ExprAt, FuncAt};
use crate::base::{Name, name};
use crate::facts::{FactBase, GenericKind};
use crate::ir::{Const, Expr, Family, FuncKind, Target};

/// Names that are followed from a key to its constant.
const DEEPEST_KEY: usize = 4;

impl Solution<'_> {
    pub(super) fn constrain(&mut self, family: Family) {
        let input = self.input;
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == family) {
            for (id, class) in summary.classes.iter_enumerated() {
                for base in &class.bases {
                    for base in self.static_classes(At { file, id: *base }, 0) {
                        self.subclasses.entry(base).or_default().push(At { file, id });
                    }
                }
            }
        }
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == family) {
            for (id, class) in summary.classes.iter_enumerated() {
                self.give_methods(At { file, id });
                self.computed_bases(At { file, id }, class);
                for (named, of) in &class.types {
                    let field = self.field(Owner::Class(At { file, id }), *named);
                    self.declare(field, At { file, id: *of });
                }
            }
            for id in summary.exprs.indices() {
                self.constrain_expr(At { file, id });
            }
            for assign in &summary.assigns {
                let from = self.node(At { file, id: assign.value });
                match &assign.target {
                    Target::Var(var) => {
                        let to = self.var_node(file, *var);
                        if assign.is_type {
                            self.declare(to, At { file, id: assign.value });
                        }
                        self.flow(At { file, id: assign.value }, to, assign.is_type);
                    }
                    Target::Attr { base, name } => {
                        self.declare_field(file, *base, *name, assign.value);
                        let base = self.node(At { file, id: *base });
                        if assign.is_type {
                            let holder = self.expr_base[file] + assign.value.raw();
                            self.when(base, Constraint::Store(*name, holder));
                        } else {
                            self.when(base, Constraint::Store(*name, from));
                        }
                    }
                    Target::Index { base, key } => {
                        let base = self.node(At { file, id: *base });
                        let key = self.constant_key(At { file, id: *key });
                        self.when(base, Constraint::Store(key, from));
                    }
                }
            }
            for (id, function) in summary.functions.iter_enumerated() {
                self.constrain_params(At { file, id }, function);
                if family == Family::Ecma {
                    self.this(At { file, id });
                }
            }
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| !call.kind.is_silent()) {
                let callee = self.node(At { file, id: call.callee });
                self.when(callee, Constraint::Call(At { file, id }));
                if let Some(promise) = promise_of(summary, call) {
                    let promise = self.node(At { file, id: promise });
                    let result = self.result_node(At { file, id }).unwrap_or(promise);
                    for arg in &call.args {
                        let arg = self.node(At { file, id: arg.value });
                        self.when(arg, Constraint::Apply { given: promise, result });
                    }
                }
            }
        }
    }

    /// Bases that no name gives: `class A extends mixin(B)`, or a function of old.
    fn computed_bases(&mut self, at: ClassAt, class: &crate::ir::Class) {
        for base in class.bases.iter().map(|base| At { file: at.file, id: *base }) {
            if self.family == Family::Ecma && self.static_classes(base, 0).is_empty() && self.static_path(base).is_none() {
                let above = self.field(Owner::Class(at), name("<above>"));
                let from = self.node(base);
                self.when(from, Constraint::Instantiate(above));
            }
        }
    }

    /// `self.x = x` in a constructor whose parameter has a type: the attribute has it too, as for a type checker.
    fn declare_field(&mut self, file: crate::base::FileId, base: crate::ir::ExprId, field: Name, value: crate::ir::ExprId) {
        let summary = &self.input.summaries[file];
        let (Expr::Var(own), Expr::Var(given)) = (&summary.exprs[base], &summary.exprs[value]) else { return };
        let function = &summary.functions[summary.vars[*own].func];
        let (Some(class), true) = (function.class, summary.vars[*given].func == summary.vars[*own].func) else { return };
        let is_own = function.params.first().is_some_and(|param| param.var == Some(*own));
        let typed = function.params.iter().find(|param| param.var == Some(*given)).and_then(|param| param.annotation);
        if let (true, true, Some(annotation)) = (is_own, function.name.as_str() == "__init__", typed) {
            let node = self.field(Owner::Class(At { file, id: class }), field);
            self.declare(node, At { file, id: annotation });
        }
    }

    /// Calls a function with the values of `given` as its first argument.
    pub(super) fn apply_function(&mut self, value: Value, given: u32, result: u32) {
        let (func, offset) = match value {
            Value::Func(func) => (func, 0),
            Value::Bound(func) => (func, usize::from(self.input.summaries[func.file].family == Family::Python)),
            _ => return,
        };
        if let Some(var) = self.input.func(func).params.get(offset).and_then(|param| param.var) {
            let to = self.var_node(func.file, var);
            self.copy(given, to);
        }
        self.returned(func, result);
    }

    /// Lets a value, or an instance of a type, flow to `to`.
    pub(super) fn flow(&mut self, from: ExprAt, to: u32, is_type: bool) {
        if is_type {
            self.instantiate(from, to, 0);
        } else if let Expr::Const(constant) = &self.input.summaries[from.file].exprs[from.id] {
            if let Some(of) = constant_type(constant, self.family) {
                self.add(to, Value::ExtInst(name(of)));
            }
            if self.input.summaries[from.file].literal(from.id).is_some() {
                self.add(to, Value::Object(from));
            }
        } else {
            let from = self.node(from);
            self.copy(from, to);
        }
    }

    pub(super) fn instantiate(&mut self, from: ExprAt, to: u32, depth: usize) {
        let file = from.file;
        if depth > 8 {
            return;
        }
        match &self.input.summaries[file].exprs[from.id] {
            Expr::Either(parts) => {
                for part in parts {
                    self.instantiate(At { file, id: *part }, to, depth + 1);
                }
            }
            Expr::Index { base, key } => {
                let base = At { file, id: *base };
                let kind = self.static_path(base).and_then(|path| self.input.facts_of(file).generic(path));
                let key = At { file, id: *key };
                let parts = match &self.input.summaries[file].exprs[key.id] {
                    Expr::List(items) => items.iter().map(|item| At { file, id: *item }).collect(),
                    _ => vec![key],
                };
                let (parts, of) = match kind {
                    Some((GenericKind::Transparent, _)) => {
                        for part in parts {
                            self.instantiate(part, to, depth + 1);
                        }
                        return;
                    }
                    Some((GenericKind::Container, of)) => (&parts[..], of),
                    Some((GenericKind::Mapping, of)) => (parts.last().map_or(&[][..], std::slice::from_ref), of),
                    None => return self.instantiate(base, to, depth + 1),
                };
                let element = self.field(Owner::Object(from), FactBase::any());
                for part in parts {
                    self.instantiate(*part, element, depth + 1);
                }
                if let Some(of) = of {
                    self.tracked.insert(from, of);
                }
                self.add(to, Value::Object(from));
            }
            Expr::Const(_) | Expr::Unknown | Expr::Builtin(_) => {}
            // `Annotated[X, Depends(f)]`: what the call gives is what is meant.
            Expr::Call(_) => {
                let from = self.node(from);
                self.copy(from, to);
            }
            _ if self.alias(from, 0).is_some() => {
                if let Some(of) = self.alias(from, 0) {
                    self.instantiate(of, to, depth + 1);
                }
            }
            // `Any` tells nothing, and what it would hold is kept out by what it stands for.
            _ if self.static_path(from).is_some_and(|path| self.input.facts_of(file).is_structural(path)) => {}
            _ => {
                let from = self.node(from);
                self.when(from, Constraint::Instantiate(to));
            }
        }
    }

    fn constrain_params(&mut self, at: FuncAt, function: &crate::ir::Function) {
        let file = at.file;
        let python = self.input.summaries[file].family == crate::ir::Family::Python;
        for (position, param) in function.params.iter().enumerate() {
            let Some(var) = param.var else { continue };
            let to = self.var_node(file, var);
            if let Some(annotation) = param.annotation {
                self.declare(to, At { file, id: annotation });
                // What the function puts in its place may be anything: `data = json.loads(data)`.
                if self.assigned(file, var).is_empty() {
                    self.declare_plain(to, At { file, id: annotation });
                }
                self.instantiate(At { file, id: annotation }, to, 0);
            }
            if param.rest || param.keywords {
                let of = match (python, param.rest) {
                    (true, true) => "builtins.tuple",
                    (true, false) => "builtins.dict",
                    (false, _) => "globalThis.Array",
                };
                self.add(to, Value::ExtInst(name(of)));
            }
            if let Some(default) = param.default {
                self.flow(At { file, id: default }, to, false);
            }
            if position == 0
                && python
                && let Some(class) = function.class
            {
                match function.kind {
                    FuncKind::Method | FuncKind::Getter | FuncKind::Setter => self.add(to, Value::Inst(At { file, id: class })),
                    FuncKind::ClassMethod => self.add(to, Value::Class(At { file, id: class })),
                    _ => {}
                }
            }
        }
    }

    fn constrain_expr(&mut self, at: ExprAt) {
        let file = at.file;
        let node = self.expr_base[file] + at.id.raw();
        let expr_at = |id: &crate::ir::ExprId| At { file, id: *id };
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Const(Const::Str(_)) if self.input.summaries[file].literal(at.id).is_some() => {
                let of = self.builtin(file, if self.family == Family::Python { "str" } else { "String" });
                self.tracked.insert(at, of);
                self.add(node, Value::Object(at));
            }
            Expr::Unknown | Expr::Const(_) | Expr::Var(_) | Expr::Await(_) | Expr::Call(_) | Expr::This(_) => {}
            Expr::Builtin(of) => {
                let path = self.builtin(file, of);
                self.add(node, Value::ExtInst(path));
                // The text of a pattern is looked up where it is applied.
                if self.input.summaries[file].literal(at.id).is_some() {
                    self.tracked.insert(at, path);
                    self.add(node, Value::Object(at));
                }
            }
            Expr::Global(global) => self.global(file, *global, node),
            Expr::Super(class) => {
                let bases = &self.input.summaries[file].classes[*class].bases;
                for base in bases {
                    let base = self.node(expr_at(base));
                    self.when(base, Constraint::Instantiate(node));
                }
            }
            Expr::Attr { base, name } => {
                let base_at = expr_at(base);
                let base = self.node(base_at);
                if matches!(self.input.summaries[file].exprs[base_at.id], Expr::Const(_)) {
                    self.flow(base_at, base, false);
                }
                let above = matches!(self.input.summaries[file].exprs[base_at.id], Expr::Super(_));
                self.when(base, if above { Constraint::LoadAbove(*name, node) } else { Constraint::Load(*name, node) });
            }
            Expr::Index { base, key } => {
                let key = self.constant_key(expr_at(key));
                let base = self.node(expr_at(base));
                self.when(base, Constraint::Subscript(key, node));
            }
            Expr::Element(of) => {
                let of = self.node(expr_at(of));
                self.when(of, Constraint::Element(node));
            }
            Expr::Function(id) => self.add(node, Value::Func(At { file, id: *id })),
            Expr::Class(id) => self.add(node, Value::Class(At { file, id: *id })),
            Expr::Object(fields) => {
                self.add(node, Value::Object(at));
                self.provide(at, fields);
                for (key, value) in fields {
                    if let (None, Expr::Element(spread)) = (key, &self.input.summaries[file].exprs[*value]) {
                        let from = self.node(expr_at(spread));
                        self.when(from, Constraint::Merge(Owner::Object(at)));
                        continue;
                    }
                    let key = key.unwrap_or_else(|| self.computed_key(expr_at(value)));
                    let to = self.field(Owner::Object(at), key);
                    match self.accessor(expr_at(value)) {
                        // What is kept is what the getter gives: see `read_accessors`.
                        Some((getter, FuncKind::Getter)) => self.returned(getter, to),
                        Some(_) => {}
                        None => {
                            let from = self.node(expr_at(value));
                            self.copy(from, to);
                        }
                    }
                }
            }
            Expr::List(items) => {
                self.add(node, Value::Object(at));
                let mut spread = false;
                for (position, item) in items.iter().enumerate() {
                    // What stands after a spread has no position that is known.
                    spread |= matches!(self.input.summaries[file].exprs[*item], Expr::Element(_));
                    let key = if spread { FactBase::any() } else { name(&position.to_string()) };
                    let from = self.node(expr_at(item));
                    let to = self.field(Owner::Object(at), key);
                    self.copy(from, to);
                }
            }
            Expr::Many(of) => {
                self.add(node, Value::Object(at));
                let from = self.node(expr_at(of));
                let to = self.field(Owner::Object(at), FactBase::any());
                self.copy(from, to);
            }
            Expr::Either(parts) => {
                for part in parts {
                    let from = self.node(expr_at(part));
                    self.copy(from, node);
                }
            }
            Expr::Module(module) => self.import(file, *module, node),
            Expr::Imported { module, name } => self.import_member(file, *module, *name, node),
            Expr::ModuleExports => self.add(node, Value::Module(file)),
        }
    }

    /// The type that a name stands for: `Alias = Annotated[X, ...]`, here or in the file that it is imported from.
    fn alias(&self, at: ExprAt, depth: usize) -> Option<ExprAt> {
        let summary = &self.input.summaries[at.file];
        let (file, var) = match &summary.exprs[at.id] {
            Expr::Index { .. } | Expr::Either(_) if depth > 0 => return Some(at),
            Expr::Var(var) => (at.file, *var),
            Expr::Imported { module, name } => match self.resolve(at.file, *module) {
                super::modules::Resolved::File(file) => (file, *self.globals[file].get(name)?),
                _ => return None,
            },
            _ => return None,
        };
        match self.assigned(file, var) {
            [one] if depth < 8 => self.alias(At { file, id: *one }, depth + 1),
            _ => None,
        }
    }

    /// The constant text of a subscript's key, or the mark for any.
    pub(super) fn constant_key(&self, key: ExprAt) -> Name {
        self.key_within(key, 0).unwrap_or_else(FactBase::any)
    }

    /// The key of a value in an object literal that is not written as a text.
    fn computed_key(&self, value: ExprAt) -> Name {
        let key = self.input.summaries[value.file].keyed.get(&value.id);
        key.map_or_else(FactBase::any, |key| self.constant_key(At { file: value.file, id: *key }))
    }

    /// A constant, the name of a module's variable that is bound once (`KEY = AppKey("store")`), or a member of an enumeration.
    fn key_within(&self, key: ExprAt, depth: usize) -> Option<Name> {
        let summary = &self.input.summaries[key.file];
        if depth > DEEPEST_KEY {
            return None;
        }
        let within = |id: &crate::ir::ExprId| At { file: key.file, id: *id };
        match &summary.exprs[key.id] {
            Expr::Var(var) if summary.vars[*var].func == crate::ir::MODULE_BODY => match self.assigned(key.file, *var) {
                [one] => self.key_within(within(one), depth + 1).or(Some(summary.vars[*var].name)),
                _ => None,
            },
            Expr::Imported { module, name } => match self.resolve(key.file, *module) {
                super::modules::Resolved::File(file) => match self.assigned(file, *self.globals[file].get(name)?) {
                    [one] => self.key_within(At { file, id: *one }, depth + 1).or(Some(*name)),
                    _ => None,
                },
                _ => Some(*name),
            },
            Expr::Attr { base, name } => self.member_key(within(base), *name, depth + 1),
            expr => expr.key(),
        }
    }

    /// What a member of an enumeration keeps a value under: its text or number, else its name. An enumeration is an object literal
    /// that is bound once, a class's body, or something that a library names so.
    fn member_key(&self, base: ExprAt, member: Name, depth: usize) -> Option<Name> {
        let constant = |at: ExprAt, of: Name| self.key_within(at, depth).unwrap_or_else(|| name(&format!("{of}.{member}")));
        if let [class] = self.static_classes(base, 0).as_slice() {
            let class_of = &self.input.summaries[class.file].classes[class.id];
            let field = class_of.fields.iter().find(|(field, _)| *field == member);
            return field.map(|(_, value)| constant(At { file: class.file, id: *value }, class_of.name));
        }
        if let Some(object) = self.static_object(base, 0) {
            let Expr::Object(fields) = &self.input.summaries[object.file].exprs[object.id] else { return None };
            let (_, value) = fields.iter().find(|(field, _)| *field == Some(member))?;
            return self.key_within(At { file: object.file, id: *value }, depth);
        }
        let library = self.static_path(base).filter(|_| member.starts_with(char::is_uppercase));
        library.map(|path| name(&format!("{path}.{member}")))
    }
}

/// The builtin type of a constant, where its methods may be called.
fn constant_type(constant: &Const, family: Family) -> Option<&'static str> {
    match (constant, family) {
        (Const::Str(_), Family::Python) => Some("builtins.str"),
        (Const::Str(_), Family::Ecma) => Some("globalThis.String"),
        (Const::Number(_), Family::Ecma) => Some("globalThis.Number"),
        _ => None,
    }
}
