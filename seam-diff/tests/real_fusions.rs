//! Real compositions and what meld fused from them: the same calls must do the same.

mod real;

use std::process::ExitCode;

use seam_core::{Backend, Interface, Result, Type, Value, World};
use seam_diff::{Attribution, Report, Run, Step, Verdict};
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use real::Pair;

fn main() -> ExitCode {
    let (wasmtime, layered, wasmi) = (Wasmtime::new(), Wasmtime::layered(), Wasmi::new());
    let backends: [&dyn Backend; 3] = [&wasmtime, &layered, &wasmi];
    real::judge_all(|pair, broken| {
        let report = report(pair, &backends).map_err(|error| error.to_string())?;
        fault(&report, broken).map_or(Ok(String::new()), Err)
    })
}

/// Runs both artifacts on every backend, in a hermetic world.
fn report(pair: &Pair, backends: &[&dyn Backend]) -> Result<Report> {
    let [unfused, fused] = pair.read()?;
    let world = Wasi::hermetic().add_to(World::new())?;
    let steps = steps(&seam_decode::interface(&unfused)?);
    let run = |artifact| {
        backends
            .iter()
            .map(move |backend| Run::new(artifact, *backend))
    };
    let runs: Vec<Run<'_>> = run(&unfused).chain(run(&fused)).collect();
    Ok(Report::of(&runs, &world, &steps))
}

/// Returns a call of `run()`, or calls of all exports with the numbers 0 and 1.
fn steps(interface: &Interface) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, ty) in interface.export_funcs() {
        for number in if ty.params.is_empty() { 0..1 } else { 0..2_u8 } {
            let args = ty.params.iter().map(|(_, ty)| argument(ty, number));
            if let Some(args) = args.collect::<Option<Vec<Value>>>() {
                steps.push(Step::invoke(&name.to_string(), args));
            }
        }
    }
    steps
}

fn argument(ty: &Type, number: u8) -> Option<Value> {
    match ty {
        Type::F32 => Some(f32::from(number).into()),
        Type::U32 => Some(u32::from(number).into()),
        _ => None,
    }
}

/// Describes what is unexpected about a pair: the composition must return, and the fusion must do
/// the same, or be to blame if it is known to be wrong.
fn fault(report: &Report, broken: bool) -> Option<String> {
    let reference = report.observations.first()?;
    if reference.steps.is_empty() {
        return Some("expected an export to call, found none".to_string());
    }
    if let Some(ended) = reference.endings().find(|ended| !ended.returned()) {
        return Some(format!("expected the composition to return, found {ended}"));
    }
    let blamed = report.attributions.iter();
    let blamed: Vec<Attribution> = blamed.map(|found| found.attribution).collect();
    let by_fusion = !blamed.is_empty() && blamed.iter().all(|found| *found == Attribution::Fusion);
    match (&report.verdict, broken) {
        (Verdict::Match, false) => None,
        (Verdict::Diverged(_), true) if by_fusion => None,
        (Verdict::Match, true) => Some(
            "expected a fusion that is known to be wrong, found a match: it is no longer wrong"
                .to_string(),
        ),
        (verdict, true) => Some(format!(
            "expected a fault of the fusion, found {verdict}; {blamed:?}"
        )),
        (verdict, false) => Some(format!(
            "expected a match, found {verdict}; to blame: {blamed:?}"
        )),
    }
}
