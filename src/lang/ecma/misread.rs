//! Awaits that the grammar takes for calls: `await (0, m.f)(x)`, `await f<T>(x)`.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, named_children};
use crate::ir::ExprId;
use tree_sitter::Node;

impl Lowering<'_> {
    /// `await (0, m.f)(x)` is parsed as a call of a function `await`: what it is given is what is awaited.
    pub(super) fn misread_await(&mut self, arguments: Node<'_>) -> ExprId {
        let mut last = None;
        for part in named_children(arguments).into_iter().filter(|part| part.sort() != "comment") {
            last = Some(self.expression(part));
        }
        last.unwrap_or_else(|| self.unknown())
    }

    /// Whether the innermost callee of a chain of calls and members is a misread `await`.
    pub(super) fn is_misread_await(&self, node: Node<'_>) -> bool {
        let mut at = node;
        for _ in 0..DEEPEST {
            let next = match at.sort() {
                "call_expression" => at.at(Field::Function),
                "member_expression" | "subscript_expression" => at.at(Field::Object),
                "identifier" => return self.text_of(at) == "await",
                "await_expression" => return true,
                _ => None,
            };
            match next {
                Some(inner) => at = inner,
                None => return false,
            }
        }
        false
    }
}
