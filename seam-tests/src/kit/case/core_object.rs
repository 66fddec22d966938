//! Core memories, tables and globals, as the host sees them.

use seam_core::{CoreExtern, CoreStore, CoreType, CoreValue, ErrorKind, Limits, Trap};

use super::core_call::{call, global, made, memory, table, tried};
use crate::kit::expect::{fails, holds, misuse, same, traps, wat};
use crate::kit::{Checked, Failure, Subject};

const OBJECTS: &str = r#"(module
    (memory (export "memory") 1 3) (data (i32.const 16) "hello")
    (table $t (export "table") 3 5 funcref) (elem (i32.const 1) $seven)
    (table (export "hosts") 2 externref)
    (global (export "fixed") i32 (i32.const 1))
    (global $g (export "global") (mut f64) (f64.const 2.5))
    (global (export "extern") (mut externref) (ref.null extern))
    (func $seven (export "seven") (result i32) (i32.const 7))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "get") (result f64) (global.get $g))
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "size") (result i32) (memory.size)))"#;

pub(in crate::kit) fn core_memories_are_read_written_and_grown(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, OBJECTS)?;
    let memory = memory(store, instance, "memory")?;
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
    // Numbers of pages that become small if they are truncated to a narrower type.
    for delta in [u64::MAX, 1 << 32, (1 << 32) + 1, 1 << 48, 1 << 16] {
        let what = format!("grow by {delta}");
        same(what, store.memory_grow(memory, delta)?, None)?;
    }
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
    let fixed = global(store, instance, "fixed")?;
    let mutable = global(store, instance, "global")?;
    let host = global(store, instance, "extern")?;
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
    let all = store.globals(&[mutable, fixed, host, mutable])?;
    let expected = [bits, CoreValue::I32(1), CoreValue::ExternRef(None), bits];
    same(
        "several globals",
        format!("{all:?}"),
        format!("{expected:?}"),
    )?;
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
    let functions = table(store, instance, "table")?;
    let hosts = table(store, instance, "hosts")?;
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
    for index in [3, u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, u64::MAX] {
        same("past the end", store.table_at(functions, index)?, None)?;
    }
    let Some(CoreValue::FuncRef(Some(seven))) = store.table_at(functions, 1)? else {
        return Err(Failure::new("expected a function in the table"));
    };
    let mut results = [CoreValue::I32(0)];
    store.call(seven, &[], &mut results)?;
    same("seven", results, [CoreValue::I32(7)])?;
    let ty = store.table_type(hosts)?;
    same("type", (ty.minimum, ty.maximum), (2, None))?;
    let of_hosts = CoreType::Ref(ty.element) == CoreType::EXTERNREF;
    holds("a table of host references", of_hosts, ty)?;
    same(
        "grow",
        call(store, instance, "grow", &[2.into()])?,
        [3.into()],
    )?;
    same("type", store.table_type(functions)?.minimum, 5)?;
    same(
        "the last",
        store.table_at(functions, 4)?,
        Some(CoreValue::FuncRef(None)),
    )?;
    same("past the last", store.table_at(functions, 5)?, None)
}

/// The guest calls what the host put into its table, and a refused write changes nothing.
pub(in crate::kit) fn core_table_elements_are_set(subject: &Subject) -> Checked {
    let text = r#"(module
        (type $f (func (result i32)))
        (table (export "table") 3 funcref) (elem (i32.const 1) $seven $eight)
        (table (export "hosts") 2 externref)
        (func $seven (result i32) (i32.const 7))
        (func $eight (result i32) (i32.const 8))
        (func (export "call") (param i32) (result i32) (call_indirect 0 (type $f) (local.get 0)))
        (func (export "null") (param i32) (result i32) (ref.is_null (table.get 1 (local.get 0)))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let functions = table(store, instance, "table")?;
    let hosts = table(store, instance, "hosts")?;
    let Some(eight) = store.table_at(functions, 2)? else {
        return Err(Failure::new("expected an element, found the end"));
    };
    store.set_table_at(functions, 0, eight)?;
    let called =
        |store: &mut dyn CoreStore, index: i32| call(store, instance, "call", &[index.into()]);
    same("element 0", called(store, 0)?, [8.into()])?;
    same("element 1", called(store, 1)?, [7.into()])?;
    let null = CoreValue::FuncRef(None);
    for index in [3, u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, u64::MAX] {
        misuse("past the end", store.set_table_at(functions, index, null))?;
    }
    for wrong in [CoreValue::I32(1), CoreValue::ExternRef(Some(1))] {
        misuse("another type", store.set_table_at(functions, 1, wrong))?;
    }
    misuse("another type", store.set_table_at(hosts, 1, eight))?;
    same("element 1", called(store, 1)?, [7.into()])?;
    store.set_table_at(functions, 1, null)?;
    same("element 1", store.table_at(functions, 1)?, Some(null))?;
    let trapped = tried(store, instance, "call", &[1.into()])?;
    traps("a null element", trapped, Trap::UninitializedElement)?;
    same(
        "host element",
        call(store, instance, "null", &[1.into()])?,
        [1.into()],
    )?;
    let host = CoreValue::ExternRef(Some(5));
    store.set_table_at(hosts, 1, host)?;
    same(
        "host element",
        call(store, instance, "null", &[1.into()])?,
        [0.into()],
    )?;
    same("host element", store.table_at(hosts, 1)?, Some(host))
}

/// Memories and tables with 64-bit indices have matching types, and no index is truncated to 32
/// bits.
pub(in crate::kit) fn core_wide_memories_and_tables_are_read(subject: &Subject) -> Checked {
    let text = r#"(module
        (memory (export "memory") i64 1 3) (data (i64.const 65532) "wide")
        (table (export "table") i64 2 funcref) (elem (i64.const 1) $seven)
        (func $seven (result i32) (i32.const 7))
        (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
        (func (export "load") (param i64) (result i32) (i32.load (local.get 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let (Some(CoreExtern::Memory(memory)), Some(CoreExtern::Table(table))) = (
        store.export(instance, "memory"),
        store.export(instance, "table"),
    ) else {
        return Err(Failure::new("expected a memory and a table"));
    };
    let ty = store.memory_type(memory)?;
    let found = (ty.memory64, ty.minimum, ty.maximum);
    same("the memory's type", found, (true, 1, Some(3)))?;
    let ty = store.table_type(table)?;
    let found = (ty.table64, ty.minimum, ty.maximum);
    same("the table's type", found, (true, 2, None))?;
    same("bytes", store.memory(memory)?.read_vec(65532, 4)?, b"wide")?;
    for delta in [1 << 32, 1 << 48, u64::MAX] {
        let what = format!("grow by {delta}");
        same(what, store.memory_grow(memory, delta)?, None)?;
    }
    let beyond = [CoreValue::I64(1 << 32)];
    let result = tried(store, instance, "load", &beyond)?;
    traps("load", result, Trap::MemoryOutOfBounds)?;
    let grown = call(store, instance, "grow", &beyond)?;
    same("grown by the guest", grown, [CoreValue::I64(-1)])?;
    same("grow", store.memory_grow(memory, 2)?, Some(1))?;
    for index in [2, 1 << 32, (1 << 32) + 1, u64::MAX] {
        same("past the end", store.table_at(table, index)?, None)?;
    }
    let found = store.table_at(table, 1)?;
    let is_func = matches!(found, Some(CoreValue::FuncRef(Some(_))));
    holds("a function in the table", is_func, found)
}

pub(in crate::kit) fn core_second_memories_are_told_apart(subject: &Subject) -> Checked {
    let text = r#"(module
        (memory $a (export "a") 1) (memory $b (export "b") 2 4)
        (data (memory $a) (i32.const 0) "first") (data (memory $b) (i32.const 0) "other")
        (func (export "load") (result i32) (i32.load8_u $b (i32.const 9))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let mut pages = Vec::new();
    for (name, bytes) in [("a", b"first"), ("b", b"other"), ("a", b"first")] {
        let memory = memory(store, instance, name)?;
        same(name, store.memory(memory)?.read_vec(0, 5)?, bytes)?;
        pages.push(store.memory_type(memory)?.minimum);
    }
    same("pages", pages, [1, 2, 1])?;
    let b = memory(store, instance, "b")?;
    store.memory(b)?.write(9, &[77])?;
    same("load", call(store, instance, "load", &[])?, [77.into()])?;
    same("grow", store.memory_grow(b, 2)?, Some(2))?;
    same("grow past the maximum", store.memory_grow(b, 1)?, None)
}

/// Sizes are in the memory's own pages.
pub(in crate::kit) fn core_pages_of_other_sizes_are_counted(subject: &Subject) -> Checked {
    let text = r#"(module
        (memory (export "memory") 10 20 (pagesize 1)) (data (i32.const 4) "pages")
        (func (export "size") (result i32) (memory.size))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let memory = memory(store, instance, "memory")?;
    let ty = store.memory_type(memory)?;
    let found = (ty.minimum, ty.maximum, ty.page_size());
    same("type", found, (10, Some(20), 1))?;
    same("length", store.memory(memory)?.len(), 10)?;
    same("bytes", store.memory(memory)?.read_vec(4, 5)?, b"pages")?;
    misuse("a byte too many", store.memory(memory)?.read_vec(4, 7))?;
    same("grow", store.memory_grow(memory, 7)?, Some(10))?;
    same("grow past the maximum", store.memory_grow(memory, 4)?, None)?;
    same("length", store.memory(memory)?.len(), 17)?;
    same("size", call(store, instance, "size", &[])?, [17.into()])?;
    same("type", store.memory_type(memory)?.minimum, 17)?;
    store.memory(memory)?.write(16, &[9])?;
    let found = call(store, instance, "load", &[16.into()])?;
    same("load", found, [9.into()])?;
    let result = tried(store, instance, "load", &[17.into()])?;
    traps("load", result, Trap::MemoryOutOfBounds)?;
    // A memory of other pages does not fit.
    let import = |pages: &str| {
        wat(
            "imports",
            &format!(r#"(module (import "m" "m" (memory {pages})))"#),
        )
    };
    let given = [CoreExtern::Memory(memory)];
    let fits = subject.compile(&import("17 20 (pagesize 1)")?)?;
    store.instantiate(&fits, &given)?;
    let other = subject.compile(&import("0")?)?;
    let result = store.instantiate(&other, &given);
    fails("pages of 64 KiB", result, &ErrorKind::Link).map(drop)
}

pub(in crate::kit) fn core_shared_memories_are_read_and_written(subject: &Subject) -> Checked {
    let text = r#"(module
        (memory (export "memory") 1 2 shared) (data (i32.const 65531) "share")
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, text)?;
    let memory = memory(store, instance, "memory")?;
    let ty = store.memory_type(memory)?;
    let found = (ty.shared, ty.minimum, ty.maximum);
    same("type", found, (true, 1, Some(2)))?;
    same("length", store.memory(memory)?.len(), 65536)?;
    same("bytes", store.memory(memory)?.read_vec(65531, 5)?, b"share")?;
    for (offset, len) in [(65536, 1), (65532, 5), (u64::MAX, 1)] {
        let what = format!("{len} bytes at {offset}");
        misuse(&what, store.memory(memory)?.read_vec(offset, len))?;
        misuse(&what, store.memory(memory)?.write(offset, &vec![9; len]))?;
    }
    same(
        "untouched",
        store.memory(memory)?.read_vec(65531, 5)?,
        b"share",
    )?;
    store.memory(memory)?.write(65534, &[1, 2])?;
    let found = call(store, instance, "load", &[65535.into()])?;
    same("what the host wrote", found, [2.into()])?;
    same("grow", store.memory_grow(memory, 1)?, Some(1))?;
    same("grow past the maximum", store.memory_grow(memory, 1)?, None)?;
    call(store, instance, "store", &[131_071.into(), 7.into()])?;
    same("length", store.memory(memory)?.len(), 131_072)?;
    same(
        "what the guest wrote",
        store.memory(memory)?.read_vec(131_071, 1)?,
        [7],
    )?;
    same("type", store.memory_type(memory)?.minimum, 2)
}

/// Tags with the same type are different: one does not catch what the other throws.
pub(in crate::kit) fn core_exception_tags_are_told_apart(subject: &Subject) -> Checked {
    let provider = r#"(module
        (tag $a (export "a") (param i32)) (tag (export "b") (param i32))
        (func (export "throw") (throw $a (i32.const 42))))"#;
    let text = r#"(module
        (import "p" "a" (tag $a (param i32))) (import "p" "throw" (func $throw))
        (import "p" "b" (tag $b (param i32)))
        (func (export "caught") (result i32)
            (block $of_b (result i32)
                (block $of_a (result i32)
                    (try_table (catch $b $of_b) (catch $a $of_a) (call $throw))
                    (return (i32.const 0)))
                (return (i32.add (i32.const 100))))
            (i32.add (i32.const 200)))
        (func (export "missed") (result i32)
            (block $of_b (result i32)
                (try_table (catch $b $of_b) (call $throw)) (i32.const 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let provider = made(subject, store, provider)?;
    let mut imports = Vec::new();
    for name in ["a", "throw", "b"] {
        let found = store.export(provider, name);
        imports.push(found.ok_or_else(|| Failure::new(format!("expected a tag `{name}`")))?);
    }
    let module = subject.compile(&wat("catches", text)?)?;
    let instance = store.instantiate(&module, &imports)?;
    let found = call(store, instance, "caught", &[])?;
    same("by its own tag", found, [142.into()])?;
    let result = tried(store, instance, "missed", &[])?;
    traps("by another tag", result, Trap::UncaughtException)
}
