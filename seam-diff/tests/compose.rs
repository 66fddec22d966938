//! Compositions of the fixtures' components.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use seam_core::{Artifact, BackendExt, ErrorKind, InstanceExt, ProgramExt, Value, World};
use seam_diff::{Report, Run, Step, Verdict, compose};
use seam_wasmi::Wasmi;

/// Reads a file of the fixture `text` or another one of the fused fixtures.
fn fused(path: &str) -> Artifact {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../seam-tests/fixtures/fused");
    let bytes = std::fs::read(format!("{folder}/{path}")).unwrap();
    Artifact::from_bytes(path, bytes).unwrap()
}

fn component(name: &str, body: &str) -> Artifact {
    Artifact::from_wat(name, &format!("(component {body})")).unwrap()
}

/// A component that exports `f` of an interface, which returns a number.
fn exporting(name: &str, interface: &str, number: u32) -> Artifact {
    component(
        name,
        &format!(
            r#"(core module $m (func (export "f") (result i32) i32.const {number}))
            (core instance $m (instantiate $m))
            (func $f (result u32) (canon lift (core func $m "f")))
            (instance $i (export "f" (func $f)))
            (export "{interface}" (instance $i))"#
        ),
    )
}

/// A component that imports `f` of an interface and exports it as `g` of another one.
fn passing(name: &str, from: &str, to: &str) -> Artifact {
    component(
        name,
        &format!(
            r#"(import "{from}" (instance $from (export "f" (func (result u32)))))
            (core module $m (import "" "f" (func $f (result i32)))
                (func (export "f") (result i32) (i32.add (call $f) (i32.const 100))))
            (core func $f (canon lower (func $from "f")))
            (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func $g (result u32) (canon lift (core func $m "f")))
            (instance $i (export "f" (func $g)))
            (export "{to}" (instance $i))"#
        ),
    )
}

fn call(artifact: &Artifact, world: &World, name: &str) -> Option<Value> {
    let program = Wasmi::new().load_blocking(artifact).unwrap();
    let mut instance = program.instantiate_blocking(world).unwrap();
    instance.call_blocking(name, &[]).unwrap()
}

fn refused(components: &[Artifact]) -> (ErrorKind, String) {
    let error = compose(components).unwrap_err();
    (error.kind().clone(), error.to_string())
}

#[test]
fn a_composition_does_what_the_one_of_wac_does() {
    let composed = compose(&[fused("text/back.wasm"), fused("text/front.wasm")]).unwrap();
    assert_eq!(composed.name(), "text/back.wasm+text/front.wasm");
    let steps = [
        Step::invoke("test:text/text@0.1.0#shout", ["héllo".into()]),
        Step::invoke(
            "test:text/text@0.1.0#join",
            [Value::list(["a", "b"].map(Value::from)), ", ".into()],
        ),
        Step::invoke("test:text/text@0.1.0#calls", []),
    ];
    let wasmi = Wasmi::new();
    let module = fused("text/multi.wasm").with_interface_of(&composed);
    let oracle = fused("text/composed.wasm");
    let runs = [&oracle, &composed, &module].map(|artifact| Run::new(artifact, &wasmi));
    let report = Report::of(&runs, &World::new(), &steps);
    assert_eq!(report.verdict, Verdict::Match);
    assert_eq!(
        report.observations[1].steps[0].ended.to_string(),
        "\"<HÉLLO!>\""
    );
}

#[test]
fn resources_and_unmet_imports_are_those_of_the_components() {
    let composed = compose(&[fused("imports/worker.wasm"), fused("imports/boss.wasm")]).unwrap();
    let interface = |artifact: &Artifact| seam_decode::interface(artifact).unwrap();
    let names = |artifact: &Artifact| {
        let interface = interface(artifact);
        let mut imports: Vec<String> = interface
            .imports()
            .iter()
            .map(|item| item.name.to_string())
            .collect();
        imports.sort();
        let exports = interface.export_funcs().iter();
        let exports: Vec<String> = exports.map(|(name, _)| name.to_string()).collect();
        (imports, exports)
    };
    assert_eq!(names(&composed).0, names(&fused("imports/composed.wasm")).0);
    let composed = compose(&[fused("lists/provider.wasm"), fused("lists/user.wasm")]).unwrap();
    assert_eq!(names(&composed), names(&fused("lists/composed.wasm")));
}

#[test]
fn what_provides_an_import_is_exported_and_can_be_used_by_several() {
    let one = exporting("one", "a:b/one@1.0.0", 1);
    let two = passing("two", "a:b/one@1.0.0", "a:b/two@1.0.0");
    let both = component(
        "both",
        r#"(import "a:b/one@1.0.0" (instance $one (export "f" (func (result u32)))))
        (import "a:b/two@1.0.0" (instance $two (export "f" (func (result u32)))))
        (export "one" (func $one "f"))
        (export "two" (func $two "f"))"#,
    );
    let composed = compose(&[one, two, both]).unwrap();
    let interface = seam_decode::interface(&composed).unwrap();
    let names = interface
        .export_funcs()
        .iter()
        .map(|(name, _)| name.to_string());
    let expected = ["a:b/one@1.0.0#f", "a:b/two@1.0.0#f", "one", "two"];
    assert_eq!(names.collect::<Vec<_>>(), expected);
    assert_eq!(call(&composed, &World::new(), "one"), Some(Value::U32(1)));
    assert_eq!(call(&composed, &World::new(), "two"), Some(Value::U32(101)));
}

#[test]
fn versions_on_one_track_fit_and_the_exact_one_comes_first() {
    let importer = || passing("importer", "a:b/one@1.2.0", "a:b/two@1.0.0");
    let (old, exact) = (
        exporting("old", "a:b/one@1.0.0", 1),
        exporting("exact", "a:b/one@1.2.0", 2),
    );
    let composed = compose(&[old.clone(), importer()]).unwrap();
    let f = "a:b/two@1.0.0#f";
    assert_eq!(call(&composed, &World::new(), f), Some(Value::U32(101)));
    let user = passing("user", "a:b/one@1.0.0", "a:b/three@1.0.0");
    // Each of the two imports gets the export of its own version.
    let last = component(
        "last",
        r#"(import "a:b/two@1.0.0" (instance $two (export "f" (func (result u32)))))
        (import "a:b/three@1.0.0" (instance $three (export "f" (func (result u32)))))
        (export "two" (func $two "f"))
        (export "three" (func $three "f"))"#,
    );
    let composed = compose(&[old.clone(), exact.clone(), importer(), user, last]).unwrap();
    assert_eq!(call(&composed, &World::new(), "two"), Some(Value::U32(102)));
    assert_eq!(
        call(&composed, &World::new(), "three"),
        Some(Value::U32(101))
    );
    // Another track does not fit, so the import is one of the composition, and nothing is connected.
    let other = exporting("other", "a:b/one@2.0.0", 3);
    let (kind, message) = refused(&[other, importer()]);
    assert_eq!(kind, ErrorKind::Link);
    assert!(
        message.contains("an export of `other`, found none; it exports `a:b/one@2.0.0`"),
        "{message}"
    );
}

#[test]
fn an_import_that_no_component_provides_is_met_by_the_world() {
    let two = passing("two", "a:b/one@1.0.0", "a:b/two@1.0.0");
    let three = passing("three", "a:b/two@1.0.0", "a:b/three@1.0.0");
    let composed = compose(&[two, three]).unwrap();
    let world = World::new().func("a:b/one@1.0.0#f", |(): ()| Ok(7_u32));
    assert_eq!(
        call(&composed, &world, "a:b/three@1.0.0#f"),
        Some(Value::U32(207))
    );
}

#[test]
fn what_cannot_be_composed_is_refused() {
    let one = || exporting("one", "a:b/one@1.0.0", 1);
    let importer = || passing("importer", "a:b/one@1.0.0", "a:b/two@1.0.0");
    let again = exporting("again", "a:b/one@1.0.0", 2);
    let (kind, message) = refused(&[one(), again, importer()]);
    assert_eq!(kind, ErrorKind::Link);
    assert_eq!(
        message,
        "compose: import `a:b/one@1.0.0` of `importer`: expected one component that provides it, \
         found `a:b/one@1.0.0` of `one` and `a:b/one@1.0.0` of `again`"
    );
    let other = component(
        "other",
        r#"(core module $m (func (export "f") (result i64) i64.const 1))
        (core instance $m (instantiate $m))
        (func $f (result u64) (canon lift (core func $m "f")))
        (instance $i (export "f" (func $f)))
        (export "a:b/one@1.0.0" (instance $i))"#,
    );
    let (kind, message) = refused(&[other, importer()]);
    assert_eq!(kind, ErrorKind::Link);
    let start = "compose: import `a:b/one@1.0.0` of `importer`, from `a:b/one@1.0.0` of `other`: ";
    assert!(message.starts_with(start), "{message}");
    let module = Artifact::from_wat("module", "(module)").unwrap();
    let (kind, message) = refused(&[module, importer()]);
    assert_eq!(kind, ErrorKind::Misuse);
    assert!(
        message.contains("found the core module `module`"),
        "{message}"
    );
    let (kind, message) = refused(&[importer()]);
    assert_eq!(kind, ErrorKind::Misuse);
    assert!(message.contains("found `importer` alone"), "{message}");
    assert_eq!(refused(&[]).0, ErrorKind::Misuse);
    // The order counts: a component only imports from earlier ones.
    let (kind, message) = refused(&[importer(), one()]);
    assert_eq!(kind, ErrorKind::Link);
    assert!(
        message.contains("an export of `importer`, found none"),
        "{message}"
    );
    let invalid = Artifact::from_bytes("invalid", *b"\0asm\x0d\0\x01\0\x07\x02\x01\xff").unwrap();
    let (kind, message) = refused(&[invalid, importer()]);
    assert!(matches!(kind, ErrorKind::Invalid { .. }), "{message}");
    assert!(message.contains("invalid"), "{message}");
}
