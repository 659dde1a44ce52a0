//! JUnit XML as test reports of CI servers read it: a suite a file, a failed test a finding, one passed test where nothing was found.
//!
//! No one body defines the form; this is what the schema of Jenkins' xUnit plugin allows
//! (`org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd`). It knows no lines or columns: they stand in names and text, as
//! `concise` writes them.

use super::{Shown, details, page_url, sentence};
use crate::finding::Finding;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// The report.
pub(super) fn render(shown: &Shown<'_>) -> Result<String, String> {
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (all, failed) = (shown.findings.len().max(1).to_string(), shown.findings.len().to_string());
    xml.open("testsuites", &[("name", "loopwarden"), ("tests", &all), ("failures", &failed), ("errors", "0")])?;
    if shown.findings.is_empty() {
        xml.open("testsuite", &[("name", "loopwarden"), ("tests", "1"), ("failures", "0"), ("errors", "0")])?;
        xml.event(Event::Empty(start("testcase", &[("name", "nothing stalls the loop"), ("classname", "loopwarden")])))?;
        xml.close("testsuite")?;
    }
    for findings in shown.findings.chunk_by(|one, other| one.file == other.file) {
        let (path, number) = (&shown.analysis.sources[findings[0].file].path, findings.len().to_string());
        xml.open("testsuite", &[("name", path), ("tests", &number), ("failures", &number), ("errors", "0"), ("file", path)])?;
        for finding in findings {
            xml.test(shown, finding, path)?;
        }
        xml.close("testsuite")?;
    }
    xml.close("testsuites")?;
    let mut text = String::from_utf8(xml.0.into_inner()).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        self.0.write_event(event).map_err(|error| error.to_string())
    }

    fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> Result<(), String> {
        self.event(Event::Start(start(name, attributes)))
    }

    fn close(&mut self, name: &'static str) -> Result<(), String> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn test(&mut self, shown: &Shown<'_>, finding: &Finding, path: &str) -> Result<(), String> {
        let place = shown.place(finding.file, finding.span);
        self.open("testcase", &[("name", &format!("{} at {place}", finding.rule)), ("classname", path)])?;
        self.open("failure", &[("type", finding.rule), ("message", &sentence(finding))])?;
        let text = format!("{place}\n{}\nrule: {}", details(shown, finding).join("\n"), page_url(finding.rule));
        self.event(Event::Text(BytesText::new(&legal(&text))))?;
        self.close("failure")?;
        self.close("testcase")
    }
}

fn start(name: &'static str, attributes: &[(&str, &str)]) -> BytesStart<'static> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        // Readers take a line break in an attribute for a space.
        start.push_attribute((*key, legal(value).replace(['\n', '\r'], " ").as_str()));
    }
    start
}

/// The text without what XML 1.0 can't hold, not even escaped: most control characters.
fn legal(text: &str) -> String {
    let holds = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|letter| if holds(letter) { letter } else { '\u{fffd}' }).collect()
}
