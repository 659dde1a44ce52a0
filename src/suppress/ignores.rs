//! Ignore comments: what they speak for, and what they suppress.

use crate::base::{FileId, Source, Span};
use crate::config::Settings;
use crate::contexts::Contexts;
use crate::effects::Avoided;
use crate::facts::{ContextKind, Weight};
use crate::finding::{Cleared, Finding, Suppressed};
use crate::ir::ModuleSummary;
use crate::ir::directive::{Directive, Reach, Request};
use crate::ir::elsewhere;
use crate::link::graph::EdgeKind;
use crate::link::{CallAt, FuncAt};
use crate::rules::{Check, Program, by_id, rule_of};
use oxc_index::IndexVec;
use rustc_hash::FxHashMap;

/// One rule that one comment ignores.
#[derive(Debug)]
pub(super) struct Ignore {
    pub rule: &'static str,
    pub file: FileId,
    /// The comment.
    pub span: Span,
    pub reach: Reach,
    pub reason: Option<String>,
    pub used: bool,
}

/// All ignore comments of a run.
#[derive(Debug, Default)]
pub struct Ignores {
    pub(super) all: Vec<Ignore>,
    by_line: FxHashMap<(FileId, usize), Vec<usize>>,
    /// Comments for a function or a file: the bytes that they speak for.
    by_span: FxHashMap<FileId, Vec<(Span, usize)>>,
    /// Comments that can't be followed: file, place, what is wrong, what to write.
    pub(super) wrong: Vec<(FileId, Span, String, String)>,
}

impl Ignores {
    /// Reads the comments of all files.
    #[must_use]
    pub fn read(sources: &IndexVec<FileId, Source>, summaries: &IndexVec<FileId, ModuleSummary>, settings: &Settings) -> Self {
        let mut ignores = Self::default();
        for (file, summary) in summaries.iter_enumerated().filter(|(_, summary)| !summary.comments.is_empty()) {
            for directive in summary.directives(&sources[file]) {
                ignores.add(file, &sources[file], summary, directive, settings);
            }
        }
        ignores
    }

    fn add(&mut self, file: FileId, source: &Source, summary: &ModuleSummary, directive: Directive, settings: &Settings) {
        let (reach, rules) = match directive.request {
            Ok(Request::Ignore { reach, rules }) => (reach, rules),
            Ok(Request::Silence(codes)) => return self.silence(file, directive.span, directive.speaks_for, &codes),
            _ => return,
        };
        let mut wrong = |message: String, help: String| self.wrong.push((file, directive.span, message, help));
        if settings.require_reason && directive.reason.is_none() {
            let help = "end it with `-- ` and why the finding may stay, or remove it".to_owned();
            return wrong("this comment gives no reason, so it is not followed".to_owned(), help);
        }
        let spoken_for = match reach {
            Reach::Line => None,
            Reach::File => Some(Span::new(0, source.text.len())),
            Reach::Function => {
                let Some(id) = summary.defined_at(source, directive.speaks_for) else {
                    let help = "put it on the line of a definition or above it; `ignore[...]` speaks for a line".to_owned();
                    return wrong("no function is defined where `ignore-function` stands".to_owned(), help);
                };
                Some(summary.functions[id].span)
            }
        };
        for asked in rules {
            let Some(rule) = by_id(&asked) else {
                let kinds = crate::rules::kinds();
                let help = crate::config::unknown_rule(&kinds, &asked);
                let help = help.unwrap_or_else(|| "name its rules: a group can't be ignored by a comment".to_owned());
                self.wrong.push((file, directive.span, format!("there is no rule `{asked}` to ignore"), help));
                continue;
            };
            let at = self.all.len();
            let reason = directive.reason.clone();
            // What a rule would find that did not run, nobody knows.
            let used = matches!(rule.check, Check::Uses(_)) && !settings.may_report(rule.kind());
            self.all.push(Ignore { rule: rule.id, file, span: directive.span, reach, reason, used });
            match spoken_for {
                Some(span) => self.by_span.entry(file).or_default().push((span, at)),
                None => self.by_line.entry((file, directive.speaks_for)).or_default().push(at),
            }
        }
    }

    /// Lets go what another linter has been told to let go. Whether that linter still needs the comment is not asked here.
    fn silence(&mut self, file: FileId, span: Span, line: usize, codes: &[String]) {
        for rule in codes.iter().flat_map(|code| elsewhere::same(code)) {
            self.by_line.entry((file, line)).or_default().push(self.all.len());
            self.all.push(Ignore { rule, file, span, reach: Reach::Line, reason: None, used: true });
        }
    }

    /// Whether there is nothing to ignore.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The comments that let a rule's call at a place go. A call over several lines is spoken for on its first and its last.
    pub(super) fn at(&self, sources: &IndexVec<FileId, Source>, rule: &str, file: FileId, span: Span) -> Vec<usize> {
        let (first, _) = sources[file].line_column(span.start);
        let (last, _) = sources[file].line_column(span.end.max(span.start + 1) - 1);
        let lines = [Some(first), Some(last).filter(|last| *last != first)].into_iter().flatten();
        let by_line = lines.flat_map(|line| self.by_line.get(&(file, line)).into_iter().flatten().copied());
        let held = self.by_span.get(&file).into_iter().flatten().filter(|(of, _)| of.contains(span.start)).map(|(_, at)| *at);
        by_line.chain(held).filter(|at| self.all[*at].rule == rule).collect()
    }

    /// Notes that these comments did something.
    pub(super) fn mark(&mut self, used: Vec<usize>) {
        for at in used {
            self.all[at].used = true;
        }
    }

    fn speaks_in(&self, file: FileId) -> bool {
        self.all.iter().any(|ignore| ignore.file == file)
    }

    /// The calls with an effect at which a comment lets the effect's rule go. A comment at a call that runs on a loop is used,
    /// also where no finding tells of just this way.
    #[must_use]
    pub fn met(&mut self, program: &Program<'_, '_>) -> Avoided {
        let files: Vec<bool> = program.input.sources.iter_enumerated().map(|(file, _)| self.speaks_in(file)).collect();
        let speaks = |call: CallAt| files.get(call.file.index()).copied().unwrap_or(false);
        let mut met = Vec::new();
        for sink in program.effects.sinks.iter().filter(|sink| sink.harmless.is_none() && speaks(sink.call)) {
            met.push((sink.call, sink.from, sink.channel.0));
        }
        for edge in program.graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Direct && speaks(edge.call)) {
            for effect in program.effects.of(edge.to) {
                let reaches = |weight| program.reaches(edge, (*effect, weight));
                if reaches(Weight::Heavy) || reaches(Weight::Light) {
                    met.push((edge.call, edge.from, *effect));
                }
            }
        }
        let mut avoided = Avoided::default();
        for (call, from, effect) in met {
            let Some(rule) = rule_of(effect) else { continue };
            let span = program.input.summaries[call.file].calls[call.id].span;
            let spoken = self.at(program.input.sources, rule, call.file, span);
            if spoken.is_empty() {
                continue;
            }
            avoided.insert((call, effect));
            if on_loop(program.contexts, from) {
                self.mark(spoken);
            }
        }
        avoided
    }

    /// Takes out the findings whose chain a comment speaks for. Where the same call reaches something else that nobody ignores,
    /// that is told instead: `otherwise` gives the findings without the ignored calls.
    pub fn apply(
        &mut self,
        sources: &IndexVec<FileId, Source>,
        findings: &mut Vec<Finding>,
        cleared: &mut Vec<Cleared>,
        otherwise: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Suppressed> {
        let (mut kept, mut suppressed) = (Vec::new(), Vec::new());
        for finding in std::mem::take(findings) {
            let (spoken, places) = self.touched(sources, &finding);
            let Some(first) = spoken.first() else {
                kept.push(finding);
                continue;
            };
            let reason = self.all[*first].reason.clone();
            self.mark(spoken);
            for (file, span) in places.into_iter().chain([(finding.file, finding.span)]) {
                cleared.push(Cleared { rule: finding.rule, file, span, reason: "ignored".to_owned() });
            }
            suppressed.push(Suppressed { finding, reason });
        }
        if !suppressed.is_empty() {
            let known: FxHashMap<_, _> = suppressed.iter().map(|one| (one.finding.order(), ())).collect();
            let others = otherwise().into_iter().filter(|finding| known.contains_key(&finding.order()));
            kept.extend(others.filter(|finding| self.touched(sources, finding).0.is_empty()));
        }
        kept.sort_by_key(Finding::order);
        cleared.sort_by_key(|one| (one.file, one.span, one.rule));
        cleared.dedup();
        *findings = kept;
        suppressed
    }

    /// The comments that speak for a finding, and the places of its chain where they do.
    fn touched(&self, sources: &IndexVec<FileId, Source>, finding: &Finding) -> (Vec<usize>, Vec<(FileId, Span)>) {
        let (mut spoken, mut places) = (Vec::new(), Vec::new());
        let hops = finding.chain.iter().map(|hop| (hop.file, hop.span));
        for (file, span) in hops.chain([(finding.file, finding.span)]) {
            let here = self.at(sources, finding.rule, file, span);
            if !here.is_empty() {
                places.push((file, span));
                spoken.extend(here);
            }
        }
        (spoken, places)
    }
}

/// Whether the function runs on a loop.
fn on_loop(contexts: &Contexts, func: FuncAt) -> bool {
    contexts.origin(func, ContextKind::Loop).is_some()
}
