//! Parentheses: groups, looks, conditions, flags, comments.

use super::super::pattern::{Look, Node, Reference};
use super::super::{MAX_DEPTH, Refusal};
use super::{Flag, Flags, Item, Known, Parser};

impl Parser {
    /// What follows an opening parenthesis, with the closing one.
    pub(super) fn group(&mut self, start: usize) -> Result<Vec<Item>, Refusal> {
        if !self.eat('?') {
            return self.capture(start, None);
        }
        let single = |node| vec![Item::of(node)];
        match self.next() {
            None => Err(self.error("unexpected end of pattern")),
            Some('P') if self.eat('<') => {
                let name = self.name('>')?;
                self.capture(start, Some(name))
            }
            Some('P') if self.eat('=') => {
                let name = self.name(')')?;
                let Some(number) = self.names.get(&name).copied() else {
                    return Err(self.error_since(start, &format!("unknown group name '{name}'")));
                };
                Ok(single(self.reference(number, start)?))
            }
            Some('P') => Err(self.error_since(start, "unknown extension ?P")),
            Some(':') => {
                let items = self.alternative_items()?;
                self.close(start)?;
                // A group that holds nothing still can be repeated.
                Ok(if items.is_empty() { single(Node::Empty) } else { items })
            }
            Some('#') => loop {
                match self.next() {
                    None => return Err(self.error_since(start, "missing ), unterminated comment")),
                    Some(')') => return Ok(Vec::new()),
                    Some(_) => {}
                }
            },
            Some('=') => Ok(single(self.look(start, true, false)?)),
            Some('!') => Ok(single(self.look(start, true, true)?)),
            Some('<') if self.eat('=') => Ok(single(self.look(start, false, false)?)),
            Some('<') if self.eat('!') => Ok(single(self.look(start, false, true)?)),
            Some('<') => Err(self.error_since(start, "unknown extension ?<")),
            Some('(') => Ok(single(self.conditional(start)?)),
            Some('>') => {
                let body = self.alternatives()?;
                self.close(start)?;
                Ok(single(Node::Atomic(Box::new(body))))
            }
            Some(letter) if letter == '-' || Flags::of_letter(letter).is_some() => self.flags(start),
            Some(letter) => Err(self.error_since(start, &format!("unknown extension ?{letter}"))),
        }
    }

    fn close(&mut self, start: usize) -> Result<(), Refusal> {
        if self.eat(')') {
            return Ok(());
        }
        Err(Refusal::syntax("missing ), unterminated subpattern".to_owned(), self.place(start)))
    }

    fn capture(&mut self, start: usize, name: Option<String>) -> Result<Vec<Item>, Refusal> {
        self.groups.push(Known::default());
        let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        if let Some(name) = name
            && self.names.insert(name.clone(), number).is_some()
        {
            return Err(self.error_since(start, &format!("redefinition of group name '{name}'")));
        }
        let body = self.alternatives()?;
        self.close(start)?;
        let width = self.width(&body);
        self.groups[number as usize - 1] = Known { closed: true, width };
        Ok(vec![Item::of(Node::Group(number, Box::new(body)))])
    }

    /// A reference to a group that is closed by now.
    pub(super) fn reference(&mut self, number: u32, start: usize) -> Result<Node, Refusal> {
        match (number as usize).checked_sub(1).and_then(|at| self.groups.get(at)) {
            None => Err(self.error_since(start, &format!("invalid group reference {number}"))),
            Some(known) if !known.closed => Err(self.error_since(start, "cannot refer to an open group")),
            Some(_) => {
                let ignore_case = self.flags.has(Flag::IgnoreCase);
                Ok(Node::Reference(Reference { groups: vec![number], ignore_case }))
            }
        }
    }

    fn look(&mut self, start: usize, ahead: bool, negative: bool) -> Result<Node, Refusal> {
        let body = self.alternatives()?;
        self.close(start)?;
        let (low, high) = self.width(&body);
        if !ahead && low != high {
            return Err(self.error_since(start, "look-behind requires fixed-width pattern"));
        }
        Ok(Node::Look(Box::new(Look { body, ahead, negative })))
    }

    fn conditional(&mut self, start: usize) -> Result<Node, Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        let at = self.at;
        let name = self.name(')')?;
        let number = match name.parse::<u32>() {
            Ok(0) => return Err(self.error_since(at, "bad group number")),
            Ok(number) => number,
            Err(_) => match self.names.get(&name) {
                Some(number) => *number,
                None => return Err(self.error_since(at, &format!("unknown group name '{name}'"))),
            },
        };
        self.wanted.push((number, self.since(at)));
        let yes = Node::concat(self.sequence()?.into_iter().map(|item| item.node).collect());
        let no = if self.eat('|') { Node::concat(self.sequence()?.into_iter().map(|item| item.node).collect()) } else { Node::Empty };
        if self.peek() == Some('|') {
            return Err(self.error("conditional backref with more than two branches"));
        }
        self.close(start)?;
        self.depth -= 1;
        Ok(Node::Conditional(number, Box::new((yes, no))))
    }

    /// A name up to the letter that ends it.
    fn name(&mut self, end: char) -> Result<String, Refusal> {
        let start = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                None => return Err(self.error_since(start, &format!("missing {end}, unterminated name"))),
                Some(letter) if letter == end => break,
                Some(letter) => name.push(letter),
            }
        }
        if name.is_empty() {
            return Err(self.error_since(start, "missing group name"));
        }
        let starts_well = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
        let digits = end == ')' && name.bytes().all(|byte| byte.is_ascii_digit());
        let word = starts_well && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if !digits && !word {
            return Err(self.error_since(start, &format!("bad character in group name '{name}'")));
        }
        Ok(name)
    }

    /// `(?i)` for the whole pattern, `(?i-m:...)` for a part; the first letter is already read.
    fn flags(&mut self, start: usize) -> Result<Vec<Item>, Refusal> {
        self.at -= 1;
        let (before, mut flags, mut on) = (self.flags, self.flags, true);
        loop {
            match self.next() {
                Some('-') if on => on = false,
                Some(')') if on => {
                    // Only at the start; what stands before it is the parenthesis.
                    if start != 0 && !self.only_flags_before(start) {
                        return Err(self.error_since(start, "global flags not at the start of the expression"));
                    }
                    self.flags = flags;
                    return Ok(Vec::new());
                }
                Some(':') => break,
                Some(letter) => match Flags::of_letter(letter) {
                    Some(Flag::Ascii | Flag::Without) if !on => {
                        return Err(self.error_since(start, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'"));
                    }
                    Some(Flag::Without) => flags.set(Flag::Ascii, false),
                    Some(flag) => flags.set(flag, on),
                    None => return Err(self.error_since(start, "unknown flag")),
                },
                None => return Err(self.error_since(start, "missing -, : or )")),
            }
        }
        self.flags = flags;
        let body = self.alternatives()?;
        self.flags = before;
        self.close(start)?;
        Ok(vec![Item::of(body)])
    }

    /// Whether nothing but flags, and space that `x` allows, stands before this letter.
    fn only_flags_before(&self, start: usize) -> bool {
        let before: String = self.letters.iter().take(start).map(|(_, letter)| *letter).collect();
        let mut rest = before.trim_start();
        while let Some(inner) = rest.strip_prefix("(?") {
            let Some((letters, after)) = inner.split_once(')') else { return false };
            if !letters.chars().all(|letter| Flags::of_letter(letter).is_some()) {
                return false;
            }
            rest = after.trim_start();
        }
        rest.is_empty()
    }

    /// The least and greatest number of characters that a part takes.
    pub(super) fn width(&self, node: &Node) -> (u64, u64) {
        let widest = |one: (u64, u64), other: (u64, u64)| (one.0.min(other.0), one.1.max(other.1));
        match node {
            Node::Empty | Node::Look(_) | Node::Assert(_) => (0, 0),
            Node::Char(..) => (1, 1),
            Node::Concat(parts) => parts.iter().map(|part| self.width(part)).fold((0, 0), |sum, part| {
                let add = |one: u64, other: u64| one.saturating_add(other);
                (add(sum.0, part.0), add(sum.1, part.1))
            }),
            Node::Alternate(parts) => parts.iter().map(|part| self.width(part)).reduce(widest).unwrap_or((0, 0)),
            Node::Repeat(repeat) => {
                let (low, high) = self.width(&repeat.body);
                let most = repeat.max.map_or(if high == 0 { 0 } else { u64::MAX }, |max| high.saturating_mul(u64::from(max)));
                (low.saturating_mul(u64::from(repeat.min)), most)
            }
            Node::Group(_, body) | Node::Atomic(body) => self.width(body),
            Node::Conditional(_, arms) => widest(self.width(&arms.0), self.width(&arms.1)),
            Node::Reference(reference) => {
                let known = reference.groups.iter().filter_map(|number| self.groups.get(*number as usize - 1)).map(|known| known.width);
                known.reduce(widest).unwrap_or((0, 0))
            }
        }
    }
}
