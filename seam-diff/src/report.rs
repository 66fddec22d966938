//! Any number of runs, each compared with the first.

use seam_core::{Artifact, Backend, World};

use crate::{Comparison, Observation, Step, Verdict, compare, observe};

/// An artifact and the backend it is run on.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// The backend.
    pub backend: &'a dyn Backend,
}

impl<'a> Run<'a> {
    /// A run of the artifact on the backend.
    #[must_use]
    pub fn new(artifact: &'a Artifact, backend: &'a dyn Backend) -> Self {
        Self { artifact, backend }
    }
}

/// What was observed of each run, and the verdicts on them.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Report {
    /// Every run, in order.
    pub observations: Vec<Observation>,
    /// Every run but the first, compared with the first.
    pub comparisons: Vec<Compared>,
}

/// A run that was compared with the first.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Compared {
    /// Which of the observations, from 1.
    pub index: usize,
    /// How it was compared.
    pub by: Comparison,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Report {
    /// Performs the steps in every run, each in a world made afresh, and compares each with the
    /// first: by everything if the bytes are the same, else as a fusion.
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

    /// Compares observations with the first of them; `by` is asked how, by index from 1.
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

    /// The verdict on all: the first divergence; without one the first that is inconclusive.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        let verdicts = || self.comparisons.iter().map(|compared| &compared.verdict);
        verdicts()
            .find(|verdict| matches!(verdict, Verdict::Diverged(_)))
            .or_else(|| verdicts().find(|verdict| !verdict.is_match()))
            .unwrap_or(&Verdict::Match)
    }
}
