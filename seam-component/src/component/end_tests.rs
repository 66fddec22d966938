//! What is left in a store of start functions, of destructors, and of what glue does for a call that fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use seam_core::{Artifact, CoreEngine, Instance, InstanceExt, Trap, Value, World};
use seam_wasmi::{Wasmi, WasmiEngine};

use super::instance::ComponentInstance;
use super::program::ComponentProgram;
use crate::instance::LayeredInstance;
use crate::state::Running;

/// `f` passes a string on to another guest, which traps in its function or in its `realloc`.
fn component(realloc: &str, callee: &str) -> String {
    format!(
        r#"(component
      (component $callee
        (core module $m
          (memory (export "m") 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
          (func (export "f") (param i32 i32) {callee}))
        (core instance $i (instantiate $m))
        (func (export "f") (param "s" string)
          (canon lift (core func $i "f") (memory (core memory $i "m"))
            (realloc (core func $i "realloc")))))
      (instance $callee (instantiate $callee))
      (core module $libc (memory (export "m") 1))
      (core instance $libc (instantiate $libc))
      (core func $f (canon lower (func $callee "f") (memory (core memory $libc "m"))))
      (core module $m
        (import "" "f" (func $f (param i32 i32)))
        (func (export "f") (call $f (i32.const 0) (i32.const 3))))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "f") (canon lift (core func $i "f"))))"#
    )
}

fn instance(engine: Arc<dyn CoreEngine>, text: &str) -> LayeredInstance<ComponentInstance> {
    let artifact = Artifact::from_wat("test", text).unwrap();
    let program = ComponentProgram::load(engine, "layer", &artifact).unwrap();
    let Ok(instance) = program.instance(&World::new()) else {
        panic!("expected an instance");
    };
    instance
}

#[test]
fn no_context_is_left_of_a_start_function() {
    let text = r#"(component
      (core func $set (canon context.set i32 0))
      (core module $m
        (import "" "set" (func $set (param i32)))
        (func $begin (call $set (i32.const 2)))
        (start $begin))
      (core instance (instantiate $m (with "" (instance (export "set" (func $set)))))))"#;
    let mut instance = instance(Arc::new(WasmiEngine::new()), text);
    let running = Running::of(instance.store()).unwrap();
    // That of a caller outside every guest.
    assert_eq!(running.threads.len(), 1);
}

#[test]
fn no_job_is_left_of_a_call_that_failed() {
    for (realloc, callee) in [("(i32.const 16)", "unreachable"), ("unreachable", "")] {
        let engine = Arc::new(Wasmi::builder().without_reentry().build_engine());
        let mut instance = instance(engine, &component(realloc, callee));
        let error = instance.call_blocking("f", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Unreachable), "{error}");
        let running = Running::of(instance.store()).unwrap();
        assert!(running.jobs.is_empty(), "{realloc} {callee}");
    }
}

#[test]
fn no_call_is_left_of_a_destructor_that_failed() {
    let text = r#"(component
      (core module $dtor (func (export "f") (param i32) unreachable))
      (core instance $dtor (instantiate $dtor))
      (type $r' (resource (rep i32) (dtor (core func $dtor "f"))))
      (export $r "r" (type $r'))
      (core func $new (canon resource.new $r'))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (result i32) (call $new (i32.const 1))))
      (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
      (func (export "make") (result (own $r)) (canon lift (core func $m "make"))))"#;
    let mut instance = instance(Arc::new(WasmiEngine::new()), text);
    let Some(Value::Own(made)) = instance.call_blocking("make", &[]).unwrap() else {
        panic!("expected a resource");
    };
    let error = instance.drop_resource(&made).unwrap_err();
    assert_eq!(error.as_trap(), Some(&Trap::Unreachable));
    assert!(Running::of(instance.store()).unwrap().frames.is_empty());
}
