#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use seam_core::ResourceType;

fn every_kind() -> FuncType {
    let scalars = Type::tuple([
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
    ]);
    let variant = Type::variant([
        ("none", None),
        ("text", Some(Type::String)),
        ("deep", Some(Type::option(Type::option(Type::U8)))),
    ]);
    FuncType::new(
        [
            scalars.clone(),
            Type::list(scalars),
            Type::list(Type::list(Type::String)),
            Type::fixed_length_list(Type::U16, 3),
            Type::map(Type::String, Type::list(Type::U8)),
            Type::record([("a", Type::U8), ("b", variant)]),
            Type::enumeration(["x", "y", "z"]),
            Type::result(Some(Type::U32), Some(Type::String)),
            Type::result(None, None),
            Type::flags(["f", "g", "h"]),
            Type::list(Type::U8),
        ],
        None,
    )
}

#[test]
fn values_have_their_type_and_the_same_seed_gives_the_same() {
    let ty = every_kind();
    let made = |seed| {
        let mut values = Values::new(seed);
        (0..200)
            .map(|_| values.args(&ty).unwrap())
            .collect::<Vec<_>>()
    };
    let all = made(7);
    for args in &all {
        ty.check_args(args).unwrap();
    }
    assert_eq!(all, made(7));
    assert_ne!(all, made(8));
}

/// Returns the values that the calls pass for a parameter of this type.
fn passed(ty: Type, calls: usize) -> Vec<Value> {
    let func = FuncType::new([ty], None);
    let mut values = Values::new(1);
    let mut made = |_| values.args(&func).unwrap().remove(0);
    (0..calls).map(&mut made).collect()
}

#[test]
fn boundaries_come_first() {
    let numbers = passed(Type::U32, 16);
    for boundary in [0, 1, u32::MAX, 1 << 31, (1 << 31) - 1] {
        assert!(numbers.contains(&boundary.into()), "{boundary}");
    }
    let floats = passed(Type::F64, 24);
    for boundary in [f64::NAN, -0.0, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(floats.contains(&boundary.into()), "{boundary}");
    }
    let chars = passed(Type::Char, 26);
    for boundary in ['\u{d7ff}', '\u{e000}', '\u{10ffff}', '\0'] {
        assert!(chars.contains(&boundary.into()), "{boundary:?}");
    }
    let strings = passed(Type::String, 20);
    assert!(strings.contains(&"".into()) && strings.contains(&"a".into()));
    let long = |value: &Value| matches!(value, Value::String(text) if text.len() > 65_536);
    assert!(strings.iter().any(long));
    let flags = passed(Type::flags(["a", "b", "c"]), 10);
    for set in [vec![], vec!["a"], vec!["b"], vec!["c"], vec!["a", "b", "c"]] {
        assert!(flags.contains(&Value::flags(set)));
    }
    let deep = Type::option(Type::option(Type::option(Type::Bool)));
    let deep = passed(deep, 32);
    let depths = [
        Value::none(),
        Value::some(Value::none()),
        Value::some(Value::some(Value::none())),
        Value::some(Value::some(Value::some(true.into()))),
    ];
    for value in depths {
        assert!(deep.contains(&value), "{value}");
    }
}

#[test]
fn lists_are_empty_of_one_element_and_longer_than_a_page() {
    let lengths: Vec<usize> = (passed(Type::list(Type::U8), 16).iter())
        .map(|value| match value {
            Value::List(list) => list.len(),
            _ => usize::MAX,
        })
        .collect();
    for length in [0, 1, 2, 66_000] {
        assert!(lengths.contains(&length), "{lengths:?}");
    }
    // Nested lists stay small.
    let nested = passed(Type::list(Type::list(Type::list(Type::String))), 60);
    let longest = nested.iter().map(|value| value.to_string().len()).max();
    assert!(longest.unwrap() < 700_000, "{longest:?}");
}

#[test]
fn every_case_of_an_enum_and_variant_occurs() {
    let cases: Vec<String> = (0..40).map(|case| format!("c{case}")).collect();
    let ty = Type::variant(cases.iter().map(|case| (case.as_str(), Some(Type::U8))));
    let made = passed(ty, 400);
    for case in &cases {
        let is = |value: &Value| matches!(value, Value::Variant(name, _) if **name == **case);
        assert!(made.iter().any(is), "{case}");
    }
}

#[test]
fn a_function_that_needs_a_resource_has_no_arguments_without_one() {
    let own = || Type::Own(ResourceType::new("r"));
    let mut values = Values::new(1);
    assert_eq!(values.args(&FuncType::new([own()], None)), None);
    assert_eq!(
        values.args(&FuncType::new([Type::Stream(None)], None)),
        None
    );
    let optional = FuncType::new([Type::option(own()), Type::list(own())], None);
    let expected = vec![Value::none(), Value::list([])];
    assert_eq!(values.args(&optional), Some(expected));
}
