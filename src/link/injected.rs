//! What frameworks call functions with: types of parameters, dependencies, an application's state.

use super::bind::argument;
use super::values::{Constraint, Owner, Solution, Value};
use super::{At, CallAt, ClassAt, ExprAt};
use crate::base::{Name, name};
use crate::facts::{Entry, FactBase, Which};
use crate::ir::{Call, Expr, ExprId, Family};
use std::sync::Arc;

/// Longest library path of which callbacks are named.
const LONGEST_PATH: usize = 80;

impl Solution<'_> {
    /// `Depends(f)`: what the function given makes.
    pub(super) fn inject_argument(&mut self, at: CallAt, call: &Call, result: u32) -> bool {
        let Some(arg) = call.args.first() else { return false };
        let from = self.node(At { file: at.file, id: arg.value });
        self.when(from, Constraint::Inject(result));
        true
    }

    /// What a function gives, a generator yields, a class makes.
    pub(super) fn inject(&mut self, value: Value, to: u32) {
        match value {
            Value::Func(func) | Value::Bound(func) => self.returned(func, to),
            Value::Class(class) => self.add(to, Value::Inst(class)),
            Value::Inst(class) => {
                if let Some(call) = self.find_method(class, name("__call__")) {
                    self.returned(call, to);
                }
            }
            Value::Ext(path) => {
                let made = self.made_by(path);
                self.add(to, Value::ExtInst(made));
            }
            _ => {}
        }
    }

    /// The functions that a registration takes are called with values of the types that its fact names.
    pub(super) fn give_registered(&mut self, at: CallAt, call: &Call, path: Name) {
        let first = super::first_text(&self.input.summaries[at.file], call);
        let entries: Vec<Arc<Entry>> = self.facts.registrations(path).to_vec();
        for entry in entries.into_iter().filter(|entry| !entry.parameters.is_empty() && entry.takes(first)) {
            let giver = self.giver(&entry);
            let keyword = match entry.which {
                Which::One(_, Some(keyword)) if self.family == Family::Ecma => Some(keyword),
                _ => None,
            };
            for arg in argument(call, entry.which) {
                let mut node = self.node(At { file: at.file, id: arg.value });
                // `route({ handler })`: the property of the object.
                for part in keyword.iter().flat_map(|keyword| keyword.split('.')) {
                    let inner = self.field(Owner::Call(at), name(&format!("<{part}>")));
                    self.when(node, Constraint::Load(name(part), inner));
                    node = inner;
                }
                self.when(node, Constraint::Given(giver));
                let elements = self.field(Owner::Call(at), name("<handlers>"));
                self.when(node, Constraint::Element(elements));
                self.when(elements, Constraint::Given(giver));
            }
        }
    }

    /// The decorated function is called with values of the types that the decorator's fact names.
    pub(super) fn give_decorated(&mut self, at: CallAt, call: &Call, path: Name) {
        let path = path.strip_suffix("()").map_or(path, name);
        if self.facts.receives(path) {
            self.receive(at, call);
        }
        let entries: Vec<Arc<Entry>> = self.facts.decorator(path).to_vec();
        for entry in entries.iter().filter(|entry| !entry.parameters.is_empty()) {
            let giver = self.giver(entry);
            for arg in &call.args {
                let node = self.node(At { file: at.file, id: arg.value });
                self.when(node, Constraint::Given(giver));
            }
        }
    }

    /// What a library's decorator puts in the function's place, `@click.group()`, stands beside the function.
    pub(super) fn put_in_place(&mut self, at: CallAt, call: &Call, path: Name) {
        let made = if path.ends_with("()") { path } else { name(&format!("{path}()")) };
        if let Some(of) = self.facts.result(made) {
            for arg in &call.args {
                let node = self.node(At { file: at.file, id: arg.value });
                self.add(node, Value::ExtInst(of));
            }
        }
    }

    /// `{ provide: TOKEN, useClass: X }`: what is given for the token.
    pub(super) fn provide(&mut self, at: ExprAt, fields: &[(Option<Name>, ExprId)]) {
        let under = |wanted: Name| fields.iter().find(|(key, _)| *key == Some(wanted)).map(|(_, id)| At { file: at.file, id: *id });
        let facts = self.facts;
        for provider in &facts.providers {
            let Some(token) = under(provider.token).and_then(|token| self.token(token)) else { continue };
            let to = self.field(Owner::External(provider.token), token);
            if let Some(class) = under(provider.class) {
                let from = self.node(class);
                self.when(from, Constraint::Instantiate(to));
            }
            if let Some(value) = under(provider.value) {
                let from = self.node(value);
                self.copy(from, to);
            }
            if let Some(factory) = under(provider.factory) {
                let from = self.node(factory);
                self.when(from, Constraint::Inject(to));
            }
            if let Some(existing) = under(provider.existing) {
                let from = self.node(existing);
                self.when(from, Constraint::Instantiate(to));
                if let Some(other) = self.token(existing) {
                    let from = self.field(Owner::External(provider.token), other);
                    self.copy(from, to);
                }
            }
        }
    }

    /// The name of a token: its text, or the name of the variable that holds it.
    fn token(&self, at: ExprAt) -> Option<Name> {
        Some(self.constant_key(at)).filter(|key| *key != FactBase::any())
    }

    /// `@Inject(TOKEN) x`: what is given for the token.
    fn receive(&mut self, at: CallAt, call: &Call) {
        let summary = &self.input.summaries[at.file];
        let Expr::Call(decorator) = summary.exprs[call.callee] else { return };
        let Some(token) = summary.calls[decorator].args.first().and_then(|arg| self.token(At { file: at.file, id: arg.value })) else {
            return;
        };
        let facts = self.facts;
        for provider in &facts.providers {
            let from = self.field(Owner::External(provider.token), token);
            for arg in &call.args {
                if let Expr::Attr { base, name } = &summary.exprs[arg.value] {
                    let base = self.node(At { file: at.file, id: *base });
                    self.when(base, Constraint::Store(*name, from));
                } else {
                    let to = self.node(At { file: at.file, id: arg.value });
                    self.copy(from, to);
                }
            }
        }
    }

    /// Methods that a base class of a library makes entries are called with values of the types that its fact names.
    pub(super) fn give_methods(&mut self, class: ClassAt) {
        let lineage = self.lineage(class);
        let mut bases: Vec<Name> = lineage.1.clone();
        let mut at = 0;
        while at < bases.len() && at < 64 {
            bases.extend(self.facts.type_bases(bases[at]));
            at += 1;
        }
        let methods = &self.input.summaries[class.file].classes[class.id].methods;
        for base in bases {
            let entries: Vec<Arc<Entry>> = self.facts.base(base).to_vec();
            for entry in entries.into_iter().filter(|entry| !entry.parameters.is_empty()) {
                let giver = self.giver(&entry);
                for (method, func) in methods {
                    if entry.takes_method(method) {
                        self.give(Value::Bound(At { file: class.file, id: *func }), giver);
                    }
                }
            }
        }
    }

    /// A library calls the functions that it is given with values of its own, and the methods of objects with its own `this`.
    pub(super) fn give_callbacks(&mut self, at: CallAt, call: &Call, path: Name) {
        let summary = &self.input.summaries[at.file];
        if self.facts.invokes(path).iter().any(|invoke| invoke.elements_of.is_some()) || path.len() > LONGEST_PATH {
            return;
        }
        // What facts say of the first parameters holds for these.
        let told = self.facts.registrations(path).iter().map(|entry| entry.parameters.len()).max().unwrap_or(0);
        for arg in &call.args {
            match &summary.exprs[arg.value] {
                Expr::Function(id) => {
                    let untyped =
                        summary.functions[*id].params.iter().enumerate().filter(|(_, param)| param.annotation.is_none() && !param.rest);
                    for (position, param) in untyped.skip_while(|(position, _)| *position < told) {
                        if let Some(var) = param.var {
                            let to = self.var_node(at.file, var);
                            self.add(to, Value::ExtInst(name(&format!("{path}().callback{position}"))));
                        }
                    }
                }
                Expr::Object(_) if self.family == Family::Ecma => {
                    let own = summary.functions.iter_enumerated().filter(|(_, function)| function.object == Some(arg.value));
                    for (id, _) in own {
                        let this = self.this_node(At { file: at.file, id });
                        self.add(this, Value::ExtInst(name(&format!("{path}().this"))));
                    }
                }
                _ => {}
            }
        }
    }

    fn giver(&mut self, entry: &Arc<Entry>) -> u32 {
        let known = self.givers.iter().position(|known| Arc::ptr_eq(known, entry));
        known.unwrap_or_else(|| {
            self.givers.push(entry.clone());
            self.givers.len() - 1
        }) as u32
    }

    pub(super) fn give(&mut self, value: Value, giver: u32) {
        let (Value::Func(func) | Value::Bound(func)) = value else { return };
        let function = self.input.func(func);
        let python = self.input.summaries[func.file].family == Family::Python;
        let own = usize::from(python && function.class.is_some() && !matches!(function.kind, crate::ir::FuncKind::Static));
        let types = self.givers[giver as usize].parameters.clone();
        let params = function.params.get(own..).unwrap_or_default();
        if self.givers[giver as usize].most.is_some_and(|most| params.len() > most) {
            return;
        }
        for (param, of) in params.iter().zip(types) {
            if let Some(var) = param.var.filter(|_| param.annotation.is_none()) {
                let to = self.var_node(func.file, var);
                self.add(to, Value::ExtInst(of));
            }
        }
    }
}
