//! Types of the canonical ABI from and to the vocabulary's types, and with other resource types.

use std::sync::Arc;

use seam_core::{Error, FuncType, ResourceType, Result, ResultType, Type};

use seam_decode::types::{FuncTy, RecordTy, ResourceId, Ty, VariantTy};

/// What a resource type is called towards the host.
pub(super) type Names<'a> = &'a dyn Fn(ResourceId) -> ResourceType;

/// Which resource type of the store a name stands for.
pub(super) type Resources<'a> = &'a mut dyn FnMut(&ResourceType) -> Result<ResourceId>;

/// Conversions of types.
pub(super) trait Convert: Sized {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self;
    fn to_type(&self, names: Names<'_>) -> Type;
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

    /// The type as the host sees it.
    fn to_type(&self, names: Names<'_>) -> Type {
        let one = |ty: &Ty| Arc::new(ty.to_type(names));
        match self {
            Ty::Bool => Type::Bool,
            Ty::S8 => Type::S8,
            Ty::U8 => Type::U8,
            Ty::S16 => Type::S16,
            Ty::U16 => Type::U16,
            Ty::S32 => Type::S32,
            Ty::U32 => Type::U32,
            Ty::S64 => Type::S64,
            Ty::U64 => Type::U64,
            Ty::F32 => Type::F32,
            Ty::F64 => Type::F64,
            Ty::Char => Type::Char,
            Ty::String => Type::String,
            Ty::ErrorContext => Type::ErrorContext,
            Ty::List(element) => Type::List(one(element)),
            Ty::FixedLengthList(ty) => Type::FixedLengthList(one(&ty.element), ty.len),
            Ty::Map(entry) => match &**entry {
                Ty::Tuple(entry) => match &*entry.fields {
                    [key, value] => Type::Map(one(&key.ty), one(&value.ty)),
                    _ => unreachable!("the entries of a map are tuples of two"),
                },
                _ => unreachable!("the entries of a map are tuples"),
            },
            Ty::Record(ty) => Type::record(ty.named_types(names)),
            Ty::Tuple(ty) => Type::tuple(ty.fields.iter().map(|field| field.ty.to_type(names))),
            Ty::Variant(ty) => Type::variant(ty.cases.iter().map(|case| {
                (
                    case.name.clone(),
                    case.ty.as_ref().map(|ty| ty.to_type(names)),
                )
            })),
            Ty::Enum(ty) => Type::enumeration(ty.cases.iter().map(|case| case.name.clone())),
            Ty::Option(ty) => Type::option(
                ty.payload_type(1, names)
                    .expect("the second case of an option has a payload"),
            ),
            Ty::Result(ty) => Type::result(ty.payload_type(0, names), ty.payload_type(1, names)),
            Ty::Flags(labels) => Type::Flags(labels.clone()),
            Ty::Own(id) => Type::Own(names(*id)),
            Ty::Borrow(id) => Type::Borrow(names(*id)),
            Ty::Stream(ty) => Type::Stream(ty.as_deref().map(one)),
            Ty::Future(ty) => Type::Future(ty.as_deref().map(one)),
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
    fn named_types(&self, names: Names<'_>) -> Vec<(Arc<str>, Type)>;
}

impl ConvertRecord for RecordTy {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self {
        let fields = self.fields.iter();
        Self::new(fields.map(|field| (field.name.clone(), field.ty.substitute(by))))
    }

    fn named_types(&self, names: Names<'_>) -> Vec<(Arc<str>, Type)> {
        let fields = self.fields.iter();
        fields
            .map(|field| (field.name.clone(), field.ty.to_type(names)))
            .collect()
    }
}

trait ConvertVariant {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self;
    fn payload_type(&self, case: usize, names: Names<'_>) -> Option<Type>;
}

impl ConvertVariant for VariantTy {
    fn substitute(&self, by: &mut dyn FnMut(ResourceId) -> ResourceId) -> Self {
        let cases = self.cases.iter();
        Self::new(cases.map(|case| {
            let ty = case.ty.as_ref().map(|ty| ty.substitute(by));
            (case.name.clone(), ty)
        }))
    }

    fn payload_type(&self, case: usize, names: Names<'_>) -> Option<Type> {
        let ty = self.cases.get(case)?.ty.as_ref()?;
        Some(ty.to_type(names))
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
