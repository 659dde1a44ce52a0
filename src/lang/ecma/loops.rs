//! Loops.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::base::Span;
use crate::ir::loops::{LoopId, LoopKind, Within};
use crate::ir::{CallKind, Expr, ExprId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn for_in(&mut self, node: Node<'_>) {
        self.scopes.push(FxHashMap::default());
        let outer = self.looped;
        let (left, right) = (node.at(Field::Left), node.at(Field::Right));
        let iterable = right.map(|right| self.expression(right));
        let mut opened = None;
        if let (Some(left), Some(right), Some(iterable)) = (left, right, iterable) {
            let of = node.at(Field::Operator).is_some_and(|operator| operator.sort() == "of");
            let is_async = super::has_token(node, "await");
            if node.at(Field::Kind).is_some_and(|kind| matches!(kind.sort(), "const" | "let" | "using")) {
                self.declare_pattern(left);
            }
            if of {
                self.consume(iterable, right, is_async);
            } else {
                self.blur(left);
            }
            let end = node.at(Field::Body).map_or(right.end_byte(), |body| body.start_byte());
            opened = Some(self.begin_loop(LoopKind::Each, Some(iterable), Span::new(node.start_byte(), end)));
            if is_async {
                self.summary.awaits.push((self.func, super::span(right)));
                self.summary.waits(self.func, self.looped);
            }
            if of {
                let element = self.push(Expr::Element(iterable));
                self.assign_to(left, element);
            }
        }
        self.round(node, opened);
        self.looped = outer;
        self.scopes.pop();
    }

    pub(super) fn for_statement(&mut self, node: Node<'_>) {
        self.scopes.push(FxHashMap::default());
        self.declare_block(node);
        let outer = self.looped;
        let body = node.at(Field::Body);
        let (initializer, condition) = (node.at(Field::Initializer), node.at(Field::Condition));
        if let Some(initializer) = initializer {
            self.any(initializer);
        }
        let end = body.map_or(node.end_byte(), |body| body.start_byte());
        let opened = self.begin_loop(LoopKind::Count, None, Span::new(node.start_byte(), end));
        if let Some(condition) = condition {
            let limit = self.test(condition);
            self.summary.loops[opened].over = limit;
        }
        self.summary.end_test(opened);
        if let Some(increment) = node.at(Field::Increment) {
            self.any(increment);
            if multiplies(increment) {
                self.summary.loops[opened].over = None;
            }
        }
        self.round(node, Some(opened));
        self.looped = outer;
        self.scopes.pop();
    }

    pub(super) fn while_statement(&mut self, node: Node<'_>) {
        let outer = self.looped;
        let condition = node.at(Field::Condition);
        let head = match condition.filter(|_| node.sort() == "while_statement") {
            Some(condition) => Span::new(node.start_byte(), condition.end_byte()),
            None => Span::new(node.start_byte(), node.start_byte() + "do".len()),
        };
        let opened = self.begin_loop(LoopKind::While, None, head);
        if let Some(condition) = condition {
            let limit = self.test(condition);
            self.summary.loops[opened].over = limit;
        }
        self.summary.end_test(opened);
        if node.at(Field::Body).is_some_and(|body| named_children(body).into_iter().filter_map(|line| line.named_child(0)).any(multiplies))
        {
            self.summary.loops[opened].over = None;
        }
        self.round(node, Some(opened));
        self.looped = outer;
    }

    /// The test of a loop; gives the limit that a count is compared with.
    fn test(&mut self, condition: Node<'_>) -> Option<ExprId> {
        let mut at = condition;
        while matches!(at.sort(), "parenthesized_expression" | "expression_statement") {
            at = at.named_child(0)?;
        }
        let operator = at.at(Field::Operator).map_or("", |operator| operator.sort());
        let is_compared = at.sort() == "binary_expression" && matches!(operator, "<" | "<=" | ">" | ">=" | "!==" | "!=");
        if let (true, Some(left), Some(right)) = (is_compared, at.at(Field::Left), at.at(Field::Right)) {
            let (left_value, right_value) = (self.expression(left), self.expression(right));
            // `n > i` counts as `i < n` does.
            let counter = |value: ExprId| matches!(self.summary.exprs[value], Expr::Var(_));
            let number = |value: ExprId| matches!(self.summary.exprs[value], Expr::Const(_));
            return match (counter(left_value), counter(right_value)) {
                // `queue.length > 0`
                (false, false) if number(right_value) => Some(left_value),
                (false, true) if !matches!(self.summary.exprs[left_value], Expr::Unknown) => Some(left_value),
                _ => Some(right_value),
            };
        }
        let tested = self.expression(at);
        matches!(self.summary.exprs[tested], Expr::Attr { .. }).then_some(tested)
    }

    fn begin_loop(&mut self, kind: LoopKind, over: Option<ExprId>, head: Span) -> LoopId {
        let within = Within { func: self.func, outer: self.looped, guard: self.guard, main_guard: self.main_guard };
        let marks = self.summary.marks();
        let opened = self.summary.open_loop(kind, over, head, within, marks);
        self.looped = Some(opened);
        opened
    }

    /// The body of a loop.
    fn round(&mut self, node: Node<'_>, opened: Option<LoopId>) {
        let Some(body) = node.at(Field::Body) else { return };
        self.any(body);
        if let Some(opened) = opened {
            self.summary.close_loop(opened);
            self.summary.loops[opened].leaves = ends(body);
        }
    }

    pub(super) fn consume(&mut self, iterable: ExprId, at: Node<'_>, is_async: bool) {
        if matches!(self.summary.exprs[iterable], Expr::Var(_) | Expr::Attr { .. } | Expr::Call(_) | Expr::Await(_) | Expr::Index { .. }) {
            self.call(CallKind::Iterate, iterable, Vec::new(), at, is_async);
        }
    }
}

/// Whether the step makes a count some times as large or small: there are few rounds up to any limit.
fn multiplies(step: Node<'_>) -> bool {
    let by = step.at(Field::Operator).map_or("", |operator| operator.sort());
    step.sort() == "augmented_assignment_expression" && matches!(by, "*=" | "/=" | "<<=" | ">>=" | ">>>=" | "**=")
}

/// Whether the body of a loop always ends by leaving it.
fn ends(body: Node<'_>) -> bool {
    let last = if body.sort() == "statement_block" { named_children(body).into_iter().next_back() } else { Some(body) };
    last.is_some_and(|last| matches!(last.sort(), "return_statement" | "throw_statement" | "break_statement"))
}
