//! Which lines of a run were changed, and where a finding meets one of them.

use crate::base::{FileId, Source, Span};
use crate::finding::{Finding, Hop};
use crate::ir::{Expr, ExprId, MODULE_BODY, ModuleSummary};
use imara_diff::{Algorithm, Diff, InternedInput};
use oxc_index::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// The changed lines of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lines {
    /// By line, from 1: whether it is another than it was, or stands where a line was taken out.
    changed: Vec<bool>,
    /// Names that changed lines of the module's body say.
    names: FxHashMap<String, usize>,
}

/// The changed lines of a run.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    files: FxHashMap<FileId, Lines>,
}

impl Changes {
    /// Compares files with what they were. `before` gives for a path as shown the text that was there: `None` for one that has
    /// not changed, `Some(None)` for one that is new.
    #[must_use]
    pub fn new<'a>(
        sources: &IndexVec<FileId, Source>,
        summaries: &IndexVec<FileId, ModuleSummary>,
        before: impl Fn(&str) -> Option<Option<&'a str>>,
    ) -> Self {
        let mut changes = Self::default();
        for (file, source) in sources.iter_enumerated() {
            if let Some(before) = before(&source.path) {
                changes.files.insert(file, Lines::of(&summaries[file], source, changed(before, &source.text)));
            }
        }
        changes
    }

    /// The lines that are changed here and there: in a merge, what neither parent has.
    #[must_use]
    pub fn and(&self, other: &Self, sources: &IndexVec<FileId, Source>, summaries: &IndexVec<FileId, ModuleSummary>) -> Self {
        let mut both = Self::default();
        for (file, source) in sources.iter_enumerated() {
            if let (Some(one), Some(two)) = (self.files.get(&file), other.files.get(&file)) {
                let changed = one.changed.iter().zip(&two.changed).map(|(one, two)| *one && *two).collect();
                both.files.insert(file, Lines::of(&summaries[file], source, changed));
            }
        }
        both
    }

    /// Where a finding meets a changed line, if it does: its own place, a call of its chain, the entry, another place that it
    /// names, the line that defines a function of the chain, or a line of the module's body (an import) that a call's name
    /// comes from. The span lies in changed lines.
    #[must_use]
    pub fn met(
        &self,
        finding: &Finding,
        sources: &IndexVec<FileId, Source>,
        summaries: &IndexVec<FileId, ModuleSummary>,
    ) -> Option<(FileId, Span)> {
        if self.files.is_empty() {
            return None;
        }
        let hops = finding.chain.iter().map(|hop| (hop.file, hop.span));
        let own = std::iter::once((finding.file, finding.span)).chain(hops);
        let labels = finding.labels.iter().map(|label| (label.file, label.span));
        let places = own.chain(std::iter::once((finding.entry_file, finding.entry_span))).chain(labels);
        let mut parts = places.filter_map(|(file, span)| self.part(file, span, &sources[file]));
        let defined = || {
            finding.chain.iter().find_map(|hop| {
                let summary = &summaries[hop.file];
                let id = summary.func_at(hop.span.start);
                (id != MODULE_BODY).then(|| self.part(hop.file, summary.functions[id].name_span, &sources[hop.file]))?
            })
        };
        let named = || finding.chain.iter().find_map(|hop| self.named(hop, &sources[hop.file], &summaries[hop.file]));
        parts.next().or_else(defined).or_else(named)
    }

    /// The part of a place that is changed: all of it, or its first changed line.
    fn part(&self, file: FileId, span: Span, source: &Source) -> Option<(FileId, Span)> {
        let lines = self.files.get(&file)?;
        let (first, _) = source.line_column(span.start);
        let (last, _) = source.line_column(span.end.max(span.start + 1) - 1);
        let line = (first..=last).find(|line| lines.is_changed(*line))?;
        Some((file, if line == first { span } else { written(source, line) }))
    }

    /// The changed line of the module's body that says the name with which a call begins.
    fn named(&self, hop: &Hop, source: &Source, summary: &ModuleSummary) -> Option<(FileId, Span)> {
        let lines = self.files.get(&hop.file).filter(|lines| !lines.names.is_empty())?;
        let call = summary.calls.iter().find(|call| call.span == hop.span)?;
        let line = lines.names.get(root(summary, call.callee)?)?;
        Some((hop.file, written(source, *line)))
    }
}

impl Lines {
    fn of(summary: &ModuleSummary, source: &Source, changed: Vec<bool>) -> Self {
        let mut names = FxHashMap::default();
        // A function's span may hold its decorators or not: what stands on its first line is looked for there.
        let inner: Vec<Span> = summary.functions.iter().skip(1).map(|function| function.span).collect();
        for (at, _) in changed.iter().enumerate().filter(|(_, changed)| **changed) {
            let span = written(source, at + 1);
            if inner.iter().any(|function| function.contains(span.start)) {
                continue;
            }
            let text = source.line_text(at + 1);
            for word in
                text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '$').filter(|word| !word.is_empty())
            {
                names.entry(word.to_owned()).or_insert(at + 1);
            }
        }
        Self { changed, names }
    }

    fn is_changed(&self, line: usize) -> bool {
        self.changed.get(line - 1).copied().unwrap_or(false)
    }
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
