//! Components that call the host with typed values.

use seam_core::{Capability, ErrorKind, HostCall, InstanceExt, ProgramExt, Value, World, block_on};

use super::value::point;
use crate::fixtures;
use crate::kit::expect::{error, fails, gives, gives_nothing, holds, same, says, traps, wat};
use crate::kit::{Checked, Subject};

/// A world with the imports of the fixture `hosted`, except for its resource, which is stubbed.
pub(super) fn math() -> World {
    World::new()
        .stub(seam_core::Stub::Trap)
        .func("test:host/math@1.2.0#add", |(a, b): (u32, u32)| Ok(a + b))
        .func("test:host/math@1.2.0#div", |(a, b): (i32, i32)| {
            Ok(a.checked_div(b).ok_or_else(|| format!("{a} / {b}")))
        })
        .func_values(
            "test:host/math@1.2.0#mirror",
            None,
            |_: &mut HostCall<'_>, args: &[Value]| {
                let [Value::Record(fields)] = args else {
                    return Err(seam_core::Error::host("expected a record"));
                };
                let mut fields = fields.clone();
                if let [(_, x), (_, y)] = fields.as_mut_slice() {
                    std::mem::swap(x, y);
                }
                Ok(Some(Value::Record(fields)))
            },
        )
        .func_values(
            "test:host/log@1.2.0#log",
            None,
            |_: &mut HostCall<'_>, _: &[Value]| Ok(None),
        )
        .func_values(
            "test:host/math@1.2.0#scale",
            None,
            |_: &mut HostCall<'_>, args: &[Value]| Ok(args.first().cloned()),
        )
}

const RUN: &str = "test:hosted/run@1.0.0";

pub(in crate::kit) fn components_call_typed_hosts(subject: &Subject) -> Checked {
    let world = math().record(true);
    let mut instance = subject.instantiate(&fixtures::hosted()?, &world)?;
    let hosted = &mut *instance;
    let run = |name: &str| format!("{RUN}#{name}");
    gives(hosted, &run("sum"), &[vec![1u32, 20, 300].into()], 321u32)?;
    gives(
        hosted,
        &run("try-div"),
        &[7i32.into(), 2i32.into()],
        Value::ok(Some(3i32.into())),
    )?;
    let failed = Value::err(Some("7 / 0".into()));
    gives(hosted, &run("try-div"), &[7i32.into(), 0i32.into()], failed)?;
    gives(hosted, &run("mirror"), &[point(1, 2)], point(2, 1))?;
    let shape = Value::record([
        ("name", "s".into()),
        ("points", Value::list([point(1, 2), point(3, 4)])),
        ("note", Value::none()),
    ]);
    gives(hosted, &run("scale"), &[shape.clone(), 2i32.into()], shape)?;
    gives_nothing(hosted, &run("log-twice"), &["hi".into()])?;
    let calls = &hosted.observed().host_calls;
    same("host calls", calls.len(), 9)?;
    let last = calls
        .last()
        .map(|call| (call.name.to_string(), call.args.clone()));
    let args = vec![Value::enumeration("error"), "hi".into()];
    same(
        "the last",
        last,
        Some(("test:host/log@1.2.0#log".to_string(), args)),
    )?;
    // An ill-typed result is the host's fault. It ends the call, but the instance can still be
    // entered.
    let bad = math().func_values(
        "test:host/math@1.2.0#mirror",
        None,
        |_: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::record([("x", 1i32.into())]))),
    );
    let mut hosted = subject.instantiate(&fixtures::hosted()?, &bad)?;
    let result = hosted.call_blocking(&run("mirror"), &[point(1, 2)]);
    fails("mirror", result, &ErrorKind::Host).map(drop)
}

pub(in crate::kit) fn component_host_functions_may_be_async(subject: &Subject) -> Checked {
    let world = math().func_async(
        "test:host/math@1.2.0#add",
        None,
        |args: Vec<Value>| async move {
            match args.as_slice() {
                [Value::U32(a), Value::U32(b)] => Ok(Some(Value::U32(a + b))),
                _ => Err(seam_core::Error::host("expected two numbers")),
            }
        },
    );
    let text = r#"(component (import "later" (func $later (result u32)))
        (core func $l (canon lower (func $later)))
        (core module $m (import "h" "l" (func $l (result i32)))
            (func (export "run") (result i32) (call $l)))
        (core instance $h (export "l" (func $l)))
        (core instance $i (instantiate $m (with "h" (instance $h))))
        (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
    // The component comes first, so that a backend without components reports this.
    let artifact = fixtures::hosted()?;
    let program = subject.load(&artifact)?;
    let made = program.instantiate_blocking(&world);
    let suspends = Capability::AsyncHostSuspends;
    let blocks = Capability::AsyncHostBlocks;
    if !subject.has(suspends) && !subject.has(blocks) {
        let error = error("an async host function", made)?;
        let lacking = [suspends, blocks].map(ErrorKind::Unsupported);
        let what = "Unsupported";
        return holds(what, lacking.contains(error.kind()), error.kind());
    }
    let mut hosted = made?;
    let sum = hosted.resolve(&format!("{RUN}#sum"))?;
    let found = hosted.call_blocking(&sum, &[vec![1u32, 20, 300].into()])?;
    same("sum, blocking", found, Some(Value::U32(321)))?;
    let found = block_on(hosted.call(&sum, &[vec![1u32, 2].into()]))?;
    same("sum", found, Some(Value::U32(3)))?;
    let failing = World::new().func_async("later", None, |_| async {
        Err(seam_core::Error::trap(seam_core::Trap::IntegerOverflow))
    });
    let mut instance = subject.instantiate(&wat("later", text)?, &failing)?;
    let result = instance.call_blocking("run", &[]);
    traps("run", result, seam_core::Trap::IntegerOverflow)
}

#[expect(clippy::panic, reason = "the host functions of this case panic")]
pub(in crate::kit) fn panicking_hosts_of_components_are_caught(subject: &Subject) -> Checked {
    let add = "test:host/math@1.2.0#add";
    let blocking = math().func(add, |(_, _): (u32, u32)| -> seam_core::Result<u32> {
        std::panic::panic_any("no sums today")
    });
    let mut worlds = vec![blocking];
    let suspends = subject.has(Capability::AsyncHostSuspends);
    if suspends || subject.has(Capability::AsyncHostBlocks) {
        worlds.push(math().func_async(add, None, |_| async {
            std::panic::panic_any("no sums today")
        }));
    }
    for world in worlds {
        let mut hosted = subject.instantiate(&fixtures::hosted()?, &world)?;
        let result = hosted.call_blocking(&format!("{RUN}#sum"), &[vec![1u32].into()]);
        let error = fails("a host that panics", result, &ErrorKind::Host)?;
        says("a host that panics", &error, &["no sums today"])?;
    }
    Ok(())
}
