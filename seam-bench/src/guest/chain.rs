//! Components that call each other in a chain.

use seam_core::Artifact;

use super::text::from_text;
use crate::failure::Failure;

const ADD: &str = r#"(func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))"#;

const FORWARD: &str = r#"(import "next" "add" (func $add (param i32 i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32)
        (call $add (local.get 0) (local.get 1)))"#;

/// A composition of `depth` components. Each forwards `add` to the next; the last one adds.
pub(crate) fn chain(depth: u32) -> Result<Artifact, Failure> {
    let mut text = format!(
        r#"(component
        (component $last
            (core module $m {ADD})
            (core instance $m (instantiate $m))
            (func (export "add") (param "a" u32) (param "b" u32) (result u32)
                (canon lift (core func $m "add"))))
        (component $forward
            (import "next" (func $next (param "a" u32) (param "b" u32) (result u32)))
            (core func $next (canon lower (func $next)))
            (core module $m {FORWARD})
            (core instance $m (instantiate $m
                (with "next" (instance (export "add" (func $next))))))
            (func (export "add") (param "a" u32) (param "b" u32) (result u32)
                (canon lift (core func $m "add"))))
        (instance $i1 (instantiate $last))"#
    );
    for level in 2..=depth {
        let next = level - 1;
        text.push_str(&format!(
            r#"(instance $i{level} (instantiate $forward (with "next" (func $i{next} "add"))))"#
        ));
    }
    text.push_str(&format!(r#"(export "add" (func $i{depth} "add")))"#));
    from_text("chain", &text)
}

/// The core modules of a chain: the one that forwards, and the last one.
pub(crate) fn chain_link() -> Result<(Artifact, Artifact), Failure> {
    let forward = from_text("forward", &format!("(module {FORWARD})"))?;
    let last = from_text("last", &format!("(module {ADD})"))?;
    Ok((forward, last))
}
