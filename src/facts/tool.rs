//! What a fact file may say of packages that are tools of development: they build, check or test a program, and do not serve.

use super::schema::Language;
use super::{Facts, RawFacts};
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Deserialize;

/// What shows that a package is a tool of development.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tool")]
pub(super) struct RawTool {
    /// `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Packages that it asks for as peers: what it plugs into.
    #[serde(default)]
    pub peers: Vec<String>,
    /// Packages that it depends on.
    #[serde(default)]
    pub dependencies: Vec<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Packages that show it of others.
#[derive(Debug, Default)]
pub struct Tools {
    peers: FxHashSet<String>,
    dependencies: FxHashSet<String>,
}

impl Tools {
    pub(super) fn of(raw: &RawFacts) -> Self {
        let mut tools = Self::default();
        for one in &raw.tool {
            tools.peers.extend(one.value().peers.iter().cloned());
            tools.dependencies.extend(one.value().dependencies.iter().cloned());
        }
        tools
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.peers.extend(more.peers);
        self.dependencies.extend(more.dependencies);
    }

    pub(super) fn len(&self) -> usize {
        self.peers.len() + self.dependencies.len()
    }
}

impl Facts {
    /// Whether a package that asks for these as peers and depends on those is a tool of development.
    #[must_use]
    pub fn is_tool(&self, peers: &[String], dependencies: &[String]) -> bool {
        peers.iter().any(|package| self.tools.peers.contains(package))
            || dependencies.iter().any(|package| self.tools.dependencies.contains(package))
    }
}
