//! Components by hand, each with one violation, or one corner, of the canonical ABI.
//!
//! Expectations are those of the comments at the top of the fixtures, which say what the
//! specification's reference interpreter demands.

use seam_core::{Artifact, CanonTrap, InstanceExt, Resource, ResourceType, Trap, Value, World};

use super::resource::owned;
use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, holds, same, traps};
use crate::kit::{Checked, Failure, Subject};

/// A call and how it ends. After a trap an instance is not used again.
type Line<'a> = (&'a str, Vec<Value>, Ends);

enum Ends {
    Gives(Value),
    Nothing,
    Traps(Trap),
}

use Ends::{Gives, Nothing};

fn canon(trap: CanonTrap) -> Ends {
    Ends::Traps(Trap::Canon(trap))
}

/// Makes the calls of each row in an instance of its own.
fn rows(
    subject: &Subject,
    artifact: &Artifact,
    world: &World,
    rows: Vec<Vec<Line<'_>>>,
) -> Checked {
    let program = subject.load(artifact)?;
    for row in rows {
        let mut instance = seam_core::ProgramExt::instantiate_blocking(&*program, world)?;
        for (export, args, ends) in row {
            let about = |failure: Failure| failure.about(artifact.name());
            match ends {
                Ends::Gives(value) => gives(&mut *instance, export, &args, value),
                Ends::Nothing => gives_nothing(&mut *instance, export, &args),
                Ends::Traps(trap) => {
                    let what = format!("{export}({args:?})");
                    traps(what, instance.invoke(export, &args), trap)
                }
            }
            .map_err(about)?;
        }
    }
    Ok(())
}

/// As [`rows`], each call alone and without imports.
fn calls(subject: &Subject, artifact: &Artifact, lines: Vec<Line<'_>>) -> Checked {
    let lines = lines.into_iter().map(|line| vec![line]).collect();
    rows(subject, artifact, &World::new(), lines)
}

fn bits(bits: u32) -> Vec<Value> {
    vec![bits.into()]
}

fn range(at: u32, len: u32) -> Vec<Value> {
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
    let long = || canon(CanonTrap::ListTooLong);
    let lines = vec![
        ("bytes", range(1024, 3), Gives(vec![1u8, 2, 3].into())),
        ("bytes", range(65536, 0), empty()),
        ("bytes", range(65537, 0), outside()),
        ("bytes", range(65535, 2), outside()),
        ("bytes", range(u32::MAX, 2), outside()),
        ("bytes", range(1024, 0x7fff_ffff), long()),
        (
            "words",
            range(1024, 1),
            Gives(vec![0x0807_0605_0403_0201u64].into()),
        ),
        ("words", range(1028, 1), canon(CanonTrap::UnalignedPointer)),
        ("words", range(1024, 0x2000_0000), long()),
        ("words", range(1024, 0x2000_0001), long()),
        ("texts", range(0, 0x1000_0000), long()),
    ];
    calls(subject, &fixtures::list_anywhere()?, lines)
}

pub(in crate::kit) fn ranges_of_strings_are_checked(subject: &Subject) -> Checked {
    let text = "h\u{e9}llo \u{2713} \u{1f389}";
    let invalid = || canon(CanonTrap::InvalidString);
    let outside = || canon(CanonTrap::StringOutOfBounds);
    let world = World::new().func("say", |_: (String,)| Ok(())).record(true);
    let mut table = Vec::new();
    let faults = [
        (1024, 2),
        (2048, 1),
        (2056, 2),
        (2064, 3),
        (2072, 4),
        (2080, 1),
        (2088, 3),
    ];
    for export in ["at", "say-at"] {
        table.extend(faults.map(|(at, len)| vec![(export, range(at, len), invalid())]));
        table.push(vec![(export, range(65537, 0), outside())]);
        table.push(vec![(export, range(u32::MAX, 2), outside())]);
    }
    let len = u32::try_from(text.len()).unwrap_or_default();
    table.push(vec![("at", range(1024, len), Gives(text.into()))]);
    table.push(vec![("at", range(65536, 0), Gives("".into()))]);
    table.push(vec![("say-at", range(1024, len), Nothing)]);
    let artifact = fixtures::utf8_anywhere()?;
    rows(subject, &artifact, &world, table)?;

    let mut instance = subject.instantiate(&artifact, &world)?;
    gives_nothing(&mut *instance, "say-at", &range(1024, 6))?;
    let result = instance.invoke("say-at", &range(2048, 1));
    traps("say-at", result, CanonTrap::InvalidString)?;
    let heard: Vec<_> = instance
        .observed()
        .host_calls
        .iter()
        .map(|call| call.args.clone())
        .collect();
    same("what the host heard", heard, [[Value::from("h\u{e9}llo")]])
}

pub(in crate::kit) fn strings_of_every_encoding_pass(subject: &Subject) -> Checked {
    let texts = [
        "",
        "plain",
        "h\u{e9}\u{ff}",
        "\u{100}",
        "h\u{e9}\u{1f389}\u{2713}",
    ];
    let echoes = |export: &'static str| -> Vec<Line<'static>> {
        let echo = |text: &str| (export, vec![text.into()], Gives(text.into()));
        texts.map(echo).into()
    };
    let alone = |lines: Vec<Line<'static>>| lines.into_iter().map(|line| vec![line]).collect();
    // In one instance and in fresh ones.
    let transcode = fixtures::transcode()?;
    rows(subject, &transcode, &World::new(), vec![echoes("pass")])?;
    rows(subject, &transcode, &World::new(), alone(echoes("pass")))?;

    let invalid = || canon(CanonTrap::InvalidString);
    let mut lines = echoes("echo");
    let units = vec![0x68u16, 0xe9, 0xd83c, 0xdf89];
    lines.extend([
        (
            "units",
            vec!["h\u{e9}\u{1f389}".into()],
            Gives(units.into()),
        ),
        ("at", range(1024, 4), Gives("h\u{e9}\u{1f389}".into())),
        ("at", range(65534, 1), Gives("\0".into())),
        ("at", range(1024, 3), invalid()),
        ("at", range(1032, 1), invalid()),
        ("at", range(1032, 2), invalid()),
        ("at", range(1025, 1), canon(CanonTrap::UnalignedPointer)),
        ("at", range(65534, 2), canon(CanonTrap::StringOutOfBounds)),
        (
            "at",
            range(65536, 0x8000_0000),
            canon(CanonTrap::StringTooLong),
        ),
    ]);
    calls(subject, &fixtures::utf16()?, lines)?;

    let length = |text: &str, len: u32| ("length", vec![text.into()], Gives(len.into()));
    let mut lines = echoes("echo");
    lines.extend([
        length("", 0),
        length("h\u{e9}\u{ff}", 3),
        length("h\u{100}", 0x8000_0002),
        length("h\u{1f389}", 0x8000_0003),
        ("at", range(1024, 3), Gives("h\u{e9}\u{ff}".into())),
        (
            "at",
            range(1032, 0x8000_0004),
            Gives("h\u{e9}\u{1f389}".into()),
        ),
        ("at", range(1024, 0x8000_0000), Gives("".into())),
        ("at", range(65534, 2), Gives("\0\0".into())),
        ("at", range(1032, 0x8000_0003), invalid()),
        ("at", range(1040, 0x8000_0002), invalid()),
        ("at", range(1025, 1), canon(CanonTrap::UnalignedPointer)),
        (
            "at",
            range(65534, 0x8000_0002),
            canon(CanonTrap::StringOutOfBounds),
        ),
    ]);
    calls(subject, &fixtures::latin1_utf16()?, lines)
}

pub(in crate::kit) fn long_strings_trap(subject: &Subject) -> Checked {
    let long = || canon(CanonTrap::StringTooLong);
    let lines = vec![
        ("zeros", bits(4), Gives("\0\0\0\0".into())),
        ("zeros", bits(0x1000_0000), long()),
        ("zeros16", bits(0x0800_0000), long()),
    ];
    calls(subject, &fixtures::string_too_long()?, lines)
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
        let result = instance.invoke(export, &args);
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
    // A payload given by the host is none that the guest may rely on, but it is a NaN.
    for nan in [f32::NAN, f32::from_bits(0xff80_0001)] {
        match instance.invoke("f32-bits", &[nan.into()])? {
            Some(Value::U32(bits)) if f32::from_bits(bits).is_nan() => {}
            found => {
                return Err(Failure::new(format!(
                    "f32-bits: expected a NaN, found {found:?}"
                )));
            }
        }
    }
    match instance.invoke("f64-bits", &[f64::NAN.into()])? {
        Some(Value::U64(bits)) if f64::from_bits(bits).is_nan() => Ok(()),
        found => Err(Failure::new(format!(
            "f64-bits: expected a NaN, found {found:?}"
        ))),
    }
}

pub(in crate::kit) fn handles_that_do_not_exist_trap(subject: &Subject) -> Checked {
    let unknown = || canon(CanonTrap::UnknownHandle);
    let nothing = Vec::new;
    let world = World::new();
    rows(
        subject,
        &fixtures::double_drop()?,
        &world,
        vec![
            vec![("once", nothing(), Nothing), ("once", nothing(), Nothing)],
            vec![("twice", nothing(), unknown())],
        ],
    )?;
    let give = |n: u32| Gives(n.into());
    let first = || ("make", bits(7), give(1));
    let other = || canon(CanonTrap::WrongResourceType);
    rows(
        subject,
        &fixtures::handle_from_any_index()?,
        &world,
        vec![
            vec![
                first(),
                ("make", bits(8), give(2)),
                ("rep", bits(2), give(8)),
                ("drop", bits(1), Nothing),
                ("make", bits(9), give(1)),
                ("rep", bits(1), give(9)),
            ],
            vec![("rep", bits(0), unknown())],
            vec![("drop", bits(0), unknown())],
            vec![("give", bits(0), unknown())],
            vec![first(), ("rep", bits(3), unknown())],
            vec![("rep", bits(u32::MAX), unknown())],
            vec![first(), ("drop-other", bits(1), other())],
            vec![first(), ("rep-other", bits(1), other())],
        ],
    )?;
    let mut instance = subject.instantiate(&fixtures::handle_from_any_index()?, &world)?;
    gives(&mut *instance, "make", &bits(7), 1u32)?;
    let thing = owned(&mut *instance, "give", &bits(1))?;
    let taken = instance.invoke("take", &[Value::Own(thing)])?;
    let Some(Value::U32(taken)) = taken else {
        return Err(Failure::new(format!(
            "take: expected an index, found {taken:?}"
        )));
    };
    gives(&mut *instance, "rep", &bits(taken), 7u32)?;
    owned(&mut *instance, "give", &bits(taken))?;
    let result = instance.invoke("rep", &bits(taken));
    traps("a handle that was given", result, CanonTrap::UnknownHandle)
}

pub(in crate::kit) fn handles_given_away_or_lent_trap(subject: &Subject) -> Checked {
    let unknown = || canon(CanonTrap::UnknownHandle);
    calls(
        subject,
        &fixtures::handle_given_away()?,
        vec![
            ("fine", vec![], Nothing),
            ("give-twice", vec![], unknown()),
            ("lend-after-give", vec![], unknown()),
            ("drop-after-give", vec![], unknown()),
            ("lend-and-give", vec![], canon(CanonTrap::HandleLent)),
            ("give-and-lend", vec![], unknown()),
        ],
    )
}

pub(in crate::kit) fn borrows_are_dropped_before_return(subject: &Subject) -> Checked {
    calls(
        subject,
        &fixtures::borrow_kept_inside()?,
        vec![
            ("dropped", vec![], Nothing),
            ("kept", vec![], canon(CanonTrap::BorrowsNotDropped)),
        ],
    )?;
    let world = World::new()
        .resource("thing", |_, _| Ok(()))
        .func_values("take", None, |_, _| Ok(None));
    let thing = || vec![Value::Borrow(Resource::host(ResourceType::new("thing"), 5))];
    let table = [
        ("drop-it", Nothing),
        ("keep-it", canon(CanonTrap::BorrowsNotDropped)),
        ("give-it", canon(CanonTrap::NotOwned)),
        ("drop-twice", canon(CanonTrap::UnknownHandle)),
    ];
    let table = table.map(|(export, ends)| vec![(export, thing(), ends)]);
    rows(subject, &fixtures::borrow_kept()?, &world, table.into())
}

pub(in crate::kit) fn imports_are_called_through_exports(subject: &Subject) -> Checked {
    let world = World::new().func("again", |(n,): (u32,)| Ok(n * 2));
    let table = vec![vec![
        ("enter", bits(5), Gives(11u32.into())),
        ("enter", bits(0), Gives(1u32.into())),
    ]];
    rows(subject, &fixtures::reenter()?, &world, table)
}
