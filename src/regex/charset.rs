//! Sets of characters: what escapes name in each flavor, and folding of case.

use super::Flavor;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of characters as ranges.
pub(super) type CharSet = ClassUnicode;

/// Where surrogates stand, which JavaScript can match one by one and `char` can't hold.
const SURROGATES: u32 = 0x0010_F800;

/// A code point or UTF-16 code unit as a character.
pub(super) fn character(value: u32) -> char {
    let value = if (0xD800..=0xDFFF).contains(&value) { value - 0xD800 + SURROGATES } else { value };
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The code point or code unit that `character` stands for.
pub(super) fn code_point(character: char) -> u32 {
    let value = u32::from(character);
    if (SURROGATES..SURROGATES + 0x800).contains(&value) { value - SURROGATES + 0xD800 } else { value }
}

/// The characters from `first` to `last`, both code points.
pub(super) fn range(first: u32, last: u32) -> CharSet {
    let plain = |first: u32, last: u32| ClassUnicodeRange::new(character(first), character(last));
    // The surrogates lie in the middle of a range and stand elsewhere.
    if first < 0xD800 && last > 0xDFFF {
        return CharSet::new([plain(first, 0xD7FF), plain(0xD800, 0xDFFF), plain(0xE000, last)]);
    }
    if first < 0xD800 && last >= 0xD800 {
        return CharSet::new([plain(first, 0xD7FF), plain(0xD800, last)]);
    }
    if (0xD800..=0xDFFF).contains(&first) && last > 0xDFFF {
        return CharSet::new([plain(first, 0xDFFF), plain(0xE000, last)]);
    }
    CharSet::new([plain(first, last)])
}

/// One code point.
pub(super) fn single(value: u32) -> CharSet {
    range(value, value)
}

/// The code points given as ranges.
pub(super) fn ranges(known: &[(u32, u32)]) -> CharSet {
    let mut set = CharSet::empty();
    for (first, last) in known {
        set.union(&range(*first, *last));
    }
    set
}

/// Every character.
pub(super) fn any() -> CharSet {
    CharSet::new([ClassUnicodeRange::new('\0', char::MAX)])
}

/// All but `set`.
pub(super) fn other_than(mut set: CharSet) -> CharSet {
    set.negate();
    set
}

/// What ends a line: `.` does not match it.
pub(super) fn newline(flavor: Flavor) -> CharSet {
    match flavor {
        Flavor::Ecma => ranges(&[(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)]),
        Flavor::Python => single(0x0A),
    }
}

/// `\d`
pub(super) fn digit(flavor: Flavor, ascii: bool) -> CharSet {
    if flavor == Flavor::Ecma || ascii { range(0x30, 0x39) } else { property("Nd", None).unwrap_or_else(|| range(0x30, 0x39)) }
}

/// `\w`
pub(super) fn word(flavor: Flavor, ascii: bool) -> CharSet {
    let mut set = ranges(&[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]);
    if flavor == Flavor::Python && !ascii {
        for name in ["L", "N"] {
            if let Some(more) = property(name, None) {
                set.union(&more);
            }
        }
    }
    set
}

/// `\s`
pub(super) fn space(flavor: Flavor, ascii: bool) -> CharSet {
    const ASCII: &[(u32, u32)] = &[(0x09, 0x0D), (0x20, 0x20)];
    const WIDE: &[(u32, u32)] =
        &[(0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)];
    let mut set = ranges(ASCII);
    match flavor {
        Flavor::Ecma => {
            set.union(&ranges(WIDE));
            set.union(&single(0xFEFF));
        }
        Flavor::Python if !ascii => {
            set.union(&ranges(WIDE));
            set.union(&ranges(&[(0x1C, 0x1F), (0x85, 0x85)]));
        }
        Flavor::Python => {}
    }
    set
}

/// A Unicode property by its name, or by name and value; none if the tables don't know it.
pub(super) fn property(name: &str, value: Option<&str>) -> Option<CharSet> {
    if matches!(value.unwrap_or(name), "Surrogate" | "Cs") {
        return Some(range(0xD800, 0xDFFF));
    }
    let text = match value {
        Some(value) => format!("\\p{{{name}={value}}}"),
        None => format!("\\p{{{name}}}"),
    };
    match regex_syntax::parse(&text).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        HirKind::Class(Class::Bytes(set)) => set.to_unicode_class(),
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).ok()?.chars().next().map(|only| CharSet::new([ClassUnicodeRange::new(only, only)]))
        }
        _ => None,
    }
}

/// How letters of either case are held equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    /// By Unicode's simple folding.
    Unicode,
    /// The same, but ASCII letters equal ASCII letters alone: JavaScript without `u`.
    Split,
    /// ASCII letters alone.
    Ascii,
}

/// Adds the other case of every letter.
pub(super) fn fold(set: &mut CharSet, folding: Folding) {
    // Without tables nothing would be folded; they are a feature of the crate that is always on.
    if folding == Folding::Unicode {
        _ = set.try_case_fold_simple();
        return;
    }
    let ascii = range(0, 0x7F);
    let (mut low, mut high) = (set.clone(), set.clone());
    low.intersect(&ascii);
    high.difference(&ascii);
    _ = low.try_case_fold_simple();
    low.intersect(&ascii);
    if folding == Folding::Split {
        _ = high.try_case_fold_simple();
        high.difference(&ascii);
    }
    low.union(&high);
    *set = low;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(set: &CharSet, wanted: char) -> bool {
        set.iter().any(|range| range.start() <= wanted && wanted <= range.end())
    }

    #[test]
    fn surrogates_come_back() {
        for value in [0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0x61, 0x1F600] {
            assert_eq!(code_point(character(value)), value);
        }
        assert!(has(&range(0, 0x0010_FFFF), character(0xD900)));
        assert!(has(&range(0xD700, 0xD8FF), character(0xD800)));
        assert!(!has(&range(0xD700, 0xD8FF), character(0xD900)));
        assert!(has(&range(0xDC00, 0xFFFF), character(0xDFFF)));
    }

    #[test]
    fn folding_follows_the_flavor() {
        let folded = |value: u32, folding: Folding| {
            let mut set = single(value);
            fold(&mut set, folding);
            set
        };
        assert!(has(&folded(u32::from('k'), Folding::Unicode), '\u{212A}'));
        assert!(!has(&folded(u32::from('k'), Folding::Split), '\u{212A}'));
        assert!(has(&folded(u32::from('é'), Folding::Split), 'É'));
        assert!(!has(&folded(u32::from('é'), Folding::Ascii), 'É'));
    }

    #[test]
    fn words_and_spaces_follow_the_flavor() {
        assert!(has(&word(Flavor::Python, false), 'é'));
        assert!(!has(&word(Flavor::Python, true), 'é'));
        assert!(!has(&word(Flavor::Ecma, false), 'é'));
        assert!(has(&digit(Flavor::Python, false), '٣'));
        assert!(has(&space(Flavor::Ecma, false), '\u{FEFF}'));
        assert!(!has(&space(Flavor::Python, false), '\u{FEFF}'));
    }

    #[test]
    fn properties_have_tables() {
        assert!(has(&property("Script", Some("Greek")).unwrap(), 'λ'));
        assert!(has(&property("Lowercase_Letter", None).unwrap(), 'a'));
        assert!(property("NoSuchThing", None).is_none());
    }
}
