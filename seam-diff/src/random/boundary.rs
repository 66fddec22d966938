//! The values at which implementations of the canonical ABI tend to differ.
//!
//! Each list starts with an ordinary value. The most telling ones follow.

use seam_core::{Type, Value};

/// Number of lengths in [`length`] at the top level of an argument.
pub(crate) const LENGTHS: usize = 7;

/// Returns the boundary of a number, `bool`, `char` or `string` type with this index, or `None` if
/// there is no such boundary or the type is another one.
pub(crate) fn scalar(ty: &Type, index: usize) -> Option<Value> {
    macro_rules! of {
        ($list:expr) => {
            $list.get(index).copied().map(Value::from)
        };
    }
    match ty {
        Type::Bool => of!([true, false]),
        Type::U8 => of!([1, 0, u8::MAX, 1 << 7, 0x7f]),
        Type::S8 => of!([1, 0, -1, i8::MIN, i8::MAX]),
        Type::U16 => of!([1, 0, u16::MAX, 1 << 15, 0x7fff, 0xff, 0x100]),
        Type::S16 => of!([1, 0, -1, i16::MIN, i16::MAX, 0x80, -0x81]),
        Type::U32 => of!([1, 0, u32::MAX, 1 << 31, 0x7fff_ffff, 0xffff, 0x1_0000]),
        Type::S32 => of!([1, 0, -1, i32::MIN, i32::MAX, 0x8000, -0x8001]),
        Type::U64 => of!([1, 0, u64::MAX, 1 << 63, 1 << 31, 0xffff_ffff, 1 << 32]),
        Type::S64 => of!([
            1,
            0,
            -1,
            i64::MIN,
            i64::MAX,
            1 << 31,
            -(1 << 31) - 1,
            1 << 32
        ]),
        Type::F32 => of!(FLOATS_32),
        Type::F64 => of!(FLOATS_64),
        Type::Char => of!(CHARS),
        Type::String => string(index),
        _ => None,
    }
}

/// Returns the number of boundaries of such a type, or 0 for another type.
pub(crate) fn count(ty: &Type) -> usize {
    match ty {
        // Some are long, so they are not made to be counted.
        Type::String => STRINGS,
        _ => (0..)
            .take_while(|index| scalar(ty, *index).is_some())
            .count(),
    }
}

/// Number of boundaries of `string`.
const STRINGS: usize = 10;

const FLOATS_32: [f32; 12] = [
    1.5,
    0.0,
    -0.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN_POSITIVE,
    // The smallest subnormal number.
    1.0e-45,
    -1.0,
    0.1,
    16_777_216.0,
];

const FLOATS_64: [f64; 12] = [
    1.5,
    0.0,
    -0.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
    // The smallest subnormal number.
    5.0e-324,
    -1.0,
    0.1,
    9_007_199_254_740_992.0,
];

/// The first and last characters of each length in UTF-8 and UTF-16, those next to the surrogates,
/// and those that need an escape.
const CHARS: [char; 16] = [
    'a',
    '\u{1f600}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{10ffff}',
    '\u{e9}',
    '\0',
    '\u{7f}',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{ffff}',
    '\u{10000}',
    '"',
    '\\',
    '\n',
];

fn string(index: usize) -> Option<Value> {
    Some(match index {
        0 => Value::from("a"),
        1 => Value::from(""),
        2 => Value::from("\u{1f600}"),
        3 => Value::from("a\u{e9}\u{20ac}\u{1f600}"),
        4 => Value::from("long ".repeat(100)),
        5 => Value::from("\u{d7ff}\u{e000}\u{10ffff}"),
        6 => Value::from("\0"),
        7 => Value::from("\u{e9}"),
        8 => Value::from(CHARS.iter().collect::<String>()),
        // Longer than a page, with characters of two lengths.
        9 => Value::from("\u{e9}x".repeat(22_000)),
        _ => return None,
    })
}

/// Returns the boundary of a list's length with this index.
///
/// `depth` is the number of lists around it. Long lists are only made at the top level, and lists
/// longer than a page only of elements that are `small`.
pub(crate) fn length(index: usize, depth: usize, small: bool) -> usize {
    match (index % LENGTHS, depth) {
        (0, _) => 1,
        (1, _) => 0,
        (2, _) => 2,
        (3, _) => 3,
        (4, 0) => 17,
        (5, 0) => 300,
        (6, 0) if small => 66_000,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scalar_type_has_boundaries_of_its_type() {
        for ty in [
            Type::Bool,
            Type::U8,
            Type::S8,
            Type::U16,
            Type::S16,
            Type::U32,
            Type::S32,
            Type::U64,
            Type::S64,
            Type::F32,
            Type::F64,
            Type::Char,
            Type::String,
        ] {
            assert!(count(&ty) >= 2, "{ty}");
            for index in 0..count(&ty) {
                let value = scalar(&ty, index).expect("a boundary");
                assert!(ty.check(&value).is_ok(), "{ty} {value}");
            }
            assert_eq!(scalar(&ty, count(&ty)), None, "{ty}");
        }
        assert_eq!(count(&Type::list(Type::U8)), 0);
    }
}
