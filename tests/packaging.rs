//! The packages as their users get them: built, installed into fresh environments, run.
//!
//! `scripts/tools` fetches what builds them. Python 3, npm and git are needed, and the registries.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

const BUILT: &str = env!("CARGO_BIN_EXE_loopwarden");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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
