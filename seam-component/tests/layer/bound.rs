//! Components that would use up memory or time.

use std::fmt::Write as _;

use seam_core::{ErrorKind, HostCall, InstanceExt, Limit, Limits, List, Sink, World};

use crate::{builds, try_instance};

/// Returns how loading and instantiating an artifact ends, on each build.
fn limited(text: &str) {
    for backend in builds() {
        let failed = try_instance(&backend, text, &World::new());
        let error = failed.err().unwrap().error;
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
}

/// Makes a component that starts with `$c0`, and nests it so many levels deep. Each level instantiates
/// the previous one twice.
fn doubled(start: &str, levels: u32) -> String {
    let mut text = start.to_string();
    for level in 1..=levels {
        write!(
            text,
            "(component $c{level} (instance (instantiate $c{inner})) \
             (instance (instantiate $c{inner})))",
            inner = level - 1
        )
        .unwrap();
    }
    text + &format!("(instance (instantiate $c{levels})))")
}

#[test]
fn instances_that_double_are_a_limit() {
    limited(&doubled("(component (component $c0)", 29));
}

#[test]
fn definitions_that_multiply_are_a_limit() {
    // 4,000 types of 100 bytes, in 4,096 instances.
    let mut text = String::from("(component (component $c0");
    let ty = format!("(type (enum \"{}\"))", "a".repeat(96));
    text.push_str(&ty.repeat(4_000));
    text.push(')');
    limited(&doubled(&text, 12));
}

/// A component must not copy all types of its parent: 900 components after 100,000 types would be
/// 90,000,000 types.
#[test]
fn components_capture_what_they_use_alone() {
    let mut text = String::from("(component $root (type $t (list u8))");
    for _ in 0..100_000 {
        text.push_str("(type u8)");
    }
    for _ in 0..900 {
        text.push_str("(component (alias outer $root $t (type)))");
    }
    let text = text + ")";
    for backend in builds() {
        try_instance(&backend, &text, &World::new()).unwrap();
    }
}

#[test]
fn error_contexts_take_no_more_memory_than_lifted_values_may() {
    let text = r#"(component
      (core module $mem (memory (export "m") 1))
      (core instance $mem (instantiate $mem))
      (core func $new (canon error-context.new (memory (core memory $mem "m"))))
      (core func $drop (canon error-context.drop))
      (core module $m
        (import "" "new" (func $new (param i32 i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "keep") (drop (call $new (i32.const 0) (i32.const 40000))))
        (func (export "drop") (call $drop (call $new (i32.const 0) (i32.const 40000)))))
      (core instance $m (instantiate $m (with "" (instance
        (export "new" (func $new))
        (export "drop" (func $drop))))))
      (func (export "keep") (canon lift (core func $m "keep")))
      (func (export "drop") (canon lift (core func $m "drop"))))"#;
    let world = World::new().limits(Limits::new().with_lifted(100_000));
    let backend = seam_wasmi::Wasmi::new();
    let mut guest = try_instance(&backend, text, &world)
        .map_err(|e| e.error)
        .unwrap();
    for _ in 0..5 {
        guest.call_blocking("drop", &[]).unwrap();
    }
    guest.call_blocking("keep", &[]).unwrap();
    guest.call_blocking("keep", &[]).unwrap();
    let error = guest.call_blocking("keep", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Lifted));
}

struct Takes;

impl Sink for Takes {
    fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> seam_core::Result<()> {
        Ok(())
    }
}

/// The bound is on what is lifted at once: by a call, and by a copy of elements to the host.
#[test]
fn every_call_and_every_copy_may_lift_as_much_as_the_limit() {
    const LIST: &str = r#"(component
      (core module $m
        (memory (export "m") 1)
        (func (export "list") (result i32)
          (i32.store (i32.const 4) (i32.const 600))
          (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "list") (result (list u8))
        (canon lift (core func $i "list") (memory (core memory $i "m")))))"#;
    const STREAM: &str = r#"(component
      (type $s (stream u8))
      (core module $libc (memory (export "m") 1))
      (core instance $libc (instantiate $libc))
      (core func $new (canon stream.new $s))
      (core func $write (canon stream.write $s async (memory (core memory $libc "m"))))
      (core module $m
        (import "" "new" (func $new (result i64)))
        (import "" "write" (func $write (param i32 i32 i32) (result i32)))
        (global $ends (mut i64) (i64.const 0))
        (func (export "make") (result i32)
          (global.set $ends (call $new))
          (i32.wrap_i64 (global.get $ends)))
        (func $write-some
          (if (i32.ne
                (call $write
                  (i32.wrap_i64 (i64.shr_u (global.get $ends) (i64.const 32)))
                  (i32.const 0) (i32.const 600))
                (i32.const 9600))
            (then unreachable)))
        (func (export "write") (call $write-some) (call $write-some) (call $write-some)))
      (core instance $i (instantiate $m (with "" (instance
        (export "new" (func $new)) (export "write" (func $write))))))
      (func (export "make") (result $s) (canon lift (core func $i "make")))
      (func (export "write") (canon lift (core func $i "write"))))"#;
    let world = World::new().limits(Limits::new().with_lifted(1_000));
    for backend in builds() {
        let mut guest = try_instance(&backend, LIST, &world)
            .map_err(|e| e.error)
            .unwrap();
        for _ in 0..3 {
            assert!(guest.call_blocking("list", &[]).unwrap().is_some());
        }
        let mut guest = try_instance(&backend, STREAM, &world)
            .map_err(|e| e.error)
            .unwrap();
        let made = guest.call_blocking("make", &[]).unwrap().unwrap();
        guest.connect(&made, Box::new(Takes)).unwrap();
        guest.call_blocking("write", &[]).unwrap();
    }
}

/// A call between guests goes through a host function, and takes native stack.
#[test]
fn calls_between_guests_are_levels_of_recursion() {
    let chain = r#"(component
      (component $last
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))
      (component $middle
        (import "f" (func $f))
        (core func $f' (canon lower (func $f)))
        (core module $m
          (import "" "f" (func $f))
          (func (export "f") (call $f)))
        (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
        (func (export "f") (canon lift (core func $i "f"))))
      (instance $last (instantiate $last))
      (instance $middle (instantiate $middle (with "f" (func $last "f"))))
      (instance $first (instantiate $middle (with "f" (func $middle "f"))))
      (export "f" (func $first "f")))"#;
    let destructor = r#"(component
      (core module $dtor (func (export "f") (param i32)))
      (core instance $dtor (instantiate $dtor))
      (type $r (resource (rep i32) (dtor (core func $dtor "f"))))
      (core func $new (canon resource.new $r))
      (core func $drop (canon resource.drop $r))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "f")
          (call $drop (call $new (i32.const 1)))
          (call $drop (call $new (i32.const 2)))))
      (core instance $i (instantiate $m (with "" (instance
        (export "new" (func $new)) (export "drop" (func $drop))))))
      (func (export "f") (canon lift (core func $i "f"))))"#;
    for (text, levels) in [(chain, 2), (destructor, 1)] {
        for backend in builds() {
            let called = |depth| {
                let limits = Limits::new().with_host_depth(depth);
                let world = World::new().limits(limits);
                let guest = try_instance(&backend, text, &world);
                let mut guest = guest.map_err(|failed| failed.error).unwrap();
                guest.call_blocking("f", &[])
            };
            called(levels).unwrap();
            let error = called(levels - 1).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Limit(Limit::HostDepth));
        }
    }
}
