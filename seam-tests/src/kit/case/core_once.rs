//! Results that are returned only once, and state that does not leak into the next call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use seam_core::{
    Capability, CoreExtern, CoreInstanceId, CoreModule, CoreStore, CoreType, CoreValue, Error,
    ErrorKind, HostFn, Limits, Trap,
};

use super::core_call::{call, export, host_func, made, tried};
use crate::kit::expect::{fails, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module that stores the imported number, and then traps in its start function if it is above 1.
const FICKLE: &str = r#"(module (import "h" "n" (global $n i32))
    (global $seen (export "seen") (mut i32) (i32.const 0))
    (memory (export "memory") 1) (data (i32.const 0) "\09")
    (func $start
        (global.set $seen (global.get $n))
        (i32.store8 (i32.const 1) (global.get $n))
        (if (i32.gt_s (global.get $n) (i32.const 1)) (then (unreachable))))
    (start $start))"#;

/// Instantiates `FICKLE` with a number.
fn fickle(
    subject: &Subject,
    store: &mut dyn CoreStore,
    module: &CoreModule,
    number: i32,
) -> Result<seam_core::Result<CoreInstanceId>, Failure> {
    let text = format!(r#"(module (global (export "n") i32 (i32.const {number})))"#);
    let provider = made(subject, store, &text)?;
    let n = export(store, provider, "n")?;
    Ok(store.instantiate(module, &[n]))
}

pub(in crate::kit) fn core_failed_instances_are_given_once(subject: &Subject) -> Checked {
    let left = subject.engine_has(Capability::FailedInstance);
    let module = subject.compile(&wat("fickle", FICKLE)?)?;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    same("before anything", store.failed_instance(), None)?;
    fickle(subject, store, &module, 1)??;
    same("after a success", store.failed_instance(), None)?;
    for number in [2, 3] {
        let result = fickle(subject, store, &module, number)?;
        traps("the start function", result, Trap::Unreachable)?;
        let failed = store.failed_instance();
        same("whether an instance is left", failed.is_some(), left)?;
        same("when asked again", store.failed_instance(), None)?;
        let Some(failed) = failed else {
            continue;
        };
        // The failed instance, in the state at its failure.
        let (CoreExtern::Global(seen), CoreExtern::Memory(memory)) = (
            export(store, failed, "seen")?,
            export(store, failed, "memory")?,
        ) else {
            return Err(Failure::new("expected a global and a memory"));
        };
        same("its global", store.global(seen)?, number.into())?;
        let bytes = store.memory(memory)?.read_vec(0, 2)?;
        same("its memory", bytes, [9, number.to_le_bytes()[0]])?;
    }
    // An instance that was not requested in time is gone.
    fickle(subject, store, &module, 2)?.err();
    fickle(subject, store, &module, 1)??;
    same("after another success", store.failed_instance(), None)?;
    fickle(subject, store, &module, 2)?.err();
    let result = store.instantiate(&module, &[]);
    fails("without imports", result, &ErrorKind::Link)?;
    same("after a failure to link", store.failed_instance(), None)?;
    Ok(())
}

/// The results are zero at the start of each call, whatever an earlier call wrote.
pub(in crate::kit) fn core_host_results_start_as_zeroes(subject: &Subject) -> Checked {
    let types = [CoreType::I64, CoreType::F32, CoreType::EXTERNREF];
    let text = r#"(module (import "h" "f" (func $f (param i32) (result i64 f32 externref)))
        (func (export "f") (param i32) (result i64 f32 externref) (call $f (local.get 0))))"#;
    let module = subject.compile(&wat("zeroes", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let values = [7i64.into(), 8f32.into(), CoreValue::ExternRef(Some(9))];
    let zeroes = [0i64.into(), 0f32.into(), CoreValue::ExternRef(None)];
    let clean = Arc::new(AtomicBool::new(true));
    let note = clean.clone();
    let sometimes: HostFn = Arc::new(move |_, args, results| {
        if results != zeroes {
            note.store(false, Ordering::Relaxed);
        }
        if args == [CoreValue::I32(1)] {
            results.copy_from_slice(&values);
        }
        Ok(())
    });
    let import = host_func(store, &[CoreType::I32], &types, sometimes)?;
    let instance = store.instantiate(&module, &[import])?;
    for _ in 0..2 {
        let found = call(store, instance, "f", &[1.into()])?;
        same("what the host wrote", found, values)?;
        let found = call(store, instance, "f", &[0.into()])?;
        same("what the host left alone", found, zeroes)?;
    }
    same("zeroes at first", clean.load(Ordering::Relaxed), true)
}

/// Failing host functions use nothing up, even if they fail more often than they could nest.
pub(in crate::kit) fn core_failing_host_functions_leave_nothing_behind(
    subject: &Subject,
) -> Checked {
    let text = r#"(module (import "h" "f" (func $f (param i32) (result i32)))
        (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
        (func (export "trap") (param i32) (result i32)
            (drop (call $f (local.get 0))) (unreachable)))"#;
    let module = subject.compile(&wat("fails", text)?)?;
    let mut store = subject.store(&Limits::new().with_host_depth(4))?;
    let store = &mut *store;
    let f: HostFn = Arc::new(|_, args, results| match args {
        [CoreValue::I32(0)] => Err(Error::host("out of paper")),
        [CoreValue::I32(1)] => {
            results
                .iter_mut()
                .for_each(|slot| *slot = CoreValue::I64(1));
            Ok(())
        }
        args => {
            assert!(args != [CoreValue::I32(2)], "two is too many");
            results.copy_from_slice(args);
            Ok(())
        }
    });
    let import = host_func(store, &[CoreType::I32], &[CoreType::I32], f)?;
    let instance = store.instantiate(&module, &[import])?;
    for _ in 0..6 {
        let result = tried(store, instance, "f", &[0.into()])?;
        let error = fails("an error", result, &ErrorKind::Host)?;
        says("an error", &error, &["out of paper"])?;
        let result = tried(store, instance, "f", &[1.into()])?;
        fails("another type", result, &ErrorKind::Host)?;
        let result = tried(store, instance, "f", &[2.into()])?;
        let error = fails("a panic", result, &ErrorKind::Host)?;
        says("a panic", &error, &["panicked", "two is too many"])?;
        let result = tried(store, instance, "trap", &[3.into()])?;
        traps("a trap after it", result, Trap::Unreachable)?;
        same("f", call(store, instance, "f", &[5.into()])?, [5.into()])?;
    }
    Ok(())
}
