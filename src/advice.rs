//! What to write instead of what a chain reaches: the runtime's own way, in the program's own names.

mod case;
mod further;
mod locked;
mod plain;
mod runtime;
mod threads;
mod way;
mod written;

use crate::base::{FileId, Name};
use crate::config::Target;
use crate::contexts::Origin;
use crate::effects::Step;
use crate::facts::{CallFact, ContextKind, Effect, Gil, Idiom, Other, Remedy, Runtime, Words};
use crate::ir::{Branch, Guard, Test};
use crate::link::graph::{Edge, EdgeKind, External, Graph};
use crate::link::{CallAt, FuncAt, Input, Solution};
use oxc_index::IndexVec;
use runtime::{Common, Seen};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use way::{Around, CHANGED, Hand, Way};
use written::Written;

/// Calls deep in which a function still counts as one that works with the loop: further down, such a call is rarely reached.
const DEPTH: usize = 3;

/// Gives advice on the chains of one run.
pub struct Advisor<'a, 'b> {
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    /// Functions that work with the loop, so that no other thread may run them.
    bound: FxHashSet<FuncAt>,
    /// The runtime where no file of a chain shows one.
    common: Common<'a>,
    /// Who calls each plain function.
    callers: FxHashMap<FuncAt, Vec<FuncAt>>,
    /// Functions that some call moves to a thread or a process.
    moved: FxHashSet<FuncAt>,
    /// Python modules that some file imports.
    imported: FxHashSet<Name>,
    /// What each file's code runs on.
    targets: &'b IndexVec<FileId, Target>,
    made: OnceCell<further::Made>,
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
    /// Nothing else that is reported lies below the first call.
    pub alone: bool,
    /// The first function is the entry itself.
    pub is_entry: bool,
}

impl<'a, 'b> Advisor<'a, 'b> {
    /// Looks for functions that work with the loop.
    #[must_use]
    pub fn new(solution: &'b Solution<'a>, graph: &'b Graph, targets: &'b IndexVec<FileId, Target>) -> Self {
        let input = solution.input;
        let mut callers: FxHashMap<FuncAt, Vec<FuncAt>> = FxHashMap::default();
        for edge in graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && !edge.by_name && !input.func(edge.to).is_async) {
            callers.entry(edge.to).or_default().push(edge.from);
        }
        let here = graph.externals.iter().filter(|external| !graph.off_loop.contains(&external.call) && needs_loop(input, external));
        let mut last: Vec<FuncAt> = here.map(|external| external.from).collect();
        let mut bound: FxHashSet<FuncAt> = last.iter().copied().collect();
        for _ in 0..DEPTH {
            let above = last.iter().flat_map(|func| callers.get(func).into_iter().flatten()).copied();
            last = above.filter(|func| bound.insert(*func)).collect();
        }
        let is_moved = |edge: &&Edge| matches!(edge.kind, EdgeKind::Moved(ContextKind::Thread | ContextKind::Process));
        let moved = graph.edges.iter().filter(is_moved).map(|edge| edge.to).collect();
        let imports = input.summaries.iter().flat_map(|summary| &summary.imports);
        let imported = imports.filter_map(|(module, _)| module.split('.').next().map(crate::base::name)).collect();
        Self { solution, graph, bound, common: runtime::common(input), callers, moved, imported, targets, made: OnceCell::new() }
    }

    /// What the call does, where its fact says so.
    #[must_use]
    pub fn does<'f>(&self, call: CallAt, fact: &'f CallFact) -> Option<&'f str> {
        self.case(call, fact).and_then(|case| case.does.as_deref()).or(fact.does.as_deref())
    }

    /// One or two sentences without the last full stop.
    #[must_use]
    pub fn help(&self, asked: Asked<'_>) -> String {
        self.replacement(asked) + self.plain(asked).as_deref().unwrap_or("")
    }

    fn replacement(&self, asked: Asked<'_>) -> String {
        let input = self.solution.input;
        let (Some(first), Some(last)) = (asked.steps.first(), asked.steps.last()) else { return String::new() };
        let seen = runtime::seen(input, &self.common, first.from, asked.origin.file, asked.steps);
        let given = last.to.is_none() && self.graph.is_handed(last.call, asked.path);
        let written = if given { Written::left_out() } else { Written::of(input, last.call) };
        let instead = self.case(last.call, asked.fact).map_or(&asked.fact.instead, |case| &case.instead);
        // Who awaits while a lock of threads is held, lets others run that wait for it.
        let locked = asked.steps.iter().any(|step| self.is_locked(step.call));
        let remedy = seen.as_ref().and_then(|seen| instead.under(seen.runtime.writes));
        let remedy = remedy.filter(|remedy| !locked || matches!(remedy, Remedy::Words(_)));
        let is_code = matches!(remedy, Some(Remedy::Code(_)));
        let way = self.way(asked.steps, asked.origin);
        let handed = seen.as_ref().and_then(|seen| self.handed(asked, seen, &way, is_code));
        let caution = asked.fact.caution.instead.as_deref().map_or_else(String::new, |caution| format!(" ({caution})"));
        let deep = asked.steps.len() > 1;
        let place = if deep { format!(" in {}", self.said(last.from)) } else { String::new() };
        let replaced = remedy.map(|remedy| match remedy {
            Remedy::Words(Words { say }) => {
                let place = if deep { format!("in {}: ", self.said(last.from)) } else { String::new() };
                place + &filled(say, &written, asked.path) + &caution
            }
            Remedy::Other(Other { what }) => format!("use {}{place}{caution}", filled(what, &written, asked.path)),
            Remedy::Code(code) => {
                let code = filled(code, &written, asked.path);
                let code = quoted(&if goes_on(input, last.call) && !given { enclosed(code) } else { code });
                match &way.fixed {
                    _ if given => format!(
                        "give an async function that writes {code} in place of `{}`, and await what comes of it{caution}",
                        asked.shown
                    ),
                    Some(fixed) => format!("{fixed} can't await: do this outside of it, with {code}{caution}"),
                    None if way.names.is_empty() => format!("write {code} in place of `{}`{caution}", asked.shown),
                    None if way.shared => {
                        let names = way.listed();
                        format!(
                            "others call {names} where they can't await: write an async form with {code} in place of `{}`{caution}",
                            asked.shown
                        )
                    }
                    None => {
                        let elsewhere = self.elsewhere(asked.steps.iter().map(|step| step.from), asked.steps);
                        format!("make {} async and write {code} in place of `{}`{caution}{elsewhere}", way.listed(), asked.shown)
                    }
                }
            }
        });
        let is_foreign = matches!(remedy, Some(Remedy::Code(code)) if self.is_foreign(code, seen.as_ref()));
        // A thread takes one line in the first function, and mends all that lies below; a thread that only sleeps is wasted.
        let thread_mends = |handed: &Handed| handed.whole && deep && (asked.fact.effect != Effect::Sleep || !asked.alone);
        match (replaced, handed) {
            (Some(replaced), None) => replaced,
            (None, Some(handed)) => handed.words,
            // What facts say in words of a call that holds the GIL is said instead of another process.
            (Some(replaced), Some(_)) if matches!(remedy, Some(Remedy::Words(_))) && asked.fact.gil == Some(Gil::Held) => replaced,
            (Some(_), Some(handed)) if is_code && deep && (way.fixed.is_some() || way.shared || way.names.len() > CHANGED) => handed.words,
            (Some(replaced), Some(handed)) if is_foreign => format!("{}; or {replaced}", handed.words),
            (Some(replaced), Some(handed)) if matches!(remedy, Some(Remedy::Other(_))) => format!("{}; or {replaced}", handed.words),
            (Some(replaced), Some(handed)) if is_code && (thread_mends(&handed) || asked.steps.len() > 2) => {
                format!("{}; or {replaced}", handed.words)
            }
            (Some(replaced), Some(handed)) if is_code && !deep && handed.whole => replaced,
            (Some(replaced), Some(handed)) => format!("{replaced}; or {}", handed.words),
            (None, None) if locked => {
                "a lock of threads is held there: do this before it is taken, or move all of it to a thread".to_owned()
            }
            (None, None) if asked.fact.effect == Effect::Cpu => "compute in a worker, so that the loop goes on meanwhile".to_owned(),
            (None, None) => "no asynchronous form is known: move the work to a worker, or do it once at start-up".to_owned(),
        }
    }

    /// How the work is handed to a thread, or to a process where a thread would hold the GIL.
    fn handed(&self, asked: Asked<'_>, seen: &Seen<'_>, way: &Way, replaced: bool) -> Option<Handed> {
        let (first, last) = (asked.steps.first()?, asked.steps.last()?);
        let held = asked.fact.gil == Some(Gil::Held);
        let template = if held { seen.runtime.process.clone() } else { self.thread(first.from.file, seen) }?;
        let template = template.as_str();
        // What the function makes itself, it makes in the thread.
        let made_there = |step: &Step| step.to.is_some_and(|to| self.makes(to, asked.path));
        let caution = match (held, asked.fact.caution.thread.as_deref()) {
            (true, _) => " (it holds the GIL, so a thread does not help)".to_owned(),
            (false, Some(caution)) if !made_there(first) => format!(" ({caution})"),
            (false, _) => String::new(),
        };
        let root = self.solution.input.func(first.from);
        // What is done as it is iterated is done where that is: the whole of it goes to the thread.
        let lazy = |step: &Step| asked.fact.lazy && step.call == last.call && step.to.is_none();
        let further = |step: &Step| self.further(step.call).filter(|_| !lazy(step));
        let whole = |call| Written::whole(self.solution.input, call).filter(|text| !text.contains("await "));
        let code = |template: &str, step: &Step| match (Written::whole(self.solution.input, step.call), further(step).and_then(whole)) {
            (Some(whole), _) if lazy(step) => seen.called(template, &format!("lambda: list({whole})"), ""),
            (_, Some(whole)) => seen.called(template, &format!("lambda: {whole}"), ""),
            _ => self.code(template, seen, step, asked.shown),
        };
        let block = |around: Around, step: &Step| {
            let words = if around == Around::Loop {
                let iterated = Written::whole(self.solution.input, step.call).unwrap_or_else(|| "...".to_owned());
                let all = quoted(&seen.called(template, "list", &iterated));
                format!("take all items at once with {all}, or one at a time with `next` in place of `list`{caution}")
            } else if around == Around::With && self.awaits_inside(step.call) {
                let code = quoted(&seen.called(template, "function", ""));
                format!("the `with` block awaits or yields: move what blocks in it into a plain function and call {code}{caution}")
            } else {
                let code = quoted(&seen.called(template, "function", ""));
                format!("move {} into a plain function and call {code}{caution}", around.words())
            };
            Handed { words, whole: false }
        };
        let together = self.case(last.call, asked.fact).is_some_and(|case| case.together);
        let hand = |step: &Step| match self.hand(step) {
            Hand::Whole if together && step.to.is_none() => Hand::Block(Around::Use),
            // What the library does with the function may come later: `map`.
            Hand::Whole if self.graph.is_handed(step.call, asked.path) && self.graph.externals_of(step.call).next().is_some() => {
                Hand::Block(Around::Use)
            }
            // A method of what is written over several lines can't be named beside its arguments.
            Hand::Whole if further(step).is_some_and(|call| whole(call).is_none()) => Hand::Block(Around::Whole),
            Hand::Whole if step.to.is_none() && Written::of(self.solution.input, step.call).callee.is_none() => Hand::Block(Around::Lines),
            hand => hand,
        };
        Some(match hand(first) {
            Hand::Whole if root.is_async => Handed { words: format!("call {}{caution}", quoted(&code(template, first))), whole: true },
            Hand::Whole if way.fixed_root => {
                let start = seen.runtime.start.as_deref()?;
                let start = quoted(&code(start, first));
                let (name, after) = (self.said(first.from), "and go on in a callback of the future that this gives");
                Handed { words: format!("{name} can't await: write {start}{caution} {after}"), whole: true }
            }
            Hand::Whole => {
                let name = self.said(first.from);
                let (code, elsewhere) = (quoted(&code(template, first)), self.elsewhere([first.from], asked.steps));
                Handed { words: format!("make {name} async and call {code}{caution}{elsewhere}"), whole: true }
            }
            Hand::Block(around) => block(around, first),
            Hand::Inside if replaced || asked.steps.len() < 2 => return None,
            Hand::Inside => match (hand(last), &way.fixed) {
                (Hand::Block(around), _) => block(around, last),
                (Hand::Inside, _) => return None,
                (Hand::Whole, Some(fixed)) => Handed {
                    words: format!("{fixed} can't await: do this outside of it, with {}{caution}", quoted(&code(template, last))),
                    whole: false,
                },
                (Hand::Whole, None) if way.shared => {
                    let (names, code) = (way.listed(), quoted(&code(template, last)));
                    let words = format!("others call {names} where they can't await: write an async form that calls {code}{caution}");
                    Handed { words, whole: false }
                }
                (Hand::Whole, None) => {
                    let elsewhere = self.elsewhere(asked.steps.iter().map(|step| step.from), asked.steps);
                    let code = quoted(&code(template, last));
                    Handed { words: format!("make {} async and call {code}{caution}{elsewhere}", way.listed()), whole: false }
                }
            },
        })
    }

    /// Code that runs a function in a thread and waits for it, which all versions that a file's project allows have.
    fn thread(&self, file: FileId, seen: &Seen<'_>) -> Option<String> {
        let Runtime { thread, thread_since, start, .. } = seen.runtime;
        match (thread_since.as_deref().and_then(Target::version), self.targets[file].python, start) {
            (Some(since), Some(python), Some(start)) if python < since => Some(format!("await {start}")),
            _ => thread.clone(),
        }
    }

    /// Whether the code is of a library that is no part of the runtime, and that no file imports.
    fn is_foreign(&self, code: &str, seen: Option<&Seen<'_>>) -> bool {
        let code = code.strip_prefix("async with ").unwrap_or(code);
        let code = code.strip_prefix("await ").unwrap_or(code);
        let Some((module, _)) = code.split_once('.').filter(|(module, _)| module.chars().all(char::is_alphanumeric)) else {
            return false;
        };
        let of_runtime = seen.is_some_and(|seen| seen.runtime.writes != Idiom::Asyncio);
        module != "asyncio" && !of_runtime && !self.imported.contains(&crate::base::name(module))
    }

    /// The template with the step's call in it.
    fn code(&self, template: &str, seen: &Seen<'_>, step: &Step, shown: &str) -> String {
        let written = Written::of(self.solution.input, step.call);
        let function =
            written.callee.clone().unwrap_or_else(|| step.to.map_or_else(|| shown.to_owned(), |to| self.solution.input.func_name(to)));
        if written.keywords && (!seen.runtime.keywords || seen.runtime.start.as_deref().is_some_and(|start| template.ends_with(start))) {
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

/// The remedy with the call's parts in it: `{receiver}`, `{arguments}`, `{name}` (after `as`), `{method}` (`{method-Sync}` without that end).
fn filled(remedy: &str, written: &Written, path: Name) -> String {
    let (owner, method) = path.rsplit_once('.').unwrap_or(("", path.as_str()));
    let kind = owner.rsplit('.').next().unwrap_or("").to_lowercase();
    let remedy = &written.named(remedy, owner, method);
    let mut out = written.bound.as_ref().map_or_else(|| remedy.replace(" as {name}", ""), |name| remedy.replace("{name}", name));
    while let Some((start, rest)) = out.split_once("{method").map(|(before, rest)| (before.len(), rest)) {
        let Some((cut, after)) = rest.split_once('}') else { break };
        let named = method.strip_suffix(cut.trim_start_matches('-')).unwrap_or(method);
        out = format!("{}{named}{after}", &out[..start]);
    }
    let out = match (written.receiver(), &written.callee) {
        (Some(receiver), _) => out.replace("{receiver}", receiver),
        // The function has been imported by its name.
        (None, Some(_)) => out.replace("{receiver}.", "").replace("{receiver}", &kind),
        (None, None) => out.replace("{receiver}", &kind),
    };
    out.replace("{arguments}", &written.arguments)
}

/// Whether the call works only where the loop runs: it belongs to it, or raises where none does, and nothing catches that.
fn needs_loop(input: Input<'_>, external: &External) -> bool {
    let facts = input.facts_of(external.call.file);
    let caught = |guard: &Guard| guard.test == Test::Call(external.call.id) && guard.branch == Branch::Raised;
    facts.is_loop_bound(external.path)
        || (facts.off_loop(external.path) == Some(Branch::Raised) && !input.summaries[external.call.file].guards.iter().any(caught))
}

/// Whether a member or an element is taken of what the call gives, in the same expression.
fn goes_on(input: Input<'_>, call: CallAt) -> bool {
    let end = input.summaries[call.file].calls[call.id].span.end as usize;
    let after = input.sources[call.file].text.get(end..).unwrap_or("");
    let below = after.trim_start();
    // On a line below, brackets begin something else.
    below.starts_with("?.") || (below.starts_with('.') && !below.starts_with("...")) || after.starts_with(['[', '('])
}

/// `await` in its own parentheses, so that what follows goes on with what it gives.
fn enclosed(code: String) -> String {
    if !code.starts_with("await ") {
        return code;
    }
    let said = code.find("  # ").or_else(|| code.find("  // ")).unwrap_or(code.len());
    format!("({}){}", &code[..said], &code[said..])
}

/// Code between backquotes; a comment at its end is said beside it.
fn quoted(code: &str) -> String {
    match code.split_once("  # ").or_else(|| code.split_once("  // ")) {
        Some((code, said)) => format!("`{code}` ({said})"),
        None => format!("`{code}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Written, filled};
    use crate::base::name;

    #[test]
    fn a_remedy_takes_the_calls_parts() {
        let fill = |remedy: &str, callee: &str, bound: Option<&str>| {
            let (callee, bound) = (Some(callee.to_owned()), bound.map(str::to_owned));
            filled(remedy, &Written { callee, arguments: "a, b".to_owned(), keywords: false, bound }, name("fs-extra.copySync"))
        };
        assert_eq!(fill("await {receiver}.{method-Sync}({arguments})", "fse.copySync", None), "await fse.copy(a, b)");
        assert_eq!(fill("await {receiver}.{method-Sync}({arguments})", "copySync", None), "await copy(a, b)");
        assert_eq!(fill("a{method}, {method-x}", "copySync", None), "acopySync, copySync");
        assert_eq!(fill("async with f() as {name}", "open", Some("log")), "async with f() as log");
        assert_eq!(fill("async with f() as {name}", "open", None), "async with f()");
    }
}
