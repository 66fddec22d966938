//! The child process: runs one script and reports to the runner as it goes.

use std::process::ExitCode;

use seam_core::{Error, Result};

use super::message::{JOB, Job, MARK, Message};
use super::outcome::Outcome;
use super::script::{self, Listener};
use super::target::Target;
use crate::process::{on_a_large_stack, say};

/// Returns whether this process is a child that the runner started.
///
/// Such a process must call [`serve`] and do nothing else.
#[must_use]
pub fn is_child() -> bool {
    std::env::var_os(JOB).is_some()
}

/// Runs one script if this process is a child that the runner started; otherwise returns `None`.
///
/// Every program that runs suites must call this first in `main`, with the same targets as the
/// runner, and exit with the code that it returns.
///
/// ```no_run
/// # fn run_suites(_: &[seam_tests::suite::Target<'_>]) -> std::process::ExitCode {
/// #     std::process::ExitCode::SUCCESS
/// # }
/// fn main() -> std::process::ExitCode {
///     let targets = [/* Target::core(&engine), Target::component(&backend), .. */];
///     seam_tests::suite::serve(&targets).unwrap_or_else(|| run_suites(&targets))
/// }
/// ```
#[must_use]
pub fn serve(targets: &[Target<'_>]) -> Option<ExitCode> {
    let job = std::env::var(JOB).ok()?;
    Some(on_a_large_stack("script", || perform(&job, targets)))
}

fn perform(job: &str, targets: &[Target<'_>]) -> Result<()> {
    let job: Job = serde_json::from_str(job)
        .map_err(|error| Error::misuse(format!("expected a job in {JOB}: {error}")))?;
    let is_meant =
        |target: &&Target<'_>| target.kind().name() == job.suite && target.name() == job.target;
    let target = targets.iter().find(is_meant).ok_or_else(|| {
        Error::misuse(format!(
            "expected a target of the suite `{}`, found no `{}`",
            job.suite, job.target
        ))
    })?;
    let text = std::fs::read_to_string(&job.script)
        .map_err(|error| Error::misuse(format!("expected to read {}: {error}", job.script)))?;
    let mut machine = target.machine()?;
    script::run(&text, &mut *machine, &mut Speaker);
    say(MARK, &Message::Done);
    Ok(())
}

/// Sends each event to the runner immediately, because the next directive may end the process.
struct Speaker;

impl Listener for Speaker {
    fn begin(&mut self, line: usize, directive: &str) {
        say(
            MARK,
            &Message::Begin {
                line,
                directive: directive.into(),
            },
        );
    }

    fn end(&mut self, outcome: Outcome) {
        say(MARK, &Message::End(outcome));
    }
}
