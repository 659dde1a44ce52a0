//! One line a finding: `path:line:col: severity[rule-id] message (via a -> b -> c)`, and ` [changed: path:line:col]` where the
//! change that caused it touches another place than the first.

use super::{Shown, severity};
use crate::finding::Finding;
use std::fmt::Write as _;

/// All findings, one line each.
#[must_use]
pub fn render(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    for finding in &shown.findings {
        let via = if finding.chain.is_empty() { String::new() } else { format!(" (via {})", via(finding)) };
        let anchor = shown.anchor(finding).filter(|anchor| *anchor != (finding.file, finding.span));
        let changed = anchor.map_or(String::new(), |(file, span)| format!(" [changed: {}]", shown.place(file, span)));
        _ = writeln!(
            out,
            "{}: {}[{}] {}{via}{changed}",
            shown.place(finding.file, finding.span),
            severity(finding.severity),
            finding.rule,
            finding.message,
        );
    }
    out
}

/// The chain's names: `handler -> load -> requests.get`.
#[must_use]
pub fn via(finding: &Finding) -> String {
    let mut names: Vec<&str> = finding.chain.first().map(|hop| hop.caller.as_str()).into_iter().collect();
    names.extend(finding.chain.iter().map(|hop| hop.callee.as_str()));
    names.join(" -> ")
}
