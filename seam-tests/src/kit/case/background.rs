//! Tasks and threads that go on after their function has returned.

use seam_core::{CanonTrap, Instance, InstanceExt, Result, Value, World};

use crate::kit::expect::{each_traps, gives, gives_nothing, same};
use crate::kit::guest::{Guest, callback, component, instantiated, lifted_sync};
use crate::kit::{Checked, Subject};

/// `begin` returns, and then waits for a future. `wake` writes the future. `seen` lets others run
/// until the wait has ended, at most some times, and returns how often a wait has ended.
pub(super) const BACKGROUND: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &[
        "task.return",
        "return-seen = task.return (result u32)",
        "future.new $f",
        "future.read $f async",
        "future.write $f async",
        "waitable-set.new",
        "waitable.join",
    ],
    code: r#"
        (global $f (mut i64) (i64.const 0))
        (global $fails (mut i32) (i32.const 0))
        (global $ended (mut i32) (i32.const 0))
        (global $left (mut i32) (i32.const 0))
        (func (export "begin") (param $fails i32) (result i32)
          (local $set i32)
          (global.set $fails (local.get $fails))
          (global.set $f (call $future.new))
          (call $is
            (call $future.read (call $readable (global.get $f)) (i32.const 16))
            (global.get $BLOCKED))
          (local.set $set (call $waitable-set.new))
          (call $waitable.join (call $readable (global.get $f)) (local.get $set))
          (call $task.return)
          (call $wait (local.get $set)))
        (func (export "begin-event") (param $event i32) (param i32 i32) (result i32)
          (call $is (local.get $event) (global.get $FUTURE_READ))
          (if (global.get $fails) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
          (global.set $ended (i32.add (global.get $ended) (i32.load (i32.const 16))))
          (global.get $EXIT))
        (func (export "wake")
          (i32.store (i32.const 32) (i32.const 1))
          (call $is
            (call $future.write (call $writable (global.get $f)) (i32.const 32))
            (global.get $COMPLETED)))
        (func (export "seen") (result i32)
          (global.set $left (i32.const 20))
          (global.get $YIELD))
        (func (export "seen-event") (param i32 i32 i32) (result i32)
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))
          (if (i32.and (i32.eqz (global.get $ended)) (i32.ne (global.get $left) (i32.const 0)))
            (then (return (global.get $YIELD))))
          (call $return-seen (global.get $ended))
          (global.get $EXIT))"#,
    exports: &[
        callback("begin", r#"async (param "fails" bool)"#),
        lifted_sync("wake", ""),
        callback("seen", "async (result u32)"),
    ],
    ..Guest::EMPTY
};

pub(super) fn seen(instance: &mut dyn Instance) -> Result<Option<Value>> {
    instance.call_blocking("seen", &[])
}

pub(in crate::kit) fn tasks_go_on_after_they_have_returned(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("guest", BACKGROUND)])?;
    gives_nothing(&mut *instance, "begin", &[false.into()])?;
    same("before the event", seen(&mut *instance)?, Some(0u32.into()))?;
    gives_nothing(&mut *instance, "wake", &[])?;
    same("after the event", seen(&mut *instance)?, Some(1u32.into()))?;
    same("later", seen(&mut *instance)?, Some(1u32.into()))?;
    gives_nothing(&mut *instance, "begin", &[false.into()])?;
    gives_nothing(&mut *instance, "wake", &[])?;
    same(
        "after the second event",
        seen(&mut *instance)?,
        Some(2u32.into()),
    )
}

pub(in crate::kit) fn threads_run_beside_the_function_that_made_them(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(core type $start (func (param i32)))",
        builtins: &[
            "task.return",
            "return-seen = task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
            "thread.index",
            "context.get i32 0",
            "context.set i32 0",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $run)
            (global $sum (mut i32) (i32.const 0))
            (global $left (mut i32) (i32.const 0))
            ;; It is exported, so that every engine knows its type.
            (func $run (export "run") (param $n i32)
              ;; A new thread has a context of its own.
              (call $is (call $context.get) (i32.const 0))
              (call $context.set (local.get $n))
              (global.set $sum (i32.add (global.get $sum) (call $context.get))))
            (func (export "begin") (param $n i32) (result i32)
              (local $thread i32)
              (call $context.set (i32.const 99))
              (local.set $thread (call $thread.new-indirect (i32.const 3) (local.get $n)))
              (if (i32.eq (local.get $thread) (call $thread.index)) (then unreachable))
              ;; It does not run before it is resumed, and not before this function returns.
              (call $thread.resume-later (local.get $thread))
              (call $is (global.get $sum) (i32.const 0))
              (call $task.return)
              (global.get $EXIT))
            (func (export "begin-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "seen") (result i32)
              (global.set $left (i32.const 20))
              (global.get $YIELD))
            (func (export "seen-event") (param i32 i32 i32) (result i32)
              (global.set $left (i32.sub (global.get $left) (i32.const 1)))
              (if (i32.and (i32.eqz (global.get $sum)) (i32.ne (global.get $left) (i32.const 0)))
                (then (return (global.get $YIELD))))
              (call $return-seen (global.get $sum))
              (global.get $EXIT))"#,
        exports: &[
            callback("begin", r#"async (param "n" u32)"#),
            callback("seen", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives_nothing(&mut *instance, "begin", &[5u32.into()])?;
    gives(&mut *instance, "seen", &[], 5u32)
}

pub(in crate::kit) fn a_result_is_due_until_the_last_thread_has_ended(
    subject: &Subject,
) -> Checked {
    const GUEST: Guest = Guest {
        types: "(core type $start (func (param i32)))",
        builtins: &[
            "task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $returns $ends)
            (func $returns (export "returns") (param $n i32) (call $task.return (local.get $n)))
            (func $ends (export "ends") (param i32))
            (func $start (param $func i32)
              (call $thread.resume-later
                (call $thread.new-indirect (local.get $func) (i32.const 5))))
            (func (export "by-a-thread") (result i32)
              (call $start (i32.const 4))
              (call $start (i32.const 3))
              (global.get $EXIT))
            (func (export "by-a-thread-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "by-none") (result i32)
              (call $start (i32.const 4))
              (call $start (i32.const 4))
              (global.get $EXIT))
            (func (export "by-none-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("by-a-thread", "async (result u32)"),
            callback("by-none", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "by-a-thread", &[], 5u32)?;
    each_traps(subject, &artifact, &[("by-none", CanonTrap::NoAsyncResult)])
}
