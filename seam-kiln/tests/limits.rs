//! kiln's capacities, and the time that it takes to load modules.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seam_core::{
    Artifact, BackendExt, CoreEngine, ErrorKind, HostState, InstanceExt, Limit, Limits, Stub,
    Value, World,
};
use seam_kiln::{KilnBackend, KilnEngine};

use twin::Twin;
use twin::odd::{Odd, OddTwin};

#[test]
fn exceeding_a_capacity_is_a_limit_that_names_it() {
    let engine = KilnEngine::new(Twin::new).unwrap();
    let empty = Artifact::from_wat("empty", "(module)").unwrap();
    let module = seam_decode::compile(&engine, empty.bytes()).unwrap();
    let mut store = engine.store(&Limits::new(), HostState::none()).unwrap();
    for _ in 0..32 {
        store.instantiate(&module, &[]).unwrap();
    }
    let error = store.instantiate(&module, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
    let text = "expected at most 32 modules in an engine, including generated ones, kiln's maximum, \
                found 33";
    assert_eq!(error.to_string(), text);
}

#[test]
fn own_names_of_imports_that_exceed_a_capacity_are_a_limit() {
    let engine = KilnEngine::new(Twin::new).unwrap().direct_imports();
    let backend = KilnBackend::of(engine);
    let nothing = |count: usize, field: usize| {
        let import = |index: usize| format!("(import \"m\" \"{index:0field$}\" (func))");
        let text: String = (0..count).map(import).collect();
        let artifact = Artifact::from_wat("imports", &format!("(module {text})")).unwrap();
        let world = World::new().stub(Stub::Trap);
        backend.instantiate_blocking(&artifact, &world).map(drop)
    };
    nothing(256, 113).unwrap();
    for (count, field, text) in [
        (
            257,
            3,
            "256 functions imported under one module name, kiln's maximum, found 257",
        ),
        (
            1,
            114,
            "113 bytes in the field name of an import, kiln's maximum, found 114",
        ),
    ] {
        let error = nothing(count, field).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        assert!(error.message().ends_with(text), "{error}");
    }
}

#[test]
fn loading_stops_at_its_time_limit() {
    let text = r#"(module (func (export "one") (result i32) i32.const 1))"#;
    let artifact = Artifact::from_wat("one", text).unwrap();
    let enough = Duration::from_secs(3600);
    let quick = KilnEngine::new(Twin::new).unwrap().load_within(enough);
    let mut instance = KilnBackend::of(quick)
        .instantiate_blocking(&artifact, &World::new())
        .unwrap();
    assert_eq!(
        instance.call_blocking("one", &[]).unwrap(),
        Some(Value::S32(1))
    );
    // `KilnEngine::new` probes the first engine.
    let made = AtomicBool::new(false);
    let make = move || {
        Ok(match made.swap(true, Ordering::Relaxed) {
            false => OddTwin(Twin::new()?, Odd::NoError),
            true => OddTwin(Twin::new()?, Odd::NoLoad),
        })
    };
    let stuck = KilnEngine::new(make)
        .unwrap()
        .load_within(Duration::from_millis(1));
    let module = seam_decode::compile(&stuck, artifact.bytes()).unwrap();
    let mut store = stuck.store(&Limits::new(), HostState::none()).unwrap();
    for _ in 0..2 {
        let error = store.instantiate(&module, &[]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline));
        let text = "expected kiln to load a store's modules within the time given";
        assert!(error.to_string().starts_with(text), "{error}");
    }
    assert_eq!(store.fuel_consumed(), None);
}
