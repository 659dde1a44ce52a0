//! Comments that speak to loopwarden: `loopwarden: ignore[rule-id] -- reason` and its like.

use super::{CallKind, Expr, FuncId, MODULE_BODY, ModuleSummary};
use crate::base::{Source, Span};

/// Something wrong with an input, told and gone on from.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where in the file; `None` for the file as a whole.
    pub span: Option<Span>,
}

/// A comment that speaks to loopwarden or to its tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// The text after `#`, `//` or inside `/* */`, trimmed.
    pub text: String,
    /// Where the comment stands.
    pub span: Span,
    /// It stands alone on its line, so it speaks for the next one.
    pub alone: bool,
}

/// How far an ignore comment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `ignore`: the line.
    Line,
    /// `ignore-function`: the function defined there.
    Function,
    /// `ignore-file`: the file.
    File,
}

/// What a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Leave findings of these rules out.
    Ignore {
        /// How far.
        reach: Reach,
        /// Ids of rules, as written.
        rules: Vec<String>,
    },
    /// Another linter is told to leave out what these of its rules find on the line.
    Silence(Vec<String>),
    /// Take the function for harmless.
    AssumeNonblocking,
    /// Take the function for one that blocks, with the effect's word if one is given.
    AssumeBlocking(Option<String>),
}

/// A comment that speaks to loopwarden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What it asks for; otherwise what is wrong with it.
    pub request: Result<Request, String>,
    /// What stands after `--`.
    pub reason: Option<String>,
    /// Where the comment stands.
    pub span: Span,
    /// The line that it stands on, from 1.
    pub line: usize,
    /// The line that it speaks for: its own, or the next one with code where it stands alone.
    pub speaks_for: usize,
}

/// The forms, for who writes another.
const FORMS: &str =
    "write `ignore[rule-id] -- reason`, `ignore-function[...]`, `ignore-file[...]`, `assume nonblocking` or `assume blocking`";

impl Directive {
    /// Reads a comment; `None` where it does not speak to loopwarden.
    #[must_use]
    pub fn read(comment: &Comment, source: &Source) -> Option<Self> {
        // Who gives a reason may speak of another linter's comment.
        let own = comment.text.starts_with("loopwarden:");
        if let Some((codes, next)) = silenced(&comment.text).filter(|_| !own) {
            let (line, _) = source.line_column(comment.span.start);
            let speaks_for = line + usize::from(next);
            return Some(Self { request: Ok(Request::Silence(codes)), reason: None, span: comment.span, line, speaks_for });
        }
        let said = comment.text.strip_prefix("loopwarden:")?.trim();
        let (asked, reason) = match said.split_once("--") {
            Some((asked, reason)) => (asked.trim(), Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty())),
            None => (said, None),
        };
        let (line, _) = source.line_column(comment.span.start);
        // In JSX a comment stands in braces.
        let alone = comment.alone || source.line_text(line).trim_start().starts_with("{/*");
        let is_comment = |line: &usize| {
            let text = source.line_text(*line).trim_start();
            ["#", "//", "/*", "{/*"].iter().any(|mark| text.starts_with(mark))
        };
        let next = (line + 1..=source.line_count()).find(|line| !is_comment(line)).unwrap_or(line);
        let speaks_for = if alone { next } else { line };
        Some(Self { request: request(asked), reason, span: comment.span, line, speaks_for })
    }
}

/// The codes of another linter's rules that a comment silences, and whether on the next line: `noqa: RUF006`,
/// `eslint-disable-next-line no-await-in-loop -- why`.
#[must_use]
pub fn silenced(comment: &str) -> Option<(Vec<String>, bool)> {
    let codes = |text: &str| {
        let text = text.split(" --").next().unwrap_or("").split(" #").next().unwrap_or("");
        text.split([',', ' ']).map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    if let Some((_, after)) = comment.split_once("noqa:") {
        return Some((codes(after), false));
    }
    if let Some((_, after)) = comment.split_once("ruff: ignore[") {
        return Some((codes(after.split(']').next().unwrap_or("")), false));
    }
    let after = comment.strip_prefix("eslint-disable-")?;
    let (after, next) = match after.strip_prefix("next-line ") {
        Some(after) => (after, true),
        None => (after.strip_prefix("line ")?, false),
    };
    Some((codes(after), next))
}

fn request(asked: &str) -> Result<Request, String> {
    if let Some((word, rest)) = asked.split_once('[') {
        let reach = match word.trim() {
            "ignore" => Reach::Line,
            "ignore-function" => Reach::Function,
            "ignore-file" => Reach::File,
            other => return Err(format!("`{other}[...]` is no request: {FORMS}")),
        };
        let Some((names, after)) = rest.split_once(']') else { return Err("the closing `]` is missing".to_owned()) };
        if !after.trim().is_empty() {
            return Err(format!("`{}` after `]`: a reason begins with `--`", after.trim()));
        }
        let rules: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        return if rules.is_empty() { Err("it names no rule".to_owned()) } else { Ok(Request::Ignore { reach, rules }) };
    }
    match asked.split_whitespace().collect::<Vec<_>>()[..] {
        ["assume", "nonblocking"] => Ok(Request::AssumeNonblocking),
        ["assume", "blocking"] => Ok(Request::AssumeBlocking(None)),
        ["assume", "blocking", effect] => Ok(Request::AssumeBlocking(Some(effect.to_owned()))),
        ["ignore" | "ignore-function" | "ignore-file"] => Err(format!("`{asked}` names no rule: write `{asked}[rule-id]`")),
        _ => Err(format!("`{asked}` is no request: {FORMS}")),
    }
}

impl ModuleSummary {
    /// The comments that speak to loopwarden, in order.
    #[must_use]
    pub fn directives(&self, source: &Source) -> Vec<Directive> {
        self.comments.iter().filter_map(|comment| Directive::read(comment, source)).collect()
    }

    /// The function whose definition, or a decorator of it, begins on a line; of several the outermost.
    #[must_use]
    pub fn defined_at(&self, source: &Source, line: usize) -> Option<FuncId> {
        let begins = |offset: u32| source.line_column(offset).0 == line;
        let own = self
            .functions
            .iter_enumerated()
            .filter(|(id, function)| *id != MODULE_BODY && (begins(function.span.start) || begins(function.name_span.start)));
        let decorated = self.calls.iter().filter(|call| call.kind == CallKind::Decorate && begins(call.span.start)).filter_map(|call| {
            let Expr::Function(id) = self.exprs[call.args.first()?.value] else { return None };
            Some(id)
        });
        let all = own.map(|(id, _)| id).chain(decorated);
        all.max_by_key(|id| self.functions[*id].span.end - self.functions[*id].span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Lang, lower};

    fn read(text: &str, lang: Lang) -> Vec<Directive> {
        lower(text, lang).directives(&Source::new("a".to_owned(), text.to_owned()))
    }

    fn one(comment: &str) -> Result<Request, String> {
        read(&format!("# {comment}\nx()\n"), Lang::Python).remove(0).request
    }

    #[test]
    fn forms_are_read() {
        let ignore = |reach, rules: &[&str]| Ok(Request::Ignore { reach, rules: rules.iter().map(|rule| (*rule).to_owned()).collect() });
        assert_eq!(one("loopwarden: ignore[a-b, c] -- because"), ignore(Reach::Line, &["a-b", "c"]));
        assert_eq!(one("loopwarden:ignore-function[a]"), ignore(Reach::Function, &["a"]));
        assert_eq!(one("loopwarden: ignore-file[a]--x"), ignore(Reach::File, &["a"]));
        assert_eq!(one("loopwarden: assume nonblocking -- x"), Ok(Request::AssumeNonblocking));
        assert_eq!(one("loopwarden: assume blocking network"), Ok(Request::AssumeBlocking(Some("network".to_owned()))));
        assert_eq!(one("loopwarden: ignore[a] -- as noqa: RUF006"), ignore(Reach::Line, &["a"]));
        for wrong in ["ignore", "ignore[]", "ignore[a", "ignore[a] because", "ingore[a]", "assume", ""] {
            assert!(one(&format!("loopwarden: {wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_other_linters_are_told_is_read() {
        let codes = |comment: &str| silenced(comment).map(|(codes, next)| (codes.join("|"), next));
        let some = |codes: &str, next| Some((codes.to_owned(), next));
        assert_eq!(codes("noqa: RUF006, E501"), some("RUF006|E501", false));
        assert_eq!(codes("type: ignore  # noqa: RUF006 # why"), some("RUF006", false));
        assert_eq!(codes("ruff: ignore[RUF006]"), some("RUF006", false));
        assert_eq!(codes("eslint-disable-next-line a/b, c -- why, d"), some("a/b|c", true));
        assert_eq!(codes("eslint-disable-line c"), some("c", false));
        assert_eq!(codes("eslint-disable c"), None);
        assert_eq!(codes("noqa"), None);
    }

    #[test]
    fn a_comment_alone_speaks_for_the_next_line_with_code() {
        let lines = |text: &str, lang| -> Vec<(usize, usize)> {
            read(text, lang).iter().map(|directive| (directive.line, directive.speaks_for)).collect()
        };
        let python = "# loopwarden: ignore[a] -- b\n# and more\nx()  # loopwarden: ignore[c]\n";
        assert_eq!(lines(python, Lang::Python), [(1, 3), (3, 3)]);
        let jsx = "const a = <p>\n  {/* loopwarden: ignore[a] */}\n  {load()}\n</p>;\nb(); /* loopwarden: ignore[a] */\n";
        assert_eq!(lines(jsx, Lang::Tsx), [(2, 3), (5, 5)]);
    }

    #[test]
    fn a_definition_is_found_by_its_line_or_its_decorators() {
        let at = |text: &str, lang, line| {
            let summary = lower(text, lang);
            let source = Source::new("a".to_owned(), text.to_owned());
            summary.defined_at(&source, line).map(|id| summary.func_name(id))
        };
        let python = "@one\n@two(3)\nasync def f():\n    def g(): return lambda: 1\nx = 1\n";
        let found: Vec<Option<String>> = (1..=5).map(|line| at(python, Lang::Python, line)).collect();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(found, [named("f"), named("f"), named("f"), named("f.g"), None]);
        let ecma = "class A {\n  @get\n  m() {}\n}\nexport const f = async () => {\n};\n";
        let found: Vec<Option<String>> = (1..=5).map(|line| at(ecma, Lang::TypeScript, line)).collect();
        assert_eq!(found, [None, named("A.m"), named("A.m"), None, named("f")]);
    }
}
