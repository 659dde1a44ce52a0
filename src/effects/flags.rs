//! Effects that a parameter decides: `def fetch(url, wait=False): if wait: sleep()` sleeps only for callers that ask for it.

use super::dispatch;
use super::given::{Answer, Asker, RECEIVER, RESULT, Run, UNWRAPPED, callee_path, constant, is_own};
use super::grown::Grown;
use super::receivers::{Own, called_on, own};
use super::wanted::{Equality, Wanted};
use crate::base::{FileId, Name};
use crate::facts::Asks;
use crate::ir::{Branch, Call, CallId, CallKind, Const, Expr, ExprId, Family, Guard, GuardId, Relation, Test};
use crate::link::graph::{Edge, EdgeKind, Indirect, Wrapping, bound_parameters, indirect};
use crate::link::{At, CallAt, ClassAt, ExprAt, FuncAt, Input, Solution, Value};
use smallvec::SmallVec;

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flag {
    /// Which parameter, or the receiver.
    pub position: usize,
    /// It is what the parameter holds under the key that is meant: `options.sync`, `kwargs["sync"]`, `self.sync`.
    pub key: Option<Name>,
    /// The key is the name of an attribute: `options.sync` of Python.
    pub attribute: bool,
    /// What it must be.
    pub wanted: Wanted,
    /// How many functions further out the parameter's is: 0 for the function's own, 1 for that in which it is written.
    pub up: u8,
}

/// What must hold of a function's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags {
    /// Of parameters that are tested, in order of position.
    tested: SmallVec<[Flag; 1]>,
    /// Of the receiver: an instance of this class, or of one above or below it.
    own: Option<ClassAt>,
    /// What decides how long the call at the chain's end takes; none where it takes its time whatever it is given.
    grown: Option<Grown>,
}

impl Flags {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all that must hold here must hold there as well.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let grows = match (self.grown, other.grown) {
            (None, _) => true,
            (Some(grown), Some(other)) => grown.covers(other),
            (Some(_), None) => false,
        };
        grows && (self.own.is_none() || self.own == other.own) && self.tested.iter().all(|flag| other.tested.contains(flag))
    }

    /// The same of a call whose time grows with its input.
    #[must_use]
    pub fn growing(self, grown: Option<Grown>) -> Self {
        Self { grown, ..self }
    }

    /// What decides how long the call at the chain's end takes.
    #[must_use]
    pub fn grown(&self) -> Option<Grown> {
        self.grown
    }

    /// Whether something must hold of parameters.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.tested.is_empty()
    }

    /// Whether a parameter of which something must hold has a default.
    #[must_use]
    pub fn leaves_out(&self, function: &crate::ir::Function) -> bool {
        self.tested
            .iter()
            .filter(|flag| flag.position < UNWRAPPED && flag.up == 0)
            .any(|flag| function.params.get(flag.position).is_none_or(|param| param.default.is_some() || param.rest || param.keywords))
    }

    /// What must hold of the parameters of the function that stands around, as many functions out as `up` says.
    pub(super) fn around(&self) -> impl Iterator<Item = (u8, Self)> + '_ {
        let outer = self.tested.iter().filter(|flag| flag.up > 0);
        outer.map(|flag| (flag.up, Self { tested: SmallVec::from_elem(Flag { up: 0, ..*flag }, 1), own: None, grown: None }))
    }

    /// What must hold of attributes of the receiver.
    pub(super) fn of_receiver(&self) -> impl Iterator<Item = (Name, Wanted)> + '_ {
        let own = self.tested.iter().filter(|flag| flag.position == RECEIVER && flag.up == 0);
        own.filter_map(|flag| Some((flag.key?, flag.wanted)))
    }

    /// The same without what parameters must be.
    #[must_use]
    pub fn untested(&self) -> Self {
        Self { tested: SmallVec::new(), own: self.own, grown: self.grown }
    }
}

/// A function, and what must hold of its parameters.
pub type State = (FuncAt, Flags);

/// That the function is not run as a wrapper.
const UNWRAPPED_FLAG: Flag = Flag { position: UNWRAPPED, key: None, attribute: false, wanted: Wanted::Truth(true), up: 0 };

/// Flags kept for one state at most: what lies further out decides less.
const MOST: usize = 6;

/// What decides whether a call is made, where its function tests it; none where a test rules it out for every caller.
#[must_use]
pub fn of_call(run: Run<'_>, call: CallAt) -> Option<Flags> {
    let made = &run.solution.input.summaries[call.file].calls[call.id];
    of_guard(run, At { file: call.file, id: made.func }, made.guard, made.span.start)
}

/// What decides whether what stands under a test of a function is reached, at a place of it in bytes.
#[must_use]
pub fn of_guard(run: Run<'_>, func: FuncAt, guard: Option<GuardId>, before: u32) -> Option<Flags> {
    let summary = &run.solution.input.summaries[func.file];
    let asker = Asker { run, func, before };
    let mut flags = Flags::new();
    let mut guard = guard;
    while let Some(id) = guard {
        let held = &summary.guards[id];
        let answer = match tested(run, func.file, held) {
            Some((Tested::Value(at), wanted)) => asker.ask(at, wanted),
            Some((Tested::Var(var), wanted)) => asker.ask_variable(func.file, var, held.behind(summary), wanted),
            None => Answer::Perhaps,
        };
        match answer {
            Answer::Never => return None,
            Answer::Perhaps => {}
            Answer::When(flag) => add(&mut flags, flag),
        }
        guard = held.outer;
    }
    Some(flags)
}

/// What a test looks at.
pub(super) enum Tested {
    Var(crate::ir::VarId),
    Value(ExprAt),
}

/// What a test looks at, and what it is where the guarded code runs.
pub(super) fn tested(run: Run<'_>, file: FileId, guard: &Guard) -> Option<(Tested, Wanted)> {
    let summary = &run.solution.input.summaries[file];
    let came_out = match guard.branch {
        Branch::True => true,
        Branch::False => false,
        _ => return None,
    };
    let at = |id: ExprId| At { file, id };
    let value = |id: ExprId, wanted: Wanted| Some((Tested::Value(at(id)), wanted));
    let equality = |relation| match (relation, summary.family) {
        (_, Family::Python) => Equality::Plain,
        (Relation::Equals, Family::Ecma) => Equality::Loose,
        (_, Family::Ecma) => Equality::Strict,
    };
    match guard.test {
        Test::Var(var, _) => Some((Tested::Var(var), Wanted::Truth(came_out))),
        Test::Place(id) => value(id, Wanted::Truth(came_out)),
        Test::Call(id) => called(run, At { file, id }, came_out),
        Test::Two(relation @ (Relation::Equals | Relation::Same), one, other) => {
            let known = constant(run, at(other), 0)?;
            value(one, Wanted::Is(known, equality(relation), came_out))
        }
        Test::Two(Relation::Among, one, other) => match (&summary.exprs[other], summary.exprs[one].key()) {
            (Expr::List(_), _) => value(one, Wanted::Among(at(other), equality(Relation::Same), came_out)),
            (Expr::Var(_), Some(key)) => value(other, Wanted::Has(key, came_out)),
            _ => None,
        },
        Test::Two(Relation::Instance, one, other) => value(one, Wanted::Instance(at(other), came_out)),
        Test::Two(Relation::Kind, one, other) => match &summary.exprs[other] {
            Expr::Const(Const::Str(kind)) => value(one, Wanted::Kind(*kind, came_out)),
            _ => None,
        },
    }
}

/// What a call asks of a value, where its result is tested.
fn called(run: Run<'_>, at: CallAt, came_out: bool) -> Option<(Tested, Wanted)> {
    let input = run.solution.input;
    let (summary, facts) = (&input.summaries[at.file], input.facts_of(at.file));
    let call = &summary.calls[at.id];
    let value = |id: ExprId, wanted: Wanted| Some((Tested::Value(At { file: at.file, id }), wanted));
    let plain = |position: usize| call.args.get(position).filter(|arg| !arg.spread && arg.name.is_none()).map(|arg| arg.value);
    if let Expr::Attr { base, name } = &summary.exprs[call.callee] {
        if let ([arg], Some(asks)) = (call.args.as_slice(), facts.text_test(*name))
            && let Expr::Const(Const::Str(text)) = summary.exprs[arg.value]
        {
            let wanted = match asks {
                Asks::Prefix => Wanted::Prefix(text, came_out),
                Asks::Suffix => Wanted::Suffix(text, came_out),
                _ => Wanted::Part(text, came_out),
            };
            return value(*base, wanted);
        }
        if facts.reads_key(*name) {
            let id = run.solution.result_of(at)?.id;
            return value(id, Wanted::Truth(came_out));
        }
    }
    match facts.type_test(callee_path(run.solution, at.file, at.id)?)? {
        Some(named) => value(plain(0)?, Wanted::Type(named, came_out)),
        None => value(plain(0)?, Wanted::Instance(At { file: at.file, id: plain(1)? }, came_out)),
    }
}

/// Adds what a parameter must be, as far as there is room.
pub(super) fn add(flags: &mut Flags, flag: Flag) {
    let tested = &mut flags.tested;
    if tested.len() < MOST && !tested.contains(&flag) {
        tested.push(flag);
        tested.sort_unstable();
    }
}

/// What a caller's state is for a callee's: none where the call gives a parameter another value or a small input, or the receiver
/// is of a class that has nothing to do with the one that is reached below.
#[must_use]
pub fn through(run: Run<'_>, edge: &Edge, below: &Flags) -> Option<Flags> {
    let input = run.solution.input;
    let mut flags = of_call(run, edge.call)?;
    flags.grown = match below.grown {
        Some(grown) => Some(grown.through(run.sizes, edge)?),
        None => None,
    };
    flags.own = match own(run.solution, edge, below.own) {
        Own::Other => return None,
        Own::Is(class) => Some(class),
        Own::Any => None,
    };
    if stands_beside_coroutine(run, edge)
        && let Some(flag) = gives_result(run, edge.call)
    {
        add(&mut flags, flag);
    }
    match dispatch::asked(run, edge) {
        Some(Answer::Never) => return None,
        Some(Answer::When(flag)) => add(&mut flags, flag),
        Some(Answer::Perhaps) | None => {}
    }
    // Nobody but the loop runs a coroutine function.
    if edge.wrapping == Wrapping::Within && !input.func(edge.from).is_async {
        add(&mut flags, UNWRAPPED_FLAG);
    }
    if below.tested.is_empty() {
        return Some(flags);
    }
    if below.tested.contains(&UNWRAPPED_FLAG) {
        if edge.wrapping == Wrapping::Around {
            return None;
        }
        // What is written in the wrapper runs for it.
        if edge.to.file == edge.from.file && input.func(edge.to).parent == Some(edge.from.id) {
            add(&mut flags, UNWRAPPED_FLAG);
        }
    }
    if below.tested.iter().any(|flag| flag.position == RESULT) {
        match passes_on(run, edge) {
            Answer::Never => return None,
            Answer::Perhaps => {}
            Answer::When(flag) => add(&mut flags, flag),
        }
    }
    for flag in below.tested.iter().filter(|flag| flag.up > 0) {
        if let Answer::When(flag) = around(input, edge, flag) {
            add(&mut flags, flag);
        }
    }
    let summary = &input.summaries[edge.call.file];
    // What is gone over was given its arguments where it was made: `for x in f(y)`.
    let (call, offset) = match (maker(run.solution, edge), edge.offset) {
        (Some((id, bound)), _) => (&summary.calls[id], u8::from(bound)),
        (None, Some(offset)) => (&summary.calls[edge.call.id], offset),
        // A property has its receiver alone.
        (None, None) if summary.calls[edge.call.id].kind == CallKind::Read => (&summary.calls[edge.call.id], 1),
        (None, None) => return Some(flags),
    };
    let callee = input.func(edge.to);
    // `f.apply(this, args)`: nothing is known of what is given.
    let applied = indirect(summary, call, callee).is_some_and(|how| how != Indirect::Call);
    if applied || !run.writes.is_whole(run.solution, At { file: edge.call.file, id: call.callee }, edge.to) {
        return Some(flags);
    }
    // A method found by its name alone is bound to what it is called on.
    let by_name = edge.by_name && summary.family == Family::Python && callee.class.is_some();
    let offset = if by_name { 1 } else { usize::from(offset) };
    let given = Given { run, edge, call, bound: bound_parameters(summary, callee, call, offset), offset };
    for flag in below.tested.iter().filter(|flag| flag.up == 0 && !matches!(flag.position, RESULT | UNWRAPPED)) {
        match given.answer(flag) {
            Answer::Never => return None,
            Answer::Perhaps => {}
            Answer::When(flag) => add(&mut flags, flag),
        }
    }
    Some(flags)
}

/// Whether the call gives a container that is empty where something true is asked for. It may be filled before it is tested.
#[must_use]
pub fn gives_empty(run: Run<'_>, edge: &Edge, asked: &Flags) -> bool {
    let summary = &run.solution.input.summaries[edge.call.file];
    let Some(offset) = edge.offset else { return false };
    let (call, callee) = (&summary.calls[edge.call.id], run.solution.input.func(edge.to));
    let bound = bound_parameters(summary, callee, call, usize::from(offset));
    let is_written = |value: ExprId| match &summary.exprs[value] {
        Expr::Object(fields) => fields.is_empty(),
        Expr::List(items) => items.is_empty(),
        _ => false,
    };
    let is_empty = |value: ExprId| match summary.exprs[value] {
        // `files = {}`, and nothing is put into it on the way to the call.
        Expr::Var(var) if !summary.vars[var].vague => {
            let [one] = run.solution.assigned(edge.call.file, var) else { return false };
            is_written(*one) && run.writes.is_as_made(edge.call.file, var, call.span.start)
        }
        _ => is_written(value),
    };
    let asks = |flag: &Flag, position| flag.position == position && flag.up == 0 && flag.key.is_none();
    let wants = |position| asked.tested.iter().any(|flag| asks(flag, position) && flag.wanted == Wanted::Truth(true));
    summary.family == Family::Python && bound.into_iter().any(|(value, position)| wants(position) && is_empty(value))
}

/// The call that made the generator which a loop goes over, or a `with` enters, and whether it was bound to a receiver.
fn maker(solution: &Solution<'_>, edge: &Edge) -> Option<(CallId, bool)> {
    let summary = &solution.input.summaries[edge.call.file];
    let entered = &summary.calls[edge.call.id];
    if !matches!(entered.kind, CallKind::With | CallKind::Iterate) {
        return None;
    }
    let made = match summary.exprs[entered.callee] {
        Expr::Var(var) if !summary.vars[var].vague => match solution.assigned(edge.call.file, var) {
            [one] => *one,
            _ => return None,
        },
        _ => entered.callee,
    };
    let Expr::Call(id) = summary.exprs[made] else { return None };
    let runs = |value: &Value| match value {
        Value::Func(func) => (*func == edge.to).then_some(false),
        Value::Bound(func) => (*func == edge.to).then_some(summary.family == Family::Python),
        _ => None,
    };
    let callee = At { file: edge.call.file, id: summary.calls[id].callee };
    let bound = solution.values(callee).iter().find_map(runs)?;
    (summary.calls[id].func == entered.func).then_some((id, bound))
}

/// What one call gives its callee's parameters.
struct Given<'a> {
    run: Run<'a>,
    edge: &'a Edge,
    call: &'a Call,
    bound: Vec<(ExprId, usize)>,
    offset: usize,
}

impl Given<'_> {
    fn answer(&self, flag: &Flag) -> Answer {
        let (edge, input) = (self.edge, self.run.solution.input);
        let (summary, callee, call) = (&input.summaries[edge.call.file], input.func(edge.to), self.call);
        if flag.position == RECEIVER {
            return self.receiver(flag);
        }
        let Some(param) = callee.params.get(flag.position) else { return Answer::Perhaps };
        let outside = Asker { run: self.run, func: edge.from, before: call.span.start };
        let ask = |asker: Asker<'_>, at: ExprAt| match flag.key {
            Some(name) if flag.attribute => asker.ask_attribute(at, name, flag.wanted),
            Some(key) => asker.ask_key(at, key, flag.wanted),
            None => asker.ask(at, flag.wanted),
        };
        if param.rest {
            return Answer::Perhaps;
        }
        if param.keywords {
            return flag.key.map_or(Answer::Perhaps, |key| self.keyword(outside, key, flag));
        }
        // A default stands in the callee's file; what it takes from other parameters is not followed.
        let default = param.default.map(|default| {
            let asker = Asker { func: edge.to, ..outside };
            match ask(asker, At { file: edge.to.file, id: default }) {
                Answer::Never => Answer::Never,
                _ => Answer::Perhaps,
            }
        });
        if let Some((value, _)) = self.bound.iter().find(|(_, at)| *at == flag.position) {
            let at = At { file: edge.call.file, id: *value };
            if flag.key.is_none() && is_excluded(self.run, edge.from, call.guard, at, flag.wanted) {
                return Answer::Never;
            }
            let answer = ask(outside, at);
            // `undefined` is given the default.
            let undefined = summary.family == Family::Ecma && !is_something(self.run, at);
            return match default {
                Some(Answer::Perhaps) if undefined => Answer::Perhaps,
                _ => answer,
            };
        }
        // Left out; what a spread brings is not known.
        if call.args.iter().any(|arg| arg.spread) || flag.position < self.offset {
            return Answer::Perhaps;
        }
        let nothing = || match flag.wanted.of_nothing(self.run, summary.family) {
            Some(false) => Answer::Never,
            _ => Answer::Perhaps,
        };
        default.unwrap_or_else(|| if summary.family == Family::Ecma { nothing() } else { Answer::Perhaps })
    }

    /// What the method that is called is called on.
    fn receiver(&self, flag: &Flag) -> Answer {
        let (edge, input) = (self.edge, self.run.solution.input);
        let summary = &input.summaries[edge.call.file];
        if !is_own(input, called_on(summary, edge.call.file, self.call), edge.from) {
            return Answer::Perhaps;
        }
        let guards = std::iter::successors(self.call.guard, |id| summary.guards[*id].outer);
        let told = guards.filter_map(|id| match tested(self.run, edge.call.file, &summary.guards[id]) {
            Some((Tested::Value(at), known)) => Some((at, known)),
            _ => None,
        });
        let is_attribute = |at: ExprAt| match &summary.exprs[at.id] {
            Expr::Attr { base, name } => Some(*name) == flag.key && is_own(input, At { file: at.file, id: *base }, edge.from),
            _ => false,
        };
        let mut told = told.into_iter().filter(|(at, _)| is_attribute(*at));
        if told.any(|(_, known)| known.excludes(self.run, flag.wanted, summary.family)) { Answer::Never } else { Answer::When(*flag) }
    }

    /// What `**kwargs` holds under a key.
    fn keyword(&self, outside: Asker<'_>, key: Name, flag: &Flag) -> Answer {
        let input = self.run.solution.input;
        let summary = &input.summaries[self.edge.call.file];
        let call = self.call;
        let at = |id: ExprId| At { file: self.edge.call.file, id };
        if let Some(arg) = call.args.iter().find(|arg| arg.name == Some(key)) {
            return match flag.wanted {
                Wanted::Has(_, true) => Answer::Perhaps,
                Wanted::Has(_, false) => Answer::Never,
                wanted => outside.ask(at(arg.value), wanted),
            };
        }
        // `*args` brings no keywords.
        let mut spread = call.args.iter().filter(|arg| arg.spread && !matches!(summary.exprs[arg.value], Expr::Element(_)));
        match (spread.next(), spread.next()) {
            (None, _) => match flag.wanted.of_nothing(self.run, summary.family) {
                Some(false) => Answer::Never,
                _ => Answer::Perhaps,
            },
            (Some(one), None) => outside.ask_key(at(one.value), key, flag.wanted),
            _ => Answer::Perhaps,
        }
    }
}

/// What it asks of a plain function of Python that a call gives its result: that nobody awaits it, for what blocks gives nothing
/// to await. Nothing of one that does something else with the result.
#[must_use]
pub fn gives_result(run: Run<'_>, call: CallAt) -> Option<Flag> {
    let summary = &run.solution.input.summaries[call.file];
    let made = &summary.calls[call.id];
    let function = &summary.functions[made.func];
    if summary.family != Family::Python || function.is_async || function.is_generator || made.kind != CallKind::Call || made.awaited {
        return None;
    }
    let result = run.solution.result_of(call)?.id;
    let gives = |id: &ExprId| *id == result || matches!(&summary.exprs[*id], Expr::Either(parts) if parts.contains(&result));
    let is_result = function.returns.iter().any(|id| match summary.exprs[*id] {
        Expr::Var(var) => run.solution.assigned(call.file, var).iter().any(gives),
        _ => gives(id),
    });
    is_result.then_some(Flag { position: RESULT, key: None, attribute: false, wanted: Wanted::Truth(false), up: 0 })
}

/// Whether the call may run a coroutine in place of the plain function that it is followed to: `client.request()`, where an asynchronous
/// client overrides `request`. Whoever awaits what it gives has that one.
fn stands_beside_coroutine(run: Run<'_>, edge: &Edge) -> bool {
    let input = run.solution.input;
    if edge.kind != EdgeKind::Direct || input.summaries[edge.to.file].family != Family::Python || run.writes.gives_coroutine(edge.to) {
        return false;
    }
    let callee = At { file: edge.call.file, id: input.summaries[edge.call.file].calls[edge.call.id].callee };
    let is_coroutine = |value: &Value| matches!(value, Value::Func(func) | Value::Bound(func) if run.writes.gives_coroutine(*func));
    run.solution.values(callee).iter().any(is_coroutine)
}

/// Who calls a function whose result must not be awaited: one that awaits it, one that passes it on, or one that keeps it.
fn passes_on(run: Run<'_>, edge: &Edge) -> Answer {
    // `await helper(function)` awaits what the helper gives, `await moved()` what the thread does.
    if edge.offset.is_none() || edge.kind != EdgeKind::Direct {
        return Answer::Perhaps;
    }
    if run.writes.is_awaited(run.solution.input, edge.call) {
        return Answer::Never;
    }
    gives_result(run, edge.call).map_or(Answer::Perhaps, Answer::When)
}

/// What a caller that stands in the same function has to answer for that function's parameter; others know nothing of it.
fn around(input: Input<'_>, edge: &Edge, flag: &Flag) -> Answer {
    let Some(outer) = outer(input, edge.to, flag.up) else { return Answer::Perhaps };
    let up = (0..=MOST_OUT).find(|up| self::outer(input, edge.from, *up) == Some(outer));
    up.map_or(Answer::Perhaps, |up| Answer::When(Flag { up, ..*flag }))
}

/// Functions out that are followed.
pub(super) const MOST_OUT: u8 = 3;

/// The function that stands so many functions around another.
pub(super) fn outer(input: Input<'_>, func: FuncAt, up: u8) -> Option<FuncAt> {
    let mut at = func;
    for _ in 0..up {
        at.id = input.func(at).parent?;
    }
    Some(at)
}

/// Whether a test that a call stands under says that the variable which it gives is not what is wanted: `f(x)` behind
/// `if x is None: return`.
pub(super) fn is_excluded(run: Run<'_>, func: FuncAt, guard: Option<GuardId>, given: ExprAt, wanted: Wanted) -> bool {
    let summary = &run.solution.input.summaries[given.file];
    let Expr::Var(var) = summary.exprs[given.id] else { return false };
    // What other functions assign, they may assign at any time.
    if summary.vars[var].vague || summary.vars[var].outside || summary.vars[var].func != func.id {
        return false;
    }
    let assigned = run.solution.assigned(given.file, var);
    std::iter::successors(guard, |id| summary.guards[*id].outer).map(|id| &summary.guards[id]).any(|held| {
        let (of, known) = match tested(run, given.file, held) {
            Some((Tested::Var(of), known)) => (of, known),
            Some((Tested::Value(at), known)) => match summary.exprs[at.id] {
                Expr::Var(of) => (of, known),
                _ => return false,
            },
            None => return false,
        };
        of == var && known.excludes(run, wanted, summary.family) && assigned.iter().all(|value| *value < held.behind(summary))
    })
}

/// Whether a value is certainly not `undefined`.
fn is_something(run: Run<'_>, at: ExprAt) -> bool {
    super::shape::of(run.solution, at).is_some_and(|shape| shape.constant != Some(Const::Null))
}
