//! The place of a part of a value, for code that handles memory and core values alike.

use seam_core::typed::Scalar;
use seam_core::{Error, Result};

use crate::abi::cx::{Cx, low};
use crate::abi::scalar::scalar_from_bits;
use seam_decode::types::{FieldTy, Ty, VariantTy};

/// An address that is aligned and within memory, or the index of the first core value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Memory(u64),
    Flat(usize),
}

impl Place {
    /// Returns the place of a field of the record at this place.
    #[inline]
    pub(crate) fn field(self, field: &FieldTy) -> Place {
        match self {
            Place::Memory(ptr) => Place::Memory(ptr + field.offset),
            Place::Flat(slot) => Place::Flat(slot + field.slot),
        }
    }

    /// Returns the place of the payload of the variant at this place.
    #[inline]
    pub(crate) fn payload(self, cases: &VariantTy) -> Place {
        match self {
            Place::Memory(ptr) => Place::Memory(ptr + cases.payload),
            Place::Flat(slot) => Place::Flat(slot + 1),
        }
    }

    /// Returns the distance from one of consecutive values of this type to the next: in bytes if the
    /// first one is at this place in memory, otherwise in core values.
    #[inline]
    pub(crate) fn stride(self, element: &Ty) -> u64 {
        match self {
            Place::Memory(_) => element.size(),
            Place::Flat(_) => element.flat().len() as u64,
        }
    }

    /// Returns the place at this distance from this place.
    #[inline]
    pub(crate) fn at(self, distance: u64) -> Place {
        match self {
            Place::Memory(ptr) => Place::Memory(ptr + distance),
            Place::Flat(slot) => Place::Flat(slot + distance as usize),
        }
    }

    /// Reads an integer of `nbytes` bytes.
    ///
    /// In memory it occupies these bytes. Among core values it is an `i64` if it has eight bytes,
    /// otherwise an `i32`.
    #[inline]
    pub(crate) fn read_int(self, cx: &mut Cx<'_>, flat: &[u64], nbytes: u64) -> Result<u64> {
        match self {
            Place::Memory(ptr) => cx.load_int(ptr, nbytes),
            Place::Flat(slot) => {
                let bits = *flat.get(slot).ok_or_else(missing)?;
                Ok(if nbytes == 8 { bits } else { low(bits).into() })
            }
        }
    }

    #[inline]
    pub(crate) fn write_int(
        self,
        cx: &mut Cx<'_>,
        flat: &mut [u64],
        bits: u64,
        nbytes: u64,
    ) -> Result<()> {
        match self {
            Place::Memory(ptr) => cx.store_int(bits, ptr, nbytes),
            Place::Flat(slot) => {
                *flat.get_mut(slot).ok_or_else(missing)? = bits;
                Ok(())
            }
        }
    }

    #[inline]
    pub(crate) fn read_scalar(self, cx: &mut Cx<'_>, flat: &[u64], ty: &Ty) -> Result<Scalar> {
        let nbytes = match ty {
            // The most frequent type, where this function is inlined.
            Ty::U32 => 4,
            other => other.size(),
        };
        let bits = self.read_int(cx, flat, nbytes)?;
        scalar_from_bits(ty, bits)
    }

    #[inline]
    pub(crate) fn write_scalar(
        self,
        cx: &mut Cx<'_>,
        flat: &mut [u64],
        scalar: Scalar,
        ty: &Ty,
    ) -> Result<()> {
        match (self, scalar) {
            // The most frequent type, where this function is inlined.
            (Place::Memory(ptr), Scalar::U32(value)) => cx.store(value.to_le_bytes(), ptr),
            _ => self.write_int(cx, flat, scalar.to_bits(), ty.size()),
        }
    }

    /// Reads a pointer and a length.
    #[inline]
    pub(crate) fn read_range(self, cx: &mut Cx<'_>, flat: &[u64]) -> Result<(u32, u32)> {
        match self {
            Place::Memory(ptr) => cx.load_range(ptr),
            Place::Flat(slot) => {
                let begin = self.read_int(cx, flat, 4)?;
                let length = Place::Flat(slot + 1).read_int(cx, flat, 4)?;
                Ok((low(begin), low(length)))
            }
        }
    }

    #[inline]
    pub(crate) fn write_range(
        self,
        cx: &mut Cx<'_>,
        flat: &mut [u64],
        (begin, length): (u32, u32),
    ) -> Result<()> {
        match self {
            Place::Memory(ptr) => cx.store_range((begin, length), ptr),
            Place::Flat(slot) => {
                self.write_int(cx, flat, begin.into(), 4)?;
                Place::Flat(slot + 1).write_int(cx, flat, length.into(), 4)
            }
        }
    }
}

fn missing() -> Error {
    Error::engine("expected as many core values as the type flattens to")
}
