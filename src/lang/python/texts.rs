//! Texts that are written in pieces: sums, f-strings.

use super::super::pieces::Pieces;
use super::super::syntax::Syntax;
use super::{Lowering, span};
use crate::ir::ExprId;
use tree_sitter::Node;

/// How texts are put together.
const SUMS: Pieces = Pieces { operation: "binary_operator", around: &["concatenated_string", "parenthesized_expression"] };

impl Lowering<'_> {
    /// A text with parts that stand elsewhere: an f-string, a sum.
    pub(super) fn joined(&mut self, node: Node<'_>) -> ExprId {
        let (mut holes, mut known, mut bytes, mut pending) = (Vec::new(), true, false, vec![node]);
        while let Some(part) = pending.pop() {
            match part.sort() {
                "string" => {
                    bytes |= self.text_of(part).starts_with(['b', 'B']);
                    for put in part.named().into_iter().filter(|inner| inner.sort() == "interpolation") {
                        let values = self.children(put);
                        // A conversion or a format makes another text of it.
                        known &= values.len() == 1;
                        holes.extend(values.first().map(|value| (span(put), *value)));
                    }
                }
                "concatenated_string" | "parenthesized_expression" => pending.extend(part.named().into_iter().rev()),
                "binary_operator" if SUMS.is_sum(part) => pending.extend(part.named().into_iter().rev()),
                "comment" => {}
                _ => {
                    let value = self.expression(part);
                    holes.push((span(part), value));
                }
            }
        }
        let value = self.builtin(if bytes { "bytes" } else { "str" });
        self.summary.begin_text(value, span(node));
        if known && super::super::literal::may_match(self.text_of(node)) {
            self.summary.literals.push((value, span(node)));
            self.summary.holes.extend(holes.into_iter().map(|(place, part)| (value, place, part)));
        }
        value
    }
}

/// Whether a string, or a sum of strings, says all of its text.
pub(super) fn is_plain(node: Node<'_>, text: &str) -> bool {
    let other = |piece: Node<'_>| match piece.sort() {
        "comment" => false,
        "string" => {
            let written = text.get(piece.byte_range()).unwrap_or("");
            written.split(['"', '\'']).next().is_some_and(|prefix| prefix.contains(['f', 'F', 't', 'T']))
        }
        _ => true,
    };
    SUMS.any(node, other) == Some(false)
}

/// Whether the node is a sum that has a piece that is a text, so that it is one.
pub(super) fn is_text(node: Node<'_>) -> bool {
    SUMS.is_sum(node) && SUMS.any(node, |piece| piece.sort() == "string") == Some(true)
}
