//! Branches: which test of a call's result the code of a branch stands under.

use super::{Lowering, span};
use crate::ir::{Branch, CallId, Guard};
use tree_sitter::Node;

/// Conjuncts of one test that are followed.
const CONJUNCTS: usize = 4;

impl Lowering<'_> {
    pub(super) fn if_statement(&mut self, node: Node<'_>) {
        let (main, outer) = (self.main_guard, self.guard);
        let condition = node.child_by_field_name("condition");
        let text = condition.map_or("", |condition| self.text_of(condition));
        let is_main = text.contains("__name__") && text.contains("__main__");
        let tests = condition.map(|condition| self.condition(condition)).unwrap_or_default();
        let consequence = node.child_by_field_name("consequence");
        self.main_guard = main || is_main;
        for (test, branch) in &tests {
            self.stand_under(*test, *branch);
        }
        if let Some(consequence) = consequence {
            self.block(consequence);
        }
        (self.main_guard, self.guard) = (main, outer);
        // Only a single test says something about the other branch.
        if let [(test, branch)] = tests.as_slice() {
            self.stand_under(*test, branch.opposite());
        }
        let mut cursor = node.walk();
        let alternatives: Vec<_> = node.children_by_field_name("alternative", &mut cursor).collect();
        for alternative in &alternatives {
            if alternative.kind() == "elif_clause" {
                let tests = alternative.child_by_field_name("condition").map(|condition| self.condition(condition)).unwrap_or_default();
                let before = self.guard;
                for (test, branch) in &tests {
                    self.stand_under(*test, *branch);
                }
                if let Some(consequence) = alternative.child_by_field_name("consequence") {
                    self.block(consequence);
                }
                self.guard = before;
            } else {
                self.block(*alternative);
            }
        }
        // After `if test: return`, the rest of the block stands under the other branch.
        if !alternatives.is_empty() || !consequence.is_some_and(leaves) {
            self.guard = outer;
        }
    }

    pub(super) fn try_statement(&mut self, node: Node<'_>) {
        let outer = self.guard;
        let body = node.child_by_field_name("body");
        let first = body.and_then(|body| body.named_child(0));
        let from = self.summary.calls.len();
        if let Some(body) = body {
            self.block(body);
        }
        let tested = first.and_then(|first| {
            let within = span(first);
            self.summary
                .calls
                .iter_enumerated()
                .skip(from)
                .find(|(_, call)| within.start <= call.span.start && call.span.end <= within.end)
                .map(|(id, _)| id)
        });
        let mut cursor = node.walk();
        let clauses: Vec<_> = node.named_children(&mut cursor).filter(|child| Some(*child) != body).collect();
        for clause in clauses {
            if let (Some(test), "except_clause") = (tested, clause.kind()) {
                self.stand_under(test, Branch::Raised);
            }
            self.statement(clause);
            self.guard = outer;
        }
    }

    fn stand_under(&mut self, test: CallId, branch: Branch) {
        self.guard = Some(self.summary.guards.push(Guard { test, branch, outer: self.guard }));
    }

    /// Lowers a condition and tells which calls it tests, and how they come out where it is true.
    fn condition(&mut self, node: Node<'_>) -> Vec<(CallId, Branch)> {
        let from = self.summary.calls.len();
        self.expression(node);
        if self.summary.calls.len() == from {
            return Vec::new();
        }
        let (mut pending, mut tests) = (vec![(node, false)], Vec::new());
        while let Some((node, negated)) = pending.pop() {
            if tests.len() >= CONJUNCTS {
                break;
            }
            match node.kind() {
                "parenthesized_expression" => pending.extend(node.named_child(0).map(|inner| (inner, negated))),
                "not_operator" => pending.extend(node.child_by_field_name("argument").map(|inner| (inner, !negated))),
                "boolean_operator" if !negated && node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "and") => {
                    for field in ["right", "left"] {
                        pending.extend(node.child_by_field_name(field).map(|inner| (inner, false)));
                    }
                }
                "call" => tests.extend(self.call_at(node, from).map(|test| (test, if negated { Branch::False } else { Branch::True }))),
                "comparison_operator" => {
                    let mut cursor = node.walk();
                    let parts: Vec<_> = node.children(&mut cursor).collect();
                    let differs = parts.iter().any(|part| matches!(part.kind(), "!=" | "is not"));
                    let equal = parts.iter().any(|part| matches!(part.kind(), "==" | "is"));
                    if equal == differs {
                        continue;
                    }
                    for part in parts.into_iter().filter(|part| part.kind() == "call") {
                        tests.extend(
                            self.call_at(part, from).map(|test| (test, if equal == negated { Branch::Differs } else { Branch::Equal })),
                        );
                    }
                }
                _ => {}
            }
        }
        tests
    }

    fn call_at(&self, node: Node<'_>, from: usize) -> Option<CallId> {
        let at = span(node);
        self.summary.calls.iter_enumerated().skip(from).find(|(_, call)| call.span == at).map(|(id, _)| id)
    }
}

/// Whether control never goes on after the block.
fn leaves(block: Node<'_>) -> bool {
    let last = block.named_child_count().checked_sub(1).and_then(|last| u32::try_from(last).ok()).and_then(|last| block.named_child(last));
    last.is_some_and(|last| matches!(last.kind(), "return_statement" | "raise_statement" | "continue_statement" | "break_statement"))
}
