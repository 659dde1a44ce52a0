//! Which files a package's scripts run: `"build": "node tools/build.js --all && tsc"`; and which a workspace's tool does.

/// Programs that run the file they are given.
const RUNNERS: [&str; 4] = ["node", "nodemon", "ts-node", "tsx"];

/// Options of these that take the next word, and those with which no file is run.
const WITH_VALUE: [&str; 8] = ["-r", "--require", "--import", "--loader", "-C", "--conditions", "-P", "--project"];
const WITHOUT_FILE: [&str; 6] = ["-e", "--eval", "-p", "--print", "--test", "--run"];

/// First words of the names of scripts that start what the package is for, and let it run.
const RUNS_ON: [&str; 5] = ["start", "restart", "dev", "serve", "watch"];

/// Whether a script of this name runs once.
pub fn runs_once(script: &str) -> bool {
    !script.split([':', '-', '_']).any(|word| RUNS_ON.contains(&word))
}

/// The files that a script's command runs, as written.
pub fn files(command: &str) -> impl Iterator<Item = &str> {
    command.split(['&', '|', ';']).filter_map(|part| {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        words.by_ref().find(|word| RUNNERS.contains(word))?;
        loop {
            let word = words.next()?;
            if WITHOUT_FILE.contains(&word) {
                return None;
            }
            if WITH_VALUE.contains(&word) {
                words.next();
            } else if !word.starts_with('-') {
                return Some(word);
            }
        }
    })
}

/// Kinds of what Nx and the Angular CLI run in a process of its own, as their lists name them: `executors.json`, `collection.json`.
const TOOLS: [&str; 5] = ["executors", "builders", "generators", "schematics", "migrations"];

/// Keys of such a list's entries that name the file, with the export behind `#`.
const FACTORIES: [&str; 3] = ["implementation", "batchImplementation", "factory"];

/// The files that such a list names, as written.
pub fn tools(list: &serde_json::Value) -> impl Iterator<Item = &str> {
    let entries = TOOLS.iter().filter_map(|kind| list[*kind].as_object()).flat_map(serde_json::Map::values);
    let named = entries.flat_map(|entry| FACTORIES.iter().filter_map(|key| entry[*key].as_str()));
    named.map(|file| file.split_once('#').map_or(file, |(file, _)| file))
}

#[cfg(test)]
mod tests {
    use super::{files, runs_once, tools};

    #[test]
    fn files_that_commands_run() {
        let run = |command| files(command).collect::<Vec<_>>();
        assert_eq!(run("node extra/download.js && tsc -b"), ["extra/download.js"]);
        assert_eq!(run("cross-env A=1 node -r ts-node/register ./a.ts; npx tsx 'b.ts' --all"), ["./a.ts", "b.ts"]);
        assert!(run("node -e \"require('x')\"").is_empty());
        assert!(run("mocha test/scripts --require ts-node/register").is_empty());
        assert!(run("node").is_empty());
    }

    #[test]
    fn files_that_a_workspace_runs() {
        let list = serde_json::json!({
            "executors": { "build": { "implementation": "./src/build.impl", "schema": "./schema.json" } },
            "schematics": { "add": { "factory": "./src/add#addFiles" } },
            "packageJsonUpdates": { "1": { "factory": "./no" } },
        });
        assert_eq!(tools(&list).collect::<Vec<_>>(), ["./src/build.impl", "./src/add"]);
    }

    #[test]
    fn scripts_that_run_on() {
        assert!(runs_once("download-dist") && runs_once("build:docker"));
        assert!(!runs_once("start") && !runs_once("start-server-dev") && !runs_once("dev:web"));
    }
}
