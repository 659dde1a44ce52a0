//! What stands between the function that the loop runs and the call that stalls it.

use super::Advisor;
use super::case::entered;
use crate::contexts::Origin;
use crate::effects::Step;
use crate::ir::{CallKind, Expr, FuncKind, Function};
use crate::link::FuncAt;
use crate::link::graph::EdgeKind;

/// Functions that are listed by name.
const LISTED: usize = 3;
/// The most functions that one is told to change where a line in the first would do.
pub(super) const CHANGED: usize = 2;

/// How a call can be handed to a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// As it is: function and arguments.
    Whole,
    /// With the lines around it.
    Block(Around),
    /// Not at all: it gives something to await, or works with the loop. What it calls has to be handed over.
    Inside,
}

/// The lines around a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// A `with` block.
    With,
    /// A loop.
    Loop,
    /// Lines that read a property, come to the call by an operator, or call a method of what takes several.
    Lines,
    /// Lines that use what the call gives.
    Use,
    /// The expression that goes on with what the call gives: `load(x).save(y)`.
    Whole,
}

impl Around {
    pub fn words(self) -> &'static str {
        match self {
            Self::With => "the `with` block",
            Self::Loop => "the loop",
            Self::Lines => "the lines that lead there",
            Self::Use => "the lines that use what it gives",
            Self::Whole => "the whole expression, which goes on with what this gives,",
        }
    }
}

/// Functions that have to await for a call at the chain's end to be awaited.
pub(super) struct Way {
    /// Those that can be made async, the outermost first, as they are said.
    pub names: Vec<String>,
    /// The first that can't.
    pub fixed: Option<String>,
    /// That is the one that the loop runs.
    pub fixed_root: bool,
    /// Others call one of them where they can't await it.
    pub shared: bool,
}

impl Way {
    /// `a`, `b` and `c`
    pub fn listed(&self) -> String {
        match self.names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [some @ .., last] if self.names.len() <= LISTED => format!("{} and {last}", some.join(", ")),
            [first, .., last] => format!("{first}, ..., {last} ({} functions)", self.names.len()),
        }
    }
}

impl Advisor<'_, '_> {
    pub(super) fn hand(&self, step: &Step) -> Hand {
        let input = self.solution.input;
        let summary = &input.summaries[step.call.file];
        let call = &summary.calls[step.call.id];
        if call.awaited {
            return Hand::Inside;
        }
        if self.is_locked(step.call) {
            return Hand::Block(Around::With);
        }
        match call.kind {
            CallKind::With => return Hand::Block(Around::With),
            CallKind::Iterate => return Hand::Block(Around::Loop),
            CallKind::Call | CallKind::New => {}
            CallKind::Decorate | CallKind::Raise | CallKind::Operator | CallKind::Read => return Hand::Block(Around::Lines),
        }
        let entered = entered(summary, step.call).is_some();
        let Some(to) = step.to else { return if entered { Hand::Block(Around::With) } else { Hand::Whole } };
        let function = input.func(to);
        if function.is_generator {
            return Hand::Block(Around::Loop);
        }
        match function.kind {
            FuncKind::Getter | FuncKind::Setter => Hand::Block(Around::Lines),
            _ if function.is_async || self.bound.contains(&to) || self.gives_awaitable(to) => Hand::Inside,
            _ => Hand::Whole,
        }
    }

    /// The function as one names it to a person: by its place where it has no name.
    pub(super) fn said(&self, func: FuncAt) -> String {
        let input = self.solution.input;
        let (function, source) = (input.func(func), &input.sources[func.file]);
        match function.name.as_str() {
            "module.exports" => format!("the function that `{}` exports", source.path),
            _ if function.kind == FuncKind::Module => format!("`{}`", source.path),
            name if name.starts_with('<') => format!("the function at `{}:{}`", source.path, source.line_column(function.span.start).0),
            _ => format!("`{}`", input.func_name(func)),
        }
    }

    /// Whether some return of the function is a coroutine.
    fn gives_awaitable(&self, func: FuncAt) -> bool {
        let input = self.solution.input;
        let summary = &input.summaries[func.file];
        input.func(func).returns.iter().any(|returned| match summary.exprs[*returned] {
            Expr::Call(id) => {
                let call = crate::link::At { file: func.file, id };
                let runs = |edge: &crate::link::graph::Edge| edge.kind == EdgeKind::Direct && input.func(edge.to).is_async;
                !summary.calls[id].awaited && self.graph.edges_of(call).any(runs)
            }
            _ => false,
        })
    }

    /// Whether others than `caller` run the function where they can't await it: in a thread, in a plain function.
    fn is_shared(&self, func: FuncAt, caller: FuncAt) -> bool {
        let input = self.solution.input;
        let cannot = |other: &FuncAt| {
            let function = input.func(*other);
            // ECMAScript runs what an async function does up to its first `await` for plain callers, too.
            let plain = input.summaries[other.file].is_python() && !function.is_async;
            *other != caller && (plain || (special(function) && !function.is_async))
        };
        self.moved.contains(&func) || self.callers.get(&func).into_iter().flatten().any(cannot)
    }

    /// What is left to do where functions are made async that others call, too: a promise that nobody awaits counts as true.
    pub(super) fn elsewhere(&self, made: impl IntoIterator<Item = FuncAt>, steps: &[Step]) -> String {
        let callers = made.into_iter().flat_map(|func| self.callers.get(&func).into_iter().flatten().copied());
        let mut others: Vec<FuncAt> = callers.filter(|other| !steps.iter().any(|step| step.from == *other)).collect();
        others.sort();
        others.dedup();
        let names: Vec<String> = others.iter().take(LISTED).map(|func| self.said(*func)).collect();
        match (names.as_slice(), others.len().saturating_sub(LISTED)) {
            ([], _) => String::new(),
            ([one], _) => format!("; {one} has to await it, too"),
            ([some @ .., last], 0) => format!("; {} and {last} have to await it, too", some.join(", ")),
            (names, more) => format!("; {} and {more} more have to await it, too", names.join(", ")),
        }
    }

    pub(super) fn way(&self, steps: &[Step], origin: &Origin) -> Way {
        let input = self.solution.input;
        let (mut names, mut fixed, mut shared) = (Vec::new(), None, false);
        let root = steps.first().map(|step| step.from).filter(|root| !input.func(*root).is_async);
        let fixed_root = root.is_some_and(|root| input.facts_of(root.file).is_plain(&origin.label) || special(input.func(root)));
        if let Some(root) = root {
            names.push(self.said(root));
            fixed = fixed_root.then(|| self.said(root));
        }
        for step in steps {
            let Some(to) = step.to else { continue };
            let function = input.func(to);
            // What a library calls with an argument of ours, it does not await.
            let given = self.graph.edges_of(step.call).any(|edge| edge.to == to && edge.offset.is_none());
            if given || special(function) {
                fixed = fixed.or_else(|| Some(self.said(to)));
            }
            shared |= self.is_shared(to, step.from);
            names.push(self.said(to));
        }
        Way { names, fixed, fixed_root, shared }
    }
}

/// Whether syntax runs the function, so that nobody can await it.
fn special(function: &Function) -> bool {
    let named = (function.name.starts_with("__") && function.name.ends_with("__")) || function.name.as_str() == "constructor";
    named || matches!(function.kind, FuncKind::Getter | FuncKind::Setter | FuncKind::Module)
}
