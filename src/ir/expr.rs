//! Expressions and literals.

use super::{CallId, ClassId, ExprId, FuncId, VarId};
use crate::base::Name;

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
