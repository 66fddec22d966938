//! Transfers from guest to guest without building values.

use seam_core::Type;

use super::guest::{Guest, Guests, options};
use super::json::params;
use crate::abi::numbers::CHUNK;
use crate::abi::{FlatBits, Transfer};
use seam_decode::types::StringEncoding;

/// Transfers a list with these bytes to address 64 of the second guest, and returns that guest's
/// memory.
///
/// The bytes are at the end of the first guest's memory.
fn transfer(element: Type, length: u32, bytes: Vec<u8>, direct: bool) -> Vec<u8> {
    let size = bytes.len() + 64 + 2 * CHUNK as usize;
    let mut guests = Guests::new(vec![Guest::new(0, direct), Guest::new(size, direct)]);
    guests.guests[0].bytes = bytes;
    let [from, to] = [0, 1].map(|instance| options(instance, StringEncoding::Utf8));
    let mut transfer = Transfer {
        machine: &mut guests,
        from: &from,
        to: &to,
    };
    let range = [0, u64::from(length)];
    let (params, mut out) = (params(&[Type::list(element)]), FlatBits::default());
    transfer
        .flat_values(16, &range, &params, None, &mut out)
        .unwrap();
    assert_eq!(out.as_slice(), [64, u64::from(length)]);
    guests.guests.remove(1).bytes
}

#[test]
fn a_list_copied_in_pieces_stays_within_its_length() {
    let chunk = CHUNK as usize;
    for length in [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk + 3] {
        for direct in [true, false] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut expected = Guest::new(length + 64 + 2 * chunk, direct).bytes;
            expected[64..64 + length].copy_from_slice(&bytes);
            let found = transfer(Type::U8, length as u32, bytes, direct);
            assert!(found == expected, "{length} bytes, direct: {direct}");
        }
    }
}

#[test]
fn elements_of_lists_are_made_canonical() {
    let floats = |bits: [u32; 4]| bits.map(u32::to_le_bytes).concat();
    let doubles = |bits: [u64; 3]| bits.map(u64::to_le_bytes).concat();
    for (element, length, bytes, canonical) in [
        (
            Type::Bool,
            5,
            vec![0, 1, 2, 0x80, 0xff],
            vec![0, 1, 1, 1, 1],
        ),
        (
            Type::F32,
            4,
            floats([0x7fc0_0001, 0xff80_0001, 0x8000_0000, 0x7f80_0000]),
            floats([0x7fc0_0000, 0x7fc0_0000, 0x8000_0000, 0x7f80_0000]),
        ),
        (
            Type::F64,
            3,
            doubles([0x7ff0_0000_0000_0001, u64::MAX, 1 << 63]),
            doubles([0x7ff8_0000_0000_0000, 0x7ff8_0000_0000_0000, 1 << 63]),
        ),
        // Adjacent fields are not copied unchanged either.
        (
            Type::tuple([Type::Bool, Type::U8]),
            2,
            vec![2, 2, 0x80, 0x80],
            vec![1, 2, 1, 0x80],
        ),
        (
            Type::tuple([Type::F32, Type::U32]),
            2,
            floats([0x7fc0_0001, 0x7fc0_0001, 0xff80_0001, 0xff80_0001]),
            floats([0x7fc0_0000, 0x7fc0_0001, 0x7fc0_0000, 0xff80_0001]),
        ),
        (
            Type::FixedLengthList(Type::F64.into(), 3),
            1,
            doubles([0x7ff0_0000_0000_0001, u64::MAX, 1 << 63]),
            doubles([0x7ff8_0000_0000_0000, 0x7ff8_0000_0000_0000, 1 << 63]),
        ),
        // In types other than floats, every bit is significant.
        (
            Type::U32,
            4,
            floats([0x7fc0_0001, 0xff80_0001, 0x8000_0000, 0x7f80_0000]),
            floats([0x7fc0_0001, 0xff80_0001, 0x8000_0000, 0x7f80_0000]),
        ),
    ] {
        for direct in [true, false] {
            let found = transfer(element.clone(), length, bytes.clone(), direct);
            assert_eq!(found[64..64 + canonical.len()], canonical, "{element}");
        }
    }
}
