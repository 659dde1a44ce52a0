//! Texts that are written in pieces: sums, and what stands around their parts.

use super::syntax::{Field, Syntax};
use tree_sitter::Node;

/// Pieces of a sum that are looked at.
const MOST: usize = 100;

/// How a language writes sums of texts.
pub(super) struct Pieces {
    /// The kind of an operation on two values.
    pub operation: &'static str,
    /// Kinds of nodes around pieces: parentheses, strings side by side.
    pub around: &'static [&'static str],
}

impl Pieces {
    /// Whether the node is a sum.
    pub fn is_sum(&self, node: Node<'_>) -> bool {
        node.sort() == self.operation && node.at(Field::Operator).is_some_and(|operator| operator.sort() == "+")
    }

    /// Whether some piece of the text is so; none where there are more pieces than are looked at.
    pub fn any(&self, node: Node<'_>, is: impl Fn(Node<'_>) -> bool) -> Option<bool> {
        let (mut pending, mut seen) = (vec![node], 0);
        while let Some(node) = pending.pop() {
            seen += 1;
            if seen > MOST {
                return None;
            }
            if self.around.contains(&node.sort()) {
                pending.extend(node.named());
            } else if self.is_sum(node) {
                pending.extend([Field::Left, Field::Right].into_iter().filter_map(|side| node.at(side)));
            } else if is(node) {
                return Some(true);
            }
        }
        Some(false)
    }
}
