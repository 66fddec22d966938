//! Streams: copies of several lengths, elements of several types, ends that move.

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{each_traps, gives, traps};
use crate::kit::guest::{Guest, callback, component, instantiated, lifted_sync, lowered_sync};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn streams_are_read_in_pieces(subject: &Subject) -> Checked {
    const READER: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &["stream.read $s async"],
        code: r#"
            (global $s (mut i32) (i32.const 0))
            (func (export "take") (param i32) (global.set $s (local.get 0)))
            (func (export "read") (param $most i32) (result i32)
              (call $stream.read (global.get $s) (i32.const 0) (local.get $most)))
            (func (export "last") (result i32) (i32.load (i32.const 0)))"#,
        exports: &[
            lifted_sync("take", r#"(param "s" $s)"#),
            lifted_sync("read", r#"(param "most" u32) (result u32)"#),
            lifted_sync("last", "(result u32)"),
        ],
        ..Guest::EMPTY
    };
    const WRITER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[
            lowered_sync("take", r#"(param "s" $s)"#, "(param i32)"),
            lowered_sync(
                "read",
                r#"(param "most" u32) (result u32)"#,
                "(param i32) (result i32)",
            ),
            lowered_sync("last", "(result u32)", "(result i32)"),
        ],
        builtins: &[
            "stream.new $s",
            "stream.write $s async",
            "stream.drop-writable $s",
            "waitable-set.new",
            "waitable-set.poll",
            "waitable.join",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $s i64) (local $writable i32) (local $set i32)
              (local.set $s (call $stream.new))
              (local.set $writable (call $writable (local.get $s)))
              (call $take (call $readable (local.get $s)))
              (i32.store (i32.const 0) (i32.const 0x030201))
              (call $is
                (call $stream.write (local.get $writable) (i32.const 0) (i32.const 3))
                (global.get $BLOCKED))
              (call $is (call $read (i32.const 2)) (i32.const 0x20))
              (call $is (call $last) (i32.const 0x0201))
              ;; No more is read than there is.
              (call $is (call $read (i32.const 9)) (i32.const 0x10))
              (call $is (call $last) (i32.const 0x0203))
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $writable) (local.get $set))
              (call $is
                (call $waitable-set.poll (local.get $set) (i32.const 16))
                (global.get $STREAM_WRITE))
              (call $is (i32.load (i32.const 20)) (i32.const 0x30))
              ;; The reader waits for three. It gets two, and a write of none leaves that as it is.
              (call $is (call $read (i32.const 3)) (global.get $BLOCKED))
              (call $is
                (call $stream.write (local.get $writable) (i32.const 0) (i32.const 2))
                (i32.const 0x20))
              (call $stream.drop-writable (local.get $writable))
              (call $last))"#,
        exports: &[lifted_sync("f", "(result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("reader", READER), ("writer", WRITER)])?;
    gives(&mut *instance, "f", &[], 0x0201u32)
}

pub(in crate::kit) fn copies_of_no_elements_tell_that_the_other_is_ready(
    subject: &Subject,
) -> Checked {
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
            ;; Expects an event, whose payload is COMPLETED without an element, or no event.
            (func $poll (param $event i32)
              (i32.store (i32.const 68) (i32.const 0))
              (call $is
                (call $waitable-set.poll (global.get $set) (i32.const 64)) (local.get $event))
              (call $is (i32.load (i32.const 68)) (i32.const 0)))
            (func $new
              (global.set $s (call $stream.new))
              (global.set $set (call $waitable-set.new))
              (call $waitable.join (call $readable (global.get $s)) (global.get $set))
              (call $waitable.join (call $writable (global.get $s)) (global.get $set)))
            (func (export "f") (result i32)
              (i32.store (i32.const 32) (i32.const 0x030201))
              ;; A reader of nothing learns that there is a writer of something, which waits.
              (call $new)
              (call $read (i32.const 0) (global.get $BLOCKED))
              (call $write (i32.const 3) (global.get $BLOCKED))
              (call $poll (global.get $STREAM_READ))
              (call $read (i32.const 0) (i32.const 0))
              (call $poll (global.get $NONE))
              (call $read (i32.const 3) (i32.const 0x30))
              ;; A writer of nothing learns that there is a reader of nothing, which waits.
              (call $new)
              (call $write (i32.const 0) (global.get $BLOCKED))
              (call $read (i32.const 0) (global.get $BLOCKED))
              (call $poll (global.get $STREAM_WRITE))
              (call $write (i32.const 0) (i32.const 0))
              (call $poll (global.get $NONE))
              (call $write (i32.const 1) (global.get $BLOCKED))
              (call $poll (global.get $STREAM_READ))
              (call $read (i32.const 1) (i32.const 0x10))
              ;; A writer of nothing learns that there is a reader of something, which still waits.
              (call $new)
              (call $read (i32.const 2) (global.get $BLOCKED))
              (call $write (i32.const 0) (i32.const 0))
              (call $poll (global.get $NONE))
              (call $write (i32.const 3) (i32.const 0x20))
              (call $task.return (i32.load (i32.const 16)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives(&mut *instance, "f", &[], 0x030201u32)
}

/// Takes a stream, and reads elements that have names.
const ELEMENT_READER: Guest = Guest {
    types: r#"(type $e (record (field "name" string) (field "n" u32)))
        (export $e' "e" (type $e)) (type $s (stream $e'))"#,
    builtins: &["stream.read $s async"],
    code: r#"
        (global $s (mut i32) (i32.const 0))
        (func (export "take") (param i32) (global.set $s (local.get 0)))
        (func (export "read") (param $most i32) (result i32)
          (call $stream.read (global.get $s) (i32.const 0) (local.get $most)))
        ;; Returns a number of the first and last byte of the name, its length, and the number.
        (func (export "element") (param $i i32) (result i32)
          (local $at i32) (local $name i32) (local $len i32)
          (local.set $at (i32.mul (local.get $i) (i32.const 12)))
          (local.set $name (i32.load (local.get $at)))
          (local.set $len (i32.load offset=4 (local.get $at)))
          (i32.or
            (i32.or
              (i32.shl (i32.load8_u (local.get $name)) (i32.const 24))
              (i32.shl
                (i32.load8_u
                  (i32.sub (i32.add (local.get $name) (local.get $len)) (i32.const 1)))
                (i32.const 16)))
            (i32.or
              (i32.shl (local.get $len) (i32.const 8))
              (i32.load offset=8 (local.get $at)))))"#,
    exports: &[
        lifted_sync("take", r#"(param "s" $s)"#),
        lifted_sync("read", r#"(param "most" u32) (result u32)"#),
        lifted_sync("element", r#"(param "i" u32) (result u32)"#),
    ],
    ..Guest::EMPTY
};

/// Writes such elements: before they are read, or while the reader waits.
const ELEMENT_WRITER: Guest = Guest {
    types: r#"(type $e (record (field "name" string) (field "n" u32)))
        (import "e" (type $e' (eq $e))) (type $s (stream $e'))"#,
    with: r#"(with "e" (type $reader "e"))"#,
    imports: &[
        lowered_sync("take", r#"(param "s" $s)"#, "(param i32)"),
        lowered_sync(
            "read",
            r#"(param "most" u32) (result u32)"#,
            "(param i32) (result i32)",
        ),
        lowered_sync(
            "element",
            r#"(param "i" u32) (result u32)"#,
            "(param i32) (result i32)",
        ),
    ],
    builtins: &["stream.new $s", "stream.write $s async"],
    code: r#"
        (func $put (param $at i32) (param $name i32) (param $len i32) (param $n i32)
          (i32.store (local.get $at) (local.get $name))
          (i32.store offset=4 (local.get $at) (local.get $len))
          (i32.store offset=8 (local.get $at) (local.get $n)))
        (func (export "f") (result i32)
          (local $s i64)
          (local.set $s (call $stream.new))
          (call $take (call $readable (local.get $s)))
          ;; "abc" at 100
          (i32.store (i32.const 100) (i32.const 0x636261))
          (call $put (i32.const 0) (i32.const 100) (i32.const 3) (i32.const 5))
          (call $put (i32.const 12) (i32.const 101) (i32.const 1) (i32.const 6))
          (call $put (i32.const 24) (i32.const 101) (i32.const 2) (i32.const 7))
          ;; The reader comes second.
          (call $is
            (call $stream.write (call $writable (local.get $s)) (i32.const 0) (i32.const 3))
            (global.get $BLOCKED))
          (call $is (call $read (i32.const 2)) (i32.const 0x20))
          (call $is (call $element (i32.const 0)) (i32.const 0x61630305))
          (call $is (call $element (i32.const 1)) (i32.const 0x62620106))
          (call $is (call $read (i32.const 1)) (i32.const 0x10))
          (call $is (call $element (i32.const 0)) (i32.const 0x62630207))
          (i32.const 1))
        ;; The reader comes first, and has returned when its memory is written.
        (func (export "g") (result i32)
          (local $s i64)
          (local.set $s (call $stream.new))
          (call $take (call $readable (local.get $s)))
          (i32.store (i32.const 100) (i32.const 0x636261))
          (call $put (i32.const 0) (i32.const 100) (i32.const 3) (i32.const 8))
          (call $is (call $read (i32.const 2)) (global.get $BLOCKED))
          (call $is
            (call $stream.write (call $writable (local.get $s)) (i32.const 0) (i32.const 1))
            (i32.const 0x10))
          (call $element (i32.const 0)))"#,
    exports: &[
        lifted_sync("f", "(result u32)"),
        lifted_sync("g", "(result u32)"),
    ],
};

pub(in crate::kit) fn streams_have_elements_with_strings(subject: &Subject) -> Checked {
    let mut instance = instantiated(
        subject,
        &[("reader", ELEMENT_READER), ("writer", ELEMENT_WRITER)],
    )?;
    gives(&mut *instance, "f", &[], 1u32)
}

pub(in crate::kit) fn strings_reach_a_reader_that_has_returned(subject: &Subject) -> Checked {
    let mut instance = instantiated(
        subject,
        &[("reader", ELEMENT_READER), ("writer", ELEMENT_WRITER)],
    )?;
    gives(&mut *instance, "g", &[], 0x6163_0308u32)
}

/// Makes resources, and sends two of them.
const MAKER: Guest = Guest {
    types: r#"(type $own (resource (rep i32))) (export $r "r" (type $own))
        (type $s (stream (own $r)))"#,
    builtins: &[
        "resource.new $r",
        "resource.drop $r",
        "stream.new $s",
        "stream.write $s async",
    ],
    code: r#"
        (func (export "make") (result i32)
          (local $s i64)
          (local.set $s (call $stream.new))
          (i32.store (i32.const 16) (call $resource.new (i32.const 7)))
          (i32.store (i32.const 20) (call $resource.new (i32.const 8)))
          (call $is
            (call $stream.write (call $writable (local.get $s)) (i32.const 16) (i32.const 2))
            (global.get $BLOCKED))
          (call $readable (local.get $s)))
        ;; A borrow of the own resource is its representation.
        (func (export "rep") (param i32) (result i32) (local.get 0))
        (func (export "drop") (param $i i32)
          (call $resource.drop
            (i32.load (i32.add (i32.const 16) (i32.mul (local.get $i) (i32.const 4))))))"#,
    exports: &[
        lifted_sync("make", "(result $s)"),
        lifted_sync("rep", r#"(param "r" (borrow $r)) (result u32)"#),
        lifted_sync("drop", r#"(param "i" u32)"#),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn resources_move_through_streams(subject: &Subject) -> Checked {
    const TAKER: Guest = Guest {
        types: r#"(import "r" (type $r (sub resource))) (type $s (stream (own $r)))"#,
        with: r#"(with "r" (type $maker "r"))"#,
        imports: &[
            lowered_sync("make", "(result $s)", "(result i32)"),
            lowered_sync(
                "rep",
                r#"(param "r" (borrow $r)) (result u32)"#,
                "(param i32) (result i32)",
            ),
            lowered_sync("drop", r#"(param "i" u32)"#, "(param i32)"),
        ],
        builtins: &["stream.read $s async", "resource.drop $r"],
        code: r#"
            (func (export "f") (result i32)
              (local $s i32)
              (local.set $s (call $make))
              (call $is
                (call $stream.read (local.get $s) (i32.const 32) (i32.const 1)) (i32.const 0x10))
              (call $note (call $rep (i32.load (i32.const 32))))
              (call $resource.drop (i32.load (i32.const 32)))
              (call $is
                (call $stream.read (local.get $s) (i32.const 32) (i32.const 1)) (i32.const 0x10))
              (call $note (call $rep (i32.load (i32.const 32))))
              (global.get $noted))
            (func (export "drop-after") (param $i i32)
              (call $is
                (call $stream.read (call $make) (i32.const 32) (i32.const 1)) (i32.const 0x10))
              (call $drop (local.get $i)))"#,
        exports: &[
            lifted_sync("f", "(result u32)"),
            lifted_sync("drop-after", r#"(param "i" u32)"#),
        ],
    };
    let artifact = component(&[("maker", MAKER), ("taker", TAKER)])?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "f", &[], 78u32)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    // What was not read still belongs to the maker.
    instance.call_blocking("drop-after", &[1u32.into()])?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    let dropped = instance.call_blocking("drop-after", &[0u32.into()]);
    traps(
        "dropping what was read",
        dropped,
        Trap::Canon(CanonTrap::UnknownHandle),
    )
}

pub(in crate::kit) fn ends_move_through_calls(subject: &Subject) -> Checked {
    const SOURCE: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &["stream.new $s", "stream.write $s async"],
        code: r#"
            (func (export "make") (result i32)
              (local $s i64)
              (local.set $s (call $stream.new))
              (i32.store (i32.const 0) (i32.const 0x030201))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 0) (i32.const 3))
                (global.get $BLOCKED))
              (call $readable (local.get $s)))"#,
        exports: &[lifted_sync("make", "(result $s)")],
        ..Guest::EMPTY
    };
    /// Reads one element, and passes the end on.
    const MIDDLE: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &["stream.read $s async"],
        code: r#"
            (func (export "pass") (param $s i32) (result i32)
              (call $is
                (call $stream.read (local.get $s) (i32.const 0) (i32.const 1)) (i32.const 0x10))
              (call $is (i32.load8_u (i32.const 0)) (i32.const 1))
              (local.get $s))"#,
        exports: &[lifted_sync("pass", r#"(param "s" $s) (result $s)"#)],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[
            lowered_sync("make", "(result $s)", "(result i32)"),
            lowered_sync(
                "pass",
                r#"(param "s" $s) (result $s)"#,
                "(param i32) (result i32)",
            ),
        ],
        builtins: &["stream.read $s async"],
        code: r#"
            (func (export "f") (result i32)
              (call $is
                (call $stream.read (call $pass (call $make)) (i32.const 0) (i32.const 9))
                (i32.const 0x20))
              (i32.load (i32.const 0)))"#,
        exports: &[lifted_sync("f", "(result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(
        subject,
        &[("source", SOURCE), ("middle", MIDDLE), ("caller", CALLER)],
    )?;
    gives(&mut *instance, "f", &[], 0x0302u32)
}

pub(in crate::kit) fn ends_in_use_do_not_move(subject: &Subject) -> Checked {
    const SINK: Guest = Guest {
        types: "(type $s (stream u8))",
        code: r#"(func (export "take") (param i32))"#,
        exports: &[lifted_sync("take", r#"(param "s" $s)"#)],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8)) (type $names (stream string))",
        imports: &[lowered_sync("take", r#"(param "s" $s)"#, "(param i32)")],
        builtins: &[
            "stream.new $s",
            "stream.read $s async",
            "new-names = stream.new $names",
            "read-names = stream.read $names async",
            "write-names = stream.write $names async",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (func (export "moved")
              (local $s i32)
              (local.set $s (call $readable (call $stream.new)))
              (call $take (local.get $s))
              (call $take (local.get $s)))
            (func (export "copying")
              (local $s i32)
              (local.set $s (call $readable (call $stream.new)))
              (call $is
                (call $stream.read (local.get $s) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (call $take (local.get $s)))
            (func (export "in-set")
              (local $s i32)
              (local.set $s (call $readable (call $stream.new)))
              (call $waitable.join (local.get $s) (call $waitable-set.new))
              (call $take (local.get $s)))
            (func (export "writable") (call $take (call $writable (call $stream.new))))
            (func (export "other-type") (call $take (call $readable (call $new-names))))
            (func (export "to-itself")
              (local $s i64)
              (local.set $s (call $new-names))
              (call $is
                (call $read-names (call $readable (local.get $s)) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (drop (call $write-names
                (call $writable (local.get $s)) (i32.const 32) (i32.const 1))))"#,
        exports: &[
            lifted_sync("moved", ""),
            lifted_sync("copying", ""),
            lifted_sync("in-set", ""),
            lifted_sync("writable", ""),
            lifted_sync("other-type", ""),
            lifted_sync("to-itself", ""),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("sink", SINK), ("caller", CALLER)])?;
    let expected = [
        ("moved", CanonTrap::UnknownHandle),
        ("copying", CanonTrap::EndBusy),
        ("in-set", CanonTrap::InWaitableSet),
        ("writable", CanonTrap::WrongHandleKind),
        ("other-type", CanonTrap::WrongHandleKind),
        ("to-itself", CanonTrap::IntraComponentCopy),
    ];
    each_traps(subject, &artifact, &expected)
}
