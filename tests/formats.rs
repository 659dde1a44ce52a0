//! Every output format: against its schema or documentation, with its own columns, and all of them from one run.
//!
//! Schemas and where they come from: `tests/schemas/README.md`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const FORMATS: [&str; 12] =
    ["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "rdjson", "rdjsonl", "junit", "sonar", "markdown"];

/// A name with what URIs, workflow commands and tables must escape.
const SCRIPT: &str = "web/a,b:c%|d.js";
const HANDLER: &str = "app/wéb 😀.py";

/// A call over two lines, in a function whose name holds brackets.
const SCRIPT_TEXT: &str = "const { execSync } = require(\"child_process\");\r\nconst app = require(\"express\")();\r\napp.get(\"/\", (req, res) => {\r\n\tres.end(/* 😀é */ execSync(\r\n\t\t\"ls\"));\r\n});\r\n";

/// Before the call: a tab, a character outside the basic plane (one character, two UTF-16 units, four bytes) and `é` (two bytes).
const BEFORE: &str = "\tname = \"😀é\"; ";
const CALL: &str = "nap()";

fn handler() -> String {
    let lines = [
        "import time",
        "from fastapi import FastAPI",
        "app = FastAPI()",
        "def nap():",
        "\ttime.sleep(1)",
        "@app.get(\"/\")",
        "async def handler():",
        &format!("{BEFORE}{CALL}"),
        "\treturn name",
        "@app.get(\"/quiet\")",
        "async def quiet():",
        "\ttime.sleep(2)  # loopwarden: ignore[blocking-sleep] -- <so> & \"so\"",
        "",
    ];
    lines.join("\r\n")
}

fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), HANDLER, &handler());
    write(folder.path(), SCRIPT, SCRIPT_TEXT);
    folder
}

fn loopwarden(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwarden")).current_dir(folder).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Standard output in a format; findings or not, the run itself is sound.
fn told(folder: &Path, format: &str) -> String {
    let (code, text) = loopwarden(folder, &["check", "--output-format", format]);
    assert!(matches!(code, Some(0 | 1)), "{format}: {code:?}");
    text
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// Runs `f` on the output in a format for a repository with findings, for one without, and for all fixtures.
fn everywhere(format: &str, f: impl Fn(&str)) {
    f(&told(repository().path(), format));
    f(&told(tempfile::tempdir().unwrap().path(), format));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_, text) =
        loopwarden(root, &["check", "--min-severity", "info", "--min-confidence", "low", "--output-format", format, "fixtures"]);
    f(&text);
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name);
    let mut schema = json(&fs::read_to_string(path).unwrap());
    // SARIF's pattern of languages is no regular expression where `]` must be escaped; no language is written.
    for object in ["run", "toolComponent"] {
        if let Some(language) = schema.pointer_mut(&format!("/definitions/{object}/properties/language")) {
            assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
        }
    }
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn valid(validator: &jsonschema::Validator, value: &Value) {
    let wrong: Vec<String> = validator.iter_errors(value).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The column behind a text, and the one behind the call too, by what a letter counts.
fn columns(first: usize, of: impl Fn(char) -> usize) -> (usize, usize) {
    let start = first + BEFORE.chars().map(of).sum::<usize>();
    (start, start + CALL.len())
}

fn utf16(first: usize) -> (usize, usize) {
    columns(first, char::len_utf16)
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn one_run_serves_all_formats() {
    let folder = repository();
    let out = tempfile::tempdir().unwrap();
    let path = |format: &str| out.path().join(format);
    let wanted: Vec<String> = FORMATS.iter().map(|format| format!("{format}={}", path(format).display())).collect();
    let outputs = wanted.iter().flat_map(|one| ["--output", one.as_str()]);
    let arguments: Vec<&str> = ["check", "--output-format", "concise"].into_iter().chain(outputs).collect();
    let (code, text) = loopwarden(folder.path(), &arguments);
    assert_eq!((code, text.lines().count()), (Some(1), 2));
    for format in FORMATS {
        let (code, text) = loopwarden(folder.path(), &["check", "--output-format", format]);
        assert_eq!((code, text), (Some(1), fs::read_to_string(path(format)).unwrap()), "{format}");
    }
    let never: Vec<&str> = arguments.iter().copied().chain(["--fail-on", "never"]).collect();
    assert_eq!(loopwarden(folder.path(), &never).0, Some(0));
    for wrong in ["sarf=x", "sarif", "sarif=", "sarif=no/such/folder/x", "sarif=app"] {
        assert_eq!(loopwarden(folder.path(), &["check", "--output", wrong]).0, Some(2), "{wrong}");
    }
    assert_eq!(loopwarden(folder.path(), &["check", "--output", "sarif=x", "--output", "json=x"]).0, Some(2));
    assert!(!folder.path().join("x").exists());
}

#[test]
fn json_columns_are_characters_from_one() {
    let folder = repository();
    let document = json(&told(folder.path(), "json"));
    let place = &document["findings"][0]["place"];
    let (start, end) = columns(1, |_| 1);
    assert_eq!((number(&place["line"]), number(&place["column"]), number(&place["end_column"])), (8, start, end));
    let lines: Vec<Value> = told(folder.path(), "jsonl").lines().map(json).collect();
    assert_eq!(&lines, list(&document["findings"]));
    assert!(told(folder.path(), "concise").starts_with(&format!("{HANDLER}:8:{start}: ")));
}

#[test]
fn fingerprints_stay_and_differ() {
    let folder = repository();
    let of = |arguments: &[&str]| -> Vec<String> {
        let (_, text) = loopwarden(folder.path(), &[&["check", "--output-format", "json", HANDLER], arguments].concat());
        list(&json(&text)["findings"]).iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let before = of(&[]);
    // A second call that reads the same, and lines above.
    let twice = handler().replace("\treturn name", "\tnap()\r\n\treturn name").replace("app = ", "# moved\r\n\r\napp = ");
    assert_eq!(loopwarden(folder.path(), &["baseline", "create", HANDLER]).0, Some(0));
    write(folder.path(), HANDLER, &twice);
    let after = of(&["--no-baseline"]);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert!(before[0] == after[0] && after[0] != after[1] && after.iter().all(|one| one.len() == 32), "{before:?} {after:?}");
    // What the baseline knows keeps its number.
    assert_eq!(of(&[]), after[1..]);
}

#[test]
fn sarif_is_valid() {
    let validator = schema("sarif-2.1.0.json");
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0" })));
    everywhere("sarif", |text| {
        let log = json(text);
        valid(&validator, &log);
        let run = &log["runs"][0];
        let rules = list(&run["tool"]["driver"]["rules"]);
        let results = list(&run["results"]);
        for result in results {
            assert_eq!(rules[number(&result["ruleIndex"])]["id"], result["ruleId"]);
        }
        // All say whether they are suppressed, or none does.
        let says = results.iter().filter(|result| result.get("suppressions").is_some()).count();
        assert!(says == 0 || says == results.len());
        let names: BTreeSet<&str> =
            results.iter().map(|result| result["partialFingerprints"]["loopwardenFingerprint/v1"].as_str().unwrap()).collect();
        assert_eq!(names.len(), results.len());
    });
}

#[test]
fn sarif_says_what_code_scanning_reads() {
    let folder = repository();
    let log = json(&told(folder.path(), "sarif"));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let root = run["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().unwrap();
    assert!(root.starts_with("file:///") && root.ends_with('/'));
    let results = list(&run["results"]);
    assert_eq!(results.len(), 3);
    for result in results {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uriBaseId"], "%SRCROOT%");
        let whole = format!("{root}{}", place["uri"].as_str().unwrap());
        let path = percent_encoding::percent_decode_str(whole.strip_prefix("file://").unwrap()).decode_utf8().unwrap();
        assert!(Path::new(path.as_ref()).is_file(), "{path}");
        assert_eq!(whole.matches(':').count(), 1, "{whole}");
    }
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    let (start, end) = utf16(1);
    assert_eq!((number(&region["startLine"]), number(&region["startColumn"]), number(&region["endColumn"])), (8, start, end));
    let steps = list(&results[0]["codeFlows"][0]["threadFlows"][0]["locations"]);
    let said: Vec<&str> = steps.iter().map(|step| step["location"]["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(said, ["on the event loop: FastAPI route", "handler calls nap", "nap calls time.sleep"]);
    assert_eq!(steps[2]["location"]["physicalLocation"]["region"]["startLine"], 5);
    assert_eq!(results[0]["relatedLocations"][0]["message"]["text"], "FastAPI route");
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
    let suppression = serde_json::json!([{ "kind": "inSource", "justification": "<so> & \"so\"" }]);
    assert_eq!(results[1]["suppressions"], suppression);
    for rule in list(&run["tool"]["driver"]["rules"]) {
        assert!(["high", "medium"].contains(&rule["properties"]["precision"].as_str().unwrap()));
        assert!(["error", "warning", "recommendation"].contains(&rule["properties"]["problem.severity"].as_str().unwrap()));
        assert!(rule["properties"].get("security-severity").is_none());
        let page = rule["help"]["markdown"].as_str().unwrap();
        assert!(page.starts_with(&format!("# {}\n", rule["id"].as_str().unwrap())) && !page.contains("expect: "), "{page}");
    }
}

/// What the runner makes of `::name key=value,..::message`, by the rules of `@actions/core`.
fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let plain = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ",")).replace("%25", "%");
    let pairs = properties.split(',').map(|pair| pair.split_once('=').unwrap());
    let pairs = pairs.map(|(key, value)| (key.to_owned(), plain(value)));
    (name.to_owned(), pairs.collect(), data(message).replace("%25", "%"))
}

#[test]
fn github_commands_read_back() {
    let folder = repository();
    let text = told(folder.path(), "github");
    let commands: Vec<_> = text.lines().map(command).collect();
    let of = |at: usize, key: &str| commands[at].1.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    assert_eq!(commands[0].0, "error");
    let (start, end) = utf16(1);
    let wanted = [("file", HANDLER.to_owned()), ("line", "8".to_owned()), ("col", start.to_string()), ("endColumn", end.to_string())];
    for (key, value) in wanted {
        assert_eq!(of(0, key), Some(value));
    }
    assert!(commands[0].2.contains("(via handler -> nap -> time.sleep)\nhelp: "), "{}", commands[0].2);
    // The runner takes no columns of a range over several lines.
    assert_eq!((of(1, "file").as_deref(), of(1, "line").as_deref(), of(1, "endLine").as_deref()), (Some(SCRIPT), Some("4"), Some("5")));
    assert_eq!((of(1, "col"), of(1, "endColumn")), (None, None));
    everywhere("github", |text| text.lines().for_each(|line| assert!(!command(line).2.is_empty())));
}

/// <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>: an array; description, `check_name`, fingerprint, severity
/// (info, minor, major, critical, blocker), location.path (relative, without `./`), location.lines.begin.
#[test]
fn gitlab_has_what_its_documentation_asks_for() {
    everywhere("gitlab", |text| {
        let report = json(text);
        let mut names = BTreeSet::new();
        for issue in list(&report) {
            let words = |key: &str| issue[key].as_str().filter(|words| !words.is_empty()).unwrap();
            assert!(loopwarden::rules::by_id(words("check_name")).is_some() && !words("description").contains('\n'));
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&words("severity")));
            assert!(names.insert(words("fingerprint").to_owned()), "{issue}");
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with("./") && !path.starts_with('/'));
            let lines = &issue["location"]["lines"];
            assert!(number(&lines["begin"]) >= 1 && number(&lines["end"]) >= number(&lines["begin"]));
        }
    });
    let report = json(&told(repository().path(), "gitlab"));
    assert_eq!((&report[0]["location"]["path"], &report[0]["location"]["lines"]["begin"]), (&HANDLER.into(), &8.into()));
}

#[test]
fn rdjson_is_valid_and_counts_bytes_from_one() {
    let validator = schema("rdjson.json");
    assert!(!validator.is_valid(&serde_json::json!({ "diagnostics": [{ "message": "" }] })));
    everywhere("rdjson", |text| valid(&validator, &json(text)));
    everywhere("rdjsonl", |text| text.lines().for_each(|line| valid(&validator, &json(line))));
    let folder = repository();
    let document = json(&told(folder.path(), "rdjson"));
    let range = &document["diagnostics"][0]["location"]["range"];
    let (start, end) = columns(1, char::len_utf8);
    assert_eq!((number(&range["start"]["line"]), number(&range["start"]["column"])), (8, start));
    assert_eq!((number(&range["end"]["line"]), number(&range["end"]["column"])), (8, end));
    for (line, diagnostic) in told(folder.path(), "rdjsonl").lines().zip(list(&document["diagnostics"])) {
        let line = json(line);
        assert_eq!((&line["location"], &line["message"]), (&diagnostic["location"], &diagnostic["message"]));
        assert_eq!(line["source"], document["source"]);
    }
}

#[test]
fn junit_is_valid() {
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/junit-10.xsd")).unwrap();
    let schema = uppsala::parse(&schema).unwrap();
    let validator = uppsala::XsdValidator::from_schema(&schema).unwrap();
    assert!(!validator.validate(&uppsala::parse("<testsuites><testsuite/></testsuites>").unwrap()).is_empty());
    everywhere("junit", |text| {
        let wrong = validator.validate(&uppsala::parse(text).unwrap());
        assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(5)]);
    });
    let text = told(repository().path(), "junit");
    let tests = text.matches("<testcase ").count();
    assert_eq!((tests, text.matches("<failure ").count(), text.matches("<testsuite ").count()), (2, 2, 2));
    assert!(text.contains("&lt;get callback&gt;") && text.contains(SCRIPT));
    let text = told(tempfile::tempdir().unwrap().path(), "junit");
    assert!(text.contains("tests=\"1\" failures=\"0\"") && !text.contains("<failure"));
}

/// <https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/importing-external-issues/generic-issue-import-format>
#[test]
fn sonar_has_what_its_documentation_asks_for() {
    everywhere("sonar", |text| {
        let report = json(text);
        let mut ids = BTreeSet::new();
        for rule in list(&report["rules"]) {
            for key in ["id", "name", "description", "engineId"] {
                assert!(!rule[key].as_str().unwrap().is_empty());
            }
            assert!(ids.insert(rule["id"].as_str().unwrap()));
            assert!(["EFFICIENT", "CLEAR"].contains(&rule["cleanCodeAttribute"].as_str().unwrap()));
            assert!(["BUG", "CODE_SMELL"].contains(&rule["type"].as_str().unwrap()));
            assert!(["CRITICAL", "MAJOR", "MINOR"].contains(&rule["severity"].as_str().unwrap()));
            let impact = &rule["impacts"][0];
            assert!(["RELIABILITY", "MAINTAINABILITY"].contains(&impact["softwareQuality"].as_str().unwrap()));
            assert!(["HIGH", "MEDIUM", "LOW"].contains(&impact["severity"].as_str().unwrap()));
        }
        for issue in list(&report["issues"]) {
            assert!(ids.contains(issue["ruleId"].as_str().unwrap()));
            // Fields of the format before 10.3 end the import.
            assert!(["severity", "type", "engineId"].iter().all(|old| issue.get(old).is_none()));
            let more = issue.get("secondaryLocations").map_or(&[][..], |more| list(more));
            for place in std::iter::once(&issue["primaryLocation"]).chain(more) {
                assert!(!place["message"].as_str().unwrap().is_empty() && !place["filePath"].as_str().unwrap().is_empty());
                let range = &place["textRange"];
                let at = |line: &str, column: &str| (number(&range[line]), number(&range[column]));
                assert!(at("startLine", "startColumn").0 >= 1);
                // An empty range ends the import, too.
                assert!(at("startLine", "startColumn") < at("endLine", "endColumn"), "{issue}");
            }
        }
    });
    let report = json(&told(repository().path(), "sonar"));
    let range = &report["issues"][0]["primaryLocation"]["textRange"];
    let (start, end) = utf16(0);
    assert_eq!((number(&range["startLine"]), number(&range["startColumn"]), number(&range["endColumn"])), (8, start, end));
}

/// Rows of tables with their number of cells, and the text outside of code.
fn parsed(markdown: &str) -> (Vec<usize>, String) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let (mut rows, mut words) = (Vec::new(), String::new());
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::TableRow) => rows.push(0),
            Event::Start(Tag::TableCell) => rows.iter_mut().last().into_iter().for_each(|cells| *cells += 1),
            Event::Text(text) => words.push_str(&text),
            _ => {}
        }
    }
    (rows, words)
}

#[test]
fn markdown_is_a_table_and_folds_that_fit() {
    everywhere("markdown", |text| {
        assert!(text.encode_utf16().count() <= 65_536);
        let (rows, _) = parsed(text);
        assert!(rows.iter().all(|cells| *cells == 3), "{rows:?}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert_eq!(text.matches("<summary>").count(), text.matches("</summary>").count());
    });
    let text = told(repository().path(), "markdown");
    let (rows, words) = parsed(&text);
    assert_eq!((rows.len(), text.matches("<details>").count()), (2, 2));
    assert!(text.starts_with("### loopwarden: 2 findings from 2 causes\n"), "{text}");
    assert!(text.contains("1. `app/wéb 😀.py:8:15` `handler` calls `nap`\n2. ") && words.contains("Help:"), "{text}");
    assert!(!words.contains("[blocking-sleep]"), "the links have their ends: {words}");
    // More than fits is cut and counted.
    let (_, text) =
        loopwarden(Path::new(env!("CARGO_MANIFEST_DIR")), &["check", "--min-severity", "info", "--output-format", "markdown", "fixtures"]);
    assert!(text.contains("more findings, not shown here") && text.contains("do not fit here"));
}

#[test]
fn completions_and_man_pages_name_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script) = loopwarden(folder.path(), &["completions", shell]);
        assert!(code == Some(0) && script.contains("output-format") && script.contains("baseline"), "{shell}");
    }
    let (code, page) = loopwarden(folder.path(), &["man"]);
    assert!(code == Some(0) && page.contains(".TH loopwarden 1") && page.contains("loopwarden\\-baseline(1)"), "{page}");
    let (code, page) = loopwarden(folder.path(), &["man", "baseline", "create"]);
    assert!(code == Some(0) && page.contains(".TH loopwarden-baseline-create 1"), "{page}");
    assert_eq!(loopwarden(folder.path(), &["man", "nothing"]).0, Some(2));
}

/// The pages for readers are made from `rules/`.
#[test]
fn docs_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let made: BTreeSet<(PathBuf, String)> =
        loopwarden::report::page::files().into_iter().map(|(path, text)| (PathBuf::from(path), text)).collect();
    let there = walkdir::WalkDir::new(&root).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let there: BTreeSet<PathBuf> = there.map(|entry| entry.path().strip_prefix(&root).unwrap().to_path_buf()).collect();
    let differs: Vec<&PathBuf> =
        made.iter().filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text)).map(|(path, _)| path).collect();
    assert!(differs.is_empty(), "{differs:?} differ: run `cargo run -- rule --docs docs`");
    let pages: BTreeSet<PathBuf> = made.iter().map(|(path, _)| path.clone()).collect();
    let stale: Vec<&PathBuf> = there.iter().filter(|path| path.starts_with("rules") && !pages.contains(*path)).collect();
    assert!(stale.is_empty(), "{stale:?} belong to no rule");
}
