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
    let allocator = Allocator::default();
    let parsed = |pattern| LiteralParser::new(&allocator, pattern, Some(flags), Options::default()).parse();
    // Places of errors in flags count from the flags' start: only here can they be told from those in the pattern.
    parsed("").map_err(|error| Refusal::flags(message(&error.inner_owned().message)))?;
    let tree = parsed(pattern).map_err(|error| {
        let inner = error.inner_owned();
        let (start, length) = inner.labels.iter().flatten().next().map_or((0, 0), |label| (label.offset(), label.len()));
        Refusal::syntax(message(&inner.message), Span::new(start, start + length))
    })?;
    let mut groups = Vec::new();
    name_groups(&tree.body, &mut groups);
    let mut lower = Lower {
        sets: Sets::default(),
        names: groups,
        next_group: 1,
        unicode: flags.contains(['u', 'v']),
        modifiers: [('i', Modifier::I), ('m', Modifier::M), ('s', Modifier::S)]
            .into_iter()
            .filter(|(letter, _)| flags.contains(*letter))
            .map(|(_, modifier)| modifier)
            .collect(),
    };
    let root = lower.disjunction(&tree.body)?;
    Ok(Pattern { flavor: Flavor::Ecma, root, sets: lower.sets, groups: lower.next_group - 1 })
}

fn message(text: &str) -> String {
    text.trim_start_matches("Invalid regular expression:").trim().to_owned()
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
    modifiers: Modifier,
}

impl Lower {
    fn disjunction(&mut self, disjunction: &Disjunction<'_>) -> Result<Node, Refusal> {
        let parts = disjunction.body.iter().map(|alternative| self.alternative(alternative)).collect::<Result<_, _>>()?;
        Ok(Node::alternate(parts))
    }

    fn alternative(&mut self, alternative: &Alternative<'_>) -> Result<Node, Refusal> {
        Ok(Node::concat(alternative.body.iter().map(|term| self.term(term)).collect::<Result<_, _>>()?))
    }

    fn has(&self, modifier: Modifier) -> bool {
        self.modifiers.contains(modifier)
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
                Node::Look(Box::new(Look { body: self.disjunction(&look.body)?, ahead, negative }))
            }
            Term::Quantifier(quantifier) => self.quantifier(quantifier)?,
            Term::Character(character) => {
                let set = self.folded(charset::single(character.value));
                self.char(set, place!(character))
            }
            Term::Dot(dot) => {
                let set = if self.has(Modifier::S) { charset::any() } else { charset::other_than(charset::newline(Flavor::Ecma)) };
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
                let before = self.modifiers;
                if let Some(modifiers) = &group.modifiers {
                    self.modifiers = (before | modifiers.enabling) - modifiers.disabling;
                }
                let body = self.disjunction(&group.body);
                self.modifiers = before;
                body?
            }
            Term::IndexedReference(reference) => self.reference(vec![reference.index]),
            Term::NamedReference(reference) => {
                let named = (1..).zip(&self.names).filter(|(_, name)| name.as_deref() == Some(reference.name.as_str()));
                let groups = named.map(|(number, _)| number).collect();
                self.reference(groups)
            }
        })
    }

    fn reference(&self, groups: Vec<u32>) -> Node {
        Node::Reference(Reference { groups, ignore_case: self.has(Modifier::I) })
    }

    fn boundary(&mut self, kind: BoundaryAssertionKind) -> Assert {
        let newline = charset::newline(Flavor::Ecma);
        match kind {
            BoundaryAssertionKind::Start if self.has(Modifier::M) => Assert::LineStart(self.sets.intern(newline)),
            BoundaryAssertionKind::Start => Assert::Start,
            BoundaryAssertionKind::End if self.has(Modifier::M) => Assert::LineEnd(self.sets.intern(newline)),
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
        if self.has(Modifier::I) {
            charset::fold(&mut set, if self.unicode { Folding::Unicode } else { Folding::Split });
        }
        set
    }

    fn escape(&self, kind: CharacterClassEscapeKind) -> CharSet {
        let mut word = charset::word(Flavor::Ecma, true);
        // With `u` and `i`, two letters outside ASCII equal letters of a word.
        if self.unicode && self.has(Modifier::I) {
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
        let Some(set) = charset::property(name, escape.value.as_deref()) else {
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
