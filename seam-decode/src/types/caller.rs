//! Value types as the callers of a function see them.

use std::sync::Arc;

use seam_core::{ResourceType, Type};

use super::ty::{ResourceId, Ty, VariantTy};

impl Ty {
    /// Returns the type as callers see it. `names` tells what they call a resource type.
    #[must_use]
    pub fn to_type(&self, names: &dyn Fn(ResourceId) -> ResourceType) -> Type {
        let shared = |ty: &Ty| Arc::new(ty.to_type(names));
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
            Ty::List(element) => Type::List(shared(element)),
            Ty::FixedLengthList(ty) => Type::FixedLengthList(shared(&ty.element), ty.len),
            Ty::Map(entry) => match &**entry {
                Ty::Tuple(entry) => match &*entry.fields {
                    [key, value] => Type::Map(shared(&key.ty), shared(&value.ty)),
                    _ => Type::List(shared(&Ty::Tuple(entry.clone()))),
                },
                other => Type::List(shared(other)),
            },
            Ty::Record(ty) => {
                let fields = ty.fields.iter();
                Type::record(fields.map(|field| (field.name.clone(), field.ty.to_type(names))))
            }
            Ty::Tuple(ty) => Type::tuple(ty.fields.iter().map(|field| field.ty.to_type(names))),
            Ty::Variant(ty) => Type::variant(ty.cases.iter().map(|case| {
                let payload = case.ty.as_ref().map(|ty| ty.to_type(names));
                (case.name.clone(), payload)
            })),
            Ty::Enum(ty) => Type::enumeration(ty.cases.iter().map(|case| case.name.clone())),
            Ty::Option(ty) => Type::option(payload(ty, 1, names).unwrap_or(Type::Bool)),
            Ty::Result(ty) => Type::result(payload(ty, 0, names), payload(ty, 1, names)),
            Ty::Flags(labels) => Type::Flags(labels.clone()),
            Ty::Own(id) => Type::Own(names(*id)),
            Ty::Borrow(id) => Type::Borrow(names(*id)),
            Ty::Stream(ty) => Type::Stream(ty.as_deref().map(shared)),
            Ty::Future(ty) => Type::Future(ty.as_deref().map(shared)),
        }
    }
}

fn payload(
    ty: &VariantTy,
    case: usize,
    names: &dyn Fn(ResourceId) -> ResourceType,
) -> Option<Type> {
    let ty = ty.cases.get(case)?.ty.as_ref()?;
    Some(ty.to_type(names))
}
