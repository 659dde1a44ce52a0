//! `loopwarden check --add-ignore`: writes ignore comments for what is reported.

use super::{Exit, complain, print};
use crate::base::FileId;
use crate::ir::Family;
use crate::lang::Lang;
use crate::pipeline::Analysis;
use crate::report::{Shown, count};
use crate::suppress::insert;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Writes the comments above the calls. What can't be written is told, and makes the exit code 1.
pub(super) fn add(shown: &Shown<'_>, reason: &str, working: &Path) -> Exit {
    if reason.trim().is_empty() || reason.contains(['\n', '\r']) {
        complain("--add-ignore: give the reason in one line");
        return Exit::Usage;
    }
    let mut wanted: BTreeMap<FileId, BTreeMap<usize, BTreeSet<&str>>> = BTreeMap::new();
    let mut left = 0;
    for finding in &shown.findings {
        let (line, _) = shown.analysis.sources[finding.file].line_column(finding.span.start);
        if finding.chain.is_empty() && finding.rule == "unused-ignore" {
            complain(&format!("{}: {}: remove the comment", shown.place(finding.file, finding.span), finding.message));
            left += 1;
            continue;
        }
        wanted.entry(finding.file).or_default().entry(line).or_default().insert(finding.rule);
    }
    let (mut comments, mut files) = (0, 0);
    for (file, lines) in wanted {
        let written = one_file(shown.analysis, file, &lines, reason.trim(), working);
        comments += written;
        files += usize::from(written > 0);
        left += lines.len() - written;
    }
    print(&format!("wrote {} into {}\n", count(comments, "comment"), count(files, "file")));
    if left > 0 { Exit::Findings } else { Exit::Clean }
}

/// Gives how many comments were written.
fn one_file(analysis: &Analysis, file: FileId, lines: &BTreeMap<usize, BTreeSet<&str>>, reason: &str, working: &Path) -> usize {
    let source = &analysis.sources[file];
    let path = working.join(&source.path);
    // Bytes that are no UTF-8 were replaced in the text: to write it back would lose them.
    let unchanged = std::fs::read(&path).is_ok_and(|bytes| bytes == source.text.as_bytes());
    if !unchanged {
        complain(&format!("{}: it is not UTF-8, or it changed meanwhile: nothing is written", source.path));
        return 0;
    }
    let lang = source.path.rsplit_once('.').and_then(|(_, extension)| Lang::of_extension(extension));
    let lang = lang.unwrap_or(if analysis.summaries[file].family == Family::Python { Lang::Python } else { Lang::JavaScript });
    let (mut text, mut comments) = (source.text.clone(), 0);
    // From the end, so that the lines above keep their numbers.
    for (line, rules) in lines.iter().rev() {
        let rules: Vec<&str> = rules.iter().copied().collect();
        if let Some(changed) = insert(&text, lang, *line, &rules, reason) {
            text = changed;
            comments += 1;
        } else {
            complain(&format!("{}:{line}: no comment can stand here: write `ignore[{}]` by hand", source.path, rules.join(", ")));
        }
    }
    if comments == 0 {
        return 0;
    }
    match std::fs::write(&path, text) {
        Ok(()) => comments,
        Err(error) => {
            complain(&format!("{}: {error}", source.path));
            0
        }
    }
}
