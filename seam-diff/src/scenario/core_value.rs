//! Core values as text.

use seam_core::{CoreType, CoreValue, Error, Result};

/// Reads values of these types, with commas between them.
///
/// Integers are decimal or, with `0x`, hexadecimal; both the signed and the unsigned range of the type
/// will do. Vectors are hexadecimal. Floats are decimal, or `nan`, `inf`, `-inf`. References can only be
/// `null`.
///
/// # Errors
/// `Misuse` that says which value does not have its type.
pub(super) fn parse_all(types: &[CoreType], text: &str) -> Result<Vec<CoreValue>> {
    let texts: Vec<&str> = match text.trim() {
        "" => Vec::new(),
        text => text.split(',').map(str::trim).collect(),
    };
    if texts.len() != types.len() {
        let (expected, found) = (types.len(), texts.len());
        return Err(Error::misuse(format!(
            "expected {expected} values, found {found}"
        )));
    }
    let pairs = types.iter().zip(&texts).enumerate();
    let values = pairs.map(|(index, (ty, text))| {
        parse(*ty, text).ok_or_else(|| {
            let position = index + 1;
            Error::misuse(format!("value {position}: expected {ty}, found `{text}`"))
        })
    });
    values.collect()
}

fn parse(ty: CoreType, text: &str) -> Option<CoreValue> {
    Some(match ty {
        CoreType::I32 => {
            let number = integer(text)?;
            let signed = i32::try_from(number).ok();
            CoreValue::I32(match signed {
                Some(signed) => signed,
                None => i32::from_ne_bytes(u32::try_from(number).ok()?.to_ne_bytes()),
            })
        }
        CoreType::I64 => {
            let number = integer(text)?;
            let signed = i64::try_from(number).ok();
            CoreValue::I64(match signed {
                Some(signed) => signed,
                None => i64::from_ne_bytes(u64::try_from(number).ok()?.to_ne_bytes()),
            })
        }
        CoreType::F32 => CoreValue::F32(text.parse::<f32>().ok()?.to_bits()),
        CoreType::F64 => CoreValue::F64(text.parse::<f64>().ok()?.to_bits()),
        CoreType::V128 => {
            let digits = unsigned(text.strip_prefix("0x")?)?;
            CoreValue::V128(u128::from_str_radix(digits, 16).ok()?)
        }
        CoreType::Ref(_) if text == "null" => CoreValue::default_of(ty)?,
        _ => return None,
    })
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let number = match digits.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(unsigned(digits)?, 16).ok()?,
        None => unsigned(digits)?.parse::<i128>().ok()?,
    };
    Some(if negative { -number } else { number })
}

/// Returns the digits, unless they have a sign of their own.
fn unsigned(digits: &str) -> Option<&str> {
    (!digits.starts_with(['-', '+'])).then_some(digits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn numbers_have_both_ranges_of_their_type() {
        let types = [
            CoreType::I32,
            CoreType::I32,
            CoreType::I64,
            CoreType::F32,
            CoreType::V128,
        ];
        let values = parse_all(&types, "-1, 0xffffffff, 0x8000000000000000, -inf, 0x10").unwrap();
        let expected = [
            CoreValue::I32(-1),
            CoreValue::I32(-1),
            CoreValue::I64(i64::MIN),
            CoreValue::F32(f32::NEG_INFINITY.to_bits()),
            CoreValue::V128(16),
        ];
        assert_eq!(values, expected);
        assert!(parse_all(&[], " ").unwrap().is_empty());
    }

    #[test]
    fn a_value_of_another_type_is_refused_by_its_position() {
        for (text, expected) in [
            ("1", "expected 2 values, found 1"),
            ("1, x", "value 2: expected i32, found `x`"),
            ("4294967296, 1", "value 1: expected i32, found `4294967296`"),
            ("--1, 1", "value 1: expected i32, found `--1`"),
            ("1, 0x-1", "value 2: expected i32, found `0x-1`"),
        ] {
            let error = parse_all(&[CoreType::I32, CoreType::I32], text).unwrap_err();
            assert_eq!(error.message(), expected);
        }
    }
}
