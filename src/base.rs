//! Newtype indices, interned names, byte spans and sources: what every phase shares.

pub mod written;

use std::sync::OnceLock;

/// An interned string; compares in O(1) and orders by its text.
pub type Name = ustr::Ustr;

/// Interns `text`.
#[must_use]
pub fn name(text: &str) -> Name {
    ustr::ustr(text)
}

oxc_index::define_index_type! {
    /// A file of the run, in path order.
    pub struct FileId = u32;
}

/// A half-open range of byte offsets in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
    }

    /// Whether `offset` lies in the span.
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// One file's text, with its path as it is shown (relative, `/` as separator).
#[derive(Debug)]
pub struct Source {
    /// The path shown to a person and used in output.
    pub path: String,
    /// The file's content; invalid UTF-8 has been replaced.
    pub text: String,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source from its path and text.
    #[must_use]
    pub fn new(path: String, text: String) -> Self {
        Self { path, text, lines: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// The 1-based line of a byte offset, and the 1-based column in characters.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts[line - 1] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(end - start, |before| before.chars().count());
        (line, column + 1)
    }

    /// The text of a 1-based line, without its line break.
    #[must_use]
    pub fn line_text(&self, line: usize) -> &str {
        let span = self.line_span(line);
        self.text.get(span.start as usize..span.end as usize).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The bytes of a 1-based line, its line break included.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts.get(line - 1).map_or(self.text.len(), |start| *start as usize);
        let end = starts.get(line).map_or(self.text.len(), |end| *end as usize);
        Span::new(start, end)
    }

    /// How many lines the file has.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }
}
