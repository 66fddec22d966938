//! Real compositions and what meld fused from them: random calls of all functions must do the same.
//!
//! Nobody wrote a call here. Functions that only inner components export are called too, on the
//! backends that can.

mod real;

use std::process::ExitCode;
use std::time::Duration;

use seam_core::{Backend, Limits, Result, World};
use seam_diff::random::{self, Options, RandomReport};
use seam_diff::{Attribution, Loaded, Verdict};
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use real::Pair;

/// The number of calls of each pair, as `seam diff --random 200` makes them.
const CALLS: usize = 200;

fn main() -> ExitCode {
    let (wasmtime, layered, wasmi) = (
        Wasmtime::builder().deadline().build(),
        Wasmtime::builder().deadline().build_layered(),
        Wasmi::builder().deadline().build(),
    );
    let backends: [&dyn Backend; 3] = [&wasmtime, &layered, &wasmi];
    real::judge_all(|pair, broken| {
        let report = report(pair, &backends).map_err(|error| error.to_string())?;
        judge(&report, broken)
    })
}

fn report(pair: &Pair, backends: &[&dyn Backend]) -> Result<RandomReport> {
    let limits = Limits::new().with_deadline(Duration::from_secs(20));
    let world = Wasi::hermetic().add_to(World::new().limits(limits))?;
    let artifacts = pair.read()?;
    let runs = artifacts.iter().flat_map(|artifact| {
        let on = backends.iter();
        on.map(|backend| Loaded::new(*backend, artifact, &world))
    });
    let runs: Vec<Loaded> = runs.collect();
    random::run(&runs, &Options::calls(CALLS).seed(7), |_| {})
}

/// Says how much was called, or what is unexpected: a fusion must do the same, or be to blame if it is
/// known to be wrong.
fn judge(report: &RandomReport, broken: bool) -> std::result::Result<String, String> {
    let Some(found) = &report.found else {
        return match (&report.verdict, broken) {
            (Verdict::Match, false) => Ok(covered(report)),
            (verdict, _) => Err(format!("expected another verdict, found {verdict}")),
        };
    };
    let steps: Vec<String> = found.steps.iter().map(ToString::to_string).collect();
    let steps = steps.join("; ");
    let blamed = found
        .report
        .attributions
        .iter()
        .map(|found| found.attribution);
    let blamed: Vec<Attribution> = blamed.collect();
    let by_fusion = !blamed.is_empty() && blamed.iter().all(|found| *found == Attribution::Fusion);
    match broken && by_fusion && found.reproducible {
        true => Ok(format!(", found by {steps}")),
        false => Err(format!("{steps}: {}; to blame: {blamed:?}", report.verdict)),
    }
}

/// Says how many functions were called, and which were not.
fn covered(report: &RandomReport) -> String {
    let mut text = format!(
        ", {} calls of {} functions",
        report.calls,
        report.called.len()
    );
    for func in &report.not_called {
        text += &format!("\n  not called: {}: {}", func.name, func.reason);
    }
    for func in report.called.iter().filter(|func| func.compared == 0) {
        text += &format!("\n  never compared: {}", func.name);
    }
    text
}
