#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::random::Values;
use seam_core::FuncType;

fn shrunk(ty: &Type, text: &str, passes: impl Fn(&str) -> bool) -> String {
    let value = Value::parse(ty, text).unwrap();
    smaller(ty, value, &mut |value| {
        ty.check(value).unwrap();
        passes(&value.to_string())
    })
    .to_string()
}

fn number(text: &str) -> i128 {
    text.parse().unwrap()
}

#[test]
fn numbers_are_the_least_that_pass() {
    let high = |text: &str| number(text) >= 1 << 31;
    assert_eq!(shrunk(&Type::U32, "4294967295", high), "2147483648");
    assert_eq!(
        shrunk(&Type::U64, "18446744073709551615", high),
        "2147483648"
    );
    assert_eq!(shrunk(&Type::S32, "-77", |text| number(text) < -6), "-7");
    assert_eq!(shrunk(&Type::S8, "-128", |text| number(text) != 0), "-1");
    assert_eq!(shrunk(&Type::S8, "-100", |text| number(text) != 0), "1");
    assert_eq!(shrunk(&Type::U8, "9", |_| true), "0");
}

#[test]
fn floats_become_integers_near_zero() {
    let float = |text: &str| text.parse::<f64>().unwrap();
    assert_eq!(
        shrunk(&Type::F64, "-123.75", |text| float(text) != 0.0),
        "1"
    );
    assert_eq!(
        shrunk(&Type::F64, "1234.5", |text| float(text) > 99.0),
        "100"
    );
    assert_eq!(shrunk(&Type::F32, "-77.5", |text| float(text) < -6.0), "-7");
    assert_eq!(shrunk(&Type::F32, "nan", |text| text == "nan"), "nan");
    assert_eq!(shrunk(&Type::F64, "-0", |text| text.starts_with('-')), "-1");
    assert_eq!(shrunk(&Type::F64, "-0", |text| text == "-0"), "-0");
}

#[test]
fn a_string_is_as_short_as_can_be_with_the_first_characters() {
    let letters = |text: &str| text.matches(char::is_alphabetic).count() > 2;
    let beyond = |text: &str| {
        // Characters without a glyph are written as escapes.
        text.contains("\\u{1") || text.chars().any(|c| c > '\u{ffff}')
    };
    let ty = Type::String;
    assert_eq!(shrunk(&ty, r#""aé€😀 and more""#, beyond), "\"\u{10000}\"");
    assert_eq!(shrunk(&ty, r#""héllo""#, letters), r#""aaa""#);
    assert_eq!(
        shrunk(&ty, r#""x\n""#, |text| text.contains('\\')),
        r#""\n""#
    );
    let surrogates = |text: &str| {
        let value = Value::parse(&Type::Char, text).unwrap();
        matches!(value, Value::Char('\u{e000}'..))
    };
    assert_eq!(shrunk(&Type::Char, "'😀'", surrogates), "'\\u{e000}'");
}

#[test]
fn lists_and_their_elements_shrink() {
    let ty = Type::list(Type::list(Type::U32));
    let has_big = |text: &str| {
        let mut numbers = text.split(|c: char| !c.is_ascii_digit());
        numbers.any(|text| text.parse().is_ok_and(|number: u64| number > 99))
    };
    assert_eq!(
        shrunk(&ty, "[[1, 2], [], [3, 4000, 5]]", has_big),
        "[[100]]"
    );
    let fixed = Type::fixed_length_list(Type::U8, 3);
    assert_eq!(shrunk(&fixed, "[7, 200, 9]", has_big), "[0, 100, 0]");
    let map = Type::map(Type::U8, Type::String);
    let text = r#"[(1, "a"), (2, "bc")]"#;
    assert_eq!(
        shrunk(&map, text, |text| text.contains('"')),
        r#"[(0, "")]"#
    );
}

#[test]
fn alternatives_become_the_first_one_that_passes() {
    let payload = Some(Type::option(Type::String));
    let ty = Type::variant([("none", None), ("a", payload.clone()), ("b", payload)]);
    assert_eq!(shrunk(&ty, r#"b(some("xyz"))"#, |_| true), "%none");
    assert_eq!(
        shrunk(&ty, r#"b(some("xyz"))"#, |text| text.contains('(')),
        "a(none)"
    );
    assert_eq!(
        shrunk(&ty, r#"b(some("xyz"))"#, |text| text.contains('"')),
        r#"b(some(""))"#
    );
    let ty = Type::result(Some(Type::U8), Some(Type::U8));
    assert_eq!(shrunk(&ty, "err(7)", |_| true), "ok(0)");
    assert_eq!(
        shrunk(&ty, "err(7)", |text| text.starts_with("err")),
        "err(0)"
    );
    let ty = Type::enumeration(["a", "b", "c"]);
    assert_eq!(shrunk(&ty, "c", |text| text != "a"), "b");
    let ty = Type::flags(["a", "b", "c"]);
    assert_eq!(shrunk(&ty, "{a, b, c}", |text| text.contains('b')), "{b}");
}

#[test]
fn fields_shrink_one_by_one() {
    let ty = Type::record([("n", Type::U8), ("t", Type::tuple([Type::Bool, Type::S64]))]);
    let text = "{n: 9, t: (true, -5)}";
    let passes = |text: &str| text.contains("true") && !text.contains("n: 0");
    assert_eq!(shrunk(&ty, text, passes), "{n: 1, t: (true, 0)}");
}

#[test]
fn every_value_shrinks_to_the_zero_value_if_anything_passes() {
    let scalars = Type::tuple([
        Type::Bool,
        Type::S8,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::String,
    ]);
    let ty = Type::list(Type::result(
        Some(Type::option(scalars.clone())),
        Some(Type::map(Type::String, scalars.clone())),
    ));
    for ty in [ty, Type::tuple([scalars.clone(), Type::option(scalars)])] {
        let func = FuncType::new([ty.clone()], None);
        let mut values = Values::new(3);
        for _ in 0..40 {
            let value = values.args(&func).unwrap().remove(0);
            let small = smaller(&ty, value, &mut |_| true);
            assert_eq!(Some(small), Value::default_of(&ty));
        }
    }
}
