//! See rules/unpicklable-process-target.md.

use super::check::shared::Shared;
use super::gil::told::Said;
use super::{Check, Program, Rule, Status, Told};
use crate::base::Name;
use crate::effects::shown_path;
use crate::facts::{Pickles, Runs, Which};
use crate::finding::{Confidence, Severity};
use crate::ir::{Expr, ExprId, FuncKind, MODULE_BODY};
use crate::link::{At, CallAt, ExprAt, FuncAt, Value};

pub(super) const RULE: Rule = Rule {
    id: "unpicklable-process-target",
    group: "gil",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/unpicklable-process-target.md"),
    check: Check::Uses(check),
};

/// What is sent to a process, and what of it can't be pickled.
struct Sent {
    call: CallAt,
    from: FuncAt,
    path: Name,
    /// It is given as the process is started.
    at_start: bool,
    /// Every element of the further arguments is given, not these themselves.
    each: bool,
    runs: Runs,
}

fn check(rule: &Rule, shared: &Shared<'_, '_, '_>, told: &mut Told) {
    let (program, pools) = (shared.program, shared.pools());
    let tasks = pools.tasks.iter().filter_map(|task| {
        let runs = task.runs.filter(|runs| *runs != Runs::Thread)?;
        Some(Sent { call: task.call, from: task.from, path: task.path, at_start: false, each: task.each, runs })
    });
    let started = pools.made.iter().filter(|made| made.pool.single && made.pool.pickles == Pickles::Unforked).filter_map(|made| {
        if pools.starts_by(program, made).0 == crate::config::StartMethod::Fork {
            told.clear(rule, program, made.call, "fork");
            return None;
        }
        Some(Sent { call: made.call, from: made.from, path: made.path, at_start: true, each: false, runs: made.pool.runs })
    });
    let sent: Vec<Sent> = started.collect::<Vec<_>>().into_iter().chain(tasks).collect();
    for sent in sent {
        let Some((what, help)) = unfit(program, &sent) else {
            told.clear(rule, program, sent.call, "picklable");
            continue;
        };
        if program.contexts.is_of_test(sent.from) {
            told.clear(rule, program, sent.call, "test");
            continue;
        }
        let shown = shown_path(program.input.facts_of(sent.call.file), sent.path);
        let to = if sent.runs == Runs::Interpreter { "another interpreter" } else { "another process" };
        let said = Said {
            call: sent.call,
            path: sent.path,
            root: None,
            severity: RULE.severity,
            confidence: Confidence::High,
            message: format!("`{shown}` sends {what} to {to}, and that can't be pickled"),
            why:
                "what goes to another process is pickled: a function by the name under which its module has it, a value by what it holds; \
                  the call fails with a `PicklingError` or a `TypeError`"
                    .to_owned(),
            help,
            source: "https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled",
            labels: Vec::new(),
            steps: Vec::new(),
        };
        told.findings.push(said.finding(rule, program));
    }
}

/// What of all that is sent can't be pickled, in words, with what to write instead.
fn unfit(program: &Program<'_, '_>, sent: &Sent) -> Option<(String, String)> {
    let file = sent.call.file;
    let summary = &program.input.summaries[file];
    let call = &summary.calls[sent.call.id];
    let boundary = program.input.facts_of(file).boundary(sent.path)?;
    let at = |id: ExprId| At { file, id };
    let pool = match boundary.pool {
        Some(crate::facts::PoolOf::Argument(given)) => given.of(call),
        _ => None,
    };
    let function = match boundary.which {
        Which::One(..) => crate::link::argument(call, boundary.which).first().map(|arg| arg.value),
        Which::All => None,
    };
    if let Some(found) = function.and_then(|id| function_of(program, at(id))) {
        return Some(found);
    }
    let others = call.args.iter().filter(|arg| Some(arg.value) != function && Some(arg.value) != pool);
    for arg in others {
        let parts: Vec<ExprId> = match &summary.exprs[arg.value] {
            Expr::List(parts) => parts.clone(),
            Expr::Object(parts) => parts.iter().map(|(_, id)| *id).collect(),
            _ if sent.each || arg.spread => continue,
            _ => vec![arg.value],
        };
        for part in parts {
            // A callback is given by its keyword, and stays here.
            let function = if arg.name.is_none() || part != arg.value { function_of(program, at(part)) } else { None };
            if let Some(found) = function.or_else(|| value_of(program, at(part), sent)) {
                return Some(found);
            }
        }
    }
    None
}

/// A function that its module does not have under its name.
fn function_of(program: &Program<'_, '_>, at: ExprAt) -> Option<(String, String)> {
    if program.solution.is_cut(at) {
        return None;
    }
    let nested = |value: &Value| {
        let Value::Func(func) = value else { return None };
        let function = program.input.func(*func);
        let hidden = function.kind == FuncKind::Lambda
            || (function.class.is_none()
                && function.kind == FuncKind::Function
                && function.parent.is_some_and(|parent| parent != MODULE_BODY));
        hidden.then_some(*func)
    };
    let values = program.solution.values(at);
    let found = values.iter().map(nested).collect::<Option<Vec<FuncAt>>>()?;
    let function = program.input.func(*found.first()?);
    Some(if function.kind == FuncKind::Lambda {
        ("a lambda".to_owned(), "define it by `def` in the module's body; what it takes from around it goes in as an argument".to_owned())
    } else {
        let name = function.name;
        (
            format!("`{name}`, a function inside another,"),
            format!("define `{name}` in the module's body; what it takes from around it goes in as an argument"),
        )
    })
}

/// A value of a type that can't be pickled.
fn value_of(program: &Program<'_, '_>, at: ExprAt, sent: &Sent) -> Option<(String, String)> {
    if program.solution.is_cut(at) {
        return None;
    }
    let facts = program.input.facts_of(at.file);
    let values = program.solution.values(at);
    let unfit = |value: &Value| {
        let of = program.solution.type_of(*value)?;
        facts.unpicklable(of).filter(|at_start| !(sent.at_start && *at_start)).map(|at_start| (of, at_start))
    };
    let found = values.iter().map(unfit).collect::<Option<Vec<(Name, bool)>>>()?;
    let (of, at_start) = *found.first()?;
    let shown = facts.type_of(of).and_then(|fact| fact.shown.clone()).unwrap_or_else(|| of.to_string());
    let help = if at_start {
        format!(
            "give the `{shown}` to the workers as they start (`initializer=`, `initargs=`), or make it by a `multiprocessing.Manager()`"
        )
    } else {
        "send what it is made from (a path, an address, a number) and make it in the process".to_owned()
    };
    Some((format!("a `{shown}`"), help))
}
