//! `seam witness`: the harness of witness.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use seam_core::{
    ArtifactKind, Capability, ImportStatus, Interface, OutputStream, Stub, World, contain,
};
use seam_diff::build::Need;
use seam_diff::witness::{self, Measured, Record, Schema};
use seam_diff::{Call, Step};
use serde::{Deserialize, Serialize};

use crate::args::{self, Execution, StubPolicy, WitnessSchema};
use crate::output::{self, Output};
use crate::select::{self, Backends};
use crate::source;
use crate::status::{Failure, Status};
use crate::whole_file;
use crate::world::{self, Surroundings};

#[derive(Serialize)]
struct Document<'a> {
    artifact: &'a str,
    backend: &'a str,
    output: String,
    record: &'a Record,
}

/// The part of witness's manifest that the harness reads.
#[derive(Deserialize)]
struct Manifest {
    branches: Vec<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    id: u64,
}

pub(crate) fn execute(
    args: &args::Witness,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    if args.execution.snapshot.is_some() {
        return Err(Failure::input(
            "--snapshot: expected another command, found `witness`, whose output has the counters",
        ));
    }
    let (module, target) = (named("WITNESS_MODULE")?, named("WITNESS_OUTPUT")?);
    let manifest = std::env::var_os("WITNESS_MANIFEST").map(|path| branches(path.as_ref()));
    let manifest = manifest.transpose()?;
    let calls = args.invoke.iter().map(|text| Call::parse(text));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    let options = &stubbing(&args.execution);
    let of = world::interface_of(&options.types)?;
    let artifact = world::typed(source::artifact(&module)?, of.as_ref(), &options.types)?;
    let surroundings = Surroundings::new(artifact.name(), &[], options)?;
    let mut needs = select::needs(options, &artifact);
    if artifact.kind() == ArtifactKind::Component {
        needs.push(Need::new(
            Capability::InnerGlobals,
            "the counters of a component",
        ));
    }
    let ready = select::first_that_can(
        &select::named(backends, &options.backend)?,
        &artifact,
        &needs,
        |backend, interface| {
            let resolved = Call::resolve(&calls, interface, &artifact)?;
            let rows = calls.iter().zip(resolved);
            let rows = rows.map(|(call, step)| Measured::new(label(&call.to_string()), step));
            let mut steps: Vec<Measured> = rows.collect();
            if args.invoke_all {
                discover(interface, &mut steps)?;
            }
            if steps.is_empty() {
                steps.push(Measured::new("run", Step::Run));
            }
            let world = world::world(options, &surroundings, interface, backend)?;
            let imports = imports(&world, interface);
            let world = world::shown(world, OutputStream::Stderr);
            Ok((world, (steps, imports)))
        },
    )?;
    let (steps, imports) = &ready.prepared;
    imports.iter().for_each(|line| output::say(line));
    let on = |error: seam_core::Error| error.on(ready.backend.clone());
    let mut instance = ready.instance.map_err(|failed| failed.error)?;
    let schema = args.schema.map(Schema::from);
    let record = contain(|| witness::measure(&mut *instance, steps, schema)).map_err(on)?;
    if let Some(manifest) = &manifest {
        check(manifest, &record)?;
    }
    write(&target, &record)?;
    output::say(&format!(
        "note: {}: {} counters, {} rows of {} on {}",
        target.display(),
        record.counters.len(),
        record.rows.len(),
        artifact.name(),
        ready.backend
    ));
    out.document(&Document {
        artifact: artifact.name(),
        backend: &ready.backend,
        output: target.display().to_string(),
        record: &record,
    });
    Ok(Status::Fine)
}

/// Returns the options with stubs for imports that nothing defines, unless they say otherwise.
fn stubbing(options: &Execution) -> Execution {
    let mut options = options.clone();
    options.stub.get_or_insert(StubPolicy::Default);
    options
}

/// Returns the path in an environment variable.
fn named(variable: &str) -> Result<PathBuf, Failure> {
    match std::env::var_os(variable) {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => Err(Failure::input(format!(
            "expected the environment variable {variable}, which witness sets, found none"
        ))),
    }
}

/// Reads the numbers of the branches in a manifest.
fn branches(path: &Path) -> Result<BTreeSet<u64>, Failure> {
    let wrong = |found: String| {
        let path = path.display();
        Failure::input(format!(
            "WITNESS_MANIFEST: expected a manifest of witness, found `{path}`: {found}"
        ))
    };
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(manifest.branches.iter().map(|branch| branch.id).collect())
}

/// Checks that the branches of the manifest are the ones that the artifact counts.
fn check(manifest: &BTreeSet<u64>, record: &Record) -> Result<(), Failure> {
    let counted: BTreeSet<u64> = record.counters.keys().copied().collect();
    let Some(branch) = manifest.symmetric_difference(&counted).next() else {
        return Ok(());
    };
    Err(Failure::input(format!(
        "WITNESS_MANIFEST: expected the manifest of the artifact, with its {} branches, found one \
         with {}; branch {branch} is in one of them only",
        counted.len(),
        manifest.len()
    )))
}

/// Returns the name of a row. A call without arguments has the name that witness would give it.
fn label(call: &str) -> &str {
    let call = call.trim();
    call.strip_suffix("()").unwrap_or(call)
}

/// Adds the calls of the exports without parameters that have no call yet.
fn discover(interface: &Interface, steps: &mut Vec<Measured>) -> Result<(), Failure> {
    let found = witness::discover(interface);
    if found.is_empty() {
        return Err(Failure::input(
            "--invoke-all: expected an exported function without parameters, found none",
        ));
    }
    for name in found {
        let is_it = |step: &Measured| matches!(&step.step, Step::Invoke { name: called, .. } if *called == name);
        if !steps.iter().any(is_it) {
            let step = Step::invoke(&name.to_string(), []);
            steps.push(Measured::new(name.to_string(), step));
        }
    }
    Ok(())
}

/// Says of each import whether it is real, stubbed or trapped: one line for each instance and
/// status.
fn imports(world: &World, interface: &Interface) -> Vec<String> {
    let mut lines: Vec<(String, &str, usize)> = Vec::new();
    for import in world.report(interface) {
        let status = match import.status {
            ImportStatus::Real => "real",
            ImportStatus::Stubbed(Stub::Trap) => "trapped",
            ImportStatus::Stubbed(_) => "stubbed",
            // Instantiation fails, and says so.
            _ => continue,
        };
        let of = import
            .name
            .instance()
            .map_or_else(|| import.name.to_string(), String::from);
        match lines
            .iter_mut()
            .find(|line| (&line.0, line.1) == (&of, status))
        {
            Some(line) => line.2 += 1,
            None => lines.push((of, status, 1)),
        }
    }
    let line = |(of, status, count)| match count {
        1 => format!("note: import {of}: {status}"),
        _ => format!("note: import {of}: {status} ({count} functions)"),
    };
    lines.into_iter().map(line).collect()
}

/// Writes the record, so that the target is never half written. A pipe or device is written as it is.
fn write(target: &Path, record: &Record) -> Result<(), Failure> {
    let special = std::fs::metadata(target).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let written = serde_json::to_vec(record).map_err(io::Error::from);
    let written = written.and_then(|mut bytes| match special {
        true => {
            // A reader of lines needs the end of the line.
            bytes.push(b'\n');
            std::fs::write(target, bytes)
        }
        false => whole_file::write(target, &bytes),
    });
    written.map_err(|error| {
        let target = target.display();
        Failure::input(format!(
            "WITNESS_OUTPUT: expected a file that can be written, found `{target}`: {error}"
        ))
    })
}

impl From<WitnessSchema> for Schema {
    fn from(schema: WitnessSchema) -> Self {
        match schema {
            WitnessSchema::V1 => Schema::V1,
            WitnessSchema::V2 => Schema::V2,
        }
    }
}
