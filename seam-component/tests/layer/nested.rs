//! Blocking without native stacks of their own, compared with an engine that suspends calls: the same
//! observations, or `Unsupported(StackfulAsync)`.

use seam_core::{
    Args, Call, CanonTrap, Capability, ErrorKind, Instance, InstanceExt, Result, Trap, Value,
};

use crate::{instance, layered_builds};

/// `a` and `b` wait for a future each, without a callback. `write-a` and `write-b` write them. `forever`
/// waits for a future that nobody writes, and `returns` does after it has returned. `twice` waits and
/// then yields. `insists` is of a synchronous type and lets others run. `others` tells how many of them
/// ran in the meantime. `runs` counts.
const WAITING: &str = r#"(component
  (type $f (future u32))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $new (canon future.new $f))
  (core func $read (canon future.read $f (memory $m)))
  (core func $write (canon future.write $f async (memory $m)))
  (core func $return (canon task.return (result u32)))
  (core func $yield (canon thread.yield))
  (core module $m
    (import "" "m" (memory 1))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "yield" (func $yield (result i32)))
    (global $a (mut i64) (i64.const 0))
    (global $b (mut i64) (i64.const 0))
    (global $ran (mut i32) (i32.const 0))
    (func $begin (global.set $a (call $new)) (global.set $b (call $new)))
    (start $begin)
    (func $get (param $ends i64) (result i32)
      (if (call $read (i32.wrap_i64 (local.get $ends)) (i32.const 8)) (then unreachable))
      (i32.load (i32.const 8)))
    (func $put (param $ends i64) (param $value i32)
      (i32.store (i32.const 16) (local.get $value))
      (if (call $write
            (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 16))
        (then unreachable)))
    (func (export "a") (call $return (call $get (global.get $a))))
    (func (export "b") (call $return (call $get (global.get $b))))
    (func (export "write-a") (call $put (global.get $a) (i32.const 1)))
    (func (export "write-b") (call $put (global.get $b) (i32.const 2)))
    (func (export "forever") (drop (call $get (call $new))) unreachable)
    (func (export "returns")
      (call $return (i32.const 3))
      (drop (call $get (call $new)))
      unreachable)
    (func (export "twice") (result i32)
      (global.set $ran (call $get (global.get $a)))
      (i32.const 1 (; YIELD ;)))
    (func (export "again") (param i32 i32 i32) (result i32)
      (call $return (global.get $ran))
      (i32.const 0 (; EXIT ;)))
    (func (export "insists") (result i32)
      (global.set $ran (i32.const 0))
      (drop (call $yield))
      (drop (call $yield))
      (global.get $ran))
    (func (export "runs") (global.set $ran (i32.add (global.get $ran) (i32.const 1)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "m" (memory $m))
    (export "new" (func $new))
    (export "read" (func $read))
    (export "write" (func $write))
    (export "return" (func $return))
    (export "yield" (func $yield))))))
  (func (export "a") async (result u32) (canon lift (core func $i "a") async))
  (func (export "b") async (result u32) (canon lift (core func $i "b") async))
  (func (export "write-a") (canon lift (core func $i "write-a")))
  (func (export "write-b") (canon lift (core func $i "write-b")))
  (func (export "forever") async (result u32) (canon lift (core func $i "forever") async))
  (func (export "returns") async (result u32) (canon lift (core func $i "returns") async))
  (func (export "twice") async (result u32)
    (canon lift (core func $i "twice") async (callback (core func $i "again"))))
  (func (export "insists") (result u32) (canon lift (core func $i "insists")))
  (func (export "runs") (canon lift (core func $i "runs"))))"#;

fn start(guest: &mut dyn Instance, export: &str) -> Call {
    let func = guest.resolve(export).unwrap();
    guest.start(&func, Args::Values(&[])).unwrap()
}

/// Starts all calls, and returns the outcome of the first.
pub(crate) fn first_of(guest: &mut dyn Instance, exports: &[&str]) -> Result<Option<Value>> {
    let calls: Vec<_> = exports.iter().map(|export| start(guest, export)).collect();
    let mut calls = calls.into_iter();
    let first = calls.next().unwrap();
    guest.drive_blocking(&first)?;
    guest.take(first)
}

/// Whether a build keeps a native stack for each thread.
pub(crate) fn suspends(build: usize) -> bool {
    build == 0
}

pub(crate) fn needs_a_second_stack(found: Result<Option<Value>>) {
    let found = found.map_err(|error| error.kind().clone());
    let expected = ErrorKind::Unsupported(Capability::StackfulAsync);
    assert_eq!(found, Err(expected));
}

#[test]
fn a_thread_goes_on_when_those_above_it_have_ended() {
    for build in layered_builds() {
        let mut guest = instance(&build, WAITING);
        let found = first_of(&mut *guest, &["a", "b", "write-b", "write-a"]);
        assert_eq!(found.unwrap(), Some(Value::U32(1)));
        let found = guest.call_blocking("insists", &[]).unwrap();
        assert_eq!(found, Some(Value::U32(0)));
    }
}

#[test]
fn a_thread_below_a_blocked_one_cannot_go_on() {
    for (index, build) in layered_builds().into_iter().enumerate() {
        let mut guest = instance(&build, WAITING);
        let found = first_of(&mut *guest, &["a", "b", "write-a"]);
        match suspends(index) {
            true => assert_eq!(found.unwrap(), Some(Value::U32(1))),
            false => needs_a_second_stack(found),
        }
    }
}

#[test]
fn a_thread_that_has_blocked_yields() {
    for build in layered_builds() {
        let mut guest = instance(&build, WAITING);
        let found = first_of(&mut *guest, &["twice", "write-a"]);
        assert_eq!(found.unwrap(), Some(Value::U32(1)));
    }
}

#[test]
fn a_wait_that_nothing_ends_is_a_deadlock() {
    for build in layered_builds() {
        let mut guest = instance(&build, WAITING);
        let error = guest.call_blocking("forever", &[]).unwrap_err();
        let expected = Trap::Canon(CanonTrap::Deadlock);
        assert_eq!(error.as_trap(), Some(&expected));
    }
}

#[test]
fn a_call_that_has_returned_does_not_end_in_a_deadlock() {
    for (index, build) in layered_builds().into_iter().enumerate() {
        let mut guest = instance(&build, WAITING);
        let found = guest.call_blocking("returns", &[]);
        match suspends(index) {
            true => assert_eq!(found.unwrap(), Some(Value::U32(3))),
            false => needs_a_second_stack(found),
        }
    }
}

#[test]
fn a_function_of_a_synchronous_type_lets_no_other_call_begin() {
    for build in layered_builds() {
        let mut guest = instance(&build, WAITING);
        let found = first_of(&mut *guest, &["insists", "runs"]);
        assert_eq!(found.unwrap(), Some(Value::U32(0)));
    }
}
