//! Limits, for core modules and for components.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seam_core::{
    Artifact, Backend, BackendExt, Capability, CoreCaller, CoreExtern, CoreFuncType, CoreValue,
    ErrorKind, InstanceExt, Limit, Limits, Result, Trap, Value, World,
};
use seam_wasmtime::Wasmtime;
use support::{instance, refusal, wat};

const GUEST: &str = r#"(module $m
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (func (export "spin") (loop br 0))
  (func $deep (export "deep") call $deep)
  (func (export "fine"))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// The same guest as a core module and as a component.
fn guests() -> [Artifact; 2] {
    let module = GUEST.replacen("(module", "(core module", 1);
    let component = format!(
        r#"(component
          {module}
          (core instance $i (instantiate $m))
          (func (export "spin") (canon lift (core func $i "spin")))
          (func (export "deep") (canon lift (core func $i "deep")))
          (func (export "fine") (canon lift (core func $i "fine")))
          (func (export "grow") (param "pages" s32) (result s32)
            (canon lift (core func $i "grow"))))"#
    );
    [wat(GUEST), wat(&component)]
}

fn world(limits: Limits) -> World {
    World::new().limits(limits)
}

#[test]
fn a_deadline_ends_a_wait_in_the_host() {
    let artifact = wat(r#"(component
          (import "wait" (func $wait))
          (core func $wait (canon lower (func $wait)))
          (core module $m (import "" "wait" (func $wait)) (func (export "run") call $wait))
          (core instance $i (instantiate $m
            (with "" (instance (export "wait" (func $wait))))))
          (func (export "run") (canon lift (core func $i "run"))))"#);
    let backend = Wasmtime::builder().deadline().build();
    let world = world(Limits::new().with_deadline(Duration::from_millis(50))).func_async(
        "wait",
        None,
        |_| std::future::pending::<Result<Option<Value>>>(),
    );
    let mut guest = instance(&backend, &artifact, &world);
    let error = guest.call_blocking("run", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline));
}

#[test]
fn what_is_too_large_from_the_start_is_refused() {
    for guest in guests() {
        for (limits, limit) in [
            (Limits::new().with_memory(1000), Limit::Memory),
            (Limits::new().with_table_elements(0), Limit::TableElements),
            (Limits::new().with_instances(0), Limit::Instances),
        ] {
            let error = refusal(&Wasmtime::new(), &guest, &world(limits));
            assert_eq!(*error.kind(), ErrorKind::Limit(limit), "{error:?}");
        }
    }
}

#[test]
fn endless_recursion_exhausts_the_stack_of_any_size() {
    for backend in [
        Wasmtime::new(),
        Wasmtime::builder().stack(64 << 10).build(),
        Wasmtime::builder().stack(4 << 20).build(),
    ] {
        for guest in guests() {
            let mut guest = instance(&backend, &guest, &World::new());
            let error = guest.call_blocking("deep", &[]).unwrap_err();
            assert_eq!(error.as_trap(), Some(&Trap::StackExhausted));
        }
    }
}

#[test]
fn calls_between_host_and_guest_nest_as_deep_as_allowed() {
    let artifact = wat(r#"(module (import "h" "f" (func $f)) (func (export "enter") call $f))"#);
    for levels in [1, 8, 9, 200, 1000] {
        let entered = Arc::new(AtomicU32::new(0));
        let count = entered.clone();
        let again = move |caller: &mut dyn CoreCaller, _: &[CoreValue], _: &mut [CoreValue]| {
            count.fetch_add(1, Ordering::Relaxed);
            match caller.caller_export("enter") {
                Some(CoreExtern::Func(enter)) => caller.call(enter, &[], &mut []),
                other => panic!("expected a function, found {other:?}"),
            }
        };
        let limits = Limits::new().with_host_depth(levels);
        let world = world(limits).core_func("h", "f", CoreFuncType::default(), again);
        let mut guest = instance(&Wasmtime::new(), &artifact, &world);
        let error = guest.call_blocking("enter", &[]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::HostDepth));
        assert_eq!(entered.load(Ordering::Relaxed), levels);
    }
}

/// A quarter of a thread's default stack.
#[test]
fn the_default_depth_of_host_recursion_needs_little_stack_of_the_caller() {
    let artifact = wat(r#"(module (import "h" "f" (func $f)) (func (export "enter") call $f))"#);
    let again = |caller: &mut dyn CoreCaller, _: &[CoreValue], _: &mut [CoreValue]| match caller
        .caller_export("enter")
    {
        Some(CoreExtern::Func(enter)) => caller.call(enter, &[], &mut []),
        other => panic!("expected a function, found {other:?}"),
    };
    let world = World::new().core_func("h", "f", CoreFuncType::default(), again);
    for backend in [
        Wasmtime::new(),
        Wasmtime::builder().inner_instances().build(),
    ] {
        let mut guest = instance(&backend, &artifact, &world);
        let small = std::thread::Builder::new().stack_size(512 << 10);
        let run = move || guest.call_blocking("enter", &[]).unwrap_err();
        let error = small.spawn(run).unwrap().join().unwrap();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::HostDepth));
    }
}

/// The engine reports this only as text.
#[test]
fn what_the_engine_can_never_allocate_is_beyond_its_capacity() {
    for items in [
        "(memory i64 0x1000000000000)",
        "(memory 0xffffffff (pagesize 1))",
        "(table 0xffffffff funcref)",
    ] {
        let component =
            format!("(component (core module $m {items}) (core instance (instantiate $m)))");
        for artifact in [wat(&format!("(module {items})")), wat(&component)] {
            let error = refusal(&Wasmtime::new(), &artifact, &World::new());
            let expected = ErrorKind::Limit(Limit::EngineCapacity);
            assert_eq!(*error.kind(), expected, "{items}: {error:?}");
        }
    }
}

#[test]
fn instances_take_slots_of_a_pool_and_give_them_back() {
    let builder = Wasmtime::builder().pooling(2);
    let backends: [Box<dyn Backend>; 2] = [
        Box::new(builder.clone().build()),
        Box::new(builder.build_layered()),
    ];
    for backend in backends {
        for guest in guests() {
            let mut one = instance(&*backend, &guest, &World::new());
            let other = instance(&*backend, &guest, &World::new());
            let error = refusal(&*backend, &guest, &World::new());
            let expected = ErrorKind::Limit(Limit::EngineCapacity);
            assert_eq!(*error.kind(), expected, "{error:?}");
            drop(other);
            let mut again = instance(&*backend, &guest, &World::new());
            for instance in [&mut one, &mut again] {
                instance.call_blocking("fine", &[]).unwrap();
                let grown = instance.call_blocking("grow", &[Value::S32(1)]).unwrap();
                assert_eq!(grown, Some(Value::S32(1)));
            }
        }
    }
}

#[test]
fn a_slot_is_clean_for_the_next_instance() {
    let backend = Wasmtime::builder().pooling(1).build();
    let artifact = wat(r#"(module
      (memory 1)
      (global $count (mut i32) (i32.const 0))
      (func (export "count") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (global.get $count)))
        (i32.store offset=65532 (i32.const 0) (i32.load (i32.const 0)))
        (i32.load offset=65532 (i32.const 0))))"#);
    for _ in 0..3 {
        let mut instance = instance(&backend, &artifact, &World::new());
        let count = instance.call_blocking("count", &[]).unwrap();
        assert_eq!(count, Some(Value::S32(1)));
    }
}

#[test]
fn what_fits_no_slot_is_beyond_the_capacity_of_the_engine() {
    let backend = Wasmtime::builder().pooling(2).build();
    for items in [
        "(table 20001 funcref)",
        "(memory i64 0x10001)",
        "(memory 1) (memory 1) (memory 1)",
        "(table 1 funcref) (table 1 funcref) (table 1 funcref)",
    ] {
        let component =
            format!("(component (core module $m {items}) (core instance (instantiate $m)))");
        for artifact in [wat(&format!("(module {items})")), wat(&component)] {
            assert!(Wasmtime::new().load_blocking(&artifact).is_ok(), "{items}");
            let Err(error) = backend.load_blocking(&artifact) else {
                panic!("expected no slot for {items}");
            };
            let expected = ErrorKind::Limit(Limit::EngineCapacity);
            assert_eq!(*error.kind(), expected, "{items}: {error:?}");
        }
    }
}

#[test]
fn a_pool_has_no_shared_memories() {
    let artifact = wat("(module (memory 1 1 shared))");
    let backend = Wasmtime::builder().pooling(2).build();
    assert!(!backend.info().capabilities.has(Capability::Threads));
    let Err(error) = backend.load_blocking(&artifact) else {
        panic!("expected no shared memory");
    };
    let expected = ErrorKind::Unsupported(Capability::Threads);
    assert_eq!(*error.kind(), expected, "{error:?}");
}
