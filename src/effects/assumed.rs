//! What comments at function definitions say of them: `assume nonblocking`, `assume blocking`.

use crate::base::{Name, name};
use crate::facts::{CallFact, Caution, Effect, Instead, Weight};
use crate::ir::directive::Request;
use crate::link::{At, FuncAt, Input};
use rustc_hash::{FxHashMap, FxHashSet};

/// Marks the path of a function that is assumed to block: no library has it.
const MARK: &str = "assumed:";

/// What is assumed of functions.
#[derive(Debug, Default)]
pub struct Assumed {
    /// Functions that have no effect, whatever they call.
    pub nonblocking: FxHashSet<FuncAt>,
    /// Functions whose call is itself a fact, with the path of that fact.
    pub blocking: FxHashMap<FuncAt, Name>,
    facts: FxHashMap<Name, CallFact>,
}

impl Assumed {
    /// Reads the comments of all files.
    pub(super) fn read(input: Input<'_>) -> Self {
        let mut assumed = Self::default();
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| !summary.comments.is_empty()) {
            let source = &input.sources[file];
            for directive in summary.directives(source) {
                let effect = match &directive.request {
                    Ok(Request::AssumeNonblocking) => None,
                    Ok(Request::AssumeBlocking(word)) => match effect(word.as_deref()) {
                        Some(effect) => Some(effect),
                        None => continue,
                    },
                    _ => continue,
                };
                let Some(id) = summary.defined_at(source, directive.speaks_for) else { continue };
                let Some(effect) = effect else {
                    assumed.nonblocking.insert(At { file, id });
                    continue;
                };
                let function = summary.func_name(id);
                let path = name(&format!("{MARK}{}:{function}", source.path));
                let because = directive.reason.map_or_else(String::new, |reason| format!(": {reason}"));
                let fact = CallFact {
                    effect,
                    weight: Weight::Heavy,
                    gil: None,
                    property: false,
                    lazy: false,
                    kept: false,
                    unless: Vec::new(),
                    in_memory: None,
                    light_when: Vec::new(),
                    grows: None,
                    again: false,
                    by_hand: false,
                    does: None,
                    instead: Instead::default(),
                    cases: Vec::new(),
                    caution: Caution::default(),
                    why: format!("a comment at its definition says that `{function}` blocks{because}"),
                    source: source.path.clone(),
                };
                assumed.facts.insert(path, fact);
                assumed.blocking.insert(At { file, id }, path);
            }
        }
        assumed
    }

    /// The fact at the path of a function that is assumed to block.
    #[must_use]
    pub fn fact(&self, path: Name) -> Option<&CallFact> {
        self.facts.get(&path)
    }
}

/// The effect of `assume blocking`: what the word says, else a wait.
#[must_use]
pub fn effect(word: Option<&str>) -> Option<Effect> {
    match word {
        None => Some(Effect::Wait),
        Some(word) => Effect::ALL.into_iter().find(|effect| effect.word() == word && *effect != Effect::Regex),
    }
}

/// The function's name in the path of one that is assumed to block.
pub(super) fn function_of(path: &str) -> Option<&str> {
    path.strip_prefix(MARK)?.rsplit_once(':').map(|(_, function)| function)
}
