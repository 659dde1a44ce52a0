//! What the analysis of one regular expression says, for a person.

use crate::regex::{Flavor, Growth, Sample, SyntaxError, Verdict};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};
use std::fmt::Write as _;

/// Steps that take an engine some seconds.
const LONG: u64 = 1_000_000_000;

/// A verdict in words: where the ambiguity lies in the pattern, the attack to paste, how steps grow.
#[must_use]
pub fn verdict(pattern: &str, flavor: Flavor, verdict: &Verdict, colour: bool) -> String {
    let growth = match &verdict.growth {
        Growth::Safe => return "safe: no text was found on which steps grow faster than its length\n".to_owned(),
        Growth::Unknown { why } => return format!("undecided: {why}\n"),
        Growth::Exponential => "exponential: each repeat of the attack multiplies the steps".to_owned(),
        Growth::Polynomial { degree } => {
            format!("polynomial of degree {degree}: steps grow with the text's length to the power of {degree}")
        }
    };
    let severity = if verdict.growth == Growth::Exponential { Severity::Error } else { Severity::Warning };
    let labels = verdict.places.iter().enumerate().map(|(number, place)| {
        let span = (place.span.start as usize, (place.span.end - place.span.start) as usize);
        let label = Some(place.role.to_owned());
        if number == 0 { LabeledSpan::new_primary_with_span(label, span) } else { LabeledSpan::new_with_span(label, span) }
    });
    let diagnostic = MietteDiagnostic::new(growth).with_severity(severity).with_labels(labels);
    let mut out = draw(pattern, diagnostic, colour);
    if let Some(attack) = &verdict.attack {
        let repeats = verdict.repeats_for(LONG);
        _ = writeln!(out, "  attack: {}", attack.source(flavor, &repeats.to_string()));
    }
    let measured: Vec<String> = verdict.measured.iter().rev().take(4).rev().map(said).collect();
    _ = writeln!(out, "  steps:  {}", measured.join(", "));
    out
}

/// A syntax error with its place.
#[must_use]
pub fn syntax_error(pattern: &str, error: &SyntaxError, colour: bool) -> String {
    let Some(span) = error.span else { return format!("the flags do not parse: {}\n", error.message) };
    let span = (span.start as usize, span.end.saturating_sub(span.start) as usize);
    let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), span);
    draw(pattern, MietteDiagnostic::new(format!("the pattern does not parse: {}", error.message)).with_label(label), colour)
}

fn draw(pattern: &str, diagnostic: MietteDiagnostic, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let report = Report::new(diagnostic).with_source_code(NamedSource::new("pattern", pattern.to_owned()));
    let mut out = String::new();
    // Writing to a string does not fail.
    _ = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(120).render_report(&mut out, report.as_ref());
    out
}

fn said(sample: &Sample) -> String {
    format!("{} with {}", sample.steps, super::super::report::count(sample.repeats as usize, "repeat"))
}
