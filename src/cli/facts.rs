//! `loopwarden facts`

use super::{Exit, add_facts, built_in, complain, configure, print, sound, working_folder};
use crate::base::Name;
use crate::facts::{CallFact, FactBase, Library, Other, OwnLoop, Remedy, Which, Words};
use crate::ir::Family;
use crate::report::count;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Facts {
    /// A library (`requests`) or a path (`requests.Session.get`); all libraries are listed without it
    name: Option<String>,
}

impl Facts {
    pub(super) fn run(self) -> Exit {
        let (facts, faulty) = match facts() {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        match self.name {
            None => print(&list(&facts)),
            Some(asked) => {
                let told = about(&facts, &asked);
                if told.is_empty() {
                    complain(&format!("nothing is known of `{asked}`{}", likely(&facts, &asked)));
                    return Exit::Usage;
                }
                print(&told);
            }
        }
        if faulty { Exit::Usage } else { Exit::Clean }
    }
}

/// Built-in facts with those of the configuration that holds here, and whether some of these could not be used.
fn facts() -> Result<(FactBase, bool), Exit> {
    let (working, rules, mut facts) = (working_folder()?, crate::rules::kinds(), built_in()?);
    let (found, mut configuration) = configure(&[PathBuf::from(".")], &working, &rules)?;
    sound(&found, &configuration)?;
    let faulty = add_facts(&mut configuration, &mut facts)?;
    Ok((facts, faulty))
}

pub(super) fn language(family: Family) -> &'static str {
    match family {
        Family::Python => "python",
        Family::Ecma => "node",
    }
}

/// A table: one line a fact file, then the sums.
fn list(facts: &FactBase) -> String {
    let mut out = format!(
        "{:<28} {:<8} {:>5} {:>5} {:>7} {:>10} {:>7}\n",
        "library", "language", "calls", "types", "entries", "boundaries", "neutral"
    );
    let mut sorted: Vec<&Library> = facts.libraries.iter().collect();
    sorted.sort_by_key(|library| (library.own, language(library.family) == "node", library.name.to_lowercase(), &library.file));
    for library in &sorted {
        let own = if library.own { "  (yours)" } else { "" };
        let [calls, types, entries, boundaries, neutral] = counts(library);
        _ = writeln!(
            out,
            "{:<28} {:<8} {calls:>5} {types:>5} {entries:>7} {boundaries:>10} {neutral:>7}{own}",
            library.name,
            language(library.family)
        );
    }
    for (own, whose) in [(false, "built in"), (true, "yours")] {
        let mut sum = [0; 5];
        let files = sorted.iter().filter(|library| library.own == own);
        let number = files.clone().count();
        for library in files {
            for (total, count) in sum.iter_mut().zip(counts(library)) {
                *total += count;
            }
        }
        if number > 0 {
            let [calls, types, entries, boundaries, neutral] = sum;
            _ = writeln!(
                out,
                "{whose}: {} with {}, {}, {}, {} and {neutral} neutral paths",
                if number == 1 { "1 library".to_owned() } else { format!("{number} libraries") },
                count(calls, "call"),
                count(types, "type"),
                if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") },
                if boundaries == 1 { "1 boundary".to_owned() } else { format!("{boundaries} boundaries") },
            );
        }
    }
    out
}

fn counts(library: &Library) -> [usize; 5] {
    [library.calls, library.types, library.entries, library.boundaries, library.neutral]
}

/// What is known of libraries of that name, or of a path.
fn about(facts: &FactBase, asked: &str) -> String {
    let mut out = String::new();
    let named = |library: &&Library| {
        let same = |name: &str| name.eq_ignore_ascii_case(asked);
        same(&library.name) || library.file == asked || library.modules.iter().any(|module| same(module))
    };
    for library in facts.libraries.iter().filter(named) {
        let checked = if library.checked.is_empty() { String::new() } else { format!("; checked {}", library.checked) };
        _ = writeln!(out, "{} ({}), {}: {}{checked}", library.name, language(library.family), library.file, library.source);
        for path in &library.paths {
            _ = writeln!(out, "  {path}: {}", known(facts, library.family, *path).join("; "));
        }
        for label in &library.file_entries {
            _ = writeln!(out, "  files: {label}");
        }
    }
    if out.is_empty() {
        let path = crate::base::name(asked);
        for family in [Family::Python, Family::Ecma] {
            let known = known(facts, family, path);
            if !known.is_empty() {
                _ = writeln!(out, "{asked} ({}): {}", language(family), known.join("; "));
            }
            if let Some(fact) = facts.of(family).call(path) {
                out.push_str(&details(fact));
            }
        }
    }
    out
}

fn details(fact: &CallFact) -> String {
    let mut out = String::new();
    let instead = [
        ("asyncio", &fact.instead.asyncio),
        ("trio", &fact.instead.trio),
        ("anyio", &fact.instead.anyio),
        ("Twisted", &fact.instead.twisted),
        ("Node.js", &fact.instead.node),
    ];
    for (runtime, code) in instead {
        match code {
            Some(Remedy::Code(said) | Remedy::Words(Words { say: said })) => _ = writeln!(out, "  instead ({runtime}): {said}"),
            Some(Remedy::Other(Other { what })) => _ = writeln!(out, "  instead ({runtime}): {what}"),
            None => {}
        }
    }
    if !fact.why.is_empty() {
        _ = writeln!(out, "  why: {}", fact.why);
    }
    _ = writeln!(out, "  source: {}", fact.source);
    out
}

/// What is known of one path, each in a few words.
fn known(facts: &FactBase, family: Family, path: Name) -> Vec<String> {
    let facts = facts.of(family);
    let mut known = Vec::new();
    if let Some(fact) = facts.call(path) {
        let mut said = format!("call, {}", format!("{:?} {:?}", fact.weight, fact.effect).to_lowercase());
        if let Some(gil) = fact.gil {
            _ = write!(said, ", GIL {}", format!("{gil:?}").to_lowercase());
        }
        if !fact.unless.is_empty() {
            _ = write!(said, ", unless {}", fact.unless.join(" or "));
        }
        known.push(said);
    } else if facts.is_neutral(path) {
        known.push("neutral".to_owned());
    }
    if facts.type_of(path).is_some() {
        known.push("type".to_owned());
    }
    if let Some(of) = facts.result(path).filter(|of| *of != path) {
        known.push(format!("gives {of}"));
    }
    if let Some(boundary) = facts.boundary(path) {
        let moved = match boundary.which {
            Which::All => "every function".to_owned(),
            Which::One(usize::MAX, Some(keyword)) => format!("`{keyword}`"),
            Which::One(at, _) => format!("argument {at}"),
        };
        known.push(format!("boundary, moves {moved} to a {}", format!("{:?}", boundary.to).to_lowercase()));
    }
    for entry in facts.decorator(path).iter().chain(facts.registrations(path)).chain(facts.base(path)) {
        known.push(format!(
            "entry, {}: async on {}, plain on {}",
            entry.label,
            format!("{:?}", entry.asynchronous).to_lowercase(),
            format!("{:?}", entry.synchronous).to_lowercase()
        ));
    }
    let plain = [
        (facts.is_concurrency(path), "shows that others wait for the loop"),
        (facts.is_structural(path), "met by any class with its members"),
        (facts.is_script(path), "marks a command-line program"),
        (facts.serves(path), "begins to serve"),
        (facts.goes_on(path), "runs its argument in the background"),
        (facts.own_loop(path) == Some(OwnLoop::Makes), "makes a loop of its thread's own"),
        (facts.runs_alone(path), "runs its argument on a loop of its own"),
        (facts.own_loop(path) == Some(OwnLoop::Borrows), "runs its argument on a loop where none may run yet"),
        (facts.tells_missing(path), "tells that something is not there"),
        (facts.unblocks(path), "makes its receiver return at once"),
        (facts.keeps(path), "keeps results"),
        (facts.starts_worker(path), "runs a file elsewhere"),
        (facts.is_awaitable(path), "can be awaited"),
        (facts.off_loop(path).is_some(), "tells whether a loop runs"),
        (!facts.cooperative(path).is_empty(), "makes the standard library give way"),
        (!facts.invokes(path).is_empty(), "runs an argument itself"),
        (facts.wraps(path).is_some(), "gives an argument back"),
        (!facts.containers(path).is_empty(), "handles elements of a container"),
        (facts.receives(path), "receives what is provided for a token"),
    ];
    known.extend(plain.into_iter().filter(|(holds, _)| *holds).map(|(_, said)| said.to_owned()));
    known
}

/// A library of nearly that name.
fn likely(facts: &FactBase, asked: &str) -> String {
    let names = facts.libraries.iter().map(|library| library.name.as_str());
    crate::base::written::nearest(asked, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
