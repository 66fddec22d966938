//! Types, between the engine's vocabulary and the seam's.

use seam_core::{
    Capability, CoreFuncType, CoreType, Error, GlobalType, HeapType, MemoryType, RefType, Result,
    TableType,
};
use wasmtime::{Engine, FuncType, Mutability, ValType};

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

/// A concrete type has no index outside its module, so its abstract supertype stands for it.
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

/// Returns the type of a memory that currently has `size` pages.
pub(crate) fn memory_type(ty: &wasmtime::MemoryType, size: u64) -> MemoryType {
    MemoryType {
        minimum: size,
        maximum: ty.maximum(),
        memory64: ty.is_64(),
        shared: ty.is_shared(),
        page_size_log2: Some(u32::from(ty.page_size_log2())).filter(|log2| *log2 != 16),
    }
}

/// Returns the type of a table that currently has `size` elements.
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

/// Whether one of the types is a reference type.
pub(crate) fn has_refs(types: &[CoreType]) -> bool {
    types.iter().any(|ty| matches!(ty, CoreType::Ref(_)))
}
