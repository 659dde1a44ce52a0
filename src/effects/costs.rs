//! What functions cost, bottom-up: sizes multiplied through loops and calls, with a witness.
//!
//! A function's cost is a sum of terms; the largest few are kept. A term is a product: one size for each loop, and for the
//! operation at its end if that one goes through a container itself. Constant sizes are folded; a loop over a part of what
//! the loop around it goes over adds nothing, since both together see each part once.

use super::belief::{self, Widths};
use super::flags::{self, Flags};
use super::given::Run;
use super::pauses::Pauses;
use super::sizes::{Size, Sizes, Traced};
use super::spins;
use crate::base::{FileId, Name, Span};
use crate::facts::Handling;
use crate::finding::Confidence;
use crate::ir::loops::{LoopId, LoopKind};
use crate::ir::{Call, CallKind, Expr, ExprId, ModuleSummary, Target};
use crate::link::graph::{Edge, EdgeKind, External, Graph};
use crate::link::{At, CallAt, FuncAt, Input, Solution};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Terms kept for one function.
const TERMS: usize = 6;

/// Sizes kept for one term.
const SIZES: usize = 5;

/// Constant rounds that are told with the others: fewer do not matter.
const SHOWN: f64 = 100.0;

/// Hops of one term.
const LONGEST: u32 = 32;

/// Something that goes round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// How often.
    pub size: Size,
    /// The file it stands in.
    pub file: FileId,
    /// The loop's head, or the call that goes through a container.
    pub span: Span,
}

/// One product of a function's cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The product of the sizes that are constant.
    pub constant: f64,
    /// What goes round, the outermost first: the others, and large constants.
    pub rounds: SmallVec<[Round; 3]>,
    /// What is done in each round.
    pub work: Work,
    /// What stands innermost, in the function that the chain ends in.
    pub end: (FileId, Span),
    flags: Flags,
    /// The call that leads on, and the term of the function called.
    next: Option<(CallAt, FuncAt, u32)>,
    hops: u32,
    by_name: bool,
    widest: u8,
}

/// What is done in each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Nothing but asking whether it is over.
    Waiting,
    /// The function calls itself more than once.
    Recursion,
    /// A library's operation whose time grows with a container.
    Operation(CallAt, Name),
    /// A literal copies what it is to become.
    Copy,
    /// Whatever stands in the loop.
    Body,
}

impl Term {
    /// How sure the way to the work is, whoever begins it.
    #[must_use]
    pub fn sure(&self) -> Confidence {
        if self.by_name { Confidence::Low } else { belief::sure(self.hops, self.widest) }
    }

    /// The order in which terms are kept.
    fn rank(&self) -> (bool, std::cmp::Reverse<usize>, std::cmp::Reverse<u64>, u32, (FileId, Span)) {
        let open: f64 = self.rounds.iter().map(|round| weight(round.size)).sum();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an order only")]
        let (open, constant) = ((open * 10.0) as usize, self.constant.min(1e18) as u64);
        let counts = !matches!(self.work, Work::Waiting | Work::Recursion);
        (counts, std::cmp::Reverse(open), std::cmp::Reverse(constant), self.hops, self.end)
    }
}

/// How much a size counts where terms compete.
fn weight(size: Size) -> f64 {
    match size {
        Size::Constant(_) | Size::Program => 0.0,
        Size::Unknown => 1.0,
        Size::Param(_) | Size::ParamOf(..) => 1.1,
        Size::File | Size::Database => 1.2,
        Size::Head | Size::Request => 1.3,
    }
}

/// How a term is reached.
#[derive(Debug)]
pub struct Steps {
    /// Each function with the call that it makes and the function called.
    pub steps: Vec<(FuncAt, (CallAt, FuncAt))>,
    /// The function that it ends in.
    pub last: FuncAt,
}

/// The costs of all functions that run on a loop.
#[derive(Debug, Default)]
pub struct Costs {
    by_function: FxHashMap<FuncAt, Vec<Term>>,
}

impl Costs {
    /// The largest terms of a function.
    #[must_use]
    pub fn of(&self, func: FuncAt) -> &[Term] {
        self.by_function.get(&func).map_or(&[], Vec::as_slice)
    }

    /// The calls from a function to where a term ends.
    #[must_use]
    pub fn chain(&self, from: FuncAt, term: &Term) -> Steps {
        let (mut steps, mut last, mut term) = (Vec::new(), from, term);
        while let Some((call, to, index)) = term.next {
            steps.push((last, (call, to)));
            last = to;
            let Some(further) = self.of(to).get(index as usize) else { break };
            term = further;
        }
        Steps { steps, last }
    }
}

/// Infers the costs of functions for which `runs` holds.
#[must_use]
pub fn infer<'a>(
    run: Run<'_>,
    solution: &Solution<'a>,
    graph: &Graph,
    sizes: &Sizes<'a, '_>,
    pauses: &Pauses,
    runs: impl Fn(FuncAt) -> bool,
) -> Costs {
    let mut inference =
        Inference { run, solution, graph, sizes, pauses, widths: Widths::read(solution.input, graph), costs: Costs::default() };
    let mut callees: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
    for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && runs(edge.from) && runs(edge.to)) {
        let to = solution.input.func(edge.to);
        let called = &solution.input.summaries[edge.call.file].calls[edge.call.id];
        // An async function that pauses is a root of its own; a coroutine that is not awaited runs elsewhere.
        if !to.is_async || (called.awaited && !pauses.function(edge.to)) {
            callees.entry(edge.from).or_default().push(edge);
        }
    }
    let mut externals: FxHashMap<FuncAt, Vec<&External>> = FxHashMap::default();
    for external in graph.externals.iter().filter(|external| runs(external.from)) {
        externals.entry(external.from).or_default().push(external);
    }
    let mut done: FxHashSet<FuncAt> = FxHashSet::default();
    for (file, summary) in solution.input.summaries.iter_enumerated() {
        for id in summary.functions.indices() {
            let root = At { file, id };
            if !runs(root) {
                continue;
            }
            // Callees first; a call back into what is being looked at adds nothing.
            let mut stack = vec![(root, false)];
            while let Some((func, left)) = stack.pop() {
                if left {
                    let called = callees.get(&func).map_or(&[][..], Vec::as_slice);
                    inference.cost(func, called, externals.get(&func).map_or(&[], Vec::as_slice));
                } else if done.insert(func) {
                    stack.push((func, true));
                    stack.extend(callees.get(&func).into_iter().flatten().map(|edge| (edge.to, false)));
                }
            }
        }
    }
    inference.costs
}

struct Inference<'a, 'b> {
    run: Run<'b>,
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    sizes: &'b Sizes<'a, 'b>,
    pauses: &'b Pauses,
    widths: Widths,
    costs: Costs,
}

/// The loops around a place, up to the first that lets others run.
struct Nest {
    constant: f64,
    rounds: SmallVec<[Round; 3]>,
    /// What they go over.
    over: SmallVec<[ExprId; 3]>,
    loops: SmallVec<[LoopId; 3]>,
}

impl Inference<'_, '_> {
    fn cost(&mut self, func: FuncAt, callees: &[&Edge], externals: &[&External]) {
        let mut terms = Vec::new();
        self.own_loops(func, &mut terms);
        self.recursion(func, callees, &mut terms);
        for external in externals {
            self.operation(func, external, &mut terms);
        }
        for edge in callees {
            self.called(edge, &mut terms);
        }
        if terms.is_empty() {
            return;
        }
        terms.sort_by_cached_key(Term::rank);
        let mut seen = FxHashSet::default();
        terms.retain(|term| seen.insert((term.end, term.work)));
        terms.truncate(TERMS);
        self.costs.by_function.insert(func, terms);
    }

    fn own_loops(&self, func: FuncAt, terms: &mut Vec<Term>) {
        let summary = &self.solution.input.summaries[func.file];
        for (id, one) in summary.loops.iter_enumerated().filter(|(_, one)| one.func == func.id && !one.main_guard) {
            if one.leaves || self.pauses.round(func.file, id) {
                continue;
            }
            let nest = self.nest(func, Some(id));
            let Some(flags) = flags::of_guard(self.run, func, one.guard, one.span.start) else { continue };
            if spins::waits(self.solution.input, self.graph, func, one) {
                terms.push(term(func, nest, Work::Waiting, one.span, flags));
            } else if !nest.rounds.is_empty() || nest.constant > 1.0 {
                let work = if spread_into_itself(summary, one.assigns.clone()) { Work::Copy } else { Work::Body };
                terms.push(term(func, nest, work, one.span, flags));
            }
        }
    }

    /// The function calls itself.
    fn recursion(&self, func: FuncAt, callees: &[&Edge], terms: &mut Vec<Term>) {
        let itself: SmallVec<[&Edge; 4]> = callees.iter().copied().filter(|edge| edge.to == func).collect();
        if itself.len() < 2 {
            return;
        }
        let Some((call, position)) = spins::recursion(self.solution, func, &itself) else { return };
        let called = &self.solution.input.summaries[func.file].calls[call];
        let mut nest = self.nest(func, None);
        nest.rounds.push(Round { size: Size::Param(position), file: func.file, span: called.span });
        // What the calls stand under says when they go on, not whether there are any.
        terms.push(term(func, nest, Work::Recursion, called.span, Flags::new()));
    }

    /// The loops around, the outermost first.
    fn nest(&self, func: FuncAt, innermost: Option<LoopId>) -> Nest {
        let summary = &self.solution.input.summaries[func.file];
        let mut loops: SmallVec<[LoopId; 3]> = SmallVec::new();
        let mut at = innermost;
        while let Some(id) = at.filter(|id| !self.pauses.round(func.file, *id)) {
            loops.push(id);
            at = summary.loops[id].outer;
        }
        loops.reverse();
        let mut nest = Nest { constant: 1.0, rounds: SmallVec::new(), over: SmallVec::new(), loops };
        for id in nest.loops.clone() {
            let one = &summary.loops[id];
            let (Some(over), false) = (one.over, one.leaves) else { continue };
            let again = |id: ExprId| nest.over.iter().any(|outer| summary.same(*outer, id));
            let skipped = match summary.exprs[over] {
                // `for (const key in rows) for (const part of rows[key])`
                Expr::Index { base, key } => matches!(summary.exprs[key], Expr::Var(_)) && again(base),
                // A test within a loop over the same goes on where that stands: a scanner.
                _ => one.kind == LoopKind::While && again(over),
            };
            if skipped {
                continue;
            }
            let traced = self.sizes.trace(At { file: func.file, id: over }, func);
            nest.add(&traced, Round { size: traced.size, file: func.file, span: one.span });
            nest.over.push(over);
        }
        nest
    }

    /// A library's operation that goes through a container, within loops.
    fn operation(&self, func: FuncAt, external: &External, terms: &mut Vec<Term>) {
        let input = self.solution.input;
        let summary = &input.summaries[func.file];
        let call = &summary.calls[external.call.id];
        let Some(linear) = input.facts_of(func.file).linear(external.path) else { return };
        let holds = |condition: &String| super::holds(self.solution, self.graph, external.call, call, condition);
        if !linear.when.is_empty() && !linear.when.iter().any(holds) {
            return;
        }
        // A value that may be something else too need not be searched through.
        let other = |one: &External| input.facts_of(func.file).linear(one.path).is_none();
        let Some(container) = self.sizes.operand(external.call, linear.of) else { return };
        if self.graph.externals_of(external.call).any(other) {
            return;
        }
        let mut nest = self.nest(func, call.looped);
        let mut traced = self.sizes.trace(At { file: func.file, id: container }, func);
        let first = nest.rounds.first().map(|round| round.size);
        if let (Some(first), true) = (first, self.grows(func.file, summary, &nest.loops, call, container)) {
            traced = Traced { size: first, part_of: SmallVec::new(), keyed: false, capped: None };
        }
        if !traced.size.is_open() || traced.part_of.iter().any(|part| nest.over.contains(part)) {
            return;
        }
        nest.add(&traced, Round { size: traced.size, file: func.file, span: call.span });
        let Some(flags) = flags::of_call(self.run, external.call) else { return };
        terms.push(term(func, nest, Work::Operation(external.call, external.path), call.span, flags));
    }

    /// Whether the container grows in the loops: something is added to it there, or the operation makes it larger itself.
    fn grows(&self, file: FileId, summary: &ModuleSummary, loops: &[LoopId], call: &Call, container: ExprId) -> bool {
        if call.kind == CallKind::Operator && matches!(&summary.exprs[call.callee], Expr::Attr { name, .. } if name.ends_with("add__")) {
            return true;
        }
        let Some(outermost) = loops.first() else { return false };
        let round = &summary.loops[*outermost];
        let same = |id: ExprId| summary.same(id, container);
        let assigned = &summary.assigns[round.assigns.start as usize..round.assigns.end as usize];
        let made_new = assigned.iter().any(|assign| match (&assign.target, &summary.exprs[assign.value], &summary.exprs[container]) {
            (Target::Var(var), Expr::Call(id), Expr::Var(own)) => var == own && summary.calls[*id].span == call.span,
            _ => false,
        });
        let facts = self.solution.input.facts_of(file);
        let adds = |path: Name| facts.containers(path).iter().any(|one| matches!(one.does, Handling::Adds | Handling::Extends));
        made_new
            || (round.calls.start..round.calls.end).any(|id| {
                let id = crate::ir::CallId::from_raw(id);
                let other = &summary.calls[id];
                matches!(summary.exprs[other.callee], Expr::Attr { base, .. } if same(base))
                    && self.graph.externals_of(At { file, id }).any(|external| adds(external.path))
            })
    }

    /// The terms of a function that is called, as its caller sees them.
    fn called(&self, edge: &Edge, terms: &mut Vec<Term>) {
        let input = self.solution.input;
        let summary = &input.summaries[edge.call.file];
        let call = &summary.calls[edge.call.id];
        if call.main_guard || edge.once {
            return;
        }
        let over = self.sizes.gone_over(edge);
        if let Some((over, position)) = over {
            self.handed(edge, over, position, call, terms);
        }
        let over = over.map(|(over, _)| over);
        for (index, below) in self.costs.of(edge.to).iter().enumerate() {
            let Some(flags) = flags::through(self.run, edge, &below.flags) else { continue };
            if below.hops >= LONGEST {
                continue;
            }
            let mut nest = self.nest(edge.from, call.looped);
            if let Some(over) = over {
                self.go_over(edge, over, call, &mut nest);
            }
            nest.constant *= below.constant;
            for round in &below.rounds {
                // Its factor is in the constant already.
                if let Size::Constant(_) = round.size {
                    nest.tell(*round);
                    continue;
                }
                let traced = self.sizes.given(edge, round.size);
                nest.add(&traced, Round { size: traced.size, ..*round });
            }
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            terms.push(Term {
                constant: nest.constant,
                rounds: nest.rounds,
                work: below.work,
                end: below.end,
                flags,
                next: Some((edge.call, edge.to, index)),
                hops: below.hops + 1,
                by_name: below.by_name || edge.by_name,
                widest: below.widest.max(self.widths.of(edge.call)),
            });
        }
    }

    /// A library's call runs the function for each element of what it goes over.
    fn go_over(&self, edge: &Edge, over: ExprId, call: &Call, nest: &mut Nest) {
        let traced = self.sizes.trace(At { file: edge.call.file, id: over }, edge.from);
        nest.add(&traced, Round { size: traced.size, file: edge.call.file, span: head(self.solution.input, edge.call, call) });
        nest.over.push(over);
    }

    /// The loop that such a call is.
    fn handed(&self, edge: &Edge, over: ExprId, position: usize, call: &Call, terms: &mut Vec<Term>) {
        let input = self.solution.input;
        let mut nest = self.nest(edge.from, call.looped);
        self.go_over(edge, over, call, &mut nest);
        // `find`, `includes` with a function: an operation that is told as such.
        let facts = input.facts_of(edge.call.file);
        if nest.rounds.is_empty() || self.graph.externals_of(edge.call).any(|external| facts.linear(external.path).is_some()) {
            return;
        }
        let callee = input.func(edge.to);
        // What is gathered comes before the element, and goes on as what is returned: `reduce`.
        let gathered: SmallVec<[crate::ir::VarId; 1]> = callee.params.iter().take(position).filter_map(|param| param.var).collect();
        let spreads = callee.returns.iter().any(|value| {
            let (Expr::List(_) | Expr::Object(_)) = &input.summaries[edge.to.file].exprs[*value] else { return false };
            gathered.iter().any(|var| spreads(&input.summaries[edge.to.file], *value, *var))
        });
        let span = head(input, edge.call, call);
        let Some(flags) = flags::of_call(self.run, edge.call) else { return };
        let work = if spreads { Work::Copy } else { Work::Body };
        terms.push(term(edge.from, nest, work, span, flags));
    }
}

fn term(func: FuncAt, nest: Nest, work: Work, end: Span, flags: Flags) -> Term {
    let Nest { constant, mut rounds, .. } = nest;
    // What is copied is as large as the loop is long.
    if let (Work::Copy, Some(first)) = (work, rounds.first().copied()) {
        rounds.push(Round { span: end, ..first });
    }
    Term { constant, rounds, work, end: (func.file, end), flags, next: None, hops: 0, by_name: false, widest: 1 }
}

impl Nest {
    /// Goes round once more, unless that only sees the parts of what is gone over already.
    fn add(&mut self, traced: &Traced, round: Round) {
        match round.size {
            Size::Constant(times) => {
                self.constant *= times.max(1.0);
                if times >= SHOWN {
                    self.tell(round);
                }
            }
            Size::Program => {}
            _ if traced.part_of.iter().any(|part| self.over.contains(part)) => {}
            _ => self.tell(round),
        }
    }

    fn tell(&mut self, round: Round) {
        if self.rounds.len() < SIZES {
            self.rounds.push(round);
        }
    }
}

/// The head of a call that runs a function for each element: up to what it is given.
fn head(input: Input<'_>, at: CallAt, call: &Call) -> Span {
    let source = &input.sources[at.file].text;
    let text = source.get(call.span.start as usize..call.span.end as usize).unwrap_or("");
    let end = text.find('\n').map_or(call.span.end, |line| call.span.start + u32::try_from(line).unwrap_or(0));
    Span { start: call.span.start, end }
}

/// `acc = [...acc, x]` among assignments.
fn spread_into_itself(summary: &ModuleSummary, assigns: std::ops::Range<u32>) -> bool {
    let assigned = summary.assigns.get(assigns.start as usize..assigns.end as usize).unwrap_or_default();
    assigned.iter().any(|assign| match assign.target {
        Target::Var(var) => spreads(summary, assign.value, var),
        _ => false,
    })
}

/// Whether a literal spreads the variable.
fn spreads(summary: &ModuleSummary, literal: ExprId, var: crate::ir::VarId) -> bool {
    let is_spread = |item: &ExprId| match summary.exprs[*item] {
        Expr::Element(over) => summary.exprs[over] == Expr::Var(var),
        _ => false,
    };
    match &summary.exprs[literal] {
        Expr::List(items) => items.iter().any(is_spread),
        Expr::Object(fields) => fields.iter().any(|(_, value)| is_spread(value)),
        _ => false,
    }
}
