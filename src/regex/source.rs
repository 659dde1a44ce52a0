//! Texts in the form of a language's source, to be pasted.

use super::{Attack, Flavor};
use std::fmt::Write as _;

/// A text in quotes.
fn literal(points: &[u32], flavor: Flavor) -> String {
    let mut out = String::from("'");
    for point in points {
        match char::from_u32(*point) {
            Some('\\') => out.push_str("\\\\"),
            Some('\'') => out.push_str("\\'"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(letter @ ' '..='~') => out.push(letter),
            _ => {
                _ = match (*point, flavor) {
                    (0..=0xFF, _) => write!(out, "\\x{point:02x}"),
                    (0x100..=0xFFFF, _) => write!(out, "\\u{point:04x}"),
                    (_, Flavor::Ecma) => write!(out, "\\u{{{point:x}}}"),
                    (_, Flavor::Python) => write!(out, "\\U{point:08x}"),
                }
            }
        }
    }
    out.push('\'');
    out
}

/// The expression that gives an attack's text.
pub(super) fn attack(attack: &Attack, flavor: Flavor, repeats: &str) -> String {
    let mut parts = Vec::new();
    for pump in &attack.pumps {
        if !pump.prefix.is_empty() {
            parts.push(literal(&pump.prefix, flavor));
        }
        let pump = literal(&pump.pump, flavor);
        parts.push(match flavor {
            Flavor::Ecma => format!("{pump}.repeat({repeats})"),
            Flavor::Python => format!("{pump} * {repeats}"),
        });
    }
    if !attack.suffix.is_empty() {
        parts.push(literal(&attack.suffix, flavor));
    }
    parts.join(" + ")
}

#[cfg(test)]
mod tests {
    use super::super::Pump;
    use super::*;

    #[test]
    fn texts_can_be_pasted() {
        let points = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
        let mut tried = Attack { pumps: vec![Pump { prefix: points("it's\\"), pump: points("é\n") }], suffix: vec![0xD800] };
        assert_eq!(attack(&tried, Flavor::Ecma, "30"), r"'it\'s\\' + '\xe9\n'.repeat(30) + '\ud800'");
        tried.suffix = vec![0x1F600];
        assert_eq!(attack(&tried, Flavor::Python, "n"), r"'it\'s\\' + '\xe9\n' * n + '\U0001f600'");
        tried.pumps[0].prefix.clear();
        tried.suffix.clear();
        assert_eq!(attack(&tried, Flavor::Python, "30"), r"'\xe9\n' * 30");
    }
}
