//! Asynchronous components: calls that are under way at the same time, and their events.

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{gives, traps};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn host_functions_define_asynchronous_imports(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        imports: &[lowered(
            "add",
            r#"async (param "a" u32) (param "b" u32) (result u32)"#,
            "(param i32 i32 i32) (result i32)",
        )],
        builtins: &["task.return (result u32)"],
        code: r#"
            (func (export "f") (result i32)
              (call $is
                (call $add (i32.const 30) (i32.const 12) (i32.const 8)) (global.get $RETURNED))
              (call $task.return (i32.load (i32.const 8)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let world = World::new().func("add", |(a, b): (u32, u32)| Ok(a + b));
    let mut instance = subject.instantiate(&artifact, &world)?;
    gives(&mut *instance, "f", &[], 42u32)
}

const GET: &str = r#"async (param "f" $f) (result u32)"#;

/// Reads a future and returns its value. Each call reads to a place of its own, which it keeps in
/// its context.
pub(super) const READER: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &[
        "task.return (result u32)",
        "future.read $f async",
        "future.drop-readable $f",
        "waitable-set.new",
        "waitable.join",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (func (export "get") (param $f i32) (result i32)
          (local $at i32) (local $set i32)
          (local.set $at (i32.mul (local.get $f) (i32.const 8)))
          (call $context.set (local.get $at))
          (call $is (call $future.read (local.get $f) (local.get $at)) (global.get $BLOCKED))
          (local.set $set (call $waitable-set.new))
          (call $waitable.join (local.get $f) (local.get $set))
          (call $wait (local.get $set)))
        (func (export "get-event") (param $event i32) (param $f i32) (param $payload i32) (result i32)
          (call $is (local.get $event) (global.get $FUTURE_READ))
          (call $is (local.get $payload) (global.get $COMPLETED))
          (call $is (call $context.get) (i32.mul (local.get $f) (i32.const 8)))
          (call $task.return (i32.load (call $context.get)))
          (call $future.drop-readable (local.get $f))
          (global.get $EXIT))"#,
    exports: &[callback("get", GET)],
    ..Guest::EMPTY
};

/// Does the same, but blocks in the middle of its core function.
const BLOCKING_READER: Guest = Guest {
    types: "(type $f (future u32))",
    builtins: &[
        "task.return (result u32)",
        "future.read $f",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (func (export "get") (param $f i32)
          (local $at i32)
          (local.set $at (i32.mul (local.get $f) (i32.const 8)))
          (call $context.set (local.get $at))
          (call $is (call $future.read (local.get $f) (local.get $at)) (global.get $COMPLETED))
          (call $is (call $context.get) (local.get $at))
          (call $task.return (i32.load (local.get $at))))"#,
    exports: &[stackful("get", GET)],
    ..Guest::EMPTY
};

/// Has two calls of `get` under way. Writes the future of the second, and the other one when the
/// second call has ended. Returns the order in which the calls ended.
const TWO_CALLS: Guest = Guest {
    types: "(type $f (future u32))",
    imports: &[lowered("get", GET, "(param i32 i32) (result i32)")],
    builtins: &[
        "task.return (result u32)",
        "future.new $f",
        "future.write $f async",
        "future.drop-writable $f",
        "waitable-set.new",
        "waitable-set.drop",
        "waitable.join",
        "subtask.drop",
    ],
    code: r#"
        (global $set (mut i32) (i32.const 0))
        (global $first (mut i64) (i64.const 0))
        (global $second (mut i64) (i64.const 0))
        (global $subtask (mut i32) (i32.const 0))
        (func $start (param $f i64) (param $at i32) (result i32)
          (local $subtask i32)
          (local.set $subtask (call $subtask
            (call $get (call $readable (local.get $f)) (local.get $at)) (global.get $STARTED)))
          (call $waitable.join (local.get $subtask) (global.get $set))
          (local.get $subtask))
        (func $write (param $f i64) (param $value i32)
          (i32.store (i32.const 16) (local.get $value))
          (call $is
            (call $future.write (call $writable (local.get $f)) (i32.const 16))
            (global.get $COMPLETED))
          (call $future.drop-writable (call $writable (local.get $f))))
        (func (export "run") (result i32)
          (global.set $set (call $waitable-set.new))
          (global.set $first (call $future.new))
          (global.set $second (call $future.new))
          (drop (call $start (global.get $first) (i32.const 8)))
          (global.set $subtask (call $start (global.get $second) (i32.const 12)))
          (call $write (global.get $second) (i32.const 22))
          (call $wait (global.get $set)))
        (func (export "run-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
          (call $is (local.get $event) (global.get $SUBTASK))
          (call $is (local.get $state) (global.get $RETURNED))
          (call $subtask.drop (local.get $subtask))
          (if (i32.eq (local.get $subtask) (global.get $subtask)) (then
            (call $is (i32.load (i32.const 8)) (i32.const 0))
            (call $is (i32.load (i32.const 12)) (i32.const 22))
            (call $note (i32.const 2))
            (call $write (global.get $first) (i32.const 11))
            (return (call $wait (global.get $set)))))
          (call $is (i32.load (i32.const 8)) (i32.const 11))
          (call $note (i32.const 1))
          (call $waitable-set.drop (global.get $set))
          (call $task.return (global.get $noted))
          (global.get $EXIT))"#,
    exports: &[callback("run", "async (result u32)")],
    ..Guest::EMPTY
};

pub(in crate::kit) fn calls_end_in_the_order_of_their_events(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("reader", READER), ("caller", TWO_CALLS)])?;
    gives(&mut *instance, "run", &[], 21u32)
}

pub(in crate::kit) fn blocked_calls_end_in_the_order_of_their_events(subject: &Subject) -> Checked {
    let mut instance = instantiated(
        subject,
        &[("reader", BLOCKING_READER), ("caller", TWO_CALLS)],
    )?;
    gives(&mut *instance, "run", &[], 21u32)
}

/// Lets others run once before it returns.
const YIELDING: Guest = Guest {
    builtins: &["task.return (result u32)"],
    code: r#"
        (func (export "late") (result i32) (global.get $YIELD))
        (func (export "late-event") (param $event i32) (param i32 i32) (result i32)
          (call $is (local.get $event) (global.get $NONE))
          (call $task.return (i32.const 7))
          (global.get $EXIT))"#,
    exports: &[callback("late", "async (result u32)")],
    ..Guest::EMPTY
};

const LATE: &str = "async (result u32)";

pub(in crate::kit) fn subtasks_run_at_the_same_time(subject: &Subject) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[lowered("late", LATE, "(param i32) (result i32)")],
        builtins: &[
            "task.return (result u32)",
            "waitable-set.new",
            "waitable.join",
            "subtask.drop",
        ],
        code: r#"
            (global $set (mut i32) (i32.const 0))
            (global $left (mut i32) (i32.const 2))
            (func $start (param $at i32)
              (call $waitable.join
                (call $subtask (call $late (local.get $at)) (global.get $STARTED))
                (global.get $set)))
            (func (export "both") (result i32)
              (global.set $set (call $waitable-set.new))
              (call $start (i32.const 8))
              (call $start (i32.const 12))
              (call $wait (global.get $set)))
            (func (export "both-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
              (call $is (local.get $event) (global.get $SUBTASK))
              (call $is (local.get $state) (global.get $RETURNED))
              (call $subtask.drop (local.get $subtask))
              (global.set $left (i32.sub (global.get $left) (i32.const 1)))
              (if (global.get $left) (then (return (call $wait (global.get $set)))))
              (call $task.return (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12))))
              (global.get $EXIT))"#,
        exports: &[callback("both", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("late", YIELDING), ("caller", CALLER)])?;
    gives(&mut *instance, "both", &[], 14u32)
}

pub(in crate::kit) fn a_wait_that_nothing_ends_is_a_deadlock(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        builtins: &["waitable-set.new"],
        code: r#"
            (func (export "wait") (result i32) (call $wait (call $waitable-set.new)))
            (func (export "wait-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("wait", "async")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    let called = instance.call_blocking("wait", &[]);
    traps(
        "a wait for nothing",
        called,
        Trap::Canon(CanonTrap::Deadlock),
    )
}

pub(in crate::kit) fn a_blocked_call_lets_its_caller_go_on(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        types: "(type $f (future u32))",
        builtins: &["future.read $f"],
        code: r#"
            (func (export "get") (param $f i32) (result i32)
              (call $is (call $future.read (local.get $f) (i32.const 4)) (global.get $COMPLETED))
              (i32.load (i32.const 4)))"#,
        exports: &[lifted_sync("get", GET)],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $f (future u32))",
        imports: &[lowered("get", GET, "(param i32 i32) (result i32)")],
        builtins: &[
            "future.new $f",
            "future.write $f async",
            "waitable-set.new",
            "waitable.join",
            "waitable-set.wait",
        ],
        code: r#"
            (func (export "f") (result i32)
              (local $ends i64) (local $subtask i32) (local $set i32)
              (local.set $ends (call $future.new))
              (local.set $subtask (call $subtask
                (call $get (call $readable (local.get $ends)) (i32.const 8)) (global.get $STARTED)))
              (i32.store (i32.const 32) (i32.const 42))
              (call $is
                (call $future.write (call $writable (local.get $ends)) (i32.const 32))
                (global.get $COMPLETED))
              (local.set $set (call $waitable-set.new))
              (call $waitable.join (local.get $subtask) (local.get $set))
              (call $is
                (call $waitable-set.wait (local.get $set) (i32.const 16)) (global.get $SUBTASK))
              (call $is (i32.load (i32.const 16)) (local.get $subtask))
              (call $is (i32.load (i32.const 20)) (global.get $RETURNED))
              (i32.load (i32.const 8)))"#,
        exports: &[lifted_sync("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("callee", CALLEE), ("caller", CALLER)])?;
    gives(&mut *instance, "f", &[], 42u32)
}

pub(in crate::kit) fn synchronous_lowers_wait_for_asynchronous_functions(
    subject: &Subject,
) -> Checked {
    const CALLER: Guest = Guest {
        imports: &[lowered_sync("late", LATE, "(result i32)")],
        builtins: &["task.return (result u32)"],
        code: r#"
            (func (export "f") (result i32)
              (call $task.return (i32.add (call $late) (call $late)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("late", YIELDING), ("caller", CALLER)])?;
    gives(&mut *instance, "f", &[], 14u32)
}

pub(in crate::kit) fn asynchronous_lowers_of_synchronous_functions_return_at_once(
    subject: &Subject,
) -> Checked {
    const CALLEE: Guest = Guest {
        code: r#"
            (func (export "double") (param i32) (result i32)
              (i32.mul (local.get 0) (i32.const 2)))"#,
        exports: &[lifted_sync(
            "double",
            r#"async (param "n" u32) (result u32)"#,
        )],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        imports: &[lowered(
            "double",
            r#"async (param "n" u32) (result u32)"#,
            "(param i32 i32) (result i32)",
        )],
        builtins: &["task.return (result u32)"],
        code: r#"
            (func (export "f") (result i32)
              (call $is (call $double (i32.const 21) (i32.const 8)) (global.get $RETURNED))
              (call $task.return (i32.load (i32.const 8)))
              (global.get $EXIT))
            (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[callback("f", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("callee", CALLEE), ("caller", CALLER)])?;
    gives(&mut *instance, "f", &[], 42u32)
}
