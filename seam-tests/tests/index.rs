//! The index of the fixtures is complete, and its digests are right.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seam_core::Digest;

const MOST: u64 = 6 << 20;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A row of the index: the file, its digest, and the rest as it is written.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    file: String,
    digest: String,
    command: String,
    tools: String,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
        let mut parts = line.split(" | ").map(str::to_string);
        Some(Self {
            file: parts.next()?.strip_suffix('`')?.to_string(),
            digest: parts.next()?,
            command: parts.next()?,
            tools: parts.next()?,
        })
    }

    fn text(&self) -> String {
        let Self {
            file,
            digest,
            command,
            tools,
        } = self;
        format!("| `{file}` | {digest} | {command} | {tools} |")
    }
}

/// Returns the paths of all files, relative to the fixtures, with their sizes.
fn files() -> BTreeMap<String, u64> {
    fn collect(folder: &Path, root: &Path, found: &mut BTreeMap<String, u64>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name == "target") {
                continue;
            }
            if path.is_dir() {
                collect(&path, root, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.insert(name.replace('\\', "/"), path.metadata().unwrap().len());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(&fixtures(), &fixtures(), &mut found);
    found
}

fn is_built(file: &str) -> bool {
    let recorded = file.ends_with(".json") || file.contains("/golden/");
    recorded || file.ends_with(".wasm")
}

fn digest(file: &str) -> String {
    Digest::of(&std::fs::read(fixtures().join(file)).unwrap()).to_string()
}

/// Writes the index with the digests as they are, and with rows for new files.
fn rewrite(text: &str) {
    let mut rows: BTreeMap<String, Row> = text
        .lines()
        .filter_map(Row::parse)
        .map(|row| (row.file.clone(), row))
        .collect();
    rows.retain(|file, _| fixtures().join(file).exists());
    for file in files().into_keys().filter(|file| is_built(file)) {
        let row = rows.entry(file.clone()).or_insert_with(|| Row {
            digest: String::new(),
            command: "?".to_string(),
            tools: "?".to_string(),
            file: file.clone(),
        });
        row.digest = digest(&file);
    }
    let head = text.lines().take_while(|line| Row::parse(line).is_none());
    let lines: Vec<String> = head
        .map(str::to_string)
        .chain(rows.values().map(Row::text))
        .collect();
    std::fs::write(fixtures().join("index.md"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn the_index_lists_every_built_file_with_its_digest() {
    let path = fixtures().join("index.md");
    if std::env::var_os("SEAM_REWRITE").is_some() {
        rewrite(&std::fs::read_to_string(&path).unwrap());
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<Row> = text.lines().filter_map(Row::parse).collect();
    let built: Vec<String> = files().into_keys().filter(|file| is_built(file)).collect();
    assert!(built.len() > 100, "{}", built.len());
    let listed: Vec<&String> = rows.iter().map(|row| &row.file).collect();
    assert_eq!(
        listed,
        built.iter().collect::<Vec<_>>(),
        "in this order, each once"
    );
    for row in &rows {
        assert_eq!(row.digest, digest(&row.file), "{}", row.file);
        for part in [&row.command, &row.tools] {
            assert!(
                !part.is_empty() && part != "?",
                "{}: where does it come from?",
                row.file
            );
        }
        if row.command == "`./build.sh`" {
            let script = fixtures().join(&row.file).with_file_name("build.sh");
            assert!(script.exists(), "{}", row.file);
        }
    }
}

#[test]
fn outputs_of_meld_were_made_as_their_page_says() {
    let text = std::fs::read_to_string(fixtures().join("index.md")).unwrap();
    let page = std::fs::read_to_string(fixtures().join("fused/README.md")).unwrap();
    let rows = text.lines().filter_map(Row::parse);
    let fused: Vec<Row> = rows.filter(|row| row.tools.starts_with("meld ")).collect();
    assert!(fused.len() > 30, "{}", fused.len());
    for row in fused {
        let name = row.file.strip_prefix("fused/").unwrap();
        assert!(page.contains(&format!("`{name}`")), "{name}");
        assert!(page.contains(&row.command), "{}", row.command);
    }
}

#[test]
fn the_fixtures_are_small() {
    let sum: u64 = files().values().sum();
    assert!(sum < MOST, "{sum} bytes");
}
