//! The order of the phases; nothing else knows it.

use crate::base::written::Fault;
use crate::base::{FileId, Source};
use crate::config::Settings;
use crate::contexts::{self, Contexts};
use crate::effects::sizes::Sizes;
use crate::effects::{self, Effects, patterns};
use crate::facts::FactBase;
use crate::finding::{Cleared, Finding, Suppressed};
use crate::ir::ModuleSummary;
use crate::lang::{self, Lang};
use crate::link::graph::{self, Graph, Outcome, Reason};
use crate::link::modules::Modules;
use crate::link::names::{self, Named};
use crate::link::{self, Input, reads};
use crate::rules::{self, Program};
use crate::suppress::{self, Ignores};
use oxc_index::IndexVec;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The result of a run.
pub struct Analysis {
    /// Texts, in path order.
    pub sources: IndexVec<FileId, Source>,
    /// What they say.
    pub summaries: IndexVec<FileId, ModuleSummary>,
    /// Findings of every severity and confidence, in order of place.
    pub findings: Vec<Finding>,
    /// What was let go.
    pub cleared: Vec<Cleared>,
    /// Findings that comments suppress.
    pub suppressed: Vec<Suppressed>,
    /// Counts.
    pub counts: Counts,
    /// The call graph.
    pub graph: Graph,
    /// Where functions run.
    pub contexts: Contexts,
    /// What functions do.
    pub effects: Effects,
    /// Files that were lost to a fault of ours.
    pub panicked: usize,
    /// What is wrong in configuration and facts, where they were read with the sources.
    pub faults: Vec<Fault>,
    /// How long the phases took.
    pub timings: Timings,
}

/// The phases of a run, as `Timings` names them.
const PHASES: [&str; 7] = ["parse and lower", "link: values", "link: graph", "spread", "patterns", "infer", "check"];

/// How far a run is, for whoever looks on from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    files: usize,
    lowered: AtomicUsize,
    ended: AtomicUsize,
}

impl Progress {
    /// That of a run over so many files.
    #[must_use]
    pub fn new(files: usize) -> Self {
        Self { files, ..Self::default() }
    }

    /// The phase that runs, and how much is done of `whole`: parsing is half of it, the other phases share the rest.
    #[must_use]
    pub fn at(&self, whole: usize) -> (&'static str, usize) {
        let (lowered, ended) = (self.lowered.load(Ordering::Relaxed), self.ended.load(Ordering::Relaxed));
        let parsed = (whole / 2 * lowered).checked_div(self.files).unwrap_or(0);
        let others = whole / 2 * ended.saturating_sub(1) / (PHASES.len() - 1);
        (PHASES.get(ended).copied().unwrap_or("report"), (parsed + others).min(whole))
    }
}

/// How long the phases took, in order, by the clock.
#[derive(Debug)]
pub struct Timings {
    /// Each phase with its time.
    pub phases: Vec<(&'static str, Duration)>,
    last: Instant,
}

impl Timings {
    fn new() -> Self {
        Self { phases: Vec::new(), last: Instant::now() }
    }

    fn end(&mut self, phase: &'static str) {
        let now = Instant::now();
        self.phases.push((phase, now.duration_since(self.last)));
        self.last = now;
    }
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Functions, module bodies not counted.
    pub functions: usize,
    /// Functions that run on a loop.
    pub loop_functions: usize,
    /// Call sites.
    pub calls: usize,
    /// Resolved to a definition, a builtin or an external path.
    pub resolved: usize,
    /// External, on a receiver whose type is unknown.
    pub unknown_receiver: usize,
    /// Resolved by the method's name alone.
    pub by_name: usize,
    /// Unresolved, by reason.
    pub unresolved: [usize; Reason::ALL.len()],
    /// Value sets that were full.
    pub full_sets: usize,
    /// Value sets.
    pub sets: usize,
    /// Regular expressions.
    pub patterns: patterns::Counts,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Implied => return,
            Outcome::Known => self.resolved += 1,
            Outcome::UnknownReceiver => self.unknown_receiver += 1,
            Outcome::ByName => self.by_name += 1,
            Outcome::Unresolved(reason) => self.unresolved[reason as usize] += 1,
        }
        self.calls += 1;
    }

    /// How the calls came out: in words, how many, and the share in tenths of a percent.
    #[must_use]
    pub fn outcomes(&self) -> Vec<(String, usize, usize)> {
        let resolved = [
            ("to a definition, a builtin or a library's path".to_owned(), self.resolved),
            ("to a library's path, on a receiver of unknown type".to_owned(), self.unknown_receiver),
            ("by the method's name alone (low confidence)".to_owned(), self.by_name),
        ];
        let unresolved = Reason::ALL.iter().map(|reason| (format!("unresolved: {}", reason.words()), self.unresolved[*reason as usize]));
        let all = resolved.into_iter().chain(unresolved);
        all.map(|(words, count)| (words, count, (count * 1000).checked_div(self.calls).unwrap_or(0))).collect()
    }

    /// Share of calls resolved, in whole percent.
    #[must_use]
    pub fn percent_resolved(&self) -> usize {
        (self.resolved * 100).checked_div(self.calls).unwrap_or(100)
    }
}

/// Lowers one file; a panic over it costs that file alone.
fn lower(text: &str, lang: Lang) -> Option<ModuleSummary> {
    std::panic::catch_unwind(|| lang::lower(text, lang)).ok()
}

fn lost(text: &str, lang: Lang) -> ModuleSummary {
    let mut summary = ModuleSummary::new(lang.family(), text.len());
    summary
        .problems
        .push(crate::ir::Problem { message: "internal error: this file was not analysed; please report it".to_owned(), span: None });
    summary
}

/// What lowering gives: sources and summaries in path order, and how many files were lost to a fault of ours.
type Lowered = (IndexVec<FileId, Source>, IndexVec<FileId, ModuleSummary>, usize);

fn lower_all(mut files: Vec<(String, String, Lang)>, facts: &FactBase, progress: &Progress) -> Lowered {
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files.dedup_by(|one, other| one.0 == other.0);
    let one = |(_, text, lang): &(String, String, Lang)| {
        let summary = lower(text, *lang);
        progress.lowered.fetch_add(1, Ordering::Relaxed);
        summary
    };
    let lowered: Vec<Option<ModuleSummary>> = files.par_iter().map(one).collect();
    let panicked = lowered.iter().filter(|summary| summary.is_none()).count();
    let mut summaries: IndexVec<FileId, ModuleSummary> =
        lowered.into_iter().zip(&files).map(|(summary, (_, text, lang))| summary.unwrap_or_else(|| lost(text, *lang))).collect();
    let sources: IndexVec<FileId, Source> = files.into_iter().map(|(path, text, _)| Source::new(path, text)).collect();
    reads::add(&mut summaries, facts);
    (sources, summaries, panicked)
}

/// The call graph of the files by dotted names; `roots` are the folders that modules are named from.
#[must_use]
pub fn call_graph(files: Vec<(String, String, Lang)>, projects: &[(String, String)], facts: &FactBase, roots: &[String]) -> Named {
    let (sources, summaries, _) = lower_all(files, facts, &Progress::default());
    let modules = Modules::new(sources.iter_enumerated().map(|(file, source)| (file, source.path.as_str())), projects);
    let solution = link::solve(Input { sources: &sources, summaries: &summaries, facts, modules: &modules });
    names::named(&solution, &graph::build(&solution), roots)
}

/// Analyses files: path, text and language; `projects` are package.json, tsconfig.json and the like.
#[must_use]
pub fn run(files: Vec<(String, String, Lang)>, projects: &[(String, String)], facts: &FactBase, settings: &Settings) -> Analysis {
    run_told(files, projects, facts, settings, &Progress::default())
}

/// As [`run`], and tells `progress` how far it is.
#[must_use]
pub fn run_told(
    files: Vec<(String, String, Lang)>,
    projects: &[(String, String)],
    facts: &FactBase,
    settings: &Settings,
    progress: &Progress,
) -> Analysis {
    let mut timings = Timings::new();
    let mut end = |phase| {
        timings.end(phase);
        progress.ended.fetch_add(1, Ordering::Relaxed);
    };
    let (sources, summaries, panicked) = lower_all(files, facts, progress);
    end("parse and lower");
    let modules = Modules::new(sources.iter_enumerated().map(|(file, source)| (file, source.path.as_str())), projects);
    let input = Input { sources: &sources, summaries: &summaries, facts, modules: &modules };
    let solution = link::solve(input);
    end("link: values");
    let graph = graph::build(&solution);
    end("link: graph");
    let contexts = contexts::spread(&solution, &graph);
    end("spread");
    let patterns = patterns::find(&solution, &graph, |func| contexts.is_reached(func));
    end("patterns");
    let sizes = Sizes::new(&solution, &graph);
    let effects = effects::infer(&sizes, &solution, &graph, &patterns);
    end("infer");
    let program =
        Program { input, solution: &solution, graph: &graph, effects: &effects, contexts: &contexts, sizes: &sizes, patterns: &patterns };
    let (mut findings, mut cleared) = rules::check(&program);
    let mut ignores = Ignores::read(&sources, &summaries, settings);
    let mut suppressed = Vec::new();
    if !ignores.is_empty() {
        let avoided = ignores.met(&program);
        // What else is reached from where a finding is suppressed.
        let otherwise = || {
            let effects = effects::infer_without(&sizes, &solution, &graph, &patterns, &avoided);
            rules::check(&Program { effects: &effects, ..program }).0
        };
        suppressed = ignores.apply(&sources, &mut findings, &mut cleared, otherwise);
    }
    suppress::add_unused(&mut ignores, &sources, &summaries, &cleared, &mut findings);
    suppress::configured(settings, &sources, &mut findings, &mut cleared);
    suppress::reported(settings, &sources, &mut suppressed);
    let mut counts = Counts {
        functions: summaries.iter().map(|summary| summary.functions.len() - 1).sum(),
        loop_functions: contexts.on_loop(),
        full_sets: solution.full,
        sets: solution.sets(),
        patterns: patterns.counts,
        ..Counts::default()
    };
    graph.outcomes.iter().flatten().for_each(|outcome| counts.add(*outcome));
    drop(sizes);
    drop(solution);
    end("check");
    Analysis { sources, summaries, findings, cleared, counts, graph, contexts, effects, panicked, suppressed, faults: Vec::new(), timings }
}
