//! The scalars of `load`, `store`, `lift_flat` and `lower_flat`: numbers, `bool` and `char`.
//!
//! A scalar is a number of bits, in memory and as a core value. Bits that are read are
//! zero-extended, and only the low bits are written. A core value that carries a narrower scalar
//! (`join`) carries its bits, so no other coercion is needed.

use seam_core::typed::{Scalar, canonicalize_nan32, canonicalize_nan64};
use seam_core::{CanonTrap, Error, Result, Value};

use crate::abi::cx::low;
use seam_decode::types::{RecordTy, Ty};

/// `convert_i32_to_char`
///
/// # Errors
/// The trap `InvalidChar`.
pub(crate) fn convert_i32_to_char(i: u32) -> Result<char> {
    char::from_u32(i).ok_or_else(|| Error::trap(CanonTrap::InvalidChar))
}

/// Returns whether a type is a number, `bool` or `char`.
pub(crate) fn is_scalar(ty: &Ty) -> bool {
    use Ty::{Bool, Char, F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
    matches!(
        ty,
        Bool | S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 | F32 | F64 | Char
    )
}

/// Converts bits to a scalar of a type.
///
/// Bits above those of the core type are ignored. For `bool`, any set bit means true.
///
/// # Errors
/// The trap `InvalidChar`.
#[inline]
pub(crate) fn scalar_from_bits(ty: &Ty, bits: u64) -> Result<Scalar> {
    match ty {
        // The most frequent type, where this function is inlined.
        Ty::U32 => Ok(Scalar::U32(low(bits))),
        other => other_from_bits(other, bits),
    }
}

fn other_from_bits(ty: &Ty, bits: u64) -> Result<Scalar> {
    let [byte, second, ..] = bits.to_le_bytes();
    let half = [byte, second];
    let word = low(bits).to_le_bytes();
    let bytes = bits.to_le_bytes();
    Ok(match ty {
        Ty::Bool => Scalar::Bool(low(bits) != 0),
        Ty::S8 => Scalar::S8(i8::from_le_bytes([byte])),
        Ty::U8 => Scalar::U8(byte),
        Ty::S16 => Scalar::S16(i16::from_le_bytes(half)),
        Ty::U16 => Scalar::U16(u16::from_le_bytes(half)),
        Ty::S32 => Scalar::S32(i32::from_le_bytes(word)),
        Ty::S64 => Scalar::S64(i64::from_le_bytes(bytes)),
        Ty::U64 => Scalar::U64(bits),
        Ty::F32 => Scalar::F32(canonicalize_nan32(f32::from_bits(low(bits)))),
        Ty::F64 => Scalar::F64(canonicalize_nan64(f64::from_bits(bits))),
        Ty::Char => Scalar::Char(convert_i32_to_char(low(bits))?),
        other => return Err(apart("a number, bool or char", other)),
    })
}

/// Lowers values to the beginning of `bits`. All types must be scalars. Returns `None` if a value has
/// another type, or if their number is another.
pub(crate) fn lower_scalars(types: &RecordTy, values: &[Value], bits: &mut [u64]) -> Option<()> {
    if types.fields.len() != values.len() {
        return None;
    }
    for (bits, (field, value)) in bits.iter_mut().zip(types.fields.iter().zip(values)) {
        *bits = scalar_from_value(&field.ty, value).ok()?.to_bits();
    }
    Some(())
}

/// Lifts a scalar of this type as a value.
///
/// # Errors
/// The trap `InvalidChar`.
#[inline]
pub(crate) fn lift_scalar(ty: &Ty, bits: u64) -> Result<Value> {
    scalar_from_bits(ty, bits).map(scalar_to_value)
}

/// Lifts a scalar from one guest and lowers it to another.
///
/// # Errors
/// The trap `InvalidChar`.
#[inline]
pub(crate) fn pass_scalar(ty: &Ty, bits: u64) -> Result<u64> {
    match ty {
        Ty::U32 | Ty::S32 | Ty::U64 | Ty::S64 => Ok(bits),
        other => scalar_from_bits(other, bits).map(Scalar::to_bits),
    }
}

macro_rules! scalars {
    ($($case:ident)*) => {
        #[inline]
        pub(crate) fn scalar_to_value(scalar: Scalar) -> Value {
            match scalar { $( Scalar::$case(value) => Value::$case(value), )* }
        }

        /// Converts a value to a scalar of this type.
        ///
        /// # Errors
        /// `Misuse` if the value has another type.
        #[inline]
        pub(crate) fn scalar_from_value(ty: &Ty, value: &Value) -> Result<Scalar> {
            match (ty, value) {
                // The most frequent type, where this function is inlined.
                (Ty::U32, Value::U32(value)) => Ok(Scalar::U32(*value)),
                (ty, value) => other_from_value(ty, value),
            }
        }

        fn other_from_value(ty: &Ty, value: &Value) -> Result<Scalar> {
            match (ty, value) {
                $( (Ty::$case, Value::$case(value)) => Ok(Scalar::$case(*value)), )*
                _ => Err(mismatch(ty, value.kind())),
            }
        }

        /// Checks that a scalar has a type.
        ///
        /// # Errors
        /// `Misuse` if the scalar has another type.
        #[inline]
        pub(crate) fn check_scalar(ty: &Ty, scalar: Scalar) -> Result<()> {
            match (ty, scalar) {
                // The most frequent type, where this function is inlined.
                (Ty::U32, Scalar::U32(_)) => Ok(()),
                (ty, scalar) => check_other(ty, scalar),
            }
        }

        fn check_other(ty: &Ty, scalar: Scalar) -> Result<()> {
            match (ty, scalar) {
                $( (Ty::$case, Scalar::$case(_)) => Ok(()), )*
                _ => Err(mismatch(ty, scalar_to_value(scalar).kind())),
            }
        }
    };
}

scalars!(Bool S8 U8 S16 U16 S32 U32 S64 U64 F32 F64 Char);

/// Returns the error for a value of the host that has another type.
pub(crate) fn mismatch(expected: &Ty, found: &str) -> Error {
    Error::misuse(format!("expected {}, found {found}", expected.kind()))
}

/// Returns the error for an internal inconsistency about a type.
pub(crate) fn apart(expected: &str, found: &Ty) -> Error {
    Error::engine(format!("expected {expected}, found {}", found.kind()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn bits_above_those_of_the_core_type_are_ignored() {
        const HIGH: u64 = 0xdead_beef << 32;
        for (ty, bits, expected) in [
            (Ty::Bool, 0, Scalar::Bool(false)),
            (Ty::Bool, 4, Scalar::Bool(true)),
            (Ty::S8, 0xff80, Scalar::S8(-128)),
            (Ty::U16, 0x1_ffff, Scalar::U16(u16::MAX)),
            (Ty::U32, 7, Scalar::U32(7)),
            (Ty::Char, 0x41, Scalar::Char('A')),
        ] {
            assert_eq!(scalar_from_bits(&ty, HIGH | bits).unwrap(), expected);
            let passed = low(pass_scalar(&ty, HIGH | bits).unwrap());
            assert_eq!(passed, low(expected.to_bits()));
        }
        assert!(pass_scalar(&Ty::Char, HIGH | 0xd800).is_err());
    }
}
