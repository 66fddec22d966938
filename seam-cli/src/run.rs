//! `seam run`: runs a program from its canonical entry to its exit code.

use seam_core::{OutputStream, Snapshot, contain};
use serde::Serialize;

use crate::args;
use crate::output::{self, Captured, Output};
use crate::select::{self, Backends, Need};
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
        &Need::of(options, &artifact),
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
    let (ended, mut left, failed) = match ready.instance {
        Ok(mut instance) => {
            let ended = contain(|| instance.run_blocking());
            let ended = ended.map_err(|e| Failure::from(e.during("run").on(ready.backend.clone())));
            (ended, Some(instance), Box::default())
        }
        Err(failed) => (
            Err(Failure::from(failed.error)),
            failed.instance,
            failed.observed,
        ),
    };
    let taken = match &mut left {
        Some(instance) => snapshot::take(&mut **instance, options.snapshot.as_deref())?,
        None => None,
    };
    if let Some((taken, prefix)) = taken.iter().zip(options.snapshot.as_deref()).next()
        && !out.is_json()
    {
        snapshot::lines(taken)
            .iter()
            .for_each(|line| output::say(line));
        snapshot::note_if_empty(taken, prefix);
    }
    let observed = left
        .as_mut()
        .map_or(&*failed, |instance| instance.observed());
    out.document(&Document {
        artifact: artifact.name(),
        backend: &ready.backend,
        exit: ended.as_ref().ok().map(|exit| exit.code),
        error: ended.as_ref().err().map(|failure| &*failure.report),
        stdout: Captured(&observed.stdout),
        stderr: Captured(&observed.stderr),
        snapshot: taken,
    });
    match ended {
        Ok(exit) => Ok(Status::Guest(exit.code)),
        Err(failure) => Err(failure.documented()),
    }
}
