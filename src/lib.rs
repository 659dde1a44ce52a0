//! Loopwarden finds the code that stalls an event loop or wastes threads under the GIL.
//!
//! The phases, in order: discover, parse and lower (`lang`), `link`, infer (`effects`),
//! spread (`contexts`), check (`rules`), render (`report`). `pipeline` alone knows that order.

pub mod base;
pub mod cli;
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

pub use pipeline::Analysis as Outcome;

/// Analyses sources held in memory, with the built-in facts.
///
/// Files whose extension is no known language (package.json, pyproject.toml) tell about the project.
#[must_use]
pub fn check_sources(files: Vec<(String, String)>) -> Outcome {
    let (mut code, mut projects) = (Vec::new(), Vec::new());
    for (path, text) in files {
        match path.rsplit_once('.').and_then(|(_, extension)| lang::Lang::of_extension(extension)) {
            Some(lang) => code.push((path, text, lang)),
            None => projects.push((path, text)),
        }
    }
    pipeline::run(code, &projects, &facts::FactBase::built_in())
}
