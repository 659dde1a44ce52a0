//! Reading and writing members: attributes, imports, elements.

use super::modules::Resolved;
use super::values::{Constraint, Owner, Solution, Value};
use super::{At, ClassAt, ExprAt, FuncAt};
use crate::base::{FileId, Name, name};
use crate::facts::FactBase;
use crate::ir::{Export, Expr, Family, FuncKind, MODULE_BODY};

/// Longest external path that is followed.
const LONGEST_PATH: usize = 120;

/// Where a member of a class is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dispatch {
    /// Of the class itself.
    Class,
    /// Of an instance: of the class or of one below it.
    Instance,
    /// Of an instance, by `super`: of the class, none below.
    Above,
}

/// Whether a member is only declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Abstract,
    Full,
}

impl Solution<'_> {
    pub(super) fn builtin(&self, file: FileId, of: &str) -> Name {
        let root = if self.input.summaries[file].family == Family::Python { "builtins" } else { "globalThis" };
        name(&format!("{root}.{of}"))
    }

    pub(super) fn global(&mut self, file: FileId, global: Name, node: u32) {
        let input = self.input;
        for module in &input.summaries[file].star_imports {
            if let Resolved::File(from) = self.resolve(file, *module)
                && self.star_gives(from, global)
            {
                self.load(Value::Module(from), global, node);
                return;
            }
        }
        let path = self.builtin(file, &global);
        self.add(node, Value::Ext(path));
    }

    /// Whether a star import of the file gives the name.
    fn star_gives(&self, file: FileId, member: Name) -> bool {
        let told = match &self.input.summaries[file].all {
            Some(all) => all.contains(&member),
            None => !member.starts_with('_'),
        };
        told && self.has_member(file, member, 0)
    }

    pub(super) fn has_member(&self, file: FileId, member: Name, depth: usize) -> bool {
        if self.globals[file].contains_key(&member) {
            return true;
        }
        depth < 8
            && self.input.summaries[file].star_imports.iter().any(
                |module| matches!(self.resolve(file, *module), Resolved::File(from) if from != file && self.has_member(from, member, depth + 1)),
            )
    }

    pub(super) fn this(&mut self, at: FuncAt) {
        let (function, node) = (self.input.func(at), self.this_node(at));
        if let Some(class) = function.class {
            let class = At { file: at.file, id: class };
            self.add(node, if function.kind == FuncKind::Static { Value::Class(class) } else { Value::Inst(class) });
        } else if let Some(object) = function.object {
            self.add(node, Value::Object(At { file: at.file, id: object }));
        } else if at.id == MODULE_BODY {
            self.add(node, Value::Module(at.file));
        }
    }

    pub(super) fn resolve(&self, file: FileId, module: Name) -> Resolved {
        let path = &self.input.sources[file].path;
        match self.input.summaries[file].family {
            Family::Python => self.input.modules.python(path, module),
            Family::Ecma => self.input.modules.ecma(path, module),
        }
    }

    pub(super) fn import(&mut self, file: FileId, module: Name, node: u32) {
        match self.resolve(file, module) {
            Resolved::File(to) => {
                self.add(node, Value::Module(to));
                if let Some(value) = self.exports[to].get(&name("module.exports")).copied() {
                    let from = self.node(At { file: to, id: value });
                    self.copy(from, node);
                }
            }
            Resolved::Folder(path) => self.add(node, Value::Folder(path)),
            Resolved::External(path) => self.add(node, Value::Ext(path)),
        }
    }

    pub(super) fn import_member(&mut self, file: FileId, module: Name, member: Name, node: u32) {
        match self.resolve(file, module) {
            Resolved::File(to) => {
                if to == file && self.input.summaries[file].family == Family::Python && self.globals[file].contains_key(&member) {
                    if let Some(Resolved::File(sub)) = self.submodule(to, &member) {
                        self.add(node, Value::Module(sub));
                    }
                    return;
                }
                self.load(Value::Module(to), member, node);
                if let Some(value) = self.exports[to].get(&name("module.exports")).copied() {
                    let from = self.node(At { file: to, id: value });
                    if member.as_str() == "default" { self.copy(from, node) } else { self.when(from, Constraint::Load(member, node)) }
                }
            }
            Resolved::Folder(path) => self.load(Value::Folder(path), member, node),
            Resolved::External(path) => self.load(Value::Ext(path), member, node),
        }
    }

    pub(super) fn submodule(&self, file: FileId, member: &str) -> Option<Resolved> {
        let path = &self.input.sources[file].path;
        let dir = path.strip_suffix("/__init__.py").or_else(|| path.strip_suffix("/__init__.pyi"))?;
        self.input.modules.python_in(dir, member)
    }

    /// Reads `member` of `value` into `to`.
    pub(super) fn load(&mut self, value: Value, member: Name, to: u32) {
        match value {
            Value::Module(file) => self.load_module(file, member, to, 0),
            Value::Folder(path) => match self.input.modules.python_in(&path, &member) {
                Some(Resolved::File(file)) => self.add(to, Value::Module(file)),
                Some(Resolved::Folder(path)) => self.add(to, Value::Folder(path)),
                _ => {}
            },
            Value::Class(class) if self.family == Family::Ecma && member.as_str() == "prototype" => self.add(to, Value::Inst(class)),
            Value::Class(class) => self.load_class(class, member, to, Dispatch::Class),
            Value::Inst(class) => self.load_class(class, member, to, Dispatch::Instance),
            Value::Ext(path) => {
                // A module whose only export is its default one is that export.
                if self.family == Family::Ecma && member.as_str() == "default" {
                    self.add(to, Value::Ext(path));
                } else {
                    self.load_external(path, member, to);
                }
            }
            Value::ExtInst(path) => self.load_external(path, member, to),
            Value::Func(func) | Value::Bound(func) => {
                let is_ecma = self.family == Family::Ecma;
                match member.as_str() {
                    "call" | "apply" | "bind" if is_ecma => self.add(to, Value::Func(func)),
                    "prototype" if is_ecma => self.add(to, Value::New(func)),
                    _ => {
                        let from = self.field(Owner::Func(func), member);
                        self.copy(from, to);
                    }
                }
            }
            Value::New(func) => {
                let from = self.field(Owner::New(func), member);
                self.copy(from, to);
                let prototype = self.field(Owner::Func(func), name("prototype"));
                self.when_once(prototype, Constraint::Load(member, to));
            }
            Value::Object(object) => {
                if self.holds_by_name(object) {
                    let from = self.field(Owner::Object(object), member);
                    self.copy(from, to);
                    let any = self.field(Owner::Object(object), FactBase::any());
                    self.copy(any, to);
                    self.read_accessors(object, member, to);
                    // What every object has: `hasOwnProperty`.
                    let inherited = name(&format!("globalThis.Object.{member}"));
                    if self.facts.member(inherited).is_some() {
                        self.add(to, Value::Ext(inherited));
                    }
                }
                if let Some(of) = self.container_type(object) {
                    self.load_external(of, member, to);
                }
            }
            Value::Generator(_) => {}
        }
    }

    /// Whether an object's attributes are what it holds: not those of lists, nor of Python's dicts.
    fn holds_by_name(&self, object: ExprAt) -> bool {
        let summary = &self.input.summaries[object.file];
        matches!(summary.exprs[object.id], Expr::Object(_)) && summary.family == Family::Ecma
    }

    /// Reading an accessor of an object literal runs it.
    fn read_accessors(&mut self, object: ExprAt, member: Name, to: u32) {
        let summary = &self.input.summaries[object.file];
        let Expr::Object(fields) = &summary.exprs[object.id] else { return };
        for (_, value) in fields.iter().filter(|(key, _)| *key == Some(member)) {
            if let Some((getter, FuncKind::Getter)) = self.accessor(At { file: object.file, id: *value }) {
                self.read_property(getter, to);
            }
        }
    }

    /// The getter or setter that an expression of an object literal is.
    pub(super) fn accessor(&self, at: ExprAt) -> Option<(FuncAt, FuncKind)> {
        let summary = &self.input.summaries[at.file];
        let Expr::Function(id) = summary.exprs[at.id] else { return None };
        let kind = summary.functions[id].kind;
        matches!(kind, FuncKind::Getter | FuncKind::Setter).then_some((At { file: at.file, id }, kind))
    }

    /// `base[key]`; a key that is not constant may be any.
    pub(super) fn subscript(&mut self, value: Value, key: Name, to: u32) {
        match value {
            Value::Object(object) if key == FactBase::any() => self.read_all(Owner::Object(object), to),
            Value::Object(object) => {
                for key in [key, FactBase::any()] {
                    let from = self.field(Owner::Object(object), key);
                    self.copy(from, to);
                }
            }
            // `Class[int]`
            Value::Class(_) if self.family == Family::Python => self.add(to, value),
            Value::Ext(path) if self.family == Family::Python && is_class(path) => self.add(to, value),
            Value::Inst(class) if self.family == Family::Python => {
                if let Some(getter) = self.find_method(class, name("__getitem__")) {
                    self.returned(getter, to);
                }
            }
            Value::Ext(path) | Value::ExtInst(path) => {
                if let Some(of) = self.facts.type_of(path).and_then(|fact| fact.element) {
                    self.add(to, Value::ExtInst(of));
                } else {
                    self.load_external(path, key, to);
                }
            }
            Value::Module(_) | Value::Class(_) | Value::Inst(_) | Value::New(_) if key != FactBase::any() => self.load(value, key, to),
            _ => {}
        }
    }

    pub(super) fn container_type(&self, object: ExprAt) -> Option<Name> {
        let summary = &self.input.summaries[object.file];
        let of = match (&summary.exprs[object.id], summary.is_python()) {
            (Expr::List(_) | Expr::Many(_), true) if summary.sets.binary_search(&object.id).is_ok() => "builtins.set",
            (Expr::List(_) | Expr::Many(_), true) => "builtins.list",
            (Expr::List(_) | Expr::Many(_), false) => "globalThis.Array",
            (Expr::Object(_), true) => "builtins.dict",
            _ => return self.tracked.get(&object).copied(),
        };
        Some(name(of))
    }

    fn load_external(&mut self, path: Name, member: Name, to: u32) {
        if path.len() > LONGEST_PATH {
            return;
        }
        let facts = self.facts;
        let joined = *self.joined.entry((path, member)).or_insert_with(|| {
            // An attribute whose type is known is an instance of that type.
            let owner = if facts.type_of(path).is_none() { facts.member(path).unwrap_or(path) } else { path };
            name(&format!("{owner}.{member}"))
        });
        self.add(to, Value::Ext(joined));
        self.load_shared(path, member, to);
    }

    /// What the program put into any instance of a library's type that is shared.
    fn load_shared(&mut self, path: Name, member: Name, to: u32) {
        if let Some(of) = self.facts.shared(path) {
            let from = self.field(Owner::External(of), member);
            self.copy(from, to);
        }
    }

    fn load_module(&mut self, file: FileId, member: Name, to: u32, depth: usize) {
        let input = self.input;
        let summary = &input.summaries[file];
        if summary.family == Family::Python {
            if let Some(var) = self.globals[file].get(&member).copied() {
                let from = self.var_node(file, var);
                self.copy(from, to);
                return;
            }
            match self.submodule(file, &member) {
                Some(Resolved::File(sub)) => return self.add(to, Value::Module(sub)),
                Some(Resolved::Folder(path)) => return self.add(to, Value::Folder(path)),
                _ => {}
            }
            for module in &summary.star_imports {
                match self.resolve(file, *module) {
                    Resolved::File(from) if depth < 8 && self.star_gives(from, member) => {
                        return self.load_module(from, member, to, depth + 1);
                    }
                    Resolved::External(path) => self.load_external(path, member, to),
                    _ => {}
                }
            }
            return;
        }
        if let Some(value) = self.exports[file].get(&member).copied() {
            let from = self.node(At { file, id: value });
            self.copy(from, to);
            return;
        }
        if member.as_str() == "default" {
            // A CommonJS module is its own default export.
            self.add(to, Value::Module(file));
            if let Some(value) = self.exports[file].get(&name("module.exports")).copied() {
                let from = self.node(At { file, id: value });
                self.copy(from, to);
            }
            return;
        }
        for export in &summary.exports {
            if let Export::Star { module } = export
                && depth < 8
            {
                match self.resolve(file, *module) {
                    Resolved::File(from) if from != file => self.load_module(from, member, to, depth + 1),
                    Resolved::External(path) => self.load_external(path, member, to),
                    _ => {}
                }
            }
        }
        let from = self.field(Owner::Exports(file), member);
        self.copy(from, to);
    }

    fn method(&self, class: ClassAt, member: Name) -> Option<FuncAt> {
        self.method_where(class, member, |_| true)
    }

    fn method_where(&self, class: ClassAt, member: Name, fits: impl Fn(FuncKind) -> bool) -> Option<FuncAt> {
        let summary = &self.input.summaries[class.file];
        let kind = |id: crate::ir::FuncId| summary.functions[id].kind;
        let methods = &summary.classes[class.id].methods;
        let found = methods.iter().rfind(|(named, id)| *named == member && kind(*id) != FuncKind::Setter && fits(kind(*id)));
        found.map(|(_, id)| At { file: class.file, id: *id })
    }

    pub(super) fn load_class(&mut self, class: ClassAt, member: Name, to: u32, dispatch: Dispatch) {
        let lineage = self.lineage(class);
        let (classes, external) = &*lineage;
        let mut found = false;
        for at in classes {
            found |= self.load_own(*at, member, to, dispatch);
            if found {
                break;
            }
        }
        if !found && dispatch != Dispatch::Above {
            let below = self.subclasses.get(&class).cloned().unwrap_or_default();
            if below.len() > super::values::LIMIT {
                self.cut(to);
            } else {
                for at in below {
                    found |= self.load_own(at, member, to, dispatch);
                    if dispatch == Dispatch::Instance {
                        // `self.made` of a base: the class below sets it.
                        let from = self.field(Owner::Class(at), member);
                        self.copy(from, to);
                    }
                }
            }
        }
        for at in classes {
            let from = self.field(Owner::Class(*at), member);
            self.copy(from, to);
            if let Some(above) = self.fields.get(&(Owner::Class(*at), name("<above>"))).copied().filter(|_| !found) {
                self.when_once(above, Constraint::Load(member, to));
            }
        }
        if !found {
            for path in external {
                self.load_external(*path, member, to);
            }
        }
    }

    /// Reads a member that the class itself has, and where it is only declared there, those of the classes that stand in.
    fn load_own(&mut self, class: ClassAt, member: Name, to: u32, dispatch: Dispatch) -> bool {
        let Some(found) = self.load_here(class, member, to, dispatch) else { return false };
        if found == Body::Abstract && dispatch != Dispatch::Above {
            let mut classes = vec![class];
            let mut at = 0;
            while at < classes.len() {
                for below in self.stand_ins(classes[at]).iter() {
                    if classes.contains(below) {
                        continue;
                    }
                    if classes.len() > super::values::LIMIT {
                        self.cut(to);
                        return true;
                    }
                    classes.push(*below);
                }
                if at > 0 {
                    self.load_here(classes[at], member, to, dispatch);
                }
                at += 1;
            }
        }
        true
    }

    fn load_here(&mut self, class: ClassAt, member: Name, to: u32, dispatch: Dispatch) -> Option<Body> {
        let instance = dispatch != Dispatch::Class;
        let file = class.file;
        let python = self.input.summaries[file].family == Family::Python;
        // In ECMAScript instances have no static members, and classes have only those.
        let method = self.method_where(class, member, |kind| python || (kind == FuncKind::Static) != instance);
        if let Some(method) = method {
            let function = self.input.func(method);
            match function.kind {
                FuncKind::Getter if instance => self.read_property(method, to),
                FuncKind::Static => self.add(to, Value::Func(method)),
                FuncKind::ClassMethod => self.add(to, Value::Bound(method)),
                _ if instance => self.add(to, Value::Bound(method)),
                _ => self.add(to, Value::Func(method)),
            }
            return Some(if function.is_abstract { Body::Abstract } else { Body::Full });
        }
        let described = &self.input.summaries[file].classes[class.id];
        let mut found = false;
        for (_, value) in described.fields.iter().filter(|(named, _)| *named == member) {
            self.flow(At { file, id: *value }, to, false);
            found = true;
        }
        for (_, of) in described.types.iter().filter(|(named, _)| *named == member) {
            self.flow(At { file, id: *of }, to, true);
            found = true;
        }
        found.then_some(Body::Full)
    }

    fn read_property(&mut self, getter: FuncAt, to: u32) {
        if let Some(at) = self.expr_of(to) {
            self.getters.push((at, getter));
        }
        self.returned(getter, to);
    }

    /// What a function returns flows to `to`.
    pub(super) fn returned(&mut self, func: FuncAt, to: u32) {
        let function = self.input.func(func);
        let declared = function.return_type.map(|id| At { file: func.file, id });
        // What a generator yields has another type than what it is declared to give.
        let typed = declared.filter(|_| !function.is_generator).map(|annotation| {
            let known = self.fields.contains_key(&(Owner::Func(func), name("<returned>")));
            let given = self.field(Owner::Func(func), name("<returned>"));
            if !known {
                self.declare(given, annotation);
                if !self.only_makes(func) {
                    self.instantiate(annotation, given, 0);
                }
                for value in &function.returns {
                    self.flow(At { file: func.file, id: *value }, given, false);
                }
            }
            given
        });
        if let Some(given) = typed {
            return self.copy(given, to);
        }
        for value in &function.returns {
            self.flow(At { file: func.file, id: *value }, to, false);
        }
        if let Some(annotation) = declared {
            self.instantiate(annotation, to, 0);
        }
    }

    /// Whether all that the function returns is made in it, by constructors of the run's own classes: that tells more than a base
    /// class which it is declared to give.
    fn only_makes(&self, func: FuncAt) -> bool {
        let summary = &self.input.summaries[func.file];
        let made = |id: &crate::ir::ExprId| match summary.exprs[*id] {
            Expr::Call(call) => self.static_classes(At { file: func.file, id: summary.calls[call].callee }, 0).len() == 1,
            Expr::Const(_) => true,
            _ => false,
        };
        let returns = &summary.functions[func.id].returns;
        returns.iter().any(|id| matches!(summary.exprs[*id], Expr::Call(_))) && returns.iter().all(made)
    }

    /// Writes the values of `from` to `member` of `value`.
    pub(super) fn store(&mut self, value: Value, member: Name, from: u32) {
        let owner = match value {
            // Another file puts a double in place of a method: a test does, and it is not what runs.
            Value::Class(class) if self.method(class, member).is_some() && self.file_of(from).is_some_and(|file| file != class.file) => {
                return;
            }
            Value::Inst(class) | Value::Class(class) => Owner::Class(class),
            Value::Object(object) => Owner::Object(object),
            Value::Func(func) => {
                if member.as_str() == "prototype" {
                    self.when(from, Constraint::This(func));
                }
                Owner::Func(func)
            }
            Value::New(func) => {
                self.when(from, Constraint::This(func));
                Owner::New(func)
            }
            Value::Module(file) => match self.globals[file].get(&member).copied() {
                Some(var) if self.input.summaries[file].family == Family::Python => {
                    let to = self.var_node(file, var);
                    return self.copy(from, to);
                }
                _ => Owner::Exports(file),
            },
            Value::Ext(path) | Value::ExtInst(path) => match self.facts.shared(path) {
                Some(of) => Owner::External(of),
                None => return,
            },
            _ => return,
        };
        let to = self.field(owner, member);
        self.copy(from, to);
    }

    /// A function kept by a prototype, or by the object that becomes one, has the prototype's instances as `this`.
    pub(super) fn becomes_method(&mut self, value: Value, of: FuncAt) {
        match value {
            Value::Func(func) if self.input.func(func).class.is_none() => {
                let this = self.this_node(func);
                self.add(this, Value::New(of));
            }
            Value::Object(object) => {
                let functions = self.input.summaries[object.file].functions.iter_enumerated();
                let methods: Vec<_> = functions.filter(|(_, function)| function.object == Some(object.id)).map(|(id, _)| id).collect();
                for id in methods {
                    let this = self.this_node(At { file: object.file, id });
                    self.add(this, Value::New(of));
                }
            }
            _ => {}
        }
    }

    /// An element of `value`.
    pub(super) fn element(&mut self, value: Value, to: u32) {
        match value {
            // Iterating over a dict gives its keys.
            Value::Object(object) if self.holds_keys(object) => {}
            Value::Object(object) => self.read_all(Owner::Object(object), to),
            Value::Generator(func) => self.returned(func, to),
            Value::Inst(class) if self.family == Family::Python => self.iterated(class, to),
            Value::ExtInst(path) => match self.facts.type_of(path) {
                Some(fact) => {
                    if let Some(of) = fact.element {
                        self.add(to, Value::ExtInst(of));
                    }
                }
                // An element of what a library gave.
                None if path.contains("()") && path.len() <= LONGEST_PATH => self.add(to, Value::ExtInst(name(&format!("{path}[]")))),
                None => {}
            },
            _ => {}
        }
    }

    fn holds_keys(&self, object: ExprAt) -> bool {
        let summary = &self.input.summaries[object.file];
        summary.family == Family::Python
            && (matches!(summary.exprs[object.id], Expr::Object(_))
                || self.container_type(object).is_some_and(|of| self.facts.is_a(of, "builtins.dict")))
    }

    /// What iterating over an instance gives: what `__next__` returns, or what `__iter__` yields.
    fn iterated(&mut self, class: ClassAt, to: u32) {
        for (iter, next) in [("__iter__", "__next__"), ("__aiter__", "__anext__")] {
            if let Some(next) = self.find_method(class, name(next)) {
                self.returned(next, to);
            } else if let Some(iter) = self.find_method(class, name(iter)) {
                if self.input.func(iter).is_generator {
                    self.returned(iter, to);
                } else {
                    let given = self.field(Owner::Func(iter), name("<iterator>"));
                    self.returned(iter, given);
                    self.when_once(given, Constraint::Element(to));
                }
            }
        }
    }
}

/// Whether a library's path is written as that of a class, which is no constant: `aiohttp.ClientSession`.
fn is_class(path: Name) -> bool {
    let last = path.rsplit('.').next().unwrap_or(&path);
    last.starts_with(|first: char| first.is_ascii_uppercase()) && last.contains(|one: char| one.is_ascii_lowercase())
}
