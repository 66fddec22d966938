//! The child process: runs one scenario and reports to the runner as it goes.

use std::process::ExitCode;

use seam_core::{Backend, Error, Result};
use seam_diff::scenario::{Bless, Event, Options, Outcome, Scenario};
use seam_tests::process::{complain, say};
use serde::{Deserialize, Serialize};

use crate::select::Backends;

/// The environment variable that makes a process a child: it holds a [`Job`] in JSON.
pub(super) const JOB: &str = "SEAM_SCENARIO_JOB";

/// What every message starts with.
pub(super) const MARK: &str = "seam-scenario ";

/// Stack size of the scenario's thread, in bytes.
///
/// Guests that exhaust their own stack need room on top of it, in unoptimised builds too.
const STACK: usize = 64 << 20;

/// The job of a child process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// Path of the scenario.
    pub(super) scenario: String,
    /// Names of the backends.
    pub(super) backends: Vec<String>,
    /// Whether a backend may be left out.
    pub(super) optional: bool,
    /// Whether to bless.
    pub(super) bless: bool,
    pub(super) oracle: Option<String>,
}

/// A message from a child process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// The scenario has these artifacts.
    Artifacts(Vec<String>),
    /// A run begins: artifact and backend.
    Run(String, String),
    /// All runs have ended.
    Ended,
    /// The scenario file is wrong.
    Wrong(String),
    /// What came of the scenario.
    Outcome(Box<Outcome>),
}

/// Runs one scenario if this process is a child of the runner.
pub(crate) fn serve(backends: &Backends) -> Option<ExitCode> {
    let job = std::env::var(JOB).ok()?;
    let ran = std::thread::scope(|scope| {
        let work = || perform(&job, backends);
        let thread = std::thread::Builder::new().stack_size(STACK);
        match thread.spawn_scoped(scope, work) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err(Error::engine("the scenario's thread panicked"))),
            Err(error) => Err(Error::engine(format!("expected a thread: {error}"))),
        }
    });
    Some(match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    })
}

fn perform(job: &str, backends: &Backends) -> Result<()> {
    let job: Job = serde_json::from_str(job)
        .map_err(|error| Error::misuse(format!("expected a job in {JOB}: {error}")))?;
    let chosen: Vec<&dyn Backend> = (job.backends.iter())
        .filter_map(|name| backends.iter().find(|backend| backend.info().name == *name))
        .map(Box::as_ref)
        .collect();
    let prepared = match Scenario::read(&job.scenario).and_then(Scenario::prepare) {
        Ok(prepared) => prepared,
        Err(error) => {
            say(MARK, &Message::Wrong(error.message().to_string()));
            return Ok(());
        }
    };
    say(
        MARK,
        &Message::Artifacts(prepared.artifacts().map(str::to_owned).collect()),
    );
    let mut options = Options::default();
    options.optional = job.optional;
    options.bless = match job.oracle {
        Some(oracle) => Some(Bless::Oracle(oracle)),
        None => job.bless.then_some(Bless::Agreement),
    };
    let outcome = prepared.run(&chosen, &options, |event| match event {
        Event::Run { artifact, backend } => {
            say(MARK, &Message::Run(artifact.into(), backend.into()))
        }
        _ => say(MARK, &Message::Ended),
    });
    say(MARK, &Message::Outcome(Box::new(outcome)));
    Ok(())
}
