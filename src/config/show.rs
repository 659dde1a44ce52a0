//! The effective settings in words: what holds, and which file says so.

use super::raw::{FailOn, Level};
use super::scope::Statement;
use super::{Settings, below, folder};
use std::fmt::Write as _;

/// Where the remark stands that names the origin of a line.
const COLUMN: usize = 44;

fn line(out: &mut String, said: &str, origin: &str) {
    _ = writeln!(out, "{said:<COLUMN$} # {origin}");
}

fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = items.into_iter().map(|item| format!("{item:?}")).collect();
    format!("[{}]", quoted.join(", "))
}

fn level(of: Level) -> &'static str {
    match of {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
        Level::Off => "off",
    }
}

fn statement(out: &mut String, said: &Statement, origin: &str) {
    if !said.ignore.is_empty() {
        line(out, &format!("ignore = {}", list(said.ignore.iter().map(String::as_str))), origin);
    }
    for (rule, of) in &said.severity {
        line(out, &format!("severity.{rule} = {:?}", level(*of)), origin);
    }
}

impl Settings {
    /// An absolute folder as shown.
    fn shown<'f>(&self, folder: &'f str) -> &'f str {
        if folder == self.base { "." } else { below(folder, &self.base).unwrap_or(folder) }
    }

    /// All settings as TOML, each line with the file that says so.
    #[must_use]
    pub fn show(&self) -> String {
        let mut out = String::new();
        let origin = |key: &str| self.origins.get(key).map_or("default", String::as_str);
        let target = &self.target;
        let python = target.python.map(|(major, minor)| format!("\"{major}.{minor}\""));
        let start = target.start_method.map(|method| format!("{:?}", method.word()));
        let fail_on = match self.fail_on {
            FailOn::Error => "error",
            FailOn::Warning => "warning",
            FailOn::Info => "info",
            FailOn::Never => "never",
        };
        let asked = |names: &[String]| list(names.iter().map(String::as_str));
        let (select, from) = match (&self.asked.select[..], &self.select) {
            ([], Some(select)) => (asked(select), origin("select")),
            ([], None) => ("all".to_owned(), "default"),
            (select, _) => (asked(select), "command line"),
        };
        line(&mut out, &format!("select = {select}"), from);
        let plain = [
            ("min-severity", format!("{:?}", crate::finding::severity_word(self.min_severity))),
            ("min-confidence", format!("{:?}", crate::finding::confidence_word(self.min_confidence))),
            ("fail-on", format!("{fail_on:?}")),
            ("exclude", asked(&self.exclude.patterns.written)),
            ("require-reason", self.require_reason.to_string()),
            ("preview", (self.preview || self.asked.preview).to_string()),
            ("target.python", python.unwrap_or_else(|| "unknown".to_owned())),
            ("target.free-threaded", target.free_threaded.to_string()),
            ("target.start-method", start.unwrap_or_else(|| target.default_start())),
        ];
        for (key, value) in plain {
            line(&mut out, &format!("{key} = {value}"), origin(key));
        }
        if !self.fact_files.is_empty() || self.own_facts > 0 {
            let own = match self.own_facts {
                0 => String::new(),
                1 => " and 1 table".to_owned(),
                more => format!(" and {more} tables"),
            };
            line(&mut out, &format!("facts.files = {}{own}", asked(&self.fact_files)), origin("facts"));
        }
        if !self.asked.ignore.is_empty() {
            line(&mut out, &format!("ignore = {}", asked(&self.asked.ignore)), "command line");
        }
        let mut last = None;
        for (folder, key, value, from) in self.told_by_projects() {
            if last.replace(folder) != Some(folder) {
                _ = writeln!(out, "\n# files below {}", self.shown(folder));
            }
            line(&mut out, &format!("{key} = {value}"), from);
        }
        for scope in &self.scopes {
            let below = folder(&scope.file);
            _ = writeln!(out, "\n# files below {}", if below.is_empty() { "." } else { below });
            statement(&mut out, &scope.everywhere, &scope.file);
            for (patterns, said) in &scope.per_path {
                _ = writeln!(out, "# of these, {}", list(patterns.written.iter().map(String::as_str)));
                statement(&mut out, said, &scope.file);
            }
        }
        out
    }
}
