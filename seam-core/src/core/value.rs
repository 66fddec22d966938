//! Core-level values.

use std::fmt;

use crate::{
    CoreException, CoreFunc, CoreObject, CoreType, HeapType, RefType,
    value::{EXACT, canonical_f32, canonical_f64},
};

/// A core value.
///
/// Floats are stored as bits, so that the host does not change NaNs on the way. Two values are
/// equal if two runtimes must agree on them: all NaNs of a width are equal. To compare NaN bits,
/// match on the variant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum CoreValue {
    /// An `i32`. The instruction determines the signedness.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A `v128`, with little-endian lanes.
    V128(u128),
    /// A function reference, or null.
    FuncRef(Option<CoreFunc>),
    /// A host reference, as the host's own number for it, or null.
    ExternRef(Option<u64>),
    /// A reference into the guest's garbage-collected heap, or null.
    AnyRef(Option<AnyRef>),
    /// A caught exception, or null.
    ExnRef(Option<CoreException>),
}

/// An opaque reference into the guest's garbage-collected heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnyRef {
    /// An unboxed 31-bit integer, sign-extended.
    I31(i32),
    /// A struct.
    Struct(CoreObject),
    /// An array.
    Array(CoreObject),
    /// A host reference that `any.convert_extern` converted, as the host's own number for it.
    Host(u64),
}

impl CoreValue {
    /// Returns the zero or null of a type, or `None` for a non-nullable reference type.
    #[must_use]
    pub fn default_of(ty: CoreType) -> Option<Self> {
        Some(match ty {
            CoreType::I32 => CoreValue::I32(0),
            CoreType::I64 => CoreValue::I64(0),
            CoreType::F32 => CoreValue::F32(0),
            CoreType::F64 => CoreValue::F64(0),
            CoreType::V128 => CoreValue::V128(0),
            CoreType::Ref(RefType {
                nullable: false, ..
            }) => return None,
            CoreType::Ref(ty) => match ty.heap {
                HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => {
                    CoreValue::FuncRef(None)
                }
                HeapType::Extern | HeapType::NoExtern => CoreValue::ExternRef(None),
                HeapType::Exn | HeapType::NoExn => CoreValue::ExnRef(None),
                HeapType::Cont | HeapType::NoCont => return None,
                _ => CoreValue::AnyRef(None),
            },
        })
    }

    /// Returns the word for the value's type, e.g. `i32` or `funcref`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            CoreValue::I32(_) => "i32",
            CoreValue::I64(_) => "i64",
            CoreValue::F32(_) => "f32",
            CoreValue::F64(_) => "f64",
            CoreValue::V128(_) => "v128",
            CoreValue::FuncRef(_) => "funcref",
            CoreValue::ExternRef(_) => "externref",
            CoreValue::AnyRef(_) => "anyref",
            CoreValue::ExnRef(_) => "exnref",
        }
    }

    /// Returns whether the value can be used where `ty` is expected.
    ///
    /// For a reference, only its family is checked. The engine checks the rest.
    #[must_use]
    pub fn is_of(&self, ty: CoreType) -> bool {
        let of_family = |null: bool, ty: RefType, family: &[HeapType]| {
            (ty.nullable || !null)
                && (family.contains(&ty.heap) || matches!(ty.heap, HeapType::Concrete(_)))
        };
        match (self, ty) {
            (CoreValue::I32(_), CoreType::I32)
            | (CoreValue::I64(_), CoreType::I64)
            | (CoreValue::F32(_), CoreType::F32)
            | (CoreValue::F64(_), CoreType::F64)
            | (CoreValue::V128(_), CoreType::V128) => true,
            (CoreValue::FuncRef(r), CoreType::Ref(ty)) => {
                of_family(r.is_none(), ty, &[HeapType::Func, HeapType::NoFunc])
            }
            (CoreValue::ExternRef(r), CoreType::Ref(ty)) => {
                of_family(r.is_none(), ty, &[HeapType::Extern, HeapType::NoExtern])
            }
            (CoreValue::ExnRef(r), CoreType::Ref(ty)) => {
                of_family(r.is_none(), ty, &[HeapType::Exn, HeapType::NoExn])
            }
            (CoreValue::AnyRef(r), CoreType::Ref(ty)) => of_family(
                r.is_none(),
                ty,
                &[
                    HeapType::Any,
                    HeapType::Eq,
                    HeapType::I31,
                    HeapType::Struct,
                    HeapType::Array,
                    HeapType::None,
                ],
            ),
            _ => false,
        }
    }
}

impl PartialEq for CoreValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (CoreValue::I32(a), CoreValue::I32(b)) => a == b,
            (CoreValue::I64(a), CoreValue::I64(b)) => a == b,
            (CoreValue::F32(a), CoreValue::F32(b)) => {
                canonical_f32(f32::from_bits(*a)) == canonical_f32(f32::from_bits(*b))
            }
            (CoreValue::F64(a), CoreValue::F64(b)) => {
                canonical_f64(f64::from_bits(*a)) == canonical_f64(f64::from_bits(*b))
            }
            (CoreValue::V128(a), CoreValue::V128(b)) => a == b,
            // References have no identity across stores, so only null and non-null are
            // distinguished.
            (CoreValue::FuncRef(a), CoreValue::FuncRef(b)) => a.is_some() == b.is_some(),
            (CoreValue::ExternRef(a), CoreValue::ExternRef(b)) => a == b,
            (CoreValue::AnyRef(a), CoreValue::AnyRef(b)) => match (a, b) {
                (Some(AnyRef::I31(a)), Some(AnyRef::I31(b))) => a == b,
                (Some(AnyRef::Host(a)), Some(AnyRef::Host(b))) => a == b,
                (Some(AnyRef::Struct(_)), Some(AnyRef::Struct(_)))
                | (Some(AnyRef::Array(_)), Some(AnyRef::Array(_)))
                | (None, None) => true,
                _ => false,
            },
            (CoreValue::ExnRef(a), CoreValue::ExnRef(b)) => a.is_some() == b.is_some(),
            _ => false,
        }
    }
}

impl Eq for CoreValue {}

/// Prints integers as signed, floats in decimal or as `nan`, `inf` and `-inf`, and vectors in
/// hexadecimal. References print only their kind, because they have no identity outside their
/// store.
impl fmt::Display for CoreValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let float = |f: &mut fmt::Formatter<'_>, text: String| {
            f.write_str(if text == "NaN" { "nan" } else { &text })
        };
        match self {
            CoreValue::I32(value) => value.fmt(f),
            CoreValue::I64(value) => value.fmt(f),
            CoreValue::F32(bits) => float(f, f32::from_bits(*bits).to_string()),
            CoreValue::F64(bits) => float(f, f64::from_bits(*bits).to_string()),
            CoreValue::V128(value) => write!(f, "{value:#034x}"),
            CoreValue::FuncRef(None) => f.write_str("null func"),
            CoreValue::FuncRef(Some(_)) => f.write_str("func"),
            CoreValue::ExternRef(None) => f.write_str("null extern"),
            CoreValue::ExternRef(Some(host)) => write!(f, "extern {host}"),
            CoreValue::AnyRef(None) => f.write_str("null any"),
            CoreValue::AnyRef(Some(AnyRef::I31(value))) => write!(f, "i31 {value}"),
            CoreValue::AnyRef(Some(AnyRef::Struct(_))) => f.write_str("struct"),
            CoreValue::AnyRef(Some(AnyRef::Array(_))) => f.write_str("array"),
            CoreValue::AnyRef(Some(AnyRef::Host(host))) => write!(f, "any extern {host}"),
            CoreValue::ExnRef(None) => f.write_str("null exn"),
            CoreValue::ExnRef(Some(_)) => f.write_str("exn"),
        }
    }
}

/// Serializes the value for reports. In JSON: `{"type": "i32", "value": 5}`.
///
/// An `i32` is a number. An `i64` is a number up to ±2^53, the range in which all JSON readers are
/// exact. All other values are text, as printed by `Display`.
impl serde::Serialize for CoreValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("CoreValue", 2)?;
        out.serialize_field("type", self.kind())?;
        match self {
            CoreValue::I32(value) => out.serialize_field("value", value)?,
            CoreValue::I64(value) if value.unsigned_abs() <= EXACT => {
                out.serialize_field("value", value)?;
            }
            other => out.serialize_field("value", &other.to_string())?,
        }
        out.end()
    }
}

macro_rules! from {
    ($($rust:ty => $case:ident $convert:expr),* $(,)?) => {$(
        impl From<$rust> for CoreValue {
            fn from(value: $rust) -> Self {
                CoreValue::$case($convert(value))
            }
        }
    )*};
}

from! {
    i32 => I32 std::convert::identity,
    u32 => I32 u32::cast_signed_,
    i64 => I64 std::convert::identity,
    u64 => I64 u64::cast_signed_,
    f32 => F32 f32::to_bits,
    f64 => F64 f64::to_bits,
    u128 => V128 std::convert::identity,
}

/// `cast_signed` of the standard library needs a newer Rust than this crate's minimum.
trait CastSigned {
    type Signed;
    fn cast_signed_(self) -> Self::Signed;
}

impl CastSigned for u32 {
    type Signed = i32;
    fn cast_signed_(self) -> i32 {
        i32::from_ne_bytes(self.to_ne_bytes())
    }
}

impl CastSigned for u64 {
    type Signed = i64;
    fn cast_signed_(self) -> i64 {
        i64::from_ne_bytes(self.to_ne_bytes())
    }
}
