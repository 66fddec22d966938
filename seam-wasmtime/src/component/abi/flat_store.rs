//! Lowering of scalars, strings and lists of strings whose core values are passed flat.
//!
//! They have neither cases nor fields, and their elements have no elements. So nothing is due but the
//! types that are left and the strings of one list. [`store`](super::store), which every other call
//! takes, would keep more than that.

use std::mem::{self, MaybeUninit};
use std::slice;

use seam_core::typed::{Lower, Numbers, Scalar};
use seam_core::{Error, FuncType, Resource, Type};
use wasmtime::component::__internal::wasmtime_environ::component::{MAX_FLAT_PARAMS, TypeTuple};
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::{ComponentType, Lower as _};
use wasmtime::{Result, ValRaw, format_err};

use super::native;
use super::scalar::is_of;
use super::store::mismatch;

/// Returns whether a function takes scalars, strings and lists of strings only, so few that they are
/// passed flat.
pub(crate) fn is_flat(ty: &FuncType) -> bool {
    let mut count = 0;
    let are_flat = ty.params.iter().all(|(_, ty)| {
        count += if ty.is_scalar() { 1 } else { 2 };
        match ty {
            Type::String => true,
            Type::List(element) => **element == Type::String,
            ty => ty.is_scalar(),
        }
    });
    are_flat && count <= MAX_FLAT_PARAMS
}

/// Writes scalars, strings and lists of strings to core values.
///
/// A type is due until its core values have been written. So no core value is uninitialized when none is
/// due.
pub(super) struct FlatWriter<'w, 'c, T: 'static> {
    cx: &'w mut LowerContext<'c, T>,
    due: slice::Iter<'c, InterfaceType>,
    /// The core values of what is due.
    slots: &'w mut [MaybeUninit<ValRaw>],
    /// The strings of a list, which are due first.
    strings: Strings,
    /// The first error of a part.
    failed: Option<wasmtime::Error>,
}

/// The strings of a list whose room has been allocated.
struct Strings {
    /// Where the pointer and the length of the next one go.
    at: usize,
    left: usize,
}

impl<'w, 'c, T: 'static> FlatWriter<'w, 'c, T> {
    /// Writes the parts that `lower` passes, which must be the whole tuple.
    ///
    /// # Errors
    /// The first error of a part: traps of the guest's `realloc` and of its result, and `Misuse`.
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
            strings: Strings { at: 0, left: 0 },
            failed: None,
        };
        let lowered = lower(&mut writer);
        match (lowered, writer.failed.take(), writer.due()) {
            (Ok(()), None, None) => Ok(()),
            (_, Some(failed), _) => Err(failed),
            (Err(error), ..) => Err(wasmtime::Error::new(error)),
            (Ok(()), None, Some(due)) => Err(wasmtime::Error::new(mismatch(*due, "no more parts"))),
        }
    }

    /// Returns the type that is due, if there is one.
    #[inline]
    fn due(&self) -> Option<&InterfaceType> {
        match self.strings.left {
            0 => self.due.as_slice().first(),
            _ => Some(&InterfaceType::String),
        }
    }

    /// Returns the error for a part that is not due.
    #[cold]
    fn refuse(&mut self, found: &str) -> seam_core::Result<()> {
        let refused = match self.due() {
            Some(due) => mismatch(*due, found),
            None => Error::misuse(format!("expected no more parts, found {found}")),
        };
        self.refused(refused)
    }

    /// Keeps the error of a part, in case that the Rust type drops it.
    #[cold]
    fn refused(&mut self, error: Error) -> seam_core::Result<()> {
        let kept = || wasmtime::Error::new(Error::misuse(error.message().to_owned()));
        self.failed.get_or_insert_with(kept);
        Err(error)
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
        let is_next = self.strings.left == 0;
        match (self.due.as_slice(), self.slots.first_mut()) {
            ([due, ..], Some(slot)) if is_next && is_of(due, scalar) => {
                slot.write(ValRaw::u64(scalar.to_bits()));
                self.pass(1);
                return Ok(());
            }
            _ => {}
        }
        match self.due() {
            Some(_) => self.refuse(scalar.ty().kind()),
            None => self.refuse("a scalar"),
        }
    }

    fn string(&mut self, text: &str) -> seam_core::Result<()> {
        if self.strings.left > 0 {
            let at = self.strings.at;
            self.strings.left -= 1;
            self.strings.at += <str as ComponentType>::SIZE32;
            let stored = text.linear_lower_to_memory(self.cx, InterfaceType::String, at);
            return stored.map_err(|error| self.fail(error));
        }
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

    fn numbers(&mut self, numbers: Numbers<'_>) -> seam_core::Result<()> {
        match self.due() {
            Some(InterfaceType::List(index)) => {
                let element = self.cx.types[*index].element;
                self.refused(mismatch(element, numbers.ty().kind()))
            }
            _ => self.refuse("list"),
        }
    }

    fn list(&mut self, len: usize) -> seam_core::Result<()> {
        let types = self.cx.types;
        let ([InterfaceType::List(index), ..], 0, [ptr, length, ..]) =
            (self.due.as_slice(), self.strings.left, &mut *self.slots)
        else {
            return self.refuse("list");
        };
        if !matches!(types[*index].element, InterfaceType::String) {
            return self.refuse("list");
        }
        let allocated = len
            .checked_mul(<str as ComponentType>::SIZE32)
            .ok_or_else(|| format_err!("size overflow copying a list"))
            .and_then(|size| self.cx.realloc(0, 0, <str as ComponentType>::ALIGN32, size));
        match allocated {
            Ok(at) => {
                // As wasmtime passes a list: the upper bits are zero.
                ptr.write(ValRaw::u64(at as u64));
                length.write(ValRaw::u64(len as u64));
                self.strings = Strings { at, left: len };
                self.pass(2);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
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
