//! An operation of the host begins anew, whatever an earlier one has left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use seam_core::{
    Args, Artifact, CanonTrap, CoreEngine, Instance, InstanceExt, Limits, Trap, Value, World,
};
use seam_wasmi::Wasmi;

use super::instance::ComponentInstance;
use super::program::ComponentProgram;
use crate::instance::LayeredInstance;
use crate::state::Running;

/// `blocks` waits on a stack of its own, and `waits` without one: both for nothing. `yields` returns,
/// and yields for ever. `traps` calls a function of another guest that traps. `reads` begins to read,
/// gives it up, begins again, and returns.
const GUEST: &str = r#"(component
  (component $callee
    (core module $m (func (export "f") unreachable))
    (core instance $i (instantiate $m))
    (func (export "f") async (canon lift (core func $i "f") async)))
  (instance $callee (instantiate $callee))
  (type $s (stream u8))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $f (canon lower (func $callee "f")))
  (core func $return (canon task.return))
  (core func $cancel (canon task.cancel))
  (core func $set (canon waitable-set.new))
  (core func $wait (canon waitable-set.wait (memory $m)))
  (core func $read (canon stream.read $s async (memory $m)))
  (core func $cancel-read (canon stream.cancel-read $s async))
  (core module $m
    (import "" "f" (func $f))
    (import "" "return" (func $return))
    (import "" "cancel" (func $cancel))
    (import "" "set" (func $set (result i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "cancel-read" (func $cancel-read (param i32) (result i32)))
    (func $is (param i32 i32)
      (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
    (func (export "blocks") (drop (call $wait (call $set) (i32.const 16))) unreachable)
    (func (export "waits") (result i32)
      (i32.or (i32.const 2) (i32.shl (call $set) (i32.const 4))))
    (func (export "cancelled") (param i32 i32 i32) (result i32) (call $cancel) (i32.const 0))
    (func (export "yields") (result i32) (call $return) (i32.const 1))
    (func (export "yields-again") (param i32 i32 i32) (result i32) (i32.const 1))
    (func (export "traps") (call $f))
    (func (export "reads") (param $end i32)
      (call $is (call $read (local.get $end) (i32.const 16) (i32.const 1)) (i32.const -1))
      (call $is (call $cancel-read (local.get $end)) (i32.const 2))
      (call $is (call $read (local.get $end) (i32.const 16) (i32.const 1)) (i32.const -1))))
  (core instance $i (instantiate $m (with "" (instance
    (export "f" (func $f))
    (export "return" (func $return))
    (export "cancel" (func $cancel))
    (export "set" (func $set))
    (export "wait" (func $wait))
    (export "read" (func $read))
    (export "cancel-read" (func $cancel-read))))))
  (func (export "blocks") async (canon lift (core func $i "blocks") async))
  (func (export "waits") async
    (canon lift (core func $i "waits") async (callback (core func $i "cancelled"))))
  (func (export "yields") async
    (canon lift (core func $i "yields") async (callback (core func $i "yields-again"))))
  (func (export "traps") async (canon lift (core func $i "traps") async))
  (func (export "reads") (param "from" $s) (canon lift (core func $i "reads"))))"#;

type Layered = LayeredInstance<ComponentInstance>;

/// Returns instances on engines that suspend calls, cannot suspend them, and cannot re-enter.
fn instances(world: &World) -> impl Iterator<Item = Layered> {
    let builds = [
        Wasmi::builder().deadline(),
        Wasmi::builder().deadline().without_suspension(),
        Wasmi::builder().deadline().without_reentry(),
    ];
    let artifact = Artifact::from_wat("guest", GUEST).unwrap();
    builds.into_iter().map(move |build| {
        let engine: Arc<dyn CoreEngine> = Arc::new(build.build_engine());
        let program = ComponentProgram::load(engine, "layer", &artifact).unwrap();
        let Ok(instance) = program.instance(world) else {
            panic!("expected an instance");
        };
        instance
    })
}

fn running(instance: &mut Layered) -> &mut Running {
    Running::of(instance.store()).unwrap()
}

#[test]
fn a_call_is_given_up_after_another_one_has_failed() {
    for mut instance in instances(&World::new()) {
        let instance = &mut instance;
        let waits = instance.resolve("waits").unwrap();
        let waiting = instance.start(&waits, Args::Values(&[])).unwrap();
        let error = instance.call_blocking("blocks", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&CanonTrap::Deadlock.into()));
        drop(waiting);
        // The dropped call is given up first. The new one does not begin yet.
        let _waiting = instance.start(&waits, Args::Values(&[])).unwrap();
        let tasks = &running(instance).tasks;
        assert!(tasks.levels.is_empty(), "{:?}", tasks.levels);
        assert_eq!(tasks.current, None);
    }
}

#[test]
fn no_job_of_a_call_that_failed_is_left_in_the_next_operation() {
    for mut instance in instances(&World::new()) {
        let error = instance.call_blocking("traps", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Unreachable));
        instance.progress().unwrap();
        assert!(running(&mut instance).jobs.is_empty());
    }
}

#[test]
fn threads_that_run_without_a_call_have_as_much_time_as_a_call() {
    let limits = Limits::new().with_deadline(Duration::from_secs(3600));
    for mut instance in instances(&World::new().limits(limits)) {
        instance.call_blocking("yields", &[]).unwrap();
        // As if the time of that call were over.
        let over = Some(Instant::now());
        running(&mut instance).tasks.set_deadline(over);
        assert!(instance.progress().unwrap());
    }
}

#[test]
fn a_read_that_begins_again_waits_for_the_host_once() {
    for mut instance in instances(&World::new()) {
        let (_writer, stream) = instance.stream::<u8>().unwrap();
        let stream: Value = stream.into_value();
        instance.call_blocking("reads", &[stream]).unwrap();
        let left = running(&mut instance).tasks.left();
        assert!(left.contains(&("what waits for the host", 1)), "{left:?}");
    }
}
