//! The configuration as a person writes it. The JSON schema is made from these types.

use crate::base::written::Placed;
use crate::facts::RawFacts;
use crate::finding::{Confidence, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule's id, or the name of a group of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleName(pub String);

/// What is done with a rule's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// They are errors.
    Error,
    /// They are warnings.
    Warning,
    /// They are information.
    Info,
    /// They are left out.
    Off,
}

impl Level {
    /// The severity; `None` for off.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Off => None,
        }
    }
}

/// Which findings make the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Info,
    /// None.
    Never,
}

/// How `multiprocessing` starts a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StartMethod {
    /// A copy of the parent.
    Fork,
    /// A new interpreter.
    Spawn,
    /// A copy of a server that was started early.
    Forkserver,
}

impl StartMethod {
    /// The word by which Python calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Spawn => "spawn",
            Self::Forkserver => "forkserver",
        }
    }
}

/// What the code runs on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Target")]
pub struct RawTarget {
    /// The Python version, as `"3.12"`.
    #[schemars(with = "Option<String>")]
    pub python: Option<Placed<String>>,
    /// The free-threaded build, without a GIL.
    #[schemars(with = "Option<bool>")]
    pub free_threaded: Option<Placed<bool>>,
    /// How `multiprocessing` starts a process; the version's default where it is left out.
    pub start_method: Option<StartMethod>,
}

/// What holds for some paths only.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "PerPath")]
pub struct RawPerPath {
    /// Patterns as in `.gitignore`, relative to the configuration's folder.
    pub paths: Vec<Placed<String>>,
    /// Rules or groups that are left out there.
    #[serde(default)]
    pub ignore: Vec<Placed<RuleName>>,
    /// What is done with findings there, by rule or group.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/RuleName"}))]
    pub severity: BTreeMap<Placed<RuleName>, Level>,
}

/// The configuration of loopwarden: `loopwarden.toml`, `[tool.loopwarden]` in pyproject.toml, `"loopwarden"` in package.json.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Configuration")]
pub struct RawConfig {
    /// Report only these rules or groups.
    pub select: Option<Vec<Placed<RuleName>>>,
    /// Leave out these rules or groups.
    pub ignore: Vec<Placed<RuleName>>,
    /// What is done with findings, by rule or group.
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/RuleName"}))]
    pub severity: BTreeMap<Placed<RuleName>, Level>,
    /// What holds for some paths only. Later tables win.
    pub per_path: Vec<RawPerPath>,
    /// Files that are not analysed: patterns as in `.gitignore`, relative to the configuration's folder.
    pub exclude: Vec<Placed<String>>,
    /// Least severity that is reported.
    pub min_severity: Option<Severity>,
    /// Least confidence that is reported.
    pub min_confidence: Option<Confidence>,
    /// Least severity of a reported finding that makes the exit code 1.
    pub fail_on: Option<FailOn>,
    /// An ignore comment without `-- reason` has no effect.
    pub require_reason: Option<bool>,
    /// Rules in preview report, too, not only where `select` names them.
    pub preview: Option<bool>,
    /// What the code runs on.
    pub target: RawTarget,
    /// The repository's own facts: a list of fact files, or a table of `files` and facts.
    #[schemars(with = "FactsForm")]
    pub facts: RawFacts,
}

/// The form of `facts`, for the schema: `files` is taken out before the rest is read.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum FactsForm {
    /// Fact files, relative to the configuration's folder.
    Files(Vec<String>),
    /// Fact files and facts.
    Table(Box<FactsTable>),
}

#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
#[allow(dead_code, reason = "only its schema is used")]
struct FactsTable {
    /// Fact files, relative to the configuration's folder.
    #[serde(default)]
    files: Vec<String>,
    #[serde(flatten)]
    facts: RawFacts,
}

/// The JSON schema of a configuration. `rules` are the ids and groups that may be named.
#[must_use]
pub fn schema(rules: &[&str]) -> serde_json::Value {
    let mut schema = schemars::schema_for!(RawConfig).to_value();
    if let Some(name) = schema.pointer_mut("/$defs/RuleName").and_then(serde_json::Value::as_object_mut) {
        name.insert("enum".to_owned(), rules.into());
    }
    schema
}

/// The JSON schema of a fact file.
#[must_use]
pub fn facts_schema() -> serde_json::Value {
    schemars::schema_for!(RawFacts).to_value()
}
