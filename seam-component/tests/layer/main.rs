//! The behaviour of the component layer, through the seam's traits, with and without re-entry.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod bound;
mod call;
mod context;
mod core_call;
mod counting;
mod glue;
mod holder;
mod link;
mod mutation;
mod nested;
mod nested_call;
mod panic;
mod panicking;
mod prepared;
mod progress;
mod steps;
mod wait;

use seam_core::{Artifact, Backend, BackendExt, Failed, Instance, ProgramExt, World};
use seam_wasmi::Wasmi;

/// An engine whose host functions can call back, and one whose host functions cannot.
fn builds() -> [Wasmi; 2] {
    [Wasmi::new(), Wasmi::builder().without_reentry().build()]
}

/// The same, and one whose host functions can call back but cannot suspend calls.
fn layered_builds() -> [Wasmi; 3] {
    let [plain, without_reentry] = builds();
    let without_suspension = Wasmi::builder().without_suspension().build();
    [plain, without_suspension, without_reentry]
}

fn wat(text: &str) -> Artifact {
    Artifact::from_wat("test", text).unwrap()
}

fn try_instance(
    backend: &dyn Backend,
    text: &str,
    world: &World,
) -> Result<Box<dyn Instance>, Failed> {
    backend
        .load_blocking(&wat(text))?
        .instantiate_blocking(world)
}

fn instance(backend: &dyn Backend, text: &str) -> Box<dyn Instance> {
    try_instance(backend, text, &World::new()).unwrap()
}
