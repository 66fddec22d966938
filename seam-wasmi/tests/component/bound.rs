//! Components that ask for more than there is.

use std::fmt::Write as _;

use seam_core::{ErrorKind, World};

use crate::{builds, try_instance};

/// What an artifact ends in, on each build: while it is loaded, or made into an instance.
fn limited(text: &str) {
    for backend in builds() {
        let failed = try_instance(&backend, text, &World::new());
        let error = failed.err().unwrap().error;
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
}

/// A component that begins so, with a component `$c0`, and instantiates it through as many levels,
/// twice in each.
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

/// What a component can reach of those around it is not what it takes of them: 900 components after
/// 100,000 types would be 90,000,000 types.
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
