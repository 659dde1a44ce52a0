//! Calls of libraries that put values into containers, take them out, or keep functions under events.

use super::bind::argument;
use super::values::{Constraint, Owner, Solution, Value};
use super::{At, CallAt, ExprAt};
use crate::base::{Name, name};
use crate::facts::{Container, ElementsOf, FactBase, Handling, Invoke, Results};
use crate::ir::{Call, Expr, Family};

impl Solution<'_> {
    /// Does with containers what facts say that a call on `path` does; whether its result is told.
    pub(super) fn handle(&mut self, at: CallAt, call: &Call, path: Name, result: u32) -> bool {
        let mut told = false;
        for container in self.facts.containers(path) {
            told |= self.handle_one(at, call, path, *container, result);
        }
        for invoke in self.facts.invokes(path) {
            told |= self.invoke(at, call, path, *invoke, result);
        }
        told
    }

    fn handle_one(&mut self, at: CallAt, call: &Call, path: Name, container: Container, result: u32) -> bool {
        let file = at.file;
        let placed: Vec<ExprAt> = call.args.iter().filter(|arg| arg.name.is_none()).map(|arg| At { file, id: arg.value }).collect();
        let after = container.argument + 1;
        let holder = match container.of {
            Some(position) => placed.get(position).map(|arg| self.node(*arg)),
            None => self.receiver(at, call),
        };
        let Some(receiver) = holder else { return false };
        let given = placed.get(container.argument).copied();
        let any = FactBase::any();
        match container.does {
            Handling::Adds => {
                for arg in placed.iter().skip(container.argument) {
                    let from = self.node(*arg);
                    self.when(receiver, Constraint::Store(any, from));
                }
                false
            }
            Handling::Extends => {
                for arg in &placed {
                    let elements = self.field(Owner::Call(at), name("<elements>"));
                    let from = self.node(*arg);
                    self.when(from, Constraint::Element(elements));
                    self.when(receiver, Constraint::Store(any, elements));
                }
                false
            }
            Handling::Puts => {
                if let (Some(key), Some(value)) = (given, placed.get(after)) {
                    let (key, from) = (self.constant_key(key), self.node(*value));
                    self.when(receiver, Constraint::Store(key, from));
                }
                false
            }
            Handling::Merges => {
                for arg in placed.iter().skip(container.argument) {
                    let from = self.node(*arg);
                    self.when(receiver, Constraint::MergeInto(from));
                }
                for arg in call.args.iter().filter(|arg| arg.name.is_some()) {
                    if let Some(key) = arg.name {
                        let from = self.node(At { file, id: arg.value });
                        self.when(receiver, Constraint::Store(key, from));
                    }
                }
                // `Object.assign(a, b)` gives `a`.
                if container.of.is_some() {
                    self.copy(receiver, result);
                }
                container.of.is_some()
            }
            Handling::Gets => {
                let key = given.map_or(any, |key| self.constant_key(key));
                self.when(receiver, Constraint::Subscript(key, result));
                if let Some(default) = placed.get(after) {
                    let from = self.node(*default);
                    self.copy(from, result);
                }
                true
            }
            Handling::Reads => {
                if let Some(key) = given.map(|key| self.constant_key(key)).filter(|key| *key != any) {
                    self.when(receiver, Constraint::Load(key, result));
                }
                if let Some(default) = placed.get(after) {
                    self.flow(*default, result, false);
                }
                true
            }
            Handling::Takes => {
                self.when(receiver, if container.of.is_some() { Constraint::Element(result) } else { Constraint::Subscript(any, result) });
                true
            }
            Handling::Keeps => {
                self.copy(receiver, result);
                true
            }
            Handling::Copies => {
                let Some(object) = self.result_at(at) else { return false };
                let to = self.field(Owner::Object(object), any);
                self.when(receiver, if container.of.is_some() { Constraint::Element(to) } else { Constraint::Subscript(any, to) });
                // The new container is what the fact of its type makes of it.
                false
            }
            Handling::Pairs => {
                let Some(object) = self.result_at(at) else { return false };
                let pair = At { file, id: call.callee };
                let element = self.field(Owner::Object(pair), name("1"));
                self.when(receiver, Constraint::Subscript(any, element));
                if let Some(of) = self.facts.result(path) {
                    self.tracked.insert(object, of);
                }
                let to = self.field(Owner::Object(object), any);
                self.add(to, Value::Object(pair));
                self.add(result, Value::Object(object));
                true
            }
            // Without an argument the annotation says what is made.
            Handling::Injects => self.inject_argument(at, call, result),
            Handling::Promises => {
                self.copy(receiver, result);
                false
            }
            Handling::Unpairs => {
                let Some(object) = self.result_at(at) else { return false };
                let pairs = self.field(Owner::Call(at), name("<pairs>"));
                self.when(receiver, Constraint::Element(pairs));
                let to = self.field(Owner::Object(object), any);
                self.when(pairs, Constraint::Subscript(name("1"), to));
                false
            }
            Handling::Inherits => {
                if let Some(above) = given {
                    let made = self.field(Owner::Call(at), name("<above>"));
                    let from = self.node(above);
                    self.when(from, Constraint::Instantiate(made));
                    self.when(receiver, Constraint::Store(name("prototype"), made));
                }
                false
            }
            Handling::Listens => {
                if let (Some(event), Some(listener)) = (given, placed.get(after)) {
                    let (event, from) = (self.event(event), self.node(*listener));
                    self.when(receiver, Constraint::Store(event, from));
                }
                self.copy(receiver, result);
                true
            }
            Handling::Emits => {
                if let Some(event) = given {
                    let event = self.event(event);
                    let listeners = self.field(Owner::Call(at), name("<listeners>"));
                    self.when(receiver, Constraint::Subscript(event, listeners));
                    self.when(listeners, Constraint::Emit(at));
                    self.emits.insert(at, listeners);
                }
                false
            }
        }
    }

    /// The name under which listeners to an event are kept: no attribute has it.
    fn event(&self, event: ExprAt) -> Name {
        name(&format!("on {}", self.constant_key(event)))
    }

    /// The functions kept under the event that a call emits.
    #[must_use]
    pub fn listeners(&self, at: CallAt) -> &[Value] {
        self.emits.get(&at).map_or(&[], |node| self.at_node(*node))
    }

    /// A listener is called with what stands after the event.
    pub(super) fn emit(&mut self, at: CallAt, value: Value) {
        let (Value::Func(func) | Value::Bound(func)) = value else { return };
        let call = &self.input.summaries[at.file].calls[at.id];
        for (arg, param) in call.args.iter().skip(1).zip(&self.input.func(func).params) {
            if let Some(var) = param.var {
                let to = self.var_node(func.file, var);
                self.flow(At { file: at.file, id: arg.value }, to, false);
            }
        }
    }

    /// A library's call runs one of its arguments: what it is called with, and what becomes of what it gives.
    fn invoke(&mut self, at: CallAt, call: &Call, path: Name, invoke: Invoke, result: u32) -> bool {
        // Elements flow to a first parameter only.
        if invoke.position > 0 || (invoke.elements_of.is_none() && invoke.results.is_none()) || argument(call, invoke.which).is_empty() {
            return false;
        }
        let given = self.field(Owner::Call(at), name("<given>"));
        let holder = match invoke.elements_of {
            Some(ElementsOf::Receiver(_)) => self.receiver(at, call),
            Some(ElementsOf::Argument(position)) => {
                call.args.iter().filter(|arg| arg.name.is_none()).nth(position).map(|arg| self.node(At { file: at.file, id: arg.value }))
            }
            None => None,
        };
        if let Some(holder) = holder {
            self.when(holder, Constraint::Element(given));
        }
        let results = match (invoke.results, self.result_at(at)) {
            (Some(Results::Elements), Some(object)) => {
                if let Some(of) = self.facts.result(path) {
                    self.tracked.insert(object, of);
                }
                self.add(result, Value::Object(object));
                self.field(Owner::Object(object), FactBase::any())
            }
            (Some(Results::Result), _) => result,
            _ => self.field(Owner::Call(at), name("<given back>")),
        };
        for arg in argument(call, invoke.which) {
            let function = self.node(At { file: at.file, id: arg.value });
            self.when(function, Constraint::Apply { given, result: results });
        }
        invoke.results.is_some()
    }

    /// The node of what a method is called on.
    pub(super) fn receiver(&self, at: CallAt, call: &Call) -> Option<u32> {
        match &self.input.summaries[at.file].exprs[call.callee] {
            Expr::Attr { base, .. } => Some(self.node(At { file: at.file, id: *base })),
            // `list(x)`, `new Map(x)`: the result itself.
            _ => self.result_node(at),
        }
    }

    /// The expression of a call's result, which stands for the container that the call makes.
    fn result_at(&self, at: CallAt) -> Option<ExprAt> {
        self.result_node(at).and_then(|node| self.expr_of(node))
    }

    /// What a value holds under each key, `into` holds too.
    pub(super) fn merge(&mut self, value: Value, into: Owner) {
        match value {
            Value::Object(object) => self.merge_all(Owner::Object(object), into),
            Value::New(func) => self.merge_all(Owner::New(func), into),
            Value::Inst(class) if self.family == Family::Ecma => self.merge_all(Owner::Class(class), into),
            Value::Module(file) if self.family == Family::Ecma => {
                let exports: Vec<_> = self.exports[file].iter().map(|(key, value)| (*key, *value)).collect();
                let mut exports = exports;
                exports.sort_unstable();
                for (key, value) in exports {
                    if key.as_str() != "default" {
                        let (from, to) = (self.node(At { file, id: value }), self.field(into, key));
                        self.copy(from, to);
                    }
                }
                self.merge_all(Owner::Exports(file), into);
            }
            _ => {}
        }
    }

    /// What the values of `from` hold under each key, `value` holds too.
    pub(super) fn merge_into(&mut self, value: Value, from: u32) {
        let owner = match value {
            Value::Object(object) => Owner::Object(object),
            Value::Class(class) | Value::Inst(class) => Owner::Class(class),
            Value::Func(func) => Owner::Func(func),
            Value::New(func) => Owner::New(func),
            Value::Module(file) => Owner::Exports(file),
            _ => return,
        };
        self.when(from, Constraint::Merge(owner));
    }
}
