//! Each thread has its own context: that of a call, of `realloc`, of a start function.

use seam_core::{InstanceExt, Value};

use crate::{instance, layered_builds};

/// `f` sets its context to 5, calls a function that needs `realloc`, and returns ten times the context
/// that this function found, and its own. With a built-in of the asynchronous part, calls are tasks.
fn component(builtin: &str) -> String {
    format!(
        r#"(component
      {builtin}
      (component $callee
        (core func $get (canon context.get i32 0))
        (core func $set (canon context.set i32 0))
        (core module $libc
          (import "" "set" (func $set (param i32)))
          (memory (export "m") 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (call $set (i32.const 9))
            (i32.const 16)))
        (core instance $libc (instantiate $libc (with "" (instance
          (export "set" (func $set))))))
        (core module $m
          (import "" "get" (func $get (result i32)))
          (import "" "set" (func $set (param i32)))
          (func $begin (call $set (i32.const 3)))
          (start $begin)
          (func (export "f") (param i32 i32) (result i32)
            (call $get)
            (call $set (i32.const 6))))
        (core instance $i (instantiate $m (with "" (instance
          (export "get" (func $get)) (export "set" (func $set))))))
        (func (export "f") (param "s" string) (result u32)
          (canon lift (core func $i "f")
            (memory (core memory $libc "m")) (realloc (core func $libc "realloc")))))
      (instance $callee (instantiate $callee))
      (core func $get (canon context.get i32 0))
      (core func $set (canon context.set i32 0))
      (core module $libc (memory (export "m") 1))
      (core instance $libc (instantiate $libc))
      (core func $f (canon lower (func $callee "f") (memory (core memory $libc "m"))))
      (core module $m
        (import "" "get" (func $get (result i32)))
        (import "" "set" (func $set (param i32)))
        (import "" "f" (func $f (param i32 i32) (result i32)))
        (func $begin (call $set (i32.const 2)))
        (start $begin)
        (func (export "f") (result i32)
          (if (call $get) (then unreachable))
          (call $set (i32.const 5))
          (i32.add
            (i32.mul (call $f (i32.const 0) (i32.const 3)) (i32.const 10))
            (call $get))))
      (core instance $i (instantiate $m (with "" (instance
        (export "get" (func $get)) (export "set" (func $set)) (export "f" (func $f))))))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))"#
    )
}

#[test]
fn threads_have_a_context_each() {
    for builtin in ["", "(core func (canon waitable-set.new))"] {
        for build in layered_builds() {
            let mut guest = instance(&build, &component(builtin));
            for _ in 0..2 {
                let found = guest.call_blocking("f", &[]).unwrap();
                assert_eq!(found, Some(Value::U32(5)), "{builtin}");
            }
        }
    }
}

#[test]
fn a_wide_context_keeps_all_its_bits() {
    let guest = r#"(component
      (core func $get (canon context.get i64 0))
      (core func $set (canon context.set i64 0))
      (core module $m
        (import "" "get" (func $get (result i64)))
        (import "" "set" (func $set (param i64)))
        (func (export "f") (result i64)
          (call $set (i64.const 0x1_0000_0005))
          (call $get)))
      (core instance $i (instantiate $m (with "" (instance
        (export "get" (func $get)) (export "set" (func $set))))))
      (func (export "f") (result u64) (canon lift (core func $i "f"))))"#;
    for build in layered_builds() {
        let found = instance(&build, guest).call_blocking("f", &[]).unwrap();
        assert_eq!(found, Some(Value::U64(0x1_0000_0005)));
    }
}
