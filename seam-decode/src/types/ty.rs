//! Value types whose resource types are those of one [`Plan`](crate::Plan).
//!
//! A [`Ty`] is created once, when the component is decoded. Its constructor computes sizes,
//! alignments, offsets and flat types.

use std::sync::Arc;

use seam_core::{CanonTrap, Error, Result};

use super::flat::{Flat, FlatType};
use super::layout::{Contents, Layout, discriminant_size};

/// A resource type, as an index into [`Plan::resources`](crate::Plan::resources).
///
/// Each instance of a component has its own resource types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

/// A value type with the structure and names of [`seam_core::Type`]. It is cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
    /// `string`
    String,
    /// `error-context`
    ErrorContext,
    /// `list<T>`
    List(Arc<Ty>),
    /// `list<T, N>`
    FixedLengthList(Arc<FixedLengthListTy>),
    /// `map<K, V>`, as the tuple of key and value. A map has the layout of a list of these tuples.
    Map(Arc<Ty>),
    /// `record`
    Record(Arc<RecordTy>),
    /// `tuple`
    Tuple(Arc<RecordTy>),
    /// `variant`
    Variant(Arc<VariantTy>),
    /// `enum`
    Enum(Arc<VariantTy>),
    /// `option<T>`
    Option(Arc<VariantTy>),
    /// `result<T, E>`
    Result(Arc<VariantTy>),
    /// `flags`: the labels, lowest bit first.
    Flags(Arc<[Arc<str>]>),
    /// `own<T>`
    Own(ResourceId),
    /// `borrow<T>`
    Borrow(ResourceId),
    /// `stream<T>`
    Stream(Option<Arc<Ty>>),
    /// `future<T>`
    Future(Option<Arc<Ty>>),
}

/// `list<T, N>`: `N` elements in place.
#[derive(Debug, PartialEq, Eq)]
pub struct FixedLengthListTy {
    /// The type of the elements.
    pub element: Ty,
    /// The number of elements.
    pub len: u32,
    /// Size and alignment.
    pub layout: Layout,
    /// Its flat types.
    pub flat: Flat,
}

/// A record or tuple. A list of parameters has the layout of the tuple of their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTy {
    /// The fields, in order.
    pub fields: Box<[FieldTy]>,
    /// Size and alignment.
    pub layout: Layout,
    /// Its flat types.
    pub flat: Flat,
    /// The contents of its fields.
    pub contents: Contents,
}

/// A field of a record, element of a tuple, or parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTy {
    /// The label. The label of a tuple's element is its index.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Ty,
    /// Offset in bytes from the start of the record.
    pub offset: u64,
    /// Offset in core values from the first core value of the record.
    pub slot: usize,
}

/// A variant, enum, option or result.
#[derive(Debug, PartialEq, Eq)]
pub struct VariantTy {
    /// The cases, in order.
    pub cases: Box<[CaseTy]>,
    /// Size of the discriminant in bytes: 1, 2 or 4.
    pub discriminant: u8,
    /// Offset in bytes of the payload of every case.
    pub payload: u64,
    /// Size and alignment.
    pub layout: Layout,
    /// Its flat types: the discriminant, then the joined flat types of the payloads.
    pub flat: Flat,
    /// The contents of its payloads.
    pub contents: Contents,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseTy {
    /// The label.
    pub name: Arc<str>,
    /// The type of its payload, if it has one.
    pub ty: Option<Ty>,
}

impl Ty {
    /// `list<element>`
    #[must_use]
    pub fn list(element: Ty) -> Self {
        Ty::List(Arc::new(element))
    }

    /// `list<element, len>`
    #[must_use]
    pub fn fixed_length_list(element: Ty, len: u32) -> Self {
        let layout = Layout::fixed_length_list(element.layout(), len);
        let flat = Flat::fixed_length_list(element.flat(), len);
        Ty::FixedLengthList(Arc::new(FixedLengthListTy {
            element,
            len,
            layout,
            flat,
        }))
    }

    /// `map<key, value>`
    #[must_use]
    pub fn map(key: Ty, value: Ty) -> Self {
        Ty::Map(Arc::new(Ty::tuple([key, value])))
    }

    /// `record { fields.. }`
    #[must_use]
    pub fn record(fields: impl IntoIterator<Item = (Arc<str>, Ty)>) -> Self {
        Ty::Record(Arc::new(RecordTy::new(fields)))
    }

    /// `tuple<elements..>`
    #[must_use]
    pub fn tuple(elements: impl IntoIterator<Item = Ty>) -> Self {
        let label = |(index, ty): (usize, Ty)| (index.to_string().into(), ty);
        let fields = elements.into_iter().enumerate().map(label);
        Ty::Tuple(Arc::new(RecordTy::new(fields)))
    }

    /// `variant { cases.. }`
    #[must_use]
    pub fn variant(cases: impl IntoIterator<Item = (Arc<str>, Option<Ty>)>) -> Self {
        Ty::Variant(Arc::new(VariantTy::new(cases)))
    }

    /// `enum { labels.. }`
    #[must_use]
    pub fn enumeration(labels: impl IntoIterator<Item = Arc<str>>) -> Self {
        let cases = labels.into_iter().map(|label| (label, None));
        Ty::Enum(Arc::new(VariantTy::new(cases)))
    }

    /// `option<some>`
    #[must_use]
    pub fn option(some: Ty) -> Self {
        let cases = [("none".into(), None), ("some".into(), Some(some))];
        Ty::Option(Arc::new(VariantTy::new(cases)))
    }

    /// `result<ok, err>`
    #[must_use]
    pub fn result(ok: Option<Ty>, err: Option<Ty>) -> Self {
        let cases = [("ok".into(), ok), ("error".into(), err)];
        Ty::Result(Arc::new(VariantTy::new(cases)))
    }

    /// `flags { labels.. }`, lowest bit first
    #[must_use]
    pub fn flags(labels: impl IntoIterator<Item = Arc<str>>) -> Self {
        Ty::Flags(labels.into_iter().collect())
    }

    /// Returns the name of the type's kind, e.g. `u32` or `record`, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
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
    /// Creates the record with these fields, in order.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = (Arc<str>, Ty)>) -> Self {
        let fields = fields.into_iter();
        let mut record = Fields::with_capacity(fields.size_hint().0);
        fields.for_each(|(name, ty)| record.push(name, ty));
        record.finish()
    }

    /// Creates the record with these fields, in order.
    ///
    /// # Errors
    /// The first one among the fields.
    pub(crate) fn try_new(
        fields: impl ExactSizeIterator<Item = Result<(Arc<str>, Ty)>>,
    ) -> Result<Self> {
        let mut record = Fields::with_capacity(fields.len());
        for field in fields {
            let (name, ty) = field?;
            record.push(name, ty);
        }
        Ok(record.finish())
    }
}

/// A record to which fields are being added.
struct Fields {
    fields: Vec<FieldTy>,
    layout: Layout,
    flat: Flat,
    contents: Contents,
}

impl Fields {
    fn with_capacity(fields: usize) -> Self {
        Self {
            fields: Vec::with_capacity(fields),
            layout: Layout::EMPTY,
            flat: Flat::EMPTY,
            contents: Contents::EMPTY,
        }
    }

    fn push(&mut self, name: Arc<str>, ty: Ty) {
        let slot = self.flat.len();
        self.flat.extend(ty.flat());
        self.contents = self.contents.and(ty.contents());
        let offset = self.layout.push_field(ty.layout());
        self.fields.push(FieldTy {
            name,
            ty,
            offset,
            slot,
        });
    }

    fn finish(self) -> RecordTy {
        RecordTy {
            fields: self.fields.into(),
            layout: self.layout.finish_record(),
            flat: self.flat,
            contents: self.contents,
        }
    }
}

impl VariantTy {
    /// Returns the case that a discriminant selects.
    ///
    /// # Errors
    /// The trap `InvalidDiscriminant`.
    pub fn case(&self, case_index: u32) -> Result<&CaseTy> {
        let case = usize::try_from(case_index)
            .ok()
            .and_then(|index| self.cases.get(index));
        case.ok_or_else(|| Error::trap(CanonTrap::InvalidDiscriminant))
    }

    /// Creates the variant with these cases, in order.
    #[must_use]
    pub fn new(cases: impl IntoIterator<Item = (Arc<str>, Option<Ty>)>) -> Self {
        let case = |(name, ty)| CaseTy { name, ty };
        let cases: Box<[CaseTy]> = cases.into_iter().map(case).collect();
        let discriminant = discriminant_size(cases.len());
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
