//! Random values that are lowered and lifted in every way come back unchanged.

use proptest::prelude::*;
use seam_core::typed::{Lift, LiftResult, Lower, LowerArgs};
use seam_core::{Type, Value};

use super::any::types_and_values;
use super::guest::{Guest, Guests, options};
use super::json::{params, run_time};
use super::part::{Args, Results};
use crate::abi::{
    Cx, FlatBits, Options, Transfer, lift_flat_values, lift_parts, lower_flat_values, lower_parts,
};
use seam_decode::types::{RecordTy, StringEncoding};

const SIZE: usize = 1 << 18;

fn encoding() -> impl Strategy<Value = StringEncoding> {
    use StringEncoding::{Latin1Utf16, Utf8, Utf16};
    prop::sample::select(vec![Utf8, Utf16, Latin1Utf16])
}

fn guests(direct: [bool; 2]) -> Guests {
    Guests::new(direct.map(|direct| Guest::new(SIZE, direct)).into())
}

fn lower(
    guests: &mut Guests,
    opts: &Options,
    max: usize,
    values: &[Value],
    params: &RecordTy,
) -> FlatBits {
    let mut flat = FlatBits::default();
    lower_flat_values(
        &mut Cx::new(guests, opts),
        max,
        values,
        params,
        None,
        &mut flat,
    )
    .unwrap();
    flat
}

fn round_trip(
    (types, values): (Vec<Type>, Vec<Value>),
    encodings: [StringEncoding; 2],
    max: usize,
    direct: [bool; 2],
) {
    let params = params(&types);
    let [from, to] = [options(0, encodings[0]), options(1, encodings[1])];
    let guests = &mut guests(direct);
    let flat = lower(guests, &from, max, &values, &params);
    let lifted = lift_flat_values(&mut Cx::new(guests, &from), max, flat.as_slice(), &params);
    assert_eq!(lifted.unwrap(), values);
    let mut out = FlatBits::default();
    let mut transfer = Transfer {
        machine: guests,
        from: &from,
        to: &to,
    };
    transfer
        .flat_values(max, flat.as_slice(), &params, None, &mut out)
        .unwrap();
    let lifted = lift_flat_values(&mut Cx::new(guests, &to), max, out.as_slice(), &params);
    assert_eq!(lifted.unwrap(), values);
}

fn same_by_parts(
    (types, values): (Vec<Type>, Vec<Value>),
    encoding: StringEncoding,
    max: usize,
    direct: [bool; 2],
) {
    let params = params(&types);
    let opts = [0, 1].map(|instance| options(instance, encoding));
    let guests = &mut guests(direct);
    let flat = lower(guests, &opts[0], max, &values, &params);
    let mut by_parts = FlatBits::default();
    let args = |to: &mut dyn Lower| Args(&types, &values).lower(to);
    lower_parts(
        &mut Cx::new(guests, &opts[1]),
        max,
        args,
        &params,
        None,
        &mut by_parts,
    )
    .unwrap();
    assert_eq!(by_parts.as_slice(), flat.as_slice());
    assert_eq!(guests.guests[1].calls, guests.guests[0].calls);
    assert!(guests.guests[1].bytes == guests.guests[0].bytes);
    if types.is_empty() {
        return;
    }
    let mut results = Results(&types, Vec::new());
    lift_parts(
        &mut Cx::new(guests, &opts[1]),
        max,
        by_parts.as_slice(),
        &params,
        |from: &mut dyn Lift| results.lift(from),
    )
    .unwrap();
    assert_eq!(results.1, values);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_round_trip_also_through_another_guest(
        values in types_and_values(4),
        encodings in [encoding(), encoding()],
        max in prop::sample::select(vec![1usize, 16]),
        direct in any::<[bool; 2]>(),
    ) {
        round_trip(values, encodings, max, direct);
    }

    #[test]
    fn parts_and_values_lower_and_lift_alike(
        values in types_and_values(4),
        encoding in encoding(),
        max in prop::sample::select(vec![1usize, 16]),
        direct in any::<[bool; 2]>(),
    ) {
        same_by_parts(values, encoding, max, direct);
    }

    #[test]
    fn types_convert_both_ways(ty in super::any::ty(4)) {
        let names = |_| seam_core::ResourceType::new("r");
        prop_assert_eq!(run_time(&ty).to_type(&names), ty);
    }

    /// For arbitrary bytes, lifting returns a value of the type or traps.
    #[test]
    fn any_bytes_lift_or_trap(
        types in prop::collection::vec(super::any::ty(3), 1..4),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        words in prop::collection::vec(prop_oneof![0u64..300, any::<u64>()], 17),
        encodings in [encoding(), encoding()],
        direct in any::<[bool; 2]>(),
    ) {
        let params = params(&types);
        let [from, to] = [options(0, encodings[0]), options(1, encodings[1])];
        let mut guests = guests(direct);
        guests.guests[0].bytes = bytes;
        let flat = words;
        let lifted = lift_flat_values(&mut Cx::new(&mut guests, &from), 16, &flat, &params);
        let mut out = FlatBits::default();
        let mut transfer = Transfer { machine: &mut guests, from: &from, to: &to };
        let transferred = transfer.flat_values(16, &flat, &params, None, &mut out);
        match lifted {
            Ok(values) => {
                types.iter().zip(&values).for_each(|(ty, value)| ty.check(value).unwrap());
                transferred.unwrap();
                let again = lift_flat_values(&mut Cx::new(&mut guests, &to), 16, out.as_slice(), &params);
                prop_assert_eq!(again.unwrap(), values);
            }
            Err(error) => {
                let transferred = transferred.unwrap_err();
                prop_assert_eq!(transferred.as_trap(), error.as_trap());
            }
        }
    }
}

/// Memories that do not expose their bytes as a slice are copied in pieces.
#[test]
fn long_lists_move_whole() {
    let count = 20_011;
    let bits = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let numbers = || (0..count).map(bits);
    for (ty, list) in [
        (
            Type::U8,
            Value::from(
                numbers()
                    .map(|n| n as u8)
                    .cycle()
                    .take(100_003)
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            Type::S16,
            Value::from(numbers().map(|n| n as i16).collect::<Vec<_>>()),
        ),
        (
            Type::U32,
            Value::from(numbers().map(|n| n as u32).collect::<Vec<_>>()),
        ),
        (
            Type::F32,
            Value::from(
                numbers()
                    .map(|n| f32::from_bits(n as u32))
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            Type::S64,
            Value::from(numbers().map(|n| n as i64).collect::<Vec<_>>()),
        ),
        (
            Type::F64,
            Value::from(numbers().map(f64::from_bits).collect::<Vec<_>>()),
        ),
        (
            Type::String,
            Value::list((0..9000).map(|n| Value::from(n.to_string()))),
        ),
    ] {
        for direct in [[true; 2], [false; 2]] {
            let (types, values) = (vec![Type::list(ty.clone())], vec![list.clone()]);
            round_trip(
                (types.clone(), values.clone()),
                [StringEncoding::Utf8; 2],
                16,
                direct,
            );
            same_by_parts((types, values), StringEncoding::Utf8, 16, direct);
        }
    }
}

/// Tests every pair of encodings, which the random cases may not cover.
#[test]
fn every_pair_of_encodings_transcodes() {
    use StringEncoding::{Latin1Utf16, Utf8, Utf16};
    for text in ["", "ascii", "naïve ÿ", "Ā", "h€llo", "😀 and ascii"] {
        for from in [Utf8, Utf16, Latin1Utf16] {
            for to in [Utf8, Utf16, Latin1Utf16] {
                for direct in [[true; 2], [false; 2]] {
                    let list = Value::list([Value::from(text), Value::from("x")]);
                    let values = vec![Value::from(text), list];
                    let types = vec![Type::String, Type::list(Type::String)];
                    round_trip((types, values), [from, to], 16, direct);
                }
            }
        }
    }
}
