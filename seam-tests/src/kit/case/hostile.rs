//! Handwritten components, each with one violation or one corner case of the canonical ABI.
//!
//! The expectations are those of the comments at the top of the fixtures, which state what the
//! specification's reference interpreter requires.

use seam_core::{Artifact, CanonTrap, InstanceExt, ProgramExt, Trap, Value, World};

use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, holds, traps};
use crate::kit::{Checked, Failure, Subject};

/// A call and how it ends. An instance is not used again after a trap.
pub(super) type Line<'a> = (&'a str, Vec<Value>, Ends);

pub(super) enum Ends {
    Gives(Value),
    Nothing,
    Traps(Trap),
}

use Ends::{Gives, Nothing};

pub(super) fn canon(trap: CanonTrap) -> Ends {
    Ends::Traps(Trap::Canon(trap))
}

/// Makes the calls of each row in a fresh instance.
pub(super) fn rows(
    subject: &Subject,
    artifact: &Artifact,
    world: &World,
    rows: Vec<Vec<Line<'_>>>,
) -> Checked {
    let program = subject.load(artifact)?;
    for row in rows {
        let mut instance = program.instantiate_blocking(world)?;
        for (export, args, ends) in row {
            let about = |failure: Failure| failure.about(artifact.name());
            match ends {
                Ends::Gives(value) => gives(&mut *instance, export, &args, value),
                Ends::Nothing => gives_nothing(&mut *instance, export, &args),
                Ends::Traps(trap) => {
                    let what = format!("{export}({args:?})");
                    traps(what, instance.call_blocking(export, &args), trap)
                }
            }
            .map_err(about)?;
        }
    }
    Ok(())
}

/// Like [`rows`], with one call per instance and without imports.
pub(super) fn calls(subject: &Subject, artifact: &Artifact, lines: Vec<Line<'_>>) -> Checked {
    let lines = lines.into_iter().map(|line| vec![line]).collect();
    rows(subject, artifact, &World::new(), lines)
}

pub(super) fn bits(bits: u32) -> Vec<Value> {
    vec![bits.into()]
}

pub(super) fn range(at: u32, len: u32) -> Vec<Value> {
    vec![at.into(), len.into()]
}

fn pair(bits: u32, value: impl Into<Value>) -> Ends {
    Gives(Value::Tuple(vec![bits.into(), value.into()]))
}

pub(in crate::kit) fn any_bits_lift_as_the_specification_says(subject: &Subject) -> Checked {
    let mut lines: Vec<Line<'_>> = [1, 2, 0x100, 0x8000_0000, u32::MAX]
        .map(|any| ("flat", bits(any), Gives(true.into())))
        .into();
    lines.push(("flat", bits(0), Gives(false.into())));
    lines.push(("stored", bits(0x80), pair(0x80, true)));
    lines.push(("stored", bits(0x100), pair(0x100, false)));
    calls(subject, &fixtures::bool_from_bits()?, lines)?;

    let mut lines: Vec<Line<'_>> = Vec::new();
    for (code, char) in [
        (0x41, 'A'),
        (0xd7ff, '\u{d7ff}'),
        (0xe000, '\u{e000}'),
        (0x10_ffff, char::MAX),
    ] {
        lines.push(("flat", bits(code), Gives(char.into())));
        lines.push(("stored", bits(code), pair(code, char)));
    }
    for code in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        lines.push(("flat", bits(code), canon(CanonTrap::InvalidChar)));
        lines.push(("stored", bits(code), canon(CanonTrap::InvalidChar)));
    }
    calls(subject, &fixtures::char_from_bits()?, lines)?;

    let flags = |names: &[&str]| Value::flags(names.iter().copied());
    let lines = vec![
        ("flat", bits(5), Gives(flags(&["a", "c"]))),
        ("flat", bits(0xffff_fff8), Gives(flags(&[]))),
        ("flat", bits(u32::MAX), Gives(flags(&["a", "b", "c"]))),
        ("stored", bits(0xff), pair(0xff, flags(&["a", "b", "c"]))),
        ("stored", bits(0x100), pair(0x100, flags(&[]))),
    ];
    calls(subject, &fixtures::flags_from_bits()?, lines)?;

    let lines = vec![
        ("to-u8", bits(0x1ff), Gives(255u8.into())),
        ("to-s8", bits(0x180), Gives((-128i8).into())),
        ("to-u16", bits(0xffff_8000), Gives(32768u16.into())),
        ("to-s16", bits(0x1_8000), Gives((-32768i16).into())),
    ];
    calls(subject, &fixtures::int_from_bits()?, lines)?;

    let bad = || canon(CanonTrap::InvalidDiscriminant);
    let lines = vec![
        ("flat", bits(0), Gives(Value::enumeration("red"))),
        ("flat", bits(2), Gives(Value::enumeration("blue"))),
        ("flat", bits(3), bad()),
        ("flat", bits(0x100), bad()),
        ("ok", bits(0), Gives(Value::ok(None))),
        ("ok", bits(1), Gives(Value::err(None))),
        ("ok", bits(2), bad()),
        ("stored", bits(0), Gives(Value::variant("none", None))),
        (
            "stored",
            bits(1),
            Gives(Value::variant("number", Some(7u32.into()))),
        ),
        ("stored", bits(2), bad()),
        ("stored", bits(0xff), bad()),
        ("stored", bits(0x100), Gives(Value::variant("none", None))),
        ("maybe", bits(0), Gives(Value::none())),
        ("maybe", bits(1), Gives(Value::some(7u32.into()))),
        ("maybe", bits(2), bad()),
    ];
    calls(subject, &fixtures::variant_from_discriminant()?, lines)
}

pub(in crate::kit) fn ranges_of_lists_are_checked(subject: &Subject) -> Checked {
    let empty = || Gives(Vec::<u8>::new().into());
    let outside = || canon(CanonTrap::ListOutOfBounds);
    let lines = vec![
        ("bytes", range(1024, 3), Gives(vec![1u8, 2, 3].into())),
        ("bytes", range(65536, 0), empty()),
        ("bytes", range(65537, 0), outside()),
        ("bytes", range(65535, 2), outside()),
        ("bytes", range(u32::MAX, 2), outside()),
        (
            "words",
            range(1024, 1),
            Gives(vec![0x0807_0605_0403_0201u64].into()),
        ),
        ("words", range(1028, 1), canon(CanonTrap::UnalignedPointer)),
    ];
    calls(subject, &fixtures::list_anywhere()?, lines)
}

/// Tests lengths for which the limit on bytes is the only check that fails, or the first.
pub(in crate::kit) fn long_lists_trap(subject: &Subject) -> Checked {
    let long = || canon(CanonTrap::ListTooLong);
    let lines = vec![
        ("bytes", range(1024, 0x7fff_ffff), long()),
        ("words", range(1024, 0x2000_0000), long()),
        ("words", range(1024, 0x2000_0001), long()),
        ("texts", range(0, 0x1000_0000), long()),
    ];
    calls(subject, &fixtures::list_anywhere()?, lines)
}

pub(in crate::kit) fn results_of_realloc_are_checked(subject: &Subject) -> Checked {
    let words = |words: &[u32]| vec![words.to_vec().into()];
    let bytes = |bytes: &[u8]| vec![bytes.to_vec().into()];
    let text = |text: &str| vec![text.into()];
    let outside = || canon(CanonTrap::ReallocOutOfBounds);
    let unaligned = || canon(CanonTrap::UnalignedPointer);
    let mut spilled = vec![Value::U64(1)];
    spilled.extend((1..=16u8).map(Value::U8));
    let gives = |n: u32| Gives(n.into());
    let table = [
        (8, "words", words(&[1, 2]), gives(3)),
        (6, "words", words(&[1]), unaligned()),
        (6, "bytes", bytes(&[1]), gives(1)),
        (65528, "words", words(&[1, 2]), gives(3)),
        (65532, "words", words(&[1, 2]), outside()),
        (65536, "bytes", bytes(&[]), gives(0)),
        (65536, "text", text(""), gives(0)),
        (65537, "bytes", bytes(&[]), outside()),
        (0xffff_fffc, "words", words(&[1, 2]), outside()),
        (u32::MAX, "text", text("ab"), outside()),
        (8, "spilled", spilled.clone(), Gives(1u64.into())),
        (4, "spilled", spilled, unaligned()),
    ];
    let table = table
        .map(|(at, export, args, ends)| vec![("aim", bits(at), Nothing), (export, args, ends)]);
    rows(
        subject,
        &fixtures::realloc_anywhere()?,
        &World::new(),
        table.into(),
    )
}

pub(in crate::kit) fn places_of_results_are_checked(subject: &Subject) -> Checked {
    let outside = || canon(CanonTrap::PointerOutOfBounds);
    let lines = vec![
        ("at", bits(8), pair(1, 2u32)),
        ("at", bits(65528), pair(0, 0u32)),
        ("at", bits(6), canon(CanonTrap::UnalignedPointer)),
        ("at", bits(65532), outside()),
        ("at", bits(65536), outside()),
        ("at", bits(0xffff_fffc), outside()),
    ];
    calls(subject, &fixtures::result_anywhere()?, lines)
}

pub(in crate::kit) fn realloc_and_post_return_may_not_leave(subject: &Subject) -> Checked {
    let world = World::new().func("tick", |()| Ok(())).record(true);
    for (artifact, export, args) in [
        (fixtures::realloc_calls_import()?, "take", vec!["x".into()]),
        (fixtures::post_return_calls_import()?, "run", vec![]),
    ] {
        let mut instance = subject.instantiate(&artifact, &world)?;
        let result = instance.call_blocking(export, &args);
        traps(artifact.name(), result, CanonTrap::CannotLeave)?;
        let calls = &instance.observed().host_calls;
        holds("a host that was not reached", calls.is_empty(), calls)?;
    }
    Ok(())
}

pub(in crate::kit) fn traps_in_realloc_and_post_return_come_out(subject: &Subject) -> Checked {
    let trap = || Ends::Traps(Trap::Unreachable);
    let closed = || canon(CanonTrap::CannotEnter);
    let table = |export, args: Vec<Value>| {
        vec![vec![
            (export, args.clone(), trap()),
            (export, args, closed()),
        ]]
    };
    let world = World::new();
    rows(
        subject,
        &fixtures::realloc_traps()?,
        &world,
        table("take", vec!["".into()]),
    )?;
    rows(
        subject,
        &fixtures::post_return_traps()?,
        &world,
        table("run", vec![]),
    )
}

pub(in crate::kit) fn nan_payloads_do_not_cross(subject: &Subject) -> Checked {
    let artifact = fixtures::nan_payloads()?;
    let wide = |bits: u64| vec![bits.into()];
    let lines = vec![
        ("to-f32", bits(0x3fc0_0000), Gives(1.5f32.into())),
        ("to-f32", bits(0x8000_0000), Gives((-0f32).into())),
        ("to-f32", bits(0x7f80_0001), Gives(f32::NAN.into())),
        (
            "to-f64",
            wide(0x7ff0_0000_0000_0001),
            Gives(f64::NAN.into()),
        ),
    ];
    calls(subject, &artifact, lines)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    // The guest cannot rely on the payload of a NaN from the host, but the value is a NaN.
    for nan in [f32::NAN, f32::from_bits(0xff80_0001)] {
        match instance.call_blocking("f32-bits", &[nan.into()])? {
            Some(Value::U32(bits)) if f32::from_bits(bits).is_nan() => {}
            found => {
                return Err(Failure::new(format!(
                    "f32-bits: expected a NaN, found {found:?}"
                )));
            }
        }
    }
    match instance.call_blocking("f64-bits", &[f64::NAN.into()])? {
        Some(Value::U64(bits)) if f64::from_bits(bits).is_nan() => Ok(()),
        found => Err(Failure::new(format!(
            "f64-bits: expected a NaN, found {found:?}"
        ))),
    }
}

pub(in crate::kit) fn imports_are_called_through_exports(subject: &Subject) -> Checked {
    let world = World::new().func("again", |(n,): (u32,)| Ok(n * 2));
    let table = vec![vec![
        ("enter", bits(5), Gives(11u32.into())),
        ("enter", bits(0), Gives(1u32.into())),
    ]];
    rows(subject, &fixtures::reenter()?, &world, table)
}
