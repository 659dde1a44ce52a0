//! A comment for a review, in the Markdown of GitHub (<https://github.github.com/gfm/>) and GitLab: a table, then each finding with its
//! chain and advice folded. The worst and surest come first, and what does not fit into one comment is counted.
//!
//! Places are `path:line:column` as in `concise`: both count from 1, columns in characters.

use super::{Shown, count, page_url, severity};
use crate::finding::Finding;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What a comment on GitHub may hold, in characters.
const COMMENT: usize = 65_536;

/// Kept free for the lines that say what is left out.
const RESERVE: usize = 400;

/// The comment.
pub(super) fn render(shown: &Shown<'_>) -> String {
    within(shown, COMMENT)
}

fn within(shown: &Shown<'_>, most: usize) -> String {
    if shown.findings.is_empty() {
        return format!("### loopwarden: no findings\n\n{}\n", text(&summary(shown)));
    }
    let mut findings: Vec<&Finding> = shown.findings.clone();
    findings.sort_by_key(|finding| (Reverse(finding.severity), Reverse(finding.confidence), finding.order()));
    let mut out = format!(
        "### loopwarden: {} from {}\n\n| severity | place | finding |\n|---|---|---|\n",
        count(findings.len(), "finding"),
        count(shown.causes(), "cause")
    );
    let mut end = format!("{}\n\n", text(&summary(shown)));
    for rule in findings.iter().map(|finding| finding.rule).collect::<BTreeSet<_>>() {
        _ = writeln!(end, "[{rule}]: {}", page_url(rule));
    }
    let most = most.saturating_sub(RESERVE + length(&end));
    // Half of the room is for the details.
    let rows = fill(&mut out, most / 2, findings.iter().map(|finding| row(shown, finding)));
    if rows < findings.len() {
        _ = writeln!(out, "\nand {}, not shown here", count(findings.len() - rows, "more finding"));
    }
    out.push('\n');
    let told = fill(&mut out, most, findings.iter().map(|finding| folded(shown, finding)));
    if told < findings.len() {
        _ = writeln!(out, "The details of {} do not fit here: `loopwarden check` prints them.\n", count(findings.len() - told, "finding"));
    }
    out + &end
}

/// Adds parts as long as they fit; gives how many.
fn fill(out: &mut String, most: usize, parts: impl Iterator<Item = String>) -> usize {
    let (mut used, mut number) = (length(out), 0);
    for part in parts {
        used += length(&part);
        if used > most {
            break;
        }
        out.push_str(&part);
        number += 1;
    }
    number
}

/// In code units of UTF-16: not less than what any server counts as characters.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The run in one line.
fn summary(shown: &Shown<'_>) -> String {
    shown.summary(None).replace('\n', "; ")
}

fn row(shown: &Shown<'_>, finding: &Finding) -> String {
    let place = code(&shown.place(finding.file, finding.span));
    // A cell ends at `|`, in code too.
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| {} | {} | [{}]: {} |\n", severity(finding.severity), cell(&place), finding.rule, cell(&text(&finding.message)))
}

fn folded(shown: &Shown<'_>, finding: &Finding) -> String {
    let place = shown.place(finding.file, finding.span);
    let mut out =
        format!("<details>\n<summary>{} at <code>{}</code></summary>\n\n{}\n\n", finding.rule, html(&place), text(&finding.message));
    for (at, hop) in finding.chain.iter().enumerate() {
        let place = code(&shown.place(hop.file, hop.span));
        _ = writeln!(out, "{}. {place} {} calls {}", at + 1, code(&hop.caller), code(&hop.callee));
    }
    if !finding.chain.is_empty() {
        out.push('\n');
    }
    let whence = shown.whence(finding);
    let said = [("Where", whence.as_deref()), ("Why", Some(finding.why.as_str())), ("Help", Some(finding.help.as_str()))];
    for (name, words) in said.into_iter().filter_map(|(name, words)| Some((name, words?))) {
        _ = writeln!(out, "**{name}:** {}\n", text(words));
    }
    out.push_str("</details>\n\n");
    out
}

/// A code span with the text, on one line.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    // A space keeps ticks of the text and of the span apart.
    if longest == 0 { format!("{ticks}{text}{ticks}") } else { format!("{ticks} {text} {ticks}") }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Our own words, in which code stands between backticks: code stays, and nothing else means anything to Markdown.
fn text(words: &str) -> String {
    let mut parts: Vec<&str> = words.split('`').collect();
    // A tick without another is a letter.
    let alone = if parts.len().is_multiple_of(2) { parts.pop() } else { None };
    let mut out = String::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at % 2 == 1 { out.push_str(&code(part)) } else { escape(&mut out, part) }
    }
    if let Some(rest) = alone {
        out.push_str("\\`");
        escape(&mut out, rest);
    }
    out
}

fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '\\' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Nobody is called into the review.
            '@' => out.push_str("@<!-- -->"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(text("`a|b` reaches `*x*` of <T> at @me"), "`a|b` reaches `*x*` of &lt;T&gt; at @<!-- -->me");
        assert_eq!(text("one ` tick_"), "one \\` tick\\_");
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
