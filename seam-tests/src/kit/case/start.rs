//! Start functions and segments: the code that runs during instantiation.

use std::sync::{Arc, Mutex};

use seam_core::{
    Artifact, Capability, Error, ErrorKind, Failed, InstanceExt, OutputStream, ProgramExt, Query,
    Trap, World,
};

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

/// Returns a world that records calls, and in which this import prints.
fn ticking(import: &str) -> World {
    World::new()
        .func_values(import, None, |call, _| {
            call.output(OutputStream::Stdout, b"tick")?;
            Ok(None)
        })
        .record(true)
}

fn ticked_once(failed: &Failed, import: &str) -> Checked {
    let cause = failed.error.as_trap();
    same("the start function", cause, Some(&Trap::Unreachable))?;
    let calls = failed.observed.host_calls.iter();
    let calls: Vec<_> = calls.map(|call| call.name.to_string()).collect();
    same("host calls before the trap", calls, [import])?;
    same("output before the trap", &*failed.observed.stdout, b"tick")
}

fn failed(subject: &Subject, artifact: &Artifact, world: &World) -> Result<Failed, Failure> {
    match subject.load(artifact)?.instantiate_blocking(world) {
        Err(failed) => Ok(failed),
        Ok(_) => Err(Failure::new("expected a trap, found an instance")),
    }
}

pub(in crate::kit) fn a_trapping_start_shows_what_it_did(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "tick" (func $tick))
        (func $start (call $tick) (unreachable))
        (start $start))"#;
    let mut failed = failed(subject, &wat("start", text)?, &ticking("env#tick"))?;
    ticked_once(&failed, "env#tick")?;
    let left = failed.instance.as_mut().map(|left| left.observed().clone());
    let shown = left.unwrap_or_else(|| (*failed.observed).clone());
    same(
        "what the instance that is left shows",
        shown,
        *failed.observed,
    )
}

pub(in crate::kit) fn a_trapping_start_of_a_component_shows_what_it_did(
    subject: &Subject,
) -> Checked {
    let text = r#"(component
        (import "tick" (func $tick))
        (core func $tick (canon lower (func $tick)))
        (core module $m
            (import "" "tick" (func $tick))
            (func $start (call $tick) (unreachable))
            (start $start))
        (core instance (instantiate $m (with "" (instance (export "tick" (func $tick)))))))"#;
    let failed = failed(subject, &wat("start", text)?, &ticking("tick"))?;
    ticked_once(&failed, "tick")
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

/// The first core instance keeps its initial state, and the second one the state at its trap.
pub(in crate::kit) fn a_trapping_start_in_a_component_leaves_an_instance(
    subject: &Subject,
) -> Checked {
    let text = r#"(component
        (core module $fine (global (export "n") i32 (i32.const 3)))
        (core module $traps
            (global $n (export "n") (mut i32) (i32.const 0))
            (func $start (global.set $n (i32.const 7)) (unreachable))
            (start $start))
        (core instance (instantiate $fine))
        (core instance (instantiate $traps)))"#;
    // This component does not trap. A backend that cannot look inside fails here.
    let mut calm = subject.instantiate(&fixtures::nested()?, &World::new())?;
    calm.snapshot(&Query::new())?;
    let program = subject.load(&wat("a start that traps", text)?)?;
    let Err(failed) = program.instantiate_blocking(&World::new()) else {
        return Err(Failure::new("expected a trap, found an instance"));
    };
    let cause = failed.error.as_trap();
    same("the start function", cause, Some(&Trap::Unreachable))?;
    let Some(mut left) = failed.instance else {
        let claims = subject.has(Capability::FailedInstance);
        return same("an instance to be left", false, claims);
    };
    let snapshot = left.snapshot(&Query::new())?;
    let instances = snapshot.instances.iter();
    let found: Vec<_> = instances
        .map(|core| core.globals.get("n").copied())
        .collect();
    let made = Some(seam_core::CoreValue::I32(3));
    let trapped = Some(seam_core::CoreValue::I32(7));
    // The one that trapped is left where the backend says so; what was made before can be seen.
    let expected = match subject.has(Capability::FailedInstance) {
        true => vec![made, trapped],
        false => vec![made],
    };
    same("globals of the core instances", found, expected)
}
