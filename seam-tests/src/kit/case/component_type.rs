//! Core modules with `component-type` sections: the same calls as on the components that are made of
//! them must do the same.

use seam_core::{
    Artifact, BackendExt, Capability, CorePath, CoreValue, ErrorKind, Instance, InstanceExt,
    ProgramExt, Stub, Trap, Value, World,
};

use super::component_host::math;
use super::fused::agree_on_random_values;
use super::resource::{counter, given, lent, live, named};
use crate::fixtures;
use crate::kit::expect::{fails, gives, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

pub(in crate::kit) fn sections_give_exports_the_types_of_the_component(
    subject: &Subject,
) -> Checked {
    let module = fixtures::types_module()?.with_component_type();
    let program = subject.load(&module)?;
    let mut instance = program.instantiate_blocking(&World::new())?;
    let mut oracle = subject.instantiate(&fixtures::types()?, &World::new())?;
    let funcs = program.interface().export_funcs();
    for (name, _) in funcs {
        let (expected, found) = (oracle.func(name)?, instance.func(name)?);
        same(format!("type of {name}"), found.ty(), expected.ty())?;
    }
    agree_on_random_values(&mut *oracle, &mut *instance, funcs, 5, 6)?;
    // It is still one core module.
    let paths: Vec<_> = instance
        .cores()?
        .into_iter()
        .map(|core| core.path)
        .collect();
    let own = CorePath::new([0]);
    same("core instances", &paths, std::slice::from_ref(&own))?;
    let args = [0, 0, 1, 16].map(CoreValue::I32);
    let allocated = instance.call_core(&own, "cabi_realloc", &args)?;
    same("results of `cabi_realloc`", allocated.len(), 1)
}

pub(in crate::kit) fn sections_give_imports_the_types_of_the_component(
    subject: &Subject,
) -> Checked {
    let world = math().record(true);
    let seen = |artifact: &Artifact| -> Result<_, Failure> {
        let mut instance = subject.instantiate(artifact, &world)?;
        let run = |name: &str| format!("test:hosted/run@1.0.0#{name}");
        let calls = [
            ("sum", Value::from(vec![1u32, 20, 300])),
            ("log-twice", "twice".into()),
        ];
        let mut results = Vec::new();
        for (name, arg) in calls {
            results.push(instance.call_blocking(&run(name), &[arg])?);
        }
        for divisor in [2i32, 0] {
            let args = [7i32.into(), divisor.into()];
            results.push(instance.call_blocking(&run("try-div"), &args)?);
        }
        Ok((results, instance.observed().host_calls.clone()))
    };
    let expected = seen(&fixtures::hosted()?)?;
    let found = seen(&fixtures::hosted_module()?.with_component_type())?;
    same("results", found.0, expected.0)?;
    same("host calls", found.1, expected.1)
}

pub(in crate::kit) fn sections_give_resources_owners(subject: &Subject) -> Checked {
    let module = fixtures::counters_module()?.with_component_type();
    let mut instance = subject.instantiate(&module, &World::new())?;
    let guest = &mut *instance;
    let five = counter(guest, 5)?;
    let ten = counter(guest, 10)?;
    gives(
        guest,
        &named("[method]counter.increment"),
        &lent(&five),
        6u32,
    )?;
    gives(guest, &named("peek"), &lent(&ten), 10u32)?;
    live(guest, 2)?;
    // The destructor of the module runs.
    guest.drop_resource(&ten)?;
    live(guest, 1)?;
    gives(guest, &named("consume"), &given(&five), 6u32)?;
    live(guest, 0)?;
    let again = guest.call_blocking(&named("consume"), &given(&five));
    misuse("a moved handle", again).map(drop)
}

/// A module whose initializer calls the host with a string.
const INITIALIZED: &str = r#"(module
    (import "$root" "log" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "ready")
    (global $calls (mut i32) (i32.const 0))
    (func (export "_initialize")
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (call $log (i32.const 8) (i32.const 5)))
    (func (export "calls") (result i32) (global.get $calls)))"#;

/// The section of [`INITIALIZED`].
const WORLD: &str = r#"(component
    (@custom "wit-component-encoding" "\04\00")
    (type (component
        (type (component
            (type (func (param "line" string)))
            (import "log" (func (type 0)))
            (type (func (result u32)))
            (export "calls" (func (type 1)))))
        (export "test:w/w" (component (type 0)))))
    (export "w" (type 0)))"#;

/// A module with a `component-type` section.
fn with_section(text: &str) -> Result<Artifact, Failure> {
    let module = wat("module", text)?;
    let section = wat("section", WORLD)?;
    let name = b"component-type:seam";
    let mut bytes = module.bytes().to_vec();
    bytes.push(0);
    bytes.extend(leb128(1 + name.len() + section.bytes().len()));
    bytes.extend(leb128(name.len()));
    bytes.extend(name);
    bytes.extend(section.bytes());
    Ok(Artifact::from_bytes("module", bytes)?)
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn logging() -> World {
    World::new()
        .func("log", |(_,): (String,)| Ok(()))
        .record(true)
}

pub(in crate::kit) fn modules_with_sections_are_initialized_first(subject: &Subject) -> Checked {
    let module = with_section(INITIALIZED)?.with_component_type();
    let mut instance = subject.instantiate(&module, &logging())?;
    let logged = |instance: &mut dyn Instance| -> Vec<Vec<Value>> {
        let calls = instance.observed().host_calls.iter();
        calls.map(|call| call.args.clone()).collect()
    };
    same("log", logged(&mut *instance), vec![vec!["ready".into()]])?;
    gives(&mut *instance, "calls", &[], 1u32)?;
    let trapping = INITIALIZED.replace("(call $log", "(unreachable) (call $log");
    let module = with_section(&trapping)?.with_component_type();
    let program = subject.load(&module)?;
    let failed = program.instantiate_blocking(&logging());
    traps("an initializer that traps", failed, Trap::Unreachable)
}

pub(in crate::kit) fn sections_have_no_effect_unless_asked_for(subject: &Subject) -> Checked {
    let stubs = World::new().stub(Stub::Trap);
    let mut instance = subject.instantiate(&fixtures::counters_module()?, &stubs)?;
    gives(&mut *instance, &named("live"), &[], Value::S32(0))?;
    // A module that does not fit its section is still a core module.
    let unfit = with_section(&INITIALIZED.replace("calls\")", "other\")"))?;
    subject.load(&unfit)?;
    let typed = subject
        .backend()
        .load_blocking(&unfit.with_component_type());
    if !subject.has(Capability::Components) {
        let kind = ErrorKind::Unsupported(Capability::Components);
        return fails("types on a backend without components", typed, &kind).map(drop);
    }
    let error = fails("a module that does not fit", typed, &ErrorKind::Link)?;
    says(
        "a missing export",
        &error,
        &["export `calls`", "found none"],
    )
}
