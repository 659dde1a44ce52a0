//! Classes, interfaces, enumerations, namespaces.

use super::super::syntax::{Field, Syntax};
use super::functions::Shape;
use super::{DEEPEST, Lowering, has_token, named_children, span};
use crate::base::{Name, name};
use crate::ir::{Arg, CallKind, Class, ClassId, Const, Expr, ExprId, FuncId, FuncKind};
use tree_sitter::Node;

impl Lowering<'_> {
    /// A class declaration with the decorators that stand before an `export`.
    pub(super) fn class_declaration<'n>(&mut self, node: Node<'n>, before: &[Node<'n>]) -> ExprId {
        let named = node.at(Field::Name).map(|named| self.name_of(named));
        let value = self.class(node, before);
        if let Some(named) = named {
            self.bind_name(named, value);
        }
        value
    }

    /// A class, as declaration or expression.
    pub(super) fn class<'n>(&mut self, node: Node<'n>, before: &[Node<'n>]) -> ExprId {
        let hint = self.hint.take();
        if self.depth > DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let named = node.at(Field::Name).map(|named| self.name_of(named)).or(hint).unwrap_or_else(|| name("<class>"));
        let mut decorators = before.to_vec();
        decorators.extend(named_children(node).into_iter().filter(|child| child.sort() == "decorator"));
        let decorators = self.decorators(&decorators);
        let bases = self.heritage(node);
        let class = Class {
            name: named,
            span: span(node),
            parent: self.func,
            outer: None,
            bases,
            decorators: decorators.iter().map(|(expr, _)| *expr).collect(),
            methods: Vec::new(),
            fields: Vec::new(),
            types: Vec::new(),
        };
        let class = self.summary.classes.push(class);
        let value = self.push(Expr::Class(class));
        let outer = self.class.replace(class);
        if let Some(body) = node.at(Field::Body) {
            self.members(body, class);
        }
        self.class = outer;
        self.decorate(&decorators, value);
        self.depth -= 1;
        value
    }

    fn heritage(&mut self, node: Node<'_>) -> Vec<ExprId> {
        let mut bases = Vec::new();
        for heritage in named_children(node).into_iter().filter(|child| child.sort() == "class_heritage") {
            for part in named_children(heritage) {
                match part.sort() {
                    "extends_clause" => {
                        let values: Vec<_> = part.every(Field::Value);
                        bases.extend(values.into_iter().map(|value| self.expression(value)));
                    }
                    "implements_clause" => bases.extend(named_children(part).into_iter().map(|of| self.type_of(of))),
                    _ => bases.push(self.expression(part)),
                }
            }
        }
        bases
    }

    pub(super) fn decorators<'n>(&mut self, nodes: &[Node<'n>]) -> Vec<(ExprId, Node<'n>)> {
        let mut decorators = Vec::new();
        for node in nodes {
            if let Some(inner) = node.named_child(0) {
                decorators.push((self.expression(inner), *node));
            }
        }
        decorators
    }

    pub(super) fn decorate(&mut self, decorators: &[(ExprId, Node<'_>)], decorated: ExprId) {
        for (decorator, at) in decorators {
            self.call(CallKind::Decorate, *decorator, vec![Arg { name: None, value: decorated, spread: false }], *at, false);
        }
    }

    fn members(&mut self, body: Node<'_>, class: ClassId) {
        let members = named_children(body);
        let constructor = members.iter().find(|member| self.is_constructor(**member)).copied();
        let has_fields =
            members.iter().any(|member| is_field(*member) && !has_token(*member, "static") && member.at(Field::Value).is_some());
        let constructor_func = match constructor {
            Some(node) => Some(self.new_method(node, class, name("constructor"))),
            None if has_fields => Some(self.implied_constructor(body, class)),
            None => None,
        };
        let mut pending = Vec::new();
        for member in members {
            match member.sort() {
                // TypeScript's grammar has decorators stand before their member.
                "decorator" => pending.push(member),
                "method_definition" | "abstract_method_signature" | "method_signature" => {
                    let mut decorators = std::mem::take(&mut pending);
                    decorators.extend(named_children(member).into_iter().filter(|child| child.sort() == "decorator"));
                    if Some(member) == constructor {
                        if let Some(func) = constructor_func {
                            self.method_body(member, func, &decorators);
                        }
                    } else if let Some(named) = member.at(Field::Name).and_then(|named| self.key_of(named)) {
                        let func = self.new_method(member, class, named);
                        self.method_body(member, func, &decorators);
                    }
                }
                "field_definition" | "public_field_definition" => {
                    self.field(member, class, constructor_func, &std::mem::take(&mut pending));
                }
                "class_static_block" => {
                    if let Some(block) = member.at(Field::Body) {
                        self.statement(block);
                    }
                }
                _ => {}
            }
        }
    }

    fn is_constructor(&self, member: Node<'_>) -> bool {
        member.sort() == "method_definition" && member.at(Field::Name).is_some_and(|named| self.text_of(named) == "constructor")
    }

    fn new_method(&mut self, node: Node<'_>, class: ClassId, named: Name) -> FuncId {
        let kind = if has_token(node, "static") {
            FuncKind::Static
        } else if has_token(node, "get") {
            FuncKind::Getter
        } else if has_token(node, "set") {
            FuncKind::Setter
        } else {
            FuncKind::Method
        };
        let func = self.new_function(node, Shape { named: Some(named), kind, class: Some(class), object: None });
        self.summary.classes[class].methods.push((named, func));
        func
    }

    /// Fields are set when an instance is made: without a constructor of its own, the class has one that does only this.
    fn implied_constructor(&mut self, body: Node<'_>, class: ClassId) -> FuncId {
        let func =
            self.new_function(body, Shape { named: Some(name("constructor")), kind: FuncKind::Method, class: Some(class), object: None });
        self.summary.functions[func].is_abstract = false;
        self.summary.functions[func].is_async = false;
        self.summary.functions[func].is_generator = false;
        self.summary.functions[func].name_span = crate::base::Span::new(body.start_byte(), body.start_byte());
        self.summary.functions[func].span = self.summary.functions[func].name_span;
        self.summary.classes[class].methods.push((name("constructor"), func));
        if !self.summary.classes[class].bases.is_empty() {
            let callee = self.push(Expr::Super(class));
            let outer = std::mem::replace(&mut self.func, func);
            self.call(CallKind::Call, callee, Vec::new(), body, false);
            self.func = outer;
        }
        func
    }

    fn method_body(&mut self, node: Node<'_>, func: FuncId, decorators: &[Node<'_>]) {
        let decorators = self.decorators(decorators);
        self.summary.functions[func].decorators = decorators.iter().map(|(expr, _)| *expr).collect();
        self.function_body(node, func);
        let value = self.push(Expr::Function(func));
        self.decorate(&decorators, value);
    }

    fn field(&mut self, node: Node<'_>, class: ClassId, constructor: Option<FuncId>, before: &[Node<'_>]) {
        let Some(named) = node.at(Field::Name).or_else(|| node.at(Field::Property)).and_then(|named| self.key_of(named)) else {
            return;
        };
        if let Some(of) = node.at(Field::Type) {
            let of = self.type_of(of);
            self.summary.classes[class].types.push((named, of));
        }
        let mut decorators = before.to_vec();
        decorators.extend(named_children(node).into_iter().filter(|child| child.sort() == "decorator"));
        if !decorators.is_empty() {
            let decorators = self.decorators(&decorators);
            let base = self.push(Expr::Class(class));
            let value = self.push(Expr::Attr { base, name: named });
            self.decorate(&decorators, value);
        }
        let Some(value) = node.at(Field::Value) else { return };
        let outer = (self.func, self.this);
        if let (Some(constructor), false) = (constructor, has_token(node, "static")) {
            (self.func, self.this) = (constructor, constructor);
        }
        self.hint = Some(named);
        let value = self.expression(value);
        self.hint = None;
        (self.func, self.this) = outer;
        self.summary.classes[class].fields.push((named, value));
    }

    pub(super) fn interface(&mut self, node: Node<'_>) {
        let Some(named) = node.at(Field::Name).map(|named| self.name_of(named)) else { return };
        let mut bases = Vec::new();
        for clause in named_children(node).into_iter().filter(|child| child.sort() == "extends_type_clause") {
            bases.extend(named_children(clause).into_iter().map(|of| self.type_of(of)));
        }
        let class = Class {
            name: named,
            span: span(node),
            parent: self.func,
            outer: None,
            bases,
            decorators: Vec::new(),
            methods: Vec::new(),
            fields: Vec::new(),
            types: Vec::new(),
        };
        let class = self.summary.classes.push(class);
        let value = self.push(Expr::Class(class));
        self.bind_name(named, value);
        let Some(body) = node.at(Field::Body) else { return };
        for member in named_children(body) {
            let Some(key) = member.at(Field::Name).and_then(|named| self.key_of(named)) else { continue };
            match member.sort() {
                "property_signature" => {
                    if let Some(of) = member.at(Field::Type) {
                        let of = self.type_of(of);
                        self.summary.classes[class].types.push((key, of));
                    }
                }
                "method_signature" => {
                    let func = self.new_method(member, class, key);
                    self.function_body(member, func);
                }
                _ => {}
            }
        }
    }

    pub(super) fn type_alias(&mut self, node: Node<'_>) {
        if let (Some(named), Some(of)) = (node.at(Field::Name), node.at(Field::Value)) {
            let named = self.name_of(named);
            let of = self.type_of(of);
            self.bind_name(named, of);
        }
    }

    /// `enum E { A = "a", B }`: an object of its members' texts and numbers.
    pub(super) fn enumeration(&mut self, node: Node<'_>) {
        let Some(named) = node.at(Field::Name).map(|named| self.name_of(named)) else { return };
        let mut fields = Vec::new();
        let mut next = 0.0;
        for member in node.at(Field::Body).map(named_children).unwrap_or_default() {
            let written = member.at(Field::Name).unwrap_or(member);
            if written.sort() == "comment" {
                continue;
            }
            let key = self.key_of(written);
            let value = match member.at(Field::Value) {
                Some(value) => self.expression(value),
                None => self.push(Expr::Const(Const::Number(next))),
            };
            next = if let Expr::Const(Const::Number(number)) = self.summary.exprs[value] { number + 1.0 } else { next + 1.0 };
            fields.push((key, value));
        }
        let value = self.push(Expr::Object(fields));
        self.bind_name(named, value);
    }

    /// A namespace: its declarations hold in it, the ones it exports are its members.
    pub(super) fn namespace(&mut self, node: Node<'_>) {
        let (named, body) = (node.at(Field::Name).map(|named| self.name_of(named)), node.at(Field::Body));
        let Some(body) = body else { return };
        self.scopes.push(rustc_hash::FxHashMap::default());
        let before = self.summary.exports.len();
        self.block(body);
        let exported = self.summary.exports.split_off(before);
        self.scopes.pop();
        let fields = exported.into_iter().filter_map(|export| match export {
            crate::ir::Export::Named { name, value } => Some((Some(name), value)),
            crate::ir::Export::Star { .. } => None,
        });
        let value = Expr::Object(fields.collect());
        let value = self.push(value);
        if let Some(named) = named {
            self.bind_name(named, value);
        }
    }
}

fn is_field(member: Node<'_>) -> bool {
    matches!(member.sort(), "field_definition" | "public_field_definition")
}
