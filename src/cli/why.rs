//! `loopwarden why FILE:LINE`

use super::{Exit, complain, print};
use crate::base::FileId;
use crate::explain;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Why {
    /// The place, as `FILE:LINE`
    place: String,
    /// Files and folders to analyse with it
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
}

impl Why {
    pub(super) fn run(self) -> Exit {
        let parsed =
            self.place.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse::<usize>().ok().filter(|line| *line > 0)?)));
        let Some((path, line)) = parsed else {
            complain(&format!("`{}`: give a place as FILE:LINE", self.place));
            return Exit::Usage;
        };
        let (_, analysis) = match super::analyse(&self.paths) {
            Ok(done) => done,
            Err(exit) => return exit,
        };
        let wanted = path.trim_start_matches("./");
        let found: Vec<FileId> =
            analysis.sources.iter_enumerated().filter(|(_, source)| source.path == wanted).map(|(file, _)| file).collect();
        let Some(file) = found.first() else {
            complain(&format!(
                "{path}: not among the {} analysed files; `loopwarden check --show-files` lists them",
                analysis.sources.len()
            ));
            return Exit::Usage;
        };
        print(&explain::line(&analysis, *file, line));
        Exit::Clean
    }
}
