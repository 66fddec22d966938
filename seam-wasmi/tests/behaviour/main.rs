//! The behaviour of the backend, through the seam's traits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod call;
mod host;
mod input;
mod limit;
mod link;
mod snapshot;
mod start;
mod store;

use std::time::Duration;

use seam_core::{
    Artifact, BackendExt, Error, ErrorKind, Instance, Limit, Limits, Result, Trap, Value, World,
};
use seam_wasmi::Wasmi;

/// Reads a fixture of the repository.
fn fixture(name: &str) -> Artifact {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../seam-tests/fixtures/core");
    Artifact::from_file(format!("{dir}/{name}.wat")).unwrap()
}

fn wat(text: &str) -> Artifact {
    Artifact::from_wat("test", text).unwrap()
}

/// Both builds. The expectations of a test must hold on each.
fn builds() -> [Wasmi; 2] {
    [Wasmi::new(), everything_on()]
}

fn everything_on() -> Wasmi {
    Wasmi::builder().fuel().deadline().build()
}

/// Makes an instance on the build with everything on.
fn instance(artifact: &Artifact, world: &World) -> Box<dyn Instance> {
    everything_on()
        .instantiate_blocking(artifact, world)
        .unwrap()
}

fn refused(artifact: &Artifact, world: &World) -> Error {
    let instance = everything_on().instantiate_blocking(artifact, world);
    instance.map(drop).unwrap_err()
}

fn limited(limits: Limits) -> World {
    World::new().limits(limits)
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("expected an error, found success"),
        Err(error) => error.kind().clone(),
    }
}

fn trap(trap: Trap) -> ErrorKind {
    ErrorKind::Trap(trap)
}

fn limit(limit: Limit) -> ErrorKind {
    ErrorKind::Limit(limit)
}

fn soon() -> Duration {
    Duration::from_millis(30)
}

fn s32(value: i32) -> Value {
    Value::S32(value)
}
