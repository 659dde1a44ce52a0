//! The analysis in words: what is known of one line, and the intermediate results whole.

pub mod pattern;

use crate::base::{FileId, Span};
use crate::facts::{ContextKind, Effect, Weight};
use crate::finding::Finding;
use crate::link::graph::{EdgeKind, Outcome};
use crate::link::{At, FuncAt};
use crate::pipeline::Analysis;
use std::fmt::Write as _;

const CONTEXTS: [ContextKind; 6] =
    [ContextKind::Loop, ContextKind::Thread, ContextKind::Process, ContextKind::Startup, ContextKind::Script, ContextKind::Test];

fn place(analysis: &Analysis, file: FileId, span: Span) -> String {
    let (line, column) = analysis.sources[file].line_column(span.start);
    format!("{}:{line}:{column}", analysis.sources[file].path)
}

fn func_name(analysis: &Analysis, func: FuncAt) -> String {
    analysis.summaries[func.file].func_name(func.id)
}

/// Contexts of a function, one line each: the context and the entry that it comes from.
fn contexts_of(analysis: &Analysis, func: FuncAt) -> Vec<String> {
    let known = CONTEXTS.iter().filter_map(|kind| {
        let origin = analysis.contexts.origin(func, *kind)?;
        let from = place(analysis, origin.file, origin.span);
        Some(format!("{}: {} at {from} ({} confidence)", kind.word(), origin.label, crate::report::confidence(origin.confidence)))
    });
    known.collect()
}

fn edge_word(kind: EdgeKind) -> String {
    match kind {
        EdgeKind::Direct => "runs".to_owned(),
        EdgeKind::Later => "keeps for later".to_owned(),
        EdgeKind::OffLoop => "runs, only where no loop runs,".to_owned(),
        EdgeKind::Moved(to) => format!("moves to {}", to.word()),
    }
}

/// What is known of one line (1-based): contexts, calls with their callees, findings, what was let go.
#[must_use]
pub fn line(analysis: &Analysis, file: FileId, line: usize) -> String {
    let (source, summary) = (&analysis.sources[file], &analysis.summaries[file]);
    let span = source.line_span(line);
    let text = source.line_text(line);
    let indent = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(0);
    let func = At { file, id: summary.func_at(span.start + indent) };
    let mut out = format!("{}:{line}  {}\nin {}\n", source.path, text.trim(), func_name(analysis, func));
    let contexts = contexts_of(analysis, func);
    if contexts.is_empty() {
        out.push_str("  runs on: nothing known reaches it\n");
    }
    for context in contexts {
        _ = writeln!(out, "  runs on {context}");
    }
    for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| span.contains(call.span.start)) {
        let at = At { file, id };
        let code = source.text.get(call.span.start as usize..call.span.end as usize).unwrap_or("").lines().next().unwrap_or("");
        _ = writeln!(out, "call {code}");
        let mut known = false;
        for edge in analysis.graph.edges_of(at) {
            known = true;
            let to = place(analysis, edge.to.file, analysis.summaries[edge.to.file].functions[edge.to.id].name_span);
            _ = writeln!(out, "  {} {} ({to})", edge_word(edge.kind), func_name(analysis, edge.to));
        }
        for external in analysis.graph.externals_of(at) {
            known = true;
            let effects: Vec<String> = analysis
                .effects
                .sinks_of(at)
                .filter(|sink| sink.path == external.path)
                .map(|sink| format!("{:?}", sink.channel.0).to_lowercase())
                .collect();
            let said = if effects.is_empty() { "no fact says that it blocks".to_owned() } else { effects.join(", ") };
            _ = writeln!(out, "  library {}: {said}", external.path);
        }
        if !known {
            let why = match analysis.graph.outcomes[file][id] {
                Outcome::Known | Outcome::ByName | Outcome::Implied => "resolved: it runs nothing that is followed".to_owned(),
                Outcome::UnknownReceiver => "not resolved: the receiver's type is not known".to_owned(),
                Outcome::Unresolved(reason) => format!("not resolved: {}", reason.words()),
            };
            _ = writeln!(out, "  {why}");
        }
    }
    let touches = |finding: &&Finding| {
        let mut places = finding.chain.iter().map(|hop| (hop.file, hop.span)).chain([(finding.file, finding.span)]);
        places.any(|(at, of)| at == file && span.contains(of.start))
    };
    for finding in analysis.findings.iter().filter(touches) {
        let via = crate::report::concise::via(finding);
        let via = if via.is_empty() { via } else { format!(" (via {via})") };
        _ = writeln!(out, "finding {}[{}] {}{via}", crate::report::severity(finding.severity), finding.rule, finding.message);
    }
    for cleared in analysis.cleared.iter().filter(|one| one.file == file && span.contains(one.span.start)) {
        _ = writeln!(out, "let go: {} ({})", cleared.rule, cleared.reason);
    }
    out
}

/// Every file's summary.
#[must_use]
pub fn ir(analysis: &Analysis) -> String {
    let mut out = String::new();
    for (file, summary) in analysis.summaries.iter_enumerated() {
        _ = writeln!(out, "{}\n{summary:#?}", analysis.sources[file].path);
    }
    out
}

/// Every call and what it runs, one line each.
#[must_use]
pub fn graph(analysis: &Analysis) -> String {
    let mut out = String::new();
    for (file, summary) in analysis.summaries.iter_enumerated() {
        for (id, call) in summary.calls.iter_enumerated() {
            let at = At { file, id };
            let from = summary.func_name(call.func);
            let head = format!("{} {from}", place(analysis, file, call.span));
            for edge in analysis.graph.edges_of(at) {
                _ = writeln!(
                    out,
                    "{head} {} {}:{}",
                    edge_word(edge.kind),
                    analysis.sources[edge.to.file].path,
                    func_name(analysis, edge.to)
                );
            }
            for external in analysis.graph.externals_of(at) {
                _ = writeln!(out, "{head} calls library {}", external.path);
            }
            match analysis.graph.outcomes[file][id] {
                Outcome::Known | Outcome::Implied => {}
                Outcome::ByName => _ = writeln!(out, "{head} is resolved by name alone"),
                Outcome::UnknownReceiver => _ = writeln!(out, "{head} has a receiver of unknown type"),
                Outcome::Unresolved(reason) => _ = writeln!(out, "{head} is unresolved: {}", reason.words()),
            }
        }
    }
    out
}

/// Every function's effects with the next hop, one line each.
#[must_use]
pub fn effects(analysis: &Analysis) -> String {
    let mut out = String::new();
    for (file, summary) in analysis.summaries.iter_enumerated() {
        for (id, function) in summary.functions.iter_enumerated() {
            for effect in Effect::ALL {
                for weight in [Weight::Light, Weight::Heavy] {
                    let Some(witness) = analysis.effects.witness(At { file, id }, (effect, weight)) else { continue };
                    let next = witness.next.map_or_else(|| witness.path.to_string(), |(next, _)| func_name(analysis, next));
                    let (at, name) = (place(analysis, file, function.name_span), summary.func_name(id));
                    _ = writeln!(
                        out,
                        "{at} {name} {effect:?} {weight:?} through {next}, {} to the fact",
                        crate::report::count(witness.distance as usize, "hop")
                    );
                }
            }
        }
    }
    out
}

/// Every function's contexts, one line each.
#[must_use]
pub fn contexts(analysis: &Analysis) -> String {
    let mut out = String::new();
    for (file, summary) in analysis.summaries.iter_enumerated() {
        for (id, function) in summary.functions.iter_enumerated() {
            for context in contexts_of(analysis, At { file, id }) {
                _ = writeln!(out, "{} {} {context}", place(analysis, file, function.name_span), summary.func_name(id));
            }
        }
    }
    out
}
