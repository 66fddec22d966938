//! Modules that cannot be split.

use seam_core::{Artifact, ErrorKind};
use seam_meld::split_async_imports;

use crate::module::{custom, fused, import, provenance};

fn caller() -> String {
    let read = import("stream_read");
    format!(
        r#"{read} (memory (export "memory") 1)
        (func (drop (call $stream_read
            (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 0))))"#
    )
}

fn fails(artifact: &Artifact, kind: &ErrorKind, parts: &[&str]) {
    let error = split_async_imports(artifact).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_module_without_such_imports_stays_as_it_is() {
    for text in [
        "(module)",
        r#"(module (import "pulseengine:async" "other" (func)))"#,
    ] {
        let artifact = Artifact::from_wat("plain", text).unwrap();
        let split = split_async_imports(&artifact).unwrap();
        assert_eq!(split.artifact, artifact);
        assert!(split.memories.is_empty() && split.dropped.is_empty());
    }
}

#[test]
fn the_interface_stays_attached() {
    let unfused = Artifact::from_wat("unfused", "(component)").unwrap();
    let artifact = fused(&caller(), &[(1, "a", 1)]).with_interface_of(&unfused);
    let split = split_async_imports(&artifact).unwrap();
    assert_eq!(split.artifact.interface_of(), Some(&unfused));
    assert_eq!(split.artifact.name(), "fused");
}

#[test]
fn what_is_no_valid_core_module_is_refused() {
    let component = Artifact::from_wat("component", "(component)").unwrap();
    fails(
        &component,
        &ErrorKind::Misuse,
        &["split the imports of component", "core module"],
    );
    let invalid = Artifact::from_wat("invalid", "(module (func (result i32)))").unwrap();
    let error = split_async_imports(&invalid).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
}

#[test]
fn provenance_is_needed_for_every_caller() {
    let without = Artifact::from_wat("fused", &format!("(module {})", caller())).unwrap();
    fails(
        &without,
        &ErrorKind::Link,
        &["component-provenance", "found none"],
    );
    let other = fused(&caller(), &[(0, "a", 0)]);
    let parts = [
        "function 1",
        "`pulseengine:async#stream_read`",
        "component-provenance",
    ];
    fails(&other, &ErrorKind::Link, &parts);
}

#[test]
fn malformed_provenance_is_invalid_and_random_bytes_do_not_panic() {
    let whole = provenance(&[(1, "a", 1), (9, "b", 3)]);
    let text = |content: &[u8]| {
        let section = custom("component-provenance", content);
        format!("(module {} {section})", caller())
    };
    let with = |content: &[u8]| Artifact::from_wat("fused", &text(content)).unwrap();
    for length in [0, 3, 20, 43, whole.len() - 1] {
        let error = split_async_imports(&with(&whole[..length])).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    }
    // A range for a function that is not there.
    let error = split_async_imports(&with(&whole)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    let good = provenance(&[(1, "a", 1)]);
    split_async_imports(&with(&good)).unwrap();
    // xorshift64, so that every run tries the same bytes.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut bytes = good.clone();
        let at = usize::try_from(state).unwrap() % bytes.len();
        bytes[at] ^= (state >> 40) as u8 | 1;
        if let Ok(split) = split_async_imports(&with(&bytes)) {
            seam_decode::validate(&split.artifact).unwrap();
        }
    }
}
