//! What runs in a browser, where a rejection ends no process: files, as what they use and who imports them tells, and functions that are
//! sent to a page.

use super::graph::{Graph, functions, moved};
use super::modules::Resolved;
use super::{At, FuncAt, Input, Solution};
use crate::base::{FileId, Name};
use crate::facts::ContextKind;
use crate::ir::{Export, Expr, ModuleSummary};
use oxc_index::{IndexVec, index_vec};
use rustc_hash::FxHashSet;

/// What a file says of where it runs.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
struct File {
    imports: Vec<FileId>,
    importers: Vec<FileId>,
    /// It uses what only a browser has.
    shows: bool,
    /// It does, asks whether there is such a thing, and imports nothing.
    whole: bool,
    /// It uses what no browser has, or imports a file that does.
    server: bool,
    /// A server loads it, or may.
    loaded: bool,
    /// A test's runner loads it, whatever it tests.
    test: bool,
    client: bool,
    /// Importers that are neither clients nor tests.
    others: usize,
}

/// All files of the run that do.
pub(super) fn files(input: Input<'_>) -> FxHashSet<FileId> {
    let mut files: IndexVec<FileId, File> = input.summaries.indices().map(|file| read(input, file)).collect();
    for at in input.summaries.indices() {
        for to in files[at].imports.clone() {
            files[to].importers.push(at);
            files[to].others += usize::from(!files[at].test);
        }
    }
    // What imports nothing, is imported by nothing and is not what the package gives is written for a page's `<script>`.
    let mains = input.modules.mains();
    for (at, file) in files.iter_mut_enumerated().filter(|(_, file)| file.whole && file.importers.is_empty()) {
        file.shows |= !mains.contains(&at);
    }
    // No browser loads what imports a server's library, through however many files.
    let servers = files.indices().filter(|file| files[*file].server).collect();
    let servers = reach(&files, servers, |file| &file.importers);
    // What such a file imports runs on the server, whoever else imports it; tests load both kinds.
    let loading = files.indices().filter(|file| !files[*file].test && (servers[*file] || files[*file].loaded)).collect();
    let loaded = reach(&files, loading, |file| &file.imports);
    for ((file, server), loaded) in files.iter_mut().zip(servers).zip(loaded) {
        (file.server, file.loaded) = (server, loaded);
    }
    spread(input, &mut files);
    files.iter_enumerated().filter(|(_, file)| file.client).map(|(id, _)| id).collect()
}

/// Functions whose text a call sends to a browser's page, `page.evaluate(() => ...)`, and those written in them.
pub(super) fn sent(solution: &Solution<'_>, graph: &Graph) -> FxHashSet<FuncAt> {
    let input = solution.input;
    let mut sent: FxHashSet<FuncAt> = FxHashSet::default();
    for external in &graph.externals {
        let boundary = input.facts_of(external.call.file).boundary(external.path);
        if let Some(boundary) = boundary.filter(|boundary| boundary.client) {
            for arg in moved(solution, external, boundary.which) {
                sent.extend(functions(solution, At { file: external.call.file, id: arg.value }));
            }
        }
    }
    let files: std::collections::BTreeSet<FileId> = sent.iter().map(|func| func.file).collect();
    for file in files {
        // A function comes after the one that it is written in.
        for (id, function) in input.summaries[file].functions.iter_enumerated() {
            if function.parent.is_some_and(|id| sent.contains(&At { file, id })) {
                sent.insert(At { file, id });
            }
        }
    }
    sent
}

/// From files that show it to those that import them, and to those that nothing but such files imports.
fn spread(input: Input<'_>, files: &mut IndexVec<FileId, File>) {
    let directive = |file: FileId| input.summaries[file].is_client;
    let seeds = files.iter_enumerated().filter(|(id, file)| directive(*id) || (file.shows && !file.server));
    let mut pending: Vec<FileId> = seeds.map(|(id, _)| id).collect();
    while let Some(at) = pending.pop() {
        if files[at].test || std::mem::replace(&mut files[at].client, true) {
            continue;
        }
        // The directive marks where a server's code ends: what imports the file may be that.
        if !directive(at) {
            pending.extend(files[at].importers.iter().filter(|from| !files[**from].server && !files[**from].loaded));
        }
        for to in files[at].imports.clone() {
            files[to].others -= 1;
            if files[to].others == 0 && !files[to].server {
                pending.push(to);
            }
        }
    }
}

/// Everything that is reached from some files.
fn reach(files: &IndexVec<FileId, File>, mut pending: Vec<FileId>, next: impl Fn(&File) -> &Vec<FileId>) -> IndexVec<FileId, bool> {
    let mut seen: IndexVec<FileId, bool> = index_vec![false; files.len()];
    while let Some(at) = pending.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            pending.extend(next(&files[at]));
        }
    }
    seen
}

fn read(input: Input<'_>, at: FileId) -> File {
    let (summary, path) = (&input.summaries[at], input.sources[at].path.as_str());
    let mut file = File::default();
    if summary.is_python() {
        return file;
    }
    let facts = input.facts_of(at);
    for (_, entry) in facts.files.iter().filter(|(glob, _)| glob.is_match(path)) {
        file.test |= entry.synchronous == ContextKind::Test;
        file.loaded |= entry.server && entry.asynchronous == ContextKind::Loop;
    }
    let modules = modules(summary);
    for module in &modules {
        match input.modules.ecma(path, *module) {
            Resolved::File(to) if to != at => file.imports.push(to),
            Resolved::External(library) => match facts.module_of_client(&library) {
                Some(true) => file.shows = true,
                Some(false) => file.server = true,
                None => {}
            },
            Resolved::File(_) | Resolved::Folder(_) => {}
        }
    }
    file.imports.sort_unstable();
    file.imports.dedup();
    let of_client = |global: &Name| facts.global_of_client(*global) == Some(true);
    let (mut uses, mut asks) = (false, summary.asked.iter().any(of_client));
    for expr in &summary.exprs {
        match expr {
            Expr::Global(global) => match facts.global_of_client(*global) {
                Some(true) => uses = true,
                Some(false) => file.server = true,
                None => {}
            },
            // `globalThis.window` asks; `window.document` does not.
            Expr::Attr { base, name } if of_client(name) => {
                asks |= matches!(&summary.exprs[*base], Expr::Global(global) if !of_client(global));
            }
            _ => {}
        }
    }
    file.shows |= uses && !asks;
    file.whole = uses && asks && modules.is_empty();
    file
}

/// The modules that a file imports, as written, each once.
fn modules(summary: &ModuleSummary) -> Vec<Name> {
    let imported = summary.exprs.iter().filter_map(|expr| match expr {
        Expr::Module(module) | Expr::Imported { module, .. } => Some(*module),
        _ => None,
    });
    let exported = summary.exports.iter().filter_map(|export| match export {
        Export::Star { module } => Some(*module),
        Export::Named { .. } => None,
    });
    let mut modules: Vec<Name> = imported.chain(exported).collect();
    modules.sort_unstable();
    modules.dedup();
    modules
}
