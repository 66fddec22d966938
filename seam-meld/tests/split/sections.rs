//! The sections of a split module.

use seam_decode::{FuncOrigin, Provenance};
use sha2::{Digest, Sha256};
use wasmparser::{Name, NameSectionReader, Parser, Payload};

use crate::module::{Entry, custom, customs, fused, import, split};

const ENTRIES: [Entry; 3] = [(2, "a", 2), (3, "b", 2), (4, "b", 3)];

/// Two components that both call `stream_drop_readable`, so that functions move by one.
fn drops(more: &str) -> String {
    let (new, drop) = (import("stream_new"), import("stream_drop_readable"));
    format!(
        r#"{new} {drop}
        (memory (export "memory") 1)
        (func $first (export "first") (call $stream_drop_readable (i32.const 1)))
        (func $second (export "second") (call $stream_drop_readable (i32.const 1)))
        (func $third (export "third") (result i64) (local i64) (local.tee 0 (call $stream_new)))
        {more}"#
    )
}

fn section(bytes: &[u8], name: &str) -> Vec<u8> {
    let found = customs(bytes).into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no section {name}")).1
}

#[test]
fn the_provenance_is_that_of_the_new_module() {
    let split = split(&fused(&drops(""), &ENTRIES));
    let bytes = split.artifact.bytes();
    let content = section(bytes, Provenance::SECTION);
    let provenance = Provenance::read(&content).unwrap();
    // Three imports and three functions.
    let origins: Vec<_> = (0..7).map(|func| provenance.origin(func)).collect();
    let origin = |component, func| Some(FuncOrigin { component, func });
    assert_eq!(
        origins,
        [
            None,
            None,
            None,
            origin(0, 2),
            origin(1, 2),
            origin(1, 3),
            None
        ]
    );
    assert_eq!(provenance.components(), ["a", "b"]);
    // The two claims stay; the digest is that of the module without the section, which is last.
    assert_eq!(content[..7], *b"SCPV\x03\x01\x00");
    let without = &bytes[..bytes.len() - section_length(bytes)];
    assert!(
        customs(without)
            .iter()
            .all(|(name, _)| name != Provenance::SECTION)
    );
    assert_eq!(content[7..39], Sha256::digest(without)[..]);
    // The ranges are those of the code.
    let mut start = 0;
    let mut ranges = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::CodeSectionStart { range, .. } => start = range.start,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                ranges.extend([range.start - start, range.end - start]);
            }
            _ => {}
        }
    }
    let ranges: Vec<u8> = ranges
        .iter()
        .flat_map(|at| (*at as u32).to_le_bytes())
        .collect();
    let found: Vec<u8> = content[43..]
        .chunks(4 + 4 + 1 + 4 + 1 + 8)
        .flat_map(|entry| &entry[14..])
        .copied()
        .collect();
    assert_eq!(found, ranges);
}

/// The length of the last section, with its header.
fn section_length(bytes: &[u8]) -> usize {
    let mut last = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload.unwrap() {
            last = section.range().end - section.range().start;
        }
    }
    // The identifier and the length, which fits in two bytes.
    assert!((128..16384).contains(&last));
    last + 3
}

#[test]
fn names_move_with_their_functions() {
    let split = split(&fused(&drops(""), &ENTRIES));
    let bytes = section(split.artifact.bytes(), "name");
    let reader = NameSectionReader::new(wasmparser::BinaryReader::new(&bytes, 0));
    let mut names = Vec::new();
    for name in reader {
        if let Name::Function(map) = name.unwrap() {
            for naming in map {
                let naming = naming.unwrap();
                names.push((naming.index, naming.name.to_string()));
            }
        }
    }
    let expected = [
        (0, "stream_new"),
        (1, "stream_drop_readable"),
        (3, "first"),
        (4, "second"),
        (5, "third"),
    ];
    assert_eq!(
        names,
        expected.map(|(index, name)| (index, name.to_string()))
    );
}

#[test]
fn sections_that_would_be_wrong_are_left_out_and_others_stay() {
    let more = [
        "producers",
        "component-type:guest",
        ".debug_info",
        "wsc.transformation.attestation",
        "reloc.CODE",
        "metadata.code.branch_hint",
    ];
    let text: String = more
        .iter()
        // The sections that have a form of their own are empty lists.
        .map(|name| custom(name, b"\0"))
        .collect();
    let split = split(&fused(&drops(&text), &ENTRIES));
    let names: Vec<_> = customs(split.artifact.bytes())
        .into_iter()
        .map(|it| it.0)
        .collect();
    for name in [
        "producers",
        "component-type:guest",
        "name",
        Provenance::SECTION,
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} in {names:?}"
        );
    }
    let mut dropped = split.dropped.clone();
    dropped.sort();
    assert_eq!(
        dropped,
        [
            ".debug_info",
            "metadata.code.branch_hint",
            "reloc.CODE",
            "wsc.transformation.attestation"
        ]
    );
    for name in dropped {
        assert!(!names.contains(&name), "{name} in {names:?}");
    }
}

/// Exports, globals and references have no caller, and use an import with the original name.
#[test]
fn uses_without_a_caller_keep_the_original_import() {
    let more = r#"(export "drop" (func $stream_drop_readable))
        (global (export "reference") funcref (ref.func $stream_drop_readable))
        (func $fourth (export "is-null") (result i32)
            (ref.is_null (ref.func $stream_drop_readable)))
        (elem declare func $stream_drop_readable)"#;
    let entries = [ENTRIES[0], ENTRIES[1], ENTRIES[2], (5, "b", 4)];
    let split = split(&fused(&drops(more), &entries));
    assert_eq!(
        crate::module::imports(&split.artifact),
        [
            "stream_new$b",
            "stream_drop_readable",
            "stream_drop_readable$a",
            "stream_drop_readable$b"
        ]
        .map(|name| name.to_string())
    );
}
