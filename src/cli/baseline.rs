//! `loopwarden baseline create|update|prune`, and the baseline of a check.

use super::further::Further;
use super::wanted::Wanted;
use super::{Exit, complain, print, tell, working_folder};
use crate::base::written::Written;
use crate::config::{Settings, absolute, below, folder};
use crate::report::{Known, Least, Shown, count};
use crate::suppress::baseline::{self, Entry, FILE};
use clap::{Args, Subcommand};
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Baseline {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write a baseline of all that is reported now
    Create(Of),
    /// Add what is reported now, take out what is fixed
    Update(Of),
    /// Take out what is fixed
    Prune(Of),
}

#[derive(Debug, Args)]
struct Of {
    /// Files and folders; entries for others stay as they are
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// The baseline's file
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
}

/// A baseline's file with its content.
pub(super) struct Loaded {
    path: PathBuf,
    /// Its folder, absolute: its paths are relative to it.
    pub folder: String,
    pub content: baseline::Baseline,
}

/// Finds and reads the baseline that holds: `asked`, or the nearest at or above the working folder.
pub(super) fn load(asked: Option<&Path>, working: &Path) -> Result<Option<Loaded>, Exit> {
    let path = match asked {
        Some(asked) => working.join(asked),
        None => match nearest(working) {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let shown = path.strip_prefix(working).unwrap_or(&path).to_string_lossy().into_owned();
    let text = std::fs::read_to_string(&path).map_err(|error| {
        complain(&format!("{shown}: {error}"));
        Exit::Usage
    })?;
    match baseline::Baseline::read(&Written { path: shown, text }) {
        Ok(content) => Ok(Some(Loaded { folder: folder_of(&path), path, content })),
        Err(fault) => {
            tell([&fault], false);
            Err(Exit::Usage)
        }
    }
}

fn nearest(working: &Path) -> Option<PathBuf> {
    for at in working.ancestors() {
        let path = at.join(FILE);
        if path.is_file() {
            return Some(path);
        }
        if at.join(".git").exists() {
            return None;
        }
    }
    None
}

fn folder_of(path: &Path) -> String {
    folder(&absolute("/", &path.to_string_lossy())).to_owned()
}

/// The path as a baseline in a folder writes it.
pub(super) fn relative(settings: &Settings, folder: &str, shown: &str) -> String {
    let whole = settings.absolute(shown);
    below(&whole, folder).map_or(whole.clone(), str::to_owned)
}

/// Takes known findings out of what is shown; says how many they are, and how many entries below `paths` are fixed. Gives for each
/// of `Analysis::hidden` whether the baseline lets it be told: of what was looked for because a change touches it (`of_change`) also what
/// stands at no call that the baseline knows.
pub(super) fn subtract(
    (loaded, further): (&Loaded, &Further<'_>),
    settings: &Settings,
    paths: &[PathBuf],
    of_change: bool,
    shown: &mut Shown<'_>,
) -> Vec<bool> {
    let compared = further.compare(loaded, &entries(settings, &loaded.folder, further, shown));
    let is_in = |entry: &&Entry| in_scope(settings, &loaded.folder, paths, entry);
    let fixed = compared.fixed.iter().filter(is_in).count();
    let lessened = compared.lessened.values().filter(is_in).count();
    let places: FxHashSet<_> =
        shown.findings.iter().zip(&compared.known).filter(|(_, known)| **known).map(|(one, _)| one.order()).collect();
    let mut known = compared.known.iter();
    let before = shown.findings.len();
    shown.findings.retain(|_| !known.next().copied().unwrap_or(false));
    shown.baseline = Some(Known { findings: before - shown.findings.len(), fixed, lessened, silent: compared.silent });
    let hidden = shown.analysis.hidden.iter();
    hidden.map(|finding| further.is_new(finding) || of_change && !places.contains(&finding.order())).collect()
}

fn entries(settings: &Settings, folder: &str, further: &Further<'_>, shown: &Shown<'_>) -> Vec<Entry> {
    let mut entries = baseline::entries(&shown.findings, &shown.analysis.sources, |path| relative(settings, folder, path));
    further.add(&mut entries);
    entries
}

/// Whether an entry's file is at or below one of the given paths.
fn in_scope(settings: &Settings, folder: &str, paths: &[PathBuf], entry: &Entry) -> bool {
    let file = absolute(folder, &entry.key.path);
    paths.iter().any(|path| {
        let path = settings.absolute(&path.to_string_lossy());
        file == path || below(&file, &path).is_some()
    })
}

impl Baseline {
    pub(super) fn run(self) -> Exit {
        let (Of { paths, baseline: asked, wanted }, what) = match self.what {
            What::Create(of) => (of, Task::Create),
            What::Update(of) => (of, Task::Update),
            What::Prune(of) => (of, Task::Prune),
        };
        let written = wanted.check().and_then(|()| write(&paths, asked.as_deref(), &wanted, what));
        match written {
            Ok(exit) | Err(exit) => exit,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Create,
    Update,
    Prune,
}

fn write(paths: &[PathBuf], asked: Option<&Path>, wanted: &Wanted, task: Task) -> Result<Exit, Exit> {
    let working = working_folder()?;
    let mut prepared = super::prepare(paths, |settings| wanted.overrule(settings))?;
    let loaded = match task {
        Task::Create => None,
        Task::Update | Task::Prune => load(asked, &working)?,
    };
    let path = match (&loaded, asked) {
        (Some(loaded), _) => loaded.path.clone(),
        (None, Some(asked)) => working.join(asked),
        (None, None) => Path::new(prepared.settings.root()).join(FILE),
    };
    let shown_path = path.strip_prefix(&working).unwrap_or(&path).display().to_string();
    if task != Task::Create && loaded.is_none() {
        complain(&format!("{shown_path}: there is no baseline; `loopwarden baseline create` writes one"));
        return Err(Exit::Usage);
    }
    if task == Task::Create && path.exists() {
        complain(&format!("{shown_path} is there already; `loopwarden baseline update` changes it"));
        return Err(Exit::Usage);
    }
    let least = Least { severity: prepared.settings.min_severity, confidence: prepared.settings.min_confidence };
    let (files, settings) = (prepared.files(), &prepared.settings);
    let further = Further::new(settings, least, loaded.as_ref());
    let analysis = prepared.analyse_with(files, Some(&|program, findings, avoided| further.look(program, findings, avoided)));
    let shown = Shown::new(&analysis, &prepared.discovery, least);
    let found = entries(settings, &folder_of(&path), &further, &shown);
    let (content, told) = match &loaded {
        None => {
            let number = count(found.len(), "finding");
            (baseline::Baseline::new(found), format!("wrote {shown_path}: {number}"))
        }
        Some(old) => {
            let mut compared = further.compare(old, &found);
            compared.fixed.retain(|entry| in_scope(settings, &old.folder, paths, entry));
            compared.lessened.retain(|_, entry| in_scope(settings, &old.folder, paths, entry));
            let (fixed, lessened) = (&compared.fixed, &compared.lessened);
            let left = old.content.entries.iter().enumerate().filter(|(_, entry)| !fixed.contains(entry));
            let hidden = analysis.hidden.iter().filter(|finding| further.is_new(finding)).count();
            let new = compared.known.iter().filter(|known| !**known).count() + hidden;
            let (new, entries): (usize, Vec<Entry>) = match task {
                // Written anew, so that ordinals and calls are today's; what lies elsewhere stays.
                Task::Update => {
                    let elsewhere = left.filter(|(at, _)| !compared.met.contains(&Some(*at))).map(|(_, entry)| entry.clone());
                    (new, elsewhere.chain(found).collect())
                }
                _ => (0, left.map(|(at, entry)| lessened.get(&at).unwrap_or(entry).clone()).collect()),
            };
            let in_part = if lessened.is_empty() { String::new() } else { format!("{} fixed in part, ", lessened.len()) };
            let told = format!("{shown_path}: {new} new, {} fixed, {in_part}{} in all", fixed.len(), entries.len());
            (baseline::Baseline::new(entries), told)
        }
    };
    let text = content.render().map_err(|error| {
        complain(&format!("{shown_path}: {error}"));
        Exit::Internal
    })?;
    std::fs::write(&path, text).map_err(|error| {
        complain(&format!("{shown_path}: {error}"));
        Exit::Usage
    })?;
    print(&format!("{told}\n"));
    Ok(if prepared.faulty { Exit::Usage } else { Exit::Clean })
}
