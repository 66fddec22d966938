//! The kit with each case in a process of its own, so a runtime that aborts or hangs loses one case.
//!
//! The child is the running program itself: its `main` begins with [`serve`]. Each case runs in the
//! build of the backend that has what the case needs, if there is one, and otherwise in the build that
//! was given.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use seam_core::{Backend, Capabilities, Error, Result};
use seam_diff::build::{self, Build, Need};

use super::{Case, Outcome, Report, Subject, Verdict, cases};
use crate::pattern::matches;
use crate::process::{Child, Heard, Start, complain, parallel, say};

/// The environment variable that makes a process a child: it holds a [`Job`] in JSON.
const JOB: &str = "SEAM_KIT_JOB";

/// What every message starts with: a verdict.
const MARK: &str = "seam-kit ";

/// The settings of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The cases, in order.
    pub cases: Vec<Case>,
    /// Capabilities that the build of every case has, beside those that the case needs.
    pub with: Capabilities,
    /// Cases that are known to fail.
    pub known: Vec<Known>,
    /// The number of child processes at a time.
    pub jobs: NonZeroUsize,
    /// The wall-clock time after which a case counts as hanging.
    pub patience: Duration,
    /// The program to start as a child, which must call [`serve`]. `None` stands for the running
    /// program.
    pub program: Option<PathBuf>,
    /// Command-line arguments of the child.
    pub args: Vec<OsString>,
}

impl Default for Options {
    /// All cases without known failures, one child per processor, five minutes per case.
    fn default() -> Self {
        let one = NonZeroUsize::MIN;
        Self {
            cases: cases().to_vec(),
            with: Capabilities::default(),
            known: Vec::new(),
            jobs: std::thread::available_parallelism().unwrap_or(one),
            patience: Duration::from_secs(300),
            program: None,
            args: Vec::new(),
        }
    }
}

impl Options {
    /// Keeps only the cases whose name or area matches `pattern`: `*` matches any characters, `?`
    /// matches one character.
    pub fn filter(&mut self, pattern: &str) {
        self.cases
            .retain(|case| matches(pattern, case.name) || matches(pattern, case.area));
    }
}

/// A case that is known to fail on a backend. It still runs and must fail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known {
    /// Name of the backend.
    pub backend: String,
    /// Name of the case.
    pub case: String,
    /// Why it fails.
    pub reason: String,
}

impl Known {
    /// Creates a known failure of a case on a backend.
    ///
    /// # Errors
    /// `Misuse` if there is no case with this name.
    pub fn new(backend: &str, case: &str, reason: &str) -> Result<Self> {
        match Case::named(case) {
            Some(_) => Ok(Self {
                backend: backend.to_string(),
                case: case.to_string(),
                reason: reason.to_string(),
            }),
            None => Err(Error::misuse(format!(
                "expected the name of a case, found `{case}`"
            ))),
        }
    }
}

/// A case that has ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The name of the backend.
    pub backend: &'a str,
    /// The case and its verdict.
    pub outcome: &'a Outcome,
    /// The number of finished cases, including this one.
    pub done: usize,
    /// The total number of cases.
    pub all: usize,
}

/// The job of a child process.
#[derive(serde::Serialize, serde::Deserialize)]
struct Job {
    backend: String,
    with: Capabilities,
    case: String,
}

/// Runs one case if this process is a child that [`run`] started; otherwise returns the backends.
///
/// Every program that calls [`run`] must call this first in `main`, with the same backends, and exit
/// with the code that it returns.
///
/// # Errors
/// The backends, if this process is no child.
pub fn serve(backends: Vec<Box<dyn Backend>>) -> Result<ExitCode, Vec<Box<dyn Backend>>> {
    let Ok(job) = std::env::var(JOB) else {
        return Err(backends);
    };
    Ok(match perform(&job, backends) {
        Ok(verdict) => {
            say(MARK, &verdict);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    })
}

fn perform(job: &str, backends: Vec<Box<dyn Backend>>) -> Result<Verdict> {
    let job: Job = serde_json::from_str(job)
        .map_err(|error| Error::misuse(format!("expected a job in {JOB}: {error}")))?;
    let mut backends = backends.into_iter();
    let backend = backends.find(|backend| backend.info().name == job.backend);
    let backend = backend
        .ok_or_else(|| Error::misuse(format!("expected a backend, found no `{}`", job.backend)))?;
    let case = Case::named(&job.case)
        .ok_or_else(|| Error::misuse(format!("expected a case, found no `{}`", job.case)))?;
    let backend = build(backend, &job.with, case)?;
    Ok(case.verdict(&Subject::from_parts(Arc::from(backend), None)))
}

/// Returns the build of a backend that has these capabilities, and as much of what the case needs as any
/// build.
///
/// # Errors
/// `Unsupported` if no build has these capabilities. Any error of building.
fn build(backend: Box<dyn Backend>, with: &Capabilities, case: &Case) -> Result<Box<dyn Backend>> {
    let must: Vec<Need> = with.iter().map(|one| Need::new(one, "--with")).collect();
    let wishes = case.needs.iter().map(|one| Need::wish(*one, case.name));
    let all: Vec<Need> = must.iter().cloned().chain(wishes).collect();
    // Some capabilities may not be available together.
    let built = build::of(&*backend, &all).or_else(|_| build::of(&*backend, &must))?;
    let rebuilt = match built {
        Build::Rebuilt(rebuilt) => Some(rebuilt),
        Build::AsGiven(_) => None,
    };
    Ok(rebuilt.unwrap_or(backend))
}

/// Runs the cases on backends, each case on each backend in a child process.
///
/// `progress` is called for each case that has ended. The reports have the order of the backends, and
/// their outcomes the order of the cases.
#[must_use]
pub fn run(
    backends: &[&dyn Backend],
    options: &Options,
    progress: &(dyn Fn(&Progress<'_>) + Sync),
) -> Vec<Report> {
    let jobs: Vec<(&dyn Backend, &Case)> = backends
        .iter()
        .flat_map(|backend| options.cases.iter().map(|case| (*backend, case)))
        .collect();
    let run = |(backend, case): &(&dyn Backend, &Case)| Outcome {
        case: case.name,
        area: case.area,
        verdict: judge(&backend.info().name, case, options),
    };
    let tell = |(backend, _): &(&dyn Backend, &Case), outcome: &Outcome, done| {
        progress(&Progress {
            backend: &backend.info().name,
            outcome,
            done,
            all: jobs.len(),
        });
    };
    let mut outcomes = parallel(&jobs, options.jobs, run, tell).into_iter();
    let report = |backend: &&dyn Backend| Report {
        backend: backend.info().clone(),
        outcomes: outcomes.by_ref().take(options.cases.len()).collect(),
    };
    backends.iter().map(report).collect()
}

fn judge(backend: &str, case: &Case, options: &Options) -> Verdict {
    let verdict = in_a_child(backend, case, options);
    let is_known = |known: &&Known| known.backend == backend && known.case == case.name;
    match options.known.iter().find(is_known) {
        None => verdict,
        Some(known) => verdict.of_known(&known.reason),
    }
}

fn in_a_child(backend: &str, case: &Case, options: &Options) -> Verdict {
    let job = Job {
        backend: backend.to_string(),
        with: options.with.clone(),
        case: case.name.to_string(),
    };
    let started = serde_json::to_string(&job).map_err(|error| error.to_string());
    let started = started.and_then(|job| {
        Child::start(Start {
            program: options.program.as_deref(),
            args: &options.args,
            job: (JOB, &job),
            mark: MARK,
        })
    });
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            return Verdict::Failed(format!("expected a process for the case: {error}"));
        }
    };
    let heard = child.hear(options.patience);
    let ended = child.end(heard == Heard::TimedOut);
    match heard {
        Heard::Message(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
            Verdict::Failed(format!("expected a verdict, found `{text}`: {error}"))
        }),
        Heard::TimedOut => {
            let patience = options.patience;
            Verdict::Failed(format!(
                "expected an end within {patience:?}, found the case still running"
            ))
        }
        Heard::Closed => Verdict::Failed(format!(
            "expected a verdict, found that the process died: {ended}"
        )),
    }
}
