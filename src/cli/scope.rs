//! What a check reports of all that it found: what touches the files that are named, what a change caused. What is analysed is
//! the same whatever is reported.

use super::caused::Caused;
use super::{Exit, Prepared, complain};
use crate::base::FileId;
use crate::config::{Settings, below};
use crate::discover::{self, Base, Compared};
use crate::finding::Finding;
use crate::pipeline::Analysis;
use crate::report::Shown;
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

    fn scope(&self, paths: &[PathBuf]) -> Scope {
        self.scope.unwrap_or(if self.widens(paths) { Scope::Related } else { Scope::All })
    }

    /// Forgets files too large to be read that were neither given nor changed. Gives whether the run is a whole one: it forgets none.
    pub(super) fn forget_large(&self, paths: &[PathBuf], bases: Option<&[Base]>, prepared: &mut Prepared) -> bool {
        let is_all = self.scope(paths) == Scope::All;
        let listed = Listed::new(paths, &prepared.settings);
        prepared.discovery.problems.retain(|problem| {
            let is_changed = bases.is_none_or(|bases| bases.iter().all(|base| base.large.contains(&problem.path)));
            problem.large.is_none() || is_changed && (is_all || listed.has(&problem.path))
        });
        is_all && bases.is_none()
    }

    /// Marks what is in scope, and leaves it in `shown`; `known` takes out what the baseline knows, which it must see whole, and says
    /// which of `Analysis::hidden` it does not know.
    pub(super) fn narrow<'a>(
        &self,
        paths: &[PathBuf],
        settings: &Settings,
        caused: Option<&Caused>,
        shown: &mut Shown<'a>,
        known: impl FnOnce(&mut Shown<'a>) -> Vec<bool>,
    ) {
        let scope = self.scope(paths);
        let listed = Listed::new(paths, settings);
        let sources = shown.analysis.sources.iter_enumerated().filter(|(_, source)| listed.has(&source.path));
        let listed: FxHashSet<FileId> = sources.map(|(file, _)| file).collect();
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
        let is_new = known(shown);
        let mut left_out = (0, 0);
        shown.findings.retain(|finding| {
            let key = Shown::key(finding);
            left_out.0 += usize::from(unchanged.contains(&key));
            left_out.1 += usize::from(!unchanged.contains(&key) && elsewhere.contains(&key));
            !unchanged.contains(&key) && !elsewhere.contains(&key)
        });
        (shown.unchanged, shown.elsewhere) = left_out;
        // What no other finding tells at the same place.
        let told: FxHashSet<_> = shown.findings.iter().map(|finding| finding.order()).collect();
        for (at, finding) in shown.analysis.hidden.iter().enumerate().filter(|(at, _)| is_new[*at]) {
            let anchor = caused.map(|caused| caused.hidden[at]);
            if is_in(finding) && anchor != Some(None) && !told.contains(&finding.order()) {
                anchors.extend(anchor.flatten().map(|anchor| (Shown::key(finding), anchor)));
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

/// What is given: files, and folders with all that lies in them.
struct Listed<'a> {
    settings: &'a Settings,
    names: FxHashSet<String>,
    folders: Vec<String>,
}

impl<'a> Listed<'a> {
    fn new(paths: &[PathBuf], settings: &'a Settings) -> Self {
        let given = |path: &PathBuf| settings.absolute(&path.to_string_lossy());
        let folders = paths.iter().filter(|path| path.is_dir()).map(given).collect();
        Self { settings, names: paths.iter().map(given).collect(), folders }
    }

    /// Whether a file is among it, by its path as shown.
    fn has(&self, shown: &str) -> bool {
        let whole = self.settings.absolute(shown);
        self.names.contains(&whole) || self.folders.iter().any(|folder| below(&whole, folder).is_some())
    }
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
