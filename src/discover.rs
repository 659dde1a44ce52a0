//! Paths to the files that are analysed, with what was left out and why.

mod configuration;
mod git;
mod renames;
mod versions;

pub use configuration::{Configurations, configurations, named_file};
pub use versions::{Base, Compared, Place, project, versions};

use crate::config::Exclude;
use crate::lang::Lang;
use ignore::WalkBuilder;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Files above this many bytes are not analysed: written by programs, not by people.
pub const MAX_BYTES: u64 = 2_000_000;

/// Bytes of the longest list of what a workspace's tool runs that is read.
const MAX_LIST: u64 = 64 * 1024;

/// A line longer than this many bytes was not written by a person: some tools break what they write after 500.
const LONG_LINE: usize = 400;

/// Folders that are never a repository's own source.
const FOREIGN: [&str; 7] = ["node_modules", "bower_components", "site-packages", "__pycache__", "__pypackages__", ".git", ".yarn"];

/// The reason for what the configuration leaves out.
const EXCLUDED: &str = "excluded by the configuration";

/// The file that names the version of Python that a folder is run with.
const VERSION: &str = ".python-version";

/// Names of build output where the folder beside it holds the source.
const OUTPUT: [&str; 6] = ["dist", "build", "out", "output", "target", "coverage"];

/// A file to analyse.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path as shown.
    pub path: String,
    /// Its text; invalid UTF-8 is replaced.
    pub text: String,
    /// Its language.
    pub lang: Lang,
}

/// An input that could not be used, told and gone on from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unusable {
    /// The path as shown.
    pub path: String,
    /// Why.
    pub message: String,
    /// How many bytes it has, where these are too many.
    pub large: Option<u64>,
}

/// What was found below the given paths.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files to analyse, by path.
    pub files: Vec<Found>,
    /// `package.json`, `tsconfig.json`, `pyproject.toml`, `.python-version`, `loopwarden.toml` and their like, with their text.
    pub projects: Vec<(String, String)>,
    /// What was left out: path and reason.
    pub left_out: BTreeMap<String, String>,
    /// What could not be used.
    pub problems: Vec<Unusable>,
}

/// Finds the files below `paths`. `folder` is the working folder: shown paths are relative to it.
///
/// Nothing outside `paths` is read, save ignore files of the folders above; symbolic links are not followed. What the
/// configuration excludes is left out, even where it is named.
#[must_use]
pub fn discover(paths: &[PathBuf], folder: &Path, exclude: &Exclude) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        match fs::symlink_metadata(path) {
            Err(error) => discovery.problem(shown(path, folder), &error.to_string()),
            Ok(_) if path.is_dir() => discovery.walk(path, folder, exclude),
            // Who names a file wants it, but a hook names every changed file.
            Ok(_) if exclude.holds(&shown(path, folder), false) => discovery.excluded(path, folder),
            Ok(_) => discovery.file(path, folder, true),
        }
    }
    discovery.files.sort_by(|one, other| one.path.cmp(&other.path));
    discovery.files.dedup_by(|one, other| one.path == other.path);
    discovery.drop_second_builds();
    discovery.projects.sort();
    discovery.projects.dedup();
    discovery.problems.sort();
    discovery.problems.dedup();
    discovery
}

impl Discovery {
    fn problem(&mut self, path: String, message: &str) {
        self.problems.push(Unusable { path, message: message.to_owned(), large: None });
    }

    fn large(&mut self, path: String, bytes: u64) {
        let message = format!("{bytes} bytes, over the limit of {MAX_BYTES}: left out");
        self.problems.push(Unusable { path, message, large: Some(bytes) });
    }

    fn excluded(&mut self, path: &Path, folder: &Path) {
        self.left_out.insert(shown(path, folder), EXCLUDED.to_owned());
    }

    fn walk(&mut self, root: &Path, folder: &Path, exclude: &Exclude) {
        let mut builder = WalkBuilder::new(root);
        builder.follow_links(false).require_git(false).git_global(false).add_custom_ignore_filename(".loopwardenignore");
        builder.sort_by_file_path(Path::cmp);
        let foreign = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (noted, base, exclude_here) = (foreign.clone(), folder.to_path_buf(), exclude.clone());
        builder.filter_entry(move |entry| {
            let reason = (entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir()))
                .then(|| {
                    let excluded = exclude_here.holds(&shown(entry.path(), &base), true).then_some(EXCLUDED);
                    left_out(entry.path()).or(excluded)
                })
                .flatten();
            match (reason, noted.lock()) {
                (Some(reason), Ok(mut noted)) => {
                    noted.push((shown(entry.path(), &base), reason.to_owned()));
                    false
                }
                _ => true,
            }
        });
        for entry in builder.build() {
            match entry {
                Err(error) => self.problem(shown(root, folder), &error.to_string()),
                Ok(entry) if entry.path_is_symlink() => self.link(entry.path(), folder),
                Ok(entry) if entry.path().is_dir() => self.version(entry.path(), folder, exclude),
                Ok(entry) if entry.depth() > 0 && exclude.holds(&shown(entry.path(), folder), false) => self.excluded(entry.path(), folder),
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => self.file(entry.path(), folder, false),
                Ok(_) => {}
            }
        }
        if let Ok(mut noted) = foreign.lock() {
            self.left_out.extend(noted.drain(..));
        }
    }

    /// The file that says which Python a folder is run with: hidden, so that no walk meets it.
    fn version(&mut self, at: &Path, folder: &Path, exclude: &Exclude) {
        let path = at.join(VERSION);
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) && !exclude.holds(&shown(&path, folder), false) {
            self.file(&path, folder, false);
        }
    }

    /// A package often ships the same code twice, for `import` and for `require`: one of them is enough.
    fn drop_second_builds(&mut self) {
        let known: std::collections::HashSet<String> = self.files.iter().map(|file| file.path.clone()).collect();
        let first = |path: &str| {
            if let Some(twin) = path.strip_suffix(".mjs").map(|stem| [format!("{stem}.js"), format!("{stem}.cjs")]) {
                return twin.into_iter().find(|twin| known.contains(twin));
            }
            ["/esm/", "/es/", "/module/", "/mjs/", "/browser/"].iter().find_map(|segment| {
                let (before, after) = path.split_once(segment)?;
                let stem = after.rsplit_once('.').map_or(after, |(stem, _)| stem);
                let others = ["/", "/cjs/", "/lib/", "/commonjs/"]
                    .iter()
                    .flat_map(|other| [format!("{before}{other}{stem}.js"), format!("{before}{other}{stem}.cjs")]);
                others.into_iter().find(|other| known.contains(other))
            })
        };
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for file in std::mem::take(&mut self.files) {
            match first(&file.path).filter(|_| file.lang == Lang::JavaScript) {
                Some(other) => dropped.push((file.path, format!("second build of {other}"))),
                None => kept.push(file),
            }
        }
        self.files = kept;
        self.left_out.extend(dropped);
    }

    fn link(&mut self, path: &Path, folder: &Path) {
        match (fs::canonicalize(path), path.parent().map(fs::canonicalize)) {
            (Err(error), _) => self.problem(shown(path, folder), &format!("symbolic link: {error}")),
            (Ok(target), Some(Ok(at))) if at.starts_with(&target) => {
                self.problem(shown(path, folder), "symbolic link to a folder that holds it: not followed");
            }
            _ => _ = self.left_out.insert(shown(path, folder), "symbolic link".to_owned()),
        }
    }

    fn file(&mut self, path: &Path, folder: &Path, asked: bool) {
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let extension = path.extension().map(|extension| extension.to_string_lossy());
        let is_project = is_project(&file_name);
        let lang = extension.as_deref().and_then(Lang::of_extension);
        let lang = lang.or_else(|| extension.is_none().then(|| interpreter(path)).flatten());
        if !is_project && lang.is_none() {
            if asked {
                self.left_out.insert(shown(path, folder), "no known language".to_owned());
            }
            return;
        }
        let is_declaration = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| file_name.ends_with(end));
        if is_declaration && !asked {
            self.left_out.insert(shown(path, folder), "declarations only".to_owned());
            return;
        }
        match fs::metadata(path).map(|metadata| metadata.len()) {
            Err(error) => return self.problem(shown(path, folder), &error.to_string()),
            // Data of any kind may have such a name.
            Ok(bytes) if bytes > MAX_LIST && lists_tools(&file_name) => return,
            Ok(bytes) if bytes > MAX_BYTES => return self.large(shown(path, folder), bytes),
            Ok(_) => {}
        }
        let text = match fs::read(path) {
            Err(error) => return self.problem(shown(path, folder), &error.to_string()),
            Ok(bytes) => String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        };
        match lang {
            None => self.projects.push((shown(path, folder), text)),
            Some(Lang::JavaScript) if is_output(path) && has_content_hash(&file_name) => {
                self.left_out.insert(shown(path, folder), "build output: a content hash in its name".to_owned());
            }
            Some(Lang::JavaScript) if is_minified(&text) => _ = self.left_out.insert(shown(path, folder), "minified".to_owned()),
            Some(lang) => self.files.push(Found { path: shown(path, folder), text, lang }),
        }
    }
}

/// Whether a file's name is that of a list of what Nx and the Angular CLI run: executors, generators, schematics.
#[must_use]
pub fn lists_tools(file_name: &str) -> bool {
    matches!(file_name, "executors.json" | "builders.json" | "generators.json" | "migrations.json" | "collection.json")
}

/// Whether a file tells about the project: how modules are found, what is configured.
fn is_project(file_name: &str) -> bool {
    matches!(
        file_name,
        "package.json"
            | "pyproject.toml"
            | "loopwarden.toml"
            | "setup.cfg"
            | "entry_points.txt"
            | "pnpm-workspace.yaml"
            | VERSION
            | "jsconfig.json"
    ) || lists_tools(file_name)
        || (file_name.starts_with("tsconfig") && Path::new(file_name).extension().is_some_and(|extension| extension == "json"))
}

/// The language of a program without an extension, by its first line.
fn interpreter(path: &Path) -> Option<Lang> {
    use std::io::Read as _;
    let mut start = [0; 64];
    let read = fs::File::open(path).and_then(|mut file| file.read(&mut start)).ok()?;
    let first = String::from_utf8_lossy(start.get(..read)?).lines().next().unwrap_or("").to_owned();
    let program = first.strip_prefix("#!")?;
    if program.contains("python") {
        Some(Lang::Python)
    } else if program.contains("node") {
        Some(Lang::JavaScript)
    } else {
        None
    }
}

/// Why a folder is not the repository's own source, if it is not.
fn left_out(path: &Path) -> Option<&'static str> {
    let file_name = path.file_name()?.to_str()?;
    if FOREIGN.contains(&file_name) {
        return Some("installed packages");
    }
    if path.join("pyvenv.cfg").is_file() {
        return Some("virtual environment");
    }
    if OUTPUT.contains(&file_name) {
        let beside = path.parent()?;
        // A published package has its code in `dist`; beside its source the same folder is made by a build.
        let has_source = ["src", "tsconfig.json", "tsconfig.build.json", "webpack.config.js", "vite.config.ts", "setup.py", "Cargo.toml"];
        return has_source.iter().any(|name| beside.join(name).exists()).then_some("build output");
    }
    None
}

/// Whether a file lies in a folder where bundlers put what they make.
fn is_output(path: &Path) -> bool {
    let is = |name: &str| OUTPUT.contains(&name) || ["assets", "built", "static", "public", "chunks"].contains(&name);
    path.components().any(|component| component.as_os_str().to_str().is_some_and(is))
}

/// Shortest hash that bundlers put into names: `index-o4Q9MNrB.mjs`, `main.3f2a1b9c.js`.
const SHORTEST_HASH: usize = 8;

/// Whether a bundler named the file after its content.
fn has_content_hash(file_name: &str) -> bool {
    let Some((stem, _)) = file_name.rsplit_once('.') else { return false };
    let Some((_, hash)) = stem.rsplit_once(['-', '.']) else { return false };
    let has = |is: fn(&u8) -> bool| hash.bytes().any(|byte| is(&byte));
    let is_hash = hash.len() >= SHORTEST_HASH && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_hex = hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) && has(u8::is_ascii_lowercase);
    // A version or a date has no letters; a word has no digits, or stands in one case.
    let is_mixed = hash.len() == SHORTEST_HASH && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    is_hash && has(u8::is_ascii_digit) && (is_hex || is_mixed)
}

/// More than half of the text stands in lines that nobody writes by hand.
fn is_minified(text: &str) -> bool {
    // A source map at the end of the file is no code.
    let code = text.split('\n').filter(|line| !line.starts_with("//"));
    let long: usize = code.map(str::len).filter(|length| *length > LONG_LINE).sum();
    long * 2 > text.len()
}

/// The folder that a given path is, or lies in where it is a file, as shown.
#[must_use]
pub fn shown_folder(path: &Path, folder: &Path) -> String {
    let shown = shown(path, folder);
    if path.is_dir() { shown } else { shown.rsplit_once('/').map_or_else(String::new, |(dir, _)| dir.to_owned()) }
}

/// The path as shown: relative to `folder` where it lies in it, `/` between names.
fn shown(path: &Path, folder: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let mut parts = String::new();
    for component in relative.components() {
        match component {
            Component::CurDir => {}
            Component::RootDir => parts.push('/'),
            other => {
                if !parts.is_empty() && !parts.ends_with('/') {
                    parts.push('/');
                }
                parts.push_str(&other.as_os_str().to_string_lossy());
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minified_is_told_by_line_length() {
        assert!(is_minified(&format!("// banner\n{}", "a();".repeat(500))));
        assert!(!is_minified(&"const a = 1;\n".repeat(500)));
    }

    #[test]
    fn bundlers_name_files_after_their_content() {
        for name in ["index-o4Q9MNrB.mjs", "main.3f2a1b9c.js", "vendor-aed0068cf9b67d042dd23a6343545b7b.js"] {
            assert!(has_content_hash(name), "{name}");
        }
        for name in
            ["2022-03-07-10-57-update.js", "user-controller.js", "jquery-3.6.0.js", "release-20240101.js", "app-v2settings.js", "main.js"]
        {
            assert!(!has_content_hash(name), "{name}");
        }
    }

    #[test]
    fn shown_paths_are_relative_with_slashes() {
        assert_eq!(shown(Path::new("/r/a/b.py"), Path::new("/r")), "a/b.py");
        assert_eq!(shown(Path::new("./a/b.py"), Path::new("/r")), "a/b.py");
        assert_eq!(shown(Path::new("/x/b.py"), Path::new("/r")), "/x/b.py");
    }
}
