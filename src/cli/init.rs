//! `loopwarden init`

use super::{Exit, complain, print, working_folder};
use crate::config::TEMPLATE;
use crate::discover::configurations;
use clap::Args;
use std::io::{ErrorKind, Write as _};

/// The file that is written.
const FILE: &str = "loopwarden.toml";

#[derive(Debug, Args)]
pub(super) struct Init {}

impl Init {
    #[allow(clippy::unused_self, reason = "every command runs from its arguments")]
    pub(super) fn run(self) -> Exit {
        let working = match working_folder() {
            Ok(working) => working,
            Err(exit) => return exit,
        };
        let here = configurations(std::slice::from_ref(&working), &working).main.filter(|found| !found.path.contains('/'));
        if let Some(found) = here.filter(|found| found.path != FILE) {
            complain(&format!("{} configures loopwarden already: nothing is written", found.path));
            return Exit::Usage;
        }
        // Fails where the file is there, whoever made it in the meantime.
        let written = std::fs::File::create_new(working.join(FILE)).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
        match written {
            Ok(()) => {
                print(&format!("wrote {FILE}: every key is there as a comment; `loopwarden config show` tells what holds\n"));
                Exit::Clean
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                complain(&format!("{FILE} is there already: nothing is written"));
                Exit::Usage
            }
            Err(error) => {
                complain(&format!("{FILE}: {error}"));
                Exit::Usage
            }
        }
    }
}
