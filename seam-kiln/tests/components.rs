//! Components: their entry, and components that lower more functions than kiln has modules.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use seam_core::{Artifact, BackendExt, InstanceExt, Value, World};
use seam_kiln::{KilnBackend, KilnEngine};

use twin::Twin;

/// A command starts at `wasi:cli/run`, whatever its core modules export.
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
        "a core export is not an export of the component"
    );
}

/// Returns a component that lowers this many functions of the host, each of which returns a string.
/// Its `call` calls one of them.
fn lowering(count: usize) -> Artifact {
    let (mut imports, mut lowered) = (String::new(), String::new());
    let (mut items, mut given, mut calls) = (String::new(), String::new(), String::new());
    for i in 0..count {
        write!(
            imports,
            r#"(import "f{i}" (func $f{i} (param "n" u32) (result string)))"#
        )
        .unwrap();
        write!(
            lowered,
            r#"(core func $f{i} (canon lower (func $f{i})
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))"#
        )
        .unwrap();
        write!(items, r#"(import "" "f{i}" (func $f{i} (param i32 i32)))"#).unwrap();
        write!(given, r#"(export "f{i}" (func $f{i}))"#).unwrap();
        write!(
            calls,
            "(if (i32.eq (local.get 0) (i32.const {i}))
                (then (call $f{i} (local.get 1) (i32.const 16))))"
        )
        .unwrap();
    }
    let text = format!(
        r#"(component {imports}
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
        (core instance $libc (instantiate $libc))
        {lowered}
        (core module $m {items}
            (func (export "call") (param i32 i32) (result i32) {calls} (i32.const 16)))
        (core instance $m (instantiate $m (with "" (instance {given}))))
        (func (export "call") (param "which" u32) (param "n" u32) (result string)
            (canon lift (core func $m "call") (memory (core memory $libc "memory")))))"#
    );
    Artifact::from_wat("lowering", &text).unwrap()
}

fn world(count: usize) -> World {
    (0..count).fold(World::new(), |world, i| {
        world.func(&format!("f{i}"), move |(n,): (u32,)| Ok(format!("{i} {n}")))
    })
}

#[test]
fn a_component_lowers_more_functions_than_kiln_has_room_for_modules() {
    let engine = || KilnEngine::new(Twin::new).unwrap();
    for engine in [engine(), engine().direct_imports()] {
        let backend = KilnBackend::of(engine);
        // The functions fit in one glue module, and in two.
        for count in [60, 250] {
            let artifact = lowering(count);
            let mut guest = backend
                .instantiate_blocking(&artifact, &world(count))
                .unwrap();
            for i in 0..count {
                let (which, n) = (u32::try_from(i).unwrap(), 7u32);
                let result = guest
                    .call_blocking("call", &[which.into(), n.into()])
                    .unwrap();
                assert_eq!(result, Some(Value::from(format!("{i} 7").as_str())));
            }
        }
    }
}
