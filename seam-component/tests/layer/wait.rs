//! Waits for asynchronous functions of the host, on engines with and without native stacks for threads.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use seam_core::{
    Args, CanonTrap, Capability, ErrorKind, HostCall, Instance, InstanceExt, Limit, Limits, Trap,
    Value, World,
};
use seam_wasmi::{Builder, Wasmi};

use crate::{layered_builds, try_instance};

/// `blocks` and `waits` call `later` and return its result. `blocks` has no callback.
const ASKING: &str = r#"(component
  (import "later" (func $later async (result u32)))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (core func $later' (canon lower (func $later)))
  (core func $later-async
    (canon lower (func $later) async (memory (core memory $libc "m"))))
  (core func $return (canon task.return (result u32)))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core module $m
    (import "" "m" (memory 1))
    (import "" "later" (func $later (result i32)))
    (import "" "later-async" (func $later-async (param i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (func (export "blocks") (call $return (call $later)))
    (func (export "waits") (result i32)
      (local $set i32)
      (local.set $set (call $set))
      (call $join
        (i32.shr_u (call $later-async (i32.const 8)) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "event") (param i32 i32 i32) (result i32)
      (call $return (i32.load (i32.const 8)))
      (i32.const 0))
    (func (export "idle")))
  (core instance $i (instantiate $m (with "" (instance
    (export "m" (memory $libc "m"))
    (export "later" (func $later'))
    (export "later-async" (func $later-async))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "join" (func $join))))))
  (func (export "blocks") async (result u32) (canon lift (core func $i "blocks") async))
  (func (export "waits") async (result u32)
    (canon lift (core func $i "waits") async (callback (core func $i "event"))))
  (func (export "idle") (canon lift (core func $i "idle"))))"#;

/// An instance for each function that waits, on each build.
fn guests(
    builder: fn() -> Builder,
    world: &World,
) -> impl Iterator<Item = (&'static str, Box<dyn Instance>)> {
    let builds: [Wasmi; 3] = [
        builder().build(),
        builder().without_suspension().build(),
        builder().without_reentry().build(),
    ];
    let guests = builds.into_iter().flat_map(|build| {
        ["blocks", "waits"].map(|export| {
            let guest = try_instance(&build, ASKING, world);
            (export, guest.map_err(|failed| failed.error).unwrap())
        })
    });
    guests.collect::<Vec<_>>().into_iter()
}

#[test]
fn whoever_drives_a_call_is_woken_by_the_host() {
    let world = World::new().func_call_async("later", |_: &mut HostCall<'_>, (): ()| {
        let (done, mut started) = (Arc::new(AtomicBool::new(false)), false);
        poll_fn(move |cx| {
            if done.load(Ordering::SeqCst) {
                return Poll::Ready(Ok(7u32));
            }
            if !std::mem::replace(&mut started, true) {
                let (done, waker) = (done.clone(), cx.waker().clone());
                thread::spawn(move || {
                    // The driver waits by then.
                    thread::sleep(Duration::from_millis(30));
                    done.store(true, Ordering::SeqCst);
                    waker.wake();
                });
            }
            Poll::Pending
        })
    });
    for (export, mut guest) in guests(Wasmi::builder, &world) {
        let found = guest.call_blocking(export, &[]).unwrap();
        assert_eq!(found, Some(Value::U32(7)), "{export}");
    }
}

#[test]
fn a_wait_for_the_host_ends_at_the_deadline_and_closes_the_component() {
    let limits = Limits::new().with_deadline(Duration::from_millis(300));
    let world = World::new().limits(limits).func_call_async(
        "later",
        |_: &mut HostCall<'_>, (): ()| async move {
            std::future::pending::<seam_core::Result<u32>>().await
        },
    );
    for (export, mut guest) in guests(|| Wasmi::builder().deadline(), &world) {
        let error = guest.call_blocking(export, &[]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline), "{export}");
        let error = guest.call_blocking("idle", &[]).unwrap_err();
        let expected = Trap::Canon(CanonTrap::CannotEnter);
        assert_eq!(error.as_trap(), Some(&expected), "{export}");
    }
}

/// `asks` waits for `first` or its end, and then blocks in a call of `second`.
const ASKING_AGAIN: &str = r#"(component
  (import "first" (func $first async))
  (import "second" (func $second async))
  (core func $first' (canon lower (func $first) async))
  (core func $second' (canon lower (func $second)))
  (core func $return (canon task.return))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core module $m
    (import "" "first" (func $first (result i32)))
    (import "" "second" (func $second))
    (import "" "return" (func $return))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (func (export "asks") (result i32)
      (local $set i32)
      (local.set $set (call $set))
      (call $join (i32.shr_u (call $first) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "event") (param i32 i32 i32) (result i32)
      (call $second)
      (call $return)
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "first" (func $first'))
    (export "second" (func $second'))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "join" (func $join))))))
  (func (export "asks") async
    (canon lift (core func $i "asks") async (callback (core func $i "event")))))"#;

/// Nobody waits for an outcome then. On an engine that cannot suspend the thread, its wait needs a second
/// stack.
#[test]
fn a_thread_that_blocks_between_calls_does_not_block_the_host() {
    for gives_up in [false, true] {
        let done = Arc::new(AtomicBool::new(false));
        for (build, suspends) in layered_builds().into_iter().zip([true, false, false]) {
            done.store(false, Ordering::SeqCst);
            let mut guest = try_instance(&build, ASKING_AGAIN, &asked(done.clone())).unwrap();
            let asks = guest.resolve("asks").unwrap();
            let call = guest.start(&asks, Args::Values(&[])).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(pin!(guest.drive(&call)).poll(&mut cx).is_pending());
            if gives_up {
                drop(call);
            } else {
                done.store(true, Ordering::SeqCst);
            }
            let went_on = guest.progress();
            match went_on {
                Ok(_) => assert!(suspends),
                Err(error) => {
                    let expected = ErrorKind::Unsupported(Capability::StackfulAsync);
                    assert_eq!((error.kind(), suspends), (&expected, false), "{error}");
                }
            }
        }
    }
}

/// `first` waits until it is done, and `second` for a while.
fn asked(done: Arc<AtomicBool>) -> World {
    let first = move |_: &mut HostCall<'_>, (): ()| {
        let done = done.clone();
        poll_fn(move |_| match done.load(Ordering::SeqCst) {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        })
    };
    let second = |_: &mut HostCall<'_>, (): ()| {
        let mut left = 10;
        poll_fn(move |cx| {
            left -= 1;
            cx.waker().wake_by_ref();
            match left {
                0 => Poll::Ready(Ok(())),
                _ => Poll::Pending,
            }
        })
    };
    World::new()
        .func_call_async("first", first)
        .func_call_async("second", second)
}
