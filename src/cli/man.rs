//! `loopwarden man`

use super::{Arguments, Exit, complain, print};
use clap::{Args, CommandFactory as _};

#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command that the page is of, such as `check` or `baseline create`; the program without it
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(self) -> Exit {
        let mut of = Arguments::command();
        // Names of commands become whole: `loopwarden check`.
        of.build();
        for name in &self.command {
            let Some(found) = of.find_subcommand(name) else {
                complain(&format!("no command `{}`; `loopwarden help` lists them", self.command.join(" ")));
                return Exit::Usage;
            };
            of = found.clone();
        }
        let name = of.get_bin_name().unwrap_or("loopwarden").replace(' ', "-");
        let mut page = Vec::new();
        match clap_mangen::Man::new(of).title(name).source(concat!("loopwarden ", env!("CARGO_PKG_VERSION"))).render(&mut page) {
            Ok(()) => print(&String::from_utf8_lossy(&page)),
            Err(error) => {
                complain(&format!("man: {error}"));
                return Exit::Internal;
            }
        }
        Exit::Clean
    }
}
