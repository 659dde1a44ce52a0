//! The entries of a program: what facts, files' places and its own calls say is run by others than its own functions.

use super::{START_HOPS, Spread};
use crate::base::{FileId, Name, Span};
use crate::facts::{ContextKind, Entry, Facts, Registered, Which};
use crate::finding::Confidence;
use crate::ir::{Call, CallKind, Export, Expr, ExprId, FuncId, MODULE_BODY, Target};
use crate::link::graph::{EdgeKind, functions};
use crate::link::{At, FuncAt, Value, argument, first_text};
use std::sync::Arc;

impl Spread<'_, '_> {
    fn enter(&mut self, func: FuncAt, entry: &Arc<Entry>, file: FileId, span: Span) {
        let around = self.graph.wrappers.get(&func).map_or(&[][..], Vec::as_slice);
        for func in around.iter().copied().chain([func]) {
            self.enter_one(func, entry, file, span);
        }
    }

    fn enter_one(&mut self, func: FuncAt, entry: &Arc<Entry>, file: FileId, span: Span) {
        let is_async = self.input.func(func).is_async;
        let kind = if is_async { entry.asynchronous } else { entry.synchronous };
        let confidence = match (entry.alone, entry.server) {
            (true, _) => Confidence::Low,
            (false, true) if !entry.follows => Confidence::High,
            (false, _) => Confidence::Medium,
        };
        let origin = self.origin(&entry.label, file, span, confidence);
        self.contexts.origins[origin].entry = Some(entry.clone());
        self.contexts.origins[origin].clients = entry.server && !entry.internal;
        self.contexts.origins[origin].head = entry.head;
        self.contexts.origins[origin].lone = entry.follows;
        self.contexts.entered.insert(func);
        self.entries.push((func, kind, origin));
    }

    /// Entries that facts speak of: decorators, registrations, base classes, attributes, files.
    pub(super) fn by_facts(&mut self) {
        let input = self.input;
        for external in &self.graph.externals {
            let file = external.call.file;
            let call = &input.summaries[file].calls[external.call.id];
            let facts = input.facts_of(file);
            if call.kind == CallKind::Decorate {
                let path = external.path.strip_suffix("()").map_or(external.path, crate::base::name);
                for entry in facts.decorator(path) {
                    if !self.holds_at(entry, external.call) {
                        continue;
                    }
                    for func in self.handlers(file, call, Which::All, Registered::Argument) {
                        self.enter(func, entry, file, call.span);
                    }
                }
            } else {
                let first = first_text(&input.summaries[file], call);
                for entry in facts.registrations(external.path).iter().filter(|entry| entry.takes(first)) {
                    if !self.holds_at(entry, external.call) || entry.ready && self.is_done_on_loop(file, call) {
                        continue;
                    }
                    // A worker's own file: no server waits for its loop.
                    self.scripts[file] |= entry.synchronous == ContextKind::Process;
                    let run = if entry.methods.is_empty() {
                        self.handlers(file, call, entry.which, entry.registers)
                    } else {
                        self.methods(file, call, entry)
                    };
                    let given = argument(call, entry.which);
                    for func in run {
                        // What a test around the registration rules out is not registered.
                        if let [given] = given.as_slice()
                            && !self.graph.kinds.allows(self.solution, external.call, At { file, id: given.value }, func)
                        {
                            continue;
                        }
                        let first = self.contexts.origins.len();
                        self.enter(func, entry, file, call.span);
                        if entry.follows {
                            self.following.extend((first..self.contexts.origins.len()).map(|origin| (origin, external.from)));
                        }
                    }
                }
            }
        }
        let root = common_root(input.sources.iter().map(|source| source.path.as_str()));
        for (file, summary) in input.summaries.iter_enumerated() {
            let facts = input.facts_of(file);
            for (id, class) in summary.classes.iter_enumerated() {
                let lineage = self.solution.lineage(At { file, id });
                let (classes, external) = &*lineage;
                let own = classes.iter().skip(1).flat_map(|at| input.fact_names(at.file, &input.summaries[at.file].classes[at.id].name));
                let mut bases: Vec<Name> = external.iter().copied().chain(own).collect();
                let mut at = 0;
                while at < bases.len() && at < 64 {
                    bases.extend(facts.type_bases(bases[at]));
                    at += 1;
                }
                for entry in bases.iter().flat_map(|base| facts.base(*base)) {
                    for (method, func) in &class.methods {
                        if entry.takes_method(method) {
                            self.enter(At { file, id: *func }, entry, file, summary.functions[*func].name_span);
                        }
                    }
                }
            }
            for assign in &summary.assigns {
                let Target::Attr { base, name: member } = assign.target else { continue };
                if !facts.takes_entries(member) {
                    continue;
                }
                let owners = self.solution.values(At { file, id: base }).iter().filter_map(|value| match value {
                    Value::Ext(path) | Value::ExtInst(path) => Some(*path),
                    _ => None,
                });
                let entries: Vec<_> = owners.filter_map(|owner| facts.attribute(crate::base::name(&format!("{owner}.{member}")))).collect();
                for func in functions(self.solution, At { file, id: assign.value }) {
                    for entry in entries.iter().filter(|entry| self.stands_beside(entry, file)).collect::<Vec<_>>() {
                        self.enter(func, entry, func.file, input.func(func).name_span);
                    }
                }
            }
            for (matcher, entry) in &facts.files {
                if !matcher.is_match(input.sources[file].path.get(root..).unwrap_or(""))
                    || !self.holds_in(entry, file)
                    || !self.stands_beside(entry, file)
                {
                    continue;
                }
                self.scripts[file] |= entry.exports.is_empty() && entry.asynchronous == ContextKind::Script;
                for (id, function) in summary.functions.iter_enumerated() {
                    if entry.exports.is_empty() || self.is_exported(file, id, &entry.exports) {
                        self.enter(At { file, id }, entry, file, function.name_span);
                    }
                }
            }
        }
    }

    /// Whether the receiver is what the loop itself brings to an end, whatever its class: a future of a coroutine that was handed over from
    /// another thread. Its callbacks run where the coroutine does.
    fn is_done_on_loop(&self, file: FileId, call: &Call) -> bool {
        let summary = &self.input.summaries[file];
        let Expr::Attr { base, .. } = summary.exprs[call.callee] else { return false };
        let given: &[ExprId] = match &summary.exprs[base] {
            Expr::Var(var) => self.solution.assigned(file, *var),
            _ => std::slice::from_ref(&base),
        };
        let facts = self.input.facts_of(file);
        let handed = |path: Name| facts.boundary(path).is_some_and(|boundary| boundary.to == ContextKind::Loop);
        !given.is_empty()
            && given.iter().all(|id| match summary.exprs[*id] {
                Expr::Call(id) => self.graph.externals_of(At { file, id }).any(|external| handed(external.path)),
                _ => false,
            })
    }

    fn is_exported(&self, file: FileId, id: FuncId, names: &[Name]) -> bool {
        let summary = &self.input.summaries[file];
        summary.exports.iter().any(|export| match export {
            Export::Named { name, value } if names.contains(name) => {
                functions(self.solution, At { file, id: *value }).contains(&At { file, id })
            }
            _ => false,
        })
    }

    /// What the module bodies, main guards, workers and commands of the program run, and what is moved to other threads.
    pub(super) fn by_place(&mut self) {
        let input = self.input;
        for file in input.summaries.indices() {
            let is_script = self.scripts[file];
            let kind = if is_script { ContextKind::Script } else { ContextKind::Startup };
            let origin = self.origin(if is_script { "script" } else { "module body" }, file, Span::default(), Confidence::High);
            self.entries.push((At { file, id: MODULE_BODY }, kind, origin));
        }
        for (file, span) in self.worker_files() {
            let origin = self.origin("worker file", file, span, Confidence::High);
            let exported = input.summaries[file].exports.iter().filter_map(|export| match export {
                Export::Named { value, .. } => Some(*value),
                Export::Star { .. } => None,
            });
            let run: Vec<FuncAt> = exported.flat_map(|id| functions(self.solution, At { file, id })).collect();
            self.entries.extend(run.into_iter().map(|func| (func, ContextKind::Process, origin)));
        }
        for (func, call) in self.served() {
            let span = input.summaries[call.file].calls[call.id].span;
            let origin = self.origin("given to the server", call.file, span, Confidence::High);
            self.entries.push((func, ContextKind::Startup, origin));
        }
        for (file, function) in input.modules.commands() {
            let span = input.summaries[*file].functions[MODULE_BODY].name_span;
            let origin = self.origin("command of the package", *file, span, Confidence::High);
            let run = self.solution.member_values(*file, *function).unwrap_or_default();
            let run: Vec<FuncAt> = run.into_iter().flat_map(|at| functions(self.solution, at)).collect();
            self.entries.extend(run.into_iter().map(|func| (func, ContextKind::Script, origin)));
        }
        for func in self.leading_to(START_HOPS, Facts::serves, |edge| edge.kind == EdgeKind::Direct && edge.offset.is_some()) {
            let function = input.func(func);
            if function.is_async {
                let origin = self.origin("starts the server", func.file, function.name_span, Confidence::High);
                self.entries.push((func, ContextKind::Startup, origin));
            }
        }
        for edge in self.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct) {
            let call = &input.summaries[edge.call.file].calls[edge.call.id];
            if call.main_guard && !input.func(edge.to).is_async {
                let origin = self.origin("main guard", edge.call.file, call.span, Confidence::High);
                self.entries.push((edge.to, ContextKind::Script, origin));
            }
        }
        let driven = self.driven();
        for edge in &self.graph.edges {
            if let EdgeKind::Moved(kind) = edge.kind {
                let span = input.summaries[edge.call.file].calls[edge.call.id].span;
                if kind == ContextKind::Loop {
                    let origin = self.origin("coroutine run by this program", edge.call.file, span, Confidence::Low);
                    // A coroutine on a loop of its own belongs to whoever begins it: see `settle_once`.
                    if !(input.func(edge.to).is_async && driven.contains(&edge.call)) {
                        self.script_loops.push((edge.from, edge.to, origin));
                    }
                } else {
                    let origin = self.origin("offloaded", edge.call.file, span, Confidence::High);
                    self.entries.push((edge.to, kind, origin));
                }
            }
        }
    }
}

/// The length of the folder path that all paths share: globs speak of what lies below it.
fn common_root<'p>(mut paths: impl Iterator<Item = &'p str>) -> usize {
    let Some(first) = paths.next() else { return 0 };
    let mut shared = first.rfind('/').map_or(0, |at| at + 1);
    for path in paths {
        while shared > 0 && !path.starts_with(&first[..shared]) {
            shared = first[..shared - 1].rfind('/').map_or(0, |at| at + 1);
        }
    }
    shared
}
