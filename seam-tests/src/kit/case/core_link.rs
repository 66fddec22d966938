//! Core linking: imports, start functions, and the owners of handles.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreGlobal, CoreInstanceId, CoreMemory, CoreStore, CoreTable, CoreType,
    CoreValue, Error, ErrorKind, HostFn, Limits, Trap,
};

use super::core_call::{call, export, func, host_func, made};
use crate::kit::expect::{fails, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module that exports one item of each kind.
const PROVIDER: &str = r#"(module
    (func (export "func") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (memory (export "memory") 1 2) (data (i32.const 0) "provided")
    (table (export "table") 2 4 funcref)
    (global (export "global") (mut i32) (i32.const 5))
    (global (export "fixed") i64 (i64.const 6)))"#;

pub(in crate::kit) fn core_imports_are_checked(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let provider = made(subject, &mut *store, PROVIDER)?;
    let mut of = |name: &str| export(&mut *store, provider, name);
    let (function, memory) = (of("func")?, of("memory")?);
    let (table, global, fixed) = (of("table")?, of("global")?, of("fixed")?);
    for (import, good, bad) in [
        (
            "(func (param i32) (result i32))",
            function,
            &[memory, table, global][..],
        ),
        ("(func (param i64) (result i32))", function, &[function]),
        ("(func (param i32))", function, &[function]),
        ("(memory 1)", memory, &[function, table]),
        ("(memory 2)", memory, &[memory]),
        ("(memory 1 1)", memory, &[memory]),
        ("(table 2 funcref)", table, &[memory]),
        ("(table 3 funcref)", table, &[table]),
        ("(table 2 3 funcref)", table, &[table]),
        ("(table 2 externref)", table, &[table]),
        ("(global (mut i32))", global, &[function, fixed]),
        ("(global i32)", global, &[global]),
        ("(global i64)", fixed, &[global]),
    ] {
        let text = format!(r#"(module (import "a" "b" {import}))"#);
        let module = subject.compile(&wat("import", &text)?)?;
        for bad in bad {
            fails(&text, store.instantiate(&module, &[*bad]), &ErrorKind::Link)?;
        }
        if !bad.contains(&good) {
            store.instantiate(&module, &[good])?;
        }
        fails("none", store.instantiate(&module, &[]), &ErrorKind::Link)?;
        let two = store.instantiate(&module, &[good, good]);
        fails("two", two, &ErrorKind::Link)?;
    }
    Ok(())
}

pub(in crate::kit) fn core_imports_of_every_kind_link(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "p" "func" (func $f (param i32) (result i32)))
        (import "p" "memory" (memory 1 2))
        (import "p" "table" (table 2 4 funcref))
        (import "p" "global" (global $g (mut i32)))
        (import "p" "fixed" (global $c i64))
        (func $nine (result i32) (i32.const 9)) (elem (i32.const 1) $nine)
        (func (export "func") (param i32) (result i32) (call $f (local.get 0)))
        (func (export "load") (result i32) (i32.load8_u (i32.const 0)))
        (func (export "count") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
        (func (export "fixed") (result i64) (global.get $c)))"#;
    let mut store = subject.store(&Limits::new())?;
    let provider = made(subject, &mut *store, PROVIDER)?;
    let names = ["func", "memory", "table", "global", "fixed"];
    let mut imports = Vec::new();
    for name in names {
        imports.push(export(&mut *store, provider, name)?);
    }
    let module = subject.compile(&wat("consumer", text)?)?;
    let consumer = store.instantiate(&module, &imports)?;
    let store = &mut *store;
    same(
        "func",
        call(store, consumer, "func", &[21.into()])?,
        [42.into()],
    )?;
    same(
        "load",
        call(store, consumer, "load", &[])?,
        [i32::from(b'p').into()],
    )?;
    same(
        "fixed",
        call(store, consumer, "fixed", &[])?,
        [CoreValue::I64(6)],
    )?;
    same("count", call(store, consumer, "count", &[])?, [6.into()])?;
    // The imports are the provider's own items, not copies.
    let [_, memory, table, global, _] = imports.as_slice() else {
        return Err(Failure::new("expected five imports"));
    };
    if let CoreExtern::Global(global) = *global {
        same("global", store.global(global)?, 6.into())?;
        store.set_global(global, 40.into())?;
        same("count", call(store, consumer, "count", &[])?, [41.into()])?;
        same("global", store.global(global)?, 41.into())?;
    }
    if let CoreExtern::Memory(memory) = *memory {
        store.memory(memory)?.write(0, b"P")?;
        same(
            "load",
            call(store, consumer, "load", &[])?,
            [i32::from(b'P').into()],
        )?;
    }
    let CoreExtern::Table(table) = *table else {
        return Err(Failure::new("expected a table"));
    };
    match store.table_at(table, 1)? {
        Some(CoreValue::FuncRef(Some(nine))) => {
            let mut results = [CoreValue::I32(0)];
            store.call(nine, &[], &mut results)?;
            same("through the table", results, [CoreValue::I32(9)])
        }
        found => Err(Failure::new(format!(
            "table: expected a function, found {found:?}"
        ))),
    }
}

pub(in crate::kit) fn core_start_calls_the_host(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "f" (func $f (param i32)))
        (memory (export "memory") 1) (data (i32.const 4) "seam")
        (global (export "global") (mut i32) (i32.const 3))
        (func $start (call $f (i32.const 4))) (start $start))"#;
    let heard: HostFn = Arc::new(|caller, args, _| {
        let (
            Some(CoreExtern::Memory(memory)),
            Some(CoreExtern::Global(global)),
            [CoreValue::I32(at)],
        ) = (
            caller.caller_export("memory"),
            caller.caller_export("global"),
            args,
        )
        else {
            return Err(Error::host("expected a memory, a global and an address"));
        };
        if caller.caller_export("nothing").is_some() {
            return Err(Error::host("expected no export `nothing`, found one"));
        }
        let at = u64::from(at.unsigned_abs());
        let text = caller.memory(memory)?.read_vec(at, 4)?;
        caller.memory(memory)?.write(at + 4, &text)?;
        caller.as_store().set_global(global, CoreValue::I32(99))
    });
    let module = subject.compile(&wat("start", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let import = host_func(&mut *store, &[CoreType::I32], &[], heard)?;
    let instance = store.instantiate(&module, &[import])?;
    match export(&mut *store, instance, "memory")? {
        CoreExtern::Memory(memory) => {
            same("memory", store.memory(memory)?.read_vec(4, 8)?, b"seamseam")?;
        }
        found => return Err(Failure::new(format!("expected a memory, found {found:?}"))),
    }
    match export(&mut *store, instance, "global")? {
        CoreExtern::Global(global) => same("global", store.global(global)?, CoreValue::I32(99)),
        found => Err(Failure::new(format!("expected a global, found {found:?}"))),
    }
}

pub(in crate::kit) fn core_failed_instantiation_keeps_writes(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let provider = made(subject, &mut *store, PROVIDER)?;
    let memory = export(&mut *store, provider, "memory")?;
    let table = export(&mut *store, provider, "table")?;
    let text = r#"(module (import "p" "memory" (memory 1)) (import "p" "table" (table 2 funcref))
        (func $nine (result i32) (i32.const 9))
        (elem (i32.const 0) $nine)
        (data (i32.const 0) "kept") (data (i32.const 65535) "lost"))"#;
    let module = subject.compile(&wat("a failing segment", text)?)?;
    let result = store.instantiate(&module, &[memory, table]);
    traps("a segment", result, Trap::MemoryOutOfBounds)?;
    let (CoreExtern::Memory(bytes), CoreExtern::Table(elements)) = (memory, table) else {
        return Err(Failure::new("expected a memory and a table"));
    };
    same("memory", store.memory(bytes)?.read_vec(0, 8)?, b"keptided")?;
    match store.table_at(elements, 0)? {
        Some(CoreValue::FuncRef(Some(nine))) => {
            let mut results = [CoreValue::I32(0)];
            store.call(nine, &[], &mut results)?;
            same("a function of what failed", results, [CoreValue::I32(9)])?;
        }
        found => {
            return Err(Failure::new(format!(
                "table: expected a function, found {found:?}"
            )));
        }
    }
    let text = r#"(module (import "p" "memory" (memory 1))
        (func $start (i32.store8 (i32.const 100) (i32.const 7)) (unreachable)) (start $start))"#;
    let module = subject.compile(&wat("a failing start", text)?)?;
    traps(
        "start",
        store.instantiate(&module, &[memory]),
        Trap::Unreachable,
    )?;
    same("memory", store.memory(bytes)?.read_vec(100, 1)?, [7])
}

pub(in crate::kit) fn core_foreign_handles_are_misuse(subject: &Subject) -> Checked {
    let mut here = subject.store(&Limits::new())?;
    let mut there = subject.store(&Limits::new())?;
    let mine = made(subject, &mut *here, PROVIDER)?;
    let theirs = made(subject, &mut *there, PROVIDER)?;
    let mut externs = Vec::new();
    for name in ["func", "memory", "table", "global"] {
        externs.push(export(&mut *there, theirs, name)?);
    }
    for found in externs {
        foreign_extern(&mut *here, found)?;
    }
    same(
        "an export of another's instance",
        here.export(theirs, "func"),
        None,
    )?;
    // Handles that no store returned.
    let number = func(&mut *here, mine, "func")?.store();
    foreign_extern(
        &mut *here,
        CoreExtern::Func(CoreFunc::new(number, u32::MAX)),
    )?;
    foreign_extern(
        &mut *here,
        CoreExtern::Memory(CoreMemory::new(number, 1000)),
    )?;
    foreign_extern(&mut *here, CoreExtern::Table(CoreTable::new(number, 1000)))?;
    foreign_extern(
        &mut *here,
        CoreExtern::Global(CoreGlobal::new(number, 1000)),
    )?;
    let nobody = CoreInstanceId::new(number, 1000);
    same(
        "an export of no instance",
        here.export(nobody, "func"),
        None,
    )?;
    // The same applies to imports.
    let text = r#"(module (import "a" "b" (func (param i32) (result i32))))"#;
    let module = subject.compile(&wat("import", text)?)?;
    let foreign = export(&mut *there, theirs, "func")?;
    misuse("a foreign import", here.instantiate(&module, &[foreign]))?;
    // And to arguments.
    let text = r#"(module (func (export "take") (param funcref)))"#;
    let taker = made(subject, &mut *here, text)?;
    let take = func(&mut *here, taker, "take")?;
    let foreign = func(&mut *there, theirs, "func")?;
    let result = here.call(take, &[CoreValue::FuncRef(Some(foreign))], &mut []);
    let error = misuse("a foreign argument", result)?;
    says("a foreign argument", &error, &["expected"])?;
    same(
        "func",
        call(&mut *here, mine, "func", &[4.into()])?,
        [8.into()],
    )
}

/// Checks that every method that takes the handle refuses it.
fn foreign_extern(store: &mut dyn CoreStore, found: CoreExtern) -> Checked {
    match found {
        CoreExtern::Func(func) => {
            misuse("func_type", store.func_type(func))?;
            let mut results = [CoreValue::I32(0)];
            misuse("call", store.call(func, &[1.into()], &mut results))?;
        }
        CoreExtern::Memory(memory) => {
            misuse("memory_type", store.memory_type(memory))?;
            misuse("memory", store.memory(memory).map(drop))?;
            misuse("memory_grow", store.memory_grow(memory, 1))?;
        }
        CoreExtern::Table(table) => {
            misuse("table_type", store.table_type(table))?;
            misuse("table_at", store.table_at(table, 0))?;
        }
        CoreExtern::Global(global) => {
            misuse("global_type", store.global_type(global))?;
            misuse("global", store.global(global))?;
            misuse("globals", store.globals(&[global]))?;
            misuse("set_global", store.set_global(global, 1.into()))?;
        }
        CoreExtern::Tag(_) => return Err(Failure::new("expected no tag")),
    }
    Ok(())
}
