//! Values and types, between the engine's vocabulary and the seam's.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreMemory, CoreTable, CoreType, CoreValue,
    Error, ErrorKind, HeapType, Limit, RefType, Result, foreign_handle,
};
use wasmi::{
    Extern, ExternRef, F32, F64, Func, FuncType, Memory, MemoryType, Nullable, Ref, V128, Val,
    ValType,
};

use crate::handles::{FuncEntry, MemoryEntry, identity};
use crate::state::Context;

/// Parameters or results that the engine's function types may have.
const MAX_TYPES: usize = 1000;

pub(crate) fn core_type(ty: ValType) -> CoreType {
    match ty {
        ValType::I32 => CoreType::I32,
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        ValType::V128 => CoreType::V128,
        ValType::FuncRef => CoreType::FUNCREF,
        ValType::ExternRef => CoreType::EXTERNREF,
    }
}

pub(crate) fn core_ref_type(ty: wasmi::RefType) -> RefType {
    RefType {
        nullable: true,
        heap: match ty {
            wasmi::RefType::Func => HeapType::Func,
            wasmi::RefType::Extern => HeapType::Extern,
        },
    }
}

pub(crate) fn core_func_type(ty: &FuncType) -> CoreFuncType {
    let types = |types: &[ValType]| types.iter().copied().map(core_type).collect::<Vec<_>>();
    CoreFuncType::new(types(ty.params()), types(ty.results()))
}

/// # Errors
/// `Unsupported` for references that the engine does not have; `Limit` for too many of anything.
pub(crate) fn func_type(ty: &CoreFuncType) -> Result<FuncType> {
    if ty.params.len() > MAX_TYPES || ty.results.len() > MAX_TYPES {
        let message = format!("expected at most {MAX_TYPES} parameters and results, found more");
        return Err(Error::new(ErrorKind::Limit(Limit::EngineCapacity), message));
    }
    let types = |types: &[CoreType]| types.iter().map(|ty| val_type(*ty)).collect();
    let (params, results): (Result<Vec<_>>, Result<Vec<_>>) =
        (types(&ty.params), types(&ty.results));
    Ok(FuncType::new(params?, results?))
}

fn val_type(ty: CoreType) -> Result<ValType> {
    Ok(match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::V128 => ValType::V128,
        ty if ty == CoreType::FUNCREF => ValType::FuncRef,
        ty if ty == CoreType::EXTERNREF => ValType::ExternRef,
        ty => {
            return Err(Error::unsupported(
                seam_core::Capability::FunctionReferences,
                format!("expected a type that the engine has, found {ty}"),
            ));
        }
    })
}

/// The engine's value; handles are checked against the store.
///
/// # Errors
/// `Misuse` for a foreign handle and for references that the engine does not have.
pub(crate) fn val(ctx: &mut impl Context, value: CoreValue) -> Result<Val> {
    Ok(match value {
        CoreValue::I32(value) => Val::I32(value),
        CoreValue::I64(value) => Val::I64(value),
        CoreValue::F32(bits) => Val::F32(F32::from_bits(bits)),
        CoreValue::F64(bits) => Val::F64(F64::from_bits(bits)),
        CoreValue::V128(bits) => Val::V128(V128::from(bits)),
        CoreValue::FuncRef(None) => Val::FuncRef(Nullable::Null),
        CoreValue::FuncRef(Some(func)) => Val::from(entry(ctx, func)?.func),
        CoreValue::ExternRef(None) => Val::ExternRef(Nullable::Null),
        CoreValue::ExternRef(Some(host)) => Val::from(extern_ref(ctx, host)),
        other => {
            return Err(Error::misuse(format!(
                "expected a value of a type that the engine has, found {}",
                other.kind()
            )));
        }
    })
}

/// The host's reference, made once for each number.
fn extern_ref(ctx: &mut impl Context, host: u64) -> ExternRef {
    if let Some(known) = ctx.state().handles.externs.get(&host) {
        return *known;
    }
    let made = ExternRef::new(&mut *ctx, host);
    ctx.state_mut().handles.externs.insert(host, made);
    made
}

/// # Errors
/// `Limit` if the store has too many handles; `Engine` for a reference that is not the host's.
pub(crate) fn core_value(ctx: &mut impl Context, value: &Val) -> Result<CoreValue> {
    Ok(match value {
        Val::I32(value) => CoreValue::I32(*value),
        Val::I64(value) => CoreValue::I64(*value),
        Val::F32(value) => CoreValue::F32(value.to_bits()),
        Val::F64(value) => CoreValue::F64(value.to_bits()),
        Val::V128(value) => CoreValue::V128(value.as_u128()),
        Val::FuncRef(Nullable::Null) => CoreValue::FuncRef(None),
        Val::FuncRef(Nullable::Val(func)) => CoreValue::FuncRef(Some(enter_func(ctx, *func)?)),
        Val::ExternRef(Nullable::Null) => CoreValue::ExternRef(None),
        Val::ExternRef(Nullable::Val(host)) => {
            let host = host.data(&*ctx).downcast_ref().copied();
            let lost = || Error::engine("expected a reference of the host, found another");
            CoreValue::ExternRef(Some(host.ok_or_else(lost)?))
        }
    })
}

/// # Errors
/// As [`core_value`].
pub(crate) fn core_ref(ctx: &mut impl Context, value: Ref) -> Result<CoreValue> {
    core_value(ctx, &Val::from(value))
}

/// What a handle of a function stands for.
///
/// # Errors
/// `Misuse` for a foreign handle.
pub(crate) fn entry(ctx: &impl Context, func: CoreFunc) -> Result<&FuncEntry> {
    let state = ctx.state();
    state
        .handles
        .funcs
        .at(state.number, func.store(), func.index())
}

pub(crate) fn enter_func(ctx: &mut impl Context, func: Func) -> Result<CoreFunc> {
    let number = ctx.state().number;
    let key = identity(&func);
    if let Some(known) = ctx.state().handles.funcs.find(&key) {
        return Ok(CoreFunc::new(number, known));
    }
    let ty = Arc::new(core_func_type(&func.ty(&*ctx)));
    let funcs = &mut ctx.state_mut().handles.funcs;
    let slot = funcs.enter(key, || FuncEntry { func, ty })?;
    Ok(CoreFunc::new(number, slot))
}

fn enter_memory(ctx: &mut impl Context, memory: Memory) -> Result<CoreMemory> {
    let number = ctx.state().number;
    let page_size_log2 = page_size_log2(&memory.ty(&*ctx));
    let entry = MemoryEntry {
        memory,
        page_size_log2,
    };
    let memories = &mut ctx.state_mut().handles.memories;
    let slot = memories.enter(identity(&memory), || entry)?;
    Ok(CoreMemory::new(number, slot))
}

/// The engine compares page sizes and does not show them; it has the usual one and that of a byte.
fn page_size_log2(ty: &MemoryType) -> Option<u32> {
    let mut usual = MemoryType::builder();
    usual
        .min(ty.minimum())
        .max(ty.maximum())
        .memory64(ty.is_64());
    match usual.build() {
        Ok(usual) if usual == *ty => None,
        _ => Some(0),
    }
}

/// The handle of something that an instance exports.
///
/// # Errors
/// `Limit` if the store has too many handles.
pub(crate) fn enter_extern(ctx: &mut impl Context, item: Extern) -> Result<CoreExtern> {
    let number = ctx.state().number;
    Ok(match item {
        Extern::Func(func) => CoreExtern::Func(enter_func(ctx, func)?),
        Extern::Memory(memory) => CoreExtern::Memory(enter_memory(ctx, memory)?),
        Extern::Table(table) => {
            let tables = &mut ctx.state_mut().handles.tables;
            let slot = tables.enter(identity(&table), || table)?;
            CoreExtern::Table(CoreTable::new(number, slot))
        }
        Extern::Global(global) => {
            let globals = &mut ctx.state_mut().handles.globals;
            let slot = globals.enter(identity(&global), || global)?;
            CoreExtern::Global(CoreGlobal::new(number, slot))
        }
    })
}

/// What a handle stands for.
///
/// # Errors
/// `Misuse` for a foreign handle; `Unsupported` for a tag, which the engine has none of.
pub(crate) fn leave_extern(ctx: &impl Context, item: CoreExtern) -> Result<Extern> {
    let state = ctx.state();
    let (handles, ours) = (&state.handles, state.number);
    Ok(match item {
        CoreExtern::Func(func) => Extern::Func(entry(ctx, func)?.func),
        CoreExtern::Memory(memory) => {
            let found = handles.memories.at(ours, memory.store(), memory.index());
            Extern::Memory(found?.memory)
        }
        CoreExtern::Table(table) => {
            Extern::Table(*handles.tables.at(ours, table.store(), table.index())?)
        }
        CoreExtern::Global(global) => {
            Extern::Global(*handles.globals.at(ours, global.store(), global.index())?)
        }
        CoreExtern::Tag(_) => return Err(foreign_handle()),
    })
}
