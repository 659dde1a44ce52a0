//! One test for each example of a rule's page, each folder of `fixtures/`, and each fact's example.

use libtest_mimic::{Arguments, Failed, Trial};
use loopwarden::base::FileId;
use loopwarden::facts::FactBase;
use loopwarden::ir::Family;
use loopwarden::rules::RULES;
use loopwarden::{Outcome, check_sources};
use std::collections::BTreeSet;
use std::path::Path;
use walkdir::WalkDir;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    pages(&mut trials);
    fixtures(&mut trials);
    facts(&mut trials);
    libtest_mimic::run(&arguments, trials).exit();
}

type Files = Vec<(String, String)>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code blocks below one heading of a rule's page are one repository; a block may name its file.
fn pages(trials: &mut Vec<Trial>) {
    for rule in RULES {
        let (mut heading, mut files) = (String::new(), Files::new());
        let mut sections: Vec<(String, Files)> = Vec::new();
        let mut open: Option<(String, String)> = None;
        for line in rule.page.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let (language, named) = info.split_once(' ').unwrap_or((info, ""));
                    let default = match language {
                        "python" => "example.py",
                        "js" => "example.js",
                        "ts" => "example.ts",
                        _ => "",
                    };
                    open = Some((if named.is_empty() { default } else { named }.to_owned(), String::new()));
                }
                (Some(_), Some(_)) => files.extend(open.take().filter(|(path, _)| !path.is_empty())),
                (Some((_, text)), None) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {
                    if let Some(next) = line.strip_prefix('#') {
                        sections
                            .push((std::mem::replace(&mut heading, next.trim_matches(['#', ' ']).to_owned()), std::mem::take(&mut files)));
                    }
                }
            }
        }
        sections.push((heading, files));
        let examples: Vec<_> = sections.into_iter().filter(|(_, files)| !files.is_empty()).collect();
        let (id, count) = (rule.id, examples.len());
        trials.push(Trial::test(format!("page::{id}::has_examples"), move || {
            if count >= 2 { Ok(()) } else { Err(format!("{id}.md: two examples at least").into()) }
        }));
        for (heading, files) in examples {
            trials.push(Trial::test(format!("page::{id}::{}", heading.to_lowercase().replace(' ', "_")), move || meets(&files)));
        }
    }
}

fn fixtures(trials: &mut Vec<Trial>) {
    let base = root().join("fixtures");
    for folder in WalkDir::new(&base).min_depth(1).max_depth(1).sort_by_file_name().into_iter().flatten() {
        let path = folder.into_path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        trials.push(Trial::test(format!("fixture::{name}"), move || {
            let mut files = Files::new();
            for entry in WalkDir::new(&path).sort_by_file_name() {
                let entry = entry.map_err(|error| error.to_string())?;
                if entry.file_type().is_file() {
                    let shown = entry.path().strip_prefix(&path).map_err(|error| error.to_string())?.to_string_lossy().into_owned();
                    files.push((shown, std::fs::read_to_string(entry.path()).map_err(|error| error.to_string())?));
                }
            }
            meets(&files)
        }));
    }
}

fn facts(trials: &mut Vec<Trial>) {
    let base = FactBase::built_in();
    for (family, word) in [(Family::Python, "python"), (Family::Ecma, "node")] {
        for example in &base.of(family).examples {
            let example = example.clone();
            trials.push(Trial::test(format!("fact::{word}::{}", example.path), move || {
                let (path, text) = match family {
                    Family::Python => {
                        let body = example.code.replace("; ", "\n    ");
                        ("example.py", format!("async def example():\n    {body}\n"))
                    }
                    Family::Ecma => ("example.js", format!("async function example(name) {{\n  {};\n}}\n", example.code)),
                };
                let outcome = check_sources(vec![(path.to_owned(), text.clone())]);
                let wanted = example.path.trim_end_matches('*');
                let reached: Vec<&str> =
                    outcome.effects.sinks.iter().filter(|sink| sink.harmless.is_none()).map(|sink| sink.path.as_str()).collect();
                if reached.iter().any(|path| if example.path.ends_with('*') { path.starts_with(wanted) } else { *path == wanted }) {
                    Ok(())
                } else {
                    Err(format!("{} is not reached by\n{text}reached: {reached:?}", example.path).into())
                }
            }));
        }
    }
}

struct Claim {
    word: String,
    rule: String,
    detail: String,
    file: FileId,
    line: usize,
}

/// Holds the findings of a small repository against its comments, twice: in order and with the files reversed.
fn meets(files: &Files) -> Result<(), Failed> {
    let outcome = check_sources(files.clone());
    let claims = claims(&outcome)?;
    let mut wrong: Vec<String> = outcome.faults.iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect();
    let mut claimed = BTreeSet::new();
    for claim in &claims {
        let place = format!("{}:{}", outcome.sources[claim.file].path, claim.line);
        let here = |file: FileId, offset: u32| file == claim.file && outcome.sources[file].line_column(offset).0 == claim.line;
        let found = outcome.findings.iter().enumerate().find(|(_, finding)| {
            let told = format!(
                "{} via {} {:?} {:?} {} in {} help: {}",
                finding.message,
                loopwarden::report::concise::via(finding),
                finding.severity,
                finding.confidence,
                finding.entry,
                finding.on.word(),
                finding.help
            );
            let told = told.to_lowercase();
            finding.rule == claim.rule
                && here(finding.file, finding.span.start)
                && claim.detail.split(", ").all(|part| told.contains(&part.to_lowercase()))
        });
        match (claim.word.as_str(), found) {
            ("expect" | "false", Some((at, _))) => _ = claimed.insert(at),
            ("expect" | "false", None) => wrong.push(format!("{place}: no finding {} ({})", claim.rule, claim.detail)),
            ("missed", Some(_)) => wrong.push(format!("{place}: {} is no longer missed", claim.rule)),
            ("missed", None) => {}
            _ => {
                let cleared = outcome
                    .cleared
                    .iter()
                    .any(|one| one.rule == claim.rule && here(one.file, one.span.start) && one.reason.contains(&claim.detail));
                if !cleared {
                    wrong.push(format!("{place}: {} did not look and let go ({})", claim.rule, claim.detail));
                }
            }
        }
    }
    for (at, finding) in outcome.findings.iter().enumerate().filter(|(at, _)| !claimed.contains(at)) {
        let (line, _) = outcome.sources[finding.file].line_column(finding.span.start);
        let via = loopwarden::report::concise::via(finding);
        wrong.push(format!(
            "{}:{line}: finding {at} that nobody expects: {} {} (via {via})",
            outcome.sources[finding.file].path, finding.rule, finding.message
        ));
    }
    let reversed = check_sources(files.iter().rev().cloned().collect());
    if format!("{:?}{:?}", outcome.findings, outcome.cleared) != format!("{:?}{:?}", reversed.findings, reversed.cleared) {
        wrong.push("the order of the files changes the result".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn claims(outcome: &Outcome) -> Result<Vec<Claim>, Failed> {
    let mut claims = Vec::new();
    for (file, summary) in outcome.summaries.iter_enumerated() {
        let source = &outcome.sources[file];
        let alone: BTreeSet<usize> =
            summary.comments.iter().filter(|comment| comment.alone).map(|comment| source.line_column(comment.span.start).0).collect();
        for comment in &summary.comments {
            let Some((word, rest)) = comment.text.split_once(": ") else { continue };
            if !["expect", "ok", "missed", "false"].contains(&word) {
                continue;
            }
            let (rule, detail) = rest.split_once(" (").map_or((rest, ""), |(rule, detail)| (rule, detail.trim_end_matches(')')));
            if !RULES.iter().any(|known| known.id == rule) {
                return Err(format!("{}: no rule `{rule}`", source.path).into());
            }
            let mut line = source.line_column(comment.span.start).0;
            while alone.contains(&line) {
                line += 1;
            }
            claims.push(Claim { word: word.to_owned(), rule: rule.to_owned(), detail: detail.to_owned(), file, line });
        }
    }
    Ok(claims)
}
