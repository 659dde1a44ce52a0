//! Finds the configuration files of a run, and reads the fact files that they name.

use super::MAX_BYTES;
use crate::base::written::{Fault, Written};
use crate::config::{FILES, absolute, folder, is_configuration};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The configuration files found above and at the given paths.
#[derive(Debug, Default)]
pub struct Configurations {
    /// The whole run's.
    pub main: Option<Written>,
    /// Those between it and the given paths, by folder (absolute).
    nested: BTreeMap<String, Written>,
    /// What could not be read.
    pub faults: Vec<Fault>,
}

/// Finds them. The whole run's is the nearest at or above the working folder; where that does not hold all of `paths`,
/// the nearest at or above what holds them. The search ends at the repository's root (a folder with `.git`).
#[must_use]
pub fn configurations(paths: &[PathBuf], working: &Path) -> Configurations {
    let mut found = Configurations::default();
    let starts: Vec<PathBuf> = paths.iter().map(|path| start(path, working)).collect();
    let holds_all = |at: &Path| starts.iter().all(|start| start.starts_with(at));
    let mut main = found.above(working, working).filter(|(at, _)| holds_all(at));
    if main.is_none()
        && let Some(common) = starts.first().and_then(|first| first.ancestors().find(|at| holds_all(at)))
    {
        main = found.above(common, working);
    }
    for start in &starts {
        for at in start.ancestors().take_while(|at| main.as_ref().is_some_and(|(main, _)| at != main && at.starts_with(main))) {
            if let Some(written) = found.in_folder(at, working) {
                found.nested.insert(at.to_string_lossy().into_owned(), written);
            }
        }
    }
    found.main = main.map(|(_, written)| written);
    found
}

impl Configurations {
    fn above(&mut self, start: &Path, working: &Path) -> Option<(PathBuf, Written)> {
        for at in start.ancestors() {
            if let Some(written) = self.in_folder(at, working) {
                return Some((at.to_path_buf(), written));
            }
            if at.join(".git").exists() {
                return None;
            }
        }
        None
    }

    fn in_folder(&mut self, at: &Path, working: &Path) -> Option<Written> {
        FILES.iter().find_map(|name| {
            let path = at.join(name);
            match read(&path) {
                Ok(text) => Some(Written { path: shown(&path, working), text }).filter(is_configuration),
                Err(None) => None,
                Err(Some(message)) => {
                    self.faults.push(Fault::of_file(&shown(&path, working), &message));
                    None
                }
            }
        })
    }

    /// Every nested configuration, those among the files that discovery met too: `projects`, paths as shown with their text.
    #[must_use]
    pub fn nested(&self, projects: &[(String, String)], working: &Path) -> Vec<Written> {
        let working = working.to_string_lossy();
        let folder_of = |shown: &str| absolute(&working, if folder(shown).is_empty() { "." } else { folder(shown) });
        let main = self.main.as_ref().map(|main| folder_of(&main.path));
        let mut all = self.nested.clone();
        for file in FILES {
            for (path, text) in projects.iter().filter(|(path, _)| path.rsplit('/').next() == Some(file)) {
                let at = folder_of(path);
                let written = Written { path: path.clone(), text: text.clone() };
                if main.as_ref() != Some(&at) && !all.contains_key(&at) && is_configuration(&written) {
                    all.insert(at, written);
                }
            }
        }
        all.into_values().collect()
    }
}

/// Reads a file that a configuration names: `path` is relative to the folder `at` and must lie in it.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn named_file(at: &Path, path: &str) -> Result<String, String> {
    let relative = Path::new(path);
    if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("give a path below the configuration's folder".to_owned());
    }
    let whole = at.join(relative);
    let real = (fs::canonicalize(&whole), fs::canonicalize(at));
    match real {
        (Err(error), _) if error.kind() == ErrorKind::NotFound => Err("no such file".to_owned()),
        (Err(error), _) => Err(error.to_string()),
        (Ok(real), Ok(at)) if !real.starts_with(&at) => Err("the file lies outside the configuration's folder".to_owned()),
        _ => read(&whole).map_err(|error| error.unwrap_or_else(|| "no such file".to_owned())),
    }
}

/// A small file's text. The error is `None` where there is no such file.
fn read(path: &Path) -> Result<String, Option<String>> {
    let told = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => None,
        _ => Some(error.to_string()),
    };
    let metadata = fs::metadata(path).map_err(|error| told(&error))?;
    if !metadata.is_file() {
        return Err(None);
    }
    if metadata.len() > MAX_BYTES {
        return Err(Some(format!("{} bytes, over the limit of {MAX_BYTES}", metadata.len())));
    }
    fs::read_to_string(path).map_err(|error| told(&error))
}

/// The folder where the search for one path begins, absolute.
fn start(path: &Path, working: &Path) -> PathBuf {
    let whole = absolute(&working.to_string_lossy(), &path.to_string_lossy());
    let whole = PathBuf::from(whole);
    if whole.is_dir() { whole } else { whole.parent().map(Path::to_path_buf).unwrap_or(whole) }
}

/// The path as shown: relative to the working folder, with `..` where it stands in a folder above.
fn shown(path: &Path, working: &Path) -> String {
    let up = working.ancestors().position(|at| path.parent() == Some(at));
    let name = path.file_name().map(|name| name.to_string_lossy());
    match (up, name) {
        (Some(up), Some(name)) => format!("{}{name}", "../".repeat(up)),
        _ => super::shown(path, working),
    }
}
