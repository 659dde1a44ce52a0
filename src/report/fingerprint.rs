//! What names findings in every run, for formats that follow them from one run to the next.

use super::Shown;
use crate::config::{absolute, below};
use crate::finding::{Finding, Suppressed};
use crate::suppress::baseline::{Entry, entries};
use rustc_hash::{FxHashMap, FxHashSet};

/// The fingerprints of a run: those of a baseline in the folder that the run's files belong to.
pub(super) struct Fingerprints {
    /// Of the findings that are shown, in their order.
    pub shown: Vec<String>,
    /// Of those that comments suppress, in the order of `told`.
    pub suppressed: Vec<String>,
}

impl Fingerprints {
    pub(super) fn new(shown: &Shown<'_>) -> Self {
        let told = suppressed(shown);
        let passed: FxHashSet<*const Finding> = shown.passed.iter().map(|finding| std::ptr::from_ref(*finding)).collect();
        // What a change or a baseline lets be told beside another finding of the same call.
        let besides = shown.findings.iter().copied().filter(|finding| !passed.contains(&std::ptr::from_ref(*finding)));
        // What the baseline knows counts too: no other finding takes its number once it is taken out.
        let all: Vec<&Finding> = shown.passed.iter().copied().chain(told.iter().map(|one| &one.finding)).chain(besides).collect();
        let words: Vec<String> = of(shown, &all).iter().map(Entry::fingerprint).collect();
        let suppressed = words.iter().skip(passed.len()).take(told.len()).cloned().collect();
        let known: FxHashMap<*const Finding, String> = all.into_iter().map(std::ptr::from_ref).zip(words).collect();
        let word = |finding: &&Finding| known.get(&std::ptr::from_ref(*finding)).cloned().unwrap_or_default();
        Self { shown: shown.findings.iter().map(word).collect(), suppressed }
    }
}

fn of(shown: &Shown<'_>, findings: &[&Finding]) -> Vec<Entry> {
    entries(findings, &shown.analysis.sources, |path| {
        let whole = absolute(&shown.folders.working, path);
        below(&whole, &shown.folders.root).map_or(whole.clone(), str::to_owned)
    })
}

/// What comments suppress and would be shown else.
pub(super) fn suppressed<'a>(shown: &Shown<'a>) -> Vec<&'a Suppressed> {
    let passes = |one: &&Suppressed| one.finding.severity >= shown.least.severity && one.finding.confidence >= shown.least.confidence;
    shown.analysis.suppressed.iter().filter(passes).collect()
}
