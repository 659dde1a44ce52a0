//! The command line: what it prints and its exit code, as written in `tests/cli/`.

#[test]
fn commands_print_what_their_pages_say() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
