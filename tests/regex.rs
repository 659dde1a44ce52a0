//! Regular expressions: verdicts of patterns whose growth is known by reasoning, garbage, budgets, and the word of Node and `CPython`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "a test that asks no engine says so")]

use loopwarden::regex::{Apply, Budget, Flavor, Growth, Verdict, Why, analyse};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const JS: Flavor = Flavor::Ecma;
const PY: Flavor = Flavor::Python;
use Apply::{All, Match, Search, Whole};

/// What a pattern does at worst: nothing, a power, or `EXP`.
type Worst = u32;
const SAFE: Worst = 1;
const EXP: Worst = u32::MAX;

type Case = (Flavor, Apply, &'static str, &'static str, Worst);

/// Flavor, way to apply, flags, pattern, growth.
const CASES: &[Case] = &[
    // Repeats in repeats.
    (JS, Search, "", "^(a+)+$", EXP),
    (JS, Search, "", "(x+x+)+y", EXP),
    (JS, Search, "", "^(?:a+?)+?$", EXP),
    (JS, Search, "", r"^(\w+\s?)*$", EXP),
    (JS, Search, "", "^(([^,;]+)[,;]?)*#", EXP),
    (JS, Search, "", r"(?:\s*\w+\s*)+;", EXP),
    (JS, Search, "", r"^(?:\w+\.)*\w+$", SAFE),
    (JS, Search, "", "^(?:ab)+$", SAFE),
    (JS, Search, "", "^(a|bc*)+$", SAFE),
    // Alternatives that overlap.
    (JS, Search, "", "^(?:a|ab|b)*c", EXP),
    (JS, Search, "", r#"^"(?:[^"\\]|\\.|\\n)*"$"#, EXP),
    (JS, Search, "", r#"^"(?:[^"\\]|\\.)*"$"#, SAFE),
    (JS, Search, "", "^(?:a|b)*c", SAFE),
    (JS, Search, "", r"^(?:\d|[0-4])*x", EXP),
    (JS, Search, "", "foo|bar|baz", SAFE),
    // What is ambiguous but never fails.
    (JS, Search, "", "^(a+)+", SAFE),
    (JS, Search, "", "(a*)*", SAFE),
    (JS, Search, "", r"^(.|\s)*$", SAFE),
    (JS, Search, "", r"^(.|\s)*x$", EXP),
    (JS, Search, "", "^(?:a|[^a])*$", SAFE),
    (JS, Search, "", r"(?:a|a)*[^]{0,3}", SAFE),
    // What is ambiguous behind a place where the match is sure, and before it.
    (JS, Search, "", "^a(?:(?:b|b)+c)?", EXP),
    (JS, Search, "", "^(?:b|b)+", SAFE),
    // Flags.
    (JS, Search, "", "^(?:k|K)*!", SAFE),
    (JS, Search, "i", "^(?:k|K)*!", EXP),
    (JS, Search, "i", r"^(?:\w|\W)*!", SAFE),
    (JS, Search, "s", r"^(?:.|\n)*x", EXP),
    (JS, Search, "", r"^(?:.|\n)*x", SAFE),
    (JS, Search, "m", r"^(?:\w+\n?)+$", EXP),
    (JS, Search, "u", r"^(?:\p{L}|\p{Lu})*1", EXP),
    (JS, Search, "u", r"^(?:\p{Ll}|\p{Lu})*1", SAFE),
    (JS, Search, "v", r"^(?:[\w--\d]|[a-f])*!", EXP),
    (JS, Search, "v", r"^(?:[\w--\d]|[0-9])*!", SAFE),
    (JS, Search, "y", r"\w+@", SAFE),
    // Looks, references.
    (JS, Search, "", "^(?=(?:a|a?)+b)a", EXP),
    (JS, Search, "", r"^(?!(\d+)+x)\d", EXP),
    (JS, Search, "", r"^(?=(\d+)+)\d", SAFE),
    (JS, Search, "", "(?<=^(?:a+)+b)c", EXP),
    (JS, Search, "", r"^(?!.*\.\.)[\w.]+$", SAFE),
    (JS, Search, "", r"^(?=.*\d)(?=.*[a-z]).{8,}$", SAFE),
    (JS, Search, "", r#"^(['"])(?:\\?.)*?\1$"#, EXP),
    (JS, Search, "", r"^(\w)\1$", SAFE),
    (JS, Search, "", r"^(?<word>\w+,?)+$", EXP),
    // Counts.
    (JS, Search, "", r"^(?:\w?\w){0,30}!$", EXP),
    (JS, Search, "", r"^(?:\w?\w){25}!$", EXP),
    (JS, Search, "", "^(?:.*){1,3000}[bc]", EXP),
    (JS, Search, "", "^(?:[0-9a-f]{2}){15}(?:a+)+$", EXP),
    (JS, Search, "", "^a{0,50}a{0,50}$", SAFE),
    (JS, Search, "", r"[a-z]{1,64}\d", SAFE),
    (JS, Search, "", "^(?:a?){5}a*$", SAFE),
    // Powers.
    (JS, Search, "", r"\s+$", 2),
    (JS, Search, "", "^a*a*$", 2),
    (JS, Search, "", "^a*a*a*$", 3),
    (JS, Search, "", "a*a*b", 3),
    (JS, Search, "", r"^\s*(.*?)\s*$", 3),
    (JS, Search, "", "^.*?,.*?,.*$", 3),
    (JS, Search, "", "(?:a+){5}b", 6),
    (JS, Search, "", r"^(\d+\d+)x(\w+\w+)$", 3),
    (JS, Search, "", r"https?://[^\s/]+/.*\.png", 2),
    (JS, Search, "", r"^(\w+)\s*=\s*(\w+)$", SAFE),
    (JS, Search, "", r"(?=.*\d)x", 2),
    (JS, Search, "", r"(?<=\s*)x", 2),
    (JS, Search, "", r"^(\d+)[a-z]*\1x", 2),
    // Where a match may begin.
    (JS, Match, "", r"\w+@", SAFE),
    (JS, Search, "", r"\w+@", 2),
    (JS, Search, "", r"\b\w+@", SAFE),
    (JS, Search, "", r"(?<!\w)\w+@", SAFE),
    (JS, Search, "", r"\b[\w.]+@", 2),
    (JS, Search, "g", r"\s*#|^\s*|\s*$", SAFE),
    (JS, All, "g", r"\s*#|^\s*|\s*$", 2),
    (PY, Search, "", r"\w*\d*", SAFE),
    (PY, Whole, "", r"\w*\d*", 2),
    // Python's syntax, and what its compiler merges.
    (PY, Match, "", "(a|b|c|[a-z])*d", SAFE),
    (PY, Match, "", "(?:a|a)*b", EXP),
    (PY, Match, "", "(?:ab|ac)*d", SAFE),
    (PY, Match, "", r"(?:a|a[bc]?)*d", EXP),
    (PY, Match, "", "^(?:(?:a?)*b)*$", EXP),
    (JS, Search, "", "^(?:(?:a?)*b)*$", SAFE),
    (PY, Match, "", "(?:a+)+b", EXP),
    (PY, Match, "", "(?:a++)+b", SAFE),
    (PY, Match, "", "(?>(?:a+)+)b", SAFE),
    (PY, Match, "", "(?:(?>a+))+b", SAFE),
    (PY, Match, "", r"(<)?(?:\w+\s?)*(?(1)>|$)", EXP),
    (PY, Search, "", r#"(?P<q>['"]).*?(?P=q)!"#, 2),
    (PY, Match, "x", "( \\d+ \\s* )+ $  # numbers", EXP),
    (PY, Match, "", "(?x) ( \\d + [,] )+ $", SAFE),
    (PY, Match, "", r"(?i:\x61b|aB)*!", SAFE),
    (PY, Match, "", r"(?i:\x61bc|aBc)*!", EXP),
    (JS, Search, "i", "^(?:ab|aB)*!", EXP),
    (PY, Match, "", "(?:\\wx|éx)*!", EXP),
    (PY, Match, "a", "(?:\\wx|éx)*!", SAFE),
    (PY, Match, "", r"(\w+\s?)*\Z", EXP),
    (PY, Match, "m", r"(?:^\w+\n?)+$", SAFE),
    (PY, Search, "", r"(?<=\d{2})\s+x", SAFE),
    (PY, All, "", r"\s+$", 2),
    (PY, Match, "s", r"\s*(.*?)\s*$", 2),
    (PY, Whole, "", r"\s*([^,]*)\s*", 3),
];

fn verdict(case: &Case) -> Verdict {
    let (flavor, apply, flags, pattern, _) = *case;
    analyse(pattern, flags, flavor, apply, Budget::default()).unwrap_or_else(|error| panic!("{pattern}: {error:?}"))
}

fn worst(growth: &Growth) -> Option<Worst> {
    match growth {
        Growth::Safe => Some(SAFE),
        Growth::Polynomial { degree } => Some(*degree),
        Growth::Exponential => Some(EXP),
        Growth::Unknown { .. } => None,
    }
}

#[test]
fn verdicts_are_those_of_reasoning() {
    let mut wrong = Vec::new();
    for case in CASES {
        let found = verdict(case);
        if worst(&found.growth) != Some(case.4) {
            wrong.push(format!("{case:?}: {found:?}"));
        }
        let vulnerable = worst(&found.growth).is_some_and(|worst| worst > SAFE);
        assert_eq!(found.attack.is_some(), vulnerable, "{case:?}");
        assert_eq!(found.places.is_empty(), !vulnerable, "{case:?}");
        for place in &found.places {
            assert!(case.3.get(place.span.start as usize..place.span.end as usize).is_some_and(|text| !text.is_empty()), "{case:?}");
        }
        assert!(found.spent <= Budget::default().steps);
        assert_eq!(found, verdict(case), "the same twice");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The place is the repeat that a reader would point at.
#[test]
fn places_are_the_repeats() {
    for (pattern, wanted) in [
        ("^(a+)+$", vec!["(a+)+"]),
        ("^x(?:[a-z]+[0-9]?)*!", vec!["(?:[a-z]+[0-9]?)*"]),
        ("^(?:a|b|ab)*c", vec!["(?:a|b|ab)*"]),
        ("^a*b?a*$", vec!["a*", "a*"]),
        (r"x\s+$", vec![]),
        (r"\s+$", vec![r"\s+"]),
    ] {
        let found = analyse(pattern, "", JS, Search, Budget::default()).unwrap();
        let places: Vec<&str> = found.places.iter().map(|place| &pattern[place.span.start as usize..place.span.end as usize]).collect();
        assert_eq!(places, wanted, "{pattern}");
    }
}

#[test]
fn what_does_not_parse_has_a_place() {
    for (flavor, pattern, message, start) in [
        (JS, "(a", "capturing group", 0),
        (JS, "a{3,1}", "out of order", 1),
        (JS, "[b-a]", "range", 2),
        (PY, "(a", "missing )", 0),
        (PY, "a)", "unbalanced", 1),
        (PY, "a**", "multiple repeat", 2),
        (PY, "*a", "nothing to repeat", 0),
        (PY, "^*", "nothing to repeat", 1),
        (PY, "[b-a]", "bad character range", 1),
        (PY, r"\q", "bad escape", 0),
        (PY, r"(a)\2", "invalid group reference", 3),
        (PY, "(?P<a>x)(?P<a>y)", "redefinition", 8),
        (PY, "(?<=a+)b", "fixed-width", 0),
        (PY, "(?z)", "unknown extension", 0),
        (PY, "a(?i)", "not at the start", 1),
        (PY, "[a", "unterminated character set", 0),
        (PY, "é(?P<1>x)", "bad character in group name", 6),
    ] {
        let error = analyse(pattern, "", flavor, Search, Budget::default()).unwrap_err();
        assert!(error.message.contains(message), "{pattern}: {}", error.message);
        assert_eq!(error.span.unwrap().start, start, "{pattern}: {}", error.message);
    }
    for (flavor, flags) in [(JS, "gg"), (JS, "z"), (JS, "uv"), (PY, "g")] {
        assert_eq!(analyse("a", flags, flavor, Search, Budget::default()).unwrap_err().span, None, "{flags}");
    }
}

/// A small generator of numbers: the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }
}

const PIECES: &[&str] = &[
    "(a+)+",
    "(?:a|b|ab)*",
    "\\s*",
    "\\w+",
    "[^b]*",
    "!$",
    "^",
    "a",
    "b",
    "é",
    "0",
    " ",
    "😀",
    ".",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "{2}",
    "{1,3}",
    "{,2}",
    "{0,999999999}",
    "{99999999999}",
    "(",
    ")",
    "(?:",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?P<n>",
    "(?<n>",
    "(?P=n)",
    "(?(1)",
    "(?>",
    "(?i)",
    "(?#",
    "|",
    "|",
    "[",
    "]",
    "[^",
    "-",
    "a-z",
    "&&",
    "--",
    "^",
    "$",
    "\\b",
    "\\B",
    "\\d",
    "\\W",
    "\\s",
    "\\1",
    "\\2",
    "\\k<n>",
    "\\p{L}",
    "\\P{Lu}",
    "\\x4",
    "\\u00e9",
    "\\u{1F600}",
    "\\ud83d",
    "\\N{DASH}",
    "\\Z",
    "\\",
    "{",
    "}",
    "\n",
    "#",
];

#[test]
fn nothing_panics_on_garbage() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut parsed, mut vulnerable) = (0, 0);
    for round in 0..6_000 {
        let pattern: String = (0..=numbers.below(14)).map(|_| PIECES[numbers.below(PIECES.len())]).collect();
        let (flavor, flags) = if round % 2 == 0 { (JS, ["", "i", "u", "v", "gim", "sy"]) } else { (PY, ["", "i", "x", "a", "mi", "s"]) };
        let apply = [Search, All, Match, Whole][numbers.below(4)];
        let flags = flags[numbers.below(flags.len())];
        let budget = Budget { steps: 200_000 };
        if let Ok(found) = analyse(&pattern, flags, flavor, apply, budget) {
            parsed += 1;
            vulnerable += usize::from(found.attack.is_some());
            assert!(found.spent <= budget.steps, "{pattern}");
        }
    }
    assert!(parsed > 500 && vulnerable > 5, "{parsed} parsed, {vulnerable} vulnerable: the pieces make no patterns");
}

#[test]
fn deep_and_long_patterns_are_told() {
    let nested = |depth: usize| format!("{}a{}", "(?:".repeat(depth), ")*".repeat(depth));
    let classes = format!("{}a{}", "[".repeat(3_000), "]".repeat(3_000));
    for flavor in [JS, PY] {
        for (pattern, flags) in [(nested(90), ""), (nested(5_000), ""), ("(".repeat(60_000), ""), ("a|".repeat(80_000), "")] {
            if let Ok(found) = analyse(&pattern, flags, flavor, Search, Budget::default()) {
                assert_ne!(found.growth, Growth::Exponential, "{}", pattern.len());
            }
        }
    }
    let found = analyse(&nested(5_000), "", JS, Search, Budget::default()).unwrap();
    assert_eq!(found.growth, Growth::Unknown { why: Why::TooLarge });
    assert!(analyse(&classes, "v", JS, Search, Budget::default()).is_ok());
    let counted = format!("^{}$", "(?:".repeat(20) + "a" + &"){40}".repeat(20));
    assert!(analyse(&counted, "", JS, Search, Budget::default()).is_ok());
}

/// A budget that is too small is a verdict, not a wrong one.
#[test]
fn budgets_are_kept_and_told() {
    for case in CASES {
        let (flavor, apply, flags, pattern, wanted) = *case;
        for steps in [0, 10, 100, 1_000, 10_000, 100_000] {
            let found = analyse(pattern, flags, flavor, apply, Budget { steps }).unwrap();
            assert!(found.spent <= steps, "{pattern} with {steps}");
            match worst(&found.growth) {
                None => assert_eq!(found.growth, Growth::Unknown { why: Why::OverBudget }, "{pattern} with {steps}"),
                Some(SAFE) => assert_eq!(wanted, SAFE, "{pattern} with {steps}"),
                Some(worst) => assert!(worst <= wanted, "{pattern} with {steps}"),
            }
        }
    }
}

/// Repeats one more each time until a run takes a while; gives for each pattern the length of the text then, or why there is none.
const NODE: &str = r"
const out = [];
for (const [pattern, flags, apply, attack] of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  let regex;
  try { regex = new RegExp(pattern, flags); } catch (error) { out.push(`skipped: ${error}`); continue; }
  const write = new Function('n', 'return ' + attack);
  let result = 'fast';
  for (let n = 1; n <= 200; n++) {
    const text = write(n);
    let best = Infinity;
    for (let round = 0; round < 2 && best > 50; round++) {
      const start = process.hrtime.bigint();
      regex.lastIndex = 0;
      regex.test(text);
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
    }
    if (best > 50) { result = String(text.length); break; }
  }
  out.push(result);
}
console.log(JSON.stringify(out));
";

/// The same for `CPython`.
const PYTHON: &str = r#"
import json, re, sys, time
out = []
for pattern, flags, apply, attack in json.load(sys.stdin):
    try:
        regex = re.compile(pattern, sum(getattr(re, flag.upper()) for flag in flags))
    except re.error as error:
        out.append(f"skipped: {error}")
        continue
    run = {"Search": regex.search, "Match": regex.match, "Whole": regex.fullmatch, "All": regex.findall}[apply]
    result = "fast"
    for n in range(1, 201):
        text = eval(attack, {"n": n})
        best = float("inf")
        for _ in range(2):
            start = time.perf_counter()
            run(text)
            best = min(best, time.perf_counter() - start)
            if best <= 0.05:
                break
        if best > 0.05:
            result = str(len(text))
            break
    out.append(result)
print(json.dumps(out))
"#;

/// How long an engine may take over all attacks together; a few seconds are enough.
const LIMIT: Duration = Duration::from_secs(240);

/// An attack on a pattern: the pattern, and what an engine is asked.
type Asked = (String, serde_json::Value);

/// The attack on a pattern, if it is exponential.
fn asked(flavor: Flavor, apply: Apply, flags: &str, pattern: &str, found: &Verdict) -> Option<Asked> {
    let attack = found.attack.as_ref().filter(|_| found.growth == Growth::Exponential)?.source(flavor, "n");
    Some((pattern.to_owned(), serde_json::json!([pattern, flags, format!("{apply:?}"), attack])))
}

/// The attacks on all cases that are said to be exponential.
fn cases(flavor: Flavor) -> Vec<Asked> {
    let cases = CASES.iter().filter(|case| case.0 == flavor && case.4 == EXP);
    cases.map(|case| asked(flavor, case.1, case.2, case.3, &verdict(case)).unwrap()).collect()
}

/// Patterns as programs have them: language, way, flags and pattern a line. Gives the attacks on those that are exponential.
fn real(flavor: Flavor) -> Vec<Asked> {
    let (mut patterns, mut attacks) = (0, Vec::new());
    for line in include_str!("real_patterns.tsv").lines() {
        let [language, way, flags, pattern] = line.splitn(4, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let apply = match way {
            "search" => Search,
            "all" => All,
            "match" => Match,
            _ => Whole,
        };
        if (language == "js") == (flavor == JS) {
            patterns += 1;
            let found = analyse(pattern, flags, flavor, apply, Budget::default()).unwrap();
            assert!(!matches!(found.growth, Growth::Unknown { .. }), "{pattern}: {:?}", found.growth);
            attacks.extend(asked(flavor, apply, flags, pattern, &found));
        }
    }
    assert!(patterns >= 20 && attacks.len() * 2 >= patterns && attacks.len() < patterns, "{} of {patterns}", attacks.len());
    attacks
}

/// Runs attacks in the engine itself: a text of some hundred characters takes it longer than thousands should.
fn engine(attacks: &[Asked], program: &str, arguments: &[&str]) {
    let input = serde_json::Value::Array(attacks.iter().map(|(_, json)| json.clone()).collect());
    let spawned = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("{program} is not installed: its engine was not asked");
        return;
    };
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).unwrap();
        text
    });
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{program} did not come to an end: a repeat more multiplies its time by too much");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let results: Vec<String> = serde_json::from_slice(&reader.join().unwrap()).unwrap();
    assert_eq!(results.len(), attacks.len());
    let mut asked = 0;
    for ((pattern, json), result) in attacks.iter().zip(&results) {
        if result.starts_with("skipped") {
            eprintln!("{program}: {pattern}: {result}");
            continue;
        }
        asked += 1;
        let length: usize = result.parse().unwrap_or_else(|_| panic!("{program} is fast on {json}"));
        assert!(length < 1_500, "{program} needs {length} characters of {json}");
    }
    assert!(asked * 10 >= attacks.len() * 7, "{program} knows only {asked} of {} patterns", attacks.len());
}

#[test]
fn node_takes_long_over_attacks() {
    engine(&cases(JS), "node", &["-e", NODE]);
}

#[test]
fn cpython_takes_long_over_attacks() {
    engine(&cases(PY), "python3", &["-c", PYTHON]);
}

#[test]
fn node_takes_long_over_real_patterns() {
    engine(&real(JS), "node", &["-e", NODE]);
}

#[test]
fn cpython_takes_long_over_real_patterns() {
    engine(&real(PY), "python3", &["-c", PYTHON]);
}
