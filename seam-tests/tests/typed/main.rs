//! Typed calls with every Rust form, on real runtimes and components.

#![deny(warnings)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod any;
mod collection;
mod host;
mod kind;
mod lint;
mod misuse;
mod resource;
mod wrong_parts;

use std::fmt::Debug;

use seam_core::typed::Liftable;
use seam_core::{Artifact, Backend, BackendExt, Instance, InstanceExt, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// The component model of seam-component and the native one of wasmtime.
fn backends() -> [Box<dyn Backend>; 2] {
    [Box::new(Wasmi::new()), Box::new(Wasmtime::new())]
}

/// An instance on each backend.
fn instances(artifact: &Artifact, world: &World) -> Vec<Box<dyn Instance>> {
    let make = |backend: Box<dyn Backend>| backend.instantiate_blocking(artifact, world).unwrap();
    backends().into_iter().map(make).collect()
}

/// An instance of a component in the text format on each backend.
fn of_text(text: &str, world: &World) -> Vec<Box<dyn Instance>> {
    instances(&Artifact::from_wat("test.wat", text).unwrap(), world)
}

/// An instance of the fixture with all types on each backend.
fn types() -> Vec<Box<dyn Instance>> {
    instances(&seam_tests::fixtures::types().unwrap(), &World::new())
}

/// The full name of a function of the fixture with all types.
fn echo(name: &str) -> String {
    format!("test:types/echo@1.0.0#echo-{name}")
}

/// Passes a value to a function that returns it.
fn check_echo<T: Liftable + PartialEq + Debug>(
    instances: &mut [Box<dyn Instance>],
    function: &str,
    value: &T,
) {
    for instance in instances {
        let found: T = instance.call_typed_blocking(function, (value,)).unwrap();
        assert_eq!(found, *value, "{function}");
    }
}
