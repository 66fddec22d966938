//! Threads that switch to others.

use seam_core::CanonTrap;

use crate::kit::expect::{each_traps, gives};
use crate::kit::guest::{Guest, component, instantiated, stackful};
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
