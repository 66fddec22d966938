//! Real compositions: the exports of each must do the same on every backend.
//!
//! `SEAM_REAL` names the folder of compositions, which is not part of this repository. Nearly every
//! component in its folder `unfused` exports `run: func()`, which calls another component with many
//! values and traps if an answer is wrong. Other exports are called with zeroes. The components in its
//! folder `async` export `run: async func()`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use seam_core::{
    Artifact, Backend, BackendExt, Error, InstanceExt, ProgramExt, Result, Value, World,
};
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// How a call ended.
type Called = std::result::Result<Option<Value>, String>;

/// The environment variable that names the folder.
const FOLDER: &str = "SEAM_REAL";

/// What a run shows: the result of each export, and the captured output.
#[derive(Debug, PartialEq)]
struct Run {
    results: Vec<(String, Called)>,
    stdout: String,
    stderr: String,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
        println!("skipped: {FOLDER} names no folder with real compositions");
        return ExitCode::SUCCESS;
    };
    let folders = ["unfused", "async"].map(|name| components(&Path::new(&folder).join(name)));
    let files = match folders.into_iter().collect::<std::io::Result<Vec<_>>>() {
        Ok(folders) => folders.concat(),
        Err(error) => {
            println!("{FOLDER}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if std::env::args().any(|arg| arg == "--list") {
        files
            .iter()
            .for_each(|file| println!("{}: test", name(file)));
        return ExitCode::SUCCESS;
    }
    judge(&files)
}

/// The components in a folder, by name.
fn components(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "wasm")
    });
    files.sort();
    match files.is_empty() {
        false => Ok(files),
        true => Err(std::io::Error::other(format!(
            "no component in the folder {}",
            folder.display()
        ))),
    }
}

fn name(file: &Path) -> String {
    let name = file.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Runs the components whose names contain one of the arguments, or all of them.
fn judge(files: &[PathBuf]) -> ExitCode {
    let (wasmtime, layered, wasmi) = (Wasmtime::new(), Wasmtime::layered(), Wasmi::new());
    let asynchronous = Wasmtime::builder().component_async().build();
    let without_reentry = Wasmi::builder().without_reentry().build();
    let parts: Vec<String> = std::env::args().skip(1).collect();
    let parts: Vec<&String> = parts.iter().filter(|arg| !arg.starts_with('-')).collect();
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        let name = name(file);
        if !parts.is_empty() && !parts.iter().any(|part| name.contains(*part)) {
            continue;
        }
        let is_async = file
            .parent()
            .is_some_and(|folder| folder.ends_with("async"));
        let native = if is_async { &asynchronous } else { &wasmtime };
        match fault(file, &[native, &layered, &wasmi, &without_reentry]) {
            None => {
                passed += 1;
                println!("test {name} ... ok");
            }
            Some(fault) => {
                failed += 1;
                println!("test {name} ... FAILED\n{fault}");
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

/// Describes the first backend on which `run()` does not return, or that differs from the first one.
fn fault(file: &Path, backends: &[&dyn Backend]) -> Option<String> {
    let mut first: Option<Run> = None;
    for backend in backends {
        let on = &backend.info().name;
        let found = match run(file, *backend) {
            Ok(found) => found,
            Err(error) => return Some(format!("on {on}: no instance: {error}")),
        };
        let failed = |(name, called): &&(String, Called)| name == "run" && *called != Ok(None);
        if let Some((_, called)) = found.results.iter().find(failed) {
            return Some(format!(
                "on {on}: expected `run()` to return, found {called:?}"
            ));
        }
        match &first {
            None => first = Some(found),
            Some(first) if *first == found => {}
            Some(first) => return Some(format!("on {on}: expected {first:?}, found {found:?}")),
        }
    }
    None
}

fn run(file: &Path, backend: &dyn Backend) -> Result<Run> {
    let artifact = Artifact::from_file(file)?;
    let world = Wasi::hermetic().add_to(World::new())?;
    let program = backend.load_blocking(&artifact)?;
    let mut instance = program.instantiate_blocking(&world)?;
    let mut results = Vec::new();
    for (name, ty) in program.interface().export_funcs() {
        let name = name.to_string();
        let args = ty.params.iter().map(|(_, ty)| Value::default_of(ty));
        // Handles have no zero.
        if let Some(args) = args.collect::<Option<Vec<_>>>() {
            let called = instance
                .call_blocking(&*name, &args)
                .map_err(|error| trap_or_text(&error));
            results.push((name, called));
        }
    }
    if results.is_empty() {
        return Err(Error::misuse("expected an export to call, found none"));
    }
    let observed = instance.observed();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Run {
        results,
        stdout: text(&observed.stdout),
        stderr: text(&observed.stderr),
    })
}

/// Describes an error without the name of the backend.
fn trap_or_text(error: &Error) -> String {
    match error.as_trap() {
        Some(trap) => trap.to_string(),
        None => error.message().to_string(),
    }
}
