//! The pages of the rules for readers: `rules/<id>.md` with what the tests in its examples say turned into words, and an index.

use super::severity;
use crate::rules::{RULES, Rule, Status};
use std::fmt::Write as _;

/// How to make the pages anew.
const MADE: &str = "<!-- Written by `loopwarden rule --docs docs` from rules/; change that. -->\n\n";

/// The first sentence of a rule's page.
#[must_use]
pub fn title(rule: &Rule) -> &'static str {
    rule.page.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("")
}

/// `stable` or `preview`.
#[must_use]
pub fn status(rule: &Rule) -> &'static str {
    match rule.status {
        Status::Stable => "stable",
        Status::Preview => "preview",
    }
}

/// The languages of a rule's examples.
#[must_use]
pub fn languages(rule: &Rule) -> Vec<&'static str> {
    const NAMES: [(&str, &[&str]); 2] = [("Python", &["python"]), ("JavaScript/TypeScript", &["js", "jsx", "ts", "tsx"])];
    let written: Vec<&str> = rule.page.lines().filter_map(|line| fence(line)?.split(' ').next()).collect();
    NAMES.into_iter().filter(|(_, of)| of.iter().any(|of| written.contains(of))).map(|(name, _)| name).collect()
}

/// What follows the backticks where a code block begins.
fn fence(line: &str) -> Option<&str> {
    line.strip_prefix("```").filter(|rest| !rest.is_empty())
}

/// A rule's page: a table of what it is, then its prose and examples.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let mut out = String::new();
    for line in rule.page.lines() {
        if let Some((language, file)) = fence(line).and_then(|rest| rest.split_once(' ')) {
            _ = writeln!(out, "`{file}`\n\n```{language}");
        } else {
            _ = writeln!(out, "{}", in_words(rule, line));
        }
        if line.starts_with("# ") && line.ends_with(rule.id) {
            out.push_str("\n| group | severity | status | languages |\n|---|---|---|---|\n");
            let (severity, languages) = (severity(rule.severity), languages(rule).join(", "));
            _ = writeln!(out, "| {} | {severity} | {} | {languages} |", rule.group, status(rule));
        }
    }
    out
}

/// A line of an example with its comment for the tests turned into words.
fn in_words(rule: &Rule, line: &str) -> String {
    let claim = ["# ", "// "].into_iter().find_map(|mark| {
        let (code, comment) = line.rsplit_once(mark)?;
        let (word, rest) = comment.split_once(": ")?;
        let (id, detail) = rest.split_once(" (").map_or((rest, ""), |(id, detail)| (id, detail.strip_suffix(')').unwrap_or(detail)));
        let said = match word {
            "expect" => "reported",
            "ok" => "not reported",
            "missed" => "not found yet",
            "false" => "a false alarm",
            _ => return None,
        };
        let named = RULES.iter().find(|known| known.id == id)?.id;
        let by = if named == rule.id { String::new() } else { format!(" by {named}") };
        let detail = if detail.is_empty() { String::new() } else { format!(": {}", spelled(detail)) };
        Some(format!("{code}{mark}{said}{by}{detail}"))
    });
    claim.unwrap_or_else(|| line.to_owned())
}

/// A comment's parts, single words of severity and confidence spelled out.
fn spelled(detail: &str) -> String {
    let parts = detail.split(", ").map(|part| match part {
        "high" | "medium" | "low" => format!("{part} confidence"),
        "error" => "as an error".to_owned(),
        "warning" => "as a warning".to_owned(),
        "info" => "as information".to_owned(),
        other => other.to_owned(),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A table of all rules, with links to their pages.
#[must_use]
pub fn index() -> String {
    let mut out = String::from("# Rules\n\n| rule | group | severity | status | languages | |\n|---|---|---|---|---|---|\n");
    for rule in RULES {
        _ = writeln!(
            out,
            "| [{id}](rules/{id}.md) | {} | {} | {} | {} | {} |",
            rule.group,
            severity(rule.severity),
            status(rule),
            languages(rule).join(", "),
            title(rule),
            id = rule.id,
        );
    }
    out.push_str(
        "\nThe severity is that of a finding at its worst. A rule in preview reports only to those who name it or ask for `--preview`.\n",
    );
    out
}

/// The files of `docs/`, by their path in it.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![("README.md".to_owned(), format!("{MADE}{}", index()))];
    files.extend(RULES.iter().map(|rule| (format!("rules/{}.md", rule.id), format!("{MADE}{}", page(rule)))));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_for_the_tests_become_words() {
        let rule = &RULES[0];
        let other = RULES[1].id;
        let of = |line: &str| in_words(rule, line);
        assert_eq!(of(&format!("    f()  # expect: {} (g -> f(1), high)", rule.id)), "    f()  # reported: g -> f(1), high confidence");
        assert_eq!(of(&format!("  f(); // ok: {other} (offloaded)")), format!("  f(); // not reported by {other}: offloaded"));
        assert_eq!(of(&format!("// expect: {}", rule.id)), "// reported");
        for line in ["# heading: one", "f()  # ok: not-a-rule (x)", "fetch('http://expect: x')"] {
            assert_eq!(of(line), line);
        }
    }
}
