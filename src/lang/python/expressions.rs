//! Expressions and types.

use super::super::syntax::{Field, Syntax};
use super::texts::{is_plain, is_text};
use super::{DEEPEST, Lowering, span};
use crate::base::{Name, name};
use crate::ir::{Arg, CallKind, Const, Expr, ExprId, FuncKind, Function};
use tree_sitter::Node;

/// Longest string that is kept as a constant, in bytes.
const LONGEST_STRING: usize = 80;

/// Literals with more constants than this, and nothing else, are data whose elements do not matter.
const MOST_CONSTANTS: usize = 8;

impl Lowering<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> ExprId {
        if self.depth > DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let id = self.expression_within(node);
        self.depth -= 1;
        if self.noting > 0 {
            self.noted.push((node.id(), id));
        }
        id
    }

    pub(super) fn children(&mut self, node: Node<'_>) -> Vec<ExprId> {
        let children: Vec<_> = node.named().into_iter().filter(|child| child.sort() != "comment").collect();
        children.into_iter().map(|child| self.expression(child)).collect()
    }

    pub(super) fn builtin(&mut self, of: &str) -> ExprId {
        self.push(Expr::Builtin(name(of)))
    }

    pub(super) fn identifier(&mut self, named: Name) -> ExprId {
        if self.in_class_body()
            && let Some(member) = self.members.last().and_then(|members| members.get(&named)).copied()
        {
            return member;
        }
        match self.find_var(named) {
            Some(var) => self.push(Expr::Var(var)),
            None => self.push(Expr::Global(named)),
        }
    }

    fn expression_within(&mut self, node: Node<'_>) -> ExprId {
        match node.sort() {
            "identifier" => {
                let named = self.name_of(node);
                self.identifier(named)
            }
            "call" => self.call_expression(node, false),
            "await" => {
                let Some(inner) = node.named_child(0) else { return self.unknown() };
                self.summary.awaits.push((self.func, span(node)));
                let value = if inner.sort() == "call" {
                    self.call_expression(inner, true)
                } else {
                    self.summary.waits(self.func, self.looped);
                    self.expression(inner)
                };
                self.push(Expr::Await(value))
            }
            "attribute" => {
                let (Some(object), Some(attribute)) = (node.at(Field::Object), node.at(Field::Attribute)) else {
                    return self.unknown();
                };
                let called = self.called == node.id();
                let base = self.expression(object);
                let named = self.name_of(attribute);
                let attr = self.push(Expr::Attr { base, name: named });
                if !called {
                    self.note_read(attr, node);
                }
                attr
            }
            "subscript" => {
                let keys: Vec<_> = node.every(Field::Subscript);
                let Some(value) = node.at(Field::Value) else { return self.unknown() };
                let base = self.expression(value);
                let cut = keys.first().and_then(|key| length_of(self.text_of(*key)));
                let keys: Vec<_> = keys.into_iter().map(|key| (key.sort() == "slice", self.expression(key))).collect();
                match keys.as_slice() {
                    [(true, _)] => {
                        let element = self.push(Expr::Element(base));
                        let part = self.push(Expr::Many(element));
                        self.summary.cuts.extend(cut.map(|length| (part, length)));
                        part
                    }
                    [(false, key)] => self.push(Expr::Index { base, key: *key }),
                    _ => {
                        let key = self.push(Expr::List(keys.into_iter().map(|(_, key)| key).collect()));
                        self.push(Expr::Index { base, key })
                    }
                }
            }
            "string" | "concatenated_string" => self.string(node),
            "integer" | "float" => {
                let text = self.text_of(node).replace('_', "");
                match text.parse::<f64>() {
                    Ok(number) => self.push(Expr::Const(Const::Number(number))),
                    Err(_) => self.builtin("int"),
                }
            }
            "true" => self.push(Expr::Const(Const::Bool(true))),
            "false" => self.push(Expr::Const(Const::Bool(false))),
            "none" => self.push(Expr::Const(Const::Null)),
            "list" | "tuple" | "set" | "expression_list" => self.list(node),
            "dictionary" => self.dictionary(node),
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => self.comprehension(node),
            "lambda" => self.lambda(node),
            "conditional_expression" => {
                let parts: Vec<_> = node.named().into_iter().filter(|part| part.sort() != "comment").collect();
                let [yes, test, no] = parts.as_slice() else { return self.unknown() };
                let tests = self.condition(*test).1;
                let kept = vec![self.under(&tests.holds, *yes), self.under(&tests.fails, *no)];
                self.push(Expr::Either(kept))
            }
            "augmented_assignment" => {
                if let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) {
                    self.note_all(left, right);
                    let named = self.name_of(left);
                    if let Some(var) = self.find_var(named).filter(|_| left.sort() == "identifier") {
                        self.summary.blur(var);
                    }
                }
                self.augmented(node)
            }
            "boolean_operator" => {
                let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) else { return self.unknown() };
                let (value, tests) = self.condition(left);
                let is_and = node.at(Field::Operator).is_some_and(|operator| operator.sort() == "and");
                let other = self.under(if is_and { &tests.holds } else { &tests.fails }, right);
                self.push(Expr::Either(vec![value, other]))
            }
            "parenthesized_expression" => {
                let mut parts = self.children(node);
                parts.pop().unwrap_or_else(|| self.unknown())
            }
            "named_expression" => {
                let (Some(named), Some(value)) = (node.at(Field::Name), node.at(Field::Value)) else {
                    return self.unknown();
                };
                let value = self.expression(value);
                self.assign_to(named, value);
                value
            }
            "assignment" => self.assignment(node),
            "yield" => {
                let func = self.func;
                self.summary.functions[func].is_generator = true;
                if self.summary.functions[func].is_async {
                    self.summary.awaits.push((func, span(node)));
                }
                let from = node.child(1).is_some_and(|child| child.sort() == "from");
                let Some(inner) = node.named_child(0) else { return self.unknown() };
                let mut value = self.expression(inner);
                if from {
                    self.consume(value, inner, false);
                    value = self.push(Expr::Element(value));
                }
                self.returns(value);
                self.unknown()
            }
            "list_splat" => {
                let Some(inner) = node.named_child(0) else { return self.unknown() };
                let value = self.expression(inner);
                self.consume(value, inner, false);
                self.push(Expr::Element(value))
            }
            "dictionary_splat" => match node.named_child(0) {
                Some(inner) => self.expression(inner),
                None => self.unknown(),
            },
            "type" => self.type_expression(node),
            "binary_operator" if node.at(Field::Operator).is_some_and(|operator| operator.sort() == "/") => self.division(node),
            "binary_operator" if self.accumulates(node) => self.sum(node),
            // Regular expressions are written in pieces; their flags are joined.
            "binary_operator" if is_plain(node, self.text) => self.string(node),
            "binary_operator" if is_text(node) => self.string(node),
            "binary_operator" if self.joins_constants(node) => {
                let parts = self.children(node);
                self.push(Expr::Either(parts))
            }
            "binary_operator" if node.at(Field::Operator).is_some_and(|operator| operator.sort() == "*") => {
                let parts = self.children(node);
                self.summary.product(&parts)
            }
            "comparison_operator" => self.membership(node),
            "not_operator" => {
                self.children(node);
                self.judgement()
            }
            _ => {
                self.children(node);
                self.unknown()
            }
        }
    }

    /// `a += b` is a call of the left side's method: what it costs depends on the type.
    fn augmented(&mut self, node: Node<'_>) -> ExprId {
        let parts = self.children(node);
        let adds = node.at(Field::Operator).is_some_and(|operator| operator.sort() == "+=");
        let (true, [base, value]) = (adds, parts.as_slice()) else { return self.unknown() };
        if matches!(self.summary.exprs[*base], Expr::Var(_) | Expr::Attr { .. }) {
            let callee = self.push(Expr::Attr { base: *base, name: name("__iadd__") });
            self.call(CallKind::Operator, callee, vec![Arg { name: None, value: *value, spread: false }], node, false);
        }
        self.unknown()
    }

    /// `re.I | re.X`, `mode | fcntl.LOCK_NB`
    fn joins_constants(&self, node: Node<'_>) -> bool {
        let is_constant = |node: Node<'_>| {
            let last = node.at(Field::Attribute).unwrap_or(node);
            let text = self.text_of(last);
            matches!(last.sort(), "identifier") && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
        };
        node.at(Field::Operator).is_some_and(|operator| operator.sort() == "|")
            && [Field::Right, Field::Left].into_iter().any(|side| {
                node.at(side).is_some_and(|side| is_constant(side) || (side.sort() == "binary_operator" && self.joins_constants(side)))
            })
    }

    /// `a = a + b`
    fn accumulates(&self, node: Node<'_>) -> bool {
        let adds = node.at(Field::Operator).is_some_and(|operator| operator.sort() == "+");
        adds && !self.accumulator.is_empty() && node.at(Field::Left).is_some_and(|left| self.text_of(left) == self.accumulator)
    }

    fn sum(&mut self, node: Node<'_>) -> ExprId {
        let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) else { return self.unknown() };
        let (base, value) = (self.expression(left), self.expression(right));
        let callee = self.push(Expr::Attr { base, name: name("__add__") });
        self.call(CallKind::Operator, callee, vec![Arg { name: None, value, spread: false }], node, false);
        self.unknown()
    }

    /// `a in b` is a call of `b.__contains__`; other comparisons of things that cost nothing are none.
    fn membership(&mut self, node: Node<'_>) -> ExprId {
        let parts = self.children(node);
        self.note_length(node, &parts);
        let mut cursor = node.walk();
        let operator = node.children(&mut cursor).find(|part| matches!(part.sort(), "in" | "not in"));
        let is_in = operator.is_some_and(|operator| operator.sort() == "in");
        if let (true, [value, base]) = (operator.is_some(), parts.as_slice())
            && matches!(self.summary.exprs[*base], Expr::Var(_) | Expr::Attr { .. } | Expr::Call(_) | Expr::Index { .. })
        {
            let callee = self.push(Expr::Attr { base: *base, name: name("__contains__") });
            let result = self.call(CallKind::Operator, callee, vec![Arg { name: None, value: *value, spread: false }], node, false);
            if is_in {
                return result;
            }
        }
        self.judgement()
    }

    /// True or false, as a rule: never `None`.
    fn judgement(&mut self) -> ExprId {
        let value = self.unknown();
        self.summary.judged.push(value);
        value
    }

    /// `len(x) > 100`: the code knows how long `x` is.
    fn note_length(&mut self, node: Node<'_>, parts: &[ExprId]) {
        let ([one, other], [first, second]) = (&node.named()[..], parts) else { return };
        let (call, limit) = if one.sort() == "call" { (*one, *second) } else { (*other, *first) };
        let measured = call.at(Field::Function).is_some_and(|function| self.text_of(function) == "len");
        let argument = call.at(Field::Arguments).and_then(|arguments| arguments.named_child(0));
        if let (true, Some(argument), Some(limit)) = (measured, argument, self.summary.number(limit))
            && argument.sort() == "identifier"
        {
            let named = self.name_of(argument);
            let var = self.find_var(named);
            self.summary.measured.extend(var.map(|var| (var, limit, span(node))));
        }
    }

    /// `path / "name"`: the one operator whose results are called in earnest.
    fn division(&mut self, node: Node<'_>) -> ExprId {
        let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) else { return self.unknown() };
        let (base, value) = (self.expression(left), self.expression(right));
        if matches!(self.summary.exprs[base], Expr::Const(_) | Expr::Unknown) {
            return self.unknown();
        }
        let callee = self.push(Expr::Attr { base, name: name("__truediv__") });
        self.call(CallKind::Operator, callee, vec![Arg { name: None, value, spread: false }], node, false)
    }

    /// A string, noted with its place where it may be a regular expression.
    fn string(&mut self, node: Node<'_>) -> ExprId {
        if !is_plain(node, self.text) {
            return self.joined(node);
        }
        let value = self.string_within(node);
        if matches!(self.summary.exprs[value], Expr::Builtin(_)) {
            self.summary.begin_text(value, span(node));
        }
        if super::super::literal::may_repeat(self.text_of(node)) {
            self.summary.literals.push((value, span(node)));
        }
        value
    }

    fn string_within(&mut self, node: Node<'_>) -> ExprId {
        let text = self.text_of(node);
        let start = text.find(['"', '\'']).unwrap_or(0);
        let prefix = text[..start].to_ascii_lowercase();
        if node.sort() == "binary_operator" {
            return self.builtin(if prefix.contains('b') { "bytes" } else { "str" });
        }
        if node.sort() == "concatenated_string" {
            return self.builtin("str");
        }
        if prefix.contains('b') {
            return self.builtin("bytes");
        }
        let quotes = if text[start..].starts_with("\"\"\"") || text[start..].starts_with("'''") { 3 } else { 1 };
        let content = text.get(start + quotes..text.len().saturating_sub(quotes)).unwrap_or("");
        if content.len() > LONGEST_STRING || content.contains('\\') {
            return self.builtin("str");
        }
        self.push(Expr::Const(Const::Str(name(content))))
    }

    fn list(&mut self, node: Node<'_>) -> ExprId {
        let items = self.children(node);
        // Long lists of constants are data.
        if node.sort() != "expression_list" && items.len() > MOST_CONSTANTS && self.all_constant(&items) {
            return self.builtin(match node.sort() {
                "list" => "list",
                "set" => "set",
                _ => "tuple",
            });
        }
        let value = self.push(Expr::List(items));
        if node.sort() == "set" {
            self.summary.sets.push(value);
        }
        value
    }

    fn dictionary(&mut self, node: Node<'_>) -> ExprId {
        let mut fields = Vec::new();
        let pairs = node.named();
        for pair in pairs {
            match (pair.at(Field::Key), pair.at(Field::Value)) {
                (Some(key), Some(value)) => {
                    let written = self.expression(key);
                    let key = self.summary.exprs[written].key();
                    let value = self.expression(value);
                    if key.is_none() {
                        self.summary.keyed.insert(value, written);
                    }
                    fields.push((key, value));
                }
                _ => {
                    for value in self.children(pair) {
                        fields.push((None, self.push(Expr::Element(value))));
                    }
                }
            }
        }
        let values: Vec<ExprId> = fields.iter().map(|(_, value)| *value).collect();
        if fields.len() > MOST_CONSTANTS && self.all_constant(&values) {
            return self.builtin("dict");
        }
        self.push(Expr::Object(fields))
    }

    fn all_constant(&self, items: &[ExprId]) -> bool {
        items.iter().all(|item| matches!(self.summary.exprs[*item], Expr::Const(_) | Expr::Unknown | Expr::Builtin(_)))
    }

    /// Keeps an attribute read; lowering can't tell whether it is a property.
    fn note_read(&mut self, attr: ExprId, node: Node<'_>) {
        self.summary.reads.push(crate::ir::Read {
            attr,
            span: span(node),
            func: self.func,
            main_guard: self.main_guard,
            once: self.once,
            guard: self.guard,
            looped: self.looped,
        });
    }

    fn lambda(&mut self, node: Node<'_>) -> ExprId {
        let func = self.summary.functions.push(Function {
            name: name("<lambda>"),
            span: span(node),
            name_span: span(node),
            parent: Some(self.func),
            guard: self.guard,
            class: None,
            object: None,
            kind: FuncKind::Lambda,
            is_async: false,
            is_generator: false,
            waits: false,
            gives_nothing: false,
            is_abstract: false,
            params: Vec::new(),
            returns: Vec::new(),
            return_type: None,
            decorators: Vec::new(),
        });
        self.function_body(func, node.at(Field::Parameters), node.at(Field::Body), true);
        self.push(Expr::Function(func))
    }

    fn call_expression(&mut self, node: Node<'_>, awaited: bool) -> ExprId {
        let (Some(function), arguments) = (node.at(Field::Function), node.at(Field::Arguments)) else {
            return self.unknown();
        };
        if self.text_of(function) == "super"
            && let Some(class) = self.summary.functions[self.func].class.or(self.class)
        {
            let builtin = self.push(Expr::Global(name("super")));
            self.call(CallKind::Call, builtin, Vec::new(), node, awaited);
            return self.push(Expr::Super(class));
        }
        self.called = function.id();
        let callee = self.expression(function);
        let mut args = Vec::new();
        match arguments {
            Some(arguments) if arguments.sort() == "generator_expression" => {
                let value = self.comprehension(arguments);
                args.push(Arg { name: None, value, spread: false });
            }
            Some(arguments) => {
                let children = arguments.named();
                for child in children {
                    match child.sort() {
                        "comment" => {}
                        "keyword_argument" => {
                            if let (Some(named), Some(value)) = (child.at(Field::Name), child.at(Field::Value)) {
                                let named = self.name_of(named);
                                let value = self.expression(value);
                                args.push(Arg { name: Some(named), value, spread: false });
                            }
                        }
                        kind => {
                            let spread = matches!(kind, "list_splat" | "dictionary_splat");
                            let value = self.expression(child);
                            args.push(Arg { name: None, value, spread });
                        }
                    }
                }
            }
            None => {}
        }
        self.call(CallKind::Call, callee, args, node, awaited)
    }

    /// A type, where strings are types too and `|` is a union.
    pub(super) fn type_expression(&mut self, node: Node<'_>) -> ExprId {
        if self.depth > DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let id = self.type_within(node);
        self.depth -= 1;
        id
    }

    fn type_within(&mut self, node: Node<'_>) -> ExprId {
        match node.sort() {
            "type" | "parenthesized_expression" | "type_parameter" => {
                let parts = node.named();
                let mut parts: Vec<_> = parts.into_iter().map(|part| self.type_expression(part)).collect();
                match parts.len() {
                    0 => self.unknown(),
                    1 => parts.remove(0),
                    _ => self.push(Expr::List(parts)),
                }
            }
            "binary_operator" | "union_type" => {
                let parts = node.named();
                let parts = parts.into_iter().map(|part| self.type_expression(part)).collect();
                self.push(Expr::Either(parts))
            }
            "generic_type" => {
                let (Some(base), Some(parameters)) = (node.named_child(0), node.named_child(1)) else { return self.unknown() };
                let base = self.type_expression(base);
                let key = self.type_within_parameters(parameters);
                self.push(Expr::Index { base, key })
            }
            "subscript" => {
                let Some(value) = node.at(Field::Value) else { return self.unknown() };
                let keys: Vec<_> = node.every(Field::Subscript);
                let base = self.type_expression(value);
                let mut keys: Vec<_> = keys.into_iter().map(|key| self.type_expression(key)).collect();
                let key = if keys.len() == 1 { keys.remove(0) } else { self.push(Expr::List(keys)) };
                self.push(Expr::Index { base, key })
            }
            "string" => {
                let text = self.text_of(node).trim_matches(['"', '\'']);
                self.quoted_type(text)
            }
            "none" => self.push(Expr::Const(Const::Null)),
            _ => self.expression(node),
        }
    }

    fn type_within_parameters(&mut self, node: Node<'_>) -> ExprId {
        self.type_within(if node.sort() == "type_parameter" { node } else { node.named_child(0).unwrap_or(node) })
    }

    /// A quoted type: dotted names, unions and subscripts.
    fn quoted_type(&mut self, text: &str) -> ExprId {
        let text = text.trim();
        if let Some((first, rest)) = text.split_once('|').filter(|(first, _)| !first.contains('[')) {
            let parts = vec![self.quoted_type(first), self.quoted_type(rest)];
            return self.push(Expr::Either(parts));
        }
        if let Some((base, rest)) = text.split_once('[') {
            let base = self.quoted_type(base);
            let key = self.quoted_type(rest.trim_end_matches(']'));
            return self.push(Expr::Index { base, key });
        }
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or("");
        if first == "None" {
            return self.push(Expr::Const(Const::Null));
        }
        if first.is_empty() || !first.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            return self.unknown();
        }
        let mut at = self.identifier(name(first));
        for part in parts {
            at = self.push(Expr::Attr { base: at, name: name(part) });
        }
        at
    }
}

/// The length of what a slice gives at most, as far as it is written: `:100`.
fn length_of(slice: &str) -> Option<u32> {
    let (from, to) = slice.split_once(':')?;
    let from = if from.trim().is_empty() { 0 } else { from.trim().parse::<u32>().ok()? };
    to.trim().replace('_', "").parse::<u32>().ok()?.checked_sub(from)
}
