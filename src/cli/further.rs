//! What else the calls of findings lead to, held against a baseline: what it does not know is looked for by itself.

use super::baseline::{Loaded, relative};
use crate::base::{FileId, Span};
use crate::config::Settings;
use crate::effects::behind::Behind;
use crate::effects::{Avoided, shown_path};
use crate::facts::{Effect, Weight};
use crate::finding::{Finding, Severity};
use crate::link::CallAt;
use crate::report::Least;
use crate::rules::{Program, rule_of};
use crate::suppress::baseline::{self, Comparison, Entry, end};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a finding tells: its place and rule, and the library call at the end of its chain.
type Told = ((FileId, Span, &'static str), Option<(FileId, Span)>);

/// What else findings' calls lead to, asked while the analysis is there.
pub(super) struct Further<'a> {
    settings: &'a Settings,
    least: Least,
    loaded: Option<&'a Loaded>,
    /// For each finding that passes the thresholds, where its rule follows effects.
    also: RefCell<Vec<Option<Vec<String>>>>,
    /// The names of all functions of the run.
    functions: RefCell<FxHashSet<String>>,
    /// What the baseline does not know behind calls that it knows.
    new: RefCell<FxHashSet<Told>>,
}

impl<'a> Further<'a> {
    pub(super) fn new(settings: &'a Settings, least: Least, loaded: Option<&'a Loaded>) -> Self {
        Self { settings, least, loaded, also: RefCell::default(), functions: RefCell::default(), new: RefCell::default() }
    }

    /// Says what the entries' calls lead to besides.
    pub(super) fn add(&self, entries: &mut [Entry]) {
        let also = self.also.borrow();
        entries.iter_mut().zip(also.iter()).for_each(|(entry, also)| entry.also.clone_from(also));
    }

    /// Holds entries against a baseline.
    pub(super) fn compare(&self, loaded: &Loaded, entries: &[Entry]) -> Comparison {
        let functions = self.functions.borrow();
        loaded.content.compare_in(entries, &|name| functions.contains(name))
    }

    /// Whether the finding is one that the baseline does not know behind a call that it knows.
    pub(super) fn is_new(&self, finding: &Finding) -> bool {
        self.passes(finding) && self.new.borrow().contains(&(finding.order(), sink(finding)))
    }

    fn passes(&self, finding: &Finding) -> bool {
        finding.severity >= self.least.severity && finding.confidence >= self.least.confidence
    }

    /// Asks for what the findings' calls lead to, and gives the calls of libraries that are to be looked for: see `pipeline::Aside`.
    pub(super) fn look(&self, program: &Program<'_, '_>, findings: &[Finding], avoided: &Avoided) -> Vec<FxHashSet<CallAt>> {
        let passed: Vec<&Finding> = findings.iter().filter(|finding| self.passes(finding)).collect();
        let behind = Ends::new(program, &passed, avoided, self.least);
        let ends: Vec<_> = passed.iter().map(|finding| behind.of(finding)).collect();
        let names = |ends: &Reached| ends.others.iter().map(|(name, _)| name.clone()).collect();
        *self.also.borrow_mut() = ends.iter().map(|ends| ends.as_ref().map(names)).collect();
        let Some(loaded) = self.loaded else { return Vec::new() };
        let mut entries = baseline::entries(&passed, program.input.sources, |path| relative(self.settings, &loaded.folder, path));
        self.add(&mut entries);
        let summaries = program.input.summaries.iter();
        *self.functions.borrow_mut() = summaries.flat_map(|summary| summary.functions.indices().map(|id| summary.func_name(id))).collect();
        let more = self.compare(loaded, &entries).more;
        let place = |call: CallAt| Some((call.file, program.input.summaries[call.file].calls[call.id].span));
        let mut asked: Vec<(BTreeSet<CallAt>, BTreeSet<CallAt>)> = Vec::new();
        for ((finding, ends), more) in passed.iter().zip(&ends).zip(more) {
            let Some(Reached { told, others }) = ends.as_ref().filter(|_| !more.is_empty()) else { continue };
            let new = last_of_each(others, &more);
            self.new.borrow_mut().extend(new.iter().map(|call| (finding.order(), place(*call))));
            let all = others.iter().map(|(_, call)| call).chain(told);
            let known = all.filter(|call| !new.contains(call)).copied().collect();
            asked.push((new, known));
        }
        together(asked)
    }
}

/// Of the ends that have a name, as many as `names` has of it, the last by place.
fn last_of_each(ends: &[(String, CallAt)], names: &[String]) -> BTreeSet<CallAt> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *left.entry(name).or_default() += 1;
    }
    let is_one = |(name, _): &&(String, CallAt)| match left.get_mut(name.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    ends.iter().rev().filter(is_one).map(|(_, call)| *call).collect()
}

/// Puts what is asked into as few sets as it can be told from: of what a set has, a call must not lead to what it is known for.
fn together(asked: Vec<(BTreeSet<CallAt>, BTreeSet<CallAt>)>) -> Vec<FxHashSet<CallAt>> {
    let mut sets: Vec<(BTreeSet<CallAt>, BTreeSet<CallAt>)> = Vec::new();
    for (new, known) in asked {
        match sets.iter_mut().find(|(all, kept_out)| all.is_disjoint(&known) && kept_out.is_disjoint(&new)) {
            Some((all, kept_out)) => {
                all.extend(new);
                kept_out.extend(known);
            }
            None => sets.push((new, known)),
        }
    }
    sets.into_iter().map(|(all, _)| all.into_iter().collect()).collect()
}

fn sink(finding: &Finding) -> Option<(FileId, Span)> {
    finding.chain.last().map(|hop| (hop.file, hop.span))
}

/// What the calls of findings lead to.
struct Ends<'s, 'a, 'b> {
    program: &'s Program<'a, 'b>,
    least: Least,
    rules: FxHashSet<&'static str>,
    calls: FxHashMap<(FileId, Span), Vec<CallAt>>,
    behind: FxHashMap<CallAt, Vec<Behind>>,
}

/// What one finding's call leads to: what is told, and the others by name and place.
struct Reached {
    told: Vec<CallAt>,
    others: Vec<(String, CallAt)>,
}

impl<'s, 'a, 'b> Ends<'s, 'a, 'b> {
    fn new(program: &'s Program<'a, 'b>, findings: &[&Finding], avoided: &Avoided, least: Least) -> Self {
        let rules: FxHashSet<&str> = Effect::ALL.into_iter().filter_map(rule_of).collect();
        let mut wanted: BTreeMap<FileId, FxHashSet<Span>> = BTreeMap::new();
        let firsts = findings.iter().filter(|finding| rules.contains(finding.rule)).filter_map(|finding| finding.chain.first());
        firsts.for_each(|hop| _ = wanted.entry(hop.file).or_default().insert(hop.span));
        let mut calls: FxHashMap<(FileId, Span), Vec<CallAt>> = FxHashMap::default();
        for (file, spans) in &wanted {
            for (id, call) in program.input.summaries[*file].calls.iter_enumerated().filter(|(_, call)| spans.contains(&call.span)) {
                calls.entry((*file, call.span)).or_default().push(CallAt { file: *file, id });
            }
        }
        let all = calls.values().flatten().copied().collect();
        let behind = program.effects.behind((program.solution, program.sizes, program.graph), &all, avoided);
        Self { program, least, rules, calls, behind }
    }

    fn of(&self, finding: &Finding) -> Option<Reached> {
        let (first, last) = (finding.chain.first()?, finding.chain.last()?);
        if !self.rules.contains(finding.rule) {
            return None;
        }
        let input = self.program.input;
        let calls = self.calls.get(&(first.file, first.span)).into_iter().flatten();
        let behind = calls.filter_map(|call| self.behind.get(call)).flatten();
        let mut ends: Vec<(String, CallAt)> = behind
            .filter(|one| self.may_be_told(finding, one))
            .map(|one| (end(&input.func_name(one.from), &shown_path(input.facts_of(one.sink.file), one.path)), one.sink))
            .collect();
        ends.sort();
        ends.dedup();
        let own = end(&last.caller, &last.callee);
        let is_told = |(name, call): &(String, CallAt)| {
            *name == own && (call.file, input.summaries[call.file].calls[call.id].span) == (last.file, last.span)
        };
        let (told, others): (Vec<_>, Vec<_>) = ends.into_iter().partition(is_told);
        Some(Reached { told: told.into_iter().map(|(_, call)| call).collect(), others })
    }

    /// Whether the finding's rule may tell this end, as far as the way there says.
    fn may_be_told(&self, finding: &Finding, one: &Behind) -> bool {
        let (effect, weight) = one.channel;
        rule_of(effect) == Some(finding.rule)
            && !self.program.contexts.gives_way(finding.file, effect)
            && (weight == Weight::Heavy || self.least.severity == Severity::Info)
            && one.sure >= self.least.confidence
    }
}
