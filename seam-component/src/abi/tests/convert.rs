//! Types of the canonical ABI from the vocabulary's types, and with other resource types.

use std::sync::Arc;

use seam_core::{Error, FuncType, ResourceType, Result, ResultType, Type};

use seam_decode::types::{FuncTy, RecordTy, ResourceId, Ty, VariantTy};

/// Which resource type of the store a name stands for.
pub(super) type Resources<'a> = &'a mut dyn FnMut(&ResourceType) -> Result<ResourceId>;

/// Conversions of types.
pub(super) trait Convert: Sized {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self;
    fn from_type(ty: &Type, resources: Resources<'_>) -> Result<Self>;
}

impl Convert for Ty {
    /// The same type with other resource types; shared where there are none in it.
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Ty {
        if !self.contents().handle {
            return self.clone();
        }
        match self {
            Ty::Own(id) => Ty::Own(by(*id)),
            Ty::Borrow(id) => Ty::Borrow(by(*id)),
            Ty::List(element) => Ty::list(element.substitute(by)),
            Ty::FixedLengthList(ty) => Ty::fixed_length_list(ty.element.substitute(by), ty.len),
            Ty::Map(entry) => Ty::Map(Arc::new(entry.substitute(by))),
            Ty::Record(ty) => Ty::Record(Arc::new(ty.substitute(by))),
            Ty::Tuple(ty) => Ty::Tuple(Arc::new(ty.substitute(by))),
            Ty::Variant(ty) => Ty::Variant(Arc::new(ty.substitute(by))),
            Ty::Enum(ty) => Ty::Enum(ty.clone()),
            Ty::Option(ty) => Ty::Option(Arc::new(ty.substitute(by))),
            Ty::Result(ty) => Ty::Result(Arc::new(ty.substitute(by))),
            Ty::Stream(ty) => Ty::Stream(ty.as_ref().map(|ty| Arc::new(ty.substitute(by)))),
            Ty::Future(ty) => Ty::Future(ty.as_ref().map(|ty| Arc::new(ty.substitute(by)))),
            plain => plain.clone(),
        }
    }

    /// The type at run time of a type as the host sees it.
    ///
    /// # Errors
    /// Those of `resources`; `Unsupported` for a kind of type that this crate does not know.
    fn from_type(ty: &Type, resources: Resources<'_>) -> Result<Ty> {
        Ok(match ty {
            Type::Bool => Ty::Bool,
            Type::S8 => Ty::S8,
            Type::U8 => Ty::U8,
            Type::S16 => Ty::S16,
            Type::U16 => Ty::U16,
            Type::S32 => Ty::S32,
            Type::U32 => Ty::U32,
            Type::S64 => Ty::S64,
            Type::U64 => Ty::U64,
            Type::F32 => Ty::F32,
            Type::F64 => Ty::F64,
            Type::Char => Ty::Char,
            Type::String => Ty::String,
            Type::ErrorContext => Ty::ErrorContext,
            Type::List(ty) => Ty::list(Ty::from_type(ty, resources)?),
            Type::FixedLengthList(ty, len) => {
                Ty::fixed_length_list(Ty::from_type(ty, resources)?, *len)
            }
            Type::Map(key, value) => Ty::map(
                Ty::from_type(key, resources)?,
                Ty::from_type(value, resources)?,
            ),
            Type::Record(ty) => Ty::record(named(&ty.fields, resources)?),
            Type::Tuple(types) => {
                let types = types.iter().map(|ty| Ty::from_type(ty, resources));
                Ty::tuple(types.collect::<Result<Vec<_>>>()?)
            }
            Type::Variant(ty) => {
                let cases = ty.cases.iter();
                let cases =
                    cases.map(|(name, ty)| Ok((name.clone(), optional(ty.as_ref(), resources)?)));
                Ty::variant(cases.collect::<Result<Vec<_>>>()?)
            }
            Type::Enum(labels) => Ty::enumeration(labels.iter().cloned()),
            Type::Option(ty) => Ty::option(Ty::from_type(ty, resources)?),
            Type::Result(ty) => {
                let ResultType { ok, err } = &**ty;
                let ok = optional(ok.as_ref(), resources)?;
                Ty::result(ok, optional(err.as_ref(), resources)?)
            }
            Type::Flags(labels) => Ty::Flags(labels.clone()),
            Type::Own(name) => Ty::Own(resources(name)?),
            Type::Borrow(name) => Ty::Borrow(resources(name)?),
            Type::Stream(ty) => Ty::Stream(optional(ty.as_deref(), resources)?.map(Arc::new)),
            Type::Future(ty) => Ty::Future(optional(ty.as_deref(), resources)?.map(Arc::new)),
            other => {
                return Err(Error::engine(format!(
                    "expected a value type of the canonical ABI, found {}",
                    other.kind()
                )));
            }
        })
    }
}

fn optional(ty: Option<&Type>, resources: Resources<'_>) -> Result<Option<Ty>> {
    ty.map(|ty| Ty::from_type(ty, resources)).transpose()
}

fn named(types: &[(Arc<str>, Type)], resources: Resources<'_>) -> Result<Vec<(Arc<str>, Ty)>> {
    let types = types.iter();
    types
        .map(|(name, ty)| Ok((name.clone(), Ty::from_type(ty, resources)?)))
        .collect()
}

trait ConvertRecord {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self;
}

impl ConvertRecord for RecordTy {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self {
        let fields = self.fields.iter();
        Self::new(fields.map(|field| (field.name.clone(), field.ty.substitute(by))))
    }
}

trait ConvertVariant {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self;
}

impl ConvertVariant for VariantTy {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self {
        let cases = self.cases.iter();
        Self::new(cases.map(|case| {
            let ty = case.ty.as_ref().map(|ty| ty.substitute(by));
            (case.name.clone(), ty)
        }))
    }
}

pub(super) trait ConvertFunc: Sized {
    fn from_type(ty: &FuncType, resources: Resources<'_>) -> Result<Self>;
}

impl ConvertFunc for FuncTy {
    /// The function type at run time of one as the host sees it.
    ///
    /// # Errors
    /// As [`Ty::from_type`].
    fn from_type(ty: &FuncType, resources: Resources<'_>) -> Result<FuncTy> {
        let params = named(&ty.params, resources)?;
        let mut func = FuncTy::new(params, optional(ty.result.as_ref(), resources)?);
        func.is_async = ty.is_async;
        Ok(func)
    }
}
