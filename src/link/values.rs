//! Value flow: which functions, classes, instances and external paths an expression may be.
//!
//! A flow-insensitive analysis by inclusion constraints, field-based for instances.
//! Sets are bounded by `LIMIT`; a set that is full takes no more and is counted.

use super::access::Dispatch;
use super::declared::Declared;
use super::passed::Through;
use super::{At, CallAt, ClassAt, ExprAt, FuncAt, Input};
use crate::base::{FileId, Name};
use crate::facts::{Entry, Facts};
use crate::ir::{Expr, ExprId, Family, MODULE_BODY, Target, VarId};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

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
    /// What `new` makes of a function that is no class.
    New(FuncAt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Constraint {
    Copy(u32),
    Load(Name, u32),
    /// The same through `super`: no class below is asked.
    LoadAbove(Name, u32),
    Store(Name, u32),
    /// `base[key]`
    Subscript(Name, u32),
    Element(u32),
    Instantiate(u32),
    Call(CallAt),
    /// What the value holds under each key goes to the owner's same key.
    Merge(Owner),
    /// What the node's values hold under each key, the value holds too.
    MergeInto(u32),
    /// The function is called with the values of `given`, first; what it gives goes to `result`: `promise.then(f)`, `map(f)`.
    Apply {
        given: u32,
        result: u32,
    },
    /// The functions kept under the event run at the call.
    Emit(CallAt),
    /// The function is called by a framework: the entry that says with what.
    Given(u32),
    /// What the function or class makes goes to the node.
    Inject(u32),
    /// The function becomes a method of what `new` makes of another.
    This(FuncAt),
    /// A function calls the value with its own parameters and returns what that gives: the place in `through` says for which call.
    Through(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Class(ClassAt),
    Object(ExprAt),
    Func(FuncAt),
    /// What `new` makes of the function.
    New(FuncAt),
    Exports(FileId),
    /// Values on their way through a call.
    Call(CallAt),
    /// All instances of a library's type.
    External(Name),
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
    pub(super) expr_base: IndexVec<FileId, u32>,
    var_base: IndexVec<FileId, u32>,
    this_base: IndexVec<FileId, u32>,
    sets: Vec<SmallVec<[Value; 1]>>,
    done: Vec<u32>,
    heads: Vec<u32>,
    edges: Vec<(Constraint, u32)>,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
    /// Nodes with a declared type: they take no instances of other classes.
    pub(super) declared: FxHashMap<u32, Declared>,
    is_declared: Vec<bool>,
    /// Paths of members of libraries: joining text at every read was costly.
    pub(super) joined: FxHashMap<(Name, Name), Name>,
    pub(super) fields: FxHashMap<(Owner, Name), u32>,
    /// Keys that an object has, who reads all of them, and where they are merged into.
    pub(super) keys: FxHashMap<Owner, SmallVec<[Name; 4]>>,
    readers: FxHashMap<Owner, SmallVec<[u32; 2]>>,
    mergers: FxHashMap<Owner, SmallVec<[Owner; 1]>>,
    /// Constraints that hold already.
    asked: FxHashSet<(u32, Constraint)>,
    /// Entries whose functions are called with values of known types.
    pub(super) givers: Vec<Arc<Entry>>,
    /// Calls of functions that return what a call of theirs gives.
    pub(super) through: Vec<Through>,
    /// Calls that emit an event, with the node of its listeners.
    pub(super) emits: FxHashMap<CallAt, u32>,
    /// Library types of objects that are told apart.
    pub(super) tracked: FxHashMap<ExprAt, Name>,
    pub(super) globals: IndexVec<FileId, FxHashMap<Name, crate::ir::VarId>>,
    pub(super) exports: IndexVec<FileId, FxHashMap<Name, crate::ir::ExprId>>,
    pub(super) subclasses: FxHashMap<ClassAt, Vec<ClassAt>>,
    pub(super) stand_ins: FxHashMap<ClassAt, Rc<[ClassAt]>>,
    /// Classes by the names of their methods; made when a protocol is met.
    pub(super) by_method: FxHashMap<Name, Vec<ClassAt>>,
    /// Properties read: at this expression, this getter runs.
    pub getters: Vec<(ExprAt, FuncAt)>,
    /// Parameters of functions to which a call gives something of which nothing is known; made when it is asked for.
    pub(super) given_unknown: OnceCell<FxHashSet<(FuncAt, usize)>>,
    /// Sets that were full when another value came.
    pub full: usize,
    is_full: Vec<bool>,
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
        solution.by_method.clear();
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
        let mut this_base = IndexVec::new();
        for summary in input.summaries {
            this_base.push(total);
            total += summary.functions.len() as u32;
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
            this_base,
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
            keys: FxHashMap::default(),
            readers: FxHashMap::default(),
            mergers: FxHashMap::default(),
            asked: FxHashSet::default(),
            givers: Vec::new(),
            through: Vec::new(),
            emits: FxHashMap::default(),
            tracked: FxHashMap::default(),
            globals: globals.collect(),
            exports: exports.collect(),
            subclasses: FxHashMap::default(),
            stand_ins: FxHashMap::default(),
            by_method: FxHashMap::default(),
            getters: Vec::new(),
            given_unknown: OnceCell::new(),
            full: 0,
            is_full: vec![false; count],
        }
    }

    /// The node that holds an expression's values.
    pub(super) fn node(&self, at: ExprAt) -> u32 {
        match &self.input.summaries[at.file].exprs[at.id] {
            Expr::Var(var) => self.var_node(at.file, *var),
            Expr::Await(inner) => self.node(At { file: at.file, id: *inner }),
            Expr::This(func) => self.this_node(At { file: at.file, id: *func }),
            _ => self.expr_base[at.file] + at.id.raw(),
        }
    }

    pub(super) fn var_node(&self, file: FileId, var: crate::ir::VarId) -> u32 {
        self.var_base[file] + var.raw()
    }

    /// The node of a function's `this`.
    pub(super) fn this_node(&self, func: FuncAt) -> u32 {
        self.this_base[func.file] + func.id.raw()
    }

    /// The node of what an owner keeps under a name.
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
        self.is_full.push(false);
        self.fields.insert((owner, member), node);
        if matches!(owner, Owner::Object(_) | Owner::Exports(_) | Owner::New(_) | Owner::Class(_)) {
            self.keys.entry(owner).or_default().push(member);
            for reader in self.readers.get(&owner).cloned().unwrap_or_default() {
                self.copy(node, reader);
            }
            for into in self.mergers.get(&owner).cloned().unwrap_or_default() {
                let to = self.field(into, member);
                self.copy(node, to);
            }
        }
        node
    }

    /// Everything that an owner keeps, now and later, flows to `to`.
    pub(super) fn read_all(&mut self, owner: Owner, to: u32) {
        let readers = self.readers.entry(owner).or_default();
        if readers.contains(&to) {
            return;
        }
        readers.push(to);
        for key in self.keys.get(&owner).cloned().unwrap_or_default() {
            let from = self.field(owner, key);
            self.copy(from, to);
        }
    }

    /// What an owner keeps under each name, now and later, is kept by another under the same.
    pub(super) fn merge_all(&mut self, from: Owner, into: Owner) {
        let mergers = self.mergers.entry(from).or_default();
        if from == into || mergers.contains(&into) {
            return;
        }
        mergers.push(into);
        for key in self.keys.get(&from).cloned().unwrap_or_default() {
            let (from, to) = (self.field(from, key), self.field(into, key));
            self.copy(from, to);
        }
    }

    /// The expressions assigned to a variable.
    #[must_use]
    pub fn assigned(&self, file: FileId, var: VarId) -> &[ExprId] {
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

    /// The library type of a value.
    #[must_use]
    pub fn type_of(&self, value: Value) -> Option<Name> {
        match value {
            Value::ExtInst(path) => Some(path),
            Value::Object(made) => self.tracked.get(&made).copied(),
            _ => None,
        }
    }

    /// Whether an expression may be more than is kept.
    #[must_use]
    pub fn is_cut(&self, at: ExprAt) -> bool {
        self.is_full[self.node(at) as usize]
    }

    /// Notes that a node may be more than is kept.
    pub(super) fn cut(&mut self, node: u32) {
        self.full += usize::from(!std::mem::replace(&mut self.is_full[node as usize], true));
    }

    /// How many value sets there are that hold something.
    #[must_use]
    pub fn sets(&self) -> usize {
        self.sets.iter().filter(|set| !set.is_empty()).count()
    }

    /// The values of a node.
    pub(super) fn at_node(&self, node: u32) -> &[Value] {
        &self.sets[node as usize]
    }

    pub(super) fn add(&mut self, node: u32, value: Value) {
        let set = &mut self.sets[node as usize];
        if set.contains(&value) {
            return;
        }
        if set.len() >= LIMIT {
            return self.cut(node);
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

    /// Lets `node` hold no instances of other types than these.
    pub(super) fn hold(&mut self, node: u32, declared: Declared) {
        self.is_declared[node as usize] = true;
        self.declared.entry(node).or_default().merge(declared);
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

    /// The same, where a value may lead back to the constraint that adds this one.
    pub(super) fn when_once(&mut self, node: u32, constraint: Constraint) {
        if self.asked.insert((node, constraint)) {
            self.when(node, constraint);
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
            Constraint::LoadAbove(member, to) => match value {
                Value::Inst(class) => self.load_class(class, member, to, Dispatch::Above),
                _ => self.load(value, member, to),
            },
            Constraint::Store(member, from) => self.store(value, member, from),
            Constraint::Subscript(key, to) => self.subscript(value, key, to),
            Constraint::Element(to) => self.element(value, to),
            Constraint::Instantiate(to) => match value {
                Value::Class(class) => self.add(to, Value::Inst(class)),
                Value::Ext(path) => self.add(to, Value::ExtInst(path)),
                Value::Func(func) if self.family == Family::Ecma => self.add(to, Value::New(func)),
                _ => {}
            },
            Constraint::Call(call) => self.bind(call, value),
            Constraint::Merge(into) => self.merge(value, into),
            Constraint::MergeInto(from) => self.merge_into(value, from),
            Constraint::Apply { given, result } => self.apply_function(value, given, result),
            Constraint::Given(entry) => self.give(value, entry),
            Constraint::Inject(to) => self.inject(value, to),
            Constraint::Emit(call) => self.emit(call, value),
            Constraint::This(of) => self.becomes_method(value, of),
            Constraint::Through(at) => self.pass_through(value, at),
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
    /// The expression that a call's result is, where something reads it.
    #[must_use]
    pub fn result_of(&self, at: CallAt) -> Option<ExprAt> {
        let id = *self.results[at.file].get(at.id)?;
        (id != ExprId::from_usize(ExprId::MAX_INDEX)).then_some(At { file: at.file, id })
    }

    /// The node of a call's result.
    pub(super) fn result_node(&self, at: CallAt) -> Option<u32> {
        let id = *self.results[at.file].get(at.id)?;
        (id != ExprId::from_usize(ExprId::MAX_INDEX)).then(|| self.expr_base[at.file] + id.raw())
    }
}
