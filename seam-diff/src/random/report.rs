//! What random runs found, and what they did not reach.

use seam_core::ExportName;
use serde::Serialize;

use crate::{Inconclusive, LeftOut, Report, Step, Verdict};

/// What random runs found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RandomReport {
    /// `Match` if no sequence diverged and calls were compared. `Inconclusive` if none was.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The seed of all calls.
    pub seed: u64,
    /// How many calls were made in each run.
    pub calls: usize,
    /// How many instances were made in each run.
    pub sequences: usize,
    /// Why no more calls were made.
    pub stopped: Stopped,
    /// The functions that were called.
    pub called: Vec<Covered>,
    /// The functions that were not called, or no more, with reasons.
    pub not_called: Vec<NotCalled>,
    /// Why the functions that only inner components export are not known, if they are not. None of
    /// them is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner_unknown: Option<String>,
    /// What kept sequences from being compared to their end. Each reason occurs once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inconclusive: Vec<Uncompared>,
    /// Optional runs that could not be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The first divergence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// Why random runs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stopped {
    /// All calls were made.
    Count,
    /// The time was over.
    Time,
    /// A sequence diverged.
    Divergence,
    /// There is no function that can be called.
    NothingToCall,
}

/// A function that was called.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Covered {
    /// Its full name.
    pub name: ExportName,
    /// How often it was called in each run.
    pub calls: usize,
    /// How many of these calls were compared. The others ended in something that the specification
    /// leaves open, or followed such a call.
    pub compared: usize,
    /// The backends that called it. A backend's own component model does not call the functions of
    /// components inside an artifact.
    pub backends: Vec<String>,
}

/// A function that was not called, or no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCalled {
    /// Its full name.
    pub name: ExportName,
    /// Why.
    pub reason: String,
    /// Whether it was only not its turn, so that more calls would have reached it.
    pub reachable: bool,
}

/// Something that the specification leaves open and that sequences ran into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Uncompared {
    /// How many sequences ran into it.
    pub sequences: usize,
    /// The reason, with the details of the first sequence.
    #[serde(flatten)]
    pub why: Inconclusive,
}

/// A divergence, shrunk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The shortest sequence found that still diverges, with the smallest values.
    pub steps: Vec<Step>,
    /// The number of steps before shrinking.
    pub steps_before: usize,
    /// How many sequences were tried to shrink it.
    pub tries: usize,
    /// Whether the sequence diverged again when it was repeated. If it did not, it is not shrunk.
    pub reproducible: bool,
    /// The runs of these steps.
    pub report: Report,
}
