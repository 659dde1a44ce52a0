//! Loopwarden finds the code that stalls an event loop or wastes threads under the GIL.
//!
//! The phases, in order: discover, parse and lower (`lang`), `link`, infer (`effects`),
//! spread (`contexts`), check (`rules`), `suppress`, render (`report`). `pipeline` alone knows that order.

pub mod advice;
pub mod base;
pub mod cli;
pub mod config;
pub mod contexts;
pub mod discover;
pub mod effects;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod ir;
pub mod lang;
pub mod link;
pub mod pipeline;
pub mod regex;
pub mod report;
pub mod rules;
pub mod suppress;

pub use pipeline::Analysis as Outcome;

use base::written::Written;
use config::Configuration;
use std::collections::BTreeSet;

/// Analyses sources held in memory, with the built-in facts and what configuration files among them say. Rules
/// in preview report, too.
///
/// Files whose extension is no known language (package.json, pyproject.toml, fact files) tell about the project. What is
/// wrong in configuration and facts is in the outcome's `faults`.
#[must_use]
pub fn check_sources(files: Vec<(String, String)>) -> Outcome {
    let (mut code, mut projects) = (Vec::<(String, String, lang::Lang)>::new(), Vec::<(String, String)>::new());
    for (path, text) in files {
        match path.rsplit_once('.').and_then(|(_, extension)| lang::Lang::of_extension(extension)) {
            Some(lang) => code.push((path, text, lang)),
            None => projects.push((path, text)),
        }
    }
    let (rules, mut facts) = (rules::kinds(), facts::FactBase::built_in());
    let mut configuration = Configuration::new("/", &rules);
    configuration.settings.asked.preview = true;
    let mut configured = BTreeSet::new();
    for name in config::FILES {
        for (path, text) in projects.iter().filter(|(path, _)| path.rsplit('/').next() == Some(name)) {
            let written = Written { path: path.clone(), text: text.clone() };
            let folder = config::folder(path);
            if !config::is_configuration(&written) || !configured.insert(folder) {
                continue;
            }
            if folder.is_empty() { configuration.add_main(&written) } else { configuration.add_nested(&written) }
        }
    }
    configuration.read_projects(&projects);
    if let Some((own, written)) = configuration.facts.take() {
        facts.add_own(own, &written);
    }
    for file in &configuration.fact_files {
        if let Some((path, text)) = projects.iter().find(|(path, _)| *path == file.path) {
            facts.add_file(&Written { path: path.clone(), text: text.clone() });
        }
    }
    let faults: Vec<_> = configuration.faults.iter().chain(&facts.problems).cloned().collect();
    let mut outcome = pipeline::run(code, &projects, &facts, &configuration.settings);
    outcome.faults = faults;
    outcome
}
