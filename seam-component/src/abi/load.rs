//! `load` and its parts: load values from linear memory.

use std::mem::size_of;
use std::sync::Arc;

use seam_core::{CanonTrap, Error, List, Records, Resource, Result, Value};

use crate::abi::cx::{Cx, check_aligned, low};
use crate::abi::numbers::{load_numbers, slice};
use crate::abi::scalar::{apart, scalar_from_bits, scalar_to_value};
use crate::abi::string::load_string_from_range;
use seam_decode::types::{CaseTy, FieldTy, FixedLengthListTy, RecordTy, ResourceId, Ty, VariantTy};

/// `MAX_LIST_BYTE_LENGTH`
pub(crate) const MAX_LIST_BYTE_LENGTH: u64 = (1 << 28) - 1;

/// The size of one part of a value in the host's memory, in bytes.
pub(crate) const VALUE_BYTES: u64 = size_of::<Value>() as u64;
const NAME_BYTES: u64 = size_of::<Arc<str>>() as u64;
const FIELD_BYTES: u64 = size_of::<(Arc<str>, Value)>() as u64;

/// `load`, from an address that is aligned and within memory.
///
/// # Errors
/// Traps of the canonical ABI. `Limit` if the host must not allocate that much.
pub(crate) fn load(cx: &mut Cx<'_>, ptr: u64, ty: &Ty) -> Result<Value> {
    match ty {
        Ty::String => load_string(cx, ptr),
        Ty::List(element) => {
            let range = cx.load_range(ptr)?;
            load_list_from_range(cx, range, element).map(Value::List)
        }
        Ty::Map(entry) => {
            let range = cx.load_range(ptr)?;
            load_list_from_range(cx, range, entry).map(map_of_entries)
        }
        Ty::FixedLengthList(ty) => load_fixed_length_list(cx, ptr, ty),
        Ty::Record(ty) => load_record(cx, ptr, ty),
        Ty::Tuple(ty) => load_fields(cx, ptr, ty).map(Value::Tuple),
        Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
            load_variant(cx, ptr, ty, cases)
        }
        Ty::Flags(labels) => {
            let bits = cx.load_int(ptr, ty.size())?;
            unpack_flags_from_int(cx, low(bits), labels)
        }
        Ty::Own(id) | Ty::Borrow(id) => {
            let index = cx.load_int(ptr, 4)?;
            lift_handle(cx, low(index), ty, *id)
        }
        Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
            let index = low(cx.load_int(ptr, 4)?);
            lift_end(cx, index, ty)
        }
        number => {
            let bits = cx.load_int(ptr, number.size())?;
            scalar_from_bits(number, bits).map(scalar_to_value)
        }
    }
}

#[inline]
fn load_string(cx: &mut Cx<'_>, ptr: u64) -> Result<Value> {
    let (begin, tagged_code_units) = cx.load_range(ptr)?;
    load_string_from_range(cx, begin, tagged_code_units).map(Value::from)
}

/// The checks of `load_list_from_range`.
///
/// # Errors
/// The traps `ListTooLong`, `UnalignedPointer` and `ListOutOfBounds`.
#[inline]
pub(crate) fn check_list(cx: &mut Cx<'_>, (ptr, length): (u32, u32), element: &Ty) -> Result<()> {
    let byte_length = u64::from(length).saturating_mul(element.size());
    if byte_length > MAX_LIST_BYTE_LENGTH {
        return Err(Error::trap(CanonTrap::ListTooLong));
    }
    check_aligned(ptr, element.alignment())?;
    cx.check_bounds(ptr, byte_length, CanonTrap::ListOutOfBounds)
}

/// `load_list_from_range` for bytes, in the bytes of a memory. `charge` is passed the number of bytes
/// that the host allocates for a copy.
///
/// # Errors
/// The traps `ListTooLong` and `ListOutOfBounds`. Errors of `charge`.
#[inline]
pub(crate) fn bytes_in(
    memory: &[u8],
    (ptr, length): (u32, u32),
    charge: impl FnOnce(u64) -> Result<()>,
) -> Result<&[u8]> {
    if u64::from(length) > MAX_LIST_BYTE_LENGTH {
        return Err(Error::trap(CanonTrap::ListTooLong));
    }
    let bytes = slice(memory, ptr.into(), length.into());
    let bytes = bytes.ok_or_else(|| Error::trap(CanonTrap::ListOutOfBounds))?;
    charge(length.into())?;
    Ok(bytes)
}

/// `load_list_from_range`
///
/// # Errors
/// Those of [`check_list`] and [`load`].
pub(crate) fn load_list_from_range(
    cx: &mut Cx<'_>,
    range: (u32, u32),
    element: &Ty,
) -> Result<List> {
    check_list(cx, range, element)?;
    let (ptr, length) = range;
    load_list_from_valid_range(cx, ptr.into(), length, element)
}

/// `load_list_from_valid_range`
fn load_list_from_valid_range(
    cx: &mut Cx<'_>,
    ptr: u64,
    length: u32,
    element: &Ty,
) -> Result<List> {
    if let Some(numbers) = load_numbers(cx, ptr, length, element)? {
        return Ok(numbers);
    }
    if let Ty::Record(ty) = element
        && !ty.fields.is_empty()
    {
        let records = load_records(cx, ptr, length, ty)?;
        return Ok(List::Records(Box::new(records)));
    }
    cx.machine.charge(u64::from(length) * VALUE_BYTES)?;
    let mut list = Vec::with_capacity(length as usize);
    let (mut ptr, stride) = (ptr, element.size());
    for _ in 0..length {
        list.push(load(cx, ptr, element)?);
        ptr += stride;
    }
    Ok(List::Values(list))
}

/// `load` for the elements of a list of records, which have a field.
fn load_records(cx: &mut Cx<'_>, ptr: u64, length: u32, ty: &RecordTy) -> Result<Records> {
    let fields = ty.fields.len();
    let values = u64::from(length) * fields as u64;
    cx.machine
        .charge(values * VALUE_BYTES + fields as u64 * NAME_BYTES)?;
    let mut list = Vec::with_capacity(length as usize * fields);
    for i in 0..u64::from(length) {
        let ptr = ptr + i * ty.layout.size;
        for field in &ty.fields {
            list.push(load_field(cx, ptr, field)?);
        }
    }
    let names = ty.fields.iter().map(|field| field.name.clone());
    Records::new(names.collect(), list)
}

fn load_fixed_length_list(cx: &mut Cx<'_>, ptr: u64, ty: &FixedLengthListTy) -> Result<Value> {
    load_list_from_valid_range(cx, ptr, ty.len, &ty.element).map(Value::List)
}

/// Converts lifted tuples to a map. The specification defines a map as a list of tuples.
pub(crate) fn map_of_entries(entries: List) -> Value {
    let List::Values(entries) = entries else {
        return Value::Map(Vec::new());
    };
    let pair = |entry| match entry {
        Value::Tuple(pair) => {
            let mut pair = pair.into_iter();
            pair.next().zip(pair.next())
        }
        _ => None,
    };
    Value::Map(entries.into_iter().filter_map(pair).collect())
}

fn load_record(cx: &mut Cx<'_>, ptr: u64, ty: &RecordTy) -> Result<Value> {
    labelled_fields(cx, ty, |cx, field| load_field(cx, ptr, field))
}

/// `load` for a field of the record at an address.
#[inline]
fn load_field(cx: &mut Cx<'_>, ptr: u64, field: &FieldTy) -> Result<Value> {
    let ptr = ptr + field.offset;
    match &field.ty {
        // The most frequent types, where this function is inlined.
        Ty::U32 => Ok(Value::U32(low(cx.load_int(ptr, 4)?))),
        Ty::String => load_string(cx, ptr),
        other => load(cx, ptr, other),
    }
}

/// Builds a record from its fields, which are lifted in order.
pub(crate) fn labelled_fields(
    cx: &mut Cx<'_>,
    ty: &RecordTy,
    mut lift: impl FnMut(&mut Cx<'_>, &FieldTy) -> Result<Value>,
) -> Result<Value> {
    cx.machine.charge(ty.fields.len() as u64 * FIELD_BYTES)?;
    // Collecting results would not reserve room, since the first error ends it.
    let mut fields = Vec::with_capacity(ty.fields.len());
    for field in &ty.fields {
        fields.push((field.name.clone(), lift(cx, field)?));
    }
    Ok(Value::Record(fields))
}

/// `load_record`, without the labels.
pub(crate) fn load_fields(cx: &mut Cx<'_>, ptr: u64, ty: &RecordTy) -> Result<Vec<Value>> {
    cx.machine.charge(ty.fields.len() as u64 * VALUE_BYTES)?;
    let mut fields = Vec::with_capacity(ty.fields.len());
    for field in &ty.fields {
        fields.push(load_field(cx, ptr, field)?);
    }
    Ok(fields)
}

fn load_variant(cx: &mut Cx<'_>, ptr: u64, ty: &Ty, cases: &VariantTy) -> Result<Value> {
    let case_index = cx.load_int(ptr, cases.discriminant.into())?;
    let case = cases.case(low(case_index))?;
    let payload = match &case.ty {
        Some(payload) => Some(load(cx, ptr + cases.payload, payload)?),
        None => None,
    };
    variant_of_case(cx, ty, case, low(case_index), payload)
}

/// Builds the value of a variant, enum, option or result.
pub(crate) fn variant_of_case(
    cx: &mut Cx<'_>,
    ty: &Ty,
    case: &CaseTy,
    case_index: u32,
    payload: Option<Value>,
) -> Result<Value> {
    if payload.is_some() {
        cx.machine.charge(VALUE_BYTES)?;
    }
    let payload = payload.map(Box::new);
    Ok(match ty {
        Ty::Enum(_) => Value::Enum(case.name.clone()),
        Ty::Option(_) => Value::Option(payload),
        Ty::Result(_) if case_index == 0 => Value::Result(Ok(payload)),
        Ty::Result(_) => Value::Result(Err(payload)),
        _ => Value::Variant(case.name.clone(), payload),
    })
}

/// `unpack_flags_from_int`. Bits without a label are ignored.
pub(crate) fn unpack_flags_from_int(
    cx: &mut Cx<'_>,
    bits: u32,
    labels: &[Arc<str>],
) -> Result<Value> {
    cx.machine
        .charge(u64::from(bits.count_ones()) * size_of::<Arc<str>>() as u64)?;
    let set = labels
        .iter()
        .zip(0..32u32)
        .filter(|(_, bit)| bits & 1 << bit != 0);
    Ok(Value::Flags(set.map(|(label, _)| label.clone()).collect()))
}

/// Returns the bits that have labels.
pub(crate) fn labelled_bits(bits: u32, labels: &[Arc<str>]) -> u32 {
    match labels.len() {
        n @ 0..32 => bits & ((1 << n) - 1),
        _ => bits,
    }
}

/// `lift_own` or `lift_borrow`, into a handle of the host.
pub(crate) fn lift_handle(cx: &mut Cx<'_>, index: u32, ty: &Ty, id: ResourceId) -> Result<Value> {
    let resource = lift_resource(cx, index, ty, id)?;
    Ok(match ty {
        Ty::Own(_) => Value::Own(resource),
        _ => Value::Borrow(resource),
    })
}

/// Like [`lift_handle`], but without a value around the handle.
pub(crate) fn lift_resource(
    cx: &mut Cx<'_>,
    index: u32,
    ty: &Ty,
    id: ResourceId,
) -> Result<Resource> {
    let rep = lift_rep(cx, index, ty)?;
    cx.machine.host_resource(rep, id, matches!(ty, Ty::Own(_)))
}

/// `lift_stream`, `lift_future` or `lift_error_context`, for the host.
pub(crate) fn lift_end(cx: &mut Cx<'_>, index: u32, ty: &Ty) -> Result<Value> {
    let rep = lift_rep(cx, index, ty)?;
    cx.machine.host_end(rep, ty)
}

/// `lift_own` or `lift_borrow`, or the like for a stream, future or error context: returns the
/// representation.
pub(crate) fn lift_rep(cx: &mut Cx<'_>, index: u32, ty: &Ty) -> Result<u32> {
    match ty {
        Ty::Own(id) => cx.machine.lift_own(cx.opts, index, *id),
        Ty::Borrow(id) => cx.machine.lift_borrow(cx.opts, index, *id),
        Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
            cx.machine.lift_async(cx.opts, index, ty)
        }
        other => Err(apart("a handle", other)),
    }
}
