//! Checks the README: runs every command, compiles all code, and regenerates its table.

use crate::page::{blocks, on_a_terminal, page, sessions};
use crate::support::root;
use crate::table;

fn readme() -> String {
    page("README.md")
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

#[test]
fn every_command_prints_what_it_says() {
    for session in sessions(&readme()) {
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
