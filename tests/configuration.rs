//! Configuration as files on disk: where it is looked for, what `init` writes, and the committed schemas.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use loopwarden::config::{Settings, TEMPLATE, facts_schema, names, schema};
use loopwarden::discover::{configurations, discover, named_file};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn loopwarden(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwarden")).current_dir(folder).args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), told)
}

/// The whole run's configuration, then the nested ones, as shown.
fn found(paths: &[&str], working: &Path) -> Vec<String> {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let found = configurations(&paths, working);
    let whole: Vec<PathBuf> = paths.iter().map(|path| working.join(path)).collect();
    let projects = discover(&whole, working, &Settings::default().exclude).projects;
    let nested = found.nested(&projects, working);
    let main = found.main.map_or("none".to_owned(), |main| main.path);
    std::iter::once(main).chain(nested.into_iter().map(|nested| nested.path)).collect()
}

#[test]
fn the_nearest_configuration_is_the_whole_runs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    write(&root, ".git/HEAD", "");
    write(folder.path(), "loopwarden.toml", "# above the repository: not read\n");
    write(&root, "web/api/a.py", "");
    write(&root, "web/api/package.json", "{\"loopwarden\": {}}");
    write(&root, "web/package.json", "{\"name\": \"loopwarden\"}");
    assert_eq!(found(&["."], &root), ["none", "web/api/package.json"]);
    write(&root, "pyproject.toml", "[tool.loopwarden]\n");
    assert_eq!(found(&["."], &root), ["pyproject.toml", "web/api/package.json"]);
    assert_eq!(found(&["web/api"], &root), ["pyproject.toml", "web/api/package.json"]);
    // Of several in one folder the first is used.
    write(&root, "loopwarden.toml", "");
    write(&root, "web/loopwarden.toml", "");
    assert_eq!(found(&["web/api/a.py"], &root), ["loopwarden.toml", "web/loopwarden.toml", "web/api/package.json"]);
    assert_eq!(found(&["a.py"], &root.join("web/api")), ["package.json"]);
    assert_eq!(found(&["."], &root.join("web")), ["loopwarden.toml", "api/package.json"]);
    // From elsewhere, and for paths that the working folder's configuration does not hold.
    assert_eq!(
        found(&["repo/web/api"], folder.path()),
        ["loopwarden.toml", "repo/loopwarden.toml", "repo/web/loopwarden.toml", "repo/web/api/package.json"]
    );
    let other = tempfile::tempdir().unwrap();
    let shown = root.to_string_lossy();
    assert_eq!(found(&[&format!("{shown}/web/api")], other.path())[0], format!("{shown}/web/api/package.json"));
    assert_eq!(found(&["..", "api"], &root.join("web/api")), ["../loopwarden.toml", "package.json"]);
}

#[test]
fn a_named_file_lies_below_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret.toml", "x = 1\n");
    write(folder.path(), "repo/facts/a.toml", "x = 2\n");
    let root = folder.path().join("repo");
    assert_eq!(named_file(&root, "facts/a.toml"), Ok("x = 2\n".to_owned()));
    assert_eq!(named_file(&root, "./facts/a.toml"), Ok("x = 2\n".to_owned()));
    assert_eq!(named_file(&root, "facts/b.toml"), Err("no such file".to_owned()));
    for outside in ["../secret.toml", "facts/../../secret.toml", &folder.path().join("secret.toml").to_string_lossy()] {
        assert_eq!(named_file(&root, outside), Err("give a path below the configuration's folder".to_owned()));
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("secret.toml"), root.join("link.toml")).unwrap();
        assert_eq!(named_file(&root, "link.toml"), Err("the file lies outside the configuration's folder".to_owned()));
    }
}

#[test]
fn an_excluded_file_stays_out_where_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "loopwarden.toml", "exclude = [\"old/\"]\n");
    write(folder.path(), "old/deep/a.py", "import time\nasync def f():\n    time.sleep(1)\n");
    for path in [".", "old", "old/deep/a.py"] {
        let (code, told) = loopwarden(folder.path(), &["check", path]);
        assert_eq!(code, Some(0), "{path}: {told}");
    }
    assert!(loopwarden(folder.path(), &["check", "--show-files", "old/deep/a.py"]).1.contains("excluded by the configuration"));
}

#[test]
fn init_writes_a_file_and_never_over_one() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _) = loopwarden(folder.path(), &["init"]);
    assert_eq!((code, fs::read_to_string(folder.path().join("loopwarden.toml")).unwrap().as_str()), (Some(0), TEMPLATE));
    fs::write(folder.path().join("loopwarden.toml"), "# mine\n").unwrap();
    let (code, told) = loopwarden(folder.path(), &["init"]);
    assert_eq!((code, told.as_str()), (Some(2), "loopwarden.toml is there already: nothing is written\n"));
    assert_eq!(fs::read_to_string(folder.path().join("loopwarden.toml")).unwrap(), "# mine\n");
    let other = tempfile::tempdir().unwrap();
    write(other.path(), "pyproject.toml", "[tool.loopwarden]\n");
    assert_eq!(loopwarden(other.path(), &["init"]).0, Some(2));
    assert!(!other.path().join("loopwarden.toml").exists());
}

/// The committed schemas are those that the types give: `loopwarden config schema [--facts] > schemas/...`.
#[test]
fn schemas_are_as_committed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = loopwarden::rules::kinds();
    for (file, made, command) in [
        ("loopwarden.schema.json", schema(&names(&rules)), "config schema"),
        ("facts.schema.json", facts_schema(), "config schema --facts"),
    ] {
        let path = root.join("schemas").join(file);
        let committed: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(committed == made, "schemas/{file} is old: write it again with `cargo run -- {command} > schemas/{file}`");
    }
}

/// Every table of a fact file has a property in the schema, and every built-in file's tables are among them.
#[test]
fn fact_files_meet_their_schema() {
    let schema = facts_schema();
    let known = schema["properties"].as_object().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/facts");
    let mut seen = 0;
    for folder in ["python", "node"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            for key in text.parse::<toml::Table>().unwrap().keys() {
                assert!(known.contains_key(key), "{key}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100);
}
