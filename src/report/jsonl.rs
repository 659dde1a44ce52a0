//! One JSON object a line: the elements of `findings` in the `json` format, for tools that read streams.
//!
//! The form is that of JSON Lines (<https://jsonlines.org/>).

use super::{Shown, json};

/// All findings, one line each.
pub(super) fn render(shown: &Shown<'_>) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    for finding in json::all(shown) {
        out.push_str(&serde_json::to_string(&finding)?);
        out.push('\n');
    }
    Ok(out)
}
