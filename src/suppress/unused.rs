//! Comments that do nothing: findings of `unused-ignore`.

use super::Ignores;
use super::ignores::Ignore;
use crate::base::{FileId, Source, Span};
use crate::effects::assumed::effect;
use crate::facts::{ContextKind, Effect};
use crate::finding::{Cleared, Confidence, Finding};
use crate::ir::ModuleSummary;
use crate::ir::directive::{Reach, Request};
use crate::rules::{by_id, rule_of};
use oxc_index::IndexVec;

/// The rule's id.
const RULE: &str = "unused-ignore";

/// Adds a finding for each comment that speaks to loopwarden and does nothing. `cleared` tells what `assume` did.
pub fn add_unused(
    ignores: &mut Ignores,
    sources: &IndexVec<FileId, Source>,
    summaries: &IndexVec<FileId, ModuleSummary>,
    cleared: &[Cleared],
    findings: &mut Vec<Finding>,
) {
    let mut told = std::mem::take(&mut ignores.wrong);
    for (file, summary) in summaries.iter_enumerated().filter(|(_, summary)| !summary.comments.is_empty()) {
        let source = &sources[file];
        for directive in summary.directives(source) {
            let function = summary.defined_at(source, directive.speaks_for);
            let wrong = match (&directive.request, function) {
                (Err(message), _) => Some((message.clone(), "correct it or remove it".to_owned())),
                (Ok(Request::Ignore { .. } | Request::Silence(_)), _) => None,
                (Ok(_), None) => {
                    let help = "put it on the line of a definition or above it".to_owned();
                    Some(("no function is defined where `assume` stands".to_owned(), help))
                }
                (Ok(Request::AssumeBlocking(word)), _) => wrong_effect(word.as_deref()),
                (Ok(Request::AssumeNonblocking), Some(id)) => {
                    let held =
                        |one: &&Cleared| one.file == file && one.reason == "assumed" && summary.functions[id].span.contains(one.span.start);
                    let idle = !cleared.iter().any(|one| held(&one));
                    idle.then(|| ("nothing that this function does would block".to_owned(), "remove the comment".to_owned()))
                }
            };
            told.extend(wrong.map(|(message, help)| (file, directive.span, message, help)));
        }
    }
    let mut found: Vec<Finding> = told.into_iter().map(|(file, span, message, help)| finding(file, span, message, help)).collect();
    found.extend(idle(&ignores.all, |ignore| ignore.rule != RULE));
    // A comment may let these go too; then it is used.
    found.retain(|finding| {
        let spoken = ignores.at(sources, RULE, finding.file, finding.span);
        let keeps = spoken.is_empty();
        ignores.mark(spoken);
        keeps
    });
    found.extend(idle(&ignores.all, |ignore| ignore.rule == RULE));
    findings.extend(found);
    findings.sort_by_key(Finding::order);
}

/// One finding a comment, for those of its rules that it lets nothing go of.
fn idle(all: &[Ignore], asked: impl Fn(&Ignore) -> bool) -> Vec<Finding> {
    let mut groups: Vec<(&Ignore, Vec<String>)> = Vec::new();
    for ignore in all.iter().filter(|ignore| !ignore.used && asked(ignore)) {
        let rule = format!("`{}`", ignore.rule);
        match groups.last_mut().filter(|(first, _)| (first.file, first.span) == (ignore.file, ignore.span)) {
            Some((_, names)) => names.push(rule),
            None => groups.push((ignore, vec![rule])),
        }
    }
    let findings = groups.into_iter().map(|(ignore, names)| {
        let place = match ignore.reach {
            Reach::Line => "here",
            Reach::Function => "in this function",
            Reach::File => "in this file",
        };
        let help = match ignore.reach {
            Reach::Line => "remove it, or move it to the line of the call; `ignore-function[...]` speaks for a whole function",
            Reach::Function | Reach::File => "remove it",
        };
        finding(ignore.file, ignore.span, format!("there is no finding of {} to ignore {place}", names.join(", ")), help.to_owned())
    });
    findings.collect()
}

/// What is wrong with the word of `assume blocking`.
fn wrong_effect(word: Option<&str>) -> Option<(String, String)> {
    let words = || Effect::ALL.iter().filter(|effect| rule_of(**effect).is_some()).map(|effect| effect.word()).collect::<Vec<_>>();
    match (word, effect(word)) {
        (Some(word), None) => Some((format!("`{word}` is no effect"), crate::base::written::advice(word, &words()))),
        (_, Some(effect)) if rule_of(effect).is_none() => {
            Some((format!("no rule reports `{}`", effect.word()), format!("say one of: {}", words().join(", "))))
        }
        _ => None,
    }
}

fn finding(file: FileId, span: Span, message: String, help: String) -> Finding {
    let rule = by_id(RULE);
    Finding {
        on: ContextKind::Loop,
        rule: RULE,
        severity: rule.map_or(crate::finding::Severity::Warning, |rule| rule.severity),
        confidence: Confidence::High,
        message,
        file,
        span,
        chain: Vec::new(),
        entry: String::new(),
        entry_file: file,
        entry_span: span,
        way: Vec::new(),
        why: "the comment changes nothing; whoever reads it believes that it does".to_owned(),
        help,
        source_url: String::new(),
        more_sinks: 0,
        labels: Vec::new(),
    }
}
