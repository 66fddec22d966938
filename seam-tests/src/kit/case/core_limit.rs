//! Limits of core stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seam_core::{CoreExtern, CoreValue, Error, HostFn, Limit, Limits};

use super::core_call::{call, host_func, made, tried};
use crate::fixtures;
use crate::kit::expect::{holds, limited, same, wat};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn core_fuel_ends_an_endless_loop(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let mut store = subject.store(&Limits::new().with_fuel(100_000))?;
    let store = &mut *store;
    let calc = store.instantiate(&module, &[])?;
    same(
        "add",
        call(store, calc, "add", &[2.into(), 3.into()])?,
        [5.into()],
    )?;
    let before = store.fuel_consumed();
    limited("spin", tried(store, calc, "spin", &[])?, Limit::Fuel)?;
    limited("fib", tried(store, calc, "fib", &[20.into()])?, Limit::Fuel)?;
    let after = store.fuel_consumed();
    let counted = before.is_some_and(|used| used > 0) && before < after;
    holds("fuel to be counted", counted, (before, after))
}

pub(in crate::kit) fn core_a_deadline_ends_an_endless_loop(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let limits = Limits::new().with_deadline(Duration::from_millis(300));
    let mut store = subject.store(&limits)?;
    let store = &mut *store;
    let calc = store.instantiate(&module, &[])?;
    for _ in 0..2 {
        limited("spin", tried(store, calc, "spin", &[])?, Limit::Deadline)?;
        same(
            "add",
            call(store, calc, "add", &[2.into(), 3.into()])?,
            [5.into()],
        )?;
    }
    Ok(())
}

pub(in crate::kit) fn core_store_limits_hold(subject: &Subject) -> Checked {
    let memory = |pages: u64| Limits::new().with_memory(pages * 65536);
    let module = subject.compile(&fixtures::calc()?)?;
    let mut store = subject.store(&memory(3))?;
    let store = &mut *store;
    let one = store.instantiate(&module, &[])?;
    // All memories of the store together.
    let two = store.instantiate(&module, &[])?;
    same("grow", call(store, one, "grow", &[1.into()])?, [1.into()])?;
    same(
        "grow",
        call(store, two, "grow", &[1.into()])?,
        [(-1).into()],
    )?;
    limited(
        "a fourth page",
        store.instantiate(&module, &[]),
        Limit::Memory,
    )?;
    if let Some(CoreExtern::Memory(memory)) = store.export(one, "memory") {
        same("grown by the host", store.memory_grow(memory, 1)?, None)?;
    }

    let mut store = subject.store(&Limits::new().with_table_elements(5))?;
    store.instantiate(&module, &[])?;
    let result = store.instantiate(&module, &[]);
    limited("six elements", result, Limit::TableElements)?;
    let mut store = subject.store(&Limits::new().with_instances(2))?;
    store.instantiate(&module, &[])?;
    store.instantiate(&module, &[])?;
    limited("a third", store.instantiate(&module, &[]), Limit::Instances)
}

pub(in crate::kit) fn core_host_recursion_is_bounded(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "f" (func $f))
        (func (export "enter") (call $f)))"#;
    let module = subject.compile(&wat("recursing", text)?)?;
    for (limits, levels) in [(Limits::new().with_host_depth(7), 7), (Limits::new(), 200)] {
        let mut store = subject.store(&limits)?;
        let store = &mut *store;
        let entered = Arc::new(AtomicU32::new(0));
        let count = entered.clone();
        let enter: HostFn = Arc::new(move |caller, _, _| {
            count.fetch_add(1, Ordering::Relaxed);
            match caller.caller_export("enter") {
                Some(CoreExtern::Func(enter)) => caller.call(enter, &[], &mut []),
                _ => Err(Error::host("expected an export `enter`, found none")),
            }
        });
        let import = host_func(store, &[], &[], enter)?;
        let instance = store.instantiate(&module, &[import])?;
        for _ in 0..2 {
            limited(
                "enter",
                tried(store, instance, "enter", &[])?,
                Limit::HostDepth,
            )?;
            same("levels", entered.swap(0, Ordering::Relaxed), levels)?;
        }
        let fine = made(
            subject,
            store,
            r#"(module (func (export "f") (result i32) (i32.const 1)))"#,
        )?;
        let found = call(store, fine, "f", &[])?;
        same("afterwards", found, [CoreValue::I32(1)])?;
    }
    Ok(())
}
