//! Rules of copies that only few orders of events show.

use crate::kit::expect::gives;
use crate::kit::guest::{Guest, callback, instantiated};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn a_copy_is_over_when_its_event_is_delivered(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &[
            "task.return (result u32)",
            "stream.new $s",
            "stream.read $s async",
            "stream.write $s async",
            "waitable-set.new",
            "waitable-set.poll",
            "waitable.join",
        ],
        code: r#"
            (global $s (mut i64) (i64.const 0))
            (global $set (mut i32) (i32.const 0))
            (func $read (param $most i32) (param $expected i32)
              (call $is
                (call $stream.read
                  (call $readable (global.get $s)) (i32.const 16) (local.get $most))
                (local.get $expected)))
            (func $write (param $most i32) (param $expected i32)
              (call $is
                (call $stream.write
                  (call $writable (global.get $s)) (i32.const 32) (local.get $most))
                (local.get $expected)))
            (func $poll (param $event i32) (param $payload i32)
              (i32.store (i32.const 68) (i32.const 0))
              (call $is
                (call $waitable-set.poll (global.get $set) (i32.const 64)) (local.get $event))
              (call $is (i32.load (i32.const 68)) (local.get $payload)))
            (func $new
              (global.set $s (call $stream.new))
              (global.set $set (call $waitable-set.new))
              (call $waitable.join (call $readable (global.get $s)) (global.get $set))
              (call $waitable.join (call $writable (global.get $s)) (global.get $set)))
            (func (export "f") (result i32)
              (i32.store (i32.const 32) (i32.const 0x04030201))
              ;; A writer of four learns that two were read, and waits no more.
              (call $new)
              (call $write (i32.const 4) (global.get $BLOCKED))
              (call $read (i32.const 2) (i32.const 0x20))
              (call $poll (global.get $STREAM_WRITE) (i32.const 0x20))
              (call $read (i32.const 2) (global.get $BLOCKED))
              (call $poll (global.get $NONE) (i32.const 0))
              (call $write (i32.const 1) (i32.const 0x10))
              (call $poll (global.get $STREAM_READ) (i32.const 0x10))
              ;; A reader of two has got both, and does not know yet. A writer of nothing waits.
              (call $new)
              (call $read (i32.const 2) (global.get $BLOCKED))
              (call $write (i32.const 2) (i32.const 0x20))
              (call $write (i32.const 0) (global.get $BLOCKED))
              (call $poll (global.get $STREAM_READ) (i32.const 0x20))
              (call $poll (global.get $NONE) (i32.const 0))
              (call $read (i32.const 1) (global.get $BLOCKED))
              (call $poll (global.get $STREAM_WRITE) (i32.const 0))
              (call $write (i32.const 1) (i32.const 0x10))
              (call $poll (global.get $STREAM_READ) (i32.const 0x10))
              (call $task.return (i32.const 1))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives(&mut *instance, "f", &[], 1u32)
}
