//! Calls that wait to start.

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{gives, gives_nothing, same, traps};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

/// Starts `f` only if it was opened as often as it was closed. Counts the starts.
pub(super) const GATE: Guest = Guest {
    builtins: &[
        "task.return (result u32)",
        "backpressure.inc",
        "backpressure.dec",
    ],
    code: r#"
        (global $started (mut i32) (i32.const 0))
        (func (export "close") (call $backpressure.inc))
        (func (export "open") (call $backpressure.dec))
        (func (export "started") (result i32) (global.get $started))
        (func (export "f") (result i32)
          (global.set $started (i32.add (global.get $started) (i32.const 1)))
          (call $task.return (i32.const 7))
          (global.get $EXIT))
        (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
    exports: &[
        lifted_sync("close", ""),
        lifted_sync("open", ""),
        lifted_sync("started", "(result u32)"),
        callback("f", "async (result u32)"),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn backpressure_makes_calls_wait_to_start(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[
            lowered_sync("close", "", ""),
            lowered_sync("open", "", ""),
            lowered_sync("started", "(result u32)", "(result i32)"),
            lowered("f", "async (result u32)", "(param i32) (result i32)"),
        ],
        builtins: &[
            "task.return (result u32)",
            "waitable-set.new",
            "waitable-set.poll",
            "waitable.join",
            "subtask.drop",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (func (export "run") (result i32)
              (call $close)
              (call $close)
              (global.set $set (call $waitable-set.new))
              (call $waitable.join
                (call $subtask (call $f (i32.const 8)) (global.get $STARTING))
                (global.get $set))
              (call $open)
              (global.get $YIELD))
            (func (export "run-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              (if (i32.eq (local.get $event) (global.get $NONE)) (then
                ;; The gate is still closed.
                (call $is (call $started) (i32.const 0))
                (call $is
                  (call $waitable-set.poll (global.get $set) (i32.const 16)) (global.get $NONE))
                (call $open)
                (return (call $wait (global.get $set)))))
              (call $is (local.get $event) (global.get $SUBTASK))
              (call $is (local.get $state) (global.get $RETURNED))
              (call $is (call $started) (i32.const 1))
              (call $subtask.drop (local.get $subtask))
              ;; Now that it is open, a call starts at once.
              (call $is (call $f (i32.const 12)) (global.get $RETURNED))
              (call $task.return (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12))))
              (global.get $EXIT))"#,
        exports: &[callback("run", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("gate", GATE), ("caller", CALLER)])?;
    gives(&mut *instance, "run", &[], 14u32)
}

pub(in crate::kit) fn backpressure_holds_back_calls_of_the_host(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("gate", GATE)])?;
    gives(&mut *instance, "f", &[], 7u32)?;
    gives_nothing(&mut *instance, "close", &[])?;
    let called = instance.call_blocking("f", &[]);
    traps(
        "a call that never starts",
        called,
        Trap::Canon(CanonTrap::Deadlock),
    )
}

pub(in crate::kit) fn backpressure_holds_back_no_synchronous_functions(
    subject: &Subject,
) -> Checked {
    let mut instance = instantiated(subject, &[("gate", GATE)])?;
    gives_nothing(&mut *instance, "close", &[])?;
    gives(&mut *instance, "started", &[], 0u32)?;
    gives_nothing(&mut *instance, "open", &[])?;
    gives(&mut *instance, "f", &[], 7u32)?;
    gives(&mut *instance, "started", &[], 1u32)
}

pub(in crate::kit) fn backpressure_has_bounds(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        builtins: &[
            "backpressure.inc",
            "backpressure.dec",
            "task.return (result u32)",
        ],
        code: r#"
            (func (export "f") (param $closes i32) (param $opens i32) (result i32)
              (local $i i32)
              (loop $again
                (call $backpressure.inc)
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.ne (local.get $i) (local.get $closes))))
              (loop $again
                (call $backpressure.dec)
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br_if $again
                  (local.tee $opens (i32.sub (local.get $opens) (i32.const 1)))))
              (call $task.return (local.get $i))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback(
            "f",
            r#"async (param "closes" u32) (param "opens" u32) (result u32)"#,
        )],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let overflow = Trap::Canon(CanonTrap::BackpressureOverflow);
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    let most = [0xffffu32.into(), 0xffffu32.into()];
    gives(&mut *instance, "f", &most, 0u32)?;
    let above = instance.call_blocking("f", &[0x10000u32.into(), 1u32.into()]);
    traps("closing too often", above, overflow.clone())?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    let below = instance.call_blocking("f", &[1u32.into(), 2u32.into()]);
    traps("opening what is open", below, overflow)
}

/// `hold` blocks in its core function, although it has a callback.
const HOLDER: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &["task.return (result u32)", "future.read $f"],
    code: r#"
        (func (export "hold") (param $f i32) (result i32)
          (call $is (call $future.read (local.get $f) (i32.const 16)) (global.get $COMPLETED))
          (call $task.return (i32.load (i32.const 16)))
          (global.get $EXIT))
        (func (export "hold-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "next") (result i32)
          (call $task.return (i32.load (i32.const 16)))
          (global.get $EXIT))
        (func (export "next-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "free") (call $task.return (i32.const 3)))"#,
    exports: &[
        callback("hold", r#"async (param "f" $f) (result u32)"#),
        callback("next", "async (result u32)"),
        stackful("free", "async (result u32)"),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn a_blocked_task_with_a_callback_holds_its_instance(
    subject: &Subject,
) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[
            lowered(
                "hold",
                r#"async (param "f" $f) (result u32)"#,
                "(param i32 i32) (result i32)",
            ),
            lowered("next", "async (result u32)", "(param i32) (result i32)"),
        ],
        builtins: &[
            "task.return (result u32)",
            "future.new $f",
            "future.write $f async",
            "waitable-set.new",
            "waitable.join",
            "subtask.drop",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (global $hold (mut i32) (i32.const 0))
            (func (export "run") (result i32)
              (local $f i64) (local $next i32)
              (local.set $f (call $future.new))
              (global.set $set (call $waitable-set.new))
              (global.set $hold (call $subtask
                (call $hold (call $readable (local.get $f)) (i32.const 8)) (global.get $STARTED)))
              (call $waitable.join (global.get $hold) (global.get $set))
              (local.set $next (call $subtask (call $next (i32.const 12)) (global.get $STARTING)))
              (call $waitable.join (local.get $next) (global.get $set))
              (i32.store (i32.const 24) (i32.const 9))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 24))
                (global.get $COMPLETED))
              (call $wait (global.get $set)))
            (func (export "run-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              (call $is (local.get $event) (global.get $SUBTASK))
              (call $is (local.get $state) (global.get $RETURNED))
              (call $note (i32.eq (local.get $subtask) (global.get $hold)))
              (call $note (i32.const 2))
              (call $subtask.drop (local.get $subtask))
              (if (i32.lt_u (global.get $noted) (i32.const 100))
                (then (return (call $wait (global.get $set)))))
              ;; What started second saw what the first had read.
              (call $is (i32.load (i32.const 8)) (i32.const 9))
              (call $is (i32.load (i32.const 12)) (i32.const 9))
              (call $task.return (global.get $noted))
              (global.get $EXIT))"#,
        exports: &[callback("run", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("holder", HOLDER), ("caller", CALLER)])?;
    let order = instance.call_blocking("run", &[])?;
    same(
        "the order in which the calls end",
        order,
        Some(1202u32.into()),
    )
}

pub(in crate::kit) fn functions_without_a_callback_enter_a_held_instance(
    subject: &Subject,
) -> Checked {
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[
            lowered(
                "hold",
                r#"async (param "f" $f) (result u32)"#,
                "(param i32 i32) (result i32)",
            ),
            lowered("free", "async (result u32)", "(param i32) (result i32)"),
        ],
        builtins: &[
            "task.return (result u32)",
            "future.new $f",
            "future.write $f async",
        ],
        code: r#"
            (func (export "run") (result i32)
              (local $f i64)
              (local.set $f (call $future.new))
              (drop (call $subtask
                (call $hold (call $readable (local.get $f)) (i32.const 8)) (global.get $STARTED)))
              (call $is (call $free (i32.const 20)) (global.get $RETURNED))
              (call $is
                (call $future.write (call $writable (local.get $f)) (i32.const 24))
                (global.get $COMPLETED))
              (call $task.return (i32.load (i32.const 20)))
              (global.get $EXIT))
            (func (export "run-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("run", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("holder", HOLDER), ("caller", CALLER)])?;
    gives(&mut *instance, "run", &[], 3u32)
}
