//! `ModuleSummary`: what one file says, language-neutral, owned, without tree nodes.
//!
//! Expressions live in one arena per module and keep only what decides which
//! function a call runs: names, attributes, calls, containers. Arithmetic is `Unknown`.

pub mod directive;
pub mod elsewhere;
mod expr;
mod guard;
pub mod loops;
mod places;
mod summary;

pub use directive::{Comment, Problem};
pub use expr::{Const, Expr};
pub use guard::{Branch, Guard, Held, Relation, Test};
pub use places::{Region, Store};
pub use summary::{Export, ModuleSummary};

use crate::base::{Name, Span};
use loops::LoopId;
use oxc_index::define_index_type;

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
