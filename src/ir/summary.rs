//! What one file says, as a whole.

use super::loops::{Loop, LoopId};
use super::{
    Assign, Call, CallId, Class, ClassId, Comment, Expr, ExprId, Family, FuncId, FuncKind, Function, Guard, GuardId, Handled, MODULE_BODY,
    Problem, Read, Region, Store, Var, VarId,
};
use crate::base::{Name, Span};
use oxc_index::IndexVec;
use std::collections::BTreeMap;

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
