//! Running a guest on every backend.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use seam_core::{
    Artifact, Backend, BackendExt, Error, Observed, Program, ProgramExt, Result, World,
};
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// All observations of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    /// The exit code, or how else the run ended.
    pub(crate) ended: Result<i32, String>,
    pub(crate) observed: Observed,
}

impl Seen {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.observed.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.observed.stderr).into_owned()
    }
}

pub(crate) fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(Wasmtime::new()),
        Box::new(Wasmtime::layered()),
        Box::new(Wasmi::new()),
    ]
}

/// Returns the loaded guest. All tests share it, because compiling takes most of the time.
fn program(backend: &dyn Backend, artifact: &Artifact) -> Arc<dyn Program> {
    type Loaded = HashMap<(String, String), Arc<dyn Program>>;
    static LOADED: LazyLock<Mutex<Loaded>> = LazyLock::new(Mutex::default);
    let key = (backend.info().name.to_string(), artifact.name().to_string());
    if let Some(program) = LOADED.lock().unwrap().get(&key) {
        return program.clone();
    }
    let program: Arc<dyn Program> = Arc::from(backend.load_blocking(artifact).unwrap());
    LOADED.lock().unwrap().insert(key, program.clone());
    program
}

/// Runs a guest and returns all observations.
pub(crate) fn see(backend: &dyn Backend, artifact: &Artifact, world: &World) -> Seen {
    let ending = |error: &Error| format!("{:?}: {}", error.kind(), error.message());
    let mut instance = match program(backend, artifact).instantiate_blocking(world) {
        Ok(instance) => instance,
        Err(failed) => panic!("{}: {}", backend.info().name, failed.error),
    };
    let ended = instance.run_blocking();
    Seen {
        ended: ended.map(|exit| exit.code).map_err(|error| ending(&error)),
        observed: instance.observed().clone(),
    }
}

/// Runs a guest on every backend and asserts that all observations agree, host calls and files too.
pub(crate) fn agree(artifact: &Artifact, wasi: Wasi) -> Seen {
    agree_in(artifact, wasi.add_to(World::new()).unwrap())
}

pub(crate) fn agree_in(artifact: &Artifact, world: World) -> Seen {
    agree_on(backends(), artifact, world.record(true))
}

/// Runs a guest on the backends `all` and asserts that all observations agree.
pub(crate) fn agree_on(all: Vec<Box<dyn Backend>>, artifact: &Artifact, world: World) -> Seen {
    let mut all = all.into_iter();
    let first = all.next().unwrap();
    let seen = see(&*first, artifact, &world);
    for backend in all {
        let other = see(&*backend, artifact, &world);
        let name = &backend.info().name;
        assert_eq!(seen.stdout(), other.stdout(), "stdout on {name}");
        assert_eq!(seen.stderr(), other.stderr(), "stderr on {name}");
        assert_eq!(seen.ended, other.ended, "end on {name}");
        let calls = seen.observed.host_calls.iter();
        for (index, (a, b)) in calls.zip(&other.observed.host_calls).enumerate() {
            assert_eq!(a, b, "host call {index} on {name}");
        }
        assert_eq!(seen, other, "all on {name}");
    }
    seen
}

/// Sets the program's name and the arguments `words`.
pub(crate) fn args(program: &str, words: &[&str]) -> Wasi {
    Wasi::hermetic().args(std::iter::once(program).chain(words.iter().copied()))
}
