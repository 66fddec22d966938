//! Traps of tasks: what a task must not do, and what is left after a trap.

use seam_core::{CanonTrap, ErrorKind, InstanceExt, ProgramExt, Trap, World};

use super::background::{BACKGROUND, seen};
use crate::kit::expect::{each_traps, gives, gives_nothing, holds, traps};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn wrong_ends_of_tasks_trap(subject: &Subject) -> Checked {
    // Its caller knows of the end when it returns for the second time.
    const CALLEE: Guest = Guest {
        builtins: &["task.return"],
        code: r#"
            (func (export "return") (result i32) (call $task.return) (global.get $YIELD))
            (func (export "return-event") (param i32 i32 i32) (result i32)
              (call $task.return)
              (global.get $EXIT))"#,
        exports: &[callback("return", "async")],
        ..Guest::EMPTY
    };
    const GUEST: Guest = Guest {
        imports: &[lowered("return", "async", "(result i32)")],
        builtins: &[
            "task.return (result u32)",
            "return-none = task.return",
            "return-utf16 = task.return (result u32) string-encoding=utf16",
            "waitable-set.new",
        ],
        code: r#"
            (func (export "twice") (result i32)
              (call $task.return (i32.const 1))
              (call $task.return (i32.const 2))
              (global.get $EXIT))
            (func (export "twice-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "callee-twice") (result i32)
              (call $is (call $return) (global.get $RETURNED))
              (global.get $YIELD))
            (func (export "callee-twice-event") (param i32 i32 i32) (result i32)
              (call $task.return (i32.const 1))
              (global.get $EXIT))
            (func (export "never") (result i32) (global.get $EXIT))
            (func (export "never-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "later") (result i32) (global.get $YIELD))
            (func (export "later-event") (param i32 i32 i32) (result i32) (global.get $EXIT))
            (func (export "wrong-type") (result i32)
              (call $return-none)
              (global.get $EXIT))
            (func (export "wrong-type-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "wrong-encoding") (result i32)
              (call $return-utf16 (i32.const 1))
              (global.get $EXIT))
            (func (export "wrong-encoding-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "wrong-code") (result i32)
              (call $task.return (i32.const 1))
              (i32.const 3))
            (func (export "wrong-code-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "no-set") (result i32) (call $wait (i32.const 99)))
            (func (export "no-set-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("twice", "async (result u32)"),
            callback("callee-twice", "async (result u32)"),
            callback("never", "async (result u32)"),
            callback("later", "async (result u32)"),
            callback("wrong-type", "async (result u32)"),
            callback("wrong-encoding", "async (result u32)"),
            callback("wrong-code", "async (result u32)"),
            callback("no-set", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("callee", CALLEE), ("guest", GUEST)])?;
    let expected = [
        ("twice", CanonTrap::AlreadyResolved),
        ("callee-twice", CanonTrap::AlreadyResolved),
        ("never", CanonTrap::NoAsyncResult),
        ("later", CanonTrap::NoAsyncResult),
        ("wrong-type", CanonTrap::WrongTaskReturn),
        ("wrong-encoding", CanonTrap::WrongTaskReturn),
        ("wrong-code", CanonTrap::UnsupportedCallbackCode),
        ("no-set", CanonTrap::UnknownHandle),
    ];
    each_traps(subject, &artifact, &expected)
}

/// `f` uses `task.return`, but is lifted synchronously.
const RETURNS_TWICE: Guest = Guest {
    builtins: &["task.return (result u32)"],
    code: r#"
        (func (export "f") (result i32)
          (call $task.return (i32.const 1))
          (i32.const 1))
        (func (export "g") (result i32) (i32.const 2))"#,
    exports: &[
        lifted_sync("f", "(result u32)"),
        lifted_sync("g", "(result u32)"),
    ],
    ..Guest::EMPTY
};

pub(in crate::kit) fn synchronous_functions_do_not_use_task_return(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("guest", RETURNS_TWICE)])?;
    let wrong = Trap::Canon(CanonTrap::WrongTaskReturn);
    traps("f", instance.call_blocking("f", &[]), wrong)
}

pub(in crate::kit) fn a_wrong_task_return_ends_only_its_instance(subject: &Subject) -> Checked {
    let artifact = component(&[("guest", RETURNS_TWICE)])?;
    let program = subject.load(&artifact)?;
    let mut instance = program.instantiate_blocking(&World::new())?;
    // An engine may take the guest's fault for its own, but must not panic.
    for export in ["f", "g"] {
        let called = instance.call_blocking(export, &[]);
        let kind = called.map_err(|error| error.kind().clone());
        let is_contained = matches!(kind, Err(ErrorKind::Trap(_) | ErrorKind::Engine));
        let expected = format_args!("{export}: a trap, or an error of the engine");
        holds(expected, is_contained, &kind)?;
    }
    let mut another = program.instantiate_blocking(&World::new())?;
    gives(&mut *another, "g", &[], 2u32)
}

pub(in crate::kit) fn wrong_handles_of_built_ins_trap(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $f (future u32)) (type $s (stream u8))",
        builtins: &[
            "waitable-set.new",
            "waitable-set.drop",
            "waitable-set.poll",
            "waitable.join",
            "subtask.drop",
            "future.new $f",
            "future.read $f async",
            "stream.new $s",
            "stream.read $s async",
            "stream.cancel-read $s async",
            "stream.drop-readable $s",
        ],
        code: r#"
            (func (export "no-waitable")
              (call $waitable.join (i32.const 99) (call $waitable-set.new)))
            (func (export "no-set")
              (call $waitable.join (call $readable (call $future.new)) (i32.const 99)))
            (func (export "set-as-waitable")
              (call $waitable.join (call $waitable-set.new) (i32.const 0)))
            (func (export "end-as-set") (call $waitable-set.drop (call $readable (call $future.new))))
            (func (export "end-as-subtask") (call $subtask.drop (call $readable (call $future.new))))
            (func (export "wrong-end")
              (drop (call $future.read (call $writable (call $future.new)) (i32.const 16))))
            (func (export "stream-as-future")
              (drop (call $future.read (call $readable (call $stream.new)) (i32.const 16))))
            (func (export "unaligned")
              (drop (call $future.read (call $readable (call $future.new)) (i32.const 2))))
            (func (export "outside")
              (drop (call $stream.read
                (call $readable (call $stream.new)) (i32.const 0xfffe) (i32.const 3))))
            (func (export "cancel-wrong-end")
              (drop (call $stream.cancel-read (call $writable (call $stream.new)))))
            (func (export "drop-wrong-end")
              (call $stream.drop-readable (call $writable (call $stream.new))))
            (func (export "event-unaligned")
              (drop (call $waitable-set.poll (call $waitable-set.new) (i32.const 2))))
            (func (export "event-outside")
              (drop (call $waitable-set.poll (call $waitable-set.new) (i32.const 0xfffc))))
            (func (export "too-long")
              (drop (call $stream.read
                (call $readable (call $stream.new)) (i32.const 0) (i32.const 0x10000000))))"#,
        exports: &[
            lifted_sync("no-waitable", ""),
            lifted_sync("no-set", ""),
            lifted_sync("set-as-waitable", ""),
            lifted_sync("end-as-set", ""),
            lifted_sync("end-as-subtask", ""),
            lifted_sync("wrong-end", ""),
            lifted_sync("stream-as-future", ""),
            lifted_sync("unaligned", ""),
            lifted_sync("outside", ""),
            lifted_sync("cancel-wrong-end", ""),
            lifted_sync("drop-wrong-end", ""),
            lifted_sync("event-unaligned", ""),
            lifted_sync("event-outside", ""),
            lifted_sync("too-long", ""),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let expected = [
        ("no-waitable", CanonTrap::UnknownHandle),
        ("no-set", CanonTrap::UnknownHandle),
        ("set-as-waitable", CanonTrap::WrongHandleKind),
        ("end-as-set", CanonTrap::WrongHandleKind),
        ("end-as-subtask", CanonTrap::WrongHandleKind),
        ("wrong-end", CanonTrap::WrongHandleKind),
        ("stream-as-future", CanonTrap::WrongHandleKind),
        ("unaligned", CanonTrap::UnalignedPointer),
        ("outside", CanonTrap::PointerOutOfBounds),
        ("cancel-wrong-end", CanonTrap::WrongHandleKind),
        ("drop-wrong-end", CanonTrap::WrongHandleKind),
        ("event-unaligned", CanonTrap::UnalignedPointer),
        ("event-outside", CanonTrap::PointerOutOfBounds),
        ("too-long", CanonTrap::CopyTooLong),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn members_of_sets_are_not_waited_for(subject: &Subject) -> Checked {
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
            "stream.read $s",
            "begin-read = stream.read $s async",
            "stream.cancel-read $s",
            "subtask.cancel",
            "waitable-set.new",
            "waitable.join",
        ],
        code: r#"
            (func $joined (param $waitable i32) (result i32)
              (call $waitable.join (local.get $waitable) (call $waitable-set.new))
              (local.get $waitable))
            (func (export "read") (result i32)
              (drop (call $stream.read
                (call $joined (call $readable (call $stream.new))) (i32.const 16) (i32.const 1)))
              (global.get $EXIT))
            (func (export "read-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "cancel-read") (result i32)
              (local $end i32)
              (local.set $end (call $joined (call $readable (call $stream.new))))
              (call $is
                (call $begin-read (local.get $end) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (drop (call $stream.cancel-read (local.get $end)))
              (global.get $EXIT))
            (func (export "cancel-read-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "cancel") (result i32)
              (drop (call $subtask.cancel
                (call $joined (call $subtask (call $blocks) (global.get $STARTED)))))
              (global.get $EXIT))
            (func (export "cancel-event") (param i32 i32 i32) (result i32) unreachable)"#,
        exports: &[
            callback("read", "async"),
            callback("cancel-read", "async"),
            callback("cancel", "async"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("callee", CALLEE), ("caller", CALLER)])?;
    for export in ["read", "cancel-read", "cancel"] {
        let mut instance = subject.instantiate(&artifact, &World::new())?;
        let in_set = Trap::Canon(CanonTrap::InWaitableSet);
        traps(export, instance.call_blocking(export, &[]), in_set)?;
    }
    Ok(())
}

pub(in crate::kit) fn synchronous_functions_do_not_block(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["task.return"],
        code: r#"
            (func (export "later") (result i32) (global.get $YIELD))
            (func (export "later-event") (param i32 i32 i32) (result i32)
              (call $task.return)
              (global.get $EXIT))"#,
        exports: &[callback("later", "async")],
        ..Guest::EMPTY
    };
    const CALLER: Guest = Guest {
        types: "(type $s (stream u8))",
        imports: &[lowered_sync("later", "async", "")],
        builtins: &[
            "stream.new $s",
            "stream.read $s",
            "waitable-set.new",
            "waitable-set.wait",
        ],
        code: r#"
            (func (export "calls") (call $later))
            (func (export "reads")
              (drop (call $stream.read
                (call $readable (call $stream.new)) (i32.const 16) (i32.const 1))))
            (func (export "waits")
              (drop (call $waitable-set.wait (call $waitable-set.new) (i32.const 16))))"#,
        exports: &[
            lifted_sync("calls", ""),
            lifted_sync("reads", ""),
            lifted_sync("waits", ""),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("callee", CALLEE), ("caller", CALLER)])?;
    for export in ["calls", "reads", "waits"] {
        let mut instance = subject.instantiate(&artifact, &World::new())?;
        let blocks = Trap::Canon(CanonTrap::CannotBlock);
        traps(export, instance.call_blocking(export, &[]), blocks)?;
    }
    Ok(())
}

/// Calls `fails` of `callee`, and waits for its end.
const WAITS_FOR_A_TRAP: Guest = Guest {
    imports: &[lowered("fails", "async", "(result i32)")],
    builtins: &["task.return", "waitable-set.new", "waitable.join"],
    code: r#"
        (func (export "f") (result i32)
          (local $set i32)
          (local.set $set (call $waitable-set.new))
          (call $waitable.join (call $subtask (call $fails) (global.get $STARTED)) (local.get $set))
          (call $wait (local.get $set)))
        (func (export "f-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "g") (result i32)
          (call $task.return)
          (global.get $EXIT))
        (func (export "g-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "h"))"#,
    exports: &[
        callback("f", "async"),
        callback("g", "async"),
        lifted_sync("h", ""),
    ],
    ..Guest::EMPTY
};

fn closes(subject: &Subject, callee: Guest) -> Checked {
    let mut instance = instantiated(subject, &[("callee", callee), ("caller", WAITS_FOR_A_TRAP)])?;
    gives_nothing(&mut *instance, "g", &[])?;
    gives_nothing(&mut *instance, "h", &[])?;
    let called = instance.call_blocking("f", &[]);
    traps(
        "the call that waits for the task",
        called,
        Trap::IntegerDivideByZero,
    )?;
    for export in ["f", "g", "h"] {
        let closed = Trap::Canon(CanonTrap::CannotEnter);
        traps(export, instance.call_blocking(export, &[]), closed)?;
    }
    Ok(())
}

pub(in crate::kit) fn a_trap_of_a_callback_closes_the_component(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        code: r#"
            (func (export "fails") (result i32) (global.get $YIELD))
            (func (export "fails-event") (param i32 i32 i32) (result i32)
              (i32.div_u (i32.const 1) (i32.const 0)))"#,
        exports: &[callback("fails", "async")],
        ..Guest::EMPTY
    };
    closes(subject, CALLEE)
}

pub(in crate::kit) fn a_trap_of_a_blocked_task_closes_the_component(subject: &Subject) -> Checked {
    const CALLEE: Guest = Guest {
        builtins: &["thread.yield"],
        code: r#"
            (func (export "fails")
              (drop (call $thread.yield))
              (drop (i32.div_u (i32.const 1) (i32.const 0))))"#,
        exports: &[stackful("fails", "async")],
        ..Guest::EMPTY
    };
    closes(subject, CALLEE)
}

pub(in crate::kit) fn a_trap_after_a_return_ends_a_later_call(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("guest", BACKGROUND)])?;
    gives_nothing(&mut *instance, "begin", &[true.into()])?;
    gives_nothing(&mut *instance, "wake", &[])?;
    traps(
        "a later call",
        seen(&mut *instance),
        Trap::IntegerDivideByZero,
    )?;
    let closed = Trap::Canon(CanonTrap::CannotEnter);
    traps("the call after it", seen(&mut *instance), closed)
}
