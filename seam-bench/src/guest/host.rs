//! A component that calls the host.

use seam_core::Artifact;

use super::text::{bump, from_text};
use crate::failure::Failure;

/// How many calls of the host one call of the guest makes.
pub(crate) const CALLS: u32 = 1000;

fn libc() -> String {
    let bump = bump(1024);
    format!(r#"{bump} (data (i32.const 512) "0123456789abcdef")"#)
}

/// The guest: each function calls its namesake [`CALLS`] times and adds up what it returns.
fn caller() -> String {
    let many = |body: &str| {
        format!(
            r#"
            (local $left i32)
            (local $sum i32)
            (local.set $left (i32.const {CALLS}))
            (loop $again
                (local.set $sum (i32.add (local.get $sum) {body}))
                (br_if $again
                    (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (local.get $sum)"#
        )
    };
    let add = many("(call $add (local.get $left) (i32.const 1))");
    let echo = many(
        r#"(block (result i32)
            (call $reset)
            (call $echo (i32.const 512) (i32.const 16) (i32.const 16))
            (i32.load8_u (i32.add (i32.load (i32.const 16)) (i32.const 15))))"#,
    );
    format!(
        r#"
        (import "libc" "memory" (memory 1))
        (import "libc" "reset" (func $reset))
        (import "env" "add" (func $add (param i32 i32) (result i32)))
        (import "env" "echo" (func $echo (param i32 i32 i32)))
        (func (export "call-add") (result i32) {add})
        (func (export "call-echo") (result i32) {echo})"#
    )
}

/// A component that imports `bench:host/env`, with `add` of numbers and `echo` of a string.
pub(crate) fn host() -> Result<Artifact, Failure> {
    let (libc, caller) = (libc(), caller());
    let text = format!(
        r#"(component
        (import "bench:host/env" (instance $env
            (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
            (export "echo" (func (param "s" string) (result string)))))
        (core module $libc {libc})
        (core instance $libc (instantiate $libc))
        (core func $add (canon lower (func $env "add")))
        (core func $echo (canon lower (func $env "echo")
            (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (core module $m {caller})
        (core instance $m (instantiate $m
            (with "libc" (instance $libc))
            (with "env" (instance (export "add" (func $add)) (export "echo" (func $echo))))))
        (func (export "call-add") (result u32) (canon lift (core func $m "call-add")))
        (func (export "call-echo") (result u32) (canon lift (core func $m "call-echo"))))"#
    );
    from_text("host", &text)
}

/// The core modules of [`host`]: its memory, and its code.
pub(crate) fn host_module() -> Result<(Artifact, Artifact), Failure> {
    let libc = from_text("libc", &format!("(module {})", libc()))?;
    let caller = from_text("caller", &format!("(module {})", caller()))?;
    Ok((libc, caller))
}
