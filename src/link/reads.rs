//! Attribute reads that may run a property: they become calls, so that chains can go through them.

use crate::base::{FileId, Name};
use crate::facts::FactBase;
use crate::ir::{Call, CallKind, Expr, FuncKind, ModuleSummary};
use oxc_index::IndexVec;
use rustc_hash::FxHashSet;

/// Makes a call of each attribute read whose name is that of a property: one of the run, or one that facts speak of. The others go, save
/// those of attributes that may be kept for each thread.
pub fn add(summaries: &mut IndexVec<FileId, ModuleSummary>, facts: &FactBase) {
    let getters = summaries.iter().flat_map(|summary| &summary.functions).filter(|function| function.kind == FuncKind::Getter);
    let names: FxHashSet<Name> = getters.map(|function| function.name).collect();
    let local = in_threads(summaries, facts);
    for summary in summaries {
        let library = facts.of(summary.family);
        for read in std::mem::take(&mut summary.reads) {
            let Expr::Attr { name, .. } = summary.exprs[read.attr] else { continue };
            if local.contains(&name) {
                summary.reads.push(read.clone());
            }
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

/// Names that are assigned to as attributes, where the run uses an object with values of each thread's own.
fn in_threads(summaries: &IndexVec<FileId, ModuleSummary>, facts: &FactBase) -> FxHashSet<Name> {
    let uses = summaries.iter().any(|summary| {
        let library = facts.of(summary.family);
        summary.exprs.iter().any(|expr| match expr {
            Expr::Attr { name, .. } | Expr::Imported { name, .. } => library.names_thread_local(*name),
            _ => false,
        })
    });
    if !uses {
        return FxHashSet::default();
    }
    summaries.iter().flat_map(|summary| &summary.stores).map(|store| store.name).collect()
}
