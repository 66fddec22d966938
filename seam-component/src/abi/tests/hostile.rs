//! Input from guests or callers that tries to make the host allocate, and types beyond the limits.

use std::sync::Arc;

use seam_core::{CanonTrap, ErrorKind, Limit, Trap, Type, Value};

use super::convert::Convert;
use super::guest::{Guest, Guests, options};
use super::json::{params, run_time};
use crate::abi::load::VALUE_BYTES;
use crate::abi::{Cx, FlatBits, Transfer, lift_flat_values, lower_flat_values};
use seam_decode::types::{StringEncoding, Ty};

/// Lifts repeatedly from a memory with these bytes. Returns the result and the charged bytes.
fn lift(ty: Type, range: [u32; 2], bytes: &[u8], limit: u64) -> (Result<Value, ErrorKind>, u64) {
    let mut guests = Guests::new(vec![Guest::new(0, true)]);
    guests.guests[0].bytes = bytes.repeat((1 << 20) / bytes.len());
    guests.limit = limit;
    let opts = options(0, StringEncoding::Utf8);
    let cx = &mut Cx::new(&mut guests, &opts);
    let lifted = lift_flat_values(cx, 16, &range.map(u64::from), &params(&[ty]));
    let lifted = lifted
        .map(|mut values| values.remove(0))
        .map_err(|error| error.kind().clone());
    (lifted, guests.charged)
}

#[test]
fn the_charge_for_a_string_is_its_maximum_size() {
    use StringEncoding::{Latin1Utf16, Utf8, Utf16};
    for (encoding, length, charged) in [
        (Utf8, 5, 5),
        (Utf16, 5, 15),
        (Latin1Utf16, 5, 10),
        (Latin1Utf16, 5 | 1 << 31, 15),
    ] {
        let mut guests = Guests::new(vec![Guest::new(64, true)]);
        guests.guests[0].bytes.fill(b'a');
        let opts = options(0, encoding);
        let flat = [0, length];
        let cx = &mut Cx::new(&mut guests, &opts);
        lift_flat_values(cx, 16, &flat, &params(&[Type::String])).unwrap();
        assert_eq!(guests.charged, VALUE_BYTES + charged, "{encoding:?}");
    }
}

fn trap(trap: CanonTrap) -> ErrorKind {
    ErrorKind::Trap(Trap::Canon(trap))
}

#[test]
fn an_out_of_bounds_list_charges_and_allocates_nothing() {
    for ty in [Type::U8, Type::String, Type::tuple([Type::U64, Type::U8])] {
        for length in [0x7fff_ffff, 0xffff_ffff, 0x0fff_ffff] {
            let (lifted, charged) = lift(Type::list(ty.clone()), [0, length], &[0], 1 << 30);
            assert!(matches!(
                lifted.unwrap_err(),
                ErrorKind::Trap(Trap::Canon(
                    CanonTrap::ListTooLong | CanonTrap::ListOutOfBounds
                ))
            ));
            assert_eq!(charged, VALUE_BYTES, "{ty}, {length}");
        }
    }
}

#[test]
fn allocations_of_lifting_are_bounded() {
    let limit = 1 << 16;
    let list = Type::list;
    for (ty, length) in [
        (list(Type::Bool), 1 << 11),
        (list(Type::U64), 1 << 13),
        (list(Type::record([("a", Type::Bool)])), 1 << 11),
        (list(Type::option(Type::Bool)), 1 << 10),
        (list(Type::flags(["a", "b", "c"])), 1 << 11),
        (Type::String, limit as u32 + 1),
        (Type::FixedLengthList(Type::Bool.into(), 1 << 11), 0),
    ] {
        let (lifted, _) = lift(ty.clone(), [0, length], &[1], limit);
        assert_eq!(lifted.unwrap_err(), ErrorKind::Limit(Limit::Lifted), "{ty}");
        let (lifted, charged) = lift(ty, [0, length], &[1], 1 << 20);
        assert!(lifted.is_ok() && charged > limit);
    }
}

#[test]
fn the_charge_is_the_size_of_the_value() {
    let (value, field) = (VALUE_BYTES, size_of::<(Arc<str>, Value)>() as u64);
    let name = size_of::<Arc<str>>() as u64;
    let pair = || Type::record([("a", Type::U8), ("b", Type::U8)]);
    for (ty, charged) in [
        (Type::list(Type::U8), 5),
        (Type::list(Type::U64), 40),
        (Type::list(Type::Bool), 5 * value),
        (Type::list(pair()), 5 * 2 * value + 2 * name),
        (Type::list(Type::tuple([Type::Bool])), 5 * (value + value)),
        (Type::list(Type::flags(["a", "b"])), 5 * (value + name)),
        (Type::list(Type::option(Type::U8)), 5 * (value + value)),
        (Type::String, 5),
        (Type::flags(["a", "b", "c"]), 2 * name),
        (pair(), 2 * field),
        (Type::tuple([Type::U8, Type::U8]), 2 * value),
        (Type::result(None, Some(Type::U8)), value),
        (Type::enumeration(["a", "b", "c", "d"]), 0),
        (Type::FixedLengthList(Type::Bool.into(), 2), 2 * value),
    ] {
        // As flags, 3 means two flags. As a discriminant it would be invalid, so 1 is used.
        let first = if matches!(ty, Type::Result(_)) { 1 } else { 3 };
        let range = if matches!(ty, Type::List(_) | Type::String) {
            [0, 5]
        } else {
            [first, 0]
        };
        let (lifted, found) = lift(ty.clone(), range, &[1], 1 << 20);
        assert!(lifted.is_ok(), "{ty}");
        assert_eq!(found, value + charged, "{ty}");
    }
}

#[test]
fn a_small_memory_with_repeated_lists_is_bounded_too() {
    // Each element of each list is the same list again.
    let ty = Type::list(Type::list(Type::list(Type::list(Type::Bool))));
    let (lifted, _) = lift(ty.clone(), [0, 128], &[0, 0, 0, 0, 128, 0, 0, 0], 1 << 20);
    assert_eq!(lifted.unwrap_err(), ErrorKind::Limit(Limit::Lifted));
    let (lifted, _) = lift(ty, [0, 4], &[0, 0, 0, 0, 4, 0, 0, 0], 1 << 20);
    assert!(lifted.is_ok());
}

#[test]
fn parameters_that_are_larger_than_the_memory_trap() {
    let wide = Type::FixedLengthList(Type::U64.into(), 0x01ff_ffff);
    let types = vec![wide; 17];
    let mut guests = Guests::new(vec![Guest::new(1 << 16, true)]);
    let opts = options(0, StringEncoding::Utf8);
    let (params, flat) = (params(&types), [0]);
    let error = lift_flat_values(&mut Cx::new(&mut guests, &opts), 16, &flat, &params).unwrap_err();
    assert_eq!(*error.kind(), trap(CanonTrap::PointerOutOfBounds));
    let values = vec![Value::list([]); 17];
    let mut out = FlatBits::default();
    let error = lower_flat_values(
        &mut Cx::new(&mut guests, &opts),
        16,
        &values,
        &params,
        None,
        &mut out,
    );
    assert_eq!(
        *error.unwrap_err().kind(),
        trap(CanonTrap::ReallocOutOfBounds)
    );
    assert!(guests.guests[0].calls.is_empty());
}

#[test]
fn types_are_limited_in_size() {
    let bytes = |len| Type::FixedLengthList(Type::U8.into(), len);
    let of = |ty: Type, len| Type::FixedLengthList(ty.into(), len);
    for (ty, valid) in [
        (bytes(0x0fff_ffff), true),
        (bytes(0x1000_0000), false),
        (of(Type::U64, 33_554_431), true),
        (of(Type::U64, 33_554_432), false),
        // The size is 2^32, which wraps to 0 in 32 bits.
        (of(Type::U64, 536_870_912), false),
        // Strings are twice as large in 64-bit memories.
        (of(Type::String, 16_777_215), true),
        (of(Type::String, 16_777_216), false),
        (Type::tuple([bytes(268_435_454), bytes(1)]), true),
        (Type::tuple([bytes(268_435_455), bytes(1)]), false),
        (of(bytes(134_217_727), 2), true),
        (of(bytes(268_435_455), 2), false),
        (
            of(of(of(bytes(u32::MAX), u32::MAX), u32::MAX), u32::MAX),
            false,
        ),
        (Type::option(bytes(0x0fff_ffff)), false),
        (
            Type::option(Type::Map(Type::U8.into(), bytes(0x0fff_ffff).into())),
            true,
        ),
        (Type::Stream(Some(bytes(0x0fff_ffff).into())), true),
        (Type::flags((0..32).map(|i| i.to_string())), true),
        (Type::flags((0..33).map(|i| i.to_string())), false),
    ] {
        let checked = run_time(&ty).check_size();
        match valid {
            true => checked.unwrap(),
            false => {
                let error = checked.unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::Invalid { offset: None }, "{ty}");
            }
        }
    }
    let error = run_time(&bytes(0x1000_0000)).check_size().unwrap_err();
    assert!(error.message().contains("exceeds maximum byte size"));
}

#[test]
fn substitution_reaches_every_handle_and_keeps_the_layout() {
    use seam_decode::types::ResourceId;
    let handles = Ty::tuple([Ty::Own(ResourceId(0)), Ty::Borrow(ResourceId(1)), Ty::U8]);
    let ty = Ty::result(
        Some(Ty::map(Ty::String, Ty::option(handles.clone()))),
        Some(Ty::fixed_length_list(Ty::list(handles), 2)),
    );
    let mut seen = Vec::new();
    let substituted = ty.substitute(&mut |id| {
        seen.push(id.0);
        ResourceId(id.0 + 10)
    });
    assert_eq!(seen, [0, 1, 0, 1]);
    assert_eq!(substituted.layout(), ty.layout());
    let back = substituted.substitute(&mut |id| ResourceId(id.0 - 10));
    assert_eq!(back, ty);
    assert!(ty.has_handles() && ty.contents().borrow && !Ty::list(Ty::U8).has_handles());
}

#[test]
fn unused_bits_of_flags_do_not_travel() {
    for labels in 1..=32usize {
        let names: Vec<String> = (0..labels).map(|label| format!("f{label}")).collect();
        let ty = params(&[Type::list(Type::flags(names))]);
        let size = [1, 2, 4, 4][(labels - 1) / 8];
        let mut guests = Guests::new(vec![Guest::new(64, true), Guest::new(256, true)]);
        guests.guests[0].bytes.fill(0xff);
        let (from, to) = (
            options(0, StringEncoding::Utf8),
            options(1, StringEncoding::Utf8),
        );
        let mut flat = FlatBits::default();
        let mut transfer = Transfer {
            machine: &mut guests,
            from: &from,
            to: &to,
        };
        let range = [0, 3];
        transfer
            .flat_values(16, &range, &ty, None, &mut flat)
            .unwrap();
        let begin = flat.as_slice()[0];
        let mask = u32::MAX >> (32 - labels);
        for element in 0..3 {
            let at = begin as usize + element * size;
            let mut bytes = [0; 4];
            bytes[..size].copy_from_slice(&guests.guests[1].bytes[at..at + size]);
            assert_eq!(u32::from_le_bytes(bytes), mask, "{labels} labels");
        }
    }
}
