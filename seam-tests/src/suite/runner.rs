//! Runs suites on targets: one child process per script, several at a time.

use super::folder::{Kind, Suite};
use super::options::Options;
use super::process;
use super::report::{FileReport, Report, SuiteReport};
use super::target::Target;
use crate::process::parallel;

/// A script that has finished.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The suite of the script.
    pub suite: Kind,
    /// The name of the target.
    pub backend: &'a str,
    /// The report of the script.
    pub file: &'a FileReport,
    /// The number of finished scripts, including this one.
    pub done: usize,
    /// The total number of scripts.
    pub all: usize,
}

/// One script on one target.
struct Job<'a> {
    /// Index into the suite reports.
    report: usize,
    suite: &'a Suite,
    file: &'a str,
    target: Target<'a>,
}

/// Runs every suite on every target of its kind.
///
/// `tell` is called for each finished script, in the order in which they finish. The report is in
/// the order of suites, targets and files.
#[must_use]
pub fn run(
    suites: &[Suite],
    targets: &[Target<'_>],
    options: &Options,
    progress: &(dyn Fn(&Progress<'_>) + Sync),
) -> Report {
    let mut reports = Vec::new();
    let mut jobs = Vec::new();
    for suite in suites {
        for target in targets.iter().filter(|target| target.kind() == suite.kind) {
            let report = reports.len();
            reports.push(SuiteReport::new(suite.kind.name(), target.name()));
            jobs.extend(suite.files.iter().map(|file| Job {
                report,
                suite,
                file,
                target: *target,
            }));
        }
    }
    let run = |job: &Job<'_>| {
        let script = job.suite.folder.join(job.file);
        process::run(job.target, &script, job.file, options)
    };
    let tell = |job: &Job<'_>, file: &FileReport, done| {
        progress(&Progress {
            suite: job.suite.kind,
            backend: job.target.name(),
            file,
            done,
            all: jobs.len(),
        });
    };
    for (job, file) in jobs.iter().zip(parallel(&jobs, options.jobs, run, tell)) {
        if let Some(report) = reports.get_mut(job.report) {
            report.push(file);
        }
    }
    Report { suites: reports }
}
