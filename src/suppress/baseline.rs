//! The baseline: findings that were there when it was written, by fingerprints without line numbers.

use crate::base::written::{Fault, Written};
use crate::base::{FileId, Source};
use crate::finding::Finding;
use oxc_index::IndexVec;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The file's name, where no other is asked for.
pub const FILE: &str = ".loopwarden-baseline.json";

/// Raised when a fingerprint changes its meaning.
const VERSION: u32 = 1;

/// `call` holds this many characters at most.
const LONGEST: usize = 80;

/// What names a finding: where, which rule, which functions down to the sink.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// The file of the primary place, relative to the baseline's folder.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// Names of the chain's functions, the sink last; the message where a rule follows no calls.
    pub chain: Vec<String>,
}

/// One finding of the baseline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// What names it.
    #[serde(flatten)]
    pub key: Key,
    /// Which of several with the same key, in order of place.
    pub ordinal: usize,
    /// The call as written, so that of several with the same key the right one is known. It names nothing.
    pub call: String,
}

impl Entry {
    /// The fingerprint as 32 hexadecimal digits, for formats that want a word: the first half of a SHA-256 over key and ordinal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let parts = [&self.key.path, &self.key.rule].into_iter().chain(&self.key.chain);
        // No part holds a NUL, so no two keys read the same.
        parts.for_each(|part| hash.update(part.bytes().chain([0]).collect::<Vec<_>>()));
        hash.update(self.ordinal.to_string());
        hash.finalize().iter().take(16).fold(String::new(), |mut digits, byte| {
            _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

/// The findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted.
    pub entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// What a run's findings are to a baseline.
#[derive(Debug, Default)]
pub struct Comparison {
    /// For each finding, in their order, whether it is known.
    pub known: Vec<bool>,
    /// Entries that no finding meets.
    pub fixed: Vec<Entry>,
}

/// The fingerprints of findings, in their order. `relative` gives a shown path as the baseline writes it.
pub fn entries(findings: &[&Finding], sources: &IndexVec<FileId, Source>, relative: impl Fn(&str) -> String) -> Vec<Entry> {
    let mut seen: BTreeMap<Key, usize> = BTreeMap::new();
    let entries = findings.iter().map(|finding| {
        let source = &sources[finding.file];
        let mut chain: Vec<String> = finding.chain.first().map(|hop| hop.caller.clone()).into_iter().collect();
        chain.extend(finding.chain.iter().map(|hop| hop.callee.clone()));
        if chain.is_empty() {
            chain.push(finding.message.clone());
        }
        let key = Key { path: relative(&source.path), rule: finding.rule.to_owned(), chain };
        let ordinal = seen.entry(key.clone()).or_default();
        *ordinal += 1;
        let text = source.text.get(finding.span.start as usize..finding.span.end as usize).unwrap_or("");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Entry { key, ordinal: *ordinal - 1, call: words.chars().take(LONGEST).collect() }
    });
    entries.collect()
}

impl Baseline {
    /// A baseline of these entries.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort();
        entries.dedup();
        Self { entries }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn read(written: &Written) -> Result<Self, Fault> {
        let document: Document = serde_json::from_str(&written.text).map_err(|error| {
            let source = Source::new(String::new(), written.text.clone());
            let start = source.line_span(error.line().max(1)).start as usize + error.column().saturating_sub(1);
            let start = start.min(written.text.len());
            let message = error.to_string();
            // The place is shown, so the words for it go.
            let message = message.rsplit_once(" at line ").map_or(message.clone(), |(message, _)| message.to_owned());
            written.fault(Some(start..start), message, Some("write it again with `loopwarden baseline update`".to_owned()))
        })?;
        if document.version != VERSION {
            let message = format!("version {} of the baseline; this program reads version {VERSION}", document.version);
            return Err(written.fault(None, message, Some("write it again with `loopwarden baseline update`".to_owned())));
        }
        Ok(Self::new(document.findings))
    }

    /// The file's text: sorted, one finding a line, so that a change reads well and merges well.
    ///
    /// # Errors
    /// None is expected: every part is a plain value. serde's error is passed on.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        let mut out = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
        for (at, entry) in self.entries.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            _ = write!(out, "{comma}\n    {}", serde_json::to_string(entry)?);
        }
        out.push_str(if self.entries.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        Ok(out)
    }

    /// Holds a run's findings against the baseline. Each entry speaks for one finding and no more.
    #[must_use]
    pub fn compare(&self, found: &[Entry]) -> Comparison {
        let mut known = vec![false; found.len()];
        let mut left: BTreeMap<&Key, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            left.entry(&entry.key).or_default().push(entry);
        }
        // Those whose call reads as it did come first, the others in order.
        let same = |one: &Entry, other: &Entry| one.call == other.call;
        for alike in [&same as &dyn Fn(&Entry, &Entry) -> bool, &|_, _| true] {
            for (at, entry) in found.iter().enumerate() {
                let Some(entries) = left.get_mut(&entry.key).filter(|_| !known[at]) else { continue };
                if let Some(met) = entries.iter().position(|old| alike(old, entry)) {
                    entries.remove(met);
                    known[at] = true;
                }
            }
        }
        let mut fixed: Vec<Entry> = left.into_values().flatten().cloned().collect();
        fixed.sort();
        Comparison { known, fixed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(function: &str, ordinal: usize, call: &str) -> Entry {
        let chain = vec![function.to_owned(), "time.sleep".to_owned()];
        Entry { key: Key { path: "a.py".to_owned(), rule: "blocking-sleep".to_owned(), chain }, ordinal, call: call.to_owned() }
    }

    #[test]
    fn it_reads_what_it_writes() {
        let baseline = Baseline::new(vec![entry("g", 0, "sleep(1)"), entry("f", 1, "sleep(\"ä\")"), entry("f", 0, "sleep(2)")]);
        let text = baseline.render().unwrap();
        assert_eq!(text.lines().count(), 8);
        let written = Written { path: FILE.to_owned(), text };
        assert_eq!(Baseline::read(&written), Ok(baseline));
        let empty = Written { path: FILE.to_owned(), text: Baseline::default().render().unwrap() };
        assert_eq!(Baseline::read(&empty), Ok(Baseline::default()));
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_release() {
        assert_eq!(entry("f", 0, "sleep(1)").fingerprint(), entry("f", 0, "sleep(2)").fingerprint());
        assert_ne!(entry("f", 0, "sleep(1)").fingerprint(), entry("f", 1, "sleep(1)").fingerprint());
        // As `printf 'a.py\0blocking-sleep\0f\0time.sleep\0%s' 0 | sha256sum` says.
        assert_eq!(entry("f", 0, "").fingerprint(), "b2ae434e378155e1812d4ba1910421d2");
    }

    #[test]
    fn a_broken_baseline_is_told_with_its_place() {
        let read = |text: &str| Baseline::read(&Written { path: FILE.to_owned(), text: text.to_owned() }).unwrap_err();
        let fault = read("{\n  \"version\": 1,\n  \"findings\": [}\n");
        assert_eq!((fault.message.as_str(), fault.span.map(|span| span.start)), ("expected value", Some(33)));
        assert!(read("{\"version\": 9, \"findings\": []}").message.starts_with("version 9"));
    }

    #[test]
    fn of_several_alike_the_one_that_reads_the_same_is_known() {
        let baseline = Baseline::new(vec![entry("f", 0, "sleep(2)")]);
        let compared = baseline.compare(&[entry("f", 0, "sleep(1)"), entry("f", 1, "sleep(2)")]);
        assert_eq!((compared.known, compared.fixed.len()), (vec![false, true], 0));
    }

    #[test]
    fn an_entry_speaks_for_one_finding() {
        let baseline = Baseline::new(vec![entry("f", 0, "sleep(1)"), entry("g", 0, "sleep(1)")]);
        let compared = baseline.compare(&[entry("f", 0, "sleep(9)"), entry("f", 1, "sleep(9)")]);
        assert_eq!((compared.known, compared.fixed), (vec![true, false], vec![entry("g", 0, "sleep(1)")]));
    }
}
