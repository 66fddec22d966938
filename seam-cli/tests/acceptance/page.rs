//! Pages of documentation with commands and what they print.

use std::path::Path;

use crate::support::{cargo, execute, root};

/// A fenced block of code.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Block {
    pub(crate) fn is_in(&self, language: &str) -> bool {
        self.language == language
    }
}

/// Returns a page of the repository.
pub(crate) fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Returns the blocks of a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
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

/// A command and the output that the page shows for it.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) command: String,
    pub(crate) output: String,
}

/// Returns the commands of all blocks. A line that starts with `$` is followed by its output.
pub(crate) fn sessions(page: &str) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    let console = blocks(page).into_iter();
    let console = console.filter(|block| block.is_in("console"));
    let console: String = console.map(|block| block.text).collect();
    for line in console.lines() {
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
pub(crate) fn on_a_terminal(command: &str) -> String {
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
