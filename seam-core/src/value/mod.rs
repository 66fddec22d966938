//! Component-level values.

pub(crate) mod check;
mod list;
pub(crate) mod path;
mod provides;
mod records;
mod resource;
mod resources;
mod serialize;
mod wave;
mod zero;

use std::sync::Arc;

pub use list::List;
pub(crate) use provides::rename;
pub use records::Records;
pub use resource::{Handle, Resource};
pub(crate) use serialize::EXACT;

/// A component-model value.
///
/// Two values are equal if two runtimes must agree on them. Floats are compared by their bits, with
/// all NaNs equal. Lists are compared by their elements, however they are stored. Flags are
/// compared as sets.
#[derive(Clone, Debug)]
#[non_exhaustive]
// All payloads begin at the same offset, so that a value is moved in whole words. With the small ones at
// smaller offsets, it is moved in pieces, each of which waits for the store before it.
#[repr(u64)]
pub enum Value {
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `f32`
    F32(f32),
    /// `f64`
    F64(f64),
    /// `char`
    Char(char),
    /// `string`
    String(Box<str>),
    /// `list<T>` and `list<T, N>`
    List(List),
    /// `map<K, V>`: the entries, in the order in which the guest or the caller listed them
    Map(Vec<(Value, Value)>),
    /// `record`: name and value of each field, in declaration order
    Record(Vec<(Arc<str>, Value)>),
    /// `tuple`
    Tuple(Vec<Value>),
    /// `variant`: the case and its payload
    Variant(Arc<str>, Option<Box<Value>>),
    /// `enum`: the case
    Enum(Arc<str>),
    /// `option`
    Option(Option<Box<Value>>),
    /// `result`
    Result(Result<Option<Box<Value>>, Option<Box<Value>>>),
    /// `flags`: the names of the flags that are set
    Flags(Vec<Arc<str>>),
    /// `own<R>`: ownership moves with the value
    Own(Resource),
    /// `borrow<R>`
    Borrow(Resource),
    /// The readable end of a `stream`
    Stream(Handle),
    /// The readable end of a `future`
    Future(Handle),
    /// `error-context`
    ErrorContext(Handle),
}

impl AsRef<Value> for Value {
    fn as_ref(&self) -> &Value {
        self
    }
}

/// Lists and records move their values around.
const _: () = assert!(size_of::<Value>() <= 40);

impl Value {
    /// Creates a `list` of these values. Numbers and records are stored flat.
    #[must_use]
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        Value::List(values.into_iter().collect())
    }

    /// Creates a `record` of these fields.
    #[must_use]
    pub fn record<N: Into<Arc<str>>>(fields: impl IntoIterator<Item = (N, Value)>) -> Self {
        Value::Record(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Creates a `variant` case with its payload.
    #[must_use]
    pub fn variant(case: impl Into<Arc<str>>, payload: Option<Value>) -> Self {
        Value::Variant(case.into(), payload.map(Box::new))
    }

    /// Creates an `enum` case.
    #[must_use]
    pub fn enumeration(case: impl Into<Arc<str>>) -> Self {
        Value::Enum(case.into())
    }

    /// Creates `some(value)`.
    #[must_use]
    pub fn some(value: Value) -> Self {
        Value::Option(Some(Box::new(value)))
    }

    /// Creates `none`.
    #[must_use]
    pub fn none() -> Self {
        Value::Option(None)
    }

    /// Creates `ok` or `ok(value)`.
    #[must_use]
    pub fn ok(value: Option<Value>) -> Self {
        Value::Result(Ok(value.map(Box::new)))
    }

    /// Creates `err` or `err(value)`.
    #[must_use]
    pub fn err(value: Option<Value>) -> Self {
        Value::Result(Err(value.map(Box::new)))
    }

    /// Creates `flags` with these names set.
    #[must_use]
    pub fn flags<N: Into<Arc<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        Value::Flags(names.into_iter().map(Into::into).collect())
    }

    /// Returns the kind of the value's type, e.g. `u32` or `record`, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "bool",
            Value::S8(_) => "s8",
            Value::U8(_) => "u8",
            Value::S16(_) => "s16",
            Value::U16(_) => "u16",
            Value::S32(_) => "s32",
            Value::U32(_) => "u32",
            Value::S64(_) => "s64",
            Value::U64(_) => "u64",
            Value::F32(_) => "f32",
            Value::F64(_) => "f64",
            Value::Char(_) => "char",
            Value::String(_) => "string",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Record(_) => "record",
            Value::Tuple(_) => "tuple",
            Value::Variant(..) => "variant",
            Value::Enum(_) => "enum",
            Value::Option(_) => "option",
            Value::Result(_) => "result",
            Value::Flags(_) => "flags",
            Value::Own(_) => "own",
            Value::Borrow(_) => "borrow",
            Value::Stream(_) => "stream",
            Value::Future(_) => "future",
            Value::ErrorContext(_) => "error-context",
        }
    }
}

/// Returns the bits that two runtimes must agree on. All NaNs map to the canonical NaN.
pub(crate) fn canonical_f32(value: f32) -> u32 {
    if value.is_nan() {
        0x7fc0_0000
    } else {
        value.to_bits()
    }
}

/// Like [`canonical_f32`].
pub(crate) fn canonical_f64(value: f64) -> u64 {
    if value.is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        value.to_bits()
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::S8(a), Value::S8(b)) => a == b,
            (Value::U8(a), Value::U8(b)) => a == b,
            (Value::S16(a), Value::S16(b)) => a == b,
            (Value::U16(a), Value::U16(b)) => a == b,
            (Value::S32(a), Value::S32(b)) => a == b,
            (Value::U32(a), Value::U32(b)) => a == b,
            (Value::S64(a), Value::S64(b)) => a == b,
            (Value::U64(a), Value::U64(b)) => a == b,
            (Value::F32(a), Value::F32(b)) => canonical_f32(*a) == canonical_f32(*b),
            (Value::F64(a), Value::F64(b)) => canonical_f64(*a) == canonical_f64(*b),
            (Value::Char(a), Value::Char(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            (Value::Record(a), Value::Record(b)) => a == b,
            (Value::Tuple(a), Value::Tuple(b)) => a == b,
            (Value::Variant(a, x), Value::Variant(b, y)) => a == b && x == y,
            (Value::Enum(a), Value::Enum(b)) => a == b,
            (Value::Option(a), Value::Option(b)) => a == b,
            (Value::Result(a), Value::Result(b)) => a == b,
            (Value::Flags(a), Value::Flags(b)) => {
                a.iter().all(|f| b.contains(f)) && b.iter().all(|f| a.contains(f))
            }
            (Value::Own(a), Value::Own(b)) | (Value::Borrow(a), Value::Borrow(b)) => a == b,
            (Value::Stream(a), Value::Stream(b))
            | (Value::Future(a), Value::Future(b))
            | (Value::ErrorContext(a), Value::ErrorContext(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

macro_rules! from {
    ($($rust:ty => $case:ident),* $(,)?) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                Value::$case(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool, i8 => S8, u8 => U8, i16 => S16, u16 => U16, i32 => S32, u32 => U32, i64 => S64, u64 => U64,
    f32 => F32, f64 => F64, char => Char, &str => String, String => String, Box<str> => String,
    Vec<u8> => List, Vec<i8> => List, Vec<u16> => List, Vec<i16> => List, Vec<u32> => List, Vec<i32> => List,
    Vec<u64> => List, Vec<i64> => List, Vec<f32> => List, Vec<f64> => List, Vec<Value> => List,
}
