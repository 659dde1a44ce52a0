use super::*;

const RULES: [RuleKind; 3] = [
    RuleKind { id: "blocking-sleep", group: "event-loop", severity: Severity::Error, preview: false },
    RuleKind { id: "blocking-file-io", group: "event-loop", severity: Severity::Warning, preview: false },
    RuleKind { id: "unused-ignore", group: "comments", severity: Severity::Warning, preview: false },
];

fn written(path: &str, text: &str) -> Written {
    Written { path: path.to_owned(), text: text.to_owned() }
}

fn configured(main: (&str, &str), nested: &[(&str, &str)]) -> Configuration<'static> {
    let mut configuration = Configuration::new("/r", &RULES);
    configuration.add_main(&written(main.0, main.1));
    for (path, text) in nested {
        configuration.add_nested(&written(path, text));
    }
    configuration
}

fn settings(main: &str, nested: &[(&str, &str)]) -> Settings {
    let configuration = configured(("loopwarden.toml", main), nested);
    assert_eq!(configuration.faults, []);
    configuration.settings
}

fn faults(path: &str, text: &str) -> Vec<(String, String, Option<String>)> {
    let told = configured((path, text), &[]).faults.into_iter().map(|fault| {
        let at = fault.span.map_or("", |span| &text[span.start as usize..span.end as usize]).to_owned();
        (fault.message, at, fault.help)
    });
    told.collect()
}

fn fault(path: &str, text: &str) -> (String, String, String) {
    let mut faults = faults(path, text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let (message, at, help) = faults.remove(0);
    (message, at, help.unwrap_or_default())
}

#[test]
fn unknown_keys_and_values_are_faults_with_their_place() {
    let told = |message: &str, at: &str, help: &str| (message.to_owned(), at.to_owned(), help.to_owned());
    let suggestion = told("unknown key `min-sverity`", "min-sverity", "did you mean `min-severity`?");
    assert_eq!(fault("loopwarden.toml", "min-sverity = \"info\"\n"), suggestion);
    let pyproject = "[project]\nname = \"a\"\n[tool.loopwarden]\nmin-sverity = \"info\"\n";
    assert_eq!(fault("pyproject.toml", pyproject), suggestion);
    let package = "{\"name\": \"a\", \"loopwarden\": {\"min-sverity\": \"info\"}}";
    assert_eq!(fault("package.json", package), told("unknown key `min-sverity`", "\"min-sverity\"", "did you mean `min-severity`?"));
    assert_eq!(
        fault("loopwarden.toml", "[severity]\nblocking-sleep = \"errr\"\n"),
        told("unknown value `errr`", "\"errr\"", "did you mean `error`?")
    );
    assert_eq!(
        fault("loopwarden.toml", "[target]\nstart-method = \"frok\"\n"),
        told("unknown value `frok`", "\"frok\"", "did you mean `fork`?")
    );
    assert_eq!(
        fault("loopwarden.toml", "[[facts.call]]\npathes = [\"a.b\"]\neffect = \"file\"\n"),
        told("unknown key `pathes`", "pathes", "did you mean `paths`?")
    );
}

#[test]
fn values_of_a_wrong_type_are_told_in_the_words_of_toml() {
    let told = |text: &str| {
        let (message, at, _) = fault("loopwarden.toml", text);
        (message, at)
    };
    let wanted = |message: &str, at: &str| (message.to_owned(), at.to_owned());
    assert_eq!(told("exclude = \"a\"\n"), wanted("a list is wanted here, not string \"a\"", "\"a\""));
    assert_eq!(told("fail-on = 3\n"), wanted("a string is wanted here", "3"));
    assert_eq!(told("require-reason = 1\n"), wanted("`true` or `false` is wanted here, not integer `1`", "1"));
    assert_eq!(told("target = 3\n"), wanted("a table is wanted here, not integer `3`", "3"));
}

#[test]
fn unknown_rules_are_faults_wherever_they_stand() {
    let text = "ignore = [\"blocking-slep\"]\nselect = [\"zzz\"]\n[severity]\nevent-lop = \"off\"\n[[per-path]]\npaths = [\"a/\"]\nignore = [\"x-y\"]\n";
    let messages: Vec<(String, String)> = faults("loopwarden.toml", text).into_iter().map(|(message, at, _)| (message, at)).collect();
    let told = |name: &str, at: &str| (format!("no rule or group `{name}`"), at.to_owned());
    let wanted =
        [told("zzz", "\"zzz\""), told("blocking-slep", "\"blocking-slep\""), told("event-lop", "event-lop"), told("x-y", "\"x-y\"")];
    assert_eq!(messages, wanted);
}

#[test]
fn targets_are_checked() {
    let python = |version: &str| fault("loopwarden.toml", &format!("[target]\npython = \"{version}\"\n")).0;
    assert_eq!(python("2.7"), "no version of Python 3: `2.7`");
    assert_eq!(python("new"), "no version of Python 3: `new`");
    let text = "[target]\npython = \"3.12\"\nfree-threaded = true\n";
    assert_eq!(fault("loopwarden.toml", text).0, "Python 3.12 has no free-threaded build");
    let target = settings("[target]\npython = \"3.13\"\nfree-threaded = true\nstart-method = \"spawn\"\n", &[]).target;
    assert_eq!(target, Target { python: Some((3, 13)), free_threaded: true, start_method: Some(StartMethod::Spawn) });
}

#[test]
fn json_and_toml_say_the_same() {
    let json = r#"{"loopwarden": {"ignore": ["blocking-sleep"], "fail-on": "never", "require-reason": true,
        "per-path": [{"paths": ["a/"], "severity": {"blocking-file-io": "error"}}],
        "facts": {"language": "node", "files": ["x.toml"], "boundary": [{"path": "a.b", "argument": 1, "to": "thread"}]}}}"#;
    let configuration = configured(("package.json", json), &[]);
    assert_eq!(configuration.faults, []);
    let settings = configuration.settings;
    assert_eq!((settings.fail_on, settings.require_reason), (FailOn::Never, true));
    assert_eq!(settings.severity("b.js", RULES[0], Severity::Error), None);
    assert_eq!(settings.severity("a/b.js", RULES[1], Severity::Warning), Some(Severity::Error));
    assert_eq!(configuration.fact_files[0].path, "x.toml");
    assert_eq!(configuration.facts.map(|(facts, _)| facts.len()), Some(1));
    assert_eq!(fault("package.json", "{\"loopwarden\": {\"fail-on\": null}}").1, "null");
    assert_eq!(fault("package.json", "{\"loopwarden\": 3}").0, "the configuration is a table, not a integer");
    assert!(!is_configuration(&written("package.json", "{\"devDependencies\": {\"loopwarden\": \"1\"}}")));
    assert!(!is_configuration(&written("package.json", "{ not json at all")));
}

#[test]
fn facts_are_a_list_or_a_table() {
    let files =
        |text: &str| -> Vec<String> { configured(("loopwarden.toml", text), &[]).fact_files.into_iter().map(|file| file.path).collect() };
    assert_eq!(files("facts = [\"a.toml\", \"b.toml\"]\n"), ["a.toml", "b.toml"]);
    assert_eq!(files("[facts]\nlanguage = \"python\"\nfiles = [\"a.toml\"]\n[[facts.neutral]]\npaths = [\"x.y\"]\n"), ["a.toml"]);
    assert_eq!(fault("loopwarden.toml", "facts = [3]\n").1, "3");
}

#[test]
fn the_nearest_statement_holds() {
    let main = "ignore = [\"event-loop\"]\n[severity]\nblocking-file-io = \"error\"\n[[per-path]]\npaths = [\"tools/\", \"*.gen.py\"]\nignore = [\"blocking-file-io\"]\n";
    let settings = settings(
        main,
        &[(
            "web/loopwarden.toml",
            "[severity]\nblocking-sleep = \"info\"\n[[per-path]]\npaths = [\"/api\"]\nseverity = { blocking-sleep = \"off\" }\n",
        )],
    );
    let sleep = |path| settings.severity(path, RULES[0], Severity::Error);
    let file = |path, found| settings.severity(path, RULES[1], found);
    assert_eq!(sleep("app.py"), None);
    assert_eq!(sleep("web/app.py"), Some(Severity::Info));
    assert_eq!(sleep("web/api/app.py"), None);
    // The id is more exact than the group.
    assert_eq!(file("app.py", Severity::Warning), Some(Severity::Error));
    assert_eq!(file("tools/app.py", Severity::Warning), None);
    assert_eq!(file("web/deep/a.gen.py", Severity::Warning), None);
    // What the rule holds for less stays less.
    assert_eq!(file("app.py", Severity::Info), Some(Severity::Info));
}

#[test]
fn the_command_line_wins() {
    let mut settings = settings("select = [\"blocking-sleep\"]\n[severity]\nblocking-file-io = \"off\"\n", &[]);
    assert_eq!(settings.severity("a.py", RULES[1], Severity::Warning), None);
    settings.asked.select = vec!["event-loop".to_owned()];
    assert_eq!(settings.severity("a.py", RULES[0], Severity::Error), Some(Severity::Error));
    assert_eq!(settings.severity("a.py", RULES[1], Severity::Warning), None);
    settings.asked.select = vec!["blocking-file-io".to_owned()];
    assert_eq!(settings.severity("a.py", RULES[1], Severity::Warning), Some(Severity::Warning));
    settings.asked.ignore = vec!["event-loop".to_owned()];
    assert_eq!(settings.severity("a.py", RULES[1], Severity::Warning), None);
}

#[test]
fn excluded_paths_are_relative_to_the_configuration() {
    let mut configuration = Configuration::new("/r/web", &RULES);
    configuration.add_main(&written("../loopwarden.toml", "exclude = [\"web/old\", \"*.gen.py\"]\n"));
    let settings = configuration.settings;
    assert!(settings.exclude.holds("old/a.py", false));
    assert!(settings.exclude.holds("old", true));
    assert!(settings.exclude.holds("new/a.gen.py", false));
    assert!(!settings.exclude.holds("new/a.py", false));
    assert!(!settings.exclude.holds("/x/old/a.gen.py", false));
}

#[test]
fn keys_of_the_whole_run_have_no_effect_further_down() {
    let configuration = configured(("loopwarden.toml", ""), &[("web/loopwarden.toml", "fail-on = \"never\"\n")]);
    assert_eq!(configuration.settings.fail_on, FailOn::Warning);
    assert!(configuration.notes[0].message.contains("`fail-on` without effect here"));
}

#[test]
fn a_pattern_that_is_none_is_a_fault() {
    assert_eq!(fault("loopwarden.toml", "exclude = [\"a[\"]\n").1, "\"a[\"");
    assert_eq!(fault("loopwarden.toml", "exclude = [\"\"]\n").0, "this pattern matches nothing");
}

/// The template is right, as it is and with every comment that is TOML taken for real.
#[test]
fn the_template_is_a_configuration() {
    let bare: String = TEMPLATE.lines().filter_map(|line| uncommented(line)).collect::<Vec<_>>().join("\n");
    for text in [TEMPLATE, &bare] {
        let rules = [RULES[0], RULES[1], RuleKind { id: "blocking-stdin", ..RULES[0] }];
        let mut configuration = Configuration::new("/r", &rules);
        configuration.add_main(&written("loopwarden.toml", text));
        assert_eq!(configuration.faults, []);
    }
    let schema = schema(&[]);
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(bare.contains(key.as_str()), "the template does not show `{key}`");
    }
}

/// The line without `# `, where what remains is TOML.
fn uncommented(line: &str) -> Option<&str> {
    let said = line.strip_prefix("# ")?;
    let word = said.split([' ', '=']).next().unwrap_or("");
    (said.starts_with('[') || said[word.len()..].starts_with(" = ")).then_some(said)
}
