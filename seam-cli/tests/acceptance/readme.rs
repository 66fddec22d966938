//! Checks the README: runs every command, compiles all code, and regenerates its table.

use std::path::Path;

use crate::support::{cargo, execute, root};
use crate::table;

/// A fenced block of code.
#[derive(Debug)]
struct Block {
    language: String,
    text: String,
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

fn blocks(readme: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(Block {
                language: language.to_string(),
                text: text.map(|line| format!("{line}\n")).collect(),
            });
        }
    }
    blocks
}

fn blocks_in(language: &str) -> Vec<String> {
    let blocks = blocks(&readme()).into_iter();
    let found = blocks.filter(|block| block.language == language);
    let found: Vec<String> = found.map(|block| block.text).collect();
    assert!(!found.is_empty(), "the README has no block in {language}");
    found
}

/// Returns the code of an example of this crate, without its documentation.
fn example(name: &str) -> String {
    let text = std::fs::read_to_string(root().join(format!("seam-cli/examples/{name}.rs")));
    let text = text.unwrap();
    let (documentation, code) = text.split_once("\n\n").unwrap();
    assert!(documentation.starts_with("//! "), "{documentation}");
    code.to_string()
}

#[test]
fn every_block_is_of_a_kind_that_is_checked() {
    for block in blocks(&readme()) {
        let checked = ["rust", "console", "sh", "toml"];
        assert!(checked.contains(&block.language.as_str()), "{block:#?}");
    }
}

#[test]
fn the_code_is_an_example_that_runs() {
    assert_eq!(blocks_in("rust"), [example("on_wasmtime")]);
}

#[test]
fn one_line_changes_the_runtime() {
    let (one, other) = (example("on_wasmtime"), example("on_wasmi"));
    let lines = one.lines().zip(other.lines());
    let differing: Vec<_> = lines.filter(|(one, other)| one != other).collect();
    assert_eq!(one.lines().count(), other.lines().count());
    assert_eq!(
        differing,
        [(
            "    let backend = seam_wasmtime::Wasmtime::new();",
            "    let backend = seam_wasmi::Wasmi::new();"
        )]
    );
}

/// A command and the output that the README shows for it.
#[derive(Debug, Default)]
struct Session {
    command: String,
    output: String,
}

/// Returns the commands of all blocks. A line that starts with `$` is followed by its output.
fn sessions() -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in blocks_in("console").concat().lines() {
        match (line.strip_prefix("$ "), sessions.last_mut()) {
            (Some(command), _) => sessions.push(Session {
                command: command.to_string(),
                output: String::new(),
            }),
            (None, Some(session)) => session.output += &format!("{line}\n"),
            (None, None) => panic!("expected a command, found {line}"),
        }
    }
    sessions
}

/// Runs a command in the root of the repository, and returns what the terminal shows.
///
/// Messages of cargo are omitted, because they depend on what is already built.
fn on_a_terminal(command: &str) -> String {
    let redirected = match command.starts_with("cargo ") {
        true => command.to_string(),
        false => format!("{{ {command}; }} 2>&1"),
    };
    let built = Path::new(env!("CARGO_BIN_EXE_seam")).parent().unwrap();
    let cargo_folder = Path::new(env!("CARGO")).parent().unwrap();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = [built.to_path_buf(), cargo_folder.to_path_buf()];
    let folders = folders.into_iter().chain(std::env::split_paths(&inherited));
    let mut shell = cargo("sh");
    shell
        .args(["-c", &redirected])
        .env("PATH", std::env::join_paths(folders).unwrap());
    execute(&mut shell, b"").stdout
}

#[test]
fn every_command_prints_what_it_says() {
    for session in sessions() {
        let printed = on_a_terminal(&session.command);
        assert_eq!(printed, session.output, "$ {}", session.command);
    }
}

#[test]
fn the_command_that_runs_the_tests_is_the_one_of_ci() {
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in blocks_in("sh").concat().lines() {
        let runs = ci.lines().any(|line| line.trim().starts_with(command));
        assert!(runs, "expected `{command}` in .ci/run");
    }
}

#[test]
fn the_dependencies_are_crates_of_this_repository() {
    let dependencies = blocks_in("toml").concat();
    let mut lines = dependencies.lines();
    assert_eq!(lines.next(), Some("[dependencies]"));
    for line in lines {
        let (name, source) = line.split_once(" = ").unwrap();
        assert_eq!(source, "{ git = \"<this repository>\" }");
        let manifest = root().join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn the_table_of_crates_states_each_with_its_oldest_rust() {
    let readme = readme();
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = workspace.lines().filter_map(|line| {
        let member = line.trim().strip_prefix('"')?.strip_suffix("\",")?;
        member.starts_with("seam-").then_some(member)
    });
    let members: Vec<&str> = members.collect();
    assert!(members.len() >= 7, "{members:?}");
    for member in members {
        let manifest = root().join(member).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        let oldest = manifest.lines().find_map(|line| {
            let version = line.strip_prefix("rust-version = \"")?;
            version.strip_suffix('"')
        });
        let row = readme
            .lines()
            .find(|line| line.starts_with(&format!("| `{member}` |")))
            .unwrap_or_else(|| panic!("the README does not state {member}"));
        assert!(row.ends_with(&format!("| {} |", oldest.unwrap())), "{row}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let readme = readme();
    let targets = readme.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    let files = targets.filter(|target| !target.starts_with("https://"));
    for file in files {
        assert!(root().join(file).exists(), "{file}");
    }
}

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->\n";

/// `SEAM_REWRITE=1 cargo test -p seam-cli the_table_is_what_the_kit_found` updates it.
#[test]
fn the_table_is_what_the_kit_found() {
    let readme = readme();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (stated, after) = rest.split_once(END).unwrap();
    let found = table::table();
    if std::env::var_os("SEAM_REWRITE").is_some() {
        let text = format!("{before}{BEGIN}{found}{END}{after}");
        std::fs::write(root().join("README.md"), text).unwrap();
        return;
    }
    assert_eq!(stated, found, "SEAM_REWRITE=1 brings the README up to date");
}
