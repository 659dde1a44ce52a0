//! What a change caused: what touches its lines, and what the version before has not.

use super::Prepared;
use crate::base::{FileId, Span};
use crate::discover::{self, Base, Discovery};
use crate::effects::{Avoided, shown_path};
use crate::finding::Finding;
use crate::link::CallAt;
use crate::pipeline::{self, Analysis, Version};
use crate::report::{Least, Shown};
use crate::rules::Program;
use crate::suppress::baseline::{Baseline, Entry, Key, entries};
use crate::suppress::changed::{ChangedLines, Changes};
use rustc_hash::{FxHashMap, FxHashSet};

/// Where a change touches what it caused.
#[derive(Debug, Default)]
pub(super) struct Caused {
    /// For each finding that passes the thresholds; `None` for what the change did not cause.
    pub shown: Vec<Option<(FileId, Span)>>,
    /// For each of `Analysis::hidden`.
    pub hidden: Vec<Option<(FileId, Span)>>,
}

/// Which lines no base has.
pub(super) fn changed_lines(bases: &[Base], discovery: &Discovery) -> ChangedLines {
    let texts: FxHashMap<&str, &str> = discovery.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let lines = bases.iter().map(|base| {
        let before = |found: &'_ Option<discover::Found>| found.as_ref().map(|found| found.text.clone());
        let files: Vec<_> =
            base.changed.iter().filter_map(|(path, found)| Some((path.as_str(), before(found), *texts.get(path.as_str())?))).collect();
        ChangedLines::new(files.iter().map(|(path, before, after)| (*path, before.as_deref(), *after)))
    });
    lines.reduce(|all, lines| all.and(&lines)).unwrap_or_default()
}

/// Calls of libraries on changed lines: what they cause is told even where an older call is nearer.
pub(super) fn on_changed_lines(lines: &ChangedLines, program: &Program<'_, '_>) -> FxHashSet<CallAt> {
    let stalls = program.effects.sinks.iter().filter(|sink| sink.harmless.is_none());
    let input = program.input;
    let span = |call: CallAt| input.summaries[call.file].calls[call.id].span;
    stalls.filter(|sink| lines.within(&input.sources[sink.call.file], span(sink.call)).is_some()).map(|sink| sink.call).collect()
}

/// Where changed lines touch what no base has.
///
/// A base is analysed only where a finding touches a changed line, and of it only what is not the same is read.
pub(super) fn caused(bases: &[Base], lines: &ChangedLines, prepared: &Prepared, analysis: &Analysis, least: Least) -> Caused {
    let shown = Shown::new(analysis, &prepared.discovery, least);
    let changes = Changes::new(lines, &analysis.sources, &analysis.summaries);
    let is_shown = |finding: &&Finding| finding.severity >= least.severity && finding.confidence >= least.confidence;
    let mut caused = Caused {
        shown: shown.findings.iter().map(|finding| changes.met(finding)).collect(),
        hidden: analysis.hidden.iter().map(|finding| Some(finding).filter(is_shown).and_then(|finding| changes.met(finding))).collect(),
    };
    for base in bases {
        if caused.shown.iter().chain(&caused.hidden).all(Option::is_none) {
            break;
        }
        Comparison::new(base, &shown, least).run(prepared, &mut caused);
    }
    caused
}

/// A run that is held against a base.
struct Comparison<'a> {
    base: &'a Base,
    shown: &'a Shown<'a>,
    least: Least,
    new: Vec<Entry>,
    new_hidden: Vec<Entry>,
    /// Files that moved, from path to path.
    renamed: FxHashMap<&'a str, &'a str>,
}

impl<'a> Comparison<'a> {
    fn new(base: &'a Base, shown: &'a Shown<'a>, least: Least) -> Self {
        let renamed = base.changed.iter().filter_map(|(path, before)| Some((before.as_ref()?.path.as_str(), path.as_str())));
        let analysis = shown.analysis;
        let hidden: Vec<&Finding> = analysis.hidden.iter().collect();
        let new = entries(&shown.findings, &analysis.sources, str::to_owned);
        let new_hidden = entries(&hidden, &analysis.sources, str::to_owned);
        Self { base, shown, least, new, new_hidden, renamed: renamed.collect() }
    }

    fn path(&self, path: &str) -> String {
        self.renamed.get(path).copied().unwrap_or(path).to_owned()
    }

    /// Takes out of `caused` what the base has.
    fn run(&self, prepared: &Prepared, caused: &mut Caused) {
        // Of a call of the base one cause is told: another that looks new is looked for by its own name.
        let aside = |program: &Program<'_, '_>, findings: &[Finding], _: &Avoided| {
            let old: Vec<&Finding> = findings.iter().filter(|finding| self.passes(finding)).collect();
            let old = entries(&old, program.input.sources, |path| self.path(path));
            let (known, known_hidden) = self.known(&old, &[], caused);
            let shown = self.shown.findings.iter().copied().zip(&caused.shown).zip(known);
            let hidden = self.shown.analysis.hidden.iter().zip(&caused.hidden).zip(known_hidden);
            let new = shown.chain(hidden).filter(|((_, touched), known)| touched.is_some() && !known).map(|((finding, _), _)| finding);
            let sources = &self.shown.analysis.sources;
            let ends: FxHashSet<(&str, &str, &str)> = new
                .filter_map(|finding| finding.chain.last())
                .map(|hop| (sources[hop.file].path.as_str(), hop.caller.as_str(), hop.callee.as_str()))
                .collect();
            if ends.is_empty() {
                return Vec::new();
            }
            let stalls = program.effects.sinks.iter().filter(|sink| sink.harmless.is_none());
            let asked = stalls.filter(|sink| {
                let path = self.path(&program.input.sources[sink.call.file].path);
                let callee = shown_path(program.input.facts_of(sink.call.file), sink.path);
                ends.contains(&(path.as_str(), program.input.func_name(sink.from).as_str(), callee.as_str()))
            });
            vec![asked.map(|sink| sink.call).collect()]
        };
        let before = pipeline::run_beside(self.shown.analysis, version(self.base), &prepared.facts, &prepared.settings, &aside);
        let old = Shown::new(&before, self.shown.discovery, self.least);
        let old = entries(&old.findings, &before.sources, |path| self.path(path));
        let hidden: Vec<&Finding> = before.hidden.iter().collect();
        let hidden = entries(&hidden, &before.sources, |path| self.path(path));
        let (mut known, known_hidden) = self.known(&old, &hidden, caused);
        self.follow_functions(&before, &old, caused, &mut known);
        let places = caused.shown.iter_mut().zip(known).chain(caused.hidden.iter_mut().zip(known_hidden));
        places.filter(|(_, known)| *known).for_each(|(place, _)| *place = None);
    }

    /// What looks new may be an old finding whose functions have other names now: what differs between the two chains is then, on
    /// either side, a function that the other version lacks. An old finding speaks for one new one.
    fn follow_functions(&self, before: &Analysis, old: &[Entry], caused: &Caused, known: &mut [bool]) {
        let fixed = Baseline::new(old.to_vec()).compare(&self.new).fixed;
        let new: Vec<usize> = (0..known.len()).filter(|at| caused.shown[*at].is_some() && !known[*at]).collect();
        if fixed.is_empty() || new.is_empty() {
            return;
        }
        let (had, has) = (functions(before), functions(self.shown.analysis));
        let mut left: Vec<Key> = fixed.into_iter().map(|entry| entry.key).collect();
        for at in new {
            let key = &self.new[at].key;
            let is_renamed = |old: &Key| {
                let names = old.chain.iter().zip(&key.chain);
                let ends = (old.path.as_str(), old.rule.as_str(), old.chain.last(), old.chain.len());
                let mut others = names.filter(|(was, is)| was != is);
                ends == (key.path.as_str(), key.rule.as_str(), key.chain.last(), key.chain.len())
                    && others.all(|(was, is)| had.contains(was) && !has.contains(was) && has.contains(is) && !had.contains(is))
            };
            if let Some(met) = left.iter().position(is_renamed) {
                left.remove(met);
                known[at] = true;
            }
        }
    }

    fn passes(&self, finding: &Finding) -> bool {
        finding.severity >= self.least.severity && finding.confidence >= self.least.confidence
    }

    /// For each finding that is shown, and for each hidden one, whether the base has it.
    fn known(&self, old: &[Entry], old_hidden: &[Entry], caused: &Caused) -> (Vec<bool>, Vec<bool>) {
        // Of several alike, what no change touches is what was there.
        let mut order: Vec<usize> = (0..self.new.len()).collect();
        order.sort_by_key(|at| caused.shown[*at].is_some());
        let ordered: Vec<_> = order.iter().map(|at| self.new[*at].clone()).collect();
        let compared = Baseline::new(old.to_vec()).compare(&ordered);
        let mut known = vec![false; self.new.len()];
        order.iter().zip(compared.known).for_each(|(at, is_known)| known[*at] = is_known);
        let hidden: FxHashSet<_> = old_hidden.iter().map(|entry| name(&entry.key)).collect();
        known.iter_mut().zip(&self.new).for_each(|(known, entry)| *known |= hidden.contains(&name(&entry.key)));
        let told: FxHashSet<_> = old.iter().map(|entry| name(&entry.key)).collect();
        let is_known = |entry: &Entry| told.contains(&name(&entry.key)) || hidden.contains(&name(&entry.key));
        (known, self.new_hidden.iter().map(is_known).collect())
    }
}

/// The names of all functions of a run.
fn functions(analysis: &Analysis) -> FxHashSet<String> {
    let all = analysis.summaries.iter().flat_map(|summary| summary.functions.indices().map(|id| summary.func_name(id)));
    all.collect()
}

fn name(key: &Key) -> (&str, &str, &[String]) {
    (&key.path, &key.rule, &key.chain)
}

fn version(base: &Base) -> Version<'_> {
    let files = base.changed.values().flatten().chain(&base.gone).cloned().map(|found| (found.path, found.text, found.lang));
    Version { files: files.collect(), without: base.changed.keys().map(String::as_str).collect(), projects: &base.projects }
}
