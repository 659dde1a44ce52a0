//! What a check reports of all that it found: what touches the files that are named, what a change caused. What is analysed is
//! the same whatever is reported.

use super::{Exit, Prepared, complain};
use crate::base::{FileId, Span};
use crate::config::{Settings, below};
use crate::discover::{self, Base, Compared, Discovery};
use crate::effects::shown_path;
use crate::finding::Finding;
use crate::link::CallAt;
use crate::pipeline::{self, Analysis, Version};
use crate::report::{Least, Shown};
use crate::rules::Program;
use crate::suppress::baseline::{Baseline, Entry, Key, entries};
use crate::suppress::changed::{ChangedLines, Changes};
use clap::{Args, ValueEnum};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};

/// Which findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Scope {
    /// Those whose own place is in a given file
    Listed,
    /// Those of which a call, the entry or the place is in a given file
    Related,
    /// All of the project
    All,
}

#[derive(Debug, Args)]
pub(super) struct Scoped {
    /// Analyse the whole project, and report this of the files and folders given [default with a file, --since or --staged: related]
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
    /// Report only what changes since this commit or branch caused, to the files as they are now
    #[arg(long, value_name = "REF", conflicts_with = "staged")]
    since: Option<String>,
    /// Report only what the staged changes cause; what is analysed is what would be committed
    #[arg(long, conflicts_with = "add_ignore")]
    staged: bool,
}

/// Where a change touches what it caused.
#[derive(Debug, Default)]
pub(super) struct Caused {
    /// For each finding that passes the thresholds; `None` for what the change did not cause.
    shown: Vec<Option<(FileId, Span)>>,
    /// For each of `Analysis::hidden`.
    hidden: Vec<Option<(FileId, Span)>>,
}

impl Scoped {
    /// Whether more is analysed than the paths: the project that holds them.
    pub(super) fn widens(&self, paths: &[PathBuf]) -> bool {
        self.scope.is_some() || self.compared().is_some() || paths.iter().any(|path| !path.is_dir())
    }

    fn compared(&self) -> Option<Compared> {
        let since = self.since.clone().map(Compared::Since);
        since.or_else(|| self.staged.then_some(Compared::Staged))
    }

    /// The versions to compare with, if any. With `--staged` the files to analyse become those of the index.
    pub(super) fn bases(&self, prepared: &mut Prepared) -> Result<Option<Vec<Base>>, Exit> {
        let Some(compared) = self.compared() else { return Ok(None) };
        let place = discover::Place {
            root: &prepared.area.root,
            working: &prepared.area.working,
            shown_from: &prepared.area.shown_from,
            exclude: &prepared.settings.exclude,
        };
        discover::versions(&mut prepared.discovery, &compared, place).map(Some).map_err(|message| {
            complain(&message);
            Exit::Usage
        })
    }

    /// Marks what is in scope, and leaves it in `shown`; `known` takes out what the baseline knows, which it must see whole.
    pub(super) fn narrow<'a>(
        &self,
        paths: &[PathBuf],
        settings: &Settings,
        caused: Option<&Caused>,
        shown: &mut Shown<'a>,
        known: impl FnOnce(&mut Shown<'a>),
    ) {
        let scope = self.scope.unwrap_or(if self.widens(paths) { Scope::Related } else { Scope::All });
        let listed = listed(paths, settings, shown.analysis);
        let is_in = |finding: &Finding| match scope {
            Scope::All => true,
            Scope::Listed => listed.contains(&finding.file),
            Scope::Related => files(finding).any(|file| listed.contains(&file)),
        };
        let mut anchors = FxHashMap::default();
        let (mut elsewhere, mut unchanged) = (FxHashSet::default(), FxHashSet::default());
        for (at, finding) in shown.findings.iter().enumerate() {
            match caused.map(|caused| caused.shown[at]) {
                Some(None) => _ = unchanged.insert(Shown::key(finding)),
                Some(Some(anchor)) => _ = anchors.insert(Shown::key(finding), anchor),
                None => {}
            }
            if !is_in(finding) {
                elsewhere.insert(Shown::key(finding));
            }
        }
        known(shown);
        let mut left_out = (0, 0);
        shown.findings.retain(|finding| {
            let key = Shown::key(finding);
            left_out.0 += usize::from(unchanged.contains(&key));
            left_out.1 += usize::from(!unchanged.contains(&key) && elsewhere.contains(&key));
            !unchanged.contains(&key) && !elsewhere.contains(&key)
        });
        (shown.unchanged, shown.elsewhere) = left_out;
        // What no other finding of the change tells at the same place.
        let told: FxHashSet<_> = shown.findings.iter().map(|finding| finding.order()).collect();
        let hidden = shown.analysis.hidden.iter().zip(caused.map_or(&[][..], |caused| &caused.hidden));
        for (finding, anchor) in hidden.filter_map(|(finding, anchor)| Some((finding, (*anchor)?))) {
            if is_in(finding) && !told.contains(&finding.order()) {
                anchors.insert(Shown::key(finding), anchor);
                shown.findings.push(finding);
            }
        }
        shown.findings.sort_by_key(|finding| finding.order());
        shown.anchors = anchors;
    }
}

/// Every file that a finding speaks of.
fn files(finding: &Finding) -> impl Iterator<Item = FileId> {
    let hops = finding.chain.iter().map(|hop| hop.file);
    let labels = finding.labels.iter().map(|label| label.file);
    [finding.file, finding.entry_file].into_iter().chain(hops).chain(labels)
}

/// The files that are given, or lie in a folder that is.
fn listed(paths: &[PathBuf], settings: &Settings, analysis: &Analysis) -> FxHashSet<FileId> {
    let given: Vec<String> = paths.iter().map(|path| settings.absolute(&path.to_string_lossy())).collect();
    let names: FxHashSet<&str> = given.iter().map(String::as_str).collect();
    let folders: Vec<&str> = paths.iter().zip(&given).filter(|(path, _)| path.is_dir()).map(|(_, given)| given.as_str()).collect();
    let all = analysis.sources.iter_enumerated().filter(|(_, source)| {
        let whole = settings.absolute(&source.path);
        names.contains(whole.as_str()) || folders.iter().any(|folder| below(&whole, folder).is_some())
    });
    all.map(|(file, _)| file).collect()
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
        let aside = |program: &Program<'_, '_>, findings: &[Finding]| {
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
                return FxHashSet::default();
            }
            let stalls = program.effects.sinks.iter().filter(|sink| sink.harmless.is_none());
            let asked = stalls.filter(|sink| {
                let path = self.path(&program.input.sources[sink.call.file].path);
                let callee = shown_path(program.input.facts_of(sink.call.file), sink.path);
                ends.contains(&(path.as_str(), program.input.func_name(sink.from).as_str(), callee.as_str()))
            });
            asked.map(|sink| sink.call).collect()
        };
        let before = pipeline::run_beside(self.shown.analysis, version(self.base), &prepared.facts, &prepared.settings, &aside);
        let old = Shown::new(&before, self.shown.discovery, self.least);
        let old = entries(&old.findings, &before.sources, |path| self.path(path));
        let hidden: Vec<&Finding> = before.hidden.iter().collect();
        let hidden = entries(&hidden, &before.sources, |path| self.path(path));
        let (known, known_hidden) = self.known(&old, &hidden, caused);
        let places = caused.shown.iter_mut().zip(known).chain(caused.hidden.iter_mut().zip(known_hidden));
        places.filter(|(_, known)| *known).for_each(|(place, _)| *place = None);
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

fn name(key: &Key) -> (&str, &str, &[String]) {
    (&key.path, &key.rule, &key.chain)
}

fn version(base: &Base) -> Version<'_> {
    let files = base.changed.values().flatten().chain(&base.gone).cloned().map(|found| (found.path, found.text, found.lang));
    Version { files: files.collect(), without: base.changed.keys().map(String::as_str).collect(), projects: &base.projects }
}

/// What is analysed, and from where its paths are shown.
#[derive(Debug)]
pub(super) struct Area {
    /// What is walked.
    pub paths: Vec<PathBuf>,
    /// The folder that holds all of it, absolute.
    pub root: PathBuf,
    /// The working folder, absolute.
    pub working: PathBuf,
    /// The working folder; where more than that is analysed nothing, so that all paths are whole and of one form.
    pub shown_from: PathBuf,
}

impl Area {
    /// The paths alone.
    pub(super) fn of_paths(paths: &[PathBuf], working: &Path) -> Self {
        let working = working.to_path_buf();
        Self { paths: paths.to_vec(), root: working.clone(), shown_from: working.clone(), working }
    }

    /// The project that holds the paths; `configured` is the folder of the run's configuration. Files are named besides:
    /// who names a file that is otherwise left out wants it.
    pub(super) fn of_project(paths: &[PathBuf], configured: Option<PathBuf>, settings: &Settings, working: &Path) -> Self {
        let given: Vec<PathBuf> = paths.iter().map(|path| PathBuf::from(settings.absolute(&path.to_string_lossy()))).collect();
        let folder = |path: &PathBuf| if path.is_dir() { path.clone() } else { path.parent().unwrap_or(path).to_path_buf() };
        let root = discover::project(&given.iter().map(folder).collect::<Vec<_>>(), configured, working);
        let files = given.into_iter().filter(|path| !path.is_dir());
        let paths = std::iter::once(root.clone()).chain(files).collect();
        let shown_from = if root.starts_with(working) { working.to_path_buf() } else { PathBuf::new() };
        Self { paths, root, working: working.to_path_buf(), shown_from }
    }

    /// Makes paths relative to the working folder again, for those who read them.
    pub(super) fn shorten(&self, analysis: &mut Analysis, discovery: &mut discover::Discovery) {
        if self.shown_from == self.working {
            return;
        }
        let short = |path: &mut String| {
            if let Some(short) = relative(path, &self.working, &self.root) {
                *path = short;
            }
        };
        analysis.sources.iter_mut().for_each(|source| short(&mut source.path));
        discovery.problems.iter_mut().for_each(|problem| short(&mut problem.path));
    }
}

/// A path from the working folder, up to the root and no further.
fn relative(path: &str, working: &Path, root: &Path) -> Option<String> {
    let path = Path::new(path);
    let (up, below) = working
        .ancestors()
        .take_while(|at| at.starts_with(root))
        .enumerate()
        .find_map(|(up, at)| path.strip_prefix(at).ok().map(|below| (up, below)))?;
    Some("../".repeat(up) + &below.to_string_lossy())
}
