//! `loopwarden rule`

use super::{Exit, complain, print};
use crate::report::{page, severity};
use crate::rules::{RULES, Status, by_id};
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Rule {
    /// The rule's id; all rules are listed without it
    id: Option<String>,
    /// Write the pages for readers into this folder
    #[arg(long, value_name = "FOLDER", hide = true)]
    docs: Option<PathBuf>,
}

impl Rule {
    pub(super) fn run(self) -> Exit {
        if let Some(folder) = self.docs {
            return write(&folder);
        }
        let Some(id) = self.id else {
            let mut out = String::new();
            for rule in RULES {
                let title = page::title(rule);
                let status = if rule.status == Status::Preview { " (preview)" } else { "" };
                _ = writeln!(out, "{:<28} {:<8} {:<12} {title}{status}", rule.id, severity(rule.severity), rule.group);
            }
            print(&out);
            return Exit::Clean;
        };
        if let Some(rule) = by_id(&id) {
            print(rule.page);
            Exit::Clean
        } else {
            complain(&format!("no rule `{id}`; `loopwarden rule` lists them"));
            Exit::Usage
        }
    }
}

fn write(folder: &Path) -> Exit {
    for (path, text) in page::files() {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        if let Err(error) = written {
            complain(&format!("{}: {error}", path.display()));
            return Exit::Usage;
        }
    }
    Exit::Clean
}
