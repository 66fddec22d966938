//! Value types at run time: component-level types whose resource types are resolved to those of
//! one store.
//!
//! A [`Ty`] is made once, when its definition is evaluated, and knows its layout: sizes,
//! alignments, offsets and flat types are computed by its constructor
//! ([`abi::layout`](crate::abi::layout), [`abi::flatten`](crate::abi::flatten)) and never again.

#[cfg(test)]
mod convert;

use std::sync::Arc;

use crate::abi::flatten::{Flat, FlatType};
use crate::abi::layout::{Contents, Layout};

/// A resource type of a running component: two instances of one component have two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ResourceId(pub(crate) u32);

/// A value type. Structure and names are those of [`seam_core::Type`]; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    ErrorContext,
    List(Arc<Ty>),
    FixedLengthList(Arc<FixedLengthListTy>),
    /// The tuple of key and value: a map is laid out as the list of those.
    Map(Arc<Ty>),
    Record(Arc<RecordTy>),
    Tuple(Arc<RecordTy>),
    Variant(Arc<VariantTy>),
    Enum(Arc<VariantTy>),
    Option(Arc<VariantTy>),
    Result(Arc<VariantTy>),
    /// The labels, lowest bit first.
    Flags(Arc<[Arc<str>]>),
    Own(ResourceId),
    Borrow(ResourceId),
    Stream(Option<Arc<Ty>>),
    Future(Option<Arc<Ty>>),
}

/// `list<T, N>`: as many elements in place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FixedLengthListTy {
    pub(crate) element: Ty,
    pub(crate) len: u32,
    pub(crate) layout: Layout,
    pub(crate) flat: Flat,
}

/// A record or tuple; also a list of parameters, which is laid out as the tuple of their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordTy {
    pub(crate) fields: Box<[FieldTy]>,
    pub(crate) layout: Layout,
    pub(crate) flat: Flat,
    pub(crate) contents: Contents,
}

/// A field of a record, element of a tuple, or parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldTy {
    /// The label; an element of a tuple is labelled with its index.
    pub(crate) name: Arc<str>,
    pub(crate) ty: Ty,
    /// Bytes from the start of the record.
    pub(crate) offset: u64,
    /// Core values from the first of the record's.
    pub(crate) slot: usize,
}

/// A variant, enum, option or result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct VariantTy {
    pub(crate) cases: Box<[CaseTy]>,
    /// Size of the discriminant in bytes: 1, 2 or 4.
    pub(crate) discriminant: u8,
    /// Bytes from the start of the variant to every case's payload.
    pub(crate) payload: u64,
    pub(crate) layout: Layout,
    pub(crate) flat: Flat,
    pub(crate) contents: Contents,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseTy {
    pub(crate) name: Arc<str>,
    pub(crate) ty: Option<Ty>,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FuncTy {
    pub(crate) params: RecordTy,
    /// One field, or none where the function has no result.
    pub(crate) result: RecordTy,
    pub(crate) is_async: bool,
}

impl Ty {
    /// `list<element>`
    pub(crate) fn list(element: Ty) -> Self {
        Ty::List(Arc::new(element))
    }

    /// `list<element, len>`
    pub(crate) fn fixed_length_list(element: Ty, len: u32) -> Self {
        let layout = Layout::fixed_length_list(element.layout(), len);
        let flat = Flat::fixed_length_list(&element, len);
        Ty::FixedLengthList(Arc::new(FixedLengthListTy {
            element,
            len,
            layout,
            flat,
        }))
    }

    /// `map<key, value>`
    pub(crate) fn map(key: Ty, value: Ty) -> Self {
        Ty::Map(Arc::new(Ty::tuple([key, value])))
    }

    /// `record { fields.. }`
    pub(crate) fn record(fields: impl IntoIterator<Item = (Arc<str>, Ty)>) -> Self {
        Ty::Record(Arc::new(RecordTy::new(fields)))
    }

    /// `tuple<elements..>`
    pub(crate) fn tuple(elements: impl IntoIterator<Item = Ty>) -> Self {
        let label = |(index, ty): (usize, Ty)| (index.to_string().into(), ty);
        let fields = elements.into_iter().enumerate().map(label);
        Ty::Tuple(Arc::new(RecordTy::new(fields)))
    }

    /// `variant { cases.. }`
    pub(crate) fn variant(cases: impl IntoIterator<Item = (Arc<str>, Option<Ty>)>) -> Self {
        Ty::Variant(Arc::new(VariantTy::new(cases)))
    }

    /// `enum { labels.. }`
    pub(crate) fn enumeration(labels: impl IntoIterator<Item = Arc<str>>) -> Self {
        let cases = labels.into_iter().map(|label| (label, None));
        Ty::Enum(Arc::new(VariantTy::new(cases)))
    }

    /// `option<some>`
    pub(crate) fn option(some: Ty) -> Self {
        let cases = [("none".into(), None), ("some".into(), Some(some))];
        Ty::Option(Arc::new(VariantTy::new(cases)))
    }

    /// `result<ok, err>`
    pub(crate) fn result(ok: Option<Ty>, err: Option<Ty>) -> Self {
        let cases = [("ok".into(), ok), ("error".into(), err)];
        Ty::Result(Arc::new(VariantTy::new(cases)))
    }

    /// `flags { labels.. }`, lowest bit first
    pub(crate) fn flags(labels: impl IntoIterator<Item = Arc<str>>) -> Self {
        Ty::Flags(labels.into_iter().collect())
    }

    /// The name of this type's kind, e.g. `u32` or `record`, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Ty::Bool => "bool",
            Ty::S8 => "s8",
            Ty::U8 => "u8",
            Ty::S16 => "s16",
            Ty::U16 => "u16",
            Ty::S32 => "s32",
            Ty::U32 => "u32",
            Ty::S64 => "s64",
            Ty::U64 => "u64",
            Ty::F32 => "f32",
            Ty::F64 => "f64",
            Ty::Char => "char",
            Ty::String => "string",
            Ty::ErrorContext => "error-context",
            Ty::List(_) | Ty::FixedLengthList(..) => "list",
            Ty::Map(_) => "map",
            Ty::Record(_) => "record",
            Ty::Tuple(_) => "tuple",
            Ty::Variant(_) => "variant",
            Ty::Enum(_) => "enum",
            Ty::Option(_) => "option",
            Ty::Result(_) => "result",
            Ty::Flags(_) => "flags",
            Ty::Own(_) => "own",
            Ty::Borrow(_) => "borrow",
            Ty::Stream(_) => "stream",
            Ty::Future(_) => "future",
        }
    }
}

impl RecordTy {
    /// The record of these fields, in order.
    pub(crate) fn new(fields: impl IntoIterator<Item = (Arc<str>, Ty)>) -> Self {
        let mut layout = Layout::EMPTY;
        let mut flat = Flat::EMPTY;
        let mut contents = Contents::EMPTY;
        let mut field = |(name, ty): (Arc<str>, Ty)| {
            let slot = flat.len();
            flat.extend(ty.flat());
            contents = contents.and(ty.contents());
            let offset = layout.push_field(ty.layout());
            FieldTy {
                name,
                ty,
                offset,
                slot,
            }
        };
        let fields = fields.into_iter().map(&mut field).collect();
        let layout = layout.finish_record();
        Self {
            fields,
            layout,
            flat,
            contents,
        }
    }
}

impl VariantTy {
    fn new(cases: impl IntoIterator<Item = (Arc<str>, Option<Ty>)>) -> Self {
        let case = |(name, ty)| CaseTy { name, ty };
        let cases: Box<[CaseTy]> = cases.into_iter().map(case).collect();
        let discriminant = crate::abi::layout::discriminant_size(cases.len());
        let payloads = cases.iter().filter_map(|case| case.ty.as_ref());
        let (layout, payload) = Layout::variant(payloads.clone().map(Ty::layout), discriminant);
        let mut flat = Flat::EMPTY;
        let mut contents = Contents::EMPTY;
        for ty in payloads {
            flat.join(ty.flat());
            contents = contents.and(ty.contents());
        }
        Self {
            cases,
            discriminant,
            payload,
            layout,
            flat: flat.after(FlatType::I32),
            contents,
        }
    }
}

impl FuncTy {
    /// A synchronous function type.
    pub(crate) fn new(
        params: impl IntoIterator<Item = (Arc<str>, Ty)>,
        result: Option<Ty>,
    ) -> Self {
        Self {
            params: RecordTy::new(params),
            result: RecordTy::new(result.map(|ty| ("0".into(), ty))),
            is_async: false,
        }
    }
}
