//! The packages as their users get them: built, installed into fresh environments, run.
//!
//! `scripts/tools` fetches what builds them. Python 3, npm and git are needed, and the registries.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tempfile::TempDir;

const BUILT: &str = env!("CARGO_BIN_EXE_loopwarden");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One at a time: maturin takes the program out of the folder of artifacts that all share.
fn building() -> MutexGuard<'static, ()> {
    static BUILDING: Mutex<()> = Mutex::new(());
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of artifacts of all packages. Not the one of this test: maturin moves the program, which other tests run.
fn target() -> PathBuf {
    root().join("target/packages")
}

/// A program of `scripts/tools`.
fn tool(name: &str) -> PathBuf {
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| _ = succeed(Command::new(root().join("scripts/tools"))));
    root().join("target/tools/bin").join(name)
}

/// Runs a command, which has to succeed; what it wrote.
fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", written(&output));
    written(&output)
}

fn written(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn command<const N: usize>(program: impl AsRef<OsStr>, arguments: [&str; N], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command
}

/// maturin, and pip where it runs maturin, build once, and as quickly as tests are built.
fn quickly(mut command: Command) -> Command {
    command.env("CARGO_TARGET_DIR", target()).env("MATURIN_PEP517_ARGS", "--profile dev");
    command
}

/// A fresh Python environment; its pip and programs.
fn environment(folder: &Path) -> PathBuf {
    succeed(command("python3", ["-m", "venv", "python"], folder));
    folder.join("python/bin")
}

/// The one file of a folder that ends so.
fn only(folder: &Path, end: &str) -> PathBuf {
    let mut found = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    found.find(|path| path.to_string_lossy().ends_with(end)).unwrap_or_else(|| panic!("no {end} in {}", folder.display()))
}

/// The installed program finds in a project what the built one finds.
fn finds_the_same(mut installed: Command) {
    let output =
        installed.args(["check", "--output-format", "concise", "fixtures/nestjs_app"]).current_dir(root()).output().expect("to run");
    let built = command(BUILT, ["check", "--output-format", "concise", "fixtures/nestjs_app"], root()).output().expect("to run");
    assert_eq!(output.status.code(), Some(1), "{}", written(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&built.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("blocking-file-io"), "{}", written(&output));
}

#[test]
fn a_wheel_installs_the_program() {
    let _one = building();
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().to_str().expect("text");
    succeed(quickly(command(tool("maturin"), ["build", "--profile", "dev", "--out", out], root())));
    let python = environment(folder.path());
    let wheel = only(folder.path(), ".whl");
    succeed(command(python.join("pip"), ["install", "--quiet", "--no-index", wheel.to_str().expect("text")], folder.path()));
    finds_the_same(Command::new(python.join("loopwarden")));
}

#[test]
fn an_sdist_builds_the_program() {
    let _one = building();
    let folder = TempDir::new().expect("a folder");
    succeed(command(tool("maturin"), ["sdist", "--out", folder.path().to_str().expect("text")], root()));
    let python = environment(folder.path());
    let sdist = only(folder.path(), ".tar.gz");
    let install = command(python.join("pip"), ["install", "--quiet", sdist.to_str().expect("text")], folder.path());
    succeed(quickly(install));
    finds_the_same(Command::new(python.join("loopwarden")));
}

#[test]
fn npm_packages_start_the_program() {
    let folder = TempDir::new().expect("a folder");
    let versions = succeed(command("rustc", ["-vV"], folder.path()));
    let host = versions.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let given = format!("{host}={BUILT}");
    succeed(command("node", ["packaging/npm/pack.mjs", folder.path().to_str().expect("text"), &given], root()));
    let archives: Vec<String> =
        fs::read_dir(folder.path()).expect("a folder").map(|one| one.expect("an entry").path().display().to_string()).collect();
    assert_eq!(archives.len(), 2, "{archives:?}");

    let project = folder.path().join("project");
    fs::create_dir(&project).expect("a folder");
    fs::write(project.join("package.json"), "{}").expect("to write");
    let mut install = command("npm", ["install", "--save-dev", "--ignore-scripts", "--no-audit", "--no-fund"], &project);
    install.args(&archives);
    succeed(install);
    let launcher = project.join("node_modules/.bin/loopwarden");
    finds_the_same(Command::new(&launcher));
    // The exit code is the program's.
    let usage = command(&launcher, ["check", "--no-such-option"], &project).output().expect("to run");
    assert_eq!(usage.status.code(), Some(2), "{}", written(&usage));

    // Without the package of the platform, the launcher says what to do.
    fs::remove_dir_all(project.join("node_modules/@loopwarden")).expect("the platform's package");
    let missing = command(&launcher, ["--version"], &project).output().expect("to run");
    assert_eq!(missing.status.code(), Some(2), "{}", written(&missing));
    assert!(written(&missing).contains("is missing: install without"), "{}", written(&missing));
}

#[test]
fn manifests_are_valid() {
    succeed(command(tool("pre-commit"), ["validate-manifest", ".pre-commit-hooks.yaml"], root()));
    succeed(command(tool("check-jsonschema"), ["--builtin-schema", "vendor.github-actions", "action.yml"], root()));
}

/// A new git repository; runs git there.
fn repository(folder: &Path) -> impl Fn(&[&str]) -> Output {
    fs::create_dir_all(folder).expect("a folder");
    let folder = folder.to_owned();
    let run = move |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]).args(arguments);
        quickly(git).current_dir(&folder).env("PRE_COMMIT_HOME", folder.join(".git/pre-commit")).output().expect("git")
    };
    assert!(run(&["init", "--quiet"]).status.success());
    run
}

/// Copies what git knows of this repository, as it is in the work tree.
fn copy_of_this(to: &Path) {
    let listed = succeed(command("git", ["ls-files", "-z"], root()));
    for path in listed.split('\0').filter(|path| !path.is_empty() && root().join(path).exists()) {
        let at = to.join(path);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(path), at).expect("to copy");
    }
}

#[test]
fn a_hook_blocks_what_a_commit_causes() {
    let _one = building();
    let folder = TempDir::new().expect("a folder");
    let hooks = folder.path().join("hooks");
    let git = repository(&hooks);
    copy_of_this(&hooks);
    let added = git(&["add", "--all", "--force"]);
    assert!(added.status.success(), "{}", written(&added));
    assert!(git(&["commit", "--quiet", "--message", "hooks"]).status.success());
    let revision = String::from_utf8(git(&["rev-parse", "HEAD"]).stdout).expect("text");

    let project = folder.path().join("project");
    let git = repository(&project);
    let commit = |message: &str| {
        assert!(git(&["add", "--all"]).status.success());
        git(&["commit", "--quiet", "--message", message])
    };
    let stalls = |name: &str, before: &str| {
        let text = format!("import time\n\n\nasync def {name}():\n{before}    time.sleep(1)\n");
        fs::write(project.join(format!("{name}.py")), text).expect("to write");
    };
    stalls("old", "");
    assert!(commit("old").status.success());
    let config = format!("repos:\n- repo: {}\n  rev: {}\n  hooks: [{{id: loopwarden}}]\n", hooks.display(), revision.trim());
    fs::write(project.join(".pre-commit-config.yaml"), config).expect("to write");
    succeed(command(tool("pre-commit"), ["install"], &project));
    // What was there before stands in nobody's way.
    stalls("old", "    print()\n");
    let untouched = commit("untouched");
    assert!(untouched.status.success(), "{}", written(&untouched));

    stalls("new", "");
    let blocked = commit("blocked");
    assert!(!blocked.status.success(), "{}", written(&blocked));
    let told = written(&blocked);
    assert!(told.contains("blocking-sleep") && told.contains("new.py:5:5") && !told.contains("old.py"), "{told}");

    stalls("new", "    # loopwarden: ignore[blocking-sleep] -- a pause that is meant\n");
    let suppressed = commit("suppressed");
    assert!(suppressed.status.success(), "{}", written(&suppressed));

    // The other hook tells of everything.
    let mut whole =
        command(tool("pre-commit"), ["try-repo", hooks.to_str().expect("text"), "loopwarden-repository", "--all-files"], &project);
    whole.args(["--ref", revision.trim()]).env("PRE_COMMIT_HOME", project.join(".git/pre-commit"));
    let whole = quickly(whole).output().expect("pre-commit");
    assert!(!whole.status.success() && written(&whole).contains("old.py:6:5"), "{}", written(&whole));
}
