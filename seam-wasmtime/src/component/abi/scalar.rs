//! Scalars of functions over scalars: they are checked and converted before the guest is entered.

use std::mem::MaybeUninit;
use std::slice;
use std::sync::Arc;

use seam_core::typed::{Lower, LowerArgs, Numbers, Scalar};
use seam_core::{Error, FuncType, Resource, Type, Value};
use smallvec::SmallVec;
use wasmtime::component::__internal::wasmtime_environ::component::{MAX_FLAT_PARAMS, TypeTuple};
use wasmtime::component::__internal::{InterfaceType, LiftContext};
use wasmtime::component::{Lift, types};
use wasmtime::{Result, ValRaw, ensure};

use super::native::unexpected;

/// The arguments of a function over scalars, as the bits of core values.
///
/// Most functions have few parameters, whose arguments need no allocation.
#[derive(Default)]
pub(crate) struct Scalars(SmallVec<[u64; 4]>);

impl Scalars {
    /// Returns whether a function takes scalars only, so few that they are passed flat.
    pub(crate) fn fit(ty: &FuncType) -> bool {
        ty.params.len() <= MAX_FLAT_PARAMS && ty.params.iter().all(|(_, ty)| ty.is_scalar())
    }

    /// Adds the scalars of values. They are written in place, since a copy of what has just been written
    /// is slow.
    ///
    /// # Errors
    /// `Misuse` for values that are not of the parameters' types.
    #[inline]
    pub(crate) fn add_values(&mut self, ty: &FuncType, args: &[Value]) -> seam_core::Result<()> {
        let Self(bits) = self;
        for ((_, ty), arg) in ty.params.iter().zip(args) {
            match Scalar::of(arg) {
                Some(scalar) if scalar.is(ty) => bits.push(scalar.to_bits()),
                _ => break,
            }
        }
        if bits.len() == ty.params.len() && bits.len() == args.len() {
            return Ok(());
        }
        ty.check_args(args)?;
        Err(Error::engine("expected arguments that are all scalars"))
    }

    /// Adds the scalars of arguments that lower themselves.
    ///
    /// # Errors
    /// `Misuse` for parts that are not of the parameters' types; the errors of `args`.
    #[inline]
    pub(crate) fn add_typed(
        &mut self,
        ty: &FuncType,
        args: &mut dyn LowerArgs,
    ) -> seam_core::Result<()> {
        let mut collected = Collected {
            due: ty.params.iter(),
            bits: &mut self.0,
        };
        args.lower(&mut collected)?;
        match collected.due.as_slice() {
            [] => Ok(()),
            [(_, ty), ..] => Err(mismatch(ty, "no more parts")),
        }
    }

    /// Writes the scalars to the first core values.
    ///
    /// # Errors
    /// The function's parameters are another number of core values.
    #[inline]
    pub(super) fn lower(&self, tuple: &TypeTuple, slots: &mut [MaybeUninit<ValRaw>]) -> Result<()> {
        let fit = tuple.abi.flat_count(slots.len()) == Some(self.0.len());
        ensure!(fit, "{}", unexpected());
        for (slot, bits) in slots.iter_mut().zip(&self.0) {
            slot.write(ValRaw::u64(*bits));
        }
        Ok(())
    }
}

/// Collects the scalars that arguments pass.
struct Collected<'a> {
    due: slice::Iter<'a, (Arc<str>, Type)>,
    bits: &'a mut SmallVec<[u64; 4]>,
}

impl Collected<'_> {
    /// Returns the error for another part than the scalar that is due.
    #[cold]
    fn refuse(&mut self, found: &str) -> seam_core::Result<()> {
        Err(match self.due.next() {
            Some((_, ty)) => mismatch(ty, found),
            None => Error::misuse(format!("expected no more parts, found {found}")),
        })
    }
}

#[cold]
fn mismatch(due: &Type, found: &str) -> Error {
    Error::misuse(format!("expected {}, found {found}", due.kind()))
}

impl Lower for Collected<'_> {
    fn scalar(&mut self, scalar: Scalar) -> seam_core::Result<()> {
        match self.due.as_slice() {
            [(_, ty), ..] if scalar.is(ty) => {
                self.due.next();
                self.bits.push(scalar.to_bits());
                Ok(())
            }
            [] => self.refuse("a scalar"),
            _ => self.refuse(scalar.ty().kind()),
        }
    }

    fn string(&mut self, _: &str) -> seam_core::Result<()> {
        self.refuse("string")
    }

    fn numbers(&mut self, _: Numbers<'_>) -> seam_core::Result<()> {
        self.refuse("list")
    }

    fn list(&mut self, _: usize) -> seam_core::Result<()> {
        self.refuse("list")
    }

    fn case(&mut self, _: u32) -> seam_core::Result<()> {
        self.refuse("a case")
    }

    fn flags(&mut self, _: &[u32]) -> seam_core::Result<()> {
        self.refuse("flags")
    }

    fn resource(&mut self, _: &Resource) -> seam_core::Result<()> {
        self.refuse("a resource")
    }
}

/// The bits of the core value of a scalar.
#[derive(Clone, Copy)]
pub(crate) struct Bits(u64);

impl Bits {
    /// Takes the bits of a core value of this type.
    ///
    /// # Errors
    /// Bits that are no `char`; a type that is not a scalar.
    #[inline]
    pub(super) fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, slot: &ValRaw) -> Result<Self> {
        Ok(Self(match ty {
            InterfaceType::S64 | InterfaceType::U64 | InterfaceType::Float64 => slot.get_u64(),
            InterfaceType::Char => u32::from(char::linear_lift_from_flat(cx, ty, slot)?).into(),
            ty if is_scalar(&ty) => slot.get_u32().into(),
            _ => return Err(unexpected()),
        }))
    }

    /// Returns the bits. Those above the core type are zero.
    #[inline]
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

macro_rules! scalars {
    ($( $case:ident $ty:ident, )*) => {
        /// Returns whether values of this type are one core value.
        #[inline]
        pub(super) fn is_scalar(ty: &InterfaceType) -> bool {
            matches!(ty, $( InterfaceType::$ty )|*)
        }

        /// Returns whether a scalar is of this type.
        #[inline]
        pub(super) fn is_of(ty: &InterfaceType, scalar: Scalar) -> bool {
            matches!((ty, scalar), $( (InterfaceType::$ty, Scalar::$case(_)) )|*)
        }

        /// Returns whether the engine states the same scalar, or no scalar for another type.
        pub(crate) fn agree(ty: &Type, native: &types::Type) -> bool {
            match (ty, native) {
                $( (Type::$case, types::Type::$ty) => true, )*
                (ty, _) => !ty.is_scalar(),
            }
        }
    };
}

scalars! {
    Bool Bool, Char Char, S8 S8, U8 U8, S16 S16, U16 U16, S32 S32, U32 U32, S64 S64, U64 U64,
    F32 Float32, F64 Float64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn arguments_of_another_type_are_misuse() {
        let ty = FuncType::new([Type::U8, Type::Char], None);
        let add = |args: &[Value]| Scalars::default().add_values(&ty, args);
        assert!(add(&[Value::U8(1), Value::Char('a')]).is_ok());
        for args in [
            &[Value::U8(1), Value::U32(1)][..],
            &[Value::U8(1)],
            &[Value::U8(1), Value::Char('a'), Value::U8(1)],
        ] {
            let error = add(args).err().unwrap();
            assert_eq!(error.kind(), &seam_core::ErrorKind::Misuse, "{error}");
        }
    }
}
