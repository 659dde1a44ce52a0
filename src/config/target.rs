//! What the code runs on: as the configuration says it, else as a project's own files do.

use super::raw::StartMethod;
use super::scope::{absolute, below, folder};
use super::{Configuration, Settings};
use crate::base::written::Fault;
use pep440_rs::{Version, VersionSpecifiers};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Python 3 versions that are looked at, and the releases of each: none has more.
const MINORS: std::ops::RangeInclusive<u8> = 0..=40;
const RELEASES: std::ops::RangeInclusive<u8> = 0..=30;

/// The first version with a free-threaded build (PEP 703).
const FREE_THREADED: (u8, u8) = (3, 13);

/// The version from which Linux starts processes by a server in place of a fork:
/// <https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods>.
const FORKSERVER: (u8, u8) = (3, 14);

/// What the code runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Python's version: major, minor. Of several that are allowed the lowest.
    pub python: Option<(u8, u8)>,
    /// The free-threaded build, without a GIL.
    pub free_threaded: bool,
    /// How `multiprocessing` starts a process; `None` for the version's default.
    pub start_method: Option<StartMethod>,
}

impl Target {
    /// How `multiprocessing` starts a process on Linux. Where no version is known, as all before 3.14 do.
    #[must_use]
    pub fn starts_by(&self) -> StartMethod {
        let default = if self.has(FORKSERVER) { StartMethod::Forkserver } else { StartMethod::Fork };
        self.start_method.unwrap_or(default)
    }

    /// The default start method in words.
    pub(super) fn default_start(self) -> String {
        format!("{:?} on Linux, {:?} elsewhere", self.starts_by().word(), StartMethod::Spawn.word())
    }

    /// A version as it is written: `3.12`, `3.12.1`, `3.13t`.
    #[must_use]
    pub fn version(text: &str) -> Option<(u8, u8)> {
        minor(text)
    }

    /// Whether every version that is allowed has what came with `version`.
    #[must_use]
    pub fn has(&self, version: (u8, u8)) -> bool {
        self.python.is_some_and(|python| python >= version)
    }
}

/// What one project's files say.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// Its folder, absolute.
    folder: String,
    /// The lowest version that it allows, and where it says so.
    python: Option<((u8, u8), String)>,
    /// Where it says that it is made for the free-threaded build.
    free_threaded: Option<String>,
}

/// What one file says: the lowest version by what it requires, by its classifiers, and whether it is free-threaded.
#[derive(Debug, Default)]
struct Said {
    requires: Option<(u8, u8)>,
    classified: Option<(u8, u8)>,
    free_threaded: bool,
}

impl Configuration<'_> {
    /// Takes what project files say of Python's version: paths as shown with their text. What can't be read is noted.
    pub fn read_projects(&mut self, files: &[(String, String)]) {
        let mut folders: BTreeMap<String, Vec<&(String, String)>> = BTreeMap::new();
        for file in files {
            let at = folder(&file.0);
            folders.entry(absolute(&self.settings.base, if at.is_empty() { "." } else { at })).or_default().push(file);
        }
        for (folder, files) in folders {
            let mut project = Project { folder, ..Project::default() };
            let mut classified = None;
            for name in ["pyproject.toml", "setup.cfg", ".python-version"] {
                let Some((path, text)) = files.iter().find(|(path, _)| path.rsplit('/').next() == Some(name)) else { continue };
                let said = match read(name, text) {
                    Ok(said) => said,
                    Err(message) => {
                        self.notes.push(Fault::of_file(path, &message));
                        continue;
                    }
                };
                project.python = project.python.or(said.requires.map(|version| (version, path.clone())));
                classified = classified.or(said.classified.map(|version| (version, path.clone())));
                project.free_threaded = project.free_threaded.or(said.free_threaded.then(|| path.clone()));
            }
            project.python = project.python.or(classified);
            if project.python.is_some() || project.free_threaded.is_some() {
                self.settings.projects.push(project);
            }
        }
        self.settings.projects.sort_by_key(|project| std::cmp::Reverse(project.folder.matches('/').count()));
    }
}

impl Settings {
    /// What the code of a file runs on: as the configuration says, else as the innermost project around it that says anything.
    #[must_use]
    pub fn target_of(&self, shown: &str) -> Target {
        let path = absolute(&self.base, shown);
        let project = self.projects.iter().find(|project| below(&path, &project.folder).is_some());
        project.map_or(self.target, |project| self.of_project(project))
    }

    fn of_project(&self, project: &Project) -> Target {
        let mut target = self.target;
        target.python = target.python.or(project.python.as_ref().map(|(version, _)| *version));
        // The lowest version decides here too: what also runs on builds with a GIL has to be good there.
        let asked = !self.origins.contains_key("target.free-threaded");
        target.free_threaded |= asked && project.free_threaded.is_some() && target.has(FREE_THREADED);
        target
    }

    /// What projects say that the configuration does not: folder, key, value and the file that says it.
    pub(super) fn told_by_projects(&self) -> Vec<(&str, &'static str, String, &str)> {
        let mut told = Vec::new();
        for project in self.projects.iter().rev() {
            let target = self.of_project(project);
            if let (None, Some(((major, minor), from))) = (self.target.python, &project.python) {
                told.push((project.folder.as_str(), "target.python", format!("\"{major}.{minor}\""), from.as_str()));
            }
            if let (None, true, Some((_, from))) =
                (self.target.start_method, target.starts_by() != self.target.starts_by(), &project.python)
            {
                told.push((project.folder.as_str(), "target.start-method", target.default_start(), from.as_str()));
            }
            if let (false, true, Some(from)) = (self.target.free_threaded, target.free_threaded, &project.free_threaded) {
                told.push((project.folder.as_str(), "target.free-threaded", "true".to_owned(), from.as_str()));
            }
        }
        told
    }
}

fn read(name: &str, text: &str) -> Result<Said, String> {
    match name {
        "pyproject.toml" => pyproject(text),
        "setup.cfg" => setup(text),
        // `3.12.1`; several lines name several versions, of which the lowest counts.
        _ => Ok(Said { requires: text.lines().filter_map(|line| minor(line.trim())).min(), ..Said::default() }),
    }
}

/// What pyproject.toml says. A file that is no TOML is told about elsewhere.
fn pyproject(text: &str) -> Result<Said, String> {
    let Ok(table) = text.parse::<toml::Table>() else { return Ok(Said::default()) };
    let root = toml::Value::Table(table);
    let at = |keys: &[&str]| keys.iter().try_fold(&root, |table, key| table.get(key));
    let mut said = Said::default();
    if let Some(text) = at(&["project", "requires-python"]).and_then(toml::Value::as_str) {
        said.requires = Some(lowest(text).ok_or_else(|| unread("requires-python", text))?);
    } else if let Some(text) = at(&["tool", "poetry", "dependencies", "python"]).and_then(toml::Value::as_str) {
        said.requires = Some(poetry(text).ok_or_else(|| unread("python", text))?);
    }
    for keys in [&["project", "classifiers"][..], &["tool", "poetry", "classifiers"]] {
        if let Some(list) = at(keys).and_then(toml::Value::as_array) {
            classifiers(&mut said, list.iter().filter_map(toml::Value::as_str));
        }
    }
    Ok(said)
}

fn setup(text: &str) -> Result<Said, String> {
    let mut ini = configparser::ini::Ini::new();
    ini.set_multiline(true);
    // What is no INI file is no project's.
    if ini.read(text.to_owned()).is_err() {
        return Ok(Said::default());
    }
    let mut said = Said::default();
    if let Some(text) = ini.get("options", "python_requires") {
        said.requires = Some(lowest(&text).ok_or_else(|| unread("python_requires", &text))?);
    }
    let list = ini.get("metadata", "classifiers").or_else(|| ini.get("metadata", "classifier")).unwrap_or_default();
    classifiers(&mut said, list.lines().map(str::trim));
    Ok(said)
}

fn unread(key: &str, text: &str) -> String {
    format!("`{key}` allows no version of Python 3 that is known: `{text}`")
}

/// The trove classifiers: <https://pypi.org/classifiers/>. At level 1, unstable, nothing is promised of the free-threaded build.
fn classifiers<'t>(said: &mut Said, list: impl Iterator<Item = &'t str>) {
    for one in list {
        let Some(rest) = one.strip_prefix("Programming Language :: Python :: ") else { continue };
        let version = rest.split_once('.').and_then(|_| minor(rest));
        said.classified = said.classified.into_iter().chain(version).min();
        let level = rest.strip_prefix("Free Threading :: ").and_then(|level| level.bytes().next());
        said.free_threaded |= level.is_some_and(|level| level > b'1');
    }
}

/// `3.12` of `3.12`, `3.12.1`, `3.13t`.
fn minor(text: &str) -> Option<(u8, u8)> {
    let rest = text.strip_prefix("3.")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    Some((3, digits.parse().ok()?))
}

/// The lowest minor version of Python 3 that a version specifier (PEP 440) allows.
fn lowest(text: &str) -> Option<(u8, u8)> {
    let allowed = VersionSpecifiers::from_str(text.trim()).ok()?;
    let allows = |minor: u8| RELEASES.into_iter().any(|micro| allowed.contains(&Version::new([3, minor.into(), micro.into()])));
    MINORS.into_iter().find(|minor| allows(*minor)).map(|minor| (3, minor))
}

/// The same of a constraint of Poetry: `^3.10`, `~3.10`, `>=3.9 || 3.8.*`:
/// <https://python-poetry.org/docs/dependency-specification/>.
fn poetry(text: &str) -> Option<(u8, u8)> {
    let alternative = |text: &str| -> Option<(u8, u8)> {
        let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
        let parts = parts.map(|part| match part.split_at(1) {
            // `^3.10` is `>=3.10,<4`; the lower end alone decides here.
            ("^", from) => format!(">={from}"),
            ("~", from) if !from.starts_with('=') => format!(">={from}"),
            (first, _) if first.bytes().all(|byte| byte.is_ascii_digit()) => format!("=={part}"),
            _ => part.to_owned(),
        });
        // A space may stand between the sign and the version.
        let written: Vec<String> = parts.collect();
        let mut joined = String::new();
        for part in written {
            let open = joined.ends_with(['=', '<', '>', '!']);
            let part = if open { part.trim_start_matches("==").to_owned() } else { part };
            joined.push_str(if joined.is_empty() || open { "" } else { "," });
            joined.push_str(&part);
        }
        lowest(&joined)
    };
    text.split('|').map(str::trim).filter(|part| !part.is_empty()).filter_map(alternative).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_decides() {
        for (text, version) in [
            (">=3.10", 10),
            (">=3.8,<4", 8),
            ("~=3.11", 11),
            ("==3.12.*", 12),
            (">3.8", 8),
            (">=3.9.2,!=3.10.*", 9),
            (">=2.7,!=3.0.*,!=3.1.*", 2),
        ] {
            assert_eq!(lowest(text), Some((3, version)), "{text}");
        }
        assert_eq!(lowest("three"), None);
        assert_eq!(lowest(">=4"), None);
        for (text, version) in [("^3.10", 10), ("~3.9", 9), (">=3.8,<3.13", 8), (">= 3.9, <4", 9), ("3.11.*", 11), ("^3.12 || 3.10.*", 10)]
        {
            assert_eq!(poetry(text), Some((3, version)), "{text}");
        }
    }

    #[test]
    fn project_files_say_it() {
        let lowest = |name: &str, text: &str| {
            let said = read(name, text).unwrap_or_default();
            (said.requires.or(said.classified).map(|(_, minor)| minor), said.free_threaded)
        };
        let toml = |text: &str| lowest("pyproject.toml", text);
        assert_eq!(toml("[project]\nrequires-python = '>=3.11'\n"), (Some(11), false));
        assert_eq!(toml("[tool.poetry.dependencies]\npython = '^3.10'\n"), (Some(10), false));
        let classified = "[project]\nclassifiers = ['Programming Language :: Python :: 3', 'Programming Language :: Python :: 3.13', \
                          'Programming Language :: Python :: 3.14', 'Programming Language :: Python :: Free Threading :: 3 - Stable']\n";
        assert_eq!(toml(classified), (Some(13), true));
        let setup =
            "[metadata]\nname = x\nclassifiers =\n    Programming Language :: Python :: 3.9\n    Programming Language :: Python :: 3.8\n";
        assert_eq!(lowest("setup.cfg", setup), (Some(8), false));
        assert_eq!(lowest("setup.cfg", "[options]\npython_requires = >=3.7\n"), (Some(7), false));
        assert_eq!(lowest(".python-version", "3.12.1\n"), (Some(12), false));
        assert!(read("pyproject.toml", "[project]\nrequires-python = 'new'\n").is_err());
    }

    #[test]
    fn the_innermost_project_decides() {
        let mut configuration = Configuration::new("/r", &[]);
        let files = [
            ("pyproject.toml", "[project]\nrequires-python = '>=3.14'\n"),
            (
                "old/pyproject.toml",
                "[project]\nrequires-python = '>=3.9'\nclassifiers = ['Programming Language :: Python :: Free Threading :: 2 - Beta']\n",
            ),
            ("new/.python-version", "3.14t\n"),
            ("plain/setup.cfg", "[metadata]\nname = plain\n"),
        ];
        configuration.read_projects(&files.map(|(path, text)| (path.to_owned(), text.to_owned())));
        let of = |path| configuration.settings.target_of(path);
        assert_eq!(of("a.py").starts_by(), StartMethod::Forkserver);
        assert_eq!(of("old/a.py"), Target { python: Some((3, 9)), ..Target::default() });
        assert_eq!(of("old/a.py").starts_by(), StartMethod::Fork);
        assert_eq!(of("new/a/b.py").python, Some((3, 14)));
        assert_eq!(of("plain/a.py").python, Some((3, 14)));
        assert_eq!(of("/elsewhere/a.py"), Target::default());
        assert!(configuration.notes.is_empty());
    }
}
