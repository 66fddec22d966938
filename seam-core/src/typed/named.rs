//! Records, variants, enums and flags: helpers for implementing the traits.
//!
//! The derives of the feature `derive` use these, and so can an implementation by hand.

use super::{Lift, Lower};
use crate::{Error, Result, Type};

/// Compares a component-level type, e.g. [`Typed::is`](super::Typed::is).
pub type Is = fn(&Type) -> bool;

/// Returns whether a type is a record with these fields.
#[must_use]
pub fn is_record(ty: &Type, fields: &[(&str, Is)]) -> bool {
    let Type::Record(ty) = ty else {
        return false;
    };
    let mut pairs = ty.fields.iter().zip(fields);
    ty.fields.len() == fields.len()
        && pairs.all(|((name, ty), (wanted, is))| **name == **wanted && is(ty))
}

/// Returns whether a type is a variant with these cases.
#[must_use]
pub fn is_variant(ty: &Type, cases: &[(&str, Option<Is>)]) -> bool {
    let Type::Variant(ty) = ty else {
        return false;
    };
    let mut pairs = ty.cases.iter().zip(cases);
    let same_payload = |ty: &Option<Type>, is: &Option<Is>| match (ty, is) {
        (Some(ty), Some(is)) => is(ty),
        (ty, is) => ty.is_none() && is.is_none(),
    };
    ty.cases.len() == cases.len()
        && pairs.all(|((name, ty), (wanted, is))| **name == **wanted && same_payload(ty, is))
}

/// Returns whether a type is an enum with these cases.
#[must_use]
pub fn is_enum(ty: &Type, cases: &[&str]) -> bool {
    matches!(ty, Type::Enum(names) if names.iter().map(|name| &**name).eq(cases.iter().copied()))
}

/// Returns whether a type is flags with these names.
#[must_use]
pub fn is_flags(ty: &Type, flags: &[&str]) -> bool {
    matches!(ty, Type::Flags(names) if names.iter().map(|name| &**name).eq(flags.iter().copied()))
}

/// Passes flags to `to`, the lowest bit first.
///
/// # Errors
/// The errors of `to`.
pub fn lower_flags<const N: usize>(set: [bool; N], to: &mut dyn Lower) -> Result<()> {
    let word = |flags: &[bool]| {
        let bits = flags.iter().rev();
        bits.fold(0u32, |word, flag| word << 1 | u32::from(*flag))
    };
    match set.len() {
        0..=32 => to.flags(&[word(&set)]),
        _ => to.flags(&set.chunks(32).map(word).collect::<Vec<_>>()),
    }
}

/// Takes flags from `from`, the lowest bit first.
///
/// # Errors
/// The errors of `from`.
pub fn lift_flags<const N: usize>(from: &mut dyn Lift) -> Result<[bool; N]> {
    let words = from.flags()?;
    Ok(std::array::from_fn(|bit| {
        let word = words.get(bit / 32).copied().unwrap_or_default();
        word >> (bit % 32) & 1 == 1
    }))
}

/// Returns the error for a case that the type does not have.
#[must_use]
pub fn no_case(cases: usize, found: u32) -> Error {
    Error::misuse(format!("expected one of {cases} cases, found case {found}"))
}
