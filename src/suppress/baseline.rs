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
    /// What else the call leads to and the same rule would tell, as `function -> library path`, sorted, one for each call of a
    /// library. `None` where that was not asked: the entry then speaks for all that the call leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Vec<String>>,
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

    /// The library call at the chain's end, as `also` names others.
    fn own(&self) -> Option<String> {
        match self.key.chain.as_slice() {
            [.., from, path] => Some(end(from, path)),
            _ => None,
        }
    }

    /// All that the call leads to, where that was asked.
    fn ends(&self) -> Option<Vec<String>> {
        Some(self.also.iter().flatten().cloned().chain(self.own()).collect()).filter(|_| self.also.is_some())
    }

    /// Whether both are of one call, though another end of it is told: what is nearest now was not, or was not there.
    fn is_same_call(&self, other: &Self) -> bool {
        let next = |entry: &Self| entry.key.chain.get(1).filter(|_| entry.key.chain.len() > 2).cloned();
        let (Some(mut own), Some(others)) = (self.ends(), other.ends()) else { return false };
        own.retain(|end| others.contains(end));
        !own.is_empty() && (self.call == other.call || next(self).is_some() && next(self) == next(other))
    }

    /// The entry as far as `found`, which is of the same call, has it still. Where what both tell is neither's, it stays as it is.
    fn lessened(&self, found: &Self) -> Self {
        let (Some(ends), Some(now)) = (self.ends(), found.ends()) else { return self.clone() };
        let left = without(&ends, &without(&ends, &now));
        let told = [found, self].into_iter().find(|entry| entry.own().is_some_and(|own| left.contains(&own)));
        let told = told.unwrap_or(self);
        let own: Vec<String> = told.own().into_iter().collect();
        Self { also: Some(without(&left, &own)), ..told.clone() }
    }
}

/// A library's call by the function that makes it.
#[must_use]
pub fn end(from: &str, path: &str) -> String {
    format!("{from}{CALLS}{path}")
}

/// Between a function and what it calls.
const CALLS: &str = " -> ";

fn function_of(end: &str) -> &str {
    end.split_once(CALLS).map_or(end, |(function, _)| function)
}

fn path_of(end: &str) -> &str {
    end.split_once(CALLS).map_or("", |(_, path)| path)
}

/// What is left of `all`, sorted, when each of `others` takes one alike away.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let mut left = all.to_vec();
    left.sort();
    for other in others {
        if let Ok(at) = left.binary_search(other) {
            left.remove(at);
        }
    }
    left
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
    /// For each finding the entry that is of its call, by its place in the baseline.
    pub met: Vec<Option<usize>>,
    /// For each known finding, what its call leads to besides, and no entry knows.
    pub more: Vec<Vec<String>>,
    /// Entries that no finding meets.
    pub fixed: Vec<Entry>,
    /// Entries of whose call not all is left, by their place in the baseline, with what is.
    pub lessened: BTreeMap<usize, Entry>,
    /// Entries that do not say what else their call leads to, where that is known now.
    pub silent: usize,
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
        Entry { key, ordinal: *ordinal - 1, call: words.chars().take(LONGEST).collect(), also: None }
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
        self.compare_in(found, &|_| true)
    }

    /// The same, of a run that may have lost functions, by name: what they called is known in the function that calls it now.
    #[must_use]
    pub fn compare_in(&self, found: &[Entry], has_function: &dyn Fn(&str) -> bool) -> Comparison {
        let mut met: Vec<Option<usize>> = vec![None; found.len()];
        let mut left: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            left.entry(place(entry)).or_default().push(at);
        }
        // Those whose call reads as it did come first, the others in order; then those of which another end is told.
        let ways: [Alike<'_>; 4] = [
            &|one, other| one.key == other.key && one.call == other.call,
            &|one, other| one.key == other.key,
            &|one, other| one.call == other.call && one.is_same_call(other),
            &|one, other| one.is_same_call(other),
        ];
        for is_met in ways {
            for (met, entry) in met.iter_mut().zip(found).filter(|(met, _)| met.is_none()) {
                let Some(entries) = left.get_mut(&place(entry)) else { continue };
                *met = entries.iter().position(|old| is_met(&self.entries[*old], entry)).map(|at| entries.remove(at));
            }
        }
        let mut fixed: Vec<Entry> = left.into_values().flatten().map(|at| self.entries[at].clone()).collect();
        fixed.sort();
        let mut compared = Comparison { fixed, ..Comparison::default() };
        for (entry, met) in found.iter().zip(&met) {
            let old = met.map(|at| (at, &self.entries[at]));
            let (mut known, mut more) = (old.is_some(), Vec::new());
            if let (Some((at, old)), Some(now)) = (old, entry.ends()) {
                match old.ends() {
                    Some(ends) => {
                        known = old.key == entry.key || entry.own().is_some_and(|own| ends.contains(&own));
                        let mut gone = without(&ends, &now);
                        more = without(&now, &ends);
                        more.retain(|end| {
                            let renamed = gone.iter().position(|old| path_of(old) == path_of(end) && !has_function(function_of(old)));
                            renamed.map(|at| gone.remove(at)).is_none()
                        });
                        if !gone.is_empty() {
                            compared.lessened.insert(at, old.lessened(entry));
                        }
                    }
                    None => compared.silent += 1,
                }
            }
            compared.known.push(known);
            compared.more.push(if known { more } else { Vec::new() });
        }
        compared.met = met;
        compared
    }
}

/// Whether an entry of the baseline is the one of a finding.
type Alike<'a> = &'a dyn Fn(&Entry, &Entry) -> bool;

/// What entries of one call have in common: file, rule, the function that makes it.
fn place(entry: &Entry) -> (&str, &str, Option<&str>) {
    (&entry.key.path, &entry.key.rule, entry.key.chain.first().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(function: &str, ordinal: usize, call: &str) -> Entry {
        let chain = vec![function.to_owned(), "time.sleep".to_owned()];
        Entry { key: Key { path: "a.py".to_owned(), rule: "blocking-sleep".to_owned(), chain }, ordinal, call: call.to_owned(), also: None }
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
