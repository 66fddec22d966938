//! Lowering of strings and scalars that are passed as core values.
//!
//! They have neither elements nor cases nor fields. So nothing is due but the types that are left, and
//! [`store`](super::store), which every other call takes, would keep more than that.

use std::mem::{self, MaybeUninit};
use std::slice;

use seam_core::typed::{Lower, Numbers, Scalar};
use seam_core::{Error, FuncType, Resource, Type};
use wasmtime::component::__internal::wasmtime_environ::component::{MAX_FLAT_PARAMS, TypeTuple};
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::Lower as _;
use wasmtime::{Result, ValRaw};

use super::native;
use super::scalar::is_of;
use super::store::mismatch;

/// Returns whether a function takes strings and scalars only, so few that they are passed flat.
pub(crate) fn is_flat(ty: &FuncType) -> bool {
    let mut count = 0;
    let are_flat = ty.params.iter().all(|(_, ty)| {
        count += if *ty == Type::String { 2 } else { 1 };
        *ty == Type::String || ty.is_scalar()
    });
    are_flat && count <= MAX_FLAT_PARAMS
}

/// Writes strings and scalars to core values.
///
/// A type is due until its core values have been written. So no core value is uninitialized when none is
/// due.
pub(super) struct FlatWriter<'w, 'c, T: 'static> {
    cx: &'w mut LowerContext<'c, T>,
    due: slice::Iter<'c, InterfaceType>,
    /// The core values of what is due.
    slots: &'w mut [MaybeUninit<ValRaw>],
    /// The first failure of the engine.
    failed: Option<wasmtime::Error>,
}

impl<'w, 'c, T: 'static> FlatWriter<'w, 'c, T> {
    /// Writes the parts that `lower` passes, which must be the whole tuple.
    ///
    /// # Errors
    /// The engine's failure, if there was one: traps of the guest's `realloc` and of its result.
    /// Otherwise the error of `lower`, and `Misuse` if it does not pass all parts.
    #[inline]
    pub(super) fn write(
        cx: &'w mut LowerContext<'c, T>,
        tuple: &'c TypeTuple,
        slots: &'w mut [MaybeUninit<ValRaw>],
        lower: impl FnOnce(&mut Self) -> seam_core::Result<()>,
    ) -> Result<()> {
        let mut writer = Self {
            cx,
            due: tuple.types.iter(),
            slots,
            failed: None,
        };
        let lowered = lower(&mut writer);
        match (lowered, writer.failed, writer.due.as_slice()) {
            (Ok(()), None, []) => Ok(()),
            (_, Some(failed), _) => Err(failed),
            (Err(error), ..) => Err(wasmtime::Error::new(error)),
            (Ok(()), None, [due, ..]) => Err(wasmtime::Error::new(mismatch(*due, "no more parts"))),
        }
    }

    /// Returns the error for a part that is not due.
    #[cold]
    fn refuse(&self, found: &str) -> seam_core::Result<()> {
        Err(match self.due.as_slice() {
            [due, ..] => mismatch(*due, found),
            [] => Error::misuse(format!("expected no more parts, found {found}")),
        })
    }

    #[cold]
    fn fail(&mut self, error: wasmtime::Error) -> Error {
        let text = error.to_string();
        self.failed.get_or_insert(error);
        Error::engine(text)
    }

    /// Ends the first type that is due, whose core values have been written.
    #[inline]
    fn pass(&mut self, count: usize) {
        self.due.next();
        self.slots = mem::take(&mut self.slots)
            .get_mut(count..)
            .unwrap_or_default();
    }
}

impl<T: 'static> Lower for FlatWriter<'_, '_, T> {
    fn scalar(&mut self, scalar: Scalar) -> seam_core::Result<()> {
        match (self.due.as_slice(), self.slots.first_mut()) {
            ([due, ..], Some(slot)) if is_of(due, scalar) => {
                slot.write(ValRaw::u64(scalar.to_bits()));
                self.pass(1);
                Ok(())
            }
            ([], _) => self.refuse("a scalar"),
            _ => self.refuse(scalar.ty().kind()),
        }
    }

    fn string(&mut self, text: &str) -> seam_core::Result<()> {
        let ([InterfaceType::String, ..], Some(pair)) =
            (self.due.as_slice(), self.slots.first_chunk_mut())
        else {
            return self.refuse("string");
        };
        let pair = native::pair(pair);
        match text.linear_lower_to_flat(self.cx, InterfaceType::String, pair) {
            Ok(()) => {
                self.pass(2);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
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
