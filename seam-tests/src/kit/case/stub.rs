//! Stubs, and the records of host calls.

use seam_core::{
    Error, ErrorKind, HostCallRecord, Instance, InstanceExt, ProgramExt, Stub, Trap, Value, World,
};

use crate::fixtures;
use crate::kit::expect::{fails, gives, gives_nothing, same, says, traps};
use crate::kit::{Checked, Subject};

fn mix() -> [Value; 4] {
    [1.into(), 2i64.into(), 3f32.into(), 4f64.into()]
}

fn unused(instance: &mut dyn Instance) -> Vec<String> {
    let unused = &instance.observed().unused_stubs;
    unused.iter().map(ToString::to_string).collect()
}

pub(in crate::kit) fn stubs_trap_naming_the_import(subject: &Subject) -> Checked {
    let world = World::new()
        .stub(Stub::Trap)
        .stub_for("env#log", Stub::Default);
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    gives_nothing(&mut *instance, "say", &[])?;
    for (export, args, import) in [
        ("step", vec![], "env#next"),
        ("next_by_table", vec![], "env#next"),
        ("mix", mix().to_vec(), "env#mix"),
    ] {
        let trap = Trap::StubbedImport(import.into());
        traps(export, instance.call_blocking(export, &args), trap)?;
    }
    // A start function can call a stub too.
    let program = subject.load(&fixtures::imports()?)?;
    let all = World::new().stub(Stub::Trap);
    let result = program.instantiate_blocking(&all);
    traps("start", result, Trap::StubbedImport("env#log".into()))
}

pub(in crate::kit) fn stubs_give_zero_values(subject: &Subject) -> Checked {
    let world = World::new().stub(Stub::Default);
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    gives(&mut *instance, "step", &[], 0i64)?;
    gives(&mut *instance, "next_by_table", &[], 0i64)?;
    gives(&mut *instance, "mix", &mix(), 0)
}

pub(in crate::kit) fn the_longest_prefix_decides_a_stub(subject: &Subject) -> Checked {
    let world = World::new()
        .stub(Stub::Trap)
        .stub_for("env#next", Stub::Trap)
        .stub_for("env#", Stub::Default)
        .stub_for("other", Stub::Deny);
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    gives(&mut *instance, "mix", &mix(), 0)?;
    let trap = Trap::StubbedImport("env#next".into());
    traps("step", instance.call_blocking("step", &[]), trap)?;
    // A stub never hides a definition of the host.
    let world = world.func("env#next", |()| Ok(5i64));
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    gives(&mut *instance, "next_by_table", &[], 5i64)?;
    // Denied by prefix: this is a link error, whatever the general policy is.
    let world = World::new()
        .stub(Stub::Default)
        .stub_for("env#mix", Stub::Deny);
    let program = subject.load(&fixtures::imports()?)?;
    let result = program.instantiate_blocking(&world);
    let error = fails("a denied import", result, &ErrorKind::Link)?;
    says("a denied import", &error, &["env#mix"])
}

pub(in crate::kit) fn unused_stubs_are_listed(subject: &Subject) -> Checked {
    let world = World::new()
        .stub(Stub::Default)
        .func("env#mix", |_: (i32, i64, f32, f64)| Ok(0i32));
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    // The start function called `log`, and `mix` is not stubbed.
    same("at first", unused(&mut *instance), ["env#next"])?;
    gives(&mut *instance, "mix", &mix(), 0)?;
    same("after another call", unused(&mut *instance), ["env#next"])?;
    gives(&mut *instance, "step", &[], 0i64)?;
    same(
        "after its call",
        unused(&mut *instance),
        Vec::<String>::new(),
    )
}

pub(in crate::kit) fn host_calls_are_recorded(subject: &Subject) -> Checked {
    let world = World::new()
        .stub_for("env#log", Stub::Default)
        .func_with(
            "env#next",
            || 40i64,
            |count: &mut i64, (): ()| {
                *count += 1;
                Ok(*count)
            },
        )
        .func("env#mix", |(a, ..): (i32, i64, f32, f64)| match a {
            0 => Err(Error::host("zero is not mixed")),
            a => Ok(a),
        });
    let artifact = fixtures::imports()?;
    let mut silent = subject.instantiate(&artifact, &world)?;
    gives(&mut *silent, "step", &[], 1i64)?;
    same("without being asked", silent.observed().host_calls.len(), 0)?;

    let mut instance = subject.instantiate(&artifact, &world.record(true))?;
    gives(&mut *instance, "step", &[], 1i64)?;
    gives(&mut *instance, "mix", &mix(), 1)?;
    let zero = [0.into(), 0i64.into(), f32::NAN.into(), (-0f64).into()];
    fails(
        "mix",
        instance.call_blocking("mix", &zero),
        &ErrorKind::Host,
    )?;
    let record = |name: &str, args: &[Value], result| {
        Ok::<_, Error>(HostCallRecord {
            name: name.parse()?,
            args: args.to_vec(),
            result,
        })
    };
    let expected = vec![
        record("env#log", &[8.into(), 8.into()], Ok(None))?,
        record("env#next", &[], Ok(Some(41i64.into())))?,
        record("env#next", &[], Ok(Some(42i64.into())))?,
        record("env#mix", &mix(), Ok(Some(1.into())))?,
        record("env#mix", &zero, Err("zero is not mixed".into()))?,
    ];
    same("host calls", &instance.observed().host_calls, &expected)
}
