//! Rules of other linters that judge the same line the same way: who has silenced these has judged it already.
//!
//! Sources: <https://docs.astral.sh/ruff/rules/>, <https://typescript-eslint.io/rules/>, <https://eslint.org/docs/latest/rules/>,
//! <https://github.com/eslint-community/eslint-plugin-n>

/// Codes of other linters' rules, with the rules here that find the same.
const SAME: [(&str, &[&str]); 15] = [
    ("RUF006", &["dangling-task"]),
    ("ASYNC110", &["busy-wait"]),
    ("ASYNC210", &["blocking-network-io"]),
    ("ASYNC212", &["blocking-network-io"]),
    ("ASYNC220", &["blocking-subprocess"]),
    ("ASYNC221", &["blocking-subprocess"]),
    ("ASYNC222", &["blocking-subprocess", "blocking-wait"]),
    ("ASYNC230", &["blocking-file-io"]),
    ("ASYNC240", &["blocking-file-io"]),
    ("ASYNC250", &["blocking-stdin"]),
    ("ASYNC251", &["blocking-sleep"]),
    ("@typescript-eslint/no-floating-promises", &["floating-promise"]),
    ("@typescript-eslint/no-misused-promises", &["async-callback-ignored", "unhandled-handler-rejection"]),
    ("no-await-in-loop", &["await-in-loop", "query-in-loop"]),
    ("n/no-sync", &["blocking-file-io", "blocking-subprocess", "heavy-call-on-loop"]),
];

/// All codes.
pub fn codes() -> impl Iterator<Item = &'static str> {
    SAME.iter().map(|(code, _)| *code)
}

/// The rules here that find what another linter's rule finds.
#[must_use]
pub fn same(code: &str) -> &'static [&'static str] {
    SAME.iter().find(|(known, _)| *known == code).map_or(&[], |(_, rules)| *rules)
}
