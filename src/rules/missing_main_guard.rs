//! See rules/missing-main-guard.md.

use super::check::shared::Shared;
use super::gil::order::{Start, Starts};
use super::gil::told::Said;
use super::{Check, Program, Rule, Status, Told};
use crate::base::FileId;
use crate::config::StartMethod;
use crate::facts::Runs;
use crate::finding::{Confidence, Severity};
use crate::ir::MODULE_BODY;
use crate::link::At;
use crate::link::modules::Resolved;
use rustc_hash::FxHashSet;

pub(super) const RULE: Rule = Rule {
    id: "missing-main-guard",
    group: "gil",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/missing-main-guard.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let starts = Starts::read(program, pools, false, |made| made.pool.runs == Runs::Process);
    let bodies = program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python());
    let bodies: Vec<FileId> =
        bodies.map(|(file, _)| file).filter(|file| !starts.of(At { file: *file, id: MODULE_BODY }).is_empty()).collect();
    if bodies.is_empty() {
        return;
    }
    let imported = imported(program);
    for file in bodies {
        let summary = &program.input.summaries[file];
        for step in starts.of(At { file, id: MODULE_BODY }) {
            let call = &summary.calls[step.0.id];
            let (steps, end) = starts.chain(step);
            let Some(Start { path, made: Some(number), .. }) = end else { continue };
            let made = &pools.made[number];
            let (method, explicit) = pools.starts_by(program, made);
            let reason = if call.main_guard {
                Some("main guard")
            } else if is_main_module(&program.input.sources[file].path) {
                Some("main module")
            } else if program.contexts.is_of_test(At { file, id: MODULE_BODY }) {
                Some("test")
            } else {
                (explicit && method == StartMethod::Fork).then_some("fork")
            };
            if let Some(reason) = reason {
                told.clear(rule, program, step.0, reason);
                continue;
            }
            let forks = method == StartMethod::Fork;
            let doubted = imported.contains(&file) || call.guard.is_some();
            let by = match (forks, explicit) {
                (true, _) => "spawn, the default on macOS and Windows, and on Linux a server from Python 3.14 on, import".to_owned(),
                (false, true) => format!("`{}` imports", method.word()),
                (false, false) => "the server by which Linux starts processes from Python 3.14 on imports".to_owned(),
            };
            let said = Said {
                call: step.0,
                path,
                root: None,
                severity: if forks { Severity::Warning } else { RULE.severity },
                confidence: if doubted { Confidence::Medium } else { Confidence::High },
                message: format!("the module's body starts a {} outside `if __name__ == \"__main__\"`", made.noun()),
                why: format!(
                    "{by} the program's module again in each child, which then starts processes itself: Python ends it with a `RuntimeError`"
                ),
                help: "put it into a function, and call that under `if __name__ == \"__main__\":`".to_owned(),
                source: "https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods",
                labels: Vec::new(),
                steps,
            };
            told.findings.push(said.finding(rule, program));
        }
    }
}

/// Whether the file is what `python -m package` runs: children do not import that again.
fn is_main_module(path: &str) -> bool {
    path.rsplit('/').next() == Some("__main__.py")
}

/// Files that another one imports, tests aside.
fn imported(program: &Program<'_, '_>) -> FxHashSet<FileId> {
    let mut imported = FxHashSet::default();
    for (file, summary) in program.input.summaries.iter_enumerated().filter(|(_, summary)| summary.is_python()) {
        if program.contexts.is_of_test(At { file, id: MODULE_BODY }) {
            continue;
        }
        for (module, _) in &summary.imports {
            if let Resolved::File(to) = program.input.modules.python(&program.input.sources[file].path, *module)
                && to != file
            {
                imported.insert(to);
            }
        }
    }
    imported
}
