//! Types, between the engine's vocabulary and the seam's.

use seam_core::{CoreFuncType, CoreType, Error, ErrorKind, HeapType, Limit, RefType, Result};
use wasmi::{FuncType, MemoryType, ValType};

/// Maximum number of parameters, and of results, in the engine's function types.
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

/// Returns the engine's function type.
///
/// # Errors
/// `Unsupported` for reference types that the engine does not have; `Limit` for too many parameters
/// or results.
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

/// Returns the page size of a memory type; `None` for 64 KiB.
///
/// The engine does not show page sizes, but compares them. It supports 64 KiB and one byte.
pub(crate) fn page_size_log2(ty: &MemoryType) -> Option<u32> {
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
