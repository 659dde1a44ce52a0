//! `loopwarden dump ir|graph|effects|contexts`

use super::{Exit, print};
use crate::explain;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Dump {
    /// Which result
    what: What,
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
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
        let (_, analysis) = match super::analyse(&self.paths) {
            Ok(done) => done,
            Err(exit) => return exit,
        };
        print(&match self.what {
            What::Ir => explain::ir(&analysis),
            What::Graph => explain::graph(&analysis),
            What::Effects => explain::effects(&analysis),
            What::Contexts => explain::contexts(&analysis),
        });
        Exit::Clean
    }
}
