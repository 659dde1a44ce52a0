//! What compilers make of ECMAScript modules, decorators and async functions for older engines.

use super::super::syntax::{Field, Syntax};
use super::{Lowering, named_children};
use crate::base::name;
use crate::ir::{CallKind, ClassId, Export, Expr, ExprId, FuncId};
use tree_sitter::Node;

impl Lowering<'_> {
    /// What a call stands for that a compiler has written.
    pub(super) fn compiled_call(&mut self, function: Node<'_>, arguments: Node<'_>) -> Option<ExprId> {
        self.compiled_enumeration(function, arguments).or_else(|| self.compiled_form(function, arguments))
    }

    /// What compilers wrap around modules: `__importDefault(require("m"))`, `__exportStar(require("m"), exports)`,
    /// `Object.defineProperty(exports, "x", { get })`, `__export(exports, { x: () => x })`.
    fn compiled_form(&mut self, function: Node<'_>, arguments: Node<'_>) -> Option<ExprId> {
        let text = self.text_of(function);
        let last = text.trim_end_matches(')').rsplit(['.', ',', ' ', '(']).next().unwrap_or(text);
        let parts: Vec<_> = named_children(arguments).into_iter().filter(|part| part.sort() != "comment").collect();
        match last {
            "__importDefault"
            | "__importStar"
            | "_interopRequireDefault"
            | "_interopRequireWildcard"
            | "_interop_require_default"
            | "_interop_require_wildcard"
            | "__toESM"
            | "__toCommonJS"
            | "_interopDefault"
            | "_interopDefaultCompat"
            | "_interopDefaultLegacy"
            | "_interopNamespace"
            | "_interopNamespaceCompat"
            | "_interopNamespaceDefault" => {
                let first = *parts.first()?;
                // What is no module of a constant name is an argument like any other, and lowered once. A module may have a name of its own
                // there: `_interopDefault(express)`.
                let loads = first.at(Field::Arguments).and_then(|given| given.named_child(0)).is_some_and(|given| given.sort() == "string");
                let is_whole = last == "__toCommonJS" || (first.sort() == "identifier" && last.starts_with("_interop"));
                if !loads && !is_whole {
                    return None;
                }
                let inner = self.expression(first);
                let is_module = matches!(self.summary.exprs[inner], Expr::Module(_));
                (is_module || is_whole).then_some(inner)
            }
            "__exportStar" | "__reExport" | "_export_star" => {
                let module = parts.iter().find_map(|part| {
                    let value = self.expression(*part);
                    match self.summary.exprs[value] {
                        Expr::Module(module) => Some(module),
                        _ => None,
                    }
                })?;
                self.summary.exports.push(Export::Star { module });
                Some(self.unknown())
            }
            "defineProperty" if text == "Object.defineProperty" => {
                let [target, key, descriptor, ..] = parts.as_slice() else { return None };
                if !matches!(self.text_of(*target), "exports" | "module.exports") || key.sort() != "string" || descriptor.sort() != "object"
                {
                    return None;
                }
                let named = self.string(*key);
                for pair in named_children(*descriptor) {
                    if pair.at(Field::Key).or_else(|| pair.at(Field::Name)).is_some_and(|key| self.text_of(key) == "get") {
                        let getter = pair.at(Field::Value).unwrap_or(pair);
                        if let Some(value) = self.returned(getter) {
                            self.export_named(named, value);
                        }
                    }
                }
                Some(self.unknown())
            }
            "__export" | "_export" => {
                let object = parts.iter().find(|part| part.sort() == "object")?;
                for pair in named_children(*object) {
                    let key = pair.at(Field::Key).or_else(|| pair.at(Field::Name)).and_then(|key| self.key_of(key));
                    if let Some(named) = key {
                        let getter = pair.at(Field::Value).unwrap_or(pair);
                        if let Some(value) = self.returned(getter) {
                            self.export_named(named, value);
                        }
                    }
                }
                Some(self.unknown())
            }
            "__decorate" => self.compiled_decorators(&parts),
            "__awaiter" => self.compiled_async(function, &parts),
            "__generator" => self.compiled_states(&parts),
            _ => None,
        }
    }

    /// `(function (E) { E["A"] = "a"; E[E["B"] = 1] = "B"; })(E || (E = {}))`: what compilers make of an enumeration.
    fn compiled_enumeration(&mut self, function: Node<'_>, arguments: Node<'_>) -> Option<ExprId> {
        let function = function.named_child(0).filter(|_| function.sort() == "parenthesized_expression")?;
        let [given] = named_children(arguments)[..] else { return None };
        let named = given.at(Field::Left).filter(|left| given.sort() == "binary_expression" && left.sort() == "identifier")?;
        let parameter = match function.at(Field::Parameter) {
            Some(parameter) => parameter,
            None => *named_children(function.at(Field::Parameters)?).first()?,
        };
        let parameter = self.text_of(parameter);
        let mut members = Vec::new();
        for statement in named_children(function.at(Field::Body).filter(|body| body.sort() == "statement_block")?) {
            match statement.sort() {
                "comment" | "return_statement" => {}
                "expression_statement" => members.push(self.member_of_enumeration(statement.named_child(0)?, parameter)?),
                _ => return None,
            }
        }
        let fields = members.into_iter().map(|(key, value)| (Some(key), self.expression(value))).collect();
        let object = self.push(Expr::Object(fields));
        let assigned = given.at(Field::Right).map_or("", |right| self.text_of(right));
        if assigned.contains('=') {
            let named = self.name_of(named);
            self.bind_name(named, object);
            if assigned.contains("exports.") {
                self.export_named(named, object);
            }
        }
        Some(object)
    }

    /// `E["A"] = "a"` and `E[E["A"] = 0] = "A"`: the name and the value.
    fn member_of_enumeration<'t>(&self, assignment: Node<'t>, of: &str) -> Option<(crate::base::Name, Node<'t>)> {
        let left = assignment.at(Field::Left).filter(|_| assignment.sort() == "assignment_expression")?;
        let object = left.at(Field::Object).filter(|_| left.sort() == "subscript_expression")?;
        let key = left.at(Field::Index).filter(|_| self.text_of(object) == of)?;
        match key.sort() {
            "string" => Some((self.string(key), assignment.at(Field::Right)?)),
            _ => self.member_of_enumeration(key, of),
        }
    }

    /// The value that a getter gives: the expression it returns, read where the getter stands.
    fn returned(&mut self, getter: Node<'_>) -> Option<ExprId> {
        let body = getter.at(Field::Body)?;
        if body.sort() != "statement_block" {
            return Some(self.expression(body));
        }
        let last = named_children(body).into_iter().rfind(|statement| statement.sort() == "return_statement")?;
        let value = last.named_child(0)?;
        Some(self.expression(value))
    }

    /// `X = __decorate([Controller(), __metadata("design:paramtypes", [Service])], X)`, and of a method
    /// `__decorate([Get()], X.prototype, "find", null)`.
    fn compiled_decorators(&mut self, parts: &[Node<'_>]) -> Option<ExprId> {
        let (list, target) = (parts.first().filter(|list| list.sort() == "array")?, parts.get(1)?);
        let prototype = target.at(Field::Object).filter(|_| target.sort() == "member_expression");
        let class_name = name(self.text_of(prototype.unwrap_or(*target)));
        let class = self.summary.classes.iter_enumerated().rev().find(|(_, class)| class.name == class_name).map(|(id, _)| id)?;
        let member = parts.get(2).filter(|key| key.sort() == "string").map(|key| self.string(*key));
        let func = self.method(class, member.unwrap_or_else(|| name("constructor")));
        for part in named_children(*list) {
            let arguments = part.at(Field::Arguments).map(named_children).unwrap_or_default();
            let called = part.at(Field::Function).map_or("", |function| self.text_of(function));
            match called.rsplit('.').next().unwrap_or(called) {
                "__metadata" => {
                    if let (Some(func), [kind, types]) = (func, arguments.as_slice())
                        && self.text_of(*kind).contains("paramtypes")
                    {
                        self.parameter_types(func, *types);
                    }
                }
                "__param" => {
                    if let (Some(func), [position, decorator]) = (func, arguments.as_slice()) {
                        let position = self.text_of(*position).parse().unwrap_or(usize::MAX);
                        let param = self.summary.functions[func].params.get(position).and_then(|param| param.var);
                        let value = self.expression(*decorator);
                        if let Some(var) = param {
                            let decorated = self.push(Expr::Var(var));
                            self.decorate(&[(value, *decorator)], decorated);
                        }
                    }
                }
                _ => {
                    let decorator = self.expression(part);
                    let decorated = match (member, func) {
                        (None, _) => Expr::Class(class),
                        (Some(_), Some(func)) => Expr::Function(func),
                        (Some(_), None) => continue,
                    };
                    let decorated = self.push(decorated);
                    self.decorate(&[(decorator, part)], decorated);
                }
            }
        }
        Some(if member.is_none() { self.expression(*target) } else { self.unknown() })
    }

    fn method(&self, class: ClassId, named: crate::base::Name) -> Option<FuncId> {
        self.summary.classes[class].methods.iter().find(|(known, _)| *known == named).map(|(_, func)| *func)
    }

    fn parameter_types(&mut self, func: FuncId, types: Node<'_>) {
        for (position, of) in named_children(types).into_iter().enumerate() {
            // What the compiler writes for interfaces, for unions, and for no type.
            if self.text_of(of) == "Object" {
                continue;
            }
            let of = self.expression(of);
            if let Some(param) = self.summary.functions[func].params.get_mut(position) {
                param.annotation = param.annotation.or(Some(of));
            }
        }
    }

    /// `__awaiter(this, void 0, void 0, function* () { ... })`: the body of an async function, where `yield` awaits. For older engines
    /// `function () { return __generator(this, ...); }` stands there.
    fn compiled_async(&mut self, function: Node<'_>, parts: &[Node<'_>]) -> Option<ExprId> {
        let body = parts.iter().find(|part| part.sort() == "generator_function" || self.gives_states(**part))?;
        self.hint = Some(name("<async body>"));
        self.async_bodies.push(body.start_byte());
        let value = self.expression(*body);
        self.async_bodies.pop();
        if let Expr::Function(func) = self.summary.exprs[value] {
            self.summary.functions[func].is_async = true;
            self.summary.functions[func].is_generator = false;
        }
        Some(self.call(CallKind::Call, value, Vec::new(), function, false))
    }

    /// Whether a function gives a compiled generator and does nothing else: `function () { var x; return __generator(this, ...); }`.
    fn gives_states(&self, part: Node<'_>) -> bool {
        let body = part.at(Field::Body).filter(|_| part.sort() == "function_expression").map(named_children);
        let last = body.and_then(|body| body.last().copied()).filter(|last| last.sort() == "return_statement");
        let given = last.and_then(|last| last.named_child(0)).and_then(|given| given.at(Field::Function));
        given.is_some_and(|given| self.text_of(given).trim_end_matches(')').ends_with("__generator"))
    }
}
