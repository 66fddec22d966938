//! The ends of streams, futures, subtasks and sets: dropped while they are in use, or closed.

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{each_traps, gives, gives_nothing, traps};
use crate::kit::guest::{Guest, callback, component, instantiated, lifted_sync, lowered, stackful};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn a_dropped_end_ends_the_copy_of_the_other(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &[
            "task.return (result u32)",
            "stream.new $s",
            "stream.read $s async",
            "stream.write $s async",
            "stream.drop-readable $s",
            "stream.drop-writable $s",
            "waitable-set.new",
            "waitable-set.poll",
            "waitable.join",
        ],
        code: r#"
            (func $payload (param $event i32) (param $end i32) (result i32)
              (local $set i32)
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $end) (local.get $set))
              (call $is
                (call $waitable-set.poll (local.get $set) (i32.const 64)) (local.get $event))
              (call $is (i32.load (i32.const 64)) (local.get $end))
              (i32.load (i32.const 68)))
            (func (export "f") (result i32)
              (local $s i64)
              ;; The writer goes away while the reader waits.
              (local.set $s (call $stream.new))
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 4))
                (global.get $BLOCKED))
              (call $stream.drop-writable (call $writable (local.get $s)))
              (call $is
                (call $payload (global.get $STREAM_READ) (call $readable (local.get $s)))
                (global.get $DROPPED))
              (call $stream.drop-readable (call $readable (local.get $s)))
              ;; The reader goes away after two of three elements.
              (local.set $s (call $stream.new))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 32) (i32.const 3))
                (global.get $BLOCKED))
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 2))
                (i32.const 0x20))
              (call $stream.drop-readable (call $readable (local.get $s)))
              (call $is
                (call $payload (global.get $STREAM_WRITE) (call $writable (local.get $s)))
                (i32.const 0x21))
              (call $stream.drop-writable (call $writable (local.get $s)))
              ;; A copy that begins afterwards ends at once.
              (local.set $s (call $stream.new))
              (call $stream.drop-writable (call $writable (local.get $s)))
              (call $task.return
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 4)))
              (call $stream.drop-readable (call $readable (local.get $s)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    // DROPPED
    gives(&mut *instance, "f", &[], 1u32)
}

pub(in crate::kit) fn ends_that_can_copy_no_more_trap(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8)) (type $f (future u32))",
        builtins: &[
            "task.return (result u32)",
            "stream.new $s",
            "stream.read $s async",
            "stream.drop-writable $s",
            "future.new $f",
            "future.read $f async",
            "future.write $f async",
        ],
        code: r#"
            (func (export "stream") (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (call $stream.drop-writable (call $writable (local.get $s)))
              (call $is
                (call $stream.read (call $readable (local.get $s)) (i32.const 16) (i32.const 4))
                (global.get $DROPPED))
              (drop (call $stream.read
                (call $readable (local.get $s)) (i32.const 16) (i32.const 4)))
              (global.get $EXIT))
            (func (export "stream-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "future") (result i32)
              (local $f i64)
              (local.set $f (call $future.new))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 16))
                (global.get $BLOCKED))
              (call $is
                (call $future.read (call $readable (local.get $f)) (i32.const 32))
                (global.get $COMPLETED))
              (drop (call $future.read (call $readable (local.get $f)) (i32.const 32)))
              (global.get $EXIT))
            (func (export "future-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("stream", "async (result u32)"),
            callback("future", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    for export in ["stream", "future"] {
        let mut instance = subject.instantiate(&artifact, &World::new())?;
        let done = Trap::Canon(CanonTrap::EndDone);
        traps(export, instance.call_blocking(export, &[]), done)?;
    }
    Ok(())
}

pub(in crate::kit) fn futures_are_written_before_they_are_dropped(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $f (future u32))",
        builtins: &[
            "task.return (result u32)",
            "future.new $f",
            "future.read $f async",
            "future.write $f async",
            "future.drop-readable $f",
            "future.drop-writable $f",
        ],
        code: r#"
            (func (export "written") (result i32)
              (local $f i64)
              (local.set $f (call $future.new))
              (call $is
                (call $future.read (call $readable (local.get $f)) (i32.const 16))
                (global.get $BLOCKED))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 32))
                (global.get $COMPLETED))
              (call $future.drop-writable (call $writable (local.get $f)))
              ;; Nobody reads: the write says so, and that suffices.
              (local.set $f (call $future.new))
              (call $future.drop-readable (call $readable (local.get $f)))
              (call $task.return
                (call $future.write (call $writable (local.get $f)) (i32.const 32)))
              (call $future.drop-writable (call $writable (local.get $f)))
              (global.get $EXIT))
            (func (export "written-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "not-written") (result i32)
              (call $future.drop-writable (call $writable (call $future.new)))
              (global.get $EXIT))
            (func (export "not-written-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("written", "async (result u32)"),
            callback("not-written", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    // DROPPED
    gives(&mut *instance, "written", &[], 1u32)?;
    let dropped = instance.call_blocking("not-written", &[]);
    traps(
        "a future without a value",
        dropped,
        Trap::Canon(CanonTrap::FutureNotWritten),
    )
}

pub(in crate::kit) fn what_is_in_use_is_not_dropped(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["waitable-set.new"],
        code: r#"
            (func (export "blocks") (result i32) (call $wait (call $waitable-set.new)))
            (func (export "blocks-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("blocks", "async")],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[lowered("blocks", "async", "(result i32)")],
        builtins: &[
            "stream.new $s",
            "stream.read $s async",
            "stream.drop-readable $s",
            "waitable-set.new",
            "waitable-set.drop",
            "waitable.join",
            "subtask.drop",
        ],
        code: r#"
            (func (export "subtask") (result i32)
              (call $subtask.drop (call $subtask (call $blocks) (global.get $STARTED)))
              (global.get $EXIT))
            (func (export "subtask-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "set") (result i32)
              (local $set i32)
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (call $readable (call $stream.new)) (local.get $set))
              (call $waitable-set.drop (local.get $set))
              (global.get $EXIT))
            (func (export "set-event") (param i32 i32 i32) (result i32) unreachable)
            (func $copying (result i32)
              (local $end i32)
              (local.set $end (call $readable (call $stream.new)))
              (call $is
                (call $stream.read (local.get $end) (i32.const 16) (i32.const 4))
                (global.get $BLOCKED))
              (local.get $end))
            (func (export "end") (result i32)
              (call $stream.drop-readable (call $copying))
              (global.get $EXIT))
            (func (export "end-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "second-copy") (result i32)
              (drop (call $stream.read (call $copying) (i32.const 16) (i32.const 4)))
              (global.get $EXIT))
            (func (export "second-copy-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("subtask", "async"),
            callback("set", "async"),
            callback("end", "async"),
            callback("second-copy", "async"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("callee", CALLEE), ("caller", CALLER)])?;
    let expected = [
        ("subtask", CanonTrap::SubtaskNotResolved),
        ("set", CanonTrap::WaitableSetInUse),
        ("end", CanonTrap::EndBusy),
        ("second-copy", CanonTrap::EndBusy),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn a_set_that_is_waited_for_is_not_dropped(subject: &Subject) -> Checked {
    // Both functions return, and then wait for a set without members.
    const GUEST: Guest = Guest {
        builtins: &[
            "task.return",
            "waitable-set.new",
            "waitable-set.wait",
            "waitable-set.drop",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (func (export "waits") (result i32)
              (global.set $set (call $waitable-set.new))
              (call $task.return)
              (call $wait (global.get $set)))
            (func (export "waits-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "blocks")
              (global.set $set (call $waitable-set.new))
              (call $task.return)
              (drop (call $waitable-set.wait (global.get $set) (i32.const 16))))
            (func (export "drop") (call $waitable-set.drop (global.get $set)))
            (func (export "no-waiter")
              (call $waitable-set.drop (call $waitable-set.new)))"#,
        exports: &[
            callback("waits", "async"),
            stackful("blocks", "async"),
            lifted_sync("drop", ""),
            lifted_sync("no-waiter", ""),
        ],
        ..Guest::EMPTY
    };
    for waits in ["waits", "blocks"] {
        let mut instance = instantiated(subject, &[("guest", GUEST)])?;
        gives_nothing(&mut *instance, waits, &[])?;
        gives_nothing(&mut *instance, "no-waiter", &[])?;
        let dropped = instance.call_blocking("drop", &[]);
        traps(waits, dropped, Trap::Canon(CanonTrap::WaitableSetInUse))?;
    }
    Ok(())
}
