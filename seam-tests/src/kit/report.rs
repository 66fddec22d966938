//! The results of all cases on a backend, as data and as text.

use std::collections::BTreeMap;
use std::fmt;

use seam_core::{BackendInfo, Capability};

use super::verdict::judge;
use super::{KnownFailure, Subject, Verdict, cases};

/// A case and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Name of the case.
    pub case: &'static str,
    /// The area that it belongs to.
    pub area: &'static str,
    /// The verdict.
    pub verdict: Verdict,
}

/// The results of all cases on one build of a backend.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The build of the backend.
    pub backend: BackendInfo,
    /// Every case, in the order of [`cases`].
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Returns whether all faults are known.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| outcome.verdict.is_fine())
    }

    /// Runs the cases that this build does not support on another build of the backend, and takes the
    /// outcomes of those that it supports.
    #[must_use]
    pub fn with_build(mut self, build: &Subject, known: &[KnownFailure]) -> Self {
        for (case, outcome) in cases().iter().zip(&mut self.outcomes) {
            if let Verdict::Unsupported(_) = outcome.verdict {
                match judge(case, build, known) {
                    Verdict::Unsupported(_) | Verdict::NoEngine => {}
                    verdict => outcome.verdict = verdict,
                }
            }
        }
        self
    }

    /// Returns the outcomes that are faults.
    pub fn faults(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes
            .iter()
            .filter(|outcome| !outcome.verdict.is_fine())
    }

    /// Returns the areas in order, each with the numbers of passed cases and of all applicable
    /// cases.
    #[must_use]
    pub fn areas(&self) -> Vec<(&'static str, usize, usize)> {
        let mut areas: Vec<(&'static str, usize, usize)> = Vec::new();
        for outcome in &self.outcomes {
            if outcome.verdict == Verdict::NoEngine {
                continue;
            }
            let passed = usize::from(outcome.verdict == Verdict::Passed);
            match areas.iter_mut().find(|(area, ..)| *area == outcome.area) {
                Some((_, good, all)) => {
                    *good += passed;
                    *all += 1;
                }
                None => areas.push((outcome.area, passed, 1)),
            }
        }
        areas
    }

    /// Returns the capabilities that the backend lacks, each with the number of cases that need it.
    #[must_use]
    pub fn unsupported(&self) -> BTreeMap<Capability, usize> {
        let mut lacking = BTreeMap::new();
        for outcome in &self.outcomes {
            if let Verdict::Unsupported(capability) = outcome.verdict {
                *lacking.entry(capability).or_default() += 1;
            }
        }
        lacking
    }
}

/// Prints a line for each area, the faults, and what is unsupported, by name.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.backend.name, self.backend.version)?;
        for (area, passed, all) in self.areas() {
            writeln!(f, "  {area}: {passed} of {all}")?;
        }
        for Outcome { case, verdict, .. } in &self.outcomes {
            match verdict {
                Verdict::Failed(message) => writeln!(f, "  failed: {case}: {message}")?,
                Verdict::UnexpectedPass(reason) => {
                    writeln!(f, "  unexpected pass: {case}: {reason}")?;
                }
                Verdict::KnownFailure(reason) => writeln!(f, "  known failure: {case}: {reason}")?,
                Verdict::Passed | Verdict::Unsupported(_) | Verdict::NoEngine => {}
            }
        }
        for (capability, cases) in self.unsupported() {
            writeln!(f, "  unsupported: {capability} (cases: {cases})")?;
        }
        Ok(())
    }
}

/// Runs all cases.
#[must_use]
pub fn run_all(subject: &Subject, known: &[KnownFailure]) -> Report {
    let outcomes = cases().iter().map(|case| Outcome {
        case: case.name,
        area: case.area,
        verdict: judge(case, subject, known),
    });
    Report {
        backend: subject.backend().info().clone(),
        outcomes: outcomes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::Capabilities;

    #[test]
    fn a_report_lists_what_is_unsupported_by_name() {
        let outcome = |verdict| Outcome {
            case: "a_case",
            area: "tests",
            verdict,
        };
        let report = Report {
            backend: BackendInfo::new("lacking", "1", Capabilities::default()),
            outcomes: vec![
                outcome(Verdict::Passed),
                outcome(Verdict::Unsupported(Capability::Gc)),
                outcome(Verdict::Failed("expected 1, found 2".into())),
            ],
        };
        assert!(!report.is_fine());
        let expected = "lacking 1\n  tests: 1 of 3\n  failed: a_case: expected 1, found 2\n  \
            unsupported: gc (cases: 1)\n";
        assert_eq!(report.to_string(), expected);
    }
}
