//! Transfers of [plain](super::plain) values from one guest to another.
//!
//! They are made as in [`transfer`](super::transfer), which the tests compare with this, but need neither
//! places nor a list of handles. So the core values stay where they are, and only those that are
//! addresses change.

use seam_core::{Error, Result};

use crate::abi::cx::{Cx, Machine, Options, low, word};
use crate::abi::flat::FlatBits;
use crate::abi::lift::check_area;
use crate::abi::load::check_list;
use crate::abi::lower::allocate_area;
use crate::abi::numbers::is_canonicalized;
use crate::abi::scalar::pass_scalar;
use crate::abi::string::check_string;
use seam_decode::types::{MAX_FLAT_RESULTS, RecordTy, StringEncoding, Ty, spills};

/// Returns whether plain values of these types have the same bytes on both sides, in two memories.
pub(crate) fn are_bytes_alike(from: &Options, to: &Options, types: &RecordTy) -> bool {
    let is_alike = |ty: &Ty| match ty {
        Ty::String => from.encoding == StringEncoding::Utf8 && to.encoding == StringEncoding::Utf8,
        Ty::List(element) => !is_canonicalized(element),
        _ => true,
    };
    from.memory != to.memory && types.fields.iter().all(|field| is_alike(&field.ty))
}

/// Lifts plain arguments, which are the first core values: makes all checks.
///
/// # Errors
/// Those of [`lift_flat_values`](super::lift_flat_values).
pub(crate) fn check_plain(cx: &mut Cx<'_>, flat: &[u64], types: &RecordTy) -> Result<()> {
    types.fields.iter().try_for_each(|field| {
        let flat = flat.get(field.slot..).unwrap_or_default();
        match &field.ty {
            Ty::String => {
                let (ptr, length) = range(flat)?;
                check_string(cx, ptr, length)
            }
            Ty::List(element) => check_list(cx, range(flat)?, element),
            scalar => pass_scalar(scalar, *flat.first().ok_or_else(misfit)?).map(drop),
        }
    })
}

/// Lifts a plain result: makes all checks. Returns its core values, as they would be if all fitted, or
/// zeroes if there is no result.
///
/// # Errors
/// Those of [`lift_flat_values`](super::lift_flat_values).
pub(crate) fn lift_plain_result(
    cx: &mut Cx<'_>,
    flat: &[u64],
    types: &RecordTy,
) -> Result<[u64; 2]> {
    if types.fields.is_empty() {
        return Ok([0; 2]);
    }
    let first = *flat.first().ok_or_else(misfit)?;
    let mut lifted = [first, 0];
    if spills(MAX_FLAT_RESULTS, types) {
        check_area(cx, low(first), types)?;
        let (ptr, length) = cx.load_range(low(first).into())?;
        lifted = [ptr.into(), length.into()];
    }
    check_plain(cx, &lifted, types)?;
    Ok(lifted)
}

/// Lowers plain values that have been checked: replaces their core values.
///
/// # Errors
/// Those of [`lower_flat_values`](super::lower_flat_values).
pub(crate) fn copy_plain(
    machine: &mut impl Machine,
    (from, to): (&Options, &Options),
    types: &RecordTy,
    flat: &mut [u64],
) -> Result<()> {
    for field in &types.fields {
        let flat = flat.get_mut(field.slot..).unwrap_or_default();
        let (alignment, size) = match &field.ty {
            Ty::String => (1, 1),
            Ty::List(element) => (element.alignment(), element.size()),
            scalar => {
                let bits = flat.first_mut().ok_or_else(misfit)?;
                *bits = pass_scalar(scalar, *bits)?;
                continue;
            }
        };
        let (ptr, length) = range(flat)?;
        // Lifting has checked the product.
        let byte_length = u64::from(length).saturating_mul(size);
        let target = machine.reallocate(to, (0, 0), alignment, word(byte_length)?)?;
        machine.copy((from, ptr.into()), (to, target.into()), byte_length)?;
        *flat.first_mut().ok_or_else(misfit)? = target.into();
    }
    Ok(())
}

/// Lowers a plain result that has been [lifted](lift_plain_result).
///
/// # Errors
/// Those of [`lower_flat_values`](super::lower_flat_values).
pub(crate) fn lower_plain_result(
    machine: &mut impl Machine,
    sides: (&Options, &Options),
    types: &RecordTy,
    mut lifted: [u64; 2],
    out_param: Option<u32>,
    out: &mut FlatBits,
) -> Result<()> {
    if !spills(MAX_FLAT_RESULTS, types) {
        copy_plain(machine, sides, types, &mut lifted)?;
        let [first, _] = lifted;
        return match types.fields.is_empty() {
            true => Ok(()),
            false => out.push(first),
        };
    }
    let area = allocate_area(&mut Cx::new(machine, sides.1), types, out_param, out)?;
    copy_plain(machine, sides, types, &mut lifted)?;
    Cx::new(machine, sides.1).store_range(range(&lifted)?, area.into())
}

/// Returns the pointer and the length at the front.
#[inline]
fn range(flat: &[u64]) -> Result<(u32, u32)> {
    match flat {
        [ptr, length, ..] => Ok((low(*ptr), low(*length))),
        _ => Err(misfit()),
    }
}

fn misfit() -> Error {
    Error::engine("expected the core values of the function's type, found fewer")
}
