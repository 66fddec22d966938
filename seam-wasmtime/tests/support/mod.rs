//! Helpers of the tests.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, each of which uses a part of this"
)]

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use seam_core::{
    Artifact, Backend, BackendExt, Error, Instance, Program, ProgramExt, Type, Value, World,
};

/// Reads a fixture.
pub(crate) fn fixture(path: &str) -> Artifact {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../seam-tests/fixtures/");
    Artifact::from_file(format!("{root}{path}")).unwrap()
}

/// Makes an artifact from the text format.
pub(crate) fn wat(text: &str) -> Artifact {
    Artifact::from_wat("test.wat", text).unwrap()
}

/// Makes an instance, which must succeed.
pub(crate) fn instance(
    backend: &dyn Backend,
    artifact: &Artifact,
    world: &World,
) -> Box<dyn Instance> {
    backend.instantiate_blocking(artifact, world).unwrap()
}

/// Makes an instance of a fixture, which is compiled once for all tests of a file.
pub(crate) fn shared(path: &'static str, world: &World) -> Box<dyn Instance> {
    type Programs = Mutex<HashMap<&'static str, Arc<dyn Program>>>;
    static PROGRAMS: LazyLock<Programs> = LazyLock::new(Mutex::default);
    let mut programs = PROGRAMS.lock().unwrap();
    let program = programs.entry(path).or_insert_with(|| {
        let backend = seam_wasmtime::Wasmtime::new();
        backend.load_blocking(&fixture(path)).unwrap().into()
    });
    let program = program.clone();
    // The lock is held while the fixture compiles, but not while it runs.
    drop(programs);
    program.instantiate_blocking(world).unwrap()
}

/// Returns the error of an instantiation, which must fail.
pub(crate) fn refusal(backend: &dyn Backend, artifact: &Artifact, world: &World) -> Error {
    let program = backend.load_blocking(artifact).unwrap();
    match program.instantiate_blocking(world) {
        Ok(_) => panic!("expected no instance of {}", artifact.name()),
        Err(failed) => failed.error,
    }
}

/// Makes a value of the type. Different seeds give different values if the type has several.
pub(crate) fn sample(ty: &Type, seed: usize) -> Value {
    let inner = |ty: &Type| Box::new(sample(ty, seed + 1));
    let count = seed % 4;
    match ty {
        Type::Bool => Value::Bool(!seed.is_multiple_of(2)),
        Type::S8 => Value::S8([0, -1, i8::MIN, i8::MAX][count]),
        Type::U8 => Value::U8([0, 1, 200, u8::MAX][count]),
        Type::S16 => Value::S16([0, -1, i16::MIN, i16::MAX][count]),
        Type::U16 => Value::U16([0, 1, 40000, u16::MAX][count]),
        Type::S32 => Value::S32([0, -1, i32::MIN, i32::MAX][count]),
        Type::U32 => Value::U32([0, 1, 3_000_000_000, u32::MAX][count]),
        Type::S64 => Value::S64([0, -1, i64::MIN, i64::MAX][count]),
        Type::U64 => Value::U64([0, 1, 1 << 63, u64::MAX][count]),
        Type::F32 => Value::F32([0.0, -0.0, f32::NAN, f32::NEG_INFINITY][count]),
        Type::F64 => Value::F64([1.5, -0.0, f64::NAN, f64::MAX][count]),
        Type::Char => Value::Char(['a', '\0', '\u{d7ff}', '\u{10ffff}'][count]),
        Type::String => Value::from(["", "x", "grüße 🦀", "a\0b"][count]),
        Type::List(element) => Value::list((0..count).map(|i| sample(element, seed + i))),
        Type::Record(ty) => {
            let fields = ty.fields.iter().enumerate();
            Value::record(fields.map(|(i, (name, ty))| (name.clone(), sample(ty, seed + i))))
        }
        Type::Tuple(types) => {
            let types = types.iter().enumerate();
            Value::Tuple(types.map(|(i, ty)| sample(ty, seed + i)).collect())
        }
        Type::Variant(ty) => {
            let (case, payload) = &ty.cases[seed % ty.cases.len()];
            Value::Variant(case.clone(), payload.as_ref().map(inner))
        }
        Type::Enum(cases) => Value::Enum(cases[(seed * 100) % cases.len()].clone()),
        Type::Option(ty) => Value::Option((!seed.is_multiple_of(2)).then(|| inner(ty))),
        Type::Result(ty) => Value::Result(match seed % 2 {
            0 => Ok(ty.ok.as_ref().map(inner)),
            _ => Err(ty.err.as_ref().map(inner)),
        }),
        Type::Flags(names) => {
            let set = names
                .iter()
                .enumerate()
                .filter(|(i, _)| (i + seed).is_multiple_of(3));
            Value::Flags(set.map(|(_, name)| Arc::clone(name)).collect())
        }
        other => panic!("no sample of {other}"),
    }
}
