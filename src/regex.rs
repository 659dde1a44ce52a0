//! How long a backtracking engine may take over a regular expression, and on which text.
//!
//! A pattern is lowered to a common form, built into an automaton, and searched for a text that leads from a state to itself in two
//! ways (exponential ambiguity) or through two repeats one behind the other (polynomial ambiguity), after Weideman, van der Merwe,
//! Berglund and Watson, "Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers by Using Ambiguity of NFA".
//! Each is made a text with an end that lets the match fail, and a backtracking matcher runs it: only what grows there as claimed is
//! reported. What an automaton can't say (looks over several characters, references) is taken generously before, exactly there.

mod alphabet;
mod attack;
mod automaton;
mod budget;
mod charset;
mod components;
mod confirm;
mod ecma;
mod exponential;
mod left;
mod machine;
mod nfa;
mod pattern;
mod places;
mod polynomial;
mod program;
mod python;
mod search;
mod source;
mod suffix;
mod walk;

pub use budget::Budget;
pub use left::alone;

use crate::base::Span;

/// How deep parentheses and brackets may be nested.
const MAX_DEPTH: usize = 100;
/// Characters of the longest pattern that is analysed.
const MAX_LENGTH: usize = 50_000;

/// Whose syntax and engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// JavaScript, as Node's engine runs it.
    Ecma,
    /// Python's `re`, as `CPython`'s engine runs it.
    Python,
}

/// How a pattern is applied to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Apply {
    /// Anywhere in the text, once: `test`, `exec`, `String.search`, `re.search`.
    Search,
    /// Anywhere, again behind each match: `replace` with `g`, `matchAll`, `split`, `re.sub`, `findall`, `finditer`.
    All,
    /// At the start (or, sticky, at one place): `re.match`, flag `y`.
    Match,
    /// The whole text: `re.fullmatch`.
    Whole,
}

/// How steps grow with the length of the text, at worst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Growth {
    /// With the text, or no text was found with which they grow faster.
    Safe,
    /// With a power of its length.
    Polynomial {
        /// The power, 2 or more.
        degree: u32,
    },
    /// By a factor with every few characters.
    Exponential,
    /// It was not decided.
    Unknown {
        /// What stood in the way.
        why: Why,
    },
}

/// Why a pattern was not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The budget was used up before everything was looked at, and nothing was found until then.
    OverBudget,
    /// The pattern is longer, nested deeper, or its automaton larger than is analysed.
    TooLarge,
    /// It has something that is not modelled.
    Unsupported(String),
}

impl std::fmt::Display for Why {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OverBudget => formatter.write_str("over budget"),
            Self::TooLarge => formatter.write_str("the pattern is too large"),
            Self::Unsupported(what) => formatter.write_str(what),
        }
    }
}

/// A text to repeat, and what stands before it. Texts are code points; of JavaScript, they may be lone surrogates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pump {
    /// What stands before, once.
    pub prefix: Vec<u32>,
    /// What is repeated.
    pub pump: Vec<u32>,
}

/// A text on which the engine takes long: pumps one after another, each with its prefix, then the suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// One for most patterns; each is repeated as often as the others.
    pub pumps: Vec<Pump>,
    /// What lets the match fail.
    pub suffix: Vec<u32>,
}

impl Attack {
    /// Whether the text is easier to read than another: fewer pumps, then fewer characters.
    fn simpler(&self, other: &Self) -> bool {
        let size = |attack: &Self| (attack.pumps.len(), attack.points(1).len());
        size(self) < size(other)
    }

    /// The text with so many repeats, as code points.
    #[must_use]
    pub fn points(&self, repeats: u32) -> Vec<u32> {
        let mut points = Vec::new();
        for pump in &self.pumps {
            points.extend(&pump.prefix);
            for _ in 0..repeats {
                points.extend(&pump.pump);
            }
        }
        points.extend(&self.suffix);
        points
    }

    /// An expression of the flavor's language that gives the text, with `repeats` for the number of repeats.
    #[must_use]
    pub fn source(&self, flavor: Flavor, repeats: &str) -> String {
        source::attack(self, flavor, repeats)
    }
}

/// A part of the pattern that takes part in the ambiguity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the pattern.
    pub span: Span,
    /// What it does, in words for a label.
    pub role: &'static str,
}

/// One run of the matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How often the attack's pumps were repeated.
    pub repeats: u32,
    /// Steps of the matcher.
    pub steps: u64,
}

/// What is known of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How steps grow, at worst.
    pub growth: Growth,
    /// The text that shows it; none if it is safe or unknown.
    pub attack: Option<Attack>,
    /// Where the ambiguity lies, the primary place first; empty if it is safe or unknown.
    pub places: Vec<Place>,
    /// Runs of the matcher on the attack.
    pub measured: Vec<Sample>,
    /// Steps of the budget that were used.
    pub spent: u64,
}

impl Verdict {
    /// How many repeats of the attack take so many steps, by what was measured.
    #[must_use]
    pub fn repeats_for(&self, wanted: u64) -> u32 {
        let Some(last) = self.measured.last() else { return 1 };
        let mut repeats = last.repeats.max(1);
        let mut steps = last.steps.max(1);
        match &self.growth {
            Growth::Exponential => {
                let before =
                    self.measured.len().checked_sub(2).and_then(|at| self.measured.get(at)).map_or(1, |sample| sample.steps.max(1));
                while steps < wanted {
                    steps = (steps * 10).max(steps * last.steps * 10 / before) / 10;
                    steps = if last.steps > before { steps } else { steps * 2 };
                    repeats += 1;
                }
            }
            Growth::Polynomial { degree } => {
                while steps < wanted && repeats < 1_000_000 {
                    steps = steps.saturating_mul(1 << (*degree).min(32));
                    repeats *= 2;
                }
            }
            Growth::Safe | Growth::Unknown { .. } => {}
        }
        repeats
    }
}

/// A pattern or its flags do not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the pattern; none if it lies in the flags.
    pub span: Option<Span>,
}

/// Why a pattern is not analysed.
#[derive(Debug)]
enum Refusal {
    Syntax(SyntaxError),
    TooDeep,
    Unsupported(String),
}

impl Refusal {
    fn flags(message: String) -> Self {
        Self::Syntax(SyntaxError { message, span: None })
    }

    fn syntax(message: String, span: Span) -> Self {
        Self::Syntax(SyntaxError { message, span: Some(span) })
    }
}

/// Analyses a pattern without its delimiters.
///
/// `flags` are those of the flavor: `dgimsuvy` of JavaScript, `aimsuxL` of Python. The result depends on the arguments alone, never
/// on the clock: with the default budget it takes less than 50 ms on a machine of 2024, built for release.
///
/// # Errors
///
/// The pattern or the flags do not parse.
pub fn analyse(pattern: &str, flags: &str, flavor: Flavor, apply: Apply, budget: Budget) -> Result<Verdict, SyntaxError> {
    let undecided = |why| Ok(Verdict { growth: Growth::Unknown { why }, attack: None, places: Vec::new(), measured: Vec::new(), spent: 0 });
    if pattern.len() > MAX_LENGTH || too_deep(pattern) {
        return undecided(Why::TooLarge);
    }
    let parsed = match flavor {
        Flavor::Ecma => ecma::parse(pattern, flags),
        Flavor::Python => python::parse(pattern, flags),
    };
    match parsed {
        Ok(parsed) => {
            // A sticky pattern is not tried at later places.
            let sticky = flavor == Flavor::Ecma && flags.contains('y') && apply == Apply::Search;
            Ok(search::run(&parsed, if sticky { Apply::Match } else { apply }, budget))
        }
        Err(Refusal::Syntax(error)) => Err(error),
        Err(Refusal::TooDeep) => undecided(Why::TooLarge),
        Err(Refusal::Unsupported(what)) => undecided(Why::Unsupported(what)),
    }
}

/// Whether parentheses and brackets may be nested too deep for parsers that recurse; escapes and classes are not looked at, so that
/// it errs to this side.
fn too_deep(pattern: &str) -> bool {
    let (mut depth, mut deepest, mut escaped) = (0_usize, 0_usize, false);
    for byte in pattern.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > MAX_DEPTH
}
