//! Checks of values against types, and the messages of mismatches.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use common::Random;
use seam_core::{ErrorKind, FuncType, Handle, List, Resource, ResourceType, Type, Value};

#[test]
fn values_are_of_their_types() {
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let ty = random.ty(4);
        ty.check(&random.value(&ty)).unwrap();
        if let Some(zero) = Value::default_of(&ty) {
            ty.check(&zero).unwrap();
        }
        let other = random.ty(4);
        let value = random.value(&other);
        if let Err(error) = ty.check(&value) {
            assert_eq!(*error.kind(), ErrorKind::Misuse);
            assert!(error.message().contains("expected"), "{error}");
        } else {
            // Only empty lists and `none` values have several types.
            assert!(
                Value::parse(&ty, &value.to_string()).is_ok(),
                "{ty}: {value}"
            );
        }
    }
}

#[test]
fn the_path_leads_to_the_offending_argument_field_and_element() {
    let post = Type::record([("title", Type::String), ("tags", Type::list(Type::String))]);
    let ty = FuncType {
        params: vec![("id".into(), Type::U32), ("post".into(), post)],
        result: Some(Type::option(Type::U8)),
        is_async: false,
    };
    let tags = vec!["a".into(), "b".into(), "c".into(), Value::U32(7)];
    let post = Value::record([
        ("title", "x".into()),
        ("tags", Value::List(List::Values(tags))),
    ]);
    let error = ty.check_args(&[Value::U32(1), post]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.message(),
        r#"argument 2, field "tags", element 4: expected string, found u32"#
    );
    let error = ty.check_args(&[Value::U32(1)]).unwrap_err();
    let params = "id: u32, post: record { title: string, tags: list<string> }";
    assert_eq!(
        error.message(),
        format!("expected 2 arguments ({params}), found 1")
    );
    let error = ty
        .check_result(Some(&Value::some(Value::U16(1))))
        .unwrap_err();
    assert_eq!(error.message(), "result, some: expected u8, found u16");
    let error = ty.check_result(None).unwrap_err();
    assert_eq!(
        error.message(),
        "expected a result of type option<u8>, found none"
    );
    let error = FuncType::default()
        .check_result(Some(&Value::U8(1)))
        .unwrap_err();
    assert_eq!(error.message(), "expected no result, found u8");
    let error = FuncType::default().check_args(&[Value::U8(1)]).unwrap_err();
    assert_eq!(error.message(), "expected no arguments, found 1");
}

#[test]
fn records_in_lists_are_checked_however_they_are_stored() {
    let ty = Type::list(Type::record([("id", Type::U32), ("name", Type::String)]));
    let entry = |id: u32, name: Value| Value::record([("id", id.into()), ("name", name)]);
    let renamed = |id: u32| Value::record([("id", Value::U32(id)), ("title", "x".into())]);
    for (records, message) in [
        (vec![entry(1, "x".into()), entry(2, "y".into())], None),
        (vec![], None),
        (
            vec![entry(1, "x".into()), entry(2, Value::U8(1))],
            Some(r#"element 2, field "name": expected string, found u8"#),
        ),
        (
            vec![renamed(1), renamed(2)],
            Some(r#"element 1: expected field "id" or "name", found "title""#),
        ),
        (
            vec![Value::record([("name", "x".into()), ("id", Value::U32(1))])],
            Some(r#"element 1: expected field "id" before "name", found it after"#),
        ),
    ] {
        for list in [List::from(records.clone()), List::Values(records)] {
            let checked = ty.check(&Value::List(list));
            assert_eq!(
                checked.err().as_ref().map(seam_core::Error::message),
                message
            );
        }
    }
    let other = Type::list(Type::U8);
    let checked = other.check(&Value::list([entry(1, "x".into())]));
    assert_eq!(
        checked.unwrap_err().message(),
        "element 1: expected u8, found record"
    );
}

#[test]
fn every_kind_of_mismatch_has_a_message() {
    let resource = |name: &str| Resource::guest(ResourceType::new(name), Handle::new(1, 1, 1, 0));
    let shape = || Type::variant([("dot", None), ("circle", Some(Type::F32))]);
    let point = || Type::record([("x", Type::U8), ("y", Type::U8)]);
    for (ty, value, message) in [
        (Type::U8, Value::S8(1), "expected u8, found s8"),
        (
            Type::list(Type::U8),
            Value::from(vec![1i8]),
            "element 1: expected u8, found s8",
        ),
        (
            Type::FixedLengthList(Type::U8.into(), 2),
            Value::from(vec![1u8]),
            "expected 2 elements, found 1",
        ),
        (
            Type::tuple([Type::U8, Type::Bool]),
            Value::Tuple(vec![Value::U8(1), Value::U8(1)]),
            "element 2: expected bool, found u8",
        ),
        (
            Type::tuple([Type::U8]),
            Value::Tuple(vec![]),
            "expected 1 element, found 0",
        ),
        (
            Type::Map(Type::String.into(), Type::U8.into()),
            Value::Map(vec![("a".into(), Value::Bool(true))]),
            "value 1: expected u8, found bool",
        ),
        (
            Type::Map(Type::String.into(), Type::U8.into()),
            Value::Map(vec![(Value::Char('a'), Value::U8(1))]),
            "key 1: expected string, found char",
        ),
        (
            point(),
            Value::record([("x", Value::U8(1))]),
            r#"field "y": expected u8, found no such field"#,
        ),
        (
            point(),
            Value::record([("x", Value::U8(1)), ("z", Value::U8(1))]),
            r#"expected field "x" or "y", found "z""#,
        ),
        (
            point(),
            Value::record([("y", Value::U8(1)), ("x", Value::U8(1))]),
            r#"expected field "x" before "y", found it after"#,
        ),
        (
            point(),
            Value::record([("x", Value::U8(1)), ("x", Value::U8(1))]),
            r#"expected field "x" once, found it twice"#,
        ),
        (
            shape(),
            Value::variant("square", None),
            r#"expected case "dot" or "circle", found "square""#,
        ),
        (
            shape(),
            Value::variant("circle", None),
            r#"case "circle": expected a payload of type f32, found none"#,
        ),
        (
            shape(),
            Value::variant("dot", Some(Value::U8(1))),
            r#"case "dot": expected no payload, found u8"#,
        ),
        (
            Type::enumeration(["a", "b", "c"]),
            Value::enumeration("d"),
            r#"expected case "a", "b" or "c", found "d""#,
        ),
        (
            Type::flags(["r"]),
            Value::flags(["w"]),
            r#"expected flag "r", found "w""#,
        ),
        (
            Type::option(Type::list(Type::Bool)),
            Value::some(Value::list([Value::U8(1)])),
            "some, element 1: expected bool, found u8",
        ),
        (
            Type::result(Some(Type::U8), None),
            Value::ok(Some(Value::U16(1))),
            "ok: expected u8, found u16",
        ),
        (
            Type::result(Some(Type::U8), None),
            Value::err(Some(Value::U16(1))),
            "err: expected no payload, found u16",
        ),
        (
            Type::Own(ResourceType::new("a:b/c#r")),
            Value::Own(resource("a:b/d#r")),
            "expected own<a:b/c#r>, found own<a:b/d#r>",
        ),
        (
            Type::Own(ResourceType::new("r")),
            Value::Borrow(resource("r")),
            "expected own<r>, found borrow",
        ),
    ] {
        assert_eq!(ty.check(&value).unwrap_err().message(), message);
    }
}

#[test]
fn flags_may_be_given_in_any_order() {
    let ty = Type::flags(["r", "w"]);
    ty.check(&Value::flags(["w", "r"])).unwrap();
    assert_eq!(Value::flags(["w", "r"]), Value::flags(["r", "w"]));
    assert_ne!(Value::flags(["w"]), Value::flags(["r", "w"]));
}

#[test]
fn floats_compare_by_bits_and_all_nans_are_equal() {
    let nan = |bits| Value::F32(f32::from_bits(bits));
    assert_eq!(nan(0x7fc0_0000), nan(0xff80_0001));
    assert_ne!(Value::F64(0.0), Value::F64(-0.0));
    assert_ne!(Value::F64(f64::NAN), Value::F32(f32::NAN));
    assert_eq!(
        Value::from(vec![f64::NAN, 1.0]),
        Value::list([Value::F64(-f64::NAN), Value::F64(1.0)])
    );
}

#[test]
fn a_flat_list_is_checked_by_its_element_type() {
    let ty = Type::list(Type::U8);
    ty.check(&Value::from(vec![0u8; 1 << 20])).unwrap();
    // An empty list has no element that could be wrong.
    ty.check(&Value::from(Vec::<f64>::new())).unwrap();
    assert!(ty.check(&Value::from(vec![1u16])).is_err());
}
