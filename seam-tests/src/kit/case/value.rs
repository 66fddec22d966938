//! Component-level values as arguments and results.

use seam_core::{Instance, Value, World};

use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing};
use crate::kit::{Checked, Subject};

pub(super) const ECHO: &str = "test:types/echo@1.0.0";

/// Calls an echo function and expects its argument as the result.
pub(super) fn echoes(instance: &mut dyn Instance, function: &str, value: Value) -> Checked {
    let export = format!("{ECHO}#echo-{function}");
    gives(
        instance,
        &export,
        std::slice::from_ref(&value),
        value.clone(),
    )
}

pub(super) fn texts<const N: usize>(texts: [&str; N]) -> Value {
    Value::list(texts.map(Value::from))
}

pub(super) fn point(x: i32, y: i32) -> Value {
    Value::record([("x", x.into()), ("y", y.into())])
}

fn mixed(name: &str) -> Value {
    Value::record([
        ("flag", true.into()),
        ("wide", u64::MAX.into()),
        ("small", 7u8.into()),
        ("ratio", 0.5f32.into()),
        ("letter", '\u{1f389}'.into()),
        ("name", name.into()),
        ("origin", point(-1, i32::MAX)),
        ("samples", vec![1u16, u16::MAX].into()),
        ("note", Value::some("noted".into())),
        ("shade", Value::enumeration("blue")),
        ("rights", Value::flags(["read", "exec"])),
    ])
}

fn shapes() -> Vec<Value> {
    let case = |name: &str, payload: Option<Value>| Value::variant(name, payload);
    vec![
        case("empty", None),
        case("radius", Some(1.5f32.into())),
        case("serial", Some(u64::MAX.into())),
        case("label", Some("l\u{e9}".into())),
        case("at", Some(point(3, -4))),
        case("area", Some((-0f64).into())),
        case("dot", None),
    ]
}

fn big() -> Value {
    Value::record([
        ("a0", u8::MAX.into()),
        ("a1", 1u16.into()),
        ("a2", 2u32.into()),
        ("a3", 3u64.into()),
        ("a4", (-4i8).into()),
        ("a5", (-5i16).into()),
        ("a6", (-6i32).into()),
        ("a7", (-7i64).into()),
        ("a8", 8.5f32.into()),
        ("a9", 9.5f64.into()),
        ("a10", true.into()),
        ("a11", 'x'.into()),
        ("a12", "twelve".into()),
        ("a13", 13u8.into()),
        ("a14", 14u64.into()),
        ("a15", vec![1u8, 2, 3].into()),
        ("a16", 16u16.into()),
    ])
}

pub(in crate::kit) fn strings_and_lists_pass(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::greet()?, &World::new())?;
    let greet = &mut *instance;
    let strs = |name: &str| format!("test:guest/strs#{name}");
    let bob = ["bob".into(), texts(["a", "b"])];
    gives(greet, &strs("greet"), &bob, "hello bob [a, b]")?;
    gives(greet, &strs("greet"), &["".into(), texts([])], "hello  []")?;
    gives(
        greet,
        &strs("shout"),
        &["stra\u{df}e \u{2713} \u{1f389}".into()],
        "STRASSE \u{2713} \u{1f389}",
    )?;
    gives(
        greet,
        &strs("join"),
        &[texts(["x", "", "y"]), ", ".into()],
        "x, , y",
    )?;
    gives(
        greet,
        &strs("bytes-sum"),
        &[vec![255u8; 1000].into()],
        255_000u64,
    )?;
    gives(greet, &strs("bytes-sum"), &[Vec::<u8>::new().into()], 0u64)?;
    let long: Vec<u8> = (0..=255).cycle().take(100_003).collect();
    let reversed: Vec<u8> = long.iter().rev().copied().collect();
    gives(greet, &strs("reverse"), &[long.into()], reversed)?;
    let text = "x".repeat(70_000);
    gives(
        greet,
        &strs("shout"),
        &[text.as_str().into()],
        text.to_uppercase(),
    )
}

pub(in crate::kit) fn values_of_every_type_pass(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::types()?, &World::new())?;
    let types = &mut *instance;
    scalars(types)?;
    lists(types)?;
    structures(types)?;
    for (function, names) in [("flags9", 9), ("flags17", 17), ("flags32", 32)] {
        let all: Vec<String> = (0..names).map(|n| format!("f{n}")).collect();
        let last = all.last().cloned();
        echoes(types, function, Value::flags(Vec::<String>::new()))?;
        echoes(types, function, Value::flags(last))?;
        echoes(types, function, Value::flags(all))?;
    }
    Ok(())
}

fn scalars(types: &mut dyn Instance) -> Checked {
    for (function, values) in [
        ("bool", vec![Value::Bool(true), Value::Bool(false)]),
        ("s8", vec![i8::MIN.into(), i8::MAX.into()]),
        ("u8", vec![0u8.into(), u8::MAX.into()]),
        ("s16", vec![i16::MIN.into(), i16::MAX.into()]),
        ("u16", vec![0u16.into(), u16::MAX.into()]),
        ("s32", vec![i32::MIN.into(), i32::MAX.into()]),
        ("u32", vec![0u32.into(), u32::MAX.into()]),
        ("s64", vec![i64::MIN.into(), i64::MAX.into()]),
        ("u64", vec![0u64.into(), u64::MAX.into()]),
        (
            "f32",
            vec![
                (-0f32).into(),
                f32::MIN.into(),
                f32::NAN.into(),
                f32::from_bits(1).into(),
            ],
        ),
        (
            "f64",
            vec![(-0f64).into(), f64::INFINITY.into(), f64::NAN.into()],
        ),
        (
            "char",
            vec![
                'a'.into(),
                '\u{d7ff}'.into(),
                '\u{e000}'.into(),
                char::MAX.into(),
            ],
        ),
        (
            "string",
            vec!["".into(), "plain".into(), "\0\u{e9}\u{1f389}".into()],
        ),
        (
            "color",
            ["red", "green", "blue"].map(Value::enumeration).into(),
        ),
        (
            "wide",
            ["c0", "c255", "c256"].map(Value::enumeration).into(),
        ),
        (
            "perms",
            vec![
                Value::flags(["write"]),
                Value::flags(["read", "write", "exec"]),
            ],
        ),
    ] {
        for value in values {
            echoes(types, function, value)?;
        }
    }
    Ok(())
}

fn lists(types: &mut dyn Instance) -> Checked {
    let option = |n: u16| {
        if n == 0 {
            Value::none()
        } else {
            Value::some(n.into())
        }
    };
    for (function, value) in [
        ("list-u8", vec![0u8, 1, 255].into()),
        ("list-s16", vec![i16::MIN, -1, i16::MAX].into()),
        ("list-u32", vec![0u32, u32::MAX].into()),
        ("list-u64", vec![0u64, u64::MAX].into()),
        ("list-f32", vec![-0f32, f32::NAN, 1.5].into()),
        ("list-f64", vec![-0f64, f64::NAN, f64::NEG_INFINITY].into()),
        (
            "list-bool",
            Value::list([true, false, true].map(Value::from)),
        ),
        (
            "list-char",
            Value::list(['x', '\u{10ffff}'].map(Value::from)),
        ),
        ("list-string", texts(["", "a", "\u{2713}"])),
        ("list-list", Value::list([texts([]), texts(["a", "b"])])),
        (
            "list-tuple",
            Value::list(
                (0..3).map(|n| Value::Tuple(vec![(n as u8).into(), u64::from(n * 7u32).into()])),
            ),
        ),
        ("list-option", Value::list([1, 0, 3].map(option))),
        ("list-mixed", Value::list(["one", ""].map(mixed))),
        ("list-shape", Value::list(shapes())),
    ] {
        echoes(types, function, value)?;
        echoes(types, function, Value::list([]))?;
    }
    Ok(())
}

fn structures(types: &mut dyn Instance) -> Checked {
    let triple = |n: u8| [n.into(), u64::from(n).into(), n.to_string().as_str().into()];
    let some = Value::some;
    for (function, values) in [
        ("point", vec![point(1, -2)]),
        ("mixed", vec![mixed("m")]),
        ("big", vec![big()]),
        (
            "tuple",
            vec![Value::Tuple(vec![1u8.into(), "two".into(), 3f64.into()])],
        ),
        (
            "pair",
            vec![Value::Tuple(vec![(-1i32).into(), "pair".into()])],
        ),
        (
            "long-tuple",
            vec![Value::Tuple((0..6).flat_map(triple).collect())],
        ),
        ("shape", shapes()),
        (
            "option",
            vec![Value::none(), some("".into()), some("text".into())],
        ),
        (
            "option-option",
            vec![Value::none(), some(Value::none()), some(some(7u32.into()))],
        ),
        (
            "result",
            vec![
                Value::ok(Some("fine".into())),
                Value::err(Some(404u32.into())),
            ],
        ),
        ("result-none", vec![Value::ok(None), Value::err(None)]),
        (
            "result-err",
            vec![Value::ok(None), Value::err(Some("bad".into()))],
        ),
        (
            "result-ok",
            vec![Value::ok(Some(1u8.into())), Value::err(None)],
        ),
        (
            "result-list",
            vec![
                Value::ok(Some(vec![1u8, 2].into())),
                Value::err(Some(f64::NAN.into())),
            ],
        ),
    ] {
        for value in values {
            echoes(types, function, value)?;
        }
    }
    Ok(())
}

pub(in crate::kit) fn values_are_changed_by_the_guest(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::types()?, &World::new())?;
    let types = &mut *instance;
    let echo = |name: &str| format!("{ECHO}#{name}");
    let color = Value::enumeration;
    gives(types, &echo("next-color"), &[color("red")], color("green"))?;
    gives(types, &echo("next-color"), &[color("blue")], color("red"))?;
    let flags = |names: &[&str]| Value::flags(names.iter().copied());
    gives(
        types,
        &echo("not-perms"),
        &[flags(&["write"])],
        flags(&["exec", "read"]),
    )?;
    gives(types, &echo("mirror"), &[point(1, 2)], point(2, 1))?;
    let pair = Value::Tuple(vec![5i32.into(), "five".into()]);
    gives(
        types,
        &echo("swap"),
        &[pair],
        Value::Tuple(vec!["five".into(), 5i32.into()]),
    )?;
    gives(
        types,
        &echo("upper"),
        &[texts(["a", "\u{e9}"])],
        texts(["A", "\u{c9}"]),
    )?;
    gives(
        types,
        &echo("negate"),
        &[vec![1f64, -0.0].into()],
        vec![-1f64, 0.0],
    )?;
    let expected = [
        Value::ok(Some(0f64.into())),
        Value::ok(Some(3f64.into())),
        Value::ok(Some((u64::MAX as f64).into())),
        Value::err(Some("l\u{e9}".into())),
        Value::ok(Some((-1f64).into())),
        Value::ok(Some((-0f64).into())),
        Value::ok(Some(0f64.into())),
    ];
    for (shape, expected) in shapes().into_iter().zip(expected) {
        gives(types, &echo("measure"), &[shape], expected)?;
    }
    gives_nothing(types, &echo("nothing"), &[])?;
    // The same types under other names.
    let echo2 = |name: &str| format!("test:types/echo2@1.0.0#{name}");
    gives(types, &echo2("echo-blend"), &[mixed("b")], mixed("b"))?;
    let shape = || Value::variant("dot", None);
    let placed = Value::record([("where", point(8, 9)), ("what", shape())]);
    gives(types, &echo2("place"), &[shape(), point(8, 9)], placed)
}

pub(in crate::kit) fn parameters_beyond_the_flat_limit_pass(subject: &Subject) -> Checked {
    let mut types = subject.instantiate(&fixtures::types()?, &World::new())?;
    let six = |n: u8| -> Vec<Value> {
        vec![
            n.into(),
            (u16::from(n) * 300).into(),
            (u32::from(n) * 70_000).into(),
            (u64::from(n) << 40).into(),
            (f32::from(n) + 0.5).into(),
            format!("text {n}").into(),
        ]
    };
    let args: Vec<Value> = (1..4).flat_map(six).collect();
    let expected = Value::list((1..4).map(|n| Value::Tuple(six(n))));
    gives(&mut *types, &format!("{ECHO}#many"), &args, expected)?;
    // 255 + 1 + 2 + 3 - 4 - 5 - 6 - 7 + 6 + 13 + 14 + 3 + 16
    gives(&mut *types, &format!("{ECHO}#sum-big"), &[big()], 291u64)
}
