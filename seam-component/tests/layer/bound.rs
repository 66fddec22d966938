//! Components that would use up memory or time.

use std::fmt::Write as _;

use seam_core::{ErrorKind, World};

use crate::{builds, try_instance};

/// Returns how loading and instantiating an artifact ends, on each build.
fn limited(text: &str) {
    for backend in builds() {
        let failed = try_instance(&backend, text, &World::new());
        let error = failed.err().unwrap().error;
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
}

/// Makes a component that starts with `$c0`, and nests it so many levels deep. Each level instantiates
/// the previous one twice.
fn doubled(start: &str, levels: u32) -> String {
    let mut text = start.to_string();
    for level in 1..=levels {
        write!(
            text,
            "(component $c{level} (instance (instantiate $c{inner})) \
             (instance (instantiate $c{inner})))",
            inner = level - 1
        )
        .unwrap();
    }
    text + &format!("(instance (instantiate $c{levels})))")
}

#[test]
fn instances_that_double_are_a_limit() {
    limited(&doubled("(component (component $c0)", 29));
}

#[test]
fn definitions_that_multiply_are_a_limit() {
    // 4,000 types of 100 bytes, in 4,096 instances.
    let mut text = String::from("(component (component $c0");
    let ty = format!("(type (enum \"{}\"))", "a".repeat(96));
    text.push_str(&ty.repeat(4_000));
    text.push(')');
    limited(&doubled(&text, 12));
}

/// A component must not copy all types of its parent: 900 components after 100,000 types would be
/// 90,000,000 types.
#[test]
fn components_capture_what_they_use_alone() {
    let mut text = String::from("(component $root (type $t (list u8))");
    for _ in 0..100_000 {
        text.push_str("(type u8)");
    }
    for _ in 0..900 {
        text.push_str("(component (alias outer $root $t (type)))");
    }
    let text = text + ")";
    for backend in builds() {
        try_instance(&backend, &text, &World::new()).unwrap();
    }
}
