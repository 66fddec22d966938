//! The entries of artifacts.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use seam_core::{Artifact, Entry, ErrorKind, ExportName, Result};

fn entry(bytes: Vec<u8>) -> Result<Entry> {
    let artifact = Artifact::from_bytes("entry", bytes).unwrap();
    Entry::of(&seam_decode::validate(&artifact).unwrap())
}

fn of_wat(text: &str) -> Result<Entry> {
    entry(wat::parse_str(text).unwrap())
}

fn run(version: &str) -> Entry {
    let name = format!("wasi:cli/run@{version}");
    Entry::Run(ExportName::in_instance(name, "run"))
}

#[test]
fn a_component_starts_at_its_run_export() {
    for name in ["run-only/run-only.wasm", "run-only/run-err.wasm"] {
        assert_eq!(entry(common::fixture(name)).unwrap(), run("0.2.3"));
    }
    let command = common::fixture("command/command.component.wasm");
    assert_eq!(entry(command).unwrap(), run("0.2.12"));
}

#[test]
fn a_command_starts_at_its_start() {
    let command = common::fixture("command/command.wasm");
    assert_eq!(entry(command).unwrap(), Entry::Start);
}

#[test]
fn a_fused_module_starts_at_its_run_export_even_if_it_has_a_start() {
    let fused = r#"(module
        (func (export "wasi:cli/run@0.2.6#run") (result i32) (i32.const 0))
        (func (export "_start")))"#;
    assert_eq!(of_wat(fused).unwrap(), run("0.2.6"));
}

#[test]
fn the_highest_version_of_several_run_exports_is_the_entry() {
    let two = r#"(module
        (func (export "wasi:cli/run@0.2.3#run") (result i32) (i32.const 0))
        (func (export "wasi:cli/run@0.2.11#run") (result i32) (i32.const 0))
        (func (export "wasi:cli/run@0.3.0#run") (result i32) (i32.const 0)))"#;
    assert_eq!(of_wat(two).unwrap(), run("0.2.11"));
}

#[test]
fn run_of_0_3_comes_before_run_of_0_2() {
    let run_of = |versions: &[&str]| {
        let exports: String = (versions.iter())
            .map(|version| format!(r#"(export "wasi:cli/run@{version}" (instance $new))"#))
            .collect();
        format!(
            r#"(component
              (core module $m
                (func (export "run") (result i32) (i32.const 0))
                (func (export "event") (param i32 i32 i32) (result i32) (i32.const 0)))
              (core instance $m (instantiate $m))
              (func $new async (result (result))
                (canon lift (core func $m "run") async (callback (core func $m "event"))))
              (instance $new (export "run" (func $new)))
              (func $old (result (result)) (canon lift (core func $m "run")))
              (instance $old (export "run" (func $old)))
              (export "wasi:cli/run@0.2.3" (instance $old))
              {exports})"#
        )
    };
    assert_eq!(of_wat(&run_of(&["0.3.1"])).unwrap(), run("0.3.1"));
    assert_eq!(of_wat(&run_of(&[])).unwrap(), run("0.2.3"));
}

#[test]
fn the_error_for_a_missing_entry_lists_the_exports() {
    for (text, part) in [
        (
            r#"(module (func (export "_start")) (func (export "_initialize")))"#,
            "found a reactor that exports `_start`, `_initialize`",
        ),
        (
            r#"(module (func (export "_start") (param i32)))"#,
            "found an artifact that exports `_start`",
        ),
        (
            r#"(module (func (export "main")) (func (export "other")))"#,
            "found an artifact that exports `main`, `other`",
        ),
        (
            "(component)",
            "expected an export of `wasi:cli/run@0.3.x` or `wasi:cli/run@0.2.x` to run",
        ),
        ("(module)", "exports no function"),
        (
            r#"(module (func (export "wasi:cli/run@0.2.0#run") (param i32)))"#,
            "to be of type func() -> result, found func(p0: s32)",
        ),
    ] {
        let error = of_wat(text).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_reactor_is_initialised_and_a_command_is_not() {
    let initializer = |name: &str| {
        let artifact = Artifact::from_bytes(name, common::fixture(name)).unwrap();
        Entry::initializer(&seam_decode::validate(&artifact).unwrap())
    };
    assert_eq!(initializer("reactor/reactor.wasm"), Some("_initialize"));
    assert_eq!(initializer("command/command.wasm"), None);
}
