//! The official suites on every backend, one named test per script, against a table of known
//! results.
//!
//! `SEAM_SUITES` names the folder with the suites; they are not part of this repository. A test
//! passes if its script has exactly the failed and unsupported directives that the table lists, or
//! none if the table does not list the script. The README's table of the suites is checked too;
//! `SEAM_REWRITE=1` updates it.

#[path = "suites/readme.rs"]
mod readme;
#[path = "suites/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::process::ExitCode;

use seam_tests::suite::{self, FileReport, Options, Progress, Suite, SuiteReport, Target};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use table::{Exception, exceptions};

/// The environment variable that names the folder of the suites.
const FOLDER: &str = "SEAM_SUITES";

fn main() -> ExitCode {
    // Components run natively on wasmtime, and in our component layer on wasmtime and wasmi.
    let wasmtime = Wasmtime::builder().component_async().build();
    let layered = Wasmtime::layered();
    let wasmi = Wasmi::new();
    let without_reentry = Wasmi::builder().without_reentry().build();
    let targets = [
        Target::core(layered.engine()),
        Target::core(wasmi.engine()),
        Target::component(&wasmtime),
        Target::component(&layered),
        Target::component(&wasmi),
        Target::component(&without_reentry).named("wasmi-without-reentry"),
    ];
    suite::serve(&targets).unwrap_or_else(|| run(&targets))
}

/// Runs like a test harness: ignores options and treats other arguments as parts of test names.
fn run(targets: &[Target<'_>]) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let parts: Vec<&str> = args.iter().map(String::as_str).collect();
    let parts: Vec<&str> = parts
        .into_iter()
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
        println!("skipped: {FOLDER} names no folder with the official suites");
        return ExitCode::SUCCESS;
    };
    let suites = match Suite::find(&folder) {
        Ok(suites) => suites,
        Err(error) => {
            println!("{FOLDER}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if args.iter().any(|arg| arg == "--list") {
        list(&suites, targets);
        return ExitCode::SUCCESS;
    }
    judge(&suites, targets, &parts)
}

/// Returns the name of a test.
fn name(suite: &str, backend: &str, file: &str) -> String {
    format!("{suite}/{backend}/{file}")
}

fn list(suites: &[Suite], targets: &[Target<'_>]) {
    for suite in suites {
        for target in targets.iter().filter(|target| target.kind() == suite.kind) {
            for file in &suite.files {
                println!("{}: test", name(suite.kind.name(), target.name(), file));
            }
        }
    }
}

/// Runs the selected scripts, one target after the other, and compares the results with the table.
fn judge(suites: &[Suite], targets: &[Target<'_>], parts: &[&str]) -> ExitCode {
    let mut faults = Vec::new();
    let mut totals = Vec::new();
    for target in targets {
        for suite in suites.iter().filter(|suite| suite.kind == target.kind()) {
            let kind = suite.kind.name();
            let mut asked = suite.clone();
            asked.files.retain(|file| {
                let name = name(kind, target.name(), file);
                parts.is_empty() || parts.iter().any(|part| name.contains(part))
            });
            let target = std::slice::from_ref(target);
            let report = suite::run(&[asked], target, &Options::default(), &tell);
            for report in report.suites {
                faults.extend(report.files.iter().filter_map(|file| fault(&report, file)));
                totals.push(report);
            }
        }
    }
    let failed = faults.len();
    if parts.is_empty() {
        faults.extend(strangers(&totals));
        faults.extend(readme::fault(&totals));
    }
    for report in &totals {
        println!(
            "\n{} on {}: {} files, {} passed, {} failed, {} not supported",
            report.suite,
            report.backend,
            report.files.len(),
            report.passed,
            report.failed,
            report.unsupported
        );
    }
    let files: usize = totals.iter().map(|report| report.files.len()).sum();
    for fault in &faults {
        println!("\n{fault}");
    }
    let verdict = if faults.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {} passed; {} failed; 0 ignored\n",
        files.saturating_sub(failed),
        faults.len()
    );
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the line of a test.
fn tell(progress: &Progress<'_>) {
    let (suite, file) = (progress.suite.name(), progress.file);
    let name = name(suite, progress.backend, &file.file);
    let verdict = match known(suite, progress.backend, &file.file) {
        known if !agrees(file, known) => "FAILED",
        Some(known) => known.reason,
        None if file.is_idle() => "ok, nothing executed",
        None => "ok",
    };
    println!("test {name} ... {verdict}");
}

fn known(suite: &str, backend: &str, file: &str) -> Option<Exception> {
    exceptions().find(|known| (known.suite, known.backend, known.file) == (suite, backend, file))
}

fn agrees(file: &FileReport, known: Option<Exception>) -> bool {
    let expected = known.map_or((0, 0), |known| (known.failed, known.unsupported));
    (file.failed, file.unsupported) == expected
}

/// Describes how a report differs from the table, with the line that the table would need.
fn fault(report: &SuiteReport, file: &FileReport) -> Option<String> {
    use std::fmt::Write;

    let known = known(&report.suite, &report.backend, &file.file);
    if agrees(file, known) {
        return None;
    }
    let (failed, unsupported) = known.map_or((0, 0), |known| (known.failed, known.unsupported));
    let mut text = format!(
        "---- {} ----\nexpected {failed} failed and {unsupported} unsupported directives, found \
         (\"{}\", {}, {}) and {} passed; missing: {:?}",
        name(&report.suite, &report.backend, &file.file),
        file.file,
        file.failed,
        file.unsupported,
        file.passed,
        file.missing,
    );
    for failure in &file.failures {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n  line {}: {}\n    expected {}\n    found    {}",
            failure.line, failure.directive, failure.expected, failure.found
        );
    }
    Some(text)
}

/// Lists the lines of the table that name no script.
fn strangers(totals: &[SuiteReport]) -> Vec<String> {
    let ran: BTreeSet<String> = totals
        .iter()
        .flat_map(|report| {
            let files = report.files.iter();
            files.map(|file| name(&report.suite, &report.backend, &file.file))
        })
        .collect();
    exceptions()
        .map(|known| name(known.suite, known.backend, known.file))
        .filter(|name| !ran.contains(name))
        .map(|name| {
            format!("---- {name} ----\nexpected a script, found none: remove it from the table")
        })
        .collect()
}
