//! The results that core scripts expect: values, NaN patterns, references and alternatives.

use std::fmt::Write;

use seam_core::{AnyRef, CoreValue};
use wast::WastRet;
use wast::core::{NanPattern, V128Pattern, WastRetCore};
use wast::token::{F32, F64};

use super::value::is_null_of;
use crate::suite::outcome::{Step, Stop};

/// Checks results against the script's expectations. Floats are compared by their bits.
pub(super) fn results(expected: &[WastRet<'_>], found: &[CoreValue]) -> Step {
    let patterns: Step<Vec<&WastRetCore<'_>>> = expected.iter().map(pattern).collect();
    let patterns = patterns?;
    let same = patterns.len() == found.len()
        && patterns
            .iter()
            .zip(found)
            .all(|(pattern, value)| matches(pattern, value));
    if same {
        return Ok(());
    }
    Err(Stop::failed(
        list(patterns.iter().map(|pattern| text(pattern))),
        list(found.iter().map(value_text)),
    ))
}

fn pattern<'a, 'b>(expected: &'b WastRet<'a>) -> Step<&'b WastRetCore<'a>> {
    match expected {
        WastRet::Core(pattern) => Ok(pattern),
        other => Err(Stop::failed("a core value", format!("{other:?}"))),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        "no result".into()
    } else {
        items.join(" ")
    }
}

fn matches(pattern: &WastRetCore<'_>, value: &CoreValue) -> bool {
    match (pattern, value) {
        (WastRetCore::I32(a), CoreValue::I32(b)) => a == b,
        (WastRetCore::I64(a), CoreValue::I64(b)) => a == b,
        (WastRetCore::F32(a), CoreValue::F32(b)) => f32_matches(a, *b),
        (WastRetCore::F64(a), CoreValue::F64(b)) => f64_matches(a, *b),
        (WastRetCore::V128(a), CoreValue::V128(b)) => v128_matches(a, *b),
        (WastRetCore::RefNull(heap), value) => is_null_of(value, heap.as_ref()),
        (WastRetCore::RefExtern(None), CoreValue::ExternRef(found)) => found.is_some(),
        // For an externalised guest reference, the engine returns the inner reference.
        (WastRetCore::RefExtern(None), CoreValue::AnyRef(found)) => found.is_some(),
        (WastRetCore::RefExtern(Some(a)), CoreValue::ExternRef(Some(b))) => u64::from(*a) == *b,
        (WastRetCore::RefHost(a), CoreValue::AnyRef(Some(AnyRef::Host(b)))) => u64::from(*a) == *b,
        (WastRetCore::RefFunc(_), CoreValue::FuncRef(found)) => found.is_some(),
        (WastRetCore::RefAny, CoreValue::AnyRef(found)) => found.is_some(),
        (WastRetCore::RefEq, CoreValue::AnyRef(Some(found))) => !matches!(found, AnyRef::Host(_)),
        (WastRetCore::RefArray, CoreValue::AnyRef(Some(AnyRef::Array(_))))
        | (WastRetCore::RefStruct, CoreValue::AnyRef(Some(AnyRef::Struct(_))))
        | (WastRetCore::RefI31, CoreValue::AnyRef(Some(AnyRef::I31(_)))) => true,
        (WastRetCore::Either(patterns), value) => patterns.iter().any(|one| matches(one, value)),
        _ => false,
    }
}

/// Checks a float against an expected value or NaN pattern.
///
/// The payload of a canonical NaN has only the quiet bit set. The payload of an arithmetic NaN has
/// at least the quiet bit set. Both may have either sign.
fn f32_matches(pattern: &NanPattern<F32>, bits: u32) -> bool {
    match pattern {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => value.bits == bits,
    }
}

/// Like [`f32_matches`].
fn f64_matches(pattern: &NanPattern<F64>, bits: u64) -> bool {
    match pattern {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => value.bits == bits,
    }
}

fn v128_matches(pattern: &V128Pattern, found: u128) -> bool {
    /// Pairs the lanes of `$ty` in the value, lowest first, with their expectations.
    macro_rules! lanes {
        ($expected:expr, $ty:ty, $matches:expr) => {
            $expected.iter().enumerate().all(|(lane, expected)| {
                let bits = found >> (lane * <$ty>::BITS as usize);
                let mut bytes = [0; size_of::<$ty>()];
                for (to, from) in bytes.iter_mut().zip(bits.to_le_bytes()) {
                    *to = from;
                }
                $matches(expected, <$ty>::from_le_bytes(bytes))
            })
        };
    }
    match pattern {
        V128Pattern::I8x16(lanes) => lanes!(lanes, i8, |a: &i8, b| *a == b),
        V128Pattern::I16x8(lanes) => lanes!(lanes, i16, |a: &i16, b| *a == b),
        V128Pattern::I32x4(lanes) => lanes!(lanes, i32, |a: &i32, b| *a == b),
        V128Pattern::I64x2(lanes) => lanes!(lanes, i64, |a: &i64, b| *a == b),
        V128Pattern::F32x4(lanes) => lanes!(lanes, u32, f32_matches),
        V128Pattern::F64x2(lanes) => lanes!(lanes, u64, f64_matches),
    }
}

fn f32_text(pattern: &NanPattern<F32>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
        NanPattern::Value(value) => float_text(&CoreValue::F32(value.bits)),
    }
}

fn f64_text(pattern: &NanPattern<F64>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
        NanPattern::Value(value) => float_text(&CoreValue::F64(value.bits)),
    }
}

/// Formats a float as a number. NaNs also show their bits, because different NaNs print alike.
fn float_text(value: &CoreValue) -> String {
    match value {
        CoreValue::F32(bits) if f32::from_bits(*bits).is_nan() => format!("nan:{bits:#010x}"),
        CoreValue::F64(bits) if f64::from_bits(*bits).is_nan() => format!("nan:{bits:#018x}"),
        value => value.to_string(),
    }
}

/// Formats a value the way the script would write it.
pub(super) fn value_text(value: &CoreValue) -> String {
    match value {
        CoreValue::I32(_) | CoreValue::I64(_) | CoreValue::F32(_) | CoreValue::F64(_) => {
            format!("({}.const {})", value.kind(), float_text(value))
        }
        CoreValue::V128(bits) => format!("(v128.const i8x16{})", hex(bits.to_le_bytes())),
        reference => format!("({reference})"),
    }
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, " {byte:#04x}");
        out
    })
}

fn text(pattern: &WastRetCore<'_>) -> String {
    match pattern {
        WastRetCore::I32(value) => format!("(i32.const {value})"),
        WastRetCore::I64(value) => format!("(i64.const {value})"),
        WastRetCore::F32(value) => format!("(f32.const {})", f32_text(value)),
        WastRetCore::F64(value) => format!("(f64.const {})", f64_text(value)),
        WastRetCore::V128(value) => format!("(v128.const {})", v128_text(value)),
        WastRetCore::RefNull(_) => "(null)".into(),
        WastRetCore::RefExtern(None) => "(extern)".into(),
        WastRetCore::RefExtern(Some(host)) => format!("(extern {host})"),
        WastRetCore::RefHost(host) => format!("(any extern {host})"),
        WastRetCore::RefFunc(_) => "(func)".into(),
        WastRetCore::RefAny => "(any)".into(),
        WastRetCore::RefEq => "(eq)".into(),
        WastRetCore::RefArray => "(array)".into(),
        WastRetCore::RefStruct => "(struct)".into(),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => "(i31)".into(),
        WastRetCore::Either(patterns) => list(patterns.iter().map(text)).replace(") (", ") or ("),
    }
}

fn v128_text(pattern: &V128Pattern) -> String {
    fn lanes<T>(shape: &str, lanes: &[T], text: impl Fn(&T) -> String) -> String {
        let lanes: Vec<String> = lanes.iter().map(text).collect();
        format!("{shape} {}", lanes.join(" "))
    }
    match pattern {
        V128Pattern::I8x16(of) => lanes("i8x16", of, |lane| format!("{lane:#04x}")),
        V128Pattern::I16x8(of) => lanes("i16x8", of, i16::to_string),
        V128Pattern::I32x4(of) => lanes("i32x4", of, i32::to_string),
        V128Pattern::I64x2(of) => lanes("i64x2", of, i64::to_string),
        V128Pattern::F32x4(of) => lanes("f32x4", of, f32_text),
        V128Pattern::F64x2(of) => lanes("f64x2", of, f64_text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Checks values against `(assert_return (invoke "f") <expected>)`.
    fn check(expected: &str, found: &[CoreValue]) -> bool {
        let text = format!("(assert_return (invoke \"f\") {expected})");
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
        let script: wast::Wast<'_> = wast::parser::parse(&buffer).unwrap();
        let Some(wast::WastDirective::AssertReturn { results, .. }) = script.directives.first()
        else {
            unreachable!("the script is one assert_return");
        };
        super::results(results, found).is_ok()
    }

    #[test]
    fn floats_compare_by_their_bits() {
        assert!(check("(f32.const -0)", &[CoreValue::F32(0x8000_0000)]));
        assert!(!check("(f32.const -0)", &[CoreValue::F32(0)]));
        assert!(check(
            "(f64.const nan:0x1)",
            &[CoreValue::F64(0x7ff0_0000_0000_0001)]
        ));
        assert!(!check(
            "(f64.const nan:0x1)",
            &[CoreValue::F64(0x7ff8_0000_0000_0000)]
        ));
    }

    #[test]
    fn nan_patterns_ignore_the_sign_and_check_the_payload() {
        for sign in [0, 0x8000_0000] {
            assert!(check(
                "(f32.const nan:canonical)",
                &[CoreValue::F32(sign | 0x7fc0_0000)]
            ));
            assert!(!check(
                "(f32.const nan:canonical)",
                &[CoreValue::F32(sign | 0x7fc0_0001)]
            ));
            assert!(check(
                "(f32.const nan:arithmetic)",
                &[CoreValue::F32(sign | 0x7fc0_0001)]
            ));
            assert!(!check(
                "(f32.const nan:arithmetic)",
                &[CoreValue::F32(sign | 0x7fa0_0000)]
            ));
        }
        let canonical = 0xfff8_0000_0000_0000;
        assert!(check(
            "(f64.const nan:canonical)",
            &[CoreValue::F64(canonical)]
        ));
        assert!(!check(
            "(f64.const nan:canonical)",
            &[CoreValue::F64(canonical | 1)]
        ));
        assert!(check(
            "(f64.const nan:arithmetic)",
            &[CoreValue::F64(canonical | 1)]
        ));
    }

    #[test]
    fn vectors_compare_lane_by_lane() {
        let lanes = CoreValue::V128(0x7fc0_0001_0000_0003_0000_0002_3f80_0000);
        assert!(check(
            "(v128.const i32x4 0x3f800000 2 3 0x7fc00001)",
            &[lanes]
        ));
        assert!(check(
            "(v128.const f32x4 1 0x1p-148 0x1.8p-148 nan:arithmetic)",
            &[lanes]
        ));
        assert!(!check(
            "(v128.const f32x4 1 0x1p-148 0x1.8p-148 nan:canonical)",
            &[lanes]
        ));
        let bytes = CoreValue::V128(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
        assert!(check(
            "(v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)",
            &[bytes]
        ));
        assert!(check(
            "(v128.const i64x2 0x0706050403020100 0x0f0e0d0c0b0a0908)",
            &[bytes]
        ));
    }

    #[test]
    fn one_matching_alternative_is_enough() {
        let expected = "(either (i32.const 1) (i32.const 2))";
        assert!(check(expected, &[CoreValue::I32(2)]));
        assert!(!check(expected, &[CoreValue::I32(3)]));
    }

    #[test]
    fn references_are_compared_by_kind_and_host_number() {
        let extern_ = |host| CoreValue::ExternRef(host);
        assert!(check("(ref.extern 3)", &[extern_(Some(3))]));
        assert!(!check("(ref.extern 3)", &[extern_(Some(4))]));
        assert!(check("(ref.extern)", &[extern_(Some(4))]));
        assert!(check(
            "(ref.extern)",
            &[CoreValue::AnyRef(Some(AnyRef::I31(1)))]
        ));
        assert!(!check(
            "(ref.extern 1)",
            &[CoreValue::AnyRef(Some(AnyRef::I31(1)))]
        ));
        assert!(!check("(ref.extern)", &[extern_(None)]));
        assert!(check("(ref.null extern)", &[extern_(None)]));
        assert!(!check("(ref.null func)", &[extern_(None)]));
        assert!(check("(ref.null)", &[extern_(None)]));
        assert!(check("(ref.null none)", &[CoreValue::AnyRef(None)]));
        assert!(check(
            "(ref.eq)",
            &[CoreValue::AnyRef(Some(AnyRef::I31(1)))]
        ));
        assert!(!check(
            "(ref.eq)",
            &[CoreValue::AnyRef(Some(AnyRef::Host(1)))]
        ));
        assert!(check(
            "(ref.host 1)",
            &[CoreValue::AnyRef(Some(AnyRef::Host(1)))]
        ));
    }

    #[test]
    fn the_number_of_results_is_compared() {
        assert!(check("", &[]));
        assert!(!check("", &[CoreValue::I32(0)]));
        assert!(!check("(i32.const 0)", &[]));
    }
}
