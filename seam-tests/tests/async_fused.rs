//! Asynchronous functions of core modules: the same calls must do the same as on the components that they
//! were made from, which native wasmtime runs.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use seam_core::{Artifact, Backend, BackendExt, InstanceExt, ProgramExt, Stub, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

type Calls = Vec<(&'static str, Vec<Value>)>;

/// A call, and how it ended.
type Seen = (String, Result<Option<Value>, String>);

fn fixture(name: &str) -> Artifact {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fused/tasks");
    Artifact::from_file(Path::new(folder).join(name)).unwrap()
}

/// Native wasmtime, which runs components.
fn oracle() -> Wasmtime {
    Wasmtime::builder().component_async().build()
}

/// The backends that run core modules with component-level types.
fn layered() -> [Box<dyn Backend>; 3] {
    [
        Box::new(Wasmtime::layered()),
        Box::new(Wasmi::new()),
        Box::new(Wasmi::builder().without_reentry().build()),
    ]
}

/// Makes calls in one instance.
fn seen(backend: &dyn Backend, artifact: &Artifact, world: &World, calls: &Calls) -> Vec<Seen> {
    let program = backend.load_blocking(artifact).unwrap();
    let mut instance = program.instantiate_blocking(world).unwrap();
    let called = calls.iter().map(|(name, args)| {
        let result = instance.call_blocking(*name, args);
        let result = result.map_err(|e| format!("{:?}", e.kind()));
        (format!("{name}{args:?}"), result)
    });
    called.collect()
}

#[test]
fn a_module_with_a_component_type_section_does_the_same_as_its_component() {
    let upper = "test:tasks/base@0.1.0#upper";
    let calls = vec![
        (upper, vec!["one".into(), 3u32.into()]),
        (upper, vec!["two".into(), 0u32.into()]),
        ("test:tasks/base@0.1.0#calls", vec![]),
    ];
    let expected = seen(&oracle(), &fixture("back.wasm"), &World::new(), &calls);
    let count = expected.last().map(|(_, result)| result.clone());
    assert_eq!(count, Some(Ok(Some(2u32.into()))));
    let module = fixture("back.module.wasm").with_component_type();
    for backend in layered() {
        let found = seen(&*backend, &module, &World::new(), &calls);
        assert_eq!(found, expected, "{}", backend.info().name);
    }
}

#[test]
fn a_fused_module_does_the_same_as_the_composition() {
    let calls = vec![
        (
            "test:tasks/desk@0.1.0#both",
            vec!["one".into(), "two".into()],
        ),
        (
            "test:tasks/desk@0.1.0#total",
            vec![Value::from(vec![1u32, 2, 3, 4, 5, 6, 7])],
        ),
        ("test:tasks/desk@0.1.0#spelled", vec!["spelled".into()]),
        ("test:tasks/desk@0.1.0#promised", vec!["abc".into()]),
        ("test:tasks/desk@0.1.0#calls", vec![]),
        ("test:tasks/desk@0.1.0#fail", vec![]),
    ];
    let composed = fixture("composed.wasm");
    let expected = seen(&oracle(), &composed, &World::new(), &calls);
    let (last, others) = expected.split_last().unwrap();
    assert_eq!(last.1, Err("Trap(Unreachable)".to_string()));
    assert!(others.iter().all(|(_, result)| result.is_ok()));
    let fused = fixture("multi.wasm").with_interface_of(&composed);
    // meld leaves imports of `pulseengine:async` that nothing calls.
    let world = World::new().stub(Stub::Trap);
    for backend in layered() {
        let found = seen(&*backend, &fused, &world, &calls);
        assert_eq!(found, expected, "{}", backend.info().name);
    }
}
