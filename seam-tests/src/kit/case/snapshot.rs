//! Core instances as seen from outside: paths, globals and memories.

use std::collections::BTreeMap;

use seam_core::{
    CorePath, CoreSnapshot, CoreValue, Error, Globals, InstanceExt, Memories, MemorySnapshot,
    Origin, Query, Value, World,
};

use super::call::root;
use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, holds, misuse, same, wat};
use crate::kit::{Checked, Failure, Subject};

/// Returns the only core instance of a snapshot.
fn only(snapshot: seam_core::Snapshot) -> Result<CoreSnapshot, Failure> {
    let [one] = <[CoreSnapshot; 1]>::try_from(snapshot.instances)
        .map_err(|found| Failure::new(format!("expected one core instance, found {found:?}")))?;
    Ok(one)
}

pub(in crate::kit) fn snapshots_show_exported_globals(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    gives(&mut *calc, "add", &[1.into(), 2.into()], 3)?;
    let one = only(calc.snapshot(&Query::new())?)?;
    same("path", one.path, root())?;
    same("module", one.module.as_deref(), Some("calc"))?;
    same("origin", one.origin, Origin::Main)?;
    let expected = Globals::from_iter([
        ("__witness_counter_0", CoreValue::I64(1)),
        ("__witness_counter_1", CoreValue::I32(0)),
    ]);
    same("globals", &one.globals, &expected)?;
    same("memories", one.memories.len(), 0)?;

    let text = r#"(module
        (global (export "a") i32 (i32.const -1)) (global (export "b") (mut i64) (i64.const -2))
        (global (export "c") f32 (f32.const -0)) (global (export "d") f64 (f64.const nan:0x123))
        (global i32 (i32.const 5))
        (func (export "e")))"#;
    let mut instance = subject.instantiate(&wat("globals", text)?, &World::new())?;
    let one = only(instance.snapshot(&Query::new())?)?;
    same("module", one.module, None)?;
    // Compared by bits, because a snapshot must not change NaNs.
    let found = format!("{:?}", one.globals.values().collect::<Vec<_>>());
    let expected = format!(
        "[I32(-1), I64(-2), F32({}), F64({})]",
        1u32 << 31,
        0x7ff0_0000_0000_0123u64
    );
    same("globals", found, expected)
}

pub(in crate::kit) fn snapshots_show_vectors_and_references(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::globals()?, &World::new())?;
    gives_nothing(&mut *instance, "scramble", &[])?;
    let seven = [CoreValue::ExternRef(Some(7))];
    instance.call_core(&root(), "keep", &seven)?;
    let globals = only(instance.snapshot(&Query::new())?)?.globals;
    for (name, expected) in [
        (
            "v128",
            CoreValue::V128(0x0000_0004_0000_0003_0000_0002_0000_0001),
        ),
        ("null-func", CoreValue::FuncRef(None)),
        ("null-extern", CoreValue::ExternRef(None)),
        ("mut-i32", CoreValue::I32(i32::MAX)),
        ("mut-i64", CoreValue::I64(-2)),
        ("mut-f32", CoreValue::F32(1)),
        ("mut-f64", CoreValue::F64(0x7ff0_0000_0000_0000)),
        (
            "mut-v128",
            CoreValue::V128(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100),
        ),
        ("mut-externref", CoreValue::ExternRef(Some(7))),
    ] {
        same(name, globals.get(name), Some(&expected))?;
    }
    for name in ["func", "mut-funcref"] {
        let found = globals.get(name);
        let is_func = matches!(found, Some(CoreValue::FuncRef(Some(_))));
        holds(format_args!("a function in {name}"), is_func, found)?;
    }
    same("globals", globals.len(), 17)
}

pub(in crate::kit) fn snapshots_take_what_the_query_asks(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let mut names = |prefix: &str| -> Result<Vec<String>, Failure> {
        let snapshot = calc.snapshot(&Query::new().with_prefix(prefix))?;
        let globals = only(snapshot)?.globals;
        Ok(globals.names().map(str::to_owned).collect())
    };
    same(
        "one",
        names("__witness_counter_1")?,
        ["__witness_counter_1"],
    )?;
    let both = ["__witness_counter_0", "__witness_counter_1"];
    same("both", names("__witness_")?, both)?;
    same("none", names("memory")?, Vec::<String>::new())
}

pub(in crate::kit) fn snapshots_take_memories(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    gives(&mut *calc, "grow", &[1.into()], 1)?;
    let mut bytes = vec![0; 2 * 65536];
    let hello = b"hello, seam";
    if let Some(at) = bytes.get_mut(16..16 + hello.len()) {
        at.copy_from_slice(hello);
    }
    for (memories, expected) in [
        (Memories::None, None),
        (Memories::Digest, Some(MemorySnapshot::of(&bytes, false))),
        (Memories::Bytes, Some(MemorySnapshot::of(&bytes, true))),
    ] {
        let query = Query::new().with_prefix("-").with_memories(memories);
        let found = only(calc.snapshot(&query)?)?;
        let memory = found.memories.get("memory");
        holds(
            format_args!(
                "{memories:?} to be {:?}",
                expected.as_ref().map(|m| m.digest)
            ),
            memory == expected.as_ref(),
            memory.map(|m| (m.size, m.digest, m.bytes.is_some())),
        )?;
    }
    Ok(())
}

pub(in crate::kit) fn memories_can_be_read_and_written(subject: &Subject) -> Checked {
    // Every byte of a segment is in the guest's memory: the engine uses no address for itself.
    let letters = "seam".repeat(256);
    let text = format!(r#"(module (memory (export "memory") 1) (data (i32.const 0) "{letters}"))"#);
    let mut filled = subject.instantiate(&wat("filled", &text)?, &World::new())?;
    let found = filled.read_memory(&root(), "memory", 0, letters.len())?;
    let differs = found
        .iter()
        .zip(letters.as_bytes())
        .position(|(a, b)| a != b);
    same("the first byte that a segment did not set", differs, None)?;

    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let read = |calc: &mut dyn seam_core::Instance, offset, len| {
        calc.read_memory(&root(), "memory", offset, len)
    };
    same("read", read(&mut *calc, 16, 11)?, b"hello, seam")?;
    calc.write_memory(&root(), "memory", 65532, &[1, 2, 3, 4])?;
    gives(&mut *calc, "load", &[65532.into()], 0x0403_0201)?;
    gives_nothing(&mut *calc, "store", &[100.into(), 0x0a0b_0c0d.into()])?;
    same("read", read(&mut *calc, 100, 4)?, [0x0d, 0x0c, 0x0b, 0x0a])?;
    same("the end", read(&mut *calc, 65536, 0)?, Vec::<u8>::new())?;
    for (offset, len) in [
        (65536, 1),
        (65533, 4),
        (u64::MAX, 1),
        (0, usize::MAX),
        (65537, 0),
    ] {
        let what = format!("{len} bytes at {offset}");
        misuse(what, read(&mut *calc, offset, len))?;
    }
    misuse(
        "write",
        calc.write_memory(&root(), "memory", 65534, &[9; 4]),
    )?;
    same("nothing written", read(&mut *calc, 65532, 4)?, [1, 2, 3, 4])?;
    for export in ["add", "nothing", ""] {
        misuse(export, calc.read_memory(&root(), export, 0, 1))?;
        misuse(export, calc.write_memory(&root(), export, 0, &[1]))?;
    }
    let elsewhere = CorePath::new([1]);
    misuse("path", calc.read_memory(&elsewhere, "memory", 0, 1))?;
    misuse("path", calc.write_memory(&elsewhere, "memory", 0, &[1])).map(drop)
}

pub(in crate::kit) fn globals_and_tables_can_be_written(subject: &Subject) -> Checked {
    let text = r#"(module
      (table (export "table") 3 funcref) (elem (i32.const 1) func $f)
      (global $g (export "global") (mut i64) (i64.const 1)) (global (export "fixed") i64 (i64.const 2))
      (type $t (func (result i64)))
      (func $f (export "f") (result i64) (global.get $g))
      (func (export "through") (param i32) (result i64) (call_indirect (type $t) (local.get 0))))"#;
    let module = wat("reached", text)?;
    let mut one = subject.instantiate(&module, &World::new())?;
    let mut other = subject.instantiate(&module, &World::new())?;
    one.write_global(&root(), "global", CoreValue::I64(-7))?;
    gives(&mut *one, "f", &[], -7_i64)?;
    gives(&mut *other, "f", &[], 1_i64)?;
    let seen = only(one.snapshot(&Query::new())?)?;
    let global = seen.globals.get("global");
    same("the global", global, Some(&CoreValue::I64(-7)))?;
    let wrong = [
        ("global", CoreValue::I32(1)),
        ("fixed", CoreValue::I64(1)),
        ("table", CoreValue::I64(1)),
        ("nothing", CoreValue::I64(1)),
    ];
    for (export, value) in wrong {
        misuse(export, one.write_global(&root(), export, value))?;
    }
    gives(&mut *one, "f", &[], -7_i64)?;

    let mut null = |index| -> Result<Option<bool>, Error> {
        let element = one.read_table(&root(), "table", index)?;
        Ok(element.map(|element| element == CoreValue::FuncRef(None)))
    };
    same("element 0 is null", null(0)?, Some(true))?;
    same("element 1 is null", null(1)?, Some(false))?;
    same("element 3 is null", null(3)?, None)?;
    same("the last element is null", null(u64::MAX)?, None)?;
    for export in ["f", "global", "nothing"] {
        misuse(export, one.read_table(&root(), export, 0))?;
    }
    let func = one.read_table(&root(), "table", 1)?;
    let func = func.ok_or_else(|| Failure::new("expected an element, found the end"))?;
    let null = CoreValue::FuncRef(None);
    one.write_table(&root(), "table", 0, func)?;
    one.write_table(&root(), "table", 1, null)?;
    gives(&mut *one, "through", &[Value::S32(0)], -7_i64)?;
    misuse("foreign", other.write_table(&root(), "table", 0, func))?;
    for (export, index) in [
        ("table", 3),
        ("table", u64::MAX),
        ("global", 0),
        ("nothing", 0),
    ] {
        misuse(export, one.write_table(&root(), export, index, null))?;
    }
    misuse(
        "a number",
        one.write_table(&root(), "table", 0, CoreValue::I64(0)),
    )?;
    gives(&mut *one, "through", &[Value::S32(0)], -7_i64)?;

    let elsewhere = CorePath::new([1]);
    misuse("path", one.read_table(&elsewhere, "table", 0))?;
    misuse("path", one.write_table(&elsewhere, "table", 0, null))?;
    misuse(
        "path",
        one.write_global(&elsewhere, "global", CoreValue::I64(1)),
    )
    .map(drop)
}

pub(in crate::kit) fn core_paths_are_stable(subject: &Subject) -> Checked {
    for artifact in [fixtures::calc()?, fixtures::start_trap()?] {
        let expected = seam_decode::validate(&artifact)?;
        // Not every backend keeps an instance whose start function trapped.
        if artifact.name() == "start_trap" {
            same("core instances", expected.core_instances().len(), 1)?;
            continue;
        }
        let mut instance = subject.instantiate(&artifact, &World::new())?;
        let found = instance.cores()?;
        same(
            "core instances",
            found.len(),
            expected.core_instances().len(),
        )?;
        for (found, expected) in found.iter().zip(expected.core_instances()) {
            same("path", &found.path, &expected.path)?;
            same("module", &found.module, &expected.module.name)?;
            same("origin", found.origin, Origin::Main)?;
            same("exports", &found.exports, &expected.module.exports)?;
        }
    }
    Ok(())
}

/// The paths inside `nested`, in order.
const NESTED: [&str; 6] = ["0", "0/0", "0/0/0", "1", "1/0", "2/0"];

pub(in crate::kit) fn paths_inside_components_are_stable(subject: &Subject) -> Checked {
    let artifact = fixtures::nested()?;
    let mut nested = subject.instantiate(&artifact, &World::new())?;
    let found = nested.cores()?;
    let paths: Vec<String> = found.iter().map(|core| core.path.to_string()).collect();
    let expected = seam_decode::validate(&artifact)?;
    let described = expected.core_instances();
    // Sorted by path, because the order of instantiation does not matter here.
    let mut described: Vec<_> = described.iter().collect();
    described.sort_by(|a, b| a.path.cmp(&b.path));
    let from_interface: Vec<String> = described.iter().map(|core| core.path.to_string()).collect();
    same("paths of the interface", from_interface, NESTED)?;
    same("paths", paths, NESTED)?;
    let snapshot = nested.snapshot(&Query::new())?;
    let paths: Vec<String> = snapshot
        .instances
        .iter()
        .map(|i| i.path.to_string())
        .collect();
    same("paths of a snapshot", paths, NESTED)?;
    for (found, expected) in found.iter().zip(described) {
        let what = format!("module at {}", expected.path);
        same(what, &found.module, &expected.module.name)?;
        same("origin", found.origin, Origin::Main)?;
    }
    // An inner instance is reached by its path, without going through the component.
    let twig = CorePath::new([0, 0, 0]);
    let found = nested.call_core(&twig, "bump", &[])?;
    same("bump", found, [CoreValue::I32(1)])?;
    gives(&mut *nested, "bump-deep", &[], 2u32)?;
    misuse("a path", nested.call_core(&CorePath::new([3]), "bump", &[])).map(drop)
}

pub(in crate::kit) fn counters_inside_components_are_seen(subject: &Subject) -> Checked {
    let mut greet = subject.instantiate(&fixtures::greet()?, &World::new())?;
    let shout = "test:guest/strs#shout";
    for _ in 0..2 {
        let bob = ["bob".into(), vec![seam_core::Value::from("a")].into()];
        gives(&mut *greet, "test:guest/strs#greet", &bob, "hello bob [a]")?;
    }
    gives(&mut *greet, shout, &["a".into()], "A")?;
    let counters = greet
        .snapshot(&Query::new())?
        .counters("__witness_counter_");
    same("counters", counters, BTreeMap::from([(0, 2), (1, 1)]))?;

    let mut nested = subject.instantiate(&fixtures::nested()?, &World::new())?;
    for export in ["bump-relayed", "bump-deep", "bump-second", "bump-second"] {
        nested.call_blocking(export, &[])?;
    }
    let snapshot = nested.snapshot(&Query::new())?;
    for (path, expected) in NESTED.iter().zip([1i64, 0, 1, 1, 2, 2]) {
        let found = snapshot
            .instances
            .iter()
            .find(|i| i.path.to_string() == **path);
        let value = found.and_then(|instance| instance.globals.values().next());
        same(path, value, Some(&CoreValue::I64(expected)))?;
    }
    Ok(())
}
