//! Configuration: as written (`RawConfig`, with places) to checked `Settings`. Reads no files: texts come from `discover`.

mod raw;
mod read;
mod scope;
mod show;
mod target;

pub use raw::{FailOn, Level, RawConfig, StartMethod, facts_schema, schema};
pub use read::{FILES, is_configuration};
pub use scope::{Exclude, absolute, below, folder};
pub use target::Target;

use crate::base::written::{Fault, Placed, Written, advice, nearest};
use crate::facts::RawFacts;
use crate::finding::{Confidence, Severity};
use raw::{RawTarget, RuleName};
use scope::{Patterns, Scope, Statement};
use std::collections::BTreeMap;

/// The file that `loopwarden init` writes.
pub const TEMPLATE: &str = include_str!("config/template.toml");

/// What the command line says of rules.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Report only these; empty for all.
    pub select: Vec<String>,
    /// Leave out these.
    pub ignore: Vec<String>,
    /// Report what rules in preview find, too.
    pub preview: bool,
}

/// A rule as the configuration sees it.
#[derive(Clone, Copy, Debug)]
pub struct RuleKind {
    /// Its id.
    pub id: &'static str,
    /// Its group.
    pub group: &'static str,
    /// How bad a finding is, before weights.
    pub severity: Severity,
    /// It is reported only where it is named, or where `preview` is asked for.
    pub preview: bool,
}

/// What holds for a run.
#[derive(Debug)]
pub struct Settings {
    /// Least severity that is reported.
    pub min_severity: Severity,
    /// Least confidence that is reported.
    pub min_confidence: Confidence,
    /// Least severity of a reported finding that makes the exit code 1.
    pub fail_on: FailOn,
    /// An ignore comment without a reason has no effect.
    pub require_reason: bool,
    /// Rules in preview report, too.
    pub preview: bool,
    /// What the code runs on, as the configuration says it: see [`Settings::target_of`].
    pub target: Target,
    /// What projects say of it, the innermost first.
    projects: Vec<target::Project>,
    /// What the command line says of rules; it wins.
    pub asked: Asked,
    /// The working folder, absolute; shown paths are relative to it.
    base: String,
    /// The folder of the whole run's configuration, absolute.
    root: Option<String>,
    select: Option<Vec<String>>,
    /// What is not to be analysed.
    pub exclude: Exclude,
    fact_files: Vec<String>,
    own_facts: usize,
    /// The whole run's first, then by depth.
    scopes: Vec<Scope>,
    /// Which keys are said, and by which file.
    origins: BTreeMap<&'static str, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_severity: Severity::Warning,
            min_confidence: Confidence::Medium,
            fail_on: FailOn::Warning,
            require_reason: false,
            preview: false,
            target: Target::default(),
            projects: Vec::new(),
            asked: Asked::default(),
            base: "/".to_owned(),
            root: None,
            select: None,
            exclude: Exclude::default(),
            fact_files: Vec::new(),
            own_facts: 0,
            scopes: Vec::new(),
            origins: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The folder that the run's files belong to, absolute: the configuration's, else the working folder.
    #[must_use]
    pub fn root(&self) -> &str {
        self.root.as_deref().unwrap_or(&self.base)
    }

    /// The absolute form of a shown path.
    #[must_use]
    pub fn absolute(&self, shown: &str) -> String {
        absolute(&self.base, shown)
    }

    /// Whether a rule reports anything at all: it is selected, and asked for where it is in preview.
    #[must_use]
    pub fn may_report(&self, rule: RuleKind) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == rule.id || name == rule.group);
        let selected = match (&self.asked.select[..], &self.select) {
            ([], None) => true,
            ([], Some(select)) => named(select),
            (select, _) => named(select),
        };
        let by_id = || self.asked.select.iter().chain(self.select.iter().flatten()).any(|name| name == rule.id);
        selected && !named(&self.asked.ignore) && (!rule.preview || self.preview || self.asked.preview || by_id())
    }

    /// The severity of a rule's finding in a file; `None` where the rule is off there.
    ///
    /// `found` is the finding's own. What a rule itself holds for less than its usual severity does not rise above that.
    #[must_use]
    pub fn severity(&self, shown: &str, rule: RuleKind, found: Severity) -> Option<Severity> {
        if !self.may_report(rule) {
            return None;
        }
        let path = absolute(&self.base, shown);
        let said = self.scopes.iter().rev().find_map(|scope| scope.level(&path, rule.id, rule.group));
        match said.map(Level::severity) {
            // Who names a rule on the command line wants to see it.
            Some(None) if self.asked.select.iter().any(|name| name == rule.id) => Some(found),
            Some(None) => None,
            Some(Some(severity)) if found >= rule.severity => Some(severity),
            Some(Some(severity)) => Some(severity.min(found)),
            None => Some(found),
        }
    }

    /// The key was said on the command line.
    pub fn overrule(&mut self, key: &'static str) {
        self.origins.insert(key, "command line".to_owned());
    }
}

/// A fact file that a configuration names.
#[derive(Debug)]
pub struct FactFile {
    /// As written, relative to the configuration's folder.
    pub path: String,
    /// Where it is named: what is wrong with it as a whole is told there.
    pub at: Fault,
}

/// A configuration that is being put together.
#[derive(Debug)]
pub struct Configuration<'a> {
    /// What holds.
    pub settings: Settings,
    /// Facts of the configuration, with its text.
    pub facts: Option<(RawFacts, Written)>,
    /// Fact files that it names.
    pub fact_files: Vec<FactFile>,
    /// What is wrong: the run can't begin.
    pub faults: Vec<Fault>,
    /// What has no effect.
    pub notes: Vec<Fault>,
    rules: &'a [RuleKind],
}

impl<'a> Configuration<'a> {
    /// The defaults. `base` is the working folder, absolute; `rules` are those that may be named.
    #[must_use]
    pub fn new(base: &str, rules: &'a [RuleKind]) -> Self {
        let settings = Settings { base: absolute(base, "."), ..Settings::default() };
        Self { settings, facts: None, fact_files: Vec::new(), faults: Vec::new(), notes: Vec::new(), rules }
    }

    /// Takes the configuration of the whole run.
    pub fn add_main(&mut self, written: &Written) {
        let Some(read::Read { mut raw, fact_files }) = self.read(written) else { return };
        let select = raw.select.take();
        self.check_names(written, select.iter().flatten());
        let (exclude, faults) = Patterns::new(&raw.exclude, written);
        self.faults.extend(faults);
        let target = self.target(written, &raw.target);
        let settings = &mut self.settings;
        let said: [(&'static str, bool); 11] = [
            ("select", select.is_some()),
            ("exclude", !raw.exclude.is_empty()),
            ("min-severity", raw.min_severity.is_some()),
            ("min-confidence", raw.min_confidence.is_some()),
            ("fail-on", raw.fail_on.is_some()),
            ("require-reason", raw.require_reason.is_some()),
            ("preview", raw.preview.is_some()),
            ("target.python", raw.target.python.is_some()),
            ("target.free-threaded", raw.target.free_threaded.is_some()),
            ("target.start-method", raw.target.start_method.is_some()),
            ("facts", !fact_files.is_empty() || !raw.facts.is_empty()),
        ];
        settings.origins.extend(said.into_iter().filter(|(_, said)| *said).map(|(key, _)| (key, written.path.clone())));
        settings.root = Some(absolute(&settings.base, folder_of(&written.path)));
        settings.select = select.map(|names| names.into_iter().map(|name| name.into_value().0).collect());
        let root = settings.root().to_owned();
        settings.exclude = Exclude { base: settings.base.clone(), root, patterns: exclude };
        settings.min_severity = raw.min_severity.unwrap_or(settings.min_severity);
        settings.min_confidence = raw.min_confidence.unwrap_or(settings.min_confidence);
        settings.fail_on = raw.fail_on.unwrap_or(settings.fail_on);
        settings.preview = raw.preview.unwrap_or(settings.preview);
        settings.require_reason = raw.require_reason.unwrap_or(settings.require_reason);
        settings.target = target;
        settings.fact_files = fact_files.iter().map(|file| file.value().clone()).collect();
        settings.own_facts = raw.facts.len();
        for file in fact_files {
            let at = written.fault(Some(file.place()), "", None);
            self.fact_files.push(FactFile { path: file.into_value(), at });
        }
        if !raw.facts.is_empty() {
            self.facts = Some((std::mem::take(&mut raw.facts), written.clone()));
        }
        self.add_scope(written, &raw);
    }

    /// Takes a configuration further down: its severities and ignores hold for the files below it.
    pub fn add_nested(&mut self, written: &Written) {
        let Some(read::Read { raw, fact_files }) = self.read(written) else { return };
        let without_effect = [
            ("select", raw.select.is_some()),
            ("exclude", !raw.exclude.is_empty()),
            ("min-severity", raw.min_severity.is_some()),
            ("min-confidence", raw.min_confidence.is_some()),
            ("fail-on", raw.fail_on.is_some()),
            ("require-reason", raw.require_reason.is_some()),
            ("preview", raw.preview.is_some()),
            ("target", raw.target.python.is_some() || raw.target.free_threaded.is_some() || raw.target.start_method.is_some()),
            ("facts", !fact_files.is_empty() || !raw.facts.is_empty()),
        ];
        let keys: Vec<String> = without_effect.iter().filter(|(_, said)| *said).map(|(key, _)| format!("`{key}`")).collect();
        if !keys.is_empty() {
            let message = format!("{} without effect here: only the configuration of the whole run may say it", keys.join(", "));
            self.notes.push(Fault::of_file(&written.path, &message));
        }
        self.add_scope(written, &raw);
    }

    fn read(&mut self, written: &Written) -> Option<read::Read> {
        match read::read(written) {
            Ok(read) => read,
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    fn add_scope(&mut self, written: &Written, raw: &RawConfig) {
        self.check_names(written, raw.ignore.iter().chain(raw.severity.keys()));
        for table in &raw.per_path {
            self.check_names(written, table.ignore.iter().chain(table.severity.keys()));
        }
        let everywhere = Statement::new(&raw.ignore, &raw.severity);
        let at = absolute(&self.settings.base, folder_of(&written.path));
        let (scope, faults) = Scope::new(written, at, everywhere, &raw.per_path);
        self.faults.extend(faults);
        let depth = |scope: &Scope| scope.folder.matches('/').count();
        let scopes = &mut self.settings.scopes;
        let place = scopes.partition_point(|other| depth(other) <= depth(&scope));
        scopes.insert(place, scope);
    }

    fn check_names<'b>(&mut self, written: &Written, names: impl Iterator<Item = &'b Placed<RuleName>>) {
        for name in names {
            if let Some(help) = unknown_rule(self.rules, &name.value().0) {
                self.faults.push(written.fault(Some(name.place()), format!("no rule or group `{}`", name.value().0), Some(help)));
            }
        }
    }

    fn target(&mut self, written: &Written, raw: &RawTarget) -> Target {
        let python = raw.python.as_ref().and_then(|python| {
            let parsed = python.value().split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
            if parsed.is_none_or(|(major, _): (u8, u8)| major != 3) {
                let help = "write major and minor version: \"3.12\"".to_owned();
                self.faults.push(written.fault(Some(python.place()), format!("no version of Python 3: `{}`", python.value()), Some(help)));
            }
            parsed
        });
        let free_threaded = raw.free_threaded.as_ref().is_some_and(|said| *said.value());
        if let (true, Some(said), Some((3, minor @ ..13))) = (free_threaded, &raw.free_threaded, python) {
            let message = format!("Python 3.{minor} has no free-threaded build");
            self.faults.push(written.fault(Some(said.place()), message, Some("there is one from Python 3.13 on".to_owned())));
        }
        Target { python, free_threaded, start_method: raw.start_method }
    }
}

/// What to say to a name that is neither a rule's nor a group's; `None` for one that is.
#[must_use]
pub fn unknown_rule(rules: &[RuleKind], name: &str) -> Option<String> {
    if rules.iter().any(|rule| rule.id == name || rule.group == name) {
        return None;
    }
    let known = names(rules);
    match nearest(name, known.iter().copied()) {
        Some(_) => Some(advice(name, &known)),
        None => Some("`loopwarden rule` lists them".to_owned()),
    }
}

/// Ids of rules, then groups, each once.
#[must_use]
pub fn names(rules: &[RuleKind]) -> Vec<&'static str> {
    let mut names: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
    for rule in rules {
        if !names.contains(&rule.group) {
            names.push(rule.group);
        }
    }
    names
}

/// The folder of a shown path; `.` for a name alone.
fn folder_of(shown: &str) -> &str {
    let folder = folder(shown);
    if folder.is_empty() { "." } else { folder }
}

#[cfg(test)]
mod tests;
