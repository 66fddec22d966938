//! A component that imports functions of WASI.

use seam_core::Artifact;

use super::text::from_text;
use crate::failure::Failure;

/// A component that imports five functions of WASI and lowers all of them. Its `add` calls none.
pub(crate) fn five_imports() -> Result<Artifact, Failure> {
    let text = r#"(component
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
            (export "now" (func (result u64)))
            (export "resolution" (func (result u64)))))
        (import "wasi:random/random@0.2.0" (instance $random
            (export "get-random-u64" (func (result u64)))))
        (import "wasi:random/insecure@0.2.0" (instance $insecure
            (export "get-insecure-random-u64" (func (result u64)))))
        (import "wasi:cli/exit@0.2.0" (instance $exit
            (export "exit" (func (param "status" (result))))))
        (core func $now (canon lower (func $clock "now")))
        (core func $resolution (canon lower (func $clock "resolution")))
        (core func $random (canon lower (func $random "get-random-u64")))
        (core func $insecure (canon lower (func $insecure "get-insecure-random-u64")))
        (core func $exit (canon lower (func $exit "exit")))
        (core module $m
            (import "wasi" "now" (func (result i64)))
            (import "wasi" "resolution" (func (result i64)))
            (import "wasi" "random" (func (result i64)))
            (import "wasi" "insecure" (func (result i64)))
            (import "wasi" "exit" (func (param i32)))
            (func (export "add") (param i32 i32) (result i32)
                (i32.add (local.get 0) (local.get 1))))
        (core instance $m (instantiate $m
            (with "wasi" (instance
                (export "now" (func $now))
                (export "resolution" (func $resolution))
                (export "random" (func $random))
                (export "insecure" (func $insecure))
                (export "exit" (func $exit))))))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32)
            (canon lift (core func $m "add"))))"#;
    from_text("five-imports", text)
}
