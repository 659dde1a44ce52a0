//! What functions start, on the way through them: threads and processes, their own and those of what they call.

use super::pools::{Made, Pools};
use crate::base::Name;
use crate::facts::Runs;
use crate::link::graph::EdgeKind;
use crate::link::{At, CallAt, FuncAt};
use crate::rules::Program;
use rustc_hash::FxHashMap;

/// Something is started by a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The call.
    pub call: CallAt,
    /// The library's path that it calls.
    pub path: Name,
    /// What is started, by its number; none for the pool that all share.
    pub made: Option<usize>,
}

/// Starts of one kind: of each function one of its own, and the calls that lead to one further down.
#[derive(Debug, Default)]
pub struct Starts {
    own: FxHashMap<FuncAt, Vec<Start>>,
    /// Of functions that start nothing themselves: the call that leads there.
    through: FxHashMap<FuncAt, Vec<(CallAt, FuncAt)>>,
}

impl Starts {
    /// Starts of what is `wanted`: of pools, threads and processes, and of work given to the threads that all share.
    #[must_use]
    pub fn read(program: &Program<'_, '_>, pools: &Pools<'_>, shared: bool, wanted: impl Fn(&Made<'_>) -> bool) -> Self {
        let mut starts = Self::default();
        let mut add = |call: CallAt, path: Name, made| {
            let from = At { file: call.file, id: program.input.summaries[call.file].calls[call.id].func };
            starts.own.entry(from).or_default().push(Start { call, path, made });
        };
        for (number, made) in pools.made.iter().enumerate().filter(|(_, made)| wanted(made)) {
            for call in made.starts() {
                let path = program.graph.externals_of(call).next().map_or(made.path, |external| external.path);
                add(call, path, Some(number));
            }
        }
        for task in &pools.tasks {
            match task.pools[..] {
                // By the loop's own method, of which the pool is an argument.
                [made] if wanted(&pools.made[made]) && pools.made[made].is_started_by(task.call) => {
                    add(task.call, task.path, Some(made));
                }
                [] if shared && (task.shared || task.runs == Some(Runs::Thread)) => add(task.call, task.path, None),
                _ => {}
            }
        }
        let mut callers: FxHashMap<FuncAt, Vec<(CallAt, FuncAt)>> = FxHashMap::default();
        let mut targets: FxHashMap<CallAt, usize> = FxHashMap::default();
        let direct = || program.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct);
        for edge in direct() {
            *targets.entry(edge.call).or_default() += 1;
        }
        // Where a call may run one of several functions, those that start something are seldom the ones.
        for edge in direct().filter(|edge| !edge.by_name && targets.get(&edge.call) == Some(&1)) {
            callers.entry(edge.to).or_default().push((edge.call, edge.from));
        }
        let mut pending: Vec<FuncAt> = starts.own.keys().copied().collect();
        pending.sort_unstable();
        let mut at = 0;
        while let Some(func) = pending.get(at).copied() {
            at += 1;
            for (call, from) in callers.get(&func).into_iter().flatten().filter(|(_, from)| *from != func) {
                let known = starts.own.contains_key(from) || starts.through.contains_key(from);
                let ways = starts.through.entry(*from).or_default();
                if !ways.iter().any(|(of, _)| of == call) {
                    ways.push((*call, func));
                }
                if !known {
                    pending.push(*from);
                }
            }
        }
        starts
    }

    /// Calls of a function that start something, themselves or further down, in order, with the function called.
    #[must_use]
    pub fn of(&self, func: FuncAt) -> Vec<(CallAt, Option<FuncAt>)> {
        let own = self.own.get(&func).into_iter().flatten().map(|start| (start.call, None));
        let through = self.through.get(&func).into_iter().flatten().map(|(call, to)| (*call, Some(*to)));
        let mut all: Vec<_> = own.chain(through).collect();
        all.sort_unstable();
        all.dedup_by_key(|(call, _)| *call);
        all
    }

    /// Functions that start something, themselves or further down, in order.
    #[must_use]
    pub fn functions(&self) -> Vec<FuncAt> {
        let mut all: Vec<_> = self.own.keys().chain(self.through.keys()).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The starts in a function itself.
    #[must_use]
    pub fn own(&self, func: FuncAt) -> &[Start] {
        self.own.get(&func).map_or(&[], Vec::as_slice)
    }

    /// The calls from one on to the start that it leads to, with the functions that they call.
    #[must_use]
    pub fn chain(&self, first: (CallAt, Option<FuncAt>)) -> (Vec<(CallAt, Option<FuncAt>)>, Option<Start>) {
        let (mut steps, mut at) = (vec![first], first);
        loop {
            let Some(func) = at.1 else {
                let start = self.own.values().flatten().find(|start| start.call == at.0).copied();
                return (steps, start);
            };
            at = match (self.own.get(&func).and_then(|own| own.first()), self.through.get(&func).and_then(|ways| ways.first())) {
                (Some(start), _) => (start.call, None),
                (None, Some((call, to))) if steps.len() < 16 => (*call, Some(*to)),
                _ => return (steps, None),
            };
            steps.push(at);
        }
    }
}
