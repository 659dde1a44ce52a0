//! `loopwarden config show|schema`

use super::wanted::Wanted;
use super::{Exit, complain, print};
use crate::config::{facts_schema, names, schema};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the effective settings, each with the file that says so
    Show {
        /// Files and folders that would be checked
        #[arg(default_value = ".")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Print the JSON schema of the configuration
    Schema {
        /// Of fact files instead
        #[arg(long)]
        facts: bool,
    },
}

impl Config {
    pub(super) fn run(self) -> Exit {
        match self.what {
            What::Show { paths, wanted } => {
                let prepared = wanted.check().and_then(|()| super::prepare(&paths, |settings| wanted.overrule(settings)));
                match prepared {
                    Ok(prepared) => {
                        print(&prepared.settings.show());
                        if prepared.faulty { Exit::Usage } else { Exit::Clean }
                    }
                    Err(exit) => exit,
                }
            }
            What::Schema { facts } => {
                let schema = if facts { facts_schema() } else { schema(&names(&crate::rules::kinds())) };
                match serde_json::to_string_pretty(&schema) {
                    Ok(text) => {
                        print(&format!("{text}\n"));
                        Exit::Clean
                    }
                    Err(error) => {
                        complain(&format!("schema: {error}"));
                        Exit::Internal
                    }
                }
            }
        }
    }
}
