//! Where a size comes from, seen from the function that the loop runs: a client's request, or something else.

use crate::base::Name;
use crate::effects::Step;
use crate::effects::sizes::Size;
use crate::facts::Handling;
use crate::ir::{Expr, ExprId, FuncKind, Param};
use crate::link::graph::{Edge, EdgeKind};
use crate::link::{At, ExprAt, FuncAt};
use crate::rules::Program;
use rustc_hash::FxHashMap;

/// Callers that are asked, one after another.
const LONGEST: usize = 8;

/// What bounds a size, with parameters followed to the entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A constant, or the program itself.
    Bounded,
    /// Nothing that is seen.
    Unknown,
    /// A file or a database: what it is called.
    Stored(&'static str),
    /// The head of a client's request, a few kilobytes: how it comes in, in words.
    Head(String),
    /// A single value of a client's request, such as a form field, seldom more than some kilobytes: how it comes in, in words.
    Field(String),
    /// A client: how it comes in, in words.
    Request(String),
}

/// Answers for one run.
pub struct Origins<'p, 'a, 'b> {
    program: &'p Program<'a, 'b>,
    ways: FxHashMap<(FuncAt, FuncAt), &'b Edge>,
}

impl<'p, 'a, 'b> Origins<'p, 'a, 'b> {
    /// Prepares to answer.
    #[must_use]
    pub fn new(program: &'p Program<'a, 'b>) -> Self {
        let mut ways = FxHashMap::default();
        for edge in program.graph.edges.iter().filter(|edge| matches!(edge.kind, EdgeKind::Direct | EdgeKind::Later)) {
            ways.entry((edge.from, edge.to)).or_insert(edge);
        }
        Self { program, ways }
    }

    /// What bounds `size`, which was found in `func`. Parameters of an entry that serves clients are what clients send;
    /// those of another function are what the caller gives by which the loop reaches it.
    #[must_use]
    pub fn of(&self, func: FuncAt, size: Size) -> Origin {
        let (mut func, mut size) = (func, size);
        for _ in 0..LONGEST {
            let position = match size {
                Size::Constant(_) | Size::Program => return Origin::Bounded,
                Size::Unknown => return Origin::Unknown,
                Size::File => return Origin::Stored("a file"),
                Size::Database => return Origin::Stored("a database"),
                Size::Head => return Origin::Head("the head of the request".to_owned()),
                Size::Request => return Origin::Request("the request".to_owned()),
                Size::Param(position) => position,
                Size::ParamOf(of, position) => {
                    func = of;
                    position
                }
            };
            let Some(caller) = self.program.contexts.caller_of(func) else { return self.entry(func, position) };
            let Some(edge) = self.ways.get(&(caller, func)) else { return Origin::Unknown };
            (func, size) = (caller, self.program.sizes.given(edge, size).size);
        }
        Origin::Unknown
    }

    /// Whether what decides that a chain's last call is a first one comes from clients: each may ask for another one. That is its
    /// first argument, or where it stands for `any`, one of all.
    #[must_use]
    pub fn asked_anew(&self, steps: &[Step], any: bool) -> bool {
        let (Some(root), Some(last)) = (steps.first(), steps.last()) else { return false };
        let call = &self.program.input.summaries[last.call.file].calls[last.call.id];
        let decides = call.args.iter().take(if any { usize::MAX } else { 1 }).filter(|arg| any || !arg.spread && arg.name.is_none());
        decides.into_iter().any(|arg| {
            let mut size = self.program.sizes.trace(At { file: last.call.file, id: arg.value }, last.from).size;
            for step in steps.iter().rev().skip(1) {
                let mut edges = self.program.graph.edges_of(step.call).filter(|edge| Some(edge.to) == step.to);
                let Some(edge) = edges.next() else { return false };
                size = self.program.sizes.given(edge, size).size;
            }
            matches!(self.of(root.from, size), Origin::Request(_) | Origin::Field(_) | Origin::Head(_))
        })
    }

    /// A parameter of an entry.
    fn entry(&self, func: FuncAt, position: usize) -> Origin {
        let function = self.program.input.func(func);
        let own = self.program.input.summaries[func.file].is_python()
            && matches!(function.kind, FuncKind::Method | FuncKind::ClassMethod | FuncKind::Getter | FuncKind::Setter);
        let Some(place) = position.checked_sub(usize::from(own)) else { return Origin::Unknown };
        let (Some(root), Some(param)) = (self.program.contexts.loop_root(func), function.params.get(position)) else {
            return Origin::Unknown;
        };
        // An async function that nobody is seen to call is no server's handler.
        if !root.clients {
            return Origin::Unknown;
        }
        if root.entry.as_ref().is_some_and(|entry| !entry.from_client.holds(place)) || self.is_injected(func, param) {
            return Origin::Unknown;
        }
        let own = if param.name.starts_with('<') { "a parameter".to_owned() } else { format!("`{}`", param.name) };
        let how = format!("{own} of {} `{}`", root.label, function.name);
        let single = |of: &crate::facts::Entry| param.annotation.is_some_and(|id| self.is_single(At { file: func.file, id }, &of.single));
        match &root.entry {
            _ if root.head => Origin::Head(how),
            Some(entry) if single(entry) => Origin::Field(how),
            _ => Origin::Request(how),
        }
    }

    /// Whether a declared type is one of these, or nothing: `str`, `str | None`, `Annotated[str, Form()]`.
    fn is_single(&self, at: ExprAt, types: &[Name]) -> bool {
        self.program
            .solution
            .declared_types(at)
            .is_some_and(|declared| !types.is_empty() && !declared.is_empty() && declared.iter().all(|of| types.contains(of)))
    }

    /// Whether a framework gives the parameter what a function of the program makes: `x = Depends(f)`, `x: Annotated[X, Depends(f)]`.
    fn is_injected(&self, func: FuncAt, param: &Param) -> bool {
        [param.annotation, param.default].into_iter().flatten().any(|id| self.injects(At { file: func.file, id }, 0))
    }

    fn injects(&self, at: ExprAt, depth: usize) -> bool {
        let input = self.program.input;
        let summary = &input.summaries[at.file];
        let part = |id: &ExprId| depth < LONGEST && self.injects(At { file: at.file, id: *id }, depth + 1);
        match &summary.exprs[at.id] {
            Expr::Call(id) => {
                let mut externals = self.program.graph.externals_of(At { file: at.file, id: *id });
                externals.any(|external| input.facts_of(at.file).containers(external.path).iter().any(|one| one.does == Handling::Injects))
            }
            Expr::Index { key, .. } => part(key),
            Expr::List(parts) => parts.iter().any(part),
            // `Session = Annotated[X, Depends(f)]`
            Expr::Var(var) => matches!(self.program.solution.assigned(at.file, *var), [one] if part(one)),
            Expr::Imported { module, name } => {
                let found = self.program.solution.imported(at.file, *module, *name);
                depth < LONGEST && found.is_some_and(|found| matches!(found.as_slice(), [one] if self.injects(*one, depth + 1)))
            }
            _ => false,
        }
    }
}
