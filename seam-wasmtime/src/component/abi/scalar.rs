//! Arguments that are all scalars: they are checked and collected before the guest is entered.

use std::mem::MaybeUninit;
use std::slice;

use seam_core::typed::{Lower, LowerArgs, Numbers, Scalar};
use seam_core::{Error, FuncType, Resource, Type, Value};
use smallvec::SmallVec;
use wasmtime::component::__internal::wasmtime_environ::component::MAX_FLAT_PARAMS;
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::Lower as NativeLower;
use wasmtime::{Result, ValRaw, ensure};

use super::native::unexpected;

/// The arguments of a function over scalars. Most functions have few, which need no allocation.
pub(crate) struct Scalars(SmallVec<[Scalar; 4]>);

impl Scalars {
    /// Whether a function takes scalars only, so few that they are passed flat.
    pub(crate) fn fit(ty: &FuncType) -> bool {
        ty.params.len() <= MAX_FLAT_PARAMS && ty.params.iter().all(|(_, ty)| is_scalar(ty))
    }

    /// Returns the scalars of values, or `None` if they are not of the parameters' types.
    #[inline]
    pub(crate) fn of_values(ty: &FuncType, args: &[Value]) -> Option<Self> {
        if ty.params.len() != args.len() {
            return None;
        }
        let mut scalars = SmallVec::new();
        for ((_, ty), arg) in ty.params.iter().zip(args) {
            scalars.push(of_value(ty, arg)?);
        }
        Some(Self(scalars))
    }

    /// Returns the scalars of arguments that lower themselves.
    ///
    /// # Errors
    /// `Misuse` for parts that are not of the parameters' types; the errors of `args`.
    pub(crate) fn of_typed(ty: &FuncType, args: &mut dyn LowerArgs) -> seam_core::Result<Self> {
        let mut collected = Collected {
            due: ty.params.iter(),
            scalars: SmallVec::new(),
        };
        args.lower(&mut collected)?;
        match collected.due.next() {
            None => Ok(Self(collected.scalars)),
            Some((_, ty)) => Err(mismatch(ty, "no more parts")),
        }
    }

    /// Writes the scalars to the first core values.
    ///
    /// # Errors
    /// The function's parameters have other types.
    #[inline]
    pub(super) fn lower<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        types: &[InterfaceType],
        slots: &mut [MaybeUninit<ValRaw>],
    ) -> Result<()> {
        let fit = types.len() == self.0.len() && types.len() <= slots.len();
        ensure!(fit, "{}", unexpected());
        let pairs = types.iter().zip(&self.0);
        pairs
            .zip(slots)
            .try_for_each(|((ty, scalar), slot)| lower(cx, *ty, *scalar, slot))
    }
}

/// Collects the scalars that arguments pass.
struct Collected<'a> {
    due: slice::Iter<'a, (std::sync::Arc<str>, Type)>,
    scalars: SmallVec<[Scalar; 4]>,
}

impl Collected<'_> {
    /// Returns the error for another part than a scalar.
    fn refuse(&mut self, found: &str) -> seam_core::Result<()> {
        Err(match self.due.next() {
            Some((_, ty)) => mismatch(ty, found),
            None => Error::misuse(format!("expected no more parts, found {found}")),
        })
    }
}

fn mismatch(due: &Type, found: &str) -> Error {
    Error::misuse(format!("expected {}, found {found}", due.kind()))
}

impl Lower for Collected<'_> {
    fn scalar(&mut self, scalar: Scalar) -> seam_core::Result<()> {
        match self.due.next() {
            Some((_, ty)) if scalar.is(ty) => {
                self.scalars.push(scalar);
                Ok(())
            }
            Some((_, ty)) => Err(mismatch(ty, scalar.ty().kind())),
            None => self.refuse("a scalar"),
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

macro_rules! scalars {
    ($( $case:ident $ty:ident, )*) => {
        /// Whether values of this type are scalars.
        pub(crate) fn is_scalar(ty: &Type) -> bool {
            matches!(ty, $( Type::$case )|*)
        }

        /// Returns the scalar of a value of this type.
        #[inline]
        fn of_value(ty: &Type, value: &Value) -> Option<Scalar> {
            match (ty, value) {
                $( (Type::$case, Value::$case(value)) => Some(Scalar::$case(*value)), )*
                _ => None,
            }
        }

        /// Writes a scalar of this type.
        ///
        /// # Errors
        /// The scalar has another type.
        #[inline]
        pub(super) fn lower<T>(
            cx: &mut LowerContext<'_, T>,
            ty: InterfaceType,
            scalar: Scalar,
            slot: &mut MaybeUninit<ValRaw>,
        ) -> Result<()> {
            match (ty, scalar) {
                $( (InterfaceType::$ty, Scalar::$case(value)) => {
                    value.linear_lower_to_flat(cx, ty, slot)
                } )*
                _ => Err(unexpected()),
            }
        }
    };
}

scalars! {
    Bool Bool, Char Char, S8 S8, U8 U8, S16 S16, U16 U16, S32 S32, U32 U32, S64 S64, U64 U64,
    F32 Float32, F64 Float64,
}
