//! The command line: arguments to settings, results to streams and an exit code.

mod check;
mod dump;
mod regex;
mod rule;
mod why;

use crate::discover::{self, Discovery};
use crate::facts::FactBase;
use crate::pipeline::{self, Analysis};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Explain one rule, or list all
    Rule(rule::Rule),
    /// Tell what is known about one line: contexts, callees, what was let go and why
    Why(why::Why),
    /// Tell how long a backtracking engine may take over a regular expression, and on which text
    Regex(regex::Regex),
    /// Print an intermediate result
    Dump(dump::Dump),
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
            Command::Rule(rule) => rule.run(),
            Command::Why(why) => why.run(),
            Command::Regex(regex) => regex.run(),
            Command::Dump(dump) => dump.run(),
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

/// Discovers and analyses; complains of facts that do not load.
fn analyse(paths: &[PathBuf]) -> Result<(Discovery, Analysis), Exit> {
    let folder = std::env::current_dir().map_err(|error| {
        complain(&format!("working folder: {error}"));
        Exit::Usage
    })?;
    if let Some(missing) = paths.iter().find(|path| std::fs::symlink_metadata(path).is_err()) {
        complain(&format!("{}: no such file or folder", missing.display()));
        return Err(Exit::Usage);
    }
    let facts = FactBase::built_in();
    for (path, message) in &facts.problems {
        complain(&format!("{path}: {message}"));
    }
    if !facts.problems.is_empty() {
        return Err(Exit::Internal);
    }
    let mut discovery = discover::discover(paths, &folder);
    let files = std::mem::take(&mut discovery.files).into_iter().map(|found| (found.path, found.text, found.lang)).collect();
    let analysis = pipeline::run(files, &discovery.projects, &facts);
    Ok((discovery, analysis))
}
