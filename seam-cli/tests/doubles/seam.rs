//! A `seam` command with backends that misbehave on purpose, for the acceptance tests.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "the doubles of tests panic"
)]

mod backend;
#[path = "../../../seam-component/tests/layer/panicking.rs"]
mod engine;

use std::process::ExitCode;

use seam_component::Layered;
use seam_core::Capability;
use seam_wasmi::Wasmi;

use backend::{Double, Stage};
use engine::Panicking;

fn main() -> ExitCode {
    seam_cli::main(seam_cli::backends![
        Wasmi::new(),
        Double::new("modest").without(Capability::Components),
        Double::new("panics-at-load").panicking(Stage::Load),
        Double::new("aborts-at-load").aborting(),
        Double::new("hangs-at-load").hanging(),
        Double::new("panics-at-instantiate").panicking(Stage::Instantiate),
        Layered::new(Panicking::new(
            "engine-panics-at-compile",
            engine::Stage::Compile
        )),
        Layered::new(Panicking::new(
            "engine-panics-at-instantiate",
            engine::Stage::Instantiate
        )),
        Layered::new(Panicking::new("engine-panics-at-call", engine::Stage::Call)),
    ])
}
