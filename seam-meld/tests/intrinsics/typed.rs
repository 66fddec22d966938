//! Intrinsics below a fused module with component-level types.

use seam_core::{Artifact, BackendExt, ErrorKind, InstanceExt, World};
use seam_meld::{AsyncIntrinsics, Intrinsic, IntrinsicCalls};

use crate::guest::on_each;

/// A component that returns a number.
const UNFUSED: &str = r#"(component
    (core module $m (func (export "count") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (func (export "count") (param "number" u32) (result u32)
        (canon lift (core func $i "count"))))"#;

/// A fused module that writes as many bytes to a stream.
fn fused(memories: &str) -> String {
    format!(
        r#"(module
        (import "pulseengine:async" "stream_new" (func $new (result i64)))
        (import "pulseengine:async" "stream_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        {memories}
        (func (export "count") (param i32) (result i32)
            (call $write
                (i32.wrap_i64 (i64.shr_u (call $new) (i64.const 32)))
                (i32.const 0) (local.get 0) (i32.const 0))))"#
    )
}

fn artifact(memories: &str) -> Artifact {
    let unfused = Artifact::from_wat("unfused", UNFUSED).unwrap();
    let fused = Artifact::from_wat("fused", &fused(memories)).unwrap();
    fused.with_interface_of(&unfused)
}

#[test]
fn typed_calls_reach_the_intrinsics() {
    on_each(|backend| {
        let calls = IntrinsicCalls::new();
        let world = AsyncIntrinsics::new().log(&calls).add_to(World::new());
        let artifact = artifact(r#"(memory (export "memory") 1)"#);
        let mut instance = backend.instantiate_blocking(&artifact, &world).unwrap();
        let count: u32 = instance.call_typed_blocking("count", (5u32,)).unwrap();
        assert_eq!(count, 5);
        assert_eq!(calls.count(Intrinsic::StreamWrite), 1);
        let args = &calls.all()[1].args;
        assert_eq!(args[2], seam_core::CoreValue::I32(5));
    });
}

#[test]
fn several_memories_are_not_chosen_from() {
    on_each(|backend| {
        let two = r#"(memory (export "memory") 1) (memory (export "memory$1") 1)"#;
        let unbound = AsyncIntrinsics::new().add_to(World::new());
        let failed = backend.instantiate_blocking(&artifact(two), &unbound);
        let error = failed.map(|_| ()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Link, "{error}");
        assert!(error.message().contains("stream_write"), "{error}");
    });
}
