//! How large a value may be, and what bounds it: read off the source backwards, a few steps deep.

mod attributes;

use crate::base::{FileId, Name};
use crate::facts::{Bounded, Effect, Given, Operand, Sized as Spoken};
use crate::ir::{Call, CallKind, Const, Expr, ExprId, ModuleSummary};
use crate::lang::literal;
use crate::link::graph::{Edge, EdgeKind, External, Graph, bound_parameters, functions};
use crate::link::{At, CallAt, ClassAt, ExprAt, FuncAt, Solution, Value};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};

/// Steps that are followed from one value to where it comes from.
const DEEPEST: u8 = 24;

/// Steps for one value, all branches together.
const STEPS: u16 = 200;

/// Calls of the repository's own that are looked into on the way.
const CALLS: u8 = 3;

/// What bounds a value's size, the least first.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Size {
    /// A constant: a number, or the length of what is written in the source.
    Constant(f64),
    /// The program itself: an enumeration, a registry.
    Program,
    /// Nothing that is seen here.
    Unknown,
    /// A parameter of the function, by its position: callers know.
    Param(usize),
    /// A parameter of another function: of one that this one stands in, or of a method that keeps it in an attribute.
    ParamOf(FuncAt, usize),
    /// The head of a client's request: a few kilobytes.
    Head,
    /// A file.
    File,
    /// A database.
    Database,
    /// A client.
    Request,
}

impl Size {
    /// Whether neither the program nor a constant bounds it.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Constant(_) | Self::Program)
    }

    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

/// A value's size, and the containers that it is a part of.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// What bounds it.
    pub size: Size,
    /// What was gone over, in the value's own function, to come to it: `b` in `for a in b: for c in a.items`.
    pub part_of: SmallVec<[ExprId; 2]>,
    /// It was taken out of a larger value by a key.
    pub keyed: bool,
    /// The function's parameter that its constant is the most of: what it declares, not what it is.
    pub capped: Option<usize>,
}

impl Traced {
    fn of(size: Size) -> Self {
        Self { size, part_of: SmallVec::new(), keyed: false, capped: None }
    }

    fn or(mut self, other: Self) -> Self {
        self.keyed = match self.size.partial_cmp(&other.size) {
            Some(std::cmp::Ordering::Less) => other.keyed,
            Some(std::cmp::Ordering::Greater) => self.keyed,
            _ => self.keyed && other.keyed,
        };
        self.size = self.size.larger(other.size);
        self.capped = self.capped.or(other.capped);
        self.part_of.extend(other.part_of);
        self
    }
}

/// For an attribute of a class's objects, the methods that assign to it, and what.
type Kept = FxHashMap<(ClassAt, Name), SmallVec<[(FuncAt, ExprId); 1]>>;

/// Where sizes are looked up; what was found once is kept.
pub struct Sizes<'a, 'b> {
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    known: RefCell<FxHashMap<ExprAt, Traced>>,
    /// What methods keep in attributes of their own object.
    kept: Kept,
    /// Steps left for the value that is being traced.
    left: Cell<u16>,
}

impl<'a, 'b> Sizes<'a, 'b> {
    /// Sizes of the values of a run.
    #[must_use]
    pub fn new(solution: &'b Solution<'a>, graph: &'b Graph) -> Self {
        Self { solution, graph, known: RefCell::default(), kept: attributes::kept(solution), left: Cell::new(0) }
    }

    /// The size of an expression: the length of a container or a text, a number's value. It stands in function `func`.
    #[must_use]
    pub fn trace(&self, at: ExprAt, func: FuncAt) -> Traced {
        if let Some(known) = self.known.borrow().get(&at) {
            return known.clone();
        }
        self.left.set(STEPS);
        let traced = self.walk(at, func, DEEPEST, CALLS);
        self.known.borrow_mut().insert(at, traced.clone());
        traced
    }

    /// What a text or list is a part of, where it is cut off only at more than `enough`.
    #[must_use]
    pub fn uncut(&self, at: ExprAt, enough: f64) -> ExprId {
        let summary = &self.solution.input.summaries[at.file];
        match &summary.exprs[at.id] {
            Expr::Many(element) if summary.cut(at.id).is_some_and(|length| f64::from(length) > enough) => match summary.exprs[*element] {
                Expr::Element(base) => base,
                _ => at.id,
            },
            Expr::Call(id) => {
                let call = At { file: at.file, id: *id };
                let cuts = |external: &External| match self.spoken(call, external.path) {
                    Some(Spoken::Of(operands)) => operands.contains(&Operand::Receiver.into()) && operands.len() > 1,
                    _ => false,
                };
                let long = summary.calls[*id]
                    .args
                    .iter()
                    .any(|arg| matches!(summary.exprs[arg.value], Expr::Const(Const::Number(length)) if length > enough));
                let base = self.operand(call, Operand::Receiver);
                base.filter(|_| long && self.graph.externals_of(call).any(cuts)).unwrap_or(at.id)
            }
            Expr::Var(var) => match self.solution.assigned(at.file, *var) {
                [one] if !matches!(summary.exprs[*one], Expr::Var(_)) => match self.uncut(At { file: at.file, id: *one }, enough) {
                    inner if inner == *one => at.id,
                    inner => inner,
                },
                _ => at.id,
            },
            _ => at.id,
        }
    }

    /// The length that a call's operand was held against before, in the same function.
    #[must_use]
    pub fn measured(&self, at: CallAt, id: ExprId) -> Option<u32> {
        let summary = &self.solution.input.summaries[at.file];
        let Expr::Var(var) = summary.exprs[id] else { return None };
        summary.measured_before(var, summary.calls[at.id].span)
    }

    /// What facts say of the size of a call's result: by its path, or by the name alone of a builtin type's method.
    fn spoken(&self, at: CallAt, path: Name) -> Option<&'a Spoken> {
        let facts = self.solution.input.facts_of(at.file);
        let named = || match self.solution.input.summaries[at.file].exprs[self.solution.input.summaries[at.file].calls[at.id].callee] {
            Expr::Attr { name, .. } => facts.by_name(name).and_then(|path| facts.size(path)),
            _ => None,
        };
        facts.size(path).or_else(named)
    }

    /// The size of a call's operand, if it has it.
    #[must_use]
    pub fn operand(&self, at: CallAt, operand: impl Into<Given>) -> Option<ExprId> {
        let summary = &self.solution.input.summaries[at.file];
        operand_of(summary, &summary.calls[at.id], operand.into())
    }

    /// What a size in a callee is in its caller: parameters become what the call gives for them. None where it is too large
    /// to say: the parameter is left out.
    #[must_use]
    pub fn given(&self, edge: &Edge, size: Size) -> Traced {
        let position = match size {
            Size::Param(position) => position,
            Size::ParamOf(func, position) if func == edge.to => position,
            Size::ParamOf(func, position) if func == edge.from => return Traced::of(Size::Param(position)),
            _ => return Traced::of(size),
        };
        let summary = &self.solution.input.summaries[edge.call.file];
        let callee = self.solution.input.func(edge.to);
        let call = &summary.calls[edge.call.id];
        let Some(offset) = edge.offset else { return self.handed(edge, position) };
        let bound = bound_parameters(summary, callee, call, usize::from(offset));
        let given = bound.iter().find(|(_, at)| *at == position);
        if let Some((value, _)) = given {
            return self.trace(At { file: edge.call.file, id: *value }, edge.from);
        }
        let default = callee.params.get(position).and_then(|param| param.default);
        match default {
            Some(default) if !call.args.iter().any(|arg| arg.spread) => self.trace(At { file: edge.to.file, id: default }, edge.to),
            _ if position < usize::from(offset) => self.receiver(edge),
            _ => Traced::of(Size::Unknown),
        }
    }

    /// The receiver that a method is called on.
    fn receiver(&self, edge: &Edge) -> Traced {
        match self.operand(edge.call, Operand::Receiver) {
            Some(base) => self.trace(At { file: edge.call.file, id: base }, edge.from),
            None => Traced::of(Size::Unknown),
        }
    }

    /// What a library's call hands to a function that it is given: an element of what it goes over, or what stands behind the
    /// function where that runs elsewhere: `to_thread(f, x)`.
    fn handed(&self, edge: &Edge, position: usize) -> Traced {
        if let EdgeKind::Moved(_) = edge.kind {
            return self.moved(edge, position);
        }
        match self.gone_over(edge) {
            Some((over, at)) if position == at => {
                let mut traced = self.trace(At { file: edge.call.file, id: over }, edge.from);
                traced.part_of.push(over);
                traced
            }
            _ => Traced::of(Size::Unknown),
        }
    }

    fn moved(&self, edge: &Edge, position: usize) -> Traced {
        let Some(given) = given_over(self.solution, self.graph, edge.call, &|id| {
            functions(self.solution, At { file: edge.call.file, id }).contains(&edge.to)
        }) else {
            return Traced::of(Size::Unknown);
        };
        let here = |id| At { file: edge.call.file, id };
        let is_bound = |value: &Value| matches!(value, Value::Bound(_) | Value::Inst(_));
        let bound = usize::from(self.solution.values(here(given.function)).iter().any(is_bound));
        let Some(argument) = position.checked_sub(bound).and_then(|at| given.arguments.get(at)) else { return Traced::of(Size::Unknown) };
        let mut traced = self.trace(here(*argument), edge.from);
        if given.each {
            traced = part(traced);
            traced.part_of.push(*argument);
        }
        traced
    }

    /// What a library's call goes over, calling the function that it is given with each element: `items.map(f)`, and the
    /// position of the parameter that gets it.
    #[must_use]
    pub fn gone_over(&self, edge: &Edge) -> Option<(ExprId, usize)> {
        if edge.offset.is_some() || edge.kind != EdgeKind::Direct {
            return None;
        }
        let facts = self.solution.input.facts_of(edge.call.file);
        let elements = |one: &crate::facts::Invoke| Some((one.elements_of?, one.position));
        let (of, position) =
            self.graph.externals_of(edge.call).find_map(|external| facts.invokes(external.path).iter().find_map(elements))?;
        let operand = match of {
            crate::facts::ElementsOf::Receiver(_) => Operand::Receiver,
            crate::facts::ElementsOf::Argument(at) => Operand::Argument(at),
        };
        Some((self.operand(edge.call, operand)?, position))
    }

    fn walk(&self, at: ExprAt, func: FuncAt, depth: u8, calls: u8) -> Traced {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.get().checked_sub(1)) else { return Traced::of(Size::Unknown) };
        self.left.set(left);
        let summary = &self.solution.input.summaries[at.file];
        let here = |id| At { file: at.file, id };
        match &summary.exprs[at.id] {
            Expr::Const(Const::Number(number)) => Traced::of(Size::Constant(*number)),
            #[allow(clippy::cast_precision_loss, reason = "a length")]
            Expr::Const(Const::Str(text)) => Traced::of(Size::Constant(text.len() as f64)),
            Expr::Builtin(_) if literal::holes(summary, at.id).next().is_some() => {
                let traced = literal::holes(summary, at.id).map(|(_, part)| self.walk(here(part), func, depth, calls));
                traced.reduce(Traced::or).unwrap_or_else(|| Traced::of(Size::Unknown))
            }
            #[allow(clippy::cast_precision_loss, reason = "a length")]
            Expr::Builtin(_) if summary.literal(at.id).is_some() => {
                Traced::of(Size::Constant(summary.literal(at.id).map_or(0.0, |span| f64::from(span.end - span.start))))
            }
            Expr::Const(_) | Expr::Function(_) | Expr::Class(_) => Traced::of(Size::Constant(1.0)),
            // A text with parts that are not kept may hold anything.
            Expr::Builtin(of) if matches!(of.as_str(), "str" | "String" | "bytes" | "int") => Traced::of(Size::Unknown),
            Expr::Builtin(_) => Traced::of(Size::Program),
            Expr::Var(var) => {
                let owner = summary.vars[*var].func;
                let mut found: Option<Traced> = None;
                let position = summary.functions[owner].params.iter().position(|param| param.var == Some(*var));
                if let Some(position) = position {
                    let owner = At { file: at.file, id: owner };
                    let most = self.declared(at.file, &summary.functions[owner.id].params[position], func, depth);
                    found = Some(match most {
                        Some(most) => Traced { capped: (owner == func).then_some(position), ..Traced::of(most) },
                        None if owner == func => Traced::of(Size::Param(position)),
                        None => Traced::of(Size::ParamOf(owner, position)),
                    });
                }
                for value in self.solution.assigned(at.file, *var) {
                    let traced = self.walk(here(*value), func, depth, calls);
                    found = Some(found.map_or(traced.clone(), |found| found.or(traced)));
                }
                found.unwrap_or_else(|| Traced::of(Size::Unknown))
            }
            Expr::Attr { base, name } => self.attribute(at, *base, *name, func, (depth, calls)),
            Expr::Index { base, key } => {
                let mut traced = Traced { keyed: true, ..part(self.walk(here(*base), func, depth, calls)) };
                traced.part_of.extend(self.counted(at.file, *base, *key));
                traced
            }
            Expr::Element(over) => {
                let mut traced = part(self.walk(here(*over), func, depth, calls));
                traced.part_of.push(*over);
                traced
            }
            Expr::Call(id) => self.result(At { file: at.file, id: *id }, func, depth, calls),
            Expr::Object(fields) => self.literal(at.file, fields.iter().map(|(_, value)| *value), func, (depth, calls)),
            Expr::List(items) => self.literal(at.file, items.iter().copied(), func, (depth, calls)),
            Expr::Many(_) if summary.cut(at.id).is_some() => Traced::of(Size::Constant(summary.cut(at.id).map_or(0.0, f64::from))),
            Expr::Many(element) => {
                let traced = self.walk(here(*element), func, depth, calls);
                if traced.size.is_open() { traced } else { Traced { size: Size::Unknown, ..traced } }
            }
            Expr::Either(parts) => {
                let traced = parts.iter().map(|part| self.walk(here(*part), func, depth, calls));
                traced.reduce(Traced::or).unwrap_or_else(|| Traced::of(Size::Unknown))
            }
            Expr::Await(inner) => self.walk(here(*inner), func, depth, calls),
            Expr::Unknown
            | Expr::Global(_)
            | Expr::This(_)
            | Expr::Super(_)
            | Expr::Module(_)
            | Expr::Imported { .. }
            | Expr::ModuleExports => self.by_value(at, depth),
        }
    }

    /// What is gone over, where a container is asked for each of its keys or places: `for (const key in rows) rows[key]`.
    fn counted(&self, file: FileId, base: ExprId, key: ExprId) -> Option<ExprId> {
        let summary = &self.solution.input.summaries[file];
        let Expr::Var(var) = summary.exprs[key] else { return None };
        let [value] = self.solution.assigned(file, var) else { return None };
        let Expr::Element(over) = summary.exprs[*value] else { return None };
        // `range(len(rows))`, `Object.keys(rows)`
        let mut of = over;
        for _ in 0..=CALLS {
            if summary.same(of, base) {
                return Some(over);
            }
            let Expr::Call(id) = summary.exprs[of] else { return None };
            of = summary.calls[id].args.first()?.value;
        }
        None
    }

    /// A list or object written in the source: its length, and that of what is spread into it.
    fn literal(&self, file: FileId, items: impl Iterator<Item = ExprId>, func: FuncAt, (depth, calls): (u8, u8)) -> Traced {
        let (mut length, mut spread) = (0.0, None);
        for item in items {
            length += 1.0;
            if let Expr::Element(over) = self.solution.input.summaries[file].exprs[item] {
                let traced = self.walk(At { file, id: over }, func, depth, calls);
                spread = Some(spread.map_or(traced.clone(), |spread: Traced| spread.or(traced)));
            }
        }
        // What is put into an empty one later is not seen here.
        let own = Traced::of(if length > 0.0 { Size::Constant(length) } else { Size::Unknown });
        spread.map_or(own.clone(), |spread| own.or(spread))
    }

    /// What a call gives.
    fn result(&self, at: CallAt, func: FuncAt, depth: u8, calls: u8) -> Traced {
        let input = self.solution.input;
        let call = &input.summaries[at.file].calls[at.id];
        let facts = input.facts_of(at.file);
        let mut found: Option<Traced> = None;
        let mut add = |traced: Traced| found = Some(found.take().map_or(traced.clone(), |found| found.or(traced)));
        for external in self.graph.externals_of(at) {
            let awaited = || facts.promise(external.path).and_then(|one| one.waits);
            let effect = facts.call(external.path).map(|fact| fact.effect).or_else(awaited);
            let spoken = self.spoken(at, external.path).cloned().or_else(|| match effect? {
                Effect::Database => Some(Spoken::By(Bounded::Database)),
                Effect::File => Some(Spoken::By(Bounded::File)),
                _ => None,
            });
            match spoken {
                Some(Spoken::By(by)) => add(Traced::of(bounded(by))),
                Some(Spoken::Most(_)) => add(Traced::of(Size::Unknown)),
                Some(Spoken::Of(operands)) => {
                    let operand = operands.iter().find_map(|operand| self.operand(at, *operand));
                    let traced = operand.map(|id| self.walk(At { file: at.file, id }, func, depth, calls));
                    add(traced.unwrap_or_else(|| Traced::of(Size::Unknown)));
                }
                // A method gives a part of its receiver, as far as is known.
                None => {
                    let receiver = self.operand(at, Operand::Receiver);
                    let traced = receiver.map(|id| self.walk(At { file: at.file, id }, func, depth, calls));
                    let keyed = matches!(&input.summaries[at.file].exprs[call.callee], Expr::Attr { name, .. } if facts.reads_key(*name));
                    let traced = traced.map(|traced| Traced { keyed: traced.keyed || keyed, ..traced });
                    add(traced.filter(|traced| traced.size > Size::Unknown).unwrap_or_else(|| Traced::of(Size::Unknown)));
                }
            }
        }
        if let Some(fewer) = calls.checked_sub(1) {
            for edge in self.graph.edges_of(at).filter(|edge| edge.kind == EdgeKind::Direct && edge.offset.is_some()) {
                let callee = input.func(edge.to);
                for returned in &callee.returns {
                    let traced = self.walk(At { file: edge.to.file, id: *returned }, edge.to, depth, fewer);
                    add(if let Size::Param(position) = traced.size {
                        let offset = usize::from(edge.offset.unwrap_or(0));
                        let bound = bound_parameters(&input.summaries[at.file], callee, call, offset);
                        let given = bound.iter().find(|(_, to)| *to == position).map(|(value, _)| *value);
                        given.map_or_else(|| Traced::of(Size::Unknown), |id| self.walk(At { file: at.file, id }, func, depth, fewer))
                    } else {
                        Traced::of(traced.size)
                    });
                }
            }
        }
        found.unwrap_or_else(|| {
            // A method of which nothing is known gives a part of its receiver too, as far as is known.
            let receiver = self.operand(at, Operand::Receiver).map(|id| self.walk(At { file: at.file, id }, func, depth, calls));
            receiver.filter(|traced| traced.size > Size::Unknown).unwrap_or_else(|| Traced::of(Size::Unknown))
        })
    }
}

/// What a call is given that runs a function elsewhere.
pub struct GivenOver {
    /// The function, as written.
    pub function: ExprId,
    /// Its place among the positional arguments.
    pub position: usize,
    /// What it is called with.
    pub arguments: Vec<ExprId>,
    /// It is called with each of their elements, one after another.
    pub each: bool,
}

/// What a call runs elsewhere: the positional argument that `runs` takes for the function, and what the function is called with.
#[must_use]
pub fn given_over(solution: &Solution<'_>, graph: &Graph, at: CallAt, runs: &dyn Fn(ExprId) -> bool) -> Option<GivenOver> {
    let summary = &solution.input.summaries[at.file];
    let facts = solution.input.facts_of(at.file);
    let placed: Vec<ExprId> =
        summary.calls[at.id].args.iter().take_while(|arg| !arg.spread && arg.name.is_none()).map(|arg| arg.value).collect();
    let position = placed.iter().position(|id| runs(*id))?;
    let each = graph.externals_of(at).any(|external| facts.boundary(external.path).is_some_and(|boundary| boundary.each));
    let mut given = GivenOver { function: placed[position], position, arguments: Vec::new(), each };
    // `partial(f, x)` brings what it holds.
    if let Expr::Call(inner) = summary.exprs[given.function]
        && graph.externals_of(At { file: at.file, id: inner }).any(|external| facts.wraps(external.path).is_some())
    {
        given.arguments.extend(summary.calls[inner].args.iter().skip(1).filter(|arg| arg.name.is_none()).map(|arg| arg.value));
        given.function = summary.calls[inner].args.first().map_or(given.function, |arg| arg.value);
    }
    given.arguments.extend(placed.iter().skip(position + 1));
    Some(given)
}

/// A part of a value: what a constant holds is not known to be small.
fn part(whole: Traced) -> Traced {
    if let Size::Constant(_) = whole.size { Traced { size: Size::Program, ..whole } } else { whole }
}

/// The value that a call is given for an operand: the keyword's, else the positional argument's.
#[must_use]
pub fn operand_of(summary: &ModuleSummary, call: &Call, operand: Given) -> Option<ExprId> {
    match operand.operand {
        Operand::Receiver if call.kind == CallKind::Iterate => Some(call.callee),
        Operand::Receiver => match summary.exprs[call.callee] {
            Expr::Attr { base, .. } => Some(base),
            _ => None,
        },
        Operand::Argument(_) => operand.of(call),
    }
}

fn bounded(by: Bounded) -> Size {
    match by {
        Bounded::Program => Size::Program,
        Bounded::Unknown => Size::Unknown,
        Bounded::File => Size::File,
        Bounded::Database => Size::Database,
        Bounded::Head => Size::Head,
        Bounded::Request => Size::Request,
    }
}
