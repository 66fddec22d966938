//! `seam conformance` without a suite: runs the cases of the conformance kit.

use seam_core::{Backend, Capability};
use seam_diff::build::{self, Build, Need};
use seam_tests::kit::isolated::{self, Options, Progress};
use seam_tests::kit::{Outcome, Report, Table, Verdict};

use crate::args::{Conformance, ReportFormat};
use crate::output::{self, Output};
use crate::select::{Backends, named};
use crate::status::{Failure, Status};

pub(crate) fn execute(
    args: &Conformance,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let chosen = named(backends, &args.backend)?;
    let options = options(args, &chosen)?;
    let needs = |capability: &Capability| Need::new(*capability, "--with");
    let needs: Vec<Need> = args.with.iter().map(needs).collect();
    let builds = chosen.into_iter().map(|backend| build::of(backend, &needs));
    let builds: Vec<Build<'_>> = builds.collect::<seam_core::Result<_>>()?;
    let builds: Vec<&dyn Backend> = builds.iter().map(|build| &**build).collect();
    let reports = run(&builds, &options);
    match args.format {
        ReportFormat::Text => show(&reports, out),
        ReportFormat::Markdown => out.line(Table(&reports).to_string().trim_end()),
        ReportFormat::Html => out.line(Table(&reports).to_html().trim_end()),
        ReportFormat::Json => out.document(&Document { kit: &reports }),
    }
    Ok(if reports.iter().all(Report::is_fine) {
        Status::Fine
    } else {
        Status::Diverged
    })
}

#[derive(serde::Serialize)]
struct Document<'a> {
    kit: &'a [Report],
}

/// Checks the options, and chooses the cases.
fn options(args: &Conformance, chosen: &[&dyn Backend]) -> Result<Options, Failure> {
    let mut options = Options::default();
    if let Some(pattern) = &args.filter {
        options.filter(pattern);
        if options.cases.is_empty() {
            return Err(Failure::input(format!(
                "expected a case or an area that matches `{pattern}`, found none"
            )));
        }
    }
    for known in &args.known {
        let runs = |backend: &&dyn Backend| backend.info().name == known.backend;
        if !chosen.iter().any(runs) {
            return Err(Failure::input(format!(
                "expected a known failure of a backend that runs, found one of `{}`",
                known.backend
            )));
        }
    }
    options.with = args.with.iter().copied().collect();
    options.known.clone_from(&args.known);
    options.patience = args.timeout;
    Ok(options)
}

/// Runs the cases. If stderr is a terminal, it shows a progress bar.
fn run(backends: &[&dyn Backend], options: &Options) -> Vec<Report> {
    let bar = output::progress(0);
    let told = |progress: &Progress<'_>| {
        let Outcome { case, verdict, .. } = progress.outcome;
        bar.set_length(progress.all as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(format!("{} {case}", progress.backend));
        if let Verdict::Failed(message) = verdict {
            bar.println(format!("{} {case}: {message}", progress.backend));
        }
    };
    let reports = isolated::run(backends, options, &told);
    bar.finish_and_clear();
    reports
}

/// Prints each report, and then a line with the counts of each backend.
fn show(reports: &[Report], out: &mut Output) {
    for report in reports {
        out.line(&report.to_string());
    }
    for report in reports {
        let count = |is: fn(&Verdict) -> bool| {
            let verdicts = report.outcomes.iter().map(|outcome| &outcome.verdict);
            verdicts.filter(|verdict| is(verdict)).count()
        };
        let unknown = count(|verdict| matches!(verdict, Verdict::Failed(_)));
        let known = count(|verdict| matches!(verdict, Verdict::KnownFailure(_)));
        let unexpected = count(|verdict| matches!(verdict, Verdict::UnexpectedPass(_)));
        let unsupported = count(|verdict| matches!(verdict, Verdict::Unsupported(_)));
        let not_run = count(|verdict| *verdict == Verdict::NoEngine);
        let cases = output::plural(report.outcomes.len(), "case");
        let mut line = format!(
            "{}: {cases}, {} passed, {unknown} failed, {unsupported} not supported",
            report.backend.name,
            count(|verdict| *verdict == Verdict::Passed),
        );
        for (number, what) in [
            (known, "failed as known"),
            (unexpected, "passed though known to fail"),
            (not_run, "not run: no core engine"),
        ] {
            if number > 0 {
                line.push_str(&format!(", {number} {what}"));
            }
        }
        out.line(&line);
    }
}
