//! Isolation of instances from each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use seam_core::{
    CoreFuncType, CoreType, CoreValue, HostCall, InstanceExt, Program, ProgramExt, Query, Trap,
    Value, World,
};

use super::call::root;
use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, misuse, same, traps, wat};
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn instances_share_nothing(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    let mut one = program.instantiate_blocking(&World::new())?;
    let mut other = program.instantiate_blocking(&World::new())?;
    gives_nothing(&mut *one, "store", &[64.into(), 7.into()])?;
    gives(&mut *one, "add", &[1.into(), 1.into()], 2)?;
    gives(&mut *one, "grow", &[1.into()], 1)?;
    gives(&mut *other, "load", &[64.into()], 0)?;
    gives(&mut *other, "grow", &[1.into()], 1)?;
    let counters = other
        .snapshot(&Query::new())?
        .counters("__witness_counter_");
    same("the other's counter", counters.get(&0), Some(&0))?;
    one.write_memory(&root(), "memory", 128, &[1, 2, 3, 4])?;
    gives(&mut *other, "load", &[128.into()], 0)?;
    // A trap in one instance does not affect the other.
    traps("trap", one.call_blocking("trap", &[]), Trap::Unreachable)?;
    drop(one);
    gives(&mut *other, "add", &[2.into(), 3.into()], 5)
}

pub(in crate::kit) fn programs_instantiate_in_parallel(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    let use_it = |program: &dyn Program| -> Checked {
        for _ in 0..4 {
            let mut calc = program.instantiate_blocking(&World::new())?;
            gives(&mut *calc, "fib", &[15.into()], 610)?;
            gives(&mut *calc, "add", &[2.into(), 3.into()], 5)?;
            let result = calc.call_blocking("div_s", &[1.into(), 0.into()]);
            traps("div_s", result, Trap::IntegerDivideByZero)?;
            let counters = calc.snapshot(&Query::new())?.counters("__witness_counter_");
            same("additions", counters.get(&0), Some(&1))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| use_it(&*program))).collect();
        threads.into_iter().try_for_each(|thread| {
            let joined = thread.join();
            joined.map_err(|_| Failure::new("expected no panic in a thread, found one"))?
        })
    })
}

pub(in crate::kit) fn worlds_are_made_afresh(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "own" (func $own (result i32)))
        (import "env" "shared" (func $shared (result i32)))
        (import "env" "raw" (func $raw (result i32)))
        (func (export "own") (result i32) (call $own))
        (func (export "shared") (result i32) (call $shared))
        (func (export "raw") (result i32) (call $raw)))"#;
    let world = World::new()
        .func_with(
            "env#own",
            || 0i32,
            |count: &mut i32, (): ()| {
                *count += 1;
                Ok(*count)
            },
        )
        .state(|| 0i32)
        .func_values(
            "env#shared",
            None,
            |call: &mut HostCall<'_>, _: &[Value]| {
                let count = call.state::<i32>()?;
                *count += 1;
                Ok(Some(Value::S32(*count)))
            },
        )
        .core_func_with(
            "env",
            "raw",
            CoreFuncType::new([], [CoreType::I32]),
            || 0i32,
            |count: &mut i32, _, _, results| {
                *count += 1;
                results
                    .iter_mut()
                    .for_each(|slot| *slot = CoreValue::I32(*count));
                Ok(())
            },
        );
    let program = subject.load(&wat("afresh", text)?)?;
    for _ in 0..2 {
        let mut instance = program.instantiate_blocking(&world)?;
        for count in 1..3 {
            for export in ["own", "shared", "raw"] {
                gives(&mut *instance, export, &[], count)?;
            }
        }
    }
    Ok(())
}

pub(in crate::kit) fn state_is_made_once(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "own" (func $own (result i32)))
        (func (export "own") (result i32) (call $own)))"#;
    is_made_once(subject, text, "env#own")
}

pub(in crate::kit) fn state_is_made_once_for_components(subject: &Subject) -> Checked {
    let text = r#"(component
        (import "own" (func $own (result s32)))
        (core func $lowered (canon lower (func $own)))
        (core module $m
            (import "env" "own" (func $own (result i32)))
            (func (export "own") (result i32) (call $own)))
        (core instance $i (instantiate $m
            (with "env" (instance (export "own" (func $lowered))))))
        (func (export "own") (result s32) (canon lift (core func $i "own"))))"#;
    is_made_once(subject, text, "own")
}

/// Instantiates a guest twice and counts the states. The guest exports the function that it imports.
fn is_made_once(subject: &Subject, text: &str, import: &str) -> Checked {
    let made: [Arc<AtomicI32>; 2] = Default::default();
    let [own, shared] = made.clone();
    let world = World::new()
        .func_with(
            import,
            move || own.fetch_add(1, Ordering::Relaxed),
            |own: &mut i32, (): ()| Ok(*own),
        )
        .state(move || shared.fetch_add(1, Ordering::Relaxed));
    let program = subject.load(&wat("once", text)?)?;
    for count in 0..2 {
        let mut instance = program.instantiate_blocking(&world)?;
        gives(&mut *instance, "own", &[], count)?;
    }
    let made = made.map(|made| made.load(Ordering::Relaxed));
    same("states made for two instances", made, [2, 2])
}

pub(in crate::kit) fn foreign_functions_are_misuse(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    let mut one = program.instantiate_blocking(&World::new())?;
    let mut other = program.instantiate_blocking(&World::new())?;
    let add = one.resolve("add")?;
    misuse("a call", other.call_blocking(&add, &[2.into(), 3.into()]))?;
    misuse(
        "a typed call",
        other.call_typed_blocking::<_, i32>(&add, (2i32, 3i32)),
    )?;
    let counters = other
        .snapshot(&Query::new())?
        .counters("__witness_counter_");
    same("calls that arrived", counters.get(&0), Some(&0))?;
    let found = one.call_blocking(&add, &[2.into(), 3.into()])?;
    same("the owner's call", found, Some(Value::S32(5)))
}
