//! Statements.

use super::super::syntax::{Field, Syntax};
use super::{DEEPEST, Lowering, span};
use crate::base::{Name, name};
use crate::ir::{Arg, Assign, Call, CallKind, Const, Expr, ExprId, Handled, Region, Store, Target};
use tree_sitter::Node;

impl Lowering<'_> {
    pub(super) fn block(&mut self, node: Node<'_>) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let children = node.named();
        let (outer, tested) = (self.guard, self.tested.len());
        for child in children {
            self.statement(child);
        }
        self.guard = outer;
        self.tested.truncate(tested);
        self.depth -= 1;
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        match node.sort() {
            "comment" | "pass_statement" | "global_statement" | "nonlocal_statement" | "continue_statement" => {}
            "break_statement" => self.summary.exits(self.looped, false),
            "expression_statement" => {
                let children = node.named();
                // A docstring is a statement, not a value.
                for child in children.into_iter().filter(|child| child.sort() != "string") {
                    let value = self.expression(child);
                    if !matches!(child.sort(), "assignment" | "augmented_assignment") {
                        self.summary.drop_result(value);
                    }
                    if child.sort() == "call" {
                        self.note_filled(child);
                    }
                }
            }
            "return_statement" => {
                self.summary.exits(self.looped, true);
                if let Some(value) = node.named_child(0) {
                    let value = self.expression(value);
                    self.returns(value);
                } else {
                    let func = self.func;
                    self.summary.functions[func].gives_nothing = true;
                }
            }
            "raise_statement" => {
                for (at, value) in node.named().into_iter().enumerate() {
                    let raised = self.expression(value);
                    if at == 0 && matches!(value.sort(), "identifier" | "attribute") {
                        self.call(CallKind::Raise, raised, Vec::new(), value, false);
                    }
                }
            }
            "import_statement" => self.import(node),
            "import_from_statement" => self.import_from(node),
            "function_definition" => self.function(node, &[]),
            "class_definition" => self.class(node, &[]),
            "decorated_definition" => self.decorated(node),
            "except_clause" => self.except_clause(node),
            "if_statement" => self.if_statement(node),
            "match_statement" => self.match_statement(node),
            "try_statement" => self.try_statement(node),
            "for_statement" => self.for_statement(node),
            "while_statement" => self.while_statement(node),
            "with_statement" => self.with_statement(node),
            "type_alias_statement" => {}
            kind if is_expression(kind) => _ = self.expression(node),
            _ => self.block(node),
        }
    }

    /// `except A as e`: `e` is an A.
    fn except_clause(&mut self, node: Node<'_>) {
        let mut caught = None;
        for child in node.named() {
            match (child.sort(), child.named_child(0), child.at(Field::Alias).and_then(|alias| alias.named_child(0))) {
                ("as_pattern", Some(of), Some(alias)) => {
                    let of = if of.sort() == "tuple" {
                        let parts = of.named().into_iter().map(|part| self.expression(part)).collect();
                        self.push(Expr::Either(parts))
                    } else {
                        self.expression(of)
                    };
                    caught = Some(of);
                    let named = self.name_of(alias);
                    if let Some(var) = self.find_var(named) {
                        self.store(Target::Var(var), of, true);
                        self.summary.blur(var);
                    }
                }
                ("block", ..) => {
                    let tried = node.parent().and_then(|whole| whole.at(Field::Body)).map_or(span(node), span);
                    self.summary.handled.extend(caught.map(|caught| Handled { caught, tried, block: span(child) }));
                    self.block(child);
                }
                (kind, ..) if is_expression(kind) => caught = Some(self.expression(child)),
                _ => self.statement(child),
            }
        }
    }

    pub(super) fn returns(&mut self, value: ExprId) {
        let func = self.func;
        self.summary.functions[func].returns.push(value);
    }

    pub(super) fn call(&mut self, kind: CallKind, callee: ExprId, args: Vec<Arg>, at: Node<'_>, awaited: bool) -> ExprId {
        let call = Call {
            kind,
            callee,
            args,
            span: span(at),
            func: self.func,
            awaited,
            main_guard: self.main_guard,
            once: self.once,
            guard: self.guard,
            looped: self.looped,
            dropped: false,
        };
        let id = self.summary.calls.push(call);
        let asked = self.tested.last().filter(|asked| asked.missing && kind == CallKind::Call);
        self.asking.extend(asked.map(|asked| (id, *asked)));
        self.push(Expr::Call(id))
    }

    fn with_statement(&mut self, node: Node<'_>) {
        let is_async = node.child(0).is_some_and(|child| child.sort() == "async");
        let mut pending = vec![node];
        let mut items = Vec::new();
        while let Some(node) = pending.pop() {
            let children = node.named();
            for child in children {
                match child.sort() {
                    "with_item" => items.push(child),
                    "with_clause" => pending.push(child),
                    _ => {}
                }
            }
        }
        let mut entries = Vec::new();
        for item in items {
            let Some(value) = item.at(Field::Value).or_else(|| item.named_child(0)) else { continue };
            let (context, target) =
                if value.sort() == "as_pattern" { (value.named_child(0), value.at(Field::Alias)) } else { (Some(value), None) };
            let Some(context) = context else { continue };
            let manager = self.expression(context);
            let entered = self.call(CallKind::With, manager, Vec::new(), context, is_async);
            if is_async {
                self.summary.awaits.push((self.func, span(context)));
            }
            entries.push(self.summary.calls.last_idx());
            if let Some(target) = target.and_then(|target| target.named_child(0)) {
                self.assign_to(target, entered);
            }
        }
        if let Some(body) = node.at(Field::Body) {
            let regions = entries.into_iter().map(|entered| Region { entered, body: span(body) });
            self.summary.regions.extend(regions);
            self.block(body);
        }
    }

    /// Binds a pattern to a value.
    pub(super) fn assign_to(&mut self, left: Node<'_>, value: ExprId) {
        match left.sort() {
            "identifier" => {
                let named = self.name_of(left);
                if self.class.is_some() && !self.members.is_empty() && self.in_class_body() {
                    self.member(named, value);
                } else if let Some(var) = self.find_var(named) {
                    self.store(Target::Var(var), value, false);
                }
            }
            "attribute" => {
                if let (Some(object), Some(attribute)) = (left.at(Field::Object), left.at(Field::Attribute)) {
                    let base = self.expression(object);
                    let named = self.name_of(attribute);
                    if !self.is_receiver(base) {
                        self.summary.stores.push(Store { base, name: named, func: self.func, span: span(left) });
                    }
                    self.store(Target::Attr { base, name: named }, value, false);
                }
            }
            "subscript" => {
                if let (Some(object), Some(key)) = (left.at(Field::Value), left.at(Field::Subscript)) {
                    let base = self.expression(object);
                    let key = self.expression(key);
                    self.store(Target::Index { base, key }, value, false);
                }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" => {
                let parts = left.named();
                let items = match &self.summary.exprs[value] {
                    Expr::List(items) if items.len() == parts.len() => Some(items.clone()),
                    _ => None,
                };
                let starred = parts.iter().position(|part| part.sort() == "list_splat_pattern");
                for (at, part) in parts.into_iter().enumerate() {
                    let item = if let (Some(items), None) = (&items, starred) {
                        items[at]
                    } else if starred == Some(at) {
                        // The rest: a container of some of the elements.
                        let element = self.push(Expr::Element(value));
                        self.push(Expr::Many(element))
                    } else if starred.is_some_and(|starred| at > starred) {
                        self.push(Expr::Element(value))
                    } else {
                        #[allow(clippy::cast_precision_loss, reason = "positions are small")]
                        let key = self.push(Expr::Const(Const::Number(at as f64)));
                        self.push(Expr::Index { base: value, key })
                    };
                    self.assign_to(part, item);
                }
            }
            "list_splat_pattern" | "parenthesized_expression" => {
                if let Some(inner) = left.named_child(0) {
                    self.assign_to(inner, value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn store(&mut self, target: Target, value: ExprId, is_type: bool) {
        if let (Target::Var(var), false) = (&target, is_type) {
            self.summary.assigned(*var, self.func, self.guard);
        }
        self.summary.assigns.push(Assign { target, value, is_type });
    }

    pub(super) fn in_class_body(&self) -> bool {
        self.members.last().is_some_and(|members| members.contains_key(&name("<class body>")))
    }

    fn member(&mut self, named: Name, value: ExprId) {
        if let Some(members) = self.members.last_mut() {
            members.insert(named, value);
        }
        if let Some(class) = self.class {
            self.summary.classes[class].fields.push((named, value));
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'_>) -> ExprId {
        let left = node.at(Field::Left);
        let of = node.at(Field::Type).map(|of| self.type_expression(of));
        if let (Some(left), Some(right)) = (left, node.at(Field::Right)) {
            self.note_all(left, right);
        }
        let outer = self.once;
        let right = node.at(Field::Right);
        self.once |= left.is_some_and(|left| self.is_kept(left) || right.is_some_and(|right| self.is_default(left, right)));
        self.accumulator = left.map_or("", |left| self.text_of(left));
        let value = right.map(|right| self.expression(right));
        (self.once, self.accumulator) = (outer, "");
        if let (Some(left), Some(right)) = (left, right) {
            self.note_kept(left, right);
        }
        if let (Some(left), Some(value)) = (left, value) {
            // Unpacking iterates.
            if let (true, Some(right)) = (matches!(left.sort(), "pattern_list" | "tuple_pattern" | "list_pattern"), node.at(Field::Right)) {
                self.consume(value, right, false);
            }
            self.assign_to(left, value);
        }
        if let (Some(left), Some(of)) = (left, of) {
            match left.sort() {
                "identifier" => {
                    let named = self.name_of(left);
                    if self.in_class_body() {
                        if let Some(class) = self.class {
                            self.summary.classes[class].types.push((named, of));
                        }
                    } else if let Some(var) = self.find_var(named) {
                        self.store(Target::Var(var), of, true);
                    }
                }
                "attribute" => {
                    if let (Some(object), Some(attribute)) = (left.at(Field::Object), left.at(Field::Attribute)) {
                        let owner = self.method_class(object);
                        let named = self.name_of(attribute);
                        if let Some(class) = owner {
                            self.summary.classes[class].types.push((named, of));
                        }
                    }
                }
                _ => {}
            }
        }
        value.unwrap_or_else(|| self.unknown())
    }

    /// `__all__ = [...]`, `__all__ += [...]`
    pub(super) fn note_all(&mut self, left: Node<'_>, right: Node<'_>) {
        if self.func != crate::ir::MODULE_BODY || self.text_of(left) != "__all__" {
            return;
        }
        let items: Vec<_> = right.named().into_iter().filter(|item| item.sort() == "string").collect();
        let names: Vec<Name> = items.into_iter().map(|item| name(self.text_of(item).trim_matches(['"', '\'']))).collect();
        self.summary.all.get_or_insert_default().extend(names);
    }

    /// The class whose instance `self` is here.
    fn method_class(&self, object: Node<'_>) -> Option<crate::ir::ClassId> {
        let function = &self.summary.functions[self.func];
        let first = function.params.first()?;
        (first.name.as_str() == self.text_of(object)).then_some(function.class).flatten()
    }

    /// Whether the expression is the instance or class that a method is called on.
    fn is_receiver(&self, id: ExprId) -> bool {
        let function = &self.summary.functions[self.func];
        let first = function.params.first().filter(|_| function.class.is_some()).and_then(|first| first.var);
        matches!(self.summary.exprs[id], Expr::Var(var) if Some(var) == first)
    }

    pub(super) fn bind(&mut self, named: Name, value: ExprId) {
        if self.in_class_body() {
            self.member(named, value);
        } else if let Some(var) = self.find_var(named) {
            self.store(Target::Var(var), value, false);
        }
    }

    fn import(&mut self, node: Node<'_>) {
        let names: Vec<_> = node.every(Field::Name);
        for child in names {
            if let (Some(alias), Some(module)) = (child.at(Field::Alias), child.at(Field::Name)) {
                let module = self.name_of(module);
                self.note_import(module);
                let value = self.push(Expr::Module(module));
                let alias = self.name_of(alias);
                self.bind(alias, value);
            } else {
                let module = self.text_of(child);
                self.note_import(name(module));
                let first = name(module.split('.').next().unwrap_or(module));
                let value = self.push(Expr::Module(first));
                self.bind(first, value);
            }
        }
    }

    fn import_from(&mut self, node: Node<'_>) {
        let Some(module) = node.at(Field::ModuleName).map(|module| name(&self.text_of(module).replace(char::is_whitespace, ""))) else {
            return;
        };
        self.note_import(module);
        if node.named().into_iter().any(|child| child.sort() == "wildcard_import") {
            self.summary.star_imports.push(module);
        }
        for child in node.every(Field::Name) {
            let named = self.name_of(child.at(Field::Name).unwrap_or(child));
            let bound = child.at(Field::Alias).map_or(named, |alias| self.name_of(alias));
            let dot = if module.ends_with('.') { "" } else { "." };
            self.note_import(name(&format!("{module}{dot}{named}")));
            let value = self.push(Expr::Imported { module, name: named });
            self.bind(bound, value);
        }
    }

    fn note_import(&mut self, module: Name) {
        self.summary.imports.push((module, self.func == crate::ir::MODULE_BODY));
    }
}

fn is_expression(kind: &str) -> bool {
    matches!(
        kind,
        "call"
            | "await"
            | "identifier"
            | "attribute"
            | "subscript"
            | "boolean_operator"
            | "comparison_operator"
            | "not_operator"
            | "binary_operator"
            | "unary_operator"
            | "conditional_expression"
            | "named_expression"
            | "parenthesized_expression"
            | "string"
            | "concatenated_string"
            | "integer"
            | "float"
            | "true"
            | "false"
            | "none"
            | "list"
            | "tuple"
            | "set"
            | "dictionary"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "lambda"
            | "assignment"
            | "augmented_assignment"
            | "yield"
            | "expression_list"
    )
}
