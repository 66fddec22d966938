//! Component-level values that are checked before they are passed, by Rust types and by function
//! types.

use seam_core::{InstanceExt, Value, World};

use super::value::{ECHO, echoes, texts};
use crate::fixtures;
use crate::kit::expect::{misuse, same, says};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn typed_component_calls_agree_with_values(subject: &Subject) -> Checked {
    let mut greet = subject.instantiate(&fixtures::greet()?, &World::new())?;
    let tags = vec!["a".to_string(), "b".to_string()];
    let found: String =
        greet.call_typed_blocking("test:guest/strs#greet", ("bob".to_string(), tags))?;
    same("greet", found, "hello bob [a, b]")?;
    let found: Vec<u8> =
        greet.call_typed_blocking("test:guest/strs#reverse", (vec![1u8, 2, 3],))?;
    same("reverse", found, [3, 2, 1])?;
    let found: u64 = greet.call_typed_blocking("test:guest/strs#bytes-sum", (vec![7u8; 10],))?;
    same("bytes-sum", found, 70)?;
    let result = greet.call_typed_blocking::<_, u32>("test:guest/strs#bytes-sum", (vec![7u8],));
    says("bytes-sum", &misuse("bytes-sum", result)?, &["u32", "u64"])?;

    let mut types = subject.instantiate(&fixtures::types()?, &World::new())?;
    let echo = |name: &str| format!("{ECHO}#echo-{name}");
    let found: Option<Option<u32>> =
        types.call_typed_blocking(&echo("option-option"), (Some(None::<u32>),))?;
    same("option-option", found, Some(None))?;
    let err = Err::<String, u32>(404);
    let found: Result<String, u32> = types.call_typed_blocking(&echo("result"), (err,))?;
    same("result", found, Err(404))?;
    let tuple = (1u8, "two".to_string(), 3f64);
    let found: (u8, String, f64) = types.call_typed_blocking(&echo("tuple"), (tuple.clone(),))?;
    same("tuple", found, tuple)?;
    let pairs = vec![(1u8, 2u64), (3, 4)];
    let found: Vec<(u8, u64)> = types.call_typed_blocking(&echo("list-tuple"), (pairs.clone(),))?;
    same("list-tuple", found, pairs)?;
    let found: char = types.call_typed_blocking(&echo("char"), ('\u{1f389}',))?;
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
            &["argument 1", "element 3", "string", "u32"],
        ),
        (
            "echo-list-list",
            deep,
            &["argument 1", "element 1", "string", "list"],
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
        let result = types.call_blocking(&format!("{ECHO}#{function}"), &[value]);
        says(&what, &misuse(&what, result)?, parts)?;
    }
    // No value reached the guest, so the instance is unchanged.
    echoes(&mut *types, "u8", 1u8.into())
}
