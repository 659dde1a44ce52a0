//! Which files a package's scripts run: `"build": "node tools/build.js --all && tsc"`.

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

#[cfg(test)]
mod tests {
    use super::{files, runs_once};

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
    fn scripts_that_run_on() {
        assert!(runs_once("download-dist") && runs_once("build:docker"));
        assert!(!runs_once("start") && !runs_once("start-server-dev") && !runs_once("dev:web"));
    }
}
