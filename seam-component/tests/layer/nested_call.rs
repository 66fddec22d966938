//! Callers that block below their callees, without native stacks of their own.

use seam_core::{CanonTrap, InstanceExt, Trap, Value};

use crate::nested::{first_of, needs_a_second_stack, suspends};
use crate::{instance, layered_builds};

/// `x` waits until it is released. `x2` does, returns, and waits for ever. `t` waits until it is
/// cancelled, and then until it is released.
const INNER: &str = r#"(component $inner
  (type $f (future u32))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $new (canon future.new $f))
  (core func $read (canon future.read $f (memory $m)))
  (core func $write (canon future.write $f async (memory $m)))
  (core func $set (canon waitable-set.new))
  (core func $return (canon task.return))
  (core func $cancel (canon task.cancel))
  (core module $m
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32) (result i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "return" (func $return))
    (import "" "cancel" (func $cancel))
    (global $gate (mut i64) (i64.const 0))
    (func $close (global.set $gate (call $new)))
    (start $close)
    (func $pass
      (if (call $read (i32.wrap_i64 (global.get $gate)) (i32.const 8)) (then unreachable))
      (call $close))
    (func (export "release")
      (if (call $write
            (i32.wrap_i64 (i64.shr_u (global.get $gate) (i64.const 32))) (i32.const 16))
        (then unreachable)))
    (func (export "x") (call $pass) (call $return))
    (func (export "x2") (call $pass) (call $return) (call $pass))
    (func (export "t") (result i32) (i32.or (i32.const 2) (i32.shl (call $set) (i32.const 4))))
    (func (export "t-event") (param i32 i32 i32) (result i32)
      (if (i32.ne (local.get 0) (i32.const 6)) (then unreachable))
      (call $pass)
      (call $cancel)
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new))
    (export "read" (func $read))
    (export "write" (func $write))
    (export "set" (func $set))
    (export "return" (func $return))
    (export "cancel" (func $cancel))))))
  (func (export "release") (canon lift (core func $i "release")))
  (func (export "x") async (canon lift (core func $i "x") async))
  (func (export "x2") async (canon lift (core func $i "x2") async))
  (func (export "t") async
    (canon lift (core func $i "t") async (callback (core func $i "t-event")))))"#;

/// `c` yields, waits for `x`, yields again, and ends when it is cancelled. `c2` waits for `x2`.
const MIDDLE: &str = r#"(component $middle
  (import "x" (func $x async))
  (import "x2" (func $x2 async))
  (core func $x' (canon lower (func $x)))
  (core func $x2' (canon lower (func $x2)))
  (core func $return (canon task.return (result u32)))
  (core func $cancel (canon task.cancel))
  (core module $m
    (import "" "x" (func $x))
    (import "" "x2" (func $x2))
    (import "" "return" (func $return (param i32)))
    (import "" "cancel" (func $cancel))
    (func (export "c") (result i32) (i32.const 1))
    (func (export "c-event") (param i32 i32 i32) (result i32)
      (if (result i32) (i32.eq (local.get 0) (i32.const 6))
        (then (call $cancel) (i32.const 0))
        (else (call $x) (i32.const 1))))
    (func (export "c2") (call $x2) (call $return (i32.const 5))))
  (core instance $i (instantiate $m (with "" (instance
    (export "x" (func $x'))
    (export "x2" (func $x2'))
    (export "return" (func $return))
    (export "cancel" (func $cancel))))))
  (func (export "c") async
    (canon lift (core func $i "c") async (callback (core func $i "c-event"))))
  (func (export "c2") async (result u32) (canon lift (core func $i "c2") async)))"#;

/// `cancel-t` cancels `t` and waits for its end. `join` joins its subtask to a set. `cancel-c` cancels `c`
/// while that waits for `x`. Both return the state of the subtask.
const OUTER: &str = r#"(component $outer
  (import "release" (func $release))
  (import "t" (func $t async))
  (import "c" (func $c async))
  (core func $release' (canon lower (func $release)))
  (core func $t' (canon lower (func $t) async))
  (core func $c' (canon lower (func $c) async))
  (core func $return (canon task.return (result u32)))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $drop (canon subtask.drop))
  (core func $cancel (canon subtask.cancel))
  (core func $cancel-async (canon subtask.cancel async))
  (core module $m
    (import "" "release" (func $release))
    (import "" "t" (func $t (result i32)))
    (import "" "c" (func $c (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "cancel-async" (func $cancel-async (param i32) (result i32)))
    (global $subtask (mut i32) (i32.const 0))
    (global $joined (mut i32) (i32.const 0))
    (global $requested (mut i32) (i32.const 0))
    (func (export "cancel-t")
      (local $state i32)
      (global.set $subtask (i32.shr_u (call $t) (i32.const 4)))
      (local.set $state (call $cancel (global.get $subtask)))
      (call $join (global.get $subtask) (call $set))
      (call $drop (global.get $subtask))
      (call $return (local.get $state)))
    (func (export "join") (call $join (global.get $subtask) (call $set)))
    (func (export "release") (call $release))
    (func (export "cancel-c") (result i32)
      (global.set $requested (i32.const 0))
      (global.set $subtask (i32.shr_u (call $c) (i32.const 4)))
      (i32.const 1))
    (func (export "cancel-c-event") (param i32 i32 i32) (result i32)
      (if (i32.eqz (global.get $requested)) (then
        (global.set $requested (i32.const 1))
        (if (i32.ne (call $cancel-async (global.get $subtask)) (i32.const -1))
          (then unreachable))
        (call $release)
        (global.set $joined (call $set))
        (call $join (global.get $subtask) (global.get $joined))
        (return (i32.or (i32.const 2) (i32.shl (global.get $joined) (i32.const 4))))))
      (if (i32.ne (local.get 0) (i32.const 1)) (then unreachable))
      (call $drop (global.get $subtask))
      (call $return (local.get 2))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "release" (func $release'))
    (export "t" (func $t'))
    (export "c" (func $c'))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "join" (func $join))
    (export "drop" (func $drop))
    (export "cancel" (func $cancel))
    (export "cancel-async" (func $cancel-async))))))
  (func (export "cancel-t") async (result u32) (canon lift (core func $i "cancel-t") async))
  (func (export "join") (canon lift (core func $i "join")))
  (func (export "release") (canon lift (core func $i "release")))
  (func (export "cancel-c") async (result u32)
    (canon lift (core func $i "cancel-c") async (callback (core func $i "cancel-c-event")))))"#;

/// `CANCELLED_BEFORE_RETURNED`
const CANCELLED: Option<Value> = Some(Value::U32(4));

fn component() -> String {
    format!(
        r#"(component {INNER} {MIDDLE} {OUTER}
        (instance $inner (instantiate $inner))
        (instance $middle (instantiate $middle
          (with "x" (func $inner "x")) (with "x2" (func $inner "x2"))))
        (instance $outer (instantiate $outer
          (with "release" (func $inner "release"))
          (with "t" (func $inner "t"))
          (with "c" (func $middle "c"))))
        (export "cancel-t" (func $outer "cancel-t"))
        (export "join" (func $outer "join"))
        (export "release" (func $outer "release"))
        (export "cancel-c" (func $outer "cancel-c"))
        (export "c2" (func $middle "c2")))"#
    )
}

#[test]
fn a_subtask_is_cancelled_below_its_task() {
    for build in layered_builds() {
        let mut guest = instance(&build, &component());
        for _ in 0..2 {
            let found = first_of(&mut *guest, &["cancel-t", "release"]);
            assert_eq!(found.unwrap(), CANCELLED);
        }
    }
}

#[test]
fn a_subtask_whose_end_a_caller_waits_for_stays_where_it_is() {
    for build in layered_builds() {
        let mut guest = instance(&build, &component());
        let error = first_of(&mut *guest, &["cancel-t", "join"]).unwrap_err();
        let expected = Trap::Canon(CanonTrap::InWaitableSet);
        assert_eq!(error.as_trap(), Some(&expected));
    }
}

#[test]
fn a_request_to_cancel_waits_for_a_caller_below_its_callee() {
    for build in layered_builds() {
        let mut guest = instance(&build, &component());
        for _ in 0..3 {
            let found = guest.call_blocking("cancel-c", &[]);
            assert_eq!(found.unwrap(), CANCELLED);
        }
    }
}

#[test]
fn a_caller_cannot_go_on_below_a_callee_that_waits_after_its_return() {
    for (index, build) in layered_builds().into_iter().enumerate() {
        let mut guest = instance(&build, &component());
        let found = first_of(&mut *guest, &["c2", "release"]);
        match suspends(index) {
            true => assert_eq!(found.unwrap(), Some(Value::U32(5))),
            false => needs_a_second_stack(found),
        }
    }
}
