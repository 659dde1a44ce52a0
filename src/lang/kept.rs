//! What is made once and kept: a test asks whether it is there, and what follows makes it.

use crate::base::Name;
use crate::ir::{CallId, Expr, ExprId, FuncId, ModuleSummary, Target};
use rustc_hash::FxHashMap;

/// A test that code stands under.
#[derive(Clone, Copy)]
pub(super) struct Asked<'t> {
    /// Its text.
    text: &'t str,
    /// It shows that what it asks for is missing: all that is done until that is kept is done once.
    pub(super) missing: bool,
    /// The branch is one of several ways on; not so what follows after `if x: return`.
    pub(super) nested: bool,
    /// Calls and attribute reads that stood before the branch.
    before: (usize, usize),
}

impl<'t> Asked<'t> {
    /// A branch that begins here.
    pub(super) fn new(text: &'t str, missing: bool, summary: &ModuleSummary) -> Self {
        Self { text, missing, nested: true, before: (summary.calls.len(), summary.reads.len()) }
    }

    /// Whether some test asks for what is kept in `target`, and whether some does by a text that names it.
    pub(super) fn asks_for(tested: &[Self], target: &str) -> [bool; 2] {
        let some = |asks: fn(&Self, &str) -> bool| !target.is_empty() && tested.iter().any(|asked| asks(asked, target));
        [some(Self::is_about), some(Self::names)]
    }

    /// Notes that what is missing under some of the tests is kept in `target` now. Under a further test it may not be kept: what
    /// stands before that is done again.
    pub(super) fn note_kept(tested: &[Self], target: &str, summary: &mut ModuleSummary, func: FuncId) {
        Self::note_since(tested, |asked| asked.is_about(target) || asked.names(target), summary, func);
    }

    /// Notes the same of a container that some test found empty and that is filled now: `if not found: found.update(load())`.
    pub(super) fn note_filled(tested: &[Self], container: &str, summary: &mut ModuleSummary, func: FuncId) {
        let is_of_it = |asked: &Self| asked.text.trim().strip_prefix("not ").is_some_and(|text| text.trim() == container);
        Self::note_since(tested, is_of_it, summary, func);
    }

    fn note_since(tested: &[Self], is_of_it: impl Fn(&Self) -> bool, summary: &mut ModuleSummary, func: FuncId) {
        let mut certain = None;
        for asked in tested.iter().rev() {
            if asked.missing && is_of_it(asked) {
                certain.unwrap_or(asked).is_kept_since(summary, func);
            }
            certain = certain.or(asked.nested.then_some(asked));
        }
    }

    /// Whether it asks for what is kept in `target`.
    fn is_about(&self, target: &str) -> bool {
        super::mentions(self.text, target)
    }

    /// Whether it asks for the attribute `target` by a text that names it: `hasattr(self, "x")`.
    fn names(&self, target: &str) -> bool {
        let Some((base, member)) = target.rsplit_once('.').filter(|(_, member)| self.text.contains(member)) else { return false };
        let quoted = ['"', '\''].iter().any(|quote| self.text.contains(&format!("{quote}{member}{quote}")));
        quoted && super::mentions(self.text, base)
    }

    /// Notes that what it asks for is kept now: what the function did since `from` is done once.
    fn is_kept_since(&self, summary: &mut ModuleSummary, func: FuncId) {
        let (calls, reads) = self.before;
        summary.calls.iter_mut().skip(calls).filter(|call| call.func == func).for_each(|call| call.once = true);
        summary.reads.iter_mut().skip(reads).filter(|read| read.func == func).for_each(|read| read.once = true);
    }
}

/// Notes calls of the own methods that keep what a test has found missing: `if not self.x: self.load()`, where `load`
/// assigns to `self.x`.
pub(super) fn note_makers(summary: &mut ModuleSummary, asking: &[(CallId, Asked<'_>)]) {
    if asking.is_empty() {
        return;
    }
    let mut kept: FxHashMap<FuncId, Vec<Name>> = FxHashMap::default();
    for assign in &summary.assigns {
        if let Target::Attr { base, name } = assign.target
            && let Some(func) = own(summary, base)
        {
            kept.entry(func).or_default().push(name);
        }
    }
    let makes = |(id, asked): &(CallId, Asked<'_>)| {
        let call = &summary.calls[*id];
        let Expr::Attr { base, name } = summary.exprs[call.callee] else { return false };
        let Some(class) = own(summary, base).and_then(|func| summary.functions[func].class) else { return false };
        let made = summary.classes[class].methods.iter().filter(|(method, _)| *method == name).filter_map(|(_, func)| kept.get(func));
        let receivers = ["self", "this"];
        made.flatten().any(|member| {
            receivers.iter().any(|receiver| {
                let kept = format!("{receiver}.{member}");
                asked.is_about(&kept) || asked.names(&kept)
            })
        })
    };
    let made: Vec<CallId> = asking.iter().filter(|one| makes(one)).map(|(id, _)| *id).collect();
    for id in made {
        summary.calls[id].once = true;
    }
}

/// The function whose own receiver an expression is.
fn own(summary: &ModuleSummary, base: ExprId) -> Option<FuncId> {
    match summary.exprs[base] {
        Expr::This(func) => Some(func),
        Expr::Var(var) => {
            let func = summary.vars[var].func;
            let function = &summary.functions[func];
            let receiver = function.params.first().and_then(|param| param.var);
            (function.kind.has_receiver() && receiver == Some(var)).then_some(func)
        }
        _ => None,
    }
}

/// Whether a test shows that what it asks for is missing, where it holds; none where it tells something else too.
pub(super) fn shows_missing(text: &str) -> Option<bool> {
    either(text, [" or ", "||"], true).or_else(|| either(text, [" and ", "&&"], false)).or_else(|| shows_one_missing(text))
}

/// Whether several tests, joined by one operator, are of one thing, which is missing (or there, for `shows` false), or else of no use:
/// `x is None or x.closed`.
fn either(text: &str, operator: [&str; 2], shows: bool) -> Option<bool> {
    let operator = operator.into_iter().find(|operator| text.contains(operator))?;
    let mut parts = text.split(operator);
    let first = parts.next()?;
    let thing = first.trim().trim_start_matches(['(', '!']).trim_start_matches("not ").split([' ', '=', '!']).next()?;
    let is_named = thing.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.' | '#'));
    let is_of_one = is_named && !thing.is_empty() && parts.all(|part| super::mentions(part, thing));
    (is_of_one && shows_one_missing(first) == Some(shows)).then_some(shows)
}

fn shows_one_missing(text: &str) -> Option<bool> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let holds = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if holds(&[" and ", " or ", "&&", "||", "<", ">", "\n"]) {
        return None;
    }
    let is_nothing = holds(&["None", "null", "undefined"]);
    if holds(&[" is not ", "!="]) {
        return is_nothing.then_some(false);
    }
    if holds(&[" is ", "=="]) {
        return is_nothing.then_some(true);
    }
    // A call tells more than whether something is there, unless it names it.
    if text.contains('(') && !holds(&["\"", "'"]) {
        return None;
    }
    Some(text.starts_with("not ") || text.starts_with('!') || text.contains(" not in "))
}

/// Whether a value only says that something is done: `self.resolved = True`.
pub(super) fn is_flag(text: &str) -> bool {
    matches!(text.trim(), "True" | "true")
}

/// Whether a value is nothing: keeping it is forgetting.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "None" | "False" | "null" | "undefined" | "false" | "0" | "\"\"" | "''" | "[]" | "{}" | "()")
}
