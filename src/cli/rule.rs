//! `loopwarden rule`

use super::{Exit, complain, print};
use crate::report::severity;
use crate::rules::{RULES, Status, by_id};
use clap::Args;
use std::fmt::Write as _;

#[derive(Debug, Args)]
pub(super) struct Rule {
    /// The rule's id; all rules are listed without it
    id: Option<String>,
}

impl Rule {
    pub(super) fn run(self) -> Exit {
        let Some(id) = self.id else {
            let mut out = String::new();
            for rule in RULES {
                let title = rule.page.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("");
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
