//! How many random calls to make, and how far they have come.

use std::time::Duration;

/// How many random calls to make.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The number of calls in each run.
    pub calls: usize,
    /// The seed of all calls.
    pub seed: u64,
    /// The time after which no more sequences are started.
    pub time: Option<Duration>,
    /// Whether a run may be left out, by its index, if its backend lacks a capability for it and its
    /// artifact runs on another backend.
    pub optional: Vec<bool>,
}

impl Options {
    /// Makes this number of calls with the seed 0.
    #[must_use]
    pub fn calls(calls: usize) -> Self {
        Self {
            calls,
            seed: 0,
            time: None,
            optional: Vec::new(),
        }
    }

    /// Sets [`Options::seed`].
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`Options::time`].
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// Sets [`Options::optional`].
    #[must_use]
    pub fn optional(mut self, optional: impl IntoIterator<Item = bool>) -> Self {
        self.optional = optional.into_iter().collect();
        self
    }
}

/// How far random runs have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done now.
    pub phase: Phase,
    /// The number of calls made, or of sequences tried to shrink.
    pub done: usize,
    /// The most that will be made.
    pub of: usize,
}

/// What random runs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// They make calls.
    Calling,
    /// They shrink a sequence that diverged.
    Shrinking,
}
