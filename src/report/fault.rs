//! What is wrong in configuration, facts and baselines, for a person: file, line, caret, what to write instead.

use crate::base::written::Fault;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

/// A fault as miette sees it.
struct Told<'a> {
    fault: &'a Fault,
    source: NamedSource<String>,
    is_note: bool,
}

impl std::fmt::Debug for Told<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.fault.span {
            Some(_) => formatter.write_str(&self.fault.message),
            None => write!(formatter, "{}: {}", self.fault.path, self.fault.message),
        }
    }
}

impl std::error::Error for Told<'_> {}

impl Diagnostic for Told<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.is_note { miette::Severity::Warning } else { miette::Severity::Error })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        self.fault.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.fault.span.map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.fault.span?;
        let (start, end) = (span.start as usize, span.end as usize);
        // A table over many lines is marked on its first.
        let text = self.fault.text.get(start..end).unwrap_or("");
        let length = text.lines().next().map_or(0, str::len);
        Some(Box::new(std::iter::once(LabeledSpan::underline((start, length)))))
    }
}

/// One fault, ended by a line break; a note is something without effect.
#[must_use]
pub fn render(fault: &Fault, is_note: bool, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1).with_width(super::WIDTH);
    let told = Told { fault, source: NamedSource::new(&fault.path, fault.text.clone()), is_note };
    let mut out = String::new();
    // Writing to a string does not fail, and what was written must not be lost.
    _ = handler.render_report(&mut out, &told);
    out
}
