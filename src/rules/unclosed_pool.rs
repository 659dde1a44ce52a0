//! See rules/unclosed-pool.md.

use super::check::shared::Shared;
use super::gil::pools::Made;
use super::gil::told::Said;
use super::{Check, Rule, Status, Told};
use crate::contexts::Contexts;
use crate::effects::shown_path;
use crate::finding::{Confidence, Severity};
use crate::ir::MODULE_BODY;

pub(super) const RULE: Rule = Rule {
    id: "unclosed-pool",
    group: "gil",
    severity: Severity::Warning,
    status: Status::Stable,
    page: include_str!("../../rules/unclosed-pool.md"),
    check: Check::Uses(check),
};

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    for made in pools.made.iter().filter(|made| made.pool.must_close) {
        if let Some(reason) = let_go(program.contexts, made) {
            told.clear(rule, program, made.call, reason);
            continue;
        }
        let shown = shown_path(program.input.facts_of(made.call.file), made.path);
        let said = Said {
            call: made.call,
            path: made.path,
            root: None,
            severity: RULE.severity,
            confidence: Confidence::High,
            message: format!("the {} of `{shown}` is neither closed nor entered by a `with`", made.noun()),
            why: "its workers and the threads that serve it go on until the object is collected; Python says that this may hang the program at its end"
                .to_owned(),
            help: format!("write `with {shown}(...) as pool:` around its use, or call `pool.close()` and `pool.join()` in a `finally`"),
            source: "https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool",
            labels: Vec::new(),
            steps: Vec::new(),
        };
        told.findings.push(said.finding(rule, program));
    }
}

fn let_go(contexts: &Contexts, made: &Made<'_>) -> Option<&'static str> {
    if contexts.is_of_test(made.from) {
        Some("test")
    } else if made.is_ended() {
        Some("closed")
    } else if made.kept || made.lost {
        Some("kept")
    } else {
        // A module's own pool lives as long as the program.
        (made.from.id == MODULE_BODY).then_some("start-up")
    }
}
