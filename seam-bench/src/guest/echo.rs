//! A component that adds numbers and returns what it gets.

use seam_core::Artifact;

use super::text::{bump, from_text};
use crate::failure::Failure;

/// The core module: `add`, and `echo` of anything that is passed as address and length.
///
/// `echo` releases what `realloc` has given out. Its result can still be read, because nothing is
/// allocated before the next call.
pub(super) fn module() -> String {
    let bump = bump(1024);
    format!(
        r#"{bump}
        (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1)))
        (func (export "echo") (param $at i32) (param $length i32) (result i32)
            (call $reset)
            (i32.store (i32.const 16) (local.get $at))
            (i32.store (i32.const 20) (local.get $length))
            (i32.const 16))
        (func (export "sum-memory") (param $times i32) (result i32)
            (local $sum i32)
            (loop $again
                (local.set $sum
                    (i32.add (local.get $sum)
                        (i32.load (i32.and (local.get $times) (i32.const 0xfffc)))))
                (i32.store (i32.const 32) (local.get $sum))
                (br_if $again
                    (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
            (local.get $sum))"#
    )
}

/// The component-level functions over the core instance `$m`.
pub(super) fn lifted() -> String {
    format!("{LIFTED} {LIFTED_RECORDS}")
}

const LIFTED: &str = r#"
        (func (export "add") (param "a" u32) (param "b" u32) (result u32)
            (canon lift (core func $m "add")))
        (func (export "echo-string") (param "s" string) (result string)
            (canon lift (core func $m "echo")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
        (func (export "echo-bytes") (param "b" (list u8)) (result (list u8))
            (canon lift (core func $m "echo")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
        (func (export "echo-words") (param "w" (list u32)) (result (list u32))
            (canon lift (core func $m "echo")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
        (func (export "sum-memory") (param "times" u32) (result u32)
            (canon lift (core func $m "sum-memory")))"#;

const LIFTED_RECORDS: &str = r#"
        (type $entry (record (field "id" u32) (field "name" string)))
        (export $entry' "entry" (type $entry))
        (func (export "echo-entries") (param "e" (list $entry')) (result (list $entry'))
            (canon lift (core func $m "echo")
                (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))"#;

/// The component `echo`.
pub(crate) fn echo() -> Result<Artifact, Failure> {
    from_text("echo", &component(&module(), &lifted()))
}

/// The component `echo` without functions over records: older decoders refuse a component that exports a
/// type.
#[allow(dead_code, reason = "the crate `peer` uses it")]
pub(crate) fn echo_without_records() -> Result<Artifact, Failure> {
    from_text("echo", &component(&module(), LIFTED))
}

fn component(module: &str, lifted: &str) -> String {
    format!(
        r#"(component
        (core module $m {module})
        (core instance $m (instantiate $m))
        {lifted})"#
    )
}

/// The core module of [`echo`] alone.
pub(crate) fn echo_module() -> Result<Artifact, Failure> {
    from_text("echo-module", &format!("(module {})", module()))
}
