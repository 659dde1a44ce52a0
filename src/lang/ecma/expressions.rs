//! Expressions.

use super::super::kept::Asked;
use super::super::syntax::{Field, Syntax};
use super::texts::{is_plain, is_text};
use super::{DEEPEST, Lowering, named_children};
use crate::base::{Name, name};
use crate::ir::{Arg, CallKind, Const, Expr, ExprId};
use tree_sitter::Node;

/// Longer strings are no names of anything: their content does not matter.
const LONGEST_STRING: usize = 80;

/// Object literals with more constant fields than this are data, whose fields do not matter.
const MOST_CONSTANTS: usize = 8;

impl Lowering<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> ExprId {
        if self.depth > DEEPEST {
            return self.unknown();
        }
        self.depth += 1;
        let value = self.expression_within(node);
        self.depth -= 1;
        if self.noting > 0 {
            self.noted.push((node.id(), value));
        }
        value
    }

    fn expression_within(&mut self, node: Node<'_>) -> ExprId {
        match node.sort() {
            "identifier" | "shorthand_property_identifier" => self.identifier(node),
            "this" => {
                let this = self.this;
                self.push(Expr::This(this))
            }
            "super" => match self.class {
                Some(class) => self.push(Expr::Super(class)),
                None => self.unknown(),
            },
            "string" => self.literal(node),
            "template_string" => self.template(node),
            "number" => {
                let value = self.text_of(node).replace('_', "").parse().unwrap_or(f64::NAN);
                self.push(Expr::Const(Const::Number(value)))
            }
            "true" | "false" => self.push(Expr::Const(Const::Bool(node.sort() == "true"))),
            "null" | "undefined" => self.push(Expr::Const(Const::Null)),
            "regex" => {
                let value = self.push(Expr::Builtin(name("RegExp")));
                self.note_literal(value, node)
            }
            "member_expression" => self.member(node),
            "subscript_expression" => self.subscript(node),
            // Only a chain's outermost call is awaited; a chain is looked through once, from its top.
            "call_expression" => {
                let inner = |parent: Node<'_>| matches!(parent.sort(), "member_expression" | "call_expression");
                let awaited = self.text_of(node).starts_with("await") && !node.parent().is_some_and(inner) && self.is_misread_await(node);
                let value = self.call_expression(node, awaited);
                if !awaited {
                    return value;
                }
                self.summary.awaits.push((self.func, super::span(node)));
                self.push(Expr::Await(value))
            }
            "new_expression" => self.new_expression(node, false),
            "await_expression" => self.await_expression(node),
            "yield_expression" if self.is_async_body() => self.await_expression(node),
            "yield_expression" => {
                let delegates = super::has_token(node, "*");
                if let Some(inner) = node.named_child(0) {
                    let mut value = self.expression(inner);
                    if delegates {
                        self.consume(value, inner, false);
                        value = self.push(Expr::Element(value));
                    }
                    let func = self.func;
                    self.summary.functions[func].returns.push(value);
                }
                self.unknown()
            }
            "arrow_function" | "function_expression" | "generator_function" | "function" => self.function(node),
            "class" => self.class(node, &[]),
            "object" => self.object(node),
            "array" => self.array(node),
            "parenthesized_expression" => match named_children(node).into_iter().find(|child| child.sort() != "comment") {
                Some(inner) => self.expression(inner),
                None => self.unknown(),
            },
            "sequence_expression" => {
                let mut last = None;
                for part in named_children(node) {
                    last = Some(self.expression(part));
                }
                last.unwrap_or_else(|| self.unknown())
            }
            "ternary_expression" => {
                let hint = self.hint;
                let Some(condition) = node.at(Field::Condition) else { return self.unknown() };
                let tests = self.condition(condition).1;
                let mut parts = Vec::new();
                for (field, tests) in [(Field::Consequence, &tests.holds), (Field::Alternative, &tests.fails)] {
                    if let Some(part) = node.at(field) {
                        self.hint = hint;
                        parts.push(self.under(tests, part));
                    }
                }
                self.push(Expr::Either(parts))
            }
            "binary_expression" => self.binary(node),
            "assignment_expression" => self.assignment(node),
            "update_expression" => {
                if let Some(argument) = node.at(Field::Argument) {
                    self.step(argument);
                    self.expression(argument);
                }
                self.unknown()
            }
            "unary_expression" if node.at(Field::Operator).is_some_and(|operator| operator.sort() == "void") => {
                if let Some(argument) = node.at(Field::Argument) {
                    self.expression(argument);
                }
                self.push(Expr::Const(Const::Null))
            }
            "unary_expression" if node.at(Field::Operator).is_some_and(|operator| operator.sort() == "typeof") => {
                self.hint = None;
                if let Some(argument) = node.at(Field::Argument) {
                    let asked = self.expression(argument);
                    if let Expr::Global(global) = self.summary.exprs[asked] {
                        self.summary.asked.push(global);
                    }
                }
                self.unknown()
            }
            "augmented_assignment_expression" => self.augmented(node),
            "as_expression" | "satisfies_expression" | "non_null_expression" | "type_assertion" | "instantiation_expression" => {
                self.assertion(node)
            }
            "spread_element" => match node.named_child(0) {
                Some(inner) => {
                    let value = self.expression(inner);
                    self.consume(value, inner, false);
                    self.push(Expr::Element(value))
                }
                None => self.unknown(),
            },
            _ => {
                self.hint = None;
                for child in named_children(node) {
                    if child.sort().ends_with("_statement") || child.sort().ends_with("_declaration") {
                        self.statement(child);
                    } else {
                        self.expression(child);
                    }
                }
                self.unknown()
            }
        }
    }

    fn identifier(&mut self, node: Node<'_>) -> ExprId {
        let named = self.name_of(node);
        if named.as_str() == "exports" && self.find_var(named).is_none() {
            return self.push(Expr::ModuleExports);
        }
        self.name_expr(named)
    }

    fn template(&mut self, node: Node<'_>) -> ExprId {
        let substituted = named_children(node).into_iter().any(|part| part.sort() == "template_substitution");
        if substituted { self.joined(node) } else { self.literal(node) }
    }

    /// A text without substitutions.
    fn literal(&mut self, node: Node<'_>) -> ExprId {
        let value = if self.text_of(node).len() > LONGEST_STRING {
            let value = self.push(Expr::Builtin(name("String")));
            self.summary.begin_text(value, super::span(node));
            value
        } else {
            let text = self.string(node);
            self.push(Expr::Const(Const::Str(text)))
        };
        self.note_literal(value, node)
    }

    /// Keeps the place of what may be a regular expression, or the text of one.
    fn note_literal(&mut self, value: ExprId, node: Node<'_>) -> ExprId {
        if super::super::literal::may_repeat(self.text_of(node)) {
            self.summary.literals.push((value, super::span(node)));
        }
        value
    }

    fn member(&mut self, node: Node<'_>) -> ExprId {
        let (Some(object), Some(property)) = (node.at(Field::Object), node.at(Field::Property)) else {
            return self.unknown();
        };
        let named = self.name_of(property);
        if named.as_str() == "exports" && self.text_of(object) == "module" && self.find_var(name("module")).is_none() {
            return self.push(Expr::ModuleExports);
        }
        let called = self.called == node.id();
        let base = self.expression(object);
        let attr = self.push(Expr::Attr { base, name: named });
        if !called {
            self.note_read(attr, node);
        }
        attr
    }

    /// Keeps a member read; lowering can't tell whether it is an accessor.
    fn note_read(&mut self, attr: ExprId, node: Node<'_>) {
        self.summary.reads.push(crate::ir::Read {
            attr,
            span: super::span(node),
            func: self.func,
            main_guard: self.main_guard,
            once: self.once,
            guard: self.guard,
            looped: self.looped,
        });
    }

    fn subscript(&mut self, node: Node<'_>) -> ExprId {
        let (Some(object), Some(index)) = (node.at(Field::Object), node.at(Field::Index)) else {
            return self.unknown();
        };
        if let Some(parameter) = self.numbered(object, index) {
            return self.push(Expr::Var(parameter));
        }
        let base = self.expression(object);
        if index.sort() == "string" {
            let name = self.string(index);
            return self.push(Expr::Attr { base, name });
        }
        let key = self.expression(index);
        self.push(Expr::Index { base, key })
    }

    /// `arguments[0]`: the parameter that has this argument, where nothing else stands for what is left out.
    fn numbered(&self, object: Node<'_>, index: Node<'_>) -> Option<crate::ir::VarId> {
        let named = self.text_of(object) == "arguments" && self.find_var(name("arguments")).is_none();
        if !named || object.sort() != "identifier" || index.sort() != "number" {
            return None;
        }
        let position: usize = self.text_of(index).parse().ok()?;
        let param = self.summary.functions[self.this].params.get(position)?;
        param.var.filter(|_| !param.rest && param.default.is_none())
    }

    /// What a person calls a function without a name: after the call that takes it.
    fn callback_name(&self, function: Node<'_>) -> Option<Name> {
        let last = function.at(Field::Property).unwrap_or(function);
        matches!(last.sort(), "identifier" | "property_identifier").then(|| name(&format!("<{} callback>", self.text_of(last))))
    }

    fn arguments(&mut self, node: Node<'_>, callback: Option<Name>) -> Vec<Arg> {
        let mut args = Vec::new();
        for part in named_children(node).into_iter().filter(|part| part.sort() != "comment") {
            self.hint = if matches!(part.sort(), "arrow_function" | "function_expression") { callback } else { None };
            if part.sort() == "spread_element" {
                if let Some(inner) = part.named_child(0) {
                    let value = self.expression(inner);
                    self.consume(value, inner, false);
                    args.push(Arg { name: None, value, spread: true });
                }
            } else {
                let value = self.expression(part);
                args.push(Arg { name: None, value, spread: false });
            }
        }
        args
    }

    pub(super) fn call_expression(&mut self, node: Node<'_>, awaited: bool) -> ExprId {
        self.hint = None;
        let (Some(function), Some(arguments)) = (node.at(Field::Function), node.at(Field::Arguments)) else {
            return self.unknown();
        };
        if function.sort() == "identifier" && self.text_of(function) == "await" {
            return self.misread_await(arguments);
        }
        // `await f<T>(x)` is parsed as a call of what `await f` gives: see `is_misread_await`.
        let function = match function.sort() {
            "await_expression" => named_children(function).into_iter().find(|part| part.sort() != "comment").unwrap_or(function),
            _ => function,
        };
        if arguments.sort() == "template_string" {
            let callee = self.expression(function);
            self.template(arguments);
            return self.call(CallKind::Call, callee, Vec::new(), node, awaited);
        }
        if function.sort() == "import" {
            let args = self.arguments(arguments, None);
            let module = args.first().and_then(|arg| match self.summary.exprs[arg.value] {
                Expr::Const(Const::Str(module)) => Some(module),
                _ => None,
            });
            return match module {
                Some(module) => self.push(Expr::Module(module)),
                None => self.unknown(),
            };
        }
        if let Some(method) = self.bound_method(function, arguments) {
            return method;
        }
        let compiled = |this: &mut Self| this.sent(function).or_else(|| this.compiled_call(function, arguments));
        if let Some(value) = self.require(node, function, arguments).or_else(|| compiled(self)) {
            return value;
        }
        self.called = function.id();
        let callee = self.expression(function);
        let callback = self.callback_name(function);
        let args = self.arguments(arguments, callback);
        self.call(CallKind::Call, callee, args, node, awaited)
    }

    /// `f.bind(this)`, `ctrl.method.bind(ctrl)`: the function, not a call of it.
    fn bound_method(&mut self, function: Node<'_>, arguments: Node<'_>) -> Option<ExprId> {
        let (object, property) = (function.at(Field::Object)?, function.at(Field::Property)?);
        // What is given besides goes to the function's parameters.
        let receiver = arguments.named_child(0).filter(|_| arguments.named_child_count() == 1)?;
        let is_receiver = matches!(receiver.sort(), "this" | "null" | "undefined")
            || object.at(Field::Object).is_some_and(|owner| self.text_of(owner) == self.text_of(receiver));
        if self.text_of(property) != "bind" || !is_receiver {
            return None;
        }
        self.arguments(arguments, None);
        Some(self.expression(object))
    }

    fn new_expression(&mut self, node: Node<'_>, awaited: bool) -> ExprId {
        self.hint = None;
        let Some(constructor) = node.at(Field::Constructor) else { return self.unknown() };
        let callee = self.expression(constructor);
        let args = node.at(Field::Arguments).map(|arguments| self.arguments(arguments, None)).unwrap_or_default();
        self.call(CallKind::New, callee, args, node, awaited)
    }

    fn await_expression(&mut self, node: Node<'_>) -> ExprId {
        let mut inner = named_children(node).into_iter().find(|child| child.sort() != "comment");
        while let Some(next) = inner.filter(|next| next.sort() == "parenthesized_expression") {
            inner = next.named_child(0);
        }
        match inner {
            Some(inner) => self.awaited(inner, node),
            None => self.unknown(),
        }
    }

    /// What awaiting a value gives; `whole` is where that is written.
    pub(super) fn awaited(&mut self, inner: Node<'_>, whole: Node<'_>) -> ExprId {
        self.summary.awaits.push((self.func, super::span(whole)));
        let value = match inner.sort() {
            "call_expression" => self.call_expression(inner, true),
            "new_expression" => self.new_expression(inner, true),
            _ => {
                self.summary.waits(self.func, self.looped);
                self.expression(inner)
            }
        };
        self.push(Expr::Await(value))
    }

    fn object(&mut self, node: Node<'_>) -> ExprId {
        self.hint = None;
        let object = self.push(Expr::Object(Vec::new()));
        let mut fields: Vec<(Option<Name>, ExprId)> = Vec::new();
        for part in named_children(node) {
            match part.sort() {
                "pair" => {
                    let written = part.at(Field::Key);
                    let key = written.and_then(|key| self.key_of(key));
                    let computed = written.filter(|_| key.is_none()).and_then(|key| key.named_child(0));
                    let computed = computed.map(|key| self.expression(key));
                    let Some(value) = part.at(Field::Value) else { continue };
                    let value = if matches!(value.sort(), "function_expression" | "generator_function") {
                        self.function_of_object(value, key, object)
                    } else {
                        self.hint = key;
                        let value = self.expression(value);
                        self.hint = None;
                        value
                    };
                    self.summary.keyed.extend(computed.map(|key| (value, key)));
                    fields.push((key, value));
                }
                "method_definition" => {
                    let key = part.at(Field::Name).and_then(|key| self.key_of(key));
                    let value = self.function_of_object(part, key, object);
                    fields.push((key, value));
                }
                "shorthand_property_identifier" => {
                    let key = self.name_of(part);
                    let value = self.identifier(part);
                    fields.push((Some(key), value));
                }
                "spread_element" => {
                    if let Some(inner) = part.named_child(0) {
                        let value = self.expression(inner);
                        let spread = self.push(Expr::Element(value));
                        fields.push((None, spread));
                    }
                }
                _ => {}
            }
        }
        let constant = |value: &ExprId| self.is_data(*value);
        let data = fields.len() > MOST_CONSTANTS && fields.iter().all(|(_, value)| constant(value));
        self.summary.exprs[object] = if data { Expr::Builtin(name("Object")) } else { Expr::Object(fields) };
        object
    }

    fn array(&mut self, node: Node<'_>) -> ExprId {
        self.hint = None;
        let mut items = Vec::new();
        for part in named_children(node).into_iter().filter(|part| part.sort() != "comment") {
            items.push(self.expression(part));
        }
        let constant = items.iter().all(|item| self.is_data(*item));
        let constant = constant && items.len() > MOST_CONSTANTS;
        self.push(if constant { Expr::Builtin(name("Array")) } else { Expr::List(items) })
    }

    /// Whether an element is data: a regular expression is not, it has methods.
    fn is_data(&self, value: ExprId) -> bool {
        match &self.summary.exprs[value] {
            Expr::Builtin(of) => of.as_str() != "RegExp",
            Expr::Const(_) | Expr::Unknown => true,
            _ => false,
        }
    }

    /// Long sums nest to the left: they are read in a loop.
    fn binary(&mut self, node: Node<'_>) -> ExprId {
        let operator = node.at(Field::Operator).map_or("", |operator| operator.sort());
        let (left, right) = (node.at(Field::Left), node.at(Field::Right));
        if matches!(operator, "||" | "&&" | "??") {
            // `0 && (module.exports = {...})` only tells tools the names of exports.
            if operator == "&&" && left.is_some_and(|left| self.text_of(left) == "0") {
                return self.unknown();
            }
            let hint = self.hint;
            let (Some(left), Some(right)) = (left, right) else { return self.unknown() };
            let (value, tests) = self.condition(left);
            let tests = match operator {
                "&&" => tests.holds,
                "||" => tests.fails,
                _ => self.nothing(value),
            };
            let tested = self.tested.len();
            self.tested.push(Asked::new(self.text_of(left), false, &self.summary));
            self.hint = hint;
            let other = self.under(&tests, right);
            self.tested.truncate(tested);
            return self.push(Expr::Either(vec![value, other]));
        }
        self.hint = None;
        if operator == "+" && is_plain(node) {
            let value = self.push(Expr::Builtin(name("String")));
            self.summary.begin_text(value, super::span(node));
            return self.note_literal(value, node);
        }
        if operator == "+" && is_text(node) {
            return self.joined(node);
        }
        if let ("*", Some(left), Some(right)) = (operator, left, right) {
            let parts = [self.expression(left), self.expression(right)];
            return self.summary.product(&parts);
        }
        if let (Some(left), Some(right), "<" | ">" | "<=" | ">=" | "==" | "===" | "!=" | "!==") = (left, right, operator) {
            let parts = [self.expression(left), self.expression(right)];
            self.note_length(node, [left, right], parts);
            return self.unknown();
        }
        let mut pending = vec![node];
        while let Some(next) = pending.pop() {
            if next.sort() == "binary_expression" {
                pending.extend([next.at(Field::Right), next.at(Field::Left)].into_iter().flatten());
            } else {
                self.expression(next);
            }
        }
        self.unknown()
    }

    /// `x.length > 100`: the code knows how long `x` is.
    fn note_length(&mut self, node: Node<'_>, [left, right]: [Node<'_>; 2], [first, second]: [ExprId; 2]) {
        let (member, limit) = if left.sort() == "member_expression" { (left, second) } else { (right, first) };
        let measured = member.at(Field::Property).is_some_and(|property| self.text_of(property) == "length");
        if let (true, Some(object), Some(limit)) = (measured, member.at(Field::Object), self.summary.number(limit))
            && object.sort() == "identifier"
        {
            let named = self.name_of(object);
            let var = self.find_var(named);
            self.summary.measured.extend(var.map(|var| (var, limit, super::span(node))));
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> ExprId {
        let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) else {
            return self.unknown();
        };
        let exported = self.exported_by(left);
        self.hint = match left.sort() {
            "identifier" => Some(self.name_of(left)),
            "member_expression" => exported.or_else(|| left.at(Field::Property).map(|property| self.name_of(property))),
            _ => None,
        };
        if self.text_of(right).ends_with("void 0") {
            return self.unknown();
        }
        let outer = self.once;
        self.once |= self.is_kept(left) || self.is_default(left, right);
        let value = self.expression(right);
        self.once = outer;
        self.note_kept(left, right);
        self.hint = None;
        match exported {
            Some(named) => self.export_named(named, value),
            // `exports = module.exports = x` binds a name that nobody reads.
            None if left.sort() == "identifier" && self.text_of(left) == "exports" => {}
            None => self.assign_to(left, value),
        }
        value
    }

    fn augmented(&mut self, node: Node<'_>) -> ExprId {
        let (Some(left), Some(right)) = (node.at(Field::Left), node.at(Field::Right)) else {
            return self.unknown();
        };
        let operator = node.at(Field::Operator).map_or("", |operator| operator.sort());
        let outer = self.once;
        self.once |= matches!(operator, "||=" | "??=") && !self.kept(left).is_empty();
        let value = self.expression(right);
        self.once = outer;
        if matches!(operator, "||=" | "&&=" | "??=") {
            self.assign_to(left, value);
            return value;
        }
        self.step(left);
        self.expression(left);
        self.unknown()
    }

    /// Notes that something is changed by what it was.
    fn step(&mut self, target: Node<'_>) {
        self.blur(target);
        if let Some(id) = self.looped {
            self.summary.loops[id].steps = true;
        }
    }

    fn assertion(&mut self, node: Node<'_>) -> ExprId {
        let children = named_children(node);
        let (value, of) = match (node.sort(), children.as_slice()) {
            ("type_assertion", [of, value]) => (*value, Some(*of)),
            (_, [value, of, ..]) => (*value, Some(*of)),
            (_, [value]) => (*value, None),
            _ => return self.unknown(),
        };
        let value = self.expression(value);
        // `x as T` types what the analysis knows nothing of.
        if let (Some(of), Expr::Unknown | Expr::Attr { .. } | Expr::Call(_) | Expr::Await(_)) = (of, &self.summary.exprs[value])
            && matches!(of.sort(), "type_identifier" | "generic_type" | "nested_type_identifier")
        {
            let of = self.type_of(of);
            let var = self.summary.vars.push(crate::ir::Var::new(name("<as>"), self.func));
            self.store(crate::ir::Target::Var(var), of, true);
            self.store(crate::ir::Target::Var(var), value, false);
            return self.push(Expr::Var(var));
        }
        value
    }
}
