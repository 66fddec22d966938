//! Selects the backend for a command, and its build.

use std::ops::Deref;

use seam_core::{
    Artifact, ArtifactKind, Backend, BackendExt, Capability, Error, ErrorKind, Failed, Instance,
    Interface, ProgramExt, Result, World, contain,
};

use crate::args::Execution;
use crate::status::{Failure, Status};

/// The available backends, in the order that the author of the command chose.
pub(crate) type Backends = [Box<dyn Backend>];

/// A capability that the command needs.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    capability: Capability,
    /// The reason for the need, e.g. `--fuel`.
    by: String,
    /// Whether a build without the capability is used if there is no build with it.
    optional: bool,
}

/// A backend in the build that the options require.
pub(crate) enum Build<'a> {
    AsGiven(&'a dyn Backend),
    Rebuilt(Box<dyn Backend>),
}

impl<'a> Deref for Build<'a> {
    type Target = dyn Backend + 'a;

    fn deref(&self) -> &Self::Target {
        match self {
            Build::AsGiven(backend) => *backend,
            Build::Rebuilt(backend) => backend.as_ref(),
        }
    }
}

impl Need {
    pub(crate) fn new(capability: Capability, by: impl Into<String>) -> Self {
        Self {
            capability,
            by: by.into(),
            optional: false,
        }
    }

    /// Creates a need that is met if a build of the backend can meet it.
    pub(crate) fn wish(capability: Capability, by: impl Into<String>) -> Self {
        Self {
            optional: true,
            ..Self::new(capability, by)
        }
    }

    /// Returns the needs of the options. The needs of the artifact itself become known when it is
    /// loaded.
    pub(crate) fn of(options: &Execution, artifact: &Artifact) -> Vec<Self> {
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

    /// Returns the error for a backend that lacks the capability.
    pub(crate) fn lacked_by(&self, backend: &dyn Backend) -> Error {
        let name = &backend.info().name;
        let message = format!(
            "expected a backend with `{}`, for {}; `{name}` lacks it (see `seam backends`)",
            self.capability, self.by
        );
        Error::unsupported(self.capability, message)
    }
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

/// Returns the backend in a build with the needed capabilities.
///
/// # Errors
/// The first need that no build meets, or any error of building.
pub(crate) fn build<'a>(backend: &'a dyn Backend, needs: &[Need]) -> Result<Build<'a>> {
    let available = |need: &Need| backend.rebuilt_with(&[need.capability].into()).is_some();
    let missing = needs
        .iter()
        .filter(|need| !has(backend, need.capability))
        .filter(|need| !need.optional || available(need));
    let missing: Vec<&Need> = missing.collect();
    let Some(first) = missing.first() else {
        return Ok(Build::AsGiven(backend));
    };
    let wanted = missing.iter().map(|need| need.capability).collect();
    match backend.rebuilt_with(&wanted) {
        None => {
            // Blame a need that no build meets, not one that a build could meet alone.
            let blamed = missing.iter().find(|need| !available(need));
            Err(blamed.unwrap_or(first).lacked_by(backend))
        }
        Some(built) => {
            let built = built?;
            let lacks = |need: &&&Need| !need.optional && !has(&*built, need.capability);
            match missing.iter().find(lacks) {
                Some(need) => Err(need.lacked_by(backend)),
                None => Ok(Build::Rebuilt(built)),
            }
        }
    }
}

/// Makes an attempt on a build of the backend that meets the needs.
///
/// If the attempt shows that this build lacks a capability which another build has, it is repeated
/// there.
///
/// # Errors
/// Those of [`build`].
pub(crate) fn attempt<T>(
    backend: &dyn Backend,
    needs: &[Need],
    make: impl Fn(&dyn Backend) -> T,
    lacked: impl Fn(&T) -> Option<Capability>,
) -> Result<T> {
    let mut needs = needs.to_vec();
    loop {
        let build = build(backend, &needs)?;
        let outcome = make(&*build);
        let Some(capability) = lacked(&outcome).filter(|lacked| !has(&*build, *lacked)) else {
            return Ok(outcome);
        };
        needs.push(Need::new(capability, "this artifact"));
        if self::build(backend, &needs).is_err() {
            return Ok(outcome);
        }
    }
}

/// Returns whether the backend has the capability in its current build.
pub(crate) fn has(backend: &dyn Backend, capability: Capability) -> bool {
    backend.info().capabilities.has(capability)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use async_trait::async_trait;
    use seam_core::{BackendInfo, Capabilities, Program};

    /// A backend without capabilities, which can be rebuilt with those that it offers.
    struct Fake {
        info: BackendInfo,
        offers: Capabilities,
    }

    fn fake(has: Capabilities, offers: impl Into<Capabilities>) -> Fake {
        Fake {
            info: BackendInfo::new("fake", "1", has),
            offers: offers.into(),
        }
    }

    #[async_trait]
    impl Backend for Fake {
        fn info(&self) -> &BackendInfo {
            &self.info
        }

        async fn load(&self, _: &Artifact) -> Result<Box<dyn Program>> {
            Err(Error::engine("expected no load"))
        }

        fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
            let possible = wanted.iter().all(|one| self.offers.has(one));
            let built = fake(wanted.clone(), []);
            possible.then(|| Ok(Box::new(built) as Box<dyn Backend>))
        }
    }

    fn need(capability: Capability) -> Need {
        Need::new(capability, format!("--{capability}"))
    }

    #[test]
    fn a_build_adds_only_missing_capabilities() {
        let needs = [need(Capability::Fuel), need(Capability::Deadline)];
        let both = [Capability::Fuel, Capability::Deadline];
        let has_both = fake(both.into(), []);
        let as_given = build(&has_both, &needs).unwrap();
        assert!(matches!(as_given, Build::AsGiven(_)));
        let has_none = fake(Capabilities::default(), both);
        let rebuilt = build(&has_none, &needs).unwrap();
        assert!(matches!(rebuilt, Build::Rebuilt(_)));
        assert!(both.iter().all(|one| has(&*rebuilt, *one)));
    }

    #[test]
    fn the_need_that_no_build_meets_is_named() {
        let needs = [need(Capability::Fuel), need(Capability::Deadline)];
        let fuel_only = fake(Capabilities::default(), [Capability::Fuel]);
        let failure = build(&fuel_only, &needs).err().unwrap();
        assert_eq!(
            *failure.kind(),
            ErrorKind::Unsupported(Capability::Deadline)
        );
        assert_eq!(
            failure.to_string(),
            "expected a backend with `deadline`, for --deadline; `fake` lacks it (see `seam \
             backends`)"
        );
    }

    #[test]
    fn an_attempt_is_made_again_on_the_build_that_has_what_it_lacked() {
        let lacking = |capability| move |has_it: &bool| (!has_it).then_some(capability);
        let tried = std::cell::RefCell::new(Vec::new());
        let make = |build: &dyn Backend| {
            let can = has(build, Capability::ComponentAsync);
            tried.borrow_mut().push(can);
            can
        };
        let wanted = Capability::ComponentAsync;
        let other = fake(Capabilities::default(), [wanted, Capability::Fuel]);
        let done = attempt(&other, &[need(Capability::Fuel)], make, lacking(wanted));
        assert!(done.unwrap());
        assert_eq!(tried.take(), [false, true]);
        let none = fake(Capabilities::default(), []);
        assert!(!attempt(&none, &[], make, lacking(wanted)).unwrap());
        assert_eq!(tried.take(), [false]);
    }

    #[test]
    fn an_optional_need_is_met_where_it_can_be() {
        let wish = || Need::wish(Capability::FailedInstance, "test");
        let fuel = Capability::Fuel;
        let without = fake(Capabilities::default(), [fuel]);
        assert!(matches!(build(&without, &[wish()]), Ok(Build::AsGiven(_))));
        let built = build(&without, &[need(fuel), wish()]).unwrap();
        assert!(has(&*built, fuel) && !has(&*built, Capability::FailedInstance));
        let with = fake(Capabilities::default(), [fuel, Capability::FailedInstance]);
        let built = build(&with, &[need(fuel), wish()]).unwrap();
        assert!(has(&*built, fuel) && has(&*built, Capability::FailedInstance));
    }
}
