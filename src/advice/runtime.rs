//! Which runtime a chain runs under, as far as imports show it.

use crate::base::{FileId, name};
use crate::effects::Step;
use crate::facts::Runtime;
use crate::ir::{Expr, Family, FuncId, ModuleSummary, Target, VarId};
use crate::link::{FuncAt, Input};
use rustc_hash::FxHashMap;

/// A runtime, and what its code is called on.
pub(super) struct Seen<'a> {
    pub runtime: &'a Runtime,
    pub receiver: String,
}

/// Runtimes of one family with a way of writing of their own, that more of the run's files import than import the default one.
pub(super) type Common<'a> = FxHashMap<Family, &'a Runtime>;

/// The runtime that most files show, where that changes how code is written.
pub(super) fn common(input: Input<'_>) -> Common<'_> {
    let mut counts: FxHashMap<(Family, usize), usize> = FxHashMap::default();
    for (file, summary) in input.summaries.iter_enumerated() {
        for (at, _) in input.facts_of(file).runtimes.iter().enumerate().filter(|(_, runtime)| shows(summary, runtime)) {
            *counts.entry((summary.family, at)).or_default() += 1;
        }
    }
    let mut common = Common::default();
    for family in input.summaries.iter().map(|summary| summary.family) {
        let runtimes = input.facts.of(family).runtimes.as_slice();
        let count = |at| counts.get(&(family, at)).copied().unwrap_or(0);
        let Some(default) = runtimes.iter().position(|runtime| runtime.default) else { continue };
        let others = (0..runtimes.len()).filter(|at| runtimes[*at].writes != runtimes[default].writes && runtimes[*at].receiver.is_none());
        if let Some(most) = others.max_by_key(|at| count(*at)).filter(|most| count(*most) > count(default)) {
            common.insert(family, &runtimes[most]);
        }
    }
    common
}

/// The runtime that the imports of the first function's file show; else the entry's file, then those of the chain; else the one that
/// most of the program shows; else the default.
pub(super) fn seen<'a>(input: Input<'a>, common: &Common<'a>, root: FuncAt, entry: FileId, steps: &[Step]) -> Option<Seen<'a>> {
    let runtimes = input.facts_of(root.file).runtimes.as_slice();
    let files = [root.file, entry].into_iter().chain(steps.iter().map(|step| step.call.file));
    let shown = files.into_iter().find_map(|file| in_file(input, root, file, runtimes));
    let most = || common.get(&input.summaries[root.file].family).copied().or_else(|| runtimes.iter().find(|runtime| runtime.default));
    shown.or_else(|| most().map(|runtime| Seen { runtime, receiver: String::new() }))
}

/// Whether the file imports one of the runtime's modules.
fn shows(summary: &ModuleSummary, runtime: &Runtime) -> bool {
    summary.exprs.iter().any(|expr| match expr {
        Expr::Module(module) | Expr::Imported { module, .. } => {
            runtime.modules.iter().any(|of| module.strip_prefix(of.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        }
        _ => false,
    })
}

fn in_file<'a>(input: Input<'a>, root: FuncAt, file: FileId, runtimes: &'a [Runtime]) -> Option<Seen<'a>> {
    let found: Vec<Seen<'a>> = runtimes
        .iter()
        .filter(|runtime| shows(&input.summaries[file], runtime))
        .filter_map(|runtime| {
            let receiver = runtime.receiver.as_ref().map_or(Some(String::new()), |wanted| in_reach(input, root, wanted))?;
            Some(Seen { runtime, receiver })
        })
        .collect();
    let outranked = |one: &Seen<'_>| found.iter().any(|other| other.runtime.over.contains(&one.runtime.name));
    let first = found.iter().position(|one| !outranked(one))?;
    found.into_iter().nth(first)
}

/// How the function spells a variable of this name, or the attribute of its instance.
fn in_reach(input: Input<'_>, func: FuncAt, wanted: &str) -> Option<String> {
    let summary = &input.summaries[func.file];
    let wanted = name(wanted);
    let around: Vec<FuncId> = std::iter::successors(Some(func.id), |id| summary.functions[*id].parent).collect();
    if summary.vars.iter().any(|var| var.name == wanted && around.contains(&var.func)) {
        return Some(wanted.to_string());
    }
    let class = around.iter().find_map(|id| summary.functions[*id].class)?;
    let instance = |var: VarId| {
        let owner = &summary.functions[summary.vars[var].func];
        owner.class == Some(class) && owner.params.first().is_some_and(|first| first.var == Some(var))
    };
    let read = summary.exprs.iter().filter_map(|expr| match expr {
        Expr::Attr { base, name } if *name == wanted => Some(*base),
        _ => None,
    });
    let assigned = summary.assigns.iter().filter_map(|assign| match &assign.target {
        Target::Attr { base, name } if *name == wanted => Some(*base),
        _ => None,
    });
    read.chain(assigned).find_map(|base| match summary.exprs[base] {
        Expr::Var(var) if instance(var) => Some(format!("{}.{wanted}", summary.vars[var].name)),
        _ => None,
    })
}
