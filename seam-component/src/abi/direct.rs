//! Scalars of typed calls, which pass without memory and without a machine.

use seam_core::typed::{Lift, Lower, Numbers, Scalar};
use seam_core::{List, Resource, Result};

use crate::abi::first_error::FirstError;
use crate::abi::parts::{no_more, one_more, untaken};
use crate::abi::scalar::{check_scalar, mismatch, scalar_from_bits};
use seam_decode::types::{FieldTy, RecordTy, Ty};

/// The scalars that are due, with their core values.
struct Due<'t, B> {
    fields: std::slice::Iter<'t, FieldTy>,
    bits: B,
    first: FirstError,
}

impl<'t, B: Iterator> Due<'t, B> {
    #[inline]
    fn next(&mut self, found: &str) -> Result<(&'t FieldTy, B::Item)> {
        match (self.fields.next(), self.bits.next()) {
            (Some(field), Some(bits)) => Ok((field, bits)),
            _ => Err(no_more(found)),
        }
    }

    /// Returns the error for a part that is not a scalar.
    #[cold]
    fn refuse<T>(&mut self, found: &str) -> Result<T> {
        let refused = (self.next(found)).and_then(|(field, _)| Err(mismatch(&field.ty, found)));
        self.first.of(refused)
    }
}

/// Like [`lower_parts`](super::lower_parts), for types that are all scalars.
///
/// # Errors
/// `Misuse` for parts of another type or number. Errors of `lower`.
pub(crate) fn lower_direct(
    types: &RecordTy,
    bits: &mut [u64],
    lower: impl FnOnce(&mut dyn Lower) -> Result<()>,
) -> Result<()> {
    let mut to = Due {
        fields: types.fields.iter(),
        bits: bits.iter_mut(),
        first: FirstError::default(),
    };
    let lowered = lower(&mut to);
    to.first.end(lowered)?;
    match to.fields.next() {
        None => Ok(()),
        Some(field) => Err(one_more(&field.ty)),
    }
}

/// Like [`lift_parts`](super::lift_parts), for types that are all scalars.
///
/// # Errors
/// `Misuse` if other parts are taken, or not all of them. Errors of `lift`. The trap `InvalidChar`.
pub(crate) fn lift_direct(
    types: &RecordTy,
    bits: &[u64],
    lift: impl FnOnce(&mut dyn Lift) -> Result<()>,
) -> Result<()> {
    let mut from = Due {
        fields: types.fields.iter(),
        bits: bits.iter(),
        first: FirstError::default(),
    };
    lift(&mut from)?;
    match from.fields.next() {
        None => Ok(()),
        Some(_) => Err(untaken()),
    }
}

impl Due<'_, std::slice::IterMut<'_, u64>> {
    /// Out of line, so that the most frequent type has a short way.
    #[inline(never)]
    fn other_scalar(&mut self, scalar: Scalar) -> Result<()> {
        let part = self.next("a scalar").and_then(|(field, bits)| {
            check_scalar(&field.ty, scalar)?;
            *bits = scalar.to_bits();
            Ok(())
        });
        self.first.of(part)
    }
}

impl Lower for Due<'_, std::slice::IterMut<'_, u64>> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        if let (Scalar::U32(value), [FieldTy { ty: Ty::U32, .. }, ..]) =
            (scalar, self.fields.as_slice())
        {
            if let Some(bits) = self.bits.next() {
                self.fields.next();
                *bits = value.into();
                return Ok(());
            }
        }
        self.other_scalar(scalar)
    }

    fn string(&mut self, _: &str) -> Result<()> {
        self.refuse("string")
    }

    fn numbers(&mut self, _: Numbers<'_>) -> Result<()> {
        self.refuse("list")
    }

    fn list(&mut self, _: usize) -> Result<()> {
        self.refuse("list")
    }

    fn case(&mut self, _: u32) -> Result<()> {
        self.refuse("a case")
    }

    fn flags(&mut self, _: &[u32]) -> Result<()> {
        self.refuse("flags")
    }

    fn resource(&mut self, _: &Resource) -> Result<()> {
        self.refuse("a resource")
    }
}

impl Lift for Due<'_, std::slice::Iter<'_, u64>> {
    fn scalar(&mut self) -> Result<Scalar> {
        let (field, bits) = self.next("a scalar")?;
        scalar_from_bits(&field.ty, *bits)
    }

    fn string(&mut self) -> Result<String> {
        self.refuse("string")
    }

    fn numbers(&mut self) -> Result<List> {
        self.refuse("a list of numbers")
    }

    fn list(&mut self) -> Result<usize> {
        self.refuse("list")
    }

    fn case(&mut self) -> Result<u32> {
        self.refuse("a case")
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        self.refuse("flags")
    }

    fn resource(&mut self) -> Result<Resource> {
        self.refuse("a resource")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::ErrorKind;

    fn types() -> RecordTy {
        RecordTy::new([("a".into(), Ty::S8), ("b".into(), Ty::Char)])
    }

    #[test]
    fn scalars_are_lowered_and_lifted_in_order() {
        let mut bits = [0; 3];
        lower_direct(&types(), &mut bits, |to| {
            to.scalar(Scalar::S8(-1))?;
            to.scalar(Scalar::Char('x'))
        })
        .unwrap();
        assert_eq!(bits, [0xffff_ffff, 0x78, 0]);
        let mut lifted = Vec::new();
        lift_direct(&types(), &bits, |from| {
            lifted.extend([from.scalar()?, from.scalar()?]);
            Ok(())
        })
        .unwrap();
        assert_eq!(lifted, [Scalar::S8(-1), Scalar::Char('x')]);
    }

    #[test]
    fn words_are_lowered_among_other_scalars() {
        let types = RecordTy::new([("a".into(), Ty::U32), ("b".into(), Ty::U8)]);
        let mut bits = [0; 3];
        lower_direct(&types, &mut bits, |to| {
            to.scalar(Scalar::U32(u32::MAX))?;
            to.scalar(Scalar::U8(7))
        })
        .unwrap();
        assert_eq!(bits, [0xffff_ffff, 7, 0]);
        for scalars in [[Scalar::U8(1), Scalar::U8(1)], [Scalar::U32(1); 2]] {
            let lowered = lower_direct(&types, &mut bits, |to| {
                scalars.iter().try_for_each(|scalar| to.scalar(*scalar))
            });
            assert_eq!(*lowered.unwrap_err().kind(), ErrorKind::Misuse);
        }
        let short = lower_direct(&types, &mut [], |to| to.scalar(Scalar::U32(1)));
        assert_eq!(*short.unwrap_err().kind(), ErrorKind::Misuse);
    }

    #[test]
    fn other_parts_are_misuse() {
        type Lowers = fn(&mut dyn Lower) -> Result<()>;
        let lowers: [Lowers; 4] = [
            |_| Ok(()),
            |to| to.scalar(Scalar::U8(0)),
            |to| to.string("text"),
            |to| {
                to.scalar(Scalar::S8(0))?;
                to.scalar(Scalar::Char('x'))?;
                to.scalar(Scalar::U8(0))
            },
        ];
        for lower in lowers {
            let error = lower_direct(&types(), &mut [0; 3], lower).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{error}");
        }
        type Lifts = fn(&mut dyn Lift) -> Result<()>;
        let lifts: [Lifts; 3] = [
            |from| from.scalar().map(drop),
            |from| from.list().map(drop),
            |from| (0..3).try_for_each(|_| from.scalar().map(drop)),
        ];
        for lift in lifts {
            let error = lift_direct(&types(), &[0; 3], lift).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{error}");
        }
    }

    #[test]
    fn an_invalid_char_traps() {
        let lifted = lift_direct(&types(), &[0, 0xd800], |from| {
            from.scalar()?;
            from.scalar().map(drop)
        });
        assert!(lifted.unwrap_err().as_trap().is_some());
    }
}
