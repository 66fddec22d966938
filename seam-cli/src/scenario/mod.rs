//! `seam scenario`: runs scenarios like a test runner.

mod child;
mod document;
mod done;
mod find;
mod html;
mod junit;
mod process;
mod text;

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use seam_diff::scenario::{Bless, Judged, Outcome, Scenario};
use seam_tests::process::parallel;

use crate::args::{self, ScenarioFormat};
use crate::output::{self, Output};
use crate::select::{Backends, named};
use crate::status::{Failure, Status};
use crate::whole_file;

pub(crate) use child::serve;

use done::Done;
use find::File;

pub(crate) fn execute(
    args: &args::Scenario,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let chosen = named(backends, &args.backend)?;
    let names: Vec<String> = chosen.iter().map(|b| b.info().name.clone()).collect();
    if let Some(oracle) = args
        .oracle
        .as_ref()
        .filter(|oracle| !names.contains(oracle))
    {
        let known: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        return Err(Failure::input(format!(
            "--oracle: expected a backend that runs ({}), found `{oracle}`",
            known.join(", ")
        )));
    }
    let files = find::files(args)?;
    let done = run_all(args, &names, files);
    match args.format {
        ScenarioFormat::Text => text::print(&done, out),
        ScenarioFormat::Json => out.document(&document::Document::of(&done)),
        ScenarioFormat::Junit => out.line(junit::report(&done).trim_end()),
        ScenarioFormat::Html => out.line(html::page(&done, &names).trim_end()),
    }
    let wrong = done.iter().filter_map(|done| done.outcome.as_ref().err());
    for message in wrong.clone() {
        output::complain(&Failure::input(message.as_str()));
    }
    let passed = |done: &Done| done.verdict() == Some(Judged::Passed);
    Ok(match (wrong.count(), done.iter().all(passed)) {
        (1.., _) => Status::Input,
        (0, true) => Status::Fine,
        (0, false) => Status::Diverged,
    })
}

/// Runs the scenarios on as many threads as there may be processes. The results are in the order of
/// the files.
fn run_all(args: &args::Scenario, backends: &[String], files: Vec<File>) -> Vec<Done> {
    let bar = output::progress(files.len());
    let one = NonZeroUsize::MIN;
    let processors = || std::thread::available_parallelism().unwrap_or(one);
    let jobs = args.jobs.unwrap_or_else(processors);
    let run = |file: &File| run(args, backends, file.clone());
    let done = parallel(&files, jobs, run, |file, _, done| {
        bar.set_position(done as u64);
        bar.set_message(file.name.clone());
    });
    bar.finish_and_clear();
    done
}

fn run(args: &args::Scenario, backends: &[String], file: File) -> Done {
    let bless = match &args.oracle {
        Some(oracle) => Some(Bless::Oracle(oracle.clone())),
        None => args.bless.then_some(Bless::Agreement),
    };
    let begun = Instant::now();
    let optional = args.backend.is_empty();
    let mut outcome = process::run(&file, backends, optional, bless.as_ref(), args.timeout);
    let time = begun.elapsed();
    let text = outcome
        .as_mut()
        .ok()
        .and_then(|outcome| outcome.blessed.take());
    let golden = text.and_then(|text| match write(&file.path, &text) {
        Ok(said) => Some(said),
        Err(message) => {
            outcome = Ok(Outcome::lost(message));
            None
        }
    });
    Done {
        file,
        outcome,
        golden,
        time,
    }
}

/// Writes the golden of a scenario, unless it has this text. Returns what was done.
fn write(scenario: &Path, text: &str) -> Result<String, String> {
    let path = Scenario::golden_path(scenario);
    let name = path.display();
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(format!("{name} is unchanged"));
    }
    match whole_file::write(&path, text.as_bytes()) {
        Ok(()) => Ok(format!("{name} was written")),
        Err(error) => Err(format!("expected to write {name}: {error}")),
    }
}
