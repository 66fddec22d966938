//! Values and handles, between the engine's vocabulary and the seam's.

use seam_core::{
    CoreExtern, CoreFunc, CoreGlobal, CoreMemory, CoreTable, CoreValue, Error, Result,
    foreign_handle,
};
use wasmi::{Extern, ExternRef, F32, F64, Func, Memory, Nullable, Ref, V128, Val};

use crate::handles::{FuncEntry, Identified, Items, MemoryEntry};
use crate::state::AnyStore;
use crate::types::page_size_log2;

/// Returns the engine's value.
///
/// # Errors
/// `Misuse` for a handle of another store, and for references that the engine does not have.
pub(crate) fn val(ctx: &mut impl AnyStore, value: CoreValue) -> Result<Val> {
    Ok(match value {
        CoreValue::I32(value) => Val::I32(value),
        CoreValue::I64(value) => Val::I64(value),
        CoreValue::F32(bits) => Val::F32(F32::from_bits(bits)),
        CoreValue::F64(bits) => Val::F64(F64::from_bits(bits)),
        CoreValue::V128(bits) => Val::V128(V128::from(bits)),
        CoreValue::FuncRef(None) => Val::FuncRef(Nullable::Null),
        CoreValue::FuncRef(Some(func)) => Val::from(self::func(ctx, func)?.func),
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

/// Returns the reference for the host's number. It is made once for each number.
fn extern_ref(ctx: &mut impl AnyStore, host: u64) -> ExternRef {
    if let Some(known) = ctx.state().handles.externs.get(&host) {
        return *known;
    }
    let made = ExternRef::new(&mut *ctx, host);
    ctx.state_mut().handles.externs.insert(host, made);
    made
}

/// Returns the seam's value.
///
/// # Errors
/// `Limit` if the store has too many handles; `Engine` for a reference that is not the host's.
pub(crate) fn core_value(ctx: &mut impl AnyStore, value: &Val) -> Result<CoreValue> {
    Ok(match value {
        Val::I32(value) => CoreValue::I32(*value),
        Val::I64(value) => CoreValue::I64(*value),
        Val::F32(value) => CoreValue::F32(value.to_bits()),
        Val::F64(value) => CoreValue::F64(value.to_bits()),
        Val::V128(value) => CoreValue::V128(value.as_u128()),
        Val::FuncRef(Nullable::Null) => CoreValue::FuncRef(None),
        Val::FuncRef(Nullable::Val(func)) => {
            CoreValue::FuncRef(Some(func_handle(ctx, *func, Origin::Any)?))
        }
        Val::ExternRef(Nullable::Null) => CoreValue::ExternRef(None),
        Val::ExternRef(Nullable::Val(host)) => {
            let host = host.data(&*ctx).downcast_ref().copied();
            let lost =
                || Error::engine("expected a reference of the host, found another reference");
            CoreValue::ExternRef(Some(host.ok_or_else(lost)?))
        }
    })
}

/// Returns the seam's value of a reference.
///
/// # Errors
/// As [`core_value`].
pub(crate) fn core_ref(ctx: &mut impl AnyStore, value: Ref) -> Result<CoreValue> {
    core_value(ctx, &Val::from(value))
}

/// Returns the function that a handle stands for.
///
/// # Errors
/// `Misuse` for a handle of another store.
pub(crate) fn func(ctx: &impl AnyStore, func: CoreFunc) -> Result<&FuncEntry> {
    let state = ctx.state();
    state
        .handles
        .funcs
        .at(state.number, func.store(), func.index())
}

/// How the engine returned an item.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    /// It was made just now.
    Made,
    /// It is an item of an instance's own that was not asked for by name before.
    Export,
    /// It can be any item of the store.
    Any,
}

/// Returns the handle of a function.
///
/// # Errors
/// `Limit` if the store has too many handles.
pub(crate) fn func_handle(ctx: &mut impl AnyStore, func: Func, origin: Origin) -> Result<CoreFunc> {
    let entry = FuncEntry::of(func);
    let state = ctx.state_mut();
    let slot = slot(&mut state.handles.funcs, entry, origin)?;
    Ok(CoreFunc::new(state.number, slot))
}

fn slot<T: Identified>(items: &mut Items<T>, item: T, origin: Origin) -> Result<u32> {
    match origin {
        Origin::Made => items.add(item),
        Origin::Export => items.add_export(item),
        Origin::Any => items.intern(item),
    }
}

fn memory_handle(ctx: &mut impl AnyStore, memory: Memory, origin: Origin) -> Result<CoreMemory> {
    let page_size_log2 = page_size_log2(&memory.ty(&*ctx));
    let entry = MemoryEntry {
        memory,
        page_size_log2,
    };
    let state = ctx.state_mut();
    let slot = slot(&mut state.handles.memories, entry, origin)?;
    Ok(CoreMemory::new(state.number, slot))
}

/// Returns the handle of anything that an instance exports.
///
/// # Errors
/// `Limit` if the store has too many handles.
pub(crate) fn extern_handle(
    ctx: &mut impl AnyStore,
    item: Extern,
    origin: Origin,
) -> Result<CoreExtern> {
    Ok(match item {
        Extern::Func(func) => CoreExtern::Func(func_handle(ctx, func, origin)?),
        Extern::Memory(memory) => CoreExtern::Memory(memory_handle(ctx, memory, origin)?),
        Extern::Table(table) => {
            let state = ctx.state_mut();
            let slot = slot(&mut state.handles.tables, table, origin)?;
            CoreExtern::Table(CoreTable::new(state.number, slot))
        }
        Extern::Global(global) => {
            let state = ctx.state_mut();
            let slot = slot(&mut state.handles.globals, global, origin)?;
            CoreExtern::Global(CoreGlobal::new(state.number, slot))
        }
    })
}

/// Returns what a handle stands for, as the engine's own.
///
/// # Errors
/// `Misuse` for a handle of another store, and for a tag: the engine has no tags.
pub(crate) fn native(ctx: &impl AnyStore, item: CoreExtern) -> Result<Extern> {
    let state = ctx.state();
    let (handles, ours) = (&state.handles, state.number);
    Ok(match item {
        CoreExtern::Func(func) => Extern::Func(self::func(ctx, func)?.func),
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
