//! `loopwarden completions`

use super::{Arguments, Exit, print};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "loopwarden", &mut script);
        print(&String::from_utf8_lossy(&script));
        Exit::Clean
    }
}
