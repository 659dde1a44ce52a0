//! Which lines of a run were changed, and where a finding meets one of them.

use crate::base::{FileId, Source, Span};
use crate::finding::{Finding, Hop};
use crate::ir::{Expr, ExprId, MODULE_BODY, ModuleSummary};
use imara_diff::{Algorithm, Diff, InternedInput};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// Which lines of files are changed, by path as shown. Files without a change are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedLines(FxHashMap<String, Vec<bool>>);

impl ChangedLines {
    /// Compares files with what they were: path, text before (`None` for a new file), text.
    #[must_use]
    pub fn new<'a>(files: impl Iterator<Item = (&'a str, Option<&'a str>, &'a str)>) -> Self {
        Self(files.map(|(path, before, after)| (path.to_owned(), changed(before, after))).collect())
    }

    /// The lines that are changed here and there: in a merge, what neither parent has.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.0.retain(|path, _| other.0.contains_key(path));
        let paired = self.0.iter_mut().filter_map(|(path, lines)| Some((lines, other.0.get(path)?)));
        paired.flat_map(|(lines, others)| lines.iter_mut().zip(others)).for_each(|(line, other)| *line &= other);
        self
    }

    /// The first changed line (from 1) of a place, if there is one.
    #[must_use]
    pub fn within(&self, source: &Source, span: Span) -> Option<usize> {
        let lines = self.0.get(&source.path)?;
        let (first, _) = source.line_column(span.start);
        let (last, _) = source.line_column(span.end.max(span.start + 1) - 1);
        (first..=last).find(|line| lines.get(line - 1).copied().unwrap_or(false))
    }
}

/// The changed lines of a run.
#[derive(Debug)]
pub struct Changes<'a> {
    lines: &'a ChangedLines,
    /// Of files with changes: names that changed lines of the module's body say, with the line.
    names: FxHashMap<FileId, FxHashMap<String, usize>>,
    sources: &'a IndexVec<FileId, Source>,
    summaries: &'a IndexVec<FileId, ModuleSummary>,
}

impl<'a> Changes<'a> {
    /// The changed lines of a run's files.
    #[must_use]
    pub fn new(lines: &'a ChangedLines, sources: &'a IndexVec<FileId, Source>, summaries: &'a IndexVec<FileId, ModuleSummary>) -> Self {
        let changed = sources
            .iter_enumerated()
            .filter_map(|(file, source)| Some((file, names(&summaries[file], source, lines.0.get(&source.path)?))));
        Self { lines, names: changed.collect(), sources, summaries }
    }

    /// Where a finding meets a changed line, if it does: its own place, a call of its chain, the entry, another place that it
    /// names, the line that defines a function of the chain, or a line of the module's body (an import) that a call's name
    /// comes from. The span lies in changed lines.
    #[must_use]
    pub fn met(&self, finding: &Finding) -> Option<(FileId, Span)> {
        if self.names.is_empty() {
            return None;
        }
        let hops = finding.chain.iter().map(|hop| (hop.file, hop.span));
        let own = std::iter::once((finding.file, finding.span)).chain(hops);
        let labels = finding.labels.iter().map(|label| (label.file, label.span));
        let places = own.chain(std::iter::once((finding.entry_file, finding.entry_span))).chain(labels);
        let mut parts = places.filter_map(|(file, span)| self.part(file, span));
        let defined = || {
            finding.chain.iter().find_map(|hop| {
                let summary = &self.summaries[hop.file];
                let id = summary.func_at(hop.span.start);
                (id != MODULE_BODY).then(|| self.part(hop.file, summary.functions[id].name_span))?
            })
        };
        let named = || finding.chain.iter().find_map(|hop| self.named(hop));
        parts.next().or_else(defined).or_else(named)
    }

    /// The part of a place that is changed: all of it, or its first changed line.
    fn part(&self, file: FileId, span: Span) -> Option<(FileId, Span)> {
        let source = &self.sources[file];
        let line = self.lines.within(source, span)?;
        Some((file, if line == source.line_column(span.start).0 { span } else { written(source, line) }))
    }

    /// The changed line of the module's body that says the name with which a call begins.
    fn named(&self, hop: &Hop) -> Option<(FileId, Span)> {
        let names = self.names.get(&hop.file).filter(|names| !names.is_empty())?;
        let summary = &self.summaries[hop.file];
        let call = summary.calls.iter().find(|call| call.span == hop.span)?;
        let line = names.get(root(summary, call.callee)?)?;
        Some((hop.file, written(&self.sources[hop.file], *line)))
    }
}

/// The words on changed lines that stand in no function, each with its first line.
fn names(summary: &ModuleSummary, source: &Source, changed: &[bool]) -> FxHashMap<String, usize> {
    let mut names = FxHashMap::default();
    let inner: Vec<Span> = summary.functions.iter().skip(1).map(|function| function.span).collect();
    for (at, _) in changed.iter().enumerate().filter(|(_, changed)| **changed) {
        let start = written(source, at + 1).start;
        if inner.iter().any(|function| function.contains(start)) {
            continue;
        }
        let words = source.line_text(at + 1).split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$');
        for word in words.filter(|word| !word.is_empty()) {
            names.entry(word.to_owned()).or_insert(at + 1);
        }
    }
    names
}

/// What is written on a line, without the space around it.
fn written(source: &Source, line: usize) -> Span {
    let (span, text) = (source.line_span(line), source.line_text(line));
    let start = span.start as usize + text.len() - text.trim_start().len();
    Span::new(start, start + text.trim().len())
}

/// The module's variable that an expression begins with.
fn root(summary: &ModuleSummary, mut at: ExprId) -> Option<&'static str> {
    let mut seen = FxHashSet::default();
    while seen.insert(at) {
        at = match &summary.exprs[at] {
            Expr::Var(var) => {
                let var = &summary.vars[*var];
                return (var.func == MODULE_BODY).then(|| var.name.as_str());
            }
            Expr::Attr { base, .. } | Expr::Index { base, .. } => *base,
            Expr::Call(call) => summary.calls[*call].callee,
            Expr::Await(inner) => *inner,
            _ => return None,
        };
    }
    None
}

/// For each line of `after`, whether it is changed.
fn changed(before: Option<&str>, after: &str) -> Vec<bool> {
    let mut changed = vec![before.is_none(); after.lines().count()];
    let Some(before) = before else { return changed };
    let mut input = InternedInput::default();
    // `lines` leaves out line ends: git may change them on the way to the work tree.
    input.update_before(before.lines());
    input.update_after(after.lines());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    for hunk in diff.hunks() {
        let (start, end) = (hunk.after.start as usize, hunk.after.end as usize);
        // Where lines were only taken out, the ones around them are what is left to see of it.
        let lines = if hunk.is_pure_removal() { start.saturating_sub(1)..start + 1 } else { start..end };
        changed.iter_mut().take(lines.end).skip(lines.start).for_each(|line| *line = true);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::changed;

    fn lines(before: &str, after: &str) -> Vec<usize> {
        changed(Some(before), after).iter().enumerate().filter(|(_, changed)| **changed).map(|(at, _)| at + 1).collect()
    }

    #[test]
    fn lines_are_compared_without_their_ends() {
        assert_eq!(lines("a\nb\nc\n", "a\r\nb\r\nc\r\n"), [0; 0]);
        assert_eq!(lines("a\nb\nc\n", "a\nx\nc\n"), [2]);
        assert_eq!(lines("a\nb\n", "a\nb\nc"), [3]);
        assert_eq!(lines("a\nb\nc\nd\n", "a\nd\n"), [1, 2]);
        assert_eq!(lines("b\nc\n", "c\n"), [1]);
        assert_eq!(changed(None, "a\nb\n"), [true, true]);
    }
}
