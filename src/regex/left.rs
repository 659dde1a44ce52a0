//! What a replacement leaves behind, and so which texts can't come after it.

use super::pattern::Node;
use super::{Attack, Flavor, ecma, python};

/// The character that a replacement puts in place of each run of characters, if what is left has no two of it side by side: the pattern
/// takes one or more of a set, as many as it can, and the set has that character. `-` for `/[^a-z0-9]+/g`.
#[must_use]
pub fn alone(pattern: &str, flags: &str, flavor: Flavor, put: &str) -> Option<char> {
    let mut letters = put.chars();
    let (letter, None) = (letters.next()?, letters.next()) else { return None };
    let parsed = match flavor {
        Flavor::Ecma => ecma::parse(pattern, flags),
        Flavor::Python => python::parse(pattern, flags),
    };
    let parsed = parsed.ok()?;
    let mut root = &parsed.root;
    while let Node::Group(_, inner) = root {
        root = inner;
    }
    let Node::Repeat(repeat) = root else { return None };
    let Node::Char(set, _) = repeat.body else { return None };
    let has = parsed.sets.0[set].ranges().iter().any(|range| range.start() <= letter && letter <= range.end());
    // `$` and `\` may speak of what was matched.
    let plain = !matches!(letter, '$' | '\\');
    (has && plain && repeat.min <= 1 && repeat.max.is_none() && !repeat.lazy).then_some(letter)
}

impl Attack {
    /// Whether all that it repeats is one character, again and again.
    #[must_use]
    pub fn repeats_only(&self, letter: char) -> bool {
        self.pumps.iter().all(|pump| pump.pump.iter().all(|point| *point == u32::from(letter)))
    }
}

#[cfg(test)]
mod tests {
    use super::alone;
    use crate::regex::Flavor;

    #[test]
    fn runs_that_are_replaced() {
        assert_eq!(alone("[^a-z0-9]+", "g", Flavor::Ecma, "-"), Some('-'));
        assert_eq!(alone(r"(\s+)", "", Flavor::Python, " "), Some(' '));
        assert_eq!(alone(r"\s+", "g", Flavor::Ecma, "-"), None);
        assert_eq!(alone("[^a-z0-9]", "g", Flavor::Ecma, "-"), None);
        assert_eq!(alone("[^a-z0-9]+?", "g", Flavor::Ecma, "-"), None);
        assert_eq!(alone("[^a-z0-9]+", "g", Flavor::Ecma, "--"), None);
        assert_eq!(alone("a[^a-z0-9]+", "g", Flavor::Ecma, "-"), None);
    }
}
