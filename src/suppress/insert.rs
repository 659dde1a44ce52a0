//! Writes an ignore comment into a file's text.

use crate::base::Source;
use crate::ir::directive::Request;
use crate::ir::{Family, ModuleSummary};
use crate::lang::{Lang, lower};

/// The text with a comment that ignores `rules` for a line (from 1), above it, or at its end where it can't stand above.
///
/// `None` where no comment can stand, as in JSX or in a string over several lines: the new text is lowered again, and it must
/// say the same as the old one with one comment more.
#[must_use]
pub fn insert(text: &str, lang: Lang, line: usize, rules: &[&str], reason: &str) -> Option<String> {
    let source = Source::new(String::new(), text.to_owned());
    let span = source.line_span(line);
    let (start, end) = (span.start as usize, span.end as usize);
    let whole = text.get(start..end)?;
    let code = whole.trim_end_matches(['\n', '\r']);
    let stop = if whole.ends_with("\r\n") { "\r\n" } else { "\n" };
    let indent = &code[..code.len() - code.trim_start().len()];
    let mark = if lang.family() == Family::Python { "#" } else { "//" };
    let comment = format!("{mark} loopwarden: ignore[{}] -- {reason}", rules.join(", "));
    let continued = |line: &str| lang.family() == Family::Python && line.trim_end().ends_with('\\');
    let before = lower(text, lang);
    let holds = |changed: &str, speaks_for: usize| {
        let after = lower(changed, lang);
        let source = Source::new(String::new(), changed.to_owned());
        let mut directives = after.directives(&source).into_iter();
        let found = directives.any(|one| {
            let names = matches!(&one.request, Ok(Request::Ignore { rules: named, .. }) if named.iter().eq(rules));
            names && one.speaks_for == speaks_for && one.reason.as_deref() == Some(reason)
        });
        found && says_the_same(&before, &after)
    };
    let above = format!("{}{indent}{comment}{stop}{}", &text[..start], &text[start..]);
    if !(line > 1 && continued(source.line_text(line - 1))) && holds(&above, line + 1) {
        return Some(above);
    }
    let gap = if lang.family() == Family::Python { "  " } else { " " };
    let beside = format!("{}{code}{gap}{comment}{}", &text[..start], &text[start + code.len()..]);
    (!continued(code) && holds(&beside, line)).then_some(beside)
}

/// Whether two summaries differ by one comment alone, as far as their sizes tell.
fn says_the_same(before: &ModuleSummary, after: &ModuleSummary) -> bool {
    let sizes = |of: &ModuleSummary| {
        [of.functions.len(), of.classes.len(), of.calls.len(), of.exprs.len(), of.assigns.len(), of.problems.len(), of.lost_bytes as usize]
    };
    sizes(before) == sizes(after) && before.comments.len() + 1 == after.comments.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(text: &str, lang: Lang, line: usize) -> Option<String> {
        insert(text, lang, line, &["blocking-sleep"], "later")
    }

    #[test]
    fn the_comment_stands_above_with_the_lines_indent_and_break() {
        let python = "def f():\r\n\tsleep()\r\n";
        assert_eq!(
            inserted(python, Lang::Python, 2).unwrap(),
            "def f():\r\n\t# loopwarden: ignore[blocking-sleep] -- later\r\n\tsleep()\r\n"
        );
        let ecma = "a(\n  b(),\n);";
        assert_eq!(inserted(ecma, Lang::TypeScript, 2).unwrap(), "a(\n  // loopwarden: ignore[blocking-sleep] -- later\n  b(),\n);");
        assert_eq!(inserted("f()", Lang::Python, 1).unwrap(), "# loopwarden: ignore[blocking-sleep] -- later\nf()");
    }

    #[test]
    fn after_a_continued_line_it_stands_at_the_end() {
        let text = "x = 1 + \\\n    f()\n";
        assert_eq!(inserted(text, Lang::Python, 2).unwrap(), "x = 1 + \\\n    f()  # loopwarden: ignore[blocking-sleep] -- later\n");
        assert_eq!(inserted("x = 1 + \\\n  f() + \\\n  2\n", Lang::Python, 2), None);
    }

    #[test]
    fn nothing_is_written_into_strings_and_markup() {
        assert_eq!(inserted("const a = <p>\n  {f()}\n</p>;\n", Lang::Tsx, 2), None);
        assert_eq!(inserted("const a = `\n${f()}\n`;\n", Lang::JavaScript, 2), None);
        assert_eq!(inserted("a = f\"\"\"\n{f()}\n\"\"\"\n", Lang::Python, 2), None);
        // An expression over several lines inside markup has room.
        assert!(inserted("const a = <p>\n  {f(\n    g(),\n  )}\n</p>;\n", Lang::Tsx, 3).is_some());
    }

    #[test]
    fn a_second_comment_speaks_for_the_same_line() {
        let text = "# loopwarden: ignore[blocking-file-io] -- x\nf()  # loopwarden: ignore[blocking-stdin] -- y\n";
        let changed = inserted(text, Lang::Python, 2).unwrap();
        let summary = lower(&changed, Lang::Python);
        let source = Source::new(String::new(), changed);
        assert_eq!(summary.directives(&source).iter().map(|one| one.speaks_for).collect::<Vec<_>>(), [3, 3, 3]);
    }
}
