//! Component-level types.

mod display;

pub(crate) use display::{Params, separated};

use std::sync::Arc;

/// A component-model [value
/// type](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions).
///
/// Types compare structurally. Resource types compare by name, so that types of two artifacts can
/// be compared.
///
/// Operations on a type recurse as deep as the type, on the native stack. Validation ensures that
/// types of artifacts are at most 100 deep, and the texts and values that come with them cannot
/// make them deeper. If you build types yourself, you control their depth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
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
    /// `char`: a Unicode scalar value
    Char,
    /// `string`
    String,
    /// `error-context`
    ErrorContext,
    /// `list<T>`
    List(Arc<Type>),
    /// `list<T, N>`
    FixedLengthList(Arc<Type>, u32),
    /// `map<K, V>`
    Map(Arc<Type>, Arc<Type>),
    /// `record { .. }`
    Record(Arc<RecordType>),
    /// `tuple<..>`
    Tuple(Arc<[Type]>),
    /// `variant { .. }`
    Variant(Arc<VariantType>),
    /// `enum { .. }`: the case names
    Enum(Arc<[Arc<str>]>),
    /// `option<T>`
    Option(Arc<Type>),
    /// `result<T, E>`
    Result(Arc<ResultType>),
    /// `flags { .. }`: the flag names, lowest bit first
    Flags(Arc<[Arc<str>]>),
    /// `own<R>`
    Own(ResourceType),
    /// `borrow<R>`
    Borrow(ResourceType),
    /// `stream<T>`
    Stream(Option<Arc<Type>>),
    /// `future<T>`
    Future(Option<Arc<Type>>),
}

/// The fields of a record, in declaration order. There is at least one field, and names are
/// distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordType {
    /// Name and type of each field.
    pub fields: Vec<(Arc<str>, Type)>,
}

/// The cases of a variant, in declaration order. There is at least one case, and names are
/// distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantType {
    /// Name and payload type of each case.
    pub cases: Vec<(Arc<str>, Option<Type>)>,
}

/// The payloads of a `result`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResultType {
    /// Payload of `ok`.
    pub ok: Option<Type>,
    /// Payload of `err`.
    pub err: Option<Type>,
}

/// A resource type, identified by name.
///
/// The name is the interface and the resource under which the type first appears in an artifact's
/// type, e.g. `test:res/counters@0.1.0#counter`, or `counter` at the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceType(
    // Two pointers deep, so that a resource takes less room in a value.
    Arc<Arc<str>>,
);

impl ResourceType {
    /// Creates the resource type with this name.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(name.into()))
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Returns the name without its interface, e.g. `counter`.
    #[must_use]
    pub fn label(&self) -> &str {
        self.0.rsplit_once('#').map_or(&self.0, |(_, label)| label)
    }
}

/// The type of a component-level function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct FuncType {
    /// Name and type of each parameter, in order.
    pub params: Vec<(Arc<str>, Type)>,
    /// The result, if any.
    pub result: Option<Type>,
    /// Whether the function is declared `async`.
    pub is_async: bool,
}

impl FuncType {
    /// Creates a synchronous function type with parameters named `p0`, `p1`, ...
    #[must_use]
    pub fn new(params: impl IntoIterator<Item = Type>, result: Option<Type>) -> Self {
        let params = params
            .into_iter()
            .enumerate()
            .map(|(i, ty)| (format!("p{i}").into(), ty))
            .collect();
        Self {
            params,
            result,
            is_async: false,
        }
    }

    /// Returns whether the parameter and result types are equal. Parameter names are ignored.
    #[must_use]
    pub fn same_types(&self, other: &FuncType) -> bool {
        self.is_async == other.is_async
            && self.result == other.result
            && self.params.len() == other.params.len()
            && self
                .params
                .iter()
                .zip(&other.params)
                .all(|((_, a), (_, b))| a == b)
    }
}

impl Type {
    /// `list<element>`
    #[must_use]
    pub fn list(element: Type) -> Self {
        Type::List(Arc::new(element))
    }

    /// `list<element, len>`
    #[must_use]
    pub fn fixed_length_list(element: Type, len: u32) -> Self {
        Type::FixedLengthList(Arc::new(element), len)
    }

    /// `map<key, value>`
    #[must_use]
    pub fn map(key: Type, value: Type) -> Self {
        Type::Map(Arc::new(key), Arc::new(value))
    }

    /// `option<some>`
    #[must_use]
    pub fn option(some: Type) -> Self {
        Type::Option(Arc::new(some))
    }

    /// `result<ok, err>`
    #[must_use]
    pub fn result(ok: Option<Type>, err: Option<Type>) -> Self {
        Type::Result(Arc::new(ResultType { ok, err }))
    }

    /// `tuple<elements..>`
    #[must_use]
    pub fn tuple(elements: impl IntoIterator<Item = Type>) -> Self {
        Type::Tuple(elements.into_iter().collect())
    }

    /// `record { fields.. }`
    #[must_use]
    pub fn record<N: Into<Arc<str>>>(fields: impl IntoIterator<Item = (N, Type)>) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, ty)| (name.into(), ty))
            .collect();
        Type::Record(Arc::new(RecordType { fields }))
    }

    /// `variant { cases.. }`
    #[must_use]
    pub fn variant<N: Into<Arc<str>>>(cases: impl IntoIterator<Item = (N, Option<Type>)>) -> Self {
        let cases = cases
            .into_iter()
            .map(|(name, ty)| (name.into(), ty))
            .collect();
        Type::Variant(Arc::new(VariantType { cases }))
    }

    /// `enum { cases.. }`
    #[must_use]
    pub fn enumeration<N: Into<Arc<str>>>(cases: impl IntoIterator<Item = N>) -> Self {
        Type::Enum(cases.into_iter().map(Into::into).collect())
    }

    /// `flags { names.. }`, lowest bit first
    #[must_use]
    pub fn flags<N: Into<Arc<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Type::Flags(names.into_iter().map(Into::into).collect())
    }

    /// Returns whether this is a number type. Lists of numbers are stored flat.
    #[must_use]
    pub fn is_number(&self) -> bool {
        use Type::{F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
        matches!(
            self,
            S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 | F32 | F64
        )
    }

    /// Returns whether this is a number, `bool` or `char`, whose values are a
    /// [`Scalar`](crate::typed::Scalar).
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.is_number() || matches!(self, Type::Bool | Type::Char)
    }

    /// Returns the name of the type's kind, e.g. `u32` or `record`, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => "error-context",
            Type::List(_) | Type::FixedLengthList(..) => "list",
            Type::Map(..) => "map",
            Type::Record(_) => "record",
            Type::Tuple(_) => "tuple",
            Type::Variant(_) => "variant",
            Type::Enum(_) => "enum",
            Type::Option(_) => "option",
            Type::Result(_) => "result",
            Type::Flags(_) => "flags",
            Type::Own(_) => "own",
            Type::Borrow(_) => "borrow",
            Type::Stream(_) => "stream",
            Type::Future(_) => "future",
        }
    }
}
