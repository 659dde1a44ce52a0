//! Branches: which test of a call's result the code of a branch stands under.

use super::super::kept::{Asked, shows_missing};
use super::super::syntax::{Field, Syntax};
use super::{Lowering, span};
use crate::ir::{Branch, CallId, Guard, Test};
use tree_sitter::Node;

/// Conjuncts of one test that are followed.
const CONJUNCTS: usize = 4;

impl Lowering<'_> {
    pub(super) fn if_statement(&mut self, node: Node<'_>) {
        let (main, outer) = (self.main_guard, self.guard);
        let condition = node.at(Field::Condition);
        let text = condition.map_or("", |condition| self.text_of(condition));
        let is_main = text.contains("__name__") && text.contains("__main__");
        let tests = condition.map(|condition| self.condition(condition)).unwrap_or_default();
        let consequence = node.at(Field::Consequence);
        self.main_guard = main || is_main;
        let untested = self.tested.len();
        let missing = shows_missing(text);
        self.tested.push(Asked::new(text, missing == Some(true), &self.summary));
        for (test, branch) in &tests {
            self.stand_under(*test, *branch);
        }
        if let Some(consequence) = consequence {
            self.block(consequence);
        }
        (self.main_guard, self.guard) = (main, outer);
        self.tested.truncate(untested);
        self.tested.push(Asked::new(text, missing == Some(false), &self.summary));
        // Only a single test says something about the other branch.
        if let [(test, branch)] = tests.as_slice() {
            self.stand_under(*test, branch.opposite());
        }
        let alternatives: Vec<_> = node.every(Field::Alternative);
        for alternative in &alternatives {
            if alternative.sort() == "elif_clause" {
                let tests = alternative.at(Field::Condition).map(|condition| self.condition(condition)).unwrap_or_default();
                let before = self.guard;
                for (test, branch) in &tests {
                    self.stand_under(*test, *branch);
                }
                if let Some(consequence) = alternative.at(Field::Consequence) {
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
            self.tested.truncate(untested);
        } else if let Some(rest) = self.tested.last_mut() {
            rest.nested = false;
        }
    }

    pub(super) fn try_statement(&mut self, node: Node<'_>) {
        let outer = self.guard;
        let body = node.at(Field::Body);
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
        let clauses: Vec<_> = node.named().into_iter().filter(|child| Some(*child) != body).collect();
        for clause in clauses {
            let asked = self.tested.len();
            if let (Some(body), true) = (body.filter(|_| self.summary.calls.len() == from), clause.sort() == "except_clause") {
                // `try: return self.x` asks for it too.
                self.tested.push(Asked::new(self.text_of(body), true, &self.summary));
            }
            if let (Some(test), "except_clause") = (tested, clause.sort()) {
                self.stand_under(Test::Call(test), Branch::Raised);
            }
            self.statement(clause);
            self.tested.truncate(asked);
            self.guard = outer;
        }
    }

    fn stand_under(&mut self, test: Test, branch: Branch) {
        self.guard = Some(self.summary.guards.push(Guard { test, branch, outer: self.guard }));
    }

    /// Lowers a condition and tells which calls and variables it tests, and how they come out where it is true.
    fn condition(&mut self, node: Node<'_>) -> Vec<(Test, Branch)> {
        let from = self.summary.calls.len();
        self.expression(node);
        let (mut pending, mut tests) = (vec![(node, false)], Vec::new());
        while let Some((node, negated)) = pending.pop() {
            if tests.len() >= CONJUNCTS {
                break;
            }
            match node.sort() {
                "parenthesized_expression" => pending.extend(node.named_child(0).map(|inner| (inner, negated))),
                "not_operator" => pending.extend(node.at(Field::Argument).map(|inner| (inner, !negated))),
                "boolean_operator" if !negated && node.at(Field::Operator).is_some_and(|operator| operator.sort() == "and") => {
                    for field in [Field::Right, Field::Left] {
                        pending.extend(node.at(field).map(|inner| (inner, false)));
                    }
                }
                "call" | "identifier" => {
                    tests.extend(self.test_at(node, from).map(|test| (test, if negated { Branch::False } else { Branch::True })));
                }
                "comparison_operator" => {
                    let mut cursor = node.walk();
                    let parts: Vec<_> = node.children(&mut cursor).collect();
                    let differs = parts.iter().any(|part| matches!(part.sort(), "!=" | "is not"));
                    let equal = parts.iter().any(|part| matches!(part.sort(), "==" | "is"));
                    if equal == differs {
                        continue;
                    }
                    // `f() is not None`: it gave something; `flag is False`: it is false.
                    let nothing = parts.iter().any(|part| matches!(part.sort(), "none" | "false"));
                    let truth = nothing || parts.iter().any(|part| part.sort() == "true");
                    for part in parts.into_iter().filter(|part| matches!(part.sort(), "call" | "identifier")) {
                        let Some(test) = self.test_at(part, from) else { continue };
                        let holds = equal != negated;
                        let branch = match (truth, holds != nothing) {
                            (true, true) => Branch::True,
                            (true, false) => Branch::False,
                            (false, _) if holds => Branch::Equal,
                            (false, _) => Branch::Differs,
                        };
                        // A variable that equals an unknown one tells nothing.
                        if truth || matches!(test, Test::Call(_)) {
                            tests.push((test, branch));
                        }
                    }
                }
                _ => {}
            }
        }
        tests
    }

    fn test_at(&mut self, node: Node<'_>, from: usize) -> Option<Test> {
        if node.sort() == "identifier" {
            let named = self.name_of(node);
            return self.find_var(named).map(Test::Var);
        }
        self.call_at(node, from).map(Test::Call)
    }

    fn call_at(&self, node: Node<'_>, from: usize) -> Option<CallId> {
        let at = span(node);
        self.summary.calls.iter_enumerated().skip(from).find(|(_, call)| call.span == at).map(|(id, _)| id)
    }
}

/// Whether the body of a loop always ends by leaving it.
pub(super) fn ends(block: Node<'_>) -> bool {
    let last = block.named().into_iter().next_back();
    last.is_some_and(|last| matches!(last.sort(), "return_statement" | "raise_statement" | "break_statement"))
}

/// Whether control never goes on after the block.
fn leaves(block: Node<'_>) -> bool {
    let last = block.named_child_count().checked_sub(1).and_then(|last| u32::try_from(last).ok()).and_then(|last| block.named_child(last));
    last.is_some_and(|last| matches!(last.sort(), "return_statement" | "raise_statement" | "continue_statement" | "break_statement"))
}
