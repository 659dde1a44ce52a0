//! Texts that are written in pieces: sums, templates.

use super::super::pieces::Pieces;
use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::base::name;
use crate::ir::{Expr, ExprId};
use tree_sitter::Node;

/// How texts are put together.
const SUMS: Pieces = Pieces { operation: "binary_expression", around: &["parenthesized_expression"] };

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
                "binary_expression" if SUMS.is_sum(part) => {
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
        self.summary.begin_text(value, super::span(node));
        if super::super::literal::may_match(self.text_of(node)) {
            self.summary.literals.push((value, super::span(node)));
            self.summary.holes.extend(holes.into_iter().map(|(place, part)| (value, place, part)));
        }
        value
    }
}

/// Whether a sum of strings says all of its text.
pub(super) fn is_plain(node: Node<'_>) -> bool {
    let hole = |piece: Node<'_>| piece.sort() == "template_substitution";
    let other = |piece: Node<'_>| match piece.sort() {
        "string" | "comment" => false,
        "template_string" => named_children(piece).into_iter().any(hole),
        _ => true,
    };
    SUMS.any(node, other) == Some(false)
}

/// Whether a sum has a piece that is a text, so that it is one.
pub(super) fn is_text(node: Node<'_>) -> bool {
    SUMS.any(node, |piece| matches!(piece.sort(), "string" | "template_string")) == Some(true)
}
