//! Which of the files that came is one that went, under another name.

use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Files are one if this share of the longer one's bytes stands in both, in percent; git's own default.
const ALIKE: usize = 50;

/// More pairs than this are not compared by their lines: git has such a limit too.
const PAIRS: usize = 250_000;

/// Pairs of a file that came and one that went, each by its place in its list. A list's elements are path and text.
pub(super) fn pairs(came: &[(&str, &str)], went: &[(&str, &str)]) -> Vec<(usize, usize)> {
    let mut scored = Vec::new();
    let few = came.len() * went.len() <= PAIRS;
    let went_lines: Vec<_> = went.iter().map(|(_, text)| if few { lines(text) } else { FxHashMap::default() }).collect();
    for (new, (path, text)) in came.iter().enumerate() {
        let mine = if few { lines(text) } else { FxHashMap::default() };
        for (old, (from, before)) in went.iter().enumerate().filter(|(_, (from, _))| extension(from) == extension(path)) {
            let score = if before == text && !text.is_empty() {
                100
            } else if few {
                shared(&mine, &went_lines[old]) * 100 / text.len().max(before.len()).max(1)
            } else {
                0
            };
            if score >= ALIKE {
                scored.push((Reverse(score), Reverse(file_name(from) == file_name(path)), new, old));
            }
        }
    }
    scored.sort_unstable();
    let (mut has_old, mut has_new) = (vec![false; came.len()], vec![false; went.len()]);
    let mut found = Vec::new();
    for (_, _, new, old) in scored {
        if !has_old[new] && !has_new[old] {
            (has_old[new], has_new[old]) = (true, true);
            found.push((new, old));
        }
    }
    found
}

/// How often each line stands in a text.
fn lines(text: &str) -> FxHashMap<&str, usize> {
    let mut counts = FxHashMap::default();
    for line in text.split_inclusive('\n') {
        *counts.entry(line.trim_end_matches(['\n', '\r'])).or_default() += 1;
    }
    counts
}

/// The bytes of the lines that stand in both.
fn shared(one: &FxHashMap<&str, usize>, other: &FxHashMap<&str, usize>) -> usize {
    one.iter().map(|(line, count)| (line.len() + 1) * other.get(line).map_or(0, |there| *count.min(there))).sum()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(path: &str) -> &str {
    file_name(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn a_moved_file_is_known_by_its_lines() {
        let text = "import time\n\n\nasync def f():\n    time.sleep(1)\n";
        let edited = text.replace("sleep(1)", "sleep(2)");
        let went = [("old/a.py", text), ("old/b.py", "x = 1\n"), ("old/c.js", text)];
        assert_eq!(pairs(&[("new/a.py", &edited)], &went), [(0, 0)]);
        assert_eq!(pairs(&[("new/b.py", text), ("new/a.py", text)], &went), [(1, 0)]);
        assert_eq!(pairs(&[("new/z.py", "y = 3\nz = 4\n")], &went), []);
    }
}
