//! The imports of a fused core module that are built-ins of its composition: what is bound, and which
//! error tells why something is not.
#![allow(clippy::unwrap_used, reason = "tests")]

use seam_core::{Artifact, ErrorKind};
use seam_decode::decode_typed;

/// A component whose core module imports these functions under the names `m#a` and `m#b`, after
/// `defined` has defined them as `$a` and `$b`.
fn component(name: &str, defined: &str, a: &str, b: &str) -> String {
    format!(
        r#"(component ${name}
            {defined}
            (core module $one
              (import "m" "a" (func $a {a}))
              (func (export "f") (result i32) (i32.const 1)))
            (core module $two
              (import "m" "b" (func $b {b}))
              (func (export "g") (result i32) (i32.const 2)))
            (core instance $one (instantiate $one
              (with "m" (instance (export "a" (func $a))))))
            (core instance $two (instantiate $two
              (with "m" (instance (export "b" (func $b))))))
            (func (export "f") (result u32) (canon lift (core func $one "f"))))"#
    )
}

/// Binds a core module that imports `import` to a composition with these components, each of which is
/// instantiated once.
fn bind(components: &[String], import: &str) -> Result<(), seam_core::Error> {
    let instances = (0..components.len()).map(|index| {
        let name = format!("c{index}");
        format!(r#"(instance ${name} (instantiate ${name}))"#)
    });
    let composition = format!(
        r#"(component {} {} (export "f" (func $c0 "f")))"#,
        components.concat(),
        instances.collect::<String>()
    );
    let composition = Artifact::from_wat("composition", &composition).unwrap();
    let module = format!(
        r#"(module {import} (memory (export "memory") 1)
             (table 1 funcref)
             (func (export "f") (result i32) (i32.const 1)))"#
    );
    let module = Artifact::from_wat("fused", &module).unwrap();
    decode_typed(&module.with_interface_of(&composition)).map(drop)
}

fn refused(components: &[String], import: &str) -> String {
    let error = bind(components, import).expect_err("the import is refused");
    assert_eq!(*error.kind(), ErrorKind::Link, "{error}");
    error.message().to_string()
}

const STREAMS: &str = "
    (type $bytes (stream u8))
    (type $halves (stream u16))
    (core func $a (canon stream.new $bytes))
    (core func $b (canon stream.new $halves))";

#[test]
fn a_built_in_has_the_name_that_its_core_module_gives_it() {
    let streams = || component("c0", STREAMS, "(result i64)", "(result i64)");
    for import in ["a", "b"] {
        let import = format!(r#"(import "m" "{import}" (func (result i64)))"#);
        bind(&[streams()], &import).unwrap();
    }
}

#[test]
fn an_import_of_another_core_type_is_refused() {
    let streams = component("c0", STREAMS, "(result i64)", "(result i64)");
    let message = refused(&[streams], r#"(import "m" "a" (func (param i32)))"#);
    assert_eq!(
        message,
        "import `m#a`: expected type (func (result i64)), found (func (param i32))"
    );
}

#[test]
fn definitions_of_one_name_that_differ_are_refused() {
    // The same core name in both core modules of the component.
    let streams = component("c0", STREAMS, "(result i64)", "(result i64)");
    let streams = streams
        .replace(r#"(import "m" "b""#, r#"(import "m" "a""#)
        .replace(r#"(export "b""#, r#"(export "a""#);
    let message = refused(&[streams], r#"(import "m" "a" (func (result i64)))"#);
    let expected =
        "import `m#a`: expected one canonical definition of this name and type, found several";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn an_import_that_two_components_can_have_is_refused() {
    let streams = |name: &str| component(name, STREAMS, "(result i64)", "(result i64)");
    let both = [streams("c0"), streams("c1")];
    let message = refused(&both, r#"(import "m" "a" (func (result i64)))"#);
    let expected =
        "import `m#a`: expected one component to be the importer, found the component instances";
    assert!(message.starts_with(expected), "{message}");
    // A suffix names a component of the provenance, which this module does not have.
    let message = refused(&both, r#"(import "m" "a$1" (func (result i64)))"#);
    assert!(
        message.contains("one component to be the importer"),
        "{message}"
    );
}

#[test]
fn threads_are_refused() {
    let threads = r#"
        (core module $start (table (export "t") 1 funcref))
        (core instance $start (instantiate $start))
        (alias core export $start "t" (core table $t))
        (core type $entry (func (param i32)))
        (core func $a (canon thread.new-indirect $entry (core table $t)))
        (core func $b (canon backpressure.inc))"#;
    let threads = component("c0", threads, "(param i32 i32) (result i32)", "");
    let message = refused(
        &[threads],
        r#"(import "m" "a" (func (param i32 i32) (result i32)))"#,
    );
    let expected =
        "import `m#a`: expected no threads in a fused module, found `thread.new-indirect`";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_lowered_import_has_one_of_two_core_types() {
    let composition = r#"(component
        (import "later" (func $later async (param "n" u32) (result u32)))
        (component $c0
          (import "later" (func $later async (param "n" u32) (result u32)))
          (core module $memory (memory (export "m") 1))
          (core instance $memory (instantiate $memory))
          (core func $later (canon lower (func $later) async (memory (core memory $memory "m"))))
          (core module $one
            (import "" "later" (func (param i32 i32) (result i32)))
            (func (export "f") (result i32) (i32.const 1)))
          (core instance $one (instantiate $one (with "" (instance (export "later" (func $later))))))
          (func (export "f") (result u32) (canon lift (core func $one "f"))))
        (instance $c0 (instantiate $c0 (with "later" (func $later))))
        (export "f" (func $c0 "f")))"#;
    let bind = |ty: &str| {
        let module = format!(
            r#"(module (import "later" "" (func {ty})) (memory (export "memory") 1)
                 (func (export "f") (result i32) (i32.const 1)))"#
        );
        let module = Artifact::from_wat("fused", &module).unwrap();
        let composition = Artifact::from_wat("composition", composition).unwrap();
        decode_typed(&module.with_interface_of(&composition)).map(drop)
    };
    bind("(param i32 i32) (result i32)").unwrap();
    let error = bind("(param i64) (result i32)").unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Link);
    for part in [
        "import `later#`: expected type (func (param i32) (result i32))",
        "or (func (param i32 i32) (result i32)) if it is lowered with `async`",
        "found (func (param i64) (result i32))",
    ] {
        assert!(error.message().contains(part), "{error}");
    }
}
