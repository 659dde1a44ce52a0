//! Parse and lower: one file's bytes to its `ModuleSummary`. The only place that knows tree-sitter.

mod condition;
pub mod ecma;
mod kept;
pub mod literal;
mod pieces;
pub mod python;
mod syntax;

use crate::ir::{Family, ModuleSummary};
use syntax::Syntax;

/// The languages that are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// `.py`
    Python,
    /// `.pyi`: types only
    PythonStub,
    /// `.js .cjs .mjs .jsx`
    JavaScript,
    /// `.ts .cts .mts`
    TypeScript,
    /// `.tsx`
    Tsx,
}

impl Lang {
    /// The language of a file name's extension.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "py" => Self::Python,
            "pyi" => Self::PythonStub,
            "js" | "cjs" | "mjs" | "jsx" => Self::JavaScript,
            "ts" | "cts" | "mts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            _ => return None,
        })
    }

    /// The language's family.
    #[must_use]
    pub fn family(self) -> Family {
        if matches!(self, Self::Python | Self::PythonStub) { Family::Python } else { Family::Ecma }
    }
}

/// Lowers one file. Never fails: what could not be read is in `problems`.
#[must_use]
pub fn lower(text: &str, lang: Lang) -> ModuleSummary {
    match lang {
        Lang::Python | Lang::PythonStub => python::lower(text, lang == Lang::PythonStub),
        Lang::JavaScript | Lang::TypeScript | Lang::Tsx => ecma::lower(text, lang),
    }
}

/// Whether `text` holds `name` as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !part(before.chars().next_back()) && !part(after.chars().next())
    })
}

/// Problems told for one file at most.
const MOST_PROBLEMS: usize = 5;

/// Notes syntax errors and the bytes lost to them.
fn problems(root: tree_sitter::Node<'_>, summary: &mut ModuleSummary) {
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if node.is_error() || node.is_missing() {
            let span = crate::base::Span::new(node.start_byte(), node.end_byte());
            summary.lost_bytes += span.end - span.start;
            if summary.problems.len() < MOST_PROBLEMS {
                summary.problems.push(crate::ir::Problem { message: "syntax error".to_owned(), span: Some(span) });
            }
        } else if node.has_error() {
            let mut cursor = node.walk();
            pending.extend(node.children(&mut cursor));
        }
    }
    summary.problems.sort_by_key(|problem| problem.span);
}

/// Collects the comments that speak to loopwarden, to its tests, or to another linter whose rules judge the same.
fn comments(root: tree_sitter::Node<'_>, text: &str, marker: &str, summary: &mut ModuleSummary) {
    const WORDS: [&str; 5] = ["loopwarden:", "expect:", "ok:", "missed:", "false:"];
    let spoken = |word: &&str| {
        [marker, "/*"].iter().any(|start| text.contains(&format!("{start} {word}")) || text.contains(&format!("{start}{word}")))
    };
    let silences = ["noqa:", "ruff: ignore[", "eslint-disable-"].iter().any(|mark| text.contains(mark));
    let silences = silences && crate::ir::elsewhere::codes().any(|code| text.contains(code));
    if !silences && !WORDS.iter().any(spoken) {
        return;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.sort() == "comment" {
            let raw = text.get(node.byte_range()).unwrap_or("");
            let said = raw.trim_start_matches(marker).trim_start_matches("/*").trim_end_matches("*/").trim();
            if WORDS.iter().any(|word| said.starts_with(word)) || (silences && crate::ir::directive::silenced(said).is_some()) {
                let line = text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
                let alone = text[line..node.start_byte()].trim().is_empty();
                let span = crate::base::Span::new(node.start_byte(), node.end_byte());
                summary.comments.push(crate::ir::Comment { text: said.to_owned(), span, alone });
            }
        } else if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
