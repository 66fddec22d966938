//! Imports that nothing defines, or that are defined with another type.

use seam_core::{
    CoreFuncType, CoreItemKind, CoreType, CoreValue, ErrorKind, GlobalType, ProgramExt, Stub, World,
};

use super::host::{Heard, saying};
use crate::fixtures;
use crate::kit::expect::{fails, holds, says, wat};
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn wrong_host_types_fail_at_instantiation(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::imports()?)?;
    let base = || saying(&Heard::default());
    let core = |params: &[CoreType], results: &[CoreType]| CoreFuncType::new(params, results);
    let i32s = |n| vec![CoreType::I32; n];
    for (what, world, parts) in [
        (
            "another result",
            base().func("env#next", |()| Ok(1i32)),
            &["env#next", "s64", "s32"][..],
        ),
        (
            "text",
            base().func("env#next", |()| Ok(String::new())),
            &["env#next", "string"],
        ),
        (
            "no result",
            base().func("env#next", |()| Ok(())),
            &["env#next"],
        ),
        (
            "another order",
            base().func("env#mix", |_: (i64, i32, f32, f64)| Ok(1i32)),
            &["env#mix"],
        ),
        (
            "too few",
            base().func("env#mix", |_: (i32, i64, f32)| Ok(1i32)),
            &["env#mix"],
        ),
        (
            "a raw function of another type",
            base().core_func("env", "log", core(&i32s(3), &[]), |_, _, _| Ok(())),
            &["env", "log"],
        ),
        (
            "a global for a function",
            base().core_item(
                "env",
                "log",
                CoreItemKind::Global(GlobalType::new(CoreType::I32, false), CoreValue::I32(0)),
            ),
            &["log"],
        ),
    ] {
        let error = fails(what, program.instantiate_blocking(&world), &ErrorKind::Link)?;
        says(what, &error, parts)?;
    }
    program
        .instantiate_blocking(&base())
        .map(drop)
        .map_err(Failure::from)
}

pub(in crate::kit) fn missing_imports_are_named(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::imports()?)?;
    let result = program.instantiate_blocking(&World::new());
    let error = fails("nothing is defined", result, &ErrorKind::Link)?;
    let parts = ["env#log", "env#next", "env#mix", "s64", "stub"];
    says("nothing is defined", &error, &parts)?;
    // Only missing imports are named.
    let some = World::new().func("env#next", |()| Ok(1i64));
    let error = fails(
        "two are missing",
        program.instantiate_blocking(&some),
        &ErrorKind::Link,
    )?;
    says("two are missing", &error, &["env#log", "env#mix"])?;
    let named = error.to_string().contains("env#next");
    holds("an error without `env#next`", !named, &error)?;
    // Imports that are not functions cannot be stubbed, and are named too.
    for (text, parts) in [
        (
            r#"(module (import "env" "memory" (memory 1)))"#,
            &["env", "memory"][..],
        ),
        (
            r#"(module (import "env" "table" (table 1 funcref)))"#,
            &["env", "table"],
        ),
        (
            r#"(module (import "env" "global" (global i32)))"#,
            &["env", "global"],
        ),
    ] {
        let program = subject.load(&wat("missing", text)?)?;
        for world in [World::new(), World::new().stub(Stub::Default)] {
            let error = fails(text, program.instantiate_blocking(&world), &ErrorKind::Link)?;
            says(text, &error, parts)?;
        }
    }
    Ok(())
}
