//! Selects the backends for a command, and instantiates on the first one that can.

use seam_core::{
    Artifact, ArtifactKind, Backend, BackendExt, Capability, Error, ErrorKind, Failed, Instance,
    Interface, ProgramExt, World, contain,
};
use seam_diff::build::{Need, attempt};

use crate::args::Execution;
use crate::status::{Failure, Status};

/// The available backends, in the order that the author of the command chose.
pub(crate) type Backends = [Box<dyn Backend>];

/// Returns the needs of the options. The needs of the artifact itself become known when it is
/// loaded.
pub(crate) fn needs(options: &Execution, artifact: &Artifact) -> Vec<Need> {
    let component = artifact.kind() == ArtifactKind::Component;
    let name = artifact.name();
    let mut needs = Vec::new();
    let mut need = |asked: bool, capability, by: &str| {
        if asked {
            needs.push(Need::new(capability, by));
        }
    };
    need(options.fuel.is_some(), Capability::Fuel, "--fuel");
    need(
        options.deadline.is_some(),
        Capability::Deadline,
        "--deadline",
    );
    let memory = options.max_memory.is_some();
    need(memory, Capability::MemoryLimit, "--max-memory");
    let inner = options.snapshot.is_some() && component;
    let by = format!("--snapshot of component {name}");
    need(inner, Capability::InnerGlobals, &by);
    // If a build supports it, counters remain visible after a start function trapped.
    if options.snapshot.is_some() {
        needs.push(Need::wish(Capability::FailedInstance, "--snapshot"));
    }
    needs
}

/// Returns the backends with these names, in this order, or all backends if there are no names.
///
/// # Errors
/// No backend has one of the names.
pub(crate) fn named<'a>(
    backends: &'a Backends,
    names: &[String],
) -> Result<Vec<&'a dyn Backend>, Failure> {
    let all = || backends.iter().map(Box::as_ref);
    if backends.is_empty() {
        let message = "expected a backend, found a command that was built without any";
        return Err(Failure::input(message));
    }
    if names.is_empty() {
        return Ok(all().collect());
    }
    names
        .iter()
        .map(|name| {
            all().find(|b| b.info().name == *name).ok_or_else(|| {
                let known: Vec<_> = all().map(|b| format!("`{}`", b.info().name)).collect();
                Failure::input(format!(
                    "expected a backend ({}), found `{name}`",
                    known.join(", ")
                ))
            })
        })
        .collect()
}

/// An artifact instantiated on a backend, ready to be used.
pub(crate) struct Ready<T> {
    pub(crate) backend: String,
    /// The result of the command's `prepare`, which ran before the guest.
    pub(crate) prepared: T,
    /// The instance, or the failure with whatever the start function left behind.
    pub(crate) instance: Result<Box<dyn Instance>, Failed>,
}

/// Loads and instantiates an artifact on the first candidate that supports it.
///
/// `prepare` creates the world and checks the user's input. It is called when the artifact's
/// interface is known, before the guest runs.
///
/// # Errors
/// The reasons why no candidate supports it, or the fault of the artifact.
pub(crate) fn first_that_can<T>(
    candidates: &[&dyn Backend],
    artifact: &Artifact,
    needs: &[Need],
    prepare: impl Fn(&dyn Backend, &Interface) -> Result<(World, T), Failure>,
) -> Result<Ready<T>, Failure> {
    let mut refusals = Vec::new();
    for backend in candidates {
        let make = |build: &dyn Backend| ready(build, artifact, &prepare);
        let lacked = |attempt: &Result<Ready<T>, Failure>| match attempt {
            Err(failure) => failure.lacked,
            Ok(_) => None,
        };
        match attempt(*backend, needs, make, lacked)
            .map_err(Failure::from)
            .flatten()
        {
            Err(failure) if failure.lacked.is_some() => refusals.push(failure),
            other => return other,
        }
    }
    let lines: Vec<_> = refusals.iter().map(|f| f.report.line.clone()).collect();
    match <[Failure; 1]>::try_from(refusals) {
        Ok([only]) => Err(only),
        Err(_) => Err(Failure::new(
            Status::Input,
            "unsupported",
            format!(
                "expected a backend that can do this, found none: {}",
                lines.join("; ")
            ),
        )),
    }
}

/// Loads and instantiates an artifact on one build.
fn ready<T>(
    build: &dyn Backend,
    artifact: &Artifact,
    prepare: &impl Fn(&dyn Backend, &Interface) -> Result<(World, T), Failure>,
) -> Result<Ready<T>, Failure> {
    let name = &build.info().name;
    let named = |error: Error, operation: &str| {
        error
            .during(format!("{operation} {}", artifact.name()))
            .on(name.clone())
    };
    let program = contain(|| build.load_blocking(artifact)).map_err(|e| named(e, "load"))?;
    let (world, prepared) = prepare(build, program.interface())?;
    match contain(|| program.instantiate_blocking(&world)) {
        Err(Failed { error, .. }) if matches!(error.kind(), ErrorKind::Unsupported(_)) => {
            Err(error.into())
        }
        instance => Ok(Ready {
            backend: name.clone(),
            prepared,
            instance: instance.map_err(|failed| Failed {
                error: named(failed.error, "instantiate"),
                ..failed
            }),
        }),
    }
}
