//! Places as formats write them: lines, columns in their unit, URIs.

use crate::base::{Source, Span};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters.
    Characters,
    /// Code units of UTF-16: a character outside the basic plane is two.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
}

/// A range of text. Lines and columns count from 1; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
}

/// The lines and columns of a span.
#[must_use]
pub fn region(source: &Source, span: Span, unit: Unit) -> Region {
    let ((line, column), (end_line, end_column)) = (place(source, span.start, unit), place(source, span.end, unit));
    Region { line, column, end_line, end_column }
}

fn place(source: &Source, offset: u32, unit: Unit) -> (usize, usize) {
    let (line, _) = source.line_column(offset);
    let before = source.text.get(source.line_span(line).start as usize..offset as usize).unwrap_or("");
    let column = match unit {
        Unit::Characters => before.chars().count(),
        Unit::Utf16 => before.encode_utf16().count(),
        Unit::Bytes => before.len(),
    };
    (line, column + 1)
}

/// What stands for itself in a path (RFC 3986, section 3.3), `:` left out: a relative reference must not seem to have a scheme.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A relative path as a relative reference.
#[must_use]
pub fn relative_uri(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// An absolute path as a `file` URI.
#[must_use]
pub fn file_uri(path: &str) -> String {
    let path = path.trim_start_matches('/');
    // The colon of a drive stays.
    let (drive, rest) = if path.as_bytes().get(1) == Some(&b':') { path.split_at(2) } else { ("", path) };
    format!("file:///{drive}{}", relative_uri(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_in_their_unit() {
        let source = Source::new("a.js".to_owned(), "first();\r\n\t/* 😀é */ stop();\r\nlast();\r\n".to_owned());
        let at = source.text.find("stop").unwrap();
        let span = Span::new(at, at + "stop()".len());
        let of = |unit| region(&source, span, unit);
        assert_eq!(of(Unit::Characters), Region { line: 2, column: 11, end_line: 2, end_column: 17 });
        assert_eq!(of(Unit::Utf16), Region { line: 2, column: 12, end_line: 2, end_column: 18 });
        assert_eq!(of(Unit::Bytes), Region { line: 2, column: 15, end_line: 2, end_column: 21 });
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(relative_uri("a b/ü/[id]@x:1.ts"), "a%20b/%C3%BC/%5Bid%5D@x%3A1.ts");
        assert_eq!(file_uri("/srv/a b"), "file:///srv/a%20b");
        assert_eq!(file_uri("C:/a#b"), "file:///C:/a%23b");
    }
}
