//! Selects the build of a backend that has the needed capabilities.

use std::ops::Deref;

use seam_core::{Backend, Capability, Error, Result};

/// A capability that a run needs.
#[derive(Clone, Debug)]
pub struct Need {
    capability: Capability,
    /// The reason for the need, e.g. `--fuel`.
    by: String,
    /// Whether a build without the capability is used if there is no build with it.
    optional: bool,
}

/// A backend in the build that the needs require.
pub enum Build<'a> {
    /// The backend as it was given has them.
    AsGiven(&'a dyn Backend),
    /// Another build of the backend.
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
    /// Creates a need that must be met. `by` is what needs the capability, e.g. `--fuel`.
    #[must_use]
    pub fn new(capability: Capability, by: impl Into<String>) -> Self {
        Self {
            capability,
            by: by.into(),
            optional: false,
        }
    }

    /// Creates a need that is met if a build of the backend can meet it.
    #[must_use]
    pub fn wish(capability: Capability, by: impl Into<String>) -> Self {
        Self {
            optional: true,
            ..Self::new(capability, by)
        }
    }

    /// Returns the error for a backend that lacks the capability.
    #[must_use]
    pub fn lacked_by(&self, backend: &dyn Backend) -> Error {
        let name = &backend.info().name;
        let message = format!(
            "expected a backend with `{}`, for {}; `{name}` lacks it (see `seam backends`)",
            self.capability, self.by
        );
        Error::unsupported(self.capability, message)
    }
}

/// Returns the backend in a build with the needed capabilities.
///
/// # Errors
/// The first need that no build meets, or any error of building.
pub fn of<'a>(backend: &'a dyn Backend, needs: &[Need]) -> Result<Build<'a>> {
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
/// Those of [`of`].
pub fn attempt<T>(
    backend: &dyn Backend,
    needs: &[Need],
    make: impl Fn(&dyn Backend) -> T,
    lacked: impl Fn(&T) -> Option<Capability>,
) -> Result<T> {
    let mut needs = needs.to_vec();
    loop {
        let build = of(backend, &needs)?;
        let outcome = make(&*build);
        let Some(capability) = lacked(&outcome).filter(|lacked| !has(&*build, *lacked)) else {
            return Ok(outcome);
        };
        needs.push(Need::new(capability, "this artifact"));
        if of(backend, &needs).is_err() {
            return Ok(outcome);
        }
    }
}

/// Returns whether the backend has the capability in its current build.
#[must_use]
pub fn has(backend: &dyn Backend, capability: Capability) -> bool {
    backend.info().capabilities.has(capability)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use async_trait::async_trait;
    use seam_core::{Artifact, BackendInfo, Capabilities, ErrorKind, Program};

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
        let as_given = of(&has_both, &needs).unwrap();
        assert!(matches!(as_given, Build::AsGiven(_)));
        let has_none = fake(Capabilities::default(), both);
        let rebuilt = of(&has_none, &needs).unwrap();
        assert!(matches!(rebuilt, Build::Rebuilt(_)));
        assert!(both.iter().all(|one| has(&*rebuilt, *one)));
    }

    #[test]
    fn the_need_that_no_build_meets_is_named() {
        let needs = [need(Capability::Fuel), need(Capability::Deadline)];
        let fuel_only = fake(Capabilities::default(), [Capability::Fuel]);
        let failure = of(&fuel_only, &needs).err().unwrap();
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
        assert!(matches!(of(&without, &[wish()]), Ok(Build::AsGiven(_))));
        let built = of(&without, &[need(fuel), wish()]).unwrap();
        assert!(has(&*built, fuel) && !has(&*built, Capability::FailedInstance));
        let with = fake(Capabilities::default(), [fuel, Capability::FailedInstance]);
        let built = of(&with, &[need(fuel), wish()]).unwrap();
        assert!(has(&*built, fuel) && has(&*built, Capability::FailedInstance));
    }
}
