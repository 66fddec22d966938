//! Compares any number of runs with the first one that was made.

use seam_core::{Artifact, Backend, World};
use serde::Serialize;

use crate::{
    Attribution, Comparison, Observation, Open, Step, Verdict, attribute, compare, observe,
};

/// An artifact and the backend that runs it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// The backend.
    pub backend: &'a dyn Backend,
    /// Whether the run may be left out if the backend lacks a capability for it.
    pub optional: bool,
}

impl<'a> Run<'a> {
    /// Creates a run of the artifact on the backend, which must be made.
    #[must_use]
    pub fn new(artifact: &'a Artifact, backend: &'a dyn Backend) -> Self {
        Self {
            artifact,
            backend,
            optional: false,
        }
    }

    /// Makes the run optional.
    ///
    /// It is left out if the backend lacks a capability for it and the artifact runs on another
    /// backend.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

/// The observations of all runs, and the verdicts on them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The overall verdict: the first divergence, or else the first inconclusive comparison.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Every run, in order, including those that could not be made.
    pub observations: Vec<Observation>,
    /// The index of the observation that the others are compared with: the first one that was made.
    pub reference: Option<usize>,
    /// Every other run that was compared with it or should have been.
    pub comparisons: Vec<Compared>,
    /// Optional runs that could not be made.
    pub left_out: Vec<LeftOut>,
    /// The cause of differences, for each backend that ran both of two artifacts, like the
    /// reference's backend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<Attributed>,
}

/// A run that was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The index of the observation.
    pub index: usize,
    /// The kind of comparison.
    pub by: Comparison,
    /// The outcome.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// An optional run that its backend cannot make.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// The index of the observation.
    pub index: usize,
    /// Name of the artifact.
    pub artifact: String,
    /// Name of the backend.
    pub backend: String,
    /// The backend's reason.
    pub reason: String,
}

/// The cause of differences, judged from the runs of two artifacts on two backends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attributed {
    /// Name of the reference's backend.
    pub oracle: String,
    /// Name of the other backend.
    pub other: String,
    /// The cause.
    pub attribution: Attribution,
}

impl Report {
    /// Performs the steps in every run, each in a fresh world, and compares the runs like
    /// [`Report::compare`].
    #[must_use]
    pub fn of(runs: &[Run<'_>], world: &World, steps: &[Step]) -> Self {
        let observations = runs
            .iter()
            .map(|run| observe(run.backend, run.artifact, world, steps))
            .collect();
        Self::compare(observations, |index| {
            runs.get(index).is_some_and(|run| run.optional)
        })
    }

    /// Compares each observation with the first run that was made, as [`Comparison::of`] says.
    ///
    /// A run that could not be made is inconclusive, unless it is `optional`, by its index, and its
    /// artifact ran on another backend, and there are two runs to compare without it: then it is
    /// left out.
    #[must_use]
    pub fn compare(observations: Vec<Observation>, optional: impl Fn(usize) -> bool) -> Self {
        let is_made = |run: &&Observation| run.unsupported().is_none();
        let made: Vec<&Observation> = observations.iter().filter(is_made).collect();
        let reference = observations.iter().position(|run| is_made(&run));
        let mut comparisons = Vec::new();
        let mut left_out = Vec::new();
        for (index, run) in observations.iter().enumerate() {
            if Some(index) == reference {
                continue;
            }
            let first = reference.and_then(|index| observations.get(index));
            let (by, verdict) = judged(first, run);
            let replaced = made.len() > 1
                && made
                    .iter()
                    .any(|other| other.artifact.bytes() == run.artifact.bytes());
            match (&verdict, run.unsupported()) {
                (Verdict::Inconclusive(_), Some((_, reason))) if replaced && optional(index) => {
                    left_out.push(LeftOut {
                        index,
                        artifact: run.artifact.name().to_string(),
                        backend: run.backend.clone(),
                        reason: reason.to_string(),
                    });
                }
                _ => comparisons.push(Compared { index, by, verdict }),
            }
        }
        Self {
            verdict: overall(&comparisons),
            attributions: attributions(&made),
            observations,
            reference,
            comparisons,
            left_out,
        }
    }
}

/// The verdict on a run, against the first that was made.
fn judged(first: Option<&Observation>, run: &Observation) -> (Comparison, Verdict) {
    let by = first.map_or(Comparison::SameArtifact, |first| Comparison::of(first, run));
    let verdict = first.map(|first| compare(first, run, by));
    match (verdict, run.unsupported()) {
        // What was seen to differ before the backend gave up counts all the same.
        (Some(verdict @ Verdict::Diverged(_)), _) | (Some(verdict), None) => (by, verdict),
        (_, Some((capability, text))) => (by, Verdict::open(Open::Unsupported(capability), text)),
        (None, None) => (by, Verdict::Match),
    }
}

fn overall(comparisons: &[Compared]) -> Verdict {
    let verdicts = || comparisons.iter().map(|compared| &compared.verdict);
    let first = verdicts()
        .find(|verdict| matches!(verdict, Verdict::Diverged(_)))
        .or_else(|| verdicts().find(|verdict| !verdict.is_match()))
        .or_else(|| verdicts().next());
    let none = || Verdict::open(Open::NothingToCompare, "one run alone");
    first.cloned().unwrap_or_else(none)
}

/// Attributes differences where both of two artifacts ran on the reference's backend and on another
/// one that is another witness for each of them.
fn attributions(made: &[&Observation]) -> Vec<Attributed> {
    let Some(first) = made.first() else {
        return Vec::new();
    };
    let mut others = made.iter();
    let Some(second) = others.find(|run| run.artifact.bytes() != first.artifact.bytes()) else {
        return Vec::new();
    };
    let run = |of: &Observation, backend: &str| {
        let mut runs = made.iter().copied();
        runs.find(|run| run.backend == backend && run.artifact.bytes() == of.artifact.bytes())
    };
    let mut found: Vec<Attributed> = Vec::new();
    let Some(fused) = run(second, &first.backend) else {
        return found;
    };
    for other in made.iter().map(|run| &run.backend) {
        let known = found.iter().any(|attributed| attributed.other == *other);
        let (Some(unfused_other), Some(fused_other)) = (run(first, other), run(second, other))
        else {
            continue;
        };
        let independent =
            unfused_other.witness() != first.witness() && fused_other.witness() != fused.witness();
        if independent && !known {
            found.push(Attributed {
                oracle: first.backend.clone(),
                other: other.clone(),
                attribution: attribute(first, fused, unfused_other, fused_other),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::testing::{COMPONENT, MODULE, observation};
    use crate::{Ended, Seen};
    use seam_core::{Capability, Value};

    fn run(artifact: &str, backend: &str, ended: Ended) -> Observation {
        let header = if artifact == "fused" {
            MODULE
        } else {
            COMPONENT
        };
        let mut run = observation(artifact, header, backend);
        run.engine = Some(backend.split('-').next().unwrap_or(backend).to_string());
        run.steps = vec![Seen {
            step: "f()".into(),
            ended,
            ty: None,
        }];
        run
    }

    fn returned(value: u32) -> Ended {
        Ended::Returned(Some(Value::U32(value)))
    }

    fn lacking() -> Ended {
        Ended::Unsupported(Capability::Components, "no components".into())
    }

    fn open(verdict: &Verdict) -> Option<Open> {
        match verdict {
            Verdict::Inconclusive(why) => Some(why.reason),
            _ => None,
        }
    }

    const LACKING: Option<Open> = Some(Open::Unsupported(Capability::Components));

    #[test]
    fn a_required_run_that_could_not_be_made_is_inconclusive() {
        let runs = || {
            vec![
                run("a", "one", returned(1)),
                run("a", "two", lacking()),
                run("a", "three", returned(1)),
            ]
        };
        let report = Report::compare(runs(), |_| false);
        assert_eq!(open(&report.verdict), LACKING, "{}", report.verdict);
        assert_eq!(report.comparisons.len(), 2);
        let report = Report::compare(runs(), |index| index == 1);
        assert_eq!(report.verdict, Verdict::Match);
        assert_eq!(report.left_out[0].backend, "two");
        assert_eq!(report.left_out[0].reason, "no components");
    }

    #[test]
    fn an_artifact_that_ran_nowhere_is_inconclusive_even_if_each_run_is_optional() {
        let runs = vec![
            run("a", "one", returned(1)),
            run("a", "two", returned(1)),
            run("fused", "one", lacking()),
            run("fused", "two", lacking()),
        ];
        let report = Report::compare(runs, |_| true);
        assert_eq!(open(&report.verdict), LACKING);
        assert_eq!((report.comparisons.len(), report.left_out.len()), (3, 0));
    }

    #[test]
    fn the_first_run_that_was_made_is_the_reference() {
        let runs = vec![
            run("a", "one", lacking()),
            run("a", "two", returned(1)),
            run("a", "three", returned(2)),
        ];
        let report = Report::compare(runs, |index| index == 0);
        assert_eq!(report.reference, Some(1));
        assert!(matches!(report.verdict, Verdict::Diverged(_)));
        // One run alone is no comparison, whatever is optional.
        let runs = vec![run("a", "one", lacking()), run("a", "two", returned(1))];
        assert_eq!(open(&Report::compare(runs, |_| true).verdict), LACKING);
        let alone = Report::compare(vec![run("a", "one", returned(1))], |_| true);
        assert_eq!(open(&alone.verdict), Some(Open::NothingToCompare));
    }

    #[test]
    fn a_difference_before_a_backend_gave_up_counts() {
        let step = |run: &Observation, ended| Seen {
            ended,
            ..run.steps[0].clone()
        };
        let mut one = run("a", "one", returned(1));
        one.steps.push(step(&one, returned(1)));
        let mut two = run("a", "two", returned(2));
        two.steps.push(step(&two, lacking()));
        let report = Report::compare(vec![one, two], |_| true);
        assert!(matches!(report.verdict, Verdict::Diverged(_)));
    }

    #[test]
    fn backends_over_one_engine_are_one_witness_for_a_core_module() {
        let all = |wrong: u32| {
            let backends = ["one", "one-layered", "two"];
            let unfused = backends.map(|backend| run("a", backend, returned(1)));
            let fused = backends.map(|backend| run("fused", backend, returned(wrong)));
            unfused.into_iter().chain(fused).collect()
        };
        let report = Report::compare(all(2), |_| false);
        let found: Vec<_> = report.attributions.iter().collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&*found[0].oracle, &*found[0].other), ("one", "two"));
        assert_eq!(found[0].attribution, Attribution::Fusion);
        let report = Report::compare(all(1), |_| false);
        assert_eq!(report.attributions[0].attribution, Attribution::None);
    }
}
