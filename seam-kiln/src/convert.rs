//! Converts values between the seam and kiln.

use seam_core::{
    AnyRef, CoreException, CoreFunc, CoreType, CoreValue, Error, HeapType, RefType, Result,
    foreign_handle,
};

use crate::handles::{FuncEntry, FuncKind, FuncPosition};
use crate::kiln::{KilnFuncRef, KilnValue};
use crate::state::CoreState;

/// The bits of an `i31`. kiln keeps them without the sign, and `i31.get_s` extends it.
const I31_BITS: i32 = 0x7fff_ffff;

/// Converts a value for kiln.
///
/// # Errors
/// `Misuse` for a function of another store; `Engine` for a reference that cannot be
/// passed to kiln.
pub(crate) fn to_kiln(state: &mut CoreState, value: CoreValue) -> Result<KilnValue> {
    Ok(match value {
        CoreValue::I32(value) => KilnValue::I32(value),
        CoreValue::I64(value) => KilnValue::I64(value),
        CoreValue::F32(bits) => KilnValue::F32(bits),
        CoreValue::F64(bits) => KilnValue::F64(bits),
        CoreValue::V128(bits) => KilnValue::V128(bits.to_le_bytes()),
        CoreValue::FuncRef(func) => {
            KilnValue::FuncRef(func.map(|f| func_ref(state, f)).transpose()?)
        }
        CoreValue::ExternRef(host) => {
            KilnValue::ExternRef(host.map(|host| number(state, host)).transpose()?)
        }
        CoreValue::AnyRef(None) => KilnValue::I31Ref(None),
        CoreValue::AnyRef(Some(AnyRef::I31(value))) => KilnValue::I31Ref(Some(value & I31_BITS)),
        CoreValue::ExnRef(exception) => {
            let ours = state.handles.store;
            if exception.is_some_and(|exception| exception.store() != ours) {
                return Err(foreign_handle());
            }
            KilnValue::ExnRef(exception.map(CoreException::index))
        }
        other => {
            return Err(Error::engine(format!(
                "expected a value that can be passed to kiln, found {other}"
            )));
        }
    })
}

/// Converts a value from kiln, which checks no types, to one of type `ty`.
///
/// A function reference that names no instance is one of the instance with the id `home`.
///
/// # Errors
/// `Engine` for a value of another type.
pub(crate) fn from_kiln(
    state: &mut CoreState,
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
                    "expected a reference that the host passed to kiln, found number {index}"
                ))
            })?))
        }
        (KilnValue::I31Ref(Some(bits)), _) => {
            // Moves the sign, which is bit 30, to bit 31 and back.
            CoreValue::AnyRef(Some(AnyRef::I31((*bits << 1) >> 1)))
        }
        (KilnValue::ExnRef(slot), _) => {
            let exception = |slot| CoreException::new(state.handles.store, slot);
            CoreValue::ExnRef(slot.map(exception))
        }
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

/// Returns the null reference of a nullable type.
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

fn func_ref(state: &CoreState, func: CoreFunc) -> Result<KilnFuncRef> {
    let Some(position) = state.handles.func(func)?.position else {
        return Err(Error::engine(
            "expected a function of an instance, found one of the host that no module has imported",
        ));
    };
    Ok(KilnFuncRef {
        index: position.index,
        instance: Some(position.instance_id),
    })
}

fn func_at(state: &mut CoreState, func: KilnFuncRef, home: u32) -> Result<CoreFunc> {
    let position = FuncPosition {
        instance_id: func.instance.unwrap_or(home),
        index: func.index,
    };
    let handles = &mut state.handles;
    match handles.by_position.get(&position) {
        Some(known) => Ok(CoreFunc::new(handles.store, *known)),
        None => handles.add_func(FuncEntry {
            ty: None,
            kind: FuncKind::Referenced,
            position: Some(position),
        }),
    }
}

/// Returns kiln's number for a reference of the host.
fn number(state: &mut CoreState, host: u64) -> Result<u32> {
    let known = state.externs.iter().position(|known| *known == host);
    let index = known.unwrap_or_else(|| {
        state.externs.push(host);
        state.externs.len() - 1
    });
    u32::try_from(index)
        .map_err(|_| Error::engine("expected at most 2^32 host references in a store"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::probe::Order;
    use seam_core::HostState;

    #[test]
    fn an_i31_has_a_sign_here_and_31_bits_in_kiln() {
        let state = &mut CoreState::new(HostState::new(()), 0, Order::Forward);
        let i31 = CoreType::Ref(RefType {
            nullable: true,
            heap: HeapType::I31,
        });
        for (value, bits) in [
            (0, 0),
            (5, 5),
            (-1, 0x7fff_ffff),
            (0x3fff_ffff, 0x3fff_ffff),
            (-0x4000_0000, 0x4000_0000),
        ] {
            let value = CoreValue::AnyRef(Some(AnyRef::I31(value)));
            let kiln = to_kiln(state, value).unwrap();
            assert!(
                matches!(kiln, KilnValue::I31Ref(Some(found)) if found == bits),
                "{kiln:?}"
            );
            assert_eq!(from_kiln(state, &kiln, i31, 0).unwrap(), value);
        }
    }
}
