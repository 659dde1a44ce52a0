//! Ignore comments and the baseline: on mutated fixtures, and through the command line on files of their own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use loopwarden::finding::Finding;
use loopwarden::lang::Lang;
use loopwarden::suppress::baseline::{Baseline, Entry, entries};
use loopwarden::suppress::insert;
use loopwarden::{Outcome, check_sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use walkdir::WalkDir;

type Files = Vec<(String, String)>;

fn fixtures() -> Vec<(String, Files)> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = WalkDir::new(&base).min_depth(1).max_depth(1).sort_by_file_name().into_iter().flatten();
    let all = folders.map(|folder| {
        let files = WalkDir::new(folder.path()).sort_by_file_name().into_iter().flatten().filter(|entry| entry.file_type().is_file());
        let read = files.map(|entry| {
            let shown = entry.path().strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
            (shown, fs::read_to_string(entry.path()).unwrap())
        });
        (folder.file_name().to_string_lossy().into_owned(), read.collect())
    });
    all.collect()
}

fn lang(path: &str) -> Option<Lang> {
    Lang::of_extension(path.rsplit_once('.')?.1)
}

fn line(outcome: &Outcome, finding: &Finding, hop: usize) -> (String, usize) {
    let hop = &finding.chain[hop];
    let source = &outcome.sources[hop.file];
    (source.path.clone(), source.line_column(hop.span.start).0)
}

/// A finding without its place: what must be the same where only lines moved.
fn told(outcome: &Outcome, finding: &Finding) -> String {
    let via = loopwarden::report::concise::via(finding);
    let text = &outcome.sources[finding.file].text[finding.span.start as usize..finding.span.end as usize];
    format!("{} {} {} {via} {text} {:?}", outcome.sources[finding.file].path, finding.rule, finding.message, finding.severity)
}

/// Invariant 15: a comment at any hop of any chain takes out what goes that way, and changes nothing else. What comes in its place
/// is told at the same call.
#[test]
fn an_ignored_hop_changes_no_other_finding() {
    let mut tried = 0;
    for (name, files) in fixtures() {
        let before = check_sources(files.clone());
        let mut hops = BTreeSet::new();
        for finding in before.findings.iter().filter(|finding| !finding.chain.is_empty()) {
            for hop in [0, finding.chain.len() - 1] {
                hops.insert((line(&before, finding, hop), finding.rule));
            }
        }
        for ((path, at), rule) in hops {
            let mut changed = files.clone();
            let (_, text) = changed.iter_mut().find(|(name, _)| *name == path).unwrap();
            let Some(with) = lang(&path).and_then(|lang| insert(text, lang, at, &[rule], "a test")) else { continue };
            *text = with;
            let after = check_sources(changed);
            let touches = |finding: &&Finding| {
                finding.rule == rule && (0..finding.chain.len()).any(|hop| line(&before, finding, hop) == (path.clone(), at))
            };
            // Multi-line calls are spoken for on their last line too; no fixture has another call end where one begins.
            let stays: Vec<String> = before.findings.iter().filter(|one| !touches(one)).map(|one| told(&before, one)).collect();
            let now: Vec<String> = after.findings.iter().map(|one| told(&after, one)).collect();
            for one in &stays {
                assert!(now.contains(one), "{name}: ignoring {rule} at {path}:{at} took {one}");
            }
            let gone: Vec<&Finding> = before.findings.iter().filter(touches).collect();
            for one in after.findings.iter().filter(|one| !stays.contains(&told(&after, one))) {
                let of = |finding: &&&Finding| finding.rule == one.rule && finding.file == one.file;
                assert!(gone.iter().any(|finding| of(&finding)), "{name}: ignoring {rule} at {path}:{at} brought {}", told(&after, one));
            }
            assert!(after.suppressed.len() >= gone.len(), "{name}: {rule} at {path}:{at} is not ignored");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

fn fingerprints(outcome: &Outcome) -> Vec<Entry> {
    let findings: Vec<&Finding> = outcome.findings.iter().collect();
    entries(&findings, &outcome.sources, str::to_owned)
}

/// A file with functions of its own before and after everything, and with every line further down.
fn padded(path: &str, text: &str) -> String {
    match lang(path) {
        Some(Lang::Python) if !text.starts_with("#!") => format!("# moved\n\n\n{text}\n\ndef added_at_the_end():\n    return 1\n"),
        Some(Lang::JavaScript | Lang::TypeScript) if !text.starts_with("#!") && !text.contains("use client") => {
            format!("// moved\n\n\n{text}\n\nfunction addedAtTheEnd() {{\n  return 1;\n}}\n")
        }
        _ => text.to_owned(),
    }
}

#[test]
fn fingerprints_are_stable_under_edits_elsewhere_and_unique() {
    let mut seen = 0;
    for (name, files) in fixtures() {
        let before = fingerprints(&check_sources(files.clone()));
        let unique: BTreeSet<_> = before.iter().map(|entry| (&entry.key, entry.ordinal)).collect();
        assert_eq!(unique.len(), before.len(), "{name}");
        let moved: Files = files.iter().map(|(path, text)| (path.clone(), padded(path, text))).collect();
        let after = fingerprints(&check_sources(moved));
        assert_eq!(before, after, "{name}");
        seen += before.len();
    }
    assert!(seen > 80);
}

/// A new function with a new finding shows, a finding taken out leaves, and the others stay known.
#[test]
fn the_baseline_tells_new_from_known_from_fixed() {
    const NEW: &str = "\n\nasync def brand_new_handler():\n    import time\n    time.sleep(3)\n";
    let (mut added, mut fixed) = (0, 0);
    for (name, files) in fixtures() {
        let outcome = check_sources(files.clone());
        let baseline = Baseline::new(fingerprints(&outcome));
        let unchanged = baseline.compare(&fingerprints(&outcome));
        assert!(unchanged.known.iter().all(|known| *known) && unchanged.fixed.is_empty(), "{name}");
        if let Some(at) =
            files.iter().position(|(path, _)| lang(path) == Some(Lang::Python) && !path.contains("tool") && !path.contains("test"))
        {
            let mut changed = files.clone();
            changed[at].1.push_str(NEW);
            let after = fingerprints(&check_sources(changed));
            let compared = baseline.compare(&after);
            let new: Vec<&Entry> = after.iter().zip(&compared.known).filter(|(_, known)| !**known).map(|(entry, _)| entry).collect();
            assert!(compared.fixed.is_empty(), "{name}: {:?}", compared.fixed);
            assert!(new.iter().all(|entry| entry.key.chain[0] == "brand_new_handler"), "{name}: {new:?}");
            added += new.len();
        }
        for finding in outcome.findings.iter().filter(|finding| !finding.chain.is_empty()) {
            let (path, at) = line(&outcome, finding, 0);
            let mut changed = files.clone();
            let (_, text) = changed.iter_mut().find(|(name, _)| *name == path).unwrap();
            let Some(with) = lang(&path).and_then(|lang| insert(text, lang, at, &[finding.rule], "fixed")) else { continue };
            *text = with;
            let after = check_sources(changed);
            let compared = baseline.compare(&fingerprints(&after));
            assert!(compared.known.iter().all(|known| *known), "{name}: {path}:{at}");
            assert_eq!(compared.fixed.len(), baseline.entries.len() - after.findings.len(), "{name}: {path}:{at}");
            assert!(!compared.fixed.is_empty(), "{name}: {path}:{at}");
            fixed += 1;
        }
    }
    assert!(added > 5 && fixed > 50, "{added} {fixed}");
}

const APP: &str = "import time\n\n\nasync def first():\n    time.sleep(1)\n\n\nasync def second():\n    time.sleep(2)\n";

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

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    loopwarden(folder, &[&["check", "--output-format", "concise"], arguments].concat())
}

#[test]
fn a_baseline_shows_only_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "app.py", APP);
    write(root, "old/app.py", APP);
    assert_eq!(loopwarden(root, &["baseline", "update"]).0, Some(2));
    let (code, told) = loopwarden(root, &["baseline", "create"]);
    assert_eq!((code, told.as_str()), (Some(0), "wrote .loopwarden-baseline.json: 4 findings\n"));
    assert_eq!(loopwarden(root, &["baseline", "create"]).0, Some(2));
    let (code, told) = check(root, &[]);
    assert!(code == Some(0) && told.contains("0 findings") && told.contains("baseline: 4 findings known"), "{told}");
    assert_eq!(check(root, &["--no-baseline"]).0, Some(1));
    // From a folder further down the same baseline holds.
    assert_eq!(check(&root.join("old"), &[]).0, Some(0));

    // One is fixed, one comes: neither hides the other.
    write(root, "app.py", &APP.replace("    time.sleep(1)\n", "    pass\n").replace("def second", "def third"));
    let (code, told) = check(root, &[]);
    assert!(code == Some(1) && told.contains("app.py:9:5") && told.contains("2 of its entries fixed"), "{told}");
    let before = fs::read_to_string(root.join(".loopwarden-baseline.json")).unwrap();
    let (_, told) = loopwarden(root, &["baseline", "prune", "old"]);
    assert_eq!(told, ".loopwarden-baseline.json: 0 new, 0 fixed, 4 in all\n");
    assert_eq!(fs::read_to_string(root.join(".loopwarden-baseline.json")).unwrap(), before);
    assert_eq!(loopwarden(root, &["baseline", "prune"]).1, ".loopwarden-baseline.json: 0 new, 2 fixed, 2 in all\n");
    assert_eq!(check(root, &[]).0, Some(1));
    assert_eq!(loopwarden(root, &["baseline", "update", "app.py"]).1, ".loopwarden-baseline.json: 1 new, 0 fixed, 3 in all\n");
    assert_eq!(check(root, &[]).0, Some(0));
    // A file that is gone takes its findings along.
    fs::remove_dir_all(root.join("old")).unwrap();
    assert_eq!(loopwarden(root, &["baseline", "update"]).1, ".loopwarden-baseline.json: 0 new, 2 fixed, 1 in all\n");
}

const LOAD: &str =
    "import requests\n\n\ndef load():\n    requests.get('a')\n    return more()\n\n\ndef more():\n    return requests.put('b')\n";

const PAGES: &str = "from lib.load import load\n\n\nasync def page():\n    load()\n\n\nasync def other():\n    load()\n";

fn behind_one_call(root: &Path) {
    write(root, "lib/load.py", LOAD);
    write(root, "page.py", PAGES);
    assert_eq!(loopwarden(root, &["baseline", "create"]).1, "wrote .loopwarden-baseline.json: 2 findings\n");
}

/// Lines of concise output.
fn lines(told: &str) -> Vec<&str> {
    told.lines().filter(|line| line.contains("blocking-network-io")).collect()
}

/// A check tells one cause for each call: what is new behind a known call is told all the same, further down than the known cause,
/// nearer, or beside it; and the known one is not taken for fixed.
#[test]
fn a_known_cause_hides_no_new_one_behind_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    behind_one_call(root);
    let before = fs::read_to_string(root.join(".loopwarden-baseline.json")).unwrap();
    for (was, is, end) in [
        ("    return requests.put('b')", "    requests.post('c')\n    return requests.put('b')", "load -> more -> requests.post)"),
        ("    requests.get('a')", "    requests.post('c')\n    requests.get('a')", "load -> requests.post)"),
        ("    return more()", "    requests.get('c')\n    return more()", "load -> requests.get)"),
    ] {
        write(root, "lib/load.py", &LOAD.replace(was, is));
        let (code, told) = check(root, &[]);
        assert_eq!((code, lines(&told).len()), (Some(1), 2), "{told}");
        assert!(lines(&told).iter().all(|line| line.contains(end)) && !told.contains("fixed"), "{told}");
        assert_eq!(loopwarden(root, &["baseline", "prune"]).1, ".loopwarden-baseline.json: 0 new, 0 fixed, 2 in all\n");
        assert_eq!(fs::read_to_string(root.join(".loopwarden-baseline.json")).unwrap(), before);
        // No other page is analysed, none is reported.
        assert_eq!(lines(&check(root, &["page.py", "--scope", "listed"]).1).len(), 2);
        assert_eq!(lines(&check(root, &["lib/load.py", "--scope", "listed"]).1), [""; 0]);
    }
    // A function further down has another name: what it calls is no news.
    write(root, "lib/load.py", &LOAD.replace("more()", "rest()"));
    assert_eq!(check(root, &[]).0, Some(0));
    // An ignore comment at the new call holds.
    let ignored = "    # loopwarden: ignore[blocking-network-io] -- small\n    requests.post('c')\n    return more()";
    write(root, "lib/load.py", &LOAD.replace("    return more()", ignored));
    assert_eq!(check(root, &[]).0, Some(0));
    // What is written down is known from then on.
    write(root, "lib/load.py", &LOAD.replace("    return more()", "    requests.post('c')\n    return more()"));
    assert_eq!(loopwarden(root, &["baseline", "update"]).1, ".loopwarden-baseline.json: 2 new, 0 fixed, 2 in all\n");
    assert_eq!(check(root, &[]).0, Some(0));
}

/// One sink is known behind one call and new behind another.
#[test]
fn what_one_call_is_known_for_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let load = LOAD.to_owned() + "\n\ndef light():\n    return requests.head('d')\n";
    write(root, "lib/load.py", &load);
    write(root, "page.py", &PAGES.replace("import load", "import light, load").replace("other():\n    load", "other():\n    light"));
    assert_eq!(loopwarden(root, &["baseline", "create"]).0, Some(0));
    write(root, "lib/load.py", &load.replace("    return requests.head('d')", "    requests.head('d')\n    return more()"));
    let (_, told) = check(root, &[]);
    assert_eq!(lines(&told).len(), 1, "{told}");
    assert!(
        told.contains("(via other -> light -> more -> requests.put)") || told.contains("other -> light -> more -> requests.put"),
        "{told}"
    );
}

/// The nearest is fixed: what is told in its place was known, and prune forgets what is gone.
#[test]
fn what_is_left_behind_a_call_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    behind_one_call(root);
    write(root, "lib/load.py", &LOAD.replace("    requests.get('a')\n", ""));
    let (code, told) = check(root, &[]);
    assert!(code == Some(0) && told.contains("baseline: 2 findings known; 2 of its entries fixed in part"), "{told}");
    assert_eq!(loopwarden(root, &["baseline", "prune"]).1, ".loopwarden-baseline.json: 0 new, 0 fixed, 2 fixed in part, 2 in all\n");
    assert!(!check(root, &[]).1.contains("fixed"));
    write(root, "lib/load.py", LOAD);
    assert_eq!(lines(&check(root, &[]).1).len(), 2);
}

/// A baseline that does not say what else its calls reach lets go all of it, and the run says so.
#[test]
fn entries_of_an_earlier_release_speak_for_all_behind_their_call() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    behind_one_call(root);
    let path = root.join(".loopwarden-baseline.json");
    let text = fs::read_to_string(&path).unwrap();
    let old = text.replace(r#","also":["more -> requests.put"]"#, "");
    assert_ne!(old, text);
    fs::write(&path, old).unwrap();
    write(root, "lib/load.py", &LOAD.replace("    return more()", "    requests.post('c')\n    return more()"));
    let (code, told) = check(root, &[]);
    assert!(
        code == Some(0) && told.contains("2 of its entries do not say what else their calls reach: `loopwarden baseline update`"),
        "{told}"
    );
    write(root, "lib/load.py", LOAD);
    assert_eq!(loopwarden(root, &["baseline", "update"]).1, ".loopwarden-baseline.json: 0 new, 0 fixed, 2 in all\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_baseline_of_another_name_and_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "app.py", APP);
    assert_eq!(loopwarden(root, &["baseline", "create", "--baseline", "ci/known.json"]).0, Some(2));
    write(root, "ci/keep", "");
    assert_eq!(loopwarden(root, &["baseline", "create", "--baseline", "ci/known.json"]).0, Some(0));
    assert_eq!(check(root, &[]).0, Some(1));
    assert_eq!(check(root, &["--baseline", "ci/known.json"]).0, Some(0));
    assert_eq!(check(root, &["--baseline", "ci/gone.json"]).0, Some(2));
    write(root, ".loopwarden-baseline.json", "{\n  \"version\": 1,\n  \"findings\": [{}]\n}\n");
    let (code, told) = check(root, &[]);
    assert!(code == Some(2) && told.contains("missing field") && told.contains(".loopwarden-baseline.json:3:"), "{told}");
}

#[test]
fn add_ignore_writes_comments_that_hold() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "app.py", APP);
    write(
        root,
        "lib/crlf.js",
        "const fs = require('fs');\r\nasync function f() {\r\n  fs.readFileSync('a'); fs.readFileSync('b');\r\n}\r\n",
    );
    let page =
        "import { execSync } from 'child_process';\nexport async function Page() {\n  return <p>\n    {execSync('date')}\n  </p>;\n}\n";
    write(root, "page.jsx", page);
    fs::write(root.join("latin.py"), b"import time\nasync def f():\n    time.sleep(1)  # \xe9\n").unwrap();
    assert_eq!(check(root, &["--add-ignore", ""]).0, Some(2));
    let (code, told) = check(root, &["--add-ignore", "known since 2024"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("wrote 3 comments into 2 files"), "{told}");
    assert!(told.contains("page.jsx:4: no comment can stand here: write `ignore[blocking-subprocess]` by hand"), "{told}");
    assert!(told.contains("latin.py: it is not UTF-8"), "{told}");
    assert_eq!(fs::read_to_string(root.join("page.jsx")).unwrap(), page);
    let app = APP.replace("    time", "    # loopwarden: ignore[blocking-sleep] -- known since 2024\n    time");
    assert_eq!(fs::read_to_string(root.join("app.py")).unwrap(), app);
    let js = fs::read_to_string(root.join("lib/crlf.js")).unwrap();
    assert!(js.contains("{\r\n  // loopwarden: ignore[blocking-file-io] -- known since 2024\r\n  fs"), "{js}");
    let (code, told) = check(root, &["app.py", "lib"]);
    assert!(code == Some(0) && told.contains("ignored by comments: 4 findings"), "{told}");
    // A second time there is nothing to write.
    assert!(check(root, &["--add-ignore", "again", "app.py", "lib"]).1.contains("wrote 0 comments into 0 files"));
}

#[test]
fn what_other_linters_find_is_found_by_rules_there_are() {
    for rule in loopwarden::ir::elsewhere::codes().flat_map(loopwarden::ir::elsewhere::same) {
        assert!(loopwarden::rules::by_id(rule).is_some(), "{rule}");
    }
}
