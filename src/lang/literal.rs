//! The text that a literal gives, and where each part of it is written: strings, sums of strings, regular expressions.

use crate::base::Span;
use crate::ir::{Const, Expr, ExprId, Family, ModuleSummary, Target, VarId};

/// What a literal gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text, escapes replaced; of a regular expression what stands between the slashes.
    pub text: String,
    /// The letters behind a regular expression.
    pub flags: String,
    /// Python: it gives bytes.
    pub bytes: bool,
    /// For each byte of the text the bytes of the file that give its character.
    places: Vec<Span>,
}

impl Written {
    /// The bytes of the file that give a part of the text.
    #[must_use]
    pub fn span(&self, of: Span) -> Span {
        let start = match (self.places.get(of.start as usize), self.places.last()) {
            (Some(place), _) => place.start,
            (None, Some(last)) => last.end,
            (None, None) => 0,
        };
        let end = (of.end as usize).checked_sub(1).filter(|_| of.end > of.start).and_then(|last| self.places.get(last));
        Span { start, end: end.map_or(start, |place| place.end) }
    }
}

/// What is put into a literal: the place where, and the text.
pub type Filled = (Span, String);

/// The parts of a text that stand elsewhere, in order: the place where each is put in, and what.
pub fn holes(summary: &ModuleSummary, id: ExprId) -> impl Iterator<Item = (Span, ExprId)> {
    let from = summary.holes.partition_point(|(of, ..)| *of < id);
    summary.holes[from..].iter().take_while(move |(of, ..)| *of == id).map(|(_, span, part)| (*span, *part))
}

impl ModuleSummary {
    /// Where a literal is written, if it may be a regular expression.
    #[must_use]
    pub fn literal(&self, id: ExprId) -> Option<Span> {
        self.literals.binary_search_by_key(&id, |(of, _)| *of).ok().map(|at| self.literals[at].1)
    }

    /// How long a part of a text or list is at most, where it is cut off at a constant.
    #[must_use]
    pub fn cut(&self, id: ExprId) -> Option<u32> {
        self.cuts.binary_search_by_key(&id, |(of, _)| *of).ok().map(|at| self.cuts[at].1)
    }

    /// The length that a variable was held against before a place in the function that has it, if any.
    #[must_use]
    pub fn measured_before(&self, var: VarId, place: Span) -> Option<u32> {
        self.measured.iter().filter(|(of, _, at)| *of == var && at.end <= place.start).map(|(_, length, _)| *length).max()
    }

    /// The whole number that an expression is, or that the one value of the variable is which it names.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    pub(super) fn number(&self, id: ExprId) -> Option<u32> {
        match self.exprs[id] {
            Expr::Const(Const::Number(number)) if number >= 0.0 && number <= f64::from(u32::MAX) => Some(number as u32),
            Expr::Var(var) => {
                let mut values = self.assigns.iter().filter(|assign| assign.target == Target::Var(var)).map(|assign| assign.value);
                let (Some(value), None) = (values.next(), values.next()) else { return None };
                if matches!(self.exprs[value], Expr::Var(_)) { None } else { self.number(value) }
            }
            _ => None,
        }
    }

    /// The product of two factors, where it is written in the source: `10 * 1024`.
    pub(super) fn product(&mut self, parts: &[ExprId]) -> ExprId {
        let number = |id: &ExprId| if let Expr::Const(Const::Number(number)) = self.exprs[*id] { Some(number) } else { None };
        let product = match parts {
            [one, other] => number(one).zip(number(other)).map(|(one, other)| one * other),
            _ => None,
        };
        self.exprs.push(product.map_or(Expr::Unknown, |product| Expr::Const(Const::Number(product))))
    }
}

/// Whether what is written of a text looks like a part of a regular expression, so that it is worth keeping what is put into it.
pub(super) fn may_match(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'*' | b'+' | b'\\' | b'^'))
}

/// Reads a literal of a file, with what is put into it; none where it has an escape that is not known, or ends too early.
#[must_use]
pub fn read(source: &str, span: Span, family: Family, filled: &[Filled]) -> Option<Written> {
    let text = source.get(span.start as usize..span.end as usize)?;
    let mut reader = Reader {
        text,
        at: 0,
        base: span.start,
        filled,
        written: Written { text: String::new(), flags: String::new(), bytes: false, places: Vec::new() },
    };
    match family {
        Family::Python => reader.python()?,
        Family::Ecma => reader.ecma()?,
    }
    Some(reader.written)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// What is still to be put in.
    filled: &'t [Filled],
    /// Where the text begins in the file.
    base: u32,
    written: Written,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.text[self.at..].starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    /// Adds the character that is written from `from` on, and has just been read.
    fn push(&mut self, letter: char, from: usize) {
        self.written.text.push(letter);
        let place = |at: usize| self.base + u32::try_from(at).unwrap_or(u32::MAX);
        let place = Span { start: place(from), end: place(self.at) };
        self.written.places.resize(self.written.text.len(), place);
    }

    /// Puts in what belongs here, if anything does.
    fn fill(&mut self) -> bool {
        let Some(((place, text), others)) = self.filled.split_first() else { return false };
        if place.start as usize != self.base as usize + self.at {
            return false;
        }
        self.filled = others;
        let from = self.at;
        self.at = (place.end - self.base) as usize;
        for letter in text.chars() {
            self.push(letter, from);
        }
        true
    }

    fn code(&mut self, digits: usize, from: usize) -> Option<()> {
        let code = u32::from_str_radix(self.text.get(self.at..self.at + digits)?, 16).ok()?;
        self.at += digits;
        self.push(char::from_u32(code)?, from);
        Some(())
    }

    /// What may stand between the pieces of a sum.
    fn between(&mut self, comment: &str) -> Option<()> {
        loop {
            if self.takes(comment) {
                while self.peek().is_some_and(|letter| letter != '\n') {
                    self.next();
                }
            } else if comment == "//" && self.takes("/*") {
                self.at += self.text[self.at..].find("*/")? + 2;
            } else if self.takes("\\\n") || self.takes("\\\r\n") {
            } else if self.peek().is_some_and(|letter| letter.is_whitespace() || matches!(letter, '(' | ')' | '+')) {
                self.next();
            } else {
                return Some(());
            }
        }
    }

    fn python(&mut self) -> Option<()> {
        loop {
            self.between("#")?;
            if self.fill() {
                continue;
            }
            let (mut raw, mut formatted) = (false, false);
            while let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) {
                match letter.to_ascii_lowercase() {
                    'r' => raw = true,
                    'b' => self.written.bytes = true,
                    'u' => {}
                    'f' => formatted = true,
                    _ => return None,
                }
                self.next();
            }
            let Some(quote) = self.next() else { return Some(()) };
            let single = quote.to_string();
            let triple = single.repeat(3);
            if !matches!(quote, '"' | '\'') {
                return None;
            }
            let closing = if self.takes(&triple[1..]) { triple } else { single };
            while !self.takes(&closing) {
                if formatted && self.fill() {
                    continue;
                }
                let from = self.at;
                if formatted && (self.takes("{") || self.takes("}")) {
                    // One that stands alone opens a part that is not known.
                    let brace = self.next().filter(|_| self.text[from..self.at] == self.text[from..=from].repeat(2))?;
                    self.push(brace, from);
                    continue;
                }
                match self.next()? {
                    '\\' if raw => {
                        self.push('\\', from);
                        let from = self.at;
                        let letter = self.next()?;
                        self.push(letter, from);
                    }
                    '\\' => self.python_escape(from)?,
                    '\r' if self.peek() == Some('\n') => {}
                    letter => self.push(letter, from),
                }
            }
        }
    }

    fn python_escape(&mut self, from: usize) -> Option<()> {
        let letter = self.next()?;
        let one = match letter {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => letter,
            'a' => '\u{7}',
            'b' | 'f' | 'n' | 'r' | 't' | 'v' => control(letter),
            '0'..='7' => {
                let mut code = letter.to_digit(8)?;
                for _ in 0..2 {
                    if let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) {
                        code = code * 8 + digit;
                        self.next();
                    }
                }
                char::from_u32(code)?
            }
            'x' => return self.code(2, from),
            'u' if !self.written.bytes => return self.code(4, from),
            'U' if !self.written.bytes => return self.code(8, from),
            'N' if !self.written.bytes => return None,
            _ => {
                self.push('\\', from);
                let behind = self.at - letter.len_utf8();
                self.push(letter, behind);
                return Some(());
            }
        };
        self.push(one, from);
        Some(())
    }

    fn ecma(&mut self) -> Option<()> {
        if self.text.starts_with('/') && !self.text.starts_with("//") && !self.text.starts_with("/*") {
            return self.expression();
        }
        loop {
            self.between("//")?;
            if self.fill() {
                continue;
            }
            let Some(quote) = self.next() else { return Some(()) };
            if !matches!(quote, '"' | '\'' | '`') {
                return None;
            }
            loop {
                if quote == '`' && self.fill() {
                    continue;
                }
                let from = self.at;
                match self.next()? {
                    letter if letter == quote => break,
                    '\\' => self.ecma_escape(from)?,
                    '$' if quote == '`' && self.peek() == Some('{') => return None,
                    letter => self.push(letter, from),
                }
            }
        }
    }

    fn ecma_escape(&mut self, from: usize) -> Option<()> {
        let letter = self.next()?;
        let one = match letter {
            '\n' => return Some(()),
            '\r' => {
                self.takes("\n");
                return Some(());
            }
            'b' | 'f' | 'n' | 'r' | 't' | 'v' => control(letter),
            '0' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => '\0',
            '0'..='9' => return None,
            'x' => return self.code(2, from),
            'u' if self.takes("{") => {
                let digits = self.text[self.at..].find('}')?;
                self.code(digits, from)?;
                self.next();
                return Some(());
            }
            'u' => return self.code(4, from),
            other => other,
        };
        self.push(one, from);
        Some(())
    }

    /// `/pattern/flags`
    fn expression(&mut self) -> Option<()> {
        self.next();
        let mut class = false;
        loop {
            let from = self.at;
            match self.next()? {
                '/' if !class => break,
                '\\' => {
                    self.push('\\', from);
                    let from = self.at;
                    let letter = self.next()?;
                    self.push(letter, from);
                }
                letter => {
                    class = if class { letter != ']' } else { letter == '[' };
                    self.push(letter, from);
                }
            }
        }
        self.text[self.at..].trim_end().clone_into(&mut self.written.flags);
        Some(())
    }
}

/// Whether a text has what repeats in a regular expression: without it, none takes long.
pub(super) fn may_repeat(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'*' | b'+' | b'{'))
}

/// The character that both languages write as a backslash and this letter.
fn control(letter: char) -> char {
    match letter {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::base::Span;
    use crate::ir::Family::{self, Ecma, Python};

    fn text(source: &str, family: Family) -> Option<(String, String)> {
        read(source, Span::new(0, source.len()), family, &[]).map(|written| (written.text, written.flags))
    }

    #[test]
    fn literals_give_their_text() {
        let plain = |text: &str| Some((text.to_owned(), String::new()));
        assert_eq!(text(r#"r"\d+\"x""#, Python), plain(r#"\d+\"x"#));
        assert_eq!(text(r"'\d\n\x41\101\u0042'", Python), plain("\\d\nAAB"));
        assert_eq!(text("r'''a\n'b'''", Python), plain("a\n'b"));
        assert_eq!(text("(r'a+'  # one\n   \"b\\\\d\" + 'c')", Python), plain("a+b\\dc"));
        assert_eq!(text("f'{x}'", Python), None);
        assert_eq!(text("'a", Python), None);
        assert_eq!(text(r#"'\\d+' + "\x41\u{42}""#, Ecma), plain("\\d+AB"));
        assert_eq!(text("`a${b}`", Ecma), None);
        assert_eq!(text(r"/[/\]]+\//gi", Ecma), Some((r"[/\]]+\/".to_owned(), "gi".to_owned())));
        assert!(read("b'a*'", Span::new(0, 5), Python, &[]).is_some_and(|written| written.bytes));
    }

    #[test]
    fn what_is_put_in_stands_in_its_place() {
        let filled = |source: &str, family: Family, parts: &[&str]| {
            let places = parts.iter().map(|part| {
                let start = source.find(part).unwrap_or_default();
                (Span::new(start, start + part.len()), "a+".to_owned())
            });
            let filled: Vec<_> = places.collect();
            read(source, Span::new(0, source.len()), family, &filled).map(|written| written.text)
        };
        assert_eq!(filled(r"rf'^{x}\.{{2}}{yy}$'", Python, &["{x}", "{yy}"]).as_deref(), Some(r"^a+\.{2}a+$"));
        assert_eq!(filled("'(' + WORD + ')*'", Python, &["WORD"]).as_deref(), Some("(a+)*"));
        assert_eq!(filled("f'{x}{y}'", Python, &["{x}"]), None);
        assert_eq!(filled("`^${x}*` + a.b", Ecma, &["${x}", "a.b"]).as_deref(), Some("^a+*a+"));
    }

    #[test]
    fn places_lead_back_to_the_file() {
        let source = r#"re.compile("^(\\w+" "\\s?)*$")"#;
        let written = read(source, Span::new(11, source.len() - 1), Python, &[]).unwrap_or_else(|| unreachable!("it is a literal"));
        let told = |part: &str| {
            let at = written.text.find(part).unwrap_or_default();
            let span = written.span(Span::new(at, at + part.len()));
            &source[span.start as usize..span.end as usize]
        };
        assert_eq!(told("\\w+"), "\\\\w+");
        assert_eq!(told("(\\w+\\s?)*"), "(\\\\w+\" \"\\\\s?)*");
    }
}
