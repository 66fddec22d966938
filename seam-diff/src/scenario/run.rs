//! Runs a scenario on backends.

use seam_core::{Artifact, Backend, Capability, Error, Result, World};

use super::artifact;
use super::bless::{Bless, bless};
use super::file::Scenario;
use super::golden::Golden;
use super::judge::{Judge, Made};
use super::outcome::Outcome;
use super::steps::{self, Expected, Planned};
use super::world::{check_funcs, world};
use crate::build::attempt;
use crate::{Loaded, Observation, Step};

/// How scenarios are run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Whether a backend may be left out if it lacks a capability and the artifact runs on another one.
    pub optional: bool,
    /// How a golden is written; `None` to compare with the one that there is.
    pub bless: Option<Bless>,
}

/// What a scenario is doing, for a caller who would otherwise not know where it was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A run begins.
    Run {
        /// Name of the artifact.
        artifact: &'a str,
        /// Name of the backend.
        backend: &'a str,
    },
    /// All runs have ended.
    Ended,
}

/// A scenario whose files have been read and whose steps have been checked.
pub struct Prepared {
    scenario: Scenario,
    subjects: Vec<Subject>,
}

/// An artifact, with its world and its steps.
struct Subject {
    artifact: Artifact,
    world: World,
    steps: Vec<Step>,
    expected: Vec<Option<Expected>>,
}

impl Scenario {
    /// Reads the artifacts and checks every step against them, without running anything.
    ///
    /// # Errors
    /// `Misuse` with file, line, column, what was expected and what was found.
    pub fn prepare(self) -> Result<Prepared> {
        let artifacts = artifact::read(&self)?;
        // All guests get the same program name, because it would be a difference otherwise.
        let program = artifacts.first().map_or("", Artifact::name).to_owned();
        let mut subjects = Vec::new();
        let mut interfaces = Vec::new();
        for (artifact, file) in artifacts.into_iter().zip(&self.artifacts) {
            let read = || {
                let own = seam_decode::interface(&artifact)?;
                Ok((own, seam_decode::typed_interface(&artifact)?))
            };
            let (own, typed) = read().map_err(|error: Error| self.text.fault(file.at, error))?;
            let planned = steps::resolve(&self, &artifact, &own, &typed)?;
            let world = world(&self, &own, &typed, &program)?;
            let planned = planned
                .into_iter()
                .map(|Planned { step, expected }| (step, expected));
            let (steps, expected) = planned.unzip();
            interfaces.push(typed);
            subjects.push(Subject {
                artifact,
                world,
                steps,
                expected,
            });
        }
        check_funcs(&self, &interfaces.iter().collect::<Vec<_>>())?;
        Ok(Prepared {
            scenario: self,
            subjects,
        })
    }
}

impl Prepared {
    /// Returns the names of the artifacts.
    pub fn artifacts(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(|subject| subject.artifact.name())
    }

    /// Runs every artifact on every backend, and judges the runs. `tell` is told what begins.
    ///
    /// A golden is not written but returned.
    #[must_use]
    pub fn run(
        &self,
        backends: &[&dyn Backend],
        options: &Options,
        mut tell: impl FnMut(Event<'_>),
    ) -> Outcome {
        let mut made = Vec::new();
        for (index, subject) in self.subjects.iter().enumerate() {
            for backend in backends {
                tell(Event::Run {
                    artifact: subject.artifact.name(),
                    backend: &backend.info().name,
                });
                made.push(Made {
                    subject: index,
                    seen: subject.observe(*backend),
                });
            }
        }
        tell(Event::Ended);
        let expected: Vec<&[Option<Expected>]> = self
            .subjects
            .iter()
            .map(|subject| subject.expected.as_slice())
            .collect();
        let blessed = options.bless.as_ref().map(|how| self.bless(how, &made));
        let golden = match &blessed {
            Some(Ok(golden)) => Ok(golden.clone()),
            Some(Err(error)) => Err(error.message().to_string()),
            None => Golden::read(
                &Scenario::golden_path(&self.scenario.path),
                &self.scenario.path,
            )
            .map_err(|error| error.message().to_string()),
        };
        let judge = Judge {
            golden: &golden,
            expected: &expected,
            optional: options.optional,
        };
        let mut outcome = judge.outcome(made);
        outcome.about.clone_from(&self.scenario.about);
        if let Some(Ok(golden)) = &blessed {
            match golden.text() {
                Ok(text) => outcome.blessed = Some(text),
                Err(error) => outcome.notes.push(error.to_string()),
            }
        }
        outcome
    }

    fn bless(&self, how: &Bless, made: &[Made]) -> Result<Golden> {
        let first = made.iter().filter(|made| made.subject == 0);
        let expected = self.subjects.first().map(|first| first.expected.as_slice());
        let expected = expected.unwrap_or_default();
        let runs = first.map(|made| {
            (
                &made.seen,
                super::judge::unmet(&made.seen, expected).is_none(),
            )
        });
        bless(how, &runs.collect::<Vec<_>>())
    }
}

impl Subject {
    /// Performs the steps on a backend, in the build that they need.
    fn observe(&self, backend: &dyn Backend) -> Observation {
        let make = |build: &dyn Backend| {
            Loaded::new(build, &self.artifact, &self.world).observe(&self.steps)
        };
        let lacked = |seen: &Observation| -> Option<Capability> {
            seen.unsupported().map(|(capability, _)| capability)
        };
        let made = attempt(backend, &[], make, lacked);
        made.unwrap_or_else(|error| {
            Observation::refused(&self.artifact, backend, &error, &self.steps)
        })
    }
}
