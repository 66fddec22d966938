//! Conversion of numbers between component-level and core values.
//!
//! This is the canonical ABI's [flattening] of scalars.
//!
//! Floats keep their bits: imports and exports of a core module have core types, for which the
//! specification does not canonicalise NaNs.
//!
//! [flattening]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flat-lifting

use seam_core::{CanonTrap, CoreType, CoreValue, Error, FuncType, Result, Type, Value};

/// Converts a core value to a component-level value.
///
/// A narrow integer takes the low bits. A `bool` is true if any bit is set.
///
/// # Errors
/// A trap if the bits are not a `char`. `Engine` if the value has another core type.
pub(super) fn lift(ty: &Type, value: CoreValue) -> Result<Value> {
    Ok(match (ty, value) {
        (Type::Bool, CoreValue::I32(value)) => Value::Bool(value != 0),
        (Type::S8, CoreValue::I32(value)) => Value::S8(value as i8),
        (Type::U8, CoreValue::I32(value)) => Value::U8(value as u8),
        (Type::S16, CoreValue::I32(value)) => Value::S16(value as i16),
        (Type::U16, CoreValue::I32(value)) => Value::U16(value as u16),
        (Type::S32, CoreValue::I32(value)) => Value::S32(value),
        (Type::U32, CoreValue::I32(value)) => Value::U32(value as u32),
        (Type::S64, CoreValue::I64(value)) => Value::S64(value),
        (Type::U64, CoreValue::I64(value)) => Value::U64(value as u64),
        (Type::F32, CoreValue::F32(bits)) => Value::F32(f32::from_bits(bits)),
        (Type::F64, CoreValue::F64(bits)) => Value::F64(f64::from_bits(bits)),
        (Type::Char, CoreValue::I32(value)) => {
            let char = char::from_u32(value as u32);
            Value::Char(char.ok_or_else(|| Error::trap(CanonTrap::InvalidChar))?)
        }
        _ => return Err(mismatch(ty, value.kind())),
    })
}

/// Converts the bits of a core value to a component-level value.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_bits(ty: &Type, bits: u64) -> Result<Value> {
    lift(ty, value_of_bits(core_type(ty), bits)?)
}

/// Converts a component-level value to a core value.
///
/// # Errors
/// `Engine` if the value is not a number.
pub(super) fn lower(value: &Value) -> Result<CoreValue> {
    Ok(match value {
        Value::Bool(value) => CoreValue::I32(i32::from(*value)),
        Value::S8(value) => CoreValue::I32(i32::from(*value)),
        Value::U8(value) => CoreValue::I32(i32::from(*value)),
        Value::S16(value) => CoreValue::I32(i32::from(*value)),
        Value::U16(value) => CoreValue::I32(i32::from(*value)),
        Value::S32(value) => CoreValue::I32(*value),
        Value::U32(value) => CoreValue::from(*value),
        Value::S64(value) => CoreValue::I64(*value),
        Value::U64(value) => CoreValue::from(*value),
        Value::F32(value) => CoreValue::F32(value.to_bits()),
        Value::F64(value) => CoreValue::F64(value.to_bits()),
        Value::Char(value) => CoreValue::from(u32::from(*value)),
        other => {
            return Err(Error::engine(format!(
                "expected a number, found {}",
                other.kind()
            )));
        }
    })
}

/// Converts a component-level value to the bits of a core value.
///
/// # Errors
/// Those of [`lower`].
pub(super) fn lower_bits(value: &Value) -> Result<u64> {
    let bits = lower(value)?.to_bits();
    bits.ok_or_else(|| Error::engine("expected a number, found another core value"))
}

/// Converts the arguments of a call into the host.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_args(ty: &FuncType, args: &[CoreValue]) -> Result<Vec<Value>> {
    let params = ty.params.iter().zip(args);
    params.map(|((_, ty), value)| lift(ty, *value)).collect()
}

/// Converts the results of a function. Several core results become a tuple.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_results(ty: &FuncType, results: &[CoreValue]) -> Result<Option<Value>> {
    match (&ty.result, results) {
        (None, []) => Ok(None),
        (Some(Type::Tuple(types)), results) if types.len() == results.len() => {
            let values = types.iter().zip(results);
            let values: Result<_> = values.map(|(ty, value)| lift(ty, *value)).collect();
            Ok(Some(Value::Tuple(values?)))
        }
        (Some(ty), [value]) => lift(ty, *value).map(Some),
        (ty, results) => Err(Error::engine(format!(
            "expected results for {}, found {}",
            ty.as_ref().map_or("nothing", Type::kind),
            results.len()
        ))),
    }
}

/// Like [`lift_results`], for the bits of results of these core types.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_result_bits(
    ty: &FuncType,
    types: &[CoreType],
    bits: &[u64],
) -> Result<Option<Value>> {
    match (types, bits) {
        ([one], [bits, ..]) => lift_results(ty, &[value_of_bits(*one, *bits)?]),
        (types, bits) => {
            let values = types.iter().zip(bits);
            let values = values.map(|(ty, bits)| value_of_bits(*ty, *bits));
            lift_results(ty, &values.collect::<Result<Vec<_>>>()?)
        }
    }
}

/// Returns the number of a core type with these bits.
///
/// # Errors
/// `Engine` if values of the type are not numbers.
fn value_of_bits(ty: CoreType, bits: u64) -> Result<CoreValue> {
    let value = CoreValue::of_bits(ty, bits);
    value.ok_or_else(|| Error::engine(format!("expected a number, found a value of type {ty}")))
}

/// Converts the result of a host function to the bits of core results.
///
/// # Errors
/// Those of [`lower`].
pub(super) fn lower_results(result: Option<&Value>, results: &mut [u64]) -> Result<()> {
    let values: &[Value] = match result {
        None => &[],
        Some(Value::Tuple(values)) => values,
        Some(value) => std::slice::from_ref(value),
    };
    if values.len() != results.len() {
        let (wanted, found) = (results.len(), values.len());
        return Err(Error::engine(format!(
            "expected {wanted} results, found {found}"
        )));
    }
    for (result, value) in results.iter_mut().zip(values) {
        *result = lower_bits(value)?;
    }
    Ok(())
}

/// Returns the core type of numbers of a component-level type.
fn core_type(ty: &Type) -> CoreType {
    match ty {
        Type::S64 | Type::U64 => CoreType::I64,
        Type::F32 => CoreType::F32,
        Type::F64 => CoreType::F64,
        _ => CoreType::I32,
    }
}

fn mismatch(ty: &Type, found: &str) -> Error {
    Error::engine(format!("expected a core value of {ty}, found {found}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Trap;

    #[test]
    fn scalars_take_the_low_bits() {
        for (ty, bits, expected) in [
            (Type::Bool, 2, Value::Bool(true)),
            (Type::S8, 0x1_80, Value::S8(-128)),
            (Type::U8, -1, Value::U8(255)),
            (Type::S16, 0x1_8000, Value::S16(-32768)),
            (Type::U16, -1, Value::U16(65535)),
            (Type::U32, -1, Value::U32(u32::MAX)),
            (Type::Char, 0x1f600, Value::Char('😀')),
        ] {
            assert_eq!(lift(&ty, CoreValue::I32(bits)).unwrap(), expected);
        }
    }

    #[test]
    fn bits_that_are_not_a_char_trap() {
        for bits in [0xd800, 0x11_0000, -1] {
            let error = lift(&Type::Char, CoreValue::I32(bits)).unwrap_err();
            assert_eq!(error.as_trap(), Some(&Trap::Canon(CanonTrap::InvalidChar)));
        }
    }

    #[test]
    fn nan_payloads_pass() {
        let bits = 0x7fa0_0001;
        let value = lift(&Type::F32, CoreValue::F32(bits)).unwrap();
        assert!(matches!(lower(&value).unwrap(), CoreValue::F32(found) if found == bits));
    }

    #[test]
    fn several_results_are_a_tuple() {
        let ty = FuncType::new([], Some(Type::tuple([Type::S32, Type::F64])));
        let core = [CoreValue::I32(-1), CoreValue::F64(1f64.to_bits())];
        let value = lift_results(&ty, &core).unwrap().unwrap();
        assert_eq!(value, Value::Tuple(vec![Value::S32(-1), Value::F64(1.0)]));
        let mut back = [0; 2];
        lower_results(Some(&value), &mut back).unwrap();
        assert_eq!(back, core.map(|value| value.to_bits().unwrap()));
        assert!(lower_results(None, &mut back).is_err());
    }
}
