//! Imports and exports: ECMAScript modules, `CommonJS`, and what compilers make of the one in terms of the other.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::base::{Name, name};
use crate::ir::{Arg, CallKind, Const, Export, Expr, ExprId};
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn import(&mut self, node: Node<'_>) {
        let source = node.at(Field::Source).map(|source| self.string(source));
        let clauses = named_children(node);
        // `import "x"` loads it.
        if let (Some(module), false) = (source, clauses.iter().any(|clause| clause.sort().starts_with("import_"))) {
            self.push(Expr::Module(module));
        }
        for clause in clauses {
            let source = clause.at(Field::Source).map(|inner| self.string(inner)).or(source);
            let Some(module) = source else { continue };
            match clause.sort() {
                "import_clause" => {
                    for part in named_children(clause) {
                        self.import_part(part, module);
                    }
                }
                "import_require_clause" => {
                    if let Some(local) = clause.named_child(0) {
                        let value = self.push(Expr::Module(module));
                        let local = self.name_of(local);
                        self.bind_name(local, value);
                    }
                }
                _ => {}
            }
        }
    }

    fn import_part(&mut self, part: Node<'_>, module: Name) {
        match part.sort() {
            "identifier" => {
                let value = self.push(Expr::Imported { module, name: name("default") });
                let local = self.name_of(part);
                self.bind_name(local, value);
            }
            "namespace_import" => {
                if let Some(local) = part.named_child(0) {
                    let value = self.push(Expr::Module(module));
                    let local = self.name_of(local);
                    self.bind_name(local, value);
                }
            }
            "named_imports" => {
                for specifier in named_children(part).into_iter().filter(|child| child.sort() == "import_specifier") {
                    let Some(imported) = specifier.at(Field::Name) else { continue };
                    let local = specifier.at(Field::Alias).unwrap_or(imported);
                    let imported = self.key_of(imported).unwrap_or_else(|| self.name_of(imported));
                    let value = self.push(Expr::Imported { module, name: imported });
                    let local = self.name_of(local);
                    self.bind_name(local, value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn export_named(&mut self, named: Name, value: ExprId) {
        self.summary.exports.push(Export::Named { name: named, value });
    }

    pub(super) fn export(&mut self, node: Node<'_>) {
        let source = node.at(Field::Source).map(|source| self.string(source));
        let children = named_children(node);
        let decorators: Vec<_> = children.iter().filter(|child| child.sort() == "decorator").copied().collect();
        let is_default = super::has_token(node, "default");
        if let Some(declaration) = node.at(Field::Declaration) {
            self.export_declaration(declaration, &decorators, is_default);
            return;
        }
        if let Some(value) = node.at(Field::Value) {
            self.hint = Some(name("default"));
            let value = self.expression(value);
            self.hint = None;
            self.export_named(name("default"), value);
            return;
        }
        let mut named_something = false;
        for child in &children {
            match child.sort() {
                "export_clause" => {
                    named_something = true;
                    for specifier in named_children(*child) {
                        self.export_specifier(specifier, source);
                    }
                }
                "namespace_export" => {
                    named_something = true;
                    if let (Some(local), Some(module)) = (child.named_child(0), source) {
                        let value = self.push(Expr::Module(module));
                        let local = self.key_of(local).unwrap_or_else(|| self.name_of(local));
                        self.export_named(local, value);
                    }
                }
                _ => {}
            }
        }
        match source {
            Some(module) if !named_something => self.summary.exports.push(Export::Star { module }),
            None if super::has_token(node, "=") => {
                // TypeScript's `export = value`.
                if let Some(value) = children.last() {
                    let value = self.expression(*value);
                    self.export_named(name("module.exports"), value);
                }
            }
            _ => {}
        }
    }

    fn export_declaration(&mut self, declaration: Node<'_>, decorators: &[Node<'_>], is_default: bool) {
        let named = declaration.at(Field::Name).map(|named| self.name_of(named));
        match declaration.sort() {
            "class_declaration" | "abstract_class_declaration" => {
                let value = self.class_declaration(declaration, decorators);
                self.export_as(named, value, is_default);
            }
            "function_declaration" | "generator_function_declaration" => {
                self.hint = Some(name("default"));
                let value = self.function(declaration);
                if let Some(named) = named {
                    self.bind_name(named, value);
                }
                self.export_as(named, value, is_default);
            }
            "lexical_declaration" | "variable_declaration" => {
                self.statement(declaration);
                let mut pending: Vec<_> =
                    named_children(declaration).into_iter().filter_map(|declarator| declarator.at(Field::Name)).collect();
                while let Some(pattern) = pending.pop() {
                    match pattern.sort() {
                        "identifier" | "shorthand_property_identifier_pattern" => {
                            let named = self.name_of(pattern);
                            let value = self.name_expr(named);
                            self.export_named(named, value);
                        }
                        "pair_pattern" => pending.extend(pattern.at(Field::Value)),
                        "object_assignment_pattern" | "assignment_pattern" => pending.extend(pattern.at(Field::Left)),
                        _ => pending.extend(named_children(pattern)),
                    }
                }
            }
            _ => {
                self.statement(declaration);
                if let Some(named) = named {
                    let value = self.name_expr(named);
                    self.export_as(Some(named), value, is_default);
                }
            }
        }
    }

    fn export_as(&mut self, named: Option<Name>, value: ExprId, is_default: bool) {
        if is_default {
            self.export_named(name("default"), value);
        } else if let Some(named) = named {
            self.export_named(named, value);
        }
    }

    fn export_specifier(&mut self, specifier: Node<'_>, source: Option<Name>) {
        let Some(inner) = specifier.at(Field::Name) else { return };
        let exported = specifier.at(Field::Alias).unwrap_or(inner);
        let inner = self.key_of(inner).unwrap_or_else(|| self.name_of(inner));
        let exported = self.key_of(exported).unwrap_or_else(|| self.name_of(exported));
        let value = match source {
            Some(module) => self.push(Expr::Imported { module, name: inner }),
            None => self.name_expr(inner),
        };
        self.export_named(exported, value);
    }

    /// What `require("m")` gives, with the call that loads it; none for any other call.
    pub(super) fn require(&mut self, node: Node<'_>, function: Node<'_>, arguments: Node<'_>) -> Option<ExprId> {
        if function.sort() != "identifier" || self.text_of(function) != "require" || self.find_var(name("require")).is_some() {
            return None;
        }
        let argument = arguments.named_child(0).filter(|argument| argument.sort() == "string")?;
        let module = self.string(argument);
        let callee = self.push(Expr::Global(name("require")));
        let value = self.push(Expr::Const(Const::Str(module)));
        self.call(CallKind::Call, callee, vec![Arg { name: None, value, spread: false }], node, false);
        Some(self.push(Expr::Module(module)))
    }

    /// The name under which an assignment to this place exports: `exports.x`, `module.exports`, `module.exports.x`.
    pub(super) fn exported_by(&mut self, left: Node<'_>) -> Option<Name> {
        if left.sort() != "member_expression" {
            return None;
        }
        let (object, property) = (left.at(Field::Object)?, left.at(Field::Property)?);
        match self.text_of(object) {
            "module" if self.text_of(property) == "exports" && self.find_var(name("module")).is_none() => Some(name("module.exports")),
            "exports" if self.find_var(name("exports")).is_none() => Some(self.name_of(property)),
            "module.exports" => Some(self.name_of(property)),
            _ => None,
        }
    }
}
