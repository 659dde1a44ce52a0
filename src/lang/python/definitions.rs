//! Functions and classes.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, span};
use crate::base::name;
use crate::ir::{Arg, CallKind, Class, Expr, ExprId, FuncId, FuncKind, Function, Param, Target};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn decorated(&mut self, node: Node<'_>) {
        let mut decorators = Vec::new();
        let children: Vec<_> = node.named().into_iter().filter(|child| child.sort() == "decorator").collect();
        for decorator in children {
            if let Some(inner) = decorator.named_child(0) {
                decorators.push((self.expression(inner), inner));
            }
        }
        match node.at(Field::Definition) {
            Some(definition) if definition.sort() == "class_definition" => self.class(definition, &decorators),
            Some(definition) => self.function(definition, &decorators),
            None => {}
        }
    }

    fn decorate(&mut self, decorators: &[(ExprId, Node<'_>)], decorated: ExprId) {
        // `@x.setter` adds to the property x.
        let adds = |at: &Node<'_>| {
            at.sort() == "attribute"
                && matches!(at.at(Field::Attribute).map(|last| self.text_of(last)), Some("setter" | "deleter" | "getter"))
        };
        let others: Vec<_> = decorators.iter().filter(|(_, at)| !adds(at)).collect();
        for (decorator, at) in others {
            self.call(CallKind::Decorate, *decorator, vec![Arg { name: None, value: decorated, spread: false }], *at, false);
        }
    }

    fn kind_of(&self, decorators: &[(ExprId, Node<'_>)]) -> FuncKind {
        for (_, at) in decorators {
            let text = self.text_of(*at);
            match text.rsplit('.').next().unwrap_or(text) {
                "staticmethod" => return FuncKind::Static,
                "classmethod" => return FuncKind::ClassMethod,
                "property" | "cached_property" | "abstractproperty" | "getter" => return FuncKind::Getter,
                "setter" | "deleter" => return FuncKind::Setter,
                _ => {}
            }
        }
        FuncKind::Method
    }

    pub(super) fn function(&mut self, node: Node<'_>, decorators: &[(ExprId, Node<'_>)]) {
        let Some(named) = node.at(Field::Name) else { return };
        let is_method = self.in_class_body();
        let class = if is_method { self.class } else { None };
        let body = node.at(Field::Body);
        let own_name = self.name_of(named);
        let func = self.summary.functions.push(Function {
            name: own_name,
            span: span(node),
            name_span: span(named),
            parent: Some(self.func),
            guard: self.guard,
            class,
            object: None,
            kind: if is_method { self.kind_of(decorators) } else { FuncKind::Function },
            is_async: node.child(0).is_some_and(|child| child.sort() == "async"),
            is_generator: false,
            waits: false,
            gives_nothing: !body.is_some_and(super::guards::gives),
            is_abstract: body.is_some_and(|body| self.is_abstract(body))
                || decorators.iter().any(|(_, at)| self.text_of(*at).ends_with("abstractmethod")),
            params: Vec::new(),
            returns: Vec::new(),
            return_type: None,
            decorators: decorators.iter().map(|(decorator, _)| *decorator).collect(),
        });
        let value = self.push(Expr::Function(func));
        let bound = self.name_of(named);
        if let (true, Some(class)) = (is_method, class) {
            self.summary.classes[class].methods.push((bound, func));
            if let Some(members) = self.members.last_mut() {
                members.insert(bound, value);
            }
        } else if let Some(var) = self.find_var(bound) {
            self.store(Target::Var(var), value, false);
        }
        self.decorate(decorators, value);
        let of = node.at(Field::ReturnType).map(|of| self.type_expression(of));
        self.summary.functions[func].return_type = of;
        self.function_body(func, node.at(Field::Parameters), body, false);
    }

    /// Parameters and body of a function, or of a lambda whose body is an expression.
    pub(super) fn function_body(&mut self, func: FuncId, parameters: Option<Node<'_>>, body: Option<Node<'_>>, is_lambda: bool) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let mut params = Vec::new();
        if let Some(parameters) = parameters {
            let children = parameters.named();
            for child in children {
                self.parameter(child, &mut params);
            }
        }
        let (outer_func, outer_guard) = (self.func, (self.main_guard, self.guard.take()));
        let outer_tests = (std::mem::take(&mut self.tested), std::mem::take(&mut self.once), self.looped.take());
        self.func = func;
        self.scopes.push(FxHashMap::default());
        self.global_names.push(FxHashMap::default());
        self.members.push(FxHashMap::default());
        for param in &mut params {
            param.var = Some(self.new_var(param.name));
        }
        self.summary.functions[func].params = params;
        if let Some(body) = body {
            if is_lambda {
                let value = self.expression(body);
                self.returns(value);
            } else {
                self.declare(body);
                self.block(body);
            }
        }
        self.members.pop();
        self.global_names.pop();
        self.scopes.pop();
        (self.func, (self.main_guard, self.guard)) = (outer_func, outer_guard);
        (self.tested, self.once, self.looped) = outer_tests;
        self.depth -= 1;
    }

    fn parameter(&mut self, node: Node<'_>, params: &mut Vec<Param>) {
        let mut named = Some(node);
        let (mut rest, mut keywords) = (false, false);
        let annotation = node.at(Field::Type).map(|of| self.type_expression(of));
        let default = node.at(Field::Value).map(|value| self.expression(value));
        loop {
            match named.map(super::super::syntax::Syntax::sort) {
                Some("identifier") => break,
                Some("list_splat_pattern") => rest = true,
                Some("dictionary_splat_pattern") => keywords = true,
                Some("default_parameter" | "typed_default_parameter" | "typed_parameter") => {}
                _ => return,
            }
            named = named.and_then(|node| node.at(Field::Name).or_else(|| node.named_child(0)));
        }
        if let Some(named) = named {
            params.push(Param {
                name: self.name_of(named),
                var: None,
                annotation: annotation.filter(|_| !rest && !keywords),
                default,
                rest,
                keywords,
            });
        }
    }

    fn is_abstract(&self, body: Node<'_>) -> bool {
        let mut cursor = body.walk();
        body.named_children(&mut cursor).all(|child| match child.sort() {
            "pass_statement" | "comment" => true,
            "expression_statement" => child.named_child(0).is_some_and(|inner| matches!(inner.sort(), "ellipsis" | "string")),
            "raise_statement" => self.text_of(child).contains("NotImplementedError"),
            _ => false,
        })
    }

    pub(super) fn class(&mut self, node: Node<'_>, decorators: &[(ExprId, Node<'_>)]) {
        let Some(named) = node.at(Field::Name) else { return };
        let mut bases = Vec::new();
        if let Some(arguments) = node.at(Field::Superclasses) {
            let children = arguments.named();
            for child in children {
                if child.sort() == "keyword_argument" {
                    if let Some(value) = child.at(Field::Value) {
                        self.expression(value);
                    }
                } else if child.sort() != "comment" {
                    bases.push(self.expression(child));
                }
            }
        }
        let own_name = self.name_of(named);
        let class = self.summary.classes.push(Class {
            name: own_name,
            span: span(node),
            parent: self.func,
            outer: if self.in_class_body() { self.class } else { None },
            bases,
            decorators: decorators.iter().map(|(decorator, _)| *decorator).collect(),
            methods: Vec::new(),
            fields: Vec::new(),
            types: Vec::new(),
        });
        let value = self.push(Expr::Class(class));
        let bound = self.name_of(named);
        self.bind(bound, value);
        self.decorate(decorators, value);
        let outer = self.class.replace(class);
        self.members.push(FxHashMap::from_iter([(name("<class body>"), value)]));
        if let Some(body) = node.at(Field::Body) {
            self.block(body);
        }
        self.members.pop();
        self.class = outer;
    }
}
