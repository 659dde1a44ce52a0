//! JavaScript: the tree of `oxc_regular_expression` to the common form.

use super::charset::{self, CharSet, Folding};
use super::pattern::{Assert, Look, Node, Pattern, Reference, Repeat, Sets};
use super::{Flavor, Refusal};
use crate::base::Span;
use oxc_allocator::Allocator;
use oxc_regular_expression::ast::{
    Alternative, BoundaryAssertionKind, CharacterClass, CharacterClassContents, CharacterClassContentsKind, CharacterClassEscapeKind,
    ClassStringDisjunction, Disjunction, LookAroundAssertionKind, Modifier, Quantifier, Term, UnicodePropertyEscape,
};
use oxc_regular_expression::{LiteralParser, Options};

/// Parses and lowers a pattern without its slashes.
pub(super) fn parse(pattern: &str, flags: &str) -> Result<Pattern, Refusal> {
    if pattern.is_empty() {
        return Ok(Pattern { flavor: Flavor::Ecma, root: Node::Empty, sets: Sets::default(), groups: 0 });
    }
    let allocator = Allocator::default();
    let tree = LiteralParser::new(&allocator, pattern, Some(flags), Options::default()).parse().map_err(|error| {
        let inner = error.inner_owned();
        let (start, length) = inner.labels.iter().flatten().next().map_or((0, 0), |label| (label.offset(), label.len()));
        let message = inner.message.trim_start_matches("Invalid regular expression:").trim().to_owned();
        Refusal::syntax(message, Span::new(start, start + length))
    })?;
    let mut groups = Vec::new();
    name_groups(&tree.body, &mut groups);
    let mut lower = Lower {
        sets: Sets::default(),
        names: groups,
        next_group: 1,
        unicode: flags.contains(['u', 'v']),
        ignore_case: flags.contains('i'),
        multiline: flags.contains('m'),
        dot_all: flags.contains('s'),
    };
    let root = lower.disjunction(&tree.body)?;
    Ok(Pattern { flavor: Flavor::Ecma, root, sets: lower.sets, groups: lower.next_group - 1 })
}

/// The names of capture groups in order of their opening parentheses.
fn name_groups(disjunction: &Disjunction<'_>, names: &mut Vec<Option<String>>) {
    for term in disjunction.body.iter().flat_map(|alternative| &alternative.body) {
        name_term(term, names);
    }
}

fn name_term(term: &Term<'_>, names: &mut Vec<Option<String>>) {
    match term {
        Term::LookAroundAssertion(look) => name_groups(&look.body, names),
        Term::Quantifier(quantifier) => name_term(&quantifier.body, names),
        Term::CapturingGroup(group) => {
            names.push(group.name.map(|name| name.to_string()));
            name_groups(&group.body, names);
        }
        Term::IgnoreGroup(group) => name_groups(&group.body, names),
        _ => {}
    }
}

/// The place of a node of the tree, whose own span type no crate of ours names.
macro_rules! place {
    ($node:expr) => {
        Span { start: $node.span.start, end: $node.span.end }
    };
}

struct Lower {
    sets: Sets,
    names: Vec<Option<String>>,
    next_group: u32,
    unicode: bool,
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
}

impl Lower {
    fn disjunction(&mut self, disjunction: &Disjunction<'_>) -> Result<Node, Refusal> {
        let parts = disjunction.body.iter().map(|alternative| self.alternative(alternative)).collect::<Result<_, _>>()?;
        Ok(Node::alternate(parts))
    }

    fn alternative(&mut self, alternative: &Alternative<'_>) -> Result<Node, Refusal> {
        Ok(Node::concat(alternative.body.iter().map(|term| self.term(term)).collect::<Result<_, _>>()?))
    }

    fn char(&mut self, set: CharSet, span: Span) -> Node {
        Node::Char(self.sets.intern(set), span)
    }

    fn term(&mut self, term: &Term<'_>) -> Result<Node, Refusal> {
        Ok(match term {
            Term::BoundaryAssertion(assertion) => Node::Assert(self.boundary(assertion.kind)),
            Term::LookAroundAssertion(look) => {
                let (ahead, negative) = match look.kind {
                    LookAroundAssertionKind::Lookahead => (true, false),
                    LookAroundAssertionKind::NegativeLookahead => (true, true),
                    LookAroundAssertionKind::Lookbehind => (false, false),
                    LookAroundAssertionKind::NegativeLookbehind => (false, true),
                };
                Node::Look(Box::new(Look { body: self.disjunction(&look.body)?, ahead, negative, span: place!(look) }))
            }
            Term::Quantifier(quantifier) => self.quantifier(quantifier)?,
            Term::Character(character) => {
                let set = self.folded(charset::single(character.value));
                self.char(set, place!(character))
            }
            Term::Dot(dot) => {
                let set = if self.dot_all { charset::any() } else { charset::other_than(charset::newline(Flavor::Ecma)) };
                self.char(set, place!(dot))
            }
            Term::CharacterClassEscape(escape) => {
                let set = self.escape(escape.kind);
                self.char(set, place!(escape))
            }
            Term::UnicodePropertyEscape(escape) => {
                let set = self.property(escape)?;
                self.char(set, place!(escape))
            }
            Term::CharacterClass(class) => self.class(class)?,
            Term::CapturingGroup(group) => {
                let number = self.next_group;
                self.next_group += 1;
                Node::Group(number, Box::new(self.disjunction(&group.body)?))
            }
            Term::IgnoreGroup(group) => {
                let before = (self.ignore_case, self.multiline, self.dot_all);
                if let Some(modifiers) = &group.modifiers {
                    let set = |flag: &mut bool, letter| {
                        *flag = (*flag || modifiers.enabling.contains(letter)) && !modifiers.disabling.contains(letter);
                    };
                    set(&mut self.ignore_case, Modifier::I);
                    set(&mut self.multiline, Modifier::M);
                    set(&mut self.dot_all, Modifier::S);
                }
                let body = self.disjunction(&group.body);
                (self.ignore_case, self.multiline, self.dot_all) = before;
                body?
            }
            Term::IndexedReference(reference) => self.reference(vec![reference.index], place!(reference)),
            Term::NamedReference(reference) => {
                let named = (1..).zip(&self.names).filter(|(_, name)| name.as_deref() == Some(reference.name.as_str()));
                let groups = named.map(|(number, _)| number).collect();
                self.reference(groups, place!(reference))
            }
        })
    }

    fn reference(&self, groups: Vec<u32>, span: Span) -> Node {
        Node::Reference(Reference { groups, ignore_case: self.ignore_case, span })
    }

    fn boundary(&mut self, kind: BoundaryAssertionKind) -> Assert {
        let newline = charset::newline(Flavor::Ecma);
        match kind {
            BoundaryAssertionKind::Start if self.multiline => Assert::LineStart(self.sets.intern(newline)),
            BoundaryAssertionKind::Start => Assert::Start,
            BoundaryAssertionKind::End if self.multiline => Assert::LineEnd(self.sets.intern(newline)),
            BoundaryAssertionKind::End => Assert::End,
            BoundaryAssertionKind::Boundary => Assert::Boundary(self.word(), false),
            BoundaryAssertionKind::NegativeBoundary => Assert::Boundary(self.word(), true),
        }
    }

    fn word(&mut self) -> super::pattern::SetId {
        let set = self.escape(CharacterClassEscapeKind::W);
        self.sets.intern(set)
    }

    fn quantifier(&mut self, quantifier: &Quantifier<'_>) -> Result<Node, Refusal> {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Node::Repeat(Box::new(Repeat {
            body: self.term(&quantifier.body)?,
            min: count(quantifier.min),
            max: quantifier.max.map(count),
            lazy: !quantifier.greedy,
            span: place!(quantifier),
        })))
    }

    fn folded(&self, mut set: CharSet) -> CharSet {
        if self.ignore_case {
            charset::fold(&mut set, if self.unicode { Folding::Unicode } else { Folding::Split });
        }
        set
    }

    fn escape(&self, kind: CharacterClassEscapeKind) -> CharSet {
        let mut word = charset::word(Flavor::Ecma, true);
        // With `u` and `i`, two letters outside ASCII equal letters of a word.
        if self.unicode && self.ignore_case {
            charset::fold(&mut word, Folding::Unicode);
        }
        match kind {
            CharacterClassEscapeKind::D => charset::digit(Flavor::Ecma, true),
            CharacterClassEscapeKind::NegativeD => charset::other_than(charset::digit(Flavor::Ecma, true)),
            CharacterClassEscapeKind::S => charset::space(Flavor::Ecma, true),
            CharacterClassEscapeKind::NegativeS => charset::other_than(charset::space(Flavor::Ecma, true)),
            CharacterClassEscapeKind::W => word,
            CharacterClassEscapeKind::NegativeW => charset::other_than(word),
        }
    }

    fn property(&self, escape: &UnicodePropertyEscape<'_>) -> Result<CharSet, Refusal> {
        let name = escape.name.as_str();
        if escape.strings {
            return Err(Refusal::Unsupported(format!("the property `{name}` stands for strings of several characters")));
        }
        let Some(set) = charset::property(name, escape.value.as_ref().map(|value| value.as_str())) else {
            return Err(Refusal::Unsupported(format!("the tables have no property `{name}`")));
        };
        Ok(self.folded(if escape.negative { charset::other_than(set) } else { set }))
    }

    /// The class as a node: with `v`, it may have strings, which are tried before single characters.
    fn class(&mut self, class: &CharacterClass<'_>) -> Result<Node, Refusal> {
        let mut strings = Vec::new();
        if class.kind == CharacterClassContentsKind::Union && !class.negative {
            for content in &class.body {
                if let CharacterClassContents::ClassStringDisjunction(disjunction) = content {
                    self.strings(disjunction, &mut strings);
                }
            }
        }
        let set = self.class_set(class)?;
        let set = self.char(set, place!(class));
        strings.push(set);
        Ok(Node::alternate(strings))
    }

    fn strings(&mut self, disjunction: &ClassStringDisjunction<'_>, strings: &mut Vec<Node>) {
        for string in disjunction.body.iter().filter(|string| string.strings) {
            let letters = string.body.iter().map(|letter| {
                let set = self.folded(charset::single(letter.value));
                self.char(set, place!(letter))
            });
            strings.push(Node::concat(letters.collect()));
        }
    }

    fn class_set(&self, class: &CharacterClass<'_>) -> Result<CharSet, Refusal> {
        let mut whole: Option<CharSet> = None;
        for content in &class.body {
            let set = self.content(class, content)?;
            match (&mut whole, class.kind) {
                (None, _) => whole = Some(set),
                (Some(whole), CharacterClassContentsKind::Union) => whole.union(&set),
                (Some(whole), CharacterClassContentsKind::Intersection) => whole.intersect(&set),
                (Some(whole), CharacterClassContentsKind::Subtraction) => whole.difference(&set),
            }
        }
        let set = whole.unwrap_or_else(CharSet::empty);
        Ok(if class.negative { charset::other_than(set) } else { set })
    }

    fn content(&self, class: &CharacterClass<'_>, content: &CharacterClassContents<'_>) -> Result<CharSet, Refusal> {
        Ok(match content {
            CharacterClassContents::CharacterClassRange(range) => self.folded(charset::range(range.min.value, range.max.value)),
            CharacterClassContents::CharacterClassEscape(escape) => self.escape(escape.kind),
            CharacterClassContents::UnicodePropertyEscape(escape) => self.property(escape)?,
            CharacterClassContents::Character(character) => self.folded(charset::single(character.value)),
            CharacterClassContents::NestedCharacterClass(nested) if nested.strings => {
                return Err(Refusal::Unsupported("a class of strings stands inside another class".to_owned()));
            }
            CharacterClassContents::NestedCharacterClass(nested) => self.class_set(nested)?,
            CharacterClassContents::ClassStringDisjunction(strings) => {
                if strings.strings && class.kind != CharacterClassContentsKind::Union {
                    return Err(Refusal::Unsupported("strings are intersected or subtracted in a class".to_owned()));
                }
                let mut set = CharSet::empty();
                for letter in strings.body.iter().filter(|string| !string.strings).flat_map(|string| &string.body) {
                    set.union(&self.folded(charset::single(letter.value)));
                }
                set
            }
        })
    }
}
