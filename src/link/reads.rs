//! Attribute reads that may run a property: they become calls, so that chains can go through them.

use crate::base::{FileId, Name};
use crate::facts::FactBase;
use crate::ir::{Call, CallKind, Expr, FuncKind, ModuleSummary};
use oxc_index::IndexVec;
use rustc_hash::FxHashSet;

/// Makes a call of each attribute read whose name is that of a property: one of the run, or one that facts speak of.
pub fn add(summaries: &mut IndexVec<FileId, ModuleSummary>, facts: &FactBase) {
    let getters = summaries.iter().flat_map(|summary| &summary.functions).filter(|function| function.kind == FuncKind::Getter);
    let names: FxHashSet<Name> = getters.map(|function| function.name).collect();
    for summary in summaries {
        let library = facts.of(summary.family);
        for read in std::mem::take(&mut summary.reads) {
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
