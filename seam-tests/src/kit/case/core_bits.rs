//! Values keep their bits on every way: through guests, hosts, globals and tables.

use std::sync::Arc;

use seam_core::{CoreInstanceId, CoreStore, CoreType, CoreValue, HostFn, Limits};

use super::core_call::{call, func, global, host_func, made, memory, table};
use super::core_identity::gives_one;
use crate::kit::expect::{same, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module with a global of the type, and functions that return their argument.
///
/// They do so in the guest, through the host, and through the global.
fn echo(ty: &str, zero: &str) -> String {
    format!(
        r#"(module (import "h" "same" (func $same (param {ty}) (result {ty})))
        (global $g (export "global") (mut {ty}) ({zero}))
        (func (export "guest") (param {ty}) (result {ty}) (local.get 0))
        (func (export "host") (param {ty}) (result {ty}) (call $same (local.get 0)))
        (func (export "set") (param {ty}) (global.set $g (local.get 0)))
        (func (export "get") (result {ty}) (global.get $g)))"#
    )
}

/// Creates an instance of `echo`.
fn echoing(
    subject: &Subject,
    store: &mut dyn CoreStore,
    ty: CoreType,
    zero: &str,
) -> Result<CoreInstanceId, Failure> {
    let text = echo(&ty.to_string(), zero);
    let module = subject.compile(&wat("echo", &text)?)?;
    let same_back: HostFn = Arc::new(|_, args, results| {
        results.copy_from_slice(args);
        Ok(())
    });
    let import = host_func(store, &[ty], &[ty], same_back)?;
    Ok(store.instantiate(&module, &[import])?)
}

/// Checks that each value comes back unchanged on every way.
///
/// Texts with the bits are compared, because all NaNs are equal as values.
fn come_back(subject: &Subject, ty: CoreType, zero: &str, values: &[CoreValue]) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = echoing(subject, store, ty, zero)?;
    let global = global(store, instance, "global")?;
    for value in values {
        let (args, expected) = ([*value], format!("{value:?}"));
        let text = |found: &[CoreValue]| match found {
            [found] => format!("{found:?}"),
            found => format!("{found:?}"),
        };
        for name in ["guest", "host"] {
            let found = call(store, instance, name, &args)?;
            same(format_args!("{ty} by the {name}"), text(&found), &*expected)?;
        }
        call(store, instance, "set", &args)?;
        let found = [store.global(global)?];
        same(format_args!("{ty} in a global"), text(&found), &*expected)?;
        if let Some(zero) = CoreValue::default_of(ty) {
            store.set_global(global, zero)?;
        }
        store.set_global(global, *value)?;
        let found = call(store, instance, "get", &[])?;
        let what = format!("{ty} in a global that the host set");
        same(what, text(&found), &*expected)?;
    }
    Ok(())
}

pub(in crate::kit) fn core_numbers_pass_as_bits(subject: &Subject) -> Checked {
    let i32s = [0, 1, -1, i32::MIN, i32::MAX, 0x8000, 0x1_0000];
    let i64s = [
        0,
        -1,
        i64::MIN,
        i64::MAX,
        1 << 32,
        0x8000_0000,
        -0x8000_0000,
        i64::MIN + 1,
        0x0123_4567_89ab_cdef,
    ];
    let f32s = [
        0,
        0x8000_0000,
        1,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_0000,
        0xffc0_0000,
        0x7fc0_0001,
        0x7fa0_0001,
        0xff80_0001,
        0x7fff_ffff,
    ];
    let f64s = [
        0,
        1 << 63,
        1,
        0x7ff0_0000_0000_0000,
        0x7ff8_0000_0000_0000,
        0xfff8_0000_0000_0000,
        0x7ff4_0000_0000_0001,
        0xfff0_0000_0000_0001,
        0x7fff_ffff_ffff_ffff,
        0x3ff0_0000_0000_0001,
    ];
    let numbers = [
        (
            CoreType::I32,
            "i32.const 0",
            i32s.map(CoreValue::I32).to_vec(),
        ),
        (
            CoreType::I64,
            "i64.const 0",
            i64s.map(CoreValue::I64).to_vec(),
        ),
        (
            CoreType::F32,
            "f32.const 0",
            f32s.map(CoreValue::F32).to_vec(),
        ),
        (
            CoreType::F64,
            "f64.const 0",
            f64s.map(CoreValue::F64).to_vec(),
        ),
    ];
    for (ty, zero, values) in numbers {
        come_back(subject, ty, zero, &values)?;
    }
    Ok(())
}

pub(in crate::kit) fn core_vectors_pass_as_bits(subject: &Subject) -> Checked {
    let vectors = [
        0,
        1,
        1 << 127,
        u128::MAX,
        0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100,
        0x7fa0_0001_7fa0_0001_7ff4_0000_0000_0001,
    ];
    let zero = "v128.const i64x2 0 0";
    come_back(subject, CoreType::V128, zero, &vectors.map(CoreValue::V128))?;
    // The first lane is the lowest.
    let mut store = subject.store(&Limits::new())?;
    let text = r#"(module (memory (export "memory") 1)
        (func (export "first") (param v128) (result i32) (i32x4.extract_lane 0 (local.get 0)))
        (func (export "store") (param v128) (v128.store (i32.const 0) (local.get 0))))"#;
    let instance = made(subject, &mut *store, text)?;
    let args = [CoreValue::V128(0x4444_4444_3333_3333_2222_2222_1111_1111)];
    let found = call(&mut *store, instance, "first", &args)?;
    same("the first lane", found, [0x1111_1111.into()])?;
    call(&mut *store, instance, "store", &args)?;
    let memory = memory(&mut *store, instance, "memory")?;
    let bytes = store.memory(memory)?.read_vec(0, 16)?;
    let expected: Vec<u8> = [0x11, 0x22, 0x33, 0x44]
        .into_iter()
        .flat_map(|byte| [byte; 4])
        .collect();
    same("bytes in memory", bytes, expected)
}

pub(in crate::kit) fn core_host_references_pass(subject: &Subject) -> Checked {
    // The reference 0 is not null.
    let hosts = [None, Some(0), Some(1), Some(1 << 32), Some(u64::MAX)];
    let hosts = hosts.map(CoreValue::ExternRef);
    come_back(subject, CoreType::EXTERNREF, "ref.null extern", &hosts)?;
    let text = r#"(module (table $t (export "table") 3 externref)
        (func (export "put") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
        (func (export "is-null") (param externref) (result i32) (ref.is_null (local.get 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let table = table(store, instance, "table")?;
    for (index, value) in [(0i32, Some(0)), (2, Some(u64::MAX)), (1, Some(7))] {
        let value = CoreValue::ExternRef(value);
        call(store, instance, "put", &[index.into(), value])?;
        let found = store.table_at(table, u64::from(index.unsigned_abs()))?;
        same("an element", found, Some(value))?;
        let null = call(store, instance, "is-null", &[value])?;
        same("whether it is null", null, [0.into()])?;
    }
    let null = call(store, instance, "is-null", &[CoreValue::ExternRef(None)])?;
    same("whether null is", null, [1.into()])
}

pub(in crate::kit) fn core_function_references_pass(subject: &Subject) -> Checked {
    let text = |number: i32| {
        format!(
            r#"(module (func $f (export "f") (result i32) (i32.const {number}))
            (elem declare func $f)
            (func (export "ref") (result funcref) (ref.func $f))
            (table $t (export "table") 1 funcref)
            (func (export "put") (param funcref) (table.set $t (i32.const 0) (local.get 0)))
            (func (export "call") (result i32) (call_indirect $t (result i32) (i32.const 0))))"#
        )
    };
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let echo = echoing(subject, store, CoreType::FUNCREF, "ref.null func")?;
    let one = made(subject, store, &text(1))?;
    let two = made(subject, store, &text(2))?;
    let global = global(store, echo, "global")?;
    for (instance, number) in [(one, 1), (two, 2), (one, 1)] {
        let reference = call(store, instance, "ref", &[])?;
        for name in ["guest", "host"] {
            let found = call(store, echo, name, &reference)?;
            same(name, gives(store, &found)?, number.into())?;
        }
        call(store, echo, "set", &reference)?;
        let found = [store.global(global)?];
        same("a global", gives(store, &found)?, number.into())?;
        let [CoreValue::FuncRef(Some(referred))] = reference[..] else {
            return Err(Failure::new("expected a function"));
        };
        store.set_global(global, CoreValue::FuncRef(Some(referred)))?;
        let found = call(store, echo, "get", &[])?;
        same(
            "a global that the host set",
            gives(store, &found)?,
            number.into(),
        )?;
        // In the table of the other instance, the function still belongs to its own instance.
        call(store, two, "put", &found)?;
        same("call", call(store, two, "call", &[])?, [number.into()])?;
        let exported = func(store, instance, "f")?;
        same("f", gives_one(store, exported)?, number.into())?;
    }
    let null = [CoreValue::FuncRef(None)];
    for name in ["guest", "host"] {
        same(name, call(store, echo, name, &null)?, null)?;
    }
    store.set_global(global, CoreValue::FuncRef(None))?;
    same("get", call(store, echo, "get", &[])?, null)
}

/// Calls the function that a reference refers to, and returns its result.
fn gives(store: &mut dyn CoreStore, reference: &[CoreValue]) -> Result<CoreValue, Failure> {
    match reference {
        [CoreValue::FuncRef(Some(func))] => gives_one(store, *func),
        found => Err(Failure::new(format!(
            "expected a function, found {found:?}"
        ))),
    }
}
