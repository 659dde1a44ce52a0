//! Which names a scope binds, known before its body is read.

use super::super::syntax::{Field, Syntax};
use super::Lowering;
use crate::base::Name;
use tree_sitter::Node;

impl Lowering<'_> {
    /// Declares every name that the statements below `node` bind in the current scope.
    pub(super) fn declare(&mut self, node: Node<'_>) {
        let mut pending = vec![node];
        let mut outer: Vec<Name> = Vec::new();
        let mut bound: Vec<Name> = Vec::new();
        while let Some(node) = pending.pop() {
            match node.sort() {
                "function_definition" | "class_definition" => {
                    if let Some(named) = node.at(Field::Name) {
                        bound.push(self.name_of(named));
                    }
                    continue;
                }
                "lambda" => continue,
                "global_statement" | "nonlocal_statement" => {
                    let mut cursor = node.walk();
                    let names: Vec<Name> = node.named_children(&mut cursor).map(|child| self.name_of(child)).collect();
                    if node.sort() == "global_statement" {
                        for named in &names {
                            self.declare_global(*named);
                        }
                    }
                    outer.extend(names);
                    continue;
                }
                "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                    if let Some(left) = node.at(Field::Left) {
                        self.pattern_names(left, &mut bound);
                    }
                }
                "named_expression" => {
                    if let Some(left) = node.at(Field::Name) {
                        bound.push(self.name_of(left));
                    }
                }
                "as_pattern_target" | "case_pattern" => self.pattern_names(node, &mut bound),
                "import_statement" | "import_from_statement" => {
                    self.import_names(node, &mut bound);
                    continue;
                }
                "dotted_name" | "identifier" | "string" | "integer" | "comment" => continue,
                _ => {}
            }
            pending.extend(node.named());
        }
        for named in bound {
            if !outer.contains(&named) {
                self.new_var(named);
            }
        }
    }

    fn declare_global(&mut self, named: Name) {
        let known = self.scopes.first().and_then(|scope| scope.get(&named)).copied();
        let var = known.unwrap_or_else(|| self.summary.vars.push(crate::ir::Var::new(named, crate::ir::MODULE_BODY)));
        if let Some(scope) = self.scopes.first_mut() {
            scope.insert(named, var);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(named, var);
        }
    }

    fn pattern_names(&mut self, node: Node<'_>, bound: &mut Vec<Name>) {
        match node.sort() {
            "identifier" => bound.push(self.name_of(node)),
            "attribute" | "subscript" | "call" => {}
            _ => {
                for child in node.named() {
                    self.pattern_names(child, bound);
                }
            }
        }
    }

    fn import_names(&self, node: Node<'_>, bound: &mut Vec<Name>) {
        for child in node.every(Field::Name) {
            let named = child.at(Field::Alias).unwrap_or(child);
            let text = self.text_of(named);
            bound.push(crate::base::name(text.split('.').next().unwrap_or(text).trim()));
        }
    }
}
