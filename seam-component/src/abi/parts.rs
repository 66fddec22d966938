//! Arguments and results that are passed in parts, without building values: of typed calls, and of
//! host functions over Rust types.

use seam_core::typed::{Lift, Lower, Numbers, Scalar};
use seam_core::{Error, List, Resource, Result, Value};

use crate::abi::cx::{Cx, low};
use crate::abi::due::{DueParts, Next};
use crate::abi::first_error::FirstError;
use crate::abi::flat::FlatBits;
use crate::abi::lift::{CoreValueIter, check_area};
use crate::abi::load::{VALUE_BYTES, check_list, labelled_bits, lift_end, lift_resource};
use crate::abi::lower::allocate_area;
use crate::abi::numbers::{is_number, load_numbers, number_at, numbers_of, store_numbers};
use crate::abi::place::Place;
use crate::abi::scalar::{check_scalar, is_scalar, mismatch, scalar_to_value};
use crate::abi::store::{allocate_list, lower_end, lower_resource, store_numbers_into_range};
use crate::abi::string::load_string_from_range;
use crate::abi::transcode::{store_host_string, store_host_string_into_range};
use seam_decode::types::spills;
use seam_decode::types::{RecordTy, Ty};

/// Like [`lower_flat_values`](super::lower_flat_values), for values that `lower` passes in parts.
///
/// # Errors
/// `Misuse` for parts of another type or number. Errors of `lower`. Traps of the guest's `realloc`,
/// of its result, and of `out_param`.
pub(crate) fn lower_parts(
    cx: &mut Cx<'_>,
    max_flat: usize,
    lower: impl FnOnce(&mut dyn Lower) -> Result<()>,
    types: &RecordTy,
    out_param: Option<u32>,
    out: &mut FlatBits,
) -> Result<()> {
    let (place, flat) = if spills(max_flat, types) {
        let ptr = allocate_area(cx, types, out_param, out)?;
        (Place::Memory(ptr.into()), &mut [][..])
    } else {
        (Place::Flat(0), out.extend(types.flat.len())?)
    };
    // Its parts are created in place, since they are large.
    let mut writer = PartsWriter {
        cx: cx.reborrow(),
        flat,
        due: DueParts::of(types, place),
        first: FirstError::default(),
    };
    let lowered = lower(&mut writer);
    writer.first.end(lowered)?;
    match writer.due.is_done() {
        true => Ok(()),
        false => writer.finish(),
    }
}

/// Like [`lift_flat_values`](super::lift_flat_values), for values that `lift` takes in parts.
///
/// # Errors
/// `Misuse` if other parts are taken, or not all of them. Errors of `lift`. Traps of the canonical
/// ABI.
pub(crate) fn lift_parts(
    cx: &mut Cx<'_>,
    max_flat: usize,
    flat: &[u64],
    types: &RecordTy,
    lift: impl FnOnce(&mut dyn Lift) -> Result<()>,
) -> Result<()> {
    let place = if spills(max_flat, types) {
        let ptr = CoreValueIter::new(flat).next_i32()?;
        check_area(cx, ptr, types)?;
        Place::Memory(ptr.into())
    } else {
        Place::Flat(0)
    };
    let mut reader = PartsReader {
        cx: cx.reborrow(),
        flat,
        due: DueParts::of(types, place),
    };
    lift(&mut reader)?;
    match reader.due.is_done() || reader.due.next().is_none() {
        true => Ok(()),
        false => Err(untaken()),
    }
}

/// Returns the error for a part when no part is due.
#[cold]
pub(crate) fn no_more(found: &str) -> Error {
    Error::misuse(format!("expected no more parts, found {found}"))
}

/// Returns the error for a part of this type that was not passed.
#[cold]
pub(crate) fn one_more(due: &Ty) -> Error {
    let expected = due.kind();
    Error::misuse(format!(
        "expected another part of type {expected}, found none"
    ))
}

/// Returns the error for parts that were not taken.
#[cold]
pub(crate) fn untaken() -> Error {
    Error::misuse("expected all parts to be taken, found untaken parts")
}

/// Writes parts to their places.
struct PartsWriter<'a, 't> {
    cx: Cx<'a>,
    flat: &'a mut [u64],
    due: DueParts<'t>,
    first: FirstError,
}

impl<'t> PartsWriter<'_, 't> {
    /// Returns the next part that is due.
    #[inline]
    fn part(&mut self, found: &str) -> Result<(&'t Ty, Place)> {
        match self.due.next_field() {
            Some(part) => Ok(part),
            None => self.part_inside(found),
        }
    }

    #[inline(never)]
    fn part_inside(&mut self, found: &str) -> Result<(&'t Ty, Place)> {
        self.next()?.ok_or_else(|| no_more(found))
    }

    /// Returns the next part that is due. Lists whose last element has been passed end on the way.
    fn next(&mut self) -> Result<Option<(&'t Ty, Place)>> {
        loop {
            match self.due.next() {
                None => return Ok(None),
                Some(Next::Part(ty, place)) => return Ok(Some((ty, place))),
                Some(Next::Range(place, range)) => {
                    place.write_range(&mut self.cx, self.flat, range)?
                }
            }
        }
    }

    /// Ends the lists whose last element has been passed, and checks that no part is due.
    fn finish(&mut self) -> Result<()> {
        match self.next()? {
            None => Ok(()),
            Some((ty, _)) => Err(one_more(ty)),
        }
    }
}

impl PartsWriter<'_, '_> {
    #[inline(always)]
    fn scalar_part(&mut self, scalar: Scalar) -> Result<()> {
        let (ty, place) = match self.due.next_field() {
            Some(part) => part,
            None => self.part_inside(scalar_to_value(scalar).kind())?,
        };
        check_scalar(ty, scalar)?;
        place.write_scalar(&mut self.cx, self.flat, scalar, ty)
    }

    #[inline(always)]
    fn string_part(&mut self, text: &str) -> Result<()> {
        match self.part("string")? {
            (Ty::String, Place::Memory(ptr)) => store_host_string(&mut self.cx, text, ptr),
            (Ty::String, place) => {
                let range = store_host_string_into_range(&mut self.cx, text)?;
                place.write_range(&mut self.cx, self.flat, range)
            }
            (other, _) => Err(mismatch(other, "string")),
        }
    }

    #[inline(always)]
    fn numbers_part(&mut self, numbers: Numbers<'_>) -> Result<()> {
        let (ty, place) = self.part("list")?;
        match ty {
            Ty::List(element) => {
                let len = number_elements(element, numbers)?;
                let range = store_numbers_into_range(&mut self.cx, numbers, len, element)?;
                place.write_range(&mut self.cx, self.flat, range)
            }
            Ty::FixedLengthList(ty) => {
                check_len(number_elements(&ty.element, numbers)?, ty.len)?;
                if let Place::Memory(ptr) = place {
                    return store_numbers(&mut self.cx, numbers, ptr);
                }
                let (mut place, stride) = (place, place.stride(&ty.element));
                for number in (0..).map_while(|index| number_at(numbers, index)) {
                    place.write_scalar(&mut self.cx, self.flat, number, &ty.element)?;
                    place = place.at(stride);
                }
                Ok(())
            }
            other => Err(mismatch(other, "list")),
        }
    }

    #[inline(always)]
    fn list_part(&mut self, len: usize) -> Result<()> {
        let (ty, place) = self.part("list")?;
        match ty {
            Ty::List(element) | Ty::Map(element) => {
                let range = allocate_list(&mut self.cx, len, element)?;
                self.due.push_range(place, range);
                let first = Place::Memory(range.0.into());
                self.due.push_elements(element, first, range.1);
                Ok(())
            }
            Ty::FixedLengthList(ty) => {
                check_len(len, ty.len)?;
                self.due.push_elements(&ty.element, place, ty.len);
                Ok(())
            }
            other => Err(mismatch(other, "list")),
        }
    }

    #[inline(always)]
    fn case_part(&mut self, index: u32) -> Result<()> {
        let (ty, place) = self.part("a case")?;
        match ty {
            Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
                let count = cases.cases.len();
                if index as usize >= count {
                    let kind = ty.kind();
                    return Err(Error::misuse(format!(
                        "expected one of the {count} cases of the {kind}, found case {index}"
                    )));
                }
                let nbytes = cases.discriminant.into();
                place.write_int(&mut self.cx, self.flat, index.into(), nbytes)?;
                self.due.push_payload(cases, index, place)
            }
            other => Err(mismatch(other, "a case")),
        }
    }

    #[inline(always)]
    fn flags_part(&mut self, bits: &[u32]) -> Result<()> {
        let (ty, place) = self.part("flags")?;
        let Ty::Flags(labels) = ty else {
            return Err(mismatch(ty, "flags"));
        };
        let (first, rest) = bits
            .split_first()
            .map_or((0, bits), |(first, rest)| (*first, rest));
        if labelled_bits(first, labels) != first || rest.iter().any(|bits| *bits != 0) {
            let count = labels.len();
            return Err(Error::misuse(format!(
                "expected bits of at most {count} flags, found a higher bit"
            )));
        }
        place.write_int(&mut self.cx, self.flat, first.into(), ty.size())
    }

    #[inline(always)]
    fn resource_part(&mut self, resource: &Resource) -> Result<()> {
        let (ty, place) = self.part("a resource")?;
        if !matches!(ty, Ty::Own(_) | Ty::Borrow(_)) {
            return Err(mismatch(ty, "a resource"));
        }
        let index = lower_resource(&mut self.cx, resource, ty)?;
        place.write_int(&mut self.cx, self.flat, index.into(), 4)
    }

    #[inline(always)]
    fn end_part(&mut self, end: &Value) -> Result<()> {
        let (ty, place) = self.part(end.kind())?;
        if !matches!(
            (ty, end),
            (Ty::Stream(_), Value::Stream(_)) | (Ty::Future(_), Value::Future(_))
        ) {
            return Err(mismatch(ty, end.kind()));
        }
        let index = lower_end(&mut self.cx, end, ty)?;
        place.write_int(&mut self.cx, self.flat, index.into(), 4)
    }
}

impl Lower for PartsWriter<'_, '_> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        let part = self.scalar_part(scalar);
        self.first.of(part)
    }

    fn string(&mut self, text: &str) -> Result<()> {
        let part = self.string_part(text);
        self.first.of(part)
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        let part = self.numbers_part(numbers);
        self.first.of(part)
    }

    fn list(&mut self, len: usize) -> Result<()> {
        let part = self.list_part(len);
        self.first.of(part)
    }

    fn case(&mut self, index: u32) -> Result<()> {
        let part = self.case_part(index);
        self.first.of(part)
    }

    fn flags(&mut self, bits: &[u32]) -> Result<()> {
        let part = self.flags_part(bits);
        self.first.of(part)
    }

    fn resource(&mut self, resource: &Resource) -> Result<()> {
        let part = self.resource_part(resource);
        self.first.of(part)
    }

    fn end(&mut self, end: &Value) -> Result<()> {
        let part = self.end_part(end);
        self.first.of(part)
    }
}

/// Returns the number of elements.
///
/// # Errors
/// `Misuse` if they have another type.
pub(super) fn number_elements(element: &Ty, numbers: Numbers<'_>) -> Result<usize> {
    numbers_of(element, numbers).ok_or_else(|| {
        let found = number_at(numbers, 0).map(scalar_to_value);
        let found = found.as_ref().map_or("other numbers", Value::kind);
        let expected = element.kind();
        Error::misuse(format!(
            "expected a list of {expected}, found a list of {found}"
        ))
    })
}

fn check_len(found: usize, expected: u32) -> Result<()> {
    if u32::try_from(found) == Ok(expected) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected {expected} elements, found {found}"
    )))
}

/// Reads parts from their places.
struct PartsReader<'a, 't> {
    cx: Cx<'a>,
    flat: &'a [u64],
    due: DueParts<'t>,
}

impl<'t> PartsReader<'_, 't> {
    #[inline]
    fn part(&mut self, found: &str) -> Result<(&'t Ty, Place)> {
        match self.due.next_field() {
            Some(part) => Ok(part),
            None => self.part_inside(found),
        }
    }

    #[inline(never)]
    fn part_inside(&mut self, found: &str) -> Result<(&'t Ty, Place)> {
        match self.due.next() {
            Some(Next::Part(ty, place)) => Ok((ty, place)),
            _ => Err(no_more(found)),
        }
    }

    /// Returns the range of a list after checking it.
    fn range(&mut self, place: Place, element: &Ty) -> Result<(u32, u32)> {
        let range = place.read_range(&mut self.cx, self.flat)?;
        check_list(&mut self.cx, range, element)?;
        Ok(range)
    }
}

impl Lift for PartsReader<'_, '_> {
    fn scalar(&mut self) -> Result<Scalar> {
        let (ty, place) = self.part("a scalar")?;
        match ty {
            // The most frequent type, where this function is inlined.
            Ty::U32 => place.read_scalar(&mut self.cx, self.flat, &Ty::U32),
            ty if is_scalar(ty) => place.read_scalar(&mut self.cx, self.flat, ty),
            other => Err(mismatch(other, "a scalar")),
        }
    }

    fn string(&mut self) -> Result<String> {
        match self.part("string")? {
            (Ty::String, place) => {
                let (ptr, tagged_code_units) = place.read_range(&mut self.cx, self.flat)?;
                load_string_from_range(&mut self.cx, ptr, tagged_code_units)
            }
            (other, _) => Err(mismatch(other, "string")),
        }
    }

    fn numbers(&mut self) -> Result<List> {
        let (ty, place) = self.part("list")?;
        let numbers = match (ty, place) {
            (Ty::List(element), _) => {
                let (ptr, length) = self.range(place, element)?;
                load_numbers(&mut self.cx, ptr.into(), length, element)?
            }
            (Ty::FixedLengthList(ty), Place::Memory(ptr)) => {
                load_numbers(&mut self.cx, ptr, ty.len, &ty.element)?
            }
            (Ty::FixedLengthList(ty), mut place) if is_number(&ty.element) => {
                let stride = place.stride(&ty.element);
                let mut next = || {
                    let number = place.read_scalar(&mut self.cx, self.flat, &ty.element)?;
                    place = place.at(stride);
                    Ok(scalar_to_value(number))
                };
                Some((0..ty.len).map(|_| next()).collect::<Result<_>>()?)
            }
            _ => None,
        };
        numbers.ok_or_else(|| mismatch(ty, "a list of numbers"))
    }

    fn list(&mut self) -> Result<usize> {
        let (ty, place) = self.part("list")?;
        let (element, first, length) = match ty {
            Ty::List(element) | Ty::Map(element) => {
                let (ptr, length) = self.range(place, element)?;
                (&**element, Place::Memory(ptr.into()), length)
            }
            Ty::FixedLengthList(ty) => (&ty.element, place, ty.len),
            other => return Err(mismatch(other, "list")),
        };
        self.cx.machine.charge(u64::from(length) * VALUE_BYTES)?;
        self.due.push_elements(element, first, length);
        Ok(length as usize)
    }

    fn case(&mut self) -> Result<u32> {
        let (ty, place) = self.part("a case")?;
        match ty {
            Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
                let nbytes = cases.discriminant.into();
                let case_index = low(place.read_int(&mut self.cx, self.flat, nbytes)?);
                self.due.push_payload(cases, case_index, place)?;
                Ok(case_index)
            }
            other => Err(mismatch(other, "a case")),
        }
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        let (ty, place) = self.part("flags")?;
        let Ty::Flags(labels) = ty else {
            return Err(mismatch(ty, "flags"));
        };
        let bits = place.read_int(&mut self.cx, self.flat, ty.size())?;
        Ok(vec![labelled_bits(low(bits), labels)])
    }

    fn resource(&mut self) -> Result<Resource> {
        let (ty, place) = self.part("a resource")?;
        let (Ty::Own(id) | Ty::Borrow(id)) = ty else {
            return Err(mismatch(ty, "a resource"));
        };
        let index = place.read_int(&mut self.cx, self.flat, 4)?;
        lift_resource(&mut self.cx, low(index), ty, *id)
    }

    fn end(&mut self) -> Result<Value> {
        let (ty, place) = self.part("a stream or future")?;
        if !matches!(ty, Ty::Stream(_) | Ty::Future(_)) {
            return Err(mismatch(ty, "a stream or future"));
        }
        let index = place.read_int(&mut self.cx, self.flat, 4)?;
        lift_end(&mut self.cx, low(index), ty)
    }
}
