//! Threads that switch to others.

use seam_core::CanonTrap;

use crate::kit::expect::{each_traps, gives, gives_nothing};
use crate::kit::guest::{
    Guest, callback, component, instantiated, lifted_sync, lowered_sync, stackful,
};
use crate::kit::{Checked, Subject};

/// Code in front of which there are functions of threads: `notes` notes its digit, `wakes` also resumes the
/// thread that called `new`, and `return` ends the task after a switch that nobody has cancelled.
macro_rules! with_threads {
    ($code:literal) => {
        concat!(
            r#"
            (elem (table $table) (i32.const 3) func $notes $wakes)
            (global $main (mut i32) (i32.const 0))
            (func $notes (export "notes") (param $digit i32) (call $note (local.get $digit)))
            (func $wakes (export "wakes") (param $digit i32)
              (call $note (local.get $digit))
              (call $thread.resume-later (global.get $main)))
            (func $new (param $func i32) (param $digit i32) (result i32)
              (global.set $main (call $thread.index))
              (call $note (i32.const 1))
              (call $thread.new-indirect (local.get $func) (local.get $digit)))
            ;; Goes on after the switch, which nobody has cancelled.
            (func $return (param $cancelled i32)
              (call $is (local.get $cancelled) (i32.const 0))
              (call $note (i32.const 3))
              (call $task.return (global.get $noted)))
"#,
            $code
        )
    };
}

const TYPES: &str = "(core type $start (func (param i32)))";

pub(in crate::kit) fn threads_switch_to_others(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: TYPES,
        builtins: &[
            "task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.index",
            "thread.resume-later",
            "thread.suspend-then-resume",
            "thread.yield-then-resume",
        ],
        code: with_threads!(
            r#"
            (func (export "suspend-then-resume")
              (call $return (call $thread.suspend-then-resume
                (call $new (i32.const 4) (i32.const 2)))))
            (func (export "yield-then-resume")
              (call $return (call $thread.yield-then-resume
                (call $new (i32.const 3) (i32.const 2)))))
"#
        ),
        exports: &[
            stackful("suspend-then-resume", "async (result u32)"),
            stackful("yield-then-resume", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let expected = [("suspend-then-resume", 123u32), ("yield-then-resume", 123)];
    for (export, order) in expected {
        let mut instance = instantiated(subject, &[("guest", GUEST)])?;
        gives(&mut *instance, export, &[], order)?;
    }
    Ok(())
}

pub(in crate::kit) fn threads_are_promoted(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: TYPES,
        builtins: &[
            "task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.index",
            "thread.resume-later",
            "thread.suspend-then-promote",
            "thread.yield-then-promote",
        ],
        code: with_threads!(
            r#"
            (func (export "suspend-then-promote")
              (local $thread i32)
              (local.set $thread (call $new (i32.const 4) (i32.const 2)))
              (call $thread.resume-later (local.get $thread))
              (call $return (call $thread.suspend-then-promote (local.get $thread))))
            ;; The thread that was made second runs first.
            (func (export "yield-then-promote")
              (local $thread i32)
              (call $thread.resume-later (call $new (i32.const 3) (i32.const 4)))
              (local.set $thread (call $new (i32.const 3) (i32.const 2)))
              (call $thread.resume-later (local.get $thread))
              (call $is (call $thread.yield-then-promote (local.get $thread)) (i32.const 0))
              (loop $again
                (if (i32.gt_u (global.get $noted) (i32.const 999)) (then
                  (global.set $noted (i32.div_u (global.get $noted) (i32.const 10)))
                  (br $again))))
              (call $task.return (global.get $noted)))
            ;; A thread that is not ready is not run.
            (func (export "yield-alone")
              (call $return (call $thread.yield-then-promote
                (call $new (i32.const 3) (i32.const 2)))))"#
        ),
        exports: &[
            stackful("suspend-then-promote", "async (result u32)"),
            stackful("yield-then-promote", "async (result u32)"),
            stackful("yield-alone", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let expected = [
        ("suspend-then-promote", 123u32),
        ("yield-then-promote", 112),
        ("yield-alone", 13),
    ];
    for (export, order) in expected {
        let mut instance = instantiated(subject, &[("guest", GUEST)])?;
        gives(&mut *instance, export, &[], order)?;
    }
    Ok(())
}

pub(in crate::kit) fn wrong_threads_trap(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: TYPES,
        builtins: &[
            "thread.new-indirect $start (core table $table)",
            "thread.index",
            "thread.resume-later",
            "thread.yield",
            "thread.suspend-then-resume",
            "thread.yield-then-resume",
            "thread.yield-then-promote",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $ends $other)
            (func $ends (export "ends") (param i32))
            (func $other (export "other") (param i64))
            (func $new (param $func i32) (result i32)
              (call $thread.new-indirect (local.get $func) (i32.const 0)))
            (func $ready (result i32)
              (local $thread i32)
              (local.set $thread (call $new (i32.const 3)))
              (call $thread.resume-later (local.get $thread))
              (local.get $thread))
            (func (export "ready") (drop (call $thread.suspend-then-resume (call $ready))))
            (func (export "ready-too") (drop (call $thread.yield-then-resume (call $ready))))
            (func (export "later") (call $thread.resume-later (call $ready)))
            (func (export "itself")
              (drop (call $thread.suspend-then-resume (call $thread.index))))
            (func (export "unknown") (drop (call $thread.suspend-then-resume (i32.const 99))))
            (func (export "unknown-too") (drop (call $thread.yield-then-promote (i32.const 99))))
            (func (export "ended")
              (local $thread i32)
              (local.set $thread (call $ready))
              (drop (call $thread.yield))
              (call $thread.resume-later (local.get $thread)))
            (func (export "unknown-later") (call $thread.resume-later (i32.const 99)))
            (func (export "no-func") (drop (call $new (i32.const 0))))
            (func (export "outside") (drop (call $new (i32.const 8))))
            (func (export "other-type") (drop (call $new (i32.const 4))))"#,
        exports: &[
            stackful("ready", "async"),
            stackful("ready-too", "async"),
            stackful("later", "async"),
            stackful("itself", "async"),
            stackful("unknown", "async"),
            stackful("unknown-too", "async"),
            stackful("ended", "async"),
            stackful("unknown-later", "async"),
            stackful("no-func", "async"),
            stackful("outside", "async"),
            stackful("other-type", "async"),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    let expected = [
        ("ready", CanonTrap::ThreadNotSuspended),
        ("ready-too", CanonTrap::ThreadNotSuspended),
        ("later", CanonTrap::ThreadNotSuspended),
        ("itself", CanonTrap::ThreadNotSuspended),
        ("unknown", CanonTrap::UnknownHandle),
        ("unknown-too", CanonTrap::UnknownHandle),
        ("ended", CanonTrap::UnknownHandle),
        ("unknown-later", CanonTrap::UnknownHandle),
        ("no-func", CanonTrap::WrongThreadFunc),
        ("outside", CanonTrap::WrongThreadFunc),
        ("other-type", CanonTrap::WrongThreadFunc),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn start_functions_have_a_thread(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: TYPES,
        builtins: &[
            "task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.index",
            "thread.resume-later",
            "context.get i32 0",
            "context.set i32 0",
            "waitable-set.new",
            "waitable-set.poll cancellable",
        ],
        code: with_threads!(
            r#"
            (func $begin
              (call $context.set (i32.const 7))
              (call $is (i32.eqz (call $thread.index)) (i32.const 0))
              ;; It runs during the call of `order`.
              (call $thread.resume-later (call $new (i32.const 3) (i32.const 2)))
              (call $is
                (call $waitable-set.poll (call $waitable-set.new) (i32.const 16))
                (global.get $NONE))
              (call $is (call $context.get) (i32.const 7)))
            (start $begin)
            (func (export "order") (result i32)
              (call $is (call $context.get) (i32.const 0))
              (global.get $YIELD))
            (func (export "order-event") (param i32 i32 i32) (result i32)
              (call $return (i32.const 0))
              (global.get $EXIT))"#
        ),
        exports: &[callback("order", "async (result u32)")],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives(&mut *instance, "order", &[], 123u32)
}

pub(in crate::kit) fn a_synchronous_call_lets_few_threads_run(subject: &Subject) -> Checked {
    // `arm` makes a thread that is ready, and `ran` returns whether it has run.
    const OTHER: Guest = Guest {
        types: TYPES,
        builtins: &[
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $runs)
            (global $ran (mut i32) (i32.const 0))
            (func $runs (export "runs") (param i32) (global.set $ran (i32.const 1)))
            (func (export "arm")
              (call $thread.resume-later
                (call $thread.new-indirect (i32.const 3) (i32.const 0))))
            (func (export "ran") (result i32) (global.get $ran))"#,
        exports: &[lifted_sync("arm", ""), lifted_sync("ran", "(result u32)")],
        ..Guest::EMPTY
    };
    // `yields` goes on after it has returned. `insists` returns which threads ran while it let others
    // run: 100 for one that `yields` has made, 10 for that of `yields` itself, which must hold the
    // instance, and 1 for that of the other instance.
    const GUEST: Guest = Guest {
        imports: &[
            lowered_sync("arm", "", ""),
            lowered_sync("ran", "(result u32)", "(result i32)"),
        ],
        types: TYPES,
        builtins: &[
            "task.return",
            "return-ran = task.return (result u32)",
            "thread.new-indirect $start (core table $table)",
            "thread.resume-later",
            "thread.yield",
        ],
        code: r#"
            (elem (table $table) (i32.const 3) func $finds)
            (global $inside (mut i32) (i32.const 0))
            (global $found (mut i32) (i32.const 0))
            (global $made (mut i32) (i32.const 0))
            (func $finds (export "finds") (param $n i32)
              (if (global.get $inside)
                (then (global.set $found (i32.add (global.get $found) (local.get $n))))))
            (func (export "yields") (result i32)
              (global.set $made (call $thread.new-indirect (i32.const 3) (i32.const 100)))
              (call $task.return)
              (global.get $YIELD))
            (func (export "yields-event") (param i32 i32 i32) (result i32)
              (call $finds (i32.const 10))
              (global.get $YIELD))
            (func (export "insists") (result i32)
              (call $arm)
              (call $thread.resume-later (global.get $made))
              (global.set $inside (i32.const 1))
              (drop (call $thread.yield))
              (drop (call $thread.yield))
              (global.set $inside (i32.const 0))
              (i32.add (global.get $found) (call $ran)))
            (func (export "later") (result i32) (global.get $YIELD))
            (func (export "later-event") (param i32 i32 i32) (result i32)
              (call $return-ran (call $ran))
              (global.get $EXIT))"#,
        exports: &[
            callback("yields", "async"),
            lifted_sync("insists", "(result u32)"),
            callback("later", "async (result u32)"),
        ],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("other", OTHER), ("guest", GUEST)])?;
    gives_nothing(&mut *instance, "yields", &[])?;
    gives(&mut *instance, "insists", &[], 100u32)?;
    gives(&mut *instance, "later", &[], 1u32)
}
