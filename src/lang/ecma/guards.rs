//! Branches: which tests the code of a branch stands under.

use super::super::condition::{CONJUNCTS, Condition, MOST_NODES, Tests};
use super::super::kept::{Asked, shows_missing};
use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::ir::{Branch, Const, Expr, ExprId, Guard, Relation, Test};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn if_statement(&mut self, node: Node<'_>) {
        let (before, outer) = (self.main_guard, self.guard);
        let condition = node.at(Field::Condition);
        let text = condition.map_or("", |condition| self.text_of(condition));
        let is_main = text.contains("require.main") || text.contains("import.meta.main");
        let tests = condition.map(|condition| self.condition(condition).1);
        self.main_guard = before || is_main;
        let untested = self.tested.len();
        let missing = shows_missing(text);
        let (consequence, alternative) = (node.at(Field::Consequence), node.at(Field::Alternative));
        let sides = [(consequence, tests.as_ref().map(|tests| &tests.holds)), (alternative, tests.as_ref().map(|tests| &tests.fails))];
        for ((side, tests), there) in sides.into_iter().zip([true, false]) {
            self.tested.truncate(untested);
            self.tested.push(Asked::new(text, missing == Some(there), &self.summary));
            self.guard = outer;
            self.stand_under(tests.map_or(&[], SmallVec::as_slice));
            if let Some(side) = side {
                self.any(side);
            }
            self.main_guard = before;
        }
        // After `if (test) return`, the rest of the block stands under the other branch.
        self.guard = outer;
        let rest = match (consequence.is_some_and(leaves), alternative.is_some_and(leaves)) {
            (true, _) => tests.as_ref().map(|tests| &tests.fails),
            (false, true) => tests.as_ref().map(|tests| &tests.holds),
            (false, false) => None,
        };
        self.stand_under(rest.map_or(&[], SmallVec::as_slice));
        // After `if (this.x) return this.x;` the rest of the block stands under the test too.
        if alternative.is_some() || !consequence.is_some_and(leaves) {
            self.tested.truncate(untested);
        } else if let Some(rest) = self.tested.last_mut() {
            rest.nested = false;
        }
    }

    pub(super) fn switch_statement(&mut self, node: Node<'_>) {
        let Some(value) = node.at(Field::Value) else { return };
        let noted = self.noted.len();
        self.noting += 1;
        self.expression(value);
        self.noting -= 1;
        let (subject, kind) = self.operand(value, noted);
        if self.noting == 0 {
            self.noted.clear();
        }
        let Some(body) = node.at(Field::Body) else { return };
        let relation = if kind { Relation::Kind } else { Relation::Same };
        let outer = self.guard;
        let switched = std::mem::replace(&mut self.switched, (true, self.looped));
        self.scopes.push(FxHashMap::default());
        let cases = named_children(body);
        for case in &cases {
            self.declare_block(*case);
        }
        let (mut reaching, mut all): (Vec<ExprId>, Vec<ExprId>) = (Vec::new(), Vec::new());
        // A case reached from the one before it runs for that one's values as well.
        let (mut falls, mut through_default) = (false, false);
        for case in &cases {
            if case.sort() == "comment" {
                continue;
            }
            let label = case.at(Field::Value);
            if !falls {
                (reaching, through_default) = (Vec::new(), false);
            }
            if let Some(label) = label {
                let label = self.expression(label);
                reaching.push(label);
                all.push(label);
            } else {
                through_default |= case.sort() == "switch_default";
            }
            self.guard = outer;
            if let Some(subject) = subject {
                if !through_default {
                    let test = self.one_of(relation, subject, reaching.clone());
                    self.stand_under(&[(test, Branch::True)]);
                } else if reaching.is_empty() && !all.is_empty() {
                    let test = self.one_of(relation, subject, all.clone());
                    self.stand_under(&[(test, Branch::False)]);
                }
            }
            let parts: Vec<_> = named_children(*case).into_iter().filter(|part| Some(*part) != label).collect();
            falls = !parts.last().is_some_and(|last| leaves(*last));
            for part in parts {
                self.any(part);
            }
        }
        self.guard = outer;
        self.switched = switched;
        self.scopes.pop();
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
        let noted = self.noted.len();
        self.noting += 1;
        let value = self.expression(node);
        self.noting -= 1;
        let [holds, fails] = [true, false].map(|holds| self.tests(node, holds, noted));
        if self.noting == 0 {
            self.noted.clear();
        }
        (value, Condition { holds, fails })
    }

    /// `a ?? b`: the right side is asked for only where the left is nothing.
    pub(super) fn nothing(&mut self, value: ExprId) -> Tests {
        if !matches!(self.summary.exprs[value], Expr::Var(_) | Expr::Attr { .. }) {
            return Tests::new();
        }
        let null = self.push(Expr::Const(Const::Null));
        Tests::from_iter([(Test::Two(Relation::Equals, value, null), Branch::True)])
    }

    /// The tests that hold where the condition comes out so.
    fn tests(&mut self, node: Node<'_>, holds: bool, noted: usize) -> Tests {
        let mut tests = Tests::new();
        let mut pending: SmallVec<[(Node<'_>, bool); 4]> = SmallVec::from_iter([(node, holds)]);
        for _ in 0..MOST_NODES {
            let Some((node, holds)) = pending.pop().filter(|_| tests.len() < CONJUNCTS) else { break };
            let branch = if holds { Branch::True } else { Branch::False };
            match node.sort() {
                "parenthesized_expression" | "as_expression" | "non_null_expression" | "satisfies_expression" => {
                    pending.extend(named_children(node).into_iter().find(|part| part.sort() != "comment").map(|inner| (inner, holds)));
                }
                "unary_expression" if node.at(Field::Operator).is_some_and(|operator| operator.sort() == "!") => {
                    pending.extend(node.at(Field::Argument).map(|inner| (inner, !holds)));
                }
                "binary_expression" => match node.at(Field::Operator).map_or("", |operator| operator.sort()) {
                    operator @ ("&&" | "||") => {
                        if (operator == "&&") == holds {
                            for field in [Field::Right, Field::Left] {
                                pending.extend(node.at(field).map(|inner| (inner, holds)));
                            }
                        }
                    }
                    operator => tests.extend(self.comparison(node, operator, holds, noted)),
                },
                "identifier" | "member_expression" | "subscript_expression" | "call_expression" => {
                    let value = self.noted_at(node, noted);
                    tests.extend(value.and_then(|value| match self.summary.exprs[value] {
                        Expr::Var(var) => Some((Test::Var(var, value + 1), branch)),
                        Expr::Call(call) => Some((Test::Call(call), branch)),
                        Expr::Attr { .. } | Expr::Index { .. } => Some((Test::Place(value), branch)),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        tests
    }

    /// `a === b`, `a != b`, `a instanceof b`, `typeof a === b`, `a in b`
    fn comparison(&mut self, node: Node<'_>, operator: &str, holds: bool, noted: usize) -> Option<(Test, Branch)> {
        let (relation, equal) = match operator {
            "==" => (Relation::Equals, true),
            "!=" => (Relation::Equals, false),
            "===" => (Relation::Same, true),
            "!==" => (Relation::Same, false),
            "instanceof" => (Relation::Instance, true),
            "in" => (Relation::Among, true),
            _ => return None,
        };
        let (one, one_kind) = self.operand(node.at(Field::Left)?, noted);
        let (other, other_kind) = self.operand(node.at(Field::Right)?, noted);
        let (one, other) = (one?, other?);
        let is_equality = matches!(relation, Relation::Equals | Relation::Same);
        let is_constant = |id| matches!(self.summary.exprs[id], Expr::Const(_));
        let swapped = is_equality && is_constant(one) && !is_constant(other);
        let (one, other) = if swapped { (other, one) } else { (one, other) };
        let relation = match (one_kind || other_kind, is_equality && one_kind != other_kind) {
            (true, true) => Relation::Kind,
            (true, false) => return None,
            (false, _) => relation,
        };
        Some((Test::Two(relation, one, other), if equal == holds { Branch::True } else { Branch::False }))
    }

    /// What one side of a comparison has become, and whether its `typeof` is compared.
    fn operand(&self, node: Node<'_>, noted: usize) -> (Option<ExprId>, bool) {
        let mut node = node;
        while let Some(inner) = node.named_child(0).filter(|_| matches!(node.sort(), "parenthesized_expression" | "non_null_expression")) {
            node = inner;
        }
        let kind = node.sort() == "unary_expression" && node.at(Field::Operator).is_some_and(|operator| operator.sort() == "typeof");
        let asked = if kind { node.at(Field::Argument) } else { Some(node) };
        (asked.and_then(|asked| self.noted_at(asked, noted)), kind)
    }

    /// What a part of the condition that is being read has become.
    fn noted_at(&self, node: Node<'_>, noted: usize) -> Option<ExprId> {
        let id = node.id();
        self.noted[noted..].iter().find(|(at, _)| *at == id).map(|(_, value)| *value)
    }

    /// A test of a value against one label, or several.
    fn one_of(&mut self, relation: Relation, value: ExprId, mut labels: Vec<ExprId>) -> Test {
        match (labels.as_slice(), relation) {
            ([_], _) => Test::Two(relation, value, labels.remove(0)),
            (_, Relation::Kind) => Test::Two(relation, value, self.push(Expr::Either(labels))),
            _ => Test::Two(Relation::Among, value, self.push(Expr::List(labels))),
        }
    }
}

/// Whether a `catch` throws what it has caught, or something in its place, whatever that is.
pub(super) fn throws_on(clause: Node<'_>) -> bool {
    let body = clause.at(Field::Body).map(named_children);
    body.into_iter().flatten().any(|part| part.sort() == "throw_statement")
}

/// Whether a function's body is an expression, or ends by giving something, or by throwing, on every way.
pub(super) fn gives(body: Node<'_>) -> bool {
    let mut pending: SmallVec<[Node<'_>; 4]> = SmallVec::from_iter([body]);
    if body.sort() != "statement_block" {
        return true;
    }
    for _ in 0..MOST_NODES {
        let Some(statement) = pending.pop() else { return true };
        match statement.sort() {
            "return_statement" => {
                if statement.named_child(0).is_none() {
                    return false;
                }
            }
            "throw_statement" => {}
            "statement_block" | "else_clause" => match named_children(statement).into_iter().rev().find(|part| part.sort() != "comment") {
                Some(last) => pending.push(last),
                None => return false,
            },
            "if_statement" => match (statement.at(Field::Consequence), statement.at(Field::Alternative)) {
                (Some(one), Some(other)) => pending.extend([one, other]),
                _ => return false,
            },
            "try_statement" => {
                let handler = named_children(statement).into_iter().find(|part| part.sort() == "catch_clause");
                pending.extend(statement.at(Field::Body));
                pending.extend(handler.and_then(|clause| clause.at(Field::Body)));
            }
            _ => return false,
        }
    }
    false
}

/// Whether control never goes on after the statement.
fn leaves(statement: Node<'_>) -> bool {
    let mut pending: SmallVec<[Node<'_>; 4]> = SmallVec::from_iter([statement]);
    for _ in 0..MOST_NODES {
        let Some(statement) = pending.pop() else { return true };
        match statement.sort() {
            "return_statement" | "throw_statement" | "continue_statement" | "break_statement" => {}
            "statement_block" | "else_clause" => match named_children(statement).into_iter().rev().find(|part| part.sort() != "comment") {
                Some(last) => pending.push(last),
                None => return false,
            },
            "if_statement" => match (statement.at(Field::Consequence), statement.at(Field::Alternative)) {
                (Some(one), Some(other)) => pending.extend([one, other]),
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}
