//! The results of scenarios as a JSON document.

use seam_diff::scenario::{Judged, Outcome};
use serde::Serialize;

use super::done::Done;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    scenarios: Vec<Entry<'a>>,
    passed: usize,
    failed: usize,
    inconclusive: usize,
    /// Scenarios whose file is wrong.
    wrong: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    file: String,
    seconds: f64,
    /// What became of the golden.
    #[serde(skip_serializing_if = "Option::is_none")]
    blessed: Option<&'a str>,
    #[serde(flatten)]
    outcome: Option<&'a Outcome>,
    /// What is wrong in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> Document<'a> {
    pub(super) fn of(done: &'a [Done]) -> Self {
        let count = |verdict: Option<Judged>| {
            let same = done.iter().filter(|done| done.verdict() == verdict);
            same.count()
        };
        Self {
            scenarios: done.iter().map(Entry::of).collect(),
            passed: count(Some(Judged::Passed)),
            failed: count(Some(Judged::Failed)),
            inconclusive: count(Some(Judged::Inconclusive)),
            wrong: count(None),
        }
    }
}

impl<'a> Entry<'a> {
    fn of(done: &'a Done) -> Self {
        Self {
            name: &done.file.name,
            file: done.file.path.display().to_string(),
            seconds: done.time.as_secs_f64(),
            blessed: done.golden.as_deref(),
            outcome: done.outcome.as_ref().ok(),
            error: done.outcome.as_ref().err().map(String::as_str),
        }
    }
}
