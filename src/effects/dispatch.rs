//! Which class's method a call runs on a parameter: that is up to what the callers give. `store.save()` with a store of files and one
//! in memory writes files only for callers that give the former.

use super::given::{Answer, Asker, Run};
use super::wanted::Wanted;
use crate::ir::{CallKind, Expr, Family};
use crate::link::graph::{Edge, EdgeKind};
use crate::link::{At, CallAt, FuncAt, Value};

/// What a call of a method asks of the variable that it is called on: that its class has this method, and not another that the
/// call may run. None where there is no other.
pub(super) fn asked(run: Run<'_>, edge: &Edge) -> Option<Answer> {
    let input = run.solution.input;
    let summary = &input.summaries[edge.call.file];
    let call = &summary.calls[edge.call.id];
    let Expr::Attr { base, name } = &summary.exprs[call.callee] else { return None };
    let method = input.func(edge.to);
    let plain = edge.kind == EdgeKind::Direct && !edge.by_name && call.kind == CallKind::Call && summary.family == Family::Python;
    if !plain || method.class.is_none() || method.name != *name || !matches!(summary.exprs[*base], Expr::Var(_)) {
        return None;
    }
    let at = At { file: edge.call.file, id: *base };
    if super::given::is_own(input, at, edge.from) || !may_be_several(run, edge.call) {
        return None;
    }
    let asker = Asker { run, func: edge.from, before: call.span.start };
    Some(asker.ask(at, Wanted::Runs(edge.to)))
}

/// Whether the call may run several methods, and all of them are known.
fn may_be_several(run: Run<'_>, call: CallAt) -> bool {
    let callee = At { file: call.file, id: run.solution.input.summaries[call.file].calls[call.id].callee };
    let values = run.solution.values(callee);
    values.len() > 1 && !run.solution.is_cut(callee) && values.iter().all(|value| matches!(value, Value::Bound(_)))
}

impl Asker<'_> {
    /// Whether what a call gives has the method, as the bodies of the methods tell that it may run: `tracker.create_parser()` gives what
    /// the tracker's class makes.
    pub(super) fn given_by_call(self, at: CallAt, wanted: Wanted, depth: usize) -> Answer {
        let input = self.run.solution.input;
        let summary = &input.summaries[at.file];
        let call = &summary.calls[at.id];
        let Expr::Attr { base, .. } = &summary.exprs[call.callee] else { return Answer::Perhaps };
        if call.kind != CallKind::Call || !may_be_several(self.run, at) {
            return Answer::Perhaps;
        }
        let values = self.run.solution.values(At { file: at.file, id: call.callee });
        let methods = values.iter().filter_map(|value| match value {
            Value::Bound(method) => Some(*method),
            _ => None,
        });
        let gives = |method: &FuncAt| {
            let asker = Self { func: *method, before: u32::MAX, ..self };
            let given = input.func(*method).returns.iter().map(|id| At { file: method.file, id: *id });
            given.into_iter().any(|value| asker.within(value, wanted, depth + 1) != Answer::Never)
        };
        let giving: Vec<FuncAt> = methods.filter(gives).collect();
        match giving.as_slice() {
            [] => Answer::Never,
            [one] => self.within(At { file: at.file, id: *base }, Wanted::Runs(*one), depth + 1),
            _ => Answer::Perhaps,
        }
    }
}
