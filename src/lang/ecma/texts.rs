//! Texts that are written in pieces: sums, templates.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::base::name;
use crate::ir::{Expr, ExprId};
use tree_sitter::Node;

impl Lowering<'_> {
    /// A text with parts that stand elsewhere: a template, a sum.
    pub(super) fn joined(&mut self, node: Node<'_>) -> ExprId {
        let (mut holes, mut pending) = (Vec::new(), vec![node]);
        while let Some(part) = pending.pop() {
            match part.sort() {
                "template_string" => {
                    let inner = named_children(part).into_iter().filter(|inner| inner.sort() == "template_substitution");
                    let put: Vec<_> = inner.filter_map(|put| Some((put.named_child(0)?, put))).collect();
                    for (inner, place) in put {
                        let value = self.expression(inner);
                        holes.push((super::span(place), value));
                    }
                }
                "parenthesized_expression" => pending.extend(named_children(part).into_iter().rev()),
                "binary_expression" if is_sum(part) => {
                    pending.extend([part.at(Field::Right), part.at(Field::Left)].into_iter().flatten());
                }
                "string" | "comment" => {}
                _ => {
                    let value = self.expression(part);
                    holes.push((super::span(part), value));
                }
            }
        }
        let value = self.push(Expr::Builtin(name("String")));
        if super::super::literal::may_match(self.text_of(node)) {
            self.summary.literals.push((value, super::span(node)));
            self.summary.holes.extend(holes.into_iter().map(|(place, part)| (value, place, part)));
        }
        value
    }
}

/// Pieces of a sum of strings that is read as one.
const PIECES: usize = 100;

/// Whether a sum of strings says all of its text.
pub(super) fn is_plain(node: Node<'_>) -> bool {
    let (mut pending, mut pieces) = (vec![node], 0);
    while let Some(node) = pending.pop() {
        pieces += 1;
        match node.sort() {
            _ if pieces > PIECES => return false,
            "string" | "comment" => {}
            "template_string" if named_children(node).into_iter().all(|part| part.sort() != "template_substitution") => {}
            "parenthesized_expression" => pending.extend(named_children(node)),
            "binary_expression" if is_sum(node) => pending.extend([Field::Left, Field::Right].into_iter().filter_map(|side| node.at(side))),
            _ => return false,
        }
    }
    true
}

pub(super) fn is_sum(node: Node<'_>) -> bool {
    node.at(Field::Operator).is_some_and(|operator| operator.sort() == "+")
}

/// Whether a sum has a piece that is a text, so that it is one.
pub(super) fn is_text(node: Node<'_>) -> bool {
    let (mut pending, mut pieces) = (vec![node], 0);
    while let Some(node) = pending.pop() {
        pieces += 1;
        match node.sort() {
            _ if pieces > PIECES => return false,
            "string" | "template_string" => return true,
            "parenthesized_expression" => pending.extend(named_children(node)),
            "binary_expression" if is_sum(node) => pending.extend([Field::Left, Field::Right].into_iter().filter_map(|side| node.at(side))),
            _ => {}
        }
    }
    false
}
