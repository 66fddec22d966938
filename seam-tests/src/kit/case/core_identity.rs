//! The identity of instances in a store that has several.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreInstanceId, CoreStore, CoreType, CoreValue, Error,
    HostFn, HostState, Limits,
};

use super::core_call::{call, export, func, global, host_func, made, memory, table};
use crate::kit::expect::{holds, same, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module whose instances differ in their imports: a number and a function of the host.
///
/// The start function calls the host too. Memory, global and table contain the number or depend on
/// it.
const NUMBERED: &str = r#"(module
    (import "h" "id" (global $id i32))
    (import "h" "ask" (func $ask (result i32)))
    (memory (export "memory") 1)
    (global $me (export "me") (mut i32) (i32.const 0))
    (global $answer (export "answer") (mut i32) (i32.const 0))
    (table (export "table") 1 funcref) (elem (i32.const 0) $who)
    (func $who (export "who") (result i32) (global.get $id))
    (func $start
        (i32.store (i32.const 0) (global.get $id))
        (global.set $me (global.get $id))
        (global.set $answer (call $ask)))
    (start $start)
    (export "raw" (func $ask))
    (func (export "ask") (result i32) (call $ask))
    (func (export "load") (result i32) (i32.load (i32.const 0))))"#;

/// A module that exports a number as a global.
fn numbered(number: i32) -> String {
    format!(r#"(module (global (export "id") i32 (i32.const {number})))"#)
}

/// Returns the caller's number three times in decimal, or -1 if there is no caller.
///
/// The digits come from the caller's memory, its global and the first element of its table.
fn caller_number(caller: &mut dyn CoreCaller) -> seam_core::Result<i32> {
    let Some(memory) = caller.caller_export("memory") else {
        return Ok(-1);
    };
    let (
        CoreExtern::Memory(memory),
        Some(CoreExtern::Global(global)),
        Some(CoreExtern::Table(table)),
        Some(CoreExtern::Func(_)),
    ) = (
        memory,
        caller.caller_export("me"),
        caller.caller_export("table"),
        caller.caller_export("who"),
    )
    else {
        return Err(Error::host("expected the exports of an instance"));
    };
    let bytes = caller.memory(memory)?.read_vec(0, 1)?;
    let CoreValue::I32(global) = caller.global(global)? else {
        return Err(Error::host("expected an i32"));
    };
    let elements = i32::from(caller.table_at(table, 0)?.is_some());
    let byte = bytes.first().copied().map(i32::from).unwrap_or_default();
    Ok(byte * 100 + global * 10 + elements)
}

/// Creates an instance of `NUMBERED` with this number.
fn instance(
    subject: &Subject,
    store: &mut dyn CoreStore,
    module: &seam_core::CoreModule,
    number: i32,
) -> Result<CoreInstanceId, Failure> {
    let provider = made(subject, store, &numbered(number))?;
    let id = export(store, provider, "id")?;
    let ask: HostFn = Arc::new(|caller, _, results| {
        let number = caller_number(caller)?;
        results.iter_mut().for_each(|slot| *slot = number.into());
        Ok(())
    });
    let ask = host_func(store, &[], &[CoreType::I32], ask)?;
    Ok(store.instantiate(module, &[id, ask])?)
}

pub(in crate::kit) fn core_callers_are_told_apart(subject: &Subject) -> Checked {
    let module = subject.compile(&wat("numbered", NUMBERED)?)?;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let one = instance(subject, store, &module, 1)?;
    let two = instance(subject, store, &module, 2)?;
    for (instance, expected) in [(one, 111), (two, 221)] {
        let answer = global(store, instance, "answer")?;
        same(
            "during the start function",
            store.global(answer)?,
            expected.into(),
        )?;
    }
    for (instance, expected) in [(one, 111), (two, 221), (one, 111)] {
        let found = call(store, instance, "ask", &[])?;
        same("the caller's number", found, [expected.into()])?;
    }
    // The caller is the instance that calls the host, not the one called first or the one that
    // exports the function.
    let text = r#"(module
        (import "m" "ask" (func $ask (result i32)))
        (import "m" "raw" (func $raw (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\05")
        (global (export "me") (mut i32) (i32.const 5))
        (table (export "table") 1 funcref) (elem (i32.const 0) $raw)
        (func (export "who"))
        (func (export "by-guest") (result i32) (call $ask))
        (func (export "by-host") (result i32) (call $raw))
        (func (export "by-table") (result i32) (call_indirect (result i32) (i32.const 0))))"#;
    let imports = [export(store, one, "ask")?, export(store, one, "raw")?];
    let module = subject.compile(&wat("five", text)?)?;
    let five = store.instantiate(&module, &imports)?;
    for (name, expected) in [("by-guest", 111), ("by-host", 551), ("by-table", 551)] {
        same(name, call(store, five, name, &[])?, [expected.into()])?;
    }
    let raw = func(store, one, "raw")?;
    let mut results = [CoreValue::I32(0)];
    store.call(raw, &[], &mut results)?;
    same("called by the host itself", results, [(-1).into()])
}

/// Even if an adapter moves the start function, a caller sees only the module's own exports.
pub(in crate::kit) fn core_exports_are_the_modules_own(subject: &Subject) -> Checked {
    const GUESSES: [&str; 8] = ["start", "start'", "_start", "main", "memory", "0", "h", "f"];
    let text = r#"(module
        (import "h" "f" (func $f))
        (func $start (call $f)) (start $start)
        (func (export "") (result i32) (i32.const 3))
        (func (export "sch\c3\b6n") (result i32) (i32.const 4)))"#;
    let mut store = subject
        .engine()?
        .store(&Limits::new(), HostState::new(Vec::<&'static str>::new()))?;
    let store = &mut *store;
    let look: HostFn = Arc::new(|caller, _, _| {
        for name in GUESSES {
            if caller.caller_export(name).is_some() {
                let seen = caller.host().downcast_mut::<Vec<&'static str>>();
                seen.ok_or_else(|| Error::host("expected a list"))?
                    .push(name);
            }
        }
        Ok(())
    });
    let module = subject.compile(&wat("exports", text)?)?;
    let import = host_func(store, &[], &[], look)?;
    let instance = store.instantiate(&module, &[import])?;
    let seen = store.host().downcast_ref::<Vec<&'static str>>();
    same("what the caller sees", seen, Some(&Vec::new()))?;
    for name in GUESSES {
        same(name, store.export(instance, name), None)?;
    }
    same("no name", call(store, instance, "", &[])?, [3.into()])?;
    let found = call(store, instance, "sch\u{f6}n", &[])?;
    same("a name that is not ASCII", found, [4.into()])
}

/// Accesses two instances of one module, through their functions and through their handles.
pub(in crate::kit) fn core_instances_of_a_module_are_told_apart(subject: &Subject) -> Checked {
    let module = subject.compile(&wat("numbered", NUMBERED)?)?;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let one = instance(subject, store, &module, 1)?;
    let two = instance(subject, store, &module, 2)?;
    for name in ["memory", "me", "table", "who", "ask"] {
        let (a, b) = (export(store, one, name)?, export(store, two, name)?);
        holds(format_args!("two handles for `{name}`"), a != b, (a, b))?;
        same("the handle when asked again", export(store, one, name)?, a)?;
        same("the other's when asked again", export(store, two, name)?, b)?;
    }
    // A write through the handles of one instance is visible only to its functions.
    for (instance, number) in [(two, 70), (one, 80)] {
        let memory = memory(store, instance, "memory")?;
        store.memory(memory)?.write(0, &[number])?;
    }
    for (instance, number, who) in [(one, 80, 1), (two, 70, 2)] {
        same("load", call(store, instance, "load", &[])?, [number.into()])?;
        same("who", call(store, instance, "who", &[])?, [who.into()])?;
        let table = table(store, instance, "table")?;
        let found = called(store, table, 0)?;
        same("the table's function", found, who.into())?;
    }
    Ok(())
}

/// Returns the result of the function in a table.
fn called(
    store: &mut dyn CoreStore,
    table: seam_core::CoreTable,
    index: u64,
) -> Result<CoreValue, Failure> {
    let Some(CoreValue::FuncRef(Some(found))) = store.table_at(table, index)? else {
        return Err(Failure::new("expected a function in the table"));
    };
    gives_one(store, found)
}

/// Returns the result of a function without parameters.
pub(super) fn gives_one(store: &mut dyn CoreStore, func: CoreFunc) -> Result<CoreValue, Failure> {
    let mut results = [CoreValue::I32(0)];
    store.call(func, &[], &mut results)?;
    let [value] = results;
    Ok(value)
}

/// A function keeps its own instance in every table, and two instances that import an item share
/// it.
pub(in crate::kit) fn core_imported_things_are_the_same_thing(subject: &Subject) -> Checked {
    let provider = r#"(module
        (memory (export "memory") 1 3) (global $g (export "global") (mut i64) (i64.const 1))
        (table (export "table") 3 8 funcref)
        (global $own i32 (i32.const 10))
        (func (export "own") (result i32) (global.get $own))
        (func (export "size") (result i32) (memory.size))
        (func (export "get") (result i64) (global.get $g))
        (func (export "call") (param i32) (result i32)
            (call_indirect (result i32) (local.get 0))))"#;
    let sharer = |number: i32| {
        format!(
            r#"(module
            (import "p" "memory" (memory 1 3)) (import "p" "global" (global $g (mut i64)))
            (import "p" "table" (table $t 3 funcref)) (import "p" "own" (func $own (result i32)))
            (export "memory" (memory 0)) (export "global" (global $g)) (export "table" (table $t))
            (export "own" (func $own))
            (global $mine i32 (i32.const {number}))
            (func $me (result i32) (global.get $mine)) (elem (i32.const {number}) func $me)
            (func (export "grow") (result i32) (memory.grow (i32.const 1)))
            (func (export "set") (param i64) (global.set $g (local.get 0)))
            (func (export "store") (param i32) (i32.store (i32.const 65532) (local.get 0)))
            (func (export "load") (result i32) (i32.load (i32.const 65532))))"#
        )
    };
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let provider = made(subject, store, provider)?;
    let mut imports = Vec::new();
    for name in ["memory", "global", "table", "own"] {
        imports.push(export(store, provider, name)?);
    }
    if let [CoreExtern::Memory(memory), CoreExtern::Global(global), ..] = imports[..] {
        same("pages at first", store.memory_type(memory)?.minimum, 1)?;
        same("global at first", store.global(global)?, CoreValue::I64(1))?;
    }
    let mut sharers = Vec::new();
    for number in [1, 2] {
        let module = subject.compile(&wat("sharer", &sharer(number))?)?;
        sharers.push(store.instantiate(&module, &imports)?);
    }
    let [one, two] = sharers[..] else {
        return Err(Failure::new("expected two instances"));
    };
    call(store, one, "store", &[9.into()])?;
    same("load", call(store, two, "load", &[])?, [9.into()])?;
    same("grow", call(store, two, "grow", &[])?, [1.into()])?;
    same("size", call(store, provider, "size", &[])?, [2.into()])?;
    call(store, two, "set", &[CoreValue::I64(i64::MIN)])?;
    let found = call(store, provider, "get", &[])?;
    same("get", found, [CoreValue::I64(i64::MIN)])?;
    for number in [1, 2] {
        let found = call(store, provider, "call", &[number.into()])?;
        same("through the provider's table", found, [number.into()])?;
    }
    // A re-exported item is still the provider's.
    for instance in [provider, one, two] {
        let memory = memory(store, instance, "memory")?;
        let table = table(store, instance, "table")?;
        same("pages", store.memory_type(memory)?.minimum, 2)?;
        same("bytes", store.memory(memory)?.read_vec(65532, 1)?, [9])?;
        same("an element", called(store, table, 2)?, 2.into())?;
        let own = func(store, instance, "own")?;
        same("own", gives_one(store, own)?, 10.into())?;
        let global = global(store, instance, "global")?;
        same("global", store.global(global)?, CoreValue::I64(i64::MIN))?;
    }
    Ok(())
}

/// Two stores that are used alternately share nothing but the module.
pub(in crate::kit) fn core_stores_are_told_apart(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "f" (func $f (param i32)))
        (global $n (export "n") (mut i32) (i32.const 0))
        (func (export "say") (param i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $f (local.get 0))))"#;
    let module = subject.compile(&wat("says", text)?)?;
    let engine = subject.engine()?;
    let mut stores = Vec::new();
    for _ in 0..2 {
        let mut store = engine.store(&Limits::new(), HostState::new(Vec::<CoreValue>::new()))?;
        let say: HostFn = Arc::new(|caller, args, _| {
            let said = caller.host().downcast_mut::<Vec<CoreValue>>();
            let said = said.ok_or_else(|| Error::host("expected a list"))?;
            said.extend(args);
            Ok(())
        });
        let import = host_func(&mut *store, &[CoreType::I32], &[], say)?;
        let instance = store.instantiate(&module, &[import])?;
        stores.push((store, instance));
    }
    for (round, times) in [(0, 1), (1, 2)] {
        for (number, (store, instance)) in (0i32..).zip(&mut stores) {
            for _ in 0..=number * times {
                let value = CoreValue::I32(10 * number + round);
                call(&mut **store, *instance, "say", &[value])?;
            }
        }
    }
    let expected: [&[i32]; 2] = [&[0, 1], &[10, 10, 11, 11, 11]];
    for ((store, instance), expected) in stores.iter_mut().zip(expected) {
        let said: Vec<CoreValue> = expected.iter().map(|n| (*n).into()).collect();
        let found = store.host().downcast_ref::<Vec<CoreValue>>();
        same("what the store's host heard", found, Some(&said))?;
        let n = global(&mut **store, *instance, "n")?;
        let count = i32::try_from(expected.len()).unwrap_or_default();
        same("calls", store.global(n)?, count.into())?;
    }
    Ok(())
}
