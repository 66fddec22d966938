//! Start functions and destructors are tasks of a synchronous type, whose threads may let others run.

use seam_core::{CanonTrap, InstanceExt, Value, World};

use crate::{instance, layered_builds, try_instance};

/// `order` returns the digits that were noted: 1 and 3 by the start function, 2 and 4 by its threads.
const STARTING: &str = r#"(component
  (core type $start (func (param i32)))
  (core module $libc (memory (export "m") 1) (table (export "t") 1 funcref))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "t" (core table $t))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $later (canon thread.resume-later))
  (core func $yield (canon thread.yield))
  (core func $index (canon thread.index))
  (core func $suspend (canon thread.suspend))
  (core module $m
    (import "" "t" (table 1 funcref))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "later" (func $later (param i32)))
    (import "" "yield" (func $yield (result i32)))
    (import "" "index" (func $index (result i32)))
    (import "" "suspend" (func $suspend (result i32)))
    (elem (i32.const 0) func $run)
    (global $noted (mut i32) (i32.const 0))
    (global $main (mut i32) (i32.const 0))
    (func $note (param i32)
      (global.set $noted
        (i32.add (i32.mul (global.get $noted) (i32.const 10)) (local.get 0))))
    (func $run (export "run") (param i32)
      (call $note (local.get 0))
      (if (i32.eq (local.get 0) (i32.const 4)) (then (call $later (global.get $main)))))
    (func $begin
      (global.set $main (call $index))
      (call $later (call $new (i32.const 0) (i32.const 2)))
      (call $note (i32.const 1))
      (if (call $yield) (then unreachable))
      (call $note (i32.const 3))
      (call $later (call $new (i32.const 0) (i32.const 4)))
      (if (call $suspend) (then unreachable))
      (call $note (i32.const 5)))
    (start $begin)
    (func (export "order") (result i32) (global.get $noted)))
  (core instance $i (instantiate $m (with "" (instance
    (export "t" (table $t))
    (export "new" (func $new))
    (export "later" (func $later))
    (export "yield" (func $yield))
    (export "index" (func $index))
    (export "suspend" (func $suspend))))))
  (func (export "order") (result u32) (canon lift (core func $i "order"))))"#;

/// `order` drops a resource between 1 and 5. Its destructor notes 2 and 4, and a thread of it notes 3.
const DROPPING: &str = r#"(component
    (core type $start (func (param i32)))
    (core module $noting
      (table (export "table") 1 funcref)
      (elem (i32.const 0) func $note)
      (global $noted (export "noted") (mut i32) (i32.const 0))
      (func $note (export "note") (param $digit i32)
        (global.set $noted
          (i32.add (i32.mul (global.get $noted) (i32.const 10)) (local.get $digit)))))
    (core instance $noting (instantiate $noting))
    (alias core export $noting "table" (core table $notes))
    (core func $index (canon thread.index))
    (core func $new (canon thread.new-indirect $start (core table $notes)))
    (core func $later (canon thread.resume-later))
    (core func $yield (canon thread.yield))
    (core module $dropping
      (import "" "note" (func $note (param i32)))
      (import "" "index" (func $index (result i32)))
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "later" (func $later (param i32)))
      (import "" "yield" (func $yield (result i32)))
      (func (export "drop") (param $of i32)
        ;; The thread that drops the resource has its own index.
        (if (i32.eq (call $index) (local.get $of)) (then unreachable))
        (call $note (i32.const 2))
        (call $later (call $new (i32.const 0) (i32.const 3)))
        (if (call $yield) (then unreachable))
        (call $note (i32.const 4))))
    (core instance $dropping (instantiate $dropping (with "" (instance
      (export "note" (func $noting "note"))
      (export "index" (func $index))
      (export "new" (func $new))
      (export "later" (func $later))
      (export "yield" (func $yield))))))
    (type $r (resource (rep i32) (dtor (core func $dropping "drop"))))
    (core func $made (canon resource.new $r))
    (core func $dropped (canon resource.drop $r))
    (core module $main
      (import "" "note" (func $note (param i32)))
      (import "" "noted" (global $noted (mut i32)))
      (import "" "index" (func $index (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "order") (result i32)
        (local $index i32)
        (local.set $index (call $index))
        (call $note (i32.const 1))
        (call $drop (call $new (local.get $index)))
        (if (i32.ne (call $index) (local.get $index)) (then unreachable))
        (call $note (i32.const 5))
        (global.get $noted)))
    (core instance $main (instantiate $main (with "" (instance
      (export "note" (func $noting "note"))
      (export "noted" (global $noting "noted"))
      (export "index" (func $index))
      (export "new" (func $made))
      (export "drop" (func $dropped))))))
    (func (export "order") (result u32) (canon lift (core func $main "order"))))"#;

#[test]
fn start_functions_let_their_threads_run() {
    for build in layered_builds() {
        let mut guest = instance(&build, STARTING);
        let order = guest.call_blocking("order", &[]).unwrap();
        assert_eq!(order, Some(Value::U32(12_345)));
    }
}

#[test]
fn destructors_let_their_threads_run() {
    for build in layered_builds() {
        let mut guest = instance(&build, DROPPING);
        let order = guest.call_blocking("order", &[]).unwrap();
        assert_eq!(order, Some(Value::U32(12_345)));
    }
}

#[test]
fn the_thread_of_a_start_function_runs_already() {
    let text = r#"(component
      (core func $index (canon thread.index))
      (core func $later (canon thread.resume-later))
      (core module $m
        (import "" "index" (func $index (result i32)))
        (import "" "later" (func $later (param i32)))
        (func $begin (call $later (call $index)))
        (start $begin))
      (core instance (instantiate $m (with "" (instance
        (export "index" (func $index)) (export "later" (func $later)))))))"#;
    for build in layered_builds() {
        let failed = try_instance(&build, text, &World::new());
        let error = failed.err().unwrap().error;
        let expected = CanonTrap::ThreadNotSuspended.into();
        assert_eq!(error.as_trap(), Some(&expected), "{error}");
    }
}
