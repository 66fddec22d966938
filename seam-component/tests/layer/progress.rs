//! How far threads run that go on after their call.

use seam_core::{HostCall, Instance, InstanceExt, Value, World};

use crate::{layered_builds, try_instance};

/// `sleeps` returns, and waits until `sleep` has slept so many times. `copies` returns, and waits for so
/// many copies, each of which ends at once. `left` tells whether they have ended.
const GOING_ON: &str = r#"(component
  (import "sleep" (func $sleep async (param "times" u32)))
  (type $s (stream u8))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $sleep' (canon lower (func $sleep) async))
  (core func $return (canon task.return))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $new (canon stream.new $s))
  (core func $read (canon stream.read $s async (memory $m)))
  (core func $write (canon stream.write $s async (memory $m)))
  (core module $m
    (import "" "sleep" (func $sleep (param i32) (result i32)))
    (import "" "return" (func $return))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (global $left (mut i32) (i32.const 0))
    (global $set (mut i32) (i32.const 0))
    (global $ends (mut i64) (i64.const 0))
    (func $is (param i32 i32)
      (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
    (func $wait (param $for i32) (result i32)
      (call $join (local.get $for) (global.get $set))
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (global.get $set) (i32.const 4))))
    (func (export "sleeps") (param $times i32) (result i32)
      (global.set $left (i32.const 1))
      (global.set $set (call $set))
      (call $return)
      (call $wait (i32.shr_u (call $sleep (local.get $times)) (i32.const 4))))
    (func (export "slept") (param i32 i32 i32) (result i32)
      (global.set $left (i32.const 0))
      (i32.const 0 (; EXIT ;)))
    (func (export "copies") (param $times i32) (result i32)
      (global.set $left (local.get $times))
      (global.set $set (call $set))
      (global.set $ends (call $new))
      (call $return)
      (call $copy))
    (func $copy (result i32)
      (local $from i32) (local $to i32)
      (local.set $to (i32.wrap_i64 (global.get $ends)))
      (local.set $from (i32.wrap_i64 (i64.shr_u (global.get $ends) (i64.const 32))))
      (call $is (call $read (local.get $to) (i32.const 16) (i32.const 1)) (i32.const -1))
      (call $is (call $write (local.get $from) (i32.const 32) (i32.const 1)) (i32.const 0x10))
      (call $wait (local.get $to)))
    (func (export "copied") (param i32 i32 i32) (result i32)
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (if (i32.eqz (global.get $left)) (then (return (i32.const 0 (; EXIT ;)))))
      (call $copy))
    (func (export "left") (result i32) (global.get $left)))
  (core instance $i (instantiate $m (with "" (instance
    (export "sleep" (func $sleep'))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "join" (func $join))
    (export "new" (func $new))
    (export "read" (func $read))
    (export "write" (func $write))))))
  (func (export "sleeps") async (param "times" u32)
    (canon lift (core func $i "sleeps") async (callback (core func $i "slept"))))
  (func (export "copies") async (param "times" u32)
    (canon lift (core func $i "copies") async (callback (core func $i "copied"))))
  (func (export "left") (result u32) (canon lift (core func $i "left"))))"#;

fn guests() -> impl Iterator<Item = Box<dyn Instance>> {
    let world =
        World::new().func_call_async("sleep", |call: &mut HostCall<'_>, (times,): (u32,)| {
            let clock = call.clock().clone();
            async move {
                for _ in 0..times {
                    clock.until(clock.now() + 1).await;
                }
                Ok(())
            }
        });
    layered_builds().into_iter().map(move |build| {
        let guest = try_instance(&build, GOING_ON, &world);
        guest.map_err(|failed| failed.error).unwrap()
    })
}

fn has_ended(guest: &mut dyn Instance) -> bool {
    guest.call_blocking("left", &[]).unwrap() == Some(Value::U32(0))
}

#[test]
fn a_call_ends_with_its_function_which_may_wait_as_often_as_it_needs() {
    for mut guest in guests() {
        guest.call_blocking("copies", &[150u32.into()]).unwrap();
        assert!(has_ended(&mut *guest));
    }
}

#[test]
fn the_virtual_time_advances_a_hundred_times_at_once() {
    for mut guest in guests() {
        guest.call_blocking("sleeps", &[150u32.into()]).unwrap();
        for is_last in [false, true] {
            assert!(guest.progress().unwrap());
            assert_eq!(has_ended(&mut *guest), is_last);
        }
        assert!(!guest.progress().unwrap());
    }
}
