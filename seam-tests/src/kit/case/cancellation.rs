//! Cancellation of calls and of copies.

use seam_core::CanonTrap;

use super::backpressure::GATE;
use crate::kit::expect::{each_traps, gives};
use crate::kit::guest::{
    Guest, Import, callback, component, instantiated, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

const WAITS: &str = "async (result u32)";
const READS: &str = r#"async (param "f" $f) (result u32)"#;

/// Functions that wait, and what they do when they are cancelled.
const WAITING: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &[
        "task.return (result u32)",
        "task.cancel",
        "future.read $f async",
        "waitable-set.new",
        "waitable.join",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (global $was-asked (mut i32) (i32.const 0))
        (func (export "ends") (result i32) (call $wait (call $waitable-set.new)))
        (func (export "ends-event") (param $event i32) (param i32 i32) (result i32)
          (call $is (local.get $event) (global.get $TASK_CANCELLED))
          (call $task.cancel)
          (global.get $EXIT))
        (func (export "returns") (result i32) (call $wait (call $waitable-set.new)))
        (func (export "returns-event") (param $event i32) (param i32 i32) (result i32)
          (call $is (local.get $event) (global.get $TASK_CANCELLED))
          (call $task.return (i32.const 5))
          (global.get $EXIT))
        (func (export "goes-on") (param $f i32) (result i32)
          (call $is (call $future.read (local.get $f) (i32.const 16)) (global.get $BLOCKED))
          (call $context.set (call $waitable-set.new))
          (call $waitable.join (local.get $f) (call $context.get))
          (call $wait (call $context.get)))
        (func (export "goes-on-event") (param $event i32) (param i32 i32) (result i32)
          (if (i32.eq (local.get $event) (global.get $TASK_CANCELLED)) (then
            (global.set $was-asked (i32.const 1))
            (return (call $wait (call $context.get)))))
          (call $is (local.get $event) (global.get $FUTURE_READ))
          (call $task.return (i32.add (i32.load (i32.const 16)) (global.get $was-asked)))
          (global.get $EXIT))"#,
    exports: &[
        callback("ends", WAITS),
        callback("returns", WAITS),
        callback("goes-on", READS),
    ],
    ..Guest::EMPTY
};

const ENDS: Import = lowered("ends", WAITS, "(param i32) (result i32)");
const RETURNS: Import = lowered("returns", WAITS, "(param i32) (result i32)");
const GOES_ON: Import = lowered("goes-on", READS, "(param i32 i32) (result i32)");

pub(in crate::kit) fn subtasks_are_cancelled(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[ENDS],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "subtask.drop",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $subtask i32)
              (local.set $subtask (call $subtask (call $ends (i32.const 8)) (global.get $STARTED)))
              (call $task.return (call $subtask.cancel (local.get $subtask)))
              (call $subtask.drop (local.get $subtask))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("waiting", WAITING), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)?;
    gives(&mut *instance, "f", &[], 4u32)
}

pub(in crate::kit) fn a_cancelled_task_may_return(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[RETURNS],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "subtask.drop",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $subtask i32)
              (local.set $subtask
                (call $subtask (call $returns (i32.const 8)) (global.get $STARTED)))
              (call $is (call $subtask.cancel (local.get $subtask)) (global.get $RETURNED))
              (call $subtask.drop (local.get $subtask))
              (call $task.return (i32.load (i32.const 8)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("waiting", WAITING), ("caller", CALLER)])?;
    gives(&mut *instance, "f", &[], 5u32)
}

pub(in crate::kit) fn a_cancelled_task_may_go_on(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[GOES_ON],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "subtask.drop",
            "future.new $f",
            "future.write $f async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (func (export "f") (result i32)
              (local $f i64) (local $subtask i32)
              (local.set $f (call $future.new))
              (local.set $subtask (call $subtask
                (call $goes-on (call $readable (local.get $f)) (i32.const 8)) (global.get $STARTED)))
              (call $is (call $subtask.cancel (local.get $subtask)) (global.get $BLOCKED))
              (global.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $subtask) (global.get $set))
              (i32.store (i32.const 16) (i32.const 30))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 16))
                (global.get $COMPLETED))
              (call $wait (global.get $set)))
            (func (export "f-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              (call $is (local.get $event) (global.get $SUBTASK))
              (call $is (local.get $state) (global.get $RETURNED))
              (call $subtask.drop (local.get $subtask))
              (call $task.return (i32.load (i32.const 8)))
              (global.get $EXIT))"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("waiting", WAITING), ("caller", CALLER)])?;
    gives(&mut *instance, "f", &[], 31u32)
}

pub(in crate::kit) fn calls_are_cancelled_before_they_start(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[
            lowered_sync("close", "", ""),
            lowered_sync("open", "", ""),
            lowered_sync("started", "(result u32)", "(result i32)"),
            lowered("f", "async (result u32)", "(param i32) (result i32)"),
        ],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "subtask.drop",
        ],
        code: r#"
            (func (export "run") (result i32)
              (local $subtask i32)
              (call $close)
              (local.set $subtask (call $subtask (call $f (i32.const 8)) (global.get $STARTING)))
              (call $is
                (call $subtask.cancel (local.get $subtask))
                (global.get $CANCELLED_BEFORE_STARTED))
              (call $subtask.drop (local.get $subtask))
              (call $open)
              (global.get $YIELD))
            (func (export "run-event") (param i32 i32 i32) (result i32)
              (call $task.return (call $started))
              (global.get $EXIT))"#,
        exports: &[callback("run", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("gate", GATE), ("caller", CALLER)])?;
    gives(&mut *instance, "run", &[], 0u32)
}

pub(in crate::kit) fn wrong_cancellations_trap(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[ENDS, GOES_ON],
        builtins: &[
            "task.return (result u32)",
            "task.cancel",
            "subtask.cancel async",
            "future.new $f",
            "future.cancel-read $f async",
        ],
        code: r#"
            (func (export "not-asked") (result i32)
              (call $task.cancel)
              (global.get $EXIT))
            (func (export "not-asked-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "twice") (result i32)
              (local $subtask i32)
              (local.set $subtask (call $subtask
                (call $goes-on (call $readable (call $future.new)) (i32.const 8))
                (global.get $STARTED)))
              (call $is (call $subtask.cancel (local.get $subtask)) (global.get $BLOCKED))
              (drop (call $subtask.cancel (local.get $subtask)))
              (global.get $EXIT))
            (func (export "twice-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "ended") (result i32)
              (local $subtask i32)
              (local.set $subtask (call $subtask (call $ends (i32.const 8)) (global.get $STARTED)))
              (call $is
                (call $subtask.cancel (local.get $subtask))
                (global.get $CANCELLED_BEFORE_RETURNED))
              (drop (call $subtask.cancel (local.get $subtask)))
              (global.get $EXIT))
            (func (export "ended-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "no-copy") (result i32)
              (drop (call $future.cancel-read (call $readable (call $future.new))))
              (global.get $EXIT))
            (func (export "no-copy-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("not-asked", "async (result u32)"),
            callback("twice", "async (result u32)"),
            callback("ended", "async (result u32)"),
            callback("no-copy", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("waiting", WAITING), ("caller", CALLER)])?;
    let expected = [
        ("not-asked", CanonTrap::NotCancelled),
        ("twice", CanonTrap::CannotCancelSubtask),
        ("ended", CanonTrap::CannotCancelSubtask),
        ("no-copy", CanonTrap::NotCopying),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn a_request_to_cancel_waits_until_it_can_be_delivered(
    subject: &Subject,
) -> Checked {
    const CALLEE: Guest = Guest {
        types: "(type $f (future u32))",
        builtins: &["task.cancel", "future.read $f", "thread.yield cancellable"],
        code: r#"
            (func (export "reads") (param $f i32)
              (call $is (call $future.read (local.get $f) (i32.const 16)) (global.get $COMPLETED))
              (call $is (call $thread.yield) (i32.const 1))
              (call $task.cancel))"#,
        exports: &[stackful("reads", READS)],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[lowered("reads", READS, "(param i32 i32) (result i32)")],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "subtask.drop",
            "future.new $f",
            "future.write $f async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (func (export "f") (result i32)
              (local $f i64) (local $subtask i32)
              (local.set $f (call $future.new))
              (local.set $subtask (call $subtask
                (call $reads (call $readable (local.get $f)) (i32.const 8)) (global.get $STARTED)))
              (call $is (call $subtask.cancel (local.get $subtask)) (global.get $BLOCKED))
              (global.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $subtask) (global.get $set))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 16))
                (global.get $COMPLETED))
              (call $wait (global.get $set)))
            (func (export "f-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              (call $is (local.get $event) (global.get $SUBTASK))
              (call $subtask.drop (local.get $subtask))
              (call $task.return (local.get $state))
              (global.get $EXIT))"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("callee", CALLEE), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)
}

pub(in crate::kit) fn copies_are_cancelled(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8)) (type $f (future u32))",
        builtins: &[
            "task.return (result u32)",
            "stream.new $s",
            "stream.read $s async",
            "stream.write $s async",
            "stream.cancel-read $s async",
            "stream.cancel-write $s async",
            "future.new $f",
            "future.read $f async",
            "future.write $f async",
            "future.cancel-read $f async",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $s i64) (local $f i64)
              (local.set $s (call $stream.new))
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 4))
                (global.get $BLOCKED))
              (call $is
                (call $stream.cancel-read (call $readable (local.get $s)))
                (global.get $CANCELLED))
              ;; Nobody reads any more, so that a write waits. It is cancelled after two elements.
              (i32.store (i32.const 32) (i32.const 0x04030201))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 32) (i32.const 4))
                (global.get $BLOCKED))
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 2))
                (i32.const 0x20))
              (call $is
                (call $stream.cancel-write (call $writable (local.get $s)))
                (i32.const 0x22))
              (call $is (i32.load (i32.const 16)) (i32.const 0x0201))
              ;; Both ends can be used again.
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 4))
                (global.get $BLOCKED))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 34) (i32.const 1))
                (i32.const 0x10))
              (local.set $f (call $future.new))
              (call $is
                (call $future.read (call $readable (local.get $f)) (i32.const 48))
                (global.get $BLOCKED))
              (call $is
                (call $future.cancel-read (call $readable (local.get $f)))
                (global.get $CANCELLED))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 32))
                (global.get $BLOCKED))
              (call $is
                (call $future.read (call $readable (local.get $f)) (i32.const 48))
                (global.get $COMPLETED))
              (call $is (i32.load (i32.const 48)) (i32.const 0x04030201))
              (call $task.return (i32.load (i32.const 16)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives(&mut *instance, "f", &[], 0x0203u32)
}
