//! Core memories, tables and globals, from the host's side.

use seam_core::{CoreExtern, CoreType, CoreValue, Limits};

use super::core_call::{call, made};
use crate::kit::expect::{holds, misuse, same};
use crate::kit::{Checked, Failure, Subject};

const OBJECTS: &str = r#"(module
    (memory (export "memory") 1 3) (data (i32.const 16) "hello")
    (table (export "table") 3 5 funcref) (elem (i32.const 1) $seven)
    (table (export "hosts") 2 externref)
    (global (export "fixed") i32 (i32.const 1))
    (global $g (export "global") (mut f64) (f64.const 2.5))
    (global (export "extern") (mut externref) (ref.null extern))
    (func $seven (export "seven") (result i32) (i32.const 7))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "get") (result f64) (global.get $g))
    (func (export "size") (result i32) (memory.size)))"#;

pub(in crate::kit) fn core_memories_are_read_written_and_grown(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, OBJECTS)?;
    let Some(CoreExtern::Memory(memory)) = store.export(instance, "memory") else {
        return Err(Failure::new("expected a memory, found none"));
    };
    let ty = store.memory_type(memory)?;
    same("type", (ty.minimum, ty.maximum), (1, Some(3)))?;
    same("length", store.memory(memory)?.len(), 65536)?;
    same("read", store.memory(memory)?.read_vec(16, 5)?, b"hello")?;
    store.memory(memory)?.write(65532, &[1, 2, 3, 4])?;
    same(
        "load",
        call(store, instance, "load", &[65532.into()])?,
        [0x0403_0201.into()],
    )?;
    for (offset, len) in [(65536, 1), (65533, 4), (u64::MAX, 1), (0, 65537)] {
        let what = format!("{len} bytes at {offset}");
        misuse(&what, store.memory(memory)?.read_vec(offset, len))?;
        misuse(&what, store.memory(memory)?.write(offset, &vec![9; len]))?;
    }
    same(
        "nothing written",
        store.memory(memory)?.read_vec(65532, 4)?,
        [1, 2, 3, 4],
    )?;
    same("grow", store.memory_grow(memory, 1)?, Some(1))?;
    same("grow past the maximum", store.memory_grow(memory, 2)?, None)?;
    same(
        "grow beyond all bounds",
        store.memory_grow(memory, u64::MAX)?,
        None,
    )?;
    same("grow by nothing", store.memory_grow(memory, 0)?, Some(2))?;
    same("length", store.memory(memory)?.len(), 2 * 65536)?;
    same("size", call(store, instance, "size", &[])?, [2.into()])?;
    same("type", store.memory_type(memory)?.minimum, 2)?;
    same(
        "kept",
        store.memory(memory)?.read_vec(65532, 8)?,
        [1, 2, 3, 4, 0, 0, 0, 0],
    )
}

pub(in crate::kit) fn core_globals_are_read_and_set(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, OBJECTS)?;
    let mut global = |name: &str| match store.export(instance, name) {
        Some(CoreExtern::Global(global)) => Ok(global),
        found => Err(Failure::new(format!(
            "expected a global `{name}`, found {found:?}"
        ))),
    };
    let (fixed, mutable, host) = (global("fixed")?, global("global")?, global("extern")?);
    let ty = store.global_type(fixed)?;
    same("type", (ty.content, ty.mutable), (CoreType::I32, false))?;
    let ty = store.global_type(mutable)?;
    same("type", (ty.content, ty.mutable), (CoreType::F64, true))?;
    same("fixed", store.global(fixed)?, CoreValue::I32(1))?;
    misuse("an immutable global", store.set_global(fixed, 2.into()))?;
    same("fixed", store.global(fixed)?, CoreValue::I32(1))?;
    let bits = CoreValue::F64(0xfff4_0000_0000_0001);
    store.set_global(mutable, bits)?;
    same(
        "bits",
        format!("{:?}", store.global(mutable)?),
        format!("{bits:?}"),
    )?;
    for wrong in [
        CoreValue::I64(1),
        CoreValue::F32(1),
        CoreValue::ExternRef(None),
    ] {
        misuse("another type", store.set_global(mutable, wrong))?;
    }
    let found = call(store, instance, "get", &[])?;
    same(
        "what the guest sees",
        format!("{found:?}"),
        format!("{:?}", [bits]),
    )?;
    same("extern", store.global(host)?, CoreValue::ExternRef(None))?;
    store.set_global(host, CoreValue::ExternRef(Some(3)))?;
    same("extern", store.global(host)?, CoreValue::ExternRef(Some(3)))
}

pub(in crate::kit) fn core_tables_are_read(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, OBJECTS)?;
    let mut table = |name: &str| match store.export(instance, name) {
        Some(CoreExtern::Table(table)) => Ok(table),
        found => Err(Failure::new(format!(
            "expected a table `{name}`, found {found:?}"
        ))),
    };
    let (functions, hosts) = (table("table")?, table("hosts")?);
    let ty = store.table_type(functions)?;
    same("type", (ty.minimum, ty.maximum), (3, Some(5)))?;
    holds(
        "a table of functions",
        CoreType::Ref(ty.element) == CoreType::FUNCREF,
        ty,
    )?;
    same(
        "null",
        store.table_at(functions, 0)?,
        Some(CoreValue::FuncRef(None)),
    )?;
    same(
        "null",
        store.table_at(hosts, 1)?,
        Some(CoreValue::ExternRef(None)),
    )?;
    for index in [3, u64::from(u32::MAX), u64::MAX] {
        same("past the end", store.table_at(functions, index)?, None)?;
    }
    let Some(CoreValue::FuncRef(Some(seven))) = store.table_at(functions, 1)? else {
        return Err(Failure::new("expected a function in the table"));
    };
    let mut results = [CoreValue::I32(0)];
    store.call(seven, &[], &mut results)?;
    same("seven", results, [CoreValue::I32(7)])
}
