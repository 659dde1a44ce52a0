//! What to write in place of an ambiguous part of a pattern, where its form is a common one.

/// One item of a sequence: an atom and its quantifier.
type Item<'t> = (&'t str, &'t str);

/// A hint for the parts that an ambiguity lies in, the primary one first.
pub(in crate::rules) fn hint(parts: &[&str], exponential: bool) -> Option<String> {
    let (first, others) = parts.split_first()?;
    if exponential {
        return Some(repeated(first).map_or_else(
            || format!("rewrite `{first}` so that it can take each text in one way only"),
            |written| format!("write `{written}` in place of `{first}`"),
        ));
    }
    Some(match others.first() {
        Some(other) => format!("let `{first}` and `{other}` take no character in common"),
        None => format!("anchor the pattern before `{first}`, or let it begin with what that can't take"),
    })
}

/// `(a+)+` is `a+`; `(a+b?)*` is `a+(?:b a+)*b?`.
fn repeated(part: &str) -> Option<String> {
    let outer = part.chars().last().filter(|last| matches!(last, '*' | '+'))?;
    let group = part.strip_suffix(outer)?.strip_suffix(')')?;
    let body = group.strip_prefix("(?:").or_else(|| group.strip_prefix('(').filter(|body| !body.starts_with('?')))?;
    let more = |quantifier: &str| matches!(quantifier, "+" | "*");
    match items(body)?.as_slice() {
        [(atom, inner)] if more(inner) => Some(format!("{atom}{}", if outer == '*' || *inner == "*" { '*' } else { '+' })),
        [(atom, "+"), (between, quantifier @ ("?" | "*"))] => {
            let times = if *quantifier == "*" { "+" } else { "" };
            let whole = format!("{atom}+(?:{between}{times}{atom}+)*{between}{quantifier}");
            Some(if outer == '*' { format!("(?:{whole})?") } else { whole })
        }
        [(between, quantifier @ ("?" | "*")), (atom, "+")] => {
            let times = if *quantifier == "*" { "+" } else { "" };
            let whole = format!("{between}{quantifier}{atom}+(?:{between}{times}{atom}+)*");
            Some(if outer == '*' { format!("(?:{whole})?") } else { whole })
        }
        _ => None,
    }
}

/// The items of a sequence of characters, classes and escapes; none where there is anything else in it.
fn items(body: &str) -> Option<Vec<Item<'_>>> {
    let (mut rest, mut found) = (body, Vec::new());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => 1 + rest[1..].chars().next().filter(|letter| !letter.is_ascii_digit() && !"pPxuUNk".contains(*letter))?.len_utf8(),
            '[' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, letter)| {
                    let closes = *letter == ']' && !escaped;
                    escaped = *letter == '\\' && !escaped;
                    closes
                });
                end?.0 + 1
            }
            '(' | ')' | '|' | '^' | '$' | '{' | '*' | '+' | '?' => return None,
            other => other.len_utf8(),
        };
        let (atom, behind) = rest.split_at(length);
        let quantifier = usize::from(behind.starts_with(['*', '+', '?']));
        let (quantifier, behind) = behind.split_at(quantifier);
        // Lazy and possessive ones, and counts, are other forms.
        if behind.starts_with(['?', '+', '{']) && (!quantifier.is_empty() || behind.starts_with('{')) {
            return None;
        }
        found.push((atom, quantifier));
        rest = behind;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::repeated;

    #[test]
    fn common_forms_are_rewritten() {
        assert_eq!(repeated("(a+)+").as_deref(), Some("a+"));
        assert_eq!(repeated("(?:[a-z]*)*").as_deref(), Some("[a-z]*"));
        assert_eq!(repeated(r"(\w+\s?)*").as_deref(), Some(r"(?:\w+(?:\s\w+)*\s?)?"));
        assert_eq!(repeated(r"(?:\s*\w+)+").as_deref(), Some(r"\s*\w+(?:\s+\w+)*"));
        assert_eq!(repeated("(a|a)*"), None);
        assert_eq!(repeated("(?=a+)+"), None);
        assert_eq!(repeated("(a+?)+"), None);
    }
}
