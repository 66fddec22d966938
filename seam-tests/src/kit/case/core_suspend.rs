//! Calls that a host function suspends, and that are resumed or dropped.

use std::sync::Arc;

use seam_core::{
    Capability, CoreExtern, CoreFuncType, CoreInstanceId, CoreStore, CoreType, CoreValue, Error,
    ErrorKind, HostFn, Limits, Suspended, Trap,
};

use super::core_call::{call, func, host_func, tried};
use crate::kit::expect::{fails, misuse, same, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module that awaits two numbers and returns their difference and a sum with its parameter.
const AWAITS: &str = r#"(module
    (import "h" "await" (func $await (param i32) (result i32 i64)))
    (global $calls (mut i32) (i32.const 0))
    (func (export "twice") (param i32) (result i32 i64)
        (local $first i32) (local $wide i64)
        (call $await (local.get 0))
        (local.set $wide) (local.set $first)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $await (i32.const 100))
        (i64.sub (local.get $wide))
        (local.set $wide)
        (i32.add (local.get $first))
        (local.get $wide))
    (func (export "fails") (param i32) (result i32)
        (drop (call $await (local.get 0)))
        (local.set 0)
        (i32.div_s (i32.const 10) (local.get 0)))
    (func (export "calls_so_far") (result i32) (global.get $calls)))"#;

/// A module that calls its import, which calls `twice`.
const OUTER: &str = r#"(module (import "h" "inner" (func $inner))
    (func (export "outer") (call $inner)))"#;

const ENDS: &str = "a call that ends";

fn awaiting(subject: &Subject, store: &mut dyn CoreStore) -> Result<CoreInstanceId, Failure> {
    let body: HostFn = Arc::new(|_, args, _| match args {
        [CoreValue::I32(-1)] => Err(Error::exit(9)),
        _ => Err(Error::suspend()),
    });
    let results = [CoreType::I32, CoreType::I64];
    let import = host_func(store, &[CoreType::I32], &results, body)?;
    let module = subject.compile(&wat("awaits", AWAITS)?)?;
    Ok(store.instantiate(&module, &[import])?)
}

/// Starts a call that must be suspended.
fn suspended(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
    arg: i32,
    results: usize,
) -> Result<Suspended, Failure> {
    let func = func(store, instance, name)?;
    let mut room = vec![CoreValue::I32(77); results];
    let call = store.call_suspendable(func, &[arg.into()], &mut room)?;
    let call = call.ok_or_else(|| Failure::new("expected a suspended call, found its end"))?;
    same(
        "results of a suspended call",
        room,
        vec![CoreValue::I32(77); results],
    )?;
    Ok(call)
}

/// Resumes a call with two numbers.
fn resume(
    store: &mut dyn CoreStore,
    call: Suspended,
    (narrow, wide): (i32, i64),
) -> Result<(Option<Suspended>, [CoreValue; 2]), Failure> {
    let mut results = [CoreValue::I32(77); 2];
    let values = [CoreValue::I32(narrow), CoreValue::I64(wide)];
    let call = store.resume(call, &values, &mut results)?;
    Ok((call, results))
}

fn again(call: Option<Suspended>) -> Result<Suspended, Failure> {
    call.ok_or_else(|| Failure::new("expected a call that is suspended again, found its end"))
}

pub(in crate::kit) fn core_calls_suspend_and_resume(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = awaiting(subject, store)?;
    let first = suspended(store, instance, "twice", 1, 2)?;
    same(
        "what resumes it",
        first.results(),
        [CoreType::I32, CoreType::I64],
    )?;
    // Other calls are made and suspended in the meantime, and resumed in another order.
    let second = suspended(store, instance, "twice", 2, 2)?;
    let (first, _) = resume(store, first, (10, 1000))?;
    let so_far = call(store, instance, "calls_so_far", &[])?;
    same("calls that went on", so_far, [CoreValue::I32(1)])?;
    let (second, _) = resume(store, second, (20, 2000))?;
    let dropped = suspended(store, instance, "twice", 3, 2)?;
    let (ended, results) = resume(store, again(second)?, (3, 30))?;
    same(ENDS, ended.is_none(), true)?;
    same(
        "the second call",
        results,
        [CoreValue::I32(23), CoreValue::I64(-1970)],
    )?;
    drop(dropped);
    let (ended, results) = resume(store, again(first)?, (4, 40))?;
    same(ENDS, ended.is_none(), true)?;
    same(
        "the first call",
        results,
        [CoreValue::I32(14), CoreValue::I64(-960)],
    )?;
    let so_far = call(store, instance, "calls_so_far", &[])?;
    same("calls that went on", so_far, [CoreValue::I32(2)])?;
    ends_early(subject, store, instance)?;
    suspends_no_further_out(subject, store, instance)
}

/// Checks calls that end with an error, before or after they are suspended.
fn ends_early(subject: &Subject, store: &mut dyn CoreStore, instance: CoreInstanceId) -> Checked {
    let twice = func(store, instance, "twice")?;
    let mut room = [CoreValue::I32(0); 2];
    let result = store.call_suspendable(twice, &[(-1).into()], &mut room);
    fails("an error of the host", result, &ErrorKind::Exit(9))?;
    misuse(
        "no arguments",
        store.call_suspendable(twice, &[], &mut room),
    )?;
    let call = suspended(store, instance, "fails", 1, 1)?;
    let values = [CoreValue::I32(0), CoreValue::I64(0)];
    let result = store.resume(call, &values, &mut [CoreValue::I32(0)]);
    traps(
        "a trap after it was resumed",
        result,
        Trap::IntegerDivideByZero,
    )?;
    for values in [&values[..1], &[CoreValue::I64(0); 2], &[]] {
        let call = suspended(store, instance, "twice", 1, 2)?;
        let result = store.resume(call, values, &mut room);
        misuse(format_args!("resuming with {values:?}"), result)?;
    }
    let call = suspended(store, instance, "twice", 1, 2)?;
    let result = store.resume(call, &values, &mut room[..1]);
    misuse("too little room for results", result)?;
    let call = suspended(store, instance, "twice", 1, 2)?;
    let mut other = subject.store(&Limits::new())?;
    misuse("a foreign call", other.resume(call, &values, &mut room)).map(drop)
}

/// Checks that a call by `call` is not suspended, and neither are those around it.
fn suspends_no_further_out(
    subject: &Subject,
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
) -> Checked {
    let unsupported = ErrorKind::Unsupported(Capability::SuspendedCalls);
    let result = tried(store, instance, "twice", &[1.into()])?;
    fails("a call that cannot be suspended", result, &unsupported)?;
    if !subject.engine_has(Capability::Reentrant) {
        return Ok(());
    }
    let twice = func(store, instance, "twice")?;
    let body: HostFn = Arc::new(move |caller, _, _| {
        let mut results = [CoreValue::I32(0); 2];
        caller.as_store().call(twice, &[1.into()], &mut results)
    });
    let inner = store.host_func(CoreFuncType::new([], []), body)?;
    let module = subject.compile(&wat("outer", OUTER)?)?;
    let outer = store.instantiate(&module, &[CoreExtern::Func(inner)])?;
    let outer = func(store, outer, "outer")?;
    let result = store.call_suspendable(outer, &[], &mut []);
    fails(
        "a call around one that cannot be suspended",
        result,
        &unsupported,
    )
    .map(drop)
}
