//! `lower_flat` and `lower_flat_values`: convert values to core values.

use seam_core::{Error, Result, Value};

use crate::abi::cx::Cx;
use crate::abi::flat::FlatBits;
use crate::abi::lift::check_area;
use crate::abi::scalar::scalar_from_value;
use crate::abi::store::{
    check_length, fields_of, lower_end, lower_resource, match_case, pack_flags_into_int, store,
    store_list_into_range, store_map_into_range,
};
use crate::abi::transcode::store_host_string_into_range;
use seam_decode::types::{FixedLengthListTy, RecordTy, Ty, VariantTy};
use seam_decode::types::{Flat, spills};

/// Core values to set one after another.
pub(crate) struct Slots<'a> {
    values: &'a mut [u64],
}

impl<'a> Slots<'a> {
    /// Appends slots for these types.
    #[inline]
    pub(crate) fn append(out: &'a mut FlatBits, flat: &Flat) -> Result<Self> {
        let values = out.extend(flat.len())?;
        Ok(Self { values })
    }

    #[inline]
    fn set(&mut self, bits: u64) -> Result<()> {
        match std::mem::take(&mut self.values).split_first_mut() {
            Some((first, rest)) => {
                *first = bits;
                self.values = rest;
                Ok(())
            }
            None => Err(misfit()),
        }
    }

    #[inline]
    fn set_range(&mut self, (ptr, length): (u32, u32)) -> Result<()> {
        match std::mem::take(&mut self.values) {
            [first, second, rest @ ..] => {
                (*first, *second) = (ptr.into(), length.into());
                self.values = rest;
                Ok(())
            }
            _ => Err(misfit()),
        }
    }

    /// Splits off the next slots.
    fn split_off(&mut self, count: usize) -> Slots<'a> {
        let values = std::mem::take(&mut self.values);
        let (first, rest) = values.split_at_mut(count.min(values.len()));
        self.values = rest;
        Slots { values: first }
    }
}

#[cold]
fn misfit() -> Error {
    Error::engine("expected as many core values as the type flattens to")
}

/// `lower_flat_values`: appends the core values to `out`.
///
/// Values that do not fit flat go to `out_param`. If it is `None`, the guest allocates space, whose
/// address is the only core value.
///
/// # Errors
/// `Misuse` for values of other types. Traps of the guest's `realloc`, of its result, and of
/// `out_param`.
#[inline]
pub(crate) fn lower_flat_values(
    cx: &mut Cx<'_>,
    max_flat: usize,
    values: &[Value],
    types: &RecordTy,
    out_param: Option<u32>,
    out: &mut FlatBits,
) -> Result<()> {
    let (expected, found) = (types.fields.len(), values.len());
    if expected != found {
        return Err(Error::misuse(format!(
            "expected {expected} values, found {found}"
        )));
    }
    let fields = types.fields.iter().zip(values);
    if spills(max_flat, types) {
        let ptr = u64::from(allocate_area(cx, types, out_param, out)?);
        for (field, value) in fields {
            store(cx, value, &field.ty, ptr + field.offset)?;
        }
    } else {
        let slots = &mut Slots::append(out, &types.flat)?;
        for (field, value) in fields {
            lower_flat(cx, value, &field.ty, slots)?;
        }
    }
    Ok(())
}

/// Returns the address of the area for values that do not fit flat.
///
/// If the area is allocated here, its address is appended to `out`.
///
/// # Errors
/// Traps of the guest's `realloc`, of its result, and of `out_param`.
pub(crate) fn allocate_area(
    cx: &mut Cx<'_>,
    types: &RecordTy,
    out_param: Option<u32>,
    out: &mut FlatBits,
) -> Result<u32> {
    let layout = types.layout;
    match out_param {
        Some(ptr) => {
            check_area(cx, ptr, types)?;
            Ok(ptr)
        }
        None => {
            let ptr = cx.allocate(layout.alignment, layout.size)?;
            out.push(ptr.into())?;
            Ok(ptr)
        }
    }
}

fn lower_flat(cx: &mut Cx<'_>, value: &Value, ty: &Ty, slots: &mut Slots<'_>) -> Result<()> {
    match (ty, value) {
        (Ty::String, Value::String(text)) => {
            slots.set_range(store_host_string_into_range(cx, text)?)
        }
        (Ty::List(element), Value::List(list)) => {
            slots.set_range(store_list_into_range(cx, list, element)?)
        }
        (Ty::Map(entry), Value::Map(entries)) => {
            slots.set_range(store_map_into_range(cx, entries, entry)?)
        }
        (Ty::FixedLengthList(ty), Value::List(list)) => {
            check_length(ty, list)?;
            lower_flat_fixed_length_list(cx, list.iter(), ty, slots)
        }
        (Ty::Record(ty), Value::Record(_)) | (Ty::Tuple(ty), Value::Tuple(_)) => {
            lower_flat_record(cx, value, ty, slots)
        }
        (Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases), _) => {
            lower_flat_variant(cx, value, ty, cases, slots)
        }
        (Ty::Flags(labels), Value::Flags(set)) => {
            slots.set(pack_flags_into_int(set, labels)?.into())
        }
        (Ty::Own(_), Value::Own(resource)) | (Ty::Borrow(_), Value::Borrow(resource)) => {
            slots.set(lower_resource(cx, resource, ty)?.into())
        }
        (Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext, _) => {
            slots.set(lower_end(cx, value, ty)?.into())
        }
        (number, _) => slots.set(scalar_from_value(number, value)?.to_bits()),
    }
}

fn lower_flat_fixed_length_list(
    cx: &mut Cx<'_>,
    mut list: impl Iterator<Item = Value>,
    ty: &FixedLengthListTy,
    slots: &mut Slots<'_>,
) -> Result<()> {
    list.try_for_each(|value| lower_flat(cx, &value, &ty.element, slots))
}

fn lower_flat_record(
    cx: &mut Cx<'_>,
    value: &Value,
    ty: &RecordTy,
    slots: &mut Slots<'_>,
) -> Result<()> {
    fields_of(value, ty, cx.checked)?
        .try_for_each(|(field, value)| lower_flat(cx, value, &field.ty, slots))
}

fn lower_flat_variant(
    cx: &mut Cx<'_>,
    value: &Value,
    ty: &Ty,
    cases: &VariantTy,
    slots: &mut Slots<'_>,
) -> Result<()> {
    let (case_index, payload) = match_case(value, ty, cases)?;
    slots.set(case_index.into())?;
    let slots = &mut slots.split_off(cases.flat.len() - 1);
    match payload {
        Some((payload, ty)) => lower_flat(cx, payload, ty, slots),
        None => Ok(()),
    }
}
