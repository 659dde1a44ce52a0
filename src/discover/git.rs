//! What git keeps, asked of the program `git`, by plumbing commands alone.
//!
//! The program and not a library of Rust: it takes the index, the work tree's state, attributes and every form of repository
//! as the user's own git does (linked work trees, split and sparse indexes, reftables, SHA-256, the variables of hooks). What
//! a repository's configuration could have it run is turned off: file system monitors, filters, external diffs, the status of
//! submodules, fetching from partial clones. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program.
const GIT: &str = "git";

/// Variables that say which repository is meant (`git rev-parse --local-env-vars`).
const LOCAL: [&str; 12] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// Variables that change what a path on the command line means, or what runs.
const MEANING: [&str; 6] =
    ["GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS"];

/// What a wrong or missing commit is told with in a clone without its whole history.
const SHALLOW: &str = "; the clone is shallow: fetch more of its history (`git fetch --unshallow`; `fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab CI)";

/// A repository with a work tree.
#[derive(Debug)]
pub(super) struct Repository {
    /// The work tree's folder, absolute.
    pub top: PathBuf,
    git_dir: PathBuf,
    is_shallow: bool,
    /// The variables of the environment speak of this repository, as in a hook.
    is_meant: bool,
    /// `-c` arguments that turn off the filters of the configuration.
    off: Vec<String>,
    filters: BTreeSet<String>,
}

/// A commit to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    /// By its id.
    Id(String),
    /// There is none yet: everything is new.
    Unborn,
}

/// The id of a file's content, where it is a regular file.
pub(super) type Content = Option<String>;

impl Repository {
    /// The repository that holds a folder. `working` is the working folder, to which variables of the environment may speak.
    pub fn around(folder: &Path, working: &Path) -> Result<Self, String> {
        let found = located(folder, false);
        let meant = located(working, true)
            .ok()
            .filter(|meant| found.as_ref().map_or(folder.starts_with(&meant.top), |of| of.git_dir == meant.git_dir));
        let mut repository = match meant {
            Some(meant) => meant,
            None => found?,
        };
        repository.filters = repository.filters()?;
        for name in &repository.filters {
            for said in ["clean=", "smudge=", "process=", "required=false"] {
                repository.off.extend(["-c".to_owned(), format!("filter.{name}.{said}")]);
            }
        }
        Ok(repository)
    }

    /// The filters that the configuration knows.
    fn filters(&self) -> Result<BTreeSet<String>, String> {
        let output = self.run(&["config", "--null", "--name-only", "--get-regexp", r"^filter\."])?;
        let mut names = BTreeSet::new();
        for key in String::from_utf8_lossy(&output.stdout).split('\0') {
            if let Some((name, _)) = key.strip_prefix("filter.").and_then(|rest| rest.rsplit_once('.')) {
                if name.contains('=') {
                    return Err(format!("git's configuration names a filter `{name}`, which can't be turned off for its `=`"));
                }
                names.insert(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Those of the paths whose content a filter changes on its way to the work tree.
    pub fn filtered<'a>(&self, paths: impl Iterator<Item = &'a String>) -> Result<BTreeSet<String>, String> {
        if self.filters.is_empty() {
            return Ok(BTreeSet::new());
        }
        let asked: String = paths.flat_map(|path| [path.as_str(), "\0"]).collect();
        let output = self.feed(&["check-attr", "-z", "--stdin", "filter"], asked)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let fields: Vec<&str> = text.split('\0').collect();
        let (answers, _) = fields.as_chunks::<3>();
        Ok(answers.iter().filter(|[_, _, filter]| self.filters.contains(*filter)).map(|[path, _, _]| (*path).to_owned()).collect())
    }

    fn command(&self) -> Command {
        let mut command = bare(&self.top, self.is_meant);
        if self.is_meant {
            // Git takes a relative one from the work tree's folder.
            if let Some(index) = std::env::var_os("GIT_INDEX_FILE").filter(|index| !index.is_empty()) {
                command.env("GIT_INDEX_FILE", self.top.join(index));
            }
            command.env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", &self.top);
        }
        command.args(&self.off);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, String> {
        self.command().args(arguments).stdin(Stdio::null()).output().map_err(|error| not_run(&error))
    }

    /// Runs a command that reads what it is asked.
    fn feed(&self, arguments: &[&str], asked: String) -> Result<Output, String> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_run(&error))?;
        let writer = child.stdin.take().map(|mut stdin| std::thread::spawn(move || stdin.write_all(asked.as_bytes())));
        let output = child.wait_with_output().map_err(|error| not_run(&error))?;
        // A command that ended early says so by what it did not answer.
        _ = writer.map(std::thread::JoinHandle::join);
        Ok(output)
    }

    /// What a command that must succeed writes.
    fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = self.run(arguments)?;
        if output.status.success() { Ok(output.stdout) } else { Err(said(&output)) }
    }

    /// The first line of what a command writes; `None` where it fails.
    fn line(&self, arguments: &[&str]) -> Result<Option<String>, String> {
        let output = self.run(arguments)?;
        let first = String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned);
        Ok(first.filter(|_| output.status.success()))
    }

    fn commit(&self, reference: &str) -> Result<Option<String>, String> {
        self.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")])
    }

    /// The commits that a merge under way brings in.
    fn merged(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.git_dir.join("MERGE_HEAD")).unwrap_or_default();
        text.lines()
            .map(str::trim)
            .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(str::to_owned)
            .collect()
    }

    /// What a commit of the index would have as parents.
    pub fn parents(&self) -> Result<Vec<Commit>, String> {
        let Some(head) = self.commit("HEAD")? else { return self.unborn().map(|()| vec![Commit::Unborn]) };
        Ok(std::iter::once(head).chain(self.merged()).map(Commit::Id).collect())
    }

    /// An error where `HEAD` is broken, and not just without a commit.
    fn unborn(&self) -> Result<(), String> {
        match self.line(&["symbolic-ref", "--quiet", "HEAD"])? {
            Some(branch) if self.line(&["show-ref", "--verify", "--hash", &branch])?.is_none() => Ok(()),
            _ => Err("git: `HEAD` leads to no commit".to_owned()),
        }
    }

    /// Where the work tree's history left that of `reference`: what came to `reference` since then is no change of this one.
    pub fn fork(&self, reference: &str) -> Result<Commit, String> {
        // What services send as the commit before the first push of a branch.
        if reference.len() >= 40 && reference.bytes().all(|byte| byte == b'0') {
            return Ok(Commit::Unborn);
        }
        let head = self.commit("HEAD")?;
        let Some(commit) = self.commit(reference)? else {
            let branch = self.line(&["symbolic-ref", "--quiet", "HEAD"])?.unwrap_or_default();
            let own = ["HEAD", "@", branch.as_str(), branch.trim_start_matches("refs/heads/")];
            if head.is_none() && own.contains(&reference) {
                return self.unborn().map(|()| Commit::Unborn);
            }
            let more = if self.is_shallow { SHALLOW } else { "" };
            return Err(format!("--since: git knows no commit `{reference}`{more}"));
        };
        let Some(head) = head else { return self.unborn().map(|()| Commit::Id(commit)) };
        let merged = self.merged();
        let mut arguments = vec!["merge-base", commit.as_str(), head.as_str()];
        arguments.extend(merged.iter().map(String::as_str));
        match self.line(&arguments)? {
            Some(base) => Ok(Commit::Id(base)),
            None if self.is_shallow => Err(format!("--since: no common ancestor of `{reference}` and `HEAD` is there{SHALLOW}")),
            None => Ok(Commit::Id(commit)),
        }
    }

    /// The regular files of the index, by path from the work tree's folder.
    pub fn index(&self) -> Result<BTreeMap<String, String>, String> {
        let listed = self.ask(&["ls-files", "--stage", "-z", "--full-name"])?;
        let mut files = BTreeMap::new();
        for record in listed.split(|byte| *byte == 0) {
            let record = String::from_utf8_lossy(record);
            let Some((head, path)) = record.split_once('\t') else { continue };
            if let [mode, id, "0"] = head.split(' ').collect::<Vec<_>>()[..]
                && is_regular(mode)
            {
                files.insert(path.to_owned(), id.to_owned());
            }
        }
        Ok(files)
    }

    /// Paths that the index has otherwise than a commit, with what the commit has.
    pub fn staged(&self, commit: &str) -> Result<BTreeMap<String, Content>, String> {
        let mut arguments = vec!["diff-index", "--cached"];
        arguments.extend(RAW);
        Ok(raw(&self.ask(&[&arguments[..], &["--end-of-options", commit, "--"]].concat())?))
    }

    /// Paths whose file in the work tree may be another than the index has.
    pub fn unstaged(&self) -> Result<BTreeSet<String>, String> {
        let mut arguments = vec!["diff-files"];
        arguments.extend(RAW);
        Ok(raw(&self.ask(&arguments)?).into_keys().collect())
    }

    /// Contents by id.
    pub fn contents(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<u8>>, String> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let output = self.feed(&["cat-file", "--batch"], ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect())?;
        let (mut rest, mut contents) = (&output.stdout[..], BTreeMap::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            if let [id, "blob", size] = head.split(' ').collect::<Vec<_>>()[..]
                && let Ok(size) = size.parse::<usize>()
                && let Some(content) = rest.get(..size)
            {
                contents.insert(id.to_owned(), content.to_vec());
                rest = rest.get(size + 1..).unwrap_or_default();
            }
        }
        match ids.iter().find(|id| !contents.contains_key(*id)) {
            Some(id) => Err(format!(
                "git: the content {id} is not there; in a partial clone, fetch it first (`git checkout` or `git fetch --refetch`)"
            )),
            None => Ok(contents),
        }
    }
}

/// What commands that compare are given.
const RAW: [&str; 8] =
    ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all"];

fn is_regular(mode: &str) -> bool {
    mode.starts_with("100")
}

/// Records of `--raw -z`: `:mode mode id id status`, path.
fn raw(listed: &[u8]) -> BTreeMap<String, Content> {
    let mut changes = BTreeMap::new();
    let mut fields = listed.split(|byte| *byte == 0);
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let head = String::from_utf8_lossy(head);
        let mut words = head.trim_start_matches(':').split(' ');
        if let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) {
            let content = (is_regular(mode) && id.bytes().any(|byte| byte != b'0')).then(|| id.to_owned());
            changes.insert(String::from_utf8_lossy(path).into_owned(), content);
        }
    }
    changes
}

/// Git in a folder, with nothing that it could run or fetch on the way.
fn bare(folder: &Path, with_variables: bool) -> Command {
    let mut command = Command::new(GIT);
    command.current_dir(folder);
    for name in MEANING.iter().chain(LOCAL.iter().filter(|_| !with_variables)) {
        command.env_remove(name);
    }
    let quiet = [
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ];
    command.envs(quiet);
    command.args(["--no-pager", "-c", "core.fsmonitor="]);
    command
}

/// The repository of a folder, as git finds it.
fn located(folder: &Path, with_variables: bool) -> Result<Repository, String> {
    let mut command = bare(folder, with_variables);
    command.args(["rev-parse", "--show-toplevel", "--absolute-git-dir", "--is-shallow-repository"]);
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_run(&error))?;
    if !output.status.success() {
        return Err(said(&output));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().collect::<Vec<_>>()[..] {
        [top, git_dir, shallow] => Ok(Repository {
            top: PathBuf::from(top),
            git_dir: PathBuf::from(git_dir),
            is_shallow: shallow == "true",
            is_meant: with_variables,
            off: Vec::new(),
            filters: BTreeSet::new(),
        }),
        _ => Err("git: no work tree is here".to_owned()),
    }
}

/// What a failed command says.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed and says nothing");
    format!("git: {}", line.trim_start_matches("fatal: "))
}

fn not_run(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "git: no such program; `--since` and `--staged` read history by it".to_owned(),
        _ => format!("git: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_records_give_what_was_there() {
        let zeros = "0".repeat(40);
        let id = "a".repeat(40);
        let listed = format!(
            ":100644 100755 {id} {zeros} M\0a b.py\0:000000 100644 {zeros} {id} A\0new.py\0:120000 000000 {id} {zeros} D\0link\0:160000 160000 {id} {id} M\0sub\0"
        );
        let changes = raw(listed.as_bytes());
        let old = |path: &str| changes.get(path).cloned();
        assert_eq!(old("a b.py"), Some(Some(id)));
        assert_eq!([old("new.py"), old("link"), old("sub")], [Some(None), Some(None), Some(None)]);
        assert_eq!(changes.len(), 4);
    }
}
