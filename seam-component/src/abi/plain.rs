//! Values that are plain: scalars, strings and lists of numbers.
//!
//! Most calls pass such values alone. Each is one or two core values and has no fields or cases inside,
//! so that neither places nor a stack of what is due are needed to pass it. For these values, the
//! traversals of [`lower_plain`](mod@super::lower_plain) and [`lift_plain`](mod@super::lift_plain) replace those
//! of [`parts`](super::parts), [`lower`](super::lower) and [`lift`](super::lift). Everything below the
//! traversal is the same code. The tests compare both.

use seam_core::Error;

use crate::abi::numbers::is_number;
use crate::abi::place::Place;
use crate::abi::scalar::is_scalar;
use seam_decode::types::{RecordTy, Ty, spills};

/// Returns whether all values are plain and, if there can be several, are passed as core values.
pub(crate) fn are_plain(max_flat: usize, types: &RecordTy) -> bool {
    let is_plain = |ty: &Ty| match ty {
        Ty::List(element) => is_number(element),
        other => is_scalar(other) || matches!(other, Ty::String),
    };
    let are_flat = types.fields.len() <= 1 || !spills(max_flat, types);
    are_flat && types.fields.iter().all(|field| is_plain(&field.ty))
}

/// The elements of a list of numbers that are passed one by one.
pub(super) struct Elements<'t> {
    pub(super) ty: &'t Ty,
    pub(super) ptr: u64,
    pub(super) left: u32,
}

impl<'t> Elements<'t> {
    pub(super) const NONE: Self = Elements {
        ty: &Ty::Bool,
        ptr: 0,
        left: 0,
    };

    /// Returns type and address of the next one. There must be one left.
    pub(super) fn next(&mut self) -> (&'t Ty, Place) {
        let place = Place::Memory(self.ptr);
        self.left = self.left.wrapping_sub(1);
        self.ptr += self.ty.size();
        (self.ty, place)
    }
}

#[cold]
pub(super) fn misfit() -> Error {
    Error::engine("expected as many core values as the type flattens to")
}
