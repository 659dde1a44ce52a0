//! Functions, methods, arrows and their parameters.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, has_token, named_children, span};
use crate::base::{Name, name};
use crate::ir::{Expr, ExprId, FuncId, FuncKind, Function, Param, Target};
use tree_sitter::Node;

/// What a function is besides its syntax.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub named: Option<Name>,
    pub kind: FuncKind,
    pub class: Option<crate::ir::ClassId>,
    pub object: Option<ExprId>,
}

impl Lowering<'_> {
    /// A function, arrow or generator that is no method.
    pub(super) fn function(&mut self, node: Node<'_>) -> ExprId {
        let hint = self.hint.take();
        let named = node.at(Field::Name).map(|named| self.name_of(named)).or(hint);
        let plain = matches!(node.sort(), "function_declaration" | "generator_function_declaration");
        let kind = if plain { FuncKind::Function } else { FuncKind::Lambda };
        let func = self.new_function(node, Shape { named, kind, class: None, object: None });
        self.function_body(node, func);
        self.push(Expr::Function(func))
    }

    /// A function that an object literal holds: its `this` is the object.
    pub(super) fn function_of_object(&mut self, node: Node<'_>, named: Option<Name>, object: ExprId) -> ExprId {
        let kind = match node.sort() {
            "method_definition" if has_token(node, "get") => FuncKind::Getter,
            "method_definition" if has_token(node, "set") => FuncKind::Setter,
            _ => FuncKind::Function,
        };
        let func = self.new_function(node, Shape { named, kind, class: None, object: Some(object) });
        self.function_body(node, func);
        self.push(Expr::Function(func))
    }

    pub(super) fn new_function(&mut self, node: Node<'_>, shape: Shape) -> FuncId {
        let name_node = node.at(Field::Name);
        let function = Function {
            name: shape.named.unwrap_or_else(|| name("<lambda>")),
            span: span(node),
            name_span: name_node.map_or_else(|| span(node), span),
            parent: Some(self.func),
            guard: self.guard,
            class: shape.class,
            object: shape.object,
            kind: shape.kind,
            is_async: has_token(node, "async"),
            is_generator: has_token(node, "*") || node.sort().starts_with("generator"),
            waits: false,
            gives_nothing: !node.at(Field::Body).is_some_and(super::guards::gives),
            is_abstract: node.at(Field::Body).is_none(),
            params: Vec::new(),
            returns: Vec::new(),
            return_type: None,
            decorators: Vec::new(),
        };
        self.summary.functions.push(function)
    }

    /// Reads parameters and body of `node` into `func`.
    pub(super) fn function_body(&mut self, node: Node<'_>, func: FuncId) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let is_arrow = node.sort() == "arrow_function";
        let outer = (self.func, self.this, self.main_guard, self.guard.take());
        let outer_tests = (std::mem::take(&mut self.tested), std::mem::take(&mut self.once), self.looped.take());
        let switched = std::mem::take(&mut self.switched);
        self.func = func;
        // The body of a compiled async function is called with the outer `this`.
        if !is_arrow && self.async_bodies.last() != Some(&node.start_byte()) {
            self.this = func;
        }
        self.scopes.push(rustc_hash::FxHashMap::default());
        // A function expression's own name holds inside it.
        if let Some(named) = node.at(Field::Name).filter(|_| node.sort().ends_with("_expression") || node.sort() == "generator_function") {
            let named = self.name_of(named);
            let var = self.declare_var(named);
            let value = self.push(Expr::Function(func));
            self.store(Target::Var(var), value, false);
        }
        self.parameters(node, func);
        if let Some(of) = node.at(Field::ReturnType) {
            let of = self.type_of(of);
            self.summary.functions[func].return_type = Some(of);
        }
        if let Some(body) = node.at(Field::Body) {
            if body.sort() == "statement_block" {
                self.enter_function(body);
                let floor = std::mem::replace(&mut self.floor, self.scopes.len());
                self.block(body);
                self.floor = floor;
                self.scopes.pop();
            } else {
                let value = self.expression(body);
                self.summary.functions[func].returns.push(value);
            }
        }
        self.scopes.pop();
        (self.func, self.this, self.main_guard, self.guard) = outer;
        (self.tested, self.once, self.looped) = outer_tests;
        self.switched = switched;
        self.depth -= 1;
    }

    fn parameters(&mut self, node: Node<'_>, func: FuncId) {
        let parts = match (node.at(Field::Parameter), node.at(Field::Parameters)) {
            (Some(single), _) => std::iter::once(single).collect(),
            (None, Some(list)) => named_children(list),
            (None, None) => super::super::syntax::Children::new(),
        };
        for part in parts.into_iter().filter(|part| part.sort() != "comment" && part.sort() != "decorator") {
            self.parameter(part, func);
        }
    }

    fn parameter(&mut self, node: Node<'_>, func: FuncId) {
        let is_typed = matches!(node.sort(), "required_parameter" | "optional_parameter");
        let pattern = if is_typed { node.at(Field::Pattern).or_else(|| node.at(Field::Name)) } else { Some(node) };
        let Some(mut pattern) = pattern else { return };
        // TypeScript's `this` parameter is no parameter.
        if pattern.sort() == "this" {
            return;
        }
        let mut default = node.at(Field::Value);
        if pattern.sort() == "assignment_pattern" {
            default = pattern.at(Field::Right);
            match pattern.at(Field::Left) {
                Some(left) => pattern = left,
                None => return,
            }
        }
        let rest = pattern.sort() == "rest_pattern";
        let annotation = node.at(Field::Type).map(|of| self.type_of(of));
        let inner = if rest { pattern.named_child(0).unwrap_or(pattern) } else { pattern };
        self.declare_pattern(inner);
        let (named, var) = if inner.sort() == "identifier" {
            let named = self.name_of(inner);
            (named, self.find_var(named))
        } else {
            let var = self.summary.vars.push(crate::ir::Var::new(name("<pattern>"), func));
            let value = self.push(Expr::Var(var));
            self.assign_to(inner, value);
            (name("<pattern>"), Some(var))
        };
        let default = default.map(|default| self.expression(default));
        if has_property_modifier(node) {
            self.parameter_property(func, named, var, annotation);
        }
        if let Some(var) = var {
            self.decorate_value(node, Expr::Var(var));
        }
        self.summary.functions[func].params.push(Param { name: named, var, annotation, default, rest, keywords: false });
    }

    /// `@Inject(TOKEN) x`: the decorator may say what is given.
    pub(super) fn decorate_value(&mut self, node: Node<'_>, decorated: Expr) {
        let decorators: Vec<_> = named_children(node).into_iter().filter(|child| child.sort() == "decorator").collect();
        if !decorators.is_empty() {
            let decorators = self.decorators(&decorators);
            let value = self.push(decorated);
            self.decorate(&decorators, value);
        }
    }

    /// `constructor(private readonly svc: Svc)`: an attribute with the parameter's type and value.
    fn parameter_property(&mut self, func: FuncId, named: Name, var: Option<crate::ir::VarId>, annotation: Option<ExprId>) {
        if let (Some(class), Some(of)) = (self.summary.functions[func].class, annotation) {
            self.summary.classes[class].types.push((named, of));
        }
        if let Some(var) = var {
            let base = self.push(Expr::This(func));
            let value = self.push(Expr::Var(var));
            self.store(Target::Attr { base, name: named }, value, false);
        }
    }
}

fn has_property_modifier(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| matches!(child.sort(), "accessibility_modifier" | "readonly" | "override_modifier"))
}
