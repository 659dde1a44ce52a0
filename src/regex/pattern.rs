//! A regular expression in the form that both flavors are lowered to.

use super::Flavor;
use super::charset::CharSet;
use crate::base::Span;

oxc_index::define_index_type! {
    /// A set of characters of one pattern.
    pub(super) struct SetId = u32;
}

/// A pattern with its sets of characters.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) flavor: Flavor,
    pub(super) root: Node,
    pub(super) sets: Sets,
    /// How many capture groups there are; the first has the number 1.
    pub(super) groups: u32,
}

/// The sets of characters of a pattern, each once.
#[derive(Debug, Default)]
pub(super) struct Sets(pub(super) oxc_index::IndexVec<SetId, CharSet>);

impl Sets {
    pub(super) fn intern(&mut self, set: CharSet) -> SetId {
        let known = self.0.iter_enumerated().find(|(_, known)| **known == set).map(|(id, _)| id);
        known.unwrap_or_else(|| self.0.push(set))
    }
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Empty,
    /// One character of a set.
    Char(SetId, Span),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat(Box<Repeat>),
    /// A capture group by its number.
    Group(u32, Box<Node>),
    /// What it matched once is not tried in another way.
    Atomic(Box<Node>),
    Look(Box<Look>),
    Reference(Reference),
    Assert(Assert),
    /// The first part if the group took part in the match, else the second.
    Conditional(u32, Box<(Node, Node)>),
}

/// A part that is repeated.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    pub(super) body: Node,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) lazy: bool,
    pub(super) span: Span,
}

/// A look ahead or behind.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) body: Node,
    pub(super) ahead: bool,
    pub(super) negative: bool,
}

/// A reference to what groups captured; JavaScript lets several groups of one name stand in different alternatives.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) groups: Vec<u32>,
    pub(super) ignore_case: bool,
}

/// A condition on the place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assert {
    Start,
    /// At the start or behind one of the set.
    LineStart(SetId),
    End,
    /// At the end or before one of the set.
    LineEnd(SetId),
    /// At the end or before the last character, if that is of the set.
    LastLine(SetId),
    /// Between a character of the set and one that is not, or the contrary.
    Boundary(SetId, bool),
}

impl Node {
    /// The parts one after another.
    pub(super) fn concat(mut parts: Vec<Node>) -> Self {
        match parts.len() {
            0 => Self::Empty,
            1 => parts.swap_remove(0),
            _ => Self::Concat(parts),
        }
    }

    /// One of the parts, the first that fits.
    pub(super) fn alternate(mut parts: Vec<Node>) -> Self {
        if parts.len() == 1 { parts.swap_remove(0) } else { Self::Alternate(parts) }
    }

    /// Whether it can match without taking a character; for a reference, whether its group may have been empty is not asked: yes.
    pub(super) fn nullable(&self) -> bool {
        match self {
            Self::Char(..) => false,
            Self::Empty | Self::Look(_) | Self::Reference(_) | Self::Assert(_) => true,
            Self::Concat(parts) => parts.iter().all(Self::nullable),
            Self::Alternate(parts) => parts.iter().any(Self::nullable),
            Self::Repeat(repeat) => repeat.min == 0 || repeat.body.nullable(),
            Self::Group(_, body) | Self::Atomic(body) => body.nullable(),
            Self::Conditional(_, arms) => arms.0.nullable() || arms.1.nullable(),
        }
    }

    /// The parts directly below.
    pub(super) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Empty | Self::Char(..) | Self::Reference(_) | Self::Assert(_) => Vec::new(),
            Self::Concat(parts) | Self::Alternate(parts) => parts.iter().collect(),
            Self::Repeat(repeat) => vec![&repeat.body],
            Self::Group(_, body) | Self::Atomic(body) => vec![body],
            Self::Look(look) => vec![&look.body],
            Self::Conditional(_, arms) => vec![&arms.0, &arms.1],
        }
    }

    /// Calls `seen` for this part and all below it.
    pub(super) fn visit<'a>(&'a self, seen: &mut impl FnMut(&'a Node)) {
        seen(self);
        for child in self.children() {
            child.visit(seen);
        }
    }
}
