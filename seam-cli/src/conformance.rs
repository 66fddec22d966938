//! `seam conformance --suite`: runs the scripts of the official suites.

use std::process::ExitCode;

use seam_core::{Backend, Capabilities, Capability};
use seam_diff::build::{Build, has};
use seam_tests::suite::{self, Options, Progress, Report, Suite, Target};

use crate::args::{Conformance, ReportFormat};
use crate::output::{self, Output};
use crate::select::{Backends, named};
use crate::status::{Failure, Status};

/// Runs one script if this process is a child of [`execute`].
pub(crate) fn serve(backends: &Backends) -> Option<ExitCode> {
    if !suite::is_child() {
        return None;
    }
    let all: Vec<&dyn Backend> = backends.iter().map(Box::as_ref).collect();
    let builds = builds(&all);
    suite::serve(&targets(&all, &builds))
}

pub(crate) fn execute(
    args: &Conformance,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    if args.format == ReportFormat::Markdown {
        let message = "expected --format text, json or html with --suite, found markdown";
        return Err(Failure::input(message));
    }
    let chosen = named(backends, &args.backend)?;
    let suites = suites(args)?;
    let builds = builds(&chosen);
    let targets = targets(&chosen, &builds);
    let report = run(&suites, &targets);
    match args.format {
        ReportFormat::Text | ReportFormat::Markdown => out.line(report.to_string().trim_end()),
        ReportFormat::Html => out.line(report.to_html().trim_end()),
        ReportFormat::Json => out.document(&report),
    }
    Ok(if report.is_fine() {
        Status::Fine
    } else {
        Status::Diverged
    })
}

/// Finds the scripts that the options select.
fn suites(args: &Conformance) -> Result<Vec<Suite>, Failure> {
    let mut suites = Vec::new();
    for folder in &args.suite {
        suites.extend(Suite::find(folder)?);
    }
    if let Some(pattern) = &args.filter {
        suites = suites
            .into_iter()
            .map(|suite| suite.filtered(pattern))
            .filter(|suite| !suite.files.is_empty())
            .collect();
        if suites.is_empty() {
            return Err(Failure::input(format!(
                "expected a script that matches `{pattern}`, found none"
            )));
        }
    }
    Ok(suites)
}

/// Returns each backend in the build for components: with asynchronous components if it has such a
/// build.
fn builds<'a>(backends: &[&'a dyn Backend]) -> Vec<Build<'a>> {
    let wanted = Capabilities::from([Capability::ComponentAsync]);
    let build = |backend: &&'a dyn Backend| match backend.rebuilt_with(&wanted) {
        Some(Ok(built)) if !has(*backend, Capability::ComponentAsync) => Build::Rebuilt(built),
        _ => Build::AsGiven(*backend),
    };
    backends.iter().map(build).collect()
}

/// Returns the targets of the suites.
///
/// Components run on each backend, and core modules on its core engine. A core engine that two
/// backends share is listed once.
fn targets<'a>(backends: &[&'a dyn Backend], builds: &'a [Build<'_>]) -> Vec<Target<'a>> {
    let mut engines = Vec::new();
    let mut targets = Vec::new();
    for &backend in backends {
        let Some(engine) = backend.core_engine() else {
            continue;
        };
        let name = &engine.info().name;
        if !engines.contains(&name) {
            engines.push(name);
            targets.push(Target::core(engine));
        }
    }
    let components = builds.iter().map(|build| Target::component(&**build));
    targets.extend(components);
    targets
}

/// Runs the suites. If stderr is a terminal, it shows a progress bar.
fn run(suites: &[Suite], targets: &[Target<'_>]) -> Report {
    let bar = output::progress(0);
    let told = |progress: &Progress<'_>| {
        bar.set_length(progress.all as u64);
        bar.set_position(progress.done as u64);
        let file = progress.file;
        bar.set_message(format!("{} {}", progress.backend, file.file));
        if file.failed > 0 {
            let failed = file.failed;
            bar.println(format!(
                "{} {}: {failed} failed",
                progress.backend, file.file
            ));
        }
    };
    let report = suite::run(suites, targets, &Options::default(), &told);
    bar.finish_and_clear();
    report
}
