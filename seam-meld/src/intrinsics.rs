//! The module `pulseengine:async` as a part of a world.

use std::sync::Arc;

use seam_core::{CoreHostFunc, CoreModuleType, Result, World};

use crate::call::{Import, Rules};
use crate::intrinsic::{Intrinsic, MODULE};
use crate::memory::Memories;
use crate::observe::{IntrinsicCall, IntrinsicCalls};
use crate::table::SharedTable;

/// The functions of `pulseengine:async`, for the core modules that meld makes.
///
/// ```
/// use seam_core::World;
/// use seam_meld::{AsyncIntrinsics, Intrinsic, IntrinsicCalls};
///
/// let calls = IntrinsicCalls::new();
/// let world = AsyncIntrinsics::new()
///     .memory_of("stream_read$1", "memory$1")
///     .memory("memory")
///     .future_bytes(4)
///     .refuse_local_handles()
///     .log(&calls)
///     .add_to(World::new());
/// // Instantiate a module with this world, and run it. Then:
/// assert_eq!(calls.count(Intrinsic::StreamRead), 0);
/// # let _ = world;
/// ```
///
/// # For users
/// The world is a recipe: each instance starts with an empty table of handles, unless
/// [`AsyncIntrinsics::table`] gives several instances one table.
#[derive(Clone)]
pub struct AsyncIntrinsics {
    rules: Rules,
    memories: Memories,
    future_bytes: Option<usize>,
    future_bytes_of: Vec<(String, usize)>,
    table: Option<SharedTable>,
}

/// The state of one instance.
struct State {
    table: SharedTable,
}

impl Default for AsyncIntrinsics {
    fn default() -> Self {
        Self {
            rules: Rules {
                capacity: 4096,
                most: 1 << 14,
                refuse_local: false,
                hooks: Vec::new(),
                logs: Vec::new(),
            },
            memories: Memories::default(),
            future_bytes: None,
            future_bytes_of: Vec::new(),
            table: None,
        }
    }
}

impl AsyncIntrinsics {
    /// Creates the default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many bytes a stream can hold that were written and not read yet, at most 2^31 - 1.
    ///
    /// A write of more bytes is accepted in part. The default is 4096, the capacity of the streams
    /// that meld's bridge keeps inside a fused module.
    #[must_use]
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.rules.capacity = bytes.min(i32::MAX as usize);
        self
    }

    /// Sets how many streams and futures can exist at a time. Beyond it, a guest gets `Oom`.
    ///
    /// The default is 16,384. Together with [`AsyncIntrinsics::capacity`] it bounds the memory that
    /// a guest can make the host use.
    #[must_use]
    pub fn most(mut self, pairs: usize) -> Self {
        self.rules.most = pairs;
        self
    }

    /// Sets the exported memory that all imports read and write for which
    /// [`AsyncIntrinsics::memory_of`] sets no other.
    ///
    /// A module that exports only one memory does not need it.
    #[must_use]
    pub fn memory(mut self, export: impl Into<String>) -> Self {
        self.memories.other = Some(export.into());
        self
    }

    /// Sets the exported memory that one import reads or writes, e.g. `memory$1` for
    /// `stream_read$1`.
    ///
    /// `field` is the import's whole field name, with its suffix.
    #[must_use]
    pub fn memory_of(mut self, field: impl Into<String>, export: impl Into<String>) -> Self {
        self.memories.by_field.insert(field.into(), export.into());
        self
    }

    /// As [`AsyncIntrinsics::memory_of`], for the imports that
    /// [`split_async_imports`](crate::split_async_imports) has made.
    #[must_use]
    pub fn memories(mut self, exports: impl IntoIterator<Item = (String, String)>) -> Self {
        self.memories.by_field.extend(exports);
        self
    }

    /// Sets the size of the value of a future, in bytes: the size of its type in the canonical ABI.
    ///
    /// meld does not tell the host the type, so without the size `future_write` returns a `Host`
    /// error.
    #[must_use]
    pub fn future_bytes(mut self, bytes: usize) -> Self {
        self.future_bytes = Some(bytes);
        self
    }

    /// As [`AsyncIntrinsics::future_bytes`], for one import, e.g. `future_write$1`.
    #[must_use]
    pub fn future_bytes_of(mut self, field: impl Into<String>, bytes: usize) -> Self {
        self.future_bytes_of.push((field.into(), bytes));
        self
    }

    /// Makes the instances of this world share a table of handles with other instances.
    #[must_use]
    pub fn table(mut self, table: &SharedTable) -> Self {
        self.table = Some(table.clone());
        self
    }

    /// Makes every call trap that passes a handle with [`LOCAL_TAG`](crate::LOCAL_TAG).
    ///
    /// Such a handle belongs to a stream inside a fused module, and must not reach the host. By
    /// default the guest gets `InvalidHandle`, as for any unknown handle.
    #[must_use]
    pub fn refuse_local_handles(mut self) -> Self {
        self.rules.refuse_local = true;
        self
    }

    /// Adds every call to a list.
    #[must_use]
    pub fn log(mut self, calls: &IntrinsicCalls) -> Self {
        self.rules.logs.push(calls.clone());
        self
    }

    /// Calls `hook` after every call. If it returns an error, the guest's call ends with it.
    #[must_use]
    pub fn on_call<F>(mut self, hook: F) -> Self
    where
        F: Fn(&IntrinsicCall) -> Result<()> + Send + Sync + 'static,
    {
        self.rules.hooks.push(Arc::new(hook));
        self
    }

    /// Adds the module to a world.
    ///
    /// Instantiating a core module returns `Link` if it cannot be decided which memory an import
    /// reads or writes.
    #[must_use]
    pub fn add_to(self, world: World) -> World {
        let table = self.table.clone();
        let world = world.state(move || State {
            table: table.clone().unwrap_or_default(),
        });
        world.core_funcs(MODULE, move |field, module| self.define(field, module))
    }

    fn define(&self, field: &str, module: &CoreModuleType) -> Result<Option<CoreHostFunc>> {
        let Some(intrinsic) = Intrinsic::of_field(field) else {
            return Ok(None);
        };
        let memory = match intrinsic.uses_memory() {
            true => self.memories.of(field, module)?,
            false => None,
        };
        let mut sizes = self.future_bytes_of.iter().rev();
        let own_size = sizes.find(|(known, _)| known == field);
        let import = Import {
            field: field.into(),
            intrinsic,
            memory,
            future_bytes: own_size.map(|(_, bytes)| *bytes).or(self.future_bytes),
        };
        let rules = self.rules.clone();
        let func = move |state: &mut State,
                         caller: &mut dyn seam_core::CoreCaller,
                         args: &_,
                         results: &mut _| {
            import.call(&rules, &state.table, caller, args, results)
        };
        Ok(Some(CoreHostFunc::sharing(intrinsic.ty(), func)))
    }
}
