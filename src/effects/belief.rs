//! How far a chain is to be believed: less the more hops it has, and the more functions one of its calls may run.

use super::conditions::is_way_out;
use super::debugging;
use crate::finding::Confidence;
use crate::link::graph::{EdgeKind, Graph};
use crate::link::{At, CallAt, Input};
use rustc_hash::FxHashMap;

/// Hops of a chain that is believed, at most: of longer ones read in real code, none was true.
const LONGEST: u32 = 8;

/// The same of chains through a call that may run more than a few functions.
const LONG: u32 = 4;

/// Functions that each call of a chain may run, at most, for it to be believed as it is.
const FEW: u8 = 2;

/// With up to so many the chain is believed half: of those with more, most were false.
const SOME: u8 = 4;

/// The calls that may run more functions than a few, and how many.
#[derive(Debug, Default)]
pub struct Widths(FxHashMap<CallAt, u8>);

impl Widths {
    /// Counts the functions of the repository that each call may run. A call that is a way out, or only made to
    /// debug the program, counts as one of many.
    #[must_use]
    pub fn read(input: Input<'_>, graph: &Graph) -> Self {
        let mut targets: Vec<_> = graph
            .edges
            .iter()
            .filter(|edge| edge.kind == EdgeKind::Direct && !graph.registered.contains(&edge.call))
            .map(|edge| (edge.call, edge.to))
            .collect();
        targets.sort_unstable();
        targets.dedup();
        let calls = targets.chunk_by(|one, other| one.0 == other.0);
        let wide = calls.map(|of| (of[0].0, u8::try_from(of.len()).unwrap_or(u8::MAX)));
        let mut widths: FxHashMap<CallAt, u8> = wide.filter(|(_, width)| *width > FEW).collect();
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| !summary.handled.is_empty()) {
            let calls = summary.calls.indices().map(|id| At { file, id });
            widths.extend(calls.filter(|call| is_way_out(input, *call)).map(|call| (call, u8::MAX)));
        }
        widths.extend(debugging::calls(input).into_iter().map(|call| (call, u8::MAX)));
        Self(widths)
    }

    /// How many functions the call may run; 1 for a few.
    #[must_use]
    pub fn of(&self, call: CallAt) -> u8 {
        self.0.get(&call).copied().unwrap_or(1)
    }
}

/// How sure a chain is at most: `hops` to the fact; of `widest` functions that one of its calls may run, one has the effect.
#[must_use]
pub fn sure(hops: u32, widest: u8) -> Confidence {
    if hops > LONGEST || widest > SOME || widest > FEW && hops > LONG {
        Confidence::Low
    } else if widest > FEW {
        Confidence::Medium
    } else {
        Confidence::High
    }
}

/// How sure a finding is: of the entry, and of the chain from there. Two half doubts make a whole one: of the ways that began in coroutines
/// of which no entry is known and went through a call that may run several functions, half were false in real code.
#[must_use]
pub fn together(entry: Confidence, chain: Confidence) -> Confidence {
    if entry == Confidence::Medium && chain == Confidence::Medium { Confidence::Low } else { entry.min(chain) }
}
