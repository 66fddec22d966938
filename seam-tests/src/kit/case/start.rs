//! Start functions and segments: what runs while an instance is made.

use std::sync::{Arc, Mutex};

use seam_core::{Capability, Error, ErrorKind, InstanceExt, ProgramExt, Query, Trap, World};

use super::host::{said, saying};
use crate::fixtures;
use crate::kit::expect::{fails, gives_nothing, holds, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn start_functions_run_once_and_reach_the_host(subject: &Subject) -> Checked {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let program = subject.load(&fixtures::imports()?)?;
    let mut instance = program.instantiate_blocking(&saying(&heard))?;
    same("said by the start function", said(&heard), ["starting"])?;
    gives_nothing(&mut *instance, "say", &[])?;
    same("said in all", said(&heard), ["starting", "called"])
}

pub(in crate::kit) fn a_trapping_start_leaves_an_instance(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::start_trap()?)?;
    let Err(failed) = program.instantiate_blocking(&World::new()) else {
        return Err(Failure::new(
            "start-trap: expected a trap, found an instance",
        ));
    };
    let cause = failed.error.as_trap();
    same("the start function", cause, Some(&Trap::Unreachable))?;
    let left = failed.instance;
    same(
        "whether an instance is left",
        left.is_some(),
        subject.has(Capability::FailedInstance),
    )?;
    let Some(mut left) = left else {
        return Ok(());
    };
    let counters = left.snapshot(&Query::new())?.counters("__witness_counter_");
    same("counted before the trap", counters.get(&0), Some(&1))?;
    same("core instances", left.cores()?.len(), 1)
}

pub(in crate::kit) fn a_trapping_segment_is_that_trap(subject: &Subject) -> Checked {
    for (text, trap) in [
        (
            r#"(module (memory 1) (data (i32.const 65535) "ab"))"#,
            Trap::MemoryOutOfBounds,
        ),
        (
            "(module (table 1 funcref) (func $f) (elem (i32.const 1) func $f))",
            Trap::TableOutOfBounds,
        ),
        (
            r#"(module (memory 0) (data (i32.const -1) "a") (func $f (unreachable)) (start $f))"#,
            Trap::MemoryOutOfBounds,
        ),
    ] {
        let program = subject.load(&wat("segment", text)?)?;
        traps(text, program.instantiate_blocking(&World::new()), trap)?;
    }
    Ok(())
}

pub(in crate::kit) fn host_errors_in_start_come_out(subject: &Subject) -> Checked {
    let text = r#"(module (import "env" "tick" (func $tick)) (start $tick2)
        (func $tick2 (call $tick)))"#;
    let program = subject.load(&wat("start calls", text)?)?;
    let failing =
        |make: fn() -> Error| World::new().func("env#tick", move |()| Err::<(), _>(make()));
    let error = fails(
        "an error of the host",
        program.instantiate_blocking(&failing(|| Error::host("no tick today"))),
        &ErrorKind::Host,
    )?;
    says("an error of the host", &error, &["no tick today"])?;
    let result = program.instantiate_blocking(&failing(|| Error::exit(7)));
    fails("an exit", result, &ErrorKind::Exit(7))?;
    let result = program.instantiate_blocking(&failing(|| Error::trap(Trap::IntegerOverflow)));
    traps("a trap of the host", result, Trap::IntegerOverflow)?;
    let fine = World::new().func("env#tick", |()| Ok(()));
    let mut instance = program.instantiate_blocking(&fine)?;
    let exports = instance.resolve("tick");
    holds("no export", exports.is_err(), exports)
}
