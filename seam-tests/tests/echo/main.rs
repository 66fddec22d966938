//! Random types and values go through generated components and come back as they were, on every
//! backend, whichever way they travel and however strings are encoded.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../../seam-core/tests/common/mod.rs"]
mod common;
mod component;
mod flat;

use seam_core::{Artifact, Backend, BackendExt, InstanceExt, ProgramExt, Type, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use common::Random;
use component::{ENCODINGS, PADDING, echo};

fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(Wasmi::new()),
        Box::new(Wasmtime::new()),
        Box::new(Wasmtime::layered()),
    ]
}

/// Types that go as deep, of one seed.
fn types(seed: u64, depth: usize, count: usize) -> impl Iterator<Item = (u64, Type)> {
    (seed..seed + count as u64).map(move |seed| (seed, Random::new(seed).ty(depth)))
}

/// Floats are no keys of maps.
fn has_bad_map(ty: &Type) -> bool {
    match ty {
        Type::Map(key, value) => matches!(**key, Type::F32 | Type::F64) || has_bad_map(value),
        Type::List(ty) | Type::FixedLengthList(ty, _) | Type::Option(ty) => has_bad_map(ty),
        Type::Record(ty) => ty.fields.iter().any(|(_, ty)| has_bad_map(ty)),
        Type::Tuple(types) => types.iter().any(has_bad_map),
        Type::Variant(ty) => ty
            .cases
            .iter()
            .any(|(_, ty)| ty.as_ref().is_some_and(has_bad_map)),
        Type::Result(ty) => [&ty.ok, &ty.err].into_iter().flatten().any(has_bad_map),
        _ => false,
    }
}

fn round_trips(seed: u64, ty: &Type, backends: &[Box<dyn Backend>]) {
    let mut random = Random::new(!seed);
    let (outer, inner) = (random.pick(&ENCODINGS), random.pick(&ENCODINGS));
    let text = echo(ty, outer, inner);
    let about = format!("seed {seed}: {ty}, strings {outer} and {inner}");
    let artifact =
        Artifact::from_wat("echo", &text).unwrap_or_else(|e| panic!("{about}: {e}\n{text}"));
    let world = World::new().func_values("host", None, |_, args| Ok(args.first().cloned()));
    let values: Vec<Value> = (0..4).map(|_| random.value(ty)).collect();
    for backend in backends {
        let about = format!("{} on {}", about, backend.info().name);
        let program = backend
            .load_blocking(&artifact)
            .unwrap_or_else(|e| panic!("{about}: {e}\n{text}"));
        let mut instance = program
            .instantiate_blocking(&world)
            .unwrap_or_else(|e| panic!("{about}: {e}"));
        for value in &values {
            let found = instance.invoke("through-host", std::slice::from_ref(value));
            let found = found.unwrap_or_else(|e| panic!("{about}: through the host: {value}: {e}"));
            assert_eq!(found.as_ref(), Some(value), "{about}: through the host");
            let padded = Value::Tuple(vec![value.clone(), Value::U32(7)]);
            let mut args = vec![padded.clone()];
            args.extend((0..PADDING).map(|n| Value::U32(n as u32)));
            for way in ["through-memory", "through-guest"] {
                let found = instance.invoke(way, &args);
                let found = found.unwrap_or_else(|e| panic!("{about}: {way}: {value}: {e}"));
                assert_eq!(found.as_ref(), Some(&padded), "{about}: {way}");
            }
        }
    }
}

#[test]
fn simple_types_come_back_as_they_were() {
    let backends = backends();
    for (seed, ty) in types(1, 0, 40) {
        round_trips(seed, &ty, &backends);
    }
}

#[test]
fn nested_types_come_back_as_they_were() {
    let backends = backends();
    for (seed, ty) in types(1000, 2, 60).chain(types(2000, 4, 60)) {
        if !has_bad_map(&ty) {
            round_trips(seed, &ty, &backends);
        }
    }
}
