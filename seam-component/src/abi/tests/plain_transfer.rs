//! Plain values are transferred in the same way by the traversals for them and by the general one: with
//! the same core values, memories, calls of `realloc` and errors.

use proptest::prelude::*;
use seam_core::{Result, Type};

use super::guest::{Guest, Guests, options};
use super::json::params;
use crate::abi::{
    Cx, FlatBits, Options, Transfer, are_bytes_alike, are_plain, check_plain, copy_plain,
    lift_plain_result, lower_plain_result,
};
use seam_decode::types::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, StringEncoding, spills};

fn alike() -> impl Strategy<Value = Type> {
    let numbers = [Type::U8, Type::S16, Type::U32, Type::S64];
    let lists = numbers.clone().map(Type::list);
    let others = [
        Type::Bool,
        Type::F32,
        Type::F64,
        Type::Char,
        Type::String,
        Type::String,
    ];
    prop::sample::select([&numbers[..], &lists[..], &others[..]].concat())
}

/// Bits that are often a range of a small memory.
fn bits() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => (0u64..8).prop_map(|n| n * 4),
        2 => 0u64..80,
        1 => any::<u64>(),
    ]
}

/// Mostly ASCII.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![19 => 32u8..127, 1 => any::<u8>()], 64)
}

/// The guest that values are lifted from, and one that allocates upwards from 64.
fn guests(bytes: &[u8], size: usize, direct: bool) -> Guests {
    let mut guests = Guests::new(vec![Guest::new(0, direct), Guest::new(size, direct)]);
    guests.guests[0].bytes = bytes.to_vec();
    guests
}

fn sides() -> [Options; 2] {
    [0, 1].map(|instance| options(instance, StringEncoding::Utf8))
}

fn outcome<T>(result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error| format!("{:?}: {error}", error.kind()))
}

/// The core values without the bits that an `i32` does not have.
fn core_values(bits: &[u64], types: &[Type]) -> Vec<u64> {
    let masks = types.iter().flat_map(|ty| match ty {
        Type::S64 | Type::F64 => &[u64::MAX][..],
        Type::String | Type::List(_) => &[0xffff_ffff; 2],
        _ => &[0xffff_ffff],
    });
    bits.iter()
        .zip(masks)
        .map(|(bits, mask)| bits & mask)
        .collect()
}

fn same_guests(found: &Guests, expected: &Guests) {
    for (found, expected) in found.guests.iter().zip(&expected.guests) {
        assert_eq!(found.calls, expected.calls);
        assert!(found.bytes == expected.bytes);
    }
}

#[test]
fn bytes_are_alike_in_two_memories_with_one_encoding() {
    let alike = |from: &Options, to: &Options, ty: Type| are_bytes_alike(from, to, &params(&[ty]));
    let [from, to] = sides();
    let utf16 = options(1, StringEncoding::Utf16);
    assert!(alike(&from, &to, Type::String));
    assert!(!alike(&from, &from, Type::String));
    assert!(!alike(&from, &utf16, Type::String));
    assert!(!alike(&utf16, &from, Type::String));
    assert!(alike(&from, &utf16, Type::list(Type::U8)));
    for made_canonical in [Type::Bool, Type::F32, Type::F64] {
        assert!(!alike(&from, &to, Type::list(made_canonical)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_arguments_are_transferred_like_others(
        types in prop::collection::vec(alike(), 0..=8),
        bytes in bytes(),
        mut flat in prop::collection::vec(bits(), 16),
        size in prop_oneof![4 => Just(1usize << 12), 1 => 64usize..128],
        direct in any::<bool>(),
    ) {
        let record = params(&types);
        let [from, to] = sides();
        prop_assert!(are_plain(MAX_FLAT_PARAMS, &record) && are_bytes_alike(&from, &to, &record));
        let mut one = guests(&bytes, size, direct);
        let mut expected = FlatBits::default();
        let mut transfer = Transfer { machine: &mut one, from: &from, to: &to };
        let args = &flat[..record.flat.len()];
        let first = transfer.flat_values(MAX_FLAT_PARAMS, args, &record, None, &mut expected);

        let mut other = guests(&bytes, size, direct);
        let second = check_plain(&mut Cx::new(&mut other, &from), &flat, &record)
            .and_then(|()| copy_plain(&mut other, (&from, &to), &record, &mut flat));
        let is_ok = first.is_ok();
        prop_assert_eq!(outcome(second), outcome(first));
        if is_ok {
            let expected = core_values(expected.as_slice(), &types);
            prop_assert_eq!(core_values(&flat, &types), expected);
        }
        same_guests(&other, &one);
    }

    #[test]
    fn a_plain_result_is_transferred_like_others(
        types in prop::collection::vec(alike(), 0..=1),
        mut bytes in bytes(),
        (first, range) in (bits(), [bits(), bits()]),
        out_param in bits(),
        size in prop_oneof![4 => Just(1usize << 12), 1 => 64usize..128],
        direct in any::<bool>(),
    ) {
        let record = params(&types);
        let [from, to] = sides();
        let range = range.map(|word| (word as u32).to_le_bytes()).concat();
        let area = usize::try_from(first).unwrap_or(usize::MAX);
        for (to, from) in bytes.iter_mut().skip(area).zip(range) {
            *to = from;
        }
        let out_param = spills(MAX_FLAT_RESULTS, &record).then_some(out_param as u32);
        let results: &[u64] = if types.is_empty() { &[] } else { &[first] };

        let (mut one, mut expected) = (guests(&bytes, size, direct), FlatBits::default());
        let mut transfer = Transfer { machine: &mut one, from: &from, to: &to };
        let first = transfer.flat_values(MAX_FLAT_RESULTS, results, &record, out_param, &mut expected);

        let (mut other, mut found) = (guests(&bytes, size, direct), FlatBits::default());
        let lifted = lift_plain_result(&mut Cx::new(&mut other, &from), results, &record);
        let second = lifted.and_then(|lifted| {
            lower_plain_result(&mut other, (&from, &to), &record, lifted, out_param, &mut found)
        });
        let is_ok = first.is_ok();
        prop_assert_eq!(outcome(second), outcome(first));
        if is_ok {
            prop_assert_eq!(found.as_slice().len(), expected.as_slice().len());
            let expected = core_values(expected.as_slice(), &types);
            prop_assert_eq!(core_values(found.as_slice(), &types), expected);
        }
        same_guests(&other, &one);
    }
}
