//! Scalars as core values: `lift_flat` and `lower_flat` of numbers, `bool` and `char`.

use super::Scalar;
use crate::{CanonTrap, Error, Result, Type};

/// # For implementors
/// `canonicalize_nan32`
#[must_use]
pub fn canonicalize_nan32(float: f32) -> f32 {
    const CANONICAL_FLOAT32_NAN: u32 = 0x7fc0_0000;
    match float.is_nan() {
        true => f32::from_bits(CANONICAL_FLOAT32_NAN),
        false => float,
    }
}

/// # For implementors
/// `canonicalize_nan64`
#[must_use]
pub fn canonicalize_nan64(float: f64) -> f64 {
    const CANONICAL_FLOAT64_NAN: u64 = 0x7ff8_0000_0000_0000;
    match float.is_nan() {
        true => f64::from_bits(CANONICAL_FLOAT64_NAN),
        false => float,
    }
}

impl Scalar {
    /// # For implementors
    /// Lifts a scalar of this type from the bits of a core value.
    ///
    /// Bits above those of the core type are ignored. For `bool`, any set bit means true.
    ///
    /// # Errors
    /// The trap `InvalidChar`; `Engine` for a type that is not a scalar.
    #[inline]
    pub fn from_bits(ty: &Type, bits: u64) -> Result<Self> {
        match ty {
            // The most frequent type, where this function is inlined.
            Type::U32 => Ok(Scalar::U32(low(bits))),
            other => other_from_bits(other, bits),
        }
    }

    /// # For implementors
    /// Returns the bits of the scalar's core value. Signed scalars are sign-extended to the width of the
    /// core type (`lower_flat_signed`). The bits above are zero.
    #[must_use]
    #[inline]
    pub fn to_bits(self) -> u64 {
        let signed = |value: i32| u64::from(u32::from_le_bytes(value.to_le_bytes()));
        match self {
            Scalar::Bool(value) => value.into(),
            Scalar::S8(value) => signed(value.into()),
            Scalar::U8(value) => value.into(),
            Scalar::S16(value) => signed(value.into()),
            Scalar::U16(value) => value.into(),
            Scalar::S32(value) => signed(value),
            Scalar::U32(value) => value.into(),
            Scalar::S64(value) => u64::from_le_bytes(value.to_le_bytes()),
            Scalar::U64(value) => value,
            Scalar::F32(value) => canonicalize_nan32(value).to_bits().into(),
            Scalar::F64(value) => canonicalize_nan64(value).to_bits(),
            Scalar::Char(value) => u32::from(value).into(),
        }
    }
}

fn other_from_bits(ty: &Type, bits: u64) -> Result<Scalar> {
    let bytes = bits.to_le_bytes();
    let [first, second, third, fourth, ..] = bytes;
    let (half, word) = ([first, second], [first, second, third, fourth]);
    Ok(match ty {
        Type::Bool => Scalar::Bool(low(bits) != 0),
        Type::S8 => Scalar::S8(i8::from_le_bytes([first])),
        Type::U8 => Scalar::U8(first),
        Type::S16 => Scalar::S16(i16::from_le_bytes(half)),
        Type::U16 => Scalar::U16(u16::from_le_bytes(half)),
        Type::S32 => Scalar::S32(i32::from_le_bytes(word)),
        Type::U32 => Scalar::U32(low(bits)),
        Type::S64 => Scalar::S64(i64::from_le_bytes(bytes)),
        Type::U64 => Scalar::U64(bits),
        Type::F32 => Scalar::F32(canonicalize_nan32(f32::from_bits(low(bits)))),
        Type::F64 => Scalar::F64(canonicalize_nan64(f64::from_bits(bits))),
        Type::Char => {
            let char = char::from_u32(low(bits));
            Scalar::Char(char.ok_or_else(|| Error::trap(CanonTrap::InvalidChar))?)
        }
        other => {
            let found = other.kind();
            return Err(Error::engine(format!(
                "expected a number, bool or char, found {found}"
            )));
        }
    })
}

/// Returns the low half of the bits.
#[inline]
fn low(bits: u64) -> u32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HIGH: u64 = 0xdead_beef << 32;

    #[test]
    fn scalars_are_their_bits() {
        for scalar in [
            Scalar::Bool(true),
            Scalar::S8(-1),
            Scalar::U8(u8::MAX),
            Scalar::S16(i16::MIN),
            Scalar::U16(u16::MAX),
            Scalar::S32(-2),
            Scalar::U32(u32::MAX),
            Scalar::S64(i64::MIN),
            Scalar::U64(u64::MAX),
            Scalar::F32(-0.5),
            Scalar::F64(f64::MAX),
            Scalar::Char('\u{10ffff}'),
        ] {
            let lifted = Scalar::from_bits(&scalar.ty(), scalar.to_bits());
            assert_eq!(lifted.unwrap(), scalar);
        }
        assert_eq!(Scalar::S8(-1).to_bits(), 0xffff_ffff);
    }

    #[test]
    fn bits_above_those_of_the_core_type_are_ignored() {
        for (bits, expected) in [
            (0, Scalar::Bool(false)),
            (4, Scalar::Bool(true)),
            (0xff80, Scalar::S8(-128)),
            (0x1_ffff, Scalar::U16(u16::MAX)),
            (7, Scalar::U32(7)),
            (0x41, Scalar::Char('A')),
        ] {
            let lifted = Scalar::from_bits(&expected.ty(), HIGH | bits);
            assert_eq!(lifted.unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_char_traps_and_what_is_no_scalar_fails() {
        let error = Scalar::from_bits(&Type::Char, 0xd800).unwrap_err();
        assert!(error.as_trap().is_some());
        assert!(Scalar::from_bits(&Type::String, 0).is_err());
    }

    #[test]
    fn not_a_number_has_one_representation() {
        let nan = f32::from_bits(0xffc0_0001);
        assert_eq!(Scalar::F32(nan).to_bits(), 0x7fc0_0000);
        let lifted = Scalar::from_bits(&Type::F64, 0xfff8_0000_0000_0001).unwrap();
        assert_eq!(lifted.to_bits(), 0x7ff8_0000_0000_0000);
    }
}
