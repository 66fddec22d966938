//! Limits of core stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seam_core::{CoreExtern, CoreInstanceId, CoreStore, CoreValue, Error, HostFn, Limit, Limits};

use super::core_call::{call, host_func, made, memory, tried};
use crate::fixtures;
use crate::kit::expect::{holds, limited, same, wat};
use crate::kit::watch::room;
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn core_fuel_ends_an_endless_loop(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let step = subject.engine_fuel_granularity();
    let fuel = 100_000 + 4 * step;
    let mut store = subject.store(&Limits::new().with_fuel(fuel))?;
    let store = &mut *store;
    let calc = store.instantiate(&module, &[])?;
    let sum = call(store, calc, "add", &[2.into(), 3.into()])?;
    same("add", sum, [5.into()])?;
    let before = store.fuel_consumed();
    limited("spin", tried(store, calc, "spin", &[])?, Limit::Fuel)?;
    limited("fib", tried(store, calc, "fib", &[20.into()])?, Limit::Fuel)?;
    let after = store.fuel_consumed();
    let counted = before < after && after.is_some_and(|used| used <= fuel && used + step >= fuel);
    holds("all fuel to be used, to a step", counted, (before, after))?;
    let mut unlimited = subject.store(&Limits::new())?;
    let calc = unlimited.instantiate(&module, &[])?;
    let found = call(&mut *unlimited, calc, "fib", &[20.into()])?;
    same("fib without a limit", found, [6765.into()])?;
    same("fuel without a limit", unlimited.fuel_consumed(), None)
}

/// All instances of a store share its fuel, which no call refills.
pub(in crate::kit) fn core_fuel_is_counted_over_the_whole_store(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let step = subject.engine_fuel_granularity();
    let work = |store: &mut dyn CoreStore, calc| tried(store, calc, "fib", &[15.into()]);
    // What the same work costs, in a store with fuel for all of it. What an instance does first may
    // cost more, where functions are compiled when they are called.
    let mut rich = subject.store(&Limits::new().with_fuel(u64::MAX / 2))?;
    let (one, two) = pair(&mut *rich, &module)?;
    let mut used = Vec::new();
    for instance in [one, two, one, two] {
        work(&mut *rich, instance)??;
        used.push(rich.fuel_consumed().unwrap_or_default());
    }
    let [_, warm, third, fourth] = used[..] else {
        return Err(Failure::new("expected four readings"));
    };
    let cost = third.saturating_sub(warm);
    holds("work to cost fuel", cost > 0, &used)?;
    let alike = fourth.saturating_sub(third).abs_diff(cost) <= step;
    holds("the same work to cost the same", alike, &used)?;
    // Enough for one and a half more.
    let fuel = warm + cost + cost / 2;
    let mut poor = subject.store(&Limits::new().with_fuel(fuel))?;
    let (one, two) = pair(&mut *poor, &module)?;
    for instance in [one, two, one] {
        work(&mut *poor, instance)??;
    }
    // Where a step is more than what is left, the engine may not notice yet.
    if cost / 2 > 2 * step {
        limited("work that is too much", work(&mut *poor, two)?, Limit::Fuel)?;
        limited("work of the other", work(&mut *poor, one)?, Limit::Fuel)?;
    }
    let used = poor.fuel_consumed();
    holds(
        "no more fuel to be used than there was",
        used.is_some_and(|used| used <= fuel),
        used,
    )?;
    // Another store has its own fuel.
    let mut other = subject.store(&Limits::new().with_fuel(fuel))?;
    let calc = other.instantiate(&module, &[])?;
    work(&mut *other, calc)??;
    Ok(())
}

/// An instruction can need more fuel than is left. The rest is lost then.
pub(in crate::kit) fn core_no_fuel_is_left_at_its_limit(subject: &Subject) -> Checked {
    let text = r#"(module (memory 1)
        (func (export "fill") (loop $again
            (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))
            (br $again)))
        (func (export "one") (result i32) (i32.const 1)))"#;
    let module = subject.compile(&wat("fills", text)?)?;
    let step = subject.engine_fuel_granularity();
    // Not a multiple of what a round of the loop costs.
    for fuel in [100_003, 100_777, 101_011].map(|fuel| fuel + 4 * step) {
        let mut store = subject.store(&Limits::new().with_fuel(fuel))?;
        let store = &mut *store;
        let instance = store.instantiate(&module, &[])?;
        let found = call(store, instance, "one", &[])?;
        same("one", found, [1.into()])?;
        let ended = tried(store, instance, "fill", &[])?;
        limited("fill", ended, Limit::Fuel)?;
        let used = store.fuel_consumed();
        let all = used.is_some_and(|used| used <= fuel && used + step >= fuel);
        holds("all fuel to be used, to a step", all, (fuel, used))?;
        // An engine with greater steps may not notice a single instruction.
        if step == 1 {
            let ended = tried(store, instance, "one", &[])?;
            limited("one instruction afterwards", ended, Limit::Fuel)?;
        }
    }
    Ok(())
}

/// Creates two instances of the module.
fn pair(
    store: &mut dyn CoreStore,
    module: &seam_core::CoreModule,
) -> Result<(CoreInstanceId, CoreInstanceId), Failure> {
    Ok((
        store.instantiate(module, &[])?,
        store.instantiate(module, &[])?,
    ))
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
    let text = "(module (func $f (loop $again (br $again))) (start $f))";
    let endless = subject.compile(&wat("an endless start", text)?)?;
    let result = store.instantiate(&endless, &[]);
    limited("an endless start", result, Limit::Deadline)?;
    // Instantiation has its own deadline, and takes no time from the calls.
    let sum = call(store, calc, "add", &[2.into(), 3.into()])?;
    same("add", sum, [5.into()])
}

/// A long call within the deadline returns. If fuel runs out first, the call ends with `Fuel`.
pub(in crate::kit) fn core_fuel_and_deadlines_hold_together(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let patient = Limits::new().with_deadline(Duration::from_secs(3600));
    let mut store = subject.store(&patient)?;
    let calc = store.instantiate(&module, &[])?;
    let found = call(&mut *store, calc, "fib", &[22.into()])?;
    same("fib within the deadline", found, [17_711.into()])?;
    let fuel = 1_000_000 + 4 * subject.engine_fuel_granularity();
    let mut store = subject.store(&patient.with_fuel(fuel))?;
    let calc = store.instantiate(&module, &[])?;
    let found = call(&mut *store, calc, "fib", &[15.into()])?;
    same("fib with fuel and a deadline", found, [610.into()])?;
    limited("spin", tried(&mut *store, calc, "spin", &[])?, Limit::Fuel)
}

/// Calls that a host function makes share the deadline of the outer call.
pub(in crate::kit) fn core_deadlines_are_for_outermost_calls(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "f" (func $f))
        (func (export "nothing"))
        (func (export "spin") (loop $again (call $f) (br $again))))"#;
    let module = subject.compile(&wat("back and forth", text)?)?;
    let limits = Limits::new().with_deadline(Duration::from_millis(300));
    let mut store = subject.store(&limits)?;
    let store = &mut *store;
    let back: HostFn = Arc::new(|caller, _, _| match caller.caller_export("nothing") {
        Some(CoreExtern::Func(nothing)) => caller.call(nothing, &[], &mut []),
        _ => Err(Error::host("expected an export `nothing`, found none")),
    });
    let import = host_func(store, &[], &[], back)?;
    let instance = store.instantiate(&module, &[import])?;
    let result = tried(store, instance, "spin", &[])?;
    limited("back and forth", result, Limit::Deadline)?;
    call(store, instance, "nothing", &[]).map(drop)
}

pub(in crate::kit) fn core_memory_limit_holds(subject: &Subject) -> Checked {
    let bounded = |pages: u64| Limits::new().with_memory(pages * 65536);
    let module = subject.compile(&fixtures::calc()?)?;
    let mut store = subject.store(&bounded(3))?;
    let store = &mut *store;
    let one = store.instantiate(&module, &[])?;
    // The limit applies to all memories of the store together.
    let two = store.instantiate(&module, &[])?;
    // Refused growth does not count.
    let found = call(store, one, "grow", &[2.into()])?;
    same("grow by two", found, [(-1).into()])?;
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
    let memory_of_one = memory(store, one, "memory")?;
    let grown = store.memory_grow(memory_of_one, 1)?;
    same("grown by the host", grown, None)?;
    // There is room for another instance that has no memory.
    made(subject, store, "(module)")?;
    // Another store has its own limit, and growth by the host counts as well.
    let mut other = subject.store(&bounded(3))?;
    let one = other.instantiate(&module, &[])?;
    let memory = memory(&mut *other, one, "memory")?;
    same("grown by the host", other.memory_grow(memory, 2)?, Some(1))?;
    let result = other.instantiate(&module, &[]);
    limited("a fourth page of another", result, Limit::Memory)
}

pub(in crate::kit) fn core_table_limit_holds(subject: &Subject) -> Checked {
    let text = r#"(module (table $t 3 funcref) (func (export "grow") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0))))"#;
    let module = subject.compile(&wat("a table", text)?)?;
    let mut store = subject.store(&Limits::new().with_table_elements(7))?;
    let store = &mut *store;
    let one = store.instantiate(&module, &[])?;
    let two = store.instantiate(&module, &[])?;
    let found = call(store, one, "grow", &[2.into()])?;
    same("grow by two", found, [(-1).into()])?;
    same("grow", call(store, two, "grow", &[1.into()])?, [3.into()])?;
    let found = call(store, one, "grow", &[1.into()])?;
    same("grow of the other", found, [(-1).into()])?;
    let result = store.instantiate(&module, &[]);
    limited("ten elements", result, Limit::TableElements)?;
    made(subject, store, "(module (memory 1))").map(drop)
}

pub(in crate::kit) fn core_instance_limit_holds(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    let mut store = subject.store(&Limits::new().with_instances(2))?;
    let one = store.instantiate(&module, &[])?;
    store.instantiate(&module, &[])?;
    limited("a third", store.instantiate(&module, &[]), Limit::Instances)?;
    let sum = call(&mut *store, one, "add", &[2.into(), 3.into()])?;
    same("add", sum, [5.into()])?;
    let mut none = subject.store(&Limits::new().with_instances(0))?;
    limited("a first", none.instantiate(&module, &[]), Limit::Instances)
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
            room()?;
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

/// A call of a host function is a level of host recursion, whether or not the engine can re-enter.
pub(in crate::kit) fn core_a_host_call_is_a_level(subject: &Subject) -> Checked {
    let import = r#"(import "h" "f" (func $f))"#;
    let calls = format!(r#"(module {import} (func (export "call") (call $f)))"#);
    let starts = format!("(module {import} (start $f))");
    let calls = subject.compile(&wat("calls", &calls)?)?;
    let starts = subject.compile(&wat("starts", &starts)?)?;
    for (levels, expected) in [(0, 0), (1, 4)] {
        let mut store = subject.store(&Limits::new().with_host_depth(levels))?;
        let store = &mut *store;
        let entered = Arc::new(AtomicU32::new(0));
        let count = entered.clone();
        let body: HostFn = Arc::new(move |_, _, _| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        let import = host_func(store, &[], &[], body)?;
        let instance = store.instantiate(&calls, &[import])?;
        let mut ended = Vec::new();
        for _ in 0..3 {
            ended.push(tried(store, instance, "call", &[])?.map(drop));
        }
        ended.push(store.instantiate(&starts, &[import]).map(drop));
        for ended in ended {
            match levels {
                0 => limited("a call without a level", ended, Limit::HostDepth)?,
                _ => ended?,
            }
        }
        let entered = entered.load(Ordering::Relaxed);
        same("calls that arrived", entered, expected)?;
    }
    Ok(())
}
