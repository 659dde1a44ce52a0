//! What a test asks of a value, and whether a value that is written out is what is asked.

use super::given::Run;
use super::shape::{self, Shape};
use crate::base::Name;
use crate::ir::{Const, Expr, Family, ModuleSummary, VarId};
use crate::link::{ClassAt, ExprAt, FuncAt, Value};

/// A constant that can be told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// `None`, `null`, `undefined`
    Null,
    /// `True`, `false`
    Bool(bool),
    /// A number, by its bits.
    Number(u64),
    /// A text.
    Str(Name),
}

impl Literal {
    /// The constant, if it equals itself.
    #[must_use]
    pub fn of(constant: &Const) -> Option<Self> {
        Some(match constant {
            Const::Null => Self::Null,
            Const::Bool(value) => Self::Bool(*value),
            Const::Number(value) if value.is_nan() => return None,
            // Zero has two signs.
            Const::Number(value) => Self::Number((value + 0.0).to_bits()),
            Const::Str(text) => Self::Str(*text),
        })
    }

    /// The constant again.
    #[must_use]
    pub fn constant(self) -> Const {
        match self {
            Self::Null => Const::Null,
            Self::Bool(value) => Const::Bool(value),
            Self::Number(bits) => Const::Number(f64::from_bits(bits)),
            Self::Str(text) => Const::Str(text),
        }
    }
}

/// What an expression that names a constant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Known {
    /// The constant.
    pub literal: Literal,
    /// The class attribute that it is the value of: an enumeration's member is not its value.
    pub member: Option<(ClassAt, Name)>,
}

/// How equality is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Equality {
    /// Python
    Plain,
    /// ECMAScript `==`
    Loose,
    /// ECMAScript `===`
    Strict,
}

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// True, or false.
    Truth(bool),
    /// A text that begins like this, or does not.
    Prefix(Name, bool),
    /// A text that ends like this, or does not.
    Suffix(Name, bool),
    /// A text that has this in it, or has not.
    Part(Name, bool),
    /// Equal to the constant, or not.
    Is(Known, Equality, bool),
    /// One of the items of a list that is written out, or none.
    Among(ExprAt, Equality, bool),
    /// An instance of the class, or of one in the tuple, or of none.
    Instance(ExprAt, bool),
    /// Of a builtin type, by its name, or not.
    Type(Name, bool),
    /// ECMAScript: `typeof` gives the text, or not.
    Kind(Name, bool),
    /// Something that holds the key, or does not.
    Has(Name, bool),
    /// An instance whose class has this method, not another of that name.
    Runs(FuncAt),
    /// An object of the library's type, whose method this is.
    Made(Name),
}

impl Wanted {
    /// Whether what is written out at the place is what is wanted; none where that is not known.
    #[must_use]
    pub fn holds(self, run: Run<'_>, at: ExprAt) -> Option<bool> {
        let shape = shape::of(run.solution, at)?;
        self.of_shape(run, &shape)
    }

    /// Whether nothing (`None`, `undefined`) is what is wanted.
    #[must_use]
    pub fn of_nothing(self, run: Run<'_>, family: Family) -> Option<bool> {
        match self {
            Self::Kind(kind, wanted) => Some((kind.as_str() == "undefined") == wanted),
            Self::Has(_, wanted) => Some(!wanted),
            _ => self.of_shape(run, &Shape::constant(Const::Null, family)),
        }
    }

    /// Whether a value of the shape is what is wanted.
    #[must_use]
    pub fn of_shape(self, run: Run<'_>, shape: &Shape) -> Option<bool> {
        match self {
            Self::Truth(wanted) => shape.truth.map(|truth| truth == wanted),
            Self::Prefix(part, wanted) => match shape.constant {
                Some(Const::Str(text)) => Some(text.starts_with(part.as_str()) == wanted),
                _ => None,
            },
            Self::Suffix(part, wanted) => match shape.constant {
                Some(Const::Str(text)) => Some(text.ends_with(part.as_str()) == wanted),
                _ => None,
            },
            Self::Part(part, wanted) => match shape.constant {
                // What is written there is not what the text is.
                Some(Const::Str(text)) if !text.contains('\\') => Some(text.contains(part.as_str()) == wanted),
                _ => None,
            },
            Self::Is(known, equality, wanted) => equals(shape, known, equality).map(|equal| equal == wanted),
            Self::Among(list, equality, wanted) => among(run, shape, list, equality).map(|found| found == wanted),
            Self::Instance(class, wanted) => shape.is_instance(run.solution, class).map(|is| is == wanted),
            Self::Type(named, wanted) => shape.is_type(named.as_str()).map(|is| is == wanted),
            Self::Kind(kind, wanted) => shape.kind().map(|is| (is == kind.as_str()) == wanted),
            Self::Has(..) => None,
            Self::Runs(method) => shape.runs(run.solution, method),
            Self::Made(of) => shape.is_made(run.solution.input.facts.of(shape.family()), of),
        }
    }

    /// Whether no value is both.
    #[must_use]
    pub fn excludes(self, run: Run<'_>, other: Self, family: Family) -> bool {
        let is = |known: Self, asked: Self| match known {
            // An enumeration decides what its members equal.
            Self::Is(Known { literal: literal @ (Literal::Null | Literal::Str(_)), member: None }, _, true) => {
                asked.of_shape(run, &Shape::constant(literal.constant(), family)) == Some(false)
            }
            _ => false,
        };
        let opposite = match (self, other) {
            (Self::Truth(one), Self::Truth(other)) => one != other,
            (Self::Is(one, by, is), Self::Is(other, like, other_is)) => (one, by) == (other, like) && is != other_is,
            (Self::Instance(one, is), Self::Instance(other, other_is)) => is != other_is && same_class(run, one, other),
            (Self::Type(one, is), Self::Type(other, other_is)) | (Self::Kind(one, is), Self::Kind(other, other_is)) => {
                one == other && is != other_is
            }
            (Self::Prefix(one, is), Self::Prefix(other, other_is))
            | (Self::Suffix(one, is), Self::Suffix(other, other_is))
            | (Self::Part(one, is), Self::Part(other, other_is)) => one == other && is != other_is,
            _ => false,
        };
        opposite || is(self, other) || is(other, self)
    }

    /// Whether the variable is here what it was at the start, as far as this goes.
    #[must_use]
    pub fn is_kept(self, summary: &ModuleSummary, var: VarId) -> bool {
        match self {
            Self::Truth(wanted) => summary.keeps(var, wanted),
            Self::Is(Known { literal: Literal::Null, member: None }, _, wanted) => summary.keeps_null(var, wanted),
            _ => !summary.vars[var].assigned,
        }
    }
}

/// Whether two expressions name the same class.
fn same_class(run: Run<'_>, one: ExprAt, other: ExprAt) -> bool {
    let named = |at: ExprAt| match run.solution.values(at) {
        [value @ (Value::Class(_) | Value::Ext(_))] if super::given::is_bound_once(run.solution, at) => Some(*value),
        _ => None,
    };
    named(one).is_some_and(|class| named(other) == Some(class))
}

/// Whether the value equals the constant; members of a class differ where their values do, and only the same is equal.
fn equals(shape: &Shape, known: Known, equality: Equality) -> Option<bool> {
    match alike(shape, known.literal, equality) {
        Some(true) if shape.member != known.member => None,
        told => told,
    }
}

fn alike(shape: &Shape, literal: Literal, equality: Equality) -> Option<bool> {
    let Some(constant) = &shape.constant else {
        return match literal {
            Literal::Null => Some(false),
            _ => None,
        };
    };
    match (Literal::of(constant)?, literal) {
        // `null` and `undefined` are one here.
        (Literal::Null, Literal::Null) => (equality != Equality::Strict).then_some(true),
        (Literal::Null, _) | (_, Literal::Null) => Some(false),
        // Two ways of writing the same text may differ.
        (Literal::Str(one), Literal::Str(other)) if one != other && (one.contains('\\') || other.contains('\\')) => None,
        (one, other) if std::mem::discriminant(&one) == std::mem::discriminant(&other) => Some(one == other),
        // `True == 1`, `"1" == 1`
        (one, other) => {
            let text = matches!(one, Literal::Str(_)) || matches!(other, Literal::Str(_));
            (equality == Equality::Strict || (equality == Equality::Plain && text)).then_some(false)
        }
    }
}

fn among(run: Run<'_>, shape: &Shape, list: ExprAt, equality: Equality) -> Option<bool> {
    let summary = &run.solution.input.summaries[list.file];
    let Expr::List(items) = &summary.exprs[list.id] else { return None };
    let mut all_known = true;
    for item in items {
        let known = super::given::constant(run, ExprAt { file: list.file, id: *item }, 0);
        match known.and_then(|known| equals(shape, known, equality)) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(false)
}
