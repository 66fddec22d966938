//! The canonical entry.

use seam_core::{Error, ErrorKind, Exit, Instance, InstanceExt, ProgramExt, Query, Trap, World};

use crate::fixtures;
use crate::kit::expect::{fails, gives, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// Creates an instance of the text, which may import `env.exit(i32)`.
fn instance(subject: &Subject, text: &str) -> Result<Box<dyn Instance>, Failure> {
    let world = World::new().func("env#exit", |(code,): (i32,)| {
        Err::<(), _>(Error::exit(code))
    });
    subject.instantiate(&wat("entry", text)?, &world)
}

fn exits(subject: &Subject, text: &str, code: i32) -> Checked {
    let mut instance = instance(subject, text)?;
    let exit = instance
        .run_blocking()
        .map_err(|e| Failure::from(e).about(text))?;
    same(text, exit, Exit::new(code))
}

pub(in crate::kit) fn run_starts_the_canonical_entry(subject: &Subject) -> Checked {
    let text = r#"(module
        (global $ran (export "ran") (mut i32) (i32.const 0))
        (func (export "_start") (global.set $ran (i32.add (global.get $ran) (i32.const 1))))
        (func (export "main") (unreachable))
        (func (export "run") (unreachable)))"#;
    let mut started = instance(subject, text)?;
    same("_start", started.run_blocking()?, Exit::new(0))?;
    let snapshot = started.snapshot(&Query::new())?;
    let ran = snapshot
        .instances
        .first()
        .and_then(|i| i.globals.get("ran"));
    same("times it ran", ran, Some(&1i32.into()))?;

    for (text, code) in [
        (
            r#"(module (func (export "wasi:cli/run@0.2.3#run") (result i32) (i32.const 0)))"#,
            0,
        ),
        (
            r#"(module (func (export "wasi:cli/run@0.2.0#run") (result i32) (i32.const 1)))"#,
            1,
        ),
        (
            r#"(module (func (export "_start") (unreachable))
                (func (export "wasi:cli/run@0.2.9#run") (result i32) (i32.const 0)))"#,
            0,
        ),
        (
            r#"(module (import "env" "exit" (func $exit (param i32)))
                (func (export "_start") (call $exit (i32.const 42))))"#,
            42,
        ),
        (
            r#"(module (import "env" "exit" (func $exit (param i32)))
                (func (export "_start") (call $exit (i32.const 0)) (unreachable)))"#,
            0,
        ),
    ] {
        exits(subject, text, code)?;
    }
    Ok(())
}

pub(in crate::kit) fn run_never_guesses(subject: &Subject) -> Checked {
    for (text, parts) in [
        (
            r#"(module (func (export "main") (unreachable)) (func (export "run") (unreachable)))"#,
            &["wasi:cli/run@0.2", "_start", "`main`", "`run`"][..],
        ),
        (
            r#"(module (func (export "_start") (param i32) (unreachable)))"#,
            &["`_start`"],
        ),
        (
            r#"(module (func (export "wasi:cli/run@0.3.0#run") (result i32) (unreachable)))"#,
            &["wasi:cli/run@0.2", "`wasi:cli/run@0.3.0#run`"],
        ),
        (
            r#"(module (func (export "wasi:cli/run@0.2.0#run") (result i64) (unreachable)))"#,
            &["wasi:cli/run@0.2.0#run"],
        ),
        (
            r#"(module (func (export "_initialize")) (func (export "_start") (unreachable)))"#,
            &["reactor"],
        ),
        ("(module)", &["no function"]),
    ] {
        let mut instance = instance(subject, text)?;
        let error = misuse(text, instance.run_blocking())?;
        says(text, &error, parts)?;
    }
    Ok(())
}

pub(in crate::kit) fn traps_in_the_entry_come_out(subject: &Subject) -> Checked {
    let text = r#"(module (func (export "_start") (unreachable)))"#;
    traps(
        "_start",
        instance(subject, text)?.run_blocking(),
        Trap::Unreachable,
    )?;
    let text = r#"(module (func (export "wasi:cli/run@0.2.0#run") (result i32)
        (i32.div_s (i32.const 1) (i32.const 0))))"#;
    let result = instance(subject, text)?.run_blocking();
    traps("run", result, Trap::IntegerDivideByZero)?;
    let text = r#"(module (import "env" "fail" (func $fail))
        (func (export "_start") (call $fail)))"#;
    let world = World::new().func("env#fail", |()| Err::<(), _>(Error::host("no luck")));
    let mut failing = subject.instantiate(&wat("entry", text)?, &world)?;
    let error = fails("the host", failing.run_blocking(), &ErrorKind::Host)?;
    says("the host", &error, &["no luck"])
}

pub(in crate::kit) fn reactors_are_initialised_once(subject: &Subject) -> Checked {
    let text = r#"(module
        (global $ran (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ran (i32.add (global.get $ran) (i32.const 1))))
        (func (export "ran") (result i32) (global.get $ran)))"#;
    let mut reactor = instance(subject, text)?;
    for _ in 0..2 {
        gives(&mut *reactor, "ran", &[], 1)?;
    }
    misuse("run", reactor.run_blocking())?;
    gives(&mut *reactor, "ran", &[], 1)?;

    let text = r#"(module (func (export "_initialize") (unreachable)) (func (export "never")))"#;
    let artifact = wat("entry", text)?;
    let program = subject.load(&artifact)?;
    // The trap is reported whether initialisation runs at instantiation or before the first call.
    let result = match program.instantiate_blocking(&World::new()) {
        Ok(mut instance) => instance.call_blocking("never", &[]).map(drop),
        Err(failed) => Err(failed.error),
    };
    traps("_initialize", result, Trap::Unreachable)
}

pub(in crate::kit) fn components_run_at_wasi_cli_run(subject: &Subject) -> Checked {
    let mut run = subject.instantiate(&fixtures::run_only()?, &World::new())?;
    same("run-only", run.run_blocking()?, Exit::new(0))?;
    let mut run = subject.instantiate(&fixtures::run_err()?, &World::new())?;
    same("run-err", run.run_blocking()?, Exit::new(1))?;
    let mut greet = subject.instantiate(&fixtures::greet()?, &World::new())?;
    let error = misuse("greet", greet.run_blocking())?;
    says(
        "greet",
        &error,
        &["wasi:cli/run@0.2", "`test:guest/strs#greet`"],
    )
}
