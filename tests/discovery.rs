//! What is analysed, what is left out and why, and what is a problem and not an end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use loopwarden::config::Exclude;
use loopwarden::discover::{Discovery, MAX_BYTES, discover};
use std::fs;
use std::path::Path;

fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn run(root: &Path) -> Discovery {
    discover(&[root.to_path_buf()], root, &Exclude::default())
}

fn paths(discovery: &Discovery) -> Vec<&str> {
    discovery.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn ignore_files_and_foreign_code_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for path in [
        "a.py",
        "skipped/b.py",
        "later/c.py",
        "node_modules/x/index.js",
        "env/lib/x.py",
        "web/src/a.ts",
        "web/dist/a.js",
        "lib/dist/a.js",
        "notes.txt",
    ] {
        write(root, path, "x = 1\n");
    }
    write(root, ".gitignore", "skipped/\n");
    write(root, ".loopwardenignore", "later/\n");
    write(root, "env/pyvenv.cfg", "home = /usr\n");
    write(root, "min.js", &format!("/* licence */\n{}", "a(1);".repeat(1_000)));
    write(root, "types.d.ts", "export declare const a: number;\n");
    let discovery = run(root);
    assert_eq!(paths(&discovery), ["a.py", "lib/dist/a.js", "web/src/a.ts"]);
    let reasons: Vec<(&str, &str)> = discovery.left_out.iter().map(|(path, reason)| (path.as_str(), reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            ("env", "virtual environment"),
            ("min.js", "minified"),
            ("node_modules", "installed packages"),
            ("types.d.ts", "declarations only"),
            ("web/dist", "build output"),
        ]
    );
    assert_eq!(discovery.problems, []);
}

#[test]
fn a_large_file_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.py", "x = 1\n");
    write(folder.path(), "large.py", &"x = 1\n".repeat(usize::try_from(MAX_BYTES).unwrap() / 6 + 1));
    let discovery = run(folder.path());
    assert_eq!(paths(&discovery), ["a.py"]);
    assert!(discovery.problems[0].message.contains("over the limit"));
}

#[cfg(unix)]
#[test]
fn a_link_cycle_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "pkg/a.py", "x = 1\n");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("pkg/again")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("pkg/self"), folder.path().join("pkg/self")).unwrap();
    let discovery = run(folder.path());
    assert_eq!(paths(&discovery), ["pkg/a.py"]);
    let problems: Vec<&str> = discovery.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(problems, ["pkg/again", "pkg/self"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_a_problem() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.py", "x = 1\n");
    write(folder.path(), "secret.py", "x = 1\n");
    fs::set_permissions(folder.path().join("secret.py"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(folder.path().join("secret.py")).is_ok() {
        // The superuser reads everything: there is nothing to see here.
        return;
    }
    let discovery = run(folder.path());
    assert_eq!(paths(&discovery), ["a.py"]);
    assert_eq!(discovery.problems[0].path, "secret.py");
}

#[test]
fn invalid_utf8_is_read_with_replacements() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.py"), b"x = '\xff'\ndef f():\n    pass\n").unwrap();
    let discovery = run(folder.path());
    assert_eq!(paths(&discovery), ["a.py"]);
}

#[test]
fn a_folders_python_version_is_read_though_hidden() {
    let folder = tempfile::tempdir().unwrap();
    for path in [".python-version", "web/.python-version", "web/a.py", "env/.python-version", "node_modules/.python-version"] {
        write(folder.path(), path, "3.12\n");
    }
    write(folder.path(), "env/pyvenv.cfg", "home = /usr\n");
    let read: Vec<String> = run(folder.path()).projects.into_iter().map(|(path, _)| path).collect();
    assert_eq!(read, [".python-version", "web/.python-version"]);
}
