//! `loopwarden check`

use super::further::Further;
use super::output::{self, Output};
use super::scope::Scoped;
use super::wanted::Wanted;
use super::{Exit, add_ignore, baseline, caused, complain, print, working_folder};
use crate::config::FailOn;
use crate::contexts::unknown::{self, Known};
use crate::facts::FactBase;
use crate::finding::Severity;
use crate::pipeline::{Counts, Timings};
use crate::report::format::Format;
use crate::report::{self, Folders, Least, Shown};
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Libraries without facts that are named.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Folders to analyse; files, of the project that holds them, to report on
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    scoped: Scoped,
    #[command(flatten)]
    wanted: Wanted,
    /// The baseline's file [default: the nearest .loopwarden-baseline.json at or above the working folder]
    #[arg(long, value_name = "PATH", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Report what the baseline knows too
    #[arg(long)]
    no_baseline: bool,
    /// Write ignore comments with this reason for all that would be reported
    #[arg(long, value_name = "REASON")]
    add_ignore: Option<String>,
    /// Form of the output
    #[arg(long, default_value = "full", value_name = "FORMAT")]
    output_format: Format,
    /// Write a file in another form, too; again for more
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output::output)]
    output: Vec<Output>,
    /// Threads to use; 0 for one a core
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// List the files that would be analysed and what is left out, then stop
    #[arg(long)]
    show_files: bool,
    #[command(flatten)]
    told: Told,
}

/// What is told on standard error.
#[derive(Debug, Args)]
struct Told {
    /// Count findings by rule and confidence, what was let go, how calls were resolved, and which libraries lack facts, on standard error
    #[arg(long)]
    statistics: bool,
    /// Tell how long each phase took, on standard error; with `--threads 1` that is processor time
    #[arg(long)]
    timings: bool,
}

impl Check {
    pub(super) fn run(self) -> Exit {
        if let Err(exit) = self.wanted.check().and_then(|()| output::check(&self.output)) {
            return exit;
        }
        match rayon::ThreadPoolBuilder::new().num_threads(self.threads).stack_size(8 << 20).build() {
            Ok(pool) => pool.install(|| self.go()),
            Err(error) => {
                complain(&format!("threads: {error}"));
                Exit::Internal
            }
        }
    }

    fn go(&self) -> Exit {
        let start = Instant::now();
        if self.show_files {
            return self.list();
        }
        let whole = self.scoped.widens(&self.paths);
        let prepared = super::prepare_in(&self.paths, whole, |settings| self.wanted.overrule(settings));
        let prepared = prepared.and_then(|mut prepared| Ok((self.scoped.bases(&mut prepared)?, prepared)));
        let (bases, mut prepared) = match prepared {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let loaded = working_folder().and_then(|working| {
            let loaded = if self.no_baseline { None } else { baseline::load(self.baseline.as_deref(), &working)? };
            Ok((working, loaded))
        });
        let (working, loaded) = match loaded {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        let is_whole = self.scoped.forget_large(&self.paths, bases.as_deref(), &mut prepared);
        let lines = bases.as_ref().map(|bases| caused::changed_lines(bases, &prepared.discovery));
        let least = Least { severity: prepared.settings.min_severity, confidence: prepared.settings.min_confidence };
        let files = prepared.files();
        let settings = &prepared.settings;
        let further = loaded.as_ref().map(|loaded| Further::new(settings, least, Some(loaded)));
        let mut analysis = prepared.analyse_with(
            files,
            Some(&|program, findings, avoided| {
                let new = further.as_ref().map_or_else(Vec::new, |further| further.look(program, findings, avoided));
                // Of a change what it caused is told, and no more.
                lines.as_ref().map_or(new, |lines| vec![caused::on_changed_lines(lines, program)])
            }),
        );
        let caused = bases.zip(lines).map(|(bases, lines)| caused::caused(&bases, &lines, &prepared, &analysis, least));
        prepared.area.shorten(&mut analysis, &mut prepared.discovery);
        let mut shown = Shown::new(&analysis, &prepared.discovery, least);
        shown.folders = Folders::of(&prepared.settings);
        self.scoped.narrow(&self.paths, &prepared.settings, caused.as_ref(), &mut shown, |shown| match (&loaded, &further) {
            (Some(loaded), Some(further)) => baseline::subtract((loaded, further), settings, &self.paths, caused.is_some(), shown),
            _ => vec![true; shown.analysis.hidden.len()],
        });
        if let Some(reason) = &self.add_ignore {
            return add_ignore::add(&shown, reason, &working);
        }
        let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
        match output::text(self.output_format, &shown, colour) {
            Ok(text) => print(&text),
            Err(exit) => return exit,
        }
        if let Err(exit) = output::write(&self.output, &shown) {
            return exit;
        }
        for problem in if is_whole { shown.problems_in_short() } else { shown.problems() } {
            complain(&format!("problem: {problem}"));
        }
        if self.told.statistics {
            complain(&statistics(&shown, &prepared.facts));
        }
        if self.told.timings {
            complain(&timings(&analysis.timings));
        }
        complain(&shown.summary(Some(start.elapsed())));
        let fails = shown.findings.iter().any(|finding| match prepared.settings.fail_on {
            FailOn::Error => finding.severity >= Severity::Error,
            FailOn::Warning => finding.severity >= Severity::Warning,
            FailOn::Info => true,
            FailOn::Never => false,
        });
        if analysis.panicked > 0 {
            Exit::Internal
        } else if prepared.faulty {
            Exit::Usage
        } else if fails {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }

    fn list(&self) -> Exit {
        let discovery = match super::prepare_in(&self.paths, self.scoped.widens(&self.paths), |_| {}) {
            Ok(prepared) => prepared.discovery,
            Err(exit) => return exit,
        };
        let mut out = String::new();
        for found in &discovery.files {
            _ = writeln!(out, "{}", found.path);
        }
        for (path, reason) in &discovery.left_out {
            _ = writeln!(out, "{path}: left out: {reason}");
        }
        print(&out);
        for problem in &discovery.problems {
            complain(&format!("problem: {}: {}", problem.path, problem.message));
        }
        Exit::Clean
    }
}

fn statistics(shown: &Shown<'_>, facts: &FactBase) -> String {
    let mut found: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in &shown.analysis.findings {
        *found.entry((finding.rule, report::severity(finding.severity), report::confidence(finding.confidence))).or_default() += 1;
    }
    let mut cleared: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &shown.analysis.cleared {
        *cleared.entry((one.rule, one.reason.as_str())).or_default() += 1;
    }
    let counts = &shown.analysis.counts;
    let mut out = String::from("findings by rule, severity, confidence:\n");
    for ((rule, severity, confidence), count) in found {
        _ = writeln!(out, "  {count:>6} {rule} {severity} {confidence}");
    }
    out.push_str("let go by rule and reason:\n");
    for ((rule, reason), count) in cleared {
        _ = writeln!(out, "  {count:>6} {rule} {reason}");
    }
    let lost: u64 = shown.analysis.summaries.iter().map(|summary| u64::from(summary.lost_bytes)).sum();
    let bytes: usize = shown.analysis.sources.iter().map(|source| source.text.len()).sum();
    out.push_str(&calls(counts));
    out.push_str(&patterns(&counts.patterns));
    out.push_str(&libraries(&unknown::known(&shown.analysis.summaries, facts, &shown.analysis.graph, &shown.analysis.contexts)));
    _ = write!(
        out,
        "value sets cut at their bound: {} of {}; bytes lost to syntax errors: {lost} of {bytes}",
        counts.full_sets, counts.sets
    );
    out
}

/// How many calls were resolved, and why the others were not.
pub(super) fn calls(counts: &Counts) -> String {
    let mut out = format!("calls: {}\n", counts.calls);
    for (words, count, share) in counts.outcomes() {
        _ = writeln!(out, "  {count:>8} {:>3}.{}% {words}", share / 10, share % 10);
    }
    out
}

/// How the regular expressions that are applied came out.
fn patterns(counts: &crate::effects::patterns::Counts) -> String {
    format!(
        "regular expressions: {} of known text at {} calls, {} calls with a text that is not known\n  {} safe, {} polynomial, {} exponential, {} over budget, {} too large or not modelled, {} that do not parse\n",
        counts.patterns,
        counts.calls,
        counts.hidden,
        counts.safe,
        counts.polynomial,
        counts.exponential,
        counts.over_budget,
        counts.undecided,
        counts.broken
    )
}

/// Which libraries are called on a loop without facts, the most called first.
fn libraries(known: &Known) -> String {
    let others: usize = known.unknown.iter().map(|(_, _, calls)| calls).sum();
    let all = known.calls + others;
    let share = (known.calls * 100).checked_div(all).unwrap_or(100);
    let mut out = format!("calls into libraries on a loop: {all}, {share}% into libraries with facts; most called without:\n");
    for (family, library, calls) in known.unknown.iter().take(SHOWN) {
        _ = writeln!(out, "  {calls:>6} {library} ({})", super::facts::language(*family));
    }
    out
}

/// Each phase with its time and its share of them all.
fn timings(timings: &Timings) -> String {
    let all: Duration = timings.phases.iter().map(|(_, time)| *time).sum();
    let mut out = String::from("time by phase:");
    for (phase, time) in &timings.phases {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
        _ = write!(out, "\n  {:>9.3} s {share:>5.1}% {phase}", time.as_secs_f64());
    }
    out
}
