//! Running cases, as tests and as data.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{BackendInfo, Capability};

use super::{Case, Failure, On, Stage, Subject, cases};

/// A failure that is known and has a reason: the case is run and must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KnownFailure {
    /// Name of the case.
    pub case: &'static str,
    /// Name of the backend.
    pub backend: &'static str,
    /// Why it fails.
    pub reason: &'static str,
}

impl KnownFailure {
    /// A known failure of a case on a backend.
    #[must_use]
    pub const fn new(case: &'static str, backend: &'static str, reason: &'static str) -> Self {
        Self {
            case,
            backend,
            reason,
        }
    }
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The contract is kept.
    Passed,
    /// The backend lacks this, and said so as it must.
    Unsupported(Capability),
    /// The contract is broken: what was expected and what was found.
    Failed(String),
    /// It failed, for this known reason.
    KnownFailure(String),
    /// It was known to fail for this reason, and passed.
    UnexpectedPass(String),
    /// The case is one for core engines, and there is none.
    NoEngine,
}

impl Verdict {
    /// Whether nothing is wrong that was not known.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        !matches!(self, Verdict::Failed(_) | Verdict::UnexpectedPass(_))
    }
}

/// A case and how it went.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Name of the case.
    pub case: &'static str,
    /// The group it belongs to.
    pub area: &'static str,
    /// How it went.
    pub verdict: Verdict,
}

/// How all cases went on one build of a backend.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The backend, as it was built.
    pub backend: BackendInfo,
    /// Every case, in the order of [`cases`].
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Whether nothing is wrong that was not known.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| outcome.verdict.is_fine())
    }

    /// The outcomes that are wrong.
    pub fn faults(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes
            .iter()
            .filter(|outcome| !outcome.verdict.is_fine())
    }

    /// The areas in order, each with the number of its cases that passed and of all its cases that
    /// apply.
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

/// Runs one case.
fn judge(case: &Case, subject: &Subject, known: &[KnownFailure]) -> Verdict {
    if case.on == On::Engine && subject.core_engine().is_none() {
        return Verdict::NoEngine;
    }
    let verdict = run(case, subject);
    let reason = known
        .iter()
        .find(|known| known.case == case.name && known.backend == subject.name())
        .map(|known| known.reason.to_string());
    match (verdict, reason) {
        (Verdict::Failed(_), Some(reason)) => Verdict::KnownFailure(reason),
        (_, Some(reason)) => Verdict::UnexpectedPass(reason),
        (verdict, None) => verdict,
    }
}

impl Case {
    /// How the case goes, without a look at what is known to fail.
    #[must_use]
    pub fn verdict(&self, subject: &Subject) -> Verdict {
        judge(self, subject, &[])
    }
}

/// Runs one case by the capability rule: where something it needs is lacking, it must fail, for
/// that reason and where the lack first shows.
fn run(case: &Case, subject: &Subject) -> Verdict {
    let lacking = case.lacking(subject);
    let result = catch_unwind(AssertUnwindSafe(|| (case.run)(subject)))
        .unwrap_or_else(|_| Err(Failure::new("expected no panic, found one")));
    let names = |capabilities: &[Capability]| {
        let names: Vec<&str> = capabilities.iter().map(|c| c.name()).collect();
        names.join(" or ")
    };
    match result {
        Ok(()) if lacking.is_empty() => Verdict::Passed,
        Ok(()) => Verdict::Failed(format!(
            "expected Unsupported({}), found success",
            names(&lacking)
        )),
        Err(failure) => match failure.unsupported() {
            Some((capability, stage)) if lacking.contains(&capability) => {
                if stage == Stage::of(capability) {
                    Verdict::Unsupported(capability)
                } else {
                    Verdict::Failed(format!(
                        "expected Unsupported({capability}) at {:?}, found it at {stage:?}",
                        Stage::of(capability)
                    ))
                }
            }
            _ if lacking.is_empty() => Verdict::Failed(failure.to_string()),
            _ => Verdict::Failed(format!(
                "expected Unsupported({}), found: {failure}",
                names(&lacking)
            )),
        },
    }
}

/// Runs the case of this name as the body of a test.
///
/// # Panics
/// If there is no such case, if it fails, or if it was known to fail and passes.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check(name: &str, subject: &Subject, known: &[KnownFailure]) {
    let Some(case) = Case::named(name) else {
        panic!("expected a case of the kit, found no `{name}`");
    };
    match judge(case, subject, known) {
        Verdict::Passed => {}
        Verdict::Unsupported(capability) => println!("unsupported: {capability}"),
        Verdict::KnownFailure(reason) => println!("known failure: {reason}"),
        Verdict::NoEngine => panic!("{name}: expected a core engine, found none"),
        Verdict::Failed(message) => panic!("{} on {}: {message}", name, subject.name()),
        Verdict::UnexpectedPass(reason) => panic!(
            "{name} on {}: expected the known failure ({reason}), found a pass: take it off the \
             table",
            subject.name()
        ),
    }
}

/// Checks a table of known failures, as the body of a test: every entry names a case and this
/// backend.
///
/// # Panics
/// For an entry that names no case, or another backend.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn check_known_failures(subject: &Subject, known: &[KnownFailure]) {
    for known in known {
        if Case::named(known.case).is_none() {
            panic!("expected the name of a case, found `{}`", known.case);
        }
        if known.backend != subject.name() {
            panic!(
                "expected a known failure of `{}`, found one of `{}`",
                subject.name(),
                known.backend
            );
        }
    }
}
