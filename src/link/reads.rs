//! Attribute reads that may run a property: they become calls, so that chains can go through them.

use crate::base::{FileId, Name};
use crate::facts::FactBase;
use crate::ir::{Call, CallKind, Expr, FuncKind, ModuleSummary};
use oxc_index::IndexVec;
use rustc_hash::FxHashSet;

/// Makes a call of each attribute read whose name is that of a property: one of the run, or one that facts speak of. Reads stay
/// as they are, so that a summary can be taken over into another run, which may know other properties: `take_out`.
pub fn add(summaries: &mut IndexVec<FileId, ModuleSummary>, facts: &FactBase) {
    let getters = summaries.iter().flat_map(|summary| &summary.functions).filter(|function| function.kind == FuncKind::Getter);
    let names: FxHashSet<Name> = getters.map(|function| function.name).collect();
    for summary in summaries {
        let library = facts.of(summary.family);
        for read in &summary.reads {
            let Expr::Attr { name, .. } = summary.exprs[read.attr] else { continue };
            if names.contains(&name) || library.is_property_name(name) {
                summary.calls.push(Call {
                    kind: CallKind::Read,
                    callee: read.attr,
                    args: Vec::new(),
                    span: read.span,
                    func: read.func,
                    awaited: false,
                    dropped: false,
                    main_guard: read.main_guard,
                    once: read.once,
                    guard: read.guard,
                    looped: read.looped,
                });
            }
        }
    }
}

/// Takes out the calls that were made of reads. Nothing in a summary refers to them: they were added last.
pub fn take_out(summary: &mut ModuleSummary) {
    while summary.calls.last().is_some_and(|call| call.kind == CallKind::Read) {
        summary.calls.pop();
    }
}
