//! Evaluating type definitions: from indices to types with resolved resource types.

use std::sync::Arc;

use seam_core::{Error, Result};
use wasmparser::PrimitiveValType;

use super::def::{DefinedDef, FuncDef, TypeDef, ValRef};
use super::index::{TypeInst, apart, at};
use crate::types::{FuncTy, ResourceId, Ty};

/// Evaluates a type definition that defines no resource type, in a type index space.
pub(crate) fn evaluate(def: &TypeDef, types: &[TypeInst]) -> Result<TypeInst> {
    Ok(match def {
        TypeDef::Defined(def) => {
            let ty = defined(def, types)?;
            ty.check_size()?;
            TypeInst::Value(ty)
        }
        TypeDef::Func(def) => TypeInst::Func(Arc::new(func(def, types)?)),
        TypeDef::Instance(decls) => TypeInst::Instance(decls.clone()),
        TypeDef::Component => TypeInst::Component,
        TypeDef::Resource(_) => {
            return Err(Error::engine(
                "expected no resource type in a type declaration",
            ));
        }
    })
}

/// The function type at an index.
pub(crate) fn func_at(types: &[TypeInst], index: u32) -> Result<Arc<FuncTy>> {
    match at(types, index, "type")? {
        TypeInst::Func(ty) => Ok(ty.clone()),
        _ => Err(apart(&format!("a function type at {index}"))),
    }
}

/// The resource type at an index.
pub(crate) fn resource_at(types: &[TypeInst], index: u32) -> Result<ResourceId> {
    match at(types, index, "type")? {
        TypeInst::Resource(id) => Ok(*id),
        _ => Err(apart(&format!("a resource type at {index}"))),
    }
}

fn func(def: &FuncDef, types: &[TypeInst]) -> Result<FuncTy> {
    let params: Result<Vec<_>> = def
        .params
        .iter()
        .map(|(name, ty)| Ok((name.clone(), value(*ty, types)?)))
        .collect();
    let mut ty = FuncTy::new(params?, optional(def.result, types)?);
    ty.is_async = def.is_async;
    Ok(ty)
}

fn value(ty: ValRef, types: &[TypeInst]) -> Result<Ty> {
    match ty {
        ValRef::Prim(prim) => Ok(primitive(prim)),
        ValRef::Type(index) => match at(types, index, "type")? {
            TypeInst::Value(ty) => Ok(ty.clone()),
            _ => Err(apart(&format!("a value type at {index}"))),
        },
    }
}

fn optional(ty: Option<ValRef>, types: &[TypeInst]) -> Result<Option<Ty>> {
    ty.map(|ty| value(ty, types)).transpose()
}

fn defined(def: &DefinedDef, types: &[TypeInst]) -> Result<Ty> {
    let one = |ty: ValRef| value(ty, types);
    let payload = |ty: Option<ValRef>| -> Result<_> { Ok(optional(ty, types)?.map(Arc::new)) };
    Ok(match def {
        DefinedDef::Prim(prim) => primitive(*prim),
        DefinedDef::Record(fields) => {
            let fields: Result<Vec<_>> = fields
                .iter()
                .map(|(name, ty)| Ok((name.clone(), one(*ty)?)))
                .collect();
            Ty::record(fields?)
        }
        DefinedDef::Variant(cases) => {
            let cases: Result<Vec<_>> = cases
                .iter()
                .map(|(name, ty)| Ok((name.clone(), optional(*ty, types)?)))
                .collect();
            Ty::variant(cases?)
        }
        DefinedDef::List(ty) => Ty::list(one(*ty)?),
        DefinedDef::FixedLengthList(ty, len) => Ty::fixed_length_list(one(*ty)?, *len),
        DefinedDef::Map(key, element) => Ty::map(one(*key)?, one(*element)?),
        DefinedDef::Tuple(elements) => Ty::tuple(
            elements
                .iter()
                .map(|ty| one(*ty))
                .collect::<Result<Vec<_>>>()?,
        ),
        DefinedDef::Flags(labels) => Ty::flags(labels.iter().cloned()),
        DefinedDef::Enum(labels) => Ty::enumeration(labels.iter().cloned()),
        DefinedDef::Option(ty) => Ty::option(one(*ty)?),
        DefinedDef::Result(ok, err) => Ty::result(optional(*ok, types)?, optional(*err, types)?),
        DefinedDef::Own(index) => Ty::Own(resource_at(types, *index)?),
        DefinedDef::Borrow(index) => Ty::Borrow(resource_at(types, *index)?),
        DefinedDef::Stream(ty) => Ty::Stream(payload(*ty)?),
        DefinedDef::Future(ty) => Ty::Future(payload(*ty)?),
    })
}

pub(super) fn primitive(prim: PrimitiveValType) -> Ty {
    match prim {
        PrimitiveValType::Bool => Ty::Bool,
        PrimitiveValType::S8 => Ty::S8,
        PrimitiveValType::U8 => Ty::U8,
        PrimitiveValType::S16 => Ty::S16,
        PrimitiveValType::U16 => Ty::U16,
        PrimitiveValType::S32 => Ty::S32,
        PrimitiveValType::U32 => Ty::U32,
        PrimitiveValType::S64 => Ty::S64,
        PrimitiveValType::U64 => Ty::U64,
        PrimitiveValType::F32 => Ty::F32,
        PrimitiveValType::F64 => Ty::F64,
        PrimitiveValType::Char => Ty::Char,
        PrimitiveValType::String => Ty::String,
        PrimitiveValType::ErrorContext => Ty::ErrorContext,
    }
}
