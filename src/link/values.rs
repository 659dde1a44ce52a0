//! Value flow: which functions, classes, instances and external paths an expression may be.
//!
//! A flow-insensitive analysis by inclusion constraints, field-based for instances.
//! Sets are bounded by `LIMIT`; a set that is full takes no more and is counted.

use super::{At, CallAt, ClassAt, ExprAt, FuncAt, Input};
use crate::base::{FileId, Name};
use crate::facts::{FactBase, Facts};
use crate::ir::{Const, Expr, ExprId, Family, FuncKind, MODULE_BODY, Target, VarId};
use oxc_index::IndexVec;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Values kept for one expression at most.
pub const LIMIT: usize = 12;
const NONE: u32 = u32::MAX;

/// What an expression may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A function.
    Func(FuncAt),
    /// A function with its receiver.
    Bound(FuncAt),
    /// A class.
    Class(ClassAt),
    /// An instance of a class.
    Inst(ClassAt),
    /// A file's module.
    Module(FileId),
    /// A Python folder without `__init__.py`.
    Folder(Name),
    /// A library's function, class, module or attribute.
    Ext(Name),
    /// An instance of a library's class, or what a library's call gave.
    ExtInst(Name),
    /// An object or list written in the source.
    Object(ExprAt),
    /// A generator that has not run.
    Generator(FuncAt),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Constraint {
    Copy(u32),
    Load(Name, u32),
    Store(Name, u32),
    Element(u32),
    Instantiate(u32),
    Call(CallAt),
    /// The function's parameter at this position is an instance of this type.
    Give(usize, Name),
    /// `promise.then(f)`: the promise's value is the first parameter of `f`, whose result is the new promise's.
    Then {
        promise: u32,
        result: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Class(ClassAt),
    Object(ExprAt),
    Func(FuncAt),
    Exports(FileId),
}

/// A class with its bases in order, and the library paths among them.
pub type Lineage = (Vec<ClassAt>, Vec<Name>);

/// The analysis while it runs and its result.
pub struct Solution<'a> {
    /// What linking read.
    pub input: Input<'a>,
    pub(super) facts: &'a Facts,
    pub(super) family: Family,
    pub(super) lineages: RefCell<FxHashMap<ClassAt, Rc<Lineage>>>,
    results: IndexVec<FileId, IndexVec<crate::ir::CallId, ExprId>>,
    assigned: IndexVec<FileId, FxHashMap<VarId, SmallVec<[ExprId; 1]>>>,
    expr_base: IndexVec<FileId, u32>,
    var_base: IndexVec<FileId, u32>,
    sets: Vec<SmallVec<[Value; 1]>>,
    done: Vec<u32>,
    heads: Vec<u32>,
    edges: Vec<(Constraint, u32)>,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
    /// Nodes with a declared type: they take no instances of other classes.
    pub(super) declared: FxHashMap<u32, SmallVec<[ClassAt; 2]>>,
    is_declared: Vec<bool>,
    /// Paths of members of libraries: joining text at every read was costly.
    pub(super) joined: FxHashMap<(Name, Name), Name>,
    pub(super) fields: FxHashMap<(Owner, Name), u32>,
    pub(super) globals: IndexVec<FileId, FxHashMap<Name, crate::ir::VarId>>,
    pub(super) exports: IndexVec<FileId, FxHashMap<Name, crate::ir::ExprId>>,
    pub(super) subclasses: FxHashMap<ClassAt, Vec<ClassAt>>,
    /// Properties read: at this expression, this getter runs.
    pub getters: Vec<(ExprAt, FuncAt)>,
    /// Sets that were full.
    pub full: usize,
}

/// Runs the analysis to its fixpoint.
#[must_use]
pub fn solve(input: Input<'_>) -> Solution<'_> {
    let mut solution = Solution::new(input);
    for family in [crate::ir::Family::Python, crate::ir::Family::Ecma] {
        // Values never cross from one language to the other.
        solution.facts = input.facts.of(family);
        solution.family = family;
        solution.joined.clear();
        solution.constrain(family);
        solution.run();
    }
    solution
}

impl<'a> Solution<'a> {
    fn new(input: Input<'a>) -> Self {
        let (mut expr_base, mut var_base) = (IndexVec::new(), IndexVec::new());
        let mut total = 0u32;
        for summary in input.summaries {
            expr_base.push(total);
            total += summary.exprs.len() as u32;
        }
        for summary in input.summaries {
            var_base.push(total);
            total += summary.vars.len() as u32;
        }
        let globals = input.summaries.iter().map(|summary| {
            summary.vars.iter_enumerated().filter(|(_, var)| var.func == MODULE_BODY).map(|(id, var)| (var.name, id)).collect()
        });
        let exports = input.summaries.iter().map(|summary| {
            let named = summary.exports.iter().filter_map(|export| match export {
                crate::ir::Export::Named { name, value } => Some((*name, *value)),
                crate::ir::Export::Star { .. } => None,
            });
            named.collect()
        });
        let assigned = input.summaries.iter().map(|summary| {
            let mut of: FxHashMap<VarId, SmallVec<[ExprId; 1]>> = FxHashMap::default();
            for assign in summary.assigns.iter().filter(|assign| !assign.is_type) {
                if let Target::Var(var) = assign.target {
                    of.entry(var).or_default().push(assign.value);
                }
            }
            of
        });
        let assigned = assigned.collect();
        let results = input.summaries.iter().map(|summary| {
            let mut of: IndexVec<crate::ir::CallId, ExprId> = summary.calls.iter().map(|_| ExprId::from_usize(ExprId::MAX_INDEX)).collect();
            for (id, expr) in summary.exprs.iter_enumerated() {
                if let Expr::Call(call) = expr {
                    of[*call] = id;
                }
            }
            of
        });
        let results = results.collect();
        let count = total as usize;
        Self {
            input,
            facts: input.facts.of(Family::Python),
            family: Family::Python,
            lineages: RefCell::default(),
            results,
            assigned,
            expr_base,
            var_base,
            sets: vec![SmallVec::new(); count],
            done: vec![0; count],
            heads: vec![NONE; count],
            edges: Vec::new(),
            queue: VecDeque::new(),
            queued: vec![false; count],
            declared: FxHashMap::default(),
            is_declared: vec![false; count],
            joined: FxHashMap::default(),
            fields: FxHashMap::default(),
            globals: globals.collect(),
            exports: exports.collect(),
            subclasses: FxHashMap::default(),
            getters: Vec::new(),
            full: 0,
        }
    }

    /// The node that holds an expression's values.
    pub(super) fn node(&self, at: ExprAt) -> u32 {
        match &self.input.summaries[at.file].exprs[at.id] {
            Expr::Var(var) => self.var_node(at.file, *var),
            Expr::Await(inner) => self.node(At { file: at.file, id: *inner }),
            _ => self.expr_base[at.file] + at.id.raw(),
        }
    }

    pub(super) fn var_node(&self, file: FileId, var: crate::ir::VarId) -> u32 {
        self.var_base[file] + var.raw()
    }

    pub(super) fn field(&mut self, owner: Owner, member: Name) -> u32 {
        if let Some(node) = self.fields.get(&(owner, member)) {
            return *node;
        }
        let node = self.sets.len() as u32;
        self.sets.push(SmallVec::new());
        self.done.push(0);
        self.heads.push(NONE);
        self.queued.push(false);
        self.is_declared.push(false);
        self.fields.insert((owner, member), node);
        node
    }

    /// The expressions assigned to a variable.
    pub(super) fn assigned(&self, file: FileId, var: VarId) -> &[ExprId] {
        self.assigned[file].get(&var).map_or(&[], SmallVec::as_slice)
    }

    /// The expression whose own node this is.
    pub(super) fn expr_of(&self, node: u32) -> Option<ExprAt> {
        let file = self.expr_base.raw.partition_point(|base| *base <= node).checked_sub(1)?;
        let mut file = FileId::from_usize(file);
        while self.input.summaries[file].exprs.is_empty() && file.index() > 0 {
            file = FileId::from_usize(file.index() - 1);
        }
        let id = node - self.expr_base[file];
        ((id as usize) < self.input.summaries[file].exprs.len()).then(|| At { file, id: ExprId::from_raw(id) })
    }

    /// The file of an expression's or a variable's node.
    pub(super) fn file_of(&self, node: u32) -> Option<FileId> {
        let fields =
            self.var_base.last().map_or(0, |base| base + self.input.summaries.last().map_or(0, |summary| summary.vars.len() as u32));
        let first_var = self.var_base.first().copied().unwrap_or(0);
        let bases = if node < first_var { &self.expr_base } else { &self.var_base };
        let at = bases.raw.partition_point(|base| *base <= node).checked_sub(1)?;
        (node < fields).then(|| FileId::from_usize(at))
    }

    /// The values of an expression.
    #[must_use]
    pub fn values(&self, at: ExprAt) -> &[Value] {
        &self.sets[self.node(at) as usize]
    }

    pub(super) fn add(&mut self, node: u32, value: Value) {
        let set = &mut self.sets[node as usize];
        if set.contains(&value) {
            return;
        }
        if set.len() >= LIMIT {
            self.full += 1;
            return;
        }
        if self.is_declared[node as usize] && !self.fits(node, value) {
            return;
        }
        let set = &mut self.sets[node as usize];
        set.push(value);
        if !self.queued[node as usize] {
            self.queued[node as usize] = true;
            self.queue.push_back(node);
        }
    }

    /// Lets `node` hold no instances of other classes than these.
    pub(super) fn hold(&mut self, node: u32, classes: Vec<ClassAt>) {
        self.is_declared[node as usize] = true;
        self.declared.entry(node).or_default().extend(classes);
    }

    pub(super) fn when(&mut self, node: u32, constraint: Constraint) {
        if let Constraint::Copy(to) = constraint
            && to == node
        {
            return;
        }
        self.edges.push((constraint, self.heads[node as usize]));
        self.heads[node as usize] = (self.edges.len() - 1) as u32;
        let ready = self.done[node as usize] as usize;
        for at in 0..ready {
            let value = self.sets[node as usize][at];
            self.apply(constraint, value);
        }
    }

    /// Values of `from` are values of `to`; a repeated edge is skipped where it is the newest.
    pub(super) fn copy(&mut self, from: u32, to: u32) {
        let mut edge = self.heads[from as usize];
        let mut steps = 0;
        while edge != NONE && steps < 16 {
            let (constraint, next) = self.edges[edge as usize];
            if matches!(constraint, Constraint::Copy(known) if known == to) {
                return;
            }
            edge = next;
            steps += 1;
        }
        self.when(from, Constraint::Copy(to));
    }

    fn run(&mut self) {
        while let Some(node) = self.queue.pop_front() {
            self.queued[node as usize] = false;
            let from = self.done[node as usize] as usize;
            let to = self.sets[node as usize].len();
            self.done[node as usize] = to as u32;
            let mut edge = self.heads[node as usize];
            while edge != NONE {
                let (constraint, next) = self.edges[edge as usize];
                for at in from..to {
                    let value = self.sets[node as usize][at];
                    self.apply(constraint, value);
                }
                edge = next;
            }
        }
    }

    fn apply(&mut self, constraint: Constraint, value: Value) {
        match constraint {
            Constraint::Copy(to) => self.add(to, value),
            Constraint::Load(member, to) => self.load(value, member, to),
            Constraint::Store(member, from) => self.store(value, member, from),
            Constraint::Element(to) => self.element(value, to),
            Constraint::Instantiate(to) => match value {
                Value::Class(class) => self.add(to, Value::Inst(class)),
                Value::Ext(path) => self.add(to, Value::ExtInst(path)),
                _ => {}
            },
            Constraint::Call(call) => self.bind(call, value),
            Constraint::Give(position, of) => self.given(value, position, of),
            Constraint::Then { promise, result } => self.then(value, promise, result),
        }
    }

    fn constrain(&mut self, family: Family) {
        let input = self.input;
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == family) {
            for (id, class) in summary.classes.iter_enumerated() {
                for base in &class.bases {
                    for base in self.static_classes(At { file, id: *base }, 0) {
                        self.subclasses.entry(base).or_default().push(At { file, id });
                    }
                }
            }
        }
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == family) {
            for (id, class) in summary.classes.iter_enumerated() {
                for (named, of) in &class.types {
                    let field = self.field(Owner::Class(At { file, id }), *named);
                    self.declare(field, At { file, id: *of });
                }
            }
            for id in summary.exprs.indices() {
                self.constrain_expr(At { file, id });
            }
            for assign in &summary.assigns {
                let from = self.node(At { file, id: assign.value });
                match &assign.target {
                    Target::Var(var) => {
                        let to = self.var_node(file, *var);
                        self.flow(At { file, id: assign.value }, to, assign.is_type);
                    }
                    Target::Attr { base, name } => {
                        let base = self.node(At { file, id: *base });
                        if assign.is_type {
                            let holder = self.expr_base[file] + assign.value.raw();
                            self.when(base, Constraint::Store(*name, holder));
                        } else {
                            self.when(base, Constraint::Store(*name, from));
                        }
                    }
                    Target::Index { base, key } => {
                        let base = self.node(At { file, id: *base });
                        let key = self.constant_key(At { file, id: *key });
                        self.when(base, Constraint::Store(key, from));
                    }
                }
            }
            for (id, function) in summary.functions.iter_enumerated() {
                self.constrain_params(At { file, id }, function);
            }
            for (id, call) in summary.calls.iter_enumerated() {
                let callee = self.node(At { file, id: call.callee });
                self.when(callee, Constraint::Call(At { file, id }));
                if let Some(promise) = promise_of(summary, call) {
                    let promise = self.node(At { file, id: promise });
                    let result = self.result_node(At { file, id }).unwrap_or(promise);
                    for arg in &call.args {
                        let arg = self.node(At { file, id: arg.value });
                        self.when(arg, Constraint::Then { promise, result });
                    }
                }
            }
        }
    }

    fn then(&mut self, value: Value, promise: u32, result: u32) {
        let (Value::Func(func) | Value::Bound(func)) = value else { return };
        if let Some(var) = self.input.func(func).params.first().and_then(|param| param.var) {
            let to = self.var_node(func.file, var);
            self.copy(promise, to);
        }
        self.returned(func, result);
    }

    /// Lets a value, or an instance of a type, flow to `to`.
    pub(super) fn flow(&mut self, from: ExprAt, to: u32, is_type: bool) {
        if is_type {
            self.instantiate(from, to, 0);
        } else {
            let from = self.node(from);
            self.copy(from, to);
        }
    }

    fn instantiate(&mut self, from: ExprAt, to: u32, depth: usize) {
        let file = from.file;
        if depth > 8 {
            return;
        }
        match &self.input.summaries[file].exprs[from.id] {
            Expr::Either(parts) => {
                for part in parts {
                    self.instantiate(At { file, id: *part }, to, depth + 1);
                }
            }
            Expr::Index { base, key } => {
                let base = At { file, id: *base };
                let kind = self.static_path(base).and_then(|path| self.input.facts_of(file).generic(path));
                let key = At { file, id: *key };
                match kind {
                    Some(crate::facts::GenericKind::Transparent) => match &self.input.summaries[file].exprs[key.id] {
                        Expr::List(items) => {
                            for item in items {
                                self.instantiate(At { file, id: *item }, to, depth + 1);
                            }
                        }
                        _ => self.instantiate(key, to, depth + 1),
                    },
                    Some(crate::facts::GenericKind::Container) => {
                        let element = self.field(Owner::Object(from), FactBase::any());
                        self.instantiate(key, element, depth + 1);
                        self.add(to, Value::Object(from));
                    }
                    None => self.instantiate(base, to, depth + 1),
                }
            }
            Expr::Const(_) | Expr::Unknown | Expr::Builtin(_) => {}
            _ => {
                let from = self.node(from);
                self.when(from, Constraint::Instantiate(to));
            }
        }
    }

    fn constrain_params(&mut self, at: FuncAt, function: &crate::ir::Function) {
        let file = at.file;
        let python = self.input.summaries[file].family == crate::ir::Family::Python;
        for (position, param) in function.params.iter().enumerate() {
            let Some(var) = param.var else { continue };
            let to = self.var_node(file, var);
            if let Some(annotation) = param.annotation {
                self.declare(to, At { file, id: annotation });
                self.instantiate(At { file, id: annotation }, to, 0);
            }
            if let Some(default) = param.default {
                self.flow(At { file, id: default }, to, false);
            }
            if position == 0
                && python
                && let Some(class) = function.class
            {
                match function.kind {
                    FuncKind::Method | FuncKind::Getter | FuncKind::Setter => self.add(to, Value::Inst(At { file, id: class })),
                    FuncKind::ClassMethod => self.add(to, Value::Class(At { file, id: class })),
                    _ => {}
                }
            }
        }
    }

    fn constrain_expr(&mut self, at: ExprAt) {
        let file = at.file;
        let node = self.expr_base[file] + at.id.raw();
        let expr_at = |id: &crate::ir::ExprId| At { file, id: *id };
        match &self.input.summaries[file].exprs[at.id] {
            Expr::Unknown | Expr::Const(_) | Expr::Var(_) | Expr::Await(_) | Expr::Call(_) => {}
            Expr::Builtin(of) => {
                let path = self.builtin(file, of);
                self.add(node, Value::ExtInst(path));
            }
            Expr::Global(global) => self.global(file, *global, node),
            Expr::This(id) => self.this(At { file, id: *id }, node),
            Expr::Super(class) => {
                let bases = &self.input.summaries[file].classes[*class].bases;
                for base in bases {
                    let base = self.node(expr_at(base));
                    self.when(base, Constraint::Instantiate(node));
                }
            }
            Expr::Attr { base, name } => {
                let base = self.node(expr_at(base));
                self.when(base, Constraint::Load(*name, node));
            }
            Expr::Index { base, key } => {
                let key = self.constant_key(expr_at(key));
                let base = self.node(expr_at(base));
                self.when(base, Constraint::Load(key, node));
            }
            Expr::Element(of) => {
                let of = self.node(expr_at(of));
                self.when(of, Constraint::Element(node));
            }
            Expr::Function(id) => self.add(node, Value::Func(At { file, id: *id })),
            Expr::Class(id) => self.add(node, Value::Class(At { file, id: *id })),
            Expr::Object(fields) => {
                self.add(node, Value::Object(at));
                for (key, value) in fields {
                    let from = self.node(expr_at(value));
                    let to = self.field(Owner::Object(at), key.unwrap_or_else(FactBase::any));
                    self.copy(from, to);
                }
            }
            Expr::List(items) => {
                self.add(node, Value::Object(at));
                let to = self.field(Owner::Object(at), FactBase::any());
                for item in items {
                    let from = self.node(expr_at(item));
                    self.copy(from, to);
                }
            }
            Expr::Either(parts) => {
                for part in parts {
                    let from = self.node(expr_at(part));
                    self.copy(from, node);
                }
            }
            Expr::Module(module) => self.import(file, *module, node),
            Expr::Imported { module, name } => self.import_member(file, *module, *name, node),
            Expr::ModuleExports => self.add(node, Value::Module(file)),
        }
    }

    /// The constant text of a subscript's key, or the mark for any.
    pub(super) fn constant_key(&self, key: ExprAt) -> Name {
        match &self.input.summaries[key.file].exprs[key.id] {
            Expr::Const(Const::Str(text)) => *text,
            _ => FactBase::any(),
        }
    }
}

/// The promise whose `then`, `catch` or `finally` a call is.
#[must_use]
pub fn promise_of(summary: &crate::ir::ModuleSummary, call: &crate::ir::Call) -> Option<ExprId> {
    match &summary.exprs[call.callee] {
        Expr::Attr { base, name } if summary.family == Family::Ecma && matches!(name.as_str(), "then" | "catch" | "finally") => Some(*base),
        _ => None,
    }
}

impl Solution<'_> {
    /// The node of a call's result.
    pub(super) fn result_node(&self, at: CallAt) -> Option<u32> {
        let id = *self.results[at.file].get(at.id)?;
        (id != ExprId::from_usize(ExprId::MAX_INDEX)).then(|| self.expr_base[at.file] + id.raw())
    }
}
