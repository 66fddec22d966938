//! Calls every export of every committed component with random values, on every backend.
//!
//! Resources are included. Results, traps and the state of all core instances, including memories,
//! must agree.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../seam-core/tests/common/mod.rs"]
mod common;

use seam_core::{
    Artifact, ArtifactKind, Backend, BackendExt, ErrorKind, InstanceExt, Memories, ProgramExt,
    Query, Snapshot, Stub, Type, Value, World,
};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use common::Random;

/// Runs an artifact on a backend and returns its observations, one line per call, and what `state`
/// says of each instance at its end.
fn seen(
    backend: &dyn Backend,
    artifact: &Artifact,
    state: impl Fn(&Snapshot) -> String,
) -> Vec<String> {
    let program = backend.load_blocking(artifact).unwrap();
    let world = World::new().stub(Stub::Default);
    let mut random = Random::new(7);
    let mut lines = Vec::new();
    // An instance cannot be entered after a trap, so each export is called first in a fresh
    // instance.
    let exports = program.interface().export_funcs().to_vec();
    for first in 0..exports.len() {
        let mut instance = program.instantiate_blocking(&world).unwrap();
        let mut held = Vec::new();
        for (name, ty) in exports.iter().cycle().skip(first).take(2 * exports.len()) {
            let args = ty
                .params
                .iter()
                .map(|(_, ty)| value(&mut random, ty, &mut held));
            let Some(args) = args.collect::<Option<Vec<Value>>>() else {
                continue;
            };
            let text: Vec<String> = args.iter().map(ToString::to_string).collect();
            let result = instance.call_blocking(&name.to_string(), &args);
            lines.push(match &result {
                Ok(result) => format!("{name}({}) = {result:?}", text.join(", ")),
                Err(e) => format!("{name}({}): {:?}", text.join(", "), e.kind()),
            });
            match result {
                Ok(result) => result
                    .iter()
                    .for_each(|value| take_handles(value, &mut held)),
                Err(e) => assert_ne!(*e.kind(), ErrorKind::Misuse, "{e}"),
            }
        }
        let query = Query::new().with_memories(Memories::Digest);
        lines.push(state(&instance.snapshot(&query).unwrap()));
    }
    lines
}

/// Generates a random value. Handles come from `held`, and owned handles move out of it.
fn value(random: &mut Random, ty: &Type, held: &mut Vec<Value>) -> Option<Value> {
    let of = |held: &[Value], ty: &seam_core::ResourceType| {
        held.iter()
            .rposition(|value| matches!(value, Value::Own(resource) if resource.ty() == ty))
    };
    Some(match ty {
        Type::Own(ty) => held.remove(of(held, ty)?),
        Type::Borrow(ty) => match held.get(of(held, ty)?)? {
            Value::Own(resource) => Value::Borrow(resource.clone()),
            _ => return None,
        },
        Type::List(element) if matches!(**element, Type::Own(_) | Type::Borrow(_)) => {
            Value::list(value(random, element, held))
        }
        ty => random.value(ty),
    })
}

fn take_handles(value: &Value, held: &mut Vec<Value>) {
    match value {
        Value::Own(_) => held.push(value.clone()),
        Value::List(list) => list
            .values()
            .iter()
            .for_each(|value| take_handles(value, held)),
        Value::Tuple(values) => values.iter().for_each(|value| take_handles(value, held)),
        Value::Option(Some(value)) => take_handles(value, held),
        _ => {}
    }
}

fn backends() -> [Box<dyn Backend>; 4] {
    [
        Box::new(Wasmtime::builder().inner_instances().build()),
        Box::new(Wasmtime::layered()),
        Box::new(Wasmi::new()),
        Box::new(Wasmi::builder().without_reentry().build()),
    ]
}

/// The globals and memories of the instances that export a memory.
fn with_memory(snapshot: &Snapshot) -> String {
    let cores = snapshot.instances.iter();
    let cores = cores.filter(|core| !core.memories.is_empty());
    let cores: Vec<_> = cores.map(|core| (&core.globals, &core.memories)).collect();
    format!("{cores:?}")
}

/// Checks that a backend observed what was expected, line by line.
#[track_caller]
fn agree(name: &str, backend: &dyn Backend, expected: &[String], found: &[String]) {
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(expected, found, "{name} on {}", backend.info().name);
    }
    assert_eq!(expected.len(), found.len(), "{name}");
}

#[test]
fn a_module_with_a_component_type_section_agrees_with_its_component() {
    for name in ["types", "counters", "hosted"] {
        let read = |file: &str| {
            let name = format!("{name}/{file}");
            Artifact::from_bytes(name.as_str(), common::fixture(&name)).unwrap()
        };
        let component = read(&format!("{name}.wasm"));
        let module = read(&format!("{name}.module.wasm")).with_component_type();
        let expected = seen(&*backends()[0], &component, with_memory);
        assert!(expected.len() > 10, "{name}: {expected:?}");
        for backend in backends() {
            let found = seen(&*backend, &module, with_memory);
            agree(name, &*backend, &expected, &found);
        }
    }
}

#[test]
fn every_export_of_every_component_agrees() {
    let whole = |snapshot: &Snapshot| format!("{snapshot:?}");
    let backends = backends();
    let mut calls = 0;
    for name in common::fixture_names() {
        let artifact = Artifact::from_bytes(name.as_str(), common::fixture(&name)).unwrap();
        // Hostile components trap, which the kit's cases cover. Commands need WASI. Asynchronous
        // components need another build of wasmtime: `async_fused` has them.
        let skipped = [
            "hostile/",
            "command/",
            "command3/",
            "core/writers.wat",
            "reactor/",
            "fused/tasks/",
        ];
        if artifact.kind() != ArtifactKind::Component || skipped.iter().any(|s| name.starts_with(s))
        {
            continue;
        }
        let expected = seen(&*backends[0], &artifact, whole);
        calls += expected.len();
        for backend in &backends[1..] {
            let found = seen(&**backend, &artifact, whole);
            agree(&name, &**backend, &expected, &found);
        }
    }
    assert!(
        calls > 1000,
        "expected the fixtures' exports to be called, found {calls} calls"
    );
}
