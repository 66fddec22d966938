//! The results of scenarios as text, like a test runner's.

use seam_diff::Shown;
use seam_diff::scenario::{Judged, Outcome, Word};

use super::done::Done;
use crate::output::{Output, Tone, plural};
use crate::verdict;

/// Prints what differs first, then a line for each scenario with its differences, then the totals.
pub(super) fn print(done: &[Done], out: &mut Output) {
    let passed = |done: &&Done| done.verdict() == Some(Judged::Passed);
    if let Some(first) = done.iter().find(|done| !passed(done)) {
        let word = out.paint(Tone::Bad, &format!("{}:", word(first)));
        out.line(&format!("{word} {}: {}", first.file.name, first.reason()));
        out.line("");
    }
    let width = done.iter().map(|done| done.file.name.chars().count()).max();
    let width = width.unwrap_or_default();
    for done in done {
        print_one(done, width, out);
    }
    out.line(&totals(done));
}

fn word(done: &Done) -> &'static str {
    done.verdict().map_or("wrong", Judged::text)
}

fn tone(done: &Done) -> Tone {
    match done.verdict() {
        Some(Judged::Passed) => Tone::Good,
        Some(Judged::Inconclusive) => Tone::Faint,
        Some(Judged::Failed) | None => Tone::Bad,
    }
}

fn print_one(done: &Done, width: usize, out: &mut Output) {
    let word = out.paint(tone(done), &format!("{:12}", word(done)));
    let (name, seconds) = (&done.file.name, done.time.as_secs_f64());
    let outcome = match &done.outcome {
        Ok(outcome) => outcome,
        Err(message) => {
            out.line(&format!("{word} {name:width$}  {seconds:.2} s"));
            out.line(&format!("  {message}"));
            return;
        }
    };
    let parts = [backends(outcome), steps(outcome), format!("{seconds:.2} s")];
    let parts = parts.iter().filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.map(String::as_str).collect();
    out.line(&format!("{word} {name:width$}  {}", parts.join("; ")));
    for line in lines(outcome, out) {
        out.line(&format!("  {line}"));
    }
    if let Some(golden) = &done.golden {
        let by = outcome.golden_of.join(", ");
        out.line(&format!("  {golden} (by {by})"));
    }
}

/// Returns the backends by how their runs ended: `wasmtime, wasmi; left out: kiln`.
fn backends(outcome: &Outcome) -> String {
    let mut names: Vec<&str> = Vec::new();
    for cell in &outcome.cells {
        if !names.contains(&cell.backend.as_str()) {
            names.push(&cell.backend);
        }
    }
    let worst = |name: &str| {
        let cells = outcome.cells.iter().filter(|cell| cell.backend == name);
        cells
            .map(|cell| cell.word)
            .find(|word| *word != Word::Match)
    };
    let mut groups: Vec<(Option<Word>, Vec<&str>)> = Vec::new();
    for name in names {
        let word = worst(name);
        match groups.iter_mut().find(|(known, _)| *known == word) {
            Some((_, group)) => group.push(name),
            None => groups.push((word, vec![name])),
        }
    }
    let text = |(word, names): &(Option<Word>, Vec<&str>)| match word {
        None => names.join(", "),
        Some(word) => format!("{}: {}", word.text(), names.join(", ")),
    };
    groups.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn steps(outcome: &Outcome) -> String {
    match (outcome.steps, outcome.not_run) {
        (0, _) => String::new(),
        (all, 0) => plural(all, "step"),
        (all, not_run) => {
            let of = plural(all, "step");
            format!("{} of {of}, {not_run} not run", all - not_run)
        }
    }
}

/// Returns the lines that say what is wrong.
fn lines(outcome: &Outcome, out: &Output) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for shown in &outcome.differences {
        lines.extend(verdict::shown_lines(shown, |text| {
            out.paint(Tone::Bad, text)
        }));
    }
    lines.extend(outcome.blame.clone());
    // What the differences do not say.
    let others = outcome.cells.iter().filter(|cell| match cell.word {
        Word::Match | Word::Differs | Word::LeftOut => false,
        Word::Failed | Word::Lost | Word::Inconclusive | Word::Unsupported => true,
    });
    for cell in others {
        let (artifact, backend, word) = (&cell.artifact, &cell.backend, cell.word.text());
        let details = cell.details.first().map_or("", String::as_str);
        lines.push(format!("{word}: {artifact} on {backend}: {details}"));
    }
    if lines.is_empty() && outcome.verdict != Judged::Passed {
        lines.push(outcome.reason.clone());
    }
    lines
}

/// Returns a difference as text without colours.
pub(super) fn plain(shown: &Shown) -> String {
    verdict::shown_lines(shown, str::to_owned).join("\n")
}

/// Counts the scenarios.
fn totals(done: &[Done]) -> String {
    let count = |verdict: Option<Judged>| done.iter().filter(|d| d.verdict() == verdict).count();
    let parts = [
        (count(Some(Judged::Passed)), "passed"),
        (count(Some(Judged::Failed)), "failed"),
        (count(Some(Judged::Inconclusive)), "inconclusive"),
        (count(None), "wrong"),
    ];
    let parts = parts
        .iter()
        .filter(|(count, word)| *count > 0 || *word == "passed");
    let parts: Vec<String> = parts
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let word = if done.len() == 1 {
        "scenario"
    } else {
        "scenarios"
    };
    let not_run: usize = done
        .iter()
        .flat_map(|done| &done.outcome)
        .map(|o| o.not_run)
        .sum();
    let not_run = match not_run {
        0 => String::new(),
        1 => "; 1 step was not run".to_string(),
        count => format!("; {count} steps were not run"),
    };
    format!("{} {word}: {}{not_run}", done.len(), parts.join(", "))
}
