//! Coroutines of Node's programs that nothing shows to run while the program serves: they load, start, build or end it, or belong to
//! one of its commands.

use super::Spread;
use super::once::closure;
use crate::base::FileId;
use crate::facts::ContextKind;
use crate::finding::Confidence;
use crate::ir::{CallKind, Const, Expr, Family, MODULE_BODY};
use crate::link::graph::{Edge, EdgeKind, External, functions};
use crate::link::{At, FuncAt};
use rustc_hash::{FxHashMap, FxHashSet};

impl Spread<'_, '_> {
    /// Sets aside the coroutines of programs in whose files no function at the top runs under an entry. What calls by
    /// names alone may run under an entry is not among them, nor what a library's decorator takes. Files with such
    /// functions are no command's alone.
    pub(super) fn set_aside(&mut self) {
        let (unserved, vouched) = self.unserved();
        self.unserved = unserved;
        self.installed.retain(|file| !vouched.contains(file));
        for origin in &mut self.contexts.origins {
            origin.of_command &= self.installed.contains(&origin.file);
        }
    }

    fn unserved(&self) -> (FxHashSet<FuncAt>, FxHashSet<FileId>) {
        let input = self.input;
        let is_ecma = |file: &FileId| input.summaries[*file].family == Family::Ecma;
        let packages = |file: FileId| input.modules.packages_of(&input.sources[file].path);
        let serving = self.graph.externals.iter().filter(|external| self.starts_server(external)).map(|external| external.call.file);
        let mut programs: FxHashSet<&str> = serving.filter(is_ecma).filter_map(|file| packages(file).next()).collect();
        if let Some(file) = input.summaries.indices().find(is_ecma) {
            let facts = input.facts_of(file);
            programs.extend(input.modules.needs().filter(|(_, peers, other)| facts.is_tool(peers, other)).map(|(dir, ..)| dir));
        }
        if programs.is_empty() && !self.installed.iter().any(is_ecma) {
            return Default::default();
        }
        let mut callees: FxHashMap<FuncAt, Vec<&Edge>> = FxHashMap::default();
        let named = self.named_so(|func| is_ecma(&func.file));
        for edge in self.graph.edges.iter().chain(&named) {
            callees.entry(edge.from).or_default().push(edge);
        }
        let is_decorator = |external: &&External| input.summaries[external.call.file].calls[external.call.id].kind == CallKind::Decorate;
        let decorated = self.graph.externals.iter().filter(is_decorator).flat_map(|external| {
            let args = &input.summaries[external.call.file].calls[external.call.id].args;
            args.iter().flat_map(|arg| functions(self.solution, At { file: external.call.file, id: arg.value })).collect::<Vec<_>>()
        });
        let follows = |edge: &Edge| !matches!(edge.kind, EdgeKind::Moved(_));
        let known = self.functions().filter(|func| self.is_served(*func, Confidence::High)).chain(decorated).collect();
        let mut served = closure(&callees, known, follows);
        let at_top = |func: &&FuncAt| {
            let function = input.func(**func);
            function.parent == Some(MODULE_BODY) || function.class.is_some()
        };
        // Timers and listeners vouch for nothing but what they run: commands have such, too.
        let vouched: FxHashSet<_> = served.iter().filter(at_top).map(|func| func.file).filter(is_ecma).collect();
        let others = self.functions().filter(|func| self.is_served(*func, Confidence::Medium)).collect();
        served.extend(closure(&callees, others, |edge| follows(edge) && !edge.by_name));
        let is_program = |file| self.installed.contains(&file) || packages(file).any(|dir| programs.contains(dir));
        let programs = |file: &FileId| is_ecma(file) && !vouched.contains(file) && is_program(*file);
        let files: FxHashSet<_> = input.summaries.indices().filter(programs).collect();
        let unserved = self.functions().filter(|func| files.contains(&func.file) && !served.contains(func)).collect();
        (unserved, vouched)
    }

    /// Whether a call begins to serve those who know where: not on whatever port is free, as a tunnel or a login's callback does.
    fn starts_server(&self, external: &External) -> bool {
        let summary = &self.input.summaries[external.call.file];
        let any_port = |arg: &crate::ir::Arg| matches!(summary.exprs[arg.value], Expr::Const(Const::Number(0.0)));
        self.input.facts_of(external.call.file).serves(external.path)
            && !self.tests.contains_key(&external.from)
            && !summary.calls[external.call.id].args.first().is_some_and(any_port)
    }

    /// Whether an entry that is at least so sure runs the function on the loop.
    pub(super) fn is_served(&self, func: FuncAt, least: Confidence) -> bool {
        let origin = self.contexts.origin(func, ContextKind::Loop);
        origin.is_some_and(|origin| origin.entry.is_some() && origin.confidence >= least)
    }
}
