//! `seam diff --random`: random calls of all functions, and the first divergence shrunk.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use seam_core::Backend;
use seam_diff::random::{self, Found, Options, Phase, Progress, RandomReport, Stopped};
use seam_diff::{Loaded, Observation, Report, Verdict};
use serde::Serialize;

use crate::args;
use crate::ending;
use crate::output::{Output, Tone, plural};
use crate::plan::Plan;
use crate::quote;
use crate::status::{Failure, Status};
use crate::verdict;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a RandomReport,
    /// The command that repeats the divergence.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<String>,
}

pub(crate) fn execute(
    args: &args::Diff,
    count: u64,
    plans: &[Plan],
    backends: &[&dyn Backend],
    out: &mut Output,
) -> Result<Status, Failure> {
    let (runs, instances) = load(args, plans, backends)?;
    let named = !args.execution.backend.is_empty();
    if let Some(failure) = ending::agreed_failure(&Report::compare(instances, |_| !named)) {
        return Err(failure);
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut options = Options::calls(count)
        .seed(args.execution.seed.unwrap_or_default())
        .optional(runs.iter().map(|_| !named));
    options.time = args.time;
    let bar = Bar::new();
    let report = random::run(&runs, &options, |progress| bar.show(progress))?;
    bar.0.finish_and_clear();
    let repeat = report
        .found
        .as_ref()
        .map(|found| repeat(args, found, backends));
    print(args, &runs, &report, repeat.as_deref(), out);
    let status = match (&report.found, &report.verdict) {
        (Some(found), _) => ending::status(&found.report),
        (None, Verdict::Match) => Status::Fine,
        (None, _) => Status::Diverged,
    };
    out.document(&Document {
        report: &report,
        repeat,
    });
    Ok(status)
}

/// Loads each artifact on each backend, and observes one instance of each.
fn load(
    args: &args::Diff,
    plans: &[Plan],
    backends: &[&dyn Backend],
) -> Result<(Vec<Loaded>, Vec<Observation>), Failure> {
    let runs = plans
        .iter()
        .flat_map(|plan| backends.iter().map(move |backend| (plan, *backend)));
    let load = |(plan, backend): (&Plan, &dyn Backend)| {
        // A capability may show to be lacking when there is an instance.
        let make = |loaded: Loaded| {
            let seen = loaded.observe(&[]);
            (loaded, seen)
        };
        let lacked = |(_, seen): &(Loaded, Observation)| {
            seen.unsupported().map(|(capability, _)| capability)
        };
        let made = plan.load(args, backend, make, lacked)?;
        Ok(made.unwrap_or_else(|error| make(Loaded::refused(backend, &plan.artifact, &error))))
    };
    runs.map(load).collect()
}

/// A progress bar on stderr, if that is a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:32} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, progress: Progress) {
        let Self(bar) = self;
        let what = match progress.phase {
            Phase::Calling => "random calls",
            Phase::Shrinking => "diverged, shrinking",
        };
        bar.set_message(what);
        bar.set_length(progress.of as u64);
        bar.set_position(progress.done as u64);
    }
}

fn print(
    args: &args::Diff,
    runs: &[Loaded],
    report: &RandomReport,
    repeat: Option<&str>,
    out: &mut Output,
) {
    let made = made(report);
    match (&report.found, &report.verdict) {
        (Some(found), _) => {
            let word = out.paint(Tone::Bad, "diverged");
            out.line(&format!("{word} after {made}{}", shrunk(found)));
            verdict::print(&found.report, args.execution.snapshot.as_deref(), out);
        }
        (None, Verdict::Match) => {
            let word = out.paint(Tone::Good, "match");
            out.line(&format!("{word} ({made}): {}", labels(runs, report)));
            print_covered(runs, report, out);
        }
        (None, verdict) => {
            out.line(&format!("{verdict} ({made})"));
            print_covered(runs, report, out);
        }
    }
    print_not_called(report, out);
    if let Some(repeat) = repeat {
        out.line("repeat it:");
        out.line(&format!("  {repeat}"));
    }
    if !out.is_json() {
        verdict::print_left_out(&report.left_out);
    }
}

/// Returns the names of the runs that were made.
fn labels(runs: &[Loaded], report: &RandomReport) -> String {
    let left_out = |index: usize| report.left_out.iter().any(|left| left.index == index);
    let made = runs
        .iter()
        .enumerate()
        .filter(|(index, _)| !left_out(*index));
    let made: Vec<&Loaded> = made.map(|(_, run)| run).collect();
    let label = |run: &&Loaded| {
        let name = run.artifact().name();
        match made.iter().all(|other| other.artifact().name() == name) {
            true => run.backend().to_string(),
            false => format!("{name} on {}", run.backend()),
        }
    };
    made.iter().map(label).collect::<Vec<_>>().join(", ")
}

/// Prints which functions some backends did not call, and which calls were not compared.
fn print_covered(runs: &[Loaded], report: &RandomReport, out: &mut Output) {
    let mut all: Vec<&str> = runs.iter().map(Loaded::backend).collect();
    all.sort_unstable();
    all.dedup();
    let mut parts: BTreeMap<&[String], Vec<String>> = BTreeMap::new();
    let part = report
        .called
        .iter()
        .filter(|func| func.backends.len() < all.len());
    for func in part {
        let funcs = parts.entry(&func.backends).or_default();
        funcs.push(func.name.to_string());
    }
    for (backends, funcs) in parts {
        let (backends, funcs) = (backends.join(" and "), some(&funcs));
        out.line(&format!("only on {backends}: {funcs}"));
    }
    for uncompared in &report.inconclusive {
        let why = &uncompared.why;
        let sequences = plural(uncompared.sequences, "sequence");
        let (reason, detail) = (&why.reason, start(&why.detail));
        out.line(&format!(
            "not compared to the end: {sequences}: {reason} ({detail})"
        ));
    }
    let never = report.called.iter().filter(|func| func.compared == 0);
    let never: Vec<String> = never.map(|func| func.name.to_string()).collect();
    if !never.is_empty() {
        out.line(&format!("never compared: {}", some(&never)));
    }
}

/// Prints the functions that were not called, with reasons.
fn print_not_called(report: &RandomReport, out: &mut Output) {
    let diverged = report.stopped == Stopped::Divergence;
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for func in &report.not_called {
        let reason = match func.reachable && diverged {
            true => "the runs diverged first",
            false => &func.reason,
        };
        reasons
            .entry(reason)
            .or_default()
            .push(func.name.to_string());
    }
    for (reason, funcs) in reasons {
        out.line(&format!("not called: {}: {reason}", some(&funcs)));
    }
    if let Some(why) = &report.inner_unknown {
        out.line(&format!(
            "not called: functions of components inside: {why}"
        ));
    }
}

/// Returns the number of functions and the names of the first ones. JSON has all of them.
fn some(funcs: &[String]) -> String {
    match funcs {
        [only] => only.clone(),
        [first, second] => format!("{first}, {second}"),
        _ => {
            let names: Vec<&str> = funcs.iter().take(2).map(String::as_str).collect();
            format!("{} functions ({}, ..)", funcs.len(), names.join(", "))
        }
    }
}

/// Returns the start of a text, because arguments can be long.
fn start(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(200).collect();
    let more = if chars.next().is_some() { ".." } else { "" };
    format!("{start}{more}")
}

/// Says how many calls were made.
fn made(report: &RandomReport) -> String {
    let calls = plural(report.calls, "call");
    let funcs = plural(report.called.len(), "function");
    let instances = plural(report.sequences, "instance");
    let time = match report.stopped {
        Stopped::Time => ", then the time was over",
        _ => "",
    };
    format!(
        "{calls} of {funcs} in {instances}, seed {}{time}",
        report.seed
    )
}

/// Says how a divergence was shrunk.
fn shrunk(found: &Found) -> String {
    let (before, after) = (found.steps_before, found.steps.len());
    match found.reproducible {
        false => "; it did not diverge again when it was repeated".to_string(),
        true if before == 0 => String::new(),
        true => format!("; shrunk from {} to {after}", plural(before, "step")),
    }
}

/// Returns the command that repeats a divergence: this one, with the steps instead of `--random`.
fn repeat(args: &args::Diff, found: &Found, backends: &[&dyn Backend]) -> String {
    let runs = &found.report.observations;
    let took_part = |name: &String| runs.iter().any(|run| run.backend == *name);
    let names = backends.iter().map(|backend| &backend.info().name);
    let mut names: Vec<&String> = names.filter(|name| took_part(name)).collect();
    names.dedup();
    let all = names.len() == backends.len() || args.execution.backend.len() == names.len();
    let mut added: Vec<OsString> = Vec::new();
    let mut removed = vec!["--random", "--time", "--format"];
    if !all {
        removed.push("--backend");
        added.extend(
            names
                .into_iter()
                .flat_map(|name| ["--backend".into(), name.into()]),
        );
    }
    for step in &found.steps {
        added.extend(["--invoke".into(), step.to_string().into()]);
    }
    let given: Vec<OsString> = std::env::args_os().collect();
    let program = given.first().map(Path::new).and_then(Path::file_name);
    let program = program.unwrap_or("seam".as_ref()).to_os_string();
    let words = quote::with_options(given.into_iter().skip(1), &removed, added);
    quote::line(std::iter::once(program).chain(words))
}
