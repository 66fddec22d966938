//! `store` and its parts: store values into linear memory.

use std::sync::Arc;

use seam_core::typed::Numbers;
use seam_core::{CanonTrap, Error, List, Records, Resource, Result, Value};

use crate::abi::cx::Cx;
use crate::abi::load::MAX_LIST_BYTE_LENGTH;
use crate::abi::numbers::{numbers_of, store_numbers};
use crate::abi::scalar::{apart, mismatch, scalar_from_value};
use crate::abi::transcode::store_host_string;
use seam_decode::types::{FieldTy, FixedLengthListTy, RecordTy, Ty, VariantTy};

/// `store`, to an address that is aligned and within memory.
///
/// # Errors
/// `Misuse` if the value has another type. Traps of the guest's `realloc` and of its result.
pub(crate) fn store(cx: &mut Cx<'_>, value: &Value, ty: &Ty, ptr: u64) -> Result<()> {
    match (ty, value) {
        (Ty::String, Value::String(text)) => store_host_string(cx, text, ptr),
        (Ty::List(element), Value::List(list)) => {
            let range = store_list_into_range(cx, list, element)?;
            cx.store_range(range, ptr)
        }
        (Ty::Map(entry), Value::Map(entries)) => {
            let range = store_map_into_range(cx, entries, entry)?;
            cx.store_range(range, ptr)
        }
        (Ty::FixedLengthList(ty), Value::List(list)) => {
            check_length(ty, list)?;
            store_list_into_valid_range(cx, list, ptr, &ty.element)
        }
        (Ty::Record(ty), Value::Record(_)) | (Ty::Tuple(ty), Value::Tuple(_)) => {
            store_record(cx, value, ptr, ty)
        }
        (Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases), _) => {
            store_variant(cx, value, ptr, ty, cases)
        }
        (Ty::Flags(labels), Value::Flags(set)) => {
            let bits = pack_flags_into_int(set, labels)?;
            cx.store_int(bits.into(), ptr, ty.size())
        }
        (Ty::Own(_), Value::Own(resource)) | (Ty::Borrow(_), Value::Borrow(resource)) => {
            let index = lower_resource(cx, resource, ty)?;
            cx.store_int(index.into(), ptr, 4)
        }
        (Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext, _) => {
            let index = lower_end(cx, value, ty)?;
            cx.store_int(index.into(), ptr, 4)
        }
        (number, _) => {
            let bits = scalar_from_value(number, value)?.to_bits();
            cx.store_int(bits, ptr, number.size())
        }
    }
}

/// The first part of `store_list_into_range`: returns the address and length for the elements.
///
/// # Errors
/// The trap `ListTooLong` for a list that no guest could have passed. Traps of the guest's
/// `realloc` and of its result.
pub(crate) fn allocate_list(cx: &mut Cx<'_>, len: usize, element: &Ty) -> Result<(u32, u32)> {
    let byte_length = (len as u64).saturating_mul(element.size());
    let length = list_length(len, byte_length)?;
    Ok((cx.allocate(element.alignment(), byte_length)?, length))
}

/// Returns the length of a list of `len` elements.
///
/// # Errors
/// The trap `ListTooLong`.
#[inline]
pub(crate) fn list_length(len: usize, byte_length: u64) -> Result<u32> {
    let length = u32::try_from(len)
        .ok()
        .filter(|_| byte_length <= MAX_LIST_BYTE_LENGTH);
    length.ok_or_else(|| Error::trap(CanonTrap::ListTooLong))
}

/// `store_list_into_range` for numbers, which must be of the element type.
///
/// # Errors
/// Those of [`allocate_list`].
#[inline]
pub(crate) fn store_numbers_into_range(
    cx: &mut Cx<'_>,
    numbers: Numbers<'_>,
    len: usize,
    element: &Ty,
) -> Result<(u32, u32)> {
    if let Numbers::U8(bytes) = numbers {
        let length = list_length(len, len as u64)?;
        return Ok((cx.allocate_filled(1, bytes)?, length));
    }
    let range = allocate_list(cx, len, element)?;
    store_numbers(cx, numbers, range.0.into())?;
    Ok(range)
}

/// `store_list_into_range`
pub(crate) fn store_list_into_range(
    cx: &mut Cx<'_>,
    list: &List,
    element: &Ty,
) -> Result<(u32, u32)> {
    let numbers = Numbers::of(list);
    if let Some((numbers, len)) = numbers.and_then(|n| Some((n, numbers_of(element, n)?))) {
        return store_numbers_into_range(cx, numbers, len, element);
    }
    let range = allocate_list(cx, list.len(), element)?;
    let (ptr, stride) = (u64::from(range.0), element.size());
    match list {
        List::Values(values) => store_elements(cx, values.iter(), |cx, i, value| {
            store(cx, value, element, ptr + i * stride)
        })?,
        List::Records(records) => {
            let ty = type_of_records(records, element, cx.checked)?;
            store_elements(cx, records.iter(), |cx, i, values| {
                store_fields(cx, ty.fields.iter().zip(values), ptr + i * stride)
            })?;
        }
        numbers => store_list_into_valid_range(cx, numbers, ptr, element)?,
    }
    Ok(range)
}

/// Stores the elements of an allocated list, except those that were stored before an interruption.
fn store_elements<T>(
    cx: &mut Cx<'_>,
    elements: impl ExactSizeIterator<Item = T>,
    store: impl Fn(&mut Cx<'_>, u64, T) -> Result<()>,
) -> Result<()> {
    if elements.len() == 0 {
        return Ok(());
    }
    let (first, handles) = cx.machine.first_element(0);
    let skipped = usize::try_from(first).unwrap_or(usize::MAX);
    for (i, element) in (first..).zip(elements.skip(skipped)) {
        store(cx, i, element)?;
        cx.machine.element_lowered(handles);
    }
    cx.machine.list_lowered();
    Ok(())
}

fn store_list_into_valid_range(cx: &mut Cx<'_>, list: &List, ptr: u64, element: &Ty) -> Result<()> {
    let numbers = Numbers::of(list);
    if let Some(numbers) = numbers.filter(|numbers| numbers_of(element, *numbers).is_some()) {
        return store_numbers(cx, numbers, ptr);
    }
    let places = (0..).map(|i: u64| ptr + i * element.size());
    match list {
        List::Values(values) => {
            let mut values = places.zip(values);
            values.try_for_each(|(ptr, value)| store(cx, value, element, ptr))
        }
        // Numbers of another type are an error.
        list => {
            let mut values = places.zip(list.iter());
            values.try_for_each(|(ptr, value)| store(cx, &value, element, ptr))
        }
    }
}

/// Returns the type of records. If they are [checked](Cx::checked), their names are not compared.
///
/// # Errors
/// `Misuse` if they have another type.
fn type_of_records<'t>(records: &Records, ty: &'t Ty, checked: bool) -> Result<&'t RecordTy> {
    let Ty::Record(ty) = ty else {
        return Err(mismatch(ty, "record"));
    };
    let names = ty.fields.iter().map(|field| &field.name);
    if checked || names.eq(records.names()) {
        return Ok(ty);
    }
    Err(other_fields(ty, "record"))
}

/// `store_list_into_range` for the entries of a map.
pub(crate) fn store_map_into_range(
    cx: &mut Cx<'_>,
    entries: &[(Value, Value)],
    entry: &Ty,
) -> Result<(u32, u32)> {
    let (begin, length) = allocate_list(cx, entries.len(), entry)?;
    let Ty::Tuple(ty) = entry else {
        return Err(apart("a tuple of key and value", entry));
    };
    let [key_ty, value_ty] = &*ty.fields else {
        return Err(apart("a key and a value", entry));
    };
    let stride = entry.size();
    store_elements(cx, entries.iter(), |cx, i, (key, value)| {
        let ptr = u64::from(begin) + i * stride;
        store(cx, key, &key_ty.ty, ptr + key_ty.offset)?;
        store(cx, value, &value_ty.ty, ptr + value_ty.offset)
    })?;
    Ok((begin, length))
}

/// Checks that a fixed-length list has the length of its type.
pub(crate) fn check_length(ty: &FixedLengthListTy, list: &List) -> Result<()> {
    let (expected, found) = (ty.len, list.len());
    if u32::try_from(found) == Ok(expected) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected {expected} elements, found {found}"
    )))
}

fn store_record(cx: &mut Cx<'_>, value: &Value, ptr: u64, ty: &RecordTy) -> Result<()> {
    store_fields(cx, fields_of(value, ty, cx.checked)?, ptr)
}

/// Stores the fields of the record at an address.
#[inline]
fn store_fields<'a>(
    cx: &mut Cx<'_>,
    fields: impl Iterator<Item = (&'a FieldTy, &'a Value)>,
    ptr: u64,
) -> Result<()> {
    for (field, value) in fields {
        let ptr = ptr + field.offset;
        match (&field.ty, value) {
            // The most frequent types, where this function is inlined.
            (Ty::U32, Value::U32(value)) => cx.store(value.to_le_bytes(), ptr)?,
            (Ty::String, Value::String(text)) => store_host_string(cx, text, ptr)?,
            (ty, value) => store(cx, value, ty, ptr)?,
        }
    }
    Ok(())
}

/// Returns the fields of a record or tuple, with their types. If the value is
/// [checked](Cx::checked), the names of its fields are not compared.
///
/// # Errors
/// `Misuse` if the record or tuple has another type.
pub(crate) fn fields_of<'v, 't>(
    value: &'v Value,
    ty: &'t RecordTy,
    checked: bool,
) -> Result<impl Iterator<Item = (&'t FieldTy, &'v Value)>> {
    let (named, elements): (&[(Arc<str>, Value)], &[Value]) = match value {
        Value::Record(fields) => (fields, &[]),
        Value::Tuple(elements) => (&[], elements),
        _ => (&[], &[]),
    };
    let expected = ty.fields.len();
    let mut names = ty.fields.iter().zip(named);
    let misnamed = !checked && names.any(|(field, (name, _))| field.name != *name);
    if misnamed || named.len() + elements.len() != expected {
        return Err(other_fields(ty, value.kind()));
    }
    let values = named.iter().map(|(_, value)| value).chain(elements);
    Ok(ty.fields.iter().zip(values))
}

fn other_fields(ty: &RecordTy, kind: &str) -> Error {
    let expected = ty.fields.len();
    Error::misuse(format!(
        "expected the {expected} fields of the type, found a {kind} with other fields"
    ))
}

fn store_variant(
    cx: &mut Cx<'_>,
    value: &Value,
    ptr: u64,
    ty: &Ty,
    cases: &VariantTy,
) -> Result<()> {
    let (case_index, payload) = match_case(value, ty, cases)?;
    cx.store_int(case_index.into(), ptr, cases.discriminant.into())?;
    match payload {
        Some((payload, ty)) => store(cx, payload, ty, ptr + cases.payload),
        None => Ok(()),
    }
}

/// `match_case`: returns the index of the case, and its payload with the payload's type, if any.
///
/// # Errors
/// `Misuse` if the value has another type.
pub(crate) fn match_case<'v, 't>(
    value: &'v Value,
    ty: &Ty,
    cases: &'t VariantTy,
) -> Result<(u32, Option<(&'v Value, &'t Ty)>)> {
    let labelled = |label: &Arc<str>| cases.cases.iter().position(|case| case.name == *label);
    let (index, payload) = match (ty, value) {
        (Ty::Variant(_), Value::Variant(label, payload)) => (labelled(label), payload.as_deref()),
        (Ty::Enum(_), Value::Enum(label)) => (labelled(label), None),
        (Ty::Option(_), Value::Option(some)) => {
            (Some(usize::from(some.is_some())), some.as_deref())
        }
        (Ty::Result(_), Value::Result(Ok(ok))) => (Some(0), ok.as_deref()),
        (Ty::Result(_), Value::Result(Err(err))) => (Some(1), err.as_deref()),
        _ => return Err(mismatch(ty, value.kind())),
    };
    let found = index.and_then(|index| Some((u32::try_from(index).ok()?, cases.cases.get(index)?)));
    let kind = ty.kind();
    let (index, case) = found.ok_or_else(|| {
        Error::misuse(format!("expected a case of the {kind}, found another case"))
    })?;
    match (payload, &case.ty) {
        (Some(payload), Some(ty)) => Ok((index, Some((payload, ty)))),
        (None, None) => Ok((index, None)),
        (Some(payload), None) => Err(Error::misuse(format!(
            "expected no payload in case `{}`, found {}",
            case.name,
            payload.kind()
        ))),
        (None, Some(ty)) => Err(Error::misuse(format!(
            "expected {} in case `{}`, found no payload",
            ty.kind(),
            case.name
        ))),
    }
}

/// `pack_flags_into_int`
///
/// # Errors
/// `Misuse` if the type does not have a flag.
pub(crate) fn pack_flags_into_int(set: &[Arc<str>], labels: &[Arc<str>]) -> Result<u32> {
    let mut bits = 0;
    for flag in set {
        let bit = labels
            .iter()
            .position(|label| label == flag)
            .filter(|bit| *bit < 32);
        let bit = bit
            .ok_or_else(|| Error::misuse(format!("expected a flag of the type, found `{flag}`")))?;
        bits |= 1 << bit;
    }
    Ok(bits)
}

/// `lower_own` or `lower_borrow`, from a handle of the host.
pub(crate) fn lower_resource(cx: &mut Cx<'_>, resource: &Resource, ty: &Ty) -> Result<u32> {
    let (id, owned) = match ty {
        Ty::Own(id) => (*id, true),
        Ty::Borrow(id) => (*id, false),
        other => return Err(apart("a handle", other)),
    };
    let rep = cx.machine.host_rep(resource, id, owned)?;
    lower_rep(cx, rep, ty)
}

/// `lower_own` or `lower_borrow`.
pub(crate) fn lower_end(cx: &mut Cx<'_>, value: &Value, ty: &Ty) -> Result<u32> {
    let rep = cx.machine.host_end_rep(value, ty)?;
    lower_rep(cx, rep, ty)
}

pub(crate) fn lower_rep(cx: &mut Cx<'_>, rep: u32, ty: &Ty) -> Result<u32> {
    match ty {
        Ty::Own(id) => cx.machine.lower_own(cx.opts, rep, *id),
        Ty::Borrow(id) => cx.machine.lower_borrow(cx.opts, rep, *id),
        Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
            cx.machine.lower_async(cx.opts, rep, ty)
        }
        other => Err(apart("a handle", other)),
    }
}
