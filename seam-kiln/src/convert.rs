//! Values between the seam and kiln.

use seam_core::{AnyRef, CoreFunc, CoreType, CoreValue, Error, HeapType, RefType, Result};

use crate::state::{FuncEntry, FuncKind, State};
use crate::value::{KilnFuncRef, KilnValue};

/// A value as kiln takes it.
///
/// # Errors
/// `Misuse` for a function of another store; `Engine` for a reference that kiln cannot be given.
pub(crate) fn to_kiln(state: &mut State, value: CoreValue) -> Result<KilnValue> {
    Ok(match value {
        CoreValue::I32(value) => KilnValue::I32(value),
        CoreValue::I64(value) => KilnValue::I64(value),
        CoreValue::F32(bits) => KilnValue::F32(bits),
        CoreValue::F64(bits) => KilnValue::F64(bits),
        CoreValue::V128(bits) => KilnValue::V128(bits.to_le_bytes()),
        CoreValue::FuncRef(func) => KilnValue::FuncRef(func.map(|f| place(state, f)).transpose()?),
        CoreValue::ExternRef(host) => {
            KilnValue::ExternRef(host.map(|host| number(state, host)).transpose()?)
        }
        CoreValue::AnyRef(None) => KilnValue::I31Ref(None),
        CoreValue::AnyRef(Some(AnyRef::I31(value))) => KilnValue::I31Ref(Some(value)),
        CoreValue::ExnRef(slot) => KilnValue::ExnRef(slot),
        other => {
            return Err(Error::engine(format!(
                "expected a value that can be passed to kiln, found {other}"
            )));
        }
    })
}

/// A value of kiln's as one of this type; kiln checks no types. A reference without an instance is
/// one into `home`, as references call it.
///
/// # Errors
/// `Engine` for a value of another type.
pub(crate) fn from_kiln(
    state: &mut State,
    value: &KilnValue,
    ty: CoreType,
    home: u32,
) -> Result<CoreValue> {
    let found = match (value, ty) {
        (KilnValue::I32(value), _) => CoreValue::I32(*value),
        (KilnValue::I64(value), _) => CoreValue::I64(*value),
        (KilnValue::F32(bits), _) => CoreValue::F32(*bits),
        (KilnValue::F64(bits), _) => CoreValue::F64(*bits),
        (KilnValue::V128(bytes), _) => CoreValue::V128(u128::from_le_bytes(*bytes)),
        (
            KilnValue::FuncRef(None)
            | KilnValue::ExternRef(None)
            | KilnValue::I31Ref(None)
            | KilnValue::ExnRef(None),
            CoreType::Ref(RefType { nullable: true, .. }),
        ) => null(ty),
        (KilnValue::FuncRef(Some(func)), _) => {
            CoreValue::FuncRef(Some(func_at(state, *func, home)?))
        }
        (KilnValue::ExternRef(Some(index)), _) => {
            let host = state.externs.get(*index as usize).copied();
            CoreValue::ExternRef(Some(host.ok_or_else(|| {
                Error::engine(format!(
                    "expected a reference that the host gave, found number {index}"
                ))
            })?))
        }
        (KilnValue::I31Ref(Some(value)), _) => CoreValue::AnyRef(Some(AnyRef::I31(*value))),
        (KilnValue::ExnRef(slot), _) => CoreValue::ExnRef(*slot),
        (other, _) => return Err(unlike(ty, other)),
    };
    if found.is_of(ty) {
        return Ok(found);
    }
    Err(unlike(ty, value))
}

fn unlike(ty: CoreType, found: &KilnValue) -> Error {
    Error::engine(format!(
        "expected {ty} from kiln, found {} ({found:?})",
        found.kind()
    ))
}

/// The null of a nullable type.
fn null(ty: CoreType) -> CoreValue {
    let CoreType::Ref(ty) = ty else {
        return CoreValue::AnyRef(None);
    };
    match ty.heap {
        HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => CoreValue::FuncRef(None),
        HeapType::Extern | HeapType::NoExtern => CoreValue::ExternRef(None),
        HeapType::Exn | HeapType::NoExn => CoreValue::ExnRef(None),
        _ => CoreValue::AnyRef(None),
    }
}

fn place(state: &State, func: CoreFunc) -> Result<KilnFuncRef> {
    let Some((instance, index)) = state.func(func)?.place else {
        return Err(Error::engine(
            "expected a function that an instance has, found one of the host that no module has \
             imported yet",
        ));
    };
    Ok(KilnFuncRef {
        index,
        instance: Some(instance),
    })
}

fn func_at(state: &mut State, func: KilnFuncRef, home: u32) -> Result<CoreFunc> {
    let place = (func.instance.unwrap_or(home), func.index);
    match state.by_place.get(&place) {
        Some(known) => Ok(CoreFunc::new(state.number, *known)),
        None => state.enter_func(FuncEntry {
            ty: None,
            kind: FuncKind::Unnamed,
            place: Some(place),
        }),
    }
}

/// kiln's number for a reference of the host.
fn number(state: &mut State, host: u64) -> Result<u32> {
    let known = state.externs.iter().position(|known| *known == host);
    let index = known.unwrap_or_else(|| {
        state.externs.push(host);
        state.externs.len() - 1
    });
    u32::try_from(index)
        .map_err(|_| Error::engine("expected at most 2^32 references of the host in a store"))
}
