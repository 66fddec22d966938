//! `seam run`: runs a program from its canonical entry to its exit code.

use seam_core::{OutputStream, Snapshot, contain};
use serde::Serialize;

use crate::args;
use crate::left;
use crate::output::{self, Captured, Output};
use crate::select::{self, Backends};
use crate::snapshot;
use crate::status::{ErrorReport, Failure, Status};
use crate::world::{self, Surroundings};

#[derive(Serialize)]
struct Document<'a> {
    artifact: &'a str,
    backend: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorReport>,
    stdout: Captured<'a>,
    stderr: Captured<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Snapshot>,
}

pub(crate) fn execute(
    args: &args::Run,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let options = &args.execution;
    let artifact = world::artifact(&args.artifact, options)?;
    let mut surroundings = Surroundings::new(artifact.name(), &args.args, options)?;
    surroundings.inherit = !out.is_json();
    let ready = select::first_that_can(
        &select::named(backends, &options.backend)?,
        &artifact,
        &select::needs(options, &artifact),
        |backend, interface| {
            let world = world::world(options, &surroundings, interface, backend)?;
            // In text format, stdout belongs to the guest.
            let world = match out.is_json() {
                true => world,
                false => world::shown(world, OutputStream::Stdout),
            };
            Ok((world, ()))
        },
    )?;
    let (mut exit, mut failure) = (None, None);
    let (mut left, failed) = match ready.instance {
        Ok(mut instance) => {
            match contain(|| instance.run_blocking()) {
                Ok(ended) => exit = Some(ended.code),
                Err(error) => failure = Some(error.during("run").on(ready.backend.clone()).into()),
            }
            (Some(instance), Box::default())
        }
        Err(failed) => {
            failure = Some(Failure::from(failed.error));
            (failed.instance, failed.observed)
        }
    };
    let taken = left::globals(&mut left, options.snapshot.as_deref(), &mut failure);
    // In text, stdout is the guest's.
    if let (Some(taken), Some(prefix), false) = (&taken, &options.snapshot, out.is_json()) {
        for line in snapshot::lines(taken) {
            output::say(&line);
        }
        snapshot::note_if_empty(taken, prefix);
    }
    let observed = left::observed(&mut left, &failed);
    out.document(&Document {
        artifact: artifact.name(),
        backend: &ready.backend,
        exit,
        error: failure.as_ref().map(|failure| &*failure.report),
        stdout: Captured(&observed.stdout),
        stderr: Captured(&observed.stderr),
        snapshot: taken,
    });
    match (exit, failure) {
        (_, Some(failure)) => Err(failure.documented()),
        (code, None) => Ok(Status::Guest(code.unwrap_or_default())),
    }
}
