//! The names of the formats, and what renders each.

use super::{Shown, concise, full, github, gitlab, json, jsonl, junit, markdown, rdjson, sarif, sonar};

/// A form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a person: source, chain, advice
    Full,
    /// One line a finding
    Concise,
    /// One document with all that is known
    Json,
    /// One object a line, as in `json`
    Jsonl,
    /// SARIF 2.1.0: code scanning, editors
    Sarif,
    /// Annotations in the log of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// reviewdog
    Rdjson,
    /// reviewdog, one diagnostic a line
    Rdjsonl,
    /// JUnit XML, a failed test a finding
    Junit,
    /// Generic issues of SonarQube
    Sonar,
    /// A comment for a review
    Markdown,
}

/// Findings in a format, with colour where it has any and it is asked for.
///
/// # Errors
/// None is expected: every part is a plain value. What the writer of the format says is passed on.
pub fn render(format: Format, shown: &Shown<'_>, colour: bool) -> Result<String, String> {
    let json = |text: Result<String, serde_json::Error>| text.map_err(|error| error.to_string());
    match format {
        Format::Full => Ok(full::render(shown, colour)),
        Format::Concise => Ok(concise::render(shown)),
        Format::Json => json(json::render(shown)),
        Format::Jsonl => json(jsonl::render(shown)),
        Format::Sarif => json(sarif::render(shown)),
        Format::Github => Ok(github::render(shown)),
        Format::Gitlab => json(gitlab::render(shown)),
        Format::Rdjson => json(rdjson::document(shown)),
        Format::Rdjsonl => json(rdjson::lines(shown)),
        Format::Junit => junit::render(shown),
        Format::Sonar => json(sonar::render(shown)),
        Format::Markdown => Ok(markdown::render(shown)),
    }
}
