//! Runs suites on targets: one child process per script, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::folder::{Kind, Suite};
use super::options::Options;
use super::process;
use super::report::{FileReport, Report, SuiteReport};
use super::target::Target;

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
    for (job, file) in jobs.iter().zip(run_jobs(&jobs, options, progress)) {
        if let (Some(report), Some(file)) = (reports.get_mut(job.report), file) {
            report.push(file);
        }
    }
    Report { suites: reports }
}

/// Runs the jobs on as many threads as there may be children. Returns the reports in job order.
fn run_jobs(
    jobs: &[Job<'_>],
    options: &Options,
    progress: &(dyn Fn(&Progress<'_>) + Sync),
) -> Vec<Option<FileReport>> {
    let next = AtomicUsize::new(0);
    let files: Mutex<(usize, Vec<Option<FileReport>>)> = Mutex::new((0, vec![None; jobs.len()]));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.get().min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let script = job.suite.folder.join(job.file);
                    let file = process::run(job.target, &script, job.file, options);
                    // The hook is called under the lock, so that it need not be thread-safe. If it
                    // panics, the reports stay valid.
                    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
                    files.0 += 1;
                    progress(&Progress {
                        suite: job.suite.kind,
                        backend: job.target.name(),
                        file: &file,
                        done: files.0,
                        all: jobs.len(),
                    });
                    if let Some(slot) = files.1.get_mut(index) {
                        *slot = Some(file);
                    }
                }
            });
        }
    });
    files.into_inner().unwrap_or_else(PoisonError::into_inner).1
}
