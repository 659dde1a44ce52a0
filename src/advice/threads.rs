//! What is said of calls that threads make, or that are handed to them.

use super::written::Written;
use super::{Advisor, filled, quoted, runtime};
use crate::base::{FileId, Name};
use crate::effects::Step;
use crate::facts::Remedy;
use crate::link::{CallAt, FuncAt};

impl Advisor<'_, '_> {
    /// How the runtime that a chain shows hands the arguments of a call, from a position on, to a process: code.
    #[must_use]
    pub fn in_process(&self, steps: &[Step], entry: FileId, call: CallAt, position: usize) -> Option<String> {
        let root = steps.first()?.from;
        let seen = runtime::seen(self.solution.input, &self.common, root, entry, steps)?;
        let template = seen.runtime.process.as_deref()?;
        let written = Written::of(self.solution.input, call);
        let parts = parts(&written.arguments);
        let given = parts.get(position..).filter(|given| !given.is_empty() && !given.iter().any(|part| part.starts_with("lambda")));
        let given = given.map_or_else(|| "function".to_owned(), |given| given.join(", "));
        Some(quoted(&seen.called(template, &given, "")))
    }

    /// A fact's code in the words of a call.
    #[must_use]
    pub fn in_words(&self, template: &str, call: CallAt, path: Name) -> String {
        let written = Written::of(self.solution.input, call);
        let code = filled(template, &written, path);
        quoted(&code.replace(", )", ")"))
    }

    /// What a fact says to write in place of a call under the runtime that a function runs on, in words.
    #[must_use]
    pub fn remedy(&self, call: CallAt, root: FuncAt, entry: FileId, path: Name) -> Option<String> {
        let input = self.solution.input;
        let step = Step { call, from: root, to: None };
        let seen = runtime::seen(input, &self.common, root, entry, &[step])?;
        let fact = crate::effects::fact_of(input, call, path)?;
        match fact.instead.under(seen.runtime.writes)? {
            Remedy::Words(words) => Some(filled(&words.say, &Written::of(input, call), path)),
            Remedy::Code(_) | Remedy::Other(_) => None,
        }
    }

    /// How the runtime that is seen starts a task and keeps it, in place of a call that is given the coroutine alone.
    #[must_use]
    pub fn kept_task(&self, call: CallAt, root: FuncAt, entry: FileId) -> Option<String> {
        let input = self.solution.input;
        let seen = runtime::seen(input, &self.common, root, entry, &[Step { call, from: root, to: None }])?;
        let template = seen.runtime.task.as_ref().filter(|_| input.summaries[call.file].calls[call.id].args.len() == 1)?;
        Some(template.replace("{receiver}", &seen.receiver).replace("{arguments}", &Written::of(input, call).arguments))
    }
}

/// The arguments of a call as written, one by one.
fn parts(arguments: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begun, mut quote) = (Vec::new(), 0usize, 0, None);
    for (at, byte) in arguments.bytes().enumerate() {
        match byte {
            b'"' | b'\'' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            _ if quote.is_some() => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(arguments[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[begun..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn arguments_are_taken_apart() {
        assert_eq!(parts("None, f, (1, 2)"), ["None", "f", "(1, 2)"]);
        assert_eq!(parts("f, \"a, b\""), ["f", "\"a, b\""]);
    }
}
