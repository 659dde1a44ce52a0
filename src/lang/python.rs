//! Python to `ModuleSummary`.
use crate::ir::{Family, ModuleSummary};

/// Lowers Python source text.
#[must_use]
pub fn lower(text: &str, is_stub: bool) -> ModuleSummary {
    let mut summary = ModuleSummary::new(Family::Python, text.len());
    summary.is_stub = is_stub;
    summary
}
