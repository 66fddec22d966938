//! Calls in flight at the same time, and tasks that wait for asynchronous host functions.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use seam_core::{
    Args, Call, CanonTrap, HostCall, Instance, InstanceExt, Limit, Limits, Trap, Value, World,
    block_on,
};

use crate::kit::expect::{gives, limited, same, traps, wat};
use crate::kit::guest::{Guest, callback, component, lifted_sync, lowered, lowered_sync, stackful};
use crate::kit::{Checked, Failure, Subject};

/// What asynchronous host functions wait for.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<GateState>>);

#[derive(Default)]
struct GateState {
    is_open: bool,
    wakers: Vec<Waker>,
    /// The number of futures that were dropped before they completed.
    dropped: u32,
}

/// Completes when its gate is open.
struct Waiting(Gate, bool);

impl Gate {
    fn with<T>(&self, access: impl FnOnce(&mut GateState) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn open(&self) {
        let wakers = self.with(|gate| {
            gate.is_open = true;
            std::mem::take(&mut gate.wakers)
        });
        wakers.into_iter().for_each(Waker::wake);
    }

    fn dropped(&self) -> u32 {
        self.with(|gate| gate.dropped)
    }

    /// Defines `later`, which returns twice its argument when the gate is open, and `open`.
    fn world(&self) -> World {
        let (later, open) = (self.clone(), self.clone());
        World::new()
            .func_call_async("later", move |_: &mut HostCall<'_>, (n,): (u32,)| {
                let waiting = Waiting(later.clone(), false);
                async move {
                    waiting.await;
                    Ok(2 * n)
                }
            })
            .func("open", move |(): ()| {
                open.open();
                Ok(())
            })
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let is_open = self.0.with(|gate| {
            if !gate.is_open {
                gate.wakers.push(cx.waker().clone());
            }
            gate.is_open
        });
        self.1 = is_open;
        match is_open {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.1 {
            self.0.with(|gate| gate.dropped += 1);
        }
    }
}

const LATER: &str = r#"async (param "n" u32) (result u32)"#;

/// `ask` calls `later` and returns its result. Calls can be in it at the same time. If it is cancelled, it
/// notes that and ends. `asked` returns how often it was. `open` opens the gate.
const ASKING: Guest = Guest {
    imports: &[
        lowered("later", LATER, "(param i32 i32) (result i32)"),
        lowered_sync("open", "", ""),
    ],
    builtins: &[
        "task.return (result u32)",
        "task.cancel",
        "waitable-set.new",
        "waitable.join",
        "subtask.drop",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (global $asked (mut i32) (i32.const 0))
        (func (export "ask") (param $n i32) (result i32)
          (local $set i32) (local $called i32)
          (call $context.set (i32.mul (local.get $n) (i32.const 8)))
          (local.set $called (call $later (local.get $n) (call $context.get)))
          (if (i32.eq (local.get $called) (global.get $RETURNED)) (then
            (call $task.return (i32.load (call $context.get)))
            (return (global.get $EXIT))))
          (local.set $set (call $waitable-set.new))
          (call $waitable.join
            (call $subtask (local.get $called) (global.get $STARTED))
            (local.get $set))
          (call $wait (local.get $set)))
        (func (export "ask-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
          (if (i32.eq (local.get $event) (global.get $TASK_CANCELLED)) (then
            (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
            (call $task.cancel)
            (return (global.get $EXIT))))
          (call $is (local.get $event) (global.get $SUBTASK))
          (call $is (local.get $state) (global.get $RETURNED))
          (call $subtask.drop (local.get $subtask))
          (call $task.return (i32.load (call $context.get)))
          (global.get $EXIT))
        (func (export "asked") (result i32) (global.get $asked))
        (func (export "open-now") (call $open))
        (func (export "fail") (result i32) unreachable)
        (func (export "fail-event") (param i32 i32 i32) (result i32) unreachable)"#,
    exports: &[
        callback("ask", LATER),
        lifted_sync("asked", "(result u32)"),
        lifted_sync("open-now", "async"),
        callback("fail", "async (result u32)"),
    ],
    ..Guest::EMPTY
};

fn asking(subject: &Subject, gate: &Gate) -> Result<Box<dyn Instance>, Failure> {
    let artifact = component(&[("asking", ASKING)])?;
    subject.instantiate(&artifact, &gate.world())
}

fn start(instance: &mut dyn Instance, func: &str, args: &[Value]) -> Result<Call, Failure> {
    let func = instance.resolve(func)?;
    Ok(instance.start(&func, Args::Values(args))?)
}

/// Drives a call to its end. Returns its result.
fn end(instance: &mut dyn Instance, call: Call) -> Result<Option<Value>, Failure> {
    instance.drive_blocking(&call)?;
    Ok(instance.take(call)?)
}

/// Drives a call until it waits, and drops the future that drives it.
fn interrupt(instance: &mut dyn Instance, call: &Call) -> Checked {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(instance.drive(call)).poll(&mut cx) {
        Poll::Pending => Ok(()),
        Poll::Ready(Err(error)) => Err(error.into()),
        Poll::Ready(Ok(())) => Err(Failure::new(
            "expected a call that waits, found one that ended",
        )),
    }
}

pub(in crate::kit) fn calls_of_the_host_run_at_the_same_time(subject: &Subject) -> Checked {
    let gate = Gate::default();
    let mut instance = asking(subject, &gate)?;
    let instance = &mut *instance;
    let first = start(instance, "ask", &[10u32.into()])?;
    let second = start(instance, "ask", &[20u32.into()])?;
    let opens = start(instance, "open-now", &[])?;
    // Without the call that opens the gate, this one would wait for ever.
    instance.drive_blocking(&first)?;
    same(
        "the second call",
        end(&mut *instance, second)?,
        Some(40u32.into()),
    )?;
    // The gate is open now.
    gives(instance, "ask", &[1u32.into()], 2u32)?;
    same("the first call", instance.take(first)?, Some(20u32.into()))?;
    same("the call that opens", end(&mut *instance, opens)?, None)?;

    // A trap ends all calls.
    let mut instance = asking(subject, &Gate::default())?;
    let instance = &mut *instance;
    let waits = start(instance, "ask", &[3u32.into()])?;
    let fails = start(instance, "fail", &[])?;
    traps("fail", instance.drive_blocking(&fails), Trap::Unreachable)?;
    let closed = Trap::Canon(CanonTrap::CannotEnter);
    traps("a call beside", instance.drive_blocking(&waits), closed)
}

pub(in crate::kit) fn interrupted_calls_go_on(subject: &Subject) -> Checked {
    let gate = Gate::default();
    let mut instance = asking(subject, &gate)?;
    let instance = &mut *instance;
    let first = start(instance, "ask", &[10u32.into()])?;
    interrupt(instance, &first)?;
    interrupt(instance, &first)?;
    // Other calls are not held up.
    gives(instance, "asked", &[], 0u32)?;
    let second = start(instance, "ask", &[20u32.into()])?;
    interrupt(instance, &second)?;
    gate.open();
    same(
        "the first call",
        end(&mut *instance, first)?,
        Some(20u32.into()),
    )?;
    same(
        "the second call",
        end(&mut *instance, second)?,
        Some(40u32.into()),
    )?;
    same("dropped futures", gate.dropped(), 0)
}

pub(in crate::kit) fn dropped_calls_are_asked_to_end(subject: &Subject) -> Checked {
    let gate = Gate::default();
    let mut instance = asking(subject, &gate)?;
    let instance = &mut *instance;
    let unbegun = start(instance, "open-now", &[])?;
    let dropped = start(instance, "ask", &[10u32.into()])?;
    let kept = start(instance, "ask", &[20u32.into()])?;
    // A call that was never driven has no effect.
    drop(unbegun);
    interrupt(instance, &dropped)?;
    drop(dropped);
    gives(instance, "asked", &[], 1u32)?;
    gate.open();
    same(
        "the other call",
        end(&mut *instance, kept)?,
        Some(40u32.into()),
    )?;
    gives(instance, "asked", &[], 1u32)
}

pub(in crate::kit) fn host_functions_suspend_only_their_task(subject: &Subject) -> Checked {
    const BLOCKING: Guest = Guest {
        imports: &[
            lowered_sync("later", LATER, "(param i32) (result i32)"),
            lowered_sync("open", "", ""),
        ],
        builtins: &["task.return (result u32)"],
        code: r#"
            (func (export "ask") (param $n i32) (call $task.return (call $later (local.get $n))))
            (func (export "open-now") (call $open))"#,
        exports: &[stackful("ask", LATER), lifted_sync("open-now", "")],
        ..Guest::EMPTY
    };
    let gate = Gate::default();
    let artifact = component(&[("blocking", BLOCKING)])?;
    let mut instance = subject.instantiate(&artifact, &gate.world())?;
    let asks = start(&mut *instance, "ask", &[21u32.into()])?;
    let opens = start(&mut *instance, "open-now", &[])?;
    same(
        "the call that waits",
        end(&mut *instance, asks)?,
        Some(42u32.into()),
    )?;
    same("the other call", end(&mut *instance, opens)?, None)
}

pub(in crate::kit) fn deadlines_end_waits_for_host_functions(subject: &Subject) -> Checked {
    let artifact = component(&[("asking", ASKING)])?;
    let limits = Limits::new().with_deadline(Duration::from_millis(50));
    let world = Gate::default().world().limits(limits);
    let mut instance = subject.instantiate(&artifact, &world)?;
    let called = instance.call_blocking("ask", &[1u32.into()]);
    limited("a wait for the host", called, Limit::Deadline)?;
    // Nothing but the deadline wakes a call that is awaited.
    let mut instance = subject.instantiate(&artifact, &world)?;
    let call = start(&mut *instance, "ask", &[1u32.into()])?;
    let driven = block_on(instance.drive(&call));
    limited("a wait that is awaited", driven, Limit::Deadline)
}

pub(in crate::kit) fn calls_of_host_functions_are_cancelled(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[lowered("later", LATER, "(param i32 i32) (result i32)")],
        builtins: &["task.return (result u32)", "subtask.cancel", "subtask.drop"],
        code: r#"
            (func (export "f") (result i32)
              (local $subtask i32)
              (i32.store (i32.const 8) (i32.const 7))
              (local.set $subtask (call $subtask
                (call $later (i32.const 5) (i32.const 8)) (global.get $STARTED)))
              (call $is
                (call $subtask.cancel (local.get $subtask))
                (global.get $CANCELLED_BEFORE_RETURNED))
              (call $subtask.drop (local.get $subtask))
              (call $task.return (i32.load (i32.const 8)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let gate = Gate::default();
    let artifact = component(&[("caller", CALLER)])?;
    let mut instance = subject.instantiate(&artifact, &gate.world())?;
    // Nothing is written to the place of the result.
    gives(&mut *instance, "f", &[], 7u32)?;
    same("dropped futures", gate.dropped(), 1)
}

/// Sleeps three times at once. Returns the digits of the sleeps in the order in which they end.
const SLEEPING: Guest = Guest {
    imports: &[
        lowered(
            "sleep",
            r#"async (param "ns" u64)"#,
            "(param i64) (result i32)",
        ),
        lowered_sync("now", "(result u64)", "(result i64)"),
    ],
    builtins: &[
        "task.return (result u32)",
        "waitable-set.new",
        "waitable.join",
        "subtask.drop",
    ],
    code: r#"
        (global $set (mut i32) (i32.const 0))
        (func $start (param $ns i64)
          (call $waitable.join
            (call $subtask (call $sleep (local.get $ns)) (global.get $STARTED))
            (global.get $set)))
        (func (export "f") (result i32)
          (global.set $set (call $waitable-set.new))
          (call $start (i64.const 300))
          (call $start (i64.const 100))
          (call $start (i64.const 200))
          (call $wait (global.get $set)))
        (func (export "f-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
          (call $is (local.get $event) (global.get $SUBTASK))
          (call $is (local.get $state) (global.get $RETURNED))
          (call $subtask.drop (local.get $subtask))
          ;; Time stands at the end of the sleep that has ended.
          (call $note (i32.wrap_i64 (i64.div_u (call $now) (i64.const 100))))
          (if (i32.lt_u (global.get $noted) (i32.const 100)) (then
            (return (call $wait (global.get $set)))))
          (call $task.return (global.get $noted))
          (global.get $EXIT))"#,
    exports: &[callback("f", "async (result u32)")],
    ..Guest::EMPTY
};

pub(in crate::kit) fn virtual_time_advances_when_all_wait(subject: &Subject) -> Checked {
    let world = World::new()
        .func_call_async("sleep", |call: &mut HostCall<'_>, (ns,): (u64,)| {
            let clock = call.clock().clone();
            let end = clock.now().saturating_add(ns);
            async move {
                clock.until(end).await;
                Ok(())
            }
        })
        .func_call("now", |call, (): ()| Ok(call.clock().now()));
    let artifact = component(&[("sleeping", SLEEPING)])?;
    let mut instance = subject.instantiate(&artifact, &world)?;
    gives(&mut *instance, "f", &[], 123u32)
}

pub(in crate::kit) fn asynchronous_host_functions_are_called_where_it_is_allowed(
    subject: &Subject,
) -> Checked {
    const CALLER: &str = r#"(component
      (import "later" (func $later async (param "n" u32) (result u32)))
      (core func $later (canon lower (func $later)))
      (core module $m
        (import "" "later" (func $later (param i32) (result i32)))
        (func (export "blocks") (drop (call $later (i32.const 1))))
        (func (export "leaves"))
        (func (export "after-leaves") (drop (call $later (i32.const 1)))))
      (core instance $m (instantiate $m (with "" (instance (export "later" (func $later))))))
      (func (export "blocks") (canon lift (core func $m "blocks")))
      (func (export "leaves") (canon lift (core func $m "leaves")
        (post-return (core func $m "after-leaves")))))"#;
    let artifact = wat("caller", CALLER)?;
    let gate = Gate::default();
    // Nothing would wait.
    gate.open();
    let expected = [
        ("blocks", CanonTrap::CannotBlock),
        ("leaves", CanonTrap::CannotLeave),
    ];
    for (export, trap) in expected {
        let mut instance = subject.instantiate(&artifact, &gate.world())?;
        traps(export, instance.call_blocking(export, &[]), trap)?;
    }
    Ok(())
}
