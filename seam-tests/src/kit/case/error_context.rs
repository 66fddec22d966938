//! Error contexts.

use seam_core::{CanonTrap, InstanceExt, Value};

use crate::kit::expect::{each_traps, holds};
use crate::kit::guest::{Guest, callback, component, instantiated, lifted_sync, lowered_sync};
use crate::kit::{Checked, Subject};

/// Keeps an error context, from a call or from a stream. `length` returns the length of its message, and
/// `drop` drops it.
const KEEPER: Guest = Guest {
    types: "(type $s (stream error-context))",
    builtins: &[
        "error-context.debug-message",
        "error-context.drop",
        "stream.read $s async",
    ],
    code: r#"
        (global $kept (mut i32) (i32.const 0))
        (func (export "keep") (param $context i32) (global.set $kept (local.get $context)))
        (func (export "receive") (param $s i32)
          (call $is
            (call $stream.read (local.get $s) (i32.const 8) (i32.const 1)) (i32.const 0x10))
          (global.set $kept (i32.load (i32.const 8))))
        (func (export "length") (result i32)
          (call $error-context.debug-message (global.get $kept) (i32.const 16))
          (i32.load (i32.const 20)))
        (func (export "drop") (call $error-context.drop (global.get $kept)))"#,
    exports: &[
        lifted_sync("keep", r#"(param "context" error-context)"#),
        lifted_sync("receive", r#"(param "from" $s)"#),
        lifted_sync("length", "(result u32)"),
        lifted_sync("drop", ""),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn error_contexts_are_shared(subject: &Subject) -> Checked {
    // Returns the length of the message, as all copies show it.
    const MAKER: Guest = Guest {
        types: "(type $s (stream error-context))",
        imports: &[
            lowered_sync("keep", r#"(param "context" error-context)"#, "(param i32)"),
            lowered_sync("receive", r#"(param "from" $s)"#, "(param i32)"),
            lowered_sync("length", "(result u32)", "(result i32)"),
            lowered_sync("drop", "", ""),
        ],
        builtins: &[
            "task.return (result u32)",
            "error-context.new",
            "error-context.debug-message",
            "error-context.drop",
            "stream.new $s",
            "stream.write $s async",
        ],
        code: r#"
            (func $length-of (param $context i32) (result i32)
              (call $error-context.debug-message (local.get $context) (i32.const 24))
              (i32.load (i32.const 28)))
            (func (export "f") (result i32)
              (local $context i32) (local $s i64) (local $length i32)
              (i64.store (i32.const 40) (i64.const 0x6f6c6c6568))
              (local.set $context (call $error-context.new (i32.const 40) (i32.const 5)))
              (local.set $length (call $length-of (local.get $context)))
              ;; The message is copied: its memory can be used again.
              (i64.store (i32.const 40) (i64.const 0))
              (call $keep (local.get $context))
              (call $is (call $length) (local.get $length))
              (call $drop)
              ;; What was passed is still there.
              (call $is (call $length-of (local.get $context)) (local.get $length))
              (local.set $s (call $stream.new))
              (i32.store (i32.const 48) (local.get $context))
              (call $is
                (call $stream.write (call $writable (local.get $s)) (i32.const 48) (i32.const 1))
                (global.get $BLOCKED))
              (call $receive (call $readable (local.get $s)))
              (call $error-context.drop (local.get $context))
              (call $is (call $length) (local.get $length))
              (call $task.return (local.get $length))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("keeper", KEEPER), ("maker", MAKER)])?;
    let length = instance.call_blocking("f", &[])?;
    // An engine may leave out the message.
    let is_whole_or_left_out = matches!(length, Some(Value::U32(0 | 5)));
    holds(
        "the length of a whole or empty message",
        is_whole_or_left_out,
        &length,
    )
}

pub(in crate::kit) fn wrong_error_contexts_trap(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        imports: &[lowered_sync(
            "keep",
            r#"(param "context" error-context)"#,
            "(param i32)",
        )],
        builtins: &[
            "error-context.new",
            "error-context.debug-message",
            "error-context.drop",
            "waitable-set.new",
            "waitable-set.drop",
            "waitable.join",
        ],
        code: r#"
            (func $new (result i32) (call $error-context.new (i32.const 40) (i32.const 1)))
            (func (export "dropped")
              (local $context i32)
              (local.set $context (call $new))
              (call $error-context.drop (local.get $context))
              (call $error-context.drop (local.get $context)))
            (func (export "unknown") (call $keep (i32.const 99)))
            (func (export "show-unknown")
              (call $error-context.debug-message (i32.const 99) (i32.const 16)))
            (func (export "pass-a-set") (call $keep (call $waitable-set.new)))
            (func (export "show-a-set")
              (call $error-context.debug-message (call $waitable-set.new) (i32.const 16)))
            (func (export "drop-a-set") (call $error-context.drop (call $waitable-set.new)))
            (func (export "drop-as-a-set") (call $waitable-set.drop (call $new)))
            (func (export "join") (call $waitable.join (call $new) (i32.const 0)))"#,
        exports: &[
            lifted_sync("dropped", ""),
            lifted_sync("unknown", ""),
            lifted_sync("show-unknown", ""),
            lifted_sync("pass-a-set", ""),
            lifted_sync("show-a-set", ""),
            lifted_sync("drop-a-set", ""),
            lifted_sync("drop-as-a-set", ""),
            lifted_sync("join", ""),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("keeper", KEEPER), ("guest", GUEST)])?;
    let expected = [
        ("dropped", CanonTrap::UnknownHandle),
        ("unknown", CanonTrap::UnknownHandle),
        ("show-unknown", CanonTrap::UnknownHandle),
        ("pass-a-set", CanonTrap::WrongHandleKind),
        ("show-a-set", CanonTrap::WrongHandleKind),
        ("drop-a-set", CanonTrap::WrongHandleKind),
        ("drop-as-a-set", CanonTrap::WrongHandleKind),
        ("join", CanonTrap::WrongHandleKind),
    ];
    each_traps(subject, &artifact, &expected)
}
