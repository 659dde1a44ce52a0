//! TypeScript types as expressions of the classes that they name.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, named_children};
use crate::base::name;
use crate::ir::{Const, Expr, ExprId};
use tree_sitter::Node;

impl Lowering<'_> {
    /// A type, or a type annotation.
    pub(super) fn type_of(&mut self, node: Node<'_>) -> ExprId {
        if self.depth > DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let value = self.type_within(node);
        self.depth -= 1;
        value
    }

    fn type_within(&mut self, node: Node<'_>) -> ExprId {
        match node.sort() {
            "type_annotation" | "parenthesized_type" | "readonly_type" | "optional_type" | "rest_type" | "asserts_annotation" => {
                match node.named_child(0) {
                    Some(inner) => self.type_of(inner),
                    None => self.unknown(),
                }
            }
            "type_identifier" | "identifier" => {
                let named = self.name_of(node);
                self.name_expr(named)
            }
            "nested_type_identifier" | "nested_identifier" => {
                let base = node.at(Field::Module).or_else(|| node.at(Field::Object)).or_else(|| node.named_child(0));
                let member = node.at(Field::Name).or_else(|| node.at(Field::Property));
                match (base, member) {
                    (Some(base), Some(member)) => {
                        let base = self.type_of(base);
                        let name = self.name_of(member);
                        self.push(Expr::Attr { base, name })
                    }
                    _ => self.unknown(),
                }
            }
            "generic_type" => {
                let Some(of) = node.at(Field::Name).or_else(|| node.named_child(0)) else { return self.unknown() };
                let base = self.type_of(of);
                let arguments: Vec<ExprId> = match node.at(Field::TypeArguments) {
                    Some(list) => named_children(list).into_iter().map(|argument| self.type_of(argument)).collect(),
                    None => Vec::new(),
                };
                let key = match arguments.as_slice() {
                    [] => return base,
                    [single] => *single,
                    _ => self.push(Expr::List(arguments)),
                };
                self.push(Expr::Index { base, key })
            }
            "array_type" => {
                let Some(of) = node.named_child(0) else { return self.unknown() };
                let base = self.push(Expr::Global(name("Array")));
                let key = self.type_of(of);
                self.push(Expr::Index { base, key })
            }
            "union_type" | "intersection_type" => {
                let parts = named_children(node).into_iter().map(|part| self.type_of(part)).collect();
                self.push(Expr::Either(parts))
            }
            "literal_type" if matches!(self.text_of(node), "null" | "undefined") => self.push(Expr::Const(Const::Null)),
            "predefined_type" => {
                let builtin = match self.text_of(node) {
                    "string" => "String",
                    "number" => "Number",
                    "boolean" => "Boolean",
                    "void" => return self.push(Expr::Const(Const::Null)),
                    _ => return self.unknown(),
                };
                self.push(Expr::Builtin(name(builtin)))
            }
            _ => self.unknown(),
        }
    }
}
