//! Commands start at `wasi:cli/run`, whatever their core modules export.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::sync::{Arc, Mutex};

use seam_core::{Artifact, BackendExt, InstanceExt, World};
use seam_kiln::KilnBackend;

use twin::Twin;

#[test]
fn a_fused_component_starts_at_its_run_after_the_deferred_start() {
    let text = include_str!("fixtures/fused-component.wat");
    let artifact = Artifact::from_wat("fused-component", text).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = heard.clone();
    let world = World::new().func("test:host/log#log", move |(value,): (i32,)| {
        log.lock().unwrap().push(value);
        Ok(())
    });
    let backend = KilnBackend::new(Twin::new).unwrap();
    let mut instance = backend.instantiate_blocking(&artifact, &world).unwrap();
    assert_eq!(*heard.lock().unwrap(), [1], "the deferred start");
    let exit = instance.run_blocking().unwrap();
    assert_eq!(exit.code, 0);
    assert_eq!(*heard.lock().unwrap(), [1, 7]);
    let cores = instance.cores().unwrap();
    assert_eq!(cores.len(), 4, "stubs, fused, fixup and caller: {cores:?}");
    assert!(
        instance.resolve("_start").is_err(),
        "a core export is none of the component's"
    );
}
