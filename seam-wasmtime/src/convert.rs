//! Values and handles, between the engine's vocabulary and the seam's.

use std::sync::Arc;

use seam_core::{
    AnyRef as OurAny, CoreException, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreMemory,
    CoreObject, CoreTable, CoreTag, CoreValue, Error, Result, handle_index,
};
use wasmtime::{
    AnyRef, AsContext, AsContextMut, Extern, ExternRef, Func, I31, Rooted, Val, ValType,
};

use crate::error::engine_error;
use crate::handles::{AnyMemory, FuncEntry, MemoryKey};
use crate::state::{CoreState, HasCore};
use crate::types::{func_type, val_type};
use crate::unchecked::Numeric;

pub(crate) fn core<C: AsContext<Data: HasCore>>(ctx: &C) -> &CoreState {
    ctx.as_context().data().core_ref()
}

/// Returns the function that a handle stands for.
pub(crate) fn func<C: AsContext<Data: HasCore>>(ctx: &C, handle: CoreFunc) -> Result<&FuncEntry> {
    let core = core(ctx);
    core.handles
        .funcs
        .at(core.number, handle.store(), handle.index())
}

/// Returns the handle of a function.
pub(crate) fn func_handle<C>(ctx: &mut C, func: Func) -> Result<CoreFunc>
where
    C: AsContextMut<Data: HasCore>,
{
    func_handle_of(ctx, func, |ctx| Arc::new(func_type(&func.ty(ctx))))
}

/// Returns the handle of a function. `ty` must return the engine's type of the function.
pub(crate) fn func_handle_of<C>(
    ctx: &mut C,
    func: Func,
    ty: impl FnOnce(&C) -> Arc<CoreFuncType>,
) -> Result<CoreFunc>
where
    C: AsContextMut<Data: HasCore>,
{
    let key = func.to_raw(&mut *ctx).addr();
    if let Some(slot) = core(ctx).handles.funcs.find(&key) {
        return Ok(CoreFunc::new(core(ctx).number, slot));
    }
    let ty = ty(ctx);
    let mut ctx = ctx.as_context_mut();
    let core = ctx.data_mut().core();
    let numeric = Numeric::of(func, &ty);
    let entry = || FuncEntry { func, ty, numeric };
    let slot = core.handles.funcs.intern(key, entry)?;
    Ok(CoreFunc::new(core.number, slot))
}

/// Returns the handle of anything that is exported.
pub(crate) fn extern_handle<C>(ctx: &mut C, export: Extern) -> Result<CoreExtern>
where
    C: AsContextMut<Data: HasCore>,
{
    let mut inner = ctx.as_context_mut();
    let core = inner.data_mut().core();
    let (number, handles) = (core.number, &mut core.handles);
    Ok(match export {
        Extern::Func(func) => CoreExtern::Func(func_handle(ctx, func)?),
        Extern::Memory(memory) => {
            let key = MemoryKey::Own(memory.debug_index_in_store());
            let slot = handles.memories.intern(key, || AnyMemory::Own(memory))?;
            CoreExtern::Memory(CoreMemory::new(number, slot))
        }
        Extern::SharedMemory(memory) => {
            let key = MemoryKey::Shared(memory.data().as_ptr().addr());
            let slot = handles.memories.intern(key, || AnyMemory::Shared(memory))?;
            CoreExtern::Memory(CoreMemory::new(number, slot))
        }
        Extern::Table(table) => {
            let key = table.debug_index_in_store();
            let slot = handles.tables.intern(key, || table)?;
            CoreExtern::Table(CoreTable::new(number, slot))
        }
        Extern::Global(global) => {
            let key = global.debug_index_in_store();
            let slot = handles.globals.intern(key, || global)?;
            CoreExtern::Global(CoreGlobal::new(number, slot))
        }
        Extern::Tag(tag) => {
            let slot = handles.tags.intern(tag.debug_index_in_store(), || tag)?;
            CoreExtern::Tag(CoreTag::new(number, slot))
        }
    })
}

/// Returns what a handle stands for, as the engine's own.
pub(crate) fn native<C: AsContext<Data: HasCore>>(ctx: &C, item: CoreExtern) -> Result<Extern> {
    let core = core(ctx);
    let (number, handles) = (core.number, &core.handles);
    Ok(match item {
        CoreExtern::Func(handle) => func(ctx, handle)?.func.into(),
        CoreExtern::Memory(memory) => {
            match handles
                .memories
                .at(number, memory.store(), memory.index())?
            {
                AnyMemory::Own(memory) => (*memory).into(),
                AnyMemory::Shared(memory) => memory.clone().into(),
            }
        }
        CoreExtern::Table(t) => (*handles.tables.at(number, t.store(), t.index())?).into(),
        CoreExtern::Global(g) => (*handles.globals.at(number, g.store(), g.index())?).into(),
        CoreExtern::Tag(tag) => (*handles.tags.at(number, tag.store(), tag.index())?).into(),
    })
}

/// Describes the first reference that does not have the exact type that the engine expects.
///
/// The seam has one type for a family of references which the engine tells apart.
pub(crate) fn misfit<C: AsContext>(
    ctx: &C,
    types: impl Iterator<Item = ValType>,
    vals: &[Val],
) -> Result<Option<String>> {
    for (index, (ty, val)) in types.zip(vals).enumerate() {
        if ty.is_ref() && !val.matches_ty(ctx, &ty).map_err(engine_error)? {
            let (at, ty) = (index + 1, val_type(&ty));
            return Ok(Some(format!(
                "{at}: expected {ty}, found a reference of another type"
            )));
        }
    }
    Ok(None)
}

/// Returns the engine's value.
pub(crate) fn to_val<C>(ctx: &mut C, value: CoreValue) -> Result<Val>
where
    C: AsContextMut<Data: HasCore>,
{
    Ok(match value {
        CoreValue::I32(value) => Val::I32(value),
        CoreValue::I64(value) => Val::I64(value),
        CoreValue::F32(bits) => Val::F32(bits),
        CoreValue::F64(bits) => Val::F64(bits),
        CoreValue::V128(value) => Val::V128(value.into()),
        CoreValue::FuncRef(None) => Val::FuncRef(None),
        CoreValue::FuncRef(Some(handle)) => Val::FuncRef(Some(func(ctx, handle)?.func)),
        CoreValue::ExternRef(None) => Val::ExternRef(None),
        CoreValue::ExternRef(Some(host)) => Val::ExternRef(Some(extern_ref(ctx, host)?)),
        CoreValue::AnyRef(None) => Val::AnyRef(None),
        CoreValue::AnyRef(Some(any)) => Val::AnyRef(Some(to_any(ctx, any)?)),
        CoreValue::ExnRef(None) => Val::ExnRef(None),
        CoreValue::ExnRef(Some(exception)) => {
            let core = core(ctx);
            let kept = kept(
                core,
                &core.handles.exceptions,
                exception.store(),
                exception.index(),
            )?;
            Val::ExnRef(Some(kept.to_rooted(&mut *ctx)))
        }
        other => {
            let message = format!("expected a value of a known type, found {}", other.kind());
            return Err(Error::misuse(message));
        }
    })
}

fn extern_ref<C: AsContextMut>(ctx: &mut C, host: u64) -> Result<Rooted<ExternRef>> {
    ExternRef::new(&mut *ctx, host).map_err(engine_error)
}

fn to_any<C>(ctx: &mut C, any: OurAny) -> Result<Rooted<AnyRef>>
where
    C: AsContextMut<Data: HasCore>,
{
    match any {
        OurAny::I31(value) => Ok(AnyRef::from_i31(&mut *ctx, I31::wrapping_i32(value))),
        OurAny::Host(host) => {
            let host = extern_ref(ctx, host)?;
            AnyRef::convert_extern(&mut *ctx, host).map_err(engine_error)
        }
        OurAny::Struct(object) | OurAny::Array(object) => {
            let core = core(ctx);
            let kept = kept(core, &core.handles.objects, object.store(), object.index())?;
            Ok(kept.to_rooted(&mut *ctx))
        }
        _ => Err(no_such_ref()),
    }
}

/// Returns the reference that a handle stands for, among those of its kind.
///
/// # Errors
/// `Misuse` for a handle of another store.
fn kept<T: Clone>(core: &CoreState, kind: &[T], store: u32, index: u32) -> Result<T> {
    let found = kind.get(index as usize).filter(|_| core.number == store);
    found.cloned().ok_or_else(no_such_ref)
}

fn no_such_ref() -> Error {
    Error::misuse("expected a reference of this store, found one of another store")
}

/// Returns the seam's value.
pub(crate) fn from_val<C>(ctx: &mut C, val: Val) -> Result<CoreValue>
where
    C: AsContextMut<Data: HasCore>,
{
    Ok(match val {
        Val::I32(value) => CoreValue::I32(value),
        Val::I64(value) => CoreValue::I64(value),
        Val::F32(bits) => CoreValue::F32(bits),
        Val::F64(bits) => CoreValue::F64(bits),
        Val::V128(value) => CoreValue::V128(value.into()),
        Val::FuncRef(None) => CoreValue::FuncRef(None),
        Val::FuncRef(Some(func)) => CoreValue::FuncRef(Some(func_handle(ctx, func)?)),
        Val::ExternRef(None) => CoreValue::ExternRef(None),
        Val::ExternRef(Some(host)) => from_extern(ctx, host)?,
        Val::AnyRef(None) => CoreValue::AnyRef(None),
        Val::AnyRef(Some(any)) => CoreValue::AnyRef(Some(from_any(ctx, any)?)),
        Val::ExnRef(None) => CoreValue::ExnRef(None),
        Val::ExnRef(Some(exception)) => {
            let kept = exception.to_owned_rooted(&mut *ctx).map_err(engine_error)?;
            let mut ctx = ctx.as_context_mut();
            let core = ctx.data_mut().core();
            let exceptions = &mut core.handles.exceptions;
            exceptions.push(kept);
            let slot = handle_index(exceptions.len() - 1)?;
            CoreValue::ExnRef(Some(CoreException::new(core.number, slot)))
        }
        Val::ContRef(_) => {
            return Err(Error::engine("expected a value, found a continuation"));
        }
    })
}

/// Returns the host's number of an external reference.
///
/// If the guest made the reference from one of its own objects, this returns that object.
fn from_extern<C>(ctx: &mut C, host: Rooted<ExternRef>) -> Result<CoreValue>
where
    C: AsContextMut<Data: HasCore>,
{
    if let Some(number) = host_number(ctx, host)? {
        return Ok(CoreValue::ExternRef(Some(number)));
    }
    let any = AnyRef::convert_extern(&mut *ctx, host).map_err(engine_error)?;
    Ok(CoreValue::AnyRef(Some(from_any(ctx, any)?)))
}

fn host_number<C: AsContextMut>(ctx: &mut C, host: Rooted<ExternRef>) -> Result<Option<u64>> {
    let data = host.data(ctx.as_context()).map_err(engine_error)?;
    Ok(data.and_then(|data| data.downcast_ref().copied()))
}

fn from_any<C>(ctx: &mut C, any: Rooted<AnyRef>) -> Result<OurAny>
where
    C: AsContextMut<Data: HasCore>,
{
    if let Some(value) = any.as_i31(&*ctx).map_err(engine_error)? {
        return Ok(OurAny::I31(value.get_i32()));
    }
    let is_struct = any.is_struct(&*ctx).map_err(engine_error)?;
    if !is_struct && !any.is_array(&*ctx).map_err(engine_error)? {
        let host = ExternRef::convert_any(&mut *ctx, any).map_err(engine_error)?;
        let number = host_number(ctx, host)?;
        return number.map(OurAny::Host).ok_or_else(|| {
            Error::engine("expected a reference of the host, found one without data of the host")
        });
    }
    let kept = any.to_owned_rooted(&mut *ctx).map_err(engine_error)?;
    let mut ctx = ctx.as_context_mut();
    let core = ctx.data_mut().core();
    let objects = &mut core.handles.objects;
    objects.push(kept);
    let object = CoreObject::new(core.number, handle_index(objects.len() - 1)?);
    Ok(if is_struct {
        OurAny::Struct(object)
    } else {
        OurAny::Array(object)
    })
}
