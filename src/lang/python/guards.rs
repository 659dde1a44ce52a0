//! Branches: which tests the code of a branch stands under.

use super::super::condition::{CONJUNCTS, Condition, MOST_NODES, Tests};
use super::super::kept::{Asked, shows_missing};
use super::super::syntax::{Field, Syntax};
use super::{Lowering, span};
use crate::ir::{Branch, CallId, Expr, ExprId, Guard, Relation, Test};
use smallvec::SmallVec;
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn if_statement(&mut self, node: Node<'_>) {
        let (main, outer) = (self.main_guard, self.guard);
        let condition = node.at(Field::Condition);
        let text = condition.map_or("", |condition| self.text_of(condition));
        let is_main = text.contains("__name__") && text.contains("__main__");
        let tests = condition.map(|condition| self.condition(condition).1);
        let consequence = node.at(Field::Consequence);
        self.main_guard = main || is_main;
        let untested = self.tested.len();
        let missing = shows_missing(text);
        self.tested.push(Asked::new(text, missing == Some(true), &self.summary));
        self.branch(tests.as_ref(), consequence);
        self.main_guard = main;
        self.tested.truncate(untested);
        self.tested.push(Asked::new(text, missing == Some(false), &self.summary));
        // After `if test: return`, the rest of the block stands under the other branch.
        let mut left = consequence.is_some_and(leaves);
        let mut rest = if left { self.guard } else { outer };
        let alternatives: Vec<_> = node.every(Field::Alternative);
        for alternative in &alternatives {
            if alternative.sort() == "elif_clause" {
                let tests = alternative.at(Field::Condition).map(|condition| self.condition(condition).1);
                let consequence = alternative.at(Field::Consequence);
                self.branch(tests.as_ref(), consequence);
                left = left && consequence.is_some_and(leaves);
                if left {
                    rest = self.guard;
                }
            } else {
                self.block(*alternative);
                if let (Some(tests), [only]) = (&tests, alternatives.as_slice())
                    && !left
                    && only.at(Field::Body).is_some_and(leaves)
                {
                    self.guard = outer;
                    self.stand_under(&tests.holds);
                    rest = self.guard;
                }
            }
        }
        self.guard = rest;
        if !alternatives.is_empty() || !consequence.is_some_and(leaves) {
            self.tested.truncate(untested);
        } else if let Some(rest) = self.tested.last_mut() {
            rest.nested = false;
        }
    }

    /// Lowers a block where the tests hold; what follows stands where they fail.
    fn branch(&mut self, tests: Option<&Condition>, block: Option<Node<'_>>) {
        let outer = self.guard;
        if let Some(tests) = tests {
            self.stand_under(&tests.holds);
        }
        if let Some(block) = block {
            self.block(block);
        }
        self.guard = outer;
        if let Some(tests) = tests {
            self.stand_under(&tests.fails);
        }
    }

    /// `match x:` with cases that are constants, alternatives of them, or the rest.
    pub(super) fn match_statement(&mut self, node: Node<'_>) {
        let outer = self.guard;
        let subjects: Vec<_> = node.every(Field::Subject).into_iter().map(|subject| self.expression(subject)).collect();
        let cases = node.at(Field::Body).map(|body| body.every(Field::Alternative)).unwrap_or_default();
        for case in cases {
            let patterns: Vec<_> = case.named().into_iter().filter(|part| part.sort() == "case_pattern").collect();
            let guard = case.at(Field::Guard);
            let (before, mut excluded) = (self.guard, None);
            if let ([subject], [pattern]) = (subjects.as_slice(), patterns.as_slice())
                && let Some(constants) = self.constants_of(*pattern)
            {
                let test = self.one_of(Relation::Equals, *subject, constants);
                self.stand_under(&[(test, Branch::True)]);
                excluded = guard.is_none().then_some(test);
            } else {
                for pattern in patterns {
                    self.capture(pattern);
                }
            }
            if let Some(guard) = guard.and_then(|guard| guard.named_child(0)) {
                let tests = self.condition(guard).1;
                self.stand_under(&tests.holds);
            }
            if let Some(body) = case.at(Field::Consequence) {
                self.block(body);
            }
            // What comes after stands where this case does not match, if that is all it asks.
            self.guard = before;
            if let Some(test) = excluded {
                self.stand_under(&[(test, Branch::False)]);
            }
        }
        self.guard = outer;
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
        let mut excepts = clauses.iter().filter(|clause| clause.sort() == "except_clause").peekable();
        if excepts.peek().is_some() && !excepts.any(|clause| throws_on(*clause)) {
            self.summary.caught.push(span(node));
        }
        for clause in clauses {
            let asked = self.tested.len();
            if let (Some(body), true) = (body.filter(|_| self.summary.calls.len() == from), clause.sort() == "except_clause") {
                // `try: return self.x` asks for it too.
                self.tested.push(Asked::new(self.text_of(body), true, &self.summary));
            }
            if let (Some(test), "except_clause") = (tested, clause.sort()) {
                self.stand_under(&[(Test::Call(test), Branch::Raised)]);
            }
            self.statement(clause);
            self.tested.truncate(asked);
            self.guard = outer;
        }
    }

    /// The same for those that ask a call: in a loop a variable's value is that of another round.
    pub(super) fn stand_under_calls(&mut self, tests: &[(Test, Branch)]) {
        for (test, branch) in tests {
            let guard = Guard { test: *test, branch: *branch, outer: None };
            if guard.of_call(&self.summary).is_some() {
                self.stand_under(&[(*test, *branch)]);
            }
        }
    }

    pub(super) fn stand_under(&mut self, tests: &[(Test, Branch)]) {
        for (test, branch) in tests {
            self.guard = Some(self.summary.guards.push(Guard { test: *test, branch: *branch, outer: self.guard }));
        }
    }

    /// Lowers what runs only where the tests hold; tests that nothing stands under are dropped.
    pub(super) fn under(&mut self, tests: &[(Test, Branch)], node: Node<'_>) -> ExprId {
        let (outer, guards) = (self.guard, self.summary.guards.len());
        let before = (self.summary.calls.len(), self.summary.reads.len(), self.summary.functions.len());
        self.stand_under(tests);
        let value = self.expression(node);
        self.guard = outer;
        if before == (self.summary.calls.len(), self.summary.reads.len(), self.summary.functions.len()) {
            self.summary.guards.truncate(guards);
        }
        value
    }

    /// Lowers a condition and tells which tests it comes down to.
    pub(super) fn condition(&mut self, node: Node<'_>) -> (ExprId, Condition) {
        let (calls, noted) = (self.summary.calls.len(), self.noted.len());
        self.noting += 1;
        let value = self.expression(node);
        self.noting -= 1;
        let [holds, fails] = [true, false].map(|holds| self.tests(node, holds, calls, noted));
        if self.noting == 0 {
            self.noted.clear();
        }
        (value, Condition { holds, fails })
    }

    /// The tests that hold where the condition comes out so.
    fn tests(&mut self, node: Node<'_>, holds: bool, calls: usize, noted: usize) -> Tests {
        let mut tests = Tests::new();
        let mut pending: SmallVec<[(Node<'_>, bool); 4]> = SmallVec::from_iter([(node, holds)]);
        for _ in 0..MOST_NODES {
            let Some((node, holds)) = pending.pop().filter(|_| tests.len() < CONJUNCTS) else { break };
            let branch = if holds { Branch::True } else { Branch::False };
            match node.sort() {
                "parenthesized_expression" => pending.extend(node.named_child(0).map(|inner| (inner, holds))),
                "not_operator" => pending.extend(node.at(Field::Argument).map(|inner| (inner, !holds))),
                "named_expression" => pending.extend(node.at(Field::Value).map(|inner| (inner, holds))),
                "boolean_operator" if node.at(Field::Operator).is_some_and(|operator| (operator.sort() == "and") == holds) => {
                    for field in [Field::Right, Field::Left] {
                        pending.extend(node.at(field).map(|inner| (inner, holds)));
                    }
                }
                "call" => tests.extend(self.call_at(node, calls).map(|call| (Test::Call(call), branch))),
                "identifier" => {
                    let named = self.name_of(node);
                    let behind = self.summary.exprs.next_idx();
                    tests.extend(self.find_var(named).map(|var| (Test::Var(var, behind), branch)));
                }
                "attribute" | "subscript" => tests.extend(self.noted_at(node, noted).map(|place| (Test::Place(place), branch))),
                "comparison_operator" => tests.extend(self.comparison(node, holds, noted).or_else(|| self.counted(node, holds, calls))),
                _ => {}
            }
        }
        tests
    }

    /// `a == b`, `a is not b`, `a in b`
    fn comparison(&mut self, node: Node<'_>, holds: bool, noted: usize) -> Option<(Test, Branch)> {
        let [one, operator, other] = compared(node)?;
        let (relation, equal) = match operator.sort() {
            "==" | "is" => (Relation::Equals, true),
            "!=" | "is not" => (Relation::Equals, false),
            "in" => (Relation::Among, true),
            "not in" => (Relation::Among, false),
            _ => return None,
        };
        let (one, other) = (self.noted_at(one, noted)?, self.noted_at(other, noted)?);
        let is_constant = |id| matches!(self.summary.exprs[id], Expr::Const(_));
        let swapped = relation == Relation::Equals && is_constant(one) && !is_constant(other);
        let (one, other) = if swapped { (other, one) } else { (one, other) };
        Some((Test::Two(relation, one, other), if equal == holds { Branch::True } else { Branch::False }))
    }

    /// `queue.qsize() > 3`, `0 < queue.qsize()`: what the call gives is more than nothing.
    fn counted(&self, node: Node<'_>, holds: bool, calls: usize) -> Option<(Test, Branch)> {
        let [one, operator, other] = compared(node)?;
        let (more, less, least) = match operator.sort() {
            ">" => (one, other, 0),
            ">=" => (one, other, 1),
            "<" => (other, one, 0),
            "<=" => (other, one, 1),
            _ => return None,
        };
        let bound = self.text_of(less).parse::<u64>().ok().filter(|bound| holds && *bound >= least);
        let call = bound.and_then(|_| self.call_at(more, calls))?;
        Some((Test::Call(call), Branch::True))
    }

    /// What a part of the condition that is being read has become.
    fn noted_at(&self, node: Node<'_>, noted: usize) -> Option<ExprId> {
        let id = node.id();
        self.noted[noted..].iter().find(|(at, _)| *at == id).map(|(_, value)| *value)
    }

    /// The constants that a pattern of a `match` lists; none where it is anything else.
    fn constants_of(&mut self, pattern: Node<'_>) -> Option<Vec<ExprId>> {
        let mut pending = vec![pattern];
        let mut constants = Vec::new();
        while let Some(part) = pending.pop() {
            match part.sort() {
                "case_pattern" | "union_pattern" => {
                    if part.named_child_count() == 0 {
                        return None;
                    }
                    pending.extend(part.named());
                }
                "string" | "integer" | "float" | "true" | "false" | "none" => constants.push(self.expression(part)),
                "dotted_name" if part.named_child_count() > 1 => {
                    let mut at = None;
                    for name in part.named() {
                        let named = self.name_of(name);
                        at = Some(match at {
                            None => self.identifier(named),
                            Some(base) => self.push(Expr::Attr { base, name: named }),
                        });
                    }
                    constants.extend(at);
                }
                _ => return None,
            }
        }
        (!constants.is_empty()).then_some(constants)
    }

    /// A test of a value against one constant, or several.
    fn one_of(&mut self, relation: Relation, value: ExprId, mut constants: Vec<ExprId>) -> Test {
        match constants.as_slice() {
            [_] => Test::Two(relation, value, constants.remove(0)),
            _ => Test::Two(Relation::Among, value, self.push(Expr::List(constants))),
        }
    }

    /// The names that a pattern binds hold what nothing is known of.
    fn capture(&mut self, pattern: Node<'_>) {
        let mut pending = vec![pattern];
        while let Some(part) = pending.pop() {
            match part.sort() {
                "identifier" => {
                    let named = self.name_of(part);
                    if let Some(var) = self.find_var(named) {
                        self.summary.blur(var);
                    }
                }
                "dotted_name" if part.named_child_count() != 1 => {}
                _ => pending.extend(part.named()),
            }
        }
    }

    fn call_at(&self, node: Node<'_>, from: usize) -> Option<CallId> {
        let at = span(node);
        self.summary.calls.iter_enumerated().skip(from).find(|(_, call)| call.span == at).map(|(id, _)| id)
    }
}

/// What a comparison of two compares, with the operator between.
fn compared(node: Node<'_>) -> Option<[Node<'_>; 3]> {
    let mut cursor = node.walk();
    let parts: SmallVec<[_; 4]> = node.children(&mut cursor).filter(|part| part.sort() != "comment").collect();
    parts.as_slice().try_into().ok()
}

/// Whether the body of a loop always ends by leaving it.
pub(super) fn ends(block: Node<'_>) -> bool {
    let last = block.named().into_iter().next_back();
    last.is_some_and(|last| matches!(last.sort(), "return_statement" | "raise_statement" | "break_statement"))
}

/// Whether an `except` raises what it has caught, or something in its place, whatever that is.
fn throws_on(clause: Node<'_>) -> bool {
    let blocks = clause.named().into_iter().filter(|part| part.sort() == "block");
    blocks.into_iter().flat_map(Syntax::named).any(|part| part.sort() == "raise_statement")
}

/// Whether a function's body ends by giving something, or by raising, on every way.
pub(super) fn gives(block: Node<'_>) -> bool {
    let mut pending: SmallVec<[Node<'_>; 4]> = SmallVec::from_iter([block]);
    for _ in 0..MOST_NODES {
        let Some(block) = pending.pop() else { return true };
        let last = block.named().into_iter().rev().find(|part| part.sort() != "comment");
        let Some(last) = last else { return false };
        let clauses = last.every(Field::Alternative);
        match last.sort() {
            "return_statement" => {
                if last.named_child(0).is_none() {
                    return false;
                }
            }
            "raise_statement" => {}
            "if_statement" if clauses.last().is_some_and(|clause| clause.sort() == "else_clause") => {
                for clause in std::iter::once(last).chain(clauses) {
                    let Some(block) = clause.at(Field::Consequence).or_else(|| clause.at(Field::Body)) else { return false };
                    pending.push(block);
                }
            }
            "with_statement" => pending.extend(last.at(Field::Body)),
            "try_statement" => {
                pending.extend(last.at(Field::Body));
                let clauses = last.named().into_iter().filter(|part| part.sort() == "except_clause");
                let blocks: SmallVec<[Node<'_>; 4]> =
                    clauses.into_iter().filter_map(|clause| clause.named().into_iter().rev().find(|part| part.sort() == "block")).collect();
                pending.extend(blocks);
            }
            _ => return false,
        }
    }
    false
}

/// Whether control never goes on after the block.
fn leaves(block: Node<'_>) -> bool {
    let mut pending: SmallVec<[Node<'_>; 4]> = SmallVec::from_iter([block]);
    for _ in 0..MOST_NODES {
        let Some(block) = pending.pop() else { return true };
        let last = block.named().into_iter().rev().find(|part| part.sort() != "comment");
        let Some(last) = last else { return false };
        match last.sort() {
            "return_statement" | "raise_statement" | "continue_statement" | "break_statement" => {}
            "if_statement" => {
                let clauses = last.every(Field::Alternative);
                if clauses.last().is_none_or(|clause| clause.sort() != "else_clause") {
                    return false;
                }
                for clause in std::iter::once(last).chain(clauses) {
                    let Some(block) = clause.at(Field::Consequence).or_else(|| clause.at(Field::Body)) else { return false };
                    pending.push(block);
                }
            }
            _ => return false,
        }
    }
    false
}
