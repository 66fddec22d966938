//! What users hold: a backend makes programs, a program makes instances.

use async_trait::async_trait;

use crate::{
    Artifact, Capabilities, CoreEngine, Error, Instance, Interface, Observed, Result, World,
};

/// A runtime, as it was built: loads artifacts.
///
/// # Contract
/// 1. `load` validates: malformed or invalid bytes are `Invalid`, with an offset where the engine
///    tells it. (kit: `load_rejects_what_is_not_wasm`, `load_rejects_truncated_bytes`,
///    `load_rejects_invalid_modules`)
/// 2. `info` states what *this build* can do; what it lacks answers `Unsupported` with that
///    capability, and is never ignored or approximated. (kit:
///    `lacking_capabilities_answer_unsupported`)
/// 3. A program outlives its backend's borrow and can be used from several threads. (kit:
///    `programs_instantiate_in_parallel`)
///
/// # For implementors
/// A core-only runtime implements [`CoreEngine`] instead, and gets this
/// from `seam-component`.
///
/// # For users
/// [`BackendExt`](crate::BackendExt) has the forms that need no executor.
#[async_trait]
pub trait Backend: Send + Sync {
    /// What the backend is and can do, as it was built.
    fn info(&self) -> &BackendInfo;

    /// Validates and compiles an artifact, once.
    ///
    /// # Errors
    /// `Invalid`; `Unsupported` for what the backend lacks; `Limit` for a capacity of the engine.
    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>>;

    /// The engine that runs core modules below this backend, where it can be had alone: for tests of
    /// engines, which link core modules by hand.
    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        None
    }

    /// Another build of this backend that has `wanted` beside what this one has; nothing where
    /// there is no such build (then the limits that need it stay `Unsupported`). Engine
    /// configuration changes compiled code, so it is chosen here and not per instance.
    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        let _ = wanted;
        None
    }
}

/// What a backend is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BackendInfo {
    /// Name, as the command line selects it, e.g. `wasmtime` or `wasmtime-layered`.
    pub name: String,
    /// The engine's version.
    pub version: String,
    /// What this build can do.
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
        Self {
            name: name.into(),
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
/// 1. `interface` is that of the artifact, the same on every backend. (kit:
///    `interfaces_are_read_alike`)
/// 2. `instantiate` can be called many times, also in parallel; instances share nothing, and each
///    sees the world made afresh. (kit: `instances_share_nothing`,
///    `programs_instantiate_in_parallel`, `worlds_are_made_afresh`)
/// 3. Imports that nothing defines, and host functions of another type, are `Link` here, not at the
///    call. (kit: `missing_imports_are_named`, `wrong_host_types_fail_at_instantiation`)
/// 4. A limit that the backend was not built for is `Unsupported` here. (kit:
///    `limits_not_built_for_are_unsupported`)
/// 5. If a start function or a segment traps, the error is that trap; where the backend has
///    `FailedInstance`, the instance is left for a snapshot. (kit:
///    `a_trapping_start_leaves_an_instance`,
///    `a_trapping_start_in_a_component_leaves_an_instance`)
/// 6. [`Failed::observed`] holds what the start functions did before they failed: their output and
///    recorded host calls, also where no instance is left. (kit:
///    `a_trapping_start_shows_what_it_did`, `a_trapping_start_of_a_component_shows_what_it_did`)
#[async_trait]
pub trait Program: Send + Sync {
    /// What the artifact imports and exports.
    fn interface(&self) -> &Interface;

    /// Makes an instance in a world of its own, and runs start functions.
    ///
    /// # Errors
    /// `Link` for imports; traps and limits of start functions; `Unsupported` for limits.
    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed>;
}

/// Why an instance could not be made, and what is left of it.
///
/// Converts to its [`Error`], so `?` works in functions that return [`Result`].
pub struct Failed {
    /// Why.
    pub error: Error,
    /// What the start functions were seen to do before they failed, as
    /// [`Instance::observed`] would show it.
    pub observed: Box<Observed>,
    /// The instance as it was when its start function trapped, on backends with
    /// [`FailedInstance`](crate::Capability::FailedInstance): to be looked at, not to be called.
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

/// A failure before any guest code ran.
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
