//! `ModuleSummary`: what one file says, language-neutral, owned, without tree nodes.
//!
//! Expressions live in one arena per module and keep only what decides which
//! function a call runs: names, attributes, calls, containers. Arithmetic is `Unknown`.

pub mod directive;
pub mod elsewhere;
mod guard;
pub mod loops;
mod places;

pub use directive::{Comment, Problem};
pub use guard::{Branch, Guard, Held, Relation, Test};
pub use places::{Region, Store};

use crate::base::{Name, Span};
use loops::{Loop, LoopId};
use oxc_index::{IndexVec, define_index_type};
use std::collections::BTreeMap;

define_index_type! { /// An expression of one module.
pub struct ExprId = u32; }
define_index_type! { /// A variable of one module (module, class-free function scopes).
pub struct VarId = u32; }
define_index_type! { /// A function of one module; 0 is the module's body.
pub struct FuncId = u32; }
define_index_type! { /// A class of one module.
pub struct ClassId = u32; }
define_index_type! { /// A call site of one module.
pub struct CallId = u32; }
define_index_type! { /// A test that calls of one module stand under.
pub struct GuardId = u32; }

/// The module body's function.
pub const MODULE_BODY: FuncId = FuncId::from_usize_unchecked(0);

/// The language family of a file; only import resolution asks for it after `lower`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `.py`, `.pyi`
    Python,
    /// JavaScript, JSX, TypeScript, TSX
    Ecma,
}

/// A literal where its value may decide something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Const {
    /// `None`, `null`, `undefined`
    Null,
    /// `True`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string without interpolation (a template string with none counts).
    Str(Name),
}

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A value nothing can be said of.
    Unknown,
    /// A literal.
    Const(Const),
    /// A string, list, dict, number value whose content does not matter: the builtin type's name
    /// (`str`, `int`, `list`, `dict`, `set`, `bytes`; ECMAScript: `String`, `Number`, `Array`, `RegExp`, `Promise`).
    Builtin(Name),
    /// A variable bound in this file.
    Var(VarId),
    /// A name not bound in this file: a builtin, a global, or from a star import.
    Global(Name),
    /// ECMAScript `this` in the given non-arrow function (or the module body).
    This(FuncId),
    /// `super` (ECMAScript) or `super()` (Python) in a method of the class.
    Super(ClassId),
    /// `base.name`
    Attr {
        /// The receiver.
        base: ExprId,
        /// The member.
        name: Name,
    },
    /// `base[key]`
    Index {
        /// The container.
        base: ExprId,
        /// The key.
        key: ExprId,
    },
    /// An element got by iterating over the expression (for target, spread, unpacking).
    Element(ExprId),
    /// The result of a call.
    Call(CallId),
    /// A function value: lambda, arrow, function expression, or the definition of a `def`.
    Function(FuncId),
    /// A class value.
    Class(ClassId),
    /// A dict or object literal. A `None` key is one that is not constant; a spread's value is an `Element` besides.
    Object(Vec<(Option<Name>, ExprId)>),
    /// A list, tuple, set or array literal. A spread is an `Element`.
    List(Vec<ExprId>),
    /// A container of any number of values of the expression: a comprehension.
    Many(ExprId),
    /// One of several: conditional expression, `or`, `??`; in a type, a union or `Optional`.
    Either(Vec<ExprId>),
    /// `await e`
    Await(ExprId),
    /// The module imported under this specifier: `require("x")`, `import("x")`, `import * as x`, Python `import a.b` (as alias).
    /// Python: dotted name with leading dots for relative imports. ECMAScript: the specifier.
    Module(Name),
    /// One name out of a module: `from m import n`, `import { n } from "m"`, `import d from "m"` (name `default`).
    Imported {
        /// The module as written.
        module: Name,
        /// The name in it.
        name: Name,
    },
    /// ECMAScript `module.exports` of this file.
    ModuleExports,
}

impl Expr {
    /// The name under which a constant key keeps a value: its text.
    #[must_use]
    pub fn key(&self) -> Option<Name> {
        match self {
            // In Python `1` and `"1"` are two keys.
            Self::Const(Const::Str(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(crate::base::name(&format!("'{text}'")))
            }
            Self::Const(Const::Str(text)) => Some(*text),
            Self::Const(Const::Number(number)) => Some(crate::base::name(&number.to_string())),
            _ => None,
        }
    }
}

/// How a call comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `f(x)`, a tagged template
    Call,
    /// `new F(x)`
    New,
    /// Entering and leaving a `with`: the callee is the context expression itself.
    With,
    /// Iterating (`for`, comprehension, `yield from`, unpacking by `*`): the callee is the iterable itself.
    Iterate,
    /// `@decorator`: the callee is the decorator expression, the one argument the decorated function or class.
    Decorate,
    /// `raise Error` without a call: the callee is the class.
    Raise,
    /// `a / b`, `x in b`, `a += b`: the callee is the operator's method.
    Operator,
    /// An attribute read that may run a property: the callee is the attribute. Linking adds those of known properties.
    Read,
}

impl CallKind {
    /// Whether it is written as a call; the others come with other syntax.
    #[must_use]
    pub fn is_written(self) -> bool {
        matches!(self, Self::Call | Self::New | Self::Decorate)
    }

    /// Whether it binds no arguments and gives nothing that is kept.
    #[must_use]
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Raise | Self::Read)
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// Keyword, for Python.
    pub name: Option<Name>,
    /// The value.
    pub value: ExprId,
    /// `*x`, `**x`, `...x`
    pub spread: bool,
}

/// A call site.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct Call {
    /// How it comes about.
    pub kind: CallKind,
    /// What is called.
    pub callee: ExprId,
    /// Arguments as written.
    pub args: Vec<Arg>,
    /// The whole call, in bytes.
    pub span: Span,
    /// The function whose body makes the call.
    pub func: FuncId,
    /// The call's direct parent is an `await` (or it is an `async with`/`async for`).
    pub awaited: bool,
    /// Made under `if __name__ == "__main__"` or `require.main === module`.
    pub main_guard: bool,
    /// Its result is kept where a test has found nothing yet: `if self.x is None: self.x = f()`.
    pub once: bool,
    /// The innermost test of a call's result that it stands under.
    pub guard: Option<GuardId>,
    /// The innermost loop of its function that it stands in.
    pub looped: Option<LoopId>,
    /// It is a statement of its own: nothing takes what it gives.
    pub dropped: bool,
}

/// An attribute read, which runs code if the attribute is a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The attribute.
    pub attr: ExprId,
    /// Where it is read, in bytes.
    pub span: Span,
    /// The function whose body reads it.
    pub func: FuncId,
    /// Read under `if __name__ == "__main__"` or `require.main === module`.
    pub main_guard: bool,
    /// What it gives is kept where a test has found nothing yet.
    pub once: bool,
    /// The innermost test that it stands under.
    pub guard: Option<GuardId>,
    /// The innermost loop of its function that it stands in.
    pub looped: Option<LoopId>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// The variable it binds, if it is a plain name.
    pub var: Option<VarId>,
    /// Its type, as an expression.
    pub annotation: Option<ExprId>,
    /// Its default value.
    pub default: Option<ExprId>,
    /// `*args`, `...rest`
    pub rest: bool,
    /// `**kwargs`
    pub keywords: bool,
}

/// What kind of function it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuncKind {
    /// The module's body.
    Module,
    /// `def`, `function`
    Function,
    /// A lambda, an arrow function, an anonymous function expression.
    Lambda,
    /// A method called on an instance. Python's first parameter is the instance.
    Method,
    /// A static method: no instance parameter.
    Static,
    /// Python's `classmethod`: the first parameter is the class.
    ClassMethod,
    /// A property, cached property or getter.
    Getter,
    /// A setter.
    Setter,
}

impl FuncKind {
    /// Whether Python gives its first parameter the instance or the class.
    #[must_use]
    pub fn has_receiver(self) -> bool {
        matches!(self, Self::Method | Self::ClassMethod | Self::Getter | Self::Setter)
    }
}

/// A function, method, lambda or module body.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct Function {
    /// Its own name; `<lambda>` for those without, `<module>` for the body.
    pub name: Name,
    /// Where it is written.
    pub span: Span,
    /// Where its name stands (the whole function where it has none).
    pub name_span: Span,
    /// The function it is written in.
    pub parent: Option<FuncId>,
    /// The innermost test of the function around that it is written under.
    pub guard: Option<GuardId>,
    /// The class it is a method of.
    pub class: Option<ClassId>,
    /// The object literal it is a method of (ECMAScript `this`).
    pub object: Option<ExprId>,
    /// Its kind.
    pub kind: FuncKind,
    /// `async def`, `async function`
    pub is_async: bool,
    /// It yields: calling it runs nothing.
    pub is_generator: bool,
    /// It awaits something that is no call.
    pub waits: bool,
    /// It may end without giving anything: by its end, or by a bare `return`.
    pub gives_nothing: bool,
    /// Its body is only `...`, `pass`, a docstring, `raise NotImplementedError`, or it is abstract.
    pub is_abstract: bool,
    /// Parameters in order (Python's `self` included).
    pub params: Vec<Param>,
    /// What it returns (the body's expression for arrows and lambdas).
    pub returns: Vec<ExprId>,
    /// Its return type, as an expression.
    pub return_type: Option<ExprId>,
    /// Its decorators as expressions, outermost first.
    pub decorators: Vec<ExprId>,
}

/// A class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// Where it is written.
    pub span: Span,
    /// The function it is written in.
    pub parent: FuncId,
    /// The class whose body it is written in.
    pub outer: Option<ClassId>,
    /// Base classes (and, in TypeScript, implemented interfaces).
    pub bases: Vec<ExprId>,
    /// Its decorators.
    pub decorators: Vec<ExprId>,
    /// Methods by name, in order (getters and setters too). ECMAScript's constructor is `constructor`.
    pub methods: Vec<(Name, FuncId)>,
    /// Attributes assigned in the class body (class attributes, fields with a value).
    pub fields: Vec<(Name, ExprId)>,
    /// Declared types of attributes (annotated fields, TypeScript parameter properties).
    pub types: Vec<(Name, ExprId)>,
}

/// Where a value is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `x = ...`
    Var(VarId),
    /// `base.name = ...`
    Attr {
        /// The receiver.
        base: ExprId,
        /// The member.
        name: Name,
    },
    /// `base[key] = ...`
    Index {
        /// The container.
        base: ExprId,
        /// The key.
        key: ExprId,
    },
}

/// An assignment (imports and definitions make one too: `def f` assigns `Function(f)` to `f`).
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// Where to.
    pub target: Target,
    /// What.
    pub value: ExprId,
    /// An annotation: the target is an instance of it.
    pub is_type: bool,
}

/// `except` of a `try`.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled {
    /// The class of exceptions, or several.
    pub caught: ExprId,
    /// What is tried.
    pub tried: Span,
    /// What is done if it fails.
    pub block: Span,
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// Its name.
    pub name: Name,
    /// The function whose scope it is in.
    pub func: FuncId,
    /// Something is assigned to it, besides what a call gives a parameter.
    pub assigned: bool,
    /// What is assigned to it is assigned only where it is true, or only where it is false: `if x is None: x = 1`.
    pub assigned_where: Option<Held>,
    /// Another function than that of its scope assigns to it: at any time.
    pub outside: bool,
    /// It holds at times what no assignment says: after `x += 1`, before `let x;` is given a value.
    pub vague: bool,
}

impl Var {
    /// A variable of the function's scope that nothing is assigned to yet.
    #[must_use]
    pub fn new(name: Name, func: FuncId) -> Self {
        Self { name, func, assigned: false, assigned_where: None, outside: false, vague: false }
    }
}

/// An ECMAScript export; Python exports its module's variables.
#[derive(Clone, Debug, PartialEq)]
pub enum Export {
    /// `export const x`, `export default e` (name `default`), `export { a as x }`, `export { x } from "m"` (an `Imported`).
    Named {
        /// The name it is exported under.
        name: Name,
        /// The value.
        value: ExprId,
    },
    /// `export * from "m"`
    Star {
        /// The module as written.
        module: Name,
    },
}

/// What one file says.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleSummary {
    /// Its language family.
    pub family: Family,
    /// A stub: types only.
    pub is_stub: bool,
    /// Functions; the first is the module's body.
    pub functions: IndexVec<FuncId, Function>,
    /// Classes.
    pub classes: IndexVec<ClassId, Class>,
    /// Variables of all scopes.
    pub vars: IndexVec<VarId, Var>,
    /// Expressions.
    pub exprs: IndexVec<ExprId, Expr>,
    /// Call sites in source order.
    pub calls: IndexVec<CallId, Call>,
    /// Attribute reads, in source order, save those that are called. Linking makes calls of those of properties, and keeps few others.
    pub reads: Vec<Read>,
    /// Python: attributes that are assigned to, save those of the receiver, in source order.
    pub stores: Vec<Store>,
    /// Bodies of `with`, in order of their entering.
    pub regions: Vec<Region>,
    /// Where functions give way: `await`, `async for`, `async with`, `yield` in a coroutine; the function and the place.
    pub awaits: Vec<(FuncId, Span)>,
    /// ECMAScript: `throw` statements, each with the function that it stands in.
    pub throws: Vec<(FuncId, Span)>,
    /// `try` statements whose failure a `catch` or `except` takes and does not throw on, with that; ECMAScript: without `finally`.
    pub caught: Vec<Span>,
    /// Values of `Object`s under a key that is not written as a text, each with that key: `{[Event.OPENED]: f}`.
    pub keyed: BTreeMap<ExprId, ExprId>,
    /// Python: blocks that handle exceptions.
    pub handled: Vec<Handled>,
    /// Tests that calls stand under.
    pub guards: IndexVec<GuardId, Guard>,
    /// Loops, in source order.
    pub loops: IndexVec<LoopId, Loop>,
    /// Strings that may be regular expressions, and these themselves, with their places, in order of expression: see `lang::literal`.
    pub literals: Vec<(ExprId, Span)>,
    /// Parts of these that stand elsewhere, in order: the text, the place where it is put in, and what is put in.
    pub holes: Vec<(ExprId, Span, ExprId)>,
    /// Texts whose content is not kept, long ones and those with parts that stand elsewhere, and where each begins, in order of
    /// expression.
    pub texts: Vec<(ExprId, u32)>,
    /// Python: lists and comprehensions that are sets, in order of expression.
    pub sets: Vec<ExprId>,
    /// Python: what comparisons and `not` give, which is never `None`, in order of expression.
    pub judged: Vec<ExprId>,
    /// Parts of texts and lists that are no longer than this, in order of expression: `x[:100]`.
    pub cuts: Vec<(ExprId, u32)>,
    /// Variables whose length is held against a constant, with the constant and the place: `if len(x) > 100`.
    pub measured: Vec<(VarId, u32, Span)>,
    /// Assignments.
    pub assigns: Vec<Assign>,
    /// Python: modules imported anywhere; `m` and `m.n` for `from m import n`, which may be a module or not. The second
    /// says that the module's body imports it.
    pub imports: Vec<(Name, bool)>,
    /// Python: modules imported with a star.
    pub star_imports: Vec<Name>,
    /// Python: what a star import of this module gives (`__all__`), where it says so.
    pub all: Option<Vec<Name>>,
    /// ECMAScript exports.
    pub exports: Vec<Export>,
    /// Comments that begin with `loopwarden:`, `expect:`, `ok:`, `missed:` or `false:`.
    pub comments: Vec<Comment>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// The file is a script: shebang, `process.argv`, commander or yargs imported.
    pub is_script: bool,
    /// `"use client"` stands at the top (ECMAScript).
    pub is_client: bool,
    /// ECMAScript globals that it asks for before it uses them: `typeof window`.
    pub asked: Vec<Name>,
    /// Bytes lost to syntax errors.
    pub lost_bytes: u32,
}

/// Assignments that may belong to the last statement read, at most.
const LATEST: usize = 32;

impl ModuleSummary {
    /// A summary with an empty body of `len` bytes.
    #[must_use]
    pub fn new(family: Family, len: usize) -> Self {
        let body = Function {
            name: crate::base::name("<module>"),
            span: Span::new(0, len),
            name_span: Span::new(0, 0),
            parent: None,
            guard: None,
            class: None,
            object: None,
            kind: FuncKind::Module,
            is_async: false,
            is_generator: false,
            waits: false,
            gives_nothing: true,
            is_abstract: false,
            params: Vec::new(),
            returns: Vec::new(),
            return_type: None,
            decorators: Vec::new(),
        };
        Self {
            family,
            is_stub: false,
            functions: IndexVec::from_vec(vec![body]),
            classes: IndexVec::new(),
            vars: IndexVec::new(),
            exprs: IndexVec::new(),
            calls: IndexVec::new(),
            reads: Vec::new(),
            stores: Vec::new(),
            regions: Vec::new(),
            awaits: Vec::new(),
            throws: Vec::new(),
            caught: Vec::new(),
            keyed: BTreeMap::new(),
            handled: Vec::new(),
            guards: IndexVec::new(),
            loops: IndexVec::new(),
            literals: Vec::new(),
            holes: Vec::new(),
            texts: Vec::new(),
            sets: Vec::new(),
            judged: Vec::new(),
            cuts: Vec::new(),
            measured: Vec::new(),
            assigns: Vec::new(),
            imports: Vec::new(),
            star_imports: Vec::new(),
            all: None,
            exports: Vec::new(),
            comments: Vec::new(),
            problems: Vec::new(),
            is_script: false,
            is_client: false,
            asked: Vec::new(),
            lost_bytes: 0,
        }
    }

    /// Nothing takes what the expression gives.
    pub fn drop_result(&mut self, expr: ExprId) {
        // `known || (known = load())`, `a(), this.known ??= load()` keep it.
        if self.assigns.iter().rev().take(LATEST).any(|assign| assign.value == expr) {
            return;
        }
        match &self.exprs[expr] {
            Expr::Call(call) => self.calls[*call].dropped = true,
            Expr::Either(ways) => ways.clone().into_iter().for_each(|way| self.drop_result(way)),
            _ => {}
        }
    }

    /// Notes where a text begins whose content is not kept.
    pub fn begin_text(&mut self, value: ExprId, place: Span) {
        self.texts.push((value, place.start));
    }

    /// The text from where such a text begins, as `source` has it.
    #[must_use]
    pub fn text_begun<'s>(&self, value: ExprId, source: &'s str) -> Option<&'s str> {
        let at = self.texts.binary_search_by_key(&value, |(id, _)| *id).ok()?;
        source.get(self.texts[at].1 as usize..)
    }

    /// Whether it is of a Python file.
    #[must_use]
    pub fn is_python(&self) -> bool {
        self.family == Family::Python
    }

    /// The dotted name of a function inside its file: `Class.method`, `outer.inner`.
    #[must_use]
    pub fn func_name(&self, id: FuncId) -> String {
        let function = &self.functions[id];
        match (function.class, function.parent) {
            (Some(class), _) => format!("{}.{}", self.class_name(class), function.name),
            (None, Some(parent)) if parent != MODULE_BODY => format!("{}.{}", self.func_name(parent), function.name),
            _ => function.name.to_string(),
        }
    }

    /// The dotted name of a class inside its file: `Outer.Inner`, `factory.Made`.
    #[must_use]
    pub fn class_name(&self, id: ClassId) -> String {
        let class = &self.classes[id];
        match class.outer {
            Some(outer) => format!("{}.{}", self.class_name(outer), class.name),
            None if class.parent != MODULE_BODY => format!("{}.{}", self.func_name(class.parent), class.name),
            None => class.name.to_string(),
        }
    }

    /// The innermost function at a byte offset.
    #[must_use]
    pub fn func_at(&self, offset: u32) -> FuncId {
        let holding = self.functions.iter_enumerated().filter(|(_, function)| function.span.contains(offset));
        holding.min_by_key(|(_, function)| function.span.end - function.span.start).map_or(MODULE_BODY, |(id, _)| id)
    }
}
