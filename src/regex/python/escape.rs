//! Escapes and classes.

use super::super::charset::{self, CharSet};
use super::super::pattern::{Assert, Node};
use super::super::{Flavor, Refusal};
use super::{Flag, Item, Parser};

/// What an escape in a class stands for.
enum Member {
    Single(u32),
    Set(CharSet),
}

impl Parser {
    /// What follows a backslash outside a class.
    pub(super) fn escape(&mut self, start: usize) -> Result<Item, Refusal> {
        let Some(letter) = self.next() else { return Err(self.error_since(start, "bad escape (end of pattern)")) };
        let assert = |assert| Ok(Item::of(Node::Assert(assert)));
        match letter {
            'A' => return assert(Assert::Start),
            'Z' => return assert(Assert::End),
            'b' | 'B' => {
                let word = charset::word(Flavor::Python, self.flags.has(Flag::Ascii));
                return assert(Assert::Boundary(self.sets.intern(word), letter == 'B'));
            }
            _ => {}
        }
        if let Some(set) = self.category(letter) {
            let set = self.sets.intern(set);
            return Ok(Item { node: Node::Char(set, self.since(start)), plain: Some(set) });
        }
        if letter.is_ascii_digit() && letter != '0' {
            if let Some(value) = self.octal_ahead(letter) {
                self.at += 2;
                if value > 0o377 {
                    return Err(self.error_since(start, "octal escape value outside of range 0-0o377"));
                }
                return Ok(self.char(charset::single(value), self.since(start)));
            }
            let mut number = letter.to_digit(10).unwrap_or(0);
            if let Some(digit) = self.peek().and_then(|next| next.to_digit(10)) {
                self.at += 1;
                number = number * 10 + digit;
            }
            return Ok(Item::of(self.reference(number, start)?));
        }
        let value = self.literal(letter, start)?;
        Ok(self.char(charset::single(value), self.since(start)))
    }

    /// Three octal digits, the first of which is already read: a character, not a group.
    fn octal_ahead(&self, first: char) -> Option<u32> {
        let second = self.letters.get(self.at)?.1.to_digit(8)?;
        let third = self.letters.get(self.at + 1)?.1.to_digit(8)?;
        Some(first.to_digit(8)? * 64 + second * 8 + third)
    }

    fn category(&self, letter: char) -> Option<CharSet> {
        let ascii = self.flags.has(Flag::Ascii);
        Some(match letter {
            'd' => charset::digit(Flavor::Python, ascii),
            'D' => charset::other_than(charset::digit(Flavor::Python, ascii)),
            's' => charset::space(Flavor::Python, ascii),
            'S' => charset::other_than(charset::space(Flavor::Python, ascii)),
            'w' => charset::word(Flavor::Python, ascii),
            'W' => charset::other_than(charset::word(Flavor::Python, ascii)),
            _ => return None,
        })
    }

    /// An escape that stands for one character, here and in a class.
    fn literal(&mut self, letter: char, start: usize) -> Result<u32, Refusal> {
        Ok(match letter {
            'a' => 0x07,
            'f' => 0x0C,
            'n' => 0x0A,
            'r' => 0x0D,
            't' => 0x09,
            'v' => 0x0B,
            'x' => self.hexadecimal(2, start)?,
            'u' => self.hexadecimal(4, start)?,
            'U' => {
                let value = self.hexadecimal(8, start)?;
                if value > 0x0010_FFFF {
                    return Err(self.error_since(start, "bad escape: no such character"));
                }
                value
            }
            'N' => return self.named(start),
            '0' => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else { break };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                value
            }
            other if other.is_ascii_alphanumeric() => return Err(self.error_since(start, &format!("bad escape \\{other}"))),
            other => u32::from(other),
        })
    }

    fn hexadecimal(&mut self, count: usize, start: usize) -> Result<u32, Refusal> {
        let mut value = 0;
        for _ in 0..count {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(16)) else {
                return Err(self.error_since(start, "incomplete escape"));
            };
            self.at += 1;
            value = value * 16 + digit;
        }
        Ok(value)
    }

    /// `\N{name}`: no tables of names are kept; one character of the private plane stands for it.
    fn named(&mut self, start: usize) -> Result<u32, Refusal> {
        if !self.eat('{') {
            return Err(self.error_since(start, "missing {"));
        }
        while let Some(letter) = self.next() {
            if letter == '}' {
                return Ok(0x000F_0000);
            }
        }
        Err(self.error_since(start, "missing }, unterminated name"))
    }

    /// What follows an opening bracket, with the closing one.
    pub(super) fn class(&mut self, start: usize) -> Result<Item, Refusal> {
        let negative = self.eat('^');
        let (mut set, mut written, first) = (CharSet::empty(), CharSet::empty(), self.at);
        // Case is folded for letters that are written, not for categories.
        let mut categories = CharSet::empty();
        let mut add = |parser: &Self, single: CharSet| {
            written.union(&single);
            set.union(&parser.folded(single));
        };
        loop {
            let at = self.at;
            let Some(letter) = self.next() else {
                return Err(Refusal::syntax("unterminated character set".to_owned(), self.place(start)));
            };
            if letter == ']' && at != first {
                break;
            }
            let low = self.member(letter, at)?;
            let dash = self.peek() == Some('-') && self.letters.get(self.at + 1).is_some_and(|(_, next)| *next != ']');
            if !dash {
                match low {
                    Member::Single(value) => add(self, charset::single(value)),
                    Member::Set(category) => categories.union(&category),
                }
                continue;
            }
            self.at += 1;
            let high_at = self.at;
            let Some(letter) = self.next() else {
                return Err(Refusal::syntax("unterminated character set".to_owned(), self.place(start)));
            };
            match (low, self.member(letter, high_at)?) {
                (Member::Single(low), Member::Single(high)) if low <= high => add(self, charset::range(low, high)),
                _ => return Err(self.error_since(at, "bad character range")),
            }
        }
        written.union(&categories);
        set.union(&categories);
        let plain = (!negative).then(|| self.sets.intern(written));
        let set = self.sets.intern(if negative { charset::other_than(set) } else { set });
        Ok(Item { node: Node::Char(set, self.since(start)), plain })
    }

    fn member(&mut self, letter: char, start: usize) -> Result<Member, Refusal> {
        if letter != '\\' {
            return Ok(Member::Single(u32::from(letter)));
        }
        let Some(letter) = self.next() else { return Err(self.error_since(start, "bad escape (end of pattern)")) };
        if let Some(set) = self.category(letter) {
            return Ok(Member::Set(set));
        }
        if letter == 'b' {
            return Ok(Member::Single(0x08));
        }
        let Some(mut value) = letter.to_digit(8) else { return Ok(Member::Single(self.literal(letter, start)?)) };
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else { break };
            self.at += 1;
            value = value * 8 + digit;
        }
        if value > 0o377 {
            return Err(self.error_since(start, "octal escape value outside of range 0-0o377"));
        }
        Ok(Member::Single(value))
    }
}
