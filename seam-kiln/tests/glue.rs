//! Components that lower more functions than kiln has room for modules.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use std::fmt::Write as _;

use seam_core::{Artifact, BackendExt, InstanceExt, Value, World};
use seam_kiln::{KilnBackend, KilnEngine};

use twin::Twin;

/// A component that lowers so many functions of the host, each of which gives a string; `call`
/// calls one of them.
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
        // In one glue module, and in two.
        for count in [60, 250] {
            let artifact = lowering(count);
            let mut guest = backend
                .instantiate_blocking(&artifact, &world(count))
                .unwrap();
            for i in 0..count {
                let (which, n) = (u32::try_from(i).unwrap(), 7u32);
                let result = guest.invoke("call", &[which.into(), n.into()]).unwrap();
                assert_eq!(result, Some(Value::from(format!("{i} 7").as_str())));
            }
        }
    }
}
