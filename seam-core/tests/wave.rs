//! Values as WAVE text, compared with the reference implementation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use common::Random;
use seam_core::{Error, ErrorKind, FuncType, Handle, List, Resource, ResourceType, Type, Value};
use wasm_wave::value as oracle;

/// Converts a type for the reference, which supports neither maps nor fixed-length lists.
fn oracle_type(ty: &Type) -> oracle::Type {
    let maybe = |ty: &Option<Type>| ty.as_ref().map(oracle_type);
    match ty {
        Type::Bool => oracle::Type::BOOL,
        Type::S8 => oracle::Type::S8,
        Type::U8 => oracle::Type::U8,
        Type::S16 => oracle::Type::S16,
        Type::U16 => oracle::Type::U16,
        Type::S32 => oracle::Type::S32,
        Type::U32 => oracle::Type::U32,
        Type::S64 => oracle::Type::S64,
        Type::U64 => oracle::Type::U64,
        Type::F32 => oracle::Type::F32,
        Type::F64 => oracle::Type::F64,
        Type::Char => oracle::Type::CHAR,
        Type::String => oracle::Type::STRING,
        Type::List(element) | Type::FixedLengthList(element, _) => {
            oracle::Type::list(oracle_type(element))
        }
        Type::Map(key, value) => {
            let pair = vec![oracle_type(key), oracle_type(value)];
            oracle::Type::list(oracle::Type::tuple(pair).unwrap())
        }
        Type::Record(ty) => {
            let fields = ty.fields.iter();
            oracle::Type::record(fields.map(|(name, ty)| (&**name, oracle_type(ty)))).unwrap()
        }
        Type::Tuple(types) => {
            oracle::Type::tuple(types.iter().map(oracle_type).collect::<Vec<_>>()).unwrap()
        }
        Type::Variant(ty) => {
            let cases = ty.cases.iter();
            oracle::Type::variant(cases.map(|(name, ty)| (&**name, maybe(ty)))).unwrap()
        }
        Type::Enum(cases) => oracle::Type::enum_ty(cases.iter().map(|name| &**name)).unwrap(),
        Type::Option(ty) => oracle::Type::option(oracle_type(ty)),
        Type::Result(ty) => oracle::Type::result(maybe(&ty.ok), maybe(&ty.err)),
        Type::Flags(names) => oracle::Type::flags(names.iter().map(|name| &**name)).unwrap(),
        other => panic!("the reference has no type {other}"),
    }
}

#[test]
fn every_value_round_trips_through_text() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let ty = random.ty(4);
        let value = random.value(&ty);
        ty.check(&value).unwrap();
        let text = value.to_string();
        let back = Value::parse(&ty, &text).unwrap_or_else(|e| panic!("{seed}: {ty}: {text}: {e}"));
        assert_eq!(back, value, "seed {seed}: {ty}");
        assert_eq!(back.to_string(), text, "seed {seed}: {ty}");
    }
}

#[test]
fn the_reference_and_this_crate_read_each_others_text() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let ty = random.ty(4);
        let value = random.value(&ty);
        let text = value.to_string();
        let theirs: oracle::Value = wasm_wave::from_str(&oracle_type(&ty), &text)
            .unwrap_or_else(|e| panic!("seed {seed}: {ty}: {text}: {e}"));
        let their_text = wasm_wave::to_string(&theirs).unwrap();
        let back = Value::parse(&ty, &their_text)
            .unwrap_or_else(|e| panic!("seed {seed}: {ty}: {their_text}: {e}"));
        assert_eq!(back, value, "seed {seed}: {ty}: {their_text}");
    }
}

/// Returns the value that the reference reads from a text, in our notation.
fn verdict_of_reference(ty: &Type, text: &str) -> Option<Value> {
    let value: oracle::Value = wasm_wave::from_str(&oracle_type(ty), text).ok()?;
    let text = wasm_wave::to_string(&value).unwrap();
    Some(Value::parse(ty, &text).unwrap())
}

#[test]
fn the_same_variations_of_text_are_accepted_as_by_the_reference() {
    let color = || Type::enumeration(["red", "ok", "true"]);
    let point = || Type::record([("x", Type::U8), ("y", Type::option(Type::U8))]);
    let shape = || Type::variant([("dot", None), ("none", Some(Type::U8))]);
    let list = || Type::list(Type::U8);
    let result = || Type::result(Some(Type::U8), Some(Type::String));
    let cases: &[(Type, &[&str])] = &[
        (Type::Bool, &["true", "false", "%true", "1", "True", ""]),
        (
            Type::U8,
            &[
                "0", "255", "256", "-1", "-0", "01", "1.0", "1e1", "0x1", "+1", "1 2",
            ],
        ),
        (Type::S8, &["-128", "-129", "- 1", "--1"]),
        (
            Type::F32,
            &[
                "1", "-1.5e3", "1.", ".5", "1e5", "1E+5", "nan", "-nan", "inf", "-inf", "%inf",
            ],
        ),
        (Type::F64, &["0.1", "1e-400", "-0", "infinity", "NaN"]),
        (
            Type::Char,
            &[
                "'a'",
                "'''",
                r"'\''",
                "'\"'",
                "'ab'",
                "''",
                r"'\u{1F44B}'",
                r"'\u{d800}'",
                r"'\x'",
                "'e\u{301}'",
            ],
        ),
        (
            Type::String,
            &[
                r#""""#,
                r#""a'b""#,
                r#""\"\\\t\n\r\u{0}""#,
                "\"a\nb\"",
                r#""\q""#,
                r#""a"#,
                r#""\u{}""#,
                r#""\u{1234567}""#,
            ],
        ),
        (
            Type::String,
            &[
                "\"\"\"\n  a\n  b\n  \"\"\"",
                "\"\"\"\n\"\"\"",
                "\"\"\"a\"\"\"",
                "\"\"\"\n a\n  \"\"\"",
                "\"\"\"\r\n  a\r\n  \"\"\"",
                "\"\"\"\n  a\\n\n  \"\"\"",
            ],
        ),
        (
            list(),
            &[
                "[]",
                "[ ]",
                "[1,2]",
                "[1, 2, ]",
                "[,]",
                "[1 2]",
                "[1",
                "1",
                "[1]]",
                "[ // one\n 1 // two\n]",
            ],
        ),
        (
            Type::tuple([Type::U8, Type::Bool]),
            &[
                "(1, true)",
                "(1,true,)",
                "(1)",
                "(1, true, 2)",
                "()",
                "[1, true]",
            ],
        ),
        (
            point(),
            &[
                "{x: 1, y: some(2)}",
                "{y: 2, x: 1}",
                "{x: 1}",
                "{%x: 1,}",
                "{y: 1}",
                "{x: 1, x: 2}",
                "{}",
                "{:}",
                "{x 1}",
            ],
        ),
        (
            Type::record([("y", Type::option(Type::U8))]),
            &["{:}", "{ : }", "{y: none}"],
        ),
        (
            color(),
            &[
                "red", "%red", "%ok", "ok", "%true", "true", "blue", "red(1)", "\"red\"",
            ],
        ),
        (
            shape(),
            &[
                "dot",
                "%none(1)",
                "none",
                "none(1)",
                "dot()",
                "dot(1)",
                "%none",
                "%none (1)",
                "%none( 1 )",
                "%none(1,)",
            ],
        ),
        (
            Type::option(Type::U8),
            &[
                "none",
                "some(1)",
                "1",
                "some",
                "some()",
                "some(some(1))",
                "none(1)",
            ],
        ),
        (
            Type::option(Type::option(Type::U8)),
            &["some(1)", "some(some(1))", "1", "some(none)"],
        ),
        (Type::option(color()), &["red", "some(red)", "%ok", "none"]),
        (
            result(),
            &[
                "ok(1)",
                "err(\"x\")",
                "1",
                "\"x\"",
                "ok",
                "err",
                "ok(\"x\")",
            ],
        ),
        (
            Type::result(None, None),
            &["ok", "err", "ok()", "ok(1)", "1"],
        ),
        (
            Type::result(Some(Type::option(Type::U8)), None),
            &["ok(1)", "1", "none", "ok(none)", "err"],
        ),
        (
            Type::flags(["r", "w", "ok"]),
            &["{}", "{r}", "{w, r}", "{r,}", "{r, r}", "{x}", "{ok}", "r"],
        ),
    ];
    let texts = cases
        .iter()
        .flat_map(|(ty, texts)| texts.iter().map(move |text| (ty, text)));
    let disagreed =
        texts.filter(|(ty, text)| Value::parse(ty, text).ok() != verdict_of_reference(ty, text));
    assert_eq!(disagreed.collect::<Vec<_>>(), []);
}

#[test]
fn an_unknown_field_is_an_error_although_the_reference_ignores_it() {
    let ty = Type::record([("x", Type::U8)]);
    let text = "{x: 1, z: 2}";
    assert!(verdict_of_reference(&ty, text).is_some());
    let error = Value::parse(&ty, text).unwrap_err();
    let expected = r#"expected field "x", found "z" at offset 7"#;
    assert_eq!(error.message(), expected);
}

#[test]
fn any_name_may_be_escaped_although_the_reference_rejects_escaped_flags() {
    let ty = Type::flags(["r"]);
    assert!(verdict_of_reference(&ty, "{%r}").is_none());
    assert_eq!(Value::parse(&ty, "{%r}").unwrap(), Value::flags(["r"]));
}

#[test]
fn an_empty_record_may_be_written_like_empty_flags() {
    let ty = Type::record([("y", Type::option(Type::U8))]);
    let none = Value::record([("y", Value::none())]);
    assert!(verdict_of_reference(&ty, "{}").is_none());
    assert_eq!(Value::parse(&ty, "{}").unwrap(), none);
}

#[test]
fn numbers_are_written_short_and_read_exactly() {
    for (value, text) in [
        (Value::F64(0.1), "0.1"),
        (Value::F64(-0.0), "-0"),
        (Value::F64(1e300), "1e300"),
        (Value::F64(5e-324), "5e-324"),
        (Value::F32(f32::MAX), "3.4028235e38"),
        (Value::F64(1e15), "1000000000000000"),
        (Value::F32(f32::NAN), "nan"),
        (Value::F64(-f64::NAN), "nan"),
        (Value::F64(f64::NEG_INFINITY), "-inf"),
        (Value::S64(i64::MIN), "-9223372036854775808"),
    ] {
        assert_eq!(value.to_string(), text);
    }
    let huge = Value::parse(&Type::F32, "1e39").unwrap_err();
    assert_eq!(huge.message(), "expected f32, found `1e39` at offset 0");
}

#[test]
fn number_lists_are_read_flat() {
    let value = Value::parse(&Type::list(Type::U8), "[1, 2]").unwrap();
    assert!(matches!(value, Value::List(List::U8(list)) if list == [1, 2]));
}

#[test]
fn handles_are_written_by_their_ordinal_and_read_as_variables() {
    let handle = Handle::new(1, 2, 3, 4);
    let ty = ResourceType::new("a:b/c#r");
    let own = Value::Own(Resource::guest(ty.clone(), handle));
    assert_eq!(own.to_string(), "own<#4>");
    assert_eq!(Value::Stream(handle).to_string(), "stream<#4>");
    let error = Value::parse(&Type::Own(ty.clone()), "own<#4>").unwrap_err();
    let expected = "expected own<a:b/c#r>, as a variable like `$x`, found `own` at offset 0";
    assert_eq!(error.message(), expected);
    let error = Value::parse(&Type::Stream(None), "$x").unwrap_err();
    assert_eq!(
        error.message(),
        "expected stream, which has no text to be read from"
    );

    let pair = Type::tuple([Type::Own(ty.clone()), Type::list(Type::Borrow(ty.clone()))]);
    let text = "($a, [$b-1, $c])";
    let value = Value::parse(&pair, text).unwrap();
    assert_eq!(value.to_string(), text);
    let variable = |name: &str| Resource::variable(ty.clone(), name);
    let lent = ["b-1", "c"].map(|name| Value::Borrow(variable(name)));
    let expected = Value::Tuple(vec![Value::Own(variable("a")), Value::list(lent)]);
    assert_eq!(value, expected);
    assert_ne!(Value::Own(variable("a")), Value::Own(variable("b")));
    // Only who makes the calls knows what a variable stands for.
    let error = pair.check(&value).unwrap_err();
    let expected = "element 1: expected own<a:b/c#r>, found the variable `$a`";
    assert_eq!(error.message(), expected);
    let error = Value::parse(&Type::String, "$a").unwrap_err();
    let expected = "expected string, found the variable `$a` at offset 0";
    assert_eq!(error.message(), expected);
}

fn args(
    params: impl IntoIterator<Item = (&'static str, Type)>,
    text: &str,
) -> Result<Vec<Value>, Error> {
    let params = params.into_iter().map(|(name, ty)| (name.into(), ty));
    let ty = FuncType {
        params: params.collect(),
        result: None,
        is_async: false,
    };
    ty.parse_args(text)
}

#[test]
fn arguments_are_read_by_the_parameters_types() {
    let found = args(
        [("a", Type::S64), ("b", Type::list(Type::String))],
        r#" 1, ["x"], "#,
    );
    assert_eq!(found.unwrap(), [Value::S64(1), Value::list(["x".into()])]);
    assert_eq!(args([], " ").unwrap(), []);
    // The text between the parentheses of `f((1, 2))`.
    let pair = Type::tuple([Type::U8, Type::U8]);
    let found = args([("p", pair)], "(1, 2)").unwrap();
    assert_eq!(found, [Value::Tuple(vec![Value::U8(1), Value::U8(2)])]);
    let optional = [("a", Type::U8), ("b", Type::option(Type::U8))];
    let found = args(optional, "1").unwrap();
    assert_eq!(found, [Value::U8(1), Value::none()]);
}

#[test]
fn errors_name_the_path_and_the_offset() {
    let tags = || {
        [
            ("n", Type::U8),
            ("r", Type::record([("tags", Type::list(Type::String))])),
        ]
    };
    for (text, message) in [
        (
            r#"1, {tags: ["a", 7]}"#,
            r#"argument 2, field "tags", element 2: expected string, found `7` at offset 16"#,
        ),
        (
            r#"1, {tags: "a"}"#,
            r#"argument 2, field "tags": expected `[`, found the string "a" at offset 10"#,
        ),
        (
            "1",
            "expected 2 arguments (n: u8, r: record { tags: list<string> }), found 1",
        ),
        (
            "1, {tags: []}, 2",
            "expected 2 arguments (n: u8, r: record { tags: list<string> }), found more",
        ),
        (
            "1, {tag: []}",
            r#"argument 2: expected field "tags", found "tag" at offset 4"#,
        ),
        (
            "1, {:}",
            r#"argument 2, field "tags": expected list<string>, found no such field at offset 3"#,
        ),
        (
            "1 2",
            "expected `,` or the end of the arguments, found `2` at offset 2",
        ),
        (
            "1, {tags: [\"a]}",
            "argument 2, field \"tags\", element 1: expected string, found a literal without an end: \"a]} at offset 11",
        ),
    ] {
        let error = args(tags(), text).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert_eq!(error.message(), message);
    }
}

#[test]
fn no_text_makes_the_reader_panic_or_recurse_deeper_than_the_type() {
    let ty = Type::list(Type::option(Type::list(Type::String)));
    let open = "[".repeat(1_000_000);
    assert!(Value::parse(&ty, &open).is_err());
    assert!(Value::parse(&Type::U8, &"(".repeat(1_000_000)).is_err());
    let pieces = [
        "[", "]", "(", ")", "{", "}", ":", ",", "some", "none", "ok", "%", "%a", "-", "1", "-inf",
        "1e", "'", "\"", "\"\"\"", "\\", "\\u{", "a", "//", "\n", " ", "é", "\u{0}", "//é",
    ];
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let ty = random.ty(3);
        let text: String = (0..random.below(12))
            .map(|_| random.pick(&pieces))
            .collect();
        if let Ok(value) = Value::parse(&ty, &text) {
            ty.check(&value)
                .unwrap_or_else(|e| panic!("{ty}: {text}: {e}"));
        }
    }
}

#[test]
fn damaged_text_is_read_as_by_the_reference() {
    for seed in 0..6000 {
        let mut random = Random::new(seed);
        let ty = random.ty(3);
        let mut text: Vec<char> = random.value(&ty).to_string().chars().collect();
        if text.is_empty() {
            continue;
        }
        let at = random.below(text.len());
        match random.below(3) {
            0 => drop(text.remove(at)),
            1 => text[at] = random.pick(&['1', '(', ']', ',', '"', 'n', ' ']),
            _ => text.insert(at, random.pick(&['1', ')', '[', ',', '\'', '-', ' '])),
        }
        let text: String = text.into_iter().collect();
        let ours = Value::parse(&ty, &text).ok();
        let theirs = wasm_wave::from_str::<oracle::Value>(&oracle_type(&ty), &text);
        if let (Some(ours), Ok(theirs)) = (ours, theirs) {
            let theirs = wasm_wave::to_string(&theirs).unwrap();
            let theirs = Value::parse(&ty, &theirs);
            assert_eq!(theirs.ok(), Some(ours), "seed {seed}: {ty}: {text}");
        }
    }
}
