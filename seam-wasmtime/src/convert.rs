//! Core types and values, in wasmtime's words and in the seam's.

use seam_core::{
    AnyRef as OurAny, Capability, CoreFuncType, CoreType, CoreValue, Error, GlobalType, HeapType,
    MemoryType, RefType, Result, TableType, handle_index,
};
use wasmtime::{
    AnyRef, AsContext, AsContextMut, Engine, ExternRef, FuncType, I31, Mutability, Rooted, Val,
    ValType,
};

use crate::state::HasCore;
use crate::store;

/// A failure of the engine that has nothing to do with the guest.
pub(crate) fn engine_error(error: wasmtime::Error) -> Error {
    Error::engine(format!("{error:#}"))
}

pub(crate) fn func_type(ty: &FuncType) -> CoreFuncType {
    let params: Vec<CoreType> = ty.params().map(|ty| val_type(&ty)).collect();
    let results: Vec<CoreType> = ty.results().map(|ty| val_type(&ty)).collect();
    CoreFuncType::new(params, results)
}

pub(crate) fn val_type(ty: &ValType) -> CoreType {
    match ty {
        ValType::I32 => CoreType::I32,
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        ValType::V128 => CoreType::V128,
        ValType::Ref(ty) => CoreType::Ref(ref_type(ty)),
    }
}

pub(crate) fn ref_type(ty: &wasmtime::RefType) -> RefType {
    RefType {
        nullable: ty.is_nullable(),
        heap: heap_type(ty.heap_type()),
    }
}

/// A type of a module's own has no index outside of it: what it is a subtype of stands for it.
fn heap_type(ty: &wasmtime::HeapType) -> HeapType {
    use wasmtime::HeapType as Native;
    match ty {
        Native::Func | Native::ConcreteFunc(_) => HeapType::Func,
        Native::NoFunc => HeapType::NoFunc,
        Native::Extern => HeapType::Extern,
        Native::NoExtern => HeapType::NoExtern,
        Native::Any => HeapType::Any,
        Native::Eq => HeapType::Eq,
        Native::I31 => HeapType::I31,
        Native::Struct | Native::ConcreteStruct(_) => HeapType::Struct,
        Native::Array | Native::ConcreteArray(_) => HeapType::Array,
        Native::None => HeapType::None,
        Native::Exn | Native::ConcreteExn(_) => HeapType::Exn,
        Native::NoExn => HeapType::NoExn,
        Native::Cont | Native::ConcreteCont(_) => HeapType::Cont,
        Native::NoCont => HeapType::NoCont,
    }
}

pub(crate) fn to_func_type(engine: &Engine, ty: &CoreFuncType) -> Result<FuncType> {
    let native = |types: &[CoreType]| -> Result<Vec<ValType>> {
        types.iter().map(|ty| to_val_type(*ty)).collect()
    };
    FuncType::try_new(engine, native(&ty.params)?, native(&ty.results)?)
        .map_err(|e| Error::engine(e.to_string()))
}

fn to_val_type(ty: CoreType) -> Result<ValType> {
    use wasmtime::HeapType as Native;
    let ty = match ty {
        CoreType::I32 => return Ok(ValType::I32),
        CoreType::I64 => return Ok(ValType::I64),
        CoreType::F32 => return Ok(ValType::F32),
        CoreType::F64 => return Ok(ValType::F64),
        CoreType::V128 => return Ok(ValType::V128),
        CoreType::Ref(ty) => ty,
    };
    let heap = match ty.heap {
        HeapType::Func => Native::Func,
        HeapType::NoFunc => Native::NoFunc,
        HeapType::Extern => Native::Extern,
        HeapType::NoExtern => Native::NoExtern,
        HeapType::Any => Native::Any,
        HeapType::Eq => Native::Eq,
        HeapType::I31 => Native::I31,
        HeapType::Struct => Native::Struct,
        HeapType::Array => Native::Array,
        HeapType::None => Native::None,
        HeapType::Exn => Native::Exn,
        HeapType::NoExn => Native::NoExn,
        _ => {
            return Err(Error::unsupported(
                Capability::FunctionReferences,
                format!("expected a host function of abstract types, found one of {ty}"),
            ));
        }
    };
    Ok(ValType::Ref(wasmtime::RefType::new(ty.nullable, heap)))
}

/// The type of a memory that has `size` pages now.
pub(crate) fn memory_type(ty: &wasmtime::MemoryType, size: u64) -> MemoryType {
    MemoryType {
        minimum: size,
        maximum: ty.maximum(),
        memory64: ty.is_64(),
        shared: ty.is_shared(),
        page_size_log2: Some(u32::from(ty.page_size_log2())).filter(|log2| *log2 != 16),
    }
}

/// The type of a table that has `size` elements now.
pub(crate) fn table_type(ty: &wasmtime::TableType, size: u64) -> TableType {
    TableType {
        element: ref_type(ty.element()),
        minimum: size,
        maximum: ty.maximum(),
        table64: ty.is_64(),
    }
}

pub(crate) fn global_type(ty: &wasmtime::GlobalType) -> GlobalType {
    GlobalType::new(val_type(ty.content()), ty.mutability() == Mutability::Var)
}

/// Whether there is a reference among the types.
pub(crate) fn has_refs(types: &[CoreType]) -> bool {
    types.iter().any(|ty| matches!(ty, CoreType::Ref(_)))
}

/// The first reference that is not of the exact type wanted: the engine tells apart what is one
/// family of references to the seam.
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

/// A value for the guest.
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
        CoreValue::FuncRef(Some(func)) => Val::FuncRef(Some(store::func(ctx, func)?.func)),
        CoreValue::ExternRef(None) => Val::ExternRef(None),
        CoreValue::ExternRef(Some(host)) => Val::ExternRef(Some(extern_ref(ctx, host)?)),
        CoreValue::AnyRef(None) => Val::AnyRef(None),
        CoreValue::AnyRef(Some(any)) => Val::AnyRef(Some(to_any(ctx, any)?)),
        CoreValue::ExnRef(None) => Val::ExnRef(None),
        CoreValue::ExnRef(Some(slot)) => {
            let kept = &ctx.as_context().data().core_ref().handles.exceptions;
            let kept = kept.get(slot as usize).cloned().ok_or_else(no_such_ref)?;
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
        OurAny::Struct(slot) | OurAny::Array(slot) => {
            let kept = &ctx.as_context().data().core_ref().handles.objects;
            let kept = kept.get(slot as usize).cloned().ok_or_else(no_such_ref)?;
            Ok(kept.to_rooted(&mut *ctx))
        }
        _ => Err(no_such_ref()),
    }
}

fn no_such_ref() -> Error {
    Error::misuse("expected a reference that this store gave, found another")
}

/// A value of the guest.
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
        Val::FuncRef(Some(func)) => CoreValue::FuncRef(Some(store::enter_func(ctx, func)?)),
        Val::ExternRef(None) => CoreValue::ExternRef(None),
        Val::ExternRef(Some(host)) => from_extern(ctx, host)?,
        Val::AnyRef(None) => CoreValue::AnyRef(None),
        Val::AnyRef(Some(any)) => CoreValue::AnyRef(Some(from_any(ctx, any)?)),
        Val::ExnRef(None) => CoreValue::ExnRef(None),
        Val::ExnRef(Some(exception)) => {
            let kept = exception.to_owned_rooted(&mut *ctx).map_err(engine_error)?;
            let mut ctx = ctx.as_context_mut();
            let exceptions = &mut ctx.data_mut().core().handles.exceptions;
            exceptions.push(kept);
            CoreValue::ExnRef(Some(handle_index(exceptions.len() - 1)?))
        }
        Val::ContRef(_) => {
            return Err(Error::engine("expected a value, found a continuation"));
        }
    })
}

/// The host's own number for an external reference; one that the guest made from an object of its
/// own comes out as that object.
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
    let objects = &mut ctx.data_mut().core().handles.objects;
    objects.push(kept);
    let slot = handle_index(objects.len() - 1)?;
    Ok(if is_struct {
        OurAny::Struct(slot)
    } else {
        OurAny::Array(slot)
    })
}
