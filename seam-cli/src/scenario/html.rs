//! The results of scenarios as an HTML page: a matrix of scenario, artifact and backend.

use seam_diff::page::{self, Matrix, Page, Row, Tone};
use seam_diff::scenario::{Cell, Judged, Outcome, Word};

use super::done::Done;
use super::text;
use crate::output::plural;

/// Returns the page, with a column for each backend.
pub(super) fn page(done: &[Done], backends: &[String]) -> String {
    let passed = done
        .iter()
        .filter(|done| done.verdict() == Some(Judged::Passed));
    let mut summary = vec![format!(
        "{} of {} scenarios passed.",
        passed.count(),
        done.len()
    )];
    let failed = done
        .iter()
        .filter(|done| done.verdict() != Some(Judged::Passed));
    summary.extend(failed.map(|done| format!("{}: {}", done.file.name, done.reason())));
    let columns = ["scenario", "artifact"].into_iter().map(String::from);
    let matrix = Matrix {
        title: String::new(),
        columns: columns
            .chain(backends.iter().cloned())
            .chain(["seconds".to_string()])
            .collect(),
        rows: done.iter().flat_map(|done| rows(done, backends)).collect(),
    };
    let page = Page {
        title: "Scenarios".to_string(),
        summary,
        matrices: vec![matrix],
    };
    page.to_html()
}

/// Returns a row for each artifact of a scenario.
fn rows(done: &Done, backends: &[String]) -> Vec<Row> {
    let seconds = format!("{:.2}", done.time.as_secs_f64());
    let seconds = Some(page::Cell::new(Tone::Faint, seconds));
    let alone = |word: &str, details: &str| {
        let cell = page::Cell::new(Tone::Bad, word).with_details(details);
        let empty = backends.iter().skip(1).map(|_| None);
        let cells = std::iter::once(Some(cell))
            .chain(empty)
            .chain([seconds.clone()]);
        vec![Row {
            names: vec![done.file.name.clone(), String::new()],
            cells: cells.collect(),
        }]
    };
    let outcome = match &done.outcome {
        Err(message) => return alone("wrong", message),
        Ok(outcome) if outcome.cells.is_empty() => return alone("failed", &outcome.reason),
        Ok(outcome) => outcome,
    };
    let mut artifacts: Vec<&str> = Vec::new();
    for cell in &outcome.cells {
        if !artifacts.contains(&cell.artifact.as_str()) {
            artifacts.push(&cell.artifact);
        }
    }
    let row = |(index, artifact): (usize, &&str)| {
        let found = |backend: &String| {
            let mut cells = outcome.cells.iter();
            cells.find(|cell| cell.artifact == **artifact && cell.backend == *backend)
        };
        let cells = backends
            .iter()
            .map(|backend| Some(shown(found(backend)?, outcome)));
        Row {
            names: vec![done.file.name.clone(), (*artifact).to_string()],
            cells: cells
                .chain([seconds.clone().filter(|_| index == 0)])
                .collect(),
        }
    };
    artifacts.iter().enumerate().map(row).collect()
}

fn shown(cell: &Cell, outcome: &Outcome) -> page::Cell {
    let tone = match cell.word {
        Word::Match => Tone::Good,
        Word::LeftOut => Tone::Faint,
        Word::Inconclusive | Word::Unsupported => Tone::Open,
        Word::Differs | Word::Failed | Word::Lost => Tone::Bad,
    };
    // What nothing confirms is not as it should be.
    let unconfirmed = tone == Tone::Good && outcome.golden_of.is_empty();
    let (tone, word) = match unconfirmed {
        true => (Tone::Bad, "no golden"),
        false => (tone, cell.word.text()),
    };
    page::Cell::new(tone, word).with_details(details(cell, outcome))
}

fn details(cell: &Cell, outcome: &Outcome) -> String {
    let mut lines = vec![format!(
        "{} on {}: {}",
        cell.artifact,
        cell.backend,
        cell.word.text()
    )];
    lines.extend(outcome.about.iter().map(|about| format!("\"{about}\"")));
    lines.extend(cell.details.iter().cloned());
    if cell.word == Word::Differs {
        lines.push(String::new());
        lines.extend(outcome.differences.iter().map(text::plain));
        lines.extend(outcome.blame.clone());
    }
    lines.push(match outcome.not_run {
        0 => plural(outcome.steps, "step"),
        not_run => format!(
            "{}, of which {not_run} were not run",
            plural(outcome.steps, "step")
        ),
    });
    match outcome.golden_of.as_slice() {
        [] => lines.push(outcome.reason.clone()),
        by => lines.push(format!("the golden is of {}", by.join(", "))),
    }
    lines.extend(outcome.notes.iter().cloned());
    lines.join("\n")
}
