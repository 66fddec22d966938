//! Handwritten components with strings of arbitrary range, length, encoding and content.

use seam_core::{CanonTrap, InstanceExt, Value, World};

use super::hostile::{
    Ends::{Gives, Nothing},
    Line, bits, calls, canon, range, rows,
};
use crate::fixtures;
use crate::kit::expect::{gives_nothing, same, traps};
use crate::kit::{Checked, Subject};

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
    let result = instance.call_blocking("say-at", &range(2048, 1));
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
    // In one instance and in fresh instances.
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

/// Tests lengths for which the limit on bytes is the only check that fails, or the first.
pub(in crate::kit) fn long_strings_trap(subject: &Subject) -> Checked {
    let long = || canon(CanonTrap::StringTooLong);
    let lines = vec![
        ("zeros", bits(4), Gives("\0\0\0\0".into())),
        ("zeros", bits(0x1000_0000), long()),
        ("zeros16", bits(0x0800_0000), long()),
    ];
    calls(subject, &fixtures::string_too_long()?, lines)?;
    let lines = vec![("at", range(65536, 0x8000_0000), long())];
    calls(subject, &fixtures::utf16()?, lines)
}
