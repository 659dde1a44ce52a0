//! The whole run against parsing alone, on one thread, in one process: `cargo bench --bench whole_run -- PATH`.
//!
//! Prints seconds for each phase's total and their ratio; the best of the rounds is taken, since clocks are noisy.

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]

use loopwarden::config::Settings;
use loopwarden::facts::FactBase;
use loopwarden::lang::Lang;
use std::path::PathBuf;
use std::time::Instant;

const ROUNDS: usize = 3;

fn main() {
    let paths: Vec<PathBuf> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let paths = if paths.is_empty() { vec![PathBuf::from("fixtures")] } else { paths };
    let folder = std::env::current_dir().unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(8 << 20).build();
    let Ok(pool) = pool else { return };
    pool.install(|| measure(&paths, &folder));
}

fn measure(paths: &[PathBuf], folder: &std::path::Path) {
    let discovery = loopwarden::discover::discover(paths, folder, &Settings::default().exclude);
    let bytes: usize = discovery.files.iter().map(|file| file.text.len()).sum();
    let facts = FactBase::built_in();
    let (mut parse, mut lower, mut whole) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for file in &discovery.files {
            let mut parser = tree_sitter::Parser::new();
            let language = match file.lang {
                Lang::Python | Lang::PythonStub => tree_sitter_python::LANGUAGE,
                Lang::JavaScript => tree_sitter_javascript::LANGUAGE,
                Lang::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
                Lang::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            };
            if parser.set_language(&language.into()).is_ok() {
                std::hint::black_box(parser.parse(&file.text, None));
            }
        }
        parse = parse.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for file in &discovery.files {
            std::hint::black_box(loopwarden::lang::lower(&file.text, file.lang));
        }
        lower = lower.min(start.elapsed().as_secs_f64());
        let files = discovery.files.iter().map(|file| (file.path.clone(), file.text.clone(), file.lang)).collect();
        let start = Instant::now();
        std::hint::black_box(loopwarden::pipeline::run(files, &discovery.projects, &facts, &Settings::default()));
        whole = whole.min(start.elapsed().as_secs_f64());
    }
    let megabytes = bytes as f64 / 1e6;
    println!("{} files, {megabytes:.1} MB", discovery.files.len());
    println!("parse alone      {parse:.2} s");
    println!("parse and lower  {lower:.2} s ({:.2} of parse)", lower / parse);
    println!("whole run        {whole:.2} s ({:.2} of parse)", whole / parse);
}
