//! Loops and comprehensions.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, span};
use crate::base::Span;
use crate::ir::loops::{LoopId, LoopKind, Marks, Within};
use crate::ir::{CallKind, Expr, ExprId};
use tree_sitter::Node;

/// Nodes of a loop's body that are looked at, at most.
const MOST_NODES: usize = 20_000;

impl Lowering<'_> {
    pub(super) fn for_statement(&mut self, node: Node<'_>) {
        let is_async = node.child(0).is_some_and(|child| child.sort() == "async");
        let outer = self.looped;
        if let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) {
            let head = Span::new(node.start_byte(), right.end_byte());
            let opened = self.iterate(left, right, is_async, LoopKind::Each, head);
            if let Some(body) = node.at(Field::Body) {
                self.block(body);
                self.end_loop(opened, super::guards::ends(body));
            }
        } else if let Some(body) = node.at(Field::Body) {
            self.block(body);
        }
        self.looped = outer;
        if let Some(body) = node.at(Field::Alternative) {
            self.block(body);
        }
    }

    pub(super) fn while_statement(&mut self, node: Node<'_>) {
        let outer = self.looped;
        let marks = self.summary.marks();
        let end = node.at(Field::Condition).unwrap_or(node).end_byte();
        // The test is asked again in each round: its calls stand in the loop.
        let opened = self.begin_loop(LoopKind::While, None, Span::new(node.start_byte(), end), marks);
        let (outer_guard, mut tests) = (self.guard, None);
        if let Some(condition) = node.at(Field::Condition) {
            let (tested, came_out) = self.condition(condition);
            tests = Some(came_out);
            // `while queue:` goes on until the container is empty.
            if matches!(self.summary.exprs[tested], Expr::Var(_) | Expr::Attr { .. }) {
                self.summary.loops[opened].over = Some(tested);
            }
        }
        self.summary.end_test(opened);
        if let Some(body) = node.at(Field::Body) {
            if let Some(tests) = &tests {
                self.stand_under_calls(&tests.holds);
            }
            self.block(body);
            self.guard = outer_guard;
            // What comes after a loop that nothing else ends stands where its test failed.
            if let Some(tests) = tests.filter(|_| !is_left(body)) {
                self.stand_under_calls(&tests.fails);
            }
            self.end_loop(opened, super::guards::ends(body));
            let always = node.at(Field::Condition).is_some_and(|test| matches!(self.text_of(test), "True" | "1"));
            self.summary.loops[opened].endless = always && !is_left(body);
        }
        self.looped = outer;
        if let Some(body) = node.at(Field::Alternative) {
            self.block(body);
        }
    }

    fn begin_loop(&mut self, kind: LoopKind, over: Option<ExprId>, head: Span, marks: Marks) -> LoopId {
        let within = Within { func: self.func, outer: self.looped, guard: self.guard, main_guard: self.main_guard };
        let opened = self.summary.open_loop(kind, over, head, within, marks);
        self.looped = Some(opened);
        opened
    }

    fn end_loop(&mut self, opened: LoopId, leaves: bool) {
        self.summary.close_loop(opened);
        self.summary.loops[opened].leaves = leaves;
    }

    /// `for left in right`: the iteration, and the loop in which the element is bound. It is left open.
    pub(super) fn iterate(&mut self, left: Node<'_>, right: Node<'_>, is_async: bool, kind: LoopKind, head: Span) -> LoopId {
        let iterable = self.expression(right);
        self.consume(iterable, right, is_async);
        let marks = self.summary.marks();
        let opened = self.begin_loop(kind, Some(iterable), head, marks);
        if is_async {
            self.summary.awaits.push((self.func, span(right)));
            self.summary.waits(self.func, self.looped);
        }
        let element = self.push(Expr::Element(iterable));
        self.assign_to(left, element);
        opened
    }

    pub(super) fn consume(&mut self, iterable: ExprId, at: Node<'_>, is_async: bool) {
        if matches!(self.summary.exprs[iterable], Expr::Var(_) | Expr::Attr { .. } | Expr::Call(_) | Expr::Await(_) | Expr::Index { .. }) {
            self.call(CallKind::Iterate, iterable, Vec::new(), at, is_async);
        }
    }

    pub(super) fn comprehension(&mut self, node: Node<'_>) -> ExprId {
        let outer = self.looped;
        let mut opened = Vec::new();
        let children = node.named();
        for child in children {
            match child.sort() {
                "for_in_clause" => {
                    let is_async = child.child(0).is_some_and(|first| first.sort() == "async");
                    if let (Some(left), Some(right)) = (child.at(Field::Left), child.at(Field::Right)) {
                        opened.push(self.iterate(left, right, is_async, LoopKind::Comprehension, span(child)));
                    }
                }
                "if_clause" => {
                    self.children(child);
                }
                _ => {}
            }
        }
        let value = self.comprehended(node);
        for opened in opened.into_iter().rev() {
            self.summary.close_loop(opened);
        }
        self.looped = outer;
        value
    }

    fn comprehended(&mut self, node: Node<'_>) -> ExprId {
        let Some(body) = node.at(Field::Body) else { return self.unknown() };
        if body.sort() == "pair" {
            let parts = [Field::Key, Field::Value].map(|field| body.at(field).map(|part| self.expression(part)));
            let Some(value) = parts[1] else { return self.unknown() };
            return self.push(Expr::Object(vec![(None, value)]));
        }
        let element = self.expression(body);
        let value = self.push(Expr::Many(element));
        if node.sort() == "set_comprehension" {
            self.summary.sets.push(value);
        }
        value
    }
}

/// Whether something in the body of a loop leaves it. What is nested too deep to look at may.
fn is_left(body: Node<'_>) -> bool {
    let mut pending = vec![(body, false)];
    let mut seen = 0;
    while let Some((node, nested)) = pending.pop() {
        seen += 1;
        let leaves = match node.sort() {
            "return_statement" | "raise_statement" | "yield" => true,
            "break_statement" => !nested,
            _ => false,
        };
        if leaves || seen > MOST_NODES {
            return true;
        }
        let nested = nested || matches!(node.sort(), "for_statement" | "while_statement");
        let opaque = matches!(node.sort(), "function_definition" | "class_definition" | "lambda");
        pending.extend(node.named().into_iter().filter(|_| !opaque).map(|child| (child, nested)));
    }
    false
}
