//! Python: the syntax of `re` (3.11 and later) to the common form.
//!
//! Alternatives that share their start, or are single characters, are merged as `CPython`'s compiler merges them: it decides whether
//! they can be taken in two ways.

mod escape;
mod group;
mod merge;

use super::charset::{self, CharSet, Folding};
use super::pattern::{Assert, Node, Pattern, Repeat, SetId, Sets};
use super::{Flavor, MAX_DEPTH, Refusal};
use crate::base::Span;
use std::collections::BTreeMap;

/// Parses and lowers a pattern; `flags` are letters as in `(?aimsux)`.
pub(super) fn parse(pattern: &str, flags: &str) -> Result<Pattern, Refusal> {
    let mut parser = Parser {
        letters: pattern.char_indices().map(|(at, letter)| (Span::new(at, at + letter.len_utf8()), letter)).collect(),
        at: 0,
        end: Span::new(pattern.len(), pattern.len()),
        flags: Flags::default(),
        sets: Sets::default(),
        groups: Vec::new(),
        names: BTreeMap::new(),
        wanted: Vec::new(),
        depth: 0,
    };
    for letter in flags.chars() {
        match Flags::of_letter(letter) {
            Some(flag) => parser.flags.set(flag, true),
            None => return Err(Refusal::flags(format!("unknown flag `{letter}`"))),
        }
    }
    let root = parser.alternatives()?;
    if parser.peek().is_some() {
        return Err(parser.error("unbalanced parenthesis"));
    }
    if let Some((number, span)) = parser.wanted.iter().find(|(number, _)| *number as usize > parser.groups.len()) {
        return Err(Refusal::syntax(format!("invalid group reference {number}"), *span));
    }
    let groups = u32::try_from(parser.groups.len()).unwrap_or(u32::MAX);
    Ok(Pattern { flavor: Flavor::Python, root, sets: parser.sets, groups })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    IgnoreCase,
    Multiline,
    DotAll,
    Verbose,
    Ascii,
    /// `u` and `L` change nothing here.
    Without,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags(u8);

impl Flags {
    fn of_letter(letter: char) -> Option<Flag> {
        Some(match letter {
            'i' => Flag::IgnoreCase,
            'm' => Flag::Multiline,
            's' => Flag::DotAll,
            'x' => Flag::Verbose,
            'a' => Flag::Ascii,
            'u' | 'L' => Flag::Without,
            _ => return None,
        })
    }

    fn set(&mut self, flag: Flag, on: bool) {
        let bit = 1 << flag as u8;
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }

    fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }
}

/// What the parser knows of a capture group.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    closed: bool,
    /// The least and greatest number of characters.
    width: (u64, u64),
}

/// One part of a sequence, with what merging asks.
#[derive(Clone, Debug)]
struct Item {
    node: Node,
    /// A literal or a class that is not negated, as it is written, before case is folded: such alternatives are merged.
    plain: Option<SetId>,
}

impl Item {
    fn of(node: Node) -> Self {
        Self { node, plain: None }
    }
}

struct Parser {
    letters: Vec<(Span, char)>,
    at: usize,
    end: Span,
    flags: Flags,
    sets: Sets,
    groups: Vec<Known>,
    names: BTreeMap<String, u32>,
    /// Groups asked for by conditions, which may stand before them.
    wanted: Vec<(u32, Span)>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).map(|(_, letter)| *letter)
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// The place of the letter with this index, or the end.
    fn place(&self, at: usize) -> Span {
        self.letters.get(at).map_or(self.end, |(span, _)| *span)
    }

    fn since(&self, start: usize) -> Span {
        let last = self.at.checked_sub(1).map_or(0, |last| self.place(last).end);
        let start = self.place(start).start;
        Span { start, end: last.max(start) }
    }

    fn error(&self, message: &str) -> Refusal {
        Refusal::syntax(message.to_owned(), self.place(self.at))
    }

    fn error_since(&self, start: usize, message: &str) -> Refusal {
        Refusal::syntax(message.to_owned(), self.since(start))
    }

    fn folded(&self, mut set: CharSet) -> CharSet {
        if self.flags.has(Flag::IgnoreCase) {
            charset::fold(&mut set, if self.flags.has(Flag::Ascii) { Folding::Ascii } else { Folding::Unicode });
        }
        set
    }

    /// One character of a set, given as it is written.
    fn char(&mut self, set: CharSet, span: Span) -> Item {
        let plain = Some(self.sets.intern(set.clone()));
        let set = self.folded(set);
        Item { node: Node::Char(self.sets.intern(set), span), plain }
    }

    fn alternatives(&mut self) -> Result<Node, Refusal> {
        Ok(Node::concat(self.alternative_items()?.into_iter().map(|item| item.node).collect()))
    }

    /// Alternatives up to a closing parenthesis, as a sequence: what they share stands before them.
    fn alternative_items(&mut self) -> Result<Vec<Item>, Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        let mut arms = vec![self.sequence()?];
        while self.eat('|') {
            arms.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(merge::merge(arms, &mut self.sets))
    }

    fn sequence(&mut self) -> Result<Vec<Item>, Refusal> {
        let mut items: Vec<Item> = Vec::new();
        loop {
            let start = self.at;
            let Some(letter) = self.peek() else { break };
            if letter == '|' || letter == ')' {
                break;
            }
            self.at += 1;
            if self.flags.has(Flag::Verbose) {
                if letter.is_ascii_whitespace() || letter == '\u{0B}' {
                    continue;
                }
                if letter == '#' {
                    while self.next().is_some_and(|skipped| skipped != '\n') {}
                    continue;
                }
            }
            match letter {
                '*' | '+' | '?' => return Err(self.error_since(start, "nothing to repeat")),
                '{' if self.counts_ahead() => return Err(self.error_since(start, "nothing to repeat")),
                _ => {}
            }
            let parsed = self.atom(letter, start)?;
            let repeated = self.repeated(parsed, start)?;
            items.extend(repeated);
        }
        Ok(items)
    }

    /// Whether a count such as `{2,3}` follows an opening brace that was just read.
    fn counts_ahead(&mut self) -> bool {
        let before = self.at;
        let found = self.counts().ok().flatten().is_some();
        self.at = before;
        found
    }

    /// One atom without its quantifier, as a sequence: a plain group gives all its parts.
    fn atom(&mut self, letter: char, start: usize) -> Result<Vec<Item>, Refusal> {
        Ok(match letter {
            '(' => return self.group(start),
            '[' => vec![self.class(start)?],
            '\\' => vec![self.escape(start)?],
            '.' => {
                let set = if self.flags.has(Flag::DotAll) { charset::any() } else { charset::other_than(charset::newline(Flavor::Python)) };
                vec![Item::of(Node::Char(self.sets.intern(set), self.since(start)))]
            }
            '^' if self.flags.has(Flag::Multiline) => vec![self.newline_assert(Assert::LineStart)],
            '^' => vec![Item::of(Node::Assert(Assert::Start))],
            '$' if self.flags.has(Flag::Multiline) => vec![self.newline_assert(Assert::LineEnd)],
            '$' => vec![self.newline_assert(Assert::LastLine)],
            other => {
                vec![self.char(charset::single(u32::from(other)), self.since(start))]
            }
        })
    }

    fn newline_assert(&mut self, assert: impl Fn(SetId) -> Assert) -> Item {
        let newline = self.sets.intern(charset::newline(Flavor::Python));
        Item::of(Node::Assert(assert(newline)))
    }

    /// The atom with the quantifier that follows, if one does.
    fn repeated(&mut self, atom: Vec<Item>, start: usize) -> Result<Vec<Item>, Refusal> {
        self.skip_verbose();
        let quantifier = self.at;
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let Some(counts) = self.counts()? else {
                    self.at = quantifier;
                    return Ok(atom);
                };
                self.at -= 1;
                counts
            }
            _ => return Ok(atom),
        };
        self.at += 1;
        let grouped = self.letters.get(start).is_some_and(|(_, letter)| *letter == '(');
        if !grouped && matches!(atom.as_slice(), [Item { node: Node::Assert(_), .. }]) {
            return Err(self.error_since(quantifier, "nothing to repeat"));
        }
        let lazy = self.eat('?');
        let possessive = !lazy && self.eat('+');
        let span = self.since(start);
        self.skip_verbose();
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err(self.error("multiple repeat"));
        }
        if self.peek() == Some('{') {
            self.at += 1;
            let more = self.counts_ahead();
            self.at -= 1;
            if more {
                return Err(self.error("multiple repeat"));
            }
        }
        let mut body = Node::concat(atom.into_iter().map(|item| item.node).collect());
        // Possessive, each round stands by itself: it is not tried in another way so that the least number of rounds is reached.
        if possessive && !matches!(body, Node::Char(..)) {
            body = Node::Atomic(Box::new(body));
        }
        let node = Node::Repeat(Box::new(Repeat { body, min, max, lazy, span }));
        Ok(vec![Item::of(if possessive { Node::Atomic(Box::new(node)) } else { node })])
    }

    /// What `x` lets stand between an atom and its quantifier: nothing counts.
    fn skip_verbose(&mut self) {
        while self.flags.has(Flag::Verbose) {
            match self.peek() {
                Some(letter) if letter.is_ascii_whitespace() || letter == '\u{0B}' => self.at += 1,
                Some('#') => while self.next().is_some_and(|skipped| skipped != '\n') {},
                _ => return,
            }
        }
    }

    /// The counts behind an opening brace, up to and with the closing one; none where it is no count, and the brace a literal.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, Refusal> {
        let start = self.at;
        let low = self.digits();
        let comma = self.eat(',');
        let high = if comma { self.digits() } else { low.clone() };
        if (low.is_empty() && !comma) || !self.eat('}') {
            self.at = start;
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|count| *count < u32::MAX);
        let min = if low.is_empty() { Some(0) } else { number(&low) };
        let Some(min) = min else { return Err(self.error_since(start, "the repetition number is too large")) };
        if high.is_empty() {
            return Ok(Some((min, None)));
        }
        let Some(max) = number(&high) else { return Err(self.error_since(start, "the repetition number is too large")) };
        if max < min {
            return Err(self.error_since(start, "min repeat greater than max repeat"));
        }
        Ok(Some((min, Some(max))))
    }

    fn digits(&mut self) -> String {
        let mut text = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            text.push(digit);
            self.at += 1;
        }
        text
    }
}
