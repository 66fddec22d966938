//! Errors that callers can make: values and parts of unexpected types.

use seam_core::typed::{Lift, Lower, Numbers, Scalar};
use seam_core::{CanonTrap, ErrorKind, Result, Trap, Type, Value};

use super::guest::{Guest, Guests, options};
use super::json::params;
use crate::abi::load::VALUE_BYTES;
use crate::abi::{Cx, FlatBits, lift_parts, lower_flat_values, lower_parts};
use seam_decode::types::StringEncoding;

#[test]
fn values_of_another_type_are_misuse() {
    let opts = options(0, StringEncoding::Utf8);
    let flags = Type::flags(["a", "b"]);
    let variant = Type::variant([("a", Some(Type::U8)), ("b", None)]);
    for (ty, value) in [
        (Type::U8, Value::U16(1)),
        (Type::String, Value::U8(1)),
        (Type::list(Type::U8), Value::from(vec![1u16])),
        (Type::list(Type::Bool), Value::from(vec![1u8])),
        (Type::list(Type::U8), Value::Map(Vec::new())),
        (Type::Map(Type::U8.into(), Type::U8.into()), Value::list([])),
        (
            Type::FixedLengthList(Type::U8.into(), 2),
            Value::from(vec![1u8]),
        ),
        (
            Type::record([("a", Type::U8)]),
            Value::record([("b", Value::U8(1))]),
        ),
        (
            Type::record([("a", Type::U8)]),
            Value::Tuple(vec![Value::U8(1)]),
        ),
        (
            Type::record([("a", Type::U8)]),
            Value::record([("a", Value::U8(1)), ("b", Value::U8(1))]),
        ),
        (Type::tuple([Type::U8]), Value::Tuple(Vec::new())),
        (
            Type::tuple([Type::U8]),
            Value::Tuple(vec![Value::U8(1), Value::U8(1)]),
        ),
        (variant.clone(), Value::variant("c", None)),
        (variant.clone(), Value::variant("a", None)),
        (variant.clone(), Value::variant("b", Some(Value::U8(1)))),
        (variant, Value::none()),
        (Type::option(Type::U8), Value::some(Value::U16(1))),
        (flags, Value::flags(["c"])),
        // No valid type has that many.
        (
            Type::flags((0..33).map(|i| i.to_string())),
            Value::flags(["32"]),
        ),
    ] {
        for types in [
            vec![ty.clone()],
            vec![Type::tuple(vec![Type::U64; 16]), ty.clone()],
        ] {
            let mut values = vec![Value::Tuple(vec![Value::U64(0); 16]), value.clone()];
            let values = values.split_off(values.len() - types.len());
            let mut guests = Guests::new(vec![Guest::new(1 << 16, true)]);
            let cx = &mut Cx::new(&mut guests, &opts);
            let error = lower_flat_values(
                cx,
                16,
                &values,
                &params(&types),
                None,
                &mut FlatBits::default(),
            );
            let error = error.expect_err(&ty.to_string());
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{ty}: {error}");
        }
    }
    let mut guests = Guests::new(vec![Guest::new(64, true)]);
    let cx = &mut Cx::new(&mut guests, &opts);
    let error = lower_flat_values(
        cx,
        16,
        &[],
        &params(&[Type::U8]),
        None,
        &mut FlatBits::default(),
    );
    assert_eq!(*error.unwrap_err().kind(), ErrorKind::Misuse);
}

/// Checks that passing these parts for a type is misuse, flat and in memory. Returns the message.
fn lower(ty: Type, parts: fn(&mut dyn Lower) -> Result<()>) -> String {
    let opts = options(0, StringEncoding::Utf8);
    let message = [0, 16].map(|max| {
        let mut guests = Guests::new(vec![Guest::new(1 << 16, true)]);
        let (cx, params) = (
            &mut Cx::new(&mut guests, &opts),
            params(std::slice::from_ref(&ty)),
        );
        let error = lower_parts(cx, max, parts, &params, None, &mut FlatBits::default());
        let error = error.expect_err(&ty.to_string());
        assert_eq!(*error.kind(), ErrorKind::Misuse, "{ty}: {error}");
        error.message().to_owned()
    });
    assert_eq!(message[0], message[1]);
    message[0].clone()
}

#[test]
fn parts_of_another_type_are_misuse() {
    let bytes = || Type::list(Type::U8);
    let fixed = || Type::FixedLengthList(Type::U8.into(), 2);
    let option = || Type::option(Type::U8);
    for (ty, parts, message) in [
        (
            Type::U8,
            (|to| to.scalar(Scalar::S8(1))) as fn(&mut dyn Lower) -> _,
            "expected u8, found s8",
        ),
        (Type::U8, |to| to.string("a"), "expected u8, found string"),
        (Type::U8, |to| to.case(0), "expected u8, found a case"),
        (Type::U8, |to| to.flags(&[0]), "expected u8, found flags"),
        (Type::U8, |to| to.list(0), "expected u8, found list"),
        (
            Type::String,
            |to| to.scalar(Scalar::U8(1)),
            "expected string, found u8",
        ),
        (
            Type::String,
            |to| to.numbers(Numbers::U8(&[])),
            "expected string, found list",
        ),
        (
            bytes(),
            |to| to.numbers(Numbers::S8(&[1])),
            "expected a list of u8, found a list of s8",
        ),
        (
            bytes(),
            |to| to.list(1),
            "expected another part of type u8, found none",
        ),
        (
            fixed(),
            |to| to.numbers(Numbers::U8(&[1])),
            "expected 2 elements, found 1",
        ),
        (fixed(), |to| to.list(3), "expected 2 elements, found 3"),
        (
            option(),
            |to| to.case(2),
            "expected one of the 2 cases of the option, found case 2",
        ),
        (
            option(),
            |to| to.case(1),
            "expected another part of type u8, found none",
        ),
        (
            Type::flags(["a"]),
            |to| to.flags(&[2]),
            "expected bits of at most 1 flags, found a higher bit",
        ),
        (
            Type::flags(["a"]),
            |to| to.flags(&[1, 1]),
            "expected bits of at most 1 flags, found a higher bit",
        ),
        (
            Type::tuple([Type::U8]),
            |_| Ok(()),
            "expected another part of type u8, found none",
        ),
    ] {
        assert_eq!(lower(ty, parts), message);
    }
    let more = lower(Type::U8, |to| {
        to.scalar(Scalar::U8(1))?;
        to.scalar(Scalar::Bool(true))
    });
    assert_eq!(more, "expected no more parts, found bool");
}

#[test]
fn taking_parts_of_another_type_is_misuse() {
    for (ty, parts, message) in [
        (
            Type::U8,
            (|from| from.string().map(drop)) as fn(&mut dyn Lift) -> _,
            "expected u8, found string",
        ),
        (
            Type::U8,
            |from| from.case().map(drop),
            "expected u8, found a case",
        ),
        (
            Type::U8,
            |from| from.flags().map(drop),
            "expected u8, found flags",
        ),
        (
            Type::U8,
            |from| from.list().map(drop),
            "expected u8, found list",
        ),
        (
            Type::U8,
            |from| from.numbers().map(drop),
            "expected u8, found a list of numbers",
        ),
        (
            Type::U8,
            |from| from.resource().map(drop),
            "expected u8, found a resource",
        ),
        (
            Type::String,
            |from| from.scalar().map(drop),
            "expected string, found a scalar",
        ),
        (
            Type::list(Type::Bool),
            |from| from.numbers().map(drop),
            "expected list, found a list of numbers",
        ),
        (
            Type::FixedLengthList(Type::Bool.into(), 2),
            |from| from.numbers().map(drop),
            "expected list, found a list of numbers",
        ),
        (
            Type::U8,
            |_| Ok(()),
            "expected all parts to be taken, found untaken parts",
        ),
        (
            Type::tuple([Type::U8, Type::U8]),
            |from| from.scalar().map(drop),
            "expected all parts to be taken, found untaken parts",
        ),
    ] {
        let opts = options(0, StringEncoding::Utf8);
        let mut guests = Guests::new(vec![Guest::new(64, true)]);
        guests.guests[0].bytes.fill(0);
        let (cx, params) = (&mut Cx::new(&mut guests, &opts), params(&[ty]));
        let flat = [0; 2];
        let error = lift_parts(cx, 16, &flat, &params, parts).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (&ErrorKind::Misuse, message)
        );
    }
}

#[test]
fn values_that_no_guest_could_pass_trap_before_any_realloc() {
    let list: fn(&mut dyn Lower, usize) -> Result<()> = |to, len| to.list(len);
    let text: fn(&mut dyn Lower, usize) -> Result<()> =
        |to, len| to.string(&String::from_utf8(vec![0; len]).unwrap());
    for (ty, parts, len, trap) in [
        (
            Type::list(Type::U8),
            list,
            (1 << 28) - 1,
            CanonTrap::ReallocOutOfBounds,
        ),
        (Type::list(Type::U8), list, 1 << 28, CanonTrap::ListTooLong),
        (
            Type::list(Type::U64),
            list,
            (1 << 25) - 1,
            CanonTrap::ReallocOutOfBounds,
        ),
        (Type::list(Type::U64), list, 1 << 25, CanonTrap::ListTooLong),
        (
            Type::list(Type::U64),
            list,
            usize::MAX,
            CanonTrap::ListTooLong,
        ),
        (
            Type::String,
            text,
            (1 << 28) - 1,
            CanonTrap::ReallocOutOfBounds,
        ),
        (Type::String, text, 1 << 28, CanonTrap::StringTooLong),
    ] {
        let opts = options(0, StringEncoding::Utf8);
        let mut guests = Guests::new(vec![Guest::new(1 << 16, true)]);
        let cx = &mut Cx::new(&mut guests, &opts);
        let args = &mut |to: &mut dyn Lower| parts(to, len);
        let error =
            lower_parts(cx, 16, args, &params(&[ty]), None, &mut FlatBits::default()).unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Canon(trap)), "{len}");
        let asked = trap == CanonTrap::ReallocOutOfBounds;
        assert_eq!(guests.guests[0].calls.len(), usize::from(asked));
    }
}

#[test]
fn elements_of_a_result_in_parts_are_charged() {
    let opts = options(0, StringEncoding::Utf8);
    let mut guests = Guests::new(vec![Guest::new(1 << 16, true)]);
    let cx = &mut Cx::new(&mut guests, &opts);
    let flat = [0, 100];
    let parts = &mut |from: &mut dyn Lift| {
        let len = from.list()?;
        (0..len).try_for_each(|_| from.scalar().map(drop))
    };
    lift_parts(cx, 16, &flat, &params(&[Type::list(Type::Bool)]), parts).unwrap();
    assert_eq!(guests.charged, 100 * VALUE_BYTES);
}

#[test]
fn numbers_of_a_result_in_parts_are_charged_as_bytes() {
    for (ty, charged) in [
        (Type::list(Type::U16), 4),
        (Type::FixedLengthList(Type::U64.into(), 20), 160),
    ] {
        let opts = options(0, StringEncoding::Utf8);
        let mut guests = Guests::new(vec![Guest::new(256, true)]);
        guests.guests[0].bytes.fill(0);
        guests.guests[0].bytes[4] = 2;
        let cx = &mut Cx::new(&mut guests, &opts);
        let parts = &mut |from: &mut dyn Lift| from.numbers().map(drop);
        let params = params(std::slice::from_ref(&ty));
        lift_parts(cx, 0, &[0], &params, parts).unwrap();
        assert_eq!(guests.charged, charged, "{ty}");
    }
}
