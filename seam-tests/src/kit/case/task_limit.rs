//! Limits of tasks: none of them runs, waits or nests without bound.

use std::fmt::Write;
use std::time::Duration;

use seam_core::{Error, ErrorKind, InstanceExt, Limit, Limits, ProgramExt, World};

use crate::kit::expect::{gives, gives_nothing, limited, wat};
use crate::kit::guest::{Guest, callback, component, instantiated, lifted_sync};
use crate::kit::{Checked, Failure, Subject};

/// `run` lets others run again and again, and never returns.
const ENDLESS: Guest = Guest {
    builtins: &["task.return"],
    code: r#"
        (func (export "run") (result i32) (global.get $YIELD))
        (func (export "run-event") (param i32 i32 i32) (result i32) (global.get $YIELD))
        (func (export "once") (result i32) (call $task.return) (global.get $EXIT))
        (func (export "once-event") (param i32 i32 i32) (result i32) unreachable)"#,
    exports: &[callback("run", "async"), callback("once", "async")],
    ..Guest::EMPTY
};

pub(in crate::kit) fn fuel_ends_tasks_that_yield(subject: &Subject) -> Checked {
    let artifact = component(&[("guest", ENDLESS)])?;
    let fuel = 100_000 + 4 * subject.fuel_granularity();
    let world = World::new().limits(Limits::new().with_fuel(fuel));
    let mut instance = subject.instantiate(&artifact, &world)?;
    gives_nothing(&mut *instance, "once", &[])?;
    limited("run", instance.call_blocking("run", &[]), Limit::Fuel)
}

pub(in crate::kit) fn deadlines_end_tasks_that_yield(subject: &Subject) -> Checked {
    let artifact = component(&[("guest", ENDLESS)])?;
    let limits = Limits::new().with_deadline(Duration::from_millis(200));
    let mut instance = subject.instantiate(&artifact, &World::new().limits(limits))?;
    gives_nothing(&mut *instance, "once", &[])?;
    limited("run", instance.call_blocking("run", &[]), Limit::Deadline)
}

pub(in crate::kit) fn handles_of_tasks_are_bounded(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $f (future u32))",
        builtins: &["waitable-set.new", "future.new $f"],
        code: r#"
            (func (export "sets") (param $n i32)
              (loop $again
                (drop (call $waitable-set.new))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (func (export "futures") (param $n i32)
              (loop $again
                (drop (call $future.new))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"#,
        exports: &[
            lifted_sync("sets", r#"(param "n" u32)"#),
            lifted_sync("futures", r#"(param "n" u32)"#),
        ],
        ..Guest::EMPTY
    };
    let artifact = component(&[("guest", GUEST)])?;
    for export in ["sets", "futures"] {
        let mut instance = subject.instantiate(&artifact, &World::new())?;
        gives_nothing(&mut *instance, export, &[1000u32.into()])?;
        let many = instance.call_blocking(export, &[200_000u32.into()]);
        limited(export, many, Limit::EngineCapacity)?;
    }
    Ok(())
}

pub(in crate::kit) fn dropped_handles_make_room(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &[
            "waitable-set.new",
            "waitable-set.drop",
            "stream.new $s",
            "stream.drop-readable $s",
            "stream.drop-writable $s",
        ],
        code: r#"
            (func (export "f") (param $n i32)
              (local $s i64)
              (loop $again
                (call $waitable-set.drop (call $waitable-set.new))
                (local.set $s (call $stream.new))
                (call $stream.drop-readable (call $readable (local.get $s)))
                (call $stream.drop-writable (call $writable (local.get $s)))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"#,
        exports: &[lifted_sync("f", r#"(param "n" u32)"#)],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    gives_nothing(&mut *instance, "f", &[150_000u32.into()])
}

/// Returns components of which each but the first calls the one before it.
fn chain(length: u32) -> String {
    let mut text = String::from(
        r#"(component
        (component $first
          (core module $m (func (export "f") (result i32) (i32.const 1)))
          (core instance $m (instantiate $m))
          (func (export "f") async (result u32) (canon lift (core func $m "f"))))
        (component $next
          (import "f" (func $f async (result u32)))
          (core func $f (canon lower (func $f)))
          (core module $m
            (import "" "f" (func $f (result i32)))
            (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))
          (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
          (func (export "f") async (result u32) (canon lift (core func $m "f"))))
        (instance $i0 (instantiate $first))"#,
    );
    for i in 1..length {
        let before = i - 1;
        let _ = write!(
            text,
            r#"(instance $i{i} (instantiate $next (with "f" (func $i{before} "f"))))"#
        );
    }
    let last = length - 1;
    text + &format!(r#"(export "f" (func $i{last} "f")))"#)
}

pub(in crate::kit) fn long_chains_of_calls_end(subject: &Subject) -> Checked {
    let artifact = wat("chain", &chain(5))?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "f", &[], 5u32)?;
    let program = subject.load(&wat("chain", &chain(600))?)?;
    let called = program.instantiate_blocking(&World::new());
    let called = called
        .map_err(Error::from)
        .and_then(|mut instance| instance.call_blocking("f", &[]));
    match called {
        Ok(Some(value)) if value == 600u32.into() => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Limit(_)) => Ok(()),
        other => Err(Failure::new(format!(
            "f: expected 600 or a limit, found {other:?}"
        ))),
    }
}
