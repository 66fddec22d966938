//! Which tasks hold an instance, and which go on first.

use seam_core::{Instance, InstanceExt, Value};
use seam_wasmi::Wasmi;

use crate::{instance, layered_builds};

/// `holds` lets others run in the middle of a function with a callback, so that it holds the instance,
/// and then notes that it goes on. `now` returns at once.
const CALLEE: &str = r#"(component $callee
  (core func $return (canon task.return))
  (core func $yield (canon thread.yield))
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core module $m
    (import "" "return" (func $return))
    (import "" "yield" (func $yield (result i32)))
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (global $noted (mut i32) (i32.const 0))
    (func (export "holds") (result i32)
      (drop (call $yield))
      (global.set $noted (i32.const 1))
      (call $return)
      (i32.const 0))
    (func (export "now") (result i32) (call $return) (i32.const 0))
    (func (export "none") (param i32 i32 i32) (result i32) unreachable)
    (func (export "close") (call $inc))
    (func (export "open") (call $dec))
    (func (export "noted") (result i32) (global.get $noted)))
  (core instance $i (instantiate $m (with "" (instance
    (export "return" (func $return)) (export "yield" (func $yield))
    (export "inc" (func $inc)) (export "dec" (func $dec))))))
  (func (export "holds") async
    (canon lift (core func $i "holds") async (callback (core func $i "none"))))
  (func (export "now") async
    (canon lift (core func $i "now") async (callback (core func $i "none"))))
  (func (export "close") (canon lift (core func $i "close")))
  (func (export "open") (canon lift (core func $i "open")))
  (func (export "noted") (result u32) (canon lift (core func $i "noted"))))"#;

/// Each export returns the state of the last call of `now`, and 10 more if `holds` had gone on by then.
const CALLER: &str = r#"(component $caller
  (import "holds" (func $holds async))
  (import "now" (func $now async))
  (import "close" (func $close))
  (import "open" (func $open))
  (import "noted" (func $noted (result u32)))
  (core func $holds' (canon lower (func $holds) async))
  (core func $now' (canon lower (func $now) async))
  (core func $close' (canon lower (func $close)))
  (core func $open' (canon lower (func $open)))
  (core func $noted' (canon lower (func $noted)))
  (core module $m
    (import "" "holds" (func $holds (result i32)))
    (import "" "now" (func $now (result i32)))
    (import "" "close" (func $close))
    (import "" "open" (func $open))
    (import "" "noted" (func $noted (result i32)))
    (func $now-and-noted (result i32)
      (local $state i32)
      (local.set $state (i32.and (call $now) (i32.const 15)))
      (i32.add (local.get $state) (i32.mul (call $noted) (i32.const 10))))
    (func (export "held") (result i32)
      (drop (call $holds))
      (call $now-and-noted))
    (func (export "closed") (result i32)
      (drop (call $holds))
      (call $close)
      (call $now-and-noted)
      (call $open))
    (func (export "others-wait") (result i32)
      (drop (call $holds))
      (call $close)
      (drop (call $now))
      (call $open)
      (call $now-and-noted)))
  (core instance $i (instantiate $m (with "" (instance
    (export "holds" (func $holds')) (export "now" (func $now'))
    (export "close" (func $close')) (export "open" (func $open'))
    (export "noted" (func $noted'))))))
  (func (export "held") (result u32) (canon lift (core func $i "held")))
  (func (export "closed") (result u32) (canon lift (core func $i "closed")))
  (func (export "others-wait") (result u32) (canon lift (core func $i "others-wait"))))"#;

fn calls(export: &str) -> Option<Value> {
    let text = format!(
        r#"(component {CALLEE} {CALLER}
        (instance $callee (instantiate $callee))
        (instance $caller (instantiate $caller
          (with "holds" (func $callee "holds")) (with "now" (func $callee "now"))
          (with "close" (func $callee "close")) (with "open" (func $callee "open"))
          (with "noted" (func $callee "noted"))))
        (export "{export}" (func $caller "{export}")))"#
    );
    // The other builds cannot suspend `holds`.
    let mut guest: Box<dyn Instance> = instance(&Wasmi::new(), &text);
    guest.call_blocking(export, &[]).unwrap()
}

#[test]
fn a_ready_thread_that_holds_the_instance_goes_on_before_a_new_task() {
    let returned = 2;
    assert_eq!(calls("held"), Some(Value::U32(10 + returned)));
}

#[test]
fn it_does_not_where_the_new_task_must_wait_anyway() {
    let starting = 0;
    assert_eq!(calls("closed"), Some(Value::U32(starting)));
    assert_eq!(calls("others-wait"), Some(Value::U32(starting)));
}

/// `f` calls `g` of the same instance, which asks to cancel itself while it runs.
const ITSELF: &str = r#"(component
  (core func $cancel (canon subtask.cancel async))
  (core func $cancelled (canon task.cancel))
  (core module $g
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "cancelled" (func $cancelled))
    (global $subtask (export "subtask") (mut i32) (i32.const 0))
    (func (export "g") (result i32) (i32.const 1))
    (func (export "g-event") (param i32 i32 i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 6))
        (then (call $cancelled) (return (i32.const 0))))
      (if (i32.ne (call $cancel (global.get $subtask)) (i32.const -1)) (then unreachable))
      (i32.const 1)))
  (core instance $g (instantiate $g (with "" (instance
    (export "cancel" (func $cancel)) (export "cancelled" (func $cancelled))))))
  (func $g' async
    (canon lift (core func $g "g") async (callback (core func $g "g-event"))))
  (core func $g (canon lower (func $g') async))
  (core func $return (canon task.return (result u32)))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core module $f
    (import "" "g" (func $g (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "subtask" (global $subtask (mut i32)))
    (global $wait (mut i32) (i32.const 0))
    (func (export "f") (result i32)
      (local $set i32)
      (global.set $subtask (i32.shr_u (call $g) (i32.const 4)))
      (local.set $set (call $set))
      (call $join (global.get $subtask) (local.get $set))
      (global.set $wait (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
      (global.get $wait))
    (func (export "f-event") (param i32 i32 i32) (result i32)
      (if (i32.lt_u (local.get 2) (i32.const 2)) (then (return (global.get $wait))))
      (call $return (local.get 2))
      (i32.const 0)))
  (core instance $f (instantiate $f (with "" (instance
    (export "g" (func $g)) (export "return" (func $return))
    (export "set" (func $set)) (export "join" (func $join))
    (export "subtask" (global $g "subtask"))))))
  (func (export "f") async (result u32)
    (canon lift (core func $f "f") async (callback (core func $f "f-event")))))"#;

#[test]
fn a_task_that_cancels_itself_learns_of_it_when_it_waits() {
    for build in layered_builds() {
        let mut guest = instance(&build, ITSELF);
        let cancelled_before_returned = Some(Value::U32(4));
        let found = guest.call_blocking("f", &[]).unwrap();
        assert_eq!(found, cancelled_before_returned);
    }
}
