//! Compares any number of runs with the first one.

use seam_core::{Artifact, Backend, World};

use crate::{Comparison, Observation, Step, Verdict, compare, observe};

/// An artifact and the backend that runs it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// The backend.
    pub backend: &'a dyn Backend,
}

impl<'a> Run<'a> {
    /// Creates a run of the artifact on the backend.
    #[must_use]
    pub fn new(artifact: &'a Artifact, backend: &'a dyn Backend) -> Self {
        Self { artifact, backend }
    }
}

/// The observations of all runs, and the verdicts on them.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Report {
    /// Every run, in order.
    pub observations: Vec<Observation>,
    /// The comparison of every other run with the first one.
    pub comparisons: Vec<Compared>,
}

/// A comparison of a run with the first one.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Compared {
    /// Index of the run among the observations, from 1.
    pub index: usize,
    /// The kind of comparison.
    pub by: Comparison,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Report {
    /// Performs the steps in every run, each in a fresh world, and compares each run with the first
    /// one.
    ///
    /// If the bytes of both artifacts are equal, everything is compared, otherwise what a fusion
    /// must preserve.
    #[must_use]
    pub fn of(runs: &[Run<'_>], world: &World, steps: &[Step]) -> Self {
        let observations = runs
            .iter()
            .map(|run| observe(run.backend, run.artifact, world, steps))
            .collect();
        let same = |run: &Run<'_>| {
            let first = runs.first();
            first.is_some_and(|first| first.artifact.bytes() == run.artifact.bytes())
        };
        Self::from_observations(observations, |index| {
            if runs.get(index).is_some_and(same) {
                Comparison::SameArtifact
            } else {
                Comparison::Fusion
            }
        })
    }

    /// Compares observations with the first one. `by` returns the kind of comparison for an index
    /// from 1.
    #[must_use]
    pub fn from_observations(
        observations: Vec<Observation>,
        by: impl Fn(usize) -> Comparison,
    ) -> Self {
        let mut comparisons = Vec::new();
        if let Some((first, others)) = observations.split_first() {
            for (index, other) in (1..).zip(others) {
                let by = by(index);
                let verdict = compare(first, other, by);
                comparisons.push(Compared { index, by, verdict });
            }
        }
        Self {
            observations,
            comparisons,
        }
    }

    /// Returns the overall verdict: the first divergence, or else the first inconclusive
    /// comparison.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        let verdicts = || self.comparisons.iter().map(|compared| &compared.verdict);
        verdicts()
            .find(|verdict| matches!(verdict, Verdict::Diverged(_)))
            .or_else(|| verdicts().find(|verdict| !verdict.is_match()))
            .unwrap_or(&Verdict::Match)
    }
}
