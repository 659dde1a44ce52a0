//! The files of a run in the version that is checked, and what they were in the versions that it is compared with.
//!
//! Nothing is checked out: contents come from git's objects, and the work tree is only read.

use super::git::{Commit, Content, Repository};
use super::renames;
use super::{Discovery, FOREIGN, Found, has_content_hash, is_minified, is_output, is_project, shown};
use crate::config::{Exclude, absolute};
use crate::lang::Lang;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is compared with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The work tree with where its history left that of a reference.
    Since(String),
    /// The index with the commit that it was taken from; in a merge, with each of its parents.
    Staged,
}

/// A version that the run's files are compared with.
#[derive(Debug, Default)]
pub struct Base {
    /// Files of the run that are not as they were, by path as shown. `None`: there was no such file, under no name.
    pub changed: BTreeMap<String, Option<Found>>,
    /// Files that the run has no more, under no name.
    pub gone: Vec<Found>,
    /// Its project files.
    pub projects: Vec<(String, String)>,
    /// Files too large to be read that may not be as they were, by path as shown.
    pub large: BTreeSet<String>,
}

/// Where a run takes place.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The folder that is analysed, absolute.
    pub root: &'a Path,
    /// The working folder, absolute.
    pub working: &'a Path,
    /// The folder that shown paths are relative to; those elsewhere are shown whole.
    pub shown_from: &'a Path,
    /// What is not analysed.
    pub exclude: &'a Exclude,
}

/// Gives the versions to compare with. For `Compared::Staged` the run's files become those of the index.
///
/// # Errors
/// A sentence that says what git or the history lacks.
pub fn versions(discovery: &mut Discovery, compared: &Compared, place: Place<'_>) -> Result<Vec<Base>, String> {
    let repository = Repository::around(place.root, place.working)?;
    let commits = match compared {
        Compared::Since(reference) => vec![repository.fork(reference)?],
        Compared::Staged => repository.parents()?,
    };
    let (index, unstaged) = (repository.index()?, repository.unstaged()?);
    let is_staged = *compared == Compared::Staged;
    let real_root = std::fs::canonicalize(place.root).map_err(|error| format!("{}: {error}", place.root.display()))?;
    let history = History { repository, index, unstaged, is_staged, place, real_root };
    if is_staged {
        history.take_index(discovery)?;
    }
    commits.iter().map(|commit| history.base(commit, discovery)).collect()
}

struct History<'a> {
    repository: Repository,
    /// By path from the work tree's folder, as all paths here.
    index: BTreeMap<String, String>,
    unstaged: BTreeSet<String>,
    is_staged: bool,
    place: Place<'a>,
    /// Git follows symbolic links to its work tree; shown paths do not.
    real_root: PathBuf,
}

/// What is wanted of git: contents for paths.
type Wanted = BTreeMap<String, Content>;

impl History<'_> {
    /// The path from the work tree's folder; `None` for what lies outside of it.
    fn path_of(&self, shown: &str) -> Option<String> {
        let whole = absolute(&self.place.shown_from.to_string_lossy(), shown);
        let real = self.real_root.join(Path::new(&whole).strip_prefix(self.place.root).ok()?);
        let below = real.strip_prefix(&self.repository.top).ok()?;
        Some(below.to_string_lossy().replace('\\', "/"))
    }

    fn whole(&self, path: &str) -> PathBuf {
        let real = self.repository.top.join(path);
        real.strip_prefix(&self.real_root).map_or_else(|_| real.clone(), |below| self.place.root.join(below))
    }

    fn shown(&self, path: &str) -> String {
        shown(&self.whole(path), self.place.shown_from)
    }

    /// Whether the path belongs to another repository: a submodule, or one that only lies there. Its history is not this one's.
    fn is_foreign(&self, path: &str) -> bool {
        let whole = self.repository.top.join(path);
        let folders = whole.ancestors().skip(1).take_while(|at| *at != self.repository.top);
        folders.into_iter().any(|at| at.join(".git").exists())
    }

    /// What is analysed has the content of the index: where the work tree has another, where it has none, and nothing else.
    fn take_index(&self, discovery: &mut Discovery) -> Result<(), String> {
        let is_tracked = |shown: &str| self.path_of(shown).is_some_and(|path| self.index.contains_key(&path) || self.is_foreign(&path));
        let files = std::mem::take(&mut discovery.files).into_iter().filter(|file| is_tracked(&file.path));
        let mut files: BTreeMap<String, Found> = files.map(|file| (file.path.clone(), file)).collect();
        let projects = std::mem::take(&mut discovery.projects).into_iter().filter(|(path, _)| is_tracked(path));
        let mut projects: BTreeMap<String, String> = projects.collect();
        let mut wanted = Wanted::new();
        for path in &self.unstaged {
            let shown = self.shown(path);
            let is_read = files.contains_key(&shown) || projects.contains_key(&shown) || !self.is_there(path) && self.may_be_analysed(path);
            wanted.extend(self.index.get(path).filter(|_| is_read).map(|id| (path.clone(), Some(id.clone()))));
        }
        // What a filter makes of a content is what can be read.
        for path in self.repository.filtered(wanted.keys())?.iter().filter(|path| self.is_there(path)) {
            wanted.remove(path);
        }
        for (path, text) in self.texts(&wanted)? {
            let shown = self.shown(&path);
            let lang = files.remove(&shown).map(|file| file.lang).or_else(|| Lang::of_extension(extension(&path)));
            match lang {
                Some(lang) => files.extend(found(shown.clone(), text, lang).map(|file| (shown, file))),
                None => _ = projects.insert(shown, text),
            }
        }
        discovery.files = files.into_values().collect();
        discovery.projects = projects.into_iter().collect();
        Ok(())
    }

    /// Whether a file would be analysed, by its path alone.
    fn may_be_analysed(&self, path: &str) -> bool {
        let whole = self.whole(path);
        let Ok(below) = whole.strip_prefix(self.place.root) else { return false };
        let is_installed = below.components().any(|part| part.as_os_str().to_str().is_some_and(|name| FOREIGN.contains(&name)));
        let is_declaration = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end));
        let is_read = is_project(file_name(path)) || Lang::of_extension(extension(path)).is_some() && !is_declaration;
        is_read && !is_installed && !self.place.exclude.holds(&self.shown(path), false)
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.repository.top.join(path)).is_ok()
    }

    /// The texts of those that have a content.
    fn texts(&self, wanted: &Wanted) -> Result<BTreeMap<String, String>, String> {
        let contents = self.repository.contents(&wanted.values().flatten().cloned().collect())?;
        let text = |id: &String| contents.get(id).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(wanted.iter().filter_map(|(path, id)| Some((path.clone(), text(id.as_ref()?)?))).collect())
    }

    fn base(&self, commit: &Commit, discovery: &mut Discovery) -> Result<Base, String> {
        let differs = match commit {
            Commit::Id(id) => self.repository.staged(id)?,
            Commit::Unborn => self.index.keys().map(|path| (path.clone(), None)).collect(),
        };
        let content = |path: &str| differs.get(path).cloned().unwrap_or_else(|| self.index.get(path).cloned());
        let may_differ = |path: &str| {
            let here = self.unstaged.contains(path) || !self.index.contains_key(path);
            differs.contains_key(path) || !self.is_staged && here && (self.index.contains_key(path) || !self.is_foreign(path))
        };
        let large = discovery.problems.iter().filter(|problem| problem.large.is_some()).map(|problem| problem.path.clone());
        let large = large.filter(|shown| self.path_of(shown).is_none_or(|path| may_differ(&path))).collect();
        let present = discovery.files.iter().map(|file| (file.path.as_str(), file.text.as_str(), Some(file.lang)));
        let present = present.chain(discovery.projects.iter().map(|(path, text)| (path.as_str(), text.as_str(), None)));
        let present: BTreeMap<String, _> =
            present.filter_map(|(shown, text, lang)| Some((self.path_of(shown)?, (shown, text, lang)))).collect();
        let mut wanted: Wanted = present.keys().filter(|path| may_differ(path)).map(|path| (path.clone(), content(path))).collect();
        let gone: Vec<&String> =
            differs.keys().chain(&self.unstaged).filter(|path| !present.contains_key(*path) && self.is_gone(path)).collect();
        wanted.extend(gone.into_iter().map(|path| (path.clone(), content(path))));
        let mut texts = self.texts(&wanted)?;
        let filtered = self.repository.filtered(wanted.keys())?;

        let (mut base, mut unread) = (Base { projects: discovery.projects.clone(), large, ..Base::default() }, Vec::new());
        for path in wanted.keys() {
            let mut before = texts.remove(path);
            match present.get(path) {
                Some((_, text, _)) if before.as_deref().is_some_and(|before| is_same(before, text)) => continue,
                Some(_) if filtered.contains(path) && !differs.contains_key(path) => continue,
                Some((shown, ..)) if filtered.contains(path) && before.take().is_some() => unread.push((*shown).to_owned()),
                _ => {}
            }
            match present.get(path) {
                Some((shown, _, Some(lang))) => {
                    let before = before.and_then(|text| found((*shown).to_owned(), text, *lang));
                    base.changed.insert((*shown).to_owned(), before);
                }
                Some((shown, _, None)) => {
                    base.projects.retain(|(path, _)| path != shown);
                    base.projects.extend(before.map(|text| ((*shown).to_owned(), text)));
                }
                None => {
                    let shown = self.shown(path);
                    match (before, Lang::of_extension(extension(path))) {
                        (Some(text), Some(lang)) => base.gone.extend(found(shown, text, lang)),
                        (Some(text), None) => base.projects.push((shown, text)),
                        (None, _) => {}
                    }
                }
            }
        }
        base.projects.sort();
        base.follow(discovery);
        for shown in unread {
            discovery.problem(shown, "a filter of git stands before its content and is not run: all of it counts as changed");
        }
        Ok(base)
    }

    /// Whether the checked version has no file at a path.
    fn is_gone(&self, path: &str) -> bool {
        let has = if self.is_staged { self.index.contains_key(path) } else { self.is_there(path) };
        !has && self.may_be_analysed(path)
    }
}

impl Base {
    /// Files that went and files that came may be one that moved.
    fn follow(&mut self, discovery: &Discovery) {
        let texts: BTreeMap<&str, &str> = discovery.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        let came: Vec<(String, &str)> = self
            .changed
            .iter()
            .filter(|(_, before)| before.is_none())
            .filter_map(|(path, _)| Some((path.clone(), *texts.get(path.as_str())?)))
            .collect();
        let came_now: Vec<(&str, &str)> = came.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let went: Vec<(&str, &str)> = self.gone.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        let pairs = renames::pairs(&came_now, &went);
        let mut gone: Vec<Option<Found>> = std::mem::take(&mut self.gone).into_iter().map(Some).collect();
        for (new, old) in pairs {
            self.changed.insert(came[new].0.clone(), gone[old].take());
        }
        self.gone = gone.into_iter().flatten().collect();
    }
}

/// A file, unless discovery would leave it out for its text.
fn found(path: String, text: String, lang: Lang) -> Option<Found> {
    let made = lang == Lang::JavaScript && (is_minified(&text) || is_output(Path::new(&path)) && has_content_hash(file_name(&path)));
    (text.len() as u64 <= super::MAX_BYTES && !made).then_some(Found { path, text, lang })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(path: &str) -> &str {
    file_name(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Line ends aside: git may change them on the way to the work tree.
fn is_same(one: &str, other: &str) -> bool {
    one == other || one.lines().eq(other.lines())
}

/// The folder of the project that holds all of `starts` (absolute folders): that of the run's configuration, else the
/// repository's root, else the nearest with a package.json or pyproject.toml, else the working folder, else what holds them all.
#[must_use]
pub fn project(starts: &[PathBuf], configured: Option<PathBuf>, working: &Path) -> PathBuf {
    let holds_all = |at: &Path| starts.iter().all(|start| start.starts_with(at));
    let common = starts.first().and_then(|first| first.ancestors().find(|at| holds_all(at))).unwrap_or(working);
    let nearest = |names: &[&str]| common.ancestors().find(|at| names.iter().any(|name| at.join(name).exists())).map(Path::to_path_buf);
    let found = configured.or_else(|| nearest(&[".git"])).or_else(|| nearest(&["package.json", "pyproject.toml"]));
    found.unwrap_or_else(|| if holds_all(working) { working.to_path_buf() } else { common.to_path_buf() })
}
