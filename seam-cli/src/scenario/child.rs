//! The child process: runs one scenario and reports to the runner as it goes.

use std::process::ExitCode;

use seam_core::{Backend, Error, Result};
use seam_diff::scenario::{Bless, Event, Options, Outcome, Scenario};
use seam_tests::process::{on_a_large_stack, say};
use serde::{Deserialize, Serialize};

use crate::select::Backends;

/// The environment variable that makes a process a child: it holds a [`Job`] in JSON.
pub(super) const JOB: &str = "SEAM_SCENARIO_JOB";

/// What every message starts with.
pub(super) const MARK: &str = "seam-scenario ";

/// The job of a child process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// Path of the scenario.
    pub(super) scenario: String,
    /// Names of the backends.
    pub(super) backends: Vec<String>,
    /// Whether a backend may be left out.
    pub(super) optional: bool,
    /// How to bless, if at all.
    pub(super) bless: Option<Bless>,
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
    Some(on_a_large_stack("scenario", || perform(&job, backends)))
}

fn perform(job: &str, backends: &Backends) -> Result<()> {
    let job: Job = serde_json::from_str(job)
        .map_err(|error| Error::misuse(format!("expected a job in {JOB}: {error}")))?;
    let find = |name: &String| {
        let found = backends.iter().find(|backend| backend.info().name == *name);
        let unknown = || Error::misuse(format!("expected a backend, found no `{name}`"));
        found.map(Box::as_ref).ok_or_else(unknown)
    };
    let chosen: Vec<&dyn Backend> = job.backends.iter().map(find).collect::<Result<_>>()?;
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
    options.bless = job.bless;
    let outcome = prepared.run(&chosen, &options, |event| match event {
        Event::Run { artifact, backend } => {
            say(MARK, &Message::Run(artifact.into(), backend.into()))
        }
        _ => say(MARK, &Message::Ended),
    });
    say(MARK, &Message::Outcome(Box::new(outcome)));
    Ok(())
}
