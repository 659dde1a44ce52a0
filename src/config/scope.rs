//! Which statements of a configuration hold for a file.

use super::raw::{Level, RawPerPath, RuleName};
use crate::base::written::{Fault, Placed, Written};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// The absolute form of a shown path, by its text alone: `base` is the working folder.
#[must_use]
pub fn absolute(base: &str, shown: &str) -> String {
    let rooted = shown.starts_with('/') || shown.as_bytes().get(1) == Some(&b':');
    let whole = if rooted { shown.to_owned() } else { format!("{base}/{shown}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            name => parts.push(name),
        }
    }
    let start = if whole.starts_with('/') { "/" } else { "" };
    format!("{start}{}", parts.join("/"))
}

/// The folder of a path; of a name alone the empty one.
#[must_use]
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// What remains of an absolute path below an absolute folder.
#[must_use]
pub fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}

/// Patterns as in `.gitignore`.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    matcher: Gitignore,
    /// As written.
    pub written: Vec<String>,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { matcher: Gitignore::empty(), written: Vec::new() }
    }
}

impl Patterns {
    /// Patterns and what is wrong with some of them.
    pub fn new(patterns: &[Placed<String>], written: &Written) -> (Self, Vec<Fault>) {
        let (mut builder, mut faults) = (GitignoreBuilder::new(""), Vec::new());
        builder.allow_unclosed_class(false);
        for pattern in patterns {
            let text = pattern.value().trim();
            if text.is_empty() || text.starts_with('#') {
                faults.push(written.fault(Some(pattern.place()), "this pattern matches nothing", None));
            } else if let Err(error) = builder.add_line(None, text) {
                faults.push(written.fault(Some(pattern.place()), format!("no pattern: {error}"), None));
            }
        }
        let matcher = builder.build().unwrap_or_else(|error| {
            faults.push(Fault::of_file(&written.path, &error.to_string()));
            Gitignore::empty()
        });
        (Self { matcher, written: patterns.iter().map(|pattern| pattern.value().clone()).collect() }, faults)
    }

    /// Whether a relative path, or a folder above it, is matched.
    pub fn hold(&self, relative: &str, is_folder: bool) -> bool {
        !relative.starts_with('/') && self.matcher.matched_path_or_any_parents(relative, is_folder).is_ignore()
    }
}

/// What is not to be analysed.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    /// The working folder, absolute.
    pub(super) base: String,
    /// The folder that the patterns are relative to, absolute.
    pub(super) root: String,
    pub(super) patterns: Patterns,
}

impl Exclude {
    /// Whether the file or folder at a shown path is not to be analysed.
    #[must_use]
    pub fn holds(&self, shown: &str, is_folder: bool) -> bool {
        below(&absolute(&self.base, shown), &self.root).is_some_and(|relative| self.patterns.hold(relative, is_folder))
    }
}

/// What is said of rules in one place.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Rules and groups that are left out.
    pub ignore: BTreeSet<String>,
    /// What is done with findings.
    pub severity: BTreeMap<String, Level>,
}

impl Statement {
    pub fn new(ignore: &[Placed<RuleName>], severity: &BTreeMap<Placed<RuleName>, Level>) -> Self {
        Self {
            ignore: ignore.iter().map(|name| name.value().0.clone()).collect(),
            severity: severity.iter().map(|(name, level)| (name.value().0.clone(), *level)).collect(),
        }
    }

    /// What is said of a rule: by its id before by its group, left out before kept.
    fn level(&self, id: &str, group: &str) -> Option<Level> {
        [id, group].into_iter().find_map(|name| {
            let ignored = self.ignore.contains(name).then_some(Level::Off);
            ignored.or_else(|| self.severity.get(name).copied())
        })
    }
}

/// One configuration file's statements.
#[derive(Debug)]
pub(super) struct Scope {
    /// The file, as shown.
    pub file: String,
    /// Its folder, absolute.
    pub folder: String,
    /// What holds everywhere below.
    pub everywhere: Statement,
    /// What holds for some paths; later ones win.
    pub per_path: Vec<(Patterns, Statement)>,
}

impl Scope {
    pub fn new(written: &Written, folder: String, everywhere: Statement, per_path: &[RawPerPath]) -> (Self, Vec<Fault>) {
        let (mut tables, mut faults) = (Vec::new(), Vec::new());
        for raw in per_path {
            let (patterns, wrong) = Patterns::new(&raw.paths, written);
            faults.extend(wrong);
            tables.push((patterns, Statement::new(&raw.ignore, &raw.severity)));
        }
        (Self { file: written.path.clone(), folder, everywhere, per_path: tables }, faults)
    }

    /// What is said of a rule in the file at an absolute path.
    pub fn level(&self, path: &str, id: &str, group: &str) -> Option<Level> {
        let relative = below(path, &self.folder)?;
        let tables = self.per_path.iter().rev().filter(|(patterns, _)| patterns.hold(relative, false));
        let said = tables.map(|(_, statement)| statement).find_map(|statement| statement.level(id, group));
        said.or_else(|| self.everywhere.level(id, group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute_by_their_text() {
        assert_eq!(absolute("/r/web", "app/a.py"), "/r/web/app/a.py");
        assert_eq!(absolute("/r/web", "../lib/a.py"), "/r/lib/a.py");
        assert_eq!(absolute("/r/web", "/x/a.py"), "/x/a.py");
        assert_eq!(absolute("/", "a.py"), "/a.py");
        assert_eq!(below("/r/web/a.py", "/r/web"), Some("a.py"));
        assert_eq!(below("/a.py", "/"), Some("a.py"));
        assert_eq!(below("/r/webs/a.py", "/r/web"), None);
    }
}
