//! Rules of tasks that only few orders of events show.

use std::fmt::Write;

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{each_traps, gives, traps, wat};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn post_return_calls_no_built_in(subject: &Subject) -> Checked {
    // Built-ins, and the types of their parameters and results.
    const BUILT_INS: &[(&str, &str, &str)] = &[
        ("lower (func $callee)", "", ""),
        ("task.return", "", ""),
        ("task.cancel", "", ""),
        ("subtask.cancel", "i32", "i32"),
        ("subtask.drop", "i32", ""),
        ("waitable.join", "i32 i32", ""),
        ("waitable-set.new", "", "i32"),
        ("waitable-set.drop", "i32", ""),
        ("waitable-set.poll (memory $m)", "i32 i32", "i32"),
        ("waitable-set.wait (memory $m)", "i32 i32", "i32"),
        ("stream.new $s", "", "i64"),
        ("stream.read $s async (memory $m)", "i32 i32 i32", "i32"),
        ("stream.write $s async (memory $m)", "i32 i32 i32", "i32"),
        ("stream.cancel-read $s async", "i32", "i32"),
        ("stream.drop-readable $s", "i32", ""),
        ("thread.yield", "", "i32"),
        ("thread.index", "", "i32"),
        ("thread.resume-later", "i32", ""),
        (
            "thread.new-indirect $start (core table $t)",
            "i32 i32",
            "i32",
        ),
        ("error-context.new (memory $m)", "i32 i32", "i32"),
        (
            "error-context.debug-message (memory $m) (realloc $realloc)",
            "i32 i32",
            "",
        ),
        ("error-context.drop", "i32", ""),
    ];
    for (built_in, params, results) in BUILT_INS {
        let mut args = String::new();
        for _ in params.split_whitespace() {
            let _ = write!(args, "(i32.const 0) ");
        }
        let drop = if results.is_empty() { "" } else { "drop" };
        let text = format!(
            r#"(component
              (component $callee
                (core module $m (func (export "f")))
                (core instance $m (instantiate $m))
                (func (export "f") (canon lift (core func $m "f"))))
              (instance $callee (instantiate $callee))
              (component $guest
              (import "callee" (func $callee))
              (type $s (stream u8))
              (core type $start (func (param i32)))
              (core module $libc
                (memory (export "m") 1)
                (table (export "t") 1 funcref)
                (elem (i32.const 0) func $ends)
                (func $ends (export "start") (param i32))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
              (core instance $libc (instantiate $libc))
              (alias core export $libc "m" (core memory $m))
              (alias core export $libc "t" (core table $t))
              (alias core export $libc "realloc" (core func $realloc))
              (core func $built-in (canon {built_in}))
              (core func $new (canon waitable-set.new))
              (core module $m
                (import "" "f" (func $f (param {params}) (result {results})))
                (import "" "new" (func $new (result i32)))
                (func (export "ends") (result i32) (call $new))
                (func (export "after-ends") (param i32))
                (func (export "calls") (result i32) (i32.const 1))
                (func (export "after-calls") (param i32) {args} (call $f) {drop}))
              (core instance $i (instantiate $m (with "" (instance
                (export "f" (func $built-in))
                (export "new" (func $new))))))
              (func (export "ends") (result u32)
                (canon lift (core func $i "ends") (post-return (core func $i "after-ends"))))
              (func (export "calls") (result u32)
                (canon lift (core func $i "calls") (post-return (core func $i "after-calls")))))
              (instance $guest (instantiate $guest (with "callee" (func $callee "f"))))
              (export "ends" (func $guest "ends"))
              (export "calls" (func $guest "calls")))"#
        );
        let mut instance = subject.instantiate(&wat("guest", &text)?, &World::new())?;
        // A built-in is allowed again after each `post-return`.
        gives(&mut *instance, "ends", &[], 1u32)?;
        gives(&mut *instance, "ends", &[], 2u32)?;
        let called = instance.call_blocking("calls", &[]);
        traps(built_in, called, Trap::Canon(CanonTrap::CannotLeave))?;
    }
    Ok(())
}

pub(in crate::kit) fn synchronous_functions_use_nothing_that_may_block(
    subject: &Subject,
) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["task.return"],
        code: r#"
            (func (export "now") (result i32)
              (call $task.return)
              (global.get $EXIT))
            (func (export "now-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("now", "async")],
        ..Guest::EMPTY
    };
    // Nothing here would block.
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[lowered_sync("now", "async", "")],
        builtins: &[
            "stream.new $s",
            "stream.read $s",
            "begin-read = stream.read $s async",
            "begin-write = stream.write $s async",
            "stream.cancel-read $s",
        ],
        code: r#"
            (func (export "calls") (call $now))
            (func (export "reads")
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $is
                (call $begin-write (call $writable (local.get $s)) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (drop (call $stream.read
                (call $readable (local.get $s)) (i32.const 32) (i32.const 1))))
            (func (export "cancels")
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $is
                (call $begin-read (call $readable (local.get $s)) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (drop (call $stream.cancel-read (call $readable (local.get $s)))))"#,
        exports: &[
            lifted_sync("calls", ""),
            lifted_sync("reads", ""),
            lifted_sync("cancels", ""),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("callee", CALLEE), ("caller", CALLER)])?;
    let expected = ["calls", "reads", "cancels"].map(|name| (name, CanonTrap::CannotBlock));
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn a_waitable_that_is_waited_for_stays_as_it_is(subject: &Subject) -> Checked {
    const READER: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &[
            "task.return",
            "stream.read $s",
            "stream.cancel-read $s async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (global $end (mut i32) (i32.const 0))
            (func (export "join") (call $waitable.join (global.get $end) (call $waitable-set.new)))
            (func (export "cancel") (drop (call $stream.cancel-read (global.get $end))))
            (func (export "read") (param $end i32) (result i32)
              (global.set $end (local.get $end))
              (call $is
                (call $stream.read (local.get $end) (i32.const 16) (i32.const 1))
                (i32.const 0x10))
              (call $task.return)
              (global.get $EXIT))
            (func (export "read-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            lifted_sync("join", ""),
            lifted_sync("cancel", ""),
            callback("read", r#"async (param "s" $s)"#),
        ],
        ..Guest::EMPTY
    };
    const WRITER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[
            lowered_sync("join", "", ""),
            lowered_sync("cancel", "", ""),
            lowered(
                "read",
                r#"async (param "s" $s)"#,
                "(param i32) (result i32)",
            ),
        ],
        builtins: &[
            "task.return",
            "stream.new $s",
            "stream.write $s async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (func $begin (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (drop (call $subtask
                (call $read (call $readable (local.get $s))) (global.get $STARTED)))
              (call $writable (local.get $s)))
            (func (export "joins") (result i32)
              (drop (call $begin))
              (call $join)
              unreachable)
            (func (export "joins-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "cancels") (result i32)
              (drop (call $begin))
              (call $cancel)
              unreachable)
            (func (export "cancels-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "reads") (result i32)
              (local $s i64) (local $set i32) (local $subtask i32)
              (local.set $s (call $stream.new))
              (local.set $subtask (call $subtask
                (call $read (call $readable (local.get $s))) (global.get $STARTED)))
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $subtask) (local.get $set))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 16) (i32.const 1))
                (i32.const 0x10))
              (call $wait (local.get $set)))
            (func (export "reads-event") (param i32 i32 i32) (result i32)
              ;; Nothing waits for the end any more.
              (call $join)
              (call $task.return)
              (global.get $EXIT))"#,
        exports: &[
            callback("joins", "async"),
            callback("cancels", "async"),
            callback("reads", "async"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("reader", READER), ("writer", WRITER)])?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    instance.call_blocking("reads", &[])?;
    let expected = [
        ("joins", CanonTrap::InWaitableSet),
        ("cancels", CanonTrap::NotCopying),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn a_call_starts_behind_those_that_wait_to_start(subject: &Subject) -> Checked {
    const GATE: Guest = Guest {
        builtins: &["task.return", "backpressure.inc", "backpressure.dec"],
        code: r#"
            (func (export "close") (call $backpressure.inc))
            (func (export "open") (call $backpressure.dec))
            (func (export "f") (result i32)
              (call $task.return)
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            lifted_sync("close", ""),
            lifted_sync("open", ""),
            callback("f", "async"),
        ],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        imports: &[
            lowered_sync("close", "", ""),
            lowered_sync("open", "", ""),
            lowered("f", "async", "(result i32)"),
        ],
        builtins: &["task.return (result u32)"],
        code: r#"
            (func (export "run") (result i32)
              (call $close)
              (drop (call $subtask (call $f) (global.get $STARTING)))
              (call $open)
              ;; There is no backpressure, but the first call has not started yet.
              (drop (call $subtask (call $f) (global.get $STARTING)))
              (global.get $YIELD))
            (func (export "run-event") (param i32 i32 i32) (result i32)
              ;; Both have started, and nobody waits.
              (call $task.return (call $f))
              (global.get $EXIT))"#,
        exports: &[callback("run", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("gate", GATE), ("caller", CALLER)])?;
    // RETURNED
    gives(&mut *instance, "run", &[], 2u32)
}

pub(in crate::kit) fn a_task_that_yields_learns_that_it_is_cancelled(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["task.cancel"],
        code: r#"
            (func (export "yields") (result i32) (global.get $YIELD))
            (func (export "yields-event") (param $event i32) (param i32 i32) (result i32)
              (call $is (local.get $event) (global.get $TASK_CANCELLED))
              (call $task.cancel)
              (global.get $EXIT))"#,
        exports: &[callback("yields", "async")],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        imports: &[lowered("yields", "async", "(result i32)")],
        builtins: &["task.return (result u32)", "subtask.cancel async"],
        code: r#"
            (func (export "f") (result i32)
              (call $task.return
                (call $subtask.cancel (call $subtask (call $yields) (global.get $STARTED))))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("callee", CALLEE), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)
}

pub(in crate::kit) fn functions_without_a_callback_return_a_result(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        builtins: &["task.return"],
        code: r#"
            (func (export "returns") (call $task.return))
            (func (export "never"))"#,
        exports: &[stackful("returns", "async"), stackful("never", "async")],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    instance.call_blocking("returns", &[])?;
    each_traps(subject, &artifact, &[("never", CanonTrap::NoAsyncResult)])
}

/// `reads` blocks in the middle of its callback. `yields` goes on until it is cancelled.
const HOLDER: Guest = Guest {
    types: "(type $s (stream u8))",
    builtins: &[
        "task.return",
        "task.cancel",
        "stream.read $s",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (func (export "yields") (result i32) (global.get $YIELD))
        (func (export "yields-event") (param $event i32) (param i32 i32) (result i32)
          (if (i32.ne (local.get $event) (global.get $TASK_CANCELLED)) (then
            (return (global.get $YIELD))))
          (call $task.cancel)
          (global.get $EXIT))
        (func (export "reads") (param $end i32) (result i32)
          (call $context.set (local.get $end))
          (global.get $YIELD))
        (func (export "reads-event") (param i32 i32 i32) (result i32)
          (call $is
            (call $stream.read (call $context.get) (i32.const 16) (i32.const 1))
            (i32.const 0x10))
          (call $task.return)
          (global.get $EXIT))"#,
    exports: &[
        callback("yields", "async"),
        callback("reads", r#"async (param "s" $s)"#),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn a_cancelled_task_waits_for_the_one_that_holds_its_instance(
    subject: &Subject,
) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[
            lowered("yields", "async", "(result i32)"),
            lowered(
                "reads",
                r#"async (param "s" $s)"#,
                "(param i32) (result i32)",
            ),
        ],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel async",
            "stream.new $s",
            "stream.write $s async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (global $yields (mut i32) (i32.const 0))
            (global $s (mut i32) (i32.const 0))
            (func (export "f") (result i32)
              (local $s i64)
              (global.set $yields (call $subtask (call $yields) (global.get $STARTED)))
              (local.set $s (call $stream.new))
              (global.set $s (call $writable (local.get $s)))
              (drop (call $subtask
                (call $reads (call $readable (local.get $s))) (global.get $STARTED)))
              (global.get $YIELD))
            (func (export "f-event") (param $event i32) (param i32) (param $state i32) (result i32)
              (local $set i32)
              (if (i32.eq (local.get $event) (global.get $SUBTASK)) (then
                (call $task.return (local.get $state))
                (return (global.get $EXIT))))
              ;; `reads` holds the instance.
              (call $is (call $subtask.cancel (global.get $yields)) (global.get $BLOCKED))
              (call $is
                (call $stream.write (global.get $s) (i32.const 16) (i32.const 1))
                (i32.const 0x10))
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (global.get $yields) (local.get $set))
              (call $wait (local.get $set)))"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("holder", HOLDER), ("caller", CALLER)])?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "f", &[], 4u32)
}

/// `read` reads a byte in the middle of its core function. `undo` does so when it is cancelled.
const PEER: Guest = Guest {
    types: "(type $s (stream u8))",
    builtins: &[
        "task.return",
        "task.cancel",
        "stream.read $s",
        "waitable-set.new",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (func $read (param $end i32)
          (call $is
            (call $stream.read (local.get $end) (i32.const 32) (i32.const 1)) (i32.const 0x10)))
        (func (export "read") (param $end i32) (result i32)
          (call $read (local.get $end))
          (call $task.return)
          (global.get $EXIT))
        (func (export "read-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "undo") (param $end i32) (result i32)
          (call $context.set (local.get $end))
          (call $wait (call $waitable-set.new)))
        (func (export "undo-event") (param i32 i32 i32) (result i32)
          (call $read (call $context.get))
          (call $task.cancel)
          (global.get $EXIT))"#,
    exports: &[
        callback("read", r#"async (param "s" $s)"#),
        callback("undo", r#"async (param "s" $s)"#),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn callers_block_below_their_callees(subject: &Subject) -> Checked {
    // The caller writes by a thread of its own, since it waits for its callee.
    const CALLER: Guest = Guest {
        types: r#"(type $s (stream u8)) (core type $start (func (param i32)))"#,
        imports: &[
            lowered_sync("read", r#"async (param "s" $s)"#, "(param i32)"),
            lowered(
                "undo",
                r#"async (param "s" $s)"#,
                "(param i32) (result i32)",
            ),
        ],
        builtins: &[
            "task.return (result u32)",
            "subtask.cancel",
            "stream.new $s",
            "stream.write $s async",
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
        ],
        code: r#"
            (elem (table $table) (i32.const 0) func $write)
            (func $write (export "write") (param $end i32)
              (drop (call $stream.write (local.get $end) (i32.const 16) (i32.const 1))))
            (func $writes-later (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $thread.resume-later
                (call $thread.new-indirect (i32.const 0) (call $writable (local.get $s))))
              (call $readable (local.get $s)))
            (func (export "calls") (result i32)
              (call $read (call $writes-later))
              (call $task.return (i32.const 1))
              (global.get $EXIT))
            (func (export "calls-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "cancels") (result i32)
              (call $task.return (call $subtask.cancel
                (call $subtask (call $undo (call $writes-later)) (global.get $STARTED))))
              (global.get $EXIT))
            (func (export "cancels-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("calls", "async (result u32)"),
            callback("cancels", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("peer", PEER), ("caller", CALLER)])?;
    gives(&mut *instance, "calls", &[], 1u32)?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "cancels", &[], 4u32)
}

pub(in crate::kit) fn streams_without_elements_copy_the_most(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream))",
        builtins: &[
            "task.return (result u32)",
            "stream.new $s",
            "stream.read $s async",
            "stream.write $s async",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $is
                (call $stream.write
                  (call $writable (local.get $s)) (i32.const 0) (i32.const 0x0fffffff))
                (global.get $BLOCKED))
              (call $task.return (call $stream.read
                (call $readable (local.get $s)) (i32.const 0) (i32.const 0x0fffffff)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives(&mut *instance, "f", &[], 0xffff_fff0u32)
}
