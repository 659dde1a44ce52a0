//! Assignments that keep what was made.

use super::super::kept::{Asked, is_flag, is_nothing};
use super::super::syntax::{Field, Syntax};
use super::Lowering;
use tree_sitter::Node;

impl<'t> Lowering<'t> {
    /// Whether what is assigned to `left` stays, and a test has asked for it before.
    pub(super) fn is_kept(&mut self, left: Node<'_>) -> bool {
        let kept = self.kept(left);
        let [about, named] = Asked::asks_for(&self.tested, kept);
        about || (named && self.outlives(left))
    }

    /// Whether what an expression begins with is there when the function has returned: no variable or parameter of its own.
    fn outlives(&mut self, node: Node<'_>) -> bool {
        let mut root = node;
        loop {
            match root.sort() {
                "identifier" => {
                    let named = self.name_of(root);
                    let Some(var) = self.find_var(named) else { return true };
                    let function = &self.summary.functions[self.func];
                    let receiver = function.params.first().and_then(|param| param.var).filter(|_| function.kind.has_receiver());
                    return self.summary.vars[var].func != self.func || receiver == Some(var);
                }
                "attribute" | "subscript" => match root.at(Field::Object).or_else(|| root.at(Field::Value)) {
                    Some(base) => root = base,
                    None => return true,
                },
                _ => return true,
            }
        }
    }

    /// What outlives the call that assigns to `left`; empty for a function's own variable.
    fn kept(&mut self, left: Node<'_>) -> &'t str {
        match left.sort() {
            "attribute" => self.text_of(left),
            "subscript" => left
                .at(Field::Value)
                .filter(|base| base.sort() != "identifier" || self.outlives(*base))
                .map_or("", |base| self.text_of(base)),
            "identifier" => {
                let named = self.name_of(left);
                let outside = self.find_var(named).is_some_and(|var| self.summary.vars[var].func != self.func);
                if outside { self.text_of(left) } else { "" }
            }
            _ => "",
        }
    }

    /// Notes that `right` is kept in `left` now, for the tests that asked for it.
    pub(super) fn note_kept(&mut self, left: Node<'_>, right: Node<'_>) {
        let kept = self.kept(left);
        if kept.is_empty() || is_nothing(self.text_of(right)) || !self.outlives(left) {
            return;
        }
        // What an object has done, the next one of its kind does too: they may live for one request each.
        if is_flag(self.text_of(right)) && left.sort() != "identifier" {
            return;
        }
        // Under keys that vary it may be a register of what has been met: each is new.
        if left.sort() == "subscript" && left.at(Field::Subscript).is_none_or(|key| key.sort() != "string") {
            return;
        }
        Asked::note_kept(&self.tested, kept, &mut self.summary, self.func);
    }

    /// Notes that a method puts what it is given into a container that outlives the call, for the tests that found it empty.
    pub(super) fn note_filled(&mut self, call: Node<'_>) {
        let fills = call.at(Field::Arguments).is_some_and(|given| given.named_child_count() > 0);
        let Some(container) = call.at(Field::Function).filter(|_| fills && !self.tested.is_empty()) else { return };
        if let Some(container) = container.at(Field::Object).filter(|_| container.sort() == "attribute")
            && matches!(container.sort(), "identifier" | "attribute")
            && self.outlives(container)
        {
            Asked::note_filled(&self.tested, self.text_of(container), &mut self.summary, self.func);
        }
    }

    /// Whether `right` is what is kept in `left`, or else made: `x = x or f()`.
    pub(super) fn is_default(&mut self, left: Node<'_>, right: Node<'_>) -> bool {
        let is_or = right.sort() == "boolean_operator" && right.at(Field::Operator).is_some_and(|operator| operator.sort() == "or");
        let kept = self.kept(left);
        is_or
            && !kept.is_empty()
            && self.outlives(left)
            && right.at(Field::Left).is_some_and(|first| self.text_of(first) == self.text_of(left))
    }
}
