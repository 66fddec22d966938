//! Bytes that are not what they claim to be.

use seam_core::{Artifact, BackendExt, ErrorKind};

use crate::fixtures;
use crate::kit::expect::{holds, invalid, same, wat};
use crate::kit::{Checked, Failure, Subject};

const MODULE_HEADER: &[u8] = b"\0asm\x01\0\0\0";

pub(in crate::kit) fn load_rejects_what_is_not_wasm(subject: &Subject) -> Checked {
    for (what, bytes, offset) in [
        ("nothing", &b""[..], 0),
        ("text", b"(module)", 0),
        ("an ELF file", b"\x7fELF\x02\x01\x01\0", 0),
        ("a header of version 2", b"\0asm\x02\0\0\0", 4),
    ] {
        let error = invalid(what, Artifact::from_bytes(what, bytes))?;
        let expected = ErrorKind::Invalid {
            offset: Some(offset),
        };
        same(what, error.kind(), &expected)?;
    }
    for (what, rest) in [
        ("a section of an unknown kind", &[99, 1, 0][..]),
        ("a section longer than the file", &[1, 100, 0]),
        (
            "a length of too many bytes",
            &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ),
        ("noise", &[0xde, 0xad, 0xbe, 0xef, 0xde, 0xad]),
    ] {
        let artifact = Artifact::from_bytes(what, [MODULE_HEADER, rest].concat())?;
        invalid(what, subject.backend().load_blocking(&artifact))?;
    }
    Ok(())
}

pub(in crate::kit) fn load_rejects_truncated_bytes(subject: &Subject) -> Checked {
    truncations_are_invalid(subject, &fixtures::calc()?, 1)
}

/// Truncates everywhere except between two sections, where the rest may be well-formed.
fn truncations_are_invalid(subject: &Subject, artifact: &Artifact, step: usize) -> Checked {
    let bytes = artifact.bytes();
    let ends = section_ends(bytes)?;
    for len in (MODULE_HEADER.len() + 1..bytes.len()).step_by(step) {
        if ends.contains(&len) {
            continue;
        }
        let cut = bytes.get(..len).unwrap_or_default();
        let cut = Artifact::from_bytes(format!("{} cut to {len} bytes", artifact.name()), cut)?;
        invalid(cut.name(), subject.backend().load_blocking(&cut))?;
    }
    Ok(())
}

/// Returns the end offset of each section of a well-formed binary.
fn section_ends(bytes: &[u8]) -> Result<Vec<usize>, Failure> {
    let mut ends = Vec::new();
    let mut at = MODULE_HEADER.len();
    while at < bytes.len() {
        let (mut size, mut shift) = (0usize, 0);
        at += 1;
        loop {
            let byte = bytes.get(at).copied();
            let byte = byte.ok_or_else(|| Failure::new("expected a section, found the end"))?;
            size |= usize::from(byte & 0x7f) << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += size;
        ends.push(at);
    }
    same(
        "the end of the last section",
        ends.last(),
        Some(&bytes.len()),
    )?;
    Ok(ends)
}

pub(in crate::kit) fn load_rejects_invalid_modules(subject: &Subject) -> Checked {
    for (what, text) in [
        (
            "a result of another type",
            "(module (func (result i32) (i64.const 0)))",
        ),
        ("a missing result", "(module (func (result i32)))"),
        ("an empty stack", "(module (func (drop)))"),
        ("a value left on the stack", "(module (func (i32.const 0)))"),
        ("an unknown function", "(module (func (call 7)))"),
        ("an unknown local", "(module (func (drop (local.get 3))))"),
        ("an unknown label", "(module (func (br 5)))"),
        ("an unknown type", "(module (func (type 9)))"),
        (
            "an unknown memory",
            "(module (func (drop (i32.load (i32.const 0)))))",
        ),
        (
            "an unknown table",
            "(module (func (call_indirect (i32.const 0))))",
        ),
        ("an unknown export", r#"(module (export "a" (func 0)))"#),
        (
            "two exports of a name",
            r#"(module (func (export "a")) (func (export "a")))"#,
        ),
        ("a minimum above the maximum", "(module (memory 2 1))"),
        ("a memory of more than 4 GiB", "(module (memory 65537))"),
        (
            "an immutable global that is set",
            "(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))",
        ),
        (
            "a start function with a parameter",
            "(module (start 0) (func (param i32)))",
        ),
        (
            "an alignment above the natural one",
            "(module (memory 1) (func (drop (i32.load align=8 (i32.const 0)))))",
        ),
        (
            "a constant that calls",
            "(module (global i32 (call 0)) (func (result i32) (i32.const 0)))",
        ),
        (
            "an undeclared function reference",
            "(module (func (drop (ref.func 0))))",
        ),
    ] {
        let artifact = wat(what, text)?;
        invalid(what, subject.backend().load_blocking(&artifact))?;
    }
    Ok(())
}

pub(in crate::kit) fn invalid_components_are_rejected(subject: &Subject) -> Checked {
    // A component that loads, so that a backend without components reports this and nothing else.
    let greet = fixtures::greet()?;
    subject.load(&greet)?;
    truncations_are_invalid(subject, &greet, 997)?;
    for (what, text) in [
        (
            "an unknown function",
            r#"(component (export "f" (func 0)))"#,
        ),
        (
            "an unknown core module",
            "(component (core instance (instantiate 3)))",
        ),
        (
            "an invalid core module inside",
            "(component (core module (func (result i32) (i64.const 0))))",
        ),
        (
            "a lifted function of another core type",
            r#"(component
                (core module $m (func (export "f") (result i64) (i64.const 0)))
                (core instance $i (instantiate $m))
                (func (export "f") (result u32) (canon lift (core func $i "f"))))"#,
        ),
        (
            "a missing argument",
            r#"(component
                (core module $m (import "a" "b" (func)))
                (core instance (instantiate $m)))"#,
        ),
    ] {
        invalid(what, subject.backend().load_blocking(&wat(what, text)?))?;
    }
    Ok(())
}

/// Changes single bytes. Whatever the result is, the process must survive.
pub(in crate::kit) fn hostile_bytes_do_not_panic(subject: &Subject) -> Checked {
    let mut rejected = 0u32;
    for artifact in [fixtures::calc()?, fixtures::start_trap()?] {
        for round in 0..200 {
            let bytes = mutated(artifact.bytes(), round);
            let Ok(artifact) = Artifact::from_bytes("mutated", bytes) else {
                continue;
            };
            rejected += u32::from(subject.backend().load_blocking(&artifact).is_err());
        }
    }
    holds(
        "many of 400 changed modules to be rejected",
        rejected > 100,
        rejected,
    )
}

/// Returns the bytes with three changes, which are the same in every run.
pub(super) fn mutated(bytes: &[u8], round: u32) -> Vec<u8> {
    changed(bytes, round, 3).0
}

/// Returns the bytes with this number of changes, and also the new bytes.
pub(super) fn changed(bytes: &[u8], round: u32, count: usize) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = bytes.to_vec();
    let mut new = Vec::new();
    let mut seed = u64::from(round) + 1;
    for _ in 0..count {
        // The generator of Knuth's MMIX.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let choice = usize::try_from(seed >> 33).unwrap_or_default();
        let at = MODULE_HEADER.len() + choice % (bytes.len() - MODULE_HEADER.len()).max(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = seed.to_le_bytes().get(3).copied().unwrap_or_default();
            new.push(*byte);
        }
    }
    (bytes, new)
}
