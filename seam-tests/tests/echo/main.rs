//! Random values of random types pass through generated components and come back unchanged.
//!
//! This holds on every backend, for each way of passing and each string encoding.

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
#[allow(dead_code, reason = "values are made from a seed, several of a type")]
#[path = "../../../seam-component/src/abi/tests/any.rs"]
mod strategy;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use seam_core::{Artifact, Backend, BackendExt, InstanceExt, ProgramExt, Type, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use common::Random;
use component::{ENCODINGS, PADDING, echo};

/// Every backend that runs components, native or layered.
static BACKENDS: LazyLock<Vec<Box<dyn Backend>>> = LazyLock::new(|| {
    vec![
        Box::new(Wasmi::new()),
        Box::new(Wasmi::builder().without_reentry().build()),
        Box::new(Wasmtime::new()),
        Box::new(Wasmtime::layered()),
    ]
});

fn round_trips(seed: u64, ty: &Type) {
    let mut random = Random::new(!seed);
    let (outer, inner) = (random.pick(&ENCODINGS), random.pick(&ENCODINGS));
    let text = echo(ty, outer, inner);
    let about = format!("seed {seed}: {ty}, strings {outer} and {inner}");
    let artifact =
        Artifact::from_wat("echo", &text).unwrap_or_else(|e| panic!("{about}: {e}\n{text}"));
    let world = World::new().func_values("host", None, |_, args| Ok(args.first().cloned()));
    let values: Vec<Value> = (0..4).map(|_| random.value(ty)).collect();
    for backend in BACKENDS.iter() {
        let about = format!("{} on {}", about, backend.info().name);
        let program = backend
            .load_blocking(&artifact)
            .unwrap_or_else(|e| panic!("{about}: {e}\n{text}"));
        let mut instance = program
            .instantiate_blocking(&world)
            .unwrap_or_else(|e| panic!("{about}: {e}"));
        for value in &values {
            let found = instance.call_blocking("through-host", std::slice::from_ref(value));
            let found = found.unwrap_or_else(|e| panic!("{about}: through the host: {value}: {e}"));
            assert_eq!(found.as_ref(), Some(value), "{about}: through the host");
            let padded = Value::Tuple(vec![value.clone(), Value::U32(7)]);
            let mut args = vec![padded.clone()];
            args.extend((0..PADDING).map(|n| Value::U32(n as u32)));
            for way in ["through-memory", "through-guest"] {
                let found = instance.call_blocking(way, &args);
                let found = found.unwrap_or_else(|e| panic!("{about}: {way}: {value}: {e}"));
                assert_eq!(found.as_ref(), Some(&padded), "{about}: {way}");
            }
        }
    }
}

#[test]
fn simple_types_round_trip() {
    for seed in 1..41 {
        round_trips(seed, &Random::new(seed).ty(0));
    }
}

/// Returns whether a type has no map with float keys, which validation rejects.
fn has_no_float_keys(ty: &Type) -> bool {
    match ty {
        Type::Map(key, value) => {
            !matches!(**key, Type::F32 | Type::F64) && has_no_float_keys(value)
        }
        Type::List(ty) | Type::FixedLengthList(ty, _) | Type::Option(ty) => has_no_float_keys(ty),
        Type::Record(ty) => ty.fields.iter().all(|(_, ty)| has_no_float_keys(ty)),
        Type::Tuple(types) => types.iter().all(has_no_float_keys),
        Type::Variant(ty) => {
            let mut payloads = ty.cases.iter().filter_map(|(_, ty)| ty.as_ref());
            payloads.all(has_no_float_keys)
        }
        Type::Result(ty) => [&ty.ok, &ty.err]
            .into_iter()
            .flatten()
            .all(has_no_float_keys),
        _ => true,
    }
}

/// Generates types that are nested at most four deep.
fn nested() -> impl Strategy<Value = Type> {
    strategy::ty(4).prop_filter("a map with float keys", has_no_float_keys)
}

proptest! {
    // The types are the same in every run. PROPTEST_CASES=n tests n other types.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..match std::env::var_os("PROPTEST_CASES") {
            Some(_) => ProptestConfig::default(),
            None => ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(120) },
        }
    })]

    #[test]
    fn nested_types_round_trip(ty in nested(), seed in any::<u64>().no_shrink()) {
        round_trips(seed, &ty);
    }
}
