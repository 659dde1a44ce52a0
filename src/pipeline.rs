//! The order of the phases; nothing else knows it.

use crate::base::written::Fault;
use crate::base::{FileId, Source};
use crate::config::Settings;
use crate::contexts::{self, Contexts};
use crate::effects::sizes::Sizes;
use crate::effects::{self, Avoided, Effects, patterns};
use crate::facts::FactBase;
use crate::finding::{Cleared, Finding, Suppressed};
use crate::ir::ModuleSummary;
use crate::lang::{self, Lang};
use crate::link::graph::{self, Graph, Outcome, Reason};
use crate::link::modules::Modules;
use crate::link::names::{self, Named};
use crate::link::{self, CallAt, Input, reads};
use crate::rules::{self, Program};
use crate::suppress::{self, Ignores};
use oxc_index::IndexVec;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;
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
    /// What the calls that were asked for cause, where `findings` tells of another cause at the same place: see `Aside`.
    pub hidden: Vec<Finding>,
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
    progress: Arc<Progress>,
}

impl Timings {
    fn new(progress: &Arc<Progress>) -> Self {
        Self { phases: Vec::new(), last: Instant::now(), progress: Arc::clone(progress) }
    }

    fn end(&mut self, phase: &'static str) {
        let now = Instant::now();
        self.phases.push((phase, now.duration_since(self.last)));
        self.last = now;
        self.progress.ended.fetch_add(1, Ordering::Relaxed);
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

fn lower_all(files: Vec<(String, String, Lang)>, facts: &FactBase, progress: &Progress) -> Lowered {
    let (sources, mut summaries, panicked) = lower_each(files, progress);
    reads::add(&mut summaries, facts);
    (sources, summaries, panicked)
}

fn lower_each(mut files: Vec<(String, String, Lang)>, progress: &Progress) -> Lowered {
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files.dedup_by(|one, other| one.0 == other.0);
    let one = |(_, text, lang): &(String, String, Lang)| {
        let summary = lower(text, *lang);
        progress.lowered.fetch_add(1, Ordering::Relaxed);
        summary
    };
    let lowered: Vec<Option<ModuleSummary>> = files.par_iter().map(one).collect();
    let panicked = lowered.iter().filter(|summary| summary.is_none()).count();
    let summaries: IndexVec<FileId, ModuleSummary> =
        lowered.into_iter().zip(&files).map(|(summary, (_, text, lang))| summary.unwrap_or_else(|| lost(text, *lang))).collect();
    let sources: IndexVec<FileId, Source> = files.into_iter().map(|(path, text, _)| Source::new(path, text)).collect();
    (sources, summaries, panicked)
}

/// The files of another version of a run, of which only `files` are lowered: all others of `run` are as they were, save those
/// at the paths `without`, which are not in it.
fn lower_beside(run: &Analysis, files: Vec<(String, String, Lang)>, without: &BTreeSet<&str>, facts: &FactBase) -> Lowered {
    let (sources, summaries, panicked) = lower_each(files, &Progress::default());
    let kept = run.sources.iter().zip(&run.summaries).filter(|(source, _)| !without.contains(source.path.as_str()));
    let kept = kept.map(|(source, summary)| {
        let mut summary = summary.clone();
        reads::take_out(&mut summary);
        (Source::new(source.path.clone(), source.text.clone()), summary)
    });
    let mut all: Vec<(Source, ModuleSummary)> = kept.chain(sources.into_iter().zip(summaries)).collect();
    all.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    let (sources, summaries): (Vec<Source>, Vec<ModuleSummary>) = all.into_iter().unzip();
    let (sources, mut summaries) = (IndexVec::from_vec(sources), IndexVec::from_vec(summaries));
    reads::add(&mut summaries, facts);
    (sources, summaries, panicked)
}

/// The call graph of the files by dotted names; `roots` are the folders that modules are named from.
#[must_use]
pub fn call_graph(files: Vec<(String, String, Lang)>, projects: &[(String, String)], facts: &FactBase, roots: &[String]) -> Named {
    let (sources, summaries, _) = lower_all(files, facts, &Progress::default());
    let modules = Modules::new(&sources, projects);
    let solution = link::solve(Input { sources: &sources, summaries: &summaries, facts, modules: &modules });
    names::named(&solution, &graph::build(&solution), roots)
}

/// Analyses files: path, text and language; `projects` are package.json, tsconfig.json and the like.
#[must_use]
pub fn run(files: Vec<(String, String, Lang)>, projects: &[(String, String)], facts: &FactBase, settings: &Settings) -> Analysis {
    run_with(files, projects, facts, settings, None, &Arc::default())
}

/// Given the program, what was found, and what comments let go: sets of the library's calls whose effects are looked for by
/// themselves, each set apart from the others, since one cause is told for each call of a function on the loop.
pub type Aside<'a> = &'a dyn Fn(&Program<'_, '_>, &[Finding], &Avoided) -> Vec<FxHashSet<CallAt>>;

/// As `run`, and looks for what some calls cause; tells `progress` how far it is.
#[must_use]
pub fn run_with(
    files: Vec<(String, String, Lang)>,
    projects: &[(String, String)],
    facts: &FactBase,
    settings: &Settings,
    aside: Option<Aside<'_>>,
    progress: &Arc<Progress>,
) -> Analysis {
    let timings = Timings::new(progress);
    analyse(lower_all(files, facts, progress), projects, facts, settings, aside, timings)
}

/// Another version of a run.
#[derive(Debug, Default)]
pub struct Version<'a> {
    /// Files that it has otherwise, or that the run has not: path, text and language.
    pub files: Vec<(String, String, Lang)>,
    /// Paths of the run's files that it has not, or has otherwise.
    pub without: BTreeSet<&'a str>,
    /// Its project files.
    pub projects: &'a [(String, String)],
}

/// Analyses another version of a run; what both have is not read again.
#[must_use]
pub fn run_beside(run: &Analysis, version: Version<'_>, facts: &FactBase, settings: &Settings, aside: Aside<'_>) -> Analysis {
    let timings = Timings::new(&Arc::default());
    analyse(lower_beside(run, version.files, &version.without, facts), version.projects, facts, settings, Some(aside), timings)
}

fn analyse(
    lowered: Lowered,
    projects: &[(String, String)],
    facts: &FactBase,
    settings: &Settings,
    aside: Option<Aside<'_>>,
    mut timings: Timings,
) -> Analysis {
    let (sources, summaries, panicked) = lowered;
    timings.end("parse and lower");
    let modules = Modules::new(&sources, projects);
    let input = Input { sources: &sources, summaries: &summaries, facts, modules: &modules };
    let solution = link::solve(input);
    timings.end("link: values");
    let graph = graph::build(&solution);
    timings.end("link: graph");
    let contexts = contexts::spread(&solution, &graph);
    timings.end("spread");
    let patterns = patterns::find(&solution, &graph, |func| contexts.is_reached(func));
    timings.end("patterns");
    let sizes = Sizes::new(&solution, &graph);
    let effects = effects::infer(&sizes, &solution, &graph, &patterns);
    timings.end("infer");
    let targets = sources.iter().map(|source| settings.target_of(&source.path)).collect();
    let program = Program {
        input,
        solution: &solution,
        graph: &graph,
        effects: &effects,
        contexts: &contexts,
        sizes: &sizes,
        patterns: &patterns,
        targets: &targets,
    };
    let (mut findings, mut cleared) = rules::check(&program, |rule| settings.may_report(rule.kind()));
    let mut ignores = Ignores::read(&sources, &summaries, settings);
    let (mut suppressed, mut avoided) = (Vec::new(), Avoided::default());
    if !ignores.is_empty() {
        avoided = ignores.met(&program);
        // What else is reached from where a finding is suppressed.
        let otherwise = || {
            let effects = effects::infer_without(&sizes, &solution, &graph, &patterns, &avoided);
            rules::check_effects(&Program { effects: &effects, ..program })
        };
        suppressed = ignores.apply(&sources, &mut findings, &mut cleared, otherwise);
    }
    suppress::add_unused(&mut ignores, &sources, &summaries, &cleared, &mut findings);
    suppress::configured(settings, &sources, &mut findings, &mut cleared);
    suppress::reported(settings, &sources, &mut suppressed);
    let alone = aside.map_or_else(Vec::new, |aside| aside(&program, &findings, &avoided));
    let mut hidden = Vec::new();
    let end = |finding: &Finding| finding.chain.last().map(|hop| (hop.file, hop.span));
    let mut told: FxHashSet<_> =
        if alone.is_empty() { FxHashSet::default() } else { findings.iter().map(|finding| (finding.order(), end(finding))).collect() };
    for alone in alone.iter().filter(|alone| !alone.is_empty()) {
        let others = program.effects.sinks.iter().filter(|sink| !alone.contains(&sink.call));
        let avoided = others.map(|sink| (sink.call, sink.channel.0)).chain(avoided.iter().copied()).collect();
        let effects = effects::infer_without(&sizes, &solution, &graph, &patterns, &avoided);
        let ends: FxHashSet<_> = alone.iter().map(|call| Some((call.file, summaries[call.file].calls[call.id].span))).collect();
        let mut found = rules::check_effects(&Program { effects: &effects, ..program });
        found.retain(|finding| ends.contains(&end(finding)) && told.insert((finding.order(), end(finding))));
        hidden.append(&mut found);
    }
    if !hidden.is_empty() {
        let mut let_go = Vec::new();
        ignores.apply(&sources, &mut hidden, &mut let_go, Vec::new);
        suppress::configured(settings, &sources, &mut hidden, &mut let_go);
    }
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
    timings.end("check");
    Analysis {
        sources,
        summaries,
        findings,
        hidden,
        cleared,
        counts,
        graph,
        contexts,
        effects,
        panicked,
        suppressed,
        faults: Vec::new(),
        timings,
    }
}
