//! Import resolution: a module as written to a file of the run, or to an external path.

mod commands;
mod entry_points;
mod installed;

use crate::base::{FileId, Name, Source, name};
use crate::discover::lists_tools;
use crate::ir::Family;
use oxc_index::IndexVec;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// What an import leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A file of the run.
    File(FileId),
    /// A Python folder without `__init__.py`.
    Folder(Name),
    /// A library.
    External(Name),
}

/// The files of a run by path, with what the project files say about imports.
#[derive(Debug, Default)]
pub struct Modules {
    files: FxHashMap<String, FileId>,
    folders: rustc_hash::FxHashSet<String>,
    packages: Vec<(String, String, Vec<String>)>,
    /// Of each package.json: its folder, a specifier (the package's name and a subpath, or `#x`), and where that leads.
    subpaths: Vec<(String, String, Vec<String>)>,
    aliases: Vec<(String, String, Vec<String>)>,
    /// Of TypeScript projects that others refer to: the folder of their output, and that of its source.
    outputs: Vec<(String, String)>,
    bins: rustc_hash::FxHashSet<FileId>,
    /// Files that a package's scripts run once.
    run_once: rustc_hash::FxHashSet<FileId>,
    /// Of each package.json: its folder, and the packages that it asks for with the range of their releases.
    asked: Vec<(String, FxHashMap<String, String>)>,
    /// Of each package.json: its folder, the packages that it asks for as peers, and those that it depends on.
    needs: Vec<(String, Vec<String>, Vec<String>)>,
    /// The folders of all package.json.
    package_dirs: rustc_hash::FxHashSet<String>,
    /// Files that scripts run which start what the package is for.
    run_on: rustc_hash::FxHashSet<FileId>,
    /// Functions that Python projects install as commands.
    commands: Vec<(FileId, Name)>,
    installed: installed::Installed,
    cache: RefCell<FxHashMap<(Name, Name, bool), Resolved>>,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn join(dir: &str, rest: &str) -> String {
    let mut parts: Vec<&str> = if dir.is_empty() { Vec::new() } else { dir.split('/').collect() };
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if dir.starts_with('/') && !joined.starts_with('/') { format!("/{joined}") } else { joined }
}

/// What a pattern's `*` stands for in a specifier; nothing where the pattern has none.
fn matched<'s>(pattern: &str, specifier: &'s str) -> Option<&'s str> {
    match pattern.split_once('*') {
        Some((before, after)) => specifier.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)),
        None => (specifier == pattern).then_some(""),
    }
}

/// Longest chain of `extends` that is followed.
const DEEPEST_EXTENDS: usize = 8;

const EXTENSIONS: [&str; 9] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "d.ts"];

impl Modules {
    /// An index of the files; `projects` are package.json, tsconfig.json, pyproject.toml and the like with their text.
    #[must_use]
    pub fn new(sources: &IndexVec<FileId, Source>, projects: &[(String, String)]) -> Self {
        let mut modules = Self::default();
        for (file, source) in sources.iter_enumerated() {
            let path = source.path.as_str();
            modules.files.insert(path.to_owned(), file);
            let mut dir = parent(path);
            while !dir.is_empty() && modules.folders.insert(dir.to_owned()) {
                dir = parent(dir);
            }
        }
        let named = |path: &str, start: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with(start));
        let is_config = |path: &str| named(path, "tsconfig") || named(path, "jsconfig");
        for (path, text) in projects.iter().filter(|(path, _)| named(path, "package.json")) {
            modules.add_package(parent(path), text);
        }
        for (path, text) in projects.iter().filter(|(path, _)| lists_tools(path.rsplit('/').next().unwrap_or(path))) {
            modules.add_tools(parent(path), text);
        }
        let setups = sources.iter().filter(|source| named(&source.path, "setup.py")).map(|source| (&source.path, &source.text));
        for (path, text) in projects.iter().map(|(path, text)| (path, text)).chain(setups) {
            modules.add_commands(path, text);
        }
        // These files may hold comments and trailing commas.
        let parse = |text: &str| jsonc_parser::parse_to_serde_value::<serde_json::Value>(text, &jsonc_parser::ParseOptions::default()).ok();
        let configs: FxHashMap<&str, serde_json::Value> =
            projects.iter().filter(|(path, _)| is_config(path)).filter_map(|(path, text)| Some((path.as_str(), parse(text)?))).collect();
        for (path, _) in projects.iter().filter(|(path, _)| is_config(path)) {
            modules.add_tsconfig(path, &configs);
        }
        modules.aliases.sort_by_key(|(dir, pattern, _)| std::cmp::Reverse((dir.len(), pattern.len())));
        modules
    }

    fn add_package(&mut self, dir: &str, text: &str) {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let bins = json["bin"]
            .as_str()
            .into_iter()
            .chain(json["bin"].as_object().into_iter().flat_map(|bins| bins.values().filter_map(|bin| bin.as_str())));
        // Where what is built is left out, the program is what it is built of: `build/cli.cjs` of `src/cli.ts`, or of `cli.js`.
        let source = |bin: &str| {
            let (_, rest) = bin.trim_start_matches("./").split_once('/')?;
            ["src/", ""].iter().find_map(|root| self.ecma_path(&join(dir, &format!("{root}{rest}")), 0))
        };
        let bins: Vec<FileId> = bins.filter_map(|bin| self.ecma_path(&join(dir, bin), 0).or_else(|| source(bin))).collect();
        self.bins.extend(bins);
        let installs = json["bin"].is_string() || json["bin"].is_object();
        // A package.json without a name only tells how the modules below are written.
        if installs || json["name"].is_string() {
            self.installed.add(Family::Ecma, dir, installs);
        }
        for (script, command) in json["scripts"].as_object().into_iter().flatten() {
            let files = command.as_str().into_iter().flat_map(commands::files);
            let files: Vec<FileId> = files.filter_map(|file| self.ecma_path(&join(dir, file), 0)).collect();
            let run = if commands::runs_once(script) { &mut self.run_once } else { &mut self.run_on };
            run.extend(files);
        }
        let lists = ["peerDependencies", "devDependencies", "dependencies"].into_iter().filter_map(|list| json[list].as_object());
        let asked = lists.flatten().filter_map(|(package, range)| Some((package.clone(), range.as_str()?.to_owned())));
        self.asked.push((dir.to_owned(), asked.collect()));
        let named = |list: &str| json[list].as_object().into_iter().flat_map(serde_json::Map::keys).cloned().collect();
        self.needs.push((dir.to_owned(), named("peerDependencies"), named("dependencies")));
        self.package_dirs.insert(dir.to_owned());
        for (specifier, target) in json["imports"].as_object().into_iter().flatten() {
            self.add_subpath(dir, specifier.clone(), target);
        }
        let Some(package) = json["name"].as_str() else { return };
        let mut mains: Vec<String> = ["main", "module", "types"].iter().filter_map(|key| json[*key].as_str()).map(str::to_owned).collect();
        let exported = &json["exports"];
        let root = if exported["."].is_null() { exported } else { &exported["."] };
        mains.extend(
            root.as_str()
                .into_iter()
                .chain(["import", "default", "require", "node"].iter().filter_map(|key| root[*key].as_str()))
                .map(str::to_owned),
        );
        for (subpath, target) in exported.as_object().into_iter().flatten() {
            if let Some(rest) = subpath.strip_prefix("./") {
                self.add_subpath(dir, format!("{package}/{rest}"), target);
            }
        }
        mains.extend(["src/index".to_owned(), "index".to_owned(), "lib/index".to_owned()]);
        self.packages.push((package.to_owned(), dir.to_owned(), mains));
    }

    /// What a workspace's tool runs in a process of its own: executors, generators, builders, schematics.
    fn add_tools(&mut self, dir: &str, text: &str) {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let files: Vec<FileId> = commands::tools(&json).filter_map(|file| self.ecma_path(&join(dir, file), 0)).collect();
        self.run_once.extend(files);
    }

    /// Takes what a project file says of commands: pyproject.toml, setup.cfg, setup.py, an installed package's `entry_points.txt`.
    fn add_commands(&mut self, path: &str, text: &str) {
        let (dir, file_name) = (parent(path), path.rsplit('/').next().unwrap_or(path));
        let commands = entry_points::read(file_name, text);
        // What is installed says it in a folder beside the package.
        let is_installed = dir.ends_with(".dist-info") || dir.ends_with(".egg-info");
        let root = if is_installed { parent(dir) } else { dir };
        if is_installed {
            for (module, _) in &commands {
                self.installed.add(Family::Python, &join(root, module.split('.').next().unwrap_or(module)), true);
            }
        } else if !commands.is_empty() || entry_points::is_project(file_name, text) {
            self.installed.add(Family::Python, root, !commands.is_empty());
        }
        for (module, function) in commands {
            let found = [root.to_owned(), join(root, "src")].into_iter().find_map(|base| match self.python_in(&base, &module) {
                Some(Resolved::File(file)) => Some(file),
                _ => None,
            });
            self.commands.extend(found.map(|file| (file, name(&function))));
        }
    }

    /// `"./x": "./lib/x.js"`, with conditions or without.
    fn add_subpath(&mut self, dir: &str, specifier: String, target: &serde_json::Value) {
        let (mut targets, mut pending) = (Vec::new(), vec![target]);
        while let Some(target) = pending.pop() {
            match target {
                serde_json::Value::String(path) => targets.push(join(dir, path)),
                serde_json::Value::Object(conditions) => {
                    // Types come last: they run nothing.
                    pending.extend(conditions.iter().filter(|(condition, _)| *condition == "types").map(|(_, target)| target));
                    pending.extend(conditions.iter().filter(|(condition, _)| *condition != "types").map(|(_, target)| target));
                }
                serde_json::Value::Array(choices) => pending.extend(choices.iter().rev()),
                _ => {}
            }
        }
        self.subpaths.push((dir.to_owned(), specifier, targets));
    }

    fn add_tsconfig(&mut self, path: &str, configs: &FxHashMap<&str, serde_json::Value>) {
        // Options are inherited one by one; each is relative to the file that gives it.
        let (mut at, mut base, mut paths) = (path.to_owned(), None, None);
        for _ in 0..DEEPEST_EXTENDS {
            let Some(json) = configs.get(at.as_str()) else { break };
            let (dir, options) = (parent(&at), &json["compilerOptions"]);
            if let (None, Some(given)) = (&base, options["baseUrl"].as_str()) {
                base = Some(join(dir, given));
            }
            if let (None, Some(given)) = (&paths, options["paths"].as_object()) {
                paths = Some((dir.to_owned(), given.clone()));
            }
            let Some(extends) = json["extends"].as_str().filter(|extends| extends.starts_with('.')) else { break };
            let next = join(dir, extends);
            at = if configs.contains_key(next.as_str()) { next } else { format!("{next}.json") };
        }
        let dir = parent(path);
        // What a referring project imports from the output, is here in the source.
        let options = configs.get(path).map(|json| &json["compilerOptions"]);
        if let Some(out) = options.and_then(|options| options["outDir"].as_str()) {
            let root = options.and_then(|options| options["rootDir"].as_str()).unwrap_or("src");
            self.outputs.push((join(dir, out), join(dir, root)));
        }
        for (pattern, targets) in paths.iter().flat_map(|(_, paths)| paths) {
            let from = base.as_deref().or(paths.as_ref().map(|(dir, _)| dir.as_str())).unwrap_or(dir);
            let targets = targets.as_array().into_iter().flatten().filter_map(|target| target.as_str()).map(|target| join(from, target));
            self.aliases.push((dir.to_owned(), pattern.clone(), targets.collect()));
        }
        if let Some(base) = base {
            self.aliases.push((dir.to_owned(), "*".to_owned(), vec![join(&base, "*")]));
        }
    }

    /// The least major release of a package that the nearest package.json above a file which asks for it allows: 4 for `^4.17.0`.
    #[must_use]
    pub fn major(&self, from: &str, package: &str) -> Option<u32> {
        let holds = |dir: &str| dir.is_empty() || from.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        let asking = self.asked.iter().filter(|(dir, asked)| holds(dir) && asked.contains_key(package));
        let (_, asked) = asking.max_by_key(|(dir, _)| dir.len())?;
        let digits = asked.get(package)?.trim_start_matches(['^', '~', '=', '>', 'v', ' ']);
        digits.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    }

    /// The folders of package.json above a file, the nearest first, and the run's own, which has an empty name.
    pub fn packages_of<'p>(&'p self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let above = std::iter::successors(Some(parent(path)), |dir| (!dir.is_empty()).then(|| parent(dir)));
        above.filter(|dir| dir.is_empty() || self.package_dirs.contains(*dir))
    }

    /// Of each package.json: its folder, the packages that it asks for as peers, and those that it depends on.
    pub fn needs(&self) -> impl Iterator<Item = (&str, &[String], &[String])> {
        self.needs.iter().map(|(dir, peers, dependencies)| (dir.as_str(), peers.as_slice(), dependencies.as_slice()))
    }

    /// Whether a package names the file as a program of its own (`bin`).
    #[must_use]
    pub fn is_bin(&self, file: FileId) -> bool {
        self.bins.contains(&file)
    }

    /// Whether a package's script starts the file as what the package is for: `npm start`.
    #[must_use]
    pub fn is_started(&self, file: FileId) -> bool {
        self.run_on.contains(&file)
    }

    /// The functions that Python projects install as commands: the file, and the name in it.
    #[must_use]
    pub fn commands(&self) -> &[(FileId, Name)] {
        &self.commands
    }

    /// Whether the project of a file installs commands: one of them may be all that runs the file's functions.
    #[must_use]
    pub fn installs_commands(&self, family: Family, path: &str) -> bool {
        self.installed.above(family, path)
    }

    /// Whether a package's scripts run the file, and none of those that start what the package is for.
    #[must_use]
    pub fn is_run_once(&self, file: FileId) -> bool {
        self.run_once.contains(&file) && !self.run_on.contains(&file)
    }

    /// Resolves a Python module name as written in the file at `from`.
    #[must_use]
    pub fn python(&self, from: &str, module: Name) -> Resolved {
        let dir = name(parent(from));
        if let Some(found) = self.cache.borrow().get(&(dir, module, true)) {
            return *found;
        }
        let found = self.python_uncached(&dir, &module);
        self.cache.borrow_mut().insert((dir, module, true), found);
        found
    }

    /// The submodule `member` of the Python folder `dir`.
    #[must_use]
    pub fn python_in(&self, dir: &str, member: &str) -> Option<Resolved> {
        let base = if member.is_empty() {
            dir.to_owned()
        } else if dir.is_empty() {
            member.replace('.', "/")
        } else {
            format!("{dir}/{}", member.replace('.', "/"))
        };
        for candidate in [format!("{base}/__init__.py"), format!("{base}.py"), format!("{base}/__init__.pyi"), format!("{base}.pyi")] {
            if let Some(file) = self.files.get(candidate.trim_start_matches('/')).or_else(|| self.files.get(&candidate)) {
                return Some(Resolved::File(*file));
            }
        }
        self.folders.contains(&base).then(|| Resolved::Folder(name(&base)))
    }

    fn python_uncached(&self, dir: &str, module: &str) -> Resolved {
        let relative = module.trim_start_matches('.');
        let dots = module.len() - relative.len();
        if dots > 0 {
            let mut at = dir;
            for _ in 1..dots {
                at = parent(at);
            }
            return self.python_in(at, relative).unwrap_or_else(|| Resolved::External(name(module)));
        }
        let mut root = dir;
        while !root.is_empty() && self.files.contains_key(&format!("{root}/__init__.py")) {
            root = parent(root);
        }
        let mut folder = None;
        loop {
            for base in [root.to_owned(), join(root, "src")] {
                match self.python_in(&base, module) {
                    Some(Resolved::Folder(found)) => folder = folder.or(Some(found)),
                    Some(found) => return found,
                    None => {}
                }
            }
            if root.is_empty() {
                break;
            }
            root = parent(root);
        }
        folder.map_or_else(|| Resolved::External(name(module)), Resolved::Folder)
    }

    /// Resolves an ECMAScript specifier as written in the file at `from`.
    #[must_use]
    pub fn ecma(&self, from: &str, specifier: Name) -> Resolved {
        let dir = name(parent(from));
        if let Some(found) = self.cache.borrow().get(&(dir, specifier, false)) {
            return *found;
        }
        let found = self.ecma_uncached(&dir, &specifier);
        self.cache.borrow_mut().insert((dir, specifier, false), found);
        found
    }

    fn ecma_uncached(&self, dir: &str, specifier: &str) -> Resolved {
        let external = || Resolved::External(name(specifier.strip_prefix("node:").unwrap_or(specifier)));
        if specifier.starts_with('.') {
            return self.ecma_path(&join(dir, specifier), 0).map_or_else(external, Resolved::File);
        }
        for (at, pattern, targets) in &self.aliases {
            if !at.is_empty() && dir != at && !dir.starts_with(&format!("{at}/")) {
                continue;
            }
            if let Some(rest) = matched(pattern, specifier)
                && let Some(file) = targets.iter().find_map(|target| self.ecma_path(&target.replace('*', rest), 0))
            {
                return Resolved::File(file);
            }
        }
        for (at, pattern, targets) in &self.subpaths {
            // `#x` is a package's own.
            if specifier.starts_with('#') && !at.is_empty() && dir != at && !dir.starts_with(&format!("{at}/")) {
                continue;
            }
            if let Some(rest) = matched(pattern, specifier)
                && let Some(file) = targets.iter().find_map(|target| self.ecma_path(&target.replace('*', rest), 0))
            {
                return Resolved::File(file);
            }
        }
        for (package, at, mains) in &self.packages {
            if specifier == package {
                if let Some(file) = mains.iter().find_map(|main| self.ecma_path(&join(at, main), 0)) {
                    return Resolved::File(file);
                }
            } else if let Some(rest) = specifier.strip_prefix(package.as_str()).and_then(|rest| rest.strip_prefix('/'))
                && let Some(file) = self.ecma_path(&join(at, rest), 0).or_else(|| self.ecma_path(&join(&join(at, "src"), rest), 0))
            {
                return Resolved::File(file);
            }
        }
        external()
    }

    /// The files that the packages give who imports them by name.
    #[must_use]
    pub fn mains(&self) -> rustc_hash::FxHashSet<FileId> {
        self.packages.iter().filter_map(|(_, at, mains)| mains.iter().find_map(|main| self.ecma_path(&join(at, main), 0))).collect()
    }

    /// The file at a path; where a project's output was not built, that of its source.
    fn ecma_path(&self, path: &str, depth: usize) -> Option<FileId> {
        let source = || {
            self.outputs.iter().find_map(|(out, root)| {
                let rest = path.strip_prefix(out.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
                (out != root).then(|| self.ecma_file(&format!("{root}{rest}"), depth)).flatten()
            })
        };
        self.ecma_file(path, depth).or_else(source)
    }

    fn ecma_file(&self, path: &str, depth: usize) -> Option<FileId> {
        if let Some(file) = self.files.get(path) {
            return Some(*file);
        }
        let mut stems = vec![path.to_owned()];
        if let Some((stem, "js" | "mjs" | "cjs" | "jsx")) = path.rsplit_once('.') {
            stems.push(stem.to_owned());
        }
        let with_extension = stems.iter().flat_map(|stem| EXTENSIONS.iter().map(move |extension| format!("{stem}.{extension}")));
        if let Some(file) = with_extension.into_iter().find_map(|candidate| self.files.get(&candidate)) {
            return Some(*file);
        }
        if depth == 0 && self.folders.contains(path) {
            let main = self
                .packages
                .iter()
                .find(|(_, at, _)| at == path)
                .and_then(|(_, at, mains)| mains.iter().find_map(|main| self.ecma_path(&join(at, main), 1)));
            return main.or_else(|| self.ecma_path(&format!("{path}/index"), 1));
        }
        None
    }
}
