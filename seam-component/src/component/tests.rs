//! What a store keeps for asynchronous calls is gone when they have ended.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use seam_core::{
    Args, Artifact, CoreEngine, ErrorKind, HostCall, Instance, InstanceExt, List, Sink, Value,
    World,
};
use seam_wasmi::{Wasmi, WasmiEngine};

use super::instance::ComponentInstance;
use super::program::ComponentProgram;
use crate::instance::LayeredInstance;
use crate::state::Running;

/// `yields` returns later. `waits` ends when it is cancelled. `begins` leaves the end of its task to a
/// thread. `read` reads an element, and `take` drops what it gets.
const CALLEE: &str = r#"(component $callee
  (type $s (stream u8))
  (core type $start (func (param i32)))
  (core module $libc (memory (export "m") 1) (table (export "t") 2 funcref))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "t" (core table $t))
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core func $return (canon task.return))
  (core func $cancel (canon task.cancel))
  (core func $set (canon waitable-set.new))
  (core func $drop-set (canon waitable-set.drop))
  (core func $read (canon stream.read $s async (memory $m)))
  (core func $drop-readable (canon stream.drop-readable $s))
  (core func $drop-context (canon error-context.drop))
  (core func $thread (canon thread.new-indirect $start (core table $t)))
  (core func $resume (canon thread.resume-later))
  (core module $c
    (import "" "t" (table 2 funcref))
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (import "" "return" (func $return))
    (import "" "cancel" (func $cancel))
    (import "" "set" (func $set (result i32)))
    (import "" "drop-set" (func $drop-set (param i32)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "drop-readable" (func $drop-readable (param i32)))
    (import "" "drop-context" (func $drop-context (param i32)))
    (import "" "thread" (func $thread (param i32 i32) (result i32)))
    (import "" "resume" (func $resume (param i32)))
    (global $waits (mut i32) (i32.const 0))
    (elem (i32.const 1) func $run)
    (func $run (export "run") (param i32) (call $return))
    (func (export "close") (call $inc))
    (func (export "open") (call $dec))
    (func (export "yields") (result i32) (i32.const 1))
    (func (export "returns") (param i32 i32 i32) (result i32) (call $return) (i32.const 0))
    (func (export "waits") (result i32)
      (global.set $waits (call $set))
      (i32.or (i32.const 2) (i32.shl (global.get $waits) (i32.const 4))))
    (func (export "cancels") (param i32 i32 i32) (result i32)
      (call $drop-set (global.get $waits))
      (call $cancel)
      (i32.const 0))
    (func (export "begins") (result i32)
      (call $resume (call $thread (i32.const 1) (i32.const 0)))
      (i32.const 0))
    (func (export "read") (param i32)
      (drop (call $read (local.get 0) (i32.const 0) (i32.const 1)))
      (call $drop-readable (local.get 0)))
    (func (export "take") (param i32) (call $drop-context (local.get 0))))
  (core instance $c (instantiate $c (with "" (instance
    (export "t" (table $t))
    (export "inc" (func $inc))
    (export "dec" (func $dec))
    (export "return" (func $return))
    (export "cancel" (func $cancel))
    (export "set" (func $set))
    (export "drop-set" (func $drop-set))
    (export "read" (func $read))
    (export "drop-readable" (func $drop-readable))
    (export "drop-context" (func $drop-context))
    (export "thread" (func $thread))
    (export "resume" (func $resume))))))
  (func (export "close") (canon lift (core func $c "close")))
  (func (export "open") (canon lift (core func $c "open")))
  (func (export "yields") async
    (canon lift (core func $c "yields") async (callback (core func $c "returns"))))
  (func (export "waits") async
    (canon lift (core func $c "waits") async (callback (core func $c "cancels"))))
  (func (export "begins") async
    (canon lift (core func $c "begins") async (callback (core func $c "returns"))))
  (func (export "read") (param "from" $s) (canon lift (core func $c "read")))
  (func (export "take") (param "context" error-context) (canon lift (core func $c "take"))))"#;

/// Each export does something, and leaves nothing behind. `later` is a function of the host.
const CALLER: &str = r#"
  (instance $callee (instantiate $callee))
  (import "later" (func $later async (param "done" bool)))
  (type $own (resource (rep i32)))
  (export $r "r" (type $own))
  (type $s (stream u8))
  (type $f (future u32))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $new-r (canon resource.new $own))
  (core func $close (canon lower (func $callee "close")))
  (core func $open (canon lower (func $callee "open")))
  (core func $yields (canon lower (func $callee "yields") async))
  (core func $yields-now (canon lower (func $callee "yields")))
  (core func $waits (canon lower (func $callee "waits") async))
  (core func $begins-now (canon lower (func $callee "begins")))
  (core func $read-there (canon lower (func $callee "read")))
  (core func $take (canon lower (func $callee "take")))
  (core func $later (canon lower (func $later) async))
  (core func $later-now (canon lower (func $later)))
  (core func $return (canon task.return))
  (core func $cancel-task (canon task.cancel))
  (core func $set (canon waitable-set.new))
  (core func $drop-set (canon waitable-set.drop))
  (core func $join (canon waitable.join))
  (core func $wait (canon waitable-set.wait (memory $m)))
  (core func $poll (canon waitable-set.poll (memory $m)))
  (core func $cancel (canon subtask.cancel async))
  (core func $drop-subtask (canon subtask.drop))
  (core func $new-s (canon stream.new $s))
  (core func $read (canon stream.read $s async (memory $m)))
  (core func $write (canon stream.write $s async (memory $m)))
  (core func $cancel-read (canon stream.cancel-read $s async))
  (core func $cancel-write (canon stream.cancel-write $s async))
  (core func $drop-readable (canon stream.drop-readable $s))
  (core func $drop-writable (canon stream.drop-writable $s))
  (core func $new-f (canon future.new $f))
  (core func $read-f (canon future.read $f async (memory $m)))
  (core func $write-f (canon future.write $f async (memory $m)))
  (core func $drop-readable-f (canon future.drop-readable $f))
  (core func $drop-writable-f (canon future.drop-writable $f))
  (core func $new-context (canon error-context.new (memory $m)))
  (core func $drop-context (canon error-context.drop))
  (core module $c
    (import "" "new-r" (func $new-r (param i32) (result i32)))
    (import "" "close" (func $close))
    (import "" "open" (func $open))
    (import "" "yields" (func $yields (result i32)))
    (import "" "yields-now" (func $yields-now))
    (import "" "waits" (func $waits (result i32)))
    (import "" "begins-now" (func $begins-now))
    (import "" "read-there" (func $read-there (param i32)))
    (import "" "take" (func $take (param i32)))
    (import "" "later" (func $later (param i32) (result i32)))
    (import "" "later-now" (func $later-now (param i32)))
    (import "" "return" (func $return))
    (import "" "cancel-task" (func $cancel-task))
    (import "" "set" (func $set (result i32)))
    (import "" "drop-set" (func $drop-set (param i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (import "" "poll" (func $poll (param i32 i32) (result i32)))
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "drop-subtask" (func $drop-subtask (param i32)))
    (import "" "new-s" (func $new-s (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "cancel-read" (func $cancel-read (param i32) (result i32)))
    (import "" "cancel-write" (func $cancel-write (param i32) (result i32)))
    (import "" "drop-readable" (func $drop-readable (param i32)))
    (import "" "drop-writable" (func $drop-writable (param i32)))
    (import "" "new-f" (func $new-f (result i64)))
    (import "" "read-f" (func $read-f (param i32 i32) (result i32)))
    (import "" "write-f" (func $write-f (param i32 i32) (result i32)))
    (import "" "drop-readable-f" (func $drop-readable-f (param i32)))
    (import "" "drop-writable-f" (func $drop-writable-f (param i32)))
    (import "" "new-context" (func $new-context (param i32 i32) (result i32)))
    (import "" "drop-context" (func $drop-context (param i32)))
    (global $end (mut i32) (i32.const 0))
    (global $subtask (mut i32) (i32.const 0))
    (global $left (mut i32) (i32.const 0))
    (func $is (param i32 i32)
      (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
    (func $called (param $called i32) (param $state i32) (result i32)
      (call $is (i32.and (local.get $called) (i32.const 15)) (local.get $state))
      (i32.shr_u (local.get $called) (i32.const 4)))
    (func $end-of (param $waitable i32)
      (local $set i32)
      (local.set $set (call $set))
      (call $join (local.get $waitable) (local.get $set))
      (drop (call $wait (local.get $set) (i32.const 16)))
      (call $join (local.get $waitable) (i32.const 0))
      (call $drop-set (local.get $set)))
    (func $w (param i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))
    (func (export "calls")
      (local $subtask i32)
      (local.set $subtask (call $called (call $yields) (i32.const 1)))
      (call $end-of (local.get $subtask))
      (call $drop-subtask (local.get $subtask))
      (call $yields-now)
      (call $begins-now)
      (local.set $subtask (call $called (call $waits) (i32.const 1)))
      (call $is (call $cancel (local.get $subtask)) (i32.const 4))
      (call $drop-subtask (local.get $subtask))
      (call $close)
      (local.set $subtask (call $called (call $waits) (i32.const 0)))
      (call $is (call $cancel (local.get $subtask)) (i32.const 3))
      (call $drop-subtask (local.get $subtask))
      (call $open)
      (call $return))
    (func (export "host-calls")
      (local $subtask i32)
      (call $later-now (i32.const 1))
      (call $is (call $later (i32.const 1)) (i32.const 2))
      (local.set $subtask (call $called (call $later (i32.const 0)) (i32.const 1)))
      (call $is (call $cancel (local.get $subtask)) (i32.const 4))
      (call $drop-subtask (local.get $subtask))
      (call $return))
    (func (export "copies")
      (local $s i64) (local $f i64) (local $context i32)
      (local.set $s (call $new-s))
      (call $is (call $write (call $w (local.get $s)) (i32.const 0) (i32.const 2)) (i32.const -1))
      (call $read-there (i32.wrap_i64 (local.get $s)))
      (call $is (call $cancel-write (call $w (local.get $s))) (i32.const 0x11))
      (call $drop-writable (call $w (local.get $s)))
      (local.set $f (call $new-f))
      (call $is (call $read-f (i32.wrap_i64 (local.get $f)) (i32.const 0)) (i32.const -1))
      (call $is (call $write-f (call $w (local.get $f)) (i32.const 0)) (i32.const 0))
      (call $end-of (i32.wrap_i64 (local.get $f)))
      (call $drop-writable-f (call $w (local.get $f)))
      (call $drop-readable-f (i32.wrap_i64 (local.get $f)))
      (local.set $context (call $new-context (i32.const 0) (i32.const 9)))
      (call $take (local.get $context))
      (call $drop-context (local.get $context))
      (call $return))
    (func (export "forever") (drop (call $wait (call $set) (i32.const 16))) unreachable)
    (func (export "passes") (param $end i32) (result i32) (local.get $end))
    (func (export "gives-up") (param $end i32)
      (call $is (call $read (local.get $end) (i32.const 0) (i32.const 1)) (i32.const -1))
      (call $is (call $cancel-read (local.get $end)) (i32.const 2))
      (call $drop-readable (local.get $end)))
    (func (export "reads") (param $end i32)
      (call $is (call $read (local.get $end) (i32.const 0) (i32.const 1)) (i32.const 0x10))
      (call $is (call $read (local.get $end) (i32.const 0) (i32.const 1)) (i32.const 1))
      (call $drop-readable (local.get $end)))
    (func (export "stream") (result i32)
      (local $s i64)
      (local.set $s (call $new-s))
      (global.set $end (call $w (local.get $s)))
      (i32.wrap_i64 (local.get $s)))
    (func (export "end-stream") (call $drop-writable (global.get $end)))
    (func (export "write-to-none")
      (call $is (call $write (global.get $end) (i32.const 0) (i32.const 1)) (i32.const 1))
      (call $drop-writable (global.get $end)))
    (func (export "future") (result i32)
      (local $f i64)
      (local.set $f (call $new-f))
      (global.set $end (call $w (local.get $f)))
      (i32.wrap_i64 (local.get $f)))
    (func (export "end-future")
      (call $is (call $write-f (global.get $end) (i32.const 0)) (i32.const 0))
      (call $drop-writable-f (global.get $end)))
    (func (export "make") (result i32) (call $new-r (i32.const 7)))
    (func (export "hold") (param i32) (result i32)
      (global.set $subtask (call $called (call $later (i32.const 0)) (i32.const 1)))
      (global.set $end (call $set))
      (i32.or (i32.const 2) (i32.shl (global.get $end) (i32.const 4))))
    (func (export "hold-event") (param i32 i32 i32) (result i32)
      (call $is (local.get 0) (i32.const 6))
      (call $is (call $cancel (global.get $subtask)) (i32.const 4))
      (call $drop-subtask (global.get $subtask))
      (call $drop-set (global.get $end))
      (call $cancel-task)
      (i32.const 0))
    ;; Returns, and yields so many times before it ends.
    (func (export "goes-on") (param $n i32) (result i32)
      (call $return)
      (global.set $left (local.get $n))
      (i32.const 1))
    (func (export "goes-on-event") (param i32 i32 i32) (result i32)
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (i32.ne (global.get $left) (i32.const 0)))
    (func (export "left") (result i32) (global.get $left)))
  (core instance $c (instantiate $c (with "" (instance
    (export "new-r" (func $new-r))
    (export "close" (func $close))
    (export "open" (func $open))
    (export "yields" (func $yields))
    (export "yields-now" (func $yields-now))
    (export "waits" (func $waits))
    (export "begins-now" (func $begins-now))
    (export "read-there" (func $read-there))
    (export "take" (func $take))
    (export "later" (func $later))
    (export "later-now" (func $later-now))
    (export "return" (func $return))
    (export "cancel-task" (func $cancel-task))
    (export "set" (func $set))
    (export "drop-set" (func $drop-set))
    (export "join" (func $join))
    (export "wait" (func $wait))
    (export "poll" (func $poll))
    (export "cancel" (func $cancel))
    (export "drop-subtask" (func $drop-subtask))
    (export "new-s" (func $new-s))
    (export "read" (func $read))
    (export "write" (func $write))
    (export "cancel-read" (func $cancel-read))
    (export "cancel-write" (func $cancel-write))
    (export "drop-readable" (func $drop-readable))
    (export "drop-writable" (func $drop-writable))
    (export "new-f" (func $new-f))
    (export "read-f" (func $read-f))
    (export "write-f" (func $write-f))
    (export "drop-readable-f" (func $drop-readable-f))
    (export "drop-writable-f" (func $drop-writable-f))
    (export "new-context" (func $new-context))
    (export "drop-context" (func $drop-context))))))
  (func (export "calls") async (canon lift (core func $c "calls") async))
  (func (export "host-calls") async (canon lift (core func $c "host-calls") async))
  (func (export "copies") async (canon lift (core func $c "copies") async))
  (func (export "gives-up") (param "s" $s) (canon lift (core func $c "gives-up")))
  (func (export "reads") (param "s" $s) (canon lift (core func $c "reads")))
  (func (export "forever") async (canon lift (core func $c "forever") async))
  (func (export "passes") (param "s" $s) (result $s) (canon lift (core func $c "passes")))
  (func (export "stream") (result $s) (canon lift (core func $c "stream")))
  (func (export "end-stream") (canon lift (core func $c "end-stream")))
  (func (export "write-to-none") (canon lift (core func $c "write-to-none")))
  (func (export "future") (result $f) (canon lift (core func $c "future")))
  (func (export "end-future") (canon lift (core func $c "end-future")))
  (func (export "make") (result (own $r)) (canon lift (core func $c "make")))
  (func (export "hold") async (param "r" (borrow $r))
    (canon lift (core func $c "hold") async (callback (core func $c "hold-event"))))
  (func (export "goes-on") async (param "n" u32)
    (canon lift (core func $c "goes-on") async (callback (core func $c "goes-on-event"))))
  (func (export "left") (result u32) (canon lift (core func $c "left"))))"#;

type Layered = LayeredInstance<ComponentInstance>;

/// Returns instances on engines that suspend calls, cannot suspend them, and cannot re-enter.
fn instances() -> impl Iterator<Item = Layered> {
    let engines: [Arc<dyn CoreEngine>; 3] = [
        Arc::new(WasmiEngine::new()),
        Arc::new(Wasmi::builder().without_suspension().build_engine()),
        Arc::new(Wasmi::builder().without_reentry().build_engine()),
    ];
    let text = format!("(component {CALLEE} {CALLER}");
    let artifact = Artifact::from_wat("caller", &text).unwrap();
    let world = World::new().func_call_async(
        "later",
        |_: &mut HostCall<'_>, (done,): (bool,)| async move {
            match done {
                true => Ok(()),
                false => std::future::pending().await,
            }
        },
    );
    engines.into_iter().map(move |engine| {
        let program = ComponentProgram::load(engine, "layer", &artifact).unwrap();
        let Ok(instance) = program.instance(&world) else {
            panic!("expected an instance");
        };
        instance
    })
}

/// Lets threads run, and expects that nothing is left of any call.
fn nothing_is_left(instance: &mut Layered, what: &str) {
    instance.progress().unwrap();
    assert!(!instance.progress().unwrap(), "{what}: something goes on");
    let running = Running::of(instance.store()).unwrap();
    let left = running.tasks.left();
    assert!(left.iter().all(|(_, n)| *n == 0), "{what}: {left:?}");
}

fn value(instance: &mut Layered, export: &str) -> Value {
    instance.call_blocking(export, &[]).unwrap().unwrap()
}

struct Full;

impl Sink for Full {
    fn room(&mut self) -> Option<usize> {
        None
    }

    fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> seam_core::Result<()> {
        Ok(())
    }
}

struct Takes;

impl Sink for Takes {
    fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> seam_core::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_is_left_of_calls_and_copies_of_guests() {
    for mut instance in instances() {
        for export in ["calls", "host-calls", "copies"] {
            instance.call_blocking(export, &[]).unwrap();
            nothing_is_left(&mut instance, export);
        }
    }
}

#[test]
fn nothing_is_left_of_streams_and_futures_of_the_host() {
    for mut instance in instances() {
        let instance = &mut instance;
        let (writer, stream) = instance.stream::<u8>().unwrap();
        instance
            .call_blocking("gives-up", &[stream.into_value()])
            .unwrap();
        drop(writer);
        nothing_is_left(instance, "a stream that is not read");
        let (mut writer, stream) = instance.stream::<u8>().unwrap();
        writer.write(&[1]).unwrap();
        drop(writer);
        instance
            .call_blocking("reads", &[stream.into_value()])
            .unwrap();
        nothing_is_left(instance, "a stream that is read to its end");

        let (mut writer, stream) = instance.stream::<u8>().unwrap();
        let passed = instance.call_blocking("passes", &[stream.into_value()]);
        instance
            .connect(&passed.unwrap().unwrap(), Box::new(Takes))
            .unwrap();
        writer.write(&[1]).unwrap();
        drop(writer);
        nothing_is_left(instance, "a stream that came back");

        for (make, end) in [("stream", "end-stream"), ("future", "end-future")] {
            let made = value(instance, make);
            instance.connect(&made, Box::new(Takes)).unwrap();
            instance.call_blocking(end, &[]).unwrap();
            nothing_is_left(instance, make);
        }
        let made = value(instance, "stream");
        instance.call_blocking("end-stream", &[]).unwrap();
        instance.connect(&made, Box::new(Takes)).unwrap();
        nothing_is_left(instance, "a stream that was closed before");
        let made = value(instance, "stream");
        instance.connect(&made, Box::new(Full)).unwrap();
        instance.call_blocking("write-to-none", &[]).unwrap();
        nothing_is_left(instance, "a stream that nobody reads");
        let made = value(instance, "stream");
        instance.drop_end(&made).unwrap();
        instance.call_blocking("write-to-none", &[]).unwrap();
        nothing_is_left(instance, "a stream whose end was dropped");
    }
}

#[test]
fn nothing_is_left_of_calls_that_are_given_up() {
    for mut instance in instances() {
        let instance = &mut instance;
        let Value::Own(resource) = value(instance, "make") else {
            panic!("expected a handle");
        };
        let hold = instance.resolve("hold").unwrap();
        let args = [Value::Borrow(resource.clone())];
        drop(instance.start(&hold, Args::Values(&args)).unwrap());
        nothing_is_left(instance, "a call that was not driven");

        let call = instance.start(&hold, Args::Values(&args)).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let driven = pin!(instance.drive(&call)).poll(&mut cx);
        assert!(matches!(driven, Poll::Pending));
        let error = instance.drop_resource(&resource).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        drop(call);
        nothing_is_left(instance, "a call that was interrupted");
        instance.drop_resource(&resource).unwrap();
    }
}

#[test]
fn a_call_ends_with_its_function_unless_that_goes_on_and_on() {
    for mut instance in instances() {
        instance.call_blocking("goes-on", &[5u32.into()]).unwrap();
        assert_eq!(value(&mut instance, "left"), 0u32.into());
        instance
            .call_blocking("goes-on", &[5000u32.into()])
            .unwrap();
        let Value::U32(left) = value(&mut instance, "left") else {
            panic!("expected a number");
        };
        assert!((1..5000).contains(&left), "{left}");
    }
}

/// Whatever a call that failed has left on the native stack is forgotten by the next operation.
#[test]
fn nothing_runs_after_a_call_that_failed() {
    fn nothing_runs(instance: &mut Layered) {
        let running = Running::of(instance.store()).unwrap();
        assert!(running.tasks.levels.is_empty() && running.jobs.is_empty());
        assert_eq!(running.tasks.current, None);
    }
    for mut instance in instances() {
        let instance = &mut instance;
        instance.call_blocking("forever", &[]).unwrap_err();
        assert_eq!(value(instance, "left"), 0u32.into());
        nothing_runs(instance);
        instance.call_blocking("forever", &[]).unwrap_err();
        instance.progress().unwrap();
        nothing_runs(instance);
    }
}
