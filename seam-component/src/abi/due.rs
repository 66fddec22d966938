//! The parts of values that are due, for code that passes them one after another.

use smallvec::SmallVec;

use crate::abi::place::Place;
use seam_core::Result;
use seam_decode::types::{FieldTy, RecordTy, Ty, VariantTy};

/// The parts that are due.
pub(super) struct DueParts<'t> {
    /// The fields of the innermost record that is being passed, and its place. They are due first.
    fields: &'t [FieldTy],
    place: Place,
    /// What is due after them, with the next ones at the end.
    after: SmallVec<[Due<'t>; 6]>,
}

#[derive(Clone, Copy)]
enum Due<'t> {
    /// A value at a place.
    Value(&'t Ty, Place),
    /// The fields of a record at a place.
    Fields(&'t [FieldTy], Place),
    Elements(Elements<'t>),
    /// The pointer and length of a list, due after its elements.
    Range(Place, (u32, u32)),
}

/// Consecutive values.
#[derive(Clone, Copy)]
struct Elements<'t> {
    ty: &'t Ty,
    /// The place of the next one.
    place: Place,
    left: u32,
    /// The distance between two of them, in bytes or core values.
    stride: u64,
}

/// The kind of the next part.
pub(super) enum Next<'t> {
    Part(&'t Ty, Place),
    Range(Place, (u32, u32)),
}

impl<'t> DueParts<'t> {
    #[inline]
    pub(super) fn of(types: &'t RecordTy, place: Place) -> Self {
        Self {
            fields: &types.fields,
            place,
            after: SmallVec::new(),
        }
    }

    /// Makes the values of a list due next, the first of which is at this place.
    pub(super) fn push_elements(&mut self, ty: &'t Ty, place: Place, left: u32) {
        let stride = place.stride(ty);
        self.push(Due::Elements(Elements {
            ty,
            place,
            left,
            stride,
        }));
    }

    /// Makes the pointer and length of a list due next.
    pub(super) fn push_range(&mut self, place: Place, range: (u32, u32)) {
        self.push(Due::Range(place, range));
    }

    /// Makes the payload of a case due next, if it has one.
    ///
    /// # Errors
    /// The trap `InvalidDiscriminant` if there is no such case.
    pub(super) fn push_payload(
        &mut self,
        cases: &'t VariantTy,
        case_index: u32,
        place: Place,
    ) -> Result<()> {
        if let Some(ty) = &cases.case(case_index)?.ty {
            self.push(Due::Value(ty, place.payload(cases)));
        }
        Ok(())
    }

    fn push(&mut self, due: Due<'t>) {
        self.put_off_fields();
        self.after.push(due);
    }

    /// Makes the fields of the current record due later.
    fn put_off_fields(&mut self) {
        let fields = std::mem::take(&mut self.fields);
        if !fields.is_empty() {
            self.after.push(Due::Fields(fields, self.place));
        }
    }

    /// Returns whether nothing is due. If the last element of a list was passed, it may return `false`.
    #[inline]
    pub(super) fn is_done(&self) -> bool {
        self.fields.is_empty() && self.after.is_empty()
    }

    /// Returns the next part if it is a field of the current record, or of the next record of a list:
    /// the most frequent cases.
    #[inline(always)]
    pub(super) fn next_field(&mut self) -> Option<(&'t Ty, Place)> {
        if self.fields.is_empty() && !self.enter_element() {
            return None;
        }
        match self.fields {
            [field, rest @ ..] if !matches!(field.ty, Ty::Record(_) | Ty::Tuple(_)) => {
                self.fields = rest;
                Some((&field.ty, self.place.field(field)))
            }
            _ => None,
        }
    }

    /// Makes the fields of the next element due, if the elements of a list of records are due next.
    #[inline(never)]
    fn enter_element(&mut self) -> bool {
        let Some(Due::Elements(elements)) = self.after.last_mut() else {
            return false;
        };
        let (Ty::Record(record) | Ty::Tuple(record)) = elements.ty else {
            return false;
        };
        if elements.left == 0 {
            return false;
        }
        let (_, place) = elements.next();
        (self.fields, self.place) = (&record.fields, place);
        true
    }

    /// Returns the next part, which may be within a record or a list.
    pub(super) fn next(&mut self) -> Option<Next<'t>> {
        loop {
            let (ty, place) = match (self.fields, self.after.last_mut()) {
                ([field, rest @ ..], _) => {
                    self.fields = rest;
                    (&field.ty, self.place.field(field))
                }
                ([], Some(Due::Elements(elements))) if elements.left > 0 => elements.next(),
                ([], _) => match self.after.pop()? {
                    Due::Value(ty, place) => (ty, place),
                    Due::Fields(fields, place) => {
                        (self.fields, self.place) = (fields, place);
                        continue;
                    }
                    Due::Range(place, range) => return Some(Next::Range(place, range)),
                    Due::Elements(_) => continue,
                },
            };
            let (Ty::Record(record) | Ty::Tuple(record)) = ty else {
                return Some(Next::Part(ty, place));
            };
            self.put_off_fields();
            (self.fields, self.place) = (&record.fields, place);
        }
    }
}

impl<'t> Elements<'t> {
    /// Returns the next one. There must be one left.
    #[inline]
    fn next(&mut self) -> (&'t Ty, Place) {
        let place = self.place;
        self.left = self.left.wrapping_sub(1);
        self.place = place.at(self.stride);
        (self.ty, place)
    }
}
