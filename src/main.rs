//! Arguments to `cli::run` to an exit code, nothing else.

fn main() -> std::process::ExitCode {
    loopwarden::cli::run(std::env::args_os())
}
