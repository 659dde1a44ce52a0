//! Text to `RawConfig`, from each of the three files that may hold it.

use super::raw::RawConfig;
use crate::base::written::{Fault, Placed, Written};
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The names of files that may hold a configuration; of several in one folder the first is used.
pub const FILES: [&str; 3] = ["loopwarden.toml", "pyproject.toml", "package.json"];

/// A configuration as read.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Its keys.
    pub raw: RawConfig,
    /// Fact files that it names.
    pub fact_files: Vec<Placed<String>>,
}

/// Whether the file holds a configuration, or should but can't be read.
#[must_use]
pub fn is_configuration(written: &Written) -> bool {
    !matches!(section(written), Ok(None))
}

/// Reads the configuration in a file; `None` where it holds none.
pub(super) fn read(written: &Written) -> Result<Option<Read>, Fault> {
    let Some(mut table) = section(written)? else { return Ok(None) };
    let fact_files = take_files(&mut table);
    let fact_files = fact_files.map(Vec::<Placed<String>>::deserialize).transpose().map_err(|error| written.misread(&error))?;
    let raw = RawConfig::deserialize(toml::Deserializer::from(table)).map_err(|error| written.misread(&error))?;
    Ok(Some(Read { raw, fact_files: fact_files.unwrap_or_default() }))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The table that holds the configuration.
fn section(written: &Written) -> Result<Option<Spanned<DeTable<'_>>>, Fault> {
    // A project file that can't be read is another tool's matter, as long as it does not speak to this one.
    let speaks = written.text.contains("loopwarden");
    match file_name(&written.path) {
        "pyproject.toml" if !speaks => Ok(None),
        "package.json" if !speaks => Ok(None),
        "pyproject.toml" => {
            let mut document = DeTable::parse(&written.text).map_err(|error| written.misread(&error))?;
            let Some(mut tool) = document.get_mut().remove("tool") else { return Ok(None) };
            let DeValue::Table(tool) = tool.get_mut() else { return Ok(None) };
            tool.remove("loopwarden").map(|found| as_table(written, found)).transpose()
        }
        "package.json" => {
            let parsed = parse_to_ast(&written.text, &CollectOptions::default(), &ParseOptions::default());
            let parsed = parsed.map_err(|error| {
                let range = error.range();
                written.fault(Some(range.start..range.end), error.kind().to_string(), None)
            })?;
            let Some(Value::Object(object)) = parsed.value else { return Ok(None) };
            let found = object.properties.into_iter().find(|property| property.name.as_str() == "loopwarden");
            found.map(|property| as_table(written, value(written, property.value)?)).transpose()
        }
        _ => DeTable::parse(&written.text).map(Some).map_err(|error| written.misread(&error)),
    }
}

fn as_table<'a>(written: &Written, found: Spanned<DeValue<'a>>) -> Result<Spanned<DeTable<'a>>, Fault> {
    let span = found.span();
    match found.into_inner() {
        DeValue::Table(table) => Ok(Spanned::new(span, table)),
        other => Err(written.fault(Some(span), format!("the configuration is a table, not a {}", other.type_str()), None)),
    }
}

/// Takes `facts = [...]` or `files` of `[facts]` out of a configuration.
fn take_files<'a>(table: &mut Spanned<DeTable<'a>>) -> Option<toml::de::ValueDeserializer<'a>> {
    use serde::de::IntoDeserializer as _;
    let table = table.get_mut();
    if table.get("facts").is_some_and(|facts| facts.get_ref().is_array()) {
        return table.remove("facts").map(Spanned::<DeValue<'_>>::into_deserializer);
    }
    match table.get_mut("facts")?.get_mut() {
        DeValue::Table(facts) => facts.remove("files").map(Spanned::<DeValue<'_>>::into_deserializer),
        _ => None,
    }
}

/// JSON as the values that TOML is read from, with their places, so that both are read by the same types.
fn value<'a>(written: &Written, json: Value<'a>) -> Result<Spanned<DeValue<'a>>, Fault> {
    let range = json.range();
    let span = range.start..range.end;
    let value = match json {
        Value::StringLit(text) => DeValue::String(text.value),
        Value::BooleanLit(literal) => DeValue::Boolean(literal.value),
        Value::NumberLit(number) => match DeValue::parse(number.value) {
            Ok(parsed) => parsed.into_inner(),
            Err(error) => return Err(written.fault(Some(span), error.message(), None)),
        },
        Value::NullKeyword(_) => {
            return Err(written.fault(Some(span), "null says nothing here", Some("leave the key out".to_owned())));
        }
        Value::Array(array) => {
            let mut out = DeArray::new();
            for element in array.elements {
                out.push(value(written, element)?);
            }
            DeValue::Array(out)
        }
        Value::Object(object) => DeValue::Table(table(written, object)?),
    };
    Ok(Spanned::new(span, value))
}

fn table<'a>(written: &Written, object: Object<'a>) -> Result<DeTable<'a>, Fault> {
    let mut out = DeTable::new();
    for property in object.properties {
        let range = property.name.range();
        let key = Spanned::new(range.start..range.end, property.name.as_str().to_owned().into());
        out.insert(key, value(written, property.value)?);
    }
    Ok(out)
}
