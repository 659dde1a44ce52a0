//! What goes to a thread with a call: the expression that goes on with what it gives, the connection that it is made on.

use super::Advisor;
use crate::base::Name;
use crate::ir::{CallKind, Expr};
use crate::link::graph::EdgeKind;
use crate::link::{At, CallAt, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Calls on what a call gives, one on the other, at most.
const LONGEST: usize = 6;

/// Functions below a call that are looked through for where an object is made.
const MOST: usize = 200;

/// What functions call, and which objects of libraries they make.
pub(super) struct Made {
    callees: FxHashMap<FuncAt, Vec<FuncAt>>,
    objects: FxHashMap<FuncAt, Vec<Name>>,
}

impl Advisor<'_, '_> {
    /// The last of the calls that are made on what the call gives, in one expression: `.c()` of `a().b().c()`.
    pub(super) fn further(&self, at: CallAt) -> Option<CallAt> {
        let summary = &self.solution.input.summaries[at.file];
        let on = |of: CallAt| {
            let is_on = |callee| matches!(summary.exprs[callee], Expr::Attr { base, .. } if matches!(summary.exprs[base], Expr::Call(id) if id == of.id));
            let next = summary.calls.iter_enumerated().find(|(_, call)| call.kind == CallKind::Call && is_on(call.callee));
            // What gives something to await stays on the loop.
            let goes = |id| !self.graph.edges_of(At { file: at.file, id }).any(|edge| self.solution.input.func(edge.to).is_async);
            next.filter(|(id, call)| !call.awaited && goes(*id)).map(|(id, _)| At { file: at.file, id })
        };
        std::iter::successors(on(at), |next| on(*next)).take(LONGEST).last()
    }

    /// Whether a function, or what it calls, makes an object of the library that the path's owner is of: `sqlite3.connect()` for
    /// `sqlite3.Cursor.execute`.
    pub(super) fn makes(&self, func: FuncAt, path: Name) -> bool {
        let Some((library, _)) = path.rsplit_once('.').and_then(|(owner, _)| owner.rsplit_once('.')) else { return false };
        let made = self.made.get_or_init(|| self.made());
        let (mut seen, mut pending) = (FxHashSet::default(), VecDeque::from([func]));
        while let Some(func) = pending.pop_front() {
            if seen.len() >= MOST || !seen.insert(func) {
                continue;
            }
            if made.objects.get(&func).is_some_and(|of| of.iter().any(|of| of.as_str() == library)) {
                return true;
            }
            pending.extend(made.callees.get(&func).into_iter().flatten());
        }
        false
    }

    fn made(&self) -> Made {
        let mut made = Made { callees: FxHashMap::default(), objects: FxHashMap::default() };
        for edge in self.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && !edge.by_name) {
            made.callees.entry(edge.from).or_default().push(edge.to);
        }
        for external in &self.graph.externals {
            let facts = self.solution.input.facts_of(external.call.file);
            let Some((library, _)) = external.path.rsplit_once('.') else { continue };
            // A function of the module itself that gives an object of one of its types.
            if facts.result(external.path).is_some_and(|of| of.rsplit_once('.').is_some_and(|(of, _)| of == library)) {
                made.objects.entry(external.from).or_default().push(crate::base::name(library));
            }
        }
        made
    }
}
