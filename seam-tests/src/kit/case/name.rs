//! Names of exports and imports, and the interfaces of artifacts.

use seam_core::{Capability, InstanceExt, ProgramExt, World};

use crate::fixtures;
use crate::kit::expect::{gives, misuse, same, says, wat};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn interfaces_are_read_alike(subject: &Subject) -> Checked {
    let mut artifacts = vec![
        fixtures::calc()?,
        fixtures::imports()?,
        fixtures::start_trap()?,
    ];
    if subject.has(Capability::Components) {
        artifacts.extend([fixtures::greet()?, fixtures::hosted()?, fixtures::nested()?]);
    }
    for artifact in artifacts {
        let program = subject.load(&artifact)?;
        let expected = seam_decode::validate(&artifact)?;
        same(artifact.name(), program.interface(), &expected)?;
    }
    Ok(())
}

pub(in crate::kit) fn unknown_exports_list_near_matches(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    for (name, near) in [
        ("ad", "`add`"),
        ("fibb", "`fib`"),
        ("iface#add", "`add`"),
        ("call-null", "`call_null`"),
    ] {
        let error = misuse(name, calc.call_blocking(name, &[]))?;
        says(name, &error, &[name, near])?;
    }
    // No name is near, so the error lists all exported functions and nothing else.
    for name in ["nothing-like-that-at-all", "memory", "", "#"] {
        let error = misuse(format_args!("`{name}`"), calc.resolve(name))?;
        says(name, &error, &["`"])?;
    }
    Ok(())
}

pub(in crate::kit) fn versions_match_within_their_track(subject: &Subject) -> Checked {
    let text = r#"(module
        (func (export "a:b/c@1.2.0#f") (result i32) (i32.const 12))
        (func (export "a:b/c@1.10.0#f") (result i32) (i32.const 110))
        (func (export "a:b/c@1.9.0#f") (result i32) (i32.const 19))
        (func (export "a:b/c@2.0.0#f") (result i32) (i32.const 20))
        (func (export "a:b/c@0.2.1#f") (result i32) (i32.const 21))
        (func (export "a:b/c@0.0.1#f") (result i32) (i32.const 1))
        (func (export "a:b/d@1.0.0-rc.1#f") (result i32) (i32.const 99)))"#;
    let mut instance = subject.instantiate(&wat("versions", text)?, &World::new())?;
    for (name, expected) in [
        ("a:b/c@1.9.0#f", 19),
        ("a:b/c@1.2.0#f", 12),
        ("a:b/c@1.0.0#f", 110),
        ("a:b/c@1.99.0#f", 110),
        ("a:b/c@2.7.1#f", 20),
        ("a:b/c@0.2.0#f", 21),
        ("a:b/c@0.2.9#f", 21),
        ("a:b/c@0.0.1#f", 1),
        ("a:b/d@1.0.0-rc.1#f", 99),
    ] {
        gives(&mut *instance, name, &[], expected)?;
    }
    for name in [
        "a:b/c@3.0.0#f",
        "a:b/c@0.3.0#f",
        "a:b/c@0.0.2#f",
        "a:b/c#f",
        "a:b/d@1.0.0#f",
        "a:b/d@1.0.0-rc.2#f",
        "a:b/x@1.0.0#f",
    ] {
        misuse(name, instance.resolve(name))?;
    }
    Ok(())
}

pub(in crate::kit) fn exports_are_found_by_their_own_name(subject: &Subject) -> Checked {
    let text = r#"(module
        (func (export "a:b/one@1.0.0#only") (result i32) (i32.const 1))
        (func (export "a:b/one@1.0.0#both") (result i32) (i32.const 2))
        (func (export "a:b/two@1.0.0#both") (result i32) (i32.const 3))
        (func (export "a:b/two@1.0.0#root") (result i32) (i32.const 4))
        (func (export "root") (result i32) (i32.const 5)))"#;
    let mut instance = subject.instantiate(&wat("own-name", text)?, &World::new())?;
    gives(&mut *instance, "only", &[], 1)?;
    // A full name is never ambiguous.
    gives(&mut *instance, "root", &[], 5)?;
    gives(&mut *instance, "a:b/two@1.0.0#both", &[], 3)?;
    let error = misuse("two exports", instance.resolve("both"))?;
    let both = ["`a:b/one@1.0.0#both`", "`a:b/two@1.0.0#both`"];
    says("two exports", &error, &both)?;
    misuse("no export", instance.resolve("none")).map(drop)
}

pub(in crate::kit) fn imports_match_versions_within_their_track(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "a:b/c@1.2.0" "f" (func $f (result i32)))
        (func (export "f") (result i32) (call $f)))"#;
    let artifact = wat("import", text)?;
    for (names, expected) in [
        (&["a:b/c@1.2.0#f"][..], 0),
        (&["a:b/c@1.0.0#f"], 0),
        (&["a:b/c@1.3.0#f"], 0),
        (&["a:b/c@1.2.0#f", "a:b/c@1.3.0#f"], 0),
        (&["a:b/c@1.9.0#f", "a:b/c@1.10.0#f"], 1),
        (&["a:b/c@2.0.0#f", "a:b/c@1.0.0#f"], 1),
    ] {
        let world = names
            .iter()
            .zip(0i32..)
            .fold(World::new(), |world, (name, number)| {
                world.func(name, move |()| Ok(number))
            });
        let mut instance = subject.instantiate(&artifact, &world)?;
        let found = instance.call_blocking("f", &[])?;
        same(format!("{names:?}"), found, Some(expected.into()))?;
    }
    let program = subject.load(&artifact)?;
    for name in [
        "a:b/c@2.0.0#f",
        "a:b/c#f",
        "a:b/x@1.2.0#f",
        "a:b/c@1.2.0#g",
        "f",
    ] {
        let world = World::new().func(name, |()| Ok(1i32));
        let result = program.instantiate_blocking(&world);
        crate::kit::expect::fails(name, result, &seam_core::ErrorKind::Link)?;
    }
    Ok(())
}
