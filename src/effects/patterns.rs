//! Regular expressions where they are applied: their text, found through names and files, and what is known of each.

use super::grown::{Grown, Work};
use super::sizes::{Sizes, operand_of};
use crate::base::{FileId, Name};
use crate::facts::{Applies, Given, Operand, Regex, Weight};
use crate::ir::{CallKind, Expr, Family, ModuleSummary, VarId};
use crate::lang::literal::{self, Written};
use crate::link::graph::Graph;
use crate::link::{At, CallAt, ExprAt, FuncAt, Input, Solution, Value};
use crate::regex::{self, Apply, Budget, Flavor, Growth, Verdict, Why};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Calls that are followed from a pattern to its text: `re.compile(re.compile("x"))`.
const DEEPEST: usize = 3;

/// Steps that take an engine some tenths of a second.
const STEPS: f64 = 1e7;

/// A pattern as it is written, and how it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    flags: String,
    flavor: Flavor,
    apply: Apply,
}

/// A pattern that takes long on some texts.
#[derive(Debug)]
pub struct Pattern {
    /// The file in which it is written.
    pub file: FileId,
    /// Its text, and where each part of it is written.
    pub written: Written,
    /// Whose engine.
    pub flavor: Flavor,
    /// What is known of it: it has an attack.
    pub verdict: Verdict,
}

impl Pattern {
    /// Characters of the longest text over which it takes no longer than some tenths of a second.
    #[must_use]
    pub fn harmless_length(&self) -> f64 {
        match self.verdict.growth {
            Growth::Polynomial { degree } => STEPS.powf(1.0 / f64::from(degree)),
            _ => STEPS.log2(),
        }
    }

    /// Whether each repeat of the attack multiplies the steps.
    #[must_use]
    pub fn is_exponential(&self) -> bool {
        self.verdict.growth == Growth::Exponential
    }
}

/// A call that applies a pattern that takes long.
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The call.
    pub call: CallAt,
    /// The function whose body makes it.
    pub from: FuncAt,
    /// The library path.
    pub path: Name,
    /// The pattern, by its number.
    pub pattern: usize,
    /// The text.
    pub text: ExprAt,
}

/// How patterns came out, each once for every way in which it is applied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Calls that apply a pattern whose text is known.
    pub calls: usize,
    /// Calls that apply a pattern whose text is not.
    pub hidden: usize,
    /// Distinct patterns.
    pub patterns: usize,
    /// Those that take no longer than the text.
    pub safe: usize,
    /// Those with a power.
    pub polynomial: usize,
    /// Those that are exponential.
    pub exponential: usize,
    /// Those that the budget did not suffice for.
    pub over_budget: usize,
    /// Those too large, or with something that is not modelled.
    pub undecided: usize,
    /// Those that do not parse.
    pub broken: usize,
}

/// All patterns of a run that take long, and where they are applied.
#[derive(Debug, Default)]
pub struct Patterns {
    /// Calls, in order.
    pub applications: Vec<Application>,
    /// Patterns that they apply.
    pub all: Vec<Pattern>,
    /// How all came out.
    pub counts: Counts,
    by_call: FxHashMap<CallAt, usize>,
}

impl Patterns {
    /// What bounds the text that a pattern is applied to; none where the program does, or keeps it short enough.
    #[must_use]
    pub fn text(&self, sizes: &Sizes<'_, '_>, input: Input<'_>, one: &Application) -> Option<Grown> {
        let enough = self.all[one.pattern].harmless_length();
        let summary = &input.summaries[one.text.file];
        if let Expr::Var(var) = summary.exprs[one.text.id]
            && summary.measured_before(var, summary.calls[one.call.id].span).is_some_and(|length| f64::from(length) <= enough)
        {
            return None;
        }
        let text = At { file: one.text.file, id: sizes.uncut(one.text, enough) };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 3,163")]
        Grown::of(&sizes.trace(text, one.from), Work::Pattern(enough as u16))
    }

    /// How bad the pattern is that a call applies: a power is light.
    #[must_use]
    pub fn weight(&self, one: &Application) -> Weight {
        if self.all[one.pattern].is_exponential() { Weight::Heavy } else { Weight::Light }
    }

    /// The pattern that a call applies.
    #[must_use]
    pub fn of(&self, call: CallAt) -> Option<&Pattern> {
        self.by_call.get(&call).and_then(|at| self.all.get(*at))
    }
}

/// What a call applies, before it is known whether it takes long.
struct Met {
    call: CallAt,
    from: FuncAt,
    path: Name,
    text: ExprAt,
    /// Literals, with the number of their key.
    patterns: Vec<(FileId, Written, usize)>,
    /// A character of which the text has no two side by side.
    alone: Option<char>,
}

/// Finds the patterns that are applied in the functions that `wanted` takes, and analyses each once.
#[must_use]
pub fn find(solution: &Solution<'_>, graph: &Graph, wanted: impl Fn(FuncAt) -> bool) -> Patterns {
    let mut found = Found { solution, graph, keys: Vec::new(), numbers: FxHashMap::default(), met: Vec::new(), hidden: 0 };
    let input = solution.input;
    for external in graph.externals.iter().filter(|external| wanted(external.from)) {
        if let Some(regex) = input.facts_of(external.call.file).regex(external.path) {
            // What a value may be besides a text is of no interest: the text's method is told.
            let member = external.path.rsplit('.').next().and_then(ustr::existing_ustr);
            let of_text = regex.text.filter(|text| text.operand == Operand::Receiver).and(member);
            let path = of_text.and_then(|member| input.facts_of(external.call.file).regex_member(member)).unwrap_or(external.path);
            found.meet(external.call, external.from, path, *regex);
        }
    }
    found.by_member(wanted);
    let Found { keys, met, hidden, .. } = found;
    let verdicts: Vec<_> =
        keys.par_iter().map(|key| regex::analyse(&key.text, &key.flags, key.flavor, key.apply, Budget::default()).ok()).collect();
    let mut patterns = Patterns { counts: count(&verdicts), ..Patterns::default() };
    patterns.counts.calls = met.len();
    patterns.counts.hidden = hidden;
    let mut known: FxHashMap<(FileId, u32, usize), usize> = FxHashMap::default();
    for one in met {
        // The worst of those that it may apply.
        let rank = |key: usize| match verdicts[key].as_ref().map(|verdict| &verdict.growth) {
            Some(Growth::Exponential) => u32::MAX,
            Some(Growth::Polynomial { degree }) => *degree,
            _ => 0,
        };
        let worst = one.patterns.into_iter().rev().max_by_key(|(.., key)| rank(*key));
        let Some((file, written, key)) = worst.filter(|(.., key)| rank(*key) > 0) else { continue };
        let Some(Some(verdict)) = verdicts.get(key) else { continue };
        // `text.replace(/[^a-z0-9]+/g, "-").replace(/-+$/, "")`
        let repeats = |letter| verdict.attack.as_ref().is_some_and(|attack| attack.repeats_only(letter));
        if one.alone.is_some_and(repeats) {
            continue;
        }
        let place = written.span(crate::base::Span::default()).start;
        let pattern = *known.entry((file, place, key)).or_insert_with(|| {
            patterns.all.push(Pattern { file, written, flavor: keys[key].flavor, verdict: verdict.clone() });
            patterns.all.len() - 1
        });
        patterns.by_call.insert(one.call, pattern);
        patterns.applications.push(Application { call: one.call, from: one.from, path: one.path, pattern, text: one.text });
    }
    patterns.applications.sort_by_key(|one| one.call);
    patterns.applications.dedup_by_key(|one| one.call);
    patterns
}

fn count(verdicts: &[Option<Verdict>]) -> Counts {
    let mut counts = Counts { patterns: verdicts.len(), ..Counts::default() };
    for verdict in verdicts {
        let counted = match verdict.as_ref().map(|verdict| &verdict.growth) {
            None => &mut counts.broken,
            Some(Growth::Safe) => &mut counts.safe,
            Some(Growth::Polynomial { .. }) => &mut counts.polynomial,
            Some(Growth::Exponential) => &mut counts.exponential,
            Some(Growth::Unknown { why: Why::OverBudget }) => &mut counts.over_budget,
            Some(Growth::Unknown { .. }) => &mut counts.undecided,
        };
        *counted += 1;
    }
    counts
}

struct Found<'a, 'b> {
    solution: &'b Solution<'a>,
    graph: &'b Graph,
    keys: Vec<Key>,
    numbers: FxHashMap<Key, usize>,
    met: Vec<Met>,
    hidden: usize,
}

impl Found<'_, '_> {
    /// `text.match(pattern)`, where nothing is known of `text`: what the pattern is tells whose method it is.
    fn by_member(&mut self, wanted: impl Fn(FuncAt) -> bool) {
        let input = self.solution.input;
        for (file, summary) in input.summaries.iter_enumerated().filter(|(_, summary)| summary.family == Family::Ecma) {
            let facts = input.facts_of(file);
            for (id, call) in summary.calls.iter_enumerated().filter(|(_, call)| call.kind == CallKind::Call) {
                let Expr::Attr { name, .. } = summary.exprs[call.callee] else { continue };
                let (at, from) = (At { file, id }, At { file, id: call.func });
                let Some((path, regex)) = facts.regex_member(name).and_then(|path| Some((path, *facts.regex(path)?))) else { continue };
                let known = self.graph.externals_of(at).any(|external| facts.regex(external.path).is_some());
                if !known && self.graph.edges_of(at).next().is_none() && wanted(from) {
                    let hidden = self.hidden;
                    self.meet(at, from, path, regex);
                    // Without a pattern it may be any method of this name.
                    self.hidden = hidden;
                }
            }
        }
    }

    fn meet(&mut self, call: CallAt, from: FuncAt, path: Name, regex: Regex) {
        let Some(text) = regex.text.and_then(|text| self.operand(call, text)) else { return };
        let Some(pattern) = self.operand(call, regex.pattern) else { return };
        let literals = self.literals(pattern, from);
        if literals.is_empty() {
            // In ECMAScript most such calls are given a plain text.
            self.hidden += usize::from(self.family(call.file) == Family::Python);
            return;
        }
        let own_flags = regex.flags.and_then(|flags| self.operand(call, flags)).map(|flags| self.flags(flags)).unwrap_or_default();
        let patterns = literals.into_iter().map(|(file, written, flags)| {
            let flavor = if self.family(file) == Family::Python { Flavor::Python } else { Flavor::Ecma };
            let mut flags = format!("{flags}{own_flags}{}", written.flags);
            if written.bytes && !flags.contains('a') {
                flags.push('a');
            }
            let apply = match regex.does {
                Applies::Match => Apply::Match,
                Applies::Whole => Apply::Whole,
                Applies::All => Apply::All,
                Applies::Global if flags.contains('g') => Apply::All,
                Applies::Makes | Applies::Search | Applies::Global => Apply::Search,
            };
            let mut letters: Vec<char> = flags.chars().collect();
            letters.sort_unstable();
            letters.dedup();
            let key = Key { text: written.text.clone(), flags: letters.into_iter().collect(), flavor, apply };
            let number = *self.numbers.entry(key.clone()).or_insert_with(|| {
                self.keys.push(key);
                self.keys.len() - 1
            });
            (file, written, number)
        });
        let patterns = patterns.collect();
        let alone = self.alone(call, text, from);
        self.met.push(Met { call, from, path, text, patterns, alone });
    }

    /// The character that stands nowhere twice in a row in a text, as a replacement left it.
    fn alone(&self, applied: CallAt, text: ExprAt, from: FuncAt) -> Option<char> {
        let summary = &self.solution.input.summaries[text.file];
        let applied = &summary.calls[applied.id];
        let made = match &summary.exprs[text.id] {
            Expr::Var(var) if !summary.vars[*var].vague && !is_parameter(summary, *var) => match self.solution.assigned(text.file, *var) {
                [value] => *value,
                // What was assigned last, where no loop leads back: `slug = re.sub("-+$", "", slug)`.
                all if applied.looped.is_none() => *all.iter().filter(|value| **value < text.id).max()?,
                _ => return None,
            },
            _ => text.id,
        };
        let Expr::Call(id) = summary.exprs[made] else { return None };
        // What a test decides may not have been done.
        let guard = summary.calls[id].guard;
        if guard.is_some() && guard != applied.guard {
            return None;
        }
        let (call, facts) = (At { file: text.file, id }, self.solution.input.facts_of(text.file));
        let known = self.graph.externals_of(call).find_map(|external| facts.regex(external.path));
        let by_member = || match summary.exprs[summary.calls[id].callee] {
            Expr::Attr { name, .. } => facts.regex_member(name).and_then(|path| facts.regex(path)),
            _ => None,
        };
        let regex = known.or_else(by_member)?;
        let (puts, pattern) = (self.operand(call, regex.puts?)?, self.operand(call, regex.pattern)?);
        let Expr::Const(crate::ir::Const::Str(put)) = self.solution.input.summaries[puts.file].exprs[puts.id] else { return None };
        let [(file, written, flags)] = self.literals(pattern, from).try_into().ok()?;
        let flags = format!("{flags}{}", written.flags);
        let all = regex.does == Applies::All || flags.contains('g');
        let flavor = if self.family(file) == Family::Python { Flavor::Python } else { Flavor::Ecma };
        regex::alone(&written.text, &flags, flavor, &put).filter(|_| all)
    }

    fn family(&self, file: FileId) -> Family {
        self.solution.input.summaries[file].family
    }

    fn operand(&self, call: CallAt, given: Given) -> Option<ExprAt> {
        let summary = &self.solution.input.summaries[call.file];
        let id = operand_of(summary, &summary.calls[call.id], given)?;
        Some(At { file: call.file, id })
    }

    /// The literals that a pattern may be, each with the flags that it was made with.
    fn literals(&self, pattern: ExprAt, from: FuncAt) -> Vec<(FileId, Written, String)> {
        let mut found = Vec::new();
        let mut pending = vec![(pattern, String::new(), 0)];
        let mut seen = Vec::new();
        while let Some((at, flags, depth)) = pending.pop() {
            if seen.contains(&at) {
                continue;
            }
            seen.push(at);
            found.extend(self.read(at, depth > 0).map(|written| (at.file, written, flags.clone())));
            for made in self.solution.values(at).iter().filter_map(|value| match value {
                Value::Object(made) => Some(*made),
                _ => None,
            }) {
                if made != at {
                    found.extend(self.read(made, depth > 0).map(|written| (made.file, written, flags.clone())));
                }
                if depth < DEEPEST
                    && let Some((inner, own)) = self.made_by(made)
                {
                    pending.push((inner, format!("{flags}{own}"), depth + 1));
                }
            }
        }
        found.sort_by_key(|(file, written, _)| (*file, written.span(crate::base::Span::default())));
        found.dedup();
        // What several callers give a parameter is not told apart.
        let summary = &self.solution.input.summaries[pattern.file];
        let given = matches!(summary.exprs[pattern.id], Expr::Var(var) if is_parameter(summary, var) && summary.vars[var].func == from.id);
        if given && found.len() > 1 || self.solution.is_cut(pattern) { Vec::new() } else { found }
    }

    /// A literal's text. In ECMAScript a string is a pattern only for what makes one of it.
    fn read(&self, at: ExprAt, made: bool) -> Option<Written> {
        let summary = &self.solution.input.summaries[at.file];
        let written = self.written(at, 0)?;
        let is_text = !matches!(&summary.exprs[at.id], Expr::Builtin(of) if of.as_str() == "RegExp");
        (summary.family == Family::Python || made || !is_text).then_some(written)
    }

    /// What a literal gives, with what is put into it, if that is one text each.
    fn written(&self, at: ExprAt, depth: usize) -> Option<Written> {
        let summary = &self.solution.input.summaries[at.file];
        let span = summary.literal(at.id)?;
        let filled =
            literal::holes(summary, at.id).map(|(place, part)| Some((place, self.part(At { file: at.file, id: part }, depth + 1)?)));
        literal::read(&self.solution.input.sources[at.file].text, span, summary.family, &filled.collect::<Option<Vec<_>>>()?)
    }

    /// The one text that a part of another is.
    fn part(&self, at: ExprAt, depth: usize) -> Option<String> {
        let summary = &self.solution.input.summaries[at.file];
        if depth > DEEPEST {
            return None;
        }
        let one = |of: ExprAt| self.part(of, depth + 1);
        match &summary.exprs[at.id] {
            Expr::Const(crate::ir::Const::Str(text)) => {
                self.written(at, depth).map_or_else(|| Some(text.to_string()), |written| Some(written.text))
            }
            Expr::Builtin(of) if of.as_str() != "RegExp" => self.written(at, depth).map(|written| written.text),
            Expr::Var(var) if !summary.vars[*var].vague && !is_parameter(summary, *var) => match self.solution.assigned(at.file, *var) {
                [value] => one(At { file: at.file, id: *value }),
                _ => None,
            },
            Expr::Imported { module, name } => match self.solution.imported(at.file, *module, *name)?.as_slice() {
                [value] => one(*value),
                _ => None,
            },
            // A class attribute, a member of a literal.
            Expr::Attr { .. } if !self.solution.is_cut(at) => match self.solution.values(at) {
                [Value::Object(value)] => one(*value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The pattern and the flags of the call that made an object.
    fn made_by(&self, made: ExprAt) -> Option<(ExprAt, String)> {
        let Expr::Call(id) = self.solution.input.summaries[made.file].exprs[made.id] else { return None };
        let call = At { file: made.file, id };
        let facts = self.solution.input.facts_of(made.file);
        let regex =
            self.graph.externals_of(call).find_map(|external| facts.regex(external.path).filter(|one| one.does == Applies::Makes))?;
        let flags = regex.flags.and_then(|flags| self.operand(call, flags)).map(|flags| self.flags(flags)).unwrap_or_default();
        Some((self.operand(call, regex.pattern)?, flags))
    }

    /// Flags as letters: of a string, or of a library's constants.
    fn flags(&self, at: ExprAt) -> String {
        let summary = &self.solution.input.summaries[at.file];
        if let Expr::Const(crate::ir::Const::Str(text)) = summary.exprs[at.id] {
            return text.to_string();
        }
        let facts = self.solution.input.facts_of(at.file);
        let values = self.solution.values(at).iter().filter_map(|value| match value {
            Value::Ext(path) | Value::ExtInst(path) => facts.regex_flag(*path),
            _ => None,
        });
        values.collect()
    }
}

fn is_parameter(summary: &ModuleSummary, var: VarId) -> bool {
    summary.functions[summary.vars[var].func].params.iter().any(|param| param.var == Some(var))
}
