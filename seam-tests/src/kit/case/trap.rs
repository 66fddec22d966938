//! Traps: their causes, and the state after a trap.

use seam_core::{Artifact, CanonTrap, InstanceExt, Memories, Query, Trap, Value, World};

use super::call::root;
use crate::fixtures;
use crate::kit::expect::{gives, holds, same, traps, wat};
use crate::kit::{Checked, Subject};

/// Calls each export in a fresh instance and expects the trap.
fn causes(subject: &Subject, artifact: &Artifact, table: &[(&str, Vec<Value>, Trap)]) -> Checked {
    for (export, args, trap) in table {
        let mut instance = subject.instantiate(artifact, &World::new())?;
        let what = format!("{}: {export}({args:?})", artifact.name());
        traps(what, instance.call_blocking(*export, args), trap.clone())?;
    }
    Ok(())
}

pub(in crate::kit) fn traps_map_to_their_cause(subject: &Subject) -> Checked {
    let two = |a: i32, b: i32| vec![Value::S32(a), Value::S32(b)];
    let one = |a: i32| vec![Value::S32(a)];
    causes(
        subject,
        &fixtures::calc()?,
        &[
            ("trap", vec![], Trap::Unreachable),
            ("div_s", two(1, 0), Trap::IntegerDivideByZero),
            ("div_s", two(i32::MIN, -1), Trap::IntegerOverflow),
            ("trunc", vec![f32::NAN.into()], Trap::BadConversionToInteger),
            (
                "trunc",
                vec![2_147_483_648f32.into()],
                Trap::IntegerOverflow,
            ),
            ("load", one(65536), Trap::MemoryOutOfBounds),
            ("load", one(65533), Trap::MemoryOutOfBounds),
            ("load", one(-1), Trap::MemoryOutOfBounds),
            ("store", two(65536, 1), Trap::MemoryOutOfBounds),
            ("indirect", one(1), Trap::BadSignature),
            ("indirect", one(2), Trap::UninitializedElement),
            ("indirect", one(3), Trap::UndefinedElement),
            ("indirect", one(-1), Trap::UndefinedElement),
            ("call_null", vec![], Trap::UninitializedElement),
        ],
    )
}

pub(in crate::kit) fn bulk_operations_trap_at_bounds(subject: &Subject) -> Checked {
    let text = r#"(module
        (memory 1) (table $t 2 funcref)
        (data $d "abc") (elem $e func $f)
        (func $f)
        (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
        (func (export "copy") (memory.copy (i32.const 0) (i32.const 65535) (i32.const 2)))
        (func (export "init") (memory.init $d (i32.const 0) (i32.const 2) (i32.const 2)))
        (func (export "dropped")
            (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))
        (func (export "get") (drop (table.get $t (i32.const 2))))
        (func (export "set") (table.set $t (i32.const 2) (ref.null func)))
        (func (export "table-fill")
            (table.fill $t (i32.const 1) (ref.null func) (i32.const 2)))
        (func (export "table-copy") (table.copy (i32.const 1) (i32.const 0) (i32.const 2)))
        (func (export "table-init") (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)))
        (func (export "rem") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
        (func (export "trunc") (param f64) (result i64) (i64.trunc_f64_u (local.get 0))))"#;
    let artifact = wat("bulk", text)?;
    causes(
        subject,
        &artifact,
        &[
            ("fill", vec![], Trap::MemoryOutOfBounds),
            ("copy", vec![], Trap::MemoryOutOfBounds),
            ("init", vec![], Trap::MemoryOutOfBounds),
            ("dropped", vec![], Trap::MemoryOutOfBounds),
            ("get", vec![], Trap::TableOutOfBounds),
            ("set", vec![], Trap::TableOutOfBounds),
            ("table-fill", vec![], Trap::TableOutOfBounds),
            ("table-copy", vec![], Trap::TableOutOfBounds),
            ("table-init", vec![], Trap::TableOutOfBounds),
            (
                "rem",
                vec![1i64.into(), 0i64.into()],
                Trap::IntegerDivideByZero,
            ),
            ("trunc", vec![f64::NAN.into()], Trap::BadConversionToInteger),
            ("trunc", vec![(-1f64).into()], Trap::IntegerOverflow),
        ],
    )
}

pub(in crate::kit) fn stack_exhaustion_is_a_trap(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    for _ in 0..2 {
        traps(
            "recurse",
            calc.call_blocking("recurse", &[1.into()]),
            Trap::StackExhausted,
        )?;
    }
    gives(&mut *calc, "add", &[2.into(), 3.into()], 5)
}

pub(in crate::kit) fn gc_traps_map_to_their_cause(subject: &Subject) -> Checked {
    let text = r#"(module
        (type $s (struct (field i32))) (type $a (array (mut i32)))
        (type $other (struct (field i64)))
        (func (export "null-struct") (drop (struct.get $s 0 (ref.null $s))))
        (func (export "null-array") (drop (array.len (ref.null $a))))
        (func (export "past-the-end")
            (drop (array.get $a (array.new_default $a (i32.const 2)) (i32.const 2))))
        (func (export "fill")
            (array.fill $a (array.new_default $a (i32.const 2))
                (i32.const 1) (i32.const 0) (i32.const 2)))
        (func (export "cast")
            (drop (ref.cast (ref $other) (struct.new $s (i32.const 1)))))
        (func (export "null-i31") (drop (i31.get_s (ref.null i31)))))"#;
    causes(
        subject,
        &wat("gc", text)?,
        &[
            ("null-struct", vec![], Trap::NullReference),
            ("null-array", vec![], Trap::NullReference),
            ("past-the-end", vec![], Trap::ArrayOutOfBounds),
            ("fill", vec![], Trap::ArrayOutOfBounds),
            ("cast", vec![], Trap::CastFailure),
            ("null-i31", vec![], Trap::NullReference),
        ],
    )
}

pub(in crate::kit) fn null_references_trap(subject: &Subject) -> Checked {
    let text = r#"(module (type $t (func))
        (func (export "call") (call_ref $t (ref.null $t)))
        (func (export "as-non-null") (drop (ref.as_non_null (ref.null $t)))))"#;
    causes(
        subject,
        &wat("null references", text)?,
        &[
            ("call", vec![], Trap::NullReference),
            ("as-non-null", vec![], Trap::NullReference),
        ],
    )
}

pub(in crate::kit) fn uncaught_exceptions_trap(subject: &Subject) -> Checked {
    let text = r#"(module (tag $e (param i32))
        (func $throw (export "throw") (throw $e (i32.const 1)))
        (func (export "through") (call $throw))
        (func (export "null") (throw_ref (ref.null exn))))"#;
    causes(
        subject,
        &wat("exceptions", text)?,
        &[
            ("throw", vec![], Trap::UncaughtException),
            ("through", vec![], Trap::UncaughtException),
            ("null", vec![], Trap::NullReference),
        ],
    )
}

pub(in crate::kit) fn atomics_trap(subject: &Subject) -> Checked {
    let text = r#"(module (memory 1)
        (func (export "unaligned") (drop (i32.atomic.load (i32.const 2))))
        (func (export "past-the-end") (drop (i32.atomic.load (i32.const 65536))))
        (func (export "wait")
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))))"#;
    causes(
        subject,
        &wat("atomics", text)?,
        &[
            ("unaligned", vec![], Trap::UnalignedAtomic),
            ("past-the-end", vec![], Trap::MemoryOutOfBounds),
            ("wait", vec![], Trap::AtomicWaitNonShared),
        ],
    )
}

pub(in crate::kit) fn snapshots_work_after_a_trap(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    gives(&mut *calc, "add", &[2.into(), 3.into()], 5)?;
    let result = calc.call_blocking("div_s", &[1.into(), 0.into()]);
    traps("div_s", result, Trap::IntegerDivideByZero)?;
    let snapshot = calc.snapshot(&Query::new().with_memories(Memories::Bytes))?;
    let counters: Vec<(u64, u64)> = snapshot
        .counters("__witness_counter_")
        .into_iter()
        .collect();
    same("counters", counters, [(0, 1), (1, 1)])?;
    let bytes = calc.read_memory(&root(), "memory", 16, 11)?;
    same("memory", bytes, b"hello, seam")?;
    same("core instances", calc.cores()?.len(), 1)?;
    same("stdout", &calc.observed().stdout, &Vec::<u8>::new())
}

pub(in crate::kit) fn a_trapped_core_module_stays_open(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    for _ in 0..3 {
        traps("trap", calc.call_blocking("trap", &[]), Trap::Unreachable)?;
        gives(&mut *calc, "add", &[2.into(), 3.into()], 5)?;
    }
    let counters = calc.snapshot(&Query::new())?.counters("__witness_counter_");
    same("additions", counters.get(&0), Some(&3))
}

pub(in crate::kit) fn a_trapped_component_is_closed(subject: &Subject) -> Checked {
    let text = r#"(component
        (core module $m
            (func (export "trap") (unreachable))
            (func (export "fine") (result i32) (i32.const 1)))
        (core instance $i (instantiate $m))
        (func (export "trap") (canon lift (core func $i "trap")))
        (func (export "fine") (result u32) (canon lift (core func $i "fine"))))"#;
    let mut component = subject.instantiate(&wat("closed", text)?, &World::new())?;
    gives(&mut *component, "fine", &[], 1u32)?;
    traps(
        "trap",
        component.call_blocking("trap", &[]),
        Trap::Unreachable,
    )?;
    for export in ["fine", "trap"] {
        traps(
            export,
            component.call_blocking(export, &[]),
            CanonTrap::CannotEnter,
        )?;
    }
    let output = &component.observed().stdout;
    holds("observations after the trap", output.is_empty(), output)
}
