//! Plain values are passed in the same way by the traversals for them and by the general ones: with the
//! same core values, memory, calls of `realloc`, charges and errors.

use proptest::prelude::*;
use seam_core::typed::{Lift, LiftResult, Lower, LowerArgs, Numbers, Scalar};
use seam_core::{Args, ErrorKind, Result, Returns, Type, Value};

use super::any::value;
use super::guest::{Guest, Guests, options};
use super::json::params;
use super::part;
use crate::abi::{
    Cx, FlatBits, are_plain, check_area, lift_flat_value, lift_parts, lift_plain, lift_plain_args,
    lower_flat_values, lower_parts, lower_plain, lower_plain_typed,
};
use seam_decode::types::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, StringEncoding, spills};

const SIZE: usize = 1 << 12;

fn encoding() -> impl Strategy<Value = StringEncoding> {
    use StringEncoding::{Latin1Utf16, Utf8, Utf16};
    prop::sample::select(vec![Utf8, Utf16, Latin1Utf16])
}

fn plain() -> impl Strategy<Value = Type> {
    let numbers = [Type::U8, Type::S16, Type::U32, Type::F32, Type::F64];
    let lists = numbers.clone().map(Type::list);
    let others = [
        Type::Bool,
        Type::S64,
        Type::Char,
        Type::String,
        Type::String,
    ];
    prop::sample::select([&numbers[..], &lists[..], &others[..]].concat())
}

/// Types of at most eight parameters, which fit among the core values, and arguments.
fn types_and_values() -> impl Strategy<Value = (Vec<Type>, Vec<Value>)> {
    prop::collection::vec(plain(), 0..=8).prop_flat_map(|types| {
        let values: Vec<_> = types.iter().map(value).collect();
        (Just(types), values)
    })
}

/// What a call that passes parts does, or a result that takes them.
#[derive(Clone, Debug)]
enum Part {
    Scalar(Scalar),
    String(String),
    Bytes(Vec<u8>),
    Words(Vec<u32>),
    List(usize),
    Case,
    Flags,
}

fn part() -> impl Strategy<Value = Part> {
    let scalars = vec![
        Scalar::U8(7),
        Scalar::U32(1),
        Scalar::Bool(true),
        Scalar::F32(f32::NAN),
        Scalar::Char('x'),
        Scalar::S64(-1),
    ];
    prop_oneof![
        4 => prop::sample::select(scalars).prop_map(Part::Scalar),
        2 => "[a-zé😀]{0,5}".prop_map(Part::String),
        2 => prop::collection::vec(any::<u8>(), 0..5).prop_map(Part::Bytes),
        1 => prop::collection::vec(any::<u32>(), 0..5).prop_map(Part::Words),
        2 => (0usize..4).prop_map(Part::List),
        1 => Just(Part::Case),
        1 => Just(Part::Flags),
    ]
}

struct Script<'a>(&'a [Part]);

impl LowerArgs for Script<'_> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        self.0.iter().try_for_each(|part| match part {
            Part::Scalar(scalar) => to.scalar(*scalar),
            Part::String(text) => to.string(text),
            Part::Bytes(bytes) => to.numbers(Numbers::U8(bytes)),
            Part::Words(words) => to.numbers(Numbers::U32(words)),
            Part::List(len) => to.list(*len),
            Part::Case => to.case(0),
            Part::Flags => to.flags(&[0]),
        })
    }
}

/// Takes parts, and notes what they are.
struct Taken<'a>(&'a [Part], String);

impl LiftResult for Taken<'_> {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        for part in self.0 {
            self.1 += &match part {
                Part::Scalar(_) => format!("{:?}", from.scalar()?),
                Part::String(_) => from.string()?,
                Part::Bytes(_) | Part::Words(_) => format!("{:?}", from.numbers()?),
                Part::List(_) => format!("{:?}", from.list()?),
                Part::Case => format!("{:?}", from.case()?),
                Part::Flags => format!("{:?}", from.flags()?),
            };
        }
        Ok(())
    }
}

fn outcome<T>(result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error| format!("{:?}: {error}", error.kind()))
}

/// Lowers in both ways, and compares what the guests see.
fn same_lowered(
    types: &[Type],
    encoding: StringEncoding,
    direct: [bool; 2],
    general: impl FnOnce(&mut Cx<'_>, &mut FlatBits) -> Result<()>,
    mut args: Args<'_>,
) {
    let params = params(types);
    assert!(are_plain(MAX_FLAT_PARAMS, &params));
    let guests = &mut Guests::new(direct.map(|direct| Guest::new(SIZE, direct)).into());
    let opts = [0, 1].map(|instance| options(instance, encoding));
    let (mut expected, mut found) = (FlatBits::default(), FlatBits::default());
    let first = outcome(general(&mut Cx::new(guests, &opts[0]), &mut expected));
    let second = lower_plain(guests, &opts[1], &params, &mut args, found.room());
    assert_eq!(outcome(second), first);
    if first.is_ok() {
        assert_eq!(found.room(), expected.room());
    }
    let [first, second] = &guests.guests[..] else {
        panic!("expected two guests");
    };
    assert_eq!(second.calls, first.calls);
    assert!(second.bytes == first.bytes);
}

#[test]
fn a_list_inside_a_list_of_numbers_is_refused_like_others() {
    let record = params(&[Type::list(Type::U8)]);
    let opts = options(0, StringEncoding::Utf8);
    // A list of three bytes at 16.
    let mut bytes = [0; 32];
    (bytes[0], bytes[4]) = (16, 3);
    let parts = [Part::List(0), Part::Bytes(Vec::new())];
    let (mut one, mut other) = (Guests::new(Vec::new()), Guests::new(Vec::new()));
    let cx = &mut Cx::over(&mut bytes, &mut one, &opts);
    let lift = |from: &mut dyn Lift| Taken(&parts, String::new()).lift(from);
    let expected = lift_parts(cx, MAX_FLAT_RESULTS, &[0], &record, lift);
    let mut taken = Taken(&parts, String::new());
    let from = &mut bytes[..];
    let found = lift_plain(
        from,
        &mut other,
        &opts,
        &[0],
        &record,
        &mut Returns::Typed(&mut taken),
    );
    assert_eq!(outcome(found), outcome(expected));
    assert_eq!(taken.1, "3");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_arguments_are_lowered_like_others(
        (types, values) in types_and_values(),
        encoding in encoding(),
        direct in any::<[bool; 2]>(),
    ) {
        let record = params(&types);
        let by_values = |cx: &mut Cx<'_>, flat: &mut FlatBits| {
            lower_flat_values(cx, MAX_FLAT_PARAMS, &values, &record, None, flat)
        };
        same_lowered(&types, encoding, direct, by_values, Args::Values(&values));
        let parts = &mut part::Args(&types, &values);
        same_lowered(&types, encoding, direct, by_values, Args::Typed(parts));
    }

    #[test]
    fn any_parts_are_lowered_or_refused_like_others(
        types in prop::collection::vec(plain(), 0..4),
        parts in prop::collection::vec(part(), 0..6),
        encoding in encoding(),
        direct in any::<[bool; 2]>(),
    ) {
        let record = params(&types);
        let by_parts = |cx: &mut Cx<'_>, flat: &mut FlatBits| {
            let lower = |to: &mut dyn Lower| Script(&parts).lower(to);
            lower_parts(cx, MAX_FLAT_PARAMS, lower, &record, None, flat)
        };
        same_lowered(&types, encoding, direct, by_parts, Args::Typed(&mut Script(&parts)));
    }

    #[test]
    fn a_plain_result_is_lifted_like_others(
        types in prop::collection::vec(plain(), 0..=1),
        parts in prop::collection::vec(part(), 0..5),
        encoding in encoding(),
        text in prop::collection::vec(prop_oneof![9 => 32u8..127, 1 => any::<u8>()], 64),
        (area, at) in (prop_oneof![8 => (0u32..8).prop_map(|n| n * 4), 1 => 0u32..80], 0u32..72),
        length in prop_oneof![8 => 0u32..8, 1 => any::<u32>()],
        limit in prop_oneof![4 => Just(1u64 << 30), 1 => 0u64..64],
    ) {
        let record = params(&types);
        let opts = options(0, encoding);
        let mut bytes = text;
        let range = [at.to_le_bytes(), length.to_le_bytes()].concat();
        for (to, from) in bytes.iter_mut().skip(area as usize).zip(range) {
            *to = from;
        }
        let flat = [u64::from(area) | 0xdead_beef << 32];
        let guests = || {
            let mut guests = Guests::new(Vec::new());
            guests.limit = limit;
            guests
        };

        let (mut one, mut other) = (guests(), guests());
        let cx = &mut Cx::over(&mut bytes, &mut one, &opts);
        let expected = lift_flat_value(cx, MAX_FLAT_RESULTS, &flat, &record);
        let mut found = None;
        let from = &mut bytes[..];
        let lifted = lift_plain(from, &mut other, &opts, &flat, &record, &mut Returns::Value(&mut found));
        prop_assert_eq!(outcome(lifted.map(|()| found)), outcome(expected));
        prop_assert_eq!(other.charged, one.charged);

        if types.is_empty() {
            return Ok(());
        }
        let (mut one, mut other) = (guests(), guests());
        let mut expected = Taken(&parts, String::new());
        let cx = &mut Cx::over(&mut bytes, &mut one, &opts);
        let lift = |from: &mut dyn Lift| expected.lift(from);
        let first = lift_parts(cx, MAX_FLAT_RESULTS, &flat, &record, lift);
        let mut found = Taken(&parts, String::new());
        let from = &mut bytes[..];
        let second = lift_plain(from, &mut other, &opts, &flat, &record, &mut Returns::Typed(&mut found));
        prop_assert_eq!(outcome(second), outcome(first));
        prop_assert_eq!(found.1, expected.1);
        prop_assert_eq!(other.charged, one.charged);
    }

    #[test]
    fn plain_arguments_are_lifted_like_others(
        types in prop::collection::vec(plain(), 0..4),
        parts in prop::collection::vec(part(), 0..6),
        encoding in encoding(),
        text in prop::collection::vec(prop_oneof![9 => 32u8..127, 1 => any::<u8>()], 64),
        words in prop::collection::vec(prop_oneof![8 => 0u64..16, 1 => any::<u64>()], 8),
        limit in prop_oneof![4 => Just(1u64 << 30), 1 => 0u64..64],
    ) {
        let record = params(&types);
        let opts = options(0, encoding);
        let mut bytes = text;
        let flat = &words[..record.flat.len()];
        let guests = || {
            let mut guests = Guests::new(Vec::new());
            guests.limit = limit;
            guests
        };
        let (mut one, mut other) = (guests(), guests());
        let mut expected = Taken(&parts, String::new());
        let cx = &mut Cx::over(&mut bytes, &mut one, &opts);
        let first = lift_parts(cx, MAX_FLAT_PARAMS, flat, &record, |from| expected.lift(from));
        let mut found = Taken(&parts, String::new());
        let lift = |from: &mut dyn Lift| found.lift(from);
        let second = lift_plain_args(&mut bytes, &mut other, &opts, flat, &record, lift);
        prop_assert_eq!(outcome(second), outcome(first));
        prop_assert_eq!(found.1, expected.1);
        prop_assert_eq!(other.charged, one.charged);
    }

    #[test]
    fn a_plain_result_is_lowered_like_others(
        ty in prop::option::of(plain()),
        parts in prop::collection::vec(part(), 0..4),
        value in any::<bool>(),
        encoding in encoding(),
        direct in any::<[bool; 2]>(),
        area in prop_oneof![8 => (0u32..8).prop_map(|n| n * 4), 1 => 0u32..80, 1 => 4000u32..5000],
    ) {
        let types = Vec::from_iter(ty);
        let record = params(&types);
        let area = spills(MAX_FLAT_RESULTS, &record).then_some(area);
        // Half of the results are of the type.
        let right = match (value, types.first()) {
            (true, Some(Type::String)) => Some(Part::String("é5😀".into())),
            (true, Some(Type::List(_))) => Some(Part::List(0)),
            _ => None,
        };
        let parts = right.map_or(parts, |part| vec![part]);
        let guests = &mut Guests::new(direct.map(|direct| Guest::new(SIZE, direct)).into());
        let opts = [0, 1].map(|instance| options(instance, encoding));
        let mut expected = FlatBits::default();
        let cx = &mut Cx::new(guests, &opts[0]);
        let lower = |to: &mut dyn Lower| Script(&parts).lower(to);
        let first = lower_parts(cx, MAX_FLAT_RESULTS, lower, &record, area, &mut expected);
        let cx = &mut Cx::new(guests, &opts[1]);
        let checked = area.map_or(Ok(()), |area| check_area(cx, area, &record));
        let second = checked
            .and_then(|()| lower_plain_typed(guests, &opts[1], &record, area, lower));
        let refused = matches!(&second, Err(error) if *error.kind() == ErrorKind::Misuse);
        let second = outcome(second);
        prop_assert_eq!(second.clone().map(drop), outcome(first));
        if let (Ok(found), [expected]) = (second, expected.as_slice()) {
            prop_assert_eq!(found, *expected);
        }
        let [first, second] = &guests.guests[..] else {
            panic!("expected two guests");
        };
        prop_assert_eq!(&second.calls, &first.calls);
        // A part that is refused ends the call, so that nothing ends a list before it.
        if !refused {
            prop_assert!(second.bytes == first.bytes);
        }
    }
}
