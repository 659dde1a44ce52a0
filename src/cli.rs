//! The command line: arguments to settings, results to streams and an exit code.

mod add_ignore;
mod baseline;
mod caused;
mod check;
mod completions;
mod config;
mod dump;
mod facts;
mod further;
mod init;
mod man;
mod output;
mod progress;
mod regex;
mod rule;
mod scope;
mod wanted;
mod why;

use crate::base::written::{Fault, Written};
use crate::config::{Configuration, RuleKind, Settings};
use crate::discover::{self, Configurations, Discovery};
use crate::facts::FactBase;
use crate::lang::Lang;
use crate::pipeline::{self, Analysis, Progress};
use crate::report;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Finds the code that stalls an event loop, with the path that leads to it.
#[derive(Debug, Parser)]
#[command(name = "loopwarden", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyse files and folders and report what stalls the loop
    Check(check::Check),
    /// Write down what is reported now, so that a check shows only what is new
    Baseline(baseline::Baseline),
    /// Write a commented loopwarden.toml
    Init(init::Init),
    /// Show the effective settings, or the JSON schema
    Config(config::Config),
    /// Explain one rule, or list all
    Rule(rule::Rule),
    /// List the libraries of which something is known, or tell what is known of one
    Facts(facts::Facts),
    /// Tell what is known about one line: contexts, callees, what was let go and why
    Why(why::Why),
    /// Tell how long a backtracking engine may take over a regular expression, and on which text
    Regex(regex::Regex),
    /// Print an intermediate result
    Dump(dump::Dump),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Print the man page of the program or of one command
    Man(man::Man),
}

/// How a command ended; its number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Clean = 0,
    Findings = 1,
    Usage = 2,
    Internal = 3,
}

/// Runs the command line and gives its exit code: 0 clean, 1 findings, 2 usage, 3 internal error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Arguments::try_parse_from(arguments) {
        Err(error) => {
            let usage = error.use_stderr();
            _ = error.print();
            if usage { Exit::Usage } else { Exit::Clean }
        }
        Ok(arguments) => match arguments.command {
            Command::Check(check) => check.run(),
            Command::Baseline(baseline) => baseline.run(),
            Command::Init(init) => init.run(),
            Command::Config(config) => config.run(),
            Command::Rule(rule) => rule.run(),
            Command::Facts(facts) => facts.run(),
            Command::Why(why) => why.run(),
            Command::Regex(regex) => regex.run(),
            Command::Dump(dump) => dump.run(),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
        },
    };
    ExitCode::from(exit as u8)
}

/// Writes to standard output. A closed pipe is the reader's choice, not an error.
fn print(text: &str) {
    _ = anstream::stdout().write_all(text.as_bytes());
}

/// Writes one line to standard error.
fn complain(text: &str) {
    _ = writeln!(anstream::stderr(), "{text}");
}

/// Whether standard error shows colours.
fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Writes faults to standard error.
fn tell<'a>(faults: impl IntoIterator<Item = &'a Fault>, is_note: bool) {
    for fault in faults {
        _ = anstream::stderr().write_all(report::fault::render(fault, is_note, colour()).as_bytes());
    }
}

/// What a run begins with.
struct Prepared {
    discovery: Discovery,
    settings: Settings,
    facts: FactBase,
    /// A fact file could not be used: the run goes on without it, and ends as wrong usage.
    faulty: bool,
    area: scope::Area,
}

/// The working folder.
fn working_folder() -> Result<PathBuf, Exit> {
    std::env::current_dir().map_err(|error| {
        complain(&format!("working folder: {error}"));
        Exit::Usage
    })
}

/// The built-in facts.
fn built_in() -> Result<FactBase, Exit> {
    let facts = FactBase::built_in();
    tell(&facts.problems, false);
    if facts.problems.is_empty() { Ok(facts) } else { Err(Exit::Internal) }
}

/// Finds configuration files and reads that of the whole run.
fn configure<'a>(paths: &[PathBuf], working: &Path, rules: &'a [RuleKind]) -> Result<(Configurations, Configuration<'a>), Exit> {
    if let Some(missing) = paths.iter().find(|path| std::fs::symlink_metadata(path).is_err()) {
        complain(&format!("{}: no such file or folder", missing.display()));
        return Err(Exit::Usage);
    }
    let found = discover::configurations(paths, working);
    let mut configuration = Configuration::new(&working.to_string_lossy(), rules);
    if let Some(main) = &found.main {
        configuration.add_main(main);
    }
    Ok((found, configuration))
}

/// Complains of what is wrong in configuration files.
fn sound(found: &Configurations, configuration: &Configuration<'_>) -> Result<(), Exit> {
    tell(&configuration.notes, true);
    tell(found.faults.iter().chain(&configuration.faults), false);
    if found.faults.is_empty() && configuration.faults.is_empty() { Ok(()) } else { Err(Exit::Usage) }
}

/// Adds the repository's own facts. Gives whether a fact file could not be used: the run goes on without it.
fn add_facts(configuration: &mut Configuration<'_>, facts: &mut FactBase) -> Result<bool, Exit> {
    if let Some((own, written)) = configuration.facts.take() {
        facts.add_own(own, &written);
        if !facts.problems.is_empty() {
            tell(&facts.problems, false);
            return Err(Exit::Usage);
        }
    }
    let root = PathBuf::from(configuration.settings.root());
    for file in &configuration.fact_files {
        match discover::named_file(&root, &file.path) {
            Ok(text) => {
                let beside = crate::config::folder(&file.at.path);
                let path = if beside.is_empty() { file.path.clone() } else { format!("{beside}/{}", file.path) };
                facts.add_file(&Written { path, text });
            }
            Err(message) => facts.problems.push(Fault { message, ..file.at.clone() }),
        }
    }
    tell(&facts.problems, false);
    Ok(!facts.problems.is_empty())
}

/// Reads configuration and facts and finds files. `adjust` is what the command line says: it wins.
fn prepare(paths: &[PathBuf], adjust: impl FnOnce(&mut Settings)) -> Result<Prepared, Exit> {
    prepare_in(paths, false, adjust)
}

/// As `prepare`; with `whole` the files are those of the project that holds the paths.
fn prepare_in(paths: &[PathBuf], whole: bool, adjust: impl FnOnce(&mut Settings)) -> Result<Prepared, Exit> {
    let (working, rules, mut facts) = (working_folder()?, crate::rules::kinds(), built_in()?);
    let (found, mut configuration) = configure(paths, &working, &rules)?;
    let settings = &configuration.settings;
    let area = if whole {
        let configured = found.main.is_some().then(|| PathBuf::from(settings.root()));
        scope::Area::of_project(paths, configured, settings, &working)
    } else {
        scope::Area::of_paths(paths, &working)
    };
    let discovery = discover::discover(&area.paths, &area.shown_from, &settings.exclude);
    for nested in found.nested(&discovery.projects, &working) {
        configuration.add_nested(&nested);
    }
    // A configuration above the given paths speaks of its project too.
    let mut projects = discovery.projects.clone();
    projects.extend(found.main.iter().map(|main| (main.path.clone(), main.text.clone())).filter(|main| !discovery.projects.contains(main)));
    configuration.read_projects(&projects);
    sound(&found, &configuration)?;
    let faulty = add_facts(&mut configuration, &mut facts)?;
    let mut settings = configuration.settings;
    adjust(&mut settings);
    Ok(Prepared { discovery, settings, facts, faulty, area })
}

impl Prepared {
    /// Analyses the files that were found, and takes them out of the discovery.
    fn analyse(&mut self) -> Analysis {
        let files = self.files();
        self.analyse_with(files, None)
    }

    /// Takes out of the discovery the files that were found.
    fn files(&mut self) -> Vec<(String, String, Lang)> {
        std::mem::take(&mut self.discovery.files).into_iter().map(|found| (found.path, found.text, found.lang)).collect()
    }

    /// Analyses files, and looks for what some calls cause.
    fn analyse_with(&self, files: Vec<(String, String, Lang)>, aside: Option<pipeline::Aside<'_>>) -> Analysis {
        let progress = Arc::new(Progress::new(files.len()));
        let bar = progress::Bar::new(&progress);
        let analysis = pipeline::run_with(files, &self.discovery.projects, &self.facts, &self.settings, aside, &progress);
        drop(bar);
        analysis
    }
}

/// What an analysis reads: files, project files, facts.
struct Read {
    discovery: Discovery,
    files: Vec<(String, String, Lang)>,
    facts: FactBase,
    /// The folders of the paths given, as shown.
    roots: Vec<String>,
}

/// Discovers; complains of what is wrong in configuration and facts.
fn read(paths: &[PathBuf]) -> Result<Read, Exit> {
    let working = working_folder()?;
    let Prepared { mut discovery, facts, .. } = prepare(paths, |_| {})?;
    let files = std::mem::take(&mut discovery.files).into_iter().map(|found| (found.path, found.text, found.lang)).collect();
    let roots = paths.iter().map(|path| discover::shown_folder(path, &working)).collect();
    Ok(Read { discovery, files, facts, roots })
}

/// Discovers and analyses; complains of what is wrong in configuration and facts.
fn analyse(paths: &[PathBuf]) -> Result<(Discovery, Analysis), Exit> {
    let mut prepared = prepare(paths, |_| {})?;
    let analysis = prepared.analyse();
    Ok((prepared.discovery, analysis))
}
