//! Declaration order of imports, arguments and results, and of the steps of instantiation.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFuncType, CoreStore, CoreType, CoreValue, Error, HostFn, HostState, Limits,
};

use super::core_call::{call, export, global, host_func, made};
use crate::kit::expect::{same, wat};
use crate::kit::{Checked, Failure, Subject};

/// Returns a module that exports one item of each kind. Each item yields this number.
fn giving(number: i32) -> String {
    format!(
        r#"(module
        (global (export "global") i32 (i32.const {number}))
        (func $f (export "func") (result i32) (i32.const {number}))
        (table (export "table") 1 1 funcref) (elem (i32.const 0) $f)
        (memory (export "memory") 1 1) (data (i32.const 0) "\{number:02x}"))"#
    )
}

/// Kinds alternate and names repeat, so neither the kind nor the name identifies an import.
pub(in crate::kit) fn core_imports_are_matched_by_position(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "a" "x" (global $g1 i32))
        (import "a" "x" (func $f2 (result i32)))
        (import "b" "x" (table $t3 1 funcref))
        (import "a" "x" (func $f4 (result i32)))
        (import "a" "y" (memory 1))
        (import "a" "x" (global $g6 i32))
        (import "b" "x" (table $t7 1 funcref))
        (import "a" "y" (func $f8 (result i32)))
        (import "a" "x" (global $g9 i32))
        (func (export "all") (result i32 i32 i32 i32 i32 i32 i32 i32 i32)
            (global.get $g1) (call $f2) (call_indirect $t3 (result i32) (i32.const 0))
            (call $f4) (i32.load8_u (i32.const 0)) (global.get $g6)
            (call_indirect $t7 (result i32) (i32.const 0)) (call $f8) (global.get $g9)))"#;
    const KINDS: [&str; 9] = [
        "global", "func", "table", "func", "memory", "global", "table", "func", "global",
    ];
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let mut imports = Vec::new();
    for (number, kind) in (1..).zip(KINDS) {
        let provider = made(subject, store, &giving(number))?;
        imports.push(export(store, provider, kind)?);
    }
    let module = subject.compile(&wat("mixed imports", text)?)?;
    let all = store.instantiate(&module, &imports)?;
    let expected: Vec<CoreValue> = (1..10).map(CoreValue::I32).collect();
    same("what was imported", call(store, all, "all", &[])?, expected)?;
    // The same module again, with the same kinds in another order.
    let by_kind = |kind: &str| {
        let all = imports.iter().zip(KINDS);
        let mut found: Vec<CoreExtern> = all
            .filter(|(_, of)| *of == kind)
            .map(|(import, _)| *import)
            .collect();
        found.reverse();
        found.into_iter()
    };
    let (mut globals, mut funcs) = (by_kind("global"), by_kind("func"));
    let (mut tables, mut memories) = (by_kind("table"), by_kind("memory"));
    let reversed: Option<Vec<CoreExtern>> = KINDS
        .into_iter()
        .map(|kind| match kind {
            "global" => globals.next(),
            "func" => funcs.next(),
            "table" => tables.next(),
            _ => memories.next(),
        })
        .collect();
    let reversed = reversed.ok_or_else(|| Failure::new("expected nine imports"))?;
    let again = store.instantiate(&module, &reversed)?;
    let expected = [9, 8, 7, 4, 5, 6, 3, 2, 1].map(CoreValue::I32);
    same(
        "imported in reverse",
        call(store, again, "all", &[])?,
        expected,
    )?;
    let expected: Vec<CoreValue> = (1..10).map(CoreValue::I32).collect();
    same(
        "the first instance",
        call(store, all, "all", &[])?,
        expected,
    )
}

/// Arguments and results of one type differ only in their position.
pub(in crate::kit) fn core_arguments_and_results_come_in_order(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "three" (func $three (param i32 i32 i32) (result i32 i32 i32)))
        (import "h" "mixed" (func $mixed (param i64 i32 f32 i32) (result i32 f32 i32 i64)))
        (export "raw-three" (func $three))
        (export "raw-mixed" (func $mixed))
        (func (export "three") (param i32 i32 i32) (result i32 i32 i32)
            (call $three (local.get 0) (local.get 1) (local.get 2)))
        (func (export "mixed") (param i64 i32 f32 i32) (result i32 f32 i32 i64)
            (call $mixed (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (export "digits") (param i32 i32 i32) (result i32)
            (i32.add (i32.mul (local.get 0) (i32.const 100))
                (i32.add (i32.mul (local.get 1) (i32.const 10)) (local.get 2))))
        (func (export "turned") (param i32 i32 i32) (result i32 i32 i32)
            (local.get 1) (local.get 2) (local.get 0)))"#;
    let i32s = [CoreType::I32; 3];
    let mixed = [CoreType::I64, CoreType::I32, CoreType::F32, CoreType::I32];
    let turned = [CoreType::I32, CoreType::F32, CoreType::I32, CoreType::I64];
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    // The first argument becomes the last result.
    let rotate: HostFn = Arc::new(|_, args, results| {
        let turned = args.iter().skip(1).chain(args.first());
        for (slot, arg) in results.iter_mut().zip(turned) {
            *slot = *arg;
        }
        Ok(())
    });
    let imports = [
        host_func(store, &i32s, &i32s, rotate.clone())?,
        host_func(store, &mixed, &turned, rotate)?,
    ];
    let module = subject.compile(&wat("in order", text)?)?;
    let instance = store.instantiate(&module, &imports)?;
    let args = [1, 2, 3].map(CoreValue::I32);
    for export in ["turned", "three", "raw-three"] {
        let found = call(store, instance, export, &args)?;
        same(export, found, [2, 3, 1].map(CoreValue::I32))?;
    }
    same(
        "digits",
        call(store, instance, "digits", &args)?,
        [123.into()],
    )?;
    let args = [1i64.into(), 2.into(), 3f32.into(), 4.into()];
    for export in ["mixed", "raw-mixed"] {
        let found = call(store, instance, export, &args)?;
        same(
            export,
            found,
            [2.into(), 3f32.into(), 4.into(), 1i64.into()],
        )?;
    }
    // The types have the same order.
    for (export, ty) in [
        ("turned", CoreFuncType::new(i32s, i32s)),
        ("mixed", CoreFuncType::new(mixed, turned)),
        ("raw-mixed", CoreFuncType::new(mixed, turned)),
        ("digits", CoreFuncType::new(i32s, [CoreType::I32])),
    ] {
        let func = super::core_call::func(store, instance, export)?;
        same(export, store.func_type(func)?, ty)?;
    }
    Ok(())
}

/// Element segments come first, then data segments, each in declaration order, so that later
/// segments overwrite earlier ones. The start function then runs once.
pub(in crate::kit) fn core_instantiation_goes_in_order(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "log" (func $log (param i32)))
        (memory (export "memory") 1) (table $t 2 funcref)
        (data (i32.const 0) "abcd") (data (i32.const 1) "XY") (data (i32.const 2) "z")
        (elem (i32.const 0) func $one $one) (elem (i32.const 1) func $two)
        (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
        (func $start
            (call $log (i32.load (i32.const 0)))
            (call $log (call_indirect $t (result i32) (i32.const 0)))
            (call $log (call_indirect $t (result i32) (i32.const 1))))
        (start $start))"#;
    let module = subject.compile(&wat("in order", text)?)?;
    let engine = subject.engine()?;
    let mut store = engine.store(&Limits::new(), HostState::new(Vec::<CoreValue>::new()))?;
    let store = &mut *store;
    let log: HostFn = Arc::new(|caller, args, _| {
        let heard = caller.host().downcast_mut::<Vec<CoreValue>>();
        let heard = heard.ok_or_else(|| Error::host("expected a list"))?;
        heard.extend(args);
        Ok(())
    });
    let import = host_func(store, &[CoreType::I32], &[], log)?;
    let written = i32::from_le_bytes(*b"aXzd");
    let once = [written, 1, 2].map(CoreValue::I32);
    let mut heard = Vec::new();
    for _ in 0..2 {
        let instance = store.instantiate(&module, &[import])?;
        heard.extend(once);
        let found = heard_so_far(store);
        same("what the start function saw", found, Some(heard.clone()))?;
        // Looking up an export starts nothing.
        export(store, instance, "memory")?;
        same("after a look", heard_so_far(store), Some(heard.clone()))?;
    }
    Ok(())
}

/// More functions and exports than one byte of LEB128 counts; the last function is the start function.
pub(in crate::kit) fn core_large_modules_start_and_export(subject: &Subject) -> Checked {
    const COUNT: i32 = 200;
    let mut text = String::from(r#"(module (global $g (export "g") (mut i32) (i32.const 0))"#);
    for n in 0..COUNT {
        text += &format!(
            r#"(func $f{n} (export "f{n}") (global.set $g
                (i32.add (i32.mul (global.get $g) (i32.const 1000)) (i32.const {n}))))"#
        );
    }
    text += &format!("(start $f{}))", COUNT - 1);
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let large = made(subject, store, &text)?;
    let global = global(store, large, "g")?;
    let started = store.global(global)?;
    same("what the start function did", started, (COUNT - 1).into())?;
    for n in [0, 127, 128, COUNT - 1] {
        store.set_global(global, 1.into())?;
        call(store, large, &format!("f{n}"), &[])?;
        let found = store.global(global)?;
        same(format_args!("what f{n} did"), found, (1000 + n).into())?;
    }
    Ok(())
}

fn heard_so_far(store: &mut dyn CoreStore) -> Option<Vec<CoreValue>> {
    store.host().downcast_ref::<Vec<CoreValue>>().cloned()
}
