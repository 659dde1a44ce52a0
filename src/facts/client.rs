//! What a fact file may say of code that runs in a browser, not on a server.

use super::schema::Language;
use super::{Facts, RawFacts};
use crate::base::{Name, name};
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Deserialize;

/// What shows that a file runs in a browser, or that it does not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Client")]
pub(super) struct RawClient {
    /// `python` or `node`, where the file does not say it for all.
    pub language: Option<Language>,
    /// Globals that only a browser has: a file that uses one runs there, unless it asks whether there is such a global.
    #[serde(default)]
    pub globals: Vec<String>,
    /// Modules that work only in a browser, with those below them.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Globals that no browser has.
    #[serde(default)]
    pub server_globals: Vec<String>,
    /// Modules that no browser loads, with those below them: a file that imports one, itself or through others, runs on a server.
    #[serde(default)]
    pub server_modules: Vec<String>,
    /// Where it is documented.
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// Names that tell a browser from a server.
#[derive(Debug, Default)]
pub struct Clients {
    globals: FxHashSet<Name>,
    modules: FxHashSet<Name>,
    server_globals: FxHashSet<Name>,
    server_modules: FxHashSet<Name>,
}

impl Clients {
    pub(super) fn of(raw: &RawFacts) -> Self {
        let mut clients = Self::default();
        for one in &raw.client {
            let raw = one.value();
            clients.globals.extend(raw.globals.iter().map(|of| name(of)));
            clients.modules.extend(raw.modules.iter().map(|of| name(of)));
            clients.server_globals.extend(raw.server_globals.iter().map(|of| name(of)));
            clients.server_modules.extend(raw.server_modules.iter().map(|of| name(of)));
        }
        clients
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.globals.extend(more.globals);
        self.modules.extend(more.modules);
        self.server_globals.extend(more.server_globals);
        self.server_modules.extend(more.server_modules);
    }

    pub(super) fn len(&self) -> usize {
        self.globals.len() + self.modules.len() + self.server_globals.len() + self.server_modules.len()
    }
}

impl Facts {
    /// Whether a global shows that a file runs in a browser, or, false, that it does not.
    #[must_use]
    pub fn global_of_client(&self, global: Name) -> Option<bool> {
        let client = self.clients.globals.contains(&global);
        (client || self.clients.server_globals.contains(&global)).then_some(client)
    }

    /// Whether a library's module shows that a file runs in a browser, or, false, that it does not: the longest path that is known.
    #[must_use]
    pub fn module_of_client(&self, module: &str) -> Option<bool> {
        let mut at = module;
        loop {
            if let Some(known) = ustr::existing_ustr(at) {
                let client = self.clients.modules.contains(&known);
                if client || self.clients.server_modules.contains(&known) {
                    return Some(client);
                }
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}
