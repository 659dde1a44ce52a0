//! Places that rules ask for: bodies of `with`, attributes that are assigned to.

use super::{CallId, ExprId, FuncId};
use crate::base::{Name, Span};

/// The body of a `with`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// The call that enters it: of kind `With`.
    pub entered: CallId,
    /// The body, in bytes.
    pub body: Span,
}

/// An attribute that is assigned to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Store {
    /// What has the attribute.
    pub base: ExprId,
    /// Its name.
    pub name: Name,
    /// The function whose body assigns.
    pub func: FuncId,
    /// The attribute as written on the left, in bytes.
    pub span: Span,
}
