//! Functions of Python that give a coroutine: coroutine functions, and plain ones that return what one of these gives.

use crate::ir::{Expr, Family};
use crate::link::graph::functions;
use crate::link::{At, FuncAt, Solution};
use rustc_hash::FxHashSet;

/// Functions that are followed from one that returns what another gives to the coroutine function.
const DEEPEST: usize = 4;

/// All such functions of the run.
pub(super) fn givers(solution: &Solution<'_>) -> FxHashSet<FuncAt> {
    let mut found = FxHashSet::default();
    let mut passing: Vec<(FuncAt, Vec<FuncAt>)> = Vec::new();
    for (file, summary) in solution.input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Python) {
        for (id, function) in summary.functions.iter_enumerated().filter(|(_, function)| !function.is_generator) {
            if function.is_async {
                found.insert(At { file, id });
                continue;
            }
            let returned = function.returns.iter().filter_map(|value| match summary.exprs[*value] {
                Expr::Call(call) => Some(At { file, id: summary.calls[call].callee }),
                _ => None,
            });
            let called: Vec<FuncAt> = returned.flat_map(|callee| functions(solution, callee)).collect();
            if !called.is_empty() {
                passing.push((At { file, id }, called));
            }
        }
    }
    for _ in 0..DEEPEST {
        let known = found.len();
        passing.retain(|(func, called)| {
            let gives = called.iter().any(|callee| found.contains(callee));
            if gives {
                found.insert(*func);
            }
            !gives
        });
        if found.len() == known {
            break;
        }
    }
    found
}
