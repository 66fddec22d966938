//! Which waits a request to cancel ends, and what can be cancelled.

use seam_core::CanonTrap;

use crate::kit::expect::{each_traps, gives, gives_nothing};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn a_request_is_delivered_once_and_where_it_may_be(
    subject: &Subject,
) -> Checked {
    const READS: &str = r#"async (param "f" $f)"#;
    const CALLEE: Guest = Guest {
        types: "(type $f (future u32))",
        builtins: &[
            "task.cancel",
            "future.read $f",
            "thread.yield",
            "yield-cancellable = thread.yield cancellable",
            "waitable-set.new",
            "waitable-set.poll",
            "poll-cancellable = waitable-set.poll cancellable",
        ],
        code: r#"
            (func (export "reads") (param $f i32)
              (local $set i32)
              ;; Nobody has asked yet.
              (call $is (call $yield-cancellable) (i32.const 0))
              (call $is (call $future.read (local.get $f) (i32.const 16)) (global.get $COMPLETED))
              (local.set $set (call $waitable-set.new))
              (call $is (call $thread.yield) (i32.const 0))
              (call $is
                (call $waitable-set.poll (local.get $set) (i32.const 32)) (global.get $NONE))
              (call $is
                (call $poll-cancellable (local.get $set) (i32.const 32))
                (global.get $TASK_CANCELLED))
              (call $is
                (call $poll-cancellable (local.get $set) (i32.const 32)) (global.get $NONE))
              (call $is (call $yield-cancellable) (i32.const 0))
              (call $task.cancel))"#,
        exports: &[stackful("reads", READS)],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[lowered("reads", READS, "(param i32) (result i32)")],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "future.new $f",
            "future.write $f async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (global $f (mut i64) (i64.const 0))
            (global $subtask (mut i32) (i32.const 0))
            (func (export "f") (result i32)
              (global.set $f (call $future.new))
              (global.set $subtask (call $subtask
                (call $reads (call $readable (global.get $f))) (global.get $STARTED)))
              (global.get $YIELD))
            (func (export "f-event") (param $event i32) (param i32) (param $state i32) (result i32)
              (if (i32.eq (local.get $event) (global.get $SUBTASK)) (then
                (call $task.return (local.get $state))
                (return (global.get $EXIT))))
              ;; The callee reads, and cannot be told.
              (call $is (call $subtask.cancel (global.get $subtask)) (global.get $BLOCKED))
              (global.set $set (call $waitable-set.new))
              (call $waitable.join (global.get $subtask) (global.get $set))
              (call $is
                (call $future.write (call $writable (global.get $f)) (i32.const 16))
                (global.get $COMPLETED))
              (call $wait (global.get $set)))"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("callee", CALLEE), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)
}

/// `suspends` and `waits` block until they are cancelled. So does `waits-in-it`, which holds its
/// instance. `holds` holds it until a future is written.
const BLOCKING: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &[
        "task.return",
        "task.cancel",
        "future.read $f",
        "thread.suspend cancellable",
        "waitable-set.new",
        "waitable-set.drop",
        "waitable-set.wait cancellable",
    ],
    code: r#"
        (func (export "suspends")
          (call $is (call $thread.suspend) (i32.const 1))
          (call $task.cancel))
        (func $wait-and-end
          (local $set i32)
          (local.set $set (call $waitable-set.new))
          (call $is
            (call $waitable-set.wait (local.get $set) (i32.const 32)) (global.get $TASK_CANCELLED))
          ;; Nobody waits for the set any more.
          (call $waitable-set.drop (local.get $set))
          (call $task.cancel))
        (func (export "waits") (call $wait-and-end))
        (func (export "waits-in-it") (result i32)
          (call $wait-and-end)
          (global.get $EXIT))
        (func (export "waits-in-it-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "holds") (param $f i32) (result i32)
          (call $is (call $future.read (local.get $f) (i32.const 16)) (global.get $COMPLETED))
          (call $task.return)
          (global.get $EXIT))
        (func (export "holds-event") (param i32 i32 i32) (result i32) unreachable)"#,
    exports: &[
        stackful("suspends", "async"),
        stackful("waits", "async"),
        callback("waits-in-it", "async"),
        callback("holds", r#"async (param "f" $f)"#),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn blocked_tasks_are_cancelled_at_once(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[
            lowered("waits", "async", "(result i32)"),
            lowered("waits-in-it", "async", "(result i32)"),
            lowered(
                "holds",
                r#"async (param "f" $f)"#,
                "(param i32) (result i32)",
            ),
        ],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "future.new $f",
        ],
        code: r#"
            (func $cancel (param $called i32)
              (call $note
                (call $subtask.cancel (call $subtask (local.get $called) (global.get $STARTED)))))
            (func (export "f") (result i32)
              (local $waits i32)
              (call $cancel (call $waits))
              (call $cancel (call $waits-in-it))
              ;; A task without a callback goes on although another holds the instance.
              (local.set $waits (call $waits))
              (drop (call $subtask
                (call $holds (call $readable (call $future.new))) (global.get $STARTED)))
              (call $cancel (local.get $waits))
              (call $task.return (global.get $noted))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("blocking", BLOCKING), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 444u32)
}

pub(in crate::kit) fn suspended_tasks_are_cancelled_at_once(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[lowered("suspends", "async", "(result i32)")],
        builtins: &["task.return (result u32)", "subtask.cancel async"],
        code: r#"
            (func $cancel (param $called i32)
              (call $note
                (call $subtask.cancel (call $subtask (local.get $called) (global.get $STARTED)))))
            (func (export "f") (result i32)
              (call $cancel (call $suspends))
              (call $task.return (global.get $noted))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("blocking", BLOCKING), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)
}

pub(in crate::kit) fn calls_are_cancelled_before_their_end_is_known(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["task.return", "task.cancel", "waitable-set.new"],
        code: r#"
            (func (export "waits") (result i32) (call $wait (call $waitable-set.new)))
            (func (export "waits-event") (param i32 i32 i32) (result i32)
              (call $task.cancel)
              (global.get $EXIT))
            (func (export "yields") (result i32) (global.get $YIELD))
            (func (export "yields-event") (param i32 i32 i32) (result i32)
              (call $task.return)
              (global.get $EXIT))"#,
        exports: &[callback("waits", "async"), callback("yields", "async")],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        imports: &[
            lowered("waits", "async", "(result i32)"),
            lowered("yields", "async", "(result i32)"),
        ],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "cancel-now = subtask.cancel",
            "subtask.drop",
            "waitable-set.new",
            "waitable-set.drop",
            "waitable-set.poll",
            "waitable.join",
        ],
        code: r#"
            (global $subtask (mut i32) (i32.const 0))
            ;; A member of a set is cancelled without waiting. It has no event then.
            (func (export "member") (result i32)
              (local $subtask i32) (local $set i32)
              (local.set $subtask (call $subtask (call $waits) (global.get $STARTED)))
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $subtask) (local.get $set))
              (call $note (call $subtask.cancel (local.get $subtask)))
              (call $is
                (call $waitable-set.poll (local.get $set) (i32.const 16)) (global.get $NONE))
              (call $subtask.drop (local.get $subtask))
              (call $waitable-set.drop (local.get $set))
              (call $task.return (global.get $noted))
              (global.get $EXIT))
            (func (export "member-event") (param i32 i32 i32) (result i32) unreachable)
            ;; The call has returned. Its end comes out by the request.
            (func (export "returned") (result i32)
              (global.set $subtask (call $subtask (call $yields) (global.get $STARTED)))
              (global.get $YIELD))
            (func (export "returned-event") (param i32 i32 i32) (result i32)
              (call $task.return (call $subtask.cancel (global.get $subtask)))
              (call $subtask.drop (global.get $subtask))
              (global.get $EXIT))
            (func (export "known") (result i32)
              (local $set i32)
              (local.set $set (call $waitable-set.new))
              (global.set $subtask (call $subtask (call $yields) (global.get $STARTED)))
              (call $waitable.join (global.get $subtask) (local.get $set))
              (call $wait (local.get $set)))
            (func (export "known-event") (param i32 i32 i32) (result i32)
              (drop (call $subtask.cancel (global.get $subtask)))
              (global.get $EXIT))
            (func (export "blocks")
              (drop (call $cancel-now (call $subtask (call $waits) (global.get $STARTED)))))"#,
        exports: &[
            callback("member", "async (result u32)"),
            callback("returned", "async (result u32)"),
            callback("known", "async (result u32)"),
            lifted_sync("blocks", ""),
        ],
        ..Guest::EMPTY
    };
    let guests = [("callee", CALLEE), ("caller", CALLER)];
    // CANCELLED_BEFORE_RETURNED and RETURNED
    for (export, state) in [("member", 4u32), ("returned", 2)] {
        gives(&mut *instantiated(subject, &guests)?, export, &[], state)?;
    }
    let expected = [
        ("known", CanonTrap::CannotCancelSubtask),
        ("blocks", CanonTrap::CannotBlock),
    ];
    each_traps(subject, &component(&guests)?, &expected)
}

pub(in crate::kit) fn threads_of_functions_that_have_returned_may_block(
    subject: &Subject,
) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8)) (core type $start (func (param i32)))",
        imports: &[lowered_sync("ready", "(result $s)", "(result i32)")],
        builtins: &[
            "return-seen = task.return (result u32)",
            "stream.read $s",
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $reads)
            (global $read (mut i32) (i32.const 0))
            (global $left (mut i32) (i32.const 0))
            (func $reads (export "reads") (param $end i32)
              (global.set $read
                (call $stream.read (local.get $end) (i32.const 32) (i32.const 4))))
            (func (export "begin")
              (call $thread.resume-later
                (call $thread.new-indirect (i32.const 3) (call $ready))))
            (func (export "seen") (result i32)
              (global.set $left (i32.const 20))
              (global.get $YIELD))
            (func (export "seen-event") (param i32 i32 i32) (result i32)
              (global.set $left (i32.sub (global.get $left) (i32.const 1)))
              (if (i32.and (i32.eqz (global.get $read)) (i32.ne (global.get $left) (i32.const 0)))
                (then (return (global.get $YIELD))))
              (call $return-seen (global.get $read))
              (global.get $EXIT))"#,
        exports: &[
            lifted_sync("begin", ""),
            callback("seen", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    const WRITER: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &["stream.new $s", "stream.write $s async"],
        code: r#"
            (func (export "ready") (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 16) (i32.const 2))
                (global.get $BLOCKED))
              (call $readable (local.get $s)))"#,
        exports: &[lifted_sync("ready", "(result $s)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("writer", WRITER), ("guest", GUEST)])?;
    gives_nothing(&mut *instance, "begin", &[])?;
    gives(&mut *instance, "seen", &[], 0x20u32)
}
