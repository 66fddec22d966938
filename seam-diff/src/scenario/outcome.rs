//! What came of a scenario, as data for reports.

use serde::{Deserialize, Serialize};

use crate::Shown;

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// What the scenario shows, in its author's words.
    pub about: Option<String>,
    /// The verdict.
    pub verdict: Judged,
    /// What differs first, or why the scenario is inconclusive, in one line. Empty if it passed.
    pub reason: String,
    /// Every artifact on every backend, in order.
    pub cells: Vec<Cell>,
    /// How many steps the scenario has.
    pub steps: usize,
    /// How many of them were not run, because an earlier one ended the instance.
    pub not_run: usize,
    /// The differences: from what is expected, from the golden, and among the runs.
    pub differences: Vec<Shown>,
    /// Who stands alone or is to blame, in a sentence, if that is known.
    pub blame: Option<String>,
    /// Notes: what was not compared, and why.
    pub notes: Vec<String>,
    /// The backends that vouch for the golden.
    pub golden_of: Vec<String>,
    /// The text of the golden file to write, if this was asked for and there is one to vouch for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blessed: Option<String>,
}

/// The verdict on a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// All runs did what is expected, and agree with the golden and each other.
    Passed,
    /// A run differs, failed, or was lost, or there is no golden.
    Failed,
    /// A run could not be made or compared.
    Inconclusive,
}

/// An artifact on a backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Name of the artifact.
    pub artifact: String,
    /// Name of the backend.
    pub backend: String,
    /// The verdict on the run.
    pub word: Word,
    /// The details, a line each.
    pub details: Vec<String>,
}

/// The verdict on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// It did what is expected, and agrees with the golden and the other runs.
    Match,
    /// It differs from what is expected, from the golden or from another run.
    Differs,
    /// The engine failed, or the run could not begin.
    Failed,
    /// The process died or ran out of time during the run.
    Lost,
    /// It differs only in what the specification leaves open.
    Inconclusive,
    /// The backend lacks a capability.
    Unsupported,
    /// The backend lacks a capability, and the artifact ran on another one.
    LeftOut,
}

impl Word {
    /// Returns the word as text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Word::Match => "match",
            Word::Differs => "differs",
            Word::Failed => "failed",
            Word::Lost => "lost",
            Word::Inconclusive => "inconclusive",
            Word::Unsupported => "unsupported",
            Word::LeftOut => "left out",
        }
    }

    /// Returns the verdict on a scenario that has such a run.
    #[must_use]
    pub fn judged(self) -> Judged {
        match self {
            Word::Match | Word::LeftOut => Judged::Passed,
            Word::Differs | Word::Failed | Word::Lost => Judged::Failed,
            Word::Inconclusive | Word::Unsupported => Judged::Inconclusive,
        }
    }
}

impl Judged {
    /// Returns the verdict as text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Judged::Passed => "passed",
            Judged::Failed => "failed",
            Judged::Inconclusive => "inconclusive",
        }
    }
}

impl Outcome {
    /// Creates the outcome of a scenario whose process was lost before any run.
    #[must_use]
    pub fn lost(reason: impl Into<String>) -> Self {
        Self {
            about: None,
            verdict: Judged::Failed,
            reason: reason.into(),
            cells: Vec::new(),
            steps: 0,
            not_run: 0,
            differences: Vec::new(),
            blame: None,
            notes: Vec::new(),
            golden_of: Vec::new(),
            blessed: None,
        }
    }

    /// Adds the runs of a backend that took its process down, so that the scenario was run again
    /// without it. The run during which this happened comes first.
    pub fn lose(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<Cell> = cells.into_iter().collect();
        if let Some(first) = cells.first() {
            let details = first.details.join(" ");
            self.reason = format!("{} on {}: {details}", first.artifact, first.backend);
        }
        self.verdict = Judged::Failed;
        // What a lost run would have contradicted must not be blessed.
        self.blessed = None;
        self.cells.extend(cells);
    }
}
