//! `docs/kiln.md` has the counts of the reports, and the code that the tests compile.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing member of a JSON value reads as null"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

const REPORTS: [&str; 3] = [
    include_str!("../reports/kiln-0.4.4.json"),
    include_str!("../reports/kiln-0.4.4-direct.json"),
    include_str!("../reports/kiln-0.4.4-runner.json"),
];

/// How many cases passed, were unsupported and said so, and failed.
type Counts = [u32; 3];

/// The counts of each area, in order of appearance, and the columns' names.
fn counted() -> (Vec<String>, Vec<(String, [Counts; 3])>) {
    let (mut modes, mut order) = (Vec::new(), Vec::new());
    let mut areas: BTreeMap<String, [Counts; 3]> = BTreeMap::new();
    for (mode, report) in REPORTS.iter().enumerate() {
        let report: serde_json::Value = serde_json::from_str(report).unwrap();
        modes.push(report["backend"]["name"].as_str().unwrap().to_string());
        for outcome in report["outcomes"].as_array().unwrap() {
            let area = outcome["area"].as_str().unwrap().to_string();
            let verdict = &outcome["verdict"];
            let kind = match verdict.as_str() {
                Some("passed") => 0,
                _ if verdict["unsupported"].is_string() => 1,
                _ => 2,
            };
            if !order.contains(&area) {
                order.push(area.clone());
            }
            areas.entry(area).or_default()[mode][kind] += 1;
        }
    }
    let rows = order.into_iter().map(|area| {
        let counts = areas[&area];
        (area, counts)
    });
    (modes, rows.collect())
}

fn table() -> String {
    let (modes, areas) = counted();
    let mut all = [Counts::default(); 3];
    let mut text = String::from("| area |");
    modes
        .iter()
        .for_each(|mode| write!(text, " `{mode}` |").unwrap());
    text.push_str("\n|---|---|---|---|\n");
    let mut row = |area: &str, counts: &[Counts; 3]| {
        write!(text, "| {area} |").unwrap();
        for [passed, unsupported, failed] in counts {
            write!(text, " {passed} / {unsupported} / {failed} |").unwrap();
        }
        text.push('\n');
    };
    for (area, counts) in &areas {
        row(area, counts);
        let cells = all.iter_mut().flatten().zip(counts.iter().flatten());
        cells.for_each(|(sum, count)| *sum += count);
    }
    row("all", &all);
    text
}

/// The code of the guide: the file's name, its language, and its text.
const CODE: [(&str, &str, &str); 6] = [
    ("Cargo.toml", "toml", include_str!("guide/manifest.toml")),
    ("lib.rs", "rust", include_str!("guide/lib.rs")),
    ("greet.rs", "rust", include_str!("guide/greet.rs")),
    (
        "conformance.rs",
        "rust",
        include_str!("guide/conformance.rs"),
    ),
    ("report.rs", "rust", include_str!("guide/report.rs")),
    ("command.rs", "rust", include_str!("guide/command.rs")),
];

/// Compares a part of `docs/kiln.md` with what it should be, or rewrites it.
fn check(begin: &str, end: &str, expected: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/kiln.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if std::env::var_os("SEAM_REWRITE").is_some() {
        let text = format!("{before}{begin}{expected}{end}{after}");
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "{begin}: SEAM_REWRITE=1 brings docs/kiln.md up to date"
    );
}

/// The page is rewritten part by part, so one test does it.
#[test]
fn the_page_has_the_counts_of_the_reports_and_the_code_that_is_compiled() {
    check("<!-- counts -->\n", "<!-- end of counts -->\n", &table());
    for (file, language, code) in CODE {
        check(&format!("<!-- {file} -->\n```{language}\n"), "```\n", code);
    }
}
