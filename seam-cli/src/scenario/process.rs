//! The runner's side: a scenario in a process of its own, and again without a backend that took the
//! process down.

use std::time::{Duration, Instant};

use seam_diff::scenario::{Bless, Cell, Outcome, Word};
use seam_tests::process::{Child, Heard, Start};

use super::child::{JOB, Job, MARK, Message};
use super::find::File;

/// Runs a scenario in a process of its own.
///
/// If a backend takes the process down, or does not end in time, its runs are lost and the scenario is
/// run again without it.
///
/// # Errors
/// What is wrong in the scenario file.
pub(super) fn run(
    file: &File,
    backends: &[String],
    optional: bool,
    bless: Option<&Bless>,
    limit: Duration,
) -> Result<Outcome, String> {
    let mut left: Vec<String> = backends.to_vec();
    let mut lost = Vec::new();
    loop {
        let job = Job {
            scenario: file.path.display().to_string(),
            backends: left.clone(),
            optional,
            bless: bless.cloned(),
        };
        let (mut outcome, backend) = match attempt(&job, limit) {
            Ended::Outcome(outcome) => (*outcome, None),
            Ended::Wrong(message) => return Err(message),
            Ended::Lost(Some(by), why) => {
                lost.extend(cells(&by, &why));
                left.retain(|backend| *backend != by.backend);
                let reason = format!("{} on {}: {why}", by.artifact, by.backend);
                (Outcome::lost(reason), Some(by.backend))
            }
            Ended::Lost(None, why) => (Outcome::lost(why), None),
        };
        if backend.is_none() || left.is_empty() {
            if !lost.is_empty() {
                outcome.lose(lost);
                sort(&mut outcome.cells, backends);
            }
            return Ok(outcome);
        }
    }
}

/// How a process ended.
enum Ended {
    Outcome(Box<Outcome>),
    /// The scenario file is wrong.
    Wrong(String),
    /// The process was lost, during this run if one had begun.
    Lost(Option<By>, String),
}

/// The run during which a process was lost.
struct By {
    artifact: String,
    backend: String,
    artifacts: Vec<String>,
}

fn attempt(job: &Job, limit: Duration) -> Ended {
    let text = serde_json::to_string(job).unwrap_or_default();
    let mut child = match Child::start(Start {
        program: None,
        args: &[],
        job: (JOB, &text),
        mark: MARK,
    }) {
        Ok(child) => child,
        Err(error) => {
            return Ended::Lost(
                None,
                format!("expected a process for the scenario: {error}"),
            );
        }
    };
    let begun = Instant::now();
    let mut known = Vec::new();
    let mut by = None;
    loop {
        match child.hear(limit.saturating_sub(begun.elapsed())) {
            Heard::Message(message) => match serde_json::from_str(&message) {
                Ok(Message::Artifacts(artifacts)) => known = artifacts,
                Ok(Message::Run(artifact, backend)) => {
                    by = Some(By {
                        artifact,
                        backend,
                        artifacts: known.clone(),
                    });
                }
                Ok(Message::Ended) => by = None,
                Ok(Message::Wrong(message)) => {
                    child.end(false);
                    return Ended::Wrong(message);
                }
                Ok(Message::Outcome(outcome)) => {
                    child.end(false);
                    return Ended::Outcome(outcome);
                }
                Err(error) => {
                    child.end(true);
                    let why = format!("expected a message, found `{message}`: {error}");
                    return Ended::Lost(by, why);
                }
            },
            Heard::TimedOut => {
                child.end(true);
                return Ended::Lost(by, format!("it was not done after {limit:?}"));
            }
            Heard::Closed => {
                let ended = child.end(false);
                return Ended::Lost(by, format!("expected a running process, but {ended}"));
            }
        }
    }
}

/// Returns the lost cells of a backend, the one to blame first.
fn cells(by: &By, why: &str) -> Vec<Cell> {
    let cell = |artifact: &str, details: String| Cell {
        artifact: artifact.to_string(),
        backend: by.backend.clone(),
        word: Word::Lost,
        details: vec![details],
    };
    let others = by
        .artifacts
        .iter()
        .filter(|artifact| **artifact != by.artifact);
    let others = others.map(|artifact| {
        cell(
            artifact,
            format!("the run of {} took the process down", by.artifact),
        )
    });
    std::iter::once(cell(&by.artifact, why.to_string()))
        .chain(others)
        .collect()
}

/// Restores the order of artifacts and backends.
fn sort(cells: &mut [Cell], backends: &[String]) {
    let mut artifacts: Vec<String> = Vec::new();
    for cell in cells.iter() {
        if !artifacts.contains(&cell.artifact) {
            artifacts.push(cell.artifact.clone());
        }
    }
    let place = |all: &[String], name: &str| all.iter().position(|known| known == name);
    cells.sort_by_key(|cell| {
        (
            place(&artifacts, &cell.artifact),
            place(backends, &cell.backend),
        )
    });
}
