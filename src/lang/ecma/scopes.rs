//! Which declaration a name means: `var` and parameters hold in the function, the rest in the block.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, named_children};
use crate::base::{Name, name};
use crate::ir::{Expr, ExprId, Var, VarId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

impl Lowering<'_> {
    /// Opens a function's scope and hoists its `var` declarations.
    pub(super) fn enter_function(&mut self, body: Node<'_>) {
        self.scopes.push(FxHashMap::default());
        if self.has_var {
            self.hoist_vars(body);
        }
    }

    pub(super) fn declare_var(&mut self, named: Name) -> VarId {
        let func = self.func;
        if let Some(var) = self.scopes.last().and_then(|scope| scope.get(&named)) {
            return *var;
        }
        let var = self.summary.vars.push(Var::new(named, func));
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(named, var);
        }
        var
    }

    pub(super) fn find_var(&self, named: Name) -> Option<VarId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(&named).copied())
    }

    pub(super) fn name_expr(&mut self, named: Name) -> ExprId {
        let expr = match named.as_str() {
            "undefined" => Expr::Const(crate::ir::Const::Null),
            _ => self.find_var(named).map_or(Expr::Global(named), Expr::Var),
        };
        self.push(expr)
    }

    fn hoist_vars(&mut self, body: Node<'_>) {
        let mut pending = named_children(body);
        while let Some(node) = pending.pop() {
            match node.sort() {
                "function_declaration"
                | "generator_function_declaration"
                | "function_expression"
                | "generator_function"
                | "arrow_function"
                | "class_declaration"
                | "class"
                | "method_definition"
                | "expression_statement"
                | "return_statement" => {}
                "variable_declaration" => {
                    for declarator in named_children(node) {
                        if let Some(target) = declarator.at(Field::Name) {
                            self.declare_pattern(target);
                        }
                    }
                }
                "for_in_statement" => {
                    if node.at(Field::Kind).is_some_and(|kind| kind.sort() == "var")
                        && let Some(left) = node.at(Field::Left)
                    {
                        self.declare_pattern(left);
                    }
                    pending.extend(node.at(Field::Body));
                }
                _ => pending.extend(named_children(node)),
            }
        }
    }

    /// Declares what the statements of a block declare, before any of them is read.
    pub(super) fn declare_block(&mut self, block: Node<'_>) {
        let children = block.named();
        let mut misread = false;
        for child in children.into_iter().filter(|child| child.sort() != "comment") {
            if std::mem::replace(&mut misread, self.is_misread_let(child)) {
                self.declare_listed(child);
            }
            self.declare_statement(child);
        }
    }

    /// `let` and a comment of several lines are parsed as a statement that reads `let`: the names follow in the next one.
    fn is_misread_let(&self, node: Node<'_>) -> bool {
        node.sort() == "expression_statement" && node.named_child(0).is_some_and(|inner| self.text_of(inner) == "let")
    }

    fn declare_listed(&mut self, statement: Node<'_>) {
        let listed = statement.named_child(0).filter(|_| statement.sort() == "expression_statement");
        for part in listed.into_iter().flat_map(|listed| {
            if listed.sort() == "sequence_expression" { named_children(listed) } else { std::iter::once(listed).collect() }
        }) {
            match part.sort() {
                "identifier" => self.declare_pattern(part),
                "assignment_expression" => {
                    if let Some(left) = part.at(Field::Left) {
                        self.declare_pattern(left);
                    }
                }
                _ => {}
            }
        }
    }

    fn declare_statement(&mut self, node: Node<'_>) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        self.declare_within(node);
        self.depth -= 1;
    }

    fn declare_within(&mut self, node: Node<'_>) {
        match node.sort() {
            "lexical_declaration" | "variable_declaration" => {
                for declarator in named_children(node) {
                    if let Some(target) = declarator.at(Field::Name) {
                        if node.sort() == "variable_declaration" && self.scopes.len() > 1 && self.pattern_is_known(target) {
                            continue;
                        }
                        self.declare_pattern(target);
                    }
                }
            }
            "function_declaration"
            | "generator_function_declaration"
            | "class_declaration"
            | "abstract_class_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
            | "enum_declaration"
            | "internal_module"
            | "module"
            | "function_signature" => {
                if let Some(named) = node.at(Field::Name) {
                    let named = self.name_of(named);
                    self.declare_var(named);
                }
            }
            "export_statement" | "ambient_declaration" => {
                if let Some(declaration) = node.at(Field::Declaration) {
                    self.declare_statement(declaration);
                } else {
                    for child in named_children(node) {
                        if child.sort().ends_with("_declaration") || matches!(child.sort(), "internal_module" | "module") {
                            self.declare_statement(child);
                        }
                    }
                }
            }
            "expression_statement" => {
                // `namespace X {}` stands in an expression statement.
                if let Some(inner) = node.named_child(0).filter(|inner| inner.sort() == "internal_module") {
                    self.declare_statement(inner);
                }
            }
            "import_statement" => self.declare_import(node),
            _ => {}
        }
    }

    fn pattern_is_known(&self, node: Node<'_>) -> bool {
        node.sort() != "identifier" || self.find_var(name(self.text_of(node))).is_some()
    }

    fn declare_import(&mut self, node: Node<'_>) {
        for clause in named_children(node) {
            let mut pending = vec![clause];
            while let Some(part) = pending.pop() {
                match part.sort() {
                    "identifier" => {
                        let named = self.name_of(part);
                        self.declare_var(named);
                    }
                    "import_specifier" => {
                        if let Some(local) = part.at(Field::Alias).or_else(|| part.at(Field::Name)) {
                            let named = self.name_of(local);
                            self.declare_var(named);
                        }
                    }
                    "import_clause" | "named_imports" | "namespace_import" | "import_require_clause" => {
                        pending.extend(named_children(part));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Declares every name that a pattern binds.
    pub(super) fn declare_pattern(&mut self, pattern: Node<'_>) {
        let mut pending = vec![pattern];
        while let Some(node) = pending.pop() {
            match node.sort() {
                "identifier" | "shorthand_property_identifier_pattern" => {
                    let named = self.name_of(node);
                    self.declare_var(named);
                }
                "pair_pattern" => pending.extend(node.at(Field::Value)),
                "object_assignment_pattern" | "assignment_pattern" => pending.extend(node.at(Field::Left)),
                "object_pattern" | "array_pattern" | "rest_pattern" => pending.extend(named_children(node)),
                _ => {}
            }
        }
    }
}
