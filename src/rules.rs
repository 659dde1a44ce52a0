//! The rules: one line each; a rule's prose is `rules/<id>.md`.

mod async_callback_ignored;
mod async_function_offloaded;
mod async_in_name_only;
pub mod asynchronous;
mod await_in_loop;
mod blocking_database_call;
mod blocking_file_io;
mod blocking_module_load;
mod blocking_network_io;
mod blocking_sleep;
mod blocking_stdin;
mod blocking_subprocess;
mod blocking_wait;
mod busy_wait;
mod called_before_offload;
mod catastrophic_regex;
pub mod check;
pub mod cpu;
mod cpu_bound_thread;
mod cpu_loop_on_loop;
mod cpu_recursion_on_loop;
mod dangling_task;
mod endless_default_executor_task;
mod executor_exit_on_loop;
mod executor_per_call;
mod floating_promise;
mod fork_after_threads;
pub mod gil;
mod gil_held_offload;
mod heavy_call_on_loop;
mod large_process_payload;
mod loop_touched_from_thread;
mod missing_main_guard;
mod nested_event_loop;
mod nested_pools;
mod polling_thread;
mod processes_for_io;
mod quadratic_work;
mod query_in_loop;
mod thread_local_in_async;
mod thread_lock_across_await;
pub mod threads;
mod unawaited_coroutine;
mod unbounded_fan_out;
mod unclosed_pool;
mod unhandled_handler_rejection;
mod unpicklable_process_target;
mod unused_ignore;

use crate::base::FileId;
use crate::config::{RuleKind, Target};
use crate::contexts::Contexts;
use crate::effects::patterns::Patterns;
use crate::effects::sizes::Sizes;
use crate::effects::{Channel, Effects};
use crate::facts::Effect;
use crate::finding::{Cleared, Finding, Severity};
use crate::link::graph::{Edge, Graph};
use crate::link::{CallAt, Input, Solution};
use check::shared::Shared;
pub use check::{check, check_effects};
use oxc_index::IndexVec;

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Kebab-case, stable.
    pub id: &'static str,
    /// Its group.
    pub group: &'static str,
    /// How bad a finding is, before weights.
    pub severity: Severity,
    /// Whether it is reported without being asked for.
    pub status: Status,
    /// Its page.
    pub page: &'static str,
    /// What it looks for.
    pub check: Check,
}

impl Rule {
    /// Whether `asked` names this rule or its group.
    #[must_use]
    pub fn is(&self, asked: &str) -> bool {
        self.id == asked || self.group == asked
    }

    /// What the configuration needs to know of it.
    #[must_use]
    pub fn kind(&self) -> RuleKind {
        RuleKind { id: self.id, group: self.group, severity: self.severity, preview: self.status == Status::Preview }
    }
}

/// Whether a rule is reported without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Stable,
    /// Its false alarms on real code have not been counted, or are too many: who names it, or asks for `preview`, gets it.
    Preview,
}

/// How a rule finds what it reports.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// By the effects that are reached on a loop.
    Reaches(Reaches),
    /// By the regular expressions that are applied on a loop.
    Patterns,
    /// By what it costs to run the functions of a loop.
    Costs(fn(&Program<'_, '_>, &cpu::judged::Judged<'_>) -> Option<cpu::judged::Verdict>),
    /// By what functions, values and calls are used for.
    Uses(fn(&Rule, &Shared<'_, '_, '_>, &mut Told)),
    /// By what comments did, once all other rules have run.
    Comments,
}

impl Check {
    /// Whether what it finds keeps the loop from others where it stands.
    #[must_use]
    pub fn stalls(self) -> bool {
        matches!(self, Self::Reaches(_) | Self::Patterns | Self::Costs(_))
    }

    fn reaches(self) -> Option<Reaches> {
        match self {
            Self::Reaches(reaches) => Some(reaches),
            Self::Patterns | Self::Costs(_) | Self::Uses(_) | Self::Comments => None,
        }
    }
}

/// On a loop, an effect is reached without crossing a boundary.
#[derive(Clone, Copy, Debug)]
pub struct Reaches {
    /// The effects.
    pub effects: &'static [Effect],
    /// What such a call does.
    pub verb: &'static str,
}

/// All rules.
pub const RULES: &[Rule] = &[
    blocking_sleep::RULE,
    blocking_network_io::RULE,
    blocking_database_call::RULE,
    blocking_subprocess::RULE,
    blocking_file_io::RULE,
    blocking_wait::RULE,
    blocking_stdin::RULE,
    blocking_module_load::RULE,
    catastrophic_regex::RULE,
    cpu_loop_on_loop::RULE,
    cpu_recursion_on_loop::RULE,
    heavy_call_on_loop::RULE,
    quadratic_work::RULE,
    busy_wait::RULE,
    unawaited_coroutine::RULE,
    dangling_task::RULE,
    floating_promise::RULE,
    async_callback_ignored::RULE,
    nested_event_loop::RULE,
    called_before_offload::RULE,
    async_function_offloaded::RULE,
    unhandled_handler_rejection::RULE,
    query_in_loop::RULE,
    await_in_loop::RULE,
    unbounded_fan_out::RULE,
    async_in_name_only::RULE,
    gil_held_offload::RULE,
    cpu_bound_thread::RULE,
    thread_lock_across_await::RULE,
    loop_touched_from_thread::RULE,
    thread_local_in_async::RULE,
    polling_thread::RULE,
    executor_per_call::RULE,
    executor_exit_on_loop::RULE,
    unclosed_pool::RULE,
    unpicklable_process_target::RULE,
    fork_after_threads::RULE,
    missing_main_guard::RULE,
    nested_pools::RULE,
    endless_default_executor_task::RULE,
    processes_for_io::RULE,
    large_process_payload::RULE,
    unused_ignore::RULE,
];

/// All rules as the configuration sees them.
#[must_use]
pub fn kinds() -> Vec<RuleKind> {
    RULES.iter().map(Rule::kind).collect()
}

/// The rule with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// What rules read: the finished analysis.
pub struct Program<'a, 'b> {
    /// Sources, summaries, facts.
    pub input: Input<'a>,
    /// Values.
    pub solution: &'b Solution<'a>,
    /// Calls.
    pub graph: &'b Graph,
    /// Effects.
    pub effects: &'b Effects,
    /// Contexts.
    pub contexts: &'b Contexts,
    /// Sizes of values.
    pub sizes: &'b Sizes<'a, 'b>,
    /// Regular expressions that take long.
    pub patterns: &'b Patterns,
    /// What each file runs on.
    pub targets: &'b IndexVec<FileId, Target>,
}

impl Program<'_, '_> {
    /// Whether a call of a function leads to an effect, with the arguments that it gives.
    #[must_use]
    pub fn reaches(&self, edge: &Edge, channel: Channel) -> bool {
        !self.effects.reached(self.solution, self.sizes, edge, channel).is_empty()
    }
}

/// What rules tell: findings, and what they looked at and let go.
#[derive(Debug, Default)]
pub struct Told {
    /// Findings.
    pub findings: Vec<Finding>,
    /// What was let go.
    pub cleared: Vec<Cleared>,
}

impl Told {
    /// A rule looked at a call and let it go.
    pub fn clear(&mut self, rule: &Rule, program: &Program<'_, '_>, call: CallAt, reason: &str) {
        let span = program.input.summaries[call.file].calls[call.id].span;
        self.cleared.push(Cleared { rule: rule.id, file: call.file, span, reason: reason.to_owned() });
    }

    fn sorted(mut self) -> (Vec<Finding>, Vec<Cleared>) {
        self.findings.sort_by_key(Finding::order);
        self.cleared.sort_by_key(|one| (one.file, one.span, one.rule));
        self.cleared.dedup();
        (self.findings, self.cleared)
    }
}

/// The rule that reports an effect.
#[must_use]
pub fn rule_of(effect: Effect) -> Option<&'static str> {
    let reports = |rule: &&Rule| match rule.check {
        Check::Reaches(reaches) => reaches.effects.contains(&effect),
        Check::Patterns => effect == Effect::Regex,
        Check::Costs(_) | Check::Uses(_) | Check::Comments => false,
    };
    RULES.iter().find(reports).map(|rule| rule.id)
}
