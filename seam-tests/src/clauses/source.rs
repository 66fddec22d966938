//! Compares the clauses in seam-core's documentation with the table.

use std::collections::BTreeMap;

use super::CLAUSES;
use crate::kit::Case;

/// The files whose traits and types have a contract.
const SOURCES: [&str; 7] = [
    include_str!("../../../seam-core/src/backend.rs"),
    include_str!("../../../seam-core/src/instance.rs"),
    include_str!("../../../seam-core/src/core/engine.rs"),
    include_str!("../../../seam-core/src/core/store.rs"),
    include_str!("../../../seam-core/src/limits.rs"),
    include_str!("../../../seam-core/src/snapshot.rs"),
    include_str!("../../../seam-core/src/world/mod.rs"),
];

/// The cases that each clause names, by the name of the trait or type and number.
type Clauses = BTreeMap<(String, u32), Vec<String>>;

/// Reads the numbered clauses below `# Contract` of each trait and type.
fn documented() -> Clauses {
    let mut clauses = Clauses::new();
    for source in SOURCES {
        let mut pending: Vec<(u32, String)> = Vec::new();
        let mut in_contract = false;
        for line in source.lines() {
            if let Some(doc) = line.trim_start().strip_prefix("///") {
                let doc = doc.trim();
                if doc.starts_with("# ") {
                    in_contract = doc == "# Contract";
                } else if in_contract {
                    read_line(doc, &mut pending);
                }
            } else if let Some(name) = name_of(line) {
                for (number, text) in pending.drain(..) {
                    let cases = cases_of(&text);
                    assert!(!cases.is_empty(), "{name} {number} names no case: {text}");
                    let twice = clauses.insert((name.to_string(), number), cases);
                    assert!(twice.is_none(), "{name} has two clauses {number}");
                }
            } else if !line.trim_start().starts_with('#') {
                pending.clear();
                in_contract = false;
            }
        }
    }
    clauses
}

/// Reads a line of a contract: it starts the next clause or continues the previous one.
fn read_line(doc: &str, clauses: &mut Vec<(u32, String)>) {
    let number = doc.split_once(". ").and_then(|(n, _)| n.parse().ok());
    match (number, clauses.last_mut()) {
        (Some(number), _) => clauses.push((number, doc.to_string())),
        (None, Some((_, text))) => {
            text.push(' ');
            text.push_str(doc);
        }
        (None, None) => {}
    }
}

/// Returns the name of the trait or type that the line defines.
fn name_of(line: &str) -> Option<&str> {
    let kinds = ["pub trait ", "pub struct ", "pub enum "];
    let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
    rest.split([':', ' ', '<', '{', '(']).next()
}

/// Returns the names in backticks of `(kit: ..)`.
fn cases_of(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once("(kit:") else {
        return Vec::new();
    };
    let mark = rest.split(')').next().unwrap_or_default();
    let names = mark.split('`').skip(1).step_by(2);
    names.map(String::from).collect()
}

#[test]
fn the_table_has_exactly_the_documented_clauses() {
    let documented = documented();
    assert!(documented.len() > 30, "{} clauses", documented.len());
    let table: Clauses = CLAUSES
        .iter()
        .map(|clause| {
            let cases = clause.checks.iter().map(|check| check.case.to_string());
            ((clause.of.to_string(), clause.number), cases.collect())
        })
        .collect();
    assert_eq!(
        table.len(),
        CLAUSES.len(),
        "a clause stands in the table twice"
    );
    for (clause, cases) in &documented {
        assert_eq!(table.get(clause), Some(cases), "{clause:?}");
    }
    for clause in table.keys() {
        assert!(
            documented.contains_key(clause),
            "{clause:?} is not documented"
        );
    }
}

#[test]
fn every_clause_has_cases_of_the_kit() {
    for clause in CLAUSES {
        assert!(!clause.checks.is_empty(), "{clause}");
        for check in clause.checks {
            assert!(
                Case::named(check.case).is_some(),
                "{clause}: {}",
                check.case
            );
        }
    }
}
