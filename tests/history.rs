//! What a check reports of files that are named and of changes: on temporary git repositories, through the command line.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A helper that blocks, and two handlers.
const HELPER: &str = "import time\n\n\ndef pause():\n    time.sleep(1)\n\n\ndef rest():\n    return 1\n";
const APP: &str = "from lib.helper import pause, rest\n\n\nasync def first():\n    pause()\n\n\nasync def second():\n    rest()\n";
const OTHER: &str = "import time\n\n\nasync def other():\n    time.sleep(2)\n";

/// The variables by which a hook speaks of its repository must not reach the tests' own.
const HOOK: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"];

fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "A Test").env(format!("GIT_{role}_EMAIL"), "test@example.org");
    }
    for name in HOOK {
        command.env_remove(name);
    }
    command
}

fn output(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, told)
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let (output, told) = output(program("git", folder).args(["-c", "protocol.file.allow=always"]).args(arguments));
    assert!(output.status.success(), "git {arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let (output, told) =
        output(program(env!("CARGO_BIN_EXE_loopwarden"), folder).args(["check", "--output-format", "concise"]).args(arguments));
    (output.status.code(), told)
}

/// The places of what is reported: `app.py:5`.
fn found(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let (code, told) = check(folder, arguments);
    assert!(code == Some(0) || code == Some(1), "{told}");
    places(&told)
}

fn places(told: &str) -> Vec<String> {
    let lines = told.lines().filter(|line| line.contains(": error[") || line.contains(": warning["));
    lines.map(|line| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")).collect()
}

fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn files(root: &Path) {
    write(root, "lib/__init__.py", "");
    write(root, "lib/helper.py", HELPER);
    write(root, "app.py", APP);
    write(root, "other.py", OTHER);
}

fn commit(root: &Path, message: &str) -> String {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", message]);
    git(root, &["rev-parse", "HEAD"])
}

/// A repository with the files, committed on `main`.
fn repository() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap().join("repository");
    fs::create_dir(&root).unwrap();
    git(&root, &["init", "--quiet", "--initial-branch", "main"]);
    files(&root);
    commit(&root, "base");
    (folder, root)
}

/// What a change of `second` causes, which calls what blocks now.
fn worsen(root: &Path) {
    write(root, "app.py", &APP.replace("    rest()", "    pause()"));
}

#[test]
fn named_files_limit_what_is_reported() {
    let (_folder, root) = repository();
    // The chain begins in app.py and ends in the helper.
    assert_eq!(found(&root, &["lib/helper.py"]), ["app.py:5"]);
    assert_eq!(found(&root, &["app.py"]), ["app.py:5"]);
    assert_eq!(found(&root, &["--scope", "listed", "app.py"]), ["app.py:5"]);
    assert_eq!(found(&root, &["--scope", "listed", "lib/helper.py"]), [""; 0]);
    assert_eq!(found(&root, &["--scope", "all", "lib/helper.py"]), ["app.py:5", "other.py:5"]);
    let (code, told) = check(&root, &["--scope", "listed", "lib/helper.py"]);
    assert!(code == Some(0) && told.contains("in 4 files") && told.contains("elsewhere: 2 findings (--scope all)"), "{told}");
    // Folders are what is analysed, unless a scope is asked for.
    assert_eq!(found(&root, &["lib"]), [""; 0]);
    assert_eq!(found(&root, &["--scope", "related", "lib"]), ["app.py:5"]);
    assert_eq!(found(&root, &["lib", "other.py"]), ["app.py:5", "other.py:5"]);
    assert_eq!(check(&root, &["gone.py"]).0, Some(2));
    // From a folder further down, paths are still relative to it.
    assert_eq!(found(&root.join("lib"), &["helper.py"]), ["../app.py:5"]);
    let (code, told) = check(&root.join("lib"), &["--add-ignore", "old", "helper.py"]);
    assert!(code == Some(0) && fs::read_to_string(root.join("app.py")).unwrap().contains("-- old\n    pause()"), "{told}");
}

#[test]
fn the_project_is_found_without_a_repository() {
    for marker in ["loopwarden.toml", "pyproject.toml", "package.json"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        files(&root);
        files(&folder.path().join("beside"));
        write(&root, marker, if marker == "package.json" { "{}" } else { "" });
        assert_eq!(found(&root, &["lib/helper.py"]), ["app.py:5"], "{marker}");
        assert_eq!(found(&root.join("lib"), &["helper.py"]), ["../app.py:5"], "{marker}");
        assert_eq!(found(folder.path(), &["project/lib/helper.py"]), ["project/app.py:5"], "{marker}");
    }
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    assert_eq!(found(folder.path(), &["lib/helper.py"]), ["app.py:5"]);
    assert_eq!(check(folder.path(), &["--staged"]).0, Some(2));
}

#[test]
fn the_baseline_and_the_scope_go_together() {
    let (_folder, root) = repository();
    let baseline = |task| output(program(env!("CARGO_BIN_EXE_loopwarden"), &root).args(["baseline", task])).1;
    assert!(baseline("create").contains("wrote"));
    worsen(&root);
    assert_eq!(found(&root, &["lib/helper.py"]), ["app.py:9"]);
    assert_eq!(found(&root, &["other.py"]), [""; 0]);
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);

    // What a change adds behind a known call is told until the baseline knows it; what the change did not add is not told.
    let load = "import requests\n\n\ndef load():\n    requests.get('a')\n";
    write(&root, "lib/load.py", load);
    write(&root, "page.py", "from lib.load import load\n\n\nasync def page():\n    load()\n");
    files(&root);
    assert!(baseline("update").contains("1 new"));
    commit(&root, "page");
    write(&root, "lib/load.py", &(load.to_owned() + "    requests.post('c')\n"));
    assert_eq!(found(&root, &["--since", "HEAD"]), ["page.py:5"]);
    commit(&root, "post");
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    assert_eq!(found(&root, &["page.py"]), ["page.py:5"]);
    assert!(baseline("update").contains("1 new"));
    assert_eq!(found(&root, &["--since", "HEAD^"]), [""; 0]);
}

#[test]
fn since_reports_what_changed_lines_cause() {
    let (_folder, root) = repository();
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    worsen(&root);
    let (code, told) = check(&root, &["--since", "HEAD"]);
    assert_eq!(places(&told), ["app.py:9"]);
    assert!(code == Some(1) && told.contains("not of this change: 2 findings") && !told.contains("[changed"), "{told}");
    // The same, committed; untracked files belong to the work tree too.
    commit(&root, "worse");
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    write(&root, "new.py", OTHER);
    assert_eq!(found(&root, &["--since", "HEAD~1"]), ["app.py:9", "new.py:5"]);
    assert_eq!(found(&root, &["--since", "HEAD~1", "app.py"]), ["app.py:9"]);
    assert_eq!(found(&root.join("lib"), &["--since", "main~1"]), ["../app.py:9"]);
    assert_eq!(found(&root.join("lib"), &["--since", "main~1", "--scope", "listed"]), [""; 0]);
    assert_eq!(found(&root.join("lib"), &["--since", "main~1", "--scope", "all"]), ["../app.py:9", "../new.py:5"]);
    // Everything is new to nothing; a service sends zeros for the first push.
    assert_eq!(found(&root, &["--since", &"0".repeat(40)]).len(), 4);
}

#[test]
fn a_finding_is_anchored_at_the_hop_that_changed() {
    let (_folder, root) = repository();
    write(&root, "lib/helper.py", &HELPER.replace("    return 1", "    time.sleep(3)"));
    let (_, told) = check(&root, &["--since", "HEAD"]);
    assert_eq!(places(&told), ["app.py:9"]);
    assert!(told.contains("[changed: lib/helper.py:9:5]"), "{told}");
    let mut command = program(env!("CARGO_BIN_EXE_loopwarden"), &root);
    let full = output(command.args(["check", "--since", "HEAD"])).1;
    assert!(full.contains("changed: lib/helper.py:9:5\n       time.sleep(3)"), "{full}");
    let mut command = program(env!("CARGO_BIN_EXE_loopwarden"), &root);
    let json = output(command.args(["check", "--since", "HEAD", "--output-format", "json"])).0.stdout;
    let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(document["findings"][0]["anchor"]["path"], "lib/helper.py");
    assert_eq!(document["findings"][0]["anchor"]["line"], 9);
    assert_eq!(document["summary"]["unchanged"], 2);
}

/// What a change takes away may cause a finding as well, and so may what a name stands for.
#[test]
fn lines_taken_out_imports_and_definitions_count() {
    let (_folder, root) = repository();
    let kept = "import time\n\n\nasync def kept():\n    # loopwarden: ignore[blocking-sleep] -- at start only\n    time.sleep(1)\n";
    write(&root, "kept.py", kept);
    write(&root, "named.py", "from asyncio import (\n    sleep,\n)\n\n\nasync def named():\n    sleep(1)\n");
    write(&root, "defined.py", "from lib.helper import pause\n\n\ndef defined():\n    pause()\n");
    write(&root, "loaded.js", "const fs = require('graceful');\nexports.handler = async () => fs.readFileSync('a');\n");
    commit(&root, "more");
    write(&root, "kept.py", &kept.replace("    # loopwarden: ignore[blocking-sleep] -- at start only\n", ""));
    write(&root, "named.py", "from time import (\n    sleep,\n)\n\n\nasync def named():\n    sleep(1)\n");
    write(&root, "defined.py", "from lib.helper import pause\n\n\nasync def defined():\n    pause()\n");
    write(&root, "loaded.js", "const fs = require('fs');\nexports.handler = async () => fs.readFileSync('a');\n");
    let (_, told) = check(&root, &["--since", "HEAD"]);
    assert_eq!(places(&told), ["defined.py:5", "kept.py:5", "loaded.js:2"], "{told}");
    assert!(told.contains("[changed: loaded.js:1:1]") && told.contains("[changed: defined.py:4:"), "{told}");
}

/// Of several calls alike in one function, the one on a changed line is new, wherever it stands.
#[test]
fn of_calls_alike_the_changed_one_is_new() {
    let (_folder, root) = repository();
    write(&root, "other.py", &OTHER.replace("    time.sleep(2)\n", "    time.sleep(2)\n    x = 1\n    time.sleep(2)\n"));
    assert_eq!(found(&root, &["--since", "HEAD"]), ["other.py:7"]);
    write(&root, "other.py", &OTHER.replace("    time.sleep(2)\n", "    time.sleep(9)\n    x = 1\n    time.sleep(2)\n"));
    assert_eq!(found(&root, &["--since", "HEAD"]), ["other.py:5"]);
}

#[test]
fn staged_is_what_would_be_committed() {
    let (_folder, root) = repository();
    worsen(&root);
    write(&root, "new.py", OTHER);
    assert_eq!(found(&root, &["--staged"]), [""; 0]);
    git(&root, &["add", "app.py"]);
    // The work tree goes on: what is not staged does not count, and what it lacks does.
    write(&root, "app.py", APP);
    fs::remove_file(root.join("lib/helper.py")).unwrap();
    let index = fs::read(root.join(".git/index")).unwrap();
    let before = git(&root, &["status", "--porcelain"]);
    assert_eq!(found(&root, &["--staged"]), ["app.py:9"]);
    assert_eq!(found(&root.join("lib"), &["--staged", "--scope", "all"]), ["../app.py:9"]);
    assert_eq!(found(&root, &["--staged", "other.py"]), [""; 0]);
    assert_eq!(fs::read(root.join(".git/index")).unwrap(), index);
    assert_eq!(git(&root, &["status", "--porcelain"]), before);
    assert!(!root.join("lib/helper.py").exists());
    let (code, told) = check(&root, &["--staged", "--add-ignore", "no"]);
    assert!(code == Some(2) && told.contains("cannot be used with"), "{told}");
    assert_eq!(check(&root, &["--staged", "--since", "HEAD"]).0, Some(2));
    // A new file counts from when it is staged, one that is taken out no more.
    git(&root, &["add", "new.py"]);
    git(&root, &["rm", "--quiet", "--force", "--cached", "app.py"]);
    assert_eq!(found(&root, &["--staged"]), ["new.py:5"]);
}

#[test]
fn files_that_moved_bring_nothing_new() {
    let (_folder, root) = repository();
    fs::create_dir(root.join("web")).unwrap();
    git(&root, &["mv", "other.py", "web/views.py"]);
    write(&root, "web/views.py", &format!("{OTHER}\n\nasync def more():\n    time.sleep(4)\n"));
    // In the work tree the index knows the first half, git nothing of the second.
    fs::rename(root.join("app.py"), root.join("main.py")).unwrap();
    assert_eq!(found(&root, &["--since", "HEAD"]), ["web/views.py:9"]);
    git(&root, &["add", "--all"]);
    assert_eq!(found(&root, &["--staged"]), ["web/views.py:9"]);
    commit(&root, "moved");
    assert_eq!(found(&root, &["--since", "HEAD~1"]), ["web/views.py:9"]);
    // A chain through a module that moved is the same chain.
    git(&root, &["mv", "lib/helper.py", "lib/pauses.py"]);
    write(&root, "main.py", &APP.replace("lib.helper", "lib.pauses"));
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
}

/// Old findings of a renamed function are old; a function that only calls what another called is no rename.
#[test]
fn renamed_functions_keep_their_findings() {
    let (_folder, root) = repository();
    write(&root, "lib/helper.py", &HELPER.replace("def pause", "def wait_a_while"));
    let renamed = APP.replace("pause", "wait_a_while");
    write(&root, "app.py", &renamed);
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    write(&root, "app.py", &renamed.replace("rest()", "wait_a_while()"));
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);
    write(&root, "app.py", &renamed.replace("    wait_a_while()", "    pass").replace("rest()", "wait_a_while()"));
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet", "--initial-branch", "main"]);
    files(root);
    assert_eq!(found(root, &["--staged"]), [""; 0]);
    git(root, &["add", "app.py", "lib"]);
    assert_eq!(found(root, &["--staged"]), ["app.py:5"]);
    assert_eq!(found(root, &["--since", "HEAD"]), ["app.py:5", "other.py:5"]);
    assert_eq!(found(root, &["--since", "main"]), ["app.py:5", "other.py:5"]);
    let (code, told) = check(root, &["--since", "develop"]);
    assert!(code == Some(2) && told.contains("git knows no commit `develop`"), "{told}");
}

#[test]
fn unknown_references_and_shallow_clones_are_told() {
    let (folder, root) = repository();
    for reference in ["nowhere", "--output=/tmp/x", "HEAD^{tree}", ""] {
        let (code, told) = check(&root, &[&format!("--since={reference}")]);
        assert!(code == Some(2) && told.contains("git knows no commit"), "{reference}: {told}");
        assert!(!told.contains("shallow"), "{told}");
    }
    worsen(&root);
    commit(&root, "worse");
    git(&root, &["branch", "topic"]);
    write(&root, "late.py", OTHER);
    commit(&root, "late");
    let source = format!("file://{}", root.display());
    let clone = folder.path().join("clone");
    git(&root, &["clone", "--quiet", "--depth", "1", "--no-single-branch", &source, clone.to_str().unwrap()]);
    // Both ends are there, and nothing between them.
    let (code, told) = check(&clone, &["--since", "origin/topic"]);
    assert!(code == Some(2) && told.contains("no common ancestor") && told.contains("fetch-depth: 0"), "{told}");
    let (code, told) = check(&clone, &["--since", "HEAD~1"]);
    assert!(code == Some(2) && told.contains("the clone is shallow"), "{told}");
    git(&clone, &["fetch", "--quiet", "--depth", "2"]);
    assert_eq!(found(&clone, &["--since", "HEAD~1"]), ["late.py:5"]);
    git(&clone, &["fetch", "--quiet", "--unshallow"]);
    assert_eq!(found(&clone, &["--since", "origin/topic"]), ["late.py:5"]);
}

/// What came to the other branch is not this one's change: neither before it is merged, nor in the merge, nor after.
#[test]
fn a_merge_brings_only_what_neither_side_has() {
    let (_folder, root) = repository();
    git(&root, &["checkout", "--quiet", "-b", "topic"]);
    write(&root, "mine.py", OTHER);
    let topic = commit(&root, "mine");
    git(&root, &["checkout", "--quiet", "main"]);
    write(&root, "theirs.py", OTHER);
    write(&root, "other.py", "");
    commit(&root, "theirs");
    git(&root, &["checkout", "--quiet", "topic"]);
    assert_eq!(found(&root, &["--since", "main"]), ["mine.py:5"]);
    git(&root, &["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
    assert_eq!(found(&root, &["--staged"]), [""; 0]);
    assert_eq!(found(&root, &["--since", "main"]), ["mine.py:5"]);
    worsen(&root);
    git(&root, &["add", "app.py"]);
    assert_eq!(found(&root, &["--staged"]), ["app.py:9"]);
    git(&root, &["commit", "--quiet", "--message", "merge"]);
    assert_eq!(found(&root, &["--since", "main"]), ["app.py:9", "mine.py:5"]);
    assert_eq!(found(&root, &["--since", &topic]), ["app.py:9", "theirs.py:5"]);
    // Histories without a common commit are compared as they are.
    git(&root, &["checkout", "--quiet", "--orphan", "fresh"]);
    git(&root, &["commit", "--quiet", "--message", "fresh"]);
    assert_eq!(found(&root, &["--since", "main"]), ["app.py:9", "mine.py:5"]);
}

/// A hook gets variables of git: the index of a partial commit is one of its own.
#[cfg(unix)]
#[test]
fn hooks_see_the_index_of_their_commit() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, root) = repository();
    let told = folder.path().join("told");
    let hook = root.join(".git/hooks/pre-commit");
    let program_path = env!("CARGO_BIN_EXE_loopwarden");
    let script = format!("#!/bin/sh\nexec '{program_path}' check --output-format concise --staged > '{}' 2>&1\n", told.display());
    write(&root, ".git/hooks/pre-commit", &script);
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let committed = |arguments: &[&str]| {
        let (output, all) = output(program("git", &root).args(["commit", "--quiet", "--message", "try"]).args(arguments));
        (output.status.success(), places(&fs::read_to_string(&told).unwrap_or(all)))
    };
    worsen(&root);
    write(&root, "other.py", &OTHER.replace("async def other", "async def renamed"));
    write(&root, "staged.py", OTHER);
    git(&root, &["add", "staged.py"]);
    // `git commit FILE`: only that file, though another is staged.
    assert_eq!(committed(&["app.py"]), (false, vec!["app.py:9".to_owned()]));
    assert_eq!(committed(&["--all"]), (false, vec!["app.py:9".to_owned(), "other.py:5".to_owned(), "staged.py:5".to_owned()]));
    assert_eq!(committed(&[]), (false, vec!["staged.py:5".to_owned()]));
    write(&root, "staged.py", "x = 1\n");
    git(&root, &["add", "staged.py"]);
    assert_eq!(committed(&[]), (true, vec![]));
    // In a linked work tree, git sets more of them.
    let linked = folder.path().join("linked");
    git(&root, &["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    worsen(&linked);
    let (output, _) = output(program("git", &linked).args(["commit", "--quiet", "--all", "--message", "try"]));
    assert!(!output.status.success());
    assert_eq!(places(&fs::read_to_string(&told).unwrap()), ["app.py:9"]);
}

#[test]
fn work_trees_of_a_bare_repository() {
    let (folder, root) = repository();
    let (bare, linked) = (folder.path().join("bare.git"), folder.path().join("linked"));
    git(&root, &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    git(&bare, &["worktree", "add", "--quiet", linked.to_str().unwrap(), "main"]);
    worsen(&linked);
    assert!(linked.join(".git").is_file());
    assert_eq!(found(&linked, &["--since", "main"]), ["app.py:9"]);
    assert_eq!(found(&linked, &["--staged"]), [""; 0]);
    git(&linked, &["add", "app.py"]);
    assert_eq!(found(&linked, &["--staged"]), ["app.py:9"]);
    let (code, told) = check(&bare, &["--staged"]);
    assert!(code == Some(2) && told.contains("work tree"), "{told}");
}

/// The history of a submodule is not that of the repository around it.
#[test]
fn submodules_have_changes_of_their_own() {
    let (folder, root) = repository();
    let inner = folder.path().join("inner");
    git(&root, &["clone", "--quiet", ".", inner.to_str().unwrap()]);
    git(&root, &["submodule", "--quiet", "add", inner.to_str().unwrap(), "vendor/inner"]);
    commit(&root, "submodule");
    worsen(&root.join("vendor/inner"));
    write(&root, "vendor/inner/untracked.py", OTHER);
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    assert_eq!(found(&root, &["--staged"]), [""; 0]);
    worsen(&root);
    git(&root, &["add", "app.py"]);
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);
    assert_eq!(found(&root, &["--staged"]), ["app.py:9"]);
    // From within, or for a file of it, its own history counts: also where a hook of the outer one says another.
    assert_eq!(found(&root.join("vendor/inner"), &["--since", "HEAD"]), ["app.py:9", "untracked.py:5"]);
    assert_eq!(found(&root, &["--since", "HEAD", "vendor/inner/app.py"]), ["vendor/inner/app.py:9"]);
    let mut command = program(env!("CARGO_BIN_EXE_loopwarden"), &root);
    command.env("GIT_INDEX_FILE", ".git/index").env("GIT_DIR", ".git");
    let (_, told) = output(command.args(["check", "--output-format", "concise", "--since", "HEAD", "vendor/inner/app.py"]));
    assert_eq!(places(&told), ["vendor/inner/app.py:9"], "{told}");
}

#[test]
fn line_ends_are_no_change() {
    let (_folder, root) = repository();
    git(&root, &["config", "core.autocrlf", "true"]);
    for path in ["app.py", "lib/helper.py", "other.py"] {
        let text = fs::read_to_string(root.join(path)).unwrap();
        write(&root, path, &text.replace('\n', "\r\n"));
    }
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    let app = fs::read_to_string(root.join("app.py")).unwrap().replace("rest()", "pause()");
    write(&root, "app.py", &app);
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);
    git(&root, &["add", "--all"]);
    assert_eq!(found(&root, &["--staged"]), ["app.py:9"]);
}

/// What the repository's configuration could have git run is not run: filters, monitors, external diffs, hooks.
#[cfg(unix)]
#[test]
fn nothing_of_the_repository_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, root) = repository();
    let ran = folder.path().join("ran");
    // A filter that changes what is committed, as an encrypting one does.
    write(&root, ".gitattributes", "other.py filter=turn diff=turn\n");
    git(&root, &["config", "filter.turn.clean", "tr a-z b-za"]);
    git(&root, &["config", "filter.turn.smudge", "tr b-za a-z"]);
    git(&root, &["config", "filter.turn.required", "true"]);
    git(&root, &["add", "--renormalize", "."]);
    commit(&root, "filtered");
    assert!(git(&root, &["show", "HEAD:other.py"]).starts_with("jnqpsu"));
    let trap = format!("echo >> '{}'; false", ran.display());
    for key in [
        "filter.turn.clean",
        "filter.turn.smudge",
        "filter.turn.process",
        "core.fsmonitor",
        "diff.external",
        "diff.turn.textconv",
        "core.pager",
    ] {
        git(&root, &["config", key, &trap]);
    }
    for hook in ["post-index-change", "reference-transaction", "post-checkout"] {
        write(&root, &format!(".git/hooks/{hook}"), &format!("#!/bin/sh\n{trap}\n"));
        fs::set_permissions(root.join(".git/hooks").join(hook), fs::Permissions::from_mode(0o755)).unwrap();
    }
    worsen(&root);
    write(&root, "notes.txt", "no code\n");
    assert_eq!(found(&root, &["--since", "HEAD"]), ["app.py:9"]);
    assert_eq!(found(&root, &["--since", "HEAD~1"]), ["app.py:9"]);
    assert_eq!(found(&root, &["--staged"]), [""; 0]);
    // Touched, so that git would compare its content through the filter.
    write(&root, "other.py", OTHER);
    assert_eq!(found(&root, &["--staged"]), [""; 0]);
    assert!(!ran.exists());
    // What the filter made of a change can't be read: all of the file counts as changed, and that is told.
    let blob = git(&root, &["hash-object", "-w", "--no-filters", "notes.txt"]);
    git(&root, &["update-index", "--cacheinfo", &format!("100644,{blob},other.py")]);
    _ = fs::remove_file(&ran);
    let (_, told) = check(&root, &["--since", "HEAD"]);
    assert_eq!(places(&told), ["app.py:9", "other.py:5"]);
    assert!(told.contains("problem: other.py: a filter of git"), "{told}");
    assert!(!ran.exists());
}

#[test]
fn a_base_that_does_not_matter_is_not_needed() {
    let (_folder, root) = repository();
    // Files that are ignored, excluded or in no known language change as they like.
    write(&root, "notes.txt", "x\n");
    write(&root, "loopwarden.toml", "exclude = [\"legacy/\"]\n");
    write(&root, "legacy/old.py", OTHER);
    write(&root, "other.py", &OTHER.replace("import time\n", "import time\n\n# a word\n"));
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    fs::remove_file(root.join("other.py")).unwrap();
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
}

/// A check tells one cause for each call of a handler: a change that adds another behind it is told all the same, and one that
/// takes the nearest away is not blamed for the next.
#[test]
fn an_old_cause_hides_no_new_one() {
    let (_folder, root) = repository();
    let load =
        "import requests\n\n\ndef load():\n    requests.get('a')\n    return more()\n\n\ndef more():\n    return requests.put('b')\n";
    write(&root, "lib/load.py", load);
    write(&root, "page.py", "from lib.load import load\n\n\nasync def page():\n    load()\n");
    commit(&root, "page");
    write(&root, "lib/load.py", &load.replace("    return more()", "    requests.post('c')\n    return more()"));
    let (_, told) = check(&root, &["--since", "HEAD"]);
    assert_eq!(places(&told), ["page.py:5"]);
    assert!(told.contains("page -> load -> requests.post) [changed: lib/load.py:6:5]"), "{told}");
    git(&root, &["add", "--all"]);
    assert_eq!(found(&root, &["--staged"]), ["page.py:5"]);
    // An ignore comment at the new call holds.
    let ignored = "    # loopwarden: ignore[blocking-network-io] -- small\n    requests.post('c')\n    return more()";
    write(&root, "lib/load.py", &load.replace("    return more()", ignored));
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    // One less: what is told in its place is old.
    write(&root, "lib/load.py", &load.replace("    requests.get('a')\n", ""));
    assert_eq!(found(&root, &["--no-baseline"]).len(), 3);
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
    // Another argument makes no new finding.
    write(&root, "lib/load.py", &load.replace("'a'", "'z'").replace("'b'", "'y'"));
    assert_eq!(found(&root, &["--since", "HEAD"]), [""; 0]);
}

/// A file that is too large to be read is named where it was given or changed; a whole run has one line for all of them.
#[test]
fn large_files_are_told_where_they_matter() {
    let (_folder, root) = repository();
    let large = |times: usize| "x = 1\n".repeat(times);
    write(&root, "lib/data.py", &large(400_000));
    write(&root, "table.py", &large(500_000));
    commit(&root, "data");
    let told = |arguments: &[&str]| check(&root, arguments).1.lines().filter(|line| line.contains("problem:")).map(str::to_owned).collect();
    let whole: Vec<String> = told(&[]);
    let line = "problem: 2 files over 2 MB are not read, the largest table.py (3.0 MB); `--show-files` lists them, `exclude` in the configuration leaves them out";
    assert_eq!(whole, [line]);
    let json = |arguments: &[&str]| {
        let all = [&["check", "--output-format", "json"], arguments].concat();
        output(program(env!("CARGO_BIN_EXE_loopwarden"), &root).args(all)).1
    };
    let whole = json(&[]);
    assert!(whole.contains("lib/data.py: 2400000 bytes") && whole.contains("table.py: 3000000 bytes"), "{whole}");
    for limited in [&["app.py"][..], &["--staged"], &["--since", "HEAD"], &["--scope", "listed", "other.py"]] {
        let told: Vec<String> = told(limited);
        assert_eq!(told, [""; 0], "{limited:?}");
        assert!(!json(limited).contains("over the limit"), "{limited:?}");
    }
    let data = ["problem: lib/data.py: 2400006 bytes, over the limit of 2000000: left out"];
    write(&root, "lib/data.py", &large(400_001));
    for limited in [&["lib/data.py", "app.py"][..], &["--since", "HEAD"], &["--scope", "related", "lib"]] {
        let told: Vec<String> = told(limited);
        assert_eq!(told, data, "{limited:?}");
    }
    let unstaged: Vec<String> = told(&["--staged"]);
    assert_eq!(unstaged, [""; 0]);
    git(&root, &["add", "--all"]);
    let staged: Vec<String> = told(&["--staged"]);
    assert_eq!(staged, data);
    assert_eq!(told(&["--staged", "app.py"]) as Vec<String>, [""; 0]);
}
