//! Runs randomly changed artifacts. Whatever the result is, the process must survive.

use std::sync::Arc;
use std::time::Duration;

use seam_core::{
    Artifact, BackendExt, Capability, CoreExtern, CoreExternType, CoreStore, CoreType, CoreValue,
    ErrorKind, HostFn, HostState, InstanceExt, Limits, ProgramExt, Stub, Type, Value, World,
};

use super::bad_input::changed;
use super::core_call::host_func;
use crate::fixtures;
use crate::kit::expect::{holds, wat};
use crate::kit::watch::room;
use crate::kit::{Checked, Failure, Subject};

/// The number of changed versions of each artifact.
const ROUNDS: u32 = 300;

/// A module whose random changes often still compile, import, export and run.
///
/// It has no loop and no tail call, and no byte that would become one if the preceding bytes
/// changed.
const CALM: &str = r#"(module
    (import "h" "f" (func $f (param i32) (result i32)))
    (memory (export "m") 1 9) (table (export "t") 9 9 funcref) (elem (i32.const 0) $a $b $f)
    (global $g (export "g") (mut i64) (i64.const 77))
    (func $a (export "a") (param i32) (result i32)
        (i32.load (i32.add (local.get 0) (call $f (local.get 0)))))
    (func $b (export "b") (param i32 i64 f32 f64) (result i64)
        (if (local.get 0) (then (return (i64.trunc_f64_s (local.get 3)))))
        (i64.div_s (local.get 1) (i64.extend_i32_u (memory.grow (local.get 0)))) )
    (func (export "c") (param i32) (result i32)
        (call_indirect (param i32) (result i32) (local.get 0) (local.get 0)))
    (func (export "d") (param i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 0))
        (global.set $g (i64.load (local.get 1))))
    (func (export "e") (param f32) (result i32) (i32.trunc_f32_u (f32.sqrt (local.get 0)))))"#;

/// Opcodes of loops and of calls that use no stack. Without fuel or a deadline nothing would end
/// them.
const ENDLESS: [u8; 4] = [0x03, 0x12, 0x13, 0x15];

/// Returns limits that end long runs, and whether the subject supports any.
fn limits(has: impl Fn(Capability) -> bool) -> (Limits, bool) {
    let mut limits = Limits::new().with_host_depth(8);
    if has(Capability::Fuel) {
        limits = limits.with_fuel(200_000);
    } else if has(Capability::Deadline) {
        limits = limits.with_deadline(Duration::from_millis(200));
    }
    if has(Capability::MemoryLimit) {
        limits = limits.with_memory(64 << 20);
    }
    if has(Capability::TableLimit) {
        limits = limits.with_table_elements(10_000);
    }
    let ends = limits.fuel.is_some() || limits.deadline.is_some();
    (limits, ends)
}

/// An artifact, and its versions with one changed byte that may be run.
fn versions(original: &[u8], ends: bool) -> impl Iterator<Item = Vec<u8>> + '_ {
    let changed = (0..ROUNDS).filter_map(move |round| {
        let (bytes, new) = changed(original, round, 1);
        let calm = !new.iter().any(|byte| ENDLESS.contains(byte));
        (ends || calm).then_some(bytes)
    });
    std::iter::once(original.to_vec()).chain(changed)
}

/// Returns arguments at the bounds of a type.
fn edge(ty: CoreType, round: usize) -> CoreValue {
    let pick = |edges: [u64; 6]| edges.get(round % 6).copied().unwrap_or_default();
    match ty {
        CoreType::I32 => {
            let bits = pick([0, 1, u64::from(u32::MAX), 1 << 31, 0x7fff_ffff, 65535]);
            CoreValue::from(u32::try_from(bits).unwrap_or_default())
        }
        CoreType::I64 => CoreValue::from(pick([0, 1, u64::MAX, 1 << 63, u64::MAX >> 1, 1 << 32])),
        CoreType::F32 => {
            let nan = 0x7fa0_0001;
            let bits = pick([0, 0x8000_0000, nan, 0x7f80_0000, 1, 0x4f80_0000]);
            CoreValue::F32(u32::try_from(bits).unwrap_or_default())
        }
        CoreType::F64 => {
            let nan = 0x7ff4_0000_0000_0001;
            CoreValue::F64(pick([0, 1 << 63, nan, 0xfff0 << 48, 1, 0x43e0 << 48]))
        }
        CoreType::V128 => CoreValue::V128(u128::from(pick([0, 1, 2, 3, 4, u64::MAX]))),
        ty => CoreValue::default_of(ty).unwrap_or(CoreValue::I32(0)),
    }
}

pub(in crate::kit) fn core_hostile_modules_run_without_a_panic(subject: &Subject) -> Checked {
    let engine = subject.engine()?;
    let (limits, ends) = limits(|capability| subject.engine_has(capability));
    let calm = wat("calm", CALM)?;
    let (mut made, mut trapped, mut returned) = (0u32, 0u32, 0u32);
    for bytes in versions(calm.bytes(), ends) {
        let Ok(artifact) = Artifact::from_bytes("changed", bytes) else {
            continue;
        };
        let Ok(module) = subject.compile(&artifact) else {
            continue;
        };
        let ty = module.ty()?.clone();
        let mut store = engine.store(&limits, HostState::none())?;
        let store = &mut *store;
        let mut imports = Vec::new();
        for (_, _, ty) in &ty.imports {
            if let CoreExternType::Func(ty) = ty {
                imports.push(host_func(store, &ty.params, &ty.results, calling())?);
            }
        }
        let Ok(instance) = store.instantiate(&module, &imports) else {
            continue;
        };
        made += 1;
        for (name, _) in &ty.exports {
            match store.export(instance, name) {
                Some(CoreExtern::Func(func)) => {
                    let ty = store.func_type(func)?;
                    for round in 0..6 {
                        let args: Vec<_> = ty.params.iter().map(|ty| edge(*ty, round)).collect();
                        let mut results = vec![CoreValue::I32(0); ty.results.len()];
                        match store.call(func, &args, &mut results) {
                            Ok(()) => returned += 1,
                            Err(error) => trapped += u32::from(error.as_trap().is_some()),
                        }
                    }
                }
                found => look(store, found)?,
            }
        }
    }
    let found = (made, trapped, returned);
    holds(
        "many calls, and many traps",
        made > 20 && trapped > 50 && returned > 50,
        found,
    )
}

/// Creates a host function that calls its caller's export `a`, if possible.
fn calling() -> HostFn {
    Arc::new(|caller, args, _| {
        room()?;
        let Some(CoreExtern::Func(a)) = caller.caller_export("a") else {
            return Ok(());
        };
        let ty = caller.func_type(a)?;
        let mut results = vec![CoreValue::I32(0); ty.results.len()];
        match caller.call(a, args, &mut results) {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported(_)) => Ok(()),
            outcome => outcome,
        }
    })
}

/// Reads everything that is not a function.
fn look(store: &mut dyn CoreStore, found: Option<CoreExtern>) -> Checked {
    match found {
        Some(CoreExtern::Memory(memory)) => {
            let len = store.memory(memory)?.len();
            store.memory_grow(memory, 1)?;
            holds(
                "no memory to shrink",
                store.memory(memory)?.len() >= len,
                len,
            )
        }
        Some(CoreExtern::Table(table)) => store.table_at(table, 1).map(drop).map_err(Failure::from),
        Some(CoreExtern::Global(global)) => {
            let value = store.global(global)?;
            if store.global_type(global)?.mutable {
                store.set_global(global, value)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

pub(in crate::kit) fn hostile_modules_run_without_a_panic(subject: &Subject) -> Checked {
    let (limits, ends) = limits(|capability| subject.has(capability));
    let calm = wat("calm", CALM)?;
    let found = run_all(subject, &limits, versions(calm.bytes(), ends))?;
    holds(
        "many instances and calls",
        found.0 > 20 && found.1 > 100,
        found,
    )
}

/// Runs every version of a small component, so that the changes affect its structure.
pub(in crate::kit) fn hostile_components_run_without_a_panic(subject: &Subject) -> Checked {
    let (limits, ends) = limits(|capability| subject.has(capability));
    // This component loads. A backend without components fails here.
    let artifact = fixtures::nested()?;
    subject.load(&artifact)?;
    let found = run_all(subject, &limits, versions(artifact.bytes(), ends))?;
    holds(
        "many instances and calls",
        found.0 > 5 && found.1 > 10,
        found,
    )
}

/// Loads, instantiates and calls each version. Returns the numbers of instances and calls.
fn run_all(
    subject: &Subject,
    limits: &Limits,
    versions: impl Iterator<Item = Vec<u8>>,
) -> Result<(u32, u32), Failure> {
    let world = World::new().stub(Stub::Default).limits(limits.clone());
    let (mut made, mut calls) = (0, 0);
    for bytes in versions {
        let Ok(artifact) = Artifact::from_bytes("changed", bytes) else {
            continue;
        };
        let Ok(program) = subject.backend().load_blocking(&artifact) else {
            continue;
        };
        let Ok(mut instance) = program.instantiate_blocking(&world) else {
            continue;
        };
        made += 1;
        for item in program.interface().exports() {
            let Ok(func) = instance.resolve(&item.name) else {
                continue;
            };
            for round in 0..6 {
                let params = &func.ty().params;
                let args: Option<Vec<Value>> =
                    params.iter().map(|(_, ty)| value(ty, round)).collect();
                let Some(args) = args else {
                    break;
                };
                calls += 1;
                // Any result is fine.
                let _ = instance.call_blocking(&func, &args);
            }
        }
        // A component that trapped cannot be entered, but it can still be inspected.
        let _ = instance.snapshot(&seam_core::Query::new());
    }
    Ok((made, calls))
}

/// Returns a number at the bounds of its type, or `None` for types that are not numbers.
fn value(ty: &Type, round: usize) -> Option<Value> {
    let core = match ty {
        Type::S32 | Type::U32 => edge(CoreType::I32, round),
        Type::S64 | Type::U64 => edge(CoreType::I64, round),
        Type::F32 => edge(CoreType::F32, round),
        Type::F64 => edge(CoreType::F64, round),
        _ => return None,
    };
    Some(match (ty, core) {
        (Type::U32, CoreValue::I32(bits)) => Value::U32(u32::from_ne_bytes(bits.to_ne_bytes())),
        (Type::U64, CoreValue::I64(bits)) => Value::U64(u64::from_ne_bytes(bits.to_ne_bytes())),
        (_, CoreValue::I32(value)) => Value::S32(value),
        (_, CoreValue::I64(value)) => Value::S64(value),
        (_, CoreValue::F32(bits)) => Value::F32(f32::from_bits(bits)),
        (_, CoreValue::F64(bits)) => Value::F64(f64::from_bits(bits)),
        _ => return None,
    })
}
