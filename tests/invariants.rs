//! The invariants of ARCHITECTURE.md that can be held by a test over the program's own source and its fixtures.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use loopwarden::facts::FactBase;
use loopwarden::ir::Family;
use loopwarden::lang::{Lang, lower};
use loopwarden::{Outcome, check_sources};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use walkdir::WalkDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &str) -> Vec<(String, String)> {
    let base = root().join(folder);
    let entries = WalkDir::new(&base).sort_by_file_name().into_iter().flatten().filter(|entry| entry.file_type().is_file());
    entries
        .map(|entry| {
            let shown = entry.path().strip_prefix(&base).unwrap().to_string_lossy().into_owned();
            (shown, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// Source text without comments and doc comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn fixtures() -> Vec<(String, Outcome)> {
    let base = root().join("fixtures");
    let folders = WalkDir::new(&base).min_depth(1).max_depth(1).sort_by_file_name().into_iter().flatten();
    folders
        .map(|folder| {
            let name = folder.file_name().to_string_lossy().into_owned();
            let outcome = check_sources(files_below(&format!("fixtures/{name}")));
            (name, outcome)
        })
        .collect()
}

/// Invariant 1: phases form a line; a module uses only modules to its left.
#[test]
fn modules_use_only_modules_to_their_left() {
    const LINE: [&str; 19] = [
        "base", "regex", "ir", "lang", "facts", "finding", "config", "discover", "link", "effects", "contexts", "advice", "rules",
        "suppress", "pipeline", "report", "explain", "cli", "lib",
    ];
    let place = |module: &str| LINE.iter().position(|known| *known == module);
    for (path, text) in files_below("src") {
        let module = path.split(['/', '.']).next().unwrap();
        if module == "main" || module == "lib" {
            continue;
        }
        let own = place(module).unwrap_or_else(|| panic!("{module} has no place in the line"));
        // Tests at a file's end may use what they like.
        let code = code(text.split("#[cfg(test)]").next().unwrap());
        for used in
            code.split("crate::").skip(1).map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap())
        {
            if let Some(other) = place(used) {
                assert!(other <= own, "{path} uses {used}, which stands to its right");
            }
        }
    }
}

/// Invariant 2: only discovery and the command line do I/O.
#[test]
fn analysis_does_no_io() {
    for (path, text) in files_below("src") {
        if path.starts_with("discover") || path.starts_with("cli") {
            continue;
        }
        let code = code(&text);
        for forbidden in ["std::fs", "std::env::", "std::net", "std::process", "File::open", "std::io"] {
            assert!(!code.contains(forbidden) || path == "main.rs", "{path} has {forbidden}");
        }
    }
}

/// Invariant 2: no program is run but git, and that in one place.
#[test]
fn only_git_is_run() {
    for (path, text) in files_below("src") {
        let starts = code(&text).matches("Command::new(").count();
        assert_eq!(starts, usize::from(path == "discover/git.rs"), "{path} starts a program");
    }
}

/// Invariant 3: parsing and lowering never fail, whatever the input.
#[test]
fn lowering_takes_any_prefix() {
    for folder in ["fixtures", "rules"] {
        for (path, text) in files_below(folder) {
            for lang in [Lang::Python, Lang::JavaScript, Lang::TypeScript, Lang::Tsx] {
                let step = (text.len() / 12).max(1);
                for end in (0..=text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
                    let summary = lower(&text[..end], lang);
                    assert!(!summary.functions.is_empty(), "{path}");
                }
            }
        }
    }
}

/// Invariant 3: deep nesting costs what is nested too deep, and nothing else.
#[test]
fn deep_nesting_is_cut() {
    let python = format!("x = {}1{}\ndef after():\n    pass\n", "(".repeat(3_000), ")".repeat(3_000));
    let chain = format!("f(){}\nfunction after() {{}}\n", ".then(g)".repeat(3_000));
    let sum = format!("x = {}1;\nfunction after() {{}}\n", "1 + ".repeat(20_000));
    let declared = format!("{}const a;\nfunction after() {{}}\n", "export declare ".repeat(6_000));
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        // What follows stands inside the nesting here: it is enough to come back.
        assert!(!lower(&declared, Lang::TypeScript).functions.is_empty());
        for (text, lang) in [(python, Lang::Python), (chain, Lang::JavaScript), (sum, Lang::TypeScript)] {
            let summary = lower(&text, lang);
            assert!(summary.functions.iter().any(|function| function.name.as_str() == "after"), "{lang:?}");
        }
    });
    thread.unwrap().join().unwrap();
}

/// Invariant 4: tree-sitter stays in `lang`.
#[test]
fn tree_sitter_stays_in_lang() {
    for (path, text) in files_below("src") {
        assert!(path.starts_with("lang") || !text.contains("tree_sitter"), "{path} names tree_sitter");
    }
}

/// Invariant 7: no library's API is named in Rust.
#[test]
fn no_api_is_named_in_rust() {
    let base = FactBase::built_in();
    let paths: BTreeSet<String> =
        [Family::Python, Family::Ecma].iter().flat_map(|family| base.of(*family).paths().map(|path| path.to_string())).collect();
    assert!(paths.len() > 500);
    for (path, text) in files_below("src") {
        // Tests at a file's end may name what they like.
        let code = code(text.split("#[cfg(test)]").next().unwrap());
        for literal in code.split('"').skip(1).step_by(2) {
            assert!(!literal.contains('.') || !paths.contains(literal), "{path} names {literal}");
        }
    }
}

/// Invariant 10: every chain replays hop by hop.
#[test]
fn chains_replay() {
    let mut seen = 0;
    for (name, outcome) in fixtures() {
        for finding in &outcome.findings {
            for (at, hop) in finding.chain.iter().enumerate() {
                let summary = &outcome.summaries[hop.file];
                // A loop is told by its own text, and what comes next stands in the same function.
                let written = &outcome.sources[hop.file].text[hop.span.start as usize..hop.span.end as usize];
                let is_loop = written.starts_with(hop.callee.trim_end_matches("..."));
                assert!(is_loop || summary.calls.iter().any(|call| call.span == hop.span), "{name}: hop {at} is no call");
                if let Some(next) = finding.chain.get(at + 1) {
                    let follows = hop.callee == next.caller || is_loop && hop.caller == next.caller;
                    assert!(follows, "{name}: the chain breaks after hop {at}: {} is called, {} goes on", hop.callee, next.caller);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 20);
}

/// Invariant 11: every call is counted once: resolved, on an unknown receiver, or unresolved.
#[test]
fn every_call_has_an_outcome() {
    for (name, outcome) in fixtures() {
        for (file, summary) in outcome.summaries.iter_enumerated() {
            assert_eq!(outcome.graph.outcomes[file].len(), summary.calls.len(), "{name}");
        }
        assert!(outcome.counts.resolved + outcome.counts.unknown_receiver <= outcome.counts.calls);
    }
}

const FORMATS: [&str; 12] =
    ["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "rdjson", "rdjsonl", "junit", "sonar", "markdown"];

fn loopwarden(arguments: &[&str]) -> (Option<i32>, Vec<u8>) {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwarden")).current_dir(root()).args(arguments).output().unwrap();
    (output.status.code(), output.stdout)
}

/// Invariant 12: the same input gives the same bytes, on one thread and on two.
#[test]
fn threads_do_not_change_the_output() {
    let run = |threads: &str| -> Vec<(Option<i32>, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = |format: &str| folder.path().join(format);
        let outputs: Vec<String> = FORMATS.iter().map(|format| format!("--output={format}={}", path(format).display())).collect();
        let fixed = ["check", "--min-confidence", "low", "--min-severity", "info", "--threads", threads, "fixtures"];
        let (code, _) = loopwarden(&fixed.into_iter().chain(outputs.iter().map(String::as_str)).collect::<Vec<_>>());
        FORMATS.iter().map(|format| (code, std::fs::read(path(format)).unwrap())).collect()
    };
    for ((format, one), two) in FORMATS.iter().zip(run("1")).zip(run("2")) {
        assert!(one.1.len() > 1_000);
        assert!(one == two, "{format}");
    }
}

/// Invariant 14: a rule is its source, its page and one line of the table.
#[test]
fn rules_sources_and_pages_are_the_same_set() {
    let stems = |folder: &str, extension: &str| -> BTreeSet<String> {
        let entries = WalkDir::new(root().join(folder)).max_depth(1).into_iter().flatten().map(walkdir::DirEntry::into_path);
        // A module with a folder of its own is what several rules share.
        let entries = entries.filter(|path: &PathBuf| !path.with_extension("").is_dir());
        let named = entries.filter(|path: &PathBuf| path.extension().is_some_and(|found| found == extension));
        named.map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-")).collect()
    };
    let table: BTreeSet<String> = loopwarden::rules::RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(table, stems("src/rules", "rs"));
    assert_eq!(table, stems("rules", "md"));
}

/// Invariant 16: the output format never changes the exit code.
#[test]
fn formats_share_the_exit_code() {
    for format in FORMATS {
        assert_eq!(loopwarden(&["check", "--output-format", format, "fixtures/koa_app"]).0, Some(1));
        assert_eq!(loopwarden(&["check", "--output-format", format, "--fail-on", "never", "fixtures/koa_app"]).0, Some(0));
        assert_eq!(loopwarden(&["check", "--output-format", format, "no/such/path"]).0, Some(2));
    }
}

/// Into a pipe go neither colours nor hyperlinks.
#[test]
fn a_pipe_gets_plain_text() {
    let (_, output) = loopwarden(&["check", "fixtures/koa_app"]);
    assert!(!output.contains(&0x1b));
}
