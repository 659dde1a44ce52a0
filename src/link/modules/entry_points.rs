//! The functions that a Python project installs as commands: `[project.scripts]` of pyproject.toml, `console_scripts` of setup.cfg,
//! of setup.py and of an installed package's `entry_points.txt`.

use toml::{Table, Value};

/// Groups of entry points that become commands.
const GROUPS: [&str; 2] = ["console_scripts", "gui_scripts"];

/// Tables of pyproject.toml that name commands.
const TABLES: [&[&str]; 5] = [
    &["project", "scripts"],
    &["project", "gui-scripts"],
    &["project", "entry-points", "console_scripts"],
    &["tool", "poetry", "scripts"],
    &["tool", "flit", "scripts"],
];

/// Tables of pyproject.toml that make a project of its folder.
const PROJECTS: [&str; 3] = ["[project]", "[tool.poetry]", "[tool.flit.metadata]"];

/// The functions as written (`module:function`), by the name of the file and its text; none where the file says nothing of commands.
pub fn read(file_name: &str, text: &str) -> Vec<(String, String)> {
    let written = match file_name {
        "pyproject.toml" => of_toml(text),
        "setup.cfg" => of_ini(text, "options.entry_points"),
        "entry_points.txt" => of_sections(text),
        "setup.py" => of_setup(text),
        _ => Vec::new(),
    };
    written.iter().filter_map(|written| split(written)).collect()
}

/// Whether the file makes its folder a project, commands or none.
pub fn is_project(file_name: &str, text: &str) -> bool {
    match file_name {
        "pyproject.toml" => text.lines().any(|line| PROJECTS.contains(&line.trim())),
        "setup.cfg" => text.lines().any(|line| line.trim() == "[metadata]"),
        "setup.py" => true,
        _ => false,
    }
}

/// `module:function [extra]`
fn split(written: &str) -> Option<(String, String)> {
    let (module, function) = written.split('[').next()?.trim().split_once(':')?;
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_name(function) && module.split('.').all(is_name)).then(|| (module.to_owned(), function.to_owned()))
}

fn of_toml(text: &str) -> Vec<String> {
    let Ok(whole) = text.parse::<Table>() else { return Vec::new() };
    let table = |path: &[&str]| {
        let mut at = &whole;
        for key in path {
            at = at.get(*key)?.as_table()?;
        }
        Some(at)
    };
    // Poetry may write `{ reference = "module:function", type = "console" }`.
    let named = |value: &Value| value.as_str().or_else(|| value.get("reference")?.as_str()).map(str::to_owned);
    TABLES.iter().filter_map(|path| table(path)).flat_map(|of| of.values().filter_map(named).collect::<Vec<_>>()).collect()
}

/// Lines of `console_scripts =` below a section of setup.cfg.
fn of_ini(text: &str, section: &str) -> Vec<String> {
    let (mut within, mut listed, mut found) = (false, false, Vec::new());
    for line in text.lines() {
        let said = line.split('#').next().unwrap_or("");
        if let Some(head) = said.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (within, listed) = (head.trim() == section, false);
        } else if within && !said.starts_with([' ', '\t']) {
            let (key, rest) = said.split_once('=').unwrap_or((said, ""));
            listed = GROUPS.contains(&key.trim());
            found.extend(listed.then(|| rest.split_once('=').map(|(_, what)| what.trim().to_owned())).flatten());
        } else if within && listed {
            found.extend(said.split_once('=').map(|(_, what)| what.trim().to_owned()));
        }
    }
    found
}

/// Lines of the sections `[console_scripts]` and `[gui_scripts]`.
fn of_sections(text: &str) -> Vec<String> {
    let (mut within, mut found) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            within = GROUPS.contains(&head.trim());
        } else if within {
            found.extend(line.split_once('=').map(|(_, what)| what.trim().to_owned()));
        }
    }
    found
}

/// Signs between the name of a group and the list behind it in setup.py, at most: `": [`, `'] = [`.
const BETWEEN: usize = 8;

/// Texts of the list that stands behind the name of a group, and lines of its section where one text holds them all. The file is
/// only read, not run: what is put together elsewhere is not seen.
fn of_setup(text: &str) -> Vec<String> {
    let mut found = of_sections(text);
    for group in GROUPS {
        for (at, _) in text.match_indices(group) {
            let list =
                text[at..].split_once('[').map_or("", |(between, list)| if between.len() > group.len() + BETWEEN { "" } else { list });
            let list = list.split(']').next().unwrap_or("");
            let texts = list.split(['"', '\'']).skip(1).step_by(2);
            found.extend(texts.filter_map(|text| Some(text.split_once('=')?.1.trim().to_owned())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::read;

    fn named(file_name: &str, text: &str) -> Vec<String> {
        read(file_name, text).into_iter().map(|(module, function)| format!("{module}:{function}")).collect()
    }

    #[test]
    fn commands_of_projects() {
        let toml = "[project.scripts]\nrun = \"a.b:main\"\n[tool.poetry.scripts]\nx = { reference = \"c:go\" }\n[project.entry-points.p]\nq = \"d:no\"";
        assert_eq!(named("pyproject.toml", toml), ["a.b:main", "c:go"]);
        let ini = "[options.entry_points]\nconsole_scripts =\n    run = a.b:main\n    other = c:go [extra]\nplugins =\n    x = d:no\n[x]\ny = e:no";
        assert_eq!(named("setup.cfg", ini), ["a.b:main", "c:go"]);
        assert_eq!(named("entry_points.txt", "[console_scripts]\nrun = a:main\n\n[p]\nq = d:no"), ["a:main"]);
        let setup = "setup(entry_points={'console_scripts': ['run = a.b:main', \"x=c:go\"], 'p': ['q = d:no']})";
        assert_eq!(named("setup.py", setup), ["a.b:main", "c:go"]);
        assert_eq!(named("setup.py", "setup(entry_points='''\n[console_scripts]\nrun = a:main\n''')"), ["a:main"]);
        assert!(named("setup.py", "setup(console_scripts=make(), x=['a=b:c'])").is_empty());
    }

    #[test]
    fn what_is_no_command_is_left_out() {
        assert!(named("pyproject.toml", "[project.scripts]\nrun = \"a b\"\nno = 3\ncls = \"a:B.c\"").is_empty());
        assert!(named("pyproject.toml", "[project").is_empty() && named("package.json", "{}").is_empty());
    }
}
