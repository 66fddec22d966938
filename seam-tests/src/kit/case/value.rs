//! Component-level values, there and back.

use seam_core::{ErrorKind, HostCall, Instance, InstanceExt, Value, World, block_on};

use crate::fixtures;
use crate::kit::expect::{fails, gives, gives_nothing, misuse, same, says, traps, wat};
use crate::kit::{Checked, Subject};

const ECHO: &str = "test:types/echo@1.0.0";

/// Calls an echo function and expects its argument back.
fn echoes(instance: &mut dyn Instance, function: &str, value: Value) -> Checked {
    let export = format!("{ECHO}#echo-{function}");
    gives(instance, &export, &[value.clone()], value)
}

fn texts<const N: usize>(texts: [&str; N]) -> Value {
    Value::list(texts.map(Value::from))
}

fn point(x: i32, y: i32) -> Value {
    Value::record([("x", x.into()), ("y", y.into())])
}

pub(super) fn mixed(name: &str) -> Value {
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

pub(super) fn shapes() -> Vec<Value> {
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

pub(in crate::kit) fn typed_component_calls_agree_with_values(subject: &Subject) -> Checked {
    let mut greet = subject.instantiate(&fixtures::greet()?, &World::new())?;
    let tags = vec!["a".to_string(), "b".to_string()];
    let found: String = greet.call_typed("test:guest/strs#greet", ("bob".to_string(), tags))?;
    same("greet", found, "hello bob [a, b]")?;
    let found: Vec<u8> = greet.call_typed("test:guest/strs#reverse", (vec![1u8, 2, 3],))?;
    same("reverse", found, [3, 2, 1])?;
    let found: u64 = greet.call_typed("test:guest/strs#bytes-sum", (vec![7u8; 10],))?;
    same("bytes-sum", found, 70)?;
    let result = greet.call_typed::<_, u32>("test:guest/strs#bytes-sum", (vec![7u8],));
    says("bytes-sum", &misuse("bytes-sum", result)?, &["u32", "u64"])?;

    let mut types = subject.instantiate(&fixtures::types()?, &World::new())?;
    let echo = |name: &str| format!("{ECHO}#echo-{name}");
    let found: Option<Option<u32>> =
        types.call_typed(&echo("option-option"), (Some(None::<u32>),))?;
    same("option-option", found, Some(None))?;
    let err = Err::<String, u32>(404);
    let found: Result<String, u32> = types.call_typed(&echo("result"), (err,))?;
    same("result", found, Err(404))?;
    let tuple = (1u8, "two".to_string(), 3f64);
    let found: (u8, String, f64) = types.call_typed(&echo("tuple"), (tuple.clone(),))?;
    same("tuple", found, tuple)?;
    let pairs = vec![(1u8, 2u64), (3, 4)];
    let found: Vec<(u8, u64)> = types.call_typed(&echo("list-tuple"), (pairs.clone(),))?;
    same("list-tuple", found, pairs)?;
    let found: char = types.call_typed(&echo("char"), ('\u{1f389}',))?;
    same("char", found, '\u{1f389}')
}

pub(in crate::kit) fn ill_typed_parts_are_named(subject: &Subject) -> Checked {
    let mut types = subject.instantiate(&fixtures::types()?, &World::new())?;
    let wrong_point = Value::record([("x", 1i32.into()), ("y", "2".into())]);
    let misnamed = Value::record([("x", 1i32.into()), ("z", 2i32.into())]);
    let deep = Value::list([Value::list([texts(["a"])])]);
    for (function, value, parts) in [
        ("echo-u8", 1u32.into(), &["argument 1", "u8", "u32"][..]),
        (
            "echo-point",
            wrong_point,
            &["argument 1", "\"y\"", "s32", "string"],
        ),
        ("echo-point", misnamed, &["argument 1", "z"]),
        (
            "echo-list-string",
            Value::list(["a".into(), "b".into(), 3u32.into()]),
            &["argument 1", "element 2", "string", "u32"],
        ),
        (
            "echo-list-list",
            deep,
            &["argument 1", "element 0", "string", "list"],
        ),
        (
            "echo-shape",
            Value::variant("square", None),
            &["argument 1", "square"],
        ),
        (
            "echo-shape",
            Value::variant("radius", None),
            &["argument 1", "radius", "f32"],
        ),
        (
            "echo-color",
            Value::enumeration("pink"),
            &["argument 1", "pink"],
        ),
        ("echo-perms", Value::flags(["fly"]), &["argument 1", "fly"]),
        (
            "echo-option",
            Value::some(7u32.into()),
            &["argument 1", "string", "u32"],
        ),
        (
            "echo-result",
            Value::err(Some("x".into())),
            &["argument 1", "u32", "string"],
        ),
        (
            "echo-result-none",
            Value::ok(Some(1u8.into())),
            &["argument 1"],
        ),
        (
            "echo-tuple",
            Value::Tuple(vec![1u8.into()]),
            &["argument 1", "3", "1"],
        ),
    ] {
        let what = format!("{function}({value})");
        let result = types.invoke(&format!("{ECHO}#{function}"), &[value]);
        says(&what, &misuse(&what, result)?, parts)?;
    }
    // Nothing reached the guest, which is as good as new.
    echoes(&mut *types, "u8", 1u8.into())
}

/// What the fixture `hosted` imports but for its resource, which is stubbed.
fn math() -> World {
    World::new()
        .stub(seam_core::Stub::Trap)
        .func("test:host/math@1.2.0#add", |(a, b): (u32, u32)| Ok(a + b))
        .func("test:host/math@1.2.0#div", |(a, b): (i32, i32)| {
            Ok(a.checked_div(b).ok_or_else(|| format!("{a} / {b}")))
        })
        .func_values(
            "test:host/math@1.2.0#mirror",
            None,
            |_: &mut HostCall<'_>, args: &[Value]| {
                let [Value::Record(fields)] = args else {
                    return Err(seam_core::Error::host("expected a record"));
                };
                let mut fields = fields.clone();
                if let [(_, x), (_, y)] = fields.as_mut_slice() {
                    std::mem::swap(x, y);
                }
                Ok(Some(Value::Record(fields)))
            },
        )
        .func_values(
            "test:host/log@1.2.0#log",
            None,
            |_: &mut HostCall<'_>, _: &[Value]| Ok(None),
        )
        .func_values(
            "test:host/math@1.2.0#scale",
            None,
            |_: &mut HostCall<'_>, args: &[Value]| Ok(args.first().cloned()),
        )
}

const RUN: &str = "test:hosted/run@1.0.0";

pub(in crate::kit) fn components_call_typed_hosts(subject: &Subject) -> Checked {
    let world = math().record(true);
    let mut instance = subject.instantiate(&fixtures::hosted()?, &world)?;
    let hosted = &mut *instance;
    let run = |name: &str| format!("{RUN}#{name}");
    gives(hosted, &run("sum"), &[vec![1u32, 20, 300].into()], 321u32)?;
    gives(
        hosted,
        &run("try-div"),
        &[7i32.into(), 2i32.into()],
        Value::ok(Some(3i32.into())),
    )?;
    let failed = Value::err(Some("7 / 0".into()));
    gives(hosted, &run("try-div"), &[7i32.into(), 0i32.into()], failed)?;
    gives(hosted, &run("mirror"), &[point(1, 2)], point(2, 1))?;
    let shape = Value::record([
        ("name", "s".into()),
        ("points", Value::list([point(1, 2), point(3, 4)])),
        ("note", Value::none()),
    ]);
    gives(hosted, &run("scale"), &[shape.clone(), 2i32.into()], shape)?;
    gives_nothing(hosted, &run("log-twice"), &["hi".into()])?;
    let calls = &hosted.observed().host_calls;
    same("host calls", calls.len(), 9)?;
    let last = calls
        .last()
        .map(|call| (call.name.to_string(), call.args.clone()));
    let args = vec![Value::enumeration("error"), "hi".into()];
    same(
        "the last",
        last,
        Some(("test:host/log@1.2.0#log".to_string(), args)),
    )?;
    // What the host may not return is its fault, and closes nothing but the call.
    let bad = math().func_values(
        "test:host/math@1.2.0#mirror",
        None,
        |_: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::record([("x", 1i32.into())]))),
    );
    let mut hosted = subject.instantiate(&fixtures::hosted()?, &bad)?;
    let result = hosted.invoke(&run("mirror"), &[point(1, 2)]);
    fails("mirror", result, &ErrorKind::Host).map(drop)
}

pub(in crate::kit) fn component_host_functions_may_be_async(subject: &Subject) -> Checked {
    let world = math().func_async(
        "test:host/math@1.2.0#add",
        None,
        |args: Vec<Value>| async move {
            match args.as_slice() {
                [Value::U32(a), Value::U32(b)] => Ok(Some(Value::U32(a + b))),
                _ => Err(seam_core::Error::host("expected two numbers")),
            }
        },
    );
    let text = r#"(component (import "later" (func $later (result u32)))
        (core func $l (canon lower (func $later)))
        (core module $m (import "h" "l" (func $l (result i32)))
            (func (export "run") (result i32) (call $l)))
        (core instance $h (export "l" (func $l)))
        (core instance $i (instantiate $m (with "h" (instance $h))))
        (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
    // Component first, so that a backend without components says that.
    let artifact = fixtures::hosted()?;
    let program = subject.load(&artifact)?;
    let made = seam_core::ProgramExt::instantiate_blocking(&*program, &world);
    let suspends = seam_core::Capability::AsyncHostSuspends;
    let blocks = seam_core::Capability::AsyncHostBlocks;
    if !subject.has(suspends) && !subject.has(blocks) {
        let error = crate::kit::expect::error("an async host function", made)?;
        let lacking = [suspends, blocks].map(ErrorKind::Unsupported);
        let what = "Unsupported";
        return crate::kit::expect::holds(what, lacking.contains(error.kind()), error.kind());
    }
    let mut hosted = made?;
    let sum = hosted.resolve(&format!("{RUN}#sum"))?;
    let mut out = Vec::new();
    hosted.call_blocking(&sum, &[vec![1u32, 20, 300].into()], &mut out)?;
    same("sum, blocking", &out, &vec![Value::U32(321)])?;
    block_on(hosted.call(&sum, &[vec![1u32, 2].into()], &mut out))?;
    same("sum", &out, &vec![Value::U32(3)])?;
    let failing = World::new().func_async("later", None, |_| async {
        Err(seam_core::Error::trap(seam_core::Trap::IntegerOverflow))
    });
    let mut instance = subject.instantiate(&wat("later", text)?, &failing)?;
    let result = instance.invoke("run", &[]);
    traps("run", result, seam_core::Trap::IntegerOverflow)
}
