//! The traits that users work with: a backend loads programs, and a program creates instances.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Artifact, Capabilities, CoreEngine, Error, Instance, Interface, Observed, Result, World,
};

/// A build of a runtime, which loads artifacts.
///
/// # Contract
/// 1. `load` validates: it returns `Invalid` for malformed or invalid bytes, with the offset if the
///    engine reports it. (kit: `load_rejects_what_is_not_wasm`, `load_rejects_truncated_bytes`,
///    `load_rejects_invalid_modules`)
/// 2. `info` states the capabilities of *this build*. Whatever needs a missing capability returns
///    `Unsupported` with this capability. It is never ignored or approximated. (kit:
///    `lacking_capabilities_answer_unsupported`)
/// 3. A program outlives its backend's borrow and can be used from several threads. (kit:
///    `programs_instantiate_in_parallel`)
///
/// # For implementors
/// A core-only runtime implements [`CoreEngine`] instead. `seam-component` provides its `Backend`.
///
/// # For users
/// [`BackendExt`](crate::BackendExt) has blocking methods that need no executor.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Returns the backend's name, version and capabilities in this build.
    fn info(&self) -> &BackendInfo;

    /// Validates and compiles an artifact, once.
    ///
    /// # Errors
    /// `Invalid`. `Unsupported` if the artifact needs a capability that the backend lacks. `Limit`
    /// for a capacity of the engine.
    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>>;

    /// Returns the core engine of this backend, if it can be used alone.
    ///
    /// Tests of engines use it to link core modules by hand.
    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        None
    }

    /// Returns another build of this backend that has `wanted` in addition to its current
    /// capabilities.
    ///
    /// Returns `None` if there is no such build. Limits that need `wanted` then remain
    /// `Unsupported`. Engine configuration changes compiled code, so it is chosen here and not for
    /// each instance.
    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        let _ = wanted;
        None
    }

    /// Returns this build of the backend with a folder where it keeps compiled code, for later loads of
    /// the same artifact in this process or another.
    ///
    /// Returns `None` if the backend keeps no code. A file in the folder that is damaged, or from another
    /// version or build, must not change any outcome.
    fn cached_in(&self, dir: &Path) -> Option<Box<dyn Backend>> {
        let _ = dir;
        None
    }

    /// Whether the backend itself runs modules of WASI preview1 in worlds with WASI 0.2.
    ///
    /// `seam_wasi::Preview1` makes every backend that runs components do it, and leaves those alone
    /// that do it themselves.
    fn runs_preview1(&self) -> bool {
        false
    }
}

macro_rules! pointers {
    ($($pointer:ty)*) => { $(
        #[async_trait]
        impl<B: Backend + ?Sized> Backend for $pointer {
            fn info(&self) -> &BackendInfo {
                (**self).info()
            }

            async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
                (**self).load(artifact).await
            }

            fn core_engine(&self) -> Option<&dyn CoreEngine> {
                (**self).core_engine()
            }

            fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
                (**self).rebuilt_with(wanted)
            }

            fn cached_in(&self, dir: &Path) -> Option<Box<dyn Backend>> {
                (**self).cached_in(dir)
            }

            fn runs_preview1(&self) -> bool {
                (**self).runs_preview1()
            }
        }
    )* };
}

pointers! { &B Box<B> Arc<B> }

/// What a backend is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BackendInfo {
    /// The name by which the command line selects the backend, e.g. `wasmtime` or
    /// `wasmtime-layered`.
    pub name: String,
    /// The engine's version.
    pub version: String,
    /// The implementation of the Component Model. It is the backend's own, with the backend's name,
    /// unless several backends share one.
    pub component_model: String,
    /// The capabilities of this build.
    pub capabilities: Capabilities,
    /// Whether the engine itself validates core modules. If not, the seam validates them first.
    pub validates: bool,
    /// The steps in which fuel is charged, as in [`EngineInfo::fuel_granularity`].
    ///
    /// [`EngineInfo::fuel_granularity`]: crate::EngineInfo::fuel_granularity
    pub fuel_granularity: u64,
}

impl BackendInfo {
    /// A backend whose engine validates and charges fuel for each instruction; the fields are
    /// public.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        capabilities: impl Into<Capabilities>,
    ) -> Self {
        let name = name.into();
        Self {
            component_model: name.clone(),
            name,
            version: version.into(),
            capabilities: capabilities.into(),
            validates: true,
            fuel_granularity: 1,
        }
    }
}

/// A loaded artifact.
///
/// # Contract
/// 1. `interface` returns the interface of the artifact, which is the same on every backend. (kit:
///    `interfaces_are_read_alike`)
/// 2. `instantiate` can be called many times, even in parallel. Instances share nothing, and each
///    gets a fresh world. (kit: `instances_share_nothing`, `programs_instantiate_in_parallel`,
///    `worlds_are_made_afresh`)
/// 3. `instantiate` returns `Link` for imports that nothing defines and for host functions of
///    another type. These errors are not delayed until the call. (kit: `missing_imports_are_named`,
///    `wrong_host_types_fail_at_instantiation`)
/// 4. `instantiate` returns `Unsupported` for a limit that this build cannot enforce. (kit:
///    `limits_not_built_for_are_unsupported`)
/// 5. If a start function or a segment traps, `instantiate` returns this trap. If the backend has
///    `FailedInstance`, the instance remains available for a snapshot. (kit:
///    `a_trapping_start_leaves_an_instance`, `a_trapping_start_in_a_component_leaves_an_instance`)
/// 6. [`Failed::observed`] holds what the start functions did before they failed: their output and
///    recorded host calls, even if no instance remains. (kit: `a_trapping_start_shows_what_it_did`,
///    `a_trapping_start_of_a_component_shows_what_it_did`)
#[async_trait]
pub trait Program: Send + Sync {
    /// Returns the imports and exports of the artifact.
    fn interface(&self) -> &Interface;

    /// Creates an instance in a fresh world, and runs start functions.
    ///
    /// # Errors
    /// `Link` for imports. Traps and limits of start functions. `Unsupported` for limits.
    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed>;
}

/// The reason why an instance could not be created, and what remains of it.
///
/// Converts to its [`Error`], so `?` works in functions that return [`Result`].
pub struct Failed {
    /// The reason.
    pub error: Error,
    /// What the start functions did before they failed, in the form of [`Instance::observed`].
    pub observed: Box<Observed>,
    /// The instance in the state at the trap of its start function. It can be inspected, but not
    /// called.
    ///
    /// Only backends with [`FailedInstance`](crate::Capability::FailedInstance) return it.
    pub instance: Option<Box<dyn Instance>>,
}

impl Failed {
    /// # For implementors
    /// Names the operation and the backend in the error, unless they have been named already.
    #[must_use]
    pub fn named(mut self, operation: &'static str, backend: &str) -> Self {
        self.error = self.error.during(operation).on(backend.to_owned());
        self
    }
}

/// Converts the error of a failure before any guest code ran.
impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            observed: Box::default(),
            instance: None,
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl std::fmt::Debug for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failed")
            .field("error", &self.error)
            .field("observed", &self.observed)
            .field("instance", &self.instance.is_some())
            .finish()
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
