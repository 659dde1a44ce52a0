//! `loopwarden dump ir|graph|effects|contexts`

use super::{Exit, complain, print};
use crate::{explain, pipeline};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Dump {
    /// Which result
    what: What,
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Form of the output; json is for `graph`: callers by dotted name, each with the names of what it calls
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// What each file says
    Ir,
    /// Calls and what they run
    Graph,
    /// What each function may do, with the next hop
    Effects,
    /// Where each function runs, with the entry
    Contexts,
}

impl Dump {
    pub(super) fn run(self) -> Exit {
        if self.format == Format::Json {
            return self.json();
        }
        let (_, analysis) = match super::analyse(&self.paths) {
            Ok(done) => done,
            Err(exit) => return exit,
        };
        print(&match self.what {
            What::Ir => explain::ir(&analysis),
            What::Graph => explain::graph(&analysis) + &super::check::calls(&analysis.counts),
            What::Effects => explain::effects(&analysis),
            What::Contexts => explain::contexts(&analysis),
        });
        Exit::Clean
    }

    fn json(&self) -> Exit {
        if !matches!(self.what, What::Graph) {
            complain("--format json is for `dump graph`");
            return Exit::Usage;
        }
        let read = match super::read(&self.paths) {
            Ok(read) => read,
            Err(exit) => return exit,
        };
        let named = pipeline::call_graph(read.files, &read.discovery.projects, &read.facts, &read.roots);
        match serde_json::to_string_pretty(&named) {
            Ok(text) => print(&format!("{text}\n")),
            Err(error) => {
                complain(&format!("json: {error}"));
                return Exit::Internal;
            }
        }
        Exit::Clean
    }
}
