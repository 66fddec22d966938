//! The lifting half of a call between guests: all checks that can trap, without building values.
//!
//! The reference lifts all values before it lowers the first one, so a trap of lifting comes before
//! any `realloc` of the other guest. Lifting removes handles from one guest's handle table. Their
//! representations are kept here, in order, so that [`transfer`](super::transfer) can add them to
//! the other guest's table.

use seam_core::Result;

use crate::abi::cx::{Cx, low};
use crate::abi::load::{check_list, lift_rep};
use crate::abi::place::Place;
use crate::abi::string::check_string;
use seam_decode::types::{RecordTy, Ty, VariantTy};

/// A traversal of one side's values.
pub(crate) struct Check<'a> {
    pub(crate) flat: &'a [u64],
    /// The representations of the handles, in the order of lifting.
    pub(crate) reps: &'a mut Vec<u32>,
}

impl Check<'_> {
    /// Checks the fields of a record and takes their handles, like lifting.
    ///
    /// # Errors
    /// Traps of the canonical ABI.
    pub(crate) fn record(&mut self, cx: &mut Cx<'_>, place: Place, ty: &RecordTy) -> Result<()> {
        let mut fields = ty.fields.iter();
        fields.try_for_each(|field| self.value(cx, place.field(field), &field.ty))
    }

    fn value(&mut self, cx: &mut Cx<'_>, place: Place, ty: &Ty) -> Result<()> {
        if !ty.traps() {
            return Ok(());
        }
        match ty {
            Ty::String => {
                let (ptr, tagged_code_units) = place.read_range(cx, self.flat)?;
                check_string(cx, ptr, tagged_code_units)
            }
            Ty::List(element) | Ty::Map(element) => {
                let (ptr, length) = place.read_range(cx, self.flat)?;
                check_list(cx, (ptr, length), element)?;
                self.elements(cx, Place::Memory(ptr.into()), length, element)
            }
            Ty::FixedLengthList(ty) => self.elements(cx, place, ty.len, &ty.element),
            Ty::Record(ty) | Ty::Tuple(ty) => self.record(cx, place, ty),
            Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
                self.variant(cx, place, cases)
            }
            Ty::Own(_) | Ty::Borrow(_) | Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
                let index = place.read_int(cx, self.flat, 4)?;
                self.reps.push(lift_rep(cx, low(index), ty)?);
                Ok(())
            }
            number => place.read_scalar(cx, self.flat, number).map(drop),
        }
    }

    fn elements(&mut self, cx: &mut Cx<'_>, first: Place, length: u32, element: &Ty) -> Result<()> {
        if !element.traps() {
            return Ok(());
        }
        let (mut place, stride) = (first, first.stride(element));
        for _ in 0..length {
            self.value(cx, place, element)?;
            place = place.at(stride);
        }
        Ok(())
    }

    fn variant(&mut self, cx: &mut Cx<'_>, place: Place, cases: &VariantTy) -> Result<()> {
        let case_index = place.read_int(cx, self.flat, cases.discriminant.into())?;
        match &cases.case(low(case_index))?.ty {
            Some(ty) => self.value(cx, place.payload(cases), ty),
            None => Ok(()),
        }
    }
}
