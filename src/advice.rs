//! What to write instead of what a chain reaches: the runtime's own way, in the program's own names.

mod runtime;
mod way;
mod written;

use crate::base::Name;
use crate::contexts::Origin;
use crate::effects::{Step, holds};
use crate::facts::{CallFact, Case, Effect, Gil, Remedy, Words};
use crate::link::graph::{EdgeKind, Graph};
use crate::link::{CallAt, FuncAt, Solution};
use runtime::Seen;
use rustc_hash::{FxHashMap, FxHashSet};
use way::{Around, Hand, Way};
use written::Written;

/// Calls deep in which a function still counts as one that works with the loop: further down, such a call is rarely reached.
const DEPTH: usize = 3;

/// Gives advice on the chains of one run.
pub struct Advisor<'a, 'b> {
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    /// Functions that work with the loop, so that no other thread may run them.
    bound: FxHashSet<FuncAt>,
}

/// A chain to give advice on.
#[derive(Clone, Copy)]
pub struct Asked<'s> {
    /// Its steps: the first made by the function that the loop runs, the last a fact.
    pub steps: &'s [Step],
    /// The path of the fact.
    pub path: Name,
    /// The path as a person writes it.
    pub shown: &'s str,
    /// The fact.
    pub fact: &'s CallFact,
    /// How the first function comes to run on the loop.
    pub origin: &'s Origin,
}

impl<'a, 'b> Advisor<'a, 'b> {
    /// Looks for functions that work with the loop.
    #[must_use]
    pub fn new(solution: &'b Solution<'a>, graph: &'b Graph) -> Self {
        let input = solution.input;
        let mut callers: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
        for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && !edge.by_name && !input.func(edge.to).is_async) {
            callers.entry(edge.to).or_default().push(edge.from);
        }
        let here = graph
            .externals
            .iter()
            .filter(|external| !graph.off_loop.contains(&external.call) && input.facts_of(external.call.file).is_loop_bound(external.path));
        let mut last: Vec<FuncAt> = here.map(|external| external.from).collect();
        let mut bound: FxHashSet<FuncAt> = last.iter().copied().collect();
        for _ in 0..DEPTH {
            let above = last.iter().flat_map(|func| callers.get(func).into_iter().flatten()).copied();
            last = above.filter(|func| bound.insert(*func)).collect();
        }
        Self { solution, graph, bound }
    }

    fn case<'f>(&self, call: CallAt, fact: &'f CallFact) -> Option<&'f Case> {
        let written = &self.solution.input.summaries[call.file].calls[call.id];
        fact.cases.iter().find(|case| holds(self.solution, self.graph, call, written, &case.when))
    }

    /// What the call does, where its fact says so.
    #[must_use]
    pub fn does<'f>(&self, call: CallAt, fact: &'f CallFact) -> Option<&'f str> {
        self.case(call, fact).and_then(|case| case.does.as_deref()).or(fact.does.as_deref())
    }

    /// One or two sentences without the last full stop.
    #[must_use]
    pub fn help(&self, asked: Asked<'_>) -> String {
        let input = self.solution.input;
        let (Some(first), Some(last)) = (asked.steps.first(), asked.steps.last()) else { return String::new() };
        let seen = runtime::seen(input, first.from, asked.origin.file, asked.steps);
        let written = Written::of(input, last.call);
        let instead = self.case(last.call, asked.fact).map_or(&asked.fact.instead, |case| &case.instead);
        let remedy = seen.as_ref().and_then(|seen| instead.under(seen.runtime.writes));
        let is_code = matches!(remedy, Some(Remedy::Code(_)));
        let way = self.way(asked.steps, asked.origin);
        let handed = seen.as_ref().and_then(|seen| self.handed(asked, seen, &way, is_code));
        let caution = asked.fact.caution.instead.as_deref().map_or_else(String::new, |caution| format!(" ({caution})"));
        let replaced = remedy.map(|remedy| match remedy {
            Remedy::Words(Words { say }) => {
                let place = if asked.steps.len() > 1 { format!("in `{}`: ", input.func_name(last.from)) } else { String::new() };
                place + &filled(say, &written, asked.path) + &caution
            }
            Remedy::Code(code) => {
                let code = quoted(&filled(code, &written, asked.path));
                match &way.fixed {
                    Some(fixed) => format!("`{fixed}` can't await: do this outside of it, with {code}{caution}"),
                    None if way.names.is_empty() => format!("write {code} in place of `{}`{caution}", asked.shown),
                    None => format!("make {} async and write {code} in place of `{}`{caution}", way.listed(), asked.shown),
                }
            }
        });
        match (replaced, handed) {
            (Some(replaced), None) => replaced,
            (None, Some(handed)) => handed.words,
            // A thread takes one line here, the other way a change of each function in between.
            (Some(_), Some(handed)) if is_code && way.fixed.is_some() && asked.steps.len() > 1 => handed.words,
            (Some(replaced), Some(handed)) if is_code && asked.steps.len() > 2 => format!("{}; or {replaced}", handed.words),
            (Some(replaced), Some(handed)) if is_code && asked.steps.len() == 1 && handed.whole => replaced,
            (Some(replaced), Some(handed)) => format!("{replaced}; or {}", handed.words),
            (None, None) if asked.fact.effect == Effect::Cpu => "compute in a worker, so that the loop goes on meanwhile".to_owned(),
            (None, None) => "no asynchronous form is known: move the work to a worker, or do it once at start-up".to_owned(),
        }
    }

    /// How the work is handed to a thread, or to a process where a thread would hold the GIL.
    fn handed(&self, asked: Asked<'_>, seen: &Seen<'_>, way: &Way, replaced: bool) -> Option<Handed> {
        let (first, last) = (asked.steps.first()?, asked.steps.last()?);
        let held = asked.fact.gil == Some(Gil::Held);
        let template = if held { seen.runtime.process.as_deref() } else { seen.runtime.thread.as_deref() }?;
        let caution = match (held, asked.fact.caution.thread.as_deref()) {
            (true, _) => " (it holds the GIL, so a thread does not help)".to_owned(),
            (false, Some(caution)) => format!(" ({caution})"),
            (false, None) => String::new(),
        };
        let root = self.solution.input.func(first.from);
        let code = |template: &str, step: &Step| self.code(template, seen, step, asked.shown);
        let block = |around: Around, step: &Step| {
            let words = if around == Around::Loop {
                let iterated = Written::whole(self.solution.input, step.call).unwrap_or_else(|| "...".to_owned());
                let all = quoted(&seen.called(template, "list", &iterated));
                format!("take all items at once with {all}, or one at a time with `next` in place of `list`{caution}")
            } else {
                let code = quoted(&seen.called(template, "function", ""));
                format!("move {} into a plain function and call {code}{caution}", around.words())
            };
            Handed { words, whole: false }
        };
        Some(match self.hand(first) {
            Hand::Whole if root.is_async => Handed { words: format!("call {}{caution}", quoted(&code(template, first))), whole: true },
            Hand::Whole if way.fixed_root => {
                let name = self.solution.input.func_name(first.from);
                let start = seen.runtime.start.as_deref()?;
                let start = code(start, first);
                Handed {
                    words: format!("`{name}` can't await: begin it with {}{caution} and use its result in a callback", quoted(&start)),
                    whole: true,
                }
            }
            Hand::Whole => {
                let name = self.solution.input.func_name(first.from);
                Handed { words: format!("make `{name}` async and call {}{caution}", quoted(&code(template, first))), whole: true }
            }
            Hand::Block(around) => block(around, first),
            Hand::Inside if replaced || asked.steps.len() < 2 => return None,
            Hand::Inside => match (self.hand(last), &way.fixed) {
                (Hand::Block(around), _) => block(around, last),
                (Hand::Inside, _) => return None,
                (Hand::Whole, Some(fixed)) => Handed {
                    words: format!("`{fixed}` can't await: do this outside of it, with {}{caution}", quoted(&code(template, last))),
                    whole: false,
                },
                (Hand::Whole, None) => Handed {
                    words: format!("make {} async and call {}{caution}", way.listed(), quoted(&code(template, last))),
                    whole: false,
                },
            },
        })
    }

    /// The template with the step's call in it.
    fn code(&self, template: &str, seen: &Seen<'_>, step: &Step, shown: &str) -> String {
        let written = Written::of(self.solution.input, step.call);
        let function =
            written.callee.clone().unwrap_or_else(|| step.to.map_or_else(|| shown.to_owned(), |to| self.solution.input.func_name(to)));
        if written.keywords && (!seen.runtime.keywords || Some(template) == seen.runtime.start.as_deref()) {
            return seen.called(template, &format!("functools.partial({function}, {})", written.arguments), "");
        }
        seen.called(template, &function, &written.arguments)
    }
}

struct Handed {
    words: String,
    /// The function goes as it is.
    whole: bool,
}

impl Seen<'_> {
    fn called(&self, template: &str, function: &str, arguments: &str) -> String {
        let call = if arguments.is_empty() { function.to_owned() } else { format!("{function}, {arguments}") };
        let code = template.replace("{receiver}", &self.receiver).replace("{call}", &call);
        code.replace("{function}", function).replace("{arguments}", arguments)
    }
}

/// The remedy with the call's receiver and arguments in it.
fn filled(remedy: &str, written: &Written, path: Name) -> String {
    let owner = path.rsplit_once('.').map_or("", |(owner, _)| owner);
    let kind = owner.rsplit('.').next().unwrap_or("").to_lowercase();
    remedy.replace("{receiver}", written.receiver().unwrap_or(&kind)).replace("{arguments}", &written.arguments)
}

/// Code between backquotes; a comment at its end is said beside it.
fn quoted(code: &str) -> String {
    match code.split_once("  # ").or_else(|| code.split_once("  // ")) {
        Some((code, said)) => format!("`{code}` ({said})"),
        None => format!("`{code}`"),
    }
}
