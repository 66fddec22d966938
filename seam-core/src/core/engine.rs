//! The trait that a core-only runtime implements for its engine.

use std::ops::Range;
use std::sync::Arc;

use crate::{Capabilities, CoreModule, CoreStore, HostState, Limits, Result};

/// A runtime for core modules.
///
/// # Contract
/// 1. `compile` judges the bytes as they are, and decodes nothing for the seam. Bytes that the
///    engine itself rejects are `Invalid`. Only for an engine with [`EngineInfo::validates`] unset
///    does the layer above validate the bytes first. (kit: `core_compile_judges_raw_bytes`)
/// 2. A compiled module can be instantiated any number of times, in any store of this engine.
///    Instances share nothing. (kit: `core_instances_share_nothing`)
/// 3. `store` returns `Unsupported` for a limit that this build cannot enforce. (kit:
///    `core_limits_not_built_for_are_unsupported`)
/// 4. A module of another engine is `Misuse`. (kit: `core_foreign_module_is_misuse`)
/// 5. No bytes, arguments or calls make the process panic or abort. (kit:
///    `core_hostile_input_does_not_panic`, `core_hostile_modules_run_without_a_panic`)
///
/// # For implementors
/// A runtime for core modules implements 21 required methods in three traits: this one,
/// [`CoreStore`] and [`CoreCaller`](crate::CoreCaller). `Layered` in the crate `seam-component` makes
/// a whole [`Backend`](crate::Backend) of them. `store` starts with
/// [`check_core_limits`](crate::check_core_limits), and numbers the store with
/// [`store_number`](crate::store_number). `docs/plug-in-a-runtime.md` is the guide.
///
/// # For users
/// Use [`Backend`](crate::Backend) unless you link core modules by hand.
pub trait CoreEngine: Send + Sync + 'static {
    /// Returns the engine's name, version and capabilities in this build.
    fn info(&self) -> &EngineInfo;

    /// Validates and compiles a core module in the binary format.
    ///
    /// The returned module has no type yet. Callers use `seam_decode::compile`, which attaches the
    /// type. It also validates the bytes first if the engine does not.
    ///
    /// # Errors
    /// `Invalid`, with the offset if the engine reports it. `Unsupported` for a valid module that
    /// needs a proposal which the engine lacks, if the engine can tell. `Limit` for a capacity of
    /// the engine.
    fn compile(&self, wasm: &[u8]) -> Result<CoreModule>;

    /// Like [`CoreEngine::compile`], for the core module in a range of shared bytes.
    ///
    /// An engine that needs parts of the module later can keep the bytes instead of a copy. The default
    /// calls [`CoreEngine::compile`].
    ///
    /// # Errors
    /// Those of [`CoreEngine::compile`], with offsets in the module. `Invalid` if the range is out of
    /// bounds.
    fn compile_shared(&self, bytes: &Arc<[u8]>, range: Range<usize>) -> Result<CoreModule> {
        self.compile(bytes.get(range).unwrap_or_default())
    }

    /// Creates an empty store that holds `host` for the layer above.
    ///
    /// # Errors
    /// `Unsupported` for a limit that this build cannot enforce.
    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>>;

    /// Another build of this engine that has `wanted` in addition to what this one has, or `None` if
    /// there is no such build. The default is for engines with one build.
    ///
    /// Limits such as fuel change the code that an engine compiles, so they are chosen here and not
    /// for each store. The `seam` command asks for what its flags need.
    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn CoreEngine>>> {
        let _ = wanted;
        None
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => { $(
        impl<E: CoreEngine + ?Sized> CoreEngine for $pointer<E> {
            fn info(&self) -> &EngineInfo {
                (**self).info()
            }

            fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
                (**self).compile(wasm)
            }

            fn compile_shared(&self, bytes: &Arc<[u8]>, range: Range<usize>) -> Result<CoreModule> {
                (**self).compile_shared(bytes, range)
            }

            fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
                (**self).store(limits, host)
            }

            fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn CoreEngine>>> {
                (**self).rebuilt_with(wanted)
            }
        }
    )* };
}

pointers! { Box Arc }

/// The description of an engine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct EngineInfo {
    /// The name by which the command line selects the engine.
    pub name: String,
    /// The engine's version.
    pub version: String,
    /// Proposals and properties of this build.
    pub capabilities: Capabilities,
    /// Whether `compile` validates; if not, the layer above validates first, and reports say so.
    pub validates: bool,
    /// The steps in which the engine charges fuel, in its own unit.
    ///
    /// It is 1 if the engine charges each instruction. If an engine charges every 128 instructions,
    /// a call may use up to 128 units more than its fuel, and reported fuel may be off by as much.
    pub fuel_granularity: u64,
}

impl EngineInfo {
    /// Creates the description of an engine that validates and charges fuel for each instruction.
    /// All fields are public.
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
