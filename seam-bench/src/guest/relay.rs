//! A component that calls another one inside the same artifact.

use seam_core::Artifact;

use super::echo;
use super::text::{bump, from_text};
use crate::failure::Failure;

/// The bytes of the string that is relayed.
const SHORT: u32 = 16;

/// The bytes of the list that is relayed.
pub(crate) const LONG: u32 = 1 << 20;

/// Where the list lies in the memory of the caller.
const LIST: u32 = 65536;

/// The memory and allocator of the caller. The string lies at 512, the list at [`LIST`].
fn libc() -> String {
    let bump = bump(LIST + LONG);
    format!(
        r#"{bump}
        (data (i32.const 512) "0123456789abcdef")
        (func $fill (memory.fill (i32.const {LIST}) (i32.const 0x5a) (i32.const {LONG})))
        (start $fill)"#
    )
}

/// The caller. Each function calls its namesake once; results of lists are read in part.
fn caller() -> String {
    format!(
        r#"
        (import "libc" "memory" (memory 1))
        (import "libc" "reset" (func $reset))
        (import "inner" "add" (func $add (param i32 i32) (result i32)))
        (import "inner" "string" (func $string (param i32 i32 i32)))
        (import "inner" "bytes" (func $bytes (param i32 i32 i32)))
        (func $answer (result i32)
            (i32.add
                (i32.load (i32.const 20))
                (i32.load8_u
                    (i32.add (i32.load (i32.const 16))
                        (i32.sub (i32.load (i32.const 20)) (i32.const 1))))))
        (func (export "relay-add") (param i32 i32) (result i32)
            (call $add (local.get 0) (local.get 1)))
        (func (export "relay-string") (result i32)
            (call $reset)
            (call $string (i32.const 512) (i32.const {SHORT}) (i32.const 16))
            (call $answer))
        (func (export "relay-bytes") (result i32)
            (call $reset)
            (call $bytes (i32.const {LIST}) (i32.const {LONG}) (i32.const 16))
            (call $answer))"#
    )
}

/// A composition: `relay` exports functions that call those of `echo` once.
///
/// `relay-string` and `relay-bytes` return the length that came back, plus the last byte.
pub(crate) fn relay() -> Result<Artifact, Failure> {
    let (echo, lifted) = (echo::module(), echo::lifted());
    let (libc, caller) = (libc(), caller());
    let text = format!(
        r#"(component
        (component $inner
            (core module $m {echo})
            (core instance $m (instantiate $m))
            {lifted})
        (component $relay
            (import "inner" (instance $in
                (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
                (export "echo-string" (func (param "s" string) (result string)))
                (export "echo-bytes" (func (param "b" (list u8)) (result (list u8))))))
            (core module $libc {libc})
            (core instance $libc (instantiate $libc))
            (core func $add (canon lower (func $in "add")))
            (core func $string (canon lower (func $in "echo-string")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core func $bytes (canon lower (func $in "echo-bytes")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core module $m {caller})
            (core instance $m (instantiate $m
                (with "libc" (instance $libc))
                (with "inner" (instance
                    (export "add" (func $add))
                    (export "string" (func $string))
                    (export "bytes" (func $bytes))))))
            (func (export "relay-add") (param "a" u32) (param "b" u32) (result u32)
                (canon lift (core func $m "relay-add")))
            (func (export "relay-string") (result u32)
                (canon lift (core func $m "relay-string")))
            (func (export "relay-bytes") (result u32)
                (canon lift (core func $m "relay-bytes"))))
        (instance $inner (instantiate $inner))
        (instance $relay (instantiate $relay (with "inner" (instance $inner))))
        (export "relay-add" (func $relay "relay-add"))
        (export "relay-string" (func $relay "relay-string"))
        (export "relay-bytes" (func $relay "relay-bytes")))"#
    );
    from_text("relay", &text)
}

/// The core modules of the calling component: its memory, and its code.
pub(crate) fn relay_module() -> Result<(Artifact, Artifact), Failure> {
    let libc = from_text("libc", &format!("(module {})", libc()))?;
    let caller = from_text("caller", &format!("(module {})", caller()))?;
    Ok((libc, caller))
}
