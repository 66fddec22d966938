//! Real compositions and what meld fused from them: the same calls must do the same.
//!
//! `SEAM_REAL` names the folder, which is not part of this repository. Its folder `unfused` has the
//! compositions; `fused-multi`, `fused-shared` and `fused-component` have modules and components of
//! the same names. Nearly every composition exports `run: func()`, which calls another component
//! with many values and traps if an answer is wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use seam_core::{Artifact, Backend, Interface, Result, Type, Value, World};
use seam_diff::{Attribution, Report, Run, Step, Verdict};
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// The environment variable that names the folder.
const FOLDER: &str = "SEAM_REAL";

/// The folders of fusions.
const FUSIONS: [&str; 3] = ["fused-multi", "fused-shared", "fused-component"];

/// Fusions that are known to be wrong. They run all the same, and must be attributed to the fusion.
const BROKEN: &[(&str, &str)] = &[
    (
        "fused-multi/list-in-variant",
        "strings inside a variant's list are not copied, and the guest's assertion fails",
    ),
    (
        "fused-multi/resource_with_lists",
        "a list reaches the other component with an address that is out of bounds",
    ),
    (
        "fused-multi/lists.wasip1",
        "an assertion of the guest fails, although `lists` without WASI returns",
    ),
];

/// A composition and one of its fusions.
struct Pair {
    name: String,
    unfused: PathBuf,
    fused: PathBuf,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
        println!("skipped: {FOLDER} names no folder with real compositions");
        return ExitCode::SUCCESS;
    };
    let pairs = match pairs(Path::new(&folder)) {
        Ok(pairs) => pairs,
        Err(error) => {
            println!("{FOLDER}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if std::env::args().any(|arg| arg == "--list") {
        pairs
            .iter()
            .for_each(|pair| println!("{}: test", pair.name));
        return ExitCode::SUCCESS;
    }
    judge(&pairs)
}

/// Returns all fusions, by folder and name.
fn pairs(folder: &Path) -> std::io::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for fusion in FUSIONS {
        for entry in std::fs::read_dir(folder.join(fusion))? {
            let fused = entry?.path();
            let Some((name, "wasm")) = fused
                .file_stem()
                .zip(fused.extension())
                .and_then(|(name, extension)| Some((name.to_str()?, extension.to_str()?)))
            else {
                continue;
            };
            pairs.push(Pair {
                name: format!("{fusion}/{name}"),
                unfused: folder.join("unfused").join(format!("{name}.wasm")),
                fused,
            });
        }
    }
    pairs.sort_by(|left, right| left.name.cmp(&right.name));
    let lacks = |(name, _): &&(&str, &str)| !pairs.iter().any(|pair| pair.name == *name);
    match BROKEN.iter().find(lacks) {
        None => Ok(pairs),
        Some((name, _)) => Err(std::io::Error::other(format!(
            "expected `{name}.wasm`, a fusion that is known to be wrong"
        ))),
    }
}

/// Judges the pairs whose names contain one of the arguments, or all of them.
fn judge(pairs: &[Pair]) -> ExitCode {
    let (wasmtime, layered, wasmi) = (Wasmtime::new(), Wasmtime::layered(), Wasmi::new());
    let backends: [&dyn Backend; 3] = [&wasmtime, &layered, &wasmi];
    let parts: Vec<String> = std::env::args().skip(1).collect();
    let parts: Vec<&String> = parts.iter().filter(|arg| !arg.starts_with('-')).collect();
    let (mut passed, mut failed) = (0, 0);
    for pair in pairs {
        let name = &pair.name;
        if !parts.is_empty() && !parts.iter().any(|part| name.contains(*part)) {
            continue;
        }
        let reason = BROKEN.iter().find(|(broken, _)| broken == name);
        let reason = reason.map(|(_, reason)| *reason);
        let fault = match report(pair, &backends) {
            Ok(report) => fault(&report, reason.is_some()),
            Err(error) => Some(error.to_string()),
        };
        match (fault, reason) {
            (Some(fault), _) => {
                failed += 1;
                println!("test {name} ... FAILED\n{fault}");
            }
            (None, reason) => {
                passed += 1;
                let reason = reason.map(|reason| format!(" (a fault of the fusion: {reason})"));
                println!("test {name} ... ok{}", reason.unwrap_or_default());
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored\n");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Runs both artifacts on every backend, in a hermetic world.
fn report(pair: &Pair, backends: &[&dyn Backend]) -> Result<Report> {
    let unfused = Artifact::from_file(&pair.unfused)?;
    let fused = Artifact::from_file(&pair.fused)?;
    let fused = match fused.kind() {
        seam_core::ArtifactKind::CoreModule => fused.with_interface_of(&unfused),
        seam_core::ArtifactKind::Component => fused,
    };
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
