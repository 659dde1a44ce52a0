//! Which projects install commands: what their code does may be all that a command does.

use super::parent;
use crate::ir::Family;
use rustc_hash::FxHashMap;

/// Projects of each language by folder, each with whether it installs commands.
#[derive(Debug, Default)]
pub struct Installed(FxHashMap<Family, FxHashMap<String, bool>>);

impl Installed {
    /// Takes what one project file in `dir` says; another file there may say more.
    pub fn add(&mut self, family: Family, dir: &str, commands: bool) {
        *self.0.entry(family).or_default().entry(dir.to_owned()).or_default() |= commands;
    }

    /// Whether the nearest project above a file installs commands. A folder stands for the module of its name, too.
    #[must_use]
    pub fn above(&self, family: Family, path: &str) -> bool {
        let Some(projects) = self.0.get(&family) else { return false };
        let module = path.rsplit_once('.').map_or(path, |(module, _)| module);
        let above = std::iter::successors(Some(module), |dir| (!dir.is_empty()).then(|| parent(dir)));
        above.into_iter().find_map(|dir| projects.get(dir).copied()).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Installed;
    use crate::ir::Family::{Ecma, Python};

    #[test]
    fn the_nearest_project_tells() {
        let mut installed = Installed::default();
        installed.add(Python, "", true);
        installed.add(Python, "libs/a", false);
        installed.add(Ecma, "web", true);
        installed.add(Python, "single", true);
        assert!(installed.above(Python, "src/main.py") && !installed.above(Python, "libs/a/src/x.py"));
        assert!(installed.above(Ecma, "web/src/x.ts") && !installed.above(Ecma, "x.ts"));
        let mut installed = Installed::default();
        installed.add(Python, "single", false);
        installed.add(Python, "single", true);
        assert!(installed.above(Python, "single.py") && !installed.above(Python, "other.py"));
    }
}
