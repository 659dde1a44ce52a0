//! A call as its author wrote it, where that is short enough to be said again.

use crate::link::{CallAt, Input};

/// The longest callee that is repeated.
const LONGEST_CALLEE: usize = 80;
/// The longest arguments that are repeated.
const LONGEST_ARGUMENTS: usize = 48;
/// What stands for what is too long.
const LEFT_OUT: &str = "...";

/// A call's parts as written.
pub(super) struct Written {
    /// What is called; none where it is too long to be repeated.
    pub callee: Option<String>,
    /// The arguments, `...` where they are too long.
    pub arguments: String,
    /// Some have keywords, or are spread from a mapping.
    pub keywords: bool,
    /// The name after `as`, where a `with` enters what the call gives.
    pub bound: Option<String>,
}

impl Written {
    /// A call that is not written here.
    pub fn left_out() -> Self {
        Self { callee: None, arguments: LEFT_OUT.to_owned(), keywords: false, bound: None }
    }

    /// The call as written.
    pub fn of(input: Input<'_>, at: CallAt) -> Self {
        let call = &input.summaries[at.file].calls[at.id];
        let text = input.sources[at.file].text.get(call.span.start as usize..call.span.end as usize).unwrap_or("").trim();
        let text = text.strip_prefix("new ").unwrap_or(text);
        let fits = |part: &str, longest| part.len() <= longest && !part.contains(['\n', '`']);
        let bound = bound(input.sources[at.file].text.get(call.span.end as usize..).unwrap_or(""));
        let keywords = call.args.iter().any(|arg| arg.name.is_some() || arg.spread);
        let Some(open) = last_open(text).filter(|_| text.ends_with(')')) else {
            let callee = (!text.is_empty() && fits(text, LONGEST_CALLEE)).then(|| text.to_owned());
            return Self { callee, arguments: if call.args.is_empty() { String::new() } else { LEFT_OUT.to_owned() }, keywords, bound };
        };
        let callee = unbound(text[..open].trim());
        let arguments = text[open + 1..text.len() - 1].trim().trim_end_matches(',').trim_end();
        // A generator without its own parentheses can't stand beside another argument.
        let whole = fits(arguments, LONGEST_ARGUMENTS) && (!arguments.contains(" for ") || arguments.starts_with(['[', '{', '(']));
        Self {
            callee: (!callee.is_empty() && fits(callee, LONGEST_CALLEE)).then(|| callee.to_owned()),
            arguments: if whole { arguments } else { LEFT_OUT }.to_owned(),
            keywords,
            bound,
        }
    }

    /// The whole of it, where it is short.
    pub fn whole(input: Input<'_>, at: CallAt) -> Option<String> {
        let span = input.summaries[at.file].calls[at.id].span;
        let text = input.sources[at.file].text.get(span.start as usize..span.end as usize).unwrap_or("").trim();
        (!text.is_empty() && text.len() <= LONGEST_CALLEE && !text.contains(['\n', '`'])).then(|| text.to_owned())
    }

    /// The remedy with the name that the file has for the module whose function is called: `fs_1.promises` where it calls
    /// `fs_1.readFileSync`.
    pub fn named(&self, remedy: &str, module: &str, function: &str) -> String {
        let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.' | '#');
        let called = self.callee.as_deref().and_then(|callee| callee.strip_suffix(function)?.strip_suffix('.'));
        let Some(name) = called.filter(|name| *name != module && !module.is_empty() && name.chars().all(is_name)) else {
            return remedy.to_owned();
        };
        let mut out = String::new();
        let mut rest = remedy;
        while let Some(at) = rest.find(module) {
            let (before, after) = (&rest[..at], &rest[at + module.len()..]);
            let whole = !before.ends_with(|letter: char| is_name(letter) || matches!(letter, '/' | '-')) && after.starts_with('.');
            out += before;
            out += if whole { name } else { module };
            rest = after;
        }
        out + rest
    }

    /// What a method is called on.
    pub fn receiver(&self) -> Option<&str> {
        self.callee.as_deref()?.rsplit_once('.').map(|(receiver, _)| receiver)
    }
}

/// The function in `(0, module.function)`, which compilers write so that it gets no receiver.
fn unbound(callee: &str) -> &str {
    let inner = callee.strip_prefix("(0,").and_then(|rest| rest.strip_suffix(')'));
    inner.map(str::trim).filter(|inner| !inner.contains(['(', ')', ','])).unwrap_or(callee)
}

/// The name in ` as name`, if that is how the text begins.
fn bound(after: &str) -> Option<String> {
    let name = after.trim_start().strip_prefix("as ")?.trim_start();
    let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(name.len());
    (end > 0).then(|| name[..end].to_owned())
}

/// The place of the last opening parenthesis that stands in no other bracket and no text.
fn last_open(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped, mut open) = (0usize, None, false, None);
    for (at, byte) in text.bytes().enumerate() {
        if let Some(end) = quote {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                _ if byte == end => quote = None,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' | b'\'' | b'`' => quote = Some(byte),
            b'(' | b'[' | b'{' => {
                if byte == b'(' && depth == 0 {
                    open = Some(at);
                }
                depth += 1;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::{Written, bound, last_open, unbound};

    #[test]
    fn the_module_has_the_name_that_the_file_gives_it() {
        let named = |callee: &str, remedy: &str| {
            let written = Written { callee: Some(callee.to_owned()), arguments: String::new(), keywords: false, bound: None };
            written.named(remedy, "fs", "readFileSync")
        };
        assert_eq!(named("fs_1.default.readFileSync", "await fs.promises.readFile()"), "await fs_1.default.promises.readFile()");
        assert_eq!(named("this._fs.readFileSync", "`fs.promises`, not my_fs.promises"), "`this._fs.promises`, not my_fs.promises");
        assert_eq!(named("readFileSync", "await fs.promises.readFile()"), "await fs.promises.readFile()");
        assert_eq!(named("require('fs').readFileSync", "await fs.promises.readFile()"), "await fs.promises.readFile()");
    }

    #[test]
    fn a_compiled_call_is_read_as_written() {
        assert_eq!(unbound("(0, fs_1.copySync)"), "fs_1.copySync");
        assert_eq!(unbound("(0, f(x).g)"), "(0, f(x).g)");
        assert_eq!(unbound("fs.copySync"), "fs.copySync");
    }

    #[test]
    fn the_name_after_as_is_bound() {
        assert_eq!(bound(" as f:\n"), Some("f".to_owned()));
        assert_eq!(bound(", b as c:"), None);
        assert_eq!(bound(" assert x"), None);
    }

    #[test]
    fn the_last_call_of_several_is_meant() {
        assert_eq!(last_open("Path(a).read_text()"), Some(17));
        assert_eq!(last_open("open(\"a(\").read(f(x))"), Some(15));
        assert_eq!(last_open("a[f(x)](y)"), Some(7));
        assert_eq!(last_open("value"), None);
    }
}
