//! Files that people write for loopwarden: values with their place, and what is wrong with them.

use super::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use std::borrow::Cow;
use std::ops::Range;

/// Something wrong in a file that a person wrote: configuration, facts, a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as shown.
    pub path: String,
    /// Its text; empty where it could not be read.
    pub text: String,
    /// Where in it, in bytes; `None` for the file as a whole.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault of a file as a whole.
    #[must_use]
    pub fn of_file(path: &str, message: &str) -> Self {
        Self { path: path.to_owned(), text: String::new(), span: None, message: message.to_owned(), help: None }
    }
}

/// One file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// Its path, as shown.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Written {
    /// A fault in this file; `span` is in bytes.
    #[must_use]
    pub fn fault(&self, span: Option<Range<usize>>, message: impl Into<String>, help: Option<String>) -> Fault {
        let span = span.map(|span| Span::new(span.start, span.end));
        Fault { path: self.path.clone(), text: self.text.clone(), span, message: message.into(), help }
    }

    /// serde's complaint as a person needs it: the place, and the nearest known word.
    #[must_use]
    pub fn misread(&self, error: &toml::de::Error) -> Fault {
        let words: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
        let (message, help) = match (error.message(), words.split_first()) {
            (message, Some((unknown, known))) if message.starts_with("unknown field") => {
                (format!("unknown key `{unknown}`"), Some(advice(unknown, known)))
            }
            (message, Some((unknown, known))) if message.starts_with("unknown variant") => {
                (format!("unknown value `{unknown}`"), Some(advice(unknown, known)))
            }
            (message, Some((missing, _))) if message.starts_with("missing field") => (format!("the key `{missing}` is missing"), None),
            (message, _) => (wrong_type(message).unwrap_or_else(|| message.to_owned()), None),
        };
        self.fault(error.span(), message, help)
    }
}

/// serde's words for a value of another type than is wanted, in those of TOML.
fn wrong_type(message: &str) -> Option<String> {
    if message == "wanted string or table" {
        return Some("a string is wanted here".to_owned());
    }
    let (found, wanted) = message.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let wanted = match wanted {
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    let found = match found {
        "sequence" => "list",
        "map" => "table",
        other => other,
    };
    Some(format!("{wanted} is wanted here, not {found}"))
}

/// `did you mean ...?` where a word is near; else all that are known.
#[must_use]
pub fn advice(unknown: &str, known: &[&str]) -> String {
    let nearest = nearest(unknown, known.iter().copied());
    nearest.map_or_else(|| format!("known: {}", known.join(", ")), |word| format!("did you mean `{word}`?"))
}

/// The known word nearest to `unknown`, if one is near at all.
#[must_use]
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this likeness (0 to 1) a suggestion misleads; chosen by trying misspelt rule names.
    const NEAR: f64 = 0.75;
    let scored = known.map(|word| (strsim::jaro_winkler(word, unknown), word));
    scored.filter(|(score, _)| *score >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, word)| word)
}

/// A value with the bytes where it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Placed<T>(toml::Spanned<T>);

impl<T> Placed<T> {
    /// The value.
    pub fn value(&self) -> &T {
        self.0.get_ref()
    }

    /// The value itself.
    pub fn into_value(self) -> T {
        self.0.into_inner()
    }

    /// Where it stands, in bytes.
    #[must_use]
    pub fn place(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T: Ord> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl<T: Ord> Eq for Placed<T> {}

impl<T: Ord> PartialOrd for Placed<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Placed<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value().cmp(other.value())
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(rename = "select")]
        _select: Vec<Placed<String>>,
    }

    fn misread(text: &str) -> Fault {
        let written = Written { path: "a.toml".to_owned(), text: text.to_owned() };
        written.misread(&toml::from_str::<Form>(text).unwrap_err())
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_nearest() {
        let fault = misread("select = []\nslect = []\n");
        assert_eq!((fault.message.as_str(), fault.help.as_deref()), ("unknown key `slect`", Some("did you mean `select`?")));
        assert_eq!(fault.span, Some(Span { start: 12, end: 17 }));
    }

    #[test]
    fn a_far_word_gets_the_list() {
        assert_eq!(misread("select = []\nzzz = 1\n").help.as_deref(), Some("known: select"));
    }

    #[test]
    fn a_missing_key_and_a_wrong_type_are_told() {
        assert_eq!(misread("").message, "the key `select` is missing");
        assert_eq!(misread("select = 3").span, Some(Span { start: 9, end: 10 }));
    }
}
