//! Assignments that keep what was made.

use super::super::kept::is_nothing;
use super::super::syntax::{Field, Syntax};
use super::Lowering;
use tree_sitter::Node;

impl<'t> Lowering<'t> {
    /// Whether what is assigned to `left` stays, and a test has asked for it before.
    pub(super) fn is_kept(&mut self, left: Node<'_>) -> bool {
        let kept = self.kept(left);
        !kept.is_empty() && self.tested.iter().any(|asked| asked.is_about(kept))
    }

    /// Notes that `right` is kept in `left` now, for the tests that asked for it.
    pub(super) fn note_kept(&mut self, left: Node<'_>, right: Node<'_>) {
        let kept = self.kept(left);
        if !kept.is_empty() && !is_nothing(self.text_of(right)) {
            for asked in self.tested.iter().filter(|asked| asked.is_about(kept)) {
                asked.is_kept_now(&mut self.summary, self.func);
            }
        }
    }

    /// Whether `right` is what is kept in `left`, or else made: `x = x || f()`.
    pub(super) fn is_default(&mut self, left: Node<'_>, right: Node<'_>) -> bool {
        let operator = right.at(Field::Operator).map_or("", |operator| operator.sort());
        let is_or = right.sort() == "binary_expression" && matches!(operator, "||" | "??");
        is_or && !self.kept(left).is_empty() && right.at(Field::Left).is_some_and(|first| self.text_of(first) == self.text_of(left))
    }

    /// What outlives the call that assigns to `left`; empty for a function's own variable.
    pub(super) fn kept(&mut self, left: Node<'_>) -> &'t str {
        match left.sort() {
            "member_expression" => self.text_of(left),
            "subscript_expression" => left.at(Field::Object).map_or("", |base| self.text_of(base)),
            "identifier" => {
                let named = self.name_of(left);
                let outside = self.find_var(named).is_some_and(|var| self.summary.vars[var].func != self.func);
                if outside { self.text_of(left) } else { "" }
            }
            _ => "",
        }
    }
}
