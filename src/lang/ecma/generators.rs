//! What TypeScript makes of an async function for engines without generators: a `switch` over labels, in which
//! `return [4, value]` awaits, `_a.sent()` is what was awaited, and `_a.trys.push([1, 3, , 4])` opens a `try`.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children, span};
use crate::base::{Name, Span};
use crate::ir::{ExprId, FuncId, GuardId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

/// The machine whose states are being read.
#[derive(Clone, Copy)]
pub(super) struct Machine {
    /// The function whose body it was.
    func: FuncId,
    /// The parameter that holds the state.
    state: Name,
    /// What was awaited last.
    sent: Option<ExprId>,
}

/// A test that holds until a label is reached.
struct Until {
    label: u32,
    before: (Option<GuardId>, usize),
}

impl Lowering<'_> {
    /// `__generator(this, function (_a) { switch (_a.label) { ... } })` in the body of an async function: its states are read as that
    /// body, one after another as they were written.
    pub(super) fn compiled_states(&mut self, parts: &[Node<'_>]) -> Option<ExprId> {
        if !self.is_async_body() {
            return None;
        }
        let machine = parts.iter().find(|part| part.sort() == "function_expression")?;
        let body = machine.at(Field::Body)?;
        let state = machine.at(Field::Parameters).map(named_children).and_then(|all| all.first().copied())?;
        let state = self.name_of(state);
        let outer = self.machine.replace(Machine { func: self.func, state, sent: None });
        self.scopes.push(FxHashMap::default());
        self.declare_var(state);
        self.enter_function(body);
        for statement in named_children(body) {
            match statement.at(Field::Body).filter(|_| statement.sort() == "switch_statement") {
                Some(cases) => self.states(cases),
                None => self.any(statement),
            }
        }
        self.scopes.truncate(self.scopes.len().saturating_sub(2));
        self.machine = outer;
        Some(self.unknown())
    }

    /// Whether the function that is being read is the body of a compiled async function.
    pub(super) fn is_async_body(&self) -> bool {
        self.async_bodies.last() == Some(&(self.summary.functions[self.func].span.start as usize))
    }

    fn states(&mut self, body: Node<'_>) {
        let cases = named_children(body);
        let labels: FxHashMap<u32, usize> =
            cases.iter().filter_map(|case| Some((self.number(case.at(Field::Value)?)?, case.start_byte()))).collect();
        let begin = (self.guard, self.tested.len());
        let mut until: Vec<Until> = Vec::new();
        for case in cases.iter().filter(|case| case.sort() != "comment") {
            let label = case.at(Field::Value);
            let number = label.and_then(|label| self.number(label));
            // `if (!test) return [3, 2]` was an `if (test) { ... }` that ends where label 2 stands.
            if let Some(first) = until.iter().position(|test| Some(test.label) == number) {
                self.guard = until[first].before.0;
                self.tested.truncate(until[first].before.1);
                until.truncate(first);
            }
            for part in named_children(*case).into_iter().filter(|part| Some(*part) != label) {
                if let Some(tried) = self.tried(part, &labels, &cases) {
                    self.summary.caught.push(tried);
                }
                let before = (self.guard, self.tested.len());
                self.any(part);
                if let Some(label) = self.jumps(part) {
                    until.push(Until { label, before });
                }
            }
        }
        self.guard = begin.0;
        self.tested.truncate(begin.1);
    }

    /// Where an `if` statement jumps to: `if (test) return [3 /*break*/, 2];`.
    fn jumps(&self, statement: Node<'_>) -> Option<u32> {
        let given = statement.at(Field::Consequence).filter(|_| statement.sort() == "if_statement")?;
        let given = given.named_child(0).filter(|given| given.sort() == "array")?;
        match self.numbers(given)[..] {
            [Some(3), Some(label)] => Some(label),
            _ => None,
        }
    }

    /// What `_a.trys.push([try, catch, finally, end])` says is caught, if the handler does not throw.
    fn tried(&mut self, statement: Node<'_>, labels: &FxHashMap<u32, usize>, cases: &[Node<'_>]) -> Option<Span> {
        let call =
            statement.named_child(0).filter(|call| statement.sort() == "expression_statement" && call.sort() == "call_expression")?;
        let pushes = self.text_of(call.at(Field::Function)?).strip_prefix(self.machine?.state.as_str()) == Some(".trys.push");
        let given = call.at(Field::Arguments).filter(|_| pushes)?.named_child(0)?;
        let [_, Some(handler), after, end] = self.numbers(given)[..] else { return None };
        let (from, to) = (*labels.get(&handler)?, *labels.get(&after.or(end)?)?);
        let mut handling = cases.iter().filter(|case| (from..to).contains(&case.start_byte()));
        let throws = handling.any(|case| named_children(*case).iter().any(|part| part.sort() == "throw_statement"));
        (!throws).then(|| Span::new(span(statement).start as usize, to))
    }

    fn number(&self, node: Node<'_>) -> Option<u32> {
        self.text_of(node).parse().ok()
    }

    /// The numbers of an array, with its holes.
    fn numbers(&self, array: Node<'_>) -> Vec<Option<u32>> {
        let mut found = vec![None];
        let mut cursor = array.walk();
        for child in array.children(&mut cursor) {
            match child.sort() {
                "," => found.push(None),
                "number" => {
                    if let Some(last) = found.last_mut() {
                        *last = self.number(child);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// What a state returns: `[2, value]` is the function's own, `[4, value]` awaits, others only jump. Whether it was that.
    pub(super) fn returned_state(&mut self, value: Node<'_>) -> bool {
        if value.sort() != "array" || self.machine.is_none_or(|machine| machine.func != self.func) {
            return false;
        }
        let parts: Vec<_> = named_children(value).into_iter().filter(|part| part.sort() != "comment").collect();
        let Some(kind) = parts.first().filter(|first| first.sort() == "number").and_then(|first| self.number(*first)) else { return false };
        match (kind, parts.get(1)) {
            (2, Some(given)) => {
                let given = self.expression(*given);
                let func = self.func;
                self.summary.functions[func].returns.push(given);
            }
            (2, None) => {
                let func = self.func;
                self.summary.functions[func].gives_nothing = true;
            }
            (4, Some(given)) => {
                let sent = self.awaited(*given, *given);
                if let Some(machine) = &mut self.machine {
                    machine.sent = Some(sent);
                }
            }
            (5, Some(given)) => _ = self.expression(*given),
            _ => {}
        }
        true
    }

    /// `_a.sent()`: what was awaited last.
    pub(super) fn sent(&self, function: Node<'_>) -> Option<ExprId> {
        let machine = self.machine.filter(|machine| machine.func == self.func)?;
        (self.text_of(function).strip_prefix(machine.state.as_str()) == Some(".sent")).then_some(machine.sent)?
    }
}
