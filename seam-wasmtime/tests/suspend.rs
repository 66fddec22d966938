//! Calls that are suspended in asynchronous host functions: interleaved, cancelled, past a deadline.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use seam_core::{
    Backend, CanonTrap, Capability, CorePath, CoreValue, ErrorKind, Instance, InstanceExt, Limit,
    Limits, Query, Value, World,
};
use seam_wasmtime::{Builder, Wasmtime};
use support::{instance, wat};

/// Calls `wait` in a loop, and adds up the results in a global.
const GUEST: &str = r#"(component
  (import "wait" (func $wait (param "n" u32)))
  (core func $wait (canon lower (func $wait)))
  (core module $m
    (import "" "wait" (func $wait (param i32)))
    (global $came-back (export "came-back") (mut i32) (i32.const 0))
    (func (export "run") (param i32)
      (loop $again
        (call $wait (local.get 0))
        (global.set $came-back (i32.add (global.get $came-back) (i32.const 1)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0))))
    (func (export "count") (result i32) (global.get $came-back)))
  (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
  (func (export "run") (param "n" u32) (canon lift (core func $i "run")))
  (func (export "count") (result u32) (canon lift (core func $i "count"))))"#;

/// How often each of two guests has waited, and which of them waits now.
#[derive(Default)]
struct Meetings {
    waits: [u32; 2],
    waiting: Vec<Waker>,
}

/// A world in which each wait ends when the other guest has waited as often.
fn meeting(guest: usize, meetings: &Arc<Mutex<Meetings>>) -> World {
    let meetings = meetings.clone();
    World::new().func_async("wait", None, move |_| {
        let meetings = meetings.clone();
        let mut own = meetings.lock().unwrap();
        own.waits[guest] += 1;
        let number = own.waits[guest];
        own.waiting.drain(..).for_each(Waker::wake);
        drop(own);
        poll_fn(move |cx| {
            let mut meetings = meetings.lock().unwrap();
            if meetings.waits[1 - guest] >= number {
                return Poll::Ready(Ok(None));
            }
            meetings.waiting.push(cx.waker().clone());
            Poll::Pending
        })
    })
}

/// A world in which the first wait never ends.
fn endless_at_first(limits: Limits) -> World {
    let first = AtomicBool::new(true);
    World::new()
        .limits(limits)
        .func_async("wait", None, move |_| {
            let endless = first.swap(false, Ordering::Relaxed);
            async move {
                if endless {
                    std::future::pending::<()>().await;
                }
                Ok(None)
            }
        })
}

fn everything() -> Builder {
    Wasmtime::builder().fuel().deadline().inner_instances()
}

fn builds() -> [Wasmtime; 3] {
    let concurrent = everything().component_async().build();
    [Wasmtime::new(), everything().build(), concurrent]
}

/// Starts a call of `run`, and drops it while it waits.
fn cancel(guest: &mut dyn Instance) {
    let run = guest.resolve("run").unwrap();
    let args = [Value::U32(2)];
    let mut call = Box::pin(guest.call(&run, &args));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
}

/// A guest that blocked the thread would wait for the other guest forever.
#[test]
fn guests_on_one_thread_take_turns() {
    for backend in builds() {
        let meetings = Arc::new(Mutex::new(Meetings::default()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let guests = [0, 1].map(|index| {
            let mut guest = instance(&backend, &wat(GUEST), &meeting(index, &meetings));
            let run = guest.resolve("run").unwrap();
            runtime.spawn(async move {
                guest.call(&run, &[Value::U32(3)]).await.unwrap();
                guest
            })
        });
        for guest in guests {
            let mut guest = runtime.block_on(guest).unwrap();
            assert_eq!(
                guest.call_blocking("count", &[]).unwrap(),
                Some(Value::U32(3))
            );
        }
        assert_eq!(meetings.lock().unwrap().waits, [3, 3]);
    }
}

#[test]
fn a_cancelled_call_closes_the_component_as_a_trap_does() {
    for backend in builds() {
        let world = endless_at_first(Limits::new());
        let mut guest = instance(&backend, &wat(GUEST), &world);
        cancel(&mut *guest);
        for export in ["count", "run"] {
            let args = [Value::U32(1)];
            let args = if export == "run" { &args[..] } else { &[] };
            let error = guest.call_blocking(export, args).unwrap_err();
            assert_eq!(error.as_trap(), Some(&CanonTrap::CannotEnter.into()));
        }
        // Builds with inner instances can still inspect it.
        let seen = guest.snapshot(&Query::new());
        if backend.info().capabilities.has(Capability::InnerGlobals) {
            let seen = seen.unwrap();
            assert_eq!(
                seen.instances[0].globals.get("came-back"),
                Some(&CoreValue::I32(0))
            );
        } else {
            let lacks = ErrorKind::Unsupported(Capability::InnerGlobals);
            assert_eq!(*seen.unwrap_err().kind(), lacks);
        }
    }
}

/// A cancelled host function no longer counts towards the depth.
#[test]
fn a_cancelled_call_leaves_the_depth_of_host_recursion_at_zero() {
    let world = endless_at_first(Limits::new().with_host_depth(1));
    let mut guest = instance(&everything().build(), &wat(GUEST), &world);
    cancel(&mut *guest);
    let inner = CorePath::new([0]);
    for came_back in 1..3 {
        guest
            .call_core(&inner, "run", &[CoreValue::I32(1)])
            .unwrap();
        let count = guest.call_core(&inner, "count", &[]).unwrap();
        assert_eq!(count, [CoreValue::I32(came_back)]);
    }
}

#[test]
fn a_wait_that_ends_at_its_deadline_is_a_cancelled_call() {
    for backend in [everything().build(), everything().component_async().build()] {
        let limits = Limits::new()
            .with_deadline(Duration::from_millis(20))
            .with_host_depth(1);
        let mut guest = instance(&backend, &wat(GUEST), &endless_at_first(limits));
        let error = guest.call_blocking("run", &[Value::U32(1)]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline));
        let error = guest.call_blocking("count", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&CanonTrap::CannotEnter.into()));
        let seen = guest.snapshot(&Query::new()).unwrap();
        assert_eq!(
            seen.instances[0].globals.get("came-back"),
            Some(&CoreValue::I32(0))
        );
    }
}
