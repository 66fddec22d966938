//! Core modules with many exports.

use std::fmt::Write;

use seam_core::Artifact;

use super::text::from_text;
use crate::failure::Failure;

/// A core module that exports the functions `f0`, `f1`, ... `f<N-1>`, which return their number.
pub(crate) fn exports(count: u32) -> Result<Artifact, Failure> {
    let mut text = String::from("(module");
    for number in 0..count {
        write!(
            text,
            r#"(func (export "f{number}") (result i32) (i32.const {number}))"#
        )?;
    }
    text.push(')');
    from_text("exports", &text)
}

fn counters(count: u32) -> Result<String, Failure> {
    let mut text = String::new();
    for number in 0..count {
        write!(
            text,
            r#"(global (export "__witness_counter_{number}") (mut i64) (i64.const {number}))"#
        )?;
    }
    Ok(text)
}

/// A core module that exports this many counters. Each counter has its own number as its value.
pub(crate) fn globals(count: u32) -> Result<Artifact, Failure> {
    from_text("globals", &format!("(module {})", counters(count)?))
}

/// A component around [`globals`], which exports nothing itself.
pub(crate) fn globals_inside(count: u32) -> Result<Artifact, Failure> {
    let counters = counters(count)?;
    let text = format!("(component (core module $m {counters}) (core instance (instantiate $m)))");
    from_text("globals-inside", &text)
}
