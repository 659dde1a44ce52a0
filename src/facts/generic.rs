//! What a fact file may say of generic types.

use super::schema::{Language, Paths};
use schemars::JsonSchema;
use serde::Deserialize;

/// What a generic type says of its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GenericKind {
    /// `Optional[X]`: an X.
    Transparent,
    /// `list[X]`: holds X.
    Container,
    /// `dict[K, X]`: holds X under keys.
    Mapping,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Generic")]
pub(super) struct RawGeneric {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// The type.
    pub path: Paths,
    /// What it says of its argument.
    pub kind: GenericKind,
    /// The type whose methods a container has.
    #[serde(rename = "type")]
    pub of: Option<String>,
}
