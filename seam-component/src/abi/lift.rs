//! `lift_flat` and `lift_flat_values`: convert core values to values.

use seam_core::{CanonTrap, Error, Result, Value};

use crate::abi::cx::{Cx, check_aligned, low};
use crate::abi::load::{
    VALUE_BYTES, labelled_fields, lift_end, lift_handle, load, load_fields, load_list_from_range,
    map_of_entries, unpack_flags_from_int, variant_of_case,
};
use crate::abi::scalar::{scalar_from_bits, scalar_to_value};
use crate::abi::string::load_string_from_range;
use seam_decode::types::spills;
use seam_decode::types::{FixedLengthListTy, RecordTy, Ty, VariantTy};

/// `CoreValueIter`.
///
/// The reference wraps it for each variant, to coerce each core value to the flat type of the case.
/// Here it returns bits, so coercion only drops the high bits.
pub(crate) struct CoreValueIter<'a> {
    values: &'a [u64],
}

impl<'a> CoreValueIter<'a> {
    pub(crate) fn new(values: &'a [u64]) -> Self {
        Self { values }
    }

    /// Returns all bits of the next core value.
    #[inline]
    fn next(&mut self) -> Result<u64> {
        let Some((first, rest)) = self.values.split_first() else {
            return Err(Error::engine(
                "expected as many core values as the type flattens to",
            ));
        };
        self.values = rest;
        Ok(*first)
    }

    /// Returns the next core value as an `i32`.
    #[inline]
    pub(crate) fn next_i32(&mut self) -> Result<u32> {
        self.next().map(low)
    }

    /// Returns the bits of the next core value, of the type that a number, `bool` or `char`
    /// flattens to.
    fn next_of(&mut self, ty: &Ty) -> Result<u64> {
        match ty {
            Ty::S64 | Ty::U64 | Ty::F64 => self.next(),
            _ => self.next_i32().map(u64::from),
        }
    }

    #[inline]
    fn next_range(&mut self) -> Result<(u32, u32)> {
        Ok((self.next_i32()?, self.next_i32()?))
    }

    /// Skips core values.
    fn skip(&mut self, count: usize) {
        self.values = self.values.get(count..).unwrap_or_default();
    }
}

/// `lift_flat_values`
///
/// # Errors
/// Traps of the canonical ABI. `Limit` if the host must not allocate that much.
pub(crate) fn lift_flat_values(
    cx: &mut Cx<'_>,
    max_flat: usize,
    flat: &[u64],
    types: &RecordTy,
) -> Result<Vec<Value>> {
    let vi = &mut CoreValueIter::new(flat);
    if spills(max_flat, types) {
        let ptr = vi.next_i32()?;
        check_area(cx, ptr, types)?;
        load_fields(cx, ptr.into(), types)
    } else {
        lift_flat_fields(cx, vi, types)
    }
}

/// `lift_flat_values` for a result, of which there is at most one.
///
/// # Errors
/// Those of [`lift_flat_values`].
#[inline]
pub(crate) fn lift_flat_value(
    cx: &mut Cx<'_>,
    max_flat: usize,
    flat: &[u64],
    types: &RecordTy,
) -> Result<Option<Value>> {
    let [field] = &*types.fields else {
        return Ok(None);
    };
    let vi = &mut CoreValueIter::new(flat);
    let value = if spills(max_flat, types) {
        let ptr = vi.next_i32()?;
        check_area(cx, ptr, types)?;
        load(cx, u64::from(ptr) + field.offset, &field.ty)
    } else {
        lift_flat(cx, vi, &field.ty)
    };
    value.map(Some)
}

/// Checks that the area in which values are passed is aligned and within memory.
///
/// # Errors
/// The traps `UnalignedPointer` and `PointerOutOfBounds`.
#[inline]
pub(crate) fn check_area(cx: &mut Cx<'_>, ptr: u32, types: &RecordTy) -> Result<()> {
    check_aligned(ptr, types.layout.alignment)?;
    cx.check_bounds(ptr, types.layout.size, CanonTrap::PointerOutOfBounds)
}

fn lift_flat(cx: &mut Cx<'_>, vi: &mut CoreValueIter<'_>, ty: &Ty) -> Result<Value> {
    match ty {
        Ty::String => lift_flat_string(cx, vi),
        Ty::List(element) => {
            let range = vi.next_range()?;
            load_list_from_range(cx, range, element).map(Value::List)
        }
        Ty::Map(entry) => {
            let range = vi.next_range()?;
            load_list_from_range(cx, range, entry).map(map_of_entries)
        }
        Ty::FixedLengthList(ty) => lift_flat_fixed_length_list(cx, vi, ty),
        Ty::Record(ty) => lift_flat_record(cx, vi, ty),
        Ty::Tuple(ty) => lift_flat_fields(cx, vi, ty).map(Value::Tuple),
        Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
            lift_flat_variant(cx, vi, ty, cases)
        }
        Ty::Flags(labels) => {
            let bits = vi.next_i32()?;
            unpack_flags_from_int(cx, bits, labels)
        }
        Ty::Own(id) | Ty::Borrow(id) => {
            let index = vi.next_i32()?;
            lift_handle(cx, index, ty, *id)
        }
        Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
            let index = vi.next_i32()?;
            lift_end(cx, index, ty)
        }
        number => scalar_from_bits(number, vi.next_of(number)?).map(scalar_to_value),
    }
}

fn lift_flat_string(cx: &mut Cx<'_>, vi: &mut CoreValueIter<'_>) -> Result<Value> {
    let (ptr, packed_length) = vi.next_range()?;
    load_string_from_range(cx, ptr, packed_length).map(Value::from)
}

fn lift_flat_fixed_length_list(
    cx: &mut Cx<'_>,
    vi: &mut CoreValueIter<'_>,
    ty: &FixedLengthListTy,
) -> Result<Value> {
    cx.machine.charge(u64::from(ty.len) * VALUE_BYTES)?;
    let elements: Result<Vec<_>> = (0..ty.len)
        .map(|_| lift_flat(cx, vi, &ty.element))
        .collect();
    // Lists of numbers and records are stored flat.
    elements.map(Value::list)
}

fn lift_flat_record(cx: &mut Cx<'_>, vi: &mut CoreValueIter<'_>, ty: &RecordTy) -> Result<Value> {
    labelled_fields(cx, ty, |cx, field| lift_flat(cx, vi, &field.ty))
}

fn lift_flat_fields(
    cx: &mut Cx<'_>,
    vi: &mut CoreValueIter<'_>,
    ty: &RecordTy,
) -> Result<Vec<Value>> {
    cx.machine.charge(ty.fields.len() as u64 * VALUE_BYTES)?;
    let mut fields = Vec::with_capacity(ty.fields.len());
    for field in &ty.fields {
        fields.push(lift_flat(cx, vi, &field.ty)?);
    }
    Ok(fields)
}

fn lift_flat_variant(
    cx: &mut Cx<'_>,
    vi: &mut CoreValueIter<'_>,
    ty: &Ty,
    cases: &VariantTy,
) -> Result<Value> {
    let case_index = vi.next_i32()?;
    let case = cases.case(case_index)?;
    let mut payload = CoreValueIter::new(vi.values);
    vi.skip(cases.flat.len() - 1);
    let payload = match &case.ty {
        Some(ty) => Some(lift_flat(cx, &mut payload, ty)?),
        None => None,
    };
    variant_of_case(cx, ty, case, case_index, payload)
}
