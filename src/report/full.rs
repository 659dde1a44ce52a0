//! For a person: the place with its source, then the chain hop by hop, why, and what to write.

use super::{Shown, WIDTH, cause};
use crate::base::Source;
use crate::finding::{Finding, Label, Severity};
use crate::rules;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Further places of one cause that are listed.
const MORE: usize = 10;

/// A `SourceCode` that finds lines by the source's index, not by a scan from the start.
struct Indexed<'a>(&'a Source);

impl SourceCode for Indexed<'_> {
    fn read_span<'b>(&'b self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let end = span.offset() + span.len();
        if end > self.0.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (first, _) = self.0.line_column(offset(span.offset()));
        let (last, _) = self.0.line_column(offset(end));
        let from = first.saturating_sub(before).max(1);
        let to = (last + after).min(self.0.line_count());
        let (start, stop) = (self.0.line_span(from).start as usize, self.0.line_span(to).end as usize);
        let data = self.0.text.as_bytes().get(start..stop).ok_or(MietteError::OutOfBounds)?;
        let (_, column) = self.0.line_column(offset(span.offset()));
        let column = if from == first { column - 1 } else { 0 };
        let path = self.0.path.clone();
        Ok(Box::new(MietteSpanContents::new_named(path, data, (start, stop - start).into(), from - 1, column, to + 1 - from)))
    }
}

/// One finding as miette sees it: header, snippet, labels. The chain follows in our own form.
struct Snippet<'a> {
    finding: &'a Finding,
    source: Indexed<'a>,
}

impl std::fmt::Debug for Snippet<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.finding.message)
    }
}

impl std::fmt::Display for Snippet<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.finding.message)
    }
}

impl std::error::Error for Snippet<'_> {}

impl Diagnostic for Snippet<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        Some(Box::new(self.finding.rule))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.finding.span;
        // A call over many lines is marked on its first: the rest is arguments.
        let text = self.source.0.text.get(span.start as usize..span.end as usize).unwrap_or("");
        let length = text.lines().next().map_or(0, str::len);
        let said = match self.finding.chain.len() {
            // What is wrong there is no stall.
            _ if rules::by_id(self.finding.rule).is_some_and(|rule| !rule.check.stalls()) => None,
            0 => None,
            1 => Some("this call stalls the loop".to_owned()),
            _ => Some("the loop stalls here".to_owned()),
        };
        let label = LabeledSpan::new_primary_with_span(said, (span.start as usize, length));
        let others = self.finding.labels.iter().filter(|label| is_near(self.finding, self.source.0, label)).map(labelled);
        Some(Box::new(std::iter::once(label).chain(others)))
    }
}

/// Whether a label stands among the lines that are shown of a finding anyway.
fn is_near(finding: &Finding, source: &Source, label: &Label) -> bool {
    let (first, _) = source.line_column(finding.span.start);
    let (line, _) = source.line_column(label.span.start);
    label.file == finding.file && line + 1 >= first && line <= first + 1
}

fn labelled(label: &Label) -> LabeledSpan {
    let (start, end) = (label.span.start as usize, label.span.end as usize);
    LabeledSpan::new_with_span(Some(label.text.clone()), (start, end.saturating_sub(start)))
}

/// What a finding says of places in another file.
struct Elsewhere<'a> {
    labels: Vec<&'a Label>,
    source: Indexed<'a>,
}

impl std::fmt::Debug for Elsewhere<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.source.0.path)
    }
}

impl std::fmt::Display for Elsewhere<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the pattern")
    }
}

impl std::error::Error for Elsewhere<'_> {}

impl Diagnostic for Elsewhere<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().map(|label| labelled(label))))
    }
}

/// All findings, grouped by cause, with colour if asked.
#[must_use]
pub fn render(shown: &Shown<'_>, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1).with_width(WIDTH).with_cause_chain();
    let paint = Paint(colour);
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known = FxHashMap::default();
    for finding in &shown.findings {
        let at = *known.entry(cause(finding)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    let mut out = String::new();
    for group in groups {
        one(&mut out, shown, &group, &handler, paint);
    }
    out
}

fn one(out: &mut String, shown: &Shown<'_>, group: &[&Finding], handler: &GraphicalReportHandler, paint: Paint) {
    let Some((finding, others)) = group.split_first() else { return };
    let snippet = Snippet { finding, source: Indexed(&shown.analysis.sources[finding.file]) };
    // Writing to a string does not fail, and a failed snippet must not hide the finding.
    _ = handler.render_report(out, &snippet);
    if finding.chain.len() > 1 {
        _ = writeln!(out, "  {}", paint.bold("chain:"));
        for (at, hop) in finding.chain.iter().enumerate() {
            let source = &shown.analysis.sources[hop.file];
            let (line, _) = source.line_column(hop.span.start);
            _ = writeln!(out, "    {}. {}:{line} {} calls {}", at + 1, source.path, paint.bold(&hop.caller), paint.bold(&hop.callee));
            _ = writeln!(out, "       {}", paint.dim(&cut(source.line_text(line).trim())));
        }
    }
    let near = |label: &Label| is_near(finding, &shown.analysis.sources[finding.file], label);
    let elsewhere: Vec<&Label> = finding.labels.iter().filter(|label| !near(label)).collect();
    if let Some(first) = elsewhere.first() {
        let source = Indexed(&shown.analysis.sources[first.file]);
        _ = handler.render_report(out, &Elsewhere { labels: elsewhere, source });
    }
    if let Some((file, span)) = shown.anchor(finding).filter(|anchor| *anchor != (finding.file, finding.span)) {
        let source = &shown.analysis.sources[file];
        let (line, _) = source.line_column(span.start);
        _ = writeln!(out, "  {} {}", paint.bold("changed:"), shown.place(file, span));
        _ = writeln!(out, "       {}", paint.dim(&cut(source.line_text(line).trim())));
    }
    if let Some(whence) = shown.whence(finding) {
        _ = writeln!(out, "  {} {whence}", paint.bold("where:"));
    }
    _ = writeln!(out, "  {} {}", paint.bold("why:"), finding.why);
    _ = writeln!(out, "  {} {}", paint.bold("help:"), finding.help);
    if finding.more_sinks > 0 {
        _ = writeln!(
            out,
            "  {} the same call reaches {} more",
            paint.bold("also:"),
            super::count(finding.more_sinks, if finding.labels.is_empty() { "blocking call" } else { "such pattern" })
        );
    }
    if !others.is_empty() {
        let reach = if others.len() == 1 { "reaches" } else { "reach" };
        _ = writeln!(out, "  {} {} {reach} the same call:", paint.bold("also:"), super::count(others.len(), "place"));
        for other in others.iter().take(MORE) {
            let caller = other.chain.first().map_or("", |hop| hop.caller.as_str());
            _ = writeln!(out, "    {} {caller}", shown.place(other.file, other.span));
        }
        if others.len() > MORE {
            _ = writeln!(out, "    and {} more", others.len() - MORE);
        }
    }
    _ = writeln!(out, "  {} {}\n", paint.bold("rule:"), super::page_url(finding.rule));
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn bold(self, text: &str) -> String {
        if self.0 { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn dim(self, text: &str) -> String {
        if self.0 { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
