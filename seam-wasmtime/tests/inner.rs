//! The core instances inside a component.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use seam_core::{Backend, Capability, ErrorKind, Memories, Query, World};
use seam_core::{CoreValue, InstanceExt};
use seam_wasmtime::Wasmtime;
use support::{fixture, instance, wat};

fn inner() -> Wasmtime {
    Wasmtime::builder().inner_instances().build()
}

#[test]
fn counters_inside_a_component_are_seen() {
    let mut greet = instance(&inner(), &fixture("greet/greet.wasm"), &World::new());
    for _ in 0..3 {
        greet
            .call_blocking("test:guest/strs#shout", &["a".into()])
            .unwrap();
    }
    let snapshot = greet.snapshot(&Query::new()).unwrap();
    let counters = snapshot.counters("__witness_counter_");
    assert_eq!(counters.into_iter().collect::<Vec<_>>(), [(0, 0), (1, 3)]);
}

#[test]
fn core_instances_at_every_depth_have_their_paths() {
    let mut nested = instance(&inner(), &fixture("core/nested.wat"), &World::new());
    let cores = nested.cores().unwrap();
    let mut paths: Vec<String> = cores.iter().map(|core| core.path.to_string()).collect();
    paths.sort();
    assert_eq!(paths, ["0", "0/0", "0/0/0", "1", "1/0", "2/0"]);
    nested.call_blocking("bump-second", &[]).unwrap();
    nested.call_blocking("bump-deep", &[]).unwrap();
    let snapshot = nested.snapshot(&Query::new()).unwrap();
    let bumped: Vec<String> = (snapshot.instances.iter())
        .filter(|core| {
            core.globals
                .values()
                .any(|value| *value == CoreValue::I64(1))
        })
        .map(|core| core.path.to_string())
        .collect();
    assert_eq!(bumped, ["0/0/0", "1/0", "2/0"]);
}

#[test]
fn adapters_that_the_engine_makes_do_not_show() {
    let mut composed = instance(&inner(), &fixture("compose/composed.wasm"), &World::new());
    let expected = seam_decode::validate(&fixture("compose/composed.wasm")).unwrap();
    let mut expected: Vec<_> = (expected.core_instances().iter())
        .map(|core| core.path.clone())
        .collect();
    expected.sort();
    let cores = composed.cores().unwrap();
    let found: Vec<_> = cores.into_iter().map(|core| core.path).collect();
    assert_eq!(found, expected);
}

#[test]
fn inner_functions_and_memories_are_reached() {
    let artifact = wat(r#"(component
          (import "tick" (func $tick (result u32)))
          (core func $tick (canon lower (func $tick)))
          (core module $m
            (import "" "tick" (func $tick (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 4) "abc")
            (func (export "twice") (param i32) (result i32)
              (i32.mul (local.get 0) (call $tick))))
          (core instance $i (instantiate $m
            (with "" (instance (export "tick" (func $tick)))))))"#);
    let world = World::new().func("tick", |(): ()| Ok(2_u32));
    let mut guest = instance(&inner(), &artifact, &world);
    let at = "0".parse().unwrap();
    let twice = guest.call_core(&at, "twice", &[CoreValue::I32(21)]);
    assert_eq!(twice.unwrap(), [CoreValue::I32(42)]);
    assert_eq!(guest.read_memory(&at, "memory", 4, 3).unwrap(), b"abc");
    guest.write_memory(&at, "memory", 5, b"x").unwrap();
    assert_eq!(guest.read_memory(&at, "memory", 4, 3).unwrap(), b"axc");
    let past = guest.read_memory(&at, "memory", 65_535, 2).unwrap_err();
    assert_eq!(*past.kind(), ErrorKind::Misuse);
}

#[test]
fn a_snapshot_works_after_a_trap() {
    let artifact = wat(r#"(component
          (core module $m
            (memory (export "memory") 1)
            (global $g (export "g") (mut i32) (i32.const 0))
            (func (export "trap") (global.set $g (i32.const 7)) unreachable))
          (core instance $i (instantiate $m))
          (func (export "trap") (canon lift (core func $i "trap"))))"#);
    let mut guest = instance(&inner(), &artifact, &World::new());
    guest.call_blocking("trap", &[]).unwrap_err();
    let query = Query::new().with_memories(Memories::Digest);
    let snapshot = guest.snapshot(&query).unwrap();
    assert_eq!(
        snapshot.instances[0].globals.get("g"),
        Some(&CoreValue::I32(7))
    );
    assert_eq!(snapshot.instances[0].memories["memory"].size, 65_536);
}

#[test]
fn a_build_that_cannot_see_inside_says_so() {
    let backend = Wasmtime::new();
    assert!(!backend.info().capabilities.has(Capability::InnerGlobals));
    let mut greet = instance(&backend, &fixture("greet/greet.wasm"), &World::new());
    let unsupported = ErrorKind::Unsupported(Capability::InnerGlobals);
    assert_eq!(*greet.cores().unwrap_err().kind(), unsupported);
    let error = greet.snapshot(&Query::new()).unwrap_err();
    assert_eq!(*error.kind(), unsupported);
}
