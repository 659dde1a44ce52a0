//! Statements, bindings and calls.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, named_children, span};
use crate::base::Span;
use crate::ir::{Arg, Assign, Call, CallKind, Const, Expr, ExprId, Target};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

impl Lowering<'_> {
    /// A block whose scope is already open: a module, a function's body.
    pub(super) fn block(&mut self, node: Node<'_>) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        self.declare_block(node);
        let (outer, tested) = (self.guard, self.tested.len());
        for child in named_children(node) {
            self.statement(child);
        }
        self.guard = outer;
        self.tested.truncate(tested);
        self.depth -= 1;
    }

    fn scoped_block(&mut self, node: Node<'_>) {
        self.scopes.push(FxHashMap::default());
        self.block(node);
        self.scopes.pop();
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        match node.sort() {
            "comment" | "empty_statement" | "continue_statement" | "debugger_statement" | "hash_bang_line" | "function_signature"
            | "import_alias" => {}
            // In a `switch`, it leaves that.
            "break_statement" if self.switched == (true, self.looped) => {}
            "break_statement" => self.summary.exits(self.looped, false),
            "expression_statement" => {
                if let Some(inner) = node.named_child(0) {
                    if inner.sort() == "internal_module" {
                        self.namespace(inner);
                    } else {
                        self.directive(inner);
                        let parts = if inner.sort() == "sequence_expression" { named_children(inner).to_vec() } else { vec![inner] };
                        for part in parts {
                            let value = self.expression(part);
                            if !matches!(part.sort(), "assignment_expression" | "augmented_assignment_expression") {
                                self.summary.drop_result(value);
                            }
                        }
                    }
                }
            }
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                for declarator in named_children(node) {
                    self.declarator(declarator);
                }
            }
            "return_statement" => {
                self.summary.exits(self.looped, true);
                if let Some(value) = named_children(node).into_iter().find(|value| value.sort() != "comment") {
                    if self.returned_state(value) {
                        return;
                    }
                    let value = self.expression(value);
                    let func = self.func;
                    self.summary.functions[func].returns.push(value);
                } else {
                    let func = self.func;
                    self.summary.functions[func].gives_nothing = true;
                }
            }
            "function_declaration" | "generator_function_declaration" => {
                let named = node.at(Field::Name).map(|named| self.name_of(named));
                let value = self.function(node);
                if let Some(named) = named {
                    self.bind_name(named, value);
                }
            }
            "class_declaration" | "abstract_class_declaration" => _ = self.class_declaration(node, &[]),
            "interface_declaration" => self.interface(node),
            "type_alias_declaration" => self.type_alias(node),
            "enum_declaration" => self.enumeration(node),
            "internal_module" | "module" => self.namespace(node),
            "import_statement" => self.import(node),
            "export_statement" => self.export(node),
            "if_statement" => self.if_statement(node),
            "for_in_statement" => self.for_in(node),
            "for_statement" => self.for_statement(node),
            "while_statement" | "do_statement" => self.while_statement(node),
            "statement_block" => self.scoped_block(node),
            "switch_statement" => self.switch_statement(node),
            "try_statement" => {
                for child in named_children(node) {
                    if child.sort() == "catch_clause" && !super::guards::throws_on(child) {
                        // What `finally` does is caught by nobody.
                        self.summary.caught.push(Span { start: span(node).start, end: span(child).end });
                    }
                    self.any(child);
                }
            }
            "throw_statement" => {
                self.summary.throws.push((self.func, span(node)));
                for child in named_children(node) {
                    self.any(child);
                }
            }
            "catch_clause" => {
                self.scopes.push(FxHashMap::default());
                if let Some(parameter) = node.at(Field::Parameter) {
                    self.declare_pattern(parameter);
                    let thrown = self.push(Expr::Builtin(crate::base::name("Error")));
                    self.assign_to(parameter, thrown);
                }
                if let Some(body) = node.at(Field::Body) {
                    self.block(body);
                }
                self.scopes.pop();
            }
            _ => {
                for child in named_children(node) {
                    self.any(child);
                }
            }
        }
    }

    /// A child that may be a statement or an expression.
    pub(super) fn any(&mut self, node: Node<'_>) {
        let kind = node.sort();
        let is_statement = kind.ends_with("_statement")
            || kind.ends_with("_declaration")
            || kind.ends_with("_clause")
            || kind == "statement_block"
            || kind == "ERROR";
        if is_statement {
            if self.depth < DEEPEST {
                self.depth += 1;
                self.statement(node);
                self.depth -= 1;
            }
        } else if kind != "comment" {
            self.expression(node);
        }
    }

    fn directive(&mut self, node: Node<'_>) {
        if node.sort() == "string" && self.summary.calls.is_empty() && self.string(node).as_str() == "use client" {
            self.summary.is_client = true;
        }
    }

    pub(super) fn call(&mut self, kind: CallKind, callee: ExprId, args: Vec<Arg>, at: Node<'_>, awaited: bool) -> ExprId {
        let call = Call {
            kind,
            callee,
            args,
            span: span(at),
            func: self.func,
            awaited,
            main_guard: self.main_guard,
            once: self.once,
            guard: self.guard,
            looped: self.looped,
            dropped: false,
        };
        let id = self.summary.calls.push(call);
        let asked = self.tested.last().filter(|asked| asked.missing && kind == CallKind::Call);
        self.asking.extend(asked.map(|asked| (id, *asked)));
        self.push(Expr::Call(id))
    }

    fn declarator(&mut self, node: Node<'_>) {
        let Some(target) = node.at(Field::Name) else { return };
        let of = node.at(Field::Type).map(|of| self.type_of(of));
        if let Some(value) = node.at(Field::Value) {
            if target.sort() == "identifier" {
                self.hint = Some(self.name_of(target));
            }
            let value = self.expression(value);
            self.hint = None;
            self.assign_to(target, value);
        }
        // Until it is given a value, it is nothing; and a `var` may be read where its declaration has not run.
        if node.at(Field::Value).is_none() || (self.has_var && self.scopes.len() > self.floor) {
            self.blur(target);
        }
        if let (Some(of), "identifier") = (of, target.sort()) {
            let named = self.name_of(target);
            if let Some(var) = self.find_var(named) {
                self.store(Target::Var(var), of, true);
            }
        }
    }

    /// Notes that a variable holds what no assignment says.
    pub(super) fn blur(&mut self, target: Node<'_>) {
        if target.sort() == "identifier" {
            let named = self.name_of(target);
            if let Some(var) = self.find_var(named) {
                self.summary.blur(var);
            }
        }
    }

    pub(super) fn store(&mut self, target: Target, value: ExprId, is_type: bool) {
        if let (Target::Var(var), false) = (&target, is_type) {
            self.summary.assigned(*var, self.func, self.guard);
        }
        self.summary.assigns.push(Assign { target, value, is_type });
    }

    pub(super) fn bind_name(&mut self, named: crate::base::Name, value: ExprId) {
        if let Some(var) = self.find_var(named) {
            self.store(Target::Var(var), value, false);
        }
    }

    /// Binds a pattern, or a place, to a value.
    pub(super) fn assign_to(&mut self, left: Node<'_>, value: ExprId) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        match left.sort() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                let named = self.name_of(left);
                self.bind_name(named, value);
            }
            "member_expression" => {
                if let (Some(object), Some(property)) = (left.at(Field::Object), left.at(Field::Property)) {
                    let base = self.expression(object);
                    let name = self.name_of(property);
                    self.store(Target::Attr { base, name }, value, false);
                }
            }
            "subscript_expression" => {
                if let (Some(object), Some(index)) = (left.at(Field::Object), left.at(Field::Index)) {
                    let base = self.expression(object);
                    let key = self.expression(index);
                    self.store(Target::Index { base, key }, value, false);
                }
            }
            "object_pattern" => {
                for part in named_children(left) {
                    self.bind_property(part, value);
                }
            }
            "array_pattern" => {
                let mut at = 0.0;
                let mut cursor = left.walk();
                let parts: Vec<_> = left.children(&mut cursor).collect();
                for part in parts {
                    match part.sort() {
                        "," => at += 1.0,
                        "rest_pattern" => {
                            if let Some(inner) = part.named_child(0) {
                                self.assign_to(inner, value);
                            }
                        }
                        _ if part.is_named() => {
                            let key = self.push(Expr::Const(Const::Number(at)));
                            let item = self.push(Expr::Index { base: value, key });
                            self.assign_to(part, item);
                        }
                        _ => {}
                    }
                }
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                if let (Some(target), Some(default)) = (left.at(Field::Left), left.at(Field::Right)) {
                    let default = self.expression(default);
                    let either = self.push(Expr::Either(vec![value, default]));
                    self.assign_to(target, either);
                }
            }
            "parenthesized_expression" | "non_null_expression" | "rest_pattern" | "as_expression" => {
                if let Some(inner) = left.named_child(0) {
                    self.assign_to(inner, value);
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn bind_property(&mut self, part: Node<'_>, value: ExprId) {
        match part.sort() {
            "shorthand_property_identifier_pattern" => {
                let name = self.name_of(part);
                let item = self.push(Expr::Attr { base: value, name });
                self.assign_to(part, item);
            }
            "pair_pattern" => {
                if let (Some(key), Some(target)) = (part.at(Field::Key), part.at(Field::Value)) {
                    let item = match self.key_of(key) {
                        Some(name) => self.push(Expr::Attr { base: value, name }),
                        None => self.unknown(),
                    };
                    self.assign_to(target, item);
                }
            }
            "object_assignment_pattern" => {
                if let (Some(target), Some(default)) = (part.at(Field::Left), part.at(Field::Right)) {
                    let name = self.name_of(target);
                    let item = self.push(Expr::Attr { base: value, name });
                    let default = self.expression(default);
                    let either = self.push(Expr::Either(vec![item, default]));
                    self.assign_to(target, either);
                }
            }
            "rest_pattern" => {
                if let Some(inner) = part.named_child(0) {
                    self.assign_to(inner, value);
                }
            }
            _ => {}
        }
    }
}
