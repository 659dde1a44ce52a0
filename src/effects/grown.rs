//! What decides how long a call takes whose time grows with what it is given, seen from a function that leads to it.

use super::sizes::{Size, Sizes, Traced};
use crate::facts::{CallFact, Given, Weight};
use crate::link::graph::{Edge, External};
use crate::link::{At, CallAt, FuncAt};

/// What takes heavy work no longer than some milliseconds, in bytes or elements.
const SHORT: f64 = 10_000.0;

/// The same of light work.
const LONG: f64 = 1_000_000.0;

/// What bounds the input, as far as it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// Nothing that is seen.
    Unknown,
    /// The head of a request: a few kilobytes.
    Head,
    /// A file.
    File,
    /// A database.
    Database,
    /// A client.
    Request,
    /// A parameter of the function, by its position.
    Param(usize),
    /// A parameter of another function.
    ParamOf(FuncAt, usize),
}

/// How much work each byte of an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// No more than making the value took.
    Again,
    /// Some milliseconds for a megabyte.
    Light,
    /// More, for each byte of a text that people write by hand: settings, manifests, templates.
    Written,
    /// More.
    Heavy,
    /// What a pattern makes of a text: its growth says how much that is. A text of so many characters is harmless.
    Pattern(u16),
}

/// An input, and how much work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grown {
    /// What bounds the input.
    pub input: Input,
    /// How much work each byte is.
    pub work: Work,
}

impl Work {
    /// The same over a part of a value that was made already.
    fn lightest(self) -> Self {
        if self == Self::Light { Self::Again } else { self }
    }
}

impl Input {
    /// None where the program itself bounds it.
    #[must_use]
    pub fn of(size: Size) -> Option<Self> {
        Some(match size {
            Size::Constant(_) | Size::Program => return None,
            Size::Unknown => Self::Unknown,
            Size::Param(position) => Self::Param(position),
            Size::ParamOf(func, position) => Self::ParamOf(func, position),
            Size::Head => Self::Head,
            Size::File => Self::File,
            Size::Database => Self::Database,
            Size::Request => Self::Request,
        })
    }

    /// The size that it is of.
    #[must_use]
    pub fn size(self) -> Size {
        match self {
            Self::Unknown => Size::Unknown,
            Self::Param(position) => Size::Param(position),
            Self::ParamOf(func, position) => Size::ParamOf(func, position),
            Self::Head => Size::Head,
            Self::File => Size::File,
            Self::Database => Size::Database,
            Self::Request => Size::Request,
        }
    }
}

/// How the time of a library's call is bounded.
pub enum Time {
    /// It is the same for any input.
    Fixed,
    /// By an input that the program itself bounds.
    Small,
    /// By an input.
    Grows(Grown),
}

impl Time {
    /// The time of a call that is a fact.
    #[must_use]
    pub fn of(sizes: &Sizes<'_, '_>, external: &External, fact: &CallFact) -> Self {
        fact.grows.map_or(Self::Fixed, |operand| Self::grows(sizes, external, fact, operand))
    }

    /// The time of a call that works through what is in memory.
    #[must_use]
    pub fn in_memory(sizes: &Sizes<'_, '_>, external: &External, fact: &CallFact) -> Option<Grown> {
        match Self::grows(sizes, external, fact, fact.in_memory?) {
            Self::Grows(grown) => Some(grown),
            Self::Fixed | Self::Small => None,
        }
    }

    fn grows(sizes: &Sizes<'_, '_>, external: &External, fact: &CallFact, operand: Given) -> Self {
        let CallAt { file, .. } = external.call;
        let work = Work::of(fact);
        if let Some(id) = sizes.operand(external.call, operand)
            && sizes.measured(external.call, id).is_some_and(|length| f64::from(length) <= if work >= Work::Written { SHORT } else { LONG })
        {
            return Self::Small;
        }
        let Some(id) = sizes.operand(external.call, operand) else { return Self::Grows(Grown { input: Input::Unknown, work }) };
        Grown::of(&sizes.trace(At { file, id }, external.from), work).map_or(Self::Small, Self::Grows)
    }
}

impl Work {
    /// How much work each byte is that a call is given, as its fact says.
    #[must_use]
    pub fn of(fact: &CallFact) -> Self {
        match fact.weight {
            _ if fact.again => Self::Again,
            Weight::Light => Self::Light,
            Weight::Heavy if fact.by_hand => Self::Written,
            Weight::Heavy => Self::Heavy,
        }
    }
}

impl Grown {
    /// None where the program itself bounds it. What was taken out of a value by a key was made with the whole, so that light work
    /// on it costs no more than that did.
    #[must_use]
    pub fn of(traced: &Traced, work: Work) -> Option<Self> {
        let work = if traced.keyed { work.lightest() } else { work };
        if let (Size::Constant(most), Some(position), Work::Pattern(harmless)) = (traced.size, traced.capped, work) {
            return (most > f64::from(harmless)).then_some(Self { input: Input::Param(position), work });
        }
        Some(Self { input: Input::of(traced.size)?, work })
    }

    /// Seen from the caller; none where what it gives is small.
    #[must_use]
    pub fn through(self, sizes: &Sizes<'_, '_>, edge: &Edge) -> Option<Self> {
        let (Input::Param(_) | Input::ParamOf(..)) = self.input else { return Some(self) };
        Self::of(&sizes.given(edge, self.input.size()), self.work)
    }

    /// Whether a call that is known makes the other one no news.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        // Each text that reaches a pattern is judged by itself.
        if let Work::Pattern(_) = self.work {
            return self == other;
        }
        let as_much = self.work >= other.work;
        match (self.input, other.input) {
            (one, other) if one == other => as_much,
            (Input::Param(_) | Input::ParamOf(..), _) => false,
            (Input::Request, _) => as_much,
            // Neither is reported but as information.
            (_, Input::Unknown | Input::Head) => true,
            _ => false,
        }
    }
}
